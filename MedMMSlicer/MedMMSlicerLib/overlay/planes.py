"""Planes through a volume in the axes of the patient, and sampling of arrays on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..core import VolumeGeometry

__all__ = [
    "ORIENTATIONS",
    "Plane",
    "image_plane",
    "patient_plane",
    "sample",
    "supersampling",
    "whole_extent_mm",
    "whole_planes",
]

ORIENTATIONS: dict[str, tuple[tuple[float, float, float], tuple[float, float, float]]] = {
    "axial": ((-1.0, 0.0, 0.0), (0.0, -1.0, 0.0)),
    "coronal": ((-1.0, 0.0, 0.0), (0.0, 0.0, -1.0)),
    "sagittal": ((0.0, -1.0, 0.0), (0.0, 0.0, -1.0)),
}
"""Directions (RAS) that point to the right and down on the picture.

The patient's right is on the left of axial and coronal pictures, anterior is on the left of sagittal ones.
"""

# Sine of 22.5 degrees: nearer to an axis than that, one letter says it.
_OBLIQUE = 0.383
_MAXIMUM_SAMPLES = 4_000_000
_MOST_FACTOR = 4
_MAXIMUM_CUBIC_VOXELS = 4_000_000


@dataclass(frozen=True, eq=False)
class Plane:
    """A rectangle of square pixels in the patient.

    Parameters
    ----------
    center_ras : ndarray of float, shape (3,), mm, RAS
        Centre of the picture.
    right_ras, down_ras : ndarray of float, shape (3,)
        Unit vectors, RAS.
    pixel_mm : float
        Size of a pixel.
    rows, columns : int
        Size of the picture.
    """

    center_ras: NDArray[np.float64]
    right_ras: NDArray[np.float64]
    down_ras: NDArray[np.float64]
    pixel_mm: float
    rows: int
    columns: int

    def voxel_coordinates(self, geometry: VolumeGeometry, factor: int = 1) -> NDArray[np.float64]:
        """Where the pixels lie in a volume, each pixel divided into ``factor`` x ``factor``.

        Returns
        -------
        ndarray of float64, shape (3, rows * factor, columns * factor)
            Continuous voxel coordinates along K, J, I.
        """
        rows, columns, step = self.rows * factor, self.columns * factor, self.pixel_mm / factor
        center = geometry.ras_to_kji(self.center_ras)
        down = geometry.ras_to_kji(self.center_ras + step * self.down_ras) - center
        right = geometry.ras_to_kji(self.center_ras + step * self.right_ras) - center
        along_rows = down[:, None, None] * (np.arange(rows) - (rows - 1) / 2)[None, :, None]
        along_columns = right[:, None, None] * (np.arange(columns) - (columns - 1) / 2)[None, None, :]
        return np.asarray(center[:, None, None] + along_rows + along_columns, np.float64)

    def to_pixel(self, point_ras: NDArray[np.float64]) -> tuple[float, float]:
        """Column and row at which a point (3,) in mm, RAS is seen when it is projected onto the plane."""
        offset = np.asarray(point_ras, float) - self.center_ras
        return (
            float(offset @ self.right_ras) / self.pixel_mm + (self.columns - 1) / 2,
            float(offset @ self.down_ras) / self.pixel_mm + (self.rows - 1) / 2,
        )

    def cropped(self, rows: tuple[int, int], columns: tuple[int, int]) -> Plane:
        """The plane of the pixels ``rows[0]`` to ``rows[1]`` - 1 and ``columns[0]`` to ``columns[1]`` - 1."""
        down = (sum(rows) - self.rows) / 2 * self.pixel_mm
        right = (sum(columns) - self.columns) / 2 * self.pixel_mm
        return replace(
            self,
            center_ras=self.center_ras + right * self.right_ras + down * self.down_ras,
            rows=rows[1] - rows[0],
            columns=columns[1] - columns[0],
        )

    def footprint(self, corners_ras: NDArray[np.float64]) -> tuple[tuple[int, int], tuple[int, int]] | None:
        """Rows and columns, as half-open ranges, in which a convex body may be seen; None: in none.

        Parameters
        ----------
        corners_ras : ndarray of float, shape (N, 3), mm, RAS
        """
        offset = corners_ras - self.center_ras
        depth = offset @ np.cross(self.right_ras, self.down_ras)
        if depth.min() > 0 or depth.max() < 0:
            return None
        ranges = []
        for direction, size in ((self.down_ras, self.rows), (self.right_ras, self.columns)):
            places = offset @ direction / self.pixel_mm + (size - 1) / 2
            first, last = int(np.floor(places.min())) - 1, int(np.ceil(places.max())) + 2
            ranges.append((min(max(first, 0), size), min(max(last, 0), size)))
        rows, columns = ranges
        return (rows, columns) if rows[0] < rows[1] and columns[0] < columns[1] else None

    @property
    def marks(self) -> tuple[str, str, str, str]:
        """Letters for the left, right, top and bottom border: R, L, A, P, S, I or two of them."""
        return (
            _letter(-self.right_ras),
            _letter(self.right_ras),
            _letter(-self.down_ras),
            _letter(self.down_ras),
        )


def _letter(direction_ras: NDArray[np.float64]) -> str:
    """``A``, or ``AR`` where a direction is oblique: the letters of its large components, largest first."""
    names = ("RL", "AP", "SI")
    large = [axis for axis in np.argsort(-np.abs(direction_ras)) if abs(direction_ras[axis]) > _OBLIQUE]
    return "".join(names[axis][int(direction_ras[axis] < 0)] for axis in large)


def box_corners_ras(
    geometry: VolumeGeometry, limits_kji: Sequence[tuple[float, float]]
) -> NDArray[np.float64]:
    """The eight corners of a block of voxels.

    Parameters
    ----------
    geometry : VolumeGeometry
    limits_kji : three pairs of float
        Least and greatest voxel coordinate along K, J, I.

    Returns
    -------
    ndarray of float64, shape (8, 3), mm, RAS
    """
    return geometry.kji_to_ras(np.array(np.meshgrid(*limits_kji)).reshape(3, -1).T)


def whole_extent_mm(
    geometry: VolumeGeometry, right_ras: NDArray[np.float64], down_ras: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Least and greatest position of a volume along two directions: two (2,) arrays, mm."""
    corners = box_corners_ras(geometry, [(-0.5, size - 0.5) for size in geometry.shape])
    along = corners @ np.stack([right_ras, down_ras], axis=1)
    return along.min(axis=0), along.max(axis=0)


def patient_plane(
    orientation: str, point_ras: NDArray[np.float64], size: tuple[int, int], extent_mm: float
) -> Plane:
    """A plane of the patient, centered at a point.

    Parameters
    ----------
    orientation : str
        ``axial``, ``coronal`` or ``sagittal``.
    point_ras : (3,) float, mm, RAS
    size : (2,) tuple of int
        Rows and columns of the picture.
    extent_mm : float
        Shorter edge of the picture.
    """
    right, down = (np.array(direction) for direction in ORIENTATIONS[orientation])
    rows, columns = size
    return Plane(np.asarray(point_ras, float), right, down, extent_mm / min(rows, columns), rows, columns)


def whole_planes(
    geometry: VolumeGeometry, point_ras: NDArray[np.float64], size: tuple[int, int]
) -> dict[str, Plane]:
    """Axial, coronal and sagittal planes through a point, of one scale, that show the whole volume.

    Parameters
    ----------
    geometry : VolumeGeometry
    point_ras : (3,) float, mm, RAS
    size : (2,) tuple of int
        Rows and columns of each picture.
    """
    planes = {
        name: _fitted(geometry, np.asarray(point_ras, float), np.array(right), np.array(down), size)
        for name, (right, down) in ORIENTATIONS.items()
    }
    pixel_mm = max(plane.pixel_mm for plane in planes.values())
    return {name: replace(plane, pixel_mm=pixel_mm) for name, plane in planes.items()}


def image_plane(geometry: VolumeGeometry, size: tuple[int, int], *, as_stored: bool) -> Plane:
    """The plane of a single image.

    Parameters
    ----------
    geometry : VolumeGeometry
        With one slice.
    size : (2,) tuple of int
        Rows and columns into which the image has to fit.
    as_stored : bool
        Columns to the right and rows downwards, as for radiographs; otherwise the image is turned by quarter
        turns and flips to how radiologists look at it (patient's right on the left, anterior or superior up).
    """
    right, down = geometry.directions_ras[:, 0], geometry.directions_ras[:, 1]
    if not as_stored:
        normal = np.cross(right, down)
        names = ("sagittal", "coronal", "axial")
        wanted_right, wanted_down = map(np.array, ORIENTATIONS[names[int(np.argmax(np.abs(normal)))]])
        if abs(right @ wanted_right) < abs(down @ wanted_right):
            right, down = down, right
        right = right * (1 if right @ wanted_right >= 0 else -1)
        down = down * (1 if down @ wanted_down >= 0 else -1)
    return _fitted(geometry, geometry.center_ras, right, down, size)


def _fitted(
    geometry: VolumeGeometry,
    point_ras: NDArray[np.float64],
    right: NDArray[np.float64],
    down: NDArray[np.float64],
    size: tuple[int, int],
) -> Plane:
    low, high = whole_extent_mm(geometry, right, down)
    rows, columns = size
    pixel_mm = float(max((high - low) / (columns, rows)))
    middle = (low + high) / 2
    shift = middle - np.array([point_ras @ right, point_ras @ down])
    return Plane(point_ras + shift[0] * right + shift[1] * down, right, down, pixel_mm, rows, columns)


def supersampling(geometry: VolumeGeometry, plane: Plane) -> int:
    """How many samples a pixel needs along each edge so that no voxel is skipped."""
    wanted = max(1, int(np.ceil(plane.pixel_mm / min(geometry.spacing_mm) - 0.1)))
    affordable = int(np.sqrt(_MAXIMUM_SAMPLES / (plane.rows * plane.columns)))
    return max(1, min(wanted, affordable, _MOST_FACTOR))


def sample(
    array: NDArray[Any],
    geometry: VolumeGeometry,
    plane: Plane,
    factor: int = 1,
    *,
    smooth: bool = False,
    label: int | None = None,
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Interpolate an array on a plane.

    Parameters
    ----------
    array : ndarray, shape (K, J, I)
    geometry : VolumeGeometry
    plane : Plane
    factor : int
        Samples along each edge of a pixel.
    smooth : bool
        Cubic interpolation of a small, magnified part; else linear.
    label : int, optional
        Interpolate the binary mask of this label instead of the values.

    Returns
    -------
    values : ndarray of float32, shape (rows * factor, columns * factor)
        0 outside of the volume.
    inside : ndarray of bool, same shape
    """
    from scipy.ndimage import map_coordinates

    kji = plane.voxel_coordinates(geometry, factor)
    # A point on the border plane of a single slice must not fall out by rounding.
    inside = np.ones(kji.shape[1:], bool)
    for axis, size in enumerate(geometry.shape):
        inside &= (kji[axis] > -0.5 - 1e-6) & (kji[axis] < size - 0.5 + 1e-6)
    if not inside.any():
        return np.zeros(inside.shape, np.float32), inside
    block = []
    for axis, size in enumerate(geometry.shape):
        low = int(np.clip(np.floor(kji[axis].min()) - 6, 0, size - 1))
        block.append(slice(low, int(np.clip(np.ceil(kji[axis].max()) + 7, low + 1, size))))
        kji[axis] -= low
    part = array[tuple(block)]
    part = part if label is None else part == label
    part = np.nan_to_num(part.astype(np.float32), posinf=0.0, neginf=0.0)
    magnified = plane.pixel_mm / factor < min(geometry.spacing_mm)
    order: Literal[1, 3] = 3 if smooth and magnified and part.size <= _MAXIMUM_CUBIC_VOXELS else 1
    values = map_coordinates(
        part, kji, output=np.dtype(np.float32), order=order, mode="nearest", prefilter=order > 1
    )
    return np.where(inside, values, np.float32(0)), inside
