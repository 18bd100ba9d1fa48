"""One value: identified, converted, checked."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from MedMMSlicerLib.context.analytes import analytes
from MedMMSlicerLib.context.laboratory import ReportedResult, normalize_result
from MedMMSlicerLib.context.plain_values import Quantity
from MedMMSlicerLib.core import LaboratoryResult


def _reported(name: str = "crp", value: str = "12", unit: str = "mg/L", **extra: object) -> ReportedResult:
    return ReportedResult(name, Quantity(Fraction(value)), unit, where="line 2", **extra)  # type: ignore[arg-type]


def _refused(reported: ReportedResult) -> tuple[str, str]:
    result, issues = normalize_result(reported)
    assert result is None
    assert len(issues) == 1 and issues[0].severity == "error" and issues[0].where == "line 2"
    return issues[0].code, issues[0].text


def test_a_plain_value() -> None:
    reported = _reported(
        value="12.3", unit="mg/dL", reference_high=Fraction("0.5"), taken_at="2026-01-31 08:00"
    )
    assert normalize_result(reported) == (
        LaboratoryResult("crp", 123.0, "mg/L", "1988-5", "2026-01-31T08:00:00", None, 5.0),
        (),
    )


def test_the_code_is_that_of_the_unit_in_which_the_value_is_given() -> None:
    result, _ = normalize_result(_reported("", "200", "mg/dL", loinc="2093-3"))
    assert result is not None
    assert (result.name, result.unit, result.loinc) == ("cholesterol", "mmol/L", "14647-2")


@pytest.mark.parametrize(
    ("reported", "code", "word"),
    [
        (_reported(unit="furlong"), "unknown-unit", "furlong"),
        (_reported(unit=""), "unknown-unit", "missing unit"),
        (_reported(unit="mmol/L"), "unknown-unit", "mg/L"),
        (_reported(value="5000"), "implausible", "1000"),
        (_reported(value="-1"), "implausible", "-1"),
        (_reported("pco2", "0.5", "kPa"), "implausible", "mm"),
        (_reported("leukocytes", "9.6", "/uL"), "implausible", "0.01"),
        (_reported("lymphocytes", "1.2", "/uL"), "implausible", "0.01"),
        (_reported("platelets", "150", "/uL"), "implausible", "0.5"),
        (_reported("lymphocytes", "20", "%"), "unknown-unit", "10*9/L"),
        (_reported("Lymphocytes", "20", "%", loinc="736-9"), "other-quantity", "leukocytes"),
        (_reported("", loinc="76485-2", unit="nmol/L"), "other-quantity", "molar mass"),
        (_reported("po2", "40", "mm[Hg]", loinc="2705-2"), "other-quantity", "venous"),
        (_reported(loinc="2532-0"), "name-and-code", "Lactate"),
        (_reported("LDH", "300", "U/L", loinc="14803-1"), "name-and-code", "14803-1"),
        (_reported(loinc="1988-4"), "bad-loinc", "1988-4"),
        (_reported(""), "unnamed", "LOINC"),
        (_reported("ferritin", "30", ""), "unknown-unit", "no unit"),
        (_reported("x" * 300, "30", "mg/L"), "too-long", "long"),
        (_reported("d_dimer", "300", "ng/mL{DDU}", loinc="48065-7"), "name-and-code", "FEU"),
    ],
)
def test_refusals_say_why(reported: ReportedResult, code: str, word: str) -> None:
    found, text = _refused(reported)
    assert found == code and word in text and "not used" in text


@pytest.mark.parametrize(("limit", "expected"), [(1, math.inf), (-1, -math.inf)])
def test_outside_of_the_detection_range_is_kept(limit: int, expected: float) -> None:
    bare, issues = normalize_result(ReportedResult("crp", Quantity(None, limit), "mg/L"))
    assert bare is not None and bare.value == expected and not issues
    limited, issues = normalize_result(ReportedResult("crp", Quantity(Fraction("0.5"), limit), "mg/dL"))
    assert limited is not None and limited.value == expected
    assert [issue.code for issue in issues] == ["detection-limit"]


def test_no_cells_at_all_can_be_counted() -> None:
    result, _ = normalize_result(_reported("neutrophils", "0", "Gpt/L"))
    assert result is not None and result.value == 0


def test_a_limit_is_checked_like_a_value() -> None:
    result, issues = normalize_result(ReportedResult("crp", Quantity(Fraction(90000), -1), "mg/L"))
    assert result is None and issues[0].code == "implausible"
    result, issues = normalize_result(ReportedResult("crp", Quantity(None, 1), "furlong"))
    assert result is None and issues[0].code == "unknown-unit"


@pytest.mark.parametrize(
    ("reported", "value", "codes"),
    [
        (_reported("D-Dimer", "500", "ng/mL"), 0.5, ["assumed-basis"]),
        (_reported("D-Dimer", "500", "ng/mL FEU"), 0.5, []),
        (_reported("D-Dimer FEU", "500", "ng/mL"), 0.5, []),
        (_reported("", "500", "ng/mL", loinc="48065-7"), 0.5, []),
        (_reported("", "250", "ng/mL", loinc="48066-5"), 0.5, ["approximate"]),
        (_reported("D-Dimer", "250", "ng/mL DDU"), 0.5, ["approximate"]),
        (_reported("D-Dimer", "250", "ng/mL{DDU}", loinc="91556-1"), 0.5, ["approximate"]),
    ],
)
def test_d_dimer_in_either_unit(reported: ReportedResult, value: float, codes: list[str]) -> None:
    result, issues = normalize_result(reported)
    assert result is not None and result.value == value and result.loinc == "48065-7"
    assert [issue.code for issue in issues] == codes
    assert all(issue.severity == "warning" for issue in issues)


def test_a_value_that_is_not_in_the_table_is_kept_as_it_is() -> None:
    result, issues = normalize_result(_reported("Ferritin", "300", "ng/mL", loinc="2276-4"))
    assert result == LaboratoryResult("Ferritin", 300.0, "ng/mL", "2276-4")
    assert [issue.code for issue in issues] == ["unknown-analyte"]


def test_a_reversed_reference_range_is_left_out() -> None:
    result, issues = normalize_result(_reported(reference_low=Fraction(5), reference_high=Fraction(1)))
    assert result is not None and result.reference_low is None and result.reference_high is None
    assert [issue.code for issue in issues] == ["bad-reference"]


def test_a_time_that_can_not_be_read_is_stated() -> None:
    result, issues = normalize_result(_reported(taken_at="01/02/2026"))
    assert result is not None and result.taken_at is None
    assert [issue.code for issue in issues] == ["bad-time"]


@settings(deadline=None)
@given(
    st.sampled_from(sorted(analytes())),
    st.fractions(min_value=0, max_value=1, max_denominator=10**4),
    st.data(),
)
def test_the_unit_in_which_a_value_is_reported_makes_no_difference(
    name: str, part: Fraction, data: st.DataObject
) -> None:
    from MedMMSlicerLib.context.analytes import unit_factor

    item = analytes()[name]
    low, high = item.plausible
    value = low + part * (high - low)
    unit = data.draw(st.sampled_from([unit for unit in item.accepted_units if "DDU" not in unit]))
    found = unit_factor(item, unit)
    assert found is not None
    reference, _ = normalize_result(ReportedResult(name, Quantity(value), item.unit))
    result, _ = normalize_result(ReportedResult(name, Quantity(value / found[0]), unit))
    assert result == reference is not None
