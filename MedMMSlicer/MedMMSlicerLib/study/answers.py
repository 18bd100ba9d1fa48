"""What readers and evaluators answer, and the checks before an answer is taken."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..errors import StudyError
from .protocol import Form, FormField, Target

__all__ = [
    "LIKERT",
    "MAXIMUM_TEXT",
    "RADPEER",
    "VOTES",
    "Answers",
    "FieldValue",
    "LesionMark",
    "QualityScore",
    "Questions",
    "Vote",
    "check_answers",
    "check_quality",
    "check_vote",
]

FieldValue = str | int | float | bool

LIKERT = (1, 2, 3, 4, 5)
RADPEER = ("1", "2a", "2b", "3a", "3b")
VOTES = ("left", "right", "equal")
MAXIMUM_TEXT = 100_000
"""Most characters of a report or comment."""


@dataclass(frozen=True)
class Questions:
    """What is asked about every case; ``report`` is none, optional or required."""

    targets: tuple[Target, ...] = ()
    forms: tuple[Form, ...] = ()
    report: str = "none"
    idle_after_s: float = 60.0


@dataclass(frozen=True)
class LesionMark:
    """A marked lesion.

    Parameters
    ----------
    target : str
    rating : float
        On the target's scale.
    position_ras : (3,) tuple of float, mm, RAS, optional
        None in imported data without places.
    lesion : str, optional
        Imported data: id of the true lesion that was hit, empty for a false mark. None: to be found by the
        place.
    """

    target: str
    rating: float
    position_ras: tuple[float, float, float] | None
    lesion: str | None = None


@dataclass(frozen=True)
class Answers:
    """What a reader says about a case; drafts may be incomplete.

    Parameters
    ----------
    ratings : mapping of str to float
        By target id, a whole number on the target's scale.
    marks : tuple of LesionMark
    forms : mapping of str to mapping of str to value
        By form id and field id.
    report : str
    """

    ratings: Mapping[str, float] = field(default_factory=dict)
    marks: tuple[LesionMark, ...] = ()
    forms: Mapping[str, Mapping[str, FieldValue]] = field(default_factory=dict)
    report: str = ""


@dataclass(frozen=True)
class QualityScore:
    """What an evaluator says about one report.

    ``scores`` is, by scale, 1 to 5 (Likert) or, under the one key ``radpeer``, a text of `RADPEER`.
    """

    scores: Mapping[str, int | str] = field(default_factory=dict)
    comment: str = ""


@dataclass(frozen=True)
class Vote:
    """Which of two reports an evaluator prefers: one of `VOTES`; empty in a draft."""

    choice: str = ""
    comment: str = ""


def check_answers(
    answers: Answers, questions: Questions, is_draft: bool = False, is_lock: bool = False
) -> None:
    """Check answers before they are taken.

    Parameters
    ----------
    answers : Answers
    questions : Questions
    is_draft : bool
        Something may be missing, but nothing may be wrong.
    is_lock : bool
        A report may still be missing.

    Raises
    ------
    StudyError
        Naming the first thing that is wrong or missing.
    """
    targets = {target.id: target for target in questions.targets}
    for name, value in answers.ratings.items():
        _check_rating(value, targets.get(name), name)
    for mark in answers.marks:
        _check_mark(mark, targets.get(mark.target))
    forms = {form.id: form for form in questions.forms}
    for name, values in answers.forms.items():
        _check_form(values, forms.get(name), name)
    if answers.report and questions.report == "none":
        raise StudyError("This study asks for no report. Leave the text empty.")
    if len(answers.report) > MAXIMUM_TEXT:
        raise StudyError(f"The report is longer than {MAXIMUM_TEXT} characters. Shorten it.")
    if not is_draft:
        _check_complete(answers, questions, is_lock)


def check_quality(score: QualityScore, kind: str, scales: tuple[str, ...], is_draft: bool = False) -> None:
    """Check the scores of a report.

    Raises
    ------
    StudyError
        Naming the first thing that is wrong or missing.
    """
    names = ("radpeer",) if kind == "radpeer" else scales
    for name, value in score.scores.items():
        allowed: tuple[int | str, ...] = RADPEER if kind == "radpeer" else LIKERT
        if name not in names or isinstance(value, bool) or value not in allowed:
            raise StudyError(f"{name} can not be {value!r}. Choose one of: {', '.join(map(str, allowed))}.")
    missing = [name for name in names if name not in score.scores]
    if missing and not is_draft:
        raise StudyError(f"{missing[0]} was not rated. Rate it before you submit.")
    _check_comment(score.comment)


def check_vote(vote: Vote, is_draft: bool = False) -> None:
    """Check a vote.

    Raises
    ------
    StudyError
        If it is none of `VOTES`.
    """
    if vote.choice not in VOTES and not (is_draft and not vote.choice):
        raise StudyError("No report was chosen. Choose left, right or equal before you submit.")
    _check_comment(vote.comment)


def _check_comment(text: str) -> None:
    if len(text) > MAXIMUM_TEXT:
        raise StudyError(f"The comment is longer than {MAXIMUM_TEXT} characters. Shorten it.")


def _check_rating(value: object, target: Target | None, name: str) -> None:
    if target is None:
        raise StudyError(f"This study asks nothing about '{name}'. Rate the findings that it lists.")
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    # NaN fails each comparison.
    if not (is_number and target.minimum <= value <= target.maximum and value == int(value)):  # type: ignore[operator,call-overload]
        raise StudyError(
            f"The rating of {target.name} is {value!r}. Give a whole number from {target.minimum} to "
            f"{target.maximum}."
        )


def _check_mark(mark: LesionMark, target: Target | None) -> None:
    _check_rating(mark.rating, target, mark.target)
    if target is None or not target.has_marks:
        raise StudyError(f"Lesions of '{mark.target}' are not marked in this study. Remove the mark.")
    place = mark.position_ras
    if place is None or len(place) != 3 or not all(math.isfinite(value) for value in place):
        raise StudyError(f"A mark of {target.name} has no place in the image. Mark the lesion again.")


def _check_form(values: Mapping[str, FieldValue], form: Form | None, name: str) -> None:
    if form is None:
        raise StudyError(f"This study has no form '{name}'. Fill in the forms that it lists.")
    fields = {field.id: field for field in form.fields}
    for key, value in values.items():
        if key not in fields:
            raise StudyError(f"The form {form.name} has no field '{key}'.")
        if not _fits(value, fields[key]):
            raise StudyError(f"{form.name}: {fields[key].name} can not be {value!r}. {_wanted(fields[key])}")


def _fits(value: object, field: FormField) -> bool:
    if field.kind == "choice":
        return isinstance(value, str) and value in field.choices
    if field.kind == "boolean":
        return isinstance(value, bool)
    if field.kind == "text":
        return isinstance(value, str) and len(value) <= MAXIMUM_TEXT
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return False
    low = -math.inf if field.minimum is None else field.minimum
    high = math.inf if field.maximum is None else field.maximum
    return low <= value <= high and (field.kind == "number" or value == int(value))


def _wanted(field: FormField) -> str:
    if field.kind == "choice":
        return f"Choose one of: {', '.join(field.choices)}."
    if field.kind in ("integer", "number"):
        low, high = ("any" if limit is None else f"{limit:g}" for limit in (field.minimum, field.maximum))
        return f"Give a {'whole ' if field.kind == 'integer' else ''}number from {low} to {high}."
    return "Answer yes or no." if field.kind == "boolean" else "Give a shorter text."


def _check_complete(answers: Answers, questions: Questions, is_lock: bool) -> None:
    for target in questions.targets:
        if target.id not in answers.ratings:
            raise StudyError(f"{target.name} was not rated. Rate it before you go on.")
    for form in questions.forms:
        given = answers.forms.get(form.id, {})
        for entry in form.fields:
            if entry.is_required and (entry.id not in given or given[entry.id] == ""):
                raise StudyError(f"{form.name}: {entry.name} is empty. Fill it in before you go on.")
    if questions.report == "required" and not is_lock and not answers.report.strip():
        raise StudyError("The report is empty. Write it before you submit.")
