"""Figures of merit of one reader in one test, as multi-reader analysis needs them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..errors import UsageError
from .partial_auc import partial_area
from .roc import placements

__all__ = ["AUC", "Figure", "partial_auc_up_to", "sensitivity_at", "specificity_at"]

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
CasesUsed = Literal["all", "positive", "negative"]


@dataclass(frozen=True)
class Figure:
    """What is estimated from the ratings that one reader gave in one test.

    Parameters
    ----------
    name : str
    cases : str
        Which cases the figure depends on: ``all``, ``positive`` or ``negative``.
    value : callable
        Takes ``positive`` (n,) and ``ratings`` (n,) of the cases that were read; returns the figure.
    placements : callable, optional
        For figures that are means over cases or over pairs of a positive and a negative case: takes the same,
        returns the contribution of each positive and of each negative. It makes the jackknife quick and exact
        and DeLong's covariance possible.
    pairwise : bool
        Whether the figure is the empirical area, so that Gallas' unbiased covariance counts pairs.
    """

    name: str
    cases: CasesUsed
    value: Callable[[Mask, Floats], float]
    placements: Callable[[Mask, Floats], tuple[Floats, Floats]] | None = None
    pairwise: bool = False

    def used(self, positive: Mask) -> Mask:
        """Which cases the figure depends on, (n,)."""
        if self.cases == "all":
            return np.ones_like(positive)
        return positive if self.cases == "positive" else ~positive

    def lacks(self, positive: Mask) -> str:
        """Why the figure can not be estimated from cases with this reference standard; empty if it can.

        A variance needs two cases of each kind that the figure uses.
        """
        count = int(positive.sum())
        for kind, number in (("positive", count), ("negative", len(positive) - count)):
            if self.cases in ("all", kind) and number < 2:
                return f"{number} {kind} cases were read, two are needed"
        return ""

    def leave_one_out(self, positive: Mask, ratings: Floats) -> Floats:
        """Figure without each case in turn, (n,)."""
        if self.placements is None:
            keep = ~np.eye(len(positive), dtype=bool)
            return np.array([self.value(positive[kept], ratings[kept]) for kept in keep])
        whole = self.value(positive, ratings)
        left = np.full(len(positive), whole)
        for mask, parts in zip((positive, ~positive), self.placements(positive, ratings)):
            if len(parts) > 1:
                left[mask] = (len(parts) * whole - parts) / (len(parts) - 1)
        return left


def _area(positive: Mask, ratings: Floats) -> float:
    return float(placements(positive, ratings)[0].mean())


AUC = Figure("AUC", "all", _area, placements, pairwise=True)
"""Empirical area under the ROC curve, ties one half."""


def sensitivity_at(threshold: float) -> Figure:
    """Share of positive cases rated at least ``threshold``."""

    def parts(positive: Mask, ratings: Floats) -> tuple[Floats, Floats]:
        called = (ratings[positive] >= threshold).astype(np.float64)
        return called, np.full(int((~positive).sum()), called.mean())

    return Figure(
        f"sensitivity at rating >= {threshold:g}",
        "positive",
        lambda positive, ratings: float(np.mean(ratings[positive] >= threshold)),
        parts,
    )


def specificity_at(threshold: float) -> Figure:
    """Share of negative cases rated below ``threshold``."""

    def parts(positive: Mask, ratings: Floats) -> tuple[Floats, Floats]:
        cleared = (ratings[~positive] < threshold).astype(np.float64)
        return np.full(int(positive.sum()), cleared.mean()), cleared

    return Figure(
        f"specificity at rating < {threshold:g}",
        "negative",
        lambda positive, ratings: float(np.mean(ratings[~positive] < threshold)),
        parts,
    )


def partial_auc_up_to(highest_fpr: float) -> Figure:
    """Mean sensitivity over false positive rates from 0 to ``highest_fpr``: the partial area divided by its
    width.

    Raises
    ------
    UsageError
        If ``highest_fpr`` is not above 0 and at most 1.
    """
    if not 0 < highest_fpr <= 1:
        raise UsageError(f"The highest false positive rate is {highest_fpr}: give one above 0 and at most 1.")
    return Figure(
        f"partial AUC, false positive rate 0 to {highest_fpr:g}",
        "all",
        lambda positive, ratings: partial_area(positive, ratings, highest_fpr) / highest_fpr,
    )
