"""A reference mask brought onto the grid of the image that it belongs to.

What the values of a mask mean:

- Two values: a binary mask whatever they are; the higher one is foreground. With a bundle of a single label
it is
  that label, else only the union of the labels can be judged.
- One value: nothing is marked if it is 0, else everything is.
- More: each value that is one of the bundle's is that label. Other values are background, and said so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core import Volume, VolumeGeometry
from ..errors import InputError

__all__ = ["ReferenceStandard", "reference_from_mask"]

GRID_TOLERANCE_VOXELS = 0.01
"""Corners that lie closer are the same grid: file formats round origins and directions."""

ASPECT_TOLERANCE = 0.02
"""Relative difference of height to width up to which a mask without geometry was drawn on the same
picture.
"""

_MOST_VALUES = 65536

Labels = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class ReferenceStandard:
    """A mask on the grid of its image.

    Parameters
    ----------
    array : ndarray of uint8, shape (K, J, I)
        Label values, or 0 and 1 where ``label_values`` is empty.
    label_values : tuple of int
        Labels that the mask can tell apart; empty: only foreground from background.
    notes : tuple of str
        What was done to the mask, a sentence each.
    """

    array: Labels
    label_values: tuple[int, ...]
    notes: tuple[str, ...] = ()


def reference_from_mask(mask: Volume, image: Volume, label_values: Sequence[int]) -> ReferenceStandard:
    """Read the values of a mask and lay it on the grid of its image.

    Parameters
    ----------
    mask, image : Volume
    label_values : sequence of int
        Label values of the bundle, 1 to 255.

    Raises
    ------
    InputError
        If the mask is colored, its values fit neither rule, or it does not lie on the image.
    """
    array = _gray(mask)
    if not np.isfinite(array).all():
        raise InputError("The mask holds values that are not finite. Save it with whole numbers.")
    labels, distinguished, notes = _labels(array, tuple(label_values))
    placed, note = _on_grid(labels, mask, image)
    if labels.any() and not placed.any():
        raise InputError(
            "The mask lies outside of the image: no marked voxel falls on it. "
            "Save the mask on the image's grid."
        )
    return ReferenceStandard(placed, distinguished, notes + note)


def _gray(mask: Volume) -> NDArray[Any]:
    if not mask.is_color:
        return mask.array
    first = mask.array[..., 0]
    if not (mask.array == first[..., None]).all():
        raise InputError("The mask is colored. Save it with one gray value a label.")
    return np.asarray(first)


def _labels(array: NDArray[Any], wanted: tuple[int, ...]) -> tuple[Labels, tuple[int, ...], tuple[str, ...]]:
    """Label array, the labels that it tells apart, and notes."""
    values = _distinct(array)
    if len(values) == 1 and values[0] == 0:
        return np.zeros(array.shape, np.uint8), wanted, ()
    if len(values) <= 2:
        marked = np.asarray(array == values[-1], np.uint8)
        if len(wanted) == 1:
            return marked * np.uint8(wanted[0]), wanted, ()
        return marked, (), ("The mask has two values: it was taken as the union of the labels.",)
    known = [value for value in wanted if value in values]
    if not known or (values % 1).any():
        shown = ", ".join(f"{value:g}" for value in values[:6]) + (", ..." if len(values) > 6 else "")
        raise InputError(
            f"The mask holds the values {shown}; the bundle's labels are "
            f"{', '.join(map(str, wanted)) or 'none'}. Save it with these, or with two values."
        )
    labels = np.zeros(array.shape, np.uint8)
    for value in known:
        labels[array == value] = value
    others = ", ".join([f"{value:g}" for value in values if value != 0 and value not in wanted][:6])
    note = f"Values of the mask that are no label of the bundle count as background: {others}."
    return labels, wanted, (note,) if others else ()


def _distinct(array: NDArray[Any]) -> NDArray[Any]:
    """Sorted distinct values, without sorting all voxels where the type has few."""
    if array.dtype.kind in "biu" and array.size:
        low, high = int(array.min()), int(array.max())
        if high - low < _MOST_VALUES:
            seen = np.zeros(high - low + 1, bool)
            for part in array:
                seen[part.astype(np.int64) - low] = True
            return np.flatnonzero(seen) + low
    return np.unique(array)


def _on_grid(labels: Labels, mask: Volume, image: Volume) -> tuple[Labels, tuple[str, ...]]:
    tolerance_mm = GRID_TOLERANCE_VOXELS * min(image.geometry.spacing_mm)
    if mask.geometry.same_grid(image.geometry, tolerance_mm):
        return labels, ()
    if mask.spacing_known and image.spacing_known:
        note = "The mask was resampled to the image's grid (nearest neighbor)."
        return _nearest(labels, mask.geometry, image.geometry), (note,)
    have, want = mask.geometry.shape, image.geometry.shape
    if have == want:
        return labels, ("The mask was laid over the image voxel by voxel: one of both states no spacing.",)
    aspects = [shape[1] / shape[2] for shape in (have, want)]
    if have[0] != want[0] or abs(aspects[0] / aspects[1] - 1) > ASPECT_TOLERANCE:
        raise InputError(
            f"The mask has {have} voxels (slices, rows, columns) and the image {want}, and one of both "
            "states no spacing. Save the mask at the image's size."
        )
    note = (
        f"The mask was scaled from {have[2]} x {have[1]} to {want[2]} x {want[1]} pixels (nearest neighbor)."
    )
    return _nearest(labels, _stretched(have, want), VolumeGeometry(want, np.eye(4))), (note,)


def _stretched(shape: tuple[int, int, int], onto: tuple[int, int, int]) -> VolumeGeometry:
    """Geometry of a grid that covers the same field as ``onto`` voxels of 1 mm."""
    steps = [target / size for size, target in zip(shape, onto)]
    return VolumeGeometry.from_axes(shape, steps, [(step - 1) / 2 for step in reversed(steps)])


def _nearest(labels: Labels, source: VolumeGeometry, target: VolumeGeometry) -> Labels:
    """Value of the nearest voxel, 0 further than half a voxel outside; slice by slice to save memory."""
    result = np.zeros(target.shape, np.uint8)
    plane = np.stack(np.meshgrid(*[np.arange(size) for size in target.shape[1:]], indexing="ij"), axis=-1)
    for k in range(target.shape[0]):
        points = np.concatenate([np.full((*plane.shape[:2], 1), k), plane], axis=-1)
        nearest = np.floor(source.ras_to_kji(target.kji_to_ras(points)) + 0.5).astype(np.int64)
        inside = ((nearest >= 0) & (nearest < source.shape)).all(axis=-1)
        result[k][inside] = labels[tuple(nearest[inside].T)]
    return result
