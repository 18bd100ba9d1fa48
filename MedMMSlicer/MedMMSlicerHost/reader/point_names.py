"""Names beside the points of findings in the slice views, placed so that none covers another.

MRML writes every name to the right of its point, whatever is there. Here its labels are off while the reader
shows the scene, and on in a saved scene, for Slicer.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import qt

from .annotations import text_boxes, write
from .slice_view import SliceView

__all__ = ["PointName", "arrange", "labels_for_slicer", "paint_names"]

_TEXT_PX = 13
_LINE = _TEXT_PX + 5
_DOT = 8
"""Half of the square around a point that stays free, in the units of the widget."""
_COLOR = (255, 199, 46)
_SELECTED_COLOR = (26, 242, 255)
"""As the points themselves, see `scene.finding_points`."""
_CLEAR = 2
"""A name is nearer to its own dot than to another one by at least this."""
_MARGIN = 4

Box = tuple[float, float, float, float]
"""Left, top, width, height."""


@dataclass(frozen=True)
class PointName:
    """A name and the position of its point in the view."""

    text: str
    x: float
    y: float
    selected: bool = False


def arrange(
    points: Sequence[PointName],
    widths: Sequence[float],
    size: tuple[int, int],
    reserved: Sequence[Box] = (),
) -> list[Box | None]:
    """Place names beside their points, the selected one first.

    Parameters
    ----------
    points : sequence of PointName
    widths : sequence of float
        Of their texts.
    size : (2,) tuple of int
        Width and height of the view.
    reserved : sequence of Box
        Where other texts are.

    Returns
    -------
    list of (4,) tuple of float or None
        Left, top, width, height of each name: beside its point, inside of the view, over no point, no other
        name and nothing reserved; None where there is no such place, and for a point outside of the view.
    """
    shown = [index for index, point in enumerate(points) if _is_seen(point, size)]
    taken: list[Box] = list(reserved)
    taken += [(points[n].x - _DOT, points[n].y - _DOT, 2 * _DOT, 2 * _DOT) for n in shown]
    places: list[Box | None] = [None] * len(points)
    for index in sorted(shown, key=lambda n: (not points[n].selected, points[n].y, points[n].x)):
        point = points[index]
        free = [
            place
            for place in _candidates(point, widths[index], size[0])
            if _is_inside(place, size) and not any(_overlap(place, other) for other in taken)
        ]
        clear = [place for place in free if _is_nearest(place, point, [points[n] for n in shown])]
        # The color says which dot the name of the selected one belongs to.
        places[index] = next(iter(clear or (free if point.selected else ())), None)
        taken += [place for place in (places[index],) if place is not None]
    return places


def _is_seen(point: PointName, size: tuple[int, int]) -> bool:
    return 0 <= point.x <= size[0] and 0 <= point.y <= size[1]


def _is_nearest(place: Box, point: PointName, others: Sequence[PointName]) -> bool:
    """Whether a name is clearly nearer to its own dot than to others, but for those at the same place."""
    limit = _distance(place, point) + _CLEAR
    return all(_distance(place, other) >= limit for other in others if not _is_same_place(other, point))


def _is_same_place(one: PointName, other: PointName) -> bool:
    return abs(one.x - other.x) < _DOT and abs(one.y - other.y) < _DOT


def _distance(place: Box, point: PointName) -> float:
    left, top, width, height = place
    right = max(left - point.x, point.x - left - width, 0.0)
    down = max(top - point.y, point.y - top - height, 0.0)
    return math.hypot(right, down)


def _candidates(point: PointName, width: float, view_width: int) -> Iterator[Box]:
    """To the right of the point, to its left, above and below it: elsewhere it would be read as another's."""
    side = point.y - _LINE / 2
    yield point.x + _DOT + 1, side, width, _LINE
    yield point.x - _DOT - 1 - width, side, width, _LINE
    middle = min(max(point.x - width / 2, _MARGIN), view_width - _MARGIN - width)
    for left in (middle, point.x - _DOT, point.x + _DOT - width):
        yield left, point.y - _DOT - 1 - _LINE, width, _LINE
        yield left, point.y + _DOT + 1, width, _LINE


def _is_inside(place: Box, size: tuple[int, int]) -> bool:
    left, top, width, height = place
    return (
        left >= _MARGIN
        and top >= _MARGIN
        and left + width <= size[0] - _MARGIN
        and top + height <= size[1] - _MARGIN
    )


def _overlap(one: Box, other: Box) -> bool:
    return (
        one[0] < other[0] + other[2]
        and other[0] < one[0] + one[2]
        and one[1] < other[1] + other[3]
        and other[1] < one[1] + one[3]
    )


def paint_names(painter: Any, view: SliceView) -> None:
    """Write the names of the points that lie in the slice of a view."""
    points = _points(view)
    if not points:
        return
    painter.save()
    font = painter.font()
    font.setPixelSize(_TEXT_PX)
    font.setBold(True)
    painter.setFont(font)
    metrics = painter.fontMetrics()
    widths = [metrics.horizontalAdvance(point.text) + 4.0 for point in points]
    size = view.widget.logical_size
    places = arrange(points, widths, size, text_boxes(painter, size, view.texts))
    for point, place in zip(points, places, strict=True):
        if place is not None:
            left, top, width, height = (round(value) for value in place)
            color = _SELECTED_COLOR if point.selected else _COLOR
            write(painter, (left, top, width, height), qt.Qt.AlignCenter, point.text, color)
    painter.restore()


def _points(view: SliceView) -> list[PointName]:
    found = []
    for node in _nodes(view.scene):
        display = node.GetDisplayNode()
        if (
            display is None
            or not display.GetVisibility()
            or not display.IsDisplayableInView(view.node.GetID())
        ):
            continue
        # MRML draws the points, and would write the names.
        display.SetPointLabelsVisibility(False)
        for index in range(node.GetNumberOfControlPoints()):
            place = np.array(node.GetNthControlPointPositionWorld(index))
            if node.GetNthControlPointVisibility(index) and _in_slice(view, place):
                x, y = view.position_of((place[0], place[1], place[2]))
                text = str(node.GetNthControlPointLabel(index) or "")
                found.append(PointName(text, x, y, bool(node.GetNthControlPointSelected(index))))
    return [point for point in found if point.text]


def _in_slice(view: SliceView, place_ras: Any) -> bool:
    distance_mm = float(np.dot(place_ras - view.center_ras, np.array(view.normal_ras)))
    return abs(distance_mm) <= view.offset_range[2] / 2


def _nodes(scene: Any) -> list[Any]:
    """The point lists of findings; a reader's own points are written by MRML as they ask for it."""
    count = scene.GetNumberOfNodesByClass("vtkMRMLMarkupsFiducialNode")
    nodes = [scene.GetNthNodeByClass(index, "vtkMRMLMarkupsFiducialNode") for index in range(count)]
    return [node for node in nodes if node.GetAttribute("MedMM.FindingIds") is not None]


@contextlib.contextmanager
def labels_for_slicer(scene: Any) -> Iterator[None]:
    """While the scene is written: Slicer has no names but those of MRML."""
    displays = [node.GetDisplayNode() for node in _nodes(scene) if node.GetDisplayNode() is not None]
    for display in displays:
        display.SetPointLabelsVisibility(True)
    try:
        yield
    finally:
        for display in displays:
            display.SetPointLabelsVisibility(False)
