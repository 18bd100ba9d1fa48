"""Empirical ROC curves of every reader and test, and their average in each test."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...stats.ratings import ReaderRatings
from ...stats.roc import roc_curve

__all__ = ["average_curve", "roc_curves"]

Floats = NDArray[np.float64]


def roc_curves(ratings: ReaderRatings) -> dict[str, Any]:
    """Operating points of every reader who read positive and negative cases, and averages.

    Returns
    -------
    dict
        ``readers``: ``test``, ``reader``, ``fpr``, ``tpr`` and ``thresholds`` (the first is None: nothing is
        called); ``averages``: ``test``, ``fpr``, ``tpr``. The average is the mean sensitivity at each false
        positive rate, so that the area under it is the mean of the readers' areas.
    """
    readers, averages = [], []
    for test_index, test in enumerate(ratings.tests):
        curves = []
        for reader_index, reader in enumerate(ratings.readers):
            given = ratings.ratings[test_index, reader_index]
            kept = ~np.isnan(given)
            if not 0 < ratings.positive[kept].sum() < kept.sum():
                continue
            curve = roc_curve(ratings.positive[kept].astype(int), given[kept])
            fpr = 1 - curve.specificity
            curves.append((fpr, curve.sensitivity))
            thresholds = [None, *curve.thresholds[1:].tolist()]
            row = {"test": test, "reader": reader, "fpr": fpr.tolist(), "tpr": curve.sensitivity.tolist()}
            readers.append({**row, "thresholds": thresholds})
        if curves:
            fpr, tpr = average_curve(curves)
            averages.append({"test": test, "fpr": fpr.tolist(), "tpr": tpr.tolist()})
    return {"readers": readers, "averages": averages}


def average_curve(curves: list[tuple[Floats, Floats]]) -> tuple[Floats, Floats]:
    """Mean of curves over their common false positive rates; steps keep both of their ends."""
    rates = np.unique(np.concatenate([fpr for fpr, _ in curves]))
    low = np.mean([_at(rates, fpr, tpr, last=False) for fpr, tpr in curves], axis=0)
    high = np.mean([_at(rates, fpr, tpr, last=True) for fpr, tpr in curves], axis=0)
    return np.repeat(rates, 2), np.column_stack([low, high]).ravel()


def _at(rates: Floats, fpr: Floats, tpr: Floats, *, last: bool) -> Floats:
    """Value of a curve at the given rates: at a vertical step its lower end, or its upper one."""
    values = np.interp(rates, fpr, tpr)
    place = np.searchsorted(fpr, rates, "right" if last else "left") - (1 if last else 0)
    exact = np.isclose(fpr[np.clip(place, 0, len(fpr) - 1)], rates, atol=0, rtol=0)
    return np.where(exact, tpr[np.clip(place, 0, len(fpr) - 1)], values)
