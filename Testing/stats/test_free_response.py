"""Lesion marks: figures by counting, jackknife by leaving out, curves by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from MedMMSlicerLib.errors import InputError, UsageError
from MedMMSlicerLib.stats.figures import AUC
from MedMMSlicerLib.stats.free_response import (
    LesionMarks,
    _left_out,
    afroc_curve,
    analyze_marks,
    froc_curve,
    inferred_ratings,
)
from MedMMSlicerLib.stats.mrmc import analyze

CASES = ("n1", "n2", "n3", "a1", "a2", "a3")
LESIONS = [("a1", "x", 1.0), ("a1", "y", 3.0), ("a2", "x", 1.0), ("a3", "x", 2.0)]


def small(**changes) -> LesionMarks:
    columns = {
        "cases": CASES,
        "lesions": LESIONS,
        "reads": [("r", "t", case) for case in CASES],
        "marks": [
            ("r", "t", "a1", "x", 4.0),
            ("r", "t", "a1", "x", 3.0),
            ("r", "t", "a2", "x", 2.0),
            ("r", "t", "n1", "", 2.0),
            ("r", "t", "n1", "", 1.0),
            ("r", "t", "n2", "", 3.0),
            ("r", "t", "a3", "", 5.0),
        ],
    }
    return LesionMarks.from_rows(**columns | changes)


def test_areas_by_hand():
    marks = small()
    assert marks.positive.tolist() == [False] * 3 + [True] * 3
    assert marks.lesion_weight.tolist() == [0.25, 0.75, 1, 1]
    # highest false marks of n1, n2, n3: 2, 3, none; lesions: 4, none, 2, none
    wins = np.array([3, 0.5, 0.5 + 0 + 1, 0.5])
    assert _left_out(marks, "afroc").values[0, 0] == pytest.approx(wins.sum() / 12)
    weighted = (0.25 * wins[0] + 0.75 * wins[1] + wins[2] + wins[3]) / 9
    assert _left_out(marks, "wafroc").values[0, 0] == pytest.approx(weighted)
    # false marks of a1, a2, a3 as well: none, none, 5
    wins += [2, 1, 2, 1]
    assert _left_out(marks, "afroc1").values[0, 0] == pytest.approx(wins.sum() / 24)


def test_curves_by_hand():
    marks = small()
    curve = froc_curve(marks, "t", "r")
    assert curve.thresholds.tolist() == [math.inf, 5, 4, 3, 2, 1]
    assert (curve.false_positives * 6).tolist() == pytest.approx([0, 1, 1, 2, 3, 4])
    assert curve.lesion_fraction.tolist() == [0, 0, 0.25, 0.25, 0.5, 0.5]
    curve = afroc_curve(marks, "t", "r")
    assert curve.thresholds.tolist() == [math.inf, 4, 3, 2]
    assert curve.false_positives == pytest.approx([0, 0, 1 / 3, 2 / 3])
    assert curve.lesion_fraction.tolist() == [0, 0.25, 0.25, 0.5]


def simulated(seed: int, effect: float = 0.0) -> LesionMarks:
    generator = np.random.default_rng(seed)
    cases = [f"c{index}" for index in range(60)]
    lesions = [
        (case, str(number), 1.0 + number) for case in cases[:30] for number in range(generator.integers(1, 4))
    ]
    reads = [(reader, test, case) for reader in "abcd" for test in ("t", "u") for case in cases]
    marks = []
    for reader, test, case in reads:
        for _ in range(generator.poisson(0.5)):
            marks.append((reader, test, case, "", float(generator.integers(1, 6))))
        for owner, lesion, _ in lesions:
            if owner == case and generator.random() < 0.7 + effect * (test == "u"):
                marks.append((reader, test, case, lesion, float(generator.integers(3, 9))))
    return LesionMarks.from_rows(cases, lesions, reads, marks)


def without(marks: LesionMarks, case: int) -> LesionMarks:
    read = marks.read.copy()
    read[:, :, case] = False
    return replace(marks, read=read)


@pytest.mark.parametrize("figure", ["wafroc", "afroc", "wafroc1", "afroc1"])
def test_leaving_out_is_leaving_out(figure):
    marks = simulated(1)
    found = _left_out(marks, figure)
    for case in (0, 7, 29, 30, 59):
        assert found.without[:, :, case] == pytest.approx(_left_out(without(marks, case), figure).values)


def test_analysis_finds_the_effect():
    same, better = (analyze_marks(simulated(2, effect)) for effect in (0.0, 0.25))
    assert same.figure == "weighted AFROC area"
    assert same.random_readers_random_cases.overall.p_value > 0.05
    pair = better.random_readers_random_cases.differences[0]
    assert pair.difference < -0.05
    assert pair.p_value < 0.01
    assert (better.positives, better.negatives) == (30, 30)


def test_one_lesion_a_case_is_the_roc_of_highest_marks():
    generator = np.random.default_rng(4)
    cases = [f"c{index}" for index in range(40)]
    reads = [(reader, test, case) for reader in "ab" for test in "tu" for case in cases]
    marks = [
        (*read, "x" if int(read[2][1:]) < 20 else "", float(generator.integers(1, 9)))
        for read in reads
        if generator.random() < 0.8
    ]
    table = LesionMarks.from_rows(cases, [(case, "x", 1.0) for case in cases[:20]], reads, marks)
    roc = analyze(inferred_ratings(table), AUC)
    for figure in ("wafroc", "afroc", "inferred-roc"):
        found = analyze_marks(table, figure)
        assert vars(found.components) == pytest.approx(vars(roc.components))
        assert found.random_readers_random_cases.overall.p_value == pytest.approx(
            roc.random_readers_random_cases.overall.p_value
        )


def test_missing_reads_are_reported():
    marks = simulated(3)
    read = marks.read.copy()
    read[0, 1, 5] = False
    found = analyze_marks(replace(marks, read=read))
    assert "1 of 480 reads are missing" in found.notes[0]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"cases": ("n1", "n1")}, "named twice"),
        ({"lesions": [*LESIONS, ("a1", "x", 1.0)]}, "twice or without a name"),
        ({"lesions": [("a1", "x", 0.0)]}, "weight 0"),
        ({"lesions": [("zz", "x", 1.0)]}, "not in the list"),
        ({"lesions": [(case, "x", 1.0) for case in CASES]}, "with and without lesions"),
        ({"lesions": []}, "with and without lesions"),
        ({"reads": [("r", "t", "n1")] * 2}, "there twice"),
        ({"marks": [("r", "u", "n1", "", 1.0)]}, "belongs to no read"),
        ({"marks": [("r", "t", "n1", "", math.nan)]}, "rating nan"),
        ({"marks": [("r", "t", "a1", "z", 1.0)]}, "no such lesion"),
    ],
)
def test_bad_marks(changes, message):
    with pytest.raises(InputError, match=message):
        small(**changes)


def test_wrong_questions():
    marks = small()
    with pytest.raises(UsageError, match="'froc' is unknown"):
        analyze_marks(marks, "froc")
    with pytest.raises(UsageError, match="no test 'z'"):
        froc_curve(marks, "z", "r")
    only = small(reads=[("r", "t", "n1")], marks=[])
    with pytest.raises(InputError, match="no case with a lesion"):
        froc_curve(only, "t", "r")
    other = small(reads=[("r", "t", "a1")], marks=[])
    with pytest.raises(InputError, match="no case without a lesion"):
        afroc_curve(other, "t", "r")
