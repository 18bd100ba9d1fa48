"""Voxels of segments: one shared layer in, masks on a common grid out."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core import VolumeGeometry
from ._mrml import MrmlNode, from_vtk_matrix, image_array, to_vtk_matrix, to_vtk_scalars

__all__ = [
    "BINARY_LABELMAP",
    "Crop",
    "crops_by_value",
    "erase_unreferenced",
    "layer_and_crops",
    "make_layer",
    "mask_hash",
    "segment_crops",
    "segment_mask",
]

BINARY_LABELMAP = "Binary labelmap"
"""Name of the representation, fixed by Slicer's file format."""

_LATTICE_TOLERANCE = 0.01
"""Largest distance, in voxels, of a segment's voxel centre from one of the grid."""

Crop = tuple[tuple[int, int, int], NDArray[np.bool_]]
"""First voxel (K, J, I) and the mask of the smallest box that holds all set voxels."""

_FEW_VALUES = 8
"""Up to here comparing with each value is quicker than counting all, which converts every voxel."""

_EMPTY: Crop = ((0, 0, 0), np.zeros((0, 0, 0), np.bool_))


def make_layer(array: NDArray[np.uint8], geometry: VolumeGeometry) -> Any:
    """Return a vtkOrientedImageData that several segments can share, by label value.

    It covers the box of all labels only: Slicer goes through whole layers for each segment that it adds,
    saves or removes.
    """
    return layer_and_crops(array, geometry, ())[0]


def layer_and_crops(
    array: NDArray[np.uint8], geometry: VolumeGeometry, values: tuple[int, ...]
) -> tuple[Any, dict[int, Crop]]:
    """Return `make_layer` and `crops_by_value` of label values (not 0); only the box of all is searched."""
    (k, j, i), mask = _cropped(array != 0)
    size_k, size_j, size_i = mask.shape
    inner = array[k : k + size_k, j : j + size_j, i : i + size_i]
    crops = {
        value: ((start[0] + k, start[1] + j, start[2] + i) if part.size else start, part)
        for value, (start, part) in crops_by_value(inner, values).items()
    }
    return _oriented_image(inner, (k, j, i), geometry), crops


def crops_by_value(array: NDArray[Any], values: tuple[int, ...]) -> dict[int, Crop]:
    """Return the crop of each label value; slices without the value are not looked at."""
    present = _present(array, values)
    result = {}
    for value in values:
        slices = np.flatnonzero(present[value])
        first, last = (int(slices[0]), int(slices[-1]) + 1) if slices.size else (0, 0)
        start, mask = _cropped(array[first:last] == value)
        result[value] = ((start[0] + first, start[1], start[2]) if mask.size else start, mask)
    return result


def _present(array: NDArray[Any], values: tuple[int, ...]) -> dict[int, NDArray[np.bool_]]:
    """Return in which slices each value occurs."""
    if len(values) <= _FEW_VALUES:
        return {value: np.array([bool((plane == value).any()) for plane in array]) for value in values}
    count = max(values) + 1
    rows = [np.bincount(plane.ravel(), minlength=count)[:count] > 0 for plane in array]
    table = np.array(rows, np.bool_).reshape(-1, count)
    return {value: table[:, value] for value in values}


def segment_crops(node: MrmlNode, segment_ids: Sequence[str], grid: VolumeGeometry) -> dict[str, Crop]:
    """Return the crops of segments on ``grid``; voxels outside of the grid are cut off."""
    segmentation = node.GetSegmentation()
    by_layer: dict[Any, list[str]] = {}
    for segment_id in segment_ids:
        by_layer.setdefault(_layer(segmentation.GetSegment(segment_id)), []).append(segment_id)
    crops: dict[str, Crop] = {}
    for layer, members in by_layer.items():
        crops |= _layer_crops(segmentation, layer, members, grid)
    return {key: crops[key] for key in segment_ids}


def _layer_crops(
    segmentation: Any, layer: Any, segment_ids: Sequence[str], grid: VolumeGeometry
) -> dict[str, Crop]:
    if layer is None:
        return {segment_id: _EMPTY for segment_id in segment_ids}
    array, start = _on_lattice(layer, grid)
    if array.dtype.kind != "u":
        array = array.astype(np.uint16)
    values = {key: int(segmentation.GetSegment(key).GetLabelValue()) for key in segment_ids}
    crops = crops_by_value(array, tuple(set(values.values())))
    return {key: _inside(crops[value], start, grid.shape) for key, value in values.items()}


def _inside(crop: Crop, offset: tuple[int, int, int], shape: tuple[int, int, int]) -> Crop:
    """Move a crop of a layer to the grid, and cut off what lies outside of the grid."""
    start, mask = crop
    if not mask.size:
        return crop
    k, j, i = (first + shift for first, shift in zip(start, offset, strict=True))
    ends = (k + mask.shape[0], j + mask.shape[1], i + mask.shape[2])
    if min(k, j, i) >= 0 and all(end <= limit for end, limit in zip(ends, shape, strict=True)):
        return (k, j, i), mask
    on_grid = np.zeros(shape, np.bool_)
    _paste(on_grid, mask, (k, j, i))
    return _cropped(on_grid)


def segment_mask(node: MrmlNode, segment_id: str, grid: VolumeGeometry) -> NDArray[np.bool_]:
    """Return a segment on a grid.

    Exact where the segment's voxels are voxels of the grid, whatever part of it they cover; otherwise the
    nearest voxel decides.

    Returns
    -------
    ndarray of bool, shape ``grid.shape``
    """
    result = np.zeros(grid.shape, np.bool_)
    start, mask = segment_crops(node, [segment_id], grid)[segment_id]
    _paste(result, mask, start)
    return result


def mask_hash(shape: tuple[int, int, int], crop: Crop) -> str:
    """Return the SHA-256 of a mask on a grid of ``shape``, independent of how it is stored."""
    start, mask = crop
    head = f"{shape} {start} {mask.shape}".encode()
    return hashlib.sha256(head + np.packbits(mask).tobytes()).hexdigest()


def erase_unreferenced(node: MrmlNode, fresh_layer: Any) -> None:
    """Set voxels to background that no segment refers to, in all layers but a fresh one that has none."""
    segmentation = node.GetSegmentation()
    layers: dict[Any, set[int]] = {}
    for index in range(segmentation.GetNumberOfSegments()):
        segment = segmentation.GetNthSegment(index)
        layers.setdefault(_layer(segment), set()).add(segment.GetLabelValue())
    for layer, values in layers.items():
        if layer is None or layer is fresh_layer:
            continue
        array = image_array(layer)
        stale = ~np.isin(array, [0, *values])
        if stale.any():
            array[stale] = 0
            layer.Modified()


def _layer(segment: Any) -> Any:
    """Return a segment's voxels, None if it has none."""
    layer = segment.GetRepresentation(BINARY_LABELMAP)
    return None if layer is None or layer.IsEmpty() else layer


def _oriented_image(array: NDArray[np.uint8], start: tuple[int, int, int], geometry: VolumeGeometry) -> Any:
    from slicer import vtkOrientedImageData  # noqa: TID251 - this package is the door

    image = vtkOrientedImageData()
    (k, j, i), (size_k, size_j, size_i) = start, array.shape
    image.SetExtent(i, i + size_i - 1, j, j + size_j - 1, k, k + size_k - 1)
    image.GetPointData().SetScalars(to_vtk_scalars(array))
    image.SetImageToWorldMatrix(to_vtk_matrix(geometry.ijk_to_ras))
    return image


def _on_lattice(layer: Any, grid: VolumeGeometry) -> tuple[NDArray[Any], tuple[int, int, int]]:
    """Return a layer's voxels, resampled if its lattice is another one, and the grid voxel of the first."""
    start = _lattice_start(layer, grid)
    if start is None:
        layer, start = _resampled(layer, grid), (0, 0, 0)
    return image_array(layer).reshape(tuple(reversed(layer.GetDimensions()))), start


def _cropped(mask: NDArray[np.bool_]) -> Crop:
    if not mask.any():
        return _EMPTY
    start = []
    for axis in range(3):
        # Each axis in what the one before left over, whole rows of memory first.
        line = np.flatnonzero(mask.any(axis=tuple({0, 1, 2} - {axis})))
        start.append(int(line[0]))
        mask = mask[(slice(None),) * axis + (slice(int(line[0]), int(line[-1]) + 1),)]
    return (start[0], start[1], start[2]), mask


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

    reference = _oriented_image(np.zeros(grid.shape, np.uint8), (0, 0, 0), grid)
    result = vtkOrientedImageData()
    vtkOrientedImageDataResample.ResampleOrientedImageToReferenceOrientedImage(
        layer, reference, result, False
    )
    return result


def _paste(target: NDArray[np.bool_], mask: NDArray[np.bool_], start: tuple[int, int, int]) -> None:
    """Copy a mask into an array at a voxel (K, J, I), which may be outside; the common part is copied."""
    low = [min(max(first, 0), limit) for first, limit in zip(start, target.shape, strict=True)]
    ends = [first + size for first, size in zip(start, mask.shape, strict=True)]
    high = [max(begin, min(end, limit)) for begin, end, limit in zip(low, ends, target.shape, strict=True)]
    there = tuple(slice(begin, end) for begin, end in zip(low, high, strict=True))
    here = tuple(
        slice(begin - first, end - first) for begin, end, first in zip(low, high, start, strict=True)
    )
    target[there] = mask[here]
