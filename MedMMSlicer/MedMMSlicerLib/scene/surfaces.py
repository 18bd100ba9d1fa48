"""Surfaces of segments one after the other, so that nobody waits for all of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core import VolumeGeometry
from ..errors import UsageError
from ._mrml import MrmlNode, MrmlScene, get_node
from ._segment_nodes import grid_of
from ._segment_voxels import BINARY_LABELMAP, make_layer, segment_crops

__all__ = [
    "has_surfaces",
    "make_surface",
    "missing_surfaces",
    "prepare_surface",
    "put_surfaces",
]

_SURFACE = "Closed surface"
_SMOOTHING = "0.50"

_MOST_FACES = 14_000
"""Faces of voxels. VTK makes two triangles of each and needs 1.5 microseconds for one (measured), so that one
surface stays below 50 ms; what has more is made from coarser voxels."""


def has_surfaces(scene: MrmlScene, node_id: str) -> bool:
    """Whether a segmentation is there and has surfaces."""
    node = scene.GetNodeByID(node_id)
    return node is not None and bool(node.GetSegmentation().ContainsRepresentation(_SURFACE))


def missing_surfaces(scene: MrmlScene, node_id: str) -> tuple[str, ...]:
    """Return the ids of segments that have no surface yet; none of a single slice, which is no body.

    Raises
    ------
    InputError
        If there is no such segmentation.
    """
    node = get_node(scene, node_id, "vtkMRMLSegmentationNode")
    segmentation = node.GetSegmentation()
    if not segmentation.GetNumberOfSegments() or min(_extent_of(scene, node)) == 1:
        return ()
    segments = {
        segment_id: segmentation.GetSegment(segment_id) for segment_id in segmentation.GetSegmentIDs()
    }
    return tuple(
        segment_id
        for segment_id, segment in segments.items()
        if segment.GetRepresentation(_SURFACE) is None and segment.GetRepresentation(BINARY_LABELMAP)
    )


def make_surface(scene: MrmlScene, node_id: str, segment_id: str) -> None:
    """Make the surface of one segment; see `prepare_surface` and `put_surfaces`."""
    put_surfaces(scene, node_id, {segment_id: prepare_surface(scene, node_id, segment_id)})


def prepare_surface(scene: MrmlScene, node_id: str, segment_id: str) -> Any:
    """Make the surface of one segment without showing it; that of a large one is coarser than its voxels.

    Returns
    -------
    vtkPolyData or None
        None where the segment is gone, or has no voxels to make one from.

    Raises
    ------
    InputError
        If there is no such segmentation.
    UsageError
        If VTK can not make it.
    """
    from slicer import vtkSegment, vtkSegmentation  # noqa: TID251 - this package is the door

    node = get_node(scene, node_id, "vtkMRMLSegmentationNode")
    target = node.GetSegmentation().GetSegment(segment_id)
    if target is None or target.GetRepresentation(BINARY_LABELMAP) is None:
        return None
    layer, value = _voxels(scene, node, segment_id)
    segment = vtkSegment()
    segment.AddRepresentation(BINARY_LABELMAP, layer)
    segment.SetLabelValue(value)
    # A segmentation of its own: asked for one surface, VTK makes those of all segments.
    alone = vtkSegmentation()
    alone.SetSourceRepresentationName(BINARY_LABELMAP)
    alone.SetConversionParameter("Smoothing factor", _SMOOTHING)
    alone.AddSegment(segment, segment_id)
    if not alone.CreateRepresentation(_SURFACE):
        raise UsageError(
            f"'{node.GetName()}' can not be shown in 3D: the segmentations logic must exist before the "
            "segmentation."
        )
    return segment.GetRepresentation(_SURFACE)


def put_surfaces(scene: MrmlScene, node_id: str, surfaces: Mapping[str, Any]) -> None:
    """Show surfaces that `prepare_surface` made, all at the same time.

    As soon as one segment has a surface, views make those of all others, which takes as long as all together.
    Segments that are gone, and surfaces that are None, are passed over.

    Raises
    ------
    InputError
        If there is no such segmentation.
    """
    node = get_node(scene, node_id, "vtkMRMLSegmentationNode")
    segmentation = node.GetSegmentation()
    segmentation.SetConversionParameter("Smoothing factor", _SMOOTHING)
    was_modifying = node.StartModify()
    for segment_id, surface in surfaces.items():
        segment = segmentation.GetSegment(segment_id)
        if segment is not None and surface is not None:
            segment.AddRepresentation(_SURFACE, surface)
    node.EndModify(was_modifying)


def _extent_of(scene: MrmlScene, node: MrmlNode) -> tuple[int, ...]:
    return grid_of(scene, node).shape


def _voxels(scene: MrmlScene, node: MrmlNode, segment_id: str) -> tuple[Any, int]:
    """Return what the surface is made from, and the label value in it."""
    segment = node.GetSegmentation().GetSegment(segment_id)
    layer, value = segment.GetRepresentation(BINARY_LABELMAP), int(segment.GetLabelValue())
    grid = grid_of(scene, node)
    start, mask = segment_crops(node, [segment_id], grid)[segment_id]
    step = _step(mask)
    if step == 1:
        return layer, value
    coarse = _pooled(mask, step)
    scaled = np.diag([step, step, step, 1.0])
    # The center of the first coarse voxel lies in the middle of the fine ones that it is made of.
    scaled[:3, 3] = np.asarray(start[::-1]) + (step - 1) / 2
    return make_layer(coarse.astype(np.uint8), VolumeGeometry(coarse.shape, grid.ijk_to_ras @ scaled)), 1


def _step(mask: NDArray[np.bool_]) -> int:
    faces = 0
    for axis in range(3):
        # The mask fills its box, so the faces at the ends of the box count, too.
        ends = mask.take((0, -1), axis=axis) if mask.size else mask
        faces += int(np.count_nonzero(np.diff(mask, axis=axis))) + int(np.count_nonzero(ends))
    return max(1, int(np.ceil(np.sqrt(faces / _MOST_FACES))))


def _pooled(mask: NDArray[np.bool_], step: int) -> NDArray[np.bool_]:
    """Join cubes of voxels: set where one of them is, so that nothing thin gets lost."""
    padded = np.pad(mask, [(0, -size % step) for size in mask.shape])
    k, j, i = (size // step for size in padded.shape)
    return np.asarray(padded.reshape(k, step, j, step, i, step).any(axis=(1, 3, 5)))
