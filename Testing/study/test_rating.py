"""Rating rounds: each evaluator gets each item exactly once, in a drawn order, with balanced sides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from MedMMSlicerLib.errors import StudyError, UsageError
from MedMMSlicerLib.study.answers import QualityScore, Vote, check_quality, check_vote
from MedMMSlicerLib.study.clock import ManualClock
from MedMMSlicerLib.study.collect import collect
from MedMMSlicerLib.study.desk import ReaderDesk
from MedMMSlicerLib.study.packages import build_packages, build_round_packages, open_package
from MedMMSlicerLib.study.protocol import RatingRound, RoundKind
from MedMMSlicerLib.study.protocol_file import protocol_from_value
from MedMMSlicerLib.study.rating import ReportText, plan_round
from MedMMSlicerLib.study.signing import KeyStore
from MedMMSlicerLib.study.study_folder import StudyFolder


@settings(max_examples=200, deadline=None)
@given(
    seed=st.integers(0, 2**31 - 1),
    evaluators=st.integers(1, 7),
    cases=st.integers(1, 25),
    readers=st.integers(0, 4),
)
def test_each_evaluator_votes_once_on_each_pair_with_balanced_sides(
    protocol_value: Callable[..., Any], seed: int, evaluators: int, cases: int, readers: int
) -> None:
    protocol = protocol_from_value(protocol_value(seed=seed))
    names = tuple(f"e{number}" for number in range(evaluators))
    item = RatingRound("round", RoundKind.preference, names, ("a", "b"))
    authors = [f"r{number}" for number in range(readers)] or [""]
    reports = [
        ReportText(f"c{case}", source, f"{source} {case} {author}", author)
        for case in range(cases)
        for source in ("a", "b", "other")
        for author in authors
    ]
    planned = plan_round(protocol, item, reports)
    assert plan_round(protocol, item, list(reversed(reports))) == planned
    for name in names:
        own = [entry for entry in planned if entry.evaluator == name]
        assert [entry.order for entry in own] == list(range(1, len(own) + 1))
        pairs = Counter((entry.reports[0].case, entry.reports[0].reader) for entry in own)
        assert pairs == Counter({(f"c{case}", author): 1 for case in range(cases) for author in authors})
        for entry in own:
            left, right = entry.reports
            assert {left.source, right.source} == {"a", "b"}
            assert (left.case, left.reader) == (right.case, right.reader)
        sides = Counter(entry.reports[0].source for entry in own)
        assert abs(sides["a"] - sides["b"]) <= 1
    if cases >= 20 and evaluators > 1:
        orders = {tuple(e.reports[0].case for e in planned if e.evaluator == name) for name in names}
        assert len(orders) == evaluators


def test_a_report_that_came_with_the_case_meets_that_of_each_reader(
    protocol_value: Callable[..., Any],
) -> None:
    protocol = protocol_from_value(protocol_value())
    item = RatingRound("round", RoundKind.preference, ("e",), ("draft", "arm"))
    reports = [
        ReportText("c", "draft", "d"),
        ReportText("c", "arm", "1", "r1"),
        ReportText("c", "arm", "2", "r2"),
    ]
    pairs = {
        frozenset(report.text for report in entry.reports) for entry in plan_round(protocol, item, reports)
    }
    assert pairs == {frozenset("d1"), frozenset("d2")}
    assert plan_round(protocol, item, reports[:1]) == ()


@pytest.mark.parametrize(
    ("score", "kind"),
    [
        (QualityScore({"accuracy": 0}), "likert"),
        (QualityScore({"accuracy": 6}), "likert"),
        (QualityScore({"accuracy": True}), "likert"),
        (QualityScore({"accuracy": "3"}), "likert"),
        (QualityScore({"accuracy": float("nan")}), "likert"),  # type: ignore[dict-item]
        (QualityScore({"beauty": 3}), "likert"),
        (QualityScore({}), "likert"),
        (QualityScore({"radpeer": "2"}), "radpeer"),
        (QualityScore({"radpeer": 1}), "radpeer"),
        (QualityScore({}), "radpeer"),
    ],
)
def test_scores_that_are_not_possible_are_refused(score: QualityScore, kind: str) -> None:
    with pytest.raises(StudyError):
        check_quality(score, kind, ("accuracy",))


def test_possible_scores_and_votes_are_taken() -> None:
    check_quality(QualityScore({"accuracy": 5}), "likert", ("accuracy",))
    check_quality(QualityScore(), "likert", ("accuracy",), is_draft=True)
    for value in ("1", "2a", "2b", "3a", "3b"):
        check_quality(QualityScore({"radpeer": value}), "radpeer", ())
    for choice in ("left", "right", "equal"):
        check_vote(Vote(choice))
    for choice in ("", "both", "LEFT"):
        with pytest.raises(StudyError):
            check_vote(Vote(choice))


def test_votes_come_back_as_sources_and_not_as_sides(
    make_study: Callable[..., StudyFolder],
    tmp_path: Path,
    clock: ManualClock,
    team_keys: KeyStore,
    reader_keys: KeyStore,
    read_available: Callable[..., int],
) -> None:
    study = make_study()
    with pytest.raises(UsageError, match="no report yet"):
        build_round_packages(study, "choice", tmp_path / "early", keys=team_keys)
    path, _ = build_packages(study, tmp_path / "out", keys=team_keys)
    with ReaderDesk(open_package(path, tmp_path / "r1"), clock, reader_keys) as desk:
        study.enroll("r1", desk.fingerprint)
        read_available(desk, clock)
        clock.advance(days=14)
        read_available(desk, clock)
        results = [desk.export_results(tmp_path / "r1.zip")]
    collected = collect(study, results)
    written = {(read.case, read.report): read.test for read in collected.reads}
    expected: dict[tuple[str, str], str] = {}
    results = []
    for package in build_round_packages(study, "choice", tmp_path / "rounds", keys=team_keys):
        evaluator = package.name.split("-")[0]
        with ReaderDesk(open_package(package, tmp_path / evaluator), clock, reader_keys) as desk:
            study.enroll(evaluator, desk.fingerprint)
            while (item := desk.next_item()) is not None:
                task = desk.start(item.code)
                task.shown()
                screen: Any = task.screen
                case = next(case for case, report in written if report == screen.left)
                expected[evaluator, case] = written[case, max(screen.left, screen.right)]
                task.submit(Vote("left" if screen.left > screen.right else "right"))
            results.append(desk.export_results(tmp_path / f"{evaluator}.zip"))
    collected = collect(study, results)
    assert {(vote.evaluator, vote.case): vote.preferred for vote in collected.preferences} == expected
    assert len(expected) == 3 * 6
    assert all(vote.reader == "r1" for vote in collected.preferences)
    assert not collected.problems
    assert {task.reader for task in collected.missing} == {"r2"}
