"""Choosing values, completing from the header, joining files."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from MedMMSlicerLib.context.analytes import analytes
from MedMMSlicerLib.context.issue import ContextIssue, ContextReading, limited
from MedMMSlicerLib.context.merge import (
    age_years_at,
    complete_from_header,
    merge_readings,
    select_laboratory,
)
from MedMMSlicerLib.core import ClinicalContext, HeaderFacts, LaboratoryResult, to_json
from MedMMSlicerLib.errors import InputError

EXAM = "2026-01-31T12:00:00"


def _crp(value: float, taken_at: str | None = None) -> LaboratoryResult:
    return LaboratoryResult("crp", value, "mg/L", "1988-5", taken_at)


def _codes(issues: tuple[ContextIssue, ...]) -> list[str]:
    return [issue.code for issue in issues]


def test_the_newest_before_the_examination_is_taken() -> None:
    values = [
        _crp(1, "2026-01-29T08:00:00"),
        _crp(2, "2026-01-31T11:59:59"),
        _crp(3, "2026-01-31T12:00:01"),
        _crp(4),
    ]
    kept, issues = select_laboratory(values, EXAM)
    assert kept == (values[1],)
    assert _codes(issues) == ["after-exam", "newest"]
    assert "2026-01-31T11:59:59" in issues[1].text


def test_without_the_time_of_the_examination_the_newest_counts() -> None:
    values = [_crp(1, "2026-01-29"), _crp(3, "2026-02-03")]
    kept, issues = select_laboratory(values, None)
    assert kept == (values[1],) and "unknown" in issues[0].text


def test_a_value_from_after_the_examination_is_never_used() -> None:
    kept, issues = select_laboratory([_crp(3, "2026-02-03")], EXAM)
    assert kept == () and issues[0].code == "after-exam" and issues[0].severity == "warning"


def test_an_undated_value_is_used_where_no_dated_one_is() -> None:
    kept, issues = select_laboratory([_crp(3, "2026-02-03"), _crp(4)], EXAM)
    assert kept == (_crp(4),) and _codes(issues) == ["after-exam"]


def test_two_values_of_one_time_are_both_refused() -> None:
    for taken_at in (None, "2026-01-30"):
        kept, issues = select_laboratory([_crp(3, taken_at), _crp(4, taken_at)], EXAM)
        assert kept == () and _codes(issues) == ["ambiguous"] and issues[0].severity == "error"
    kept, issues = select_laboratory([_crp(3), dataclasses.replace(_crp(3), reference_high=5.0)], EXAM)
    assert len(kept) == 1 and not issues


def test_days_without_a_time() -> None:
    assert select_laboratory([_crp(1, "2026-01-31")], EXAM)[0]
    assert select_laboratory([_crp(1, "2026-01-31T23:00:00")], "2026-01-31")[0]
    assert not select_laboratory([_crp(1, "2026-02-01")], "2026-01-31")[0]


def test_an_old_value_is_used_and_stated() -> None:
    kept, issues = select_laboratory([_crp(1, "2025-12-01")], EXAM)
    assert kept and _codes(issues) == ["stale"] and "61 days" in issues[0].text


def test_zones() -> None:
    early, late = _crp(1, "2026-01-31T09:00:00+01:00"), _crp(2, "2026-01-31T08:30:00+00:00")
    kept, issues = select_laboratory([early, late], EXAM)
    assert kept == (late,) and _codes(issues) == ["newest", "zone"]


@pytest.mark.parametrize("taken_at", ["yesterday", "2026"])
def test_times_that_no_reader_wrote_count_as_none(taken_at: str) -> None:
    assert select_laboratory([_crp(1, taken_at)], EXAM) == ((_crp(1, taken_at),), ())
    assert select_laboratory([_crp(1, "2026-01-30")], "soon")[0] == (_crp(1, "2026-01-30"),)


results = st.builds(
    LaboratoryResult,
    name=st.sampled_from(["crp", "ldh", "Ferritin"]),
    value=st.sampled_from([1.0, 2.0, 3.0, float("inf"), float("-inf")]),
    unit=st.just("mg/L"),
    loinc=st.just(""),
    taken_at=st.sampled_from(
        [
            None,
            "2026-01-30",
            "2026-01-31T11:00:00",
            "2026-01-31T11:00:00+01:00",
            "2026-01-31T13:00:00",
            "2026-02-01",
        ]
    ),
    reference_low=st.none(),
    reference_high=st.sampled_from([None, 5.0]),
)


@settings(deadline=None)
@given(st.lists(results, max_size=8), st.sampled_from([None, EXAM, "2026-01-31"]), st.randoms())
def test_selection_has_its_invariants(
    values: list[LaboratoryResult], exam: str | None, random: object
) -> None:
    kept, issues = select_laboratory(values, exam)
    assert set(kept) <= set(values)
    assert [item.name for item in kept] == sorted({item.name for item in kept})
    assert select_laboratory(kept, exam)[0] == kept
    shuffled = list(values)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert select_laboratory(shuffled, exam) == (kept, issues)
    assert select_laboratory([*values, *values], exam)[0] == kept
    for name in {item.name for item in values} - {item.name for item in kept}:
        label = analytes()[name].title if name in analytes() else name
        assert any(label in issue.text for issue in issues)


contexts = st.builds(
    ClinicalContext,
    age_years=st.sampled_from([None, 50.0, 60.0]),
    sex=st.sampled_from([None, "M", "F"]),
    indication=st.sampled_from(["", "cough", "fever"]),
    history=st.sampled_from(["", "COPD"]),
    laboratory=st.lists(results, max_size=3, unique=True).map(tuple),
    scores=st.dictionaries(st.sampled_from(["a", "b"]), st.integers(0, 3), max_size=2),
    birth_date=st.sampled_from([None, "1950-03-21"]),
)


@settings(deadline=None)
@given(contexts, contexts)
def test_joining_has_its_invariants(one: ClinicalContext, two: ClinicalContext) -> None:
    first, second = ContextReading(one), ContextReading(two)
    assert merge_readings([first]).context == one
    assert merge_readings([first, ContextReading(ClinicalContext())]).context == one
    assert merge_readings([ContextReading(ClinicalContext()), first]).context == one
    assert merge_readings([first, first]) == first
    merged = merge_readings([first, second])
    assert set(merged.context.laboratory) == {*one.laboratory, *two.laboratory}
    assert merge_readings([merged, second]).context == merged.context
    for name in ("age_years", "sex", "birth_date"):
        values = [getattr(one, name), getattr(two, name)]
        assert getattr(merged.context, name) == next((value for value in values if value is not None), None)
        if None not in values and values[0] != values[1]:
            assert "contradiction" in _codes(merged.issues)


def test_header_completes_and_contradictions_are_stated() -> None:
    facts = HeaderFacts(age_years=70, sex="M", clinical_text="dyspnea", acquired_at=EXAM)
    completed, remarks = complete_from_header(ClinicalContext(), facts)
    assert (completed.age_years, completed.sex, completed.indication) == (70, "M", "dyspnea")
    assert remarks == ()
    given_context = ClinicalContext(
        age_years=50, sex="F", indication="fall", laboratory=(_crp(1, "2026-03-01"),)
    )
    completed, remarks = complete_from_header(given_context, facts)
    assert (completed.age_years, completed.sex, completed.indication) == (50, "F", "fall")
    assert len(remarks) == 3 and "70" in remarks[0] and "sex F" in remarks[1]
    assert "C-reactive protein" in remarks[2]
    assert completed.laboratory == ()


def test_age_comes_from_the_birth_date_and_the_day_of_the_examination() -> None:
    context = ClinicalContext(birth_date="1950-03-21")
    completed, remarks = complete_from_header(context, HeaderFacts(acquired_at=EXAM, age_years=75))
    assert (
        completed.age_years == pytest.approx(75.867, abs=1e-3)
        and completed.birth_date is None
        and not remarks
    )
    _, remarks = complete_from_header(context, HeaderFacts(acquired_at=EXAM, age_years=40))
    assert "40" in remarks[0]
    completed, remarks = complete_from_header(context, HeaderFacts(age_years=75))
    assert completed.age_years == 75 and completed.birth_date is None and not remarks
    completed, remarks = complete_from_header(context, HeaderFacts())
    assert completed.age_years is None and "no day" in remarks[0]
    both = ClinicalContext(age_years=60, birth_date="1950-03-21")
    completed, remarks = complete_from_header(both, HeaderFacts(acquired_at=EXAM))
    assert completed.age_years == 60 and "birth date" in remarks[0]
    unborn = ClinicalContext(birth_date="2030-01-01")
    completed, remarks = complete_from_header(unborn, HeaderFacts(acquired_at=EXAM))
    assert completed.age_years is None and "not used" in remarks[0]


@pytest.mark.parametrize(
    ("born", "expected"), [("1950-01-31", 76.0), ("2025-10-31", 0.252), ("1950", 76.0), ("1950-07", 76.0)]
)
def test_ages(born: str, expected: float) -> None:
    assert age_years_at(born, EXAM) == pytest.approx(expected, abs=0.002)


@pytest.mark.parametrize("born", ["2030-01-01", "1850-01-01", "never", "2026-13"])
def test_impossible_ages(born: str) -> None:
    with pytest.raises(InputError):
        age_years_at(born, EXAM)


def test_the_birth_date_is_written_nowhere() -> None:
    context = ClinicalContext(birth_date="1950-03-21")
    assert "1950" not in repr(context) and "birth" not in str(to_json(context))


def test_remarks_are_sorted_and_limited() -> None:
    issues = [ContextIssue("a", f"info {index}", "info") for index in range(300)]
    issues.append(ContextIssue("b", "broken", "error", "line 3"))
    shown = limited([*issues, *issues])
    assert len(shown) == 101 and shown[0].severity == "error" and "201 more" in shown[-1].text
    assert ContextReading(ClinicalContext(), shown).remarks[0] == "line 3: broken"


def test_a_birth_date_on_the_day_of_the_examination_is_no_age() -> None:
    born = ClinicalContext(birth_date=EXAM[:10])
    completed, remarks = complete_from_header(born, HeaderFacts(acquired_at=EXAM))
    assert completed.age_years is None and "counts as not stated" in remarks[0]
    known = dataclasses.replace(born, age_years=0.0)
    assert complete_from_header(known, HeaderFacts(acquired_at=EXAM))[0].age_years == 0
