"""Sides: on which one a point lies, and one label map from passes at several points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..bundles.manifest import LabelDefinition
from ..core import LabelMap, SegmentDefinition, VolumeGeometry
from ..errors import UsageError

__all__ = ["SidedLabels", "merge_labels", "side_of_point"]

WHOLE_EXTENT_MM = 100.0
"""A volume at least this wide from right to left holds a whole head or body."""

MIDLINE_MARGIN_MM = 3.0
"""Closer to the plane R = 0, a point has no side."""


@dataclass(frozen=True, eq=False)
class SidedLabels:
    """Labels of one pass, ``ndarray of uint8, shape (K, J, I)``, with the side (``left``, ``right``, empty)
    of the point that was read.
    """

    labels: NDArray[np.uint8]
    side: str = ""


def side_of_point(geometry: VolumeGeometry, point_ras: tuple[float, float, float] | None) -> tuple[str, str]:
    """The side of the body on which a point lies.

    The side is told from the sign of R, which is right when the volume holds the whole width of a head or
    body with the plane R = 0 inside of it; a small block around an organ has no midline to compare with.

    Parameters
    ----------
    geometry : VolumeGeometry
    point_ras : (3,) tuple of float, mm, RAS, optional
        None: the centre of the volume.

    Returns
    -------
    side, note : str
        ``left``, ``right``, or empty together with a note that says why.
    """
    ends = [(0, size - 1) for size in geometry.shape]
    right = geometry.kji_to_ras(np.array(np.meshgrid(*ends)).reshape(3, -1).T)[:, 0]
    width, value = float(np.ptp(right)), float(geometry.center_ras[0] if point_ras is None else point_ras[0])
    if width < WHOLE_EXTENT_MM:
        return "", (
            f"The side was not determined: the volume is {width:.0f} mm wide and shows no midline to compare "
            "with."
        )
    if not right.min() < 0 < right.max():
        return "", "The side was not determined: the volume does not include the plane R = 0."
    if abs(value) < MIDLINE_MARGIN_MM:
        return "", "The side was not determined: the point lies on the midline."
    return ("right" if value > 0 else "left"), ""


def merge_labels(
    passes: Sequence[SidedLabels], definitions: Sequence[LabelDefinition], geometry: VolumeGeometry, role: str
) -> LabelMap:
    """One label map from all passes.

    Labels whose side comes from the point get a segment per side: with one side the values of the manifest,
    with both those of the left, and those of the right after them. Passes without a side stay apart as
    ``-point1``, ``-point2``. Where passes overlap, the earlier one stays.

    Parameters
    ----------
    passes : sequence of SidedLabels
        The first one's array is reused.
    definitions : sequence of LabelDefinition
    geometry : VolumeGeometry
    role : str
        Of the series that was read.

    Raises
    ------
    UsageError
        If there are more segments than a label map of 8 bits can hold.
    """
    groups = _groups(passes)
    top = max(definition.value for definition in definitions)
    if (len(groups) - 1) * top + top > 255:
        raise UsageError(f"{len(groups)} points make more than 255 segments. Read fewer at a time.")
    segments: dict[str, SegmentDefinition] = {}
    result: NDArray[np.uint8] | None = None
    for index, (suffix, members) in enumerate(groups.items()):
        table = np.arange(256)
        for definition in definitions:
            moved = definition.laterality == "from-point"
            table[definition.value] += index * top if moved else 0
            segment = _segment(definition, int(table[definition.value]), suffix if moved else "")
            segments.setdefault(segment.id, segment)
        for labels in members:
            moved_labels = table.astype(np.uint8)[labels] if index else labels
            if result is None:
                result = moved_labels
            else:
                np.copyto(result, moved_labels, where=(result == 0) & (moved_labels > 0))
    if result is None:
        raise UsageError("There is no point to read at. Give at least one.")
    ordered = tuple(sorted(segments.values(), key=lambda segment: segment.value))
    return LabelMap(result, geometry, ordered, role)


def _groups(passes: Sequence[SidedLabels]) -> dict[str, list[NDArray[np.uint8]]]:
    """Arrays by suffix of the segment ids: left, right, then what has no side."""
    groups: dict[str, list[NDArray[np.uint8]]] = {}
    for side in ("left", "right"):
        members = [item.labels for item in passes if item.side == side]
        if members:
            groups[side] = members
    for number, item in enumerate(passes, start=1):
        if not item.side:
            groups["" if len(passes) == 1 else f"point{number}"] = [item.labels]
    return groups


def _segment(definition: LabelDefinition, value: int, suffix: str) -> SegmentDefinition:
    fixed = definition.laterality if definition.laterality in {"left", "right"} else ""
    return SegmentDefinition(
        value=value,
        id=f"{definition.id}-{suffix}" if suffix else definition.id,
        name=definition.name,
        category=definition.category,
        type=definition.type,
        color=definition.color,
        laterality=suffix if suffix in {"left", "right"} else fixed,
    )
