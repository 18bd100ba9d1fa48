"""Ratings of reports after the reading: Likert scales and RADPEER, by source."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np

from ...stats.agreement import cohen_kappa, wilcoxon_test
from ...stats.proportions import wilson_interval
from ..answers import LIKERT, RADPEER
from ..results import QualityRating
from .plain import plain

__all__ = ["RADPEER_SCALE", "quality_of"]

RADPEER_SCALE = "radpeer"

_Report = tuple[str, str]  # case, and the reader who wrote it


def quality_of(ratings: Sequence[QualityRating], alpha: float) -> list[dict[str, Any]]:
    """Summaries by round and scale.

    Returns
    -------
    list of dict
        ``round``, ``scale``, ``categories``, ``evaluators``, ``sources`` (``source``, ``counts`` by category,
        ``n``, and for Likert ``mean`` and ``median``, for RADPEER the share of scores of 2 and above and of
        3 and above, each with Wilson's interval), ``comparisons`` (Likert: Wilcoxon's test on the
        difference of a report's mean over its evaluators) and ``agreement`` (quadratic kappa of each pair of
        evaluators).
    """
    keys = dict.fromkeys((item.round, scale) for item in ratings for scale in item.scores)
    return [_scale(ratings, name, scale, alpha) for name, scale in keys]


def _scale(ratings: Sequence[QualityRating], name: str, scale: str, alpha: float) -> dict[str, Any]:
    chosen = [item for item in ratings if item.round == name and scale in item.scores]
    categories: list[int | str] = list(RADPEER) if scale == RADPEER_SCALE else list(LIKERT)
    evaluators = sorted({item.evaluator for item in chosen})
    sources = sorted({item.source for item in chosen})
    return {
        "round": name,
        "scale": scale,
        "categories": [str(category) for category in categories],
        "evaluators": evaluators,
        "sources": [
            _source(
                source, [item.scores[scale] for item in chosen if item.source == source], categories, alpha
            )
            for source in sources
        ],
        "comparisons": [
            _comparison(chosen, scale, pair) for pair in combinations(sources, 2) if scale != RADPEER_SCALE
        ],
        "agreement": [_agreement(chosen, scale, categories, pair) for pair in combinations(evaluators, 2)],
    }


def _source(
    source: str, values: Sequence[int | str], categories: Sequence[int | str], alpha: float
) -> dict[str, Any]:
    counts = [sum(value == category for value in values) for category in categories]
    row: dict[str, Any] = {"source": source, "n": len(values), "counts": counts}
    if categories == list(LIKERT):
        numbers = np.array(values, float)
        return {**row, "mean": float(numbers.mean()), "median": float(np.median(numbers))}
    for start, name in ((1, "2_and_above"), (3, "3_and_above")):
        hits = sum(counts[start:])
        interval = list(wilson_interval(hits, len(values), 1 - alpha))
        row[name] = {"count": hits, "share": hits / len(values), "ci": interval}
    return row


def _comparison(chosen: Sequence[QualityRating], scale: str, pair: tuple[str, str]) -> dict[str, Any]:
    """Reports of the same case and reader, or of the same case where a file gave them, are compared."""
    means = [_means([item for item in chosen if item.source == source], scale) for source in pair]
    shared = sorted(means[0].keys() & means[1].keys())
    first, second = ([table[key] for key in shared] for table in means)
    row: dict[str, Any] = {"first": pair[0], "second": pair[1], "pairs": len(shared)}
    difference = np.subtract(first, second)
    row["mean_difference"] = float(difference.mean()) if shared else None
    if not difference.any():
        return {**row, "statistic": None, "p_value": None, "note": "no pair of reports differs"}
    return {**row, **plain(wilcoxon_test(first, second)), "note": ""}


def _means(items: Sequence[QualityRating], scale: str) -> dict[_Report, float]:
    given: dict[_Report, list[float]] = {}
    for item in items:
        given.setdefault((item.case, item.reader), []).append(float(item.scores[scale]))
    return {key: float(np.mean(values)) for key, values in given.items()}


def _agreement(
    chosen: Sequence[QualityRating], scale: str, categories: Sequence[int | str], pair: tuple[str, str]
) -> dict[str, Any]:
    given: list[dict[tuple[str, str, str], int]] = [
        {
            (item.case, item.reader, item.source): categories.index(item.scores[scale])
            for item in chosen
            if item.evaluator == name
        }
        for name in pair
    ]
    table = np.zeros((len(categories), len(categories)), int)
    for key in given[0].keys() & given[1].keys():
        table[given[0][key], given[1][key]] += 1
    row: dict[str, Any] = {"first": pair[0], "second": pair[1], "n": int(table.sum())}
    if table.sum() == 0 or max(table.sum(axis=0).max(), table.sum(axis=1).max()) == table.sum():
        note = "nothing rated by both" if table.sum() == 0 else "an evaluator used a single category"
        return {**row, "kappa": None, "note": note}
    return {**row, **plain(cohen_kappa(table, "quadratic")), "note": ""}
