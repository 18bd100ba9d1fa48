"""Power and size of multi-reader multi-case studies that compare two tests.

Source: Hillis, Obuchowski and Berbaum, Acad Radiol 2011;18:129. Components come from a pilot study
(`analyze`), or from assumptions (`assumed_components`); the covariances of the errors shrink as 1 / cases,
with the share of positive cases as in the pilot.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ..errors import InputError, UsageError
from .distributions import ratio_to_error, t_quantile, t_two_sided
from .mrmc_results import Difference, VarianceComponents
from .ratings import DesignKind

__all__ = [
    "MrmcPlan",
    "NonInferiority",
    "PowerEstimate",
    "assumed_components",
    "cases_for_power",
    "non_inferiority",
    "power_grid",
    "power_of",
]

Factor = Literal["random", "fixed"]


@dataclass(frozen=True)
class MrmcPlan:
    """What a study is planned for.

    Parameters
    ----------
    components : VarianceComponents
        Of a factorial pilot study, or assumed.
    effect : float
        True difference, first test minus second.
    margin : float, optional
        Non-inferiority of the first test: it may be worse by less than ``margin``, above 0. None: a two-sided
        test of equality.
    alpha : float
        Two-sided; non-inferiority is tested at half of it.
    readers, cases : str
        ``random`` or ``fixed``; not both fixed.
    design : str
        Of the planned study. With nested readers (cases) the numbers of readers (cases) are those of each
        test or reader.
    """

    components: VarianceComponents
    effect: float
    margin: float | None = None
    alpha: float = 0.05
    readers: Factor = "random"
    cases: Factor = "random"
    design: DesignKind = "factorial"

    def __post_init__(self) -> None:
        if not 0 < self.alpha < 1:
            raise UsageError(f"A significance level of {self.alpha} is not between 0 and 1.")
        if self.margin is not None and self.margin <= 0:
            raise UsageError(f"A non-inferiority margin of {self.margin} is not above 0.")
        if self.readers == self.cases == "fixed":
            raise UsageError("Readers and cases can not both be fixed: nothing would vary.")
        if self.design == "cases nested in reader groups":
            raise UsageError("Studies with groups of readers can not be planned here: simulate them.")
        parts = self.components
        numbers = [parts.error, parts.cov1, parts.cov2, parts.cov3, self.effect]
        numbers += [parts.test_reader] if self.readers == "random" else []
        if not all(math.isfinite(number) for number in numbers) or parts.cases < 1:
            raise InputError(
                "Planning needs all variance components: take them from a factorial study of two readers or "
                "more."
            )


@dataclass(frozen=True)
class PowerEstimate:
    """Power of a study of that size; ``df2`` is infinite and ``noncentrality`` of chi-square if readers are
    fixed.

    ``noncentrality`` is of the F or chi-square statistic; of t for non-inferiority.
    """

    readers: int
    cases: int
    power: float
    standard_error: float
    noncentrality: float
    df2: float


@dataclass(frozen=True)
class NonInferiority:
    """Whether the first test is not worse than the second by ``margin`` or more.

    ``bound`` is the one-sided lower confidence limit of the difference, ``p_value`` that of the hypothesis
    that it is worse by the margin.
    """

    margin: float
    bound: float
    p_value: float
    shown: bool


def power_of(plan: MrmcPlan, readers: int, cases: int) -> PowerEstimate:
    """Power of a study with that many readers and cases.

    Raises
    ------
    UsageError
        If there are too few readers (two, where random) or cases.
    """
    from scipy.special import chdtri, chndtr, fdtri, ncfdtr, nctdtr, ndtr, ndtri, stdtrit

    if readers < (2 if plan.readers == "random" else 1) or cases < 2:
        raise UsageError(f"A study of {readers} readers and {cases} cases can not be planned: take more.")
    error, df = _error(plan, readers, cases)
    if plan.margin is not None:
        shift = ratio_to_error(plan.effect + plan.margin, error)
        tail = 1 - plan.alpha / 2
        if math.isinf(df) or math.isinf(shift):
            power = float(ndtr(shift - ndtri(tail)))
        else:
            power = 1 - float(nctdtr(df, shift, stdtrit(df, tail)))
        return PowerEstimate(readers, cases, power, error, shift, df)
    shift = ratio_to_error(plan.effect, error) ** 2
    if shift == 0 or math.isinf(shift):
        power = plan.alpha if shift == 0 else 1.0
    elif math.isinf(df):
        power = 1 - float(chndtr(chdtri(1, plan.alpha), 1, shift))
    else:
        power = 1 - float(ncfdtr(1, df, shift, float(fdtri(1, df, 1 - plan.alpha))))
    return PowerEstimate(readers, cases, power, error, shift, df)


def cases_for_power(plan: MrmcPlan, readers: int, power: float = 0.8, most: int = 100_000) -> PowerEstimate:
    """Smallest number of cases with which a study of so many readers has the power.

    Raises
    ------
    InputError
        If not even ``most`` cases give it; more readers are needed then.
    UsageError
        If ``power`` is not between 0 and 1, or as `power_of`.
    """
    if not 0 < power < 1:
        raise UsageError(f"A power of {power} is not between 0 and 1.")
    best = power_of(plan, readers, most)
    if best.power < power:
        raise InputError(
            f"{readers} readers and {most} cases have a power of {best.power:.2f} only. Plan with more "
            "readers or a larger effect."
        )
    low, high = 1, most
    while high - low > 1:
        middle = (low + high) // 2
        if power_of(plan, readers, middle).power >= power:
            high = middle
        else:
            low = middle
    return power_of(plan, readers, high)


def power_grid(plan: MrmcPlan, readers: Sequence[int], cases: Sequence[int]) -> tuple[PowerEstimate, ...]:
    """Power of all combinations, readers outermost."""
    return tuple(power_of(plan, count, number) for count in readers for number in cases)


def non_inferiority(difference: Difference, margin: float, alpha: float = 0.025) -> NonInferiority:
    """Test non-inferiority of the first test from a `Difference`, one-sided at ``alpha``.

    Raises
    ------
    UsageError
        If the margin is not above 0 or ``alpha`` not between 0 and 1.
    """
    if margin <= 0 or not 0 < alpha < 1:
        raise UsageError(f"Non-inferiority by {margin} at {alpha} can not be tested: give a margin above 0.")
    bound = difference.difference - t_quantile(1 - 2 * alpha, difference.df) * difference.standard_error
    ratio = ratio_to_error(difference.difference + margin, difference.standard_error)
    half = t_two_sided(ratio, difference.df) / 2
    p_value = half if ratio > 0 else 1 - half
    return NonInferiority(margin, bound, p_value, bound > -margin)


def assumed_components(
    auc: float,
    numbers: tuple[int, int],
    correlations: tuple[float, float, float],
    reader_sd: float,
    test_reader_sd: float,
) -> VarianceComponents:
    """Variance components without a pilot study.

    Parameters
    ----------
    auc : float
        Expected area, 0.5 to below 1; the error variance is that of Hanley and McNeil, Radiology 1982;143:29.
    numbers : tuple of int
        Positive and negative cases that the components belong to.
    correlations : tuple of float
        Of the errors: same reader, different tests; different readers, same test; both different (Obuchowski,
        Acad Radiol 1995;2:522 found 0.47, 0.30 and 0.20 on average in five studies).
    reader_sd, test_reader_sd : float
        Standard deviations of the true areas of readers, and of their differences between tests divided by
        the square root of 2.

    Raises
    ------
    UsageError
        If a number is outside of its range.
    """
    positives, negatives = numbers
    first, second, third = correlations
    if not 0.5 <= auc < 1 or min(numbers) < 2 or min(reader_sd, test_reader_sd) < 0:
        raise UsageError(
            "Planning needs an area from 0.5 to below 1, two cases of each kind, and deviations >= 0."
        )
    if not (0 <= third <= min(first, second) and max(first, second) < 1):
        raise UsageError(
            f"Correlations {correlations} are not plausible: the third is the smallest, from 0 to 1."
        )
    hit, miss = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    spread = auc * (1 - auc) + (positives - 1) * (hit - auc**2) + (negatives - 1) * (miss - auc**2)
    error = spread / (positives * negatives)
    return VarianceComponents(
        reader_sd**2,
        test_reader_sd**2,
        error,
        first * error,
        second * error,
        third * error,
        positives + negatives,
    )


def _error(plan: MrmcPlan, readers: int, cases: int) -> tuple[float, float]:
    """Standard error of the difference and its degrees of freedom."""
    parts, scale = plan.components, plan.components.cases / cases
    cov1, cov2, cov3 = _shared(plan)
    shared = max(cov2 - cov3, 0.0) * scale
    nested = plan.design in ("readers nested in tests", "readers and cases nested in tests")
    if nested:
        spread = max(parts.reader, 0.0) + max(parts.test_reader, 0.0)
        own = (parts.error - cov2) * scale
    else:
        spread = max(parts.test_reader, 0.0)
        own = (parts.error - cov1) * scale - shared
    base = max(own, 0.0) + (spread if plan.readers == "random" else 0.0)
    if plan.cases == "fixed":
        shared = 0.0
    total = base + readers * shared
    error = math.sqrt(2 / readers * total)
    if plan.readers == "fixed":
        return error, math.inf
    df = (2 if nested else 1) * (readers - 1)
    return error, total**2 / (base**2 / df) if base > 0 else math.inf


def _shared(plan: MrmcPlan) -> tuple[float, float, float]:
    """Covariances that the planned design has: none between figures without common cases."""
    parts, design = plan.components, plan.design
    if design in ("cases nested in readers", "cases nested in readers and tests"):
        return parts.cov1 if design == "cases nested in readers" else 0.0, 0.0, 0.0
    if design in ("cases nested in tests", "readers and cases nested in tests"):
        return 0.0, parts.cov2, 0.0
    return parts.cov1, parts.cov2, parts.cov3
