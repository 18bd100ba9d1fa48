"""Proportions with confidence intervals, and counts at an operating point."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike

from ..errors import InputError

__all__ = ["ConfusionCounts", "clopper_pearson_interval", "confusion_counts", "wilson_interval"]


def wilson_interval(successes: int, total: int, level: float = 0.95) -> tuple[float, float]:
    """Score interval without continuity correction (Wilson 1927; Newcombe, Stat Med 1998;17:857, method 3).

    Raises
    ------
    InputError
        If ``total`` is below 1 or ``successes`` is not between 0 and ``total``.
    """
    _check(successes, total)
    z = NormalDist().inv_cdf((1 + level) / 2)
    share = successes / total
    center = share + z * z / (2 * total)
    margin = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    scale = 1 + z * z / total
    # exact at the ends, where rounding would leave 1e-17
    low = 0.0 if successes == 0 else (center - margin) / scale
    high = 1.0 if successes == total else (center + margin) / scale
    return low, high


def clopper_pearson_interval(successes: int, total: int, level: float = 0.95) -> tuple[float, float]:
    """Exact interval from the beta distribution (Clopper and Pearson, Biometrika 1934). Errors:
    `wilson_interval`.
    """
    from scipy.stats import beta

    _check(successes, total)
    tail = (1 - level) / 2
    low = 0.0 if successes == 0 else float(beta.ppf(tail, successes, total - successes + 1))
    high = 1.0 if successes == total else float(beta.ppf(1 - tail, successes + 1, total - successes))
    return low, high


@dataclass(frozen=True)
class ConfusionCounts:
    """Numbers of cases by reference standard and call."""

    true_positives: int
    false_negatives: int
    false_positives: int
    true_negatives: int

    @property
    def positives(self) -> int:
        """Cases that are positive in the reference standard."""
        return self.true_positives + self.false_negatives

    @property
    def negatives(self) -> int:
        """Cases that are negative in the reference standard."""
        return self.true_negatives + self.false_positives

    @property
    def sensitivity(self) -> float | None:
        """Share of positives that were called; None without positives."""
        return self.true_positives / self.positives if self.positives else None

    @property
    def specificity(self) -> float | None:
        """Share of negatives that were not called; None without negatives."""
        return self.true_negatives / self.negatives if self.negatives else None

    @property
    def sensitivity_interval(self) -> tuple[float, float] | None:
        """Wilson's 95 % interval; None without positives."""
        return wilson_interval(self.true_positives, self.positives) if self.positives else None

    @property
    def specificity_interval(self) -> tuple[float, float] | None:
        """Wilson's 95 % interval; None without negatives."""
        return wilson_interval(self.true_negatives, self.negatives) if self.negatives else None


def confusion_counts(labels: ArrayLike, values: ArrayLike, threshold: float) -> ConfusionCounts:
    """Count calls at an operating point: a case is called positive when its value is at least ``threshold``.

    Parameters
    ----------
    labels : (n,) of 0 and 1
    values : (n,) float
        Probabilities, or scores on the scale of ``threshold``.

    Raises
    ------
    InputError
        If the shapes differ, a label is not 0 or 1, or a value is not a number.
    """
    truth, given = np.asarray(labels), np.asarray(values, np.float64)
    if truth.shape != given.shape or not np.isin(truth, (0, 1)).all() or np.isnan(given).any():
        raise InputError(
            "Counting calls needs a label of 0 or 1 and a number for every case. Leave others out."
        )
    positive, called = truth.astype(bool), given >= threshold
    return ConfusionCounts(
        true_positives=int(np.sum(positive & called)),
        false_negatives=int(np.sum(positive & ~called)),
        false_positives=int(np.sum(~positive & called)),
        true_negatives=int(np.sum(~positive & ~called)),
    )


def _check(successes: int, total: int) -> None:
    if total < 1 or not 0 <= successes <= total:
        raise InputError(
            f"{successes} of {total} is no proportion: give at least one case and at most all of them."
        )
