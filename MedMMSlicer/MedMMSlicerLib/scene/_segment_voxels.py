"""Voxels of segments: one shared layer in, masks on a common grid out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core import VolumeGeometry
from ._mrml import MrmlNode, from_vtk_matrix, image_array, to_vtk_matrix, to_vtk_scalars

__all__ = [
    "BINARY_LABELMAP",
    "crops_by_value",
    "erase_unreferenced",
    "make_layer",
    "mask_hash",
    "segment_crop",
    "segment_mask",
]

BINARY_LABELMAP = "Binary labelmap"
"""Name of the representation, fixed by Slicer's file format."""

_LATTICE_TOLERANCE = 0.01
"""Largest distance, in voxels, of a segment's voxel centre from one of the grid."""

Crop = tuple[tuple[int, int, int], NDArray[np.bool_]]
"""First voxel (K, J, I) and the mask of the smallest box that holds all set voxels."""


def make_layer(array: NDArray[np.uint8], geometry: VolumeGeometry) -> Any:
    """Return a vtkOrientedImageData that several segments can share, by label value."""
    from slicer import vtkOrientedImageData  # noqa: TID251 - this package is the door

    layer = vtkOrientedImageData()
    layer.SetDimensions(*reversed(geometry.shape))
    layer.GetPointData().SetScalars(to_vtk_scalars(array))
    layer.SetImageToWorldMatrix(to_vtk_matrix(geometry.ijk_to_ras))
    return layer


def crops_by_value(array: NDArray[np.uint8], values: tuple[int, ...]) -> dict[int, Crop]:
    """Return the crop of each label value; slices without the value are not looked at."""
    present = np.array([np.bincount(plane.ravel(), minlength=256) for plane in array]) > 0
    result = {}
    for value in values:
        slices = np.flatnonzero(present[:, value])
        first, last = (int(slices[0]), int(slices[-1]) + 1) if slices.size else (0, 0)
        start, mask = _cropped(array[first:last] == value)
        result[value] = ((start[0] + first, start[1], start[2]) if mask.size else start, mask)
    return result


def segment_crop(node: MrmlNode, segment_id: str, grid: VolumeGeometry) -> Crop:
    """Return a segment's crop on ``grid``; voxels outside of the grid are cut off."""
    return _cropped(segment_mask(node, segment_id, grid))


def segment_mask(node: MrmlNode, segment_id: str, grid: VolumeGeometry) -> NDArray[np.bool_]:
    """Return a segment on a grid.

    Exact where the segment's voxels are voxels of the grid, whatever part of it they cover; otherwise the
    nearest voxel decides.

    Returns
    -------
    ndarray of bool, shape ``grid.shape``
    """
    segment = node.GetSegmentation().GetSegment(segment_id)
    layer = segment.GetRepresentation(BINARY_LABELMAP)
    result = np.zeros(grid.shape, np.bool_)
    if layer is None or layer.IsEmpty():
        return result
    start = _lattice_start(layer, grid)
    if start is None:
        layer, start = _resampled(layer, grid), (0, 0, 0)
    shape = tuple(reversed(layer.GetDimensions()))
    array = image_array(layer).reshape(shape)
    inside = list(_overlap(start, shape, grid.shape))
    target = tuple(slice(low, high) for low, high, _ in inside)
    source = tuple(slice(low - offset, high - offset) for low, high, offset in inside)
    result[target] = array[source] == segment.GetLabelValue()
    return result


def mask_hash(shape: tuple[int, int, int], crop: Crop) -> str:
    """Return the SHA-256 of a mask on a grid of ``shape``, independent of how it is stored."""
    start, mask = crop
    head = f"{shape} {start} {mask.shape}".encode()
    return hashlib.sha256(head + np.packbits(mask).tobytes()).hexdigest()


def erase_unreferenced(node: MrmlNode) -> None:
    """Set voxels to background that no segment refers to any more."""
    layers: Mapping[Any, set[int]] = _values_by_layer(node)
    for layer, values in layers.items():
        array = image_array(layer)
        stale = ~np.isin(array, [0, *values])
        if stale.any():
            array[stale] = 0
            layer.Modified()


def _values_by_layer(node: MrmlNode) -> dict[Any, set[int]]:
    segmentation = node.GetSegmentation()
    layers: dict[Any, set[int]] = {}
    for index in range(segmentation.GetNumberOfSegments()):
        segment = segmentation.GetNthSegment(index)
        layer = segment.GetRepresentation(BINARY_LABELMAP)
        if layer is not None and not layer.IsEmpty():
            layers.setdefault(layer, set()).add(segment.GetLabelValue())
    return layers


def _cropped(mask: NDArray[np.bool_]) -> Crop:
    if not mask.any():
        return (0, 0, 0), np.zeros((0, 0, 0), np.bool_)
    lines = [np.flatnonzero(mask.any(axis=tuple({0, 1, 2} - {axis}))) for axis in range(3)]
    start = (int(lines[0][0]), int(lines[1][0]), int(lines[2][0]))
    box = tuple(slice(int(line[0]), int(line[-1]) + 1) for line in lines)
    return start, mask[box]


def _lattice_start(layer: Any, grid: VolumeGeometry) -> tuple[int, int, int] | None:
    """Return the grid voxel (K, J, I) of the layer's first voxel, None if the layer has another lattice."""
    from vtkmodules.vtkCommonMath import vtkMatrix4x4

    matrix = vtkMatrix4x4()
    layer.GetImageToWorldMatrix(matrix)
    layer_to_grid = np.linalg.inv(grid.ijk_to_ras) @ from_vtk_matrix(matrix)
    extent = np.array(layer.GetExtent()).reshape(3, 2)
    corners_ijk = np.array(np.meshgrid(*extent)).reshape(3, -1)
    first_ijk = layer_to_grid[:3, :3] @ extent[:, 0] + layer_to_grid[:3, 3]
    expected = np.rint(first_ijk)[:, None] + corners_ijk - extent[:, :1]
    found = layer_to_grid[:3, :3] @ corners_ijk + layer_to_grid[:3, 3:]
    if np.abs(found - expected).max() > _LATTICE_TOLERANCE:
        return None
    i, j, k = (int(value) for value in np.rint(first_ijk))
    return k, j, i


def _resampled(layer: Any, grid: VolumeGeometry) -> Any:
    from slicer import vtkOrientedImageData, vtkOrientedImageDataResample  # noqa: TID251

    reference = make_layer(np.zeros(grid.shape, np.uint8), grid)
    result = vtkOrientedImageData()
    vtkOrientedImageDataResample.ResampleOrientedImageToReferenceOrientedImage(
        layer, reference, result, False
    )
    return result


def _overlap(
    start: tuple[int, int, int], shape: tuple[int, ...], grid_shape: tuple[int, int, int]
) -> Iterator[tuple[int, int, int]]:
    """Yield, per axis, the first and last + 1 grid index of the common part, and the block's start."""
    for offset, size, limit in zip(start, shape, grid_shape, strict=True):
        low = min(max(offset, 0), limit)
        yield low, max(low, min(offset + size, limit)), offset
