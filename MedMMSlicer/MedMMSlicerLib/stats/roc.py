"""Empirical ROC analysis: curve, area, DeLong's variance and tests, also for several images a patient.

Sources: DeLong, DeLong and Clarke-Pearson, Biometrics 1988;44:837 (variance, paired test); Sun and Xu, IEEE
Signal Processing Letters 2014;21:1389 (midrank form); Obuchowski, Biometrics 1997;53:567 (clustered data);
the unpaired test takes Welch's degrees of freedom.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InputError

__all__ = [
    "AucEstimate",
    "AucTest",
    "RocCurve",
    "auc",
    "delong",
    "delong_covariance",
    "paired_delong_test",
    "placements",
    "roc_curve",
    "unpaired_delong_test",
]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class RocCurve:
    """Operating points of a score, from the strictest to the most lenient.

    Parameters
    ----------
    thresholds : ndarray of float64, shape (n,)
        A case is called positive when its score is at least the threshold; the first is infinite.
    sensitivity, specificity : ndarray of float64, shape (n,)
        0 to 1.
    """

    thresholds: Floats
    sensitivity: Floats
    specificity: Floats


@dataclass(frozen=True)
class AucEstimate:
    """Area under the ROC curve with its variance and the numbers of cases behind it."""

    auc: float
    variance: float
    positives: int
    negatives: int

    def interval(self, level: float = 0.95, *, logit: bool = False) -> tuple[float, float]:
        """Normal confidence interval, cut at 0 and 1.

        Parameters
        ----------
        level : float
            0 to 1.
        logit : bool
            On the scale log(auc / (1 - auc)), which keeps inside of 0 and 1 by itself. Where the area is 0
            or 1 the variance is 0 and both forms give that single value.
        """
        margin = _normal_quantile((1 + level) / 2) * math.sqrt(self.variance)
        if not logit or self.auc in (0.0, 1.0):
            return max(0.0, self.auc - margin), min(1.0, self.auc + margin)
        center = math.log(self.auc / (1 - self.auc))
        margin /= self.auc * (1 - self.auc)
        low, high = (1 / (1 + math.exp(-value)) for value in (center - margin, center + margin))
        return low, high


@dataclass(frozen=True)
class AucTest:
    """Comparison of two areas: ``difference`` is first minus second.

    ``statistic`` is z (paired) or t (unpaired), ``p_value`` two-sided, ``ci95`` the interval of the
    difference.
    """

    difference: float
    statistic: float
    p_value: float
    ci95: tuple[float, float]


def roc_curve(labels: ArrayLike, scores: ArrayLike) -> RocCurve:
    """Empirical ROC curve; cases with equal scores move together.

    Parameters
    ----------
    labels : (n,) of 0 and 1
    scores : (n,) float
        Higher means more likely positive. Infinite is allowed.

    Raises
    ------
    InputError
        If there are no positives, no negatives, other labels, or scores that are not a number.
    """
    positive, values = _checked(labels, scores)
    order = np.argsort(-values, kind="stable")
    ordered, hits = values[order], positive[order]
    last = np.append(np.flatnonzero(ordered[1:] != ordered[:-1]), len(ordered) - 1)
    true_positives = np.cumsum(hits)[last]
    false_positives = last + 1 - true_positives
    return RocCurve(
        thresholds=np.append(math.inf, ordered[last]),
        sensitivity=np.append(0.0, true_positives / true_positives[-1]),
        specificity=np.append(1.0, 1 - false_positives / false_positives[-1]),
    )


def auc(labels: ArrayLike, scores: ArrayLike) -> float:
    """Probability that a positive case scores higher than a negative one, ties counted one half.

    Parameters and errors are those of `roc_curve`.
    """
    positive, values = _checked(labels, scores)
    return float(placements(positive, values)[0].mean())


def delong(labels: ArrayLike, scores: ArrayLike, groups: ArrayLike | None = None) -> AucEstimate:
    """Area under the ROC curve with DeLong's variance.

    Parameters
    ----------
    labels : (n,) of 0 and 1
    scores : (n,) float
    groups : (n,), optional
        Patient of each case. With several cases a patient the variance is Obuchowski's, which takes these as
        correlated; with one each it is DeLong's.

    Raises
    ------
    InputError
        As `roc_curve`; also if there are fewer than two positives or negatives, or two patients: a variance
        needs two.
    """
    positive, values = _checked(labels, scores, at_least=2)
    of_positives, of_negatives = placements(positive, values)
    area = float(of_positives.mean())
    count, others = len(of_positives), len(of_negatives)
    if groups is None:
        variance = float(of_positives.var(ddof=1) / count + of_negatives.var(ddof=1) / others)
    else:
        variance = _clustered_variance(positive, (of_positives, of_negatives), np.asarray(groups))
    return AucEstimate(area, max(variance, 0.0), count, others)


def delong_covariance(labels: ArrayLike, scores: ArrayLike) -> tuple[Floats, Floats]:
    """Areas (m,) and their covariance matrix (m, m) for m scores of the same cases, ``scores`` of shape (m,
    n).

    Errors are those of `delong`.
    """
    rows = np.atleast_2d(np.asarray(scores, np.float64))
    pairs = [placements(*_checked(labels, row, at_least=2)) for row in rows]
    of_positives = np.stack([pair[0] for pair in pairs])
    of_negatives = np.stack([pair[1] for pair in pairs])
    covariance = np.atleast_2d(np.cov(of_positives)) / of_positives.shape[1]
    covariance = covariance + np.atleast_2d(np.cov(of_negatives)) / of_negatives.shape[1]
    return of_positives.mean(axis=1), covariance


def paired_delong_test(labels: ArrayLike, first: ArrayLike, second: ArrayLike) -> AucTest:
    """Compare two scores of the same cases (both (n,) float). Errors are those of `delong`."""
    areas, covariance = delong_covariance(labels, np.stack([np.asarray(first), np.asarray(second)]))
    variance = covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]
    error = math.sqrt(max(float(variance), 0.0))
    difference = float(areas[0] - areas[1])
    z = _ratio(difference, error)
    margin = _normal_quantile(0.975) * error
    return AucTest(
        difference, z, math.erfc(abs(z) / math.sqrt(2)), (difference - margin, difference + margin)
    )


def unpaired_delong_test(first: AucEstimate, second: AucEstimate) -> AucTest:
    """Compare the areas of two independent groups of cases by a t statistic with Welch's degrees of
    freedom.
    """
    from scipy.stats import t as student

    total = first.variance + second.variance
    difference = first.auc - second.auc
    if total == 0:
        statistic = _ratio(difference, 0.0)
        return AucTest(difference, statistic, float(statistic == 0), (difference, difference))
    sizes = [estimate.positives + estimate.negatives for estimate in (first, second)]
    freedom = total**2 / (first.variance**2 / (sizes[0] - 1) + second.variance**2 / (sizes[1] - 1))
    statistic = difference / math.sqrt(total)
    margin = float(student.ppf(0.975, freedom)) * math.sqrt(total)
    p_value = 2 * float(student.sf(abs(statistic), freedom))
    return AucTest(difference, statistic, p_value, (difference - margin, difference + margin))


def _checked(labels: ArrayLike, scores: ArrayLike, at_least: int = 1) -> tuple[NDArray[np.bool_], Floats]:
    truth, values = np.asarray(labels), np.asarray(scores, np.float64)
    if truth.ndim != 1 or truth.shape != values.shape:
        raise InputError(
            f"Labels {truth.shape} and scores {values.shape} do not fit: give one of each a case."
        )
    if not np.isin(truth, (0, 1)).all():
        raise InputError("ROC analysis needs labels that are 0 or 1. Leave cases without a label out.")
    if np.isnan(values).any():
        raise InputError("ROC analysis needs a score for every case. Leave cases without one out.")
    positive = truth.astype(bool)
    count = int(positive.sum())
    if min(count, len(positive) - count) < at_least:
        raise InputError(
            f"ROC analysis needs at least {at_least} positive and {at_least} negative cases; there "
            f"are {count} and {len(positive) - count}. Add cases."
        )
    return positive, values


def placements(positive: NDArray[np.bool_], values: Floats) -> tuple[Floats, Floats]:
    """Share of negatives below each positive, and of positives above each negative, ties one half.

    Parameters
    ----------
    positive : ndarray of bool, shape (n,)
    values : ndarray of float64, shape (n,)

    Returns
    -------
    tuple of ndarray of float64
        Placement values of the positives and of the negatives (DeLong 1988), each in the order of ``values``;
        the mean of either is the area.
    """
    hits, misses = np.sort(values[positive]), np.sort(values[~positive])
    below = np.searchsorted(misses, values[positive], "left") + np.searchsorted(
        misses, values[positive], "right"
    )
    above = np.searchsorted(hits, values[~positive], "left") + np.searchsorted(
        hits, values[~positive], "right"
    )
    return below / (2 * len(misses)), 1 - above / (2 * len(hits))


def _clustered_variance(
    positive: NDArray[np.bool_], placements: tuple[Floats, Floats], groups: NDArray[np.generic]
) -> float:
    """Obuchowski 1997, equations for one test, from placement values summed over each patient."""
    if groups.shape != positive.shape:
        raise InputError(f"{groups.size} patients were given for {positive.size} cases: give one a case.")
    names, index = np.unique(groups, return_inverse=True)
    if len(names) < 2:
        raise InputError("The variance of an area needs at least two patients. Add patients.")
    area = placements[0].mean()
    sums, patients = [], []
    for mask, placed in ((positive, placements[0]), (~positive, placements[1])):
        sums.append(np.bincount(index[mask], placed - area, len(names)))
        patients.append(len(np.unique(index[mask])))
    if min(patients) < 2:
        raise InputError(
            "The variance of an area needs two patients with positives and two with negatives. Add some."
        )
    count, others = len(placements[0]), len(placements[1])
    within_positives = patients[0] / ((patients[0] - 1) * count) * np.sum(sums[0] ** 2) / count
    within_negatives = patients[1] / ((patients[1] - 1) * others) * np.sum(sums[1] ** 2) / others
    between = len(names) / (len(names) - 1) * np.sum(sums[0] * sums[1])
    return float(within_positives + within_negatives + 2 * between / (count * others))


def _ratio(difference: float, error: float) -> float:
    """Return ``difference`` in units of its error; identical curves have neither."""
    if error > 0:
        return difference / error
    return 0.0 if difference == 0 else math.copysign(math.inf, difference)


def _normal_quantile(probability: float) -> float:
    from statistics import NormalDist

    return NormalDist().inv_cdf(probability)
