"""Preference of evaluators and the family of comparisons."""

from __future__ import annotations

from typing import Any

import pytest
from MedMMSlicerLib.study.analysis.families import multiplicity_of
from MedMMSlicerLib.study.analysis.preferences import preferences_of
from MedMMSlicerLib.study.results import PreferenceVote


def _votes(table: list[str]) -> list[PreferenceVote]:
    """A string for each case: what each evaluator prefers, ``a``, ``b``, ``=`` or ``.`` for no vote."""
    names = {"a": "AI", "b": "plain", "=": ""}
    return [
        # the sides change from case to case, as they do in a blinded round
        PreferenceVote(
            "round",
            f"E{column}",
            f"case {row}",
            *(("AI", "plain") if row % 2 else ("plain", "AI")),
            names[sign],
        )
        for row, line in enumerate(table)
        for column, sign in enumerate(line)
        if sign != "."
    ]


def test_shares_by_number_of_evaluators() -> None:
    (pair,) = preferences_of(_votes(["aaa", "aab", "ab=", "bbb", "a=="]), 0.95)
    assert (pair["first"], pair["second"], pair["evaluators"], pair["pairs"]) == ("AI", "plain", 3, 5)
    assert (pair["votes_first"], pair["votes_equal"], pair["votes_second"]) == (7, 3, 5)
    shares = {(row["preferred"], row["at_least"]): row["wins"] for row in pair["shares"]}
    assert [shares["AI", count] for count in (1, 2, 3)] == [4, 2, 1]
    assert [shares["plain", count] for count in (1, 2, 3)] == [3, 1, 1]
    # Wilson's interval of 2 of 5
    (row,) = [item for item in pair["shares"] if (item["preferred"], item["at_least"]) == ("AI", 2)]
    assert row["share"] == 0.4 and row["wilson"] == pytest.approx([0.1176, 0.7693], abs=1e-4)


def test_missing_votes_leave_pairs_open_and_are_counted() -> None:
    (pair,) = preferences_of(_votes(["aaa", "a.b", "aa."]), 0.95)
    assert (pair["pairs"], pair["missing_votes"]) == (3, 2)
    shares = {row["at_least"]: row for row in pair["shares"] if row["preferred"] == "AI"}
    # two of three: the second pair could still go either way, the third is decided
    assert (shares[2]["wins"], shares[2]["cases"], shares[2]["open"]) == (2, 2, 1)
    assert (shares[3]["wins"], shares[3]["cases"], shares[3]["open"]) == (1, 2, 1)


def test_no_votes() -> None:
    assert preferences_of([], 0.95) == []


def _metric(*p_values: float) -> dict[str, Any]:
    rows = [{"first": "a", "second": f"b{index}", "p_value": p} for index, p in enumerate(p_values)]
    return {"primary": "x", "x": {"differences": rows}}


def test_all_primary_comparisons_are_one_family() -> None:
    target = {"auc": _metric(0.01), "sensitivity": _metric(0.04), "specificity": None, "lesions": None}
    times = {"comparisons": [{"first": "a", "second": "b", "p_value": 0.03}]}
    found = multiplicity_of({"rating": target}, times)
    assert found["method"] == "Holm" and len(found["rows"]) == 3
    # Holm: 3 x 0.01, then 2 x 0.03, then no smaller than the one before
    assert [row["adjusted_p_value"] for row in found["rows"]] == pytest.approx([0.03, 0.06, 0.06])


def test_a_single_test_has_nothing_to_correct() -> None:
    target = {"auc": _metric(), "sensitivity": None, "specificity": None, "lesions": None}
    assert multiplicity_of({"rating": target}, None)["rows"] == []
