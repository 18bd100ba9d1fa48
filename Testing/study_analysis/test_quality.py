"""Ratings of reports: counts, shares, comparisons, agreement."""

from __future__ import annotations

import pytest
from MedMMSlicerLib.study.analysis.quality import quality_of
from MedMMSlicerLib.study.results import QualityRating


def _ratings(scores: dict[str, list[int]], evaluator: str = "E1") -> list[QualityRating]:
    return [
        QualityRating("round", evaluator, f"case {index}", source, {"accuracy": score})
        for source, values in scores.items()
        for index, score in enumerate(values)
    ]


def test_likert_counts_means_and_wilcoxon() -> None:
    ratings = _ratings({"unaided": [3, 3, 4, 2, 3, 3], "with AI": [4, 5, 5, 4, 5, 3]})
    (scale,) = quality_of(ratings, 0.05)
    assert scale["categories"] == ["1", "2", "3", "4", "5"]
    unaided, aided = scale["sources"]
    assert unaided["counts"] == [0, 1, 4, 1, 0] and aided["mean"] == pytest.approx(26 / 6)
    (row,) = scale["comparisons"]
    assert (row["first"], row["second"], row["pairs"]) == ("unaided", "with AI", 6)
    assert row["mean_difference"] == pytest.approx(-8 / 6)
    # all five differences that are not zero have one sign
    assert row["statistic"] == 0 and row["p_value"] < 0.06


def test_reports_are_averaged_over_their_evaluators_before_they_are_compared() -> None:
    first = _ratings({"a": [2, 4], "b": [3, 3]})
    second = _ratings({"a": [4, 2], "b": [3, 3]}, "E2")
    (scale,) = quality_of(first + second, 0.05)
    (row,) = scale["comparisons"]
    assert row["pairs"] == 2 and row["p_value"] is None and row["note"]
    assert scale["agreement"][0]["n"] == 4 and scale["agreement"][0]["kappa"] == pytest.approx(-1)


def test_radpeer_shares() -> None:
    given = ["1", "1", "2a", "3b", "1", "2b", "1", "1", "3a", "1"]
    ratings = [
        QualityRating("peer", "E1", f"case {index}", "with AI", {"radpeer": value})
        for index, value in enumerate(given)
    ]
    (scale,) = quality_of(ratings, 0.05)
    (row,) = scale["sources"]
    assert scale["categories"] == ["1", "2a", "2b", "3a", "3b"] and row["counts"] == [6, 1, 1, 1, 1]
    assert (row["2_and_above"]["count"], row["3_and_above"]["count"]) == (4, 2)
    # Wilson's interval for 2 of 10
    assert row["3_and_above"]["ci"] == pytest.approx([0.0567, 0.5098], abs=1e-4)


def test_an_evaluator_with_one_category_has_no_kappa_and_that_is_said() -> None:
    (scale,) = quality_of(_ratings({"a": [3, 3]}) + _ratings({"a": [3, 4]}, "E2"), 0.05)
    assert scale["agreement"][0]["kappa"] is None and "single category" in scale["agreement"][0]["note"]
