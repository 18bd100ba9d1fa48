"""The sections that state results: findings, measurements, impression. Every number has its evidence."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from ..core import Finding, Measurement, SegmentDefinition, localized
from .evidence import empty_segments
from .quantities import (
    display_name,
    format_number,
    format_probability,
    format_quantity,
    is_asymmetry,
    mid_sentence,
)
from .source import Line, Lines, Source
from .templates import Wording

__all__ = ["state_decided", "state_findings", "state_impression", "state_measurements", "with_own"]

_LONGEST_LIST = 8


def state_findings(sources: Sequence[Source], common: Wording) -> Lines:
    """One sentence a finding, so that a reader can accept or reject each."""
    lines: Lines = []
    for source in sources:
        stated = [_finding(source, finding) for finding in source.findings]
        stated += [_empty(source, segment) for segment in empty_segments(source.prediction)]
        if not stated:
            stated = [source.line("all_rejected" if source.prediction.findings else "no_findings")]
        lines += stated
    return lines


def _finding(source: Source, finding: Finding) -> Line:
    measured = source.measured(finding)
    values = {
        "structure": source.name_of(finding),
        "measures": source.joined(_measure(source, measurement) for measurement in measured),
    }
    ids = [finding.id, *(measurement.id for measurement in measured)]
    if finding.kind == "quality":
        structure = mid_sentence(source.name_of(finding))
        return source.finding_line("finding_quality", finding, ids, structure=structure)
    if finding.probability is not None:
        values |= _probability(source, finding)
        return source.finding_line("finding_probability", finding, ids, **values)
    if finding.score is not None:
        values["score"] = format_number(finding.score, 2)
        return source.finding_line("finding_score", finding, ids, **values)
    key = "finding_measured" if measured else "finding_segmented"
    return source.finding_line(key, finding, ids, **values)


def _measure(source: Source, measurement: Measurement) -> str:
    """``volume 1,324 mm³``: the structure is named by the finding already."""
    wording = source.wording
    key = f"quantity.{measurement.quantity.value}"
    name = wording.word(key, localized(measurement.name, wording.language))
    return f"{name} {format_quantity(measurement.value, measurement.unit, wording)}"


def _probability(source: Source, finding: Finding) -> dict[str, str]:
    point = finding.operating_point
    relation = "above" if _reaches(finding) else "below"
    return {
        "probability": format_probability(finding.probability or 0.0),
        "threshold": format_probability(point.threshold) if point else "",
        "relation": source.wording.word(f"relation.{relation}"),
    }


def _reaches(finding: Finding) -> bool:
    point = finding.operating_point
    return point is not None and finding.probability is not None and finding.probability >= point.threshold


def _empty(source: Source, segment: SegmentDefinition) -> Line:
    structure = display_name(segment, source.wording)
    return source.model_line("finding_empty", [segment.id], structure=structure)


def state_measurements(sources: Sequence[Source], common: Wording) -> Lines:
    """Totals and comparisons of the sides with their convention; the rest stands with the findings."""
    lines: Lines = []
    for source in sources:
        free = source.free_measurements()
        lines += [_measurement(source, measurement) for measurement in free]
        if any(is_asymmetry(measurement) for measurement in free):
            lines.append(source.line("asymmetry_convention"))
    measured = any(source.measured(finding) for source in sources for finding in source.findings)
    if lines or measured:
        return [
            *(lines or [Line(common.sentence("measured_with_findings"))]),
            Line(common.sentence("no_reference_range")),
        ]
    return [Line(common.sentence("nothing_measured"))] if sources else []


def _measurement(source: Source, measurement: Measurement) -> Line:
    signed = is_asymmetry(measurement)
    value = format_quantity(measurement.value, measurement.unit, source.wording, signed=signed)
    values = {"name": source.name_of(measurement), "value": value}
    if signed and math.isfinite(measurement.value):
        larger = source.wording.word(f"larger.{_larger(measurement.value)}")
        return source.model_line("measurement_asymmetry", [measurement.id], **values, larger=larger)
    return source.model_line("measurement", [measurement.id], **values)


def _larger(asymmetry_percent: float) -> str:
    # What is printed as 0.0% must not be said to be larger on one side.
    if abs(asymmetry_percent) < 0.05:
        return "equal"
    return "right" if asymmetry_percent > 0 else "left"


def state_impression(sources: Sequence[Source], common: Wording) -> Lines:
    """What was segmented and measured and what reached its operating point; never normal or abnormal."""
    if not sources:
        return [Line(common.sentence("impression_none"))]
    lines: Lines = []
    for source in sources:
        # A reader who reads the impression alone must meet the refusal, and no results beside it.
        lines += [source.line("impression_refused")] if source.is_refused else _summary(source)
        lines += state_decided(source)
    return [*lines, Line(common.sentence("impression_open"))]


def state_decided(source: Source) -> Lines:
    """The model's findings that the reader accepted or edited, said to be that."""
    lines: Lines = []
    for status in ("accepted", "edited"):
        decided = [item for item in source.findings if item.status == status and item.kind != "quality"]
        found = [item for item in decided if item.kind != "normal"]
        if found:
            items = source.joined(mid_sentence(source.stated_name(item)) for item in found)
            lines.append(source.model_line(f"impression_{status}", _ids(found), items=items))
        # "No finding" is a class of the model, and no sentence about the image.
        lines += [
            source.model_line(
                f"impression_{status}_class", [item.id], name=mid_sentence(source.stated_name(item))
            )
            for item in decided
            if item.kind == "normal"
        ]
    return lines


def with_own(lines: Lines, own: Sequence[Finding], common: Wording) -> Lines:
    """An impression with the reader's own findings, in the reader's name, ahead of what is left to do."""
    if not own:
        return lines
    names = (mid_sentence(display_name(finding, common)) for finding in own)
    text = common.sentence("impression_own", items=common.word("list").join(names))
    stated = Line(text, "reader", tuple(_ids(own)))
    lines = [line for line in lines if line.text != common.sentence("impression_none")]
    last = [line for line in lines[-1:] if line.text == common.sentence("impression_open")]
    return [*lines[: len(lines) - len(last)], stated, *last]


def _summary(source: Source) -> Lines:
    scored = [
        finding for finding in source.findings if finding.operating_point and finding.probability is not None
    ]
    segmented = [
        finding
        for finding in source.findings
        if finding.probability is None and finding.score is None and finding.kind != "quality"
    ]
    lines: Lines = []
    if segmented:
        lines.append(_segmented(source, segmented))
    free = source.free_measurements()
    if free:
        items = source.joined((_summary_item(source, item) for item in free), "items")
        lines.append(source.model_line("impression_measurements", _ids(free), items=items))
    above = [finding for finding in scored if _reaches(finding)]
    if above:
        items = source.joined(
            f"{mid_sentence(source.name_of(finding))} {format_probability(finding.probability or 0.0)}"
            for finding in above
        )
        lines.append(source.model_line("impression_above", _ids(above), items=items))
    elif scored:
        # What was rejected is not stated, but it was assessed.
        key = "impression_none_above_kept" if any(map(_reaches, source.rejected)) else "impression_none_above"
        lines.append(source.model_line(key, _ids(scored)))
    return lines


def _segmented(source: Source, findings: Sequence[Finding]) -> Line:
    if len(findings) > _LONGEST_LIST:
        return source.model_line("impression_segmented_many", _ids(findings))
    structures = source.joined(mid_sentence(source.name_of(finding)) for finding in findings)
    return source.model_line("impression_segmented", _ids(findings), structures=structures)


def _summary_item(source: Source, measurement: Measurement) -> str:
    signed = is_asymmetry(measurement)
    value = format_quantity(measurement.value, measurement.unit, source.wording, signed=signed)
    return f"{mid_sentence(source.name_of(measurement))} {value}"


def _ids(items: Iterable[Finding] | Iterable[Measurement]) -> list[str]:
    return [item.id for item in items]
