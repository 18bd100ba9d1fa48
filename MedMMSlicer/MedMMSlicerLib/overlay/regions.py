"""Which parts of a label map are shown together, and where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..core import LabelMap, SegmentDefinition

__all__ = ["Region", "Slices", "find_regions", "segment_boxes"]

_GAP_MM = 6.0
Slices = tuple[slice, ...]


def segment_boxes(label_map: LabelMap) -> dict[int, Slices]:
    """Slices (K, J, I) of the smallest block around each label that has voxels, by label value."""
    from scipy.ndimage import find_objects

    boxes = enumerate(find_objects(label_map.array), start=1)
    return {value: box for value, box in boxes if box is not None}


@dataclass(frozen=True, eq=False)
class Region:
    """Segments of one side that lie close to each other.

    Parameters
    ----------
    segments : tuple of SegmentDefinition
    point_ras : ndarray of float, shape (3,), mm, RAS
        The labeled voxel that is nearest to the centroid.
    extent_mm : float
        Longest edge of the box around the segments.
    voxels : int
        How many are labeled.
    """

    segments: tuple[SegmentDefinition, ...]
    laterality: str
    point_ras: NDArray[np.float64]
    extent_mm: float
    voxels: int


def find_regions(label_map: LabelMap) -> tuple[Region, ...]:
    """Group the segments that are not empty, in the order of their first label."""
    boxes = segment_boxes(label_map)
    found = [(segment, boxes[segment.value]) for segment in label_map.segments if segment.value in boxes]
    gap = [int(np.ceil(_GAP_MM / size)) for size in label_map.geometry.spacing_mm]
    groups: list[list[tuple[SegmentDefinition, Slices]]] = []
    for segment, box in found:
        joined = [
            group
            for group in groups
            if group[0][0].laterality == segment.laterality
            and any(_near(box, other, gap) for _, other in group)
        ]
        groups = [group for group in groups if group not in joined]
        groups.append([*(item for group in joined for item in group), (segment, box)])
    order = {segment.id: index for index, (segment, _) in enumerate(found)}
    groups.sort(key=lambda group: min(order[segment.id] for segment, _ in group))
    return tuple(_region(label_map, group) for group in groups)


def _near(first: Slices, second: Slices, gap: Sequence[int]) -> bool:
    return all(
        a.start <= b.stop + width and b.start <= a.stop + width for a, b, width in zip(first, second, gap)
    )


def _region(label_map: LabelMap, group: Sequence[tuple[SegmentDefinition, Slices]]) -> Region:
    starts = np.min([[part.start for part in box] for _, box in group], axis=0)
    stops = np.max([[part.stop for part in box] for _, box in group], axis=0)
    part = label_map.array[tuple(slice(int(first), int(last)) for first, last in zip(starts, stops))]
    voxels = np.argwhere(np.isin(part, [segment.value for segment, _ in group])) + starts
    centroid = voxels.mean(axis=0)
    spacing = np.array(label_map.geometry.spacing_mm)
    nearest = voxels[np.argmin((((voxels - centroid) * spacing) ** 2).sum(axis=1))]
    return Region(
        segments=tuple(segment for segment, _ in group),
        laterality=group[0][0].laterality,
        point_ras=label_map.geometry.kji_to_ras(nearest),
        extent_mm=float(((stops - starts) * spacing).max()),
        voxels=len(voxels),
    )
