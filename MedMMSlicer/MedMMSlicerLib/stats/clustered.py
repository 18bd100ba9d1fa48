"""Proportions where several cases come from one patient, by the ratio estimator.

Sources: Rao and Scott, Biometrics 1992;48:577 (variance, effective sample size); Obuchowski, Stat Med
1998;17:1495 (difference of paired proportions).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InputError
from .distributions import ratio_to_error

__all__ = ["ClusteredDifference", "ClusteredProportion", "clustered_difference", "clustered_proportion"]


@dataclass(frozen=True)
class ClusteredProportion:
    """A share of cases; ``interval`` is Wilson's for the effective number of cases."""

    value: float
    standard_error: float
    interval: tuple[float, float]
    cases: int
    clusters: int
    design_effect: float


@dataclass(frozen=True)
class ClusteredDifference:
    """Difference of two paired shares, first minus second, with a normal test."""

    difference: float
    standard_error: float
    interval: tuple[float, float]
    statistic: float
    p_value: float
    clusters: int


def clustered_proportion(
    successes: ArrayLike, clusters: ArrayLike, level: float = 0.95
) -> ClusteredProportion:
    """Share of successes.

    Parameters
    ----------
    successes : (n,) of 0 and 1
    clusters : (n,)
        Patient of each case.
    level : float
        0 to 1.

    Returns
    -------
    ClusteredProportion
        Where all or none are successes nothing shows how alike cases of a patient are: patients then count as
        cases.

    Raises
    ------
    InputError
        If shapes differ, a value is not 0 or 1, or there are fewer than two patients.
    """
    values = np.asarray(successes, np.float64)
    if not np.isin(values, (0, 1)).all():
        raise InputError("A share of cases needs 0 or 1 for every case. Leave others out.")
    sums, sizes = _by_cluster(values, clusters)
    share, error = _ratio(sums, sizes)
    total, count = int(sizes.sum()), len(sums)
    plain = share * (1 - share) / total
    effect = error**2 / plain if plain > 0 else total / count
    effective = total / effect if effect > 0 else math.inf
    return ClusteredProportion(share, error, _wilson(share, effective, level), total, count, effect)


def clustered_difference(
    first: ArrayLike, second: ArrayLike, clusters: ArrayLike, level: float = 0.95
) -> ClusteredDifference:
    """Compare two shares of the same cases, as McNemar's test for several cases a patient.

    Parameters
    ----------
    first, second : (n,) of 0 and 1
    clusters : (n,)
        Patient of each case.
    level : float
        0 to 1.

    Raises
    ------
    InputError
        As `clustered_proportion`.
    """
    one, two = np.asarray(first, np.float64), np.asarray(second, np.float64)
    if one.shape != two.shape or not (np.isin(one, (0, 1)) & np.isin(two, (0, 1))).all():
        raise InputError("Two paired shares need 0 or 1 from both for every case. Leave others out.")
    sums, sizes = _by_cluster(one - two, clusters)
    gap, error = _ratio(sums, sizes)
    statistic = ratio_to_error(gap, error)
    margin = NormalDist().inv_cdf((1 + level) / 2) * error
    p_value = math.erfc(abs(statistic) / math.sqrt(2))
    return ClusteredDifference(gap, error, (gap - margin, gap + margin), statistic, p_value, len(sums))


def _by_cluster(
    values: NDArray[np.float64], clusters: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    names = np.asarray(clusters)
    if values.ndim != 1 or names.shape != values.shape:
        raise InputError(f"{names.size} patients were given for {values.size} cases: give one a case.")
    index = np.unique(names, return_inverse=True)[1]
    sizes = np.bincount(index).astype(np.float64)
    if len(sizes) < 2:
        raise InputError("The error of a share needs at least two patients. Add patients.")
    return np.bincount(index, values).astype(np.float64), sizes


def _ratio(sums: NDArray[np.float64], sizes: NDArray[np.float64]) -> tuple[float, float]:
    """Ratio of sums and its standard error from the spread between clusters."""
    share, count = float(sums.sum() / sizes.sum()), len(sums)
    spread = count / (count - 1) * float(np.sum((sums - share * sizes) ** 2))
    return share, math.sqrt(spread) / float(sizes.sum())


def _wilson(share: float, size: float, level: float) -> tuple[float, float]:
    if math.isinf(size):
        return share, share
    z = NormalDist().inv_cdf((1 + level) / 2)
    center = share + z * z / (2 * size)
    margin = z * math.sqrt(share * (1 - share) / size + z * z / (4 * size * size))
    scale = 1 + z * z / size
    return max(0.0, (center - margin) / scale), min(1.0, (center + margin) / scale)
