"""Voxel grids: the grid that a network wants, and which part of it one pass sees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..bundles.manifest import Region
from ..core import VolumeGeometry
from ..errors import UsageError

__all__ = ["AxisMap", "axis_map", "overlap_box", "region_block", "tensor_grid"]

SPACING_TOLERANCE = 1e-3
"""Relative difference of spacings below which nothing is resampled."""

KEPT_TILT_DEGREES = 15.0
"""Where the spacing is right, axes up to here from the patient's are kept, and nothing is interpolated."""

RESAMPLED_TILT_DEGREES = 3.0
"""Where the image is interpolated anyway, axes further off than this are turned to the patient's, as networks
that were trained on upright images expect."""

ORTHOGONALITY_TOLERANCE = 2e-3
"""Cosine between two axes (0.1 degrees) above which a grid counts as sheared, as by a gantry tilt."""

_DIRECTIONS = {"R": (0, 1), "L": (0, -1), "A": (1, 1), "P": (1, -1), "S": (2, 1), "I": (2, -1)}


@dataclass(frozen=True)
class AxisMap:
    """Two grids whose voxels coincide up to permutation, flips and a shift by whole voxels.

    Parameters
    ----------
    order : (3,) tuple of int
        For the axes K, J, I of the target: which axis of the source it is.
    signs : (3,) tuple of int
        1, or -1 where the target axis runs against the source axis.
    offset : (3,) tuple of int
        Source index, along ``order``, of target voxel (0, 0, 0). May lie outside of the source.
    """

    order: tuple[int, int, int]
    signs: tuple[int, int, int]
    offset: tuple[int, int, int]

    def view(self, array: NDArray[Any]) -> NDArray[Any]:
        """The source array (K, J, I, ...) with permuted and flipped axes, not copied and not shifted."""
        rest = tuple(range(3, array.ndim))
        turned = array.transpose(self.order + rest)
        return turned[tuple(slice(None, None, sign) for sign in self.signs)]

    def start(self, source_shape: tuple[int, int, int]) -> tuple[int, int, int]:
        """Index in `view` of target voxel (0, 0, 0)."""
        sizes = [source_shape[axis] for axis in self.order]
        moved = [
            offset if sign > 0 else size - 1 - offset
            for offset, sign, size in zip(self.offset, self.signs, sizes)
        ]
        return moved[0], moved[1], moved[2]


def axis_map(source: VolumeGeometry, target: VolumeGeometry) -> AxisMap | None:
    """How the voxels of ``target`` are found in ``source`` without interpolation, None if they are not."""
    matrix = (np.linalg.inv(source.ijk_to_ras) @ target.ijk_to_ras)[:3, :3][::-1, ::-1]
    rounded = np.rint(matrix)
    offset = source.ras_to_kji(target.origin_ras)
    drift = np.abs(matrix - rounded) @ np.asarray(target.shape) + np.abs(offset - np.rint(offset))
    permutation = np.abs(rounded)
    if drift.max() > 1e-2 or not (permutation.sum(0) == 1).all() or not (permutation.sum(1) == 1).all():
        return None
    order = permutation.argmax(axis=0)
    signs = rounded[order, np.arange(3)]
    starts = np.rint(offset)[order]
    return AxisMap(_triple(order), _triple(signs), _triple(starts))


def tensor_grid(
    source: VolumeGeometry, orientation: str, spacing_mm: tuple[float, float, float] | None
) -> VolumeGeometry:
    """The grid over the whole of ``source`` on which a network wants to see it.

    Where the spacing is right and the axes are within `KEPT_TILT_DEGREES` of the patient's, they are permuted
    and flipped, no more: every voxel of the result is a voxel of the source. Otherwise the grid has the
    wanted spacing, the centre of the source, and the patient's axes; axes within `RESAMPLED_TILT_DEGREES` of
    those stay as they are.

    Parameters
    ----------
    source : VolumeGeometry
    orientation : str
        Directions towards which I, J, K grow, e.g. ``RAS``; empty: as stored.
    spacing_mm : (3,) tuple of float, optional
        K, J, I of the result; None: as stored.
    """
    turned = _reoriented(source, orientation)
    spacing = np.asarray(turned.spacing_mm if spacing_mm is None else spacing_mm, float)
    directions = turned.directions_ras
    straight = np.abs(directions.T @ directions - np.eye(3)).max() < ORTHOGONALITY_TOLERANCE
    tilt = _tilt_degrees(directions, orientation) if orientation else 0.0
    fits = np.abs(np.asarray(turned.spacing_mm) / spacing - 1).max() < SPACING_TOLERANCE
    if straight and fits and tilt <= KEPT_TILT_DEGREES:
        return turned
    near = tilt <= RESAMPLED_TILT_DEGREES
    axes = directions if straight else _nearest_rotation(directions)
    if not near:
        axes = _patient_axes(orientation)
    counts = np.ptp(_corners(source) @ axes, axis=0)[::-1] / spacing
    # Turned axes need a box around the whole image; along the image's own axes half a voxel may go.
    shape = _triple(np.maximum(1, np.rint(counts - 1e-6) if near and straight else np.ceil(counts - 1e-6)))
    grid = VolumeGeometry.from_axes(shape, spacing, (0, 0, 0), axes)
    return VolumeGeometry.from_axes(shape, spacing, source.center_ras - grid.center_ras, axes)


def region_block(grid: VolumeGeometry, region: Region, point_ras: ArrayLike | None = None) -> VolumeGeometry:
    """The part of ``grid`` that is handed to the network, or over which its windows slide.

    It hangs over the border where the image is smaller than the network's size.

    Parameters
    ----------
    grid : VolumeGeometry
        From `tensor_grid`.
    region : Region
    point_ras : (3,) float, mm, RAS, optional
        Centre of a ``roi``; None: centre of the grid.

    Raises
    ------
    UsageError
        If the point lies outside of the image.
    """
    shape = np.asarray(grid.shape)
    if region.kind == "roi" and region.size is not None:
        center = (shape - 1) / 2 if point_ras is None else grid.ras_to_kji(point_ras)
        offset = center - (np.asarray(region.size) - 1) / 2
        # Halves go towards zero, as the training code does when it pads or crops around the centre.
        start = np.sign(offset) * np.ceil(np.abs(offset) - 0.5 - 1e-6)
        return grid.cropped(start, region.size)
    wanted = shape.copy()
    if region.kind == "sliding-window" and region.size is not None:
        wanted = np.maximum(shape, region.size)
    elif region.size is not None:
        wanted = np.asarray(region.size)
    elif region.pad_multiple is not None:
        multiple = np.asarray(region.pad_multiple)
        wanted = -(-shape // multiple) * multiple
    start = np.sign(shape - wanted) * (np.abs(shape - wanted) // 2)
    return grid.cropped(start, _triple(wanted))


def fitted_grid(source: VolumeGeometry, size: tuple[int, int, int]) -> VolumeGeometry:
    """A grid of ``size`` that holds a whole 2D image, enlarged or reduced alike in both directions."""
    spacing = np.asarray(source.spacing_mm)
    scale = max(have * step / wanted for have, step, wanted in zip(source.shape[1:], spacing[1:], size[1:]))
    inner = np.maximum(1, np.rint(np.asarray(source.shape[1:]) * spacing[1:] / scale)).astype(int)
    grid = VolumeGeometry.from_axes(
        (1, int(inner[0]), int(inner[1])), (spacing[0], scale, scale), (0, 0, 0), source.directions_ras
    )
    matrix = grid.ijk_to_ras.copy()
    matrix[:3, 3] = source.center_ras - grid.center_ras
    return region_block(VolumeGeometry(grid.shape, matrix), Region("whole", size))


def check_point(geometry: VolumeGeometry, point_ras: ArrayLike) -> None:
    """Refuse a point outside of the image.

    Raises
    ------
    UsageError
        Says from where to where the image reaches.
    """
    point = np.asarray(point_ras, float)
    if point.shape == (3,) and np.isfinite(point).all() and geometry.contains_ras(point):
        return
    corners = _corners(geometry)
    ranges = ", ".join(
        f"{name} {low:.0f} to {high:.0f}"
        for name, low, high in zip("RAS", corners.min(axis=0), corners.max(axis=0))
    )
    given = ", ".join(f"{value:g}" for value in point.ravel())
    raise UsageError(
        f"The point ({given}) mm RAS lies outside of the image, which reaches {ranges} mm. "
        "Choose a point inside."
    )


def overlap_box(inner: VolumeGeometry, outer: VolumeGeometry) -> tuple[slice, slice, slice] | None:
    """The smallest box of voxels of ``outer`` that holds all of ``inner``, None if they do not meet."""
    kji = outer.ras_to_kji(_corners(inner))
    low = np.clip(np.floor(kji.min(axis=0) + 0.5 + 1e-6), 0, outer.shape).astype(int)
    high = np.clip(np.ceil(kji.max(axis=0) + 0.5 - 1e-6), 0, outer.shape).astype(int)
    if (high <= low).any():
        return None
    return slice(low[0], high[0]), slice(low[1], high[1]), slice(low[2], high[2])


def _corners(geometry: VolumeGeometry) -> NDArray[np.float64]:
    """Outer corners of the corner voxels, (8, 3), mm, RAS."""
    ends = [(-0.5, size - 0.5) for size in geometry.shape]
    return geometry.kji_to_ras(np.array(np.meshgrid(*ends)).reshape(3, -1).T)


def _reoriented(source: VolumeGeometry, orientation: str) -> VolumeGeometry:
    if not orientation:
        return source
    have = source.orientation
    matrix, shape = source.ijk_to_ras.copy(), [0, 0, 0]
    origin_ijk = np.zeros(3)
    for target_axis, letter in enumerate(orientation):
        axis = next(n for n in range(3) if _DIRECTIONS[have[n]][0] == _DIRECTIONS[letter][0])
        size = source.shape[2 - axis]
        sign = 1 if have[axis] == letter else -1
        matrix[:3, target_axis] = sign * source.ijk_to_ras[:3, axis]
        shape[2 - target_axis] = size
        origin_ijk[axis] = 0 if sign > 0 else size - 1
    matrix[:3, 3] = source.kji_to_ras(origin_ijk[::-1])
    return VolumeGeometry(_triple(shape), matrix)


def _patient_axes(orientation: str) -> NDArray[np.float64]:
    axes = np.zeros((3, 3))
    for column, letter in enumerate(orientation):
        row, sign = _DIRECTIONS[letter]
        axes[row, column] = sign
    return axes


def _tilt_degrees(directions: NDArray[np.float64], orientation: str) -> float:
    cosines = (directions * _patient_axes(orientation)).sum(axis=0)
    return float(np.degrees(np.arccos(np.clip(cosines.min(), -1, 1))))


def _nearest_rotation(directions: NDArray[np.float64]) -> NDArray[np.float64]:
    left, _, right = np.linalg.svd(directions)
    return np.asarray(left @ right)


def _triple(values: ArrayLike) -> tuple[int, int, int]:
    first, second, third = (int(value) for value in np.asarray(values))
    return first, second, third
