"""Where a volume holds more than air, coarsely, so that a network need not run on nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .preprocess import Inside

__all__ = ["CELL", "ForegroundMap", "air_level", "foreground_map"]

CELL = 4
"""Edge of the cells, in voxels, over which foreground is decided: the mean of 64 voxels has an eighth of the
noise of one."""

AIR_FRACTION = 0.1
"""Air ends at this fraction of the way from the 1st to the 99.5th percentile. Low on purpose: in CT it lies
near -880 HU, so that lung is foreground; a window too many costs time, a window too few a lesion."""

BRIGHT_FRACTION = 0.5
"""A single voxel this bright is foreground, even where its cell's mean is not."""


@dataclass(frozen=True, eq=False)
class ForegroundMap:
    """Cells of `CELL` voxels edge that hold foreground.

    Parameters
    ----------
    cells : ndarray of bool, shape (ceil(K / CELL), ceil(J / CELL), ceil(I / CELL))
    shape : (3,) tuple of int
        K, J, I of the volume.
    """

    cells: NDArray[np.bool_]
    shape: tuple[int, int, int]

    def any_in(self, start: tuple[int, int, int], size: tuple[int, int, int]) -> bool:
        """Whether a window touches a cell with foreground."""
        box = tuple(slice(first // CELL, -(-(first + edge) // CELL)) for first, edge in zip(start, size))
        return bool(self.cells[box].any())

    def bounds(self, axis: int) -> tuple[int, int]:
        """First voxel and last voxel + 1 along an axis that hold foreground; (0, 0) without any."""
        others = tuple(other for other in range(3) if other != axis)
        filled = np.flatnonzero(self.cells.any(axis=others))
        if filled.size == 0:
            return 0, 0
        return int(filled[0]) * CELL, min(self.shape[axis], (int(filled[-1]) + 1) * CELL)


def air_level(values: NDArray[np.float32]) -> tuple[float, float]:
    """Values above which a mean of several voxels, and a single voxel, are no longer air.

    Parameters
    ----------
    values : ndarray of float, any shape, not empty
        A sample of the image, air included if there is any.
    """
    low, high = (float(value) for value in np.percentile(values, [1.0, 99.5]))
    if high <= low:
        return low, low
    return low + AIR_FRACTION * (high - low), low + BRIGHT_FRACTION * (high - low)


def foreground_map(image: NDArray[np.float32], inside: Inside) -> ForegroundMap:
    """Decide per cell whether it holds foreground.

    Parameters
    ----------
    image : ndarray of float32, shape (K, J, I)
        Bright means tissue.
    inside : tuple of slice, or ndarray of bool
        Voxels that are not padding.
    """
    sample = _sample(image, inside)
    mean_level, voxel_level = air_level(sample)
    depth, height, width = image.shape
    cells = np.zeros([-(-size // CELL) for size in image.shape], bool)
    counts = np.outer(_edge_counts(height), _edge_counts(width))
    for index in range(cells.shape[0]):
        rows = slice(index * CELL, min(depth, (index + 1) * CELL))
        slab = _without_padding(image, inside, rows, float(sample.min()))
        mean = _reduced(np.add, slab) / (counts * slab.shape[0])
        cells[index] = (mean > mean_level) | (_reduced(np.maximum, slab) > voxel_level)
    return ForegroundMap(cells, (depth, height, width))


def _sample(image: NDArray[np.float32], inside: Inside) -> NDArray[np.float32]:
    stride = tuple(slice(None, None, max(1, min(CELL, size // 16))) for size in image.shape)
    if isinstance(inside, tuple):
        picked = image[inside]
        return picked[tuple(slice(None, None, max(1, min(CELL, size // 16))) for size in picked.shape)]
    picked = image[stride][inside[stride]]
    return picked if picked.size else image[inside]


def _without_padding(
    image: NDArray[np.float32], inside: Inside, rows: slice, lowest: float
) -> NDArray[np.float32]:
    slab = image[rows]
    if not isinstance(inside, tuple):
        return np.where(inside[rows], slab, np.float32(lowest))
    (k0, k1, _), (j0, j1, _), (i0, i1, _) = (piece.indices(size) for piece, size in zip(inside, image.shape))
    if (k0, j0, i0) == (0, 0, 0) and (k1, j1, i1) == image.shape:
        return slab
    clean = np.full_like(slab, lowest)
    first, last = max(rows.start, k0), min(rows.stop, k1)
    if first < last:
        box = (slice(first - rows.start, last - rows.start), slice(j0, j1), slice(i0, i1))
        clean[box] = slab[box]
    return clean


def _reduced(operation: np.ufunc, slab: NDArray[np.float32]) -> NDArray[np.float32]:
    flat = operation.reduce(slab, axis=0)
    rows = operation.reduceat(flat, np.arange(0, flat.shape[0], CELL), axis=0)
    return np.asarray(operation.reduceat(rows, np.arange(0, flat.shape[1], CELL), axis=1))


def _edge_counts(size: int) -> NDArray[np.float32]:
    return np.diff(np.append(np.arange(0, size, CELL), size)).astype(np.float32)
