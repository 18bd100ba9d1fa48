"""From plane positions to one regular grid, and what had to be done for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core import ReadingNote, VolumeGeometry
from .frames import Frame

__all__ = [
    "GridPlan",
    "lps_to_ras",
    "plan_grid",
    "projection_geometry",
    "resample_slices",
    "slice_steps",
]

_REGULAR = 0.05
"""Largest distance of a slice from the regular grid that counts as rounding, in slice distances."""
_WHOLE_STEP = 0.1
"""How far a step may be from a whole number of slices to count as missing slices."""
_TILT_DEGREES = 0.2
"""Smaller shear is rounding of positions."""
_POSITION_MM = 1e-3


@dataclass(frozen=True, eq=False)
class GridPlan:
    """Where the slices of a volume come from.

    Parameters
    ----------
    geometry : VolumeGeometry
        Of the finished volume.
    sources : ndarray of float, shape (K,)
        For each slice of the volume its place among the planes that were read, 2.5 = half between the third
        and the fourth.
    notes : tuple of ReadingNote
    spacing_known : bool
    """

    geometry: VolumeGeometry
    sources: NDArray[np.float64]
    notes: tuple[ReadingNote, ...]
    spacing_known: bool

    @property
    def is_resampled(self) -> bool:
        """Whether some slices are interpolated."""
        return not np.array_equal(self.sources, np.arange(len(self.sources)))


def lps_to_ras(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn a voxel transform (4, 4) into LPS to one into RAS, or back."""
    return np.asarray(np.diag([-1.0, -1.0, 1.0, 1.0]) @ matrix, np.float64)


def projection_geometry(
    shape: tuple[int, int, int], spacing_mm: tuple[float, float], patient_orientation: Sequence[str] = ()
) -> VolumeGeometry:
    """Geometry of images without a position, shown as usual: the image's right is the patient's left.

    Parameters
    ----------
    shape : (3,) tuple of int
        K, J, I.
    spacing_mm : (2,) tuple of float
        Between rows, between columns. Slices are 1 mm apart.
    patient_orientation : sequence of str
        DICOM Patient Orientation; used when it states a frontal view (left or right, head or feet).
    """
    letters = [str(value)[:1].upper() for value in patient_orientation]
    flipped_row = letters[:1] == ["R"] and letters[1:2] in (["F"], ["H"])
    flipped_column = letters[1:2] == ["H"] and letters[:1] in (["L"], ["R"])
    row = np.array([1.0 if flipped_row else -1.0, 0.0, 0.0])
    column = np.array([0.0, 0.0, 1.0 if flipped_column else -1.0])
    axes = np.stack([row, column, np.cross(row, column)], axis=1)
    return VolumeGeometry.from_axes(shape, (1.0, *spacing_mm), (0.0, 0.0, 0.0), axes)


def plan_grid(frames: Sequence[Frame]) -> GridPlan:
    """Regular grid through sorted planes of one orientation, size and pixel spacing.

    Equal steps give the planes as they are. Missing slices (steps that are whole multiples of the usual one)
    and other uneven steps are filled by linear interpolation along the stack, and the notes say so. A shear
    of the stack (gantry tilt) is kept in the transform.

    Parameters
    ----------
    frames : sequence of Frame
        With positions, sorted along the normal, no two at one place.
    """
    first = frames[0]
    positions = np.array([frame.position_lps for frame in frames])
    spacing, spacing_known, notes = _in_plane_spacing(first)
    normal = first.normal_lps
    if len(frames) == 1:
        step, sources = normal * (first.slice_mm or 1.0), np.zeros(1)
    else:
        depths = (positions - positions[0]) @ normal
        steps, sources, more = _regular_steps(depths)
        notes += more
        step = (positions[-1] - positions[0]) / steps
        notes += _shape_notes(positions, depths, step, normal)
    cosines = np.asarray(first.orientation_lps, float)
    matrix = np.eye(4)
    matrix[:3, 0] = cosines[:3] * spacing[1]
    matrix[:3, 1] = cosines[3:] * spacing[0]
    matrix[:3, 2] = step
    matrix[:3, 3] = positions[0]
    geometry = VolumeGeometry((len(sources), *first.shape), lps_to_ras(matrix))
    return GridPlan(geometry, sources, tuple(notes), spacing_known)


def slice_steps(depths: NDArray[np.float64]) -> NDArray[np.int64] | None:
    """Steps between sorted slices in units of the usual step, or None when they are no whole numbers."""
    distances = np.diff(depths)
    usual = float(np.median(distances))
    # The median of an even number of steps may lie between two of them: one that occurs serves better.
    usual = float(distances[np.argmin(np.abs(distances - usual))])
    ratios = distances / usual
    whole = np.rint(ratios)
    if (whole < 1).any() or (np.abs(ratios - whole) > _WHOLE_STEP).any():
        return None
    return whole.astype(np.int64)


def resample_slices(array: NDArray[Any], sources: NDArray[np.float64]) -> NDArray[Any]:
    """Interpolate linearly between slices.

    Parameters
    ----------
    array : ndarray, shape (N, J, I) or (N, J, I, 3)
    sources : ndarray of float, shape (K,)
        Fractional slice positions in ``array``.

    Returns
    -------
    ndarray of the same dtype, shape (K, J, I) or (K, J, I, 3)
        Integers are rounded.
    """
    result = np.empty((len(sources), *array.shape[1:]), array.dtype)
    for k, source in enumerate(sources):
        lower = min(int(source), len(array) - 1)
        weight = float(source) - lower
        if weight < 1e-9:
            result[k] = array[lower]
            continue
        mixed = array[lower] * (1.0 - weight) + array[lower + 1] * weight
        result[k] = np.rint(mixed) if array.dtype.kind in "iu" else mixed
    return result


def _in_plane_spacing(frame: Frame) -> tuple[tuple[float, float], bool, list[ReadingNote]]:
    if frame.spacing_mm is not None:
        return frame.spacing_mm, True, []
    text = "The file states no pixel spacing; 1 mm is assumed and sizes in mm are not valid."
    return (1.0, 1.0), False, [ReadingNote("no-spacing", text)]


def _regular_steps(depths: NDArray[np.float64]) -> tuple[int, NDArray[np.float64], list[ReadingNote]]:
    """Number of grid steps from first to last plane, source place of each grid slice, notes."""
    count = len(depths)
    usual = float(np.median(np.diff(depths)))
    even = np.linspace(depths[0], depths[-1], count)
    if np.abs(depths - even).max() <= max(_REGULAR * usual, _POSITION_MM):
        return count - 1, np.arange(float(count)), []
    whole = slice_steps(depths)
    if whole is not None and (whole > 1).any():
        places = np.concatenate([[0], np.cumsum(whole)]).astype(float)
        return int(places[-1]), _sources(places, int(places[-1])), [_missing_note(whole)]
    steps = max(1, round(float(depths[-1] - depths[0]) / usual))
    places = (depths - depths[0]) / (depths[-1] - depths[0]) * steps
    distances = np.diff(depths)
    text = (
        f"Slices are {distances.min():.2f} to {distances.max():.2f} mm apart; the volume was resampled along "
        f"the stack to {(depths[-1] - depths[0]) / steps:.2f} mm by linear interpolation."
    )
    return steps, _sources(places, steps), [ReadingNote("mixed-spacing", text)]


def _sources(places: NDArray[np.float64], steps: int) -> NDArray[np.float64]:
    """Invert "plane n lies at grid place p" to "grid slice k lies at plane place s"."""
    sources = np.interp(np.arange(steps + 1), places, np.arange(len(places)))
    nearest = np.rint(sources)
    return np.where(np.abs(sources - nearest) < 1e-6, nearest, sources)


def _missing_note(whole: NDArray[np.int64]) -> ReadingNote:
    gaps = [f"{int(step) - 1} after slice {int(index) + 1}" for index, step in enumerate(whole) if step > 1]
    shown = ", ".join(gaps[:5]) + (", ..." if len(gaps) > 5 else "")
    text = (
        f"{int((whole - 1).sum())} slices are missing ({shown}); they were filled by linear interpolation "
        "and show no acquired data."
    )
    return ReadingNote("missing-slices", text)


def _shape_notes(
    positions: NDArray[np.float64],
    depths: NDArray[np.float64],
    step: NDArray[np.float64],
    normal: NDArray[np.float64],
) -> list[ReadingNote]:
    notes: list[ReadingNote] = []
    along = float(step @ normal)
    angle = float(np.degrees(np.arctan2(np.linalg.norm(step - along * normal), along)))
    if angle > _TILT_DEGREES:
        text = (
            f"The stack is sheared by {angle:.1f} degrees (gantry tilt); the shear is kept in the volume's "
            "transform."
        )
        notes.append(ReadingNote("gantry-tilt", text))
    expected = positions[0] + np.outer(depths / along, step)
    drift = float(np.linalg.norm(positions - expected, axis=1).max())
    if drift > 0.5:
        text = f"Slices are shifted sideways by up to {drift:.1f} mm; positions are approximate."
        notes.append(ReadingNote("irregular-positions", text))
    return notes
