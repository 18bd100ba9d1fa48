"""Overlap and surface distance of two masks on one grid.

Definitions (Maier-Hein et al., Metrics Reloaded, Nature Methods 2024; Taha and Hanbury, BMC Medical Imaging
2015):

- *Border*: the voxels of a mask that have a face neighbor outside of it; what lies beyond the edge of the
  array is outside. Axes of length one are dropped first, so that a single image is judged in its plane.
- *Directed distance*: from each border voxel of one mask to the nearest border voxel of the other, centre to
  centre, in mm.
- HD, HD95: the larger of the two directed maxima, or of the two directed 95th percentiles (linear
  interpolation). Pooling both directions before the percentile gives a different number.
- ASSD: mean over both directions pooled. MASD: mean of the two directed means.
- NSD: share of all border voxels whose directed distance is at most the tolerance, voxels counted (not
surface
  elements).

Both masks empty: Dice, IoU and NSD are 1 and the distances 0. One mask empty: Dice, IoU and NSD are 0 and the
distances infinite.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..core import VolumeGeometry
from ..errors import InputError

__all__ = [
    "METRIC_DEFINITIONS",
    "SegmentationMetrics",
    "border_mask",
    "segmentation_metrics",
    "surface_distances",
    "voxel_steps_mm",
]

METRIC_DEFINITIONS = {
    "dice": "2 |A and B| / (|A| + |B|); 1 if both masks are empty, 0 if one is",
    "iou": "|A and B| / |A or B|; 1 if both masks are empty, 0 if one is",
    "hd95_mm": "larger of the two directed 95th percentiles (linear interpolation) of the distances between "
    "border voxels (face neighbors), center to center; 0 if both masks are empty, infinite if one is",
    "assd_mm": "mean of all directed border distances of both directions pooled",
    "nsd": "share of the border voxels of both masks that lie within the tolerance (1 mm unless stated) "
    "of the other's border",
}
"""What is computed, to be stored beside the values."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class SegmentationMetrics:
    """Agreement of a mask with the reference standard.

    Parameters
    ----------
    dice, iou : float
        0 to 1.
    hd_mm, hd95_mm, assd_mm, masd_mm : float
        Infinite where exactly one mask is empty.
    nsd : float
        0 to 1, at ``tolerance_mm``.
    tolerance_mm : float
    reference_voxels, predicted_voxels : int
    """

    dice: float
    iou: float
    hd_mm: float
    hd95_mm: float
    assd_mm: float
    masd_mm: float
    nsd: float
    tolerance_mm: float
    reference_voxels: int
    predicted_voxels: int


def voxel_steps_mm(geometry: VolumeGeometry) -> NDArray[np.float64]:
    """Step in mm, RAS, of one voxel along K, J, I as the rows of a (3, 3) array.

    Given as spacing, it makes distances right where the axes are oblique or, with a tilted gantry, not at
    right angles.
    """
    return np.array(geometry.ijk_to_ras[:3, :3].T[::-1])


def segmentation_metrics(
    reference: NDArray[Any], prediction: NDArray[Any], spacing_mm: ArrayLike, tolerance_mm: float = 1.0
) -> SegmentationMetrics:
    """Compare two masks.

    Parameters
    ----------
    reference, prediction : ndarray of bool, shape (K, J, I) or any other number of axes
        Numbers count as true where they are not zero.
    spacing_mm : (n,) float, or (n, m) float
        Voxel spacing per array axis, or the step vector of each array axis as a row (`voxel_steps_mm`).
    tolerance_mm : float
        Of the NSD.

    Raises
    ------
    InputError
        If the shapes differ, or the spacing does not fit or is not positive.
    """
    first, second, steps = _prepared(reference, prediction, spacing_mm)
    count_first, count_second = int(np.count_nonzero(first)), int(np.count_nonzero(second))
    common = int(np.count_nonzero(first & second))
    total = count_first + count_second
    to_second, to_first = _directed_distances(first, second, steps)
    hd, hd95, assd, masd, nsd = _summarize(to_second, to_first, tolerance_mm, empty=total == 0)
    return SegmentationMetrics(
        dice=2 * common / total if total else 1.0,
        iou=common / (total - common) if total else 1.0,
        hd_mm=hd,
        hd95_mm=hd95,
        assd_mm=assd,
        masd_mm=masd,
        nsd=nsd,
        tolerance_mm=tolerance_mm,
        reference_voxels=count_first,
        predicted_voxels=count_second,
    )


def surface_distances(
    reference: NDArray[Any], prediction: NDArray[Any], spacing_mm: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Directed border distances in mm: from the reference to the prediction, and back.

    Shapes (n,) and (m,): one value a border voxel, in array order; both are empty if a mask is empty.
    Parameters and errors are those of `segmentation_metrics`.
    """
    return _directed_distances(*_prepared(reference, prediction, spacing_mm))


def border_mask(mask: Mask) -> Mask:
    """Voxels of a mask with a face neighbor outside of it, same shape; the array's edge counts as
    outside.
    """
    padded = np.pad(mask, 1)
    center = (slice(1, -1),) * mask.ndim
    interior = mask.copy()
    for axis in range(mask.ndim):
        for side in (slice(None, -2), slice(2, None)):
            interior &= padded[(*center[:axis], side, *center[axis + 1 :])]
    return np.asarray(mask & ~interior)


def _prepared(
    reference: NDArray[Any], prediction: NDArray[Any], spacing_mm: ArrayLike
) -> tuple[Mask, Mask, NDArray[np.float64]]:
    """Return both masks as bool, cut to what either holds, without axes of length one, and the steps."""
    first, second = (np.asarray(mask).astype(bool, copy=False) for mask in (reference, prediction))
    steps = np.asarray(spacing_mm, np.float64)
    if first.shape != second.shape:
        raise InputError(
            f"A mask of shape {second.shape} can not be compared with a reference of {first.shape}. "
            "Resample one to the other's grid."
        )
    lengths = np.linalg.norm(steps, axis=1) if steps.ndim == 2 else steps
    if lengths.shape != (first.ndim,) or not np.isfinite(lengths).all() or (lengths <= 0).any():
        raise InputError(
            f"The spacing {np.asarray(spacing_mm).tolist()} does not fit a mask of shape {first.shape}: give "
            "one positive number of mm an axis."
        )
    if steps.ndim == 1:
        steps = np.diag(steps)
    kept = [axis for axis, size in enumerate(first.shape) if size > 1] or [0]
    dropped = tuple(axis for axis in range(first.ndim) if axis not in kept)
    block = _union_box(first, second)
    return first[block].squeeze(dropped), second[block].squeeze(dropped), steps[kept]


def _union_box(first: Mask, second: Mask) -> tuple[slice, ...]:
    """Smallest block that holds the true voxels of both masks; empty if there are none."""
    box = []
    for axis in range(first.ndim):
        others = tuple(other for other in range(first.ndim) if other != axis)
        hit = np.flatnonzero(first.any(axis=others) | second.any(axis=others))
        # an axis of length one keeps it, so that it can be dropped afterwards
        box.append(slice(int(hit[0]), int(hit[-1]) + 1) if hit.size else slice(0, min(1, first.shape[axis])))
    return tuple(box)


def _directed_distances(
    first: Mask, second: Mask, steps: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    from scipy.spatial import cKDTree

    points_first = np.argwhere(border_mask(first)) @ steps
    points_second = np.argwhere(border_mask(second)) @ steps
    if not len(points_first) or not len(points_second):
        return np.zeros(0), np.zeros(0)
    to_second = cKDTree(points_second).query(points_first)[0]
    to_first = cKDTree(points_first).query(points_second)[0]
    return np.asarray(to_second, np.float64), np.asarray(to_first, np.float64)


def _summarize(
    to_second: NDArray[np.float64], to_first: NDArray[np.float64], tolerance_mm: float, *, empty: bool
) -> tuple[float, float, float, float, float]:
    """HD, HD95, ASSD, MASD, NSD."""
    if empty:
        return 0.0, 0.0, 0.0, 0.0, 1.0
    if not len(to_second):
        return math.inf, math.inf, math.inf, math.inf, 0.0
    pooled = np.concatenate([to_second, to_first])
    return (
        float(pooled.max()),
        float(max(np.percentile(to_second, 95), np.percentile(to_first, 95))),
        float(pooled.mean()),
        float((to_second.mean() + to_first.mean()) / 2),
        float(np.mean(pooled <= tolerance_mm)),
    )
