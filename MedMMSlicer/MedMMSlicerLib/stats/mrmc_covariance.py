"""Figures of merit of every reader in every test, and how they covary because they read the same cases.

Three estimates of the covariance: the jackknife over cases (Quenouille; as in Dorfman, Berbaum and Metz,
Invest Radiol 1992;27:723), DeLong's (Biometrics 1988;44:837; Obuchowski, Biometrics 1997;53:567 for several
cases a patient), and the unbiased one of U-statistics (Gallas, Acad Radiol 2006;13:353; Gallas and Brown,
Neural Networks 2008;21:387). Cases that only one of two readers read add nothing to their covariance.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, UsageError
from .figures import Figure
from .ratings import ReaderRatings

__all__ = [
    "CovarianceMethod",
    "FigureTable",
    "LeftOut",
    "delong_table",
    "figure_table",
    "jackknife_table",
    "left_out_of",
    "unbiased_table",
]

CovarianceMethod = Literal["jackknife", "delong", "unbiased"]

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

_CHUNK_ELEMENTS = 400_000


@dataclass(frozen=True, eq=False)
class FigureTable:
    """Figures of merit and their covariance over samples of cases.

    Parameters
    ----------
    values : ndarray of float64, shape (T, R)
        NaN where a reader gave too little in a test.
    covariance : ndarray of float64, shape (T, R, T, R)
        NaN in rows and columns of such cells.
    units : int
        Cases (patients, if several cases are of one) behind the covariance.
    """

    values: Floats
    covariance: Floats
    units: int


@dataclass(frozen=True, eq=False)
class LeftOut:
    """Figures of merit with and without each case.

    Parameters
    ----------
    values : ndarray of float64, shape (T, R)
    without : ndarray of float64, shape (T, R, N)
        Figure without that case (patient); that of all cases where the reader did not read it.
    read : ndarray of bool, shape (T, R, N)
        Whether the case counts in the figure of that reader and test.
    """

    values: Floats
    without: Floats
    read: Mask


def figure_table(ratings: ReaderRatings, figure: Figure, method: CovarianceMethod) -> FigureTable:
    """Estimate ``figure`` for every reader and test, with its covariance.

    Raises
    ------
    UsageError
        If the method is unknown or does not exist for this figure.
    """
    if method == "jackknife":
        return jackknife_table(left_out_of(ratings, figure))
    if method == "delong":
        return delong_table(ratings, figure)
    if method == "unbiased":
        return unbiased_table(ratings, figure)
    raise UsageError(f"The covariance '{method}' is unknown: use jackknife, delong or unbiased.")


def left_out_of(ratings: ReaderRatings, figure: Figure) -> LeftOut:
    """Leave out each case (patient, where ``clusters`` are given) that the figure uses and somebody read."""
    used = figure.used(ratings.positive) & ratings.read.any(axis=(0, 1))
    units = _units(ratings)[used]
    names, unit_of_case = np.unique(units, return_inverse=True)
    shape = (*ratings.ratings.shape[:2], len(names))
    values = np.full(shape[:2], np.nan)
    without, read = np.full(shape, np.nan), np.zeros(shape, bool)
    for test, reader, positive, given, kept in _cells(ratings, figure):
        values[test, reader] = figure.value(positive, given)
        without[test, reader] = values[test, reader]
        own = np.full(len(used), -1)
        own[used] = unit_of_case
        mine = own[kept]
        read[test, reader, mine[mine >= 0]] = True
        if ratings.clusters is None:
            without[test, reader, mine[mine >= 0]] = figure.leave_one_out(positive, given)[mine >= 0]
        else:
            for unit in np.unique(mine[mine >= 0]):
                rest = mine != unit
                _check_rest(figure, positive[rest], ratings, test, reader)
                without[test, reader, unit] = figure.value(positive[rest], given[rest])
    return LeftOut(values, without, read)


def jackknife_table(left_out: LeftOut) -> FigureTable:
    """Jackknife covariance: (N - 1) / N times the sum of products of deviations."""
    shape = left_out.values.shape
    count = left_out.without.shape[2]
    flat = left_out.without.reshape(-1, count)
    deviations = flat - flat.mean(axis=1, keepdims=True)
    covariance = (count - 1) / count * deviations @ deviations.T
    read = left_out.read.reshape(-1, count).astype(np.float64)
    apart = (read @ read.T == 0) & np.isfinite(covariance)
    return FigureTable(left_out.values, np.where(apart, 0.0, covariance).reshape(*shape, *shape), count)


def delong_table(ratings: ReaderRatings, figure: Figure) -> FigureTable:
    """DeLong's covariance from placement values; Obuchowski's for several cases a patient.

    Raises
    ------
    UsageError
        If the figure is not a mean over cases or pairs of cases.
    """
    if figure.placements is None:
        raise UsageError(f"DeLong's covariance does not exist for the {figure.name}: use jackknife.")
    tests, readers, cases = ratings.ratings.shape
    values = np.full((tests, readers), np.nan)
    parts = np.full((2, tests, readers, cases), np.nan)
    for test, reader, positive, given, kept in _cells(ratings, figure):
        values[test, reader] = figure.value(positive, given)
        pair = figure.placements(positive, given)
        parts[:, test, reader] = 0
        parts[0, test, reader, kept[positive]] = pair[0] - values[test, reader]
        parts[1, test, reader, kept[~positive]] = pair[1] - values[test, reader]
    flat = parts.reshape(2, tests * readers, cases)
    read = ratings.read.reshape(-1, cases).astype(np.float64)
    counts = [read[:, mask].sum(axis=1) for mask in (ratings.positive, ~ratings.positive)]
    if ratings.clusters is None:
        covariance = _delong(flat, read, counts, ratings.positive)
    else:
        covariance = _obuchowski(flat, counts, ratings)
    used = figure.used(ratings.positive) & ratings.read.any(axis=(0, 1))
    units = len(np.unique(_units(ratings)[used]))
    return FigureTable(values, covariance.reshape(tests, readers, tests, readers), units)


def unbiased_table(ratings: ReaderRatings, figure: Figure) -> FigureTable:
    """Unbiased covariance: product of both figures less the mean over pairs that share no case.

    Raises
    ------
    UsageError
        If the figure is not the empirical area or a share of cases, or if there are several cases a patient.
    """
    if ratings.clusters is not None:
        raise UsageError("The unbiased covariance takes cases as independent: use jackknife or delong.")
    if not figure.pairwise:
        if figure.cases == "all" or figure.placements is None:
            raise UsageError(f"The unbiased covariance does not exist for the {figure.name}: use jackknife.")
        # of a share of cases, DeLong's covariance is the sample covariance of the mean, which is unbiased
        return delong_table(ratings, figure)
    tests, readers, cases = ratings.ratings.shape
    flat, read = ratings.ratings.reshape(-1, cases), ratings.read.reshape(-1, cases)
    same, of_positives, of_negatives = _pair_sums(flat, ratings.positive)
    hits, misses = (read[:, mask].astype(np.float64) for mask in (ratings.positive, ~ratings.positive))
    sizes = hits.sum(axis=1) * misses.sum(axis=1)
    shared_hits, shared_misses = hits @ hits.T, misses @ misses.T
    sums = of_positives.sum(axis=1)
    apart = np.outer(sums, sums) - of_positives @ of_positives.T - of_negatives @ of_negatives.T + same
    pairs = (np.outer(hits.sum(axis=1), hits.sum(axis=1)) - shared_hits) * (
        np.outer(misses.sum(axis=1), misses.sum(axis=1)) - shared_misses
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        areas = sums / sizes
        covariance = np.outer(areas, areas) - apart / pairs
    enough = np.full((tests, readers), False)
    for test, reader, *_ in _cells(ratings, figure):
        enough[test, reader] = True
    lacking = ~enough.ravel()
    covariance[lacking], covariance[:, lacking] = np.nan, np.nan
    values = np.where(enough, areas.reshape(tests, readers), np.nan)
    units = int(ratings.read.any(axis=(0, 1)).sum())
    return FigureTable(values, covariance.reshape(tests, readers, tests, readers), units)


def _cells(
    ratings: ReaderRatings, figure: Figure
) -> Iterator[tuple[int, int, Mask, Floats, NDArray[np.int64]]]:
    """Readers and tests with enough cases: reference standard, ratings and positions of the cases read."""
    for test, reader in np.ndindex(*ratings.ratings.shape[:2]):
        kept = np.flatnonzero(ratings.read[test, reader])
        positive = ratings.positive[kept]
        if not figure.lacks(positive):
            yield test, reader, positive, ratings.ratings[test, reader, kept], kept


def _units(ratings: ReaderRatings) -> NDArray[np.int64]:
    return np.arange(len(ratings.cases)) if ratings.clusters is None else ratings.clusters


def _check_rest(figure: Figure, positive: Mask, ratings: ReaderRatings, test: int, reader: int) -> None:
    count = int(positive.sum())
    short = {"all": min(count, len(positive) - count), "positive": count, "negative": len(positive) - count}
    if short[figure.cases] < 1:
        raise InputError(
            f"Reader '{ratings.readers[reader]}' in test '{ratings.tests[test]}' has all positive or all "
            f"negative cases from one patient; the {figure.name} has no jackknife then. Add patients."
        )


def _delong(parts: Floats, read: Floats, counts: list[Floats], positive: Mask) -> Floats:
    covariance = np.zeros((len(read), len(read)))
    for part, count, mask in zip(parts, counts, (positive, ~positive)):
        shared = read[:, mask] @ read[:, mask].T
        # centered over all cases of a reader, so that the sum over shared cases is that of the covariance
        sums = part[:, mask] @ part[:, mask].T
        scale = np.where(shared > 1, shared / np.maximum(shared - 1, 1), 0.0)
        covariance += sums * scale / np.maximum(np.outer(count, count), 1)
    return covariance


def _obuchowski(parts: Floats, counts: list[Floats], ratings: ReaderRatings) -> Floats:
    groups = np.unique(_units(ratings), return_inverse=True)[1]
    total = int(groups.max()) + 1
    member = np.zeros((len(groups), total))
    member[np.arange(len(groups)), groups] = 1
    summed = [part @ member for part in parts]
    patients = [len(np.unique(groups[mask])) for mask in (ratings.positive, ~ratings.positive)]
    covariance = np.zeros((len(parts[0]), len(parts[0])))
    for part, count, number in zip(summed, counts, patients):
        covariance += number / max(number - 1, 1) * (part @ part.T) / np.maximum(np.outer(count, count), 1)
    mixed = (summed[0] @ summed[1].T) / np.maximum(np.outer(counts[0], counts[1]), 1)
    return np.asarray(covariance + total / max(total - 1, 1) * (mixed + mixed.T), np.float64)


def _pair_sums(flat: Floats, positive: Mask) -> tuple[Floats, Floats, Floats]:
    """Sums of the kernel (1 if the positive is rated higher, one half if equally, else 0).

    Returns
    -------
    tuple of ndarray
        Products over the same pair (n, n), sums of each positive (n, P) and of each negative (n, N); 0 where
        a case was not read.
    """
    hits, misses = flat[:, positive], flat[:, ~positive]
    same = np.zeros((len(flat), len(flat)))
    of_positives, of_negatives = np.zeros(hits.shape), np.zeros(misses.shape)
    step = max(1, _CHUNK_ELEMENTS // max(misses.size, 1))
    for start in range(0, hits.shape[1], step):
        block = hits[:, start : start + step, None]
        # comparisons with NaN are false: what was not read gives 0
        kernel = (block > misses[:, None, :]) + 0.5 * (block == misses[:, None, :])
        of_positives[:, start : start + step] = kernel.sum(axis=2)
        of_negatives += kernel.sum(axis=1)
        rows = kernel.reshape(len(flat), -1)
        same += rows @ rows.T
    return same, of_positives, of_negatives
