"""The JSON format and its schema."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from MedMMSlicerLib.context.json_context import SCHEMA_PATH, context_from_json
from MedMMSlicerLib.core import ClinicalContext, LaboratoryResult
from MedMMSlicerLib.errors import InputError

COMPLETE = {
    "age_years": 67.5,
    "sex": "F",
    "indication": "cough",
    "history": "COPD",
    "laboratory": [
        {
            "name": "CRP",
            "value": 12,
            "unit": "mg/dL",
            "loinc": "1988-5",
            "taken_at": "2026-01-31T08:00:00",
            "reference_low": 0,
            "reference_high": 0.5,
        }
    ],
    "scores": {"bone_rads": 3, "comment": "late", "risk": 0.5},
}


def test_every_field(read: Any) -> None:
    reading = read(json.dumps(COMPLETE))
    crp = LaboratoryResult("crp", 120.0, "mg/L", "1988-5", "2026-01-31T08:00:00", 0.0, 5.0)
    scores = {"bone_rads": 3, "comment": "late", "risk": 0.5}
    assert reading.context == ClinicalContext(67.5, "F", "cough", "COPD", (crp,), scores)
    assert reading.issues == ()


@pytest.mark.parametrize(
    "text", ["{}", '{"age_years": null, "sex": null, "laboratory": null, "scores": null}']
)
def test_nothing_is_a_context_too(text: str, read: Any) -> None:
    assert read(text).context == ClinicalContext()


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"agee": 3}, "agee"),
        ({"age_years": "old"}, "$.age_years"),
        ({"age_years": True}, "$.age_years"),
        ({"age_years": 131}, "$.age_years"),
        ({"age_years": -1}, "$.age_years"),
        ({"age_years": math.inf}, "$.age_years"),
        ({"sex": "male"}, "$.sex"),
        ({"birth_date": "31.01.1950"}, "$.birth_date"),
        ({"birth_date": "1950-02-30"}, "$.birth_date"),
        ({"birth_date": "0000"}, "$.birth_date"),
        ({"indication": 3}, "$.indication"),
        ({"history": "x" * 20_001}, "$.history"),
        ({"laboratory": {}}, "$.laboratory"),
        ({"laboratory": ["crp"]}, "$.laboratory[0]"),
        ({"laboratory": [{"name": "crp", "value": 3}]}, "unit"),
        ({"laboratory": [{"value": 3, "unit": "mg/L"}]}, "neither name nor loinc"),
        ({"laboratory": [{"name": "crp", "value": "3", "unit": "mg/L"}]}, "$.laboratory[0].value"),
        ({"laboratory": [{"name": "crp", "value": "high", "unit": "mg/L"}]}, "$.laboratory[0].value"),
        ({"laboratory": [{"name": "crp", "value": None, "unit": "mg/L"}]}, "$.laboratory[0].value"),
        ({"laboratory": [{"name": "crp", "value": True, "unit": "mg/L"}]}, "$.laboratory[0].value"),
        ({"laboratory": [{"name": "crp", "value": 3, "unit": 5}]}, "$.laboratory[0].unit"),
        ({"laboratory": [{"name": "", "value": 3, "unit": "mg/L"}]}, "$.laboratory[0].name"),
        ({"laboratory": [{"name": "crp", "value": 3, "unit": "mg/L", "loinc": "x"}]}, "loinc"),
        ({"laboratory": [{"name": "crp", "value": 3, "unit": "mg/L", "hint": 1}]}, "hint"),
        (
            {"laboratory": [{"name": "crp", "value": 3, "unit": "mg/L", "reference_high": "5"}]},
            "reference_high",
        ),
        (
            {"laboratory": [{"name": "crp", "value": 3, "unit": "g/L", "reference_low": math.inf}]},
            "reference_low",
        ),
        ({"scores": {"a": [1]}}, "$.scores.a"),
        ({"scores": [1]}, "$.scores"),
    ],
)
def test_what_does_not_fit_the_schema_is_named_by_its_path(change: Any, path: str, read: Any) -> None:
    with pytest.raises(InputError) as caught:
        read(json.dumps(change), "context.json")
    assert path in str(caught.value) and "context.json" in str(caught.value)
    assert len(str(caught.value)) < 1500


def test_a_limit_beside_infinity_is_read() -> None:
    value = {"name": "crp", "value": "inf", "limit": 35, "unit": "mg/L"}
    (result,) = context_from_json({"laboratory": [value]}).context.laboratory
    assert (result.value, result.limit) == (math.inf, 35.0)
    value = {"name": "crp", "value": "> 3.5", "unit": "mg/dL"}
    (result,) = context_from_json({"laboratory": [value]}).context.laboratory
    assert (result.value, result.limit) == (math.inf, 35.0)


def test_nan_is_refused_with_its_place() -> None:
    with pytest.raises(InputError, match=r"laboratory\[0\].value: NaN"):
        context_from_json({"laboratory": [{"name": "crp", "value": math.nan, "unit": "mg/L"}]})


@pytest.mark.parametrize(
    ("value", "expected"),
    [("inf", math.inf), ("-inf", -math.inf), (math.inf, math.inf), ("< 0.3", -math.inf), (">500", math.inf)],
)
def test_outside_of_the_detection_range(value: object, expected: float, read: Any) -> None:
    reading = read(json.dumps({"laboratory": [{"name": "crp", "value": value, "unit": "mg/L"}]}))
    assert reading.context.laboratory[0].value == expected


def test_a_refused_value_leaves_the_others(read: Any) -> None:
    values = [
        {"name": "crp", "value": 3, "unit": "parsec"},
        {"name": "ldh", "value": 200, "unit": "U/L"},
        {"name": "po2", "value": 9000, "unit": "mmHg"},
    ]
    reading = read(json.dumps({"sex": "M", "laboratory": values}))
    assert [item.name for item in reading.context.laboratory] == ["ldh"]
    assert [(issue.code, issue.where) for issue in reading.issues] == [
        ("unknown-unit", "$.laboratory[0]"),
        ("implausible", "$.laboratory[2]"),
    ]


def test_markup_in_texts_stays_plain_text(read: Any) -> None:
    text = '<script>alert("1")</script> & <b>bold</b> {{ 7*7 }} ${x} %s'
    reading = read(json.dumps({"indication": text, "history": text}))
    assert reading.context.indication == text and reading.context.history == text


def test_many_errors_are_summed_up(read: Any) -> None:
    values = [{"name": "crp", "value": "x", "unit": "mg/L"}] * 500
    with pytest.raises(InputError, match="and more"):
        read(json.dumps({"laboratory": values}))


def test_the_schema_describes_every_field() -> None:
    schema = json.loads(SCHEMA_PATH.read_text(encoding="utf-8"))
    fields = {**schema["properties"], **schema["$defs"]["result"]["properties"]}
    assert all(field.get("description") for field in fields.values())
    assert set(schema["properties"]) == set(ClinicalContext.__dataclass_fields__)
    assert set(schema["$defs"]["result"]["properties"]) == set(LaboratoryResult.__dataclass_fields__)


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["laboratory", "name", "value", "unit", "sex", "scores", "age_years", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(deadline=None)
@given(json_values)
def test_any_json_is_read_or_refused(value: Any) -> None:
    try:
        reading = context_from_json(value)
    except InputError as error:
        assert "\n" not in str(error)
    else:
        assert all(not math.isnan(item.value) for item in reading.context.laboratory)
