"""Confidence bands of an empirical ROC curve, and the average curve of several readers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InputError, UsageError
from .bootstrap import DEFAULT_SEED
from .ratings import ReaderRatings
from .roc import roc_curve

__all__ = ["AverageRoc", "RocBand", "average_roc", "roc_band"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class RocBand:
    """Sensitivity over a grid of false positive rates with a pointwise interval, all of shape (n,)."""

    fpr: Floats
    sensitivity: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, eq=False)
class AverageRoc:
    """Mean sensitivity of readers at each false positive rate, shape (n,), and who is in it."""

    fpr: Floats
    sensitivity: Floats
    readers: tuple[str, ...]


def roc_band(
    labels: ArrayLike,
    scores: ArrayLike,
    *,
    points: int = 101,
    level: float = 0.95,
    replicates: int = 1000,
    seed: int = DEFAULT_SEED,
) -> RocBand:
    """Pointwise percentile bootstrap of the sensitivity; positives and negatives are drawn apart.

    Parameters
    ----------
    labels : (n,) of 0 and 1
    scores : (n,) float
    points : int
        Of the grid from 0 to 1, two or more.
    level : float
    replicates, seed : int

    Raises
    ------
    InputError
        As `roc.roc_curve`.
    UsageError
        If there are fewer than two points or replicates, or the level is not between 0 and 1.
    """
    if points < 2 or replicates < 2 or not 0 < level < 1:
        raise UsageError("A band needs two points, two replicates and a level between 0 and 1.")
    grid = np.linspace(0, 1, points)
    sensitivity = _heights(labels, scores, grid)
    positive, values = np.asarray(labels).astype(bool), np.asarray(scores, np.float64)
    hits, misses = values[positive], values[~positive]
    generator = np.random.default_rng(seed)
    drawn = np.empty((replicates, points))
    truth = np.arange(len(values)) < len(hits)
    for row in drawn:
        sample = np.append(generator.choice(hits, len(hits)), generator.choice(misses, len(misses)))
        row[:] = _heights(truth, sample, grid)
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return RocBand(grid, sensitivity, low, high)


def average_roc(ratings: ReaderRatings, test: str, points: int = 101) -> AverageRoc:
    """Average the curves of all readers of a test vertically; those without both kinds of cases are not in
    it.

    Raises
    ------
    UsageError
        If the test is unknown or there are fewer than two points.
    InputError
        If no reader read positive and negative cases.
    """
    if test not in ratings.tests or points < 2:
        raise UsageError(
            f"There is no test '{test}', or fewer than two points. Known: {', '.join(ratings.tests)}."
        )
    grid, curves, readers = np.linspace(0, 1, points), [], []
    for name, row in zip(ratings.readers, ratings.ratings[ratings.tests.index(test)]):
        read = ~np.isnan(row)
        if 0 < ratings.positive[read].sum() < read.sum():
            curves.append(_heights(ratings.positive[read], row[read], grid))
            readers.append(name)
    if not curves:
        raise InputError(f"No reader read positive and negative cases in test '{test}'. Add reads.")
    return AverageRoc(grid, np.mean(curves, axis=0), tuple(readers))


def _heights(labels: ArrayLike, scores: ArrayLike, grid: Floats) -> Floats:
    """Highest sensitivity at each false positive rate; points are joined by lines."""
    curve = roc_curve(labels, scores)
    fpr = 1 - curve.specificity
    last = np.searchsorted(fpr, grid, "right") - 1
    between = np.interp(grid, fpr, curve.sensitivity)
    # on a vertical step its upper end
    return np.where(fpr[last] == grid, curve.sensitivity[last], between)
