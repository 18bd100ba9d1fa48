"""Intraclass correlation of several raters.

Sources: Shrout and Fleiss, Psychol Bull 1979;86:420 (forms); McGraw and Wong, Psychol Methods 1996;1:30
(intervals).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from ..errors import InputError, UsageError

__all__ = ["IccEstimate", "IccKind", "intraclass_correlation"]

IccKind = Literal["1,1", "2,1", "3,1", "1,k", "2,k", "3,k"]


@dataclass(frozen=True)
class IccEstimate:
    """Intraclass correlation with its interval and the F test that it is zero."""

    kind: IccKind
    value: float
    interval: tuple[float, float]
    f: float
    df1: int
    df2: int
    p_value: float
    cases: int
    raters: int


def intraclass_correlation(values: ArrayLike, kind: IccKind = "2,1", level: float = 0.95) -> IccEstimate:
    """Agreement of raters on a number.

    Parameters
    ----------
    values : (n, k) float
        One row a case, one column a rater; complete.
    kind : str
        ``1``: each case has raters of its own; ``2``: the same raters, a sample, absolute agreement; ``3``:
        only these raters, consistency. ``,1`` for one rater, ``,k`` for the mean of all.
    level : float
        0 to 1.

    Raises
    ------
    InputError
        If there are fewer than two cases or raters, a value is missing, or nothing varies.
    UsageError
        If the kind is unknown.
    """
    from scipy.special import fdtrc, fdtri

    if kind not in ("1,1", "2,1", "3,1", "1,k", "2,k", "3,k"):
        raise UsageError(f"There is no intraclass correlation '{kind}': use 1,1 2,1 3,1 1,k 2,k or 3,k.")
    table = np.asarray(values, np.float64)
    if table.ndim != 2 or min(table.shape) < 2 or not np.isfinite(table).all():
        raise InputError(
            "Intraclass correlation needs finite values of two or more raters for two or more cases."
        )
    cases, raters = table.shape
    rows, columns = table.mean(axis=1), table.mean(axis=0)
    between = raters * float(np.var(rows, ddof=1))
    among = cases * float(np.var(columns, ddof=1))
    residual = float(np.sum((table - rows[:, None] - columns[None] + table.mean()) ** 2))
    spare = (cases - 1) * (raters - 1)
    error, within = residual / spare, float(np.sum((table - rows[:, None]) ** 2)) / (cases * (raters - 1))
    if between + within <= 1e-12 * max(1.0, float(np.max(np.abs(table)))) ** 2:
        raise InputError("Intraclass correlation is not defined where all values are equal.")
    tail = (1 + level) / 2
    noise, df2 = (within, cases * (raters - 1)) if kind[0] == "1" else (error, spare)
    ratio = between / noise if noise > 0 else math.inf
    p_value = 0.0 if math.isinf(ratio) else float(fdtrc(cases - 1, df2, ratio))
    if kind[0] == "2":
        value = (between - error) / (between + (raters - 1) * error + raters * (among - error) / cases)
        low, high = _absolute_limits((between, among, error), cases, raters, value, tail)
    else:
        value = (between - noise) / (between + (raters - 1) * noise)
        lower = ratio / float(fdtri(cases - 1, df2, tail))
        upper = ratio * float(fdtri(df2, cases - 1, tail))
        low, high = (
            1.0 if math.isinf(limit) else (limit - 1) / (limit + raters - 1) for limit in (lower, upper)
        )
    if kind.endswith("k"):
        value, low, high = (_of_mean(number, raters) for number in (value, low, high))
    return IccEstimate(kind, value, (low, high), ratio, cases - 1, df2, p_value, cases, raters)


def _absolute_limits(
    squares: tuple[float, float, float], cases: int, raters: int, value: float, tail: float
) -> tuple[float, float]:
    """Limits of ICC(2,1) with Satterthwaite's degrees of freedom."""
    from scipy.special import fdtri

    between, among, error = squares
    if value >= 1:
        return 1.0, 1.0
    first = raters * value / (cases * (1 - value))
    second = 1 + raters * value * (cases - 1) / (cases * (1 - value))
    parts = (first * among) ** 2 / (raters - 1) + (second * error) ** 2 / ((cases - 1) * (raters - 1))
    freedom = (first * among + second * error) ** 2 / parts if parts > 0 else math.inf
    rest = raters * among + (raters * cases - raters - cases) * error
    above = float(fdtri(cases - 1, min(freedom, 1e9), tail))
    below = float(fdtri(min(freedom, 1e9), cases - 1, tail))
    low = cases * (between - above * error) / (above * rest + cases * between)
    return low, cases * (below * between - error) / (rest + cases * below * between)


def _of_mean(value: float, raters: int) -> float:
    """Spearman-Brown: reliability of the mean of ``raters``."""
    return raters * value / (1 + (raters - 1) * value)
