"""Which voxels a stroke of a round brush covers: arrays only, exact on every affine grid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from MedMMSlicerLib.core import VolumeGeometry
from numpy.typing import ArrayLike, NDArray

__all__ = ["Stroke", "stroke_mask"]

_TOUCH_MM = 1e-6
"""Rounding of matrices must not decide about a voxel whose center lies on the rim."""


@dataclass(frozen=True)
class Stroke:
    """One step of a stroke.

    Parameters
    ----------
    start_ras, end_ras : (3,) tuple of float, mm, RAS
        Where the brush was and where it is now; on a slice, the end counts as projected onto it.
    radius_mm : float
    normal_ras : (3,) tuple of float, RAS, optional
        Normal of the slice that is painted on; None for a ball, which reaches into the slices beside.
    """

    start_ras: tuple[float, float, float]
    end_ras: tuple[float, float, float]
    radius_mm: float
    normal_ras: tuple[float, float, float] | None = None


def stroke_mask(geometry: VolumeGeometry, stroke: Stroke) -> tuple[tuple[int, int, int], NDArray[np.uint8]]:
    """Return the voxels that a stroke covers.

    A voxel belongs to it when its center does. On a slice the brush is as thick as one voxel, measured
    along the voxel axis that is nearest to the normal: every voxel column there gets one voxel, on oblique
    slices as well. The voxels that the middle of the brush passes are always covered, however small it is.

    Parameters
    ----------
    geometry : VolumeGeometry
    stroke : Stroke

    Returns
    -------
    first_kji : (3,) tuple of int
        Voxel of the grid at which the mask begins.
    mask : ndarray of uint8, shape (K, J, I)
        0 and 1; empty where the stroke does not meet the grid.
    """
    points = np.array([stroke.start_ras, stroke.end_ras], float)
    if stroke.normal_ras is not None:
        # The slice of the start is the one that is painted on.
        normal = _unit(stroke.normal_ras)
        points[1] -= ((points[1] - points[0]) @ normal) * normal
    ijk_to_ras = geometry.ijk_to_ras
    first, last = _box(geometry, points, stroke)
    if (last <= first).any():
        return (0, 0, 0), np.zeros((0, 0, 0), np.uint8)
    axes = [np.arange(low, high, dtype=float) for low, high in zip(first, last, strict=True)]
    k, j, i = np.meshgrid(*axes, indexing="ij", sparse=True)
    offset = ijk_to_ras[:3, 3] - points[0]
    # Column by column, without the (K, J, I, 3) array: the mask of a wide brush has half a million voxels.
    relative = [
        ijk_to_ras[r, 0] * i + ijk_to_ras[r, 1] * j + ijk_to_ras[r, 2] * k + offset[r] for r in range(3)
    ]
    along = points[1] - points[0]
    if stroke.normal_ras is None:
        mask = _squared_distance(relative, along, None) <= (stroke.radius_mm + _TOUCH_MM) ** 2
    else:
        height = sum(normal[axis] * relative[axis] for axis in range(3))
        half = 0.5 * np.abs(normal @ ijk_to_ras[:3, :3]).max()
        # One end open: a slice just between two layers of voxels takes one of them, not both.
        mask = (height > -half + _TOUCH_MM) & (height <= half + _TOUCH_MM)
        mask &= _squared_distance(relative, along, normal) <= (stroke.radius_mm + _TOUCH_MM) ** 2
    result = mask.astype(np.uint8)
    _add_middle(result, first, geometry, points)
    return (int(first[0]), int(first[1]), int(first[2])), result


def _box(
    geometry: VolumeGeometry, points: NDArray[np.float64], stroke: Stroke
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return first and last + 1 voxel (K, J, I) of the smallest box on the grid that holds the stroke."""
    ras_to_ijk = np.linalg.inv(geometry.ijk_to_ras)
    inverse = ras_to_ijk[:3, :3]
    # The extent of a ball along a voxel axis: radius times the length of that row of the inverse.
    reach = stroke.radius_mm * np.linalg.norm(inverse, axis=1)
    if stroke.normal_ras is not None:
        normal = _unit(stroke.normal_ras)
        half = 0.5 * np.abs(normal @ geometry.ijk_to_ras[:3, :3]).max()
        across = np.linalg.norm(inverse - np.outer(inverse @ normal, normal), axis=1) * stroke.radius_mm
        reach = across + np.abs(inverse @ normal) * half
    ijk = points @ inverse.T + ras_to_ijk[:3, 3]
    low = np.floor(np.minimum(ijk.min(axis=0) - reach, ijk.min(axis=0) - 0.5))[::-1]
    high = np.ceil(np.maximum(ijk.max(axis=0) + reach, ijk.max(axis=0) + 0.5))[::-1] + 1
    limits = np.array(geometry.shape)
    return np.clip(low, 0, limits).astype(np.int64), np.clip(high, 0, limits).astype(np.int64)


def _squared_distance(
    relative: list[NDArray[np.float64]], along: NDArray[np.float64], normal: NDArray[np.float64] | None
) -> NDArray[np.float64]:
    """Squared distance (mm^2) from the line piece between the two positions, measured in the slice if any."""
    if normal is not None:
        height = sum(normal[axis] * relative[axis] for axis in range(3))
        relative = [relative[axis] - height * normal[axis] for axis in range(3)]
    length = float(along @ along)
    if length > 0:
        share = np.clip(sum(relative[axis] * along[axis] for axis in range(3)) / length, 0.0, 1.0)
        relative = [relative[axis] - share * along[axis] for axis in range(3)]
    squares: NDArray[np.float64] = relative[0] ** 2 + relative[1] ** 2 + relative[2] ** 2
    return squares


def _add_middle(
    mask: NDArray[np.uint8],
    first: NDArray[np.int64],
    geometry: VolumeGeometry,
    points: NDArray[np.float64],
) -> None:
    """Set the voxels on the way of the brush's middle; a brush finer than the voxels would set none."""
    ras_to_ijk = np.linalg.inv(geometry.ijk_to_ras)
    ends = (points @ ras_to_ijk[:3, :3].T + ras_to_ijk[:3, 3])[:, ::-1]
    steps = int(np.ceil(2 * np.abs(ends[1] - ends[0]).max())) + 1
    way = ends[0] + np.linspace(0.0, 1.0, steps)[:, None] * (ends[1] - ends[0])
    voxels = np.floor(way + 0.5).astype(np.int64) - first
    inside = ((voxels >= 0) & (voxels < mask.shape)).all(axis=1)
    mask[tuple(voxels[inside].T)] = 1


def _unit(vector: ArrayLike) -> NDArray[np.float64]:
    result = np.asarray(vector, float)
    return result / np.linalg.norm(result)
