"""What segments measure now: voxels, center, longest diameter, as they are after edits."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core import VolumeGeometry
from ._mrml import MrmlScene, get_node, node_to_world
from ._segment_nodes import grid_of
from ._segment_tags import get_tag
from ._segment_voxels import BINARY_LABELMAP, Crop, segment_crops

__all__ = [
    "SegmentOverlap",
    "SegmentSize",
    "compare_segments",
    "farthest_distance_mm",
    "known_segment_ids",
    "measure_segment_sizes",
    "segmentation_geometry",
    "segmentation_is_measurable",
    "segments_state",
]

_DIRECTIONS = 256
"""Half-sphere directions in which extreme points are looked for. On a ball the diameter is then short by less
than 1 - cos(3.6 degrees) = 0.2 %; the ends of anything longish are found exactly."""


@dataclass(frozen=True)
class SegmentSize:
    """Size of one segment.

    Parameters
    ----------
    voxels : int
    volume_mm3 : float
        Voxels times the volume of a voxel.
    diameter_mm : float
        Longest distance between the centers of two of its voxels; 0 for fewer than two.
    center_ras : (3,) tuple of float, mm, RAS, optional
        Centroid; None if it is empty.
    """

    voxels: int
    volume_mm3: float
    diameter_mm: float
    center_ras: tuple[float, float, float] | None


@dataclass(frozen=True)
class SegmentOverlap:
    """Dice of two segments (1 where both are empty) and their volumes."""

    dice: float
    volume_mm3: float
    other_volume_mm3: float


def segmentation_geometry(scene: MrmlScene, node_id: str) -> VolumeGeometry:
    """Return the grid of the segmented volume in the patient, parent transforms included."""
    node = get_node(scene, node_id, "vtkMRMLSegmentationNode")
    grid = grid_of(scene, node)
    return VolumeGeometry(grid.shape, node_to_world(node) @ grid.ijk_to_ras)


def known_segment_ids(scene: MrmlScene, node_id: str) -> tuple[str, ...]:
    """Return the ids of all segments that models ever put into a segmentation."""
    node = get_node(scene, node_id, "vtkMRMLSegmentationNode")
    return tuple(json.loads(node.GetAttribute("MedMM.SegmentIds") or "[]"))


def segmentation_is_measurable(scene: MrmlScene, node_id: str) -> bool:
    """Whether the segmented image states a spacing in the patient, so that millimeters mean something."""
    node = get_node(scene, node_id, "vtkMRMLSegmentationNode")
    volume = node.GetNodeReference(node.GetReferenceImageGeometryReferenceRole())
    return volume is None or volume.GetAttribute("MedMM.SpacingKnown") != "no"


def measure_segment_sizes(
    scene: MrmlScene, node_id: str, segment_ids: Sequence[str] | None = None
) -> dict[str, SegmentSize]:
    """Measure segments (all of them when not given) from their voxels as they are now."""
    node = get_node(scene, node_id, "vtkMRMLSegmentationNode")
    wanted = node.GetSegmentation().GetSegmentIDs() if segment_ids is None else segment_ids
    world = segmentation_geometry(scene, node_id)
    crops = segment_crops(node, list(wanted), grid_of(scene, node))
    return {key: _size(crop, world) for key, crop in crops.items()}


def segments_state(scene: MrmlScene, node_id: str) -> dict[str, tuple[object, ...]]:
    """Return something cheap per segment that differs after its voxels, name, color or codes changed.

    Voxels that share a layer change together.
    """
    node = get_node(scene, node_id, "vtkMRMLSegmentationNode")
    segmentation = node.GetSegmentation()
    transform = node.GetParentTransformNode()
    moved = 0 if transform is None else transform.GetTransformToWorldMTime()
    result: dict[str, tuple[object, ...]] = {}
    for segment_id in segmentation.GetSegmentIDs():
        segment = segmentation.GetSegment(segment_id)
        layer = segment.GetRepresentation(BINARY_LABELMAP)
        # VTK counts modifications over all objects, so no two layers ever have the same time.
        stamp = 0 if layer is None else layer.GetMTime()
        look = (segment.GetName(), segment.GetColor(), segment.GetTerminology())
        tags = (get_tag(segment, "MedMM.Voxels"), get_tag(segment, "MedMM.Label"))
        result[segment_id] = (stamp, segment.GetLabelValue(), moved, *look, *tags)
    return result


def compare_segments(scene: MrmlScene, node_id: str, segment_id: str, other_id: str) -> SegmentOverlap:
    """Compare two segments of a segmentation; only the box of both is looked at."""
    node = get_node(scene, node_id, "vtkMRMLSegmentationNode")
    grid = grid_of(scene, node)
    voxel_mm3 = segmentation_geometry(scene, node_id).voxel_volume_mm3
    crops = segment_crops(node, [segment_id, other_id], grid)
    first, second = crops[segment_id], crops[other_id]
    counts = int(first[1].sum()), int(second[1].sum())
    common = _common_voxels(first, second)
    return SegmentOverlap(
        dice=2 * common / sum(counts) if sum(counts) else 1.0,
        volume_mm3=counts[0] * voxel_mm3,
        other_volume_mm3=counts[1] * voxel_mm3,
    )


def farthest_distance_mm(points_ras: NDArray[np.float64]) -> float:
    """Longest distance between two of the points, shape (N, 3), mm.

    Both ends of the longest line are the outermost points in its direction; the outermost points in many
    directions are compared pair by pair. Exact up to the spacing of the directions.
    """
    if len(points_ras) < 2:
        return 0.0
    outermost: set[int] = set()
    directions = _half_sphere().astype(np.float32)
    columns = np.ascontiguousarray((points_ras - points_ras[0]).T, np.float32)
    for start in range(0, _DIRECTIONS, 16):  # in parts, which bounds the memory for large segments
        along = directions[start : start + 16] @ columns
        outermost |= {*along.argmin(axis=1).tolist(), *along.argmax(axis=1).tolist()}
    ends = points_ras[sorted(outermost)]
    differences = ends[:, None, :] - ends[None, :, :]
    return float(np.sqrt((differences**2).sum(axis=2).max()))


def _half_sphere() -> NDArray[np.float64]:
    """Evenly spread unit vectors with z >= 0: a Fibonacci lattice (Gonzalez, 2010)."""
    index = np.arange(_DIRECTIONS)
    z = (index + 0.5) / _DIRECTIONS
    angle = index * np.pi * (3 - np.sqrt(5))
    radius = np.sqrt(1 - z**2)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle), z], axis=1)


def _size(crop: Crop, world: VolumeGeometry) -> SegmentSize:
    start, mask = crop
    count = int(np.count_nonzero(mask))
    if not count:
        return SegmentSize(0, 0.0, 0.0, None)
    in_rows = np.count_nonzero(mask, axis=2)
    in_columns = sum(plane.sum(axis=0, dtype=np.int32) for plane in mask.view(np.uint8))
    per_axis = (in_rows.sum(axis=1), in_rows.sum(axis=0), np.asarray(in_columns))
    center_kji = [_mean_index(counts) + first for counts, first in zip(per_axis, start, strict=True)]
    right, anterior, superior = world.kji_to_ras(center_kji).tolist()
    ends_kji = _line_ends(mask) + np.asarray(start)
    return SegmentSize(
        voxels=count,
        volume_mm3=count * world.voxel_volume_mm3,
        diameter_mm=farthest_distance_mm(world.kji_to_ras(ends_kji)),
        center_ras=(right, anterior, superior),
    )


def _mean_index(counts: NDArray[Any]) -> float:
    return float((counts * np.arange(len(counts))).sum() / counts.sum())


def _line_ends(mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    """First and last voxel of every row, shape (N, 3) in K, J, I: they have all corners of the hull."""
    rows = np.argwhere(mask.any(axis=2))
    lines = mask[rows[:, 0], rows[:, 1]]
    first = lines.argmax(axis=1)
    last = mask.shape[2] - 1 - lines[:, ::-1].argmax(axis=1)
    return np.concatenate([np.column_stack([rows, first]), np.column_stack([rows, last])])


def _common_voxels(first: Crop, second: Crop) -> int:
    (start_a, mask_a), (start_b, mask_b) = first, second
    low = [max(a, b) for a, b in zip(start_a, start_b, strict=True)]
    ends_a = [a + size for a, size in zip(start_a, mask_a.shape, strict=True)]
    ends_b = [b + size for b, size in zip(start_b, mask_b.shape, strict=True)]
    high = [min(a, b) for a, b in zip(ends_a, ends_b, strict=True)]
    if any(begin >= end for begin, end in zip(low, high, strict=True)):
        return 0
    part_a = tuple(slice(b - s, e - s) for b, e, s in zip(low, high, start_a, strict=True))
    part_b = tuple(slice(b - s, e - s) for b, e, s in zip(low, high, start_b, strict=True))
    return int(np.count_nonzero(mask_a[part_a] & mask_b[part_b]))
