"""Where voxels lie in the patient: the one geometry type of the library."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InputError

__all__ = ["VolumeGeometry"]


@dataclass(frozen=True, eq=False)
class VolumeGeometry:
    """Size of a volume and its voxel-to-patient transform.

    Arrays are indexed K, J, I (slice, row, column), while the transform takes (i, j, k) as its name says.

    Parameters
    ----------
    shape : (3,) tuple of int
        K, J, I. A 2D image has K = 1.
    ijk_to_ras : ndarray of float64, shape (4, 4)
        Homogeneous transform of voxel centres to millimetres, RAS. Made read-only.

    Raises
    ------
    InputError
        If a size is below one, or the transform is not finite or not invertible.
    """

    shape: tuple[int, int, int]
    ijk_to_ras: NDArray[np.float64]

    def __post_init__(self) -> None:
        shape = tuple(int(size) for size in self.shape)
        matrix = np.array(self.ijk_to_ras, dtype=np.float64)
        if len(shape) != 3 or min(shape) < 1:
            raise InputError(
                f"A volume of shape {shape} (slices, rows, columns) is empty. Check the image file."
            )
        if (
            matrix.shape != (4, 4)
            or not np.isfinite(matrix).all()
            or abs(np.linalg.det(matrix[:3, :3])) < 1e-9
        ):
            raise InputError(
                "The voxel spacing or orientation is zero, infinite or missing. Correct the image header."
            )
        matrix.setflags(write=False)
        object.__setattr__(self, "shape", shape)
        object.__setattr__(self, "ijk_to_ras", matrix)

    @classmethod
    def from_axes(
        cls,
        shape: tuple[int, int, int],
        spacing_mm: ArrayLike,
        origin_ras: ArrayLike,
        directions_ras: ArrayLike | None = None,
    ) -> VolumeGeometry:
        """Build from spacing, origin and axis directions.

        Parameters
        ----------
        shape : (3,) tuple of int
            K, J, I.
        spacing_mm : (3,) float
            Along K, J, I.
        origin_ras : (3,) float, mm
            Centre of voxel (0, 0, 0).
        directions_ras : ndarray of float, shape (3, 3), optional
            Columns are the unit vectors of the axes I, J, K. Identity when not given.
        """
        matrix = np.eye(4)
        directions = np.eye(3) if directions_ras is None else np.asarray(directions_ras, float)
        matrix[:3, :3] = directions * np.asarray(spacing_mm, float)[::-1]
        matrix[:3, 3] = origin_ras
        return cls(shape, matrix)

    @property
    def spacing_mm(self) -> tuple[float, float, float]:
        """Distance of neighbouring voxel centres along K, J, I."""
        lengths = np.linalg.norm(self.ijk_to_ras[:3, :3], axis=0)
        return float(lengths[2]), float(lengths[1]), float(lengths[0])

    @property
    def directions_ras(self) -> NDArray[np.float64]:
        """Unit vectors of the axes I, J, K as columns, shape (3, 3)."""
        matrix = self.ijk_to_ras[:3, :3]
        return np.asarray(matrix / np.linalg.norm(matrix, axis=0), np.float64)

    @property
    def origin_ras(self) -> NDArray[np.float64]:
        """Centre of voxel (0, 0, 0), (3,) float, mm, RAS."""
        return np.array(self.ijk_to_ras[:3, 3])

    @property
    def center_ras(self) -> NDArray[np.float64]:
        """Centre of the volume, (3,) float, mm, RAS."""
        return self.kji_to_ras((np.asarray(self.shape) - 1) / 2)

    @property
    def voxel_volume_mm3(self) -> float:
        """Volume of one voxel."""
        return float(abs(np.linalg.det(self.ijk_to_ras[:3, :3])))

    @property
    def orientation(self) -> str:
        """Patient directions towards which I, J, K grow, nearest axis each, e.g. ``RAS``."""
        names = np.array([list("LR"), list("PA"), list("IS")])
        columns = self.directions_ras.copy()
        code = [""] * 3
        for _ in range(3):
            axis, column = np.unravel_index(np.argmax(np.abs(columns)), columns.shape)
            code[column] = str(names[axis, int(columns[axis, column] > 0)])
            columns[axis, :] = 0
            columns[:, column] = 0
        return "".join(code)

    def kji_to_ras(self, voxel_kji: ArrayLike) -> NDArray[np.float64]:
        """Voxel coordinates (..., 3) in K, J, I order to mm, RAS, same shape."""
        ijk = np.asarray(voxel_kji, np.float64)[..., ::-1]
        return np.asarray(ijk @ self.ijk_to_ras[:3, :3].T + self.ijk_to_ras[:3, 3])

    def ras_to_kji(self, point_ras: ArrayLike) -> NDArray[np.float64]:
        """Points (..., 3) in mm, RAS to continuous voxel coordinates in K, J, I order, same shape."""
        offset = np.asarray(point_ras, np.float64) - self.ijk_to_ras[:3, 3]
        return np.asarray((offset @ np.linalg.inv(self.ijk_to_ras[:3, :3]).T)[..., ::-1])

    def contains_ras(self, point_ras: ArrayLike) -> bool:
        """Whether a point (3,) in mm, RAS lies inside the volume, half a voxel of border included."""
        kji = self.ras_to_kji(point_ras)
        return bool(np.all(kji >= -0.5) and np.all(kji <= np.asarray(self.shape) - 0.5))

    def cropped(self, start_kji: ArrayLike, shape: tuple[int, int, int]) -> VolumeGeometry:
        """Geometry of a block that begins at voxel ``start_kji`` (may be negative: padding)."""
        matrix = self.ijk_to_ras.copy()
        matrix[:3, 3] = self.kji_to_ras(start_kji)
        return VolumeGeometry(shape, matrix)

    def same_grid(self, other: VolumeGeometry, tolerance_mm: float = 1e-3) -> bool:
        """Whether both have the same voxels: equal shape, and corners that differ by less than
        ``tolerance_mm``.
        """
        if self.shape != other.shape:
            return False
        corners = np.array(np.meshgrid(*[(0, size - 1) for size in self.shape])).reshape(3, -1).T
        return bool(np.abs(self.kji_to_ras(corners) - other.kji_to_ras(corners)).max() < tolerance_mm)

    def to_json(self) -> dict[str, Any]:
        """Return plain lists for JSON."""
        return {"shape": list(self.shape), "ijk_to_ras": self.ijk_to_ras.tolist()}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> VolumeGeometry:
        """Inverse of `to_json`."""
        return cls(tuple(value["shape"]), np.asarray(value["ijk_to_ras"], float))
