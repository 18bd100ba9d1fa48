"""Putting contexts together: several files, the time of the examination, and what the image header says."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta

from ..core import ClinicalContext, HeaderFacts, LaboratoryResult
from ..errors import InputError
from .analytes import analytes
from .issue import ContextIssue, ContextReading, limited
from .plain_values import Moment, moment_of

__all__ = ["MAXIMUM_AGE_YEARS", "age_years_at", "complete_from_header", "merge_readings", "select_laboratory"]

MAXIMUM_AGE_YEARS = 130.0
DAYS_PER_YEAR = 365.2425
STALE_AFTER = timedelta(days=7)
"""A value older than this at the examination is used, with a warning."""
LARGEST_ZONE = timedelta(hours=14)
"""Zones of the world lie at most this far from UTC."""


def complete_from_header(
    context: ClinicalContext, facts: HeaderFacts
) -> tuple[ClinicalContext, tuple[str, ...]]:
    """Fill age, sex and indication from an image header, and choose the laboratory values of the examination.

    Returns
    -------
    ClinicalContext
        At most one value of each name; without birth date.
    tuple of str
        A sentence for each contradiction between what was given and what the header says (the former wins),
        and for each laboratory value that was not used.
    """
    remarks: list[str] = []
    age = _given_age(context, facts, remarks)
    if age is not None and facts.age_years is not None and abs(age - facts.age_years) > 1:
        remarks.append(
            f"The context gives an age of {age:g} years, the image header {facts.age_years:g}; "
            "the context was used."
        )
    if context.sex and facts.sex and context.sex != facts.sex:
        remarks.append(
            f"The context gives the sex {context.sex}, the image header {facts.sex}; the context was used."
        )
    laboratory, issues = select_laboratory(context.laboratory, facts.acquired_at)
    completed = dataclasses.replace(
        context,
        age_years=age if age is not None else facts.age_years,
        sex=context.sex or facts.sex,
        indication=context.indication or facts.clinical_text,
        laboratory=laboratory,
        birth_date=None,
    )
    return completed, (*remarks, *ContextReading(completed, issues).remarks)


def age_years_at(birth_date: str, exam_at: str) -> float:
    """Age in years on the day of the examination.

    Parameters
    ----------
    birth_date : str
        ``1950-03-21``; of ``1950-03`` and ``1950`` the middle is taken, and the age rounded to a whole year.
    exam_at : str
        ISO 8601.

    Raises
    ------
    InputError
        If either is no date, or the age is not between 0 and 130.
    """
    full = {4: f"{birth_date}-07-01", 7: f"{birth_date}-15"}.get(len(birth_date), birth_date)
    try:
        born = date.fromisoformat(full)
    except ValueError as error:
        raise InputError(f"The birth date is no date: {error}. Correct it.") from error
    years = (moment_of(exam_at).wall.date() - born).days / DAYS_PER_YEAR
    if len(birth_date) < 10:
        years = float(round(years))
    if not 0 <= years <= MAXIMUM_AGE_YEARS:
        raise InputError(
            f"Birth date and day of the examination give an age of {years:.0f} years. Check whose data it is."
        )
    return round(years, 3)


def select_laboratory(
    results: Iterable[LaboratoryResult], exam_at: str | None = None
) -> tuple[tuple[LaboratoryResult, ...], tuple[ContextIssue, ...]]:
    """Keep one value of each name: the newest one before the examination.

    Values without a time are used where no dated one of the name is. A value from after the examination is
    never used. Two different values of one time are both refused. Without the time of the examination the
    newest value counts.

    Parameters
    ----------
    results : iterable of LaboratoryResult
    exam_at : str, optional
        ISO 8601, as in `HeaderFacts.acquired_at`; a bare day means its end.

    Returns
    -------
    tuple of LaboratoryResult
        Sorted by name; the order of ``results`` makes no difference.
    tuple of ContextIssue
    """
    exam_moment = _moment(exam_at)
    exam = None if exam_moment is None else _end(exam_moment)
    groups: dict[str, list[LaboratoryResult]] = {}
    for result in dict.fromkeys(results):
        groups.setdefault(result.name, []).append(result)
    kept: list[LaboratoryResult] = []
    issues: list[ContextIssue] = []
    for name in sorted(groups):
        chosen = _choose(name, groups[name], exam, issues)
        if chosen is not None:
            kept.append(chosen)
            if exam is not None:
                issues += _age_of_value(chosen, exam)
    return tuple(kept), limited(issues)


def merge_readings(readings: Sequence[ContextReading]) -> ContextReading:
    """Join the contexts of several files, e.g. a JSON with texts and a CSV with laboratory values.

    The first file that gives age, birth date, sex or a score wins, a contradiction is an issue; different
    texts are joined; laboratory values are collected.
    """
    merged = ClinicalContext()
    issues: list[ContextIssue] = []
    for reading in readings:
        issues += reading.issues
        merged = _joined(merged, reading.context, issues)
    return ContextReading(merged, limited(issues))


def _joined(first: ClinicalContext, second: ClinicalContext, issues: list[ContextIssue]) -> ClinicalContext:
    for name, title in (("age_years", "age"), ("birth_date", "birth date"), ("sex", "sex")):
        one, two = getattr(first, name), getattr(second, name)
        if one is not None and two is not None and one != two:
            text = f"Two context files differ in the {title}; the one given first was used."
            issues.append(ContextIssue("contradiction", text, "warning"))
    for name in sorted(set(first.scores) & set(second.scores)):
        if first.scores[name] != second.scores[name]:
            text = f"Two context files differ in the score {name}; the one given first was used."
            issues.append(ContextIssue("contradiction", text, "warning"))
    return ClinicalContext(
        age_years=second.age_years if first.age_years is None else first.age_years,
        sex=first.sex or second.sex,
        indication=_texts(first.indication, second.indication),
        history=_texts(first.history, second.history),
        laboratory=tuple(dict.fromkeys((*first.laboratory, *second.laboratory))),
        scores={**second.scores, **first.scores},
        birth_date=first.birth_date or second.birth_date,
    )


def _texts(first: str, second: str) -> str:
    if not first or not second or second in first:
        return first or second
    return f"{first}\n{second}"


def _given_age(context: ClinicalContext, facts: HeaderFacts, remarks: list[str]) -> float | None:
    if context.birth_date is None:
        return context.age_years
    if facts.acquired_at is None:
        if context.age_years is None and facts.age_years is None:
            remarks.append("The age is unknown: the image header gives no day of the examination.")
        return context.age_years
    try:
        age = age_years_at(context.birth_date, facts.acquired_at)
    except InputError as error:
        remarks.append(f"The birth date was not used: {error}")
        return context.age_years
    if age == 0 and len(context.birth_date) == 10:
        # Anonymization often writes one day into both fields.
        remarks.append("The birth date is the day of the examination; the age counts as not stated.")
        return context.age_years
    if context.age_years is None:
        return age
    if abs(age - context.age_years) > 1:
        remarks.append(
            f"The context gives an age of {context.age_years:g} years and a birth date that makes {age:g}; "
            "the age was used."
        )
    return context.age_years


def _choose(
    name: str, group: list[LaboratoryResult], exam: datetime | None, issues: list[ContextIssue]
) -> LaboratoryResult | None:
    dated = [(moment, item) for item in group if (moment := _moment(item.taken_at)) is not None]
    usable = [pair for pair in dated if exam is None or pair[0].wall <= exam]
    late = len(dated) - len(usable)
    label = _label(name)
    in_one_zone = all(moment.utc is not None for moment, _ in usable)
    if usable:
        newest = max(_order(moment, in_one_zone) for moment, _ in usable)
        best = [item for moment, item in usable if _order(moment, in_one_zone) == newest]
    else:
        best = [item for item in group if _moment(item.taken_at) is None]
    if late:
        one = "A value" if late == 1 else f"{late} values"
        text = f"{one} of {label} from after the examination {'was' if late == 1 else 'were'} not used."
        issues.append(ContextIssue("after-exam", text, "info" if best else "warning"))
    if len({(item.value, item.limit, item.unit) for item in best}) > 1:
        text = f"{label} was not used: there are {len(best)} different values, and none is the newer one."
        issues.append(ContextIssue("ambiguous", text, "error"))
        return None
    if not best:
        return None
    chosen = min(best, key=lambda item: (item.taken_at or "", repr(item)))
    if len(group) - late > len(best):
        when = f", {chosen.taken_at}," if chosen.taken_at else ""
        before = (
            "before the examination"
            if exam is not None
            else "of all (the time of the examination is unknown)"
        )
        text = f"{len(group)} values of {label} were given; the newest {before}{when} was used."
        issues.append(ContextIssue("newest", text, "info"))
    return chosen


def _label(name: str) -> str:
    """What people call a laboratory value."""
    analyte = analytes().get(name)
    return analyte.title if analyte else name


def _moment(text: str | None) -> Moment | None:
    """A time that can not be read counts as none: readers of files have said so already."""
    if not text:
        return None
    try:
        return moment_of(text)
    except InputError:
        return None


def _order(moment: Moment, in_one_zone: bool) -> datetime:
    return moment.utc if in_one_zone and moment.utc is not None else moment.wall


def _age_of_value(result: LaboratoryResult, exam: datetime) -> list[ContextIssue]:
    moment = _moment(result.taken_at)
    if moment is None:
        return []
    age = exam - moment.wall
    if age > STALE_AFTER:
        text = f"{_label(result.name)} was taken {age.days} days before the examination."
        return [ContextIssue("stale", text, "warning")]
    if moment.utc is not None and age < LARGEST_ZONE:
        label = _label(result.name)
        text = f"{label}: its time has a zone, the examination has none; clock times were compared."
        return [ContextIssue("zone", text, "info")]
    return []


def _end(moment: Moment) -> datetime:
    return datetime.combine(moment.wall.date(), time.max) if moment.is_day else moment.wall
