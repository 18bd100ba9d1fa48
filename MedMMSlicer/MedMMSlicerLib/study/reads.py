"""From a checked log to the answers of the study: reads, scores and votes, each checked once more.

A reader's program checks answers before it takes them, but results come from other machines. What is not
possible is left out and reported; nothing is repaired.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..errors import InputError, StudyError
from .answers import (
    Answers,
    LesionMark,
    QualityScore,
    Questions,
    Vote,
    check_answers,
    check_quality,
    check_vote,
)
from .codec import decode
from .folding import TaskRecord
from .package_maker import PackagePlan, PlannedTask
from .protocol import ArmMode, Protocol, RatingRound
from .results import PreferenceVote, Problem, QualityRating, SubmittedRead
from .timing import ReadTimes

__all__ = ["preference_of", "quality_of", "reads_of"]

Report = Callable[[Problem], None]


def reads_of(
    plan: PackagePlan, task: PlannedTask, record: TaskRecord, protocol: Protocol, report: Report
) -> list[SubmittedRead]:
    """The ratings of a submitted read: one for each test of its arm."""
    arm = protocol.arm(task.arm)
    questions = Questions(protocol.targets, protocol.forms, protocol.report)
    where = f"{plan.reader}, case {task.case}, arm {task.arm}"
    stages: list[tuple[str, Mapping[str, Any] | None, ReadTimes, Mapping[str, int]]] = [
        (arm.id, record.submitted, record.times, record.counts)
    ]
    if arm.mode is ArmMode.sequential:
        locked_times = record.locked_times or ReadTimes()
        stages.insert(0, (arm.first_test, record.locked, locked_times, record.locked_counts))
    reads = []
    for test, raw, times, counts in stages:
        answers = _answers(raw, questions, f"{where}, test {test}", report)
        reads.append(
            SubmittedRead(
                reader=plan.reader,
                case=task.case,
                arm=arm.id,
                test=test,
                ratings=answers.ratings,
                period=task.period,
                session=task.session,
                order=task.order,
                marks=answers.marks,
                forms=answers.forms,
                report=answers.report,
                times=times,
                events=counts,
                submitted_at=_time(record),
            )
        )
    return reads


def quality_of(
    plan: PackagePlan, task: PlannedTask, record: TaskRecord, item: RatingRound, report: Report
) -> QualityRating | None:
    """The scores of one report, None if they are not possible."""
    where = f"{plan.reader}, case {task.case}, round {item.id}"
    try:
        score = decode(QualityScore, record.submitted, where)
        check_quality(score, item.kind.value, item.scales)
    except (InputError, StudyError) as error:
        report(Problem("invalid_rating", where, str(error), is_excluded=True))
        return None
    source = task.reports[0]
    return QualityRating(
        item.id,
        plan.reader,
        task.case,
        source.source,
        score.scores,
        source.reader,
        score.comment,
        record.times.active_s,
    )


def preference_of(
    plan: PackagePlan, task: PlannedTask, record: TaskRecord, item: RatingRound, report: Report
) -> PreferenceVote | None:
    """A vote in terms of the sources, None if it is none."""
    where = f"{plan.reader}, case {task.case}, round {item.id}"
    try:
        vote = decode(Vote, record.submitted, where)
        check_vote(vote)
    except (InputError, StudyError) as error:
        report(Problem("invalid_rating", where, str(error), is_excluded=True))
        return None
    left, right = task.reports
    preferred = {"left": left.source, "right": right.source, "equal": ""}[vote.choice]
    return PreferenceVote(
        item.id,
        plan.reader,
        task.case,
        left.source,
        right.source,
        preferred,
        left.reader or right.reader,
        vote.comment,
        record.times.active_s,
    )


def _answers(raw: Mapping[str, Any] | None, questions: Questions, where: str, report: Report) -> Answers:
    """The valid part of the answers; the rest is reported."""
    value = raw if isinstance(raw, Mapping) else {}
    ratings = {
        str(name): float(rating)
        for name, rating in _mapping(value, "ratings").items()
        if _is_good(Answers(ratings={str(name): rating}), questions, where, report)
    }
    marks = []
    for entry in value.get("marks", ()) if isinstance(value.get("marks", ()), list) else ():
        mark = _mark(entry, where, report)
        if mark is not None and _is_good(Answers(marks=(mark,)), questions, where, report):
            marks.append(mark)
    forms = {
        str(name): dict(fields)
        for name, fields in _mapping(value, "forms").items()
        if isinstance(fields, dict) and _is_good(Answers(forms={str(name): fields}), questions, where, report)
    }
    text = value.get("report", "")
    for target in questions.targets:
        if target.id not in ratings and target.id not in _mapping(value, "ratings"):
            message = f"{target.name} was not rated. It counts as missing."
            report(Problem("invalid_rating", where, message, is_excluded=True))
    return Answers(ratings, tuple(marks), forms, text if isinstance(text, str) else "")


def _mapping(value: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = value.get(name, {})
    return found if isinstance(found, dict) else {}


def _mark(entry: Any, where: str, report: Report) -> LesionMark | None:
    try:
        return decode(LesionMark, entry, "A mark")
    except InputError as error:
        report(Problem("invalid_rating", where, str(error), is_excluded=True))
        return None


def _is_good(answers: Answers, questions: Questions, where: str, report: Report) -> bool:
    try:
        check_answers(answers, questions, is_draft=True)
    except StudyError as error:
        report(Problem("invalid_rating", where, f"{error} It was left out.", is_excluded=True))
        return False
    return True


def _time(record: TaskRecord) -> str:
    return record.finished.at.isoformat(timespec="milliseconds") if record.finished is not None else ""
