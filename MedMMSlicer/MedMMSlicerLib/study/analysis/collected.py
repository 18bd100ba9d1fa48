"""A study that readers carried out, as data for the analysis: one `StudyData` for each target."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from ...errors import InputError
from ..answers import LesionMark
from ..protocol import Lesion as TrueLesion
from ..results import CollectedStudy, SubmittedRead
from .data import Lesion, Mark, Read, StudyCase, StudyData

__all__ = ["studies_of"]


def studies_of(collected: CollectedStudy) -> tuple[StudyData, ...]:
    """Split what was collected by target.

    Returns
    -------
    tuple of StudyData
        One for each target that has a reference standard, in the order of the protocol; ratings of reports,
        preferences, deviations and problems are in each.

    Raises
    ------
    InputError
        If no target has positive and negative cases, or nothing was read.
    """
    found, reasons = [], []
    for target in collected.targets:
        standard = collected.truth.positives
        cases = tuple(
            StudyCase(case, standard[case][target.id])
            for case in collected.cases
            if target.id in standard.get(case, {})
        )
        positives = sum(case.positive for case in cases)
        reads = tuple(_reads(collected, target.id, {case.name for case in cases}))
        if not 0 < positives < len(cases):
            reasons.append(f"{target.id} has {positives} positive cases of {len(cases)}")
        elif all(read.rating is None for read in reads):
            reasons.append(f"nobody rated {target.id}")
        else:
            found.append(_study(collected, target.id, target.has_marks, cases, reads))
    if not found:
        raise InputError(
            f"'{collected.title}' can not be analyzed: {'; '.join(reasons) or 'it has no target'}. "
            "Collect more results, or check the reference standard."
        )
    return tuple(found)


def _study(
    collected: CollectedStudy,
    target: str,
    has_marks: bool,
    cases: tuple[StudyCase, ...],
    reads: tuple[Read, ...],
) -> StudyData:
    names = {case.name for case in cases}
    without = [case for case in collected.cases if case not in names]
    notes = list(collected.notes)
    if without:
        notes.append(f"{len(without)} cases have no reference standard of {target} and were left out for it.")
    lesions, marks = _marks(collected, target, names) if has_marks else ((), ())
    return StudyData(
        title=collected.title,
        kind="collected",
        cases=cases,
        readers=collected.readers,
        tests=collected.tests,
        reads=reads,
        lesions=lesions,
        marks=marks,
        marks_lesions=has_marks,
        target=target,
        quality=collected.quality,
        preferences=collected.preferences,
        deviations=collected.deviations,
        problems=collected.problems,
        notes=tuple(notes),
        source={
            "protocol_sha256": collected.protocol_sha256,
            "collected_at": collected.collected_at,
            "is_crossover": collected.is_crossover,
            "washout_days": collected.washout_days,
            "idle_after_s": collected.idle_after_s,
            "experience_years": dict(collected.experience_years),
        },
    )


def _marks(
    collected: CollectedStudy, target: str, cases: set[str]
) -> tuple[tuple[Lesion, ...], tuple[Mark, ...]]:
    """Lesions of the reference standard, and marks with the lesion that they hit."""
    known = {
        case: tuple(by_target.get(target, ()))
        for case, by_target in collected.truth.lesions.items()
        if case in cases
    }
    lesions = tuple(Lesion(case, item.id, item.weight) for case, items in known.items() for item in items)
    marks = tuple(
        Mark(read.reader, read.test, read.case, _hit(mark, known.get(read.case, ())), mark.rating)
        for read in collected.reads
        if read.case in cases
        for mark in read.marks
        if mark.target == target
    )
    return lesions, marks


def _reads(collected: CollectedStudy, target: str, cases: set[str]) -> Iterator[Read]:
    """Reads of a target, submitted and missing; each reader, test and case once."""
    tests_of_arm: dict[str, list[str]] = {}
    seen = set()
    for read in collected.reads:
        tests = tests_of_arm.setdefault(read.arm, [])
        if read.test not in tests:
            tests.append(read.test)
        key = (read.reader, read.test, read.case)
        if read.case in cases and key not in seen:
            seen.add(key)
            yield _read(read, target)
    for task in collected.missing:
        for test in tests_of_arm.get(task.arm, [task.arm]):
            key = (task.reader, test, task.case)
            if not task.round and task.case in cases and key not in seen:
                seen.add(key)
                yield Read(*key, None)


def _read(read: SubmittedRead, target: str) -> Read:
    times = read.times
    if times is None:
        return Read(read.reader, read.test, read.case, read.ratings.get(target))
    return Read(
        read.reader,
        read.test,
        read.case,
        read.ratings.get(target),
        times.active_s if times.active_s > 0 else None,
        times.idle_s,
        times.interrupted_s,
    )


def _hit(mark: LesionMark, lesions: Sequence[TrueLesion]) -> str:
    """Which lesion a mark hits: the nearest among those whose radius it lies in; empty for a false mark."""
    if mark.lesion is not None:
        return mark.lesion
    if mark.position_ras is None:
        return ""
    distances = {
        lesion.id: math.dist(mark.position_ras, lesion.center_ras)
        for lesion in lesions
        if lesion.center_ras is not None
        and lesion.radius_mm is not None
        and math.dist(mark.position_ras, lesion.center_ras) <= lesion.radius_mm
    }
    return min(distances, key=lambda name: distances[name]) if distances else ""
