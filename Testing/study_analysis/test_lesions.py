"""Lesion marks: figures of merit and curves, against values worked out by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

Medmm = Callable[..., Any]

# One test, two readers; p1 has lesions a and b of weight 0.75 and 0.25, p2 has lesion a, n1 and n2 have none.
# Reader A marks p1/a 80, p1/b 20, p2/a 60 and, falsely, n1 40; B p1/a 50 and, falsely, n1 50, n2 30 and 10.
MARKS = """reader,test,case,lesion,rating,weight
A,ct,p1,a,80,0.75
A,ct,p1,b,20,0.25
A,ct,p2,a,60,
A,ct,n1,,40,
A,ct,n2,,,
B,ct,p1,a,50,
B,ct,n1,,50,
B,ct,n2,,30,
B,ct,n2,,10,
"""


def _lesions(medmm: Medmm, tmp_path: Path, text: str) -> dict[str, Any]:
    (tmp_path / "marks.csv").write_text(text)
    done = medmm("study", "import", tmp_path / "marks.csv", "--out", tmp_path / "study")
    assert done.code == 0, done.err
    done = medmm("study", "analyze", tmp_path / "study", "--out", tmp_path / "out")
    assert done.code == 0, done.err
    value: dict[str, Any] = json.loads((tmp_path / "out" / "results.json").read_text())
    found: dict[str, Any] = value["targets"]["rating"]["lesions"]
    return found


def test_areas_and_curves_by_hand(medmm: Medmm, tmp_path: Path) -> None:
    lesions = _lesions(medmm, tmp_path, MARKS)
    assert (lesions["lesions"], lesions["marks"], lesions["false_marks"]) == (3, 8, 4)
    weighted, plain = lesions["figures"]
    assert (weighted["name"], plain["name"]) == ("wAFROC area", "AFROC area")
    # pairs of a lesion and a negative case: A loses p1/b against n1; B wins p1/a against n2 and ties with
    # n1, and its lesions without a mark lose against both
    areas = [cell["value"] for cell in plain["metric"]["cells"]]
    assert areas == pytest.approx([5 / 6, 1.5 / 6])
    areas = [cell["value"] for cell in weighted["metric"]["cells"]]
    assert areas == pytest.approx([1 - 0.25 / 4, 0.75 * 1.5 / 4])
    for figure in lesions["figures"]:
        for curve, cell in zip(figure["curves"], figure["metric"]["cells"], strict=True):
            x, y = np.array(curve["fpr"]), np.array(curve["tpr"])
            assert np.sum(np.diff(x) * (y[1:] + y[:-1]) / 2) == pytest.approx(cell["value"])


def test_two_tests_are_compared_and_drawn(medmm: Medmm, tmp_path: Path) -> None:
    generator = np.random.default_rng(3)
    lines = ["reader,test,case,lesion,rating"]
    for reader in "ABC":
        for test, ability in (("unaided", 0.4), ("with AI", 1.6)):
            for case in range(40):
                if case % 2:
                    hit = generator.normal(ability)
                    lines.append(f"{reader},{test},{case},L,{hit if hit > -0.5 else ''}")
                else:
                    lines.append(
                        f"{reader},{test},{case},,{generator.normal() if generator.random() < 0.6 else ''}"
                    )
    lesions = _lesions(medmm, tmp_path, "\n".join(lines))
    metric = lesions["figures"][0]["metric"]
    (row,) = metric["random_readers_random_cases"]["differences"]
    assert row["difference"] < -0.1 and row["p_value"] < 0.05 and metric["covariance"] == "jackknife"
    page = (tmp_path / "out" / "report.html").read_text()
    assert "Lesion marks" in page and "weighted lesion localization fraction" in page
