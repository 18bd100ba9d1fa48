"""Reading time of tests: ratios of geometric means from a mixed model of log seconds, and Wilcoxon's test.

Fixed: test. Random: reader, case, and, where readers read in several tests, reader x test, so that the
interval holds for other readers and cases too. What a test changes in single cases is part of the residual.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InputError, UsageError
from .agreement import wilcoxon_test
from .distributions import ratio_to_error, t_quantile, t_two_sided
from .mixed_model import MixedModel, RandomTerm, fit_mixed_model

__all__ = ["TestTime", "TimeAnalysis", "TimeComparison", "analyze_times"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class TestTime:
    """Geometric mean of the seconds of a test for the average reader and case, with its interval."""

    __test__ = False  # the name would make pytest collect it

    test: str
    geometric_mean_s: float
    interval: tuple[float, float]
    reads: int
    median_s: float


@dataclass(frozen=True)
class TimeComparison:
    """Geometric mean of the first test divided by that of the second.

    ``wilcoxon_p_value`` is of the signed-rank test of case means of log seconds, over readers and cases that
    have both tests; None where no such pair differs.
    """

    first: str
    second: str
    ratio: float
    interval: tuple[float, float]
    statistic: float
    df: float
    p_value: float
    wilcoxon_p_value: float | None
    wilcoxon_cases: int


@dataclass(frozen=True)
class TimeAnalysis:
    """Reading times of a study; standard deviations are of log seconds, by source (``residual`` among
    them)."""

    tests: tuple[TestTime, ...]
    comparisons: tuple[TimeComparison, ...]
    standard_deviations: dict[str, float]
    reads: int
    without_time: int


def analyze_times(
    seconds: ArrayLike, tests: Sequence[str], planned: NDArray[np.bool_] | None = None, level: float = 0.95
) -> TimeAnalysis:
    """Compare reading times.

    Parameters
    ----------
    seconds : (T, R, C) float
        Above 0; NaN where there is no time.
    tests : sequence of str
        Names of the T tests.
    planned : ndarray of bool, shape (T, R, C), optional
        Which reads should have a time, to count those that have none; all without.
    level : float
        Confidence, 0 to 1.

    Raises
    ------
    InputError
        If a time is not above 0 or infinite, a test has none, or there are too few to fit the model.
    UsageError
        If shapes do not fit or the level is not between 0 and 1.
    """
    values = np.asarray(seconds, np.float64)
    if values.ndim != 3 or len(values) != len(tests) or not 0 < level < 1:
        raise UsageError(f"Times of shape {values.shape} do not fit {len(tests)} tests, readers and cases.")
    there = ~np.isnan(values)
    if (values[there] <= 0).any() or np.isinf(values[there]).any():
        raise InputError(
            "Reading times have to be finite and above 0 seconds. Correct them or leave them out."
        )
    empty = [name for name, row in zip(tests, there) if not row.any()]
    if empty:
        raise InputError(f"Test '{empty[0]}' has no reading time. Leave the test out.")
    logs = np.log(values)
    model = _fit(logs, there)
    means = [_mean(model, values, test, tests[test], level) for test in range(len(tests))]
    pairs = [
        _compare(model, logs, pair, (tests[pair[0]], tests[pair[1]]), level)
        for pair in combinations(range(len(tests)), 2)
    ]
    spreads = {name: math.sqrt(float(matrix[0, 0])) for name, matrix in model.random.items()}
    expected = int(planned.sum()) if planned is not None else there.size
    return TimeAnalysis(
        tuple(means),
        tuple(pairs),
        spreads | {"residual": model.residual_sd},
        int(there.sum()),
        max(expected - int(there.sum()), 0),
    )


def _fit(logs: Floats, there: NDArray[np.bool_]) -> MixedModel:
    test, reader, case = np.nonzero(there)
    several = {"reader": reader, "case": case}
    crossed = int(np.max(there.any(axis=2).sum(axis=0))) > 1
    if crossed and len(np.unique(reader)) > 1:
        several["reader x test"] = reader * len(logs) + test
    # a factor that has one level, or a level for each read, can not be told from the mean or the residual
    terms = [
        RandomTerm(name, levels.astype(np.int64))
        for name, levels in several.items()
        if 1 < len(np.unique(levels)) < len(levels)
    ]
    if not terms:
        raise InputError("Reading times need several reads of a reader or of a case to be compared.")
    dummies = (test[:, None] == np.arange(len(logs))).astype(np.float64)
    return fit_mixed_model(logs[there], dummies, terms)


def _mean(model: MixedModel, values: Floats, test: int, name: str, level: float) -> TestTime:
    contrast = np.zeros(len(values))
    contrast[test] = 1
    center, margin, _ = _estimate(model, contrast, level)
    own = values[test][~np.isnan(values[test])]
    interval = (_exp(center - margin), _exp(center + margin))
    return TestTime(name, _exp(center), interval, len(own), float(np.median(own)))


def _compare(
    model: MixedModel, logs: Floats, pair: tuple[int, int], names: tuple[str, str], level: float
) -> TimeComparison:
    contrast = np.zeros(len(logs))
    contrast[pair[0]], contrast[pair[1]] = 1, -1
    center, margin, df = _estimate(model, contrast, level)
    error = math.sqrt(float(contrast @ model.covariance @ contrast))
    statistic = ratio_to_error(center, error)
    gaps = logs[pair[0]] - logs[pair[1]]
    both = ~np.isnan(gaps)
    read = both.any(axis=0)
    cases = np.where(both, gaps, 0).sum(axis=0)[read] / both.sum(axis=0)[read]
    differ = bool((cases != 0).any())
    signed = wilcoxon_test(cases, np.zeros(len(cases))).p_value if differ else None
    return TimeComparison(
        names[0],
        names[1],
        _exp(center),
        (_exp(center - margin), _exp(center + margin)),
        statistic,
        df,
        t_two_sided(statistic, df),
        signed,
        len(cases),
    )


def _estimate(model: MixedModel, contrast: Floats, level: float) -> tuple[float, float, float]:
    df = model.degrees_of_freedom(contrast)
    error = math.sqrt(float(contrast @ model.covariance @ contrast))
    return float(contrast @ model.fixed), t_quantile(level, df) * error, df


def _exp(log_seconds: float) -> float:
    """Infinite where a float can not hold it: limits from hardly any degree of freedom."""
    return math.exp(log_seconds) if log_seconds < 700 else math.inf
