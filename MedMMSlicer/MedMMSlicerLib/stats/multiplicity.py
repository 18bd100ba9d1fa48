"""Adjusted p values for several tests."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InputError, UsageError

__all__ = ["adjust"]


def adjust(p_values: ArrayLike, method: str = "holm") -> NDArray[np.float64]:
    """Adjust p values, in the order given.

    Parameters
    ----------
    p_values : (m,) float
        0 to 1.
    method : str
        ``holm`` (Scand J Stat 1979;6:65), ``bonferroni``, both for the chance of any false claim, or
        ``benjamini-hochberg`` (J R Stat Soc B 1995;57:289) for the share of false claims.

    Raises
    ------
    InputError
        If a p value is not from 0 to 1.
    UsageError
        If the method is unknown.
    """
    values = np.asarray(p_values, np.float64)
    if values.ndim != 1 or not ((values >= 0) & (values <= 1)).all():
        raise InputError("p values to adjust have to be numbers from 0 to 1. Leave tests without one out.")
    count = len(values)
    order = np.argsort(values, kind="stable")
    if method == "bonferroni":
        return np.minimum(values * count, 1.0)
    if method == "holm":
        steps = np.maximum.accumulate(values[order] * np.arange(count, 0, -1))
    elif method == "benjamini-hochberg":
        scaled = values[order] * count / np.arange(1, count + 1)
        steps = np.minimum.accumulate(scaled[::-1])[::-1]
    else:
        raise UsageError(f"The adjustment '{method}' is unknown: use holm, bonferroni or benjamini-hochberg.")
    adjusted = np.empty(count)
    adjusted[order] = np.minimum(steps, 1.0)
    return adjusted
