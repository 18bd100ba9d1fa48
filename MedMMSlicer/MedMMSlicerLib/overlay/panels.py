"""The panels of the picture: one plane each, with marks, scale and outlines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from ..core import Box, HeatMap, LabelMap, Series, Volume
from .lettering import draw_caption, draw_marks, draw_scale_bar
from .paint import paint_heat_map, paint_image, paint_segments
from .planes import ORIENTATIONS, Plane, image_plane, patient_plane, whole_extent_mm, whole_planes
from .regions import Region, Slices

__all__ = ["PanelSource", "image_panel", "region_panels", "whole_panels"]

PANEL = 416
_WHOLE_ROWS = 372
_IMAGE_SIZE = (900, 1264)
_ZOOM_MARGIN = 1.7
_LEAST_ZOOM_MM = 24.0
# A zoom that shows more than this part of the whole slice is not worth a panel.
_WORTH_ZOOMING = 0.6
_BOX_INK = (255, 214, 102)
_FRAME_INK = (235, 240, 246)
_PROJECTIONS = frozenset({"CR", "DX", "MG", "RF", "XA", "PX", "IO", "RG"})
_NO_DIRECTIONS = frozenset({"US", "IVUS", "ES", "XC", "SM", "OP", "GM"})


@dataclass(frozen=True, eq=False)
class PanelSource:
    """What all panels of a picture show.

    ``window`` are the gray values of black and white; each label map comes with the blocks of its labels.
    """

    series: Series
    volume: Volume
    window: tuple[float, float]
    label_maps: tuple[tuple[LabelMap, dict[int, Slices]], ...]
    heat_map: HeatMap | None
    boxes: tuple[Box, ...]
    words: dict[str, str]


def region_panels(source: PanelSource, region: Region) -> list[list[Image.Image]]:
    """Rows of axial, coronal and sagittal panels through a region: whole slices, then zooms if they help."""
    zoom_mm = max(region.extent_mm * _ZOOM_MARGIN, _LEAST_ZOOM_MM)
    if zoom_mm > _WORTH_ZOOMING * _least_extent_mm(source.volume):
        return [whole_panels(source, region.point_ras)]
    wholes: list[Image.Image] = []
    zooms: list[Image.Image] = []
    wholes_at = whole_planes(source.volume.geometry, region.point_ras, (_WHOLE_ROWS, PANEL))
    for orientation, whole in wholes_at.items():
        panel = _panel(source, whole, _caption(source, orientation, region.point_ras))
        _frame(panel, whole, region.point_ras, zoom_mm)
        wholes.append(panel)
        zoom = patient_plane(orientation, region.point_ras, (PANEL, PANEL), zoom_mm)
        zooms.append(_panel(source, zoom, source.words["zoom"]))
    return [wholes, zooms]


def whole_panels(source: PanelSource, point_ras: NDArray[np.float64]) -> list[Image.Image]:
    """Axial, coronal and sagittal panels of the whole volume through a point."""
    planes = whole_planes(source.volume.geometry, point_ras, (PANEL, PANEL))
    return [
        _panel(source, plane, _caption(source, orientation, point_ras))
        for orientation, plane in planes.items()
    ]


def image_panel(source: PanelSource) -> Image.Image:
    """The panel of a single image."""
    modality = source.series.facts.modality.upper()
    sectional = source.volume.spacing_known and modality not in _PROJECTIONS | _NO_DIRECTIONS
    frontal = source.series.is_dicom and modality in _PROJECTIONS and source.series.facts.view in {"PA", "AP"}
    plane = image_plane(source.volume.geometry, _IMAGE_SIZE, as_stored=not sectional)
    plane = _trimmed(source.volume, plane)
    return _panel(source, plane, "", marks=sectional or frontal)


def _panel(source: PanelSource, plane: Plane, caption: str, *, marks: bool = True) -> Image.Image:
    pixels = paint_image(source.volume, plane, source.window)
    if source.heat_map is not None:
        pixels = paint_heat_map(pixels, source.heat_map, plane)
    for label_map, boxes in source.label_maps:
        pixels = paint_segments(pixels, label_map, boxes, plane, filled=source.heat_map is None)
    image = Image.fromarray(np.clip(np.rint(pixels), 0, 255).astype(np.uint8))
    _draw_boxes(image, source.boxes, plane)
    if marks:
        draw_marks(image, plane)
    if caption:
        draw_caption(image, caption)
    if source.volume.spacing_known:
        draw_scale_bar(image, plane)
    return image


def _caption(source: PanelSource, orientation: str, point_ras: NDArray[np.float64]) -> str:
    axis = {"sagittal": 0, "coronal": 1, "axial": 2}[orientation]
    name = source.words[orientation]
    if not source.volume.spacing_known:
        return name
    value = float(point_ras[axis])
    return f"{name} · {('RL', 'AP', 'SI')[axis][int(value < 0)]} {abs(value):.1f} mm"


def _frame(image: Image.Image, plane: Plane, center_ras: NDArray[np.float64], extent_mm: float) -> None:
    """Outline on a whole slice what its zoom shows."""
    column, row = plane.to_pixel(center_ras)
    half = extent_mm / plane.pixel_mm / 2
    ImageDraw.Draw(image).rectangle(
        (column - half, row - half, column + half, row + half), outline=_FRAME_INK, width=1
    )


def _draw_boxes(image: Image.Image, boxes: Sequence[Box], plane: Plane) -> None:
    """Draw the boxes that the plane passes through."""
    draw = ImageDraw.Draw(image)
    for box in boxes:
        limits = np.array([box.minimum_ras, box.maximum_ras], float)
        corners = np.array(np.meshgrid(*limits.T)).reshape(3, -1).T
        if plane.footprint(corners) is None:
            continue
        places = np.array([plane.to_pixel(corner) for corner in corners])
        draw.rectangle(
            (*places.min(axis=0), *places.max(axis=0)),
            outline=_BOX_INK,
            width=2,
        )


def _least_extent_mm(volume: Volume) -> float:
    extents = []
    for right, down in ORIENTATIONS.values():
        low, high = whole_extent_mm(volume.geometry, np.array(right), np.array(down))
        extents.append(float((high - low).min()))
    return min(extents)


def _trimmed(volume: Volume, plane: Plane) -> Plane:
    """The plane without the columns beside the image and the rows above and below it."""
    low, high = whole_extent_mm(volume.geometry, plane.right_ras, plane.down_ras)
    columns, rows = np.ceil((high - low) / plane.pixel_mm - 1e-6).astype(int)
    return Plane(
        plane.center_ras,
        plane.right_ras,
        plane.down_ras,
        plane.pixel_mm,
        max(int(rows), 1),
        max(int(columns), 1),
    )
