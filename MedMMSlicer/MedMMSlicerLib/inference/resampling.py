"""Interpolation between grids in voxel coordinates (any affine, shears included).

SimpleITK does it in general. Along the grid's own axes linear interpolation is a product with one matrix per
axis, many times faster: a small dense one where a small grid is enlarged, as of logits and heat maps, and a
sparse one, smoothing included, where an image is made coarser.
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

_TRUNCATE = 4.0
"""Radius of the Gaussian in standard deviations."""

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
    margin = [2 + math.ceil(_TRUNCATE * sigma) + (8 if interpolation == "cubic" else 0) for sigma in sigmas]
    box = _grown(box, margin, source.shape)
    part = np.asarray(array[box], np.float32)
    start = np.array([piece.start for piece in box])
    matrix = np.linalg.inv(source.cropped(start, part.shape).ijk_to_ras) @ target.ijk_to_ras
    axes = _own_axes(matrix, target.shape) if interpolation == "linear" else None
    if axes is not None and any(sigmas):
        return _coarser(part, axes, sigmas, outside)
    if axes is not None and max(part.shape) <= _SMALL_AXIS and np.prod(target.shape) >= np.prod(part.shape):
        return _enlarged(part, axes, outside)
    if any(sigmas):
        from scipy import ndimage

        part = ndimage.gaussian_filter(part, sigmas, mode="nearest", truncate=_TRUNCATE)
    if interpolation == "cubic":
        part, start = _padded_for_cubic(part, start)
        matrix = np.linalg.inv(source.cropped(start, part.shape).ijk_to_ras) @ target.ijk_to_ras
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


def _own_axes(matrix: NDArray[np.float64], wanted: tuple[int, int, int]) -> list[NDArray[np.float64]] | None:
    """Source coordinates of the target's voxels along K, J and I; None if an axis is not the source's own."""
    scale = np.diag(matrix)[:3]
    tilt = np.abs(matrix[:3, :3] - np.diag(scale)) @ np.array(wanted[::-1], float)
    if tilt.max() > 1e-6:
        return None
    offset = _snapped(matrix[:3, 3])
    return [scale[axis] * np.arange(count) + offset[axis] for axis, count in zip((2, 1, 0), wanted)]


def _linear(count: int, places: NDArray[np.float64]) -> NDArray[np.float32]:
    """Weights (n, count) of linear interpolation; within half a voxel of the border its value is kept."""
    clamped = np.clip(places, 0, count - 1)
    lower = np.minimum(clamped.astype(int), max(count - 2, 0))
    share, rows = clamped - lower, np.arange(len(places))
    matrix = np.zeros((len(places), count), np.float32)
    matrix[rows, lower] = 1 - share
    matrix[rows, np.minimum(lower + 1, count - 1)] += share
    return matrix


def _without_outside(
    result: NDArray[np.float32], shape: tuple[int, ...], axes: list[NDArray[np.float64]], outside: float
) -> NDArray[np.float32]:
    for axis, (count, places) in enumerate(zip(shape, axes)):
        gone = (places < -0.5) | (places >= count - 0.5)  # as SimpleITK has it
        if gone.any():
            result[(slice(None),) * axis + (gone,)] = outside
    return result


def _enlarged(
    part: NDArray[np.float32], axes: list[NDArray[np.float64]], outside: float
) -> NDArray[np.float32]:
    """Linear interpolation, one axis after the other."""
    weights = [_linear(count, places) for count, places in zip(part.shape, axes)]
    result = np.tensordot(weights[0], part, axes=1)
    result = np.asarray(np.matmul(np.matmul(weights[1], result), weights[2].T), np.float32)
    return _without_outside(result, part.shape, axes, outside)


def _coarser(
    part: NDArray[np.float32], axes: list[NDArray[np.float64]], sigmas: list[float], outside: float
) -> NDArray[np.float32]:
    """Gaussian smoothing and linear interpolation in one step, one axis after the other; only the voxels that
    are wanted are smoothed.
    """
    from scipy import sparse

    result = part
    for axis in (1, 2, 0):  # rows first: they lie together in memory
        count = part.shape[axis]
        weights = sparse.csr_array(_linear(count, axes[axis]))
        if sigmas[axis]:
            weights = weights @ _smoothing(count, sigmas[axis])
        front = np.moveaxis(result, axis, 0)
        product = weights @ front.reshape(count, -1)
        result = np.moveaxis(product.reshape(-1, *front.shape[1:]), 0, axis)
    return _without_outside(np.ascontiguousarray(result, np.float32), part.shape, axes, outside)


def _smoothing(count: int, sigma: float) -> Any:
    """Gaussian filter along an axis as a sparse matrix (count, count); the border's value goes on outside."""
    from scipy import sparse

    offsets = np.arange(-int(_TRUNCATE * sigma + 0.5), int(_TRUNCATE * sigma + 0.5) + 1)
    kernel = np.exp(-0.5 * (offsets / sigma) ** 2)
    rows = np.repeat(np.arange(count), len(offsets))
    columns = np.clip(np.add.outer(np.arange(count), offsets), 0, count - 1).ravel()
    values = np.tile(kernel / kernel.sum(), count).astype(np.float32)
    return sparse.coo_array((values, (rows, columns)), shape=(count, count)).tocsr()


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
