"""Agreement of two or more readers, and paired tests."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InputError, UsageError

__all__ = [
    "KappaEstimate",
    "TestResult",
    "cohen_kappa",
    "fleiss_kappa",
    "fleiss_kappa_estimate",
    "mcnemar_test",
    "wilcoxon_test",
]

Alternative = Literal["two-sided", "greater", "less"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class TestResult:
    """A test statistic and its two-sided p value."""

    __test__ = False  # the name would make pytest collect it

    statistic: float
    p_value: float


@dataclass(frozen=True)
class KappaEstimate:
    """Chance-corrected agreement with its asymptotic standard error and 95 % interval."""

    kappa: float
    standard_error: float
    ci95: tuple[float, float]


def mcnemar_test(table: ArrayLike, *, method: str = "exact") -> TestResult:
    """Compare two paired proportions (McNemar 1947).

    Parameters
    ----------
    table : (2, 2) of int
        Counts of pairs, first reader by second reader. Only the pairs that differ, [0, 1] and [1, 0], count.
    method : str
        ``exact`` (binomial; the statistic is the smaller of both counts), ``mid-p`` (exact, the observed
        table counted half; Fagerland, Lydersen and Laake, BMC Med Res Methodol 2013;13:91), ``chi2`` or
        ``chi2-corrected`` (continuity correction).

    Raises
    ------
    InputError
        If the table is not two by two of counts.
    UsageError
        If the method is unknown.
    """
    counts = _counts(table, (2, 2))
    first, second = float(counts[0, 1]), float(counts[1, 0])
    if method not in ("exact", "mid-p", "chi2", "chi2-corrected"):
        raise UsageError(
            f"McNemar's test has no method '{method}': use exact, mid-p, chi2 or chi2-corrected."
        )
    if first + second == 0:
        return TestResult(0.0, 1.0)
    if method == "exact":
        from scipy.stats import binomtest

        smaller = min(first, second)
        return TestResult(smaller, float(binomtest(int(smaller), int(first + second)).pvalue))
    if method == "mid-p":
        from scipy.stats import binom

        smaller, pairs = min(first, second), int(first + second)
        p_value = 2 * float(binom.cdf(smaller, pairs, 0.5)) - float(binom.pmf(smaller, pairs, 0.5))
        return TestResult(smaller, min(1.0, p_value))
    gap = max(abs(first - second) - (1 if method == "chi2-corrected" else 0), 0)
    statistic = gap**2 / (first + second)
    return TestResult(statistic, math.erfc(math.sqrt(statistic / 2)))


def cohen_kappa(table: ArrayLike, weights: str = "none") -> KappaEstimate:
    """Cohen's kappa of two readers with the standard error of Fleiss, Cohen and Everitt (Psychol Bull
    1969;72:323).

    Parameters
    ----------
    table : (c, c) of int
        Cases by category of the first reader (rows) and the second (columns), categories in their order.
    weights : str
        ``none``, ``linear`` or ``quadratic`` (agreement weights 1 - d and 1 - d^2 of the scaled distance d).

    Raises
    ------
    InputError
        If the table is not square, is empty, or both readers use one category only: kappa is then not
        defined.
    UsageError
        If the weights are unknown.
    """
    counts = _counts(table, None)
    size = len(counts)
    share = counts / counts.sum()
    rows, columns = share.sum(axis=1), share.sum(axis=0)
    weight = _agreement_weights(size, weights)
    observed, expected = float(np.sum(weight * share)), float(rows @ weight @ columns)
    if expected >= 1:
        raise InputError(
            "Kappa is not defined where both readers use a single category. Report the agreement instead."
        )
    kappa = (observed - expected) / (1 - expected)
    pull = (weight @ columns)[:, None] + (rows @ weight)[None, :]
    spread = np.sum(share * (weight - pull * (1 - kappa)) ** 2) - (kappa - expected * (1 - kappa)) ** 2
    error = math.sqrt(max(float(spread), 0.0) / counts.sum()) / (1 - expected)
    margin = NormalDist().inv_cdf(0.975) * error
    return KappaEstimate(kappa, error, (kappa - margin, kappa + margin))


def fleiss_kappa(table: ArrayLike) -> float:
    """Fleiss' kappa of several readers (Psychol Bull 1971;76:378).

    Parameters
    ----------
    table : (n, c) of int
        How many readers put each case into each category; the same number of readers for every case, two or
        more.

    Raises
    ------
    InputError
        If the numbers of readers differ or are below two, or only one category is used.
    """
    counts = np.asarray(table, np.float64)
    readers = counts.sum(axis=1) if counts.ndim == 2 else np.zeros(0)
    if not readers.size or (readers != readers[0]).any() or readers[0] < 2 or (counts < 0).any():
        raise InputError("Fleiss' kappa needs the same number of readers, two or more, for every case.")
    expected = float(np.sum((counts.sum(axis=0) / counts.sum()) ** 2))
    if expected >= 1:
        raise InputError(
            "Kappa is not defined where a single category is used. Report the agreement instead."
        )
    total = readers[0]
    observed = float(np.mean((np.sum(counts**2, axis=1) - total) / (total * (total - 1))))
    return (observed - expected) / (1 - expected)


def fleiss_kappa_estimate(table: ArrayLike) -> KappaEstimate:
    """Fleiss' kappa with its standard error by the jackknife over cases; three cases or more.

    Errors are those of `fleiss_kappa`.
    """
    counts = np.asarray(table, np.float64)
    kappa, cases = fleiss_kappa(counts), len(counts)
    if cases < 3:
        raise InputError("The error of Fleiss' kappa needs three cases. Add cases.")
    left = np.array([fleiss_kappa(np.delete(counts, case, axis=0)) for case in range(cases)])
    error = math.sqrt((cases - 1) / cases * float(np.sum((left - left.mean()) ** 2)))
    margin = NormalDist().inv_cdf(0.975) * error
    return KappaEstimate(kappa, error, (kappa - margin, kappa + margin))


def wilcoxon_test(
    first: ArrayLike, second: ArrayLike, *, alternative: Alternative = "two-sided"
) -> TestResult:
    """Wilcoxon's signed-rank test of paired values; the statistic is the rank sum of the positive
    differences.

    Pairs without a difference are left out. The p value is exact without ties and up to 50 pairs, else from
    the normal approximation.

    Raises
    ------
    InputError
        If the numbers of values differ, a value is not finite, or no pair differs.
    """
    from scipy.stats import rankdata, wilcoxon

    left, right = np.asarray(first, np.float64), np.asarray(second, np.float64)
    if left.ndim != 1 or left.shape != right.shape or not np.isfinite(left - right).all():
        raise InputError("Wilcoxon's test needs two finite values for every case.")
    difference = (left - right)[left != right]
    if not difference.size:
        raise InputError("Wilcoxon's test needs at least one pair that differs.")
    ranks = rankdata(np.abs(difference))
    exact = len(difference) <= 50 and len(np.unique(ranks)) == len(ranks)
    found = wilcoxon(difference, alternative=alternative, method="exact" if exact else "approx")
    return TestResult(float(ranks[difference > 0].sum()), float(found.pvalue))


def _agreement_weights(size: int, weights: str) -> Floats:
    distance = np.abs(np.subtract.outer(np.arange(size), np.arange(size))) / max(size - 1, 1)
    if weights == "none":
        return np.eye(size)
    if weights in ("linear", "quadratic"):
        return np.asarray(1 - distance ** (1 if weights == "linear" else 2), np.float64)
    raise UsageError(f"Kappa has no weights '{weights}': use none, linear or quadratic.")


def _counts(table: ArrayLike, shape: tuple[int, int] | None) -> Floats:
    counts = np.asarray(table, np.float64)
    square = counts.ndim == 2 and counts.shape[0] == counts.shape[1]
    if not square or (shape is not None and counts.shape != shape):
        raise InputError(
            f"A table of shape {counts.shape} is not one of readers by categories: give a square table."
        )
    if not np.isfinite(counts).all() or (counts < 0).any() or not counts.sum() or (counts % 1).any():
        raise InputError("A table of agreement holds counts of cases, and at least one case.")
    return counts
