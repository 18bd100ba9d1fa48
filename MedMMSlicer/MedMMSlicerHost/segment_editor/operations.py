"""Changes of a whole segment: arrays only."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["in_range", "largest_island", "smoothed", "without_holes"]


def in_range(image: NDArray[np.generic], low: float, high: float, outside: bool = False) -> NDArray[np.bool_]:
    """Return the voxels with ``low <= value <= high``, or with ``outside`` all others.

    A voxel that is not a number lies in no range, hence outside.
    """
    inside: NDArray[np.bool_] = (image >= low) & (image <= high)
    return ~inside if outside else inside


def largest_island(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Keep the largest connected part; voxels that share a face are connected."""
    from scipy import ndimage

    labels, count = ndimage.label(mask)
    if count < 2:
        return mask
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    return np.asarray(labels == sizes.argmax())


def smoothed(
    mask: NDArray[np.bool_], spacing_mm: tuple[float, float, float], radius_mm: float
) -> NDArray[np.bool_]:
    """Smooth the surface: a voxel stays or becomes set where most of a ball around it is set.

    Parameters
    ----------
    mask : ndarray of bool, shape (K, J, I)
        With background around it as wide as the ball, as `SegmentEngine` passes it.
    spacing_mm : (3,) tuple of float
        Along K, J, I, so that a thick slice does not count as a thin one.
    radius_mm : float
    """
    from scipy import ndimage

    ball = ball_mask(spacing_mm, radius_mm)
    count = ndimage.convolve(mask.astype(np.float32), ball.astype(np.float32), mode="constant")
    return np.asarray(count > 0.5 * ball.sum())


def without_holes(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Fill background that the segment encloses, in 3D; in an image of one slice, in 2D."""
    from scipy import ndimage

    if mask.shape[0] == 1:
        return np.asarray(ndimage.binary_fill_holes(mask[0]))[None]
    return np.asarray(ndimage.binary_fill_holes(mask))


def ball_mask(spacing_mm: tuple[float, float, float], radius_mm: float) -> NDArray[np.bool_]:
    """Return the voxels whose center lies within a ball around the middle one, at least that one."""
    reach = [int(radius_mm / spacing) for spacing in spacing_mm]
    axes = [np.arange(-size, size + 1) * spacing for size, spacing in zip(reach, spacing_mm, strict=True)]
    k, j, i = np.meshgrid(*axes, indexing="ij", sparse=True)
    return np.asarray(k**2 + j**2 + i**2 <= radius_mm**2)
