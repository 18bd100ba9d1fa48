"""Bootstrap confidence intervals of a mean over cases, with patients as the unit that is drawn.

Efron and Tibshirani, An Introduction to the Bootstrap, 1993: percentile (chapter 13) and BCa (chapter 14).
"""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InputError, UsageError

__all__ = ["DEFAULT_REPLICATES", "DEFAULT_SEED", "bootstrap_mean_interval"]

DEFAULT_REPLICATES = 5000
"""Enough that the ends of a 95 % interval move by a few per cent of its width from seed to seed."""

DEFAULT_SEED = 20240601
"""Fixed, so that the same cases give the same interval."""

_CHUNK_ELEMENTS = 2_000_000

Floats = NDArray[np.float64]


def bootstrap_mean_interval(
    values: ArrayLike,
    groups: ArrayLike | None = None,
    *,
    level: float = 0.95,
    method: str = "bca",
    replicates: int = DEFAULT_REPLICATES,
    seed: int = DEFAULT_SEED,
) -> tuple[float, float] | None:
    """Confidence interval of the mean of ``values``.

    Parameters
    ----------
    values : (n,) float
        One a case, finite.
    groups : (n,), optional
        Patient of each case: whole patients are drawn, so that images of one patient are not taken as
        independent.
    level : float
        0 to 1.
    method : str
        ``bca`` (bias corrected and accelerated) or ``percentile``.
    replicates : int
    seed : int

    Returns
    -------
    tuple of float, or None
        None with fewer than two patients (cases, without ``groups``): nothing varies.

    Raises
    ------
    InputError
        If a value is not finite, or the shapes differ.
    UsageError
        If the method is unknown.
    """
    if method not in ("bca", "percentile"):
        raise UsageError(f"The bootstrap method '{method}' is unknown: use bca or percentile.")
    sums, counts = _by_group(np.asarray(values, np.float64), groups)
    if len(sums) < 2:
        return None
    means = _replicate_means(sums, counts, replicates, seed)
    tails = np.array([(1 - level) / 2, (1 + level) / 2])
    if method == "bca":
        tails = _bca_tails(tails, means, sums, counts)
    low, high = np.quantile(means, tails)
    return float(low), float(high)


def _by_group(values: Floats, groups: ArrayLike | None) -> tuple[Floats, Floats]:
    """Sum and number of the values of each patient."""
    if values.ndim != 1 or not np.isfinite(values).all():
        raise InputError("A bootstrap interval needs one finite number a case. Leave cases without one out.")
    if groups is None:
        return values, np.ones(len(values))
    names = np.asarray(groups)
    if names.shape != values.shape:
        raise InputError(f"{names.size} patients were given for {values.size} cases: give one a case.")
    index = np.unique(names, return_inverse=True)[1]
    return np.bincount(index, values).astype(np.float64), np.bincount(index).astype(np.float64)


def _replicate_means(sums: Floats, counts: Floats, replicates: int, seed: int) -> Floats:
    generator = np.random.default_rng(seed)
    size = len(sums)
    rows = max(1, _CHUNK_ELEMENTS // size)
    means = np.empty(replicates)
    for start in range(0, replicates, rows):
        stop = min(start + rows, replicates)
        drawn = generator.integers(0, size, (stop - start, size))
        means[start:stop] = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    return means


def _bca_tails(tails: Floats, means: Floats, sums: Floats, counts: Floats) -> Floats:
    """Tail probabilities after correction for bias and skewness."""
    normal = NormalDist()
    estimate = sums.sum() / counts.sum()
    below = np.mean(means < estimate) + np.mean(means == estimate) / 2
    edge = 0.5 / len(means)
    bias = normal.inv_cdf(float(np.clip(below, edge, 1 - edge)))
    left_out = (sums.sum() - sums) / (counts.sum() - counts)
    spread = left_out.mean() - left_out
    # scaled first: the third power of small differences would underflow
    spread /= np.abs(spread).max() or 1.0
    squared = float(np.sum(spread**2))
    skewness = float(np.sum(spread**3)) / (6 * squared**1.5) if squared > 0 else 0.0
    shifted = [bias + normal.inv_cdf(float(tail)) for tail in tails]
    # beyond a zero denominator the correction has no meaning: the end is then the outermost replicate
    return np.array([normal.cdf(bias + shift / max(1 - skewness * shift, 1e-9)) for shift in shifted])
