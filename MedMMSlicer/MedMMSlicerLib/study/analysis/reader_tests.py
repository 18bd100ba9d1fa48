"""Two tests of the same reader compared on the same cases, each pair by itself."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np

from ...stats.agreement import mcnemar_test
from ...stats.ratings import ReaderRatings
from ...stats.roc import paired_delong_test
from .plain import plain

__all__ = ["delong_rows", "mcnemar_rows"]


def delong_rows(ratings: ReaderRatings) -> list[dict[str, Any]]:
    """DeLong's paired test of each reader and pair of tests, from the cases that the reader read in both.

    Nothing where patients have several cases, since the test takes cases as independent. With more than two
    tests this differs from the reader's differences of a multi-reader analysis, whose error is pooled over
    tests.
    """
    if ratings.clusters is not None:
        return []
    rows = []
    for reader, name in enumerate(ratings.readers):
        for first, second in combinations(range(len(ratings.tests)), 2):
            pair = ratings.ratings[[first, second], reader]
            kept = ~np.isnan(pair).any(axis=0)
            truth = ratings.positive[kept]
            if min(truth.sum(), (~truth).sum()) < 2:
                continue
            found = plain(paired_delong_test(truth.astype(int), pair[0, kept], pair[1, kept]))
            names = {"reader": name, "first": ratings.tests[first], "second": ratings.tests[second]}
            rows.append({**names, "cases": int(kept.sum()), **found})
    return rows


def mcnemar_rows(ratings: ReaderRatings, threshold: float) -> list[dict[str, Any]]:
    """Exact McNemar test of the calls of each reader in each pair of tests, positives and negatives apart."""
    rows = []
    for reader, name in enumerate(ratings.readers):
        for first, second in combinations(range(len(ratings.tests)), 2):
            for truth, cases in ((True, "positive"), (False, "negative")):
                pair = ratings.ratings[[first, second], reader][:, ratings.positive == truth]
                pair = pair[:, ~np.isnan(pair).any(axis=0)]
                if not pair.shape[1]:
                    continue
                called = pair >= threshold
                only = [int((called[0] & ~called[1]).sum()), int((~called[0] & called[1]).sum())]
                same = [int((called[0] & called[1]).sum()), int((~called[0] & ~called[1]).sum())]
                test = mcnemar_test([[same[0], only[0]], [only[1], same[1]]])
                rows.append(
                    {
                        "reader": name,
                        "first": ratings.tests[first],
                        "second": ratings.tests[second],
                        "cases": cases,
                        "only_first": only[0],
                        "only_second": only[1],
                        "p_value": test.p_value,
                    }
                )
    return rows
