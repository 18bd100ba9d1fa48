"""Obuchowski-Rockette analysis of variance of the figures of readers and tests.

Sources: Obuchowski and Rockette, Commun Stat Simul Comput 1995;24:285 (model); Hillis, Stat Med 2007;26:596
(degrees of freedom, single tests); Hillis, Stat Med 2014;33:330 (marginal means: nested cases and readers).
An error covariance is the mean over all pairs of figures of its kind; pairs without common cases count with
0, which is what makes one set of formulas serve the nested designs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .distributions import f_tail, ratio_to_error, t_quantile, t_two_sided
from .mrmc_results import (
    Difference,
    GlobalTest,
    Inference,
    MeanSquares,
    ReaderDifference,
    TestEstimate,
    VarianceComponents,
)

__all__ = ["OrModel", "fit_model"]

Floats = NDArray[np.float64]
Factor = Literal["random", "fixed"]


@dataclass(frozen=True)
class _ErrorTerm:
    """Variance of a mean of r figures: ``base / r + shared``; ``df`` belongs to ``base``."""

    base: float
    shared: float
    df: float

    def variance(self, weight: float, copies: int) -> float:
        return max(self.base * weight + copies * self.shared, 0.0)

    def satterthwaite(self, weight: float, copies: int) -> float:
        own = self.base * weight
        if math.isinf(self.df) or own + copies * self.shared <= 0:
            return self.df
        return math.inf if own <= 0 else (own + copies * self.shared) ** 2 / (own**2 / self.df)


@dataclass(frozen=True, eq=False)
class OrModel:
    """Figures of T tests and R readers with what the analysis needs of them.

    Parameters
    ----------
    tests, readers : tuple of str
    values : ndarray of float64, shape (T, R)
        NaN only where readers are nested in tests.
    covariance : ndarray of float64, shape (T, R, T, R)
    nested : bool
        Whether each reader belongs to one test.
    mean_squares, components
    test_components : tuple of VarianceComponents
        From each test alone; ``reader`` is the mean square of readers less what cases explain.
    """

    tests: tuple[str, ...]
    readers: tuple[str, ...]
    values: Floats
    covariance: Floats
    nested: bool
    mean_squares: MeanSquares
    components: VarianceComponents
    test_components: tuple[VarianceComponents, ...]

    @property
    def counts(self) -> Floats:
        """Readers of each test, (T,)."""
        return np.asarray(np.sum(np.isfinite(self.values), axis=1), np.float64)

    @property
    def means(self) -> Floats:
        """Figure of each test averaged over its readers, (T,)."""
        return np.asarray(np.nanmean(self.values, axis=1), np.float64)

    def readers_can_be_random(self) -> bool:
        """Whether every test has two readers or more."""
        return bool((self.counts >= 2).all())

    def inference(self, readers: Factor, cases: Factor, level: float) -> Inference:
        """Conclusions with readers and cases random or fixed; not both fixed."""
        term = self._error_term(readers, cases)
        pairs = combinations(range(len(self.tests)), 2)
        return Inference(
            readers,
            cases,
            self._overall(term) if len(self.tests) > 1 else None,
            tuple(self._difference(term, first, second, level) for first, second in pairs),
            tuple(self._single(test, readers, cases, level) for test in range(len(self.tests))),
        )

    def reader_differences(self, level: float) -> tuple[ReaderDifference, ...]:
        """Differences between tests of each reader; none where readers are nested in tests."""
        if self.nested:
            return ()
        found = []
        for reader, name in enumerate(self.readers):
            own = self.covariance[:, reader, :, reader]
            count = len(self.tests)
            error = float(np.trace(own)) / count
            cov1 = float(own.sum() - np.trace(own)) / max(count * (count - 1), 1)
            spread = math.sqrt(max(2 * (error - cov1), 0.0))
            for first, second in combinations(range(count), 2):
                gap = float(self.values[first, reader] - self.values[second, reader])
                statistic = ratio_to_error(gap, spread)
                margin = t_quantile(level, math.inf) * spread
                found.append(
                    ReaderDifference(
                        name,
                        self.tests[first],
                        self.tests[second],
                        gap,
                        spread,
                        statistic,
                        t_two_sided(statistic, math.inf),
                        (gap - margin, gap + margin),
                    )
                )
        return tuple(found)

    def _error_term(self, readers: Factor, cases: Factor) -> _ErrorTerm:
        parts = self.components
        shared = max(parts.cov2 - parts.cov3, 0.0)
        if readers == "fixed":
            base = parts.error - (parts.cov2 if self.nested else parts.cov1 + shared)
            return _ErrorTerm(base, shared, math.inf)
        base = self.mean_squares.readers if self.nested else self.mean_squares.interaction
        tests, count = len(self.tests), self.counts
        df = float(count.sum() - tests if self.nested else (tests - 1) * (count[0] - 1))
        return _ErrorTerm(base, shared if cases == "random" else 0.0, df)

    def _overall(self, term: _ErrorTerm) -> GlobalTest:
        harmonic = len(self.counts) / float(np.sum(1 / self.counts))
        denominator = harmonic * term.variance(1 / harmonic, 1)
        df1 = float(len(self.tests) - 1)
        squares = self.mean_squares.tests
        ratio = ratio_to_error(squares, denominator)
        df2 = term.satterthwaite(1 / harmonic, 1)
        p_value = f_tail(ratio, df1, df2)
        if math.isinf(term.df):
            return GlobalTest("X2", ratio * df1, df1, math.inf, p_value, denominator)
        return GlobalTest("F", ratio, df1, df2, p_value, denominator)

    def _difference(self, term: _ErrorTerm, first: int, second: int, level: float) -> Difference:
        weight = float(1 / self.counts[first] + 1 / self.counts[second])
        error = math.sqrt(term.variance(weight, 2))
        df = term.satterthwaite(weight, 2)
        gap = float(self.means[first] - self.means[second])
        statistic = ratio_to_error(gap, error)
        margin = t_quantile(level, df) * error
        return Difference(
            self.tests[first],
            self.tests[second],
            gap,
            error,
            df,
            statistic,
            t_two_sided(statistic, df),
            (gap - margin, gap + margin),
        )

    def _single(self, test: int, readers: Factor, cases: Factor, level: float) -> TestEstimate:
        parts, count = self.test_components[test], float(self.counts[test])
        shared = max(parts.cov2, 0.0)
        if readers == "fixed":
            term = _ErrorTerm(parts.error - shared, shared, math.inf)
        else:
            spread = float(np.nanvar(self.values[test], ddof=1))
            term = _ErrorTerm(spread, shared if cases == "random" else 0.0, count - 1)
        error = math.sqrt(term.variance(1 / count, 1))
        df = term.satterthwaite(1 / count, 1)
        value, margin = float(self.means[test]), t_quantile(level, df) * error
        return TestEstimate(self.tests[test], value, error, df, (value - margin, value + margin))


def fit_model(
    tests: tuple[str, ...],
    readers: tuple[str, ...],
    figures: tuple[Floats, Floats],
    units: int,
    *,
    nested: bool,
) -> OrModel:
    """Mean squares and variance components.

    Parameters
    ----------
    figures : tuple of ndarray
        Values (T, R) and their covariance (T, R, T, R).
    units : int
        Cases behind the covariance.
    nested : bool
        Whether each reader belongs to one test.
    """
    values, covariance = figures
    squares = _mean_squares(values, nested=nested)
    error, cov1, cov2, cov3 = _mean_covariances(covariance)
    tests_count = len(tests)
    if nested or tests_count == 1:
        reader, test_reader = squares.readers - error + cov2, math.nan
    else:
        reader = (squares.readers - squares.interaction) / tests_count - cov1 + cov3
        test_reader = squares.interaction - error + cov1 + max(cov2 - cov3, 0.0)
    components = VarianceComponents(reader, test_reader, error, cov1, cov2, cov3, units)
    alone = []
    for test in range(tests_count):
        own = np.isfinite(values[test])
        part = covariance[test][own][:, test][:, own][None, :, None, :]
        variance, _, shared, _ = _mean_covariances(part)
        spread = float(np.var(values[test, own], ddof=1)) if own.sum() > 1 else math.nan
        alone.append(
            VarianceComponents(
                spread - variance + shared, math.nan, variance, math.nan, shared, math.nan, units
            )
        )
    return OrModel(tests, readers, values, covariance, nested, squares, components, tuple(alone))


def _mean_squares(values: Floats, *, nested: bool) -> MeanSquares:
    tests, readers = values.shape
    means = np.nanmean(values, axis=1)
    counts = np.sum(np.isfinite(values), axis=1)
    harmonic = tests / float(np.sum(1 / counts))
    between = harmonic * float(np.var(means, ddof=1)) if tests > 1 else math.nan
    if nested:
        within = float(np.nansum((values - means[:, None]) ** 2))
        spare = int(counts.sum()) - tests
        return MeanSquares(between, within / spare if spare else math.nan, math.nan)
    if readers == 1:
        return MeanSquares(between, math.nan, math.nan)
    of_readers = values.mean(axis=0)
    residual = values - means[:, None] - of_readers[None] + values.mean()
    interaction = float(np.sum(residual**2)) / ((tests - 1) * (readers - 1)) if tests > 1 else math.nan
    return MeanSquares(between, tests * float(np.var(of_readers, ddof=1)), interaction)


def _mean_covariances(covariance: Floats) -> tuple[float, float, float, float]:
    """Error variance and Cov1, Cov2, Cov3: means over the figures that exist, 0 where there is no pair."""
    tests, readers = covariance.shape[:2]
    flat = covariance.reshape(tests * readers, -1)
    test, reader = np.divmod(np.arange(tests * readers), readers)
    there = np.isfinite(np.diag(flat))
    there_both = np.outer(there, there)
    same_test, same_reader = test[:, None] == test[None], reader[:, None] == reader[None]
    kinds = (
        same_test & same_reader,
        ~same_test & same_reader,
        same_test & ~same_reader,
        ~same_test & ~same_reader,
    )
    found = [flat[kind & there_both] for kind in kinds]
    error, cov1, cov2, cov3 = (float(part.mean()) if part.size else 0.0 for part in found)
    return error, cov1, cov2, cov3
