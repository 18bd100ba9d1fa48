"""Clinical context to numbers: all, some, none, infinite, implausible, wrong units, unknown texts."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from MedMMSlicerLib.bundles.manifest import ContextVariable
from MedMMSlicerLib.core import ClinicalContext, LaboratoryResult
from MedMMSlicerLib.inference.context_vector import encode_context, known_variables, leave_out

from .tiny_bundle import CONTEXT, COUNT

VARIABLES = tuple(ContextVariable(**item) for item in CONTEXT)
NAMES = [variable.name for variable in VARIABLES]


def laboratory(name: str, value: float, unit: str, **rest: str) -> ClinicalContext:
    return ClinicalContext(laboratory=(LaboratoryResult(name, value, unit, **rest),))


def test_all_values_are_encoded_in_order(full_context: ClinicalContext) -> None:
    vector = encode_context(VARIABLES, full_context, "AP")
    expected = [1.05, 0.5, 1.0, (math.log1p(120) - 3) / 1.5, 1.6, math.log1p(2.5)]
    np.testing.assert_allclose(vector.numbers, [[*expected, *[0.0] * COUNT]], rtol=1e-6)
    assert vector.numbers.shape == (1, 2 * COUNT)
    assert vector.numbers.dtype == np.float32
    assert vector.missing == ()
    assert vector.notes == ()


def test_nothing_is_the_fill_with_all_flags() -> None:
    vector = encode_context(VARIABLES, ClinicalContext())
    expected = [0.5, 0.0, 0.5, (math.log1p(5) - 3) / 1.5, -0.3, math.log1p(0.4)]
    np.testing.assert_allclose(vector.numbers, [[*expected, *[1.0] * COUNT]], rtol=1e-6)
    assert list(vector.missing) == NAMES
    assert vector.notes == ()


@settings(max_examples=60, deadline=None)
@given(st.sets(st.sampled_from(NAMES)))
def test_any_combination_may_be_missing(missing: set[str]) -> None:
    values = {"lab.crp": 120.0, "lab.ldh": 410.0, "lab.d_dimer": 2.5}
    units = {"lab.crp": "mg/L", "lab.ldh": "U/L", "lab.d_dimer": "mg/L"}
    context = ClinicalContext(
        age_years=None if "age" in missing else 71,
        sex=None if "sex" in missing else "M",
        laboratory=tuple(
            LaboratoryResult(name[4:], value, units[name])
            for name, value in values.items()
            if name not in missing
        ),
    )
    view = "" if "view" in missing else "AP"
    vector = encode_context(VARIABLES, context, view)
    assert set(vector.missing) == missing
    np.testing.assert_array_equal(vector.numbers[0, COUNT:], [name in missing for name in NAMES])
    complete = encode_context(
        VARIABLES,
        ClinicalContext(
            71, "M", laboratory=tuple(LaboratoryResult(n[4:], v, units[n]) for n, v in values.items())
        ),
        "AP",
    )
    np.testing.assert_array_equal(leave_out(VARIABLES, complete, sorted(missing)), vector.numbers)


@pytest.mark.parametrize(("value", "stands_in"), [(math.inf, 600.0), (-math.inf, 0.0)])
def test_infinity_is_the_end_of_the_range_and_said_so(value: float, stands_in: float) -> None:
    vector = encode_context(VARIABLES, laboratory("crp", value, "mg/L"))
    assert vector.used["lab.crp"] == stands_in
    assert "lab.crp" not in vector.missing
    side = "above" if value > 0 else "below"
    assert vector.notes == (f"lab.crp is {side} the detection range; {stands_in:g} mg/L stands in for it.",)


@pytest.mark.parametrize(
    ("value", "side", "word", "used"), [(math.inf, 1, "above", 600.0), (-math.inf, -1, "below", 0.0)]
)
def test_a_limit_that_was_given_is_kept_beside_the_stand_in(
    value: float, side: int, word: str, used: float
) -> None:
    context = ClinicalContext(laboratory=(LaboratoryResult("crp", value, "mg/L", limit=35.0),))
    vector = encode_context(VARIABLES, context)
    assert vector.notes == (f"lab.crp is {word} 35 mg/L; the model used {used:g} mg/L.",)
    assert vector.limits == {"lab.crp": (side, 35.0)} and vector.used["lab.crp"] == used
    assert encode_context(VARIABLES, laboratory("crp", 12.0, "mg/L")).limits == {}


def test_infinity_without_a_limit_is_left_out() -> None:
    variable = ContextVariable("lab.crp", "mg/L", 5.0)
    vector = encode_context([variable], laboratory("crp", math.inf, "mg/L"))
    assert vector.missing == ("lab.crp",)
    assert "detection range" in vector.notes[0]


@pytest.mark.parametrize(
    ("context", "reason"),
    [
        (laboratory("crp", 700.0, "mg/L"), "implausible (expected 0 to 600)"),
        (laboratory("crp", -1.0, "mg/L"), "implausible"),
        (laboratory("crp", math.nan, "mg/L"), "no number"),
        (laboratory("crp", 12.0, "mg/dL"), "given in mg/dL, and the bundle takes mg/L"),
        (laboratory("crp", 12.0, ""), "given in no unit"),
        (ClinicalContext(age_years=140), "implausible"),
        (ClinicalContext(sex="O"), "'O' was left out: the bundle knows M, F"),
    ],
)
def test_what_does_not_fit_is_left_out_with_the_reason(context: ClinicalContext, reason: str) -> None:
    vector = encode_context(VARIABLES, context)
    assert list(vector.missing) == NAMES
    assert len(vector.notes) == 1
    assert reason in vector.notes[0]
    np.testing.assert_array_equal(vector.numbers, encode_context(VARIABLES, ClinicalContext()).numbers)


def test_an_unknown_view_is_left_out_and_case_does_not_count() -> None:
    assert "view 'LATERAL' was left out" in encode_context(VARIABLES, ClinicalContext(), "LATERAL").notes[0]
    assert encode_context(VARIABLES, ClinicalContext(), "ap").used["view"] == 1


def test_a_result_is_found_by_its_code_and_the_newest_counts() -> None:
    by_code = encode_context(VARIABLES, laboratory("C-reactive protein", 40.0, "mg/L", loinc="1988-5"))
    assert by_code.used["lab.crp"] == 40
    results = tuple(
        LaboratoryResult("crp", value, "mg/L", taken_at=day)
        for value, day in ((10.0, "2026-01-02"), (30.0, "2026-01-04"), (20.0, "2026-01-03"))
    )
    newest = encode_context(VARIABLES, ClinicalContext(laboratory=results))
    assert newest.used["lab.crp"] == 30
    assert "3 times" in newest.notes[0]


def test_values_that_the_bundle_does_not_use_change_nothing(full_context: ClinicalContext) -> None:
    more = replace(full_context, laboratory=(*full_context.laboratory, LaboratoryResult("alt", 900.0, "U/L")))
    np.testing.assert_array_equal(
        encode_context(VARIABLES, more).numbers, encode_context(VARIABLES, full_context).numbers
    )
    assert known_variables(VARIABLES, full_context, "") == [name for name in NAMES if name != "view"]
