"""Composes the overlay picture: title, panels, legend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from ..core import Color, Finding, HeatMap, Prediction, SegmentDefinition, Series
from ..errors import InputError, UsageError
from ..reporting.quantities import display_name, format_probability, format_quantity, sentence_case
from ..reporting.templates import Wording, load_wording
from .lettering import CANVAS, QUIET, can_write_chinese, fit_text, font_for, write
from .paint import display_window, heat_colors
from .panels import PanelSource, image_panel, region_panels, whole_panels
from .regions import Region, find_regions, segment_boxes
from .words import WORDS

__all__ = ["draw_overlay"]

_MARGIN = 24
_GAP = 8
_HEADING = 32
_LINE = 26
_LEAST_WIDTH = 640
_LEGEND_COLUMN = 400
_LONGEST_LEGEND = 24
_MOST_REGIONS = 3
_WARNING: Color = (255, 196, 84)


@dataclass(frozen=True)
class _LegendEntry:
    color: Color | None
    text: str


@dataclass(frozen=True)
class _Row:
    heading: str
    panels: list[Image.Image]


def draw_overlay(
    series: Series,
    prediction: Prediction | Sequence[Prediction] = (),
    language: str = "en",
    heat_map: str | None = None,
    *,
    role: str = "current",
) -> Image.Image:
    """Draw the image with what was found.

    A volume is shown in axial, coronal and sagittal planes of the patient (an oblique one is resliced)
    through each region, as whole slices and, where that helps, zoomed; a single image is shown as a
    whole. The letters at the borders are directions in the patient, the scale bar is drawn when the spacing
    is known.

    Parameters
    ----------
    series : Series
        Loaded.
    prediction : Prediction or sequence of Prediction
        Empty: the picture says that no bundle applies.
    language : str
        ``en`` or ``zh-CN``. A machine without a Chinese font gets an English picture.
    heat_map : str, optional
        Id of the heat map to blend over the image.
    role : str
        Of the series: label maps of other series are not drawn.

    Returns
    -------
    PIL.Image.Image
        RGB.

    Raises
    ------
    InputError
        If the series is not loaded.
    UsageError
        If the language or the heat map is unknown.
    """
    predictions = (prediction,) if isinstance(prediction, Prediction) else tuple(prediction)
    wording = load_wording(language=language)[0]
    # No font is shipped: the Chinese ones are too large.
    if language != "en" and not can_write_chinese():
        wording = load_wording(language="en")[0]
    source = _panel_source(series, predictions, heat_map, role, WORDS[wording.language])
    rows, notes = _rows(source, predictions, wording)
    if wording.language != language:
        notes.append(source.words["no_font"])
    return _composed(_title(predictions), rows, _legend(predictions, source, wording), notes, source)


def _panel_source(
    series: Series,
    predictions: Sequence[Prediction],
    heat_map: str | None,
    role: str,
    words: dict[str, str],
) -> PanelSource:
    if series.volume is None:
        raise InputError(f"The series '{series.name}' is not loaded. Load it before drawing it.")
    maps = {item.id: item for prediction in predictions for item in prediction.heat_maps}
    if heat_map is not None and heat_map not in maps:
        raise UsageError(f"There is no heat map '{heat_map}'. Choose one of: {', '.join(maps) or 'none'}.")
    return PanelSource(
        series=series,
        volume=series.volume,
        window=display_window(series.volume),
        label_maps=tuple(
            (item, segment_boxes(item))
            for prediction in predictions
            for item in prediction.label_maps
            if item.role == role
        ),
        heat_map=maps[heat_map] if heat_map is not None else None,
        boxes=tuple(box for prediction in predictions for box in prediction.boxes),
        words=words,
    )


def _rows(
    source: PanelSource, predictions: Sequence[Prediction], wording: Wording
) -> tuple[list[_Row], list[str]]:
    """Rows of panels with a heading each, and sentences to go below them."""
    words = source.words
    notes = []
    if not source.volume.spacing_known:
        notes.append(words["spacing_unknown"])
    if source.heat_map is not None:
        notes.append(words["heat_map"].replace("{name}", _heated(source.heat_map, predictions, wording)))
    if source.volume.dimensions == 2:
        return [_Row(_verdict(predictions, words), [image_panel(source)])], notes
    regions = [region for label_map, _ in source.label_maps for region in find_regions(label_map)]
    if not regions:
        heading = words["no_segment"] if source.label_maps else _verdict(predictions, words)
        panels = whole_panels(source, source.volume.geometry.center_ras)
        return [_Row(heading, panels)], [*notes, words["convention"]]
    shown = sorted(sorted(regions, key=lambda region: -region.voxels)[:_MOST_REGIONS], key=regions.index)
    if len(regions) > len(shown):
        notes.append(words["more"])
    rows = []
    for region in shown:
        for number, panels in enumerate(region_panels(source, region)):
            rows.append(_Row("" if number else _heading(region, source, wording), panels))
    return rows, [*notes, words["convention"]]


def _verdict(predictions: Sequence[Prediction], words: dict[str, str]) -> str:
    """What stands above an image without outlines: that nothing applies, or that it was refused."""
    if not predictions:
        return words["no_bundle"]
    refusing = [item.provenance.bundle_id for item in predictions if not item.is_applicable]
    return words["refused"].replace("{title}", ", ".join(refusing)) if refusing else ""


def _heated(heat_map: HeatMap, predictions: Sequence[Prediction], wording: Wording) -> str:
    """Name of the finding that a heat map explains."""
    findings = {finding.id: finding for prediction in predictions for finding in prediction.findings}
    finding = findings.get(heat_map.finding_id)
    return display_name(finding, wording) if finding else heat_map.finding_id


def _heading(region: Region, source: PanelSource, wording: Wording) -> str:
    if region.laterality:
        return source.words.get(region.laterality, region.laterality)
    names = (_name(segment, wording) for segment in region.segments)
    return wording.word("list").join(names)


def _title(predictions: Sequence[Prediction]) -> str:
    runs = (f"{item.provenance.bundle_id} {item.provenance.bundle_version}" for item in predictions)
    return " · ".join(["MedMM", *runs])


def _legend(predictions: Sequence[Prediction], source: PanelSource, wording: Wording) -> list[_LegendEntry]:
    """The segments with their volumes, then the findings that have a probability."""
    volumes = {
        measurement.segment_id: format_quantity(measurement.value, measurement.unit, wording)
        for prediction in predictions
        for measurement in prediction.measurements
        if measurement.segment_id and measurement.unit == "mm3"
    }
    entries = [
        _LegendEntry(segment.color, f"{_name(segment, wording)}  {volumes.get(segment.id, '')}".rstrip())
        for label_map, boxes in source.label_maps
        for segment in label_map.segments
        if segment.value in boxes
    ]
    for prediction in predictions:
        for finding in prediction.findings:
            if finding.probability is not None and finding.status != "rejected":
                text = f"{_name(finding, wording)}  {_compared(finding, finding.probability)}"
                entries.append(_LegendEntry(None, text))
    return entries


def _compared(finding: Finding, probability: float) -> str:
    """A probability beside its operating point: ``53.6% (≥ 40.0%)``."""
    text = format_probability(probability)
    if finding.operating_point is None:
        return text
    threshold = finding.operating_point.threshold
    return f"{text} ({'≥' if probability >= threshold else '<'} {format_probability(threshold)})"


def _name(item: SegmentDefinition | Finding, wording: Wording) -> str:
    return sentence_case(display_name(item, wording))


def _composed(
    title: str,
    rows: Sequence[_Row],
    legend: Sequence[_LegendEntry],
    notes: Sequence[str],
    source: PanelSource,
) -> Image.Image:
    body = _stacked(rows)
    width = max(body.width, _LEAST_WIDTH)
    header = _header(title, source.words["notice"], width)
    footer = _footer(legend, notes, source.heat_map is not None, width)
    parts = [header, body, footer]
    height = sum(part.height for part in parts) + 2 * _MARGIN
    canvas = Image.new("RGB", (width + 2 * _MARGIN, height), CANVAS)
    top = _MARGIN
    for part in parts:
        canvas.paste(part, (_MARGIN, top))
        top += part.height
    return canvas


def _header(title: str, notice: str, width: int) -> Image.Image:
    image = Image.new("RGB", (width, 44), CANVAS)
    draw = ImageDraw.Draw(image)
    notice = fit_text(notice, 17, width)
    write(draw, (width, 4), notice, 17, _WARNING, "ra")
    room = width - int(font_for(notice, 17).getlength(notice)) - 24
    write(draw, (0, 0), fit_text(title, 21, room), 21)
    return image


def _stacked(rows: Sequence[_Row]) -> Image.Image:
    """Rows of panels below each other, each under its heading."""
    heights = [(_HEADING if row.heading else 0) + row.panels[0].height + _GAP for row in rows]
    width = max(sum(panel.width + _GAP for panel in row.panels) - _GAP for row in rows)
    image = Image.new("RGB", (width, sum(heights)), CANVAS)
    draw = ImageDraw.Draw(image)
    top = 0
    for row, height in zip(rows, heights):
        if row.heading:
            write(draw, (0, top + 6), fit_text(row.heading, 18, width), 18)
        left = 0
        for panel in row.panels:
            image.paste(panel, (left, top + height - _GAP - panel.height))
            left += panel.width + _GAP
        top += height
    return image


def _footer(
    legend: Sequence[_LegendEntry], notes: Sequence[str], has_heat_map: bool, width: int
) -> Image.Image:
    columns = max(1, width // _LEGEND_COLUMN)
    shown = list(legend[:_LONGEST_LEGEND])
    if len(legend) > len(shown):
        shown.append(_LegendEntry(None, f"… + {len(legend) - len(shown)}"))
    lines = -(-len(shown) // columns)
    top = 2 * _GAP + lines * _LINE + (_LINE if has_heat_map else 0)
    image = Image.new("RGB", (width, top + len(notes) * _LINE + _GAP), CANVAS)
    draw = ImageDraw.Draw(image)
    room = width // columns
    for number, entry in enumerate(shown):
        # Down the columns, so that the parts of one side stay together.
        left, middle = number // lines * room, _GAP + number % lines * _LINE + _LINE / 2
        if entry.color is not None:
            draw.rounded_rectangle((left, middle - 7, left + 14, middle + 7), 3, fill=entry.color)
        write(draw, (left + 24, middle), fit_text(entry.text, 16, room - 36), 16, anchor="lm")
    if has_heat_map:
        _draw_heat_scale(image, top - _LINE)
    for number, note in enumerate(notes):
        write(draw, (0, top + number * _LINE + _LINE / 2), fit_text(note, 15, width), 15, QUIET, "lm")
    return image


def _draw_heat_scale(image: Image.Image, top: int) -> None:
    colors = heat_colors(np.linspace(0, 1, 160, dtype=np.float32))
    strip = np.repeat(np.rint(colors)[None].astype(np.uint8), 12, axis=0)
    image.paste(Image.fromarray(strip), (24, top + 7))
    draw = ImageDraw.Draw(image)
    write(draw, (14, top + _LINE / 2), "0", 14, QUIET, "rm")
    write(draw, (194, top + _LINE / 2), "1", 14, QUIET, "lm")
