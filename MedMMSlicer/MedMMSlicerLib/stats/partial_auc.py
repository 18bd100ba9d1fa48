"""Partial area under the empirical ROC curve.

Sources: McClish, Med Decis Making 1989;9:190 (partial area and its standardization); the variance is that of
the jackknife over cases.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InputError, UsageError
from .roc import roc_curve

__all__ = ["PartialAucEstimate", "partial_area", "partial_auc"]


@dataclass(frozen=True)
class PartialAucEstimate:
    """Area under the part of the ROC curve between two false positive rates.

    Parameters
    ----------
    area : float
        0 to the width of the range.
    standardized : float
        McClish's: 1 for perfect, 0.5 for chance.
    standard_error : float
        Of ``area``.
    ci95 : tuple of float
        Of ``area``, normal, cut at 0 and the width.
    """

    area: float
    standardized: float
    standard_error: float
    ci95: tuple[float, float]
    lowest_fpr: float
    highest_fpr: float


def partial_area(
    positive: NDArray[np.bool_], scores: NDArray[np.float64], highest_fpr: float, lowest_fpr: float = 0.0
) -> float:
    """Area under the empirical curve, points joined by lines, between two false positive rates."""
    curve = roc_curve(positive, scores)
    fpr = 1 - curve.specificity
    inside = (fpr > lowest_fpr) & (fpr < highest_fpr)
    # at a vertical step the upper end counts on the left of the range, the lower end is inside
    ends = (
        [_height(fpr, curve.sensitivity, lowest_fpr, upper=True)],
        [_height(fpr, curve.sensitivity, highest_fpr, upper=False)],
    )
    rates = np.concatenate([[lowest_fpr], fpr[inside], [highest_fpr]])
    heights = np.concatenate([ends[0], curve.sensitivity[inside], ends[1]])
    return float(np.sum(np.diff(rates) * (heights[1:] + heights[:-1]) / 2))


def partial_auc(
    labels: ArrayLike, scores: ArrayLike, highest_fpr: float, lowest_fpr: float = 0.0
) -> PartialAucEstimate:
    """Partial area with its jackknife standard error.

    Parameters
    ----------
    labels : (n,) of 0 and 1
    scores : (n,) float
    highest_fpr, lowest_fpr : float
        Range of false positive rates, 0 to 1.

    Raises
    ------
    InputError
        As `roc_curve`; also with fewer than two positive or negative cases.
    UsageError
        If the range is empty or outside of 0 and 1.
    """
    if not 0 <= lowest_fpr < highest_fpr <= 1:
        raise UsageError(
            f"False positive rates from {lowest_fpr} to {highest_fpr} are no range between 0 and 1: give one."
        )
    positive, values = np.asarray(labels), np.asarray(scores, np.float64)
    roc_curve(positive, values)
    positive = positive.astype(bool)
    if min(positive.sum(), (~positive).sum()) < 2:
        raise InputError("A partial area with its error needs two positive and two negative cases. Add some.")
    area = partial_area(positive, values, highest_fpr, lowest_fpr)
    count = len(values)
    keep = ~np.eye(count, dtype=bool)
    left = np.array([partial_area(positive[row], values[row], highest_fpr, lowest_fpr) for row in keep])
    error = math.sqrt((count - 1) / count * float(np.sum((left - left.mean()) ** 2)))
    width = highest_fpr - lowest_fpr
    least = (highest_fpr**2 - lowest_fpr**2) / 2
    margin = 1.959963984540054 * error
    return PartialAucEstimate(
        area,
        (1 + (area - least) / (width - least)) / 2,
        error,
        (max(0.0, area - margin), min(width, area + margin)),
        lowest_fpr,
        highest_fpr,
    )


def _height(fpr: NDArray[np.float64], sensitivity: NDArray[np.float64], rate: float, *, upper: bool) -> float:
    on_it = sensitivity[fpr == rate]
    if len(on_it):
        return float(on_it.max() if upper else on_it.min())
    return float(np.interp(rate, fpr, sensitivity))
