"""Tail probabilities and quantiles where degrees of freedom may be infinite and errors zero."""

from __future__ import annotations

import math

__all__ = ["f_tail", "ratio_to_error", "t_quantile", "t_two_sided"]


def ratio_to_error(difference: float, error: float) -> float:
    """``difference / error``; without an error 0 if there is no difference, else infinite."""
    if error > 0:
        return difference / error
    return 0.0 if difference == 0 else math.copysign(math.inf, difference)


def t_two_sided(statistic: float, df: float) -> float:
    """Two-sided p value of a t statistic; of a normal one if ``df`` is infinite."""
    from scipy.special import ndtr, stdtr

    below = -abs(statistic)
    return min(1.0, 2 * float(ndtr(below) if math.isinf(df) else stdtr(df, below)))


def t_quantile(level: float, df: float) -> float:
    """Two-sided quantile of the t distribution for a confidence ``level``; normal if ``df`` is infinite."""
    from scipy.special import ndtri, stdtrit

    tail = (1 + level) / 2
    return float(ndtri(tail) if math.isinf(df) else stdtrit(df, tail))


def f_tail(statistic: float, df1: float, df2: float) -> float:
    """Upper tail of the F distribution; of chi-square over ``df1`` if ``df2`` is infinite."""
    from scipy.special import chdtrc, fdtrc

    if math.isinf(statistic):
        return 0.0
    return float(chdtrc(df1, statistic * df1) if math.isinf(df2) else fdtrc(df1, df2, statistic))
