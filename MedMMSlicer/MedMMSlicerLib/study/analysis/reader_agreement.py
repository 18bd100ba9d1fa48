"""Agreement of readers on the same cases, test by test."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...stats.agreement import cohen_kappa, fleiss_kappa_estimate
from ...stats.icc import intraclass_correlation
from ...stats.ratings import ReaderRatings
from .plain import plain

__all__ = ["agreement_of"]

MOST_CATEGORIES = 10
"""Ratings with more different values are taken as continuous: no kappa over them."""

Floats = NDArray[np.float64]


def agreement_of(ratings: ReaderRatings, threshold: float | None, level: float) -> list[dict[str, Any]]:
    """Agreement on the cases that all readers of a test read.

    Returns
    -------
    list of dict
        ``test``, ``measure``, ``readers``, ``cases``, ``value``, ``interval`` (95 % of kappas), ``note``:
        intraclass correlation of ratings (two-way random, absolute agreement, one reader), quadratic kappa
        of each pair of readers where ratings have at most `MOST_CATEGORIES` values, and Fleiss' kappa of
        the calls at the threshold.
    """
    rows = []
    for index, test in enumerate(ratings.tests):
        given = ratings.ratings[index]
        active = ~np.isnan(given).all(axis=1)
        names = [name for name, is_active in zip(ratings.readers, active) if is_active]
        table = given[active]
        table = table[:, ~np.isnan(table).any(axis=0)]
        if len(names) < 2 or table.shape[1] < 3:
            continue
        found = [_correlation(table, level), *_pairs(names, table)]
        if threshold is not None:
            found.append(_calls(len(names), table >= threshold))
        rows += [{"test": test, "cases": table.shape[1], **row} for row in found]
    return rows


def _correlation(table: Floats, level: float) -> dict[str, Any]:
    row: dict[str, Any] = {"measure": "ICC(2,1) of ratings", "readers": f"all {len(table)}"}
    if np.ptp(table) == 0:
        return {**row, "value": None, "interval": None, "note": "all ratings are equal: not defined"}
    found = intraclass_correlation(table.T, "2,1", level)
    return {**row, "value": found.value, "interval": plain(found.interval), "note": ""}


def _pairs(names: list[str], table: Floats) -> list[dict[str, Any]]:
    categories = np.unique(table)
    if len(categories) > MOST_CATEGORIES:
        return []
    rows = []
    places = np.searchsorted(categories, table)
    for first, second in combinations(range(len(names)), 2):
        counts = np.zeros((len(categories), len(categories)), int)
        np.add.at(counts, (places[first], places[second]), 1)
        row: dict[str, Any] = {"measure": "quadratic kappa", "readers": f"{names[first]} / {names[second]}"}
        if max(counts.sum(axis=0).max(), counts.sum(axis=1).max()) == counts.sum():
            note = "a reader used a single category: not defined"
            rows.append({**row, "value": None, "interval": None, "note": note})
            continue
        estimate = cohen_kappa(counts, "quadratic")
        rows.append({**row, "value": estimate.kappa, "interval": list(estimate.ci95), "note": ""})
    return rows


def _calls(readers: int, called: NDArray[np.bool_]) -> dict[str, Any]:
    row: dict[str, Any] = {"measure": "Fleiss' kappa of calls", "readers": f"all {readers}", "interval": None}
    counts = np.column_stack([called.sum(axis=0), (~called).sum(axis=0)])
    # the jackknife of the interval leaves out each case once
    if ((called.sum() - counts[:, 0]) == 0).any() or (((~called).sum() - counts[:, 1]) == 0).any():
        return {**row, "value": None, "note": "nearly all calls are equal: not defined"}
    estimate = fleiss_kappa_estimate(counts)
    return {**row, "value": estimate.kappa, "interval": list(estimate.ci95), "note": ""}
