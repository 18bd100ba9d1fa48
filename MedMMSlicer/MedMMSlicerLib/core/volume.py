"""An image in memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from ..errors import InputError
from .geometry import VolumeGeometry

__all__ = ["Volume"]


@dataclass(frozen=True, eq=False)
class Volume:
    """Voxels and where they lie.

    Parameters
    ----------
    array : ndarray, shape (K, J, I), or (K, J, I, 3) of uint8 for colour (RGB)
        Modality units after rescale (HU for CT); bright means bright (MONOCHROME1 is inverted on reading).
    geometry : VolumeGeometry
    unit : str
        UCUM-like unit of the values where known: ``[hnsf'U]`` for HU, else ``1``.
    spacing_known : bool
        False when the file did not state a spacing in the patient (PNG, many radiographs and ultrasound
        images): sizes in mm must then not be reported.
    window : (2,) tuple of float, optional
        Center and width that the file asks for.
    """

    array: NDArray[Any]
    geometry: VolumeGeometry
    unit: str = "1"
    spacing_known: bool = True
    window: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        if self.array.shape[:3] != self.geometry.shape or self.array.ndim not in (3, 4):
            raise InputError(
                f"An array of shape {self.array.shape} does not fit a geometry of {self.geometry.shape}. "
                "Report this."
            )
        if self.array.ndim == 4 and self.array.shape[3] != 3:
            raise InputError(
                f"A volume with {self.array.shape[3]} channels can not be read; 1 or 3 are possible."
            )

    @property
    def is_color(self) -> bool:
        """Whether the voxels are RGB."""
        return self.array.ndim == 4

    @property
    def dimensions(self) -> int:
        """2 for a single image, 3 for a stack."""
        return 2 if self.geometry.shape[0] == 1 else 3
