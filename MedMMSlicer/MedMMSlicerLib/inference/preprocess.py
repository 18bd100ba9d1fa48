"""Volume to tensor: orientation, spacing, region and intensity as the bundle's manifest says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..bundles.manifest import Preprocess
from ..core import Volume, VolumeGeometry
from ..errors import BundleError, InputError
from .grids import axis_map, check_point, fitted_grid, region_block, tensor_grid
from .intensity import apply_steps, luma
from .resampling import resample

__all__ = ["Inside", "PreparedInput", "planned_block", "prepare"]

Inside = tuple[slice, slice, slice] | NDArray[np.bool_]
"""The voxels of a block that lie in the image: a box, or a mask of shape (K, J, I)."""


@dataclass(frozen=True, eq=False)
class PreparedInput:
    """What the network sees.

    Parameters
    ----------
    tensor : ndarray of float32, shape (1, C, K, J, I), or (1, C, J, I) for a 2D bundle
    geometry : VolumeGeometry
        Of the tensor's voxels; hangs over the border of the image where there is padding.
    inside : tuple of slice, or ndarray of bool
        Which voxels are not padding.
    notes : tuple of str
        What was done that the reader has to know.
    """

    tensor: NDArray[np.float32]
    geometry: VolumeGeometry
    inside: Inside
    notes: tuple[str, ...] = ()


def planned_block(
    geometry: VolumeGeometry, spec: Preprocess, point_ras: ArrayLike | None = None, dimensions: int = 3
) -> VolumeGeometry:
    """The voxels that `prepare` will make, without making them.

    A 2D image is fitted into the region's size with its proportions kept (in mm) and padded to both sides;
    with ``spacing_mm`` in the manifest it is brought to that spacing and centred instead.

    Raises
    ------
    UsageError
        If the point lies outside of the image.
    BundleError
        If a region needs a size and has none.
    """
    region = spec.region
    if region.kind in {"roi", "sliding-window"} and region.size is None:
        raise BundleError(
            f"The region '{region.kind}' needs a size. Add 'size' to 'preprocess.region' in metadata.json."
        )
    if region.kind == "sliding-window" and dimensions == 2:
        raise BundleError(
            "Sliding windows are for volumes, and this bundle reads single images. Use the region 'whole'."
        )
    if point_ras is not None:
        check_point(geometry, point_ras)
    if dimensions == 2 and region.kind == "whole" and region.size is not None and spec.spacing_mm is None:
        return fitted_grid(geometry, region.size)
    grid = tensor_grid(geometry, spec.orientation if dimensions == 3 else "", spec.spacing_mm)
    return region_block(grid, region, point_ras)


def prepare(
    volume: Volume,
    spec: Preprocess,
    point_ras: ArrayLike | None = None,
    channels: int = 1,
    dimensions: int = 3,
) -> PreparedInput:
    """Turn a volume into the tensor that the network wants.

    Where the tensor's voxels are voxels of the image (same spacing, permuted or flipped axes) they are
    copied once, as numbers of type float32; otherwise they are interpolated, after smoothing along axes that
    become much coarser. Intensity steps follow, with their numbers from the voxels inside the block
    (``scope`` ``region``) or from all voxels of the stored image (``volume``); voxels that are not finite
    take no part and become the lowest value. Padding gets ``pad_value`` at the end.

    Parameters
    ----------
    volume : Volume
    spec : Preprocess
    point_ras : (3,) float, mm, RAS, optional
        Centre of a ``roi`` block; None: centre of the volume.
    channels : int
        1 (colour becomes luma) or 3 (gray is repeated).
    dimensions : int
        Of the bundle: 2 drops the slice axis.

    Raises
    ------
    UsageError
        If the point lies outside of the image.
    InputError
        If no voxel is finite.
    BundleError
        If the manifest asks for something that can not be done.
    """
    block = planned_block(volume.geometry, spec, point_ras, dimensions)
    planes, notes = _planes(volume, channels)
    tensor = np.empty((1, channels, *block.shape), np.float32)
    inside: Inside = (slice(None), slice(None), slice(None))
    for channel, plane in enumerate(planes):
        inside = _fill(tensor[0, channel], plane, volume.geometry, block, spec)
    tensor[0, len(planes) :] = tensor[0, 0]
    if dimensions == 2:
        tensor = tensor[:, :, 0]
    return PreparedInput(tensor, block, inside, notes)


def _planes(volume: Volume, channels: int) -> tuple[list[NDArray[Any]], tuple[str, ...]]:
    """The image's channels as arrays (K, J, I), all finite."""
    if volume.is_color:
        if channels == 3:
            return [volume.array[..., index] for index in range(3)], ()
        return [luma(volume.array)], ("Colour was reduced to brightness (luma).",)
    array = volume.array
    if np.issubdtype(array.dtype, np.floating):
        finite = np.abs(array) <= np.finfo(np.float32).max
        if not finite.all():
            if not finite.any():
                raise InputError("No voxel of the image is a finite number. Export the image again.")
            count = int(array.size - np.count_nonzero(finite))
            array = np.where(finite, array, array[finite].min())
            return [array], (f"{count} voxels that are no finite number were read as the lowest value.",)
    return [array], ()


def _fill(
    out: NDArray[np.float32],
    plane: NDArray[Any],
    source: VolumeGeometry,
    block: VolumeGeometry,
    spec: Preprocess,
) -> Inside:
    """Write one channel of the tensor; return which voxels are real."""
    mapping = axis_map(source, block)
    inside: Inside
    if mapping is not None:
        view, start = mapping.view(plane), mapping.start(source.shape)
        into, taken = _paste(block.shape, view.shape, start)
        out.fill(spec.pad_value)
        out[into] = view[taken]
        inside = into
        _normalise(out[into], plane, spec, whole=out[into].size == plane.size)
        return inside
    out[...] = resample(plane, source, block, interpolation=spec.interpolation, smooth=True)
    outside = np.isnan(out)
    inside = np.logical_not(outside)
    if spec.scope == "region" and inside.any():
        apply_steps(out, spec.intensity, out[inside])
    elif spec.scope == "volume":
        _normalise(out, plane, spec, whole=False)
    np.copyto(out, np.float32(spec.pad_value), where=outside)
    return inside


def _normalise(values: NDArray[np.float32], plane: NDArray[Any], spec: Preprocess, *, whole: bool) -> None:
    if not spec.intensity or values.size == 0:
        return
    if spec.scope == "region" or whole:
        apply_steps(values, spec.intensity)
    else:
        apply_steps(values, spec.intensity, np.array(plane, np.float32))


def _paste(
    shape: tuple[int, ...], available: tuple[int, ...], start: tuple[int, ...]
) -> tuple[tuple[slice, slice, slice], tuple[slice, slice, slice]]:
    """Where in the block, and from where in the image, the shared voxels are."""
    first = [max(0, -begin) for begin in start]
    last = [min(size, have - begin) for size, have, begin in zip(shape, available, start)]
    last = [max(low, high) for low, high in zip(first, last)]
    into = [slice(low, high) for low, high in zip(first, last)]
    taken = [slice(low + begin, high + begin) for low, high, begin in zip(first, last, start)]
    return (into[0], into[1], into[2]), (taken[0], taken[1], taken[2])
