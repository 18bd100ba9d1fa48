"""Interpolation between grids in voxel coordinates (any affine, shears included).

SimpleITK does it in general. Linear enlargement of a small grid along its own axes, as of logits and heat
maps, is a product with one small matrix per axis, which is many times faster.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core import VolumeGeometry
from .grids import overlap_box

__all__ = ["resample"]

ANTIALIAS_RATIO = 1.5
"""Coarsening above which the image is smoothed first."""

_SMALL_AXIS = 512
"""Longest source axis for which the product with a matrix per axis is worth it."""

_CUBIC_MINIMUM = 4
"""SimpleITK's cubic B-spline wants at least so many voxels along each axis."""


def resample(
    array: NDArray[Any],
    source: VolumeGeometry,
    target: VolumeGeometry,
    *,
    interpolation: str = "linear",
    outside: float = math.nan,
    smooth: bool = False,
) -> NDArray[np.float32]:
    """Interpolate ``array`` at the voxel centres of ``target``.

    Parameters
    ----------
    array : ndarray of a real type, shape (K, J, I)
        On ``source``. Only the part that ``target`` needs is read.
    source, target : VolumeGeometry
    interpolation : str
        ``linear``, or ``cubic`` (B-spline of order 3).
    outside : float
        Value where ``target`` reaches further than half a voxel over the border.
    smooth : bool
        Smooth with a Gaussian along axes that become more than `ANTIALIAS_RATIO` times coarser, with the
        width that makes up the difference of the point spread functions (Cardoso et al., MICCAI 2015).

    Returns
    -------
    ndarray of float32, shape of ``target``
    """
    ratios = _ratios(source, target)
    sigmas = [_sigma(ratio) if smooth else 0.0 for ratio in ratios]
    box = overlap_box(target, source)
    if box is None:
        return np.full(target.shape, outside, np.float32)
    margin = [2 + math.ceil(4 * sigma) + (8 if interpolation == "cubic" else 0) for sigma in sigmas]
    box = _grown(box, margin, source.shape)
    part = np.asarray(array[box], np.float32)
    if any(sigmas):
        from scipy import ndimage

        part = ndimage.gaussian_filter(part, sigmas, mode="nearest")
    start = np.array([piece.start for piece in box])
    if interpolation == "cubic":
        part, start = _padded_for_cubic(part, start)
    matrix = np.linalg.inv(source.cropped(start, part.shape).ijk_to_ras) @ target.ijk_to_ras
    if interpolation == "linear":
        axes = _own_axes(matrix, part.shape, target.shape)
        if axes is not None:
            return _separable(part, axes, outside)
    import SimpleITK as sitk

    transform = sitk.AffineTransform(3)
    transform.SetMatrix(matrix[:3, :3].ravel().tolist())
    transform.SetTranslation(_snapped(matrix[:3, 3]).tolist())
    result = sitk.Resample(
        sitk.GetImageFromArray(part),
        target.shape[::-1],
        transform,
        sitk.sitkBSpline if interpolation == "cubic" else sitk.sitkLinear,
        (0.0, 0.0, 0.0),
        (1.0, 1.0, 1.0),
        np.eye(3).ravel().tolist(),
        outside,
        sitk.sitkFloat32,
    )
    return np.asarray(sitk.GetArrayFromImage(result), np.float32)


def _own_axes(
    matrix: NDArray[np.float64], size: tuple[int, ...], wanted: tuple[int, int, int]
) -> list[NDArray[np.float64]] | None:
    """Source coordinates of the target's voxels along K, J and I; None if an axis is not the source's own, or
    the source is not the smaller grid.
    """
    scale = np.diag(matrix)[:3]
    tilt = np.abs(matrix[:3, :3] - np.diag(scale)) @ np.array(wanted[::-1], float)
    if tilt.max() > 1e-6 or max(size) > _SMALL_AXIS or np.prod(wanted) < np.prod(size):
        return None
    offset = _snapped(matrix[:3, 3])
    return [scale[axis] * np.arange(count) + offset[axis] for axis, count in zip((2, 1, 0), wanted)]


def _separable(
    part: NDArray[np.float32], axes: list[NDArray[np.float64]], outside: float
) -> NDArray[np.float32]:
    """Linear interpolation, one axis after the other; within half a voxel of the border its value is kept."""
    weights, missing = [], []
    for count, places in zip(part.shape, axes):
        missing.append((places < -0.5) | (places >= count - 0.5))  # as SimpleITK has it
        clamped = np.clip(places, 0, count - 1)
        lower = np.minimum(clamped.astype(int), max(count - 2, 0))
        share, rows = clamped - lower, np.arange(len(places))
        matrix = np.zeros((len(places), count), np.float32)
        matrix[rows, lower] = 1 - share
        matrix[rows, np.minimum(lower + 1, count - 1)] += share
        weights.append(matrix)
    result = np.tensordot(weights[0], part, axes=1)
    result = np.matmul(np.matmul(weights[1], result), weights[2].T)
    for axis, gone in enumerate(missing):
        if gone.any():
            result[(slice(None),) * axis + (gone,)] = outside
    return np.asarray(result, np.float32)


def _ratios(source: VolumeGeometry, target: VolumeGeometry) -> NDArray[np.float64]:
    """Source voxels per target voxel along the source axes K, J, I."""
    matrix = np.linalg.inv(source.ijk_to_ras[:3, :3]) @ target.ijk_to_ras[:3, :3]
    return np.asarray(np.linalg.norm(matrix, axis=1)[::-1])


def _sigma(ratio: float) -> float:
    if ratio <= ANTIALIAS_RATIO:
        return 0.0
    return math.sqrt((ratio**2 - 1) / (8 * math.log(2)))


def _grown(
    box: tuple[slice, slice, slice], margin: list[int], shape: tuple[int, int, int]
) -> tuple[slice, slice, slice]:
    first, second, third = (
        slice(max(0, piece.start - extra), min(size, piece.stop + extra))
        for piece, extra, size in zip(box, margin, shape)
    )
    return first, second, third


def _padded_for_cubic(
    part: NDArray[np.float32], start: NDArray[np.int_]
) -> tuple[NDArray[np.float32], NDArray[np.int_]]:
    missing = [max(0, _CUBIC_MINIMUM - size) for size in part.shape]
    if not any(missing):
        return part, start
    before = [count // 2 for count in missing]
    pads = [(first, count - first) for first, count in zip(before, missing)]
    return np.pad(part, pads, mode="edge"), start - before


def _snapped(translation: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rounding noise must not push a voxel centre over the border."""
    nearest = np.rint(translation * 2) / 2
    return np.where(np.abs(translation - nearest) < 1e-9, nearest, translation)
