"""What is still missing before a read, a score or a vote can be submitted: one sentence, or nothing."""

from __future__ import annotations

from collections.abc import Sequence

from ..study.answers import Answers, QualityScore, Questions, Vote
from ..study.views import PreferenceScreen, QualityScreen, Screen
from .study_marks import Mark

__all__ = ["Draft", "missing_answer"]

Draft = Answers | QualityScore | Vote


def missing_answer(screen: Screen, draft: Draft, marks: Sequence[Mark]) -> str:
    """Say what is missing; empty if nothing is.

    Parameters
    ----------
    screen : Screen
        What is asked.
    draft : Answers, QualityScore or Vote
        What was answered so far, of the kind that the screen asks for.
    marks : sequence of Mark
        Of the read, those without a rating included.
    """
    if isinstance(screen, PreferenceScreen):
        return "" if isinstance(draft, Vote) and draft.choice else "Choose a report, or no preference."
    if isinstance(screen, QualityScreen):
        wanted = screen.scales or ("radpeer",)
        done = draft.scores if isinstance(draft, QualityScore) else {}
        return "" if all(scale in done for scale in wanted) else "Give every score."
    assert isinstance(draft, Answers)
    return _missing_in_read(screen.questions, draft, marks)


def _missing_in_read(questions: Questions, answers: Answers, marks: Sequence[Mark]) -> str:
    for target in questions.targets:
        if target.id not in answers.ratings:
            return f"Rate: {target.name}."
    for form in questions.forms:
        given = answers.forms.get(form.id, {})
        for item in form.fields:
            if item.is_required and item.id not in given:
                return f"Fill in: {item.name}."
    if any(mark.rating is None for mark in marks):
        return "Rate every mark, or remove it."
    if questions.report == "required" and not answers.report.strip():
        return "Write the report: it is required."
    return ""
