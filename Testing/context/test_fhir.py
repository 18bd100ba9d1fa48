"""FHIR R4 bundles."""

from __future__ import annotations

import json
import math
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from MedMMSlicerLib.context.fhir import context_from_fhir
from MedMMSlicerLib.context.issue import ContextReading
from MedMMSlicerLib.core import ClinicalContext, LaboratoryResult
from MedMMSlicerLib.errors import InputError

UCUM = "http://unitsofmeasure.org"


def _errors(reading: ContextReading) -> list[tuple[str, str]]:
    return [(issue.code, issue.where) for issue in reading.issues if issue.severity == "error"]


def _codes(reading: ContextReading) -> list[str]:
    return [issue.code for issue in reading.issues]


def test_a_whole_bundle(build: Any, read: Any) -> None:
    limits = [{"low": {"value": 0, "unit": "mg/dL"}, "high": {"value": 0.5, "unit": "mg/dL"}}]
    reading = read(
        build.bundle(
            build.patient(birthDate="1950-03-21", gender="female"),
            build.observation(
                "1988-5", 12.30, "mg/dL", effectiveDateTime="2026-01-31T08:00:00+01:00", referenceRange=limits
            ),
            {
                "resourceType": "Condition",
                "subject": {"reference": "Patient/p1"},
                "code": {
                    "coding": [{"system": "http://snomed.info/sct", "code": "13645005", "display": "COPD"}]
                },
                "onsetDateTime": "2015-06",
            },
            {
                "resourceType": "DiagnosticReport",
                "status": "final",
                "subject": {"reference": "Patient/p1"},
                "code": {"text": "Chest CT"},
                "effectiveDateTime": "2025-12-01",
                "conclusion": "No nodules.",
            },
        )
    )
    crp = LaboratoryResult("crp", 123.0, "mg/L", "1988-5", "2026-01-31T08:00:00+01:00", 0.0, 5.0)
    assert reading.context == ClinicalContext(
        sex="F",
        history="Conditions: COPD (since 2015-06).\nChest CT (2025-12-01): No nodules.",
        laboratory=(crp,),
        birth_date="1950-03-21",
    )
    assert reading.issues == ()


@pytest.mark.parametrize(
    ("gender", "sex"), [("male", "M"), ("female", "F"), ("other", "O"), ("unknown", None)]
)
def test_genders(gender: str, sex: str | None, build: Any, read: Any) -> None:
    assert read(build.bundle(build.patient(gender=gender))).context.sex == sex


@pytest.mark.parametrize(("comparator", "value"), [("<", -math.inf), ("<=", -math.inf), (">", math.inf)])
def test_comparators_are_handled_and_stated(comparator: str, value: float, build: Any, read: Any) -> None:
    quantity = {"value": 0.3, "comparator": comparator, "unit": "mg/L"}
    reading = read(build.bundle(build.observation("48065-7", 0, valueQuantity=quantity)))
    assert reading.context.laboratory[0].value == value
    assert _codes(reading) == ["detection-limit"]


@pytest.mark.parametrize("status", ["entered-in-error", "cancelled"])
def test_withdrawn_values_are_ignored_and_said(status: str, build: Any, read: Any) -> None:
    reading = read(build.bundle(build.observation("1988-5", 3, status=status)))
    assert reading.context.laboratory == ()
    assert _codes(reading) == ["withdrawn"] and status in reading.issues[0].text


@pytest.mark.parametrize(
    ("extra", "code"),
    [
        ({"valueQuantity": {"value": "12", "unit": "mg/L"}}, "not-a-number"),
        ({"valueQuantity": {"value": "high", "unit": "mg/L"}}, "invalid-resource"),
        ({"valueQuantity": {"value": True, "unit": "mg/L"}}, "invalid-resource"),
        ({"valueQuantity": None, "valueString": "12 mg/L"}, "not-a-number"),
        ({"valueQuantity": {"value": 12}}, "unknown-unit"),
        ({"valueQuantity": {"value": 12, "unit": "parsec"}}, "unknown-unit"),
        ({"valueQuantity": {"value": 12, "unit": "mg/dL", "code": "mg/L", "system": UCUM}}, "not-a-number"),
        ({"valueQuantity": {"value": 12000, "unit": "mg/L"}}, "implausible"),
        ({"modifierExtension": [{"url": "http://example.org/not", "valueBoolean": True}]}, "modifier"),
        ({"surprise": 1}, "invalid-resource"),
        ({"effectiveDateTime": "31.01.2026"}, "invalid-resource"),
        ({"subject": {"reference": "Patient/p2"}}, "other-patient"),
        ({"subject": {"reference": "Group/p1"}}, "other-patient"),
        ({"code": {"coding": [{"system": "http://loinc.org", "code": "1988-4"}]}}, "bad-loinc"),
    ],
)
def test_refused_observations_leave_the_others(extra: Any, code: str, build: Any, read: Any) -> None:
    wrong = {
        key: value for key, value in build.observation("1988-5", 12, **extra).items() if value is not None
    }
    reading = read(build.bundle(build.patient(), wrong, build.observation("2532-0", 200, "U/L")))
    assert [item.name for item in reading.context.laboratory] == ["ldh"]
    assert _errors(reading) == [(code, "entry[1] Observation")]


def test_nan_in_a_bundle_is_refused(build: Any, read: Any) -> None:
    with pytest.raises(InputError, match="NaN"):
        read(build.bundle(build.observation("1988-5", math.nan)))
    reading = read(build.bundle(build.observation("1988-5", math.inf)))
    assert reading.context.laboratory == () and _errors(reading)[0][0] == "invalid-resource"


def test_the_unit_text_may_add_feu(build: Any, read: Any) -> None:
    quantity = {"value": 250, "unit": "ng/mL DDU", "code": "ng/mL", "system": UCUM}
    code = {"text": "D-Dimer"}
    reading = read(build.bundle(build.observation("", 0, code=code, valueQuantity=quantity)))
    assert reading.context.laboratory[0].value == 0.5 and _codes(reading) == ["approximate"]


def test_a_local_unit_code_gives_way_to_the_text(build: Any, read: Any) -> None:
    quantity = {"value": 12, "unit": "mg/dl", "code": "U017", "system": "http://lab.example/units"}
    reading = read(build.bundle(build.observation("1988-5", 0, valueQuantity=quantity)))
    assert reading.context.laboratory[0].value == 120.0


def test_values_without_loinc_are_found_by_name(build: Any, read: Any) -> None:
    code = {"coding": [{"system": "http://lab.example", "code": "17", "display": "Laktatdehydrogenase"}]}
    reading = read(build.bundle(build.observation("", 200, "U/L", code=code)))
    assert [item.name for item in reading.context.laboratory] == ["ldh"]


def test_components_are_values(build: Any, read: Any) -> None:
    def part(code: str, value: float, unit: str) -> dict[str, Any]:
        one = build.observation(code, value, unit)
        return {"code": one["code"], "valueQuantity": one["valueQuantity"]}

    panel = {
        "resourceType": "Observation",
        "status": "preliminary",
        "code": {"coding": [{"system": "http://loinc.org", "code": "24336-0"}]},
        "effectivePeriod": {"start": "2026-01-31T08:00:00Z", "end": "2026-01-31T09:00:00Z"},
        "component": [part("2703-7", 10, "kPa"), part("2019-8", 40, "mm[Hg]"), part("2705-2", 5, "kPa")],
    }
    reading = read(build.bundle(panel))
    assert [(item.name, round(item.value, 2)) for item in reading.context.laboratory] == [
        ("po2", 75.01),
        ("pco2", 40.0),
    ]
    assert {item.taken_at for item in reading.context.laboratory} == {"2026-01-31T08:00:00+00:00"}
    assert _codes(reading) == ["preliminary", "preliminary", "other-quantity"]
    assert reading.issues[-1].where == "entry[0] Observation.component[2]"


def test_vital_signs_are_no_laboratory_values(build: Any, read: Any) -> None:
    category = [{"coding": [{"code": "vital-signs"}]}]
    pulse = build.observation("8867-4", 70, "/min", category=category)
    ferritin = build.observation("2276-4", 70, "ug/L", category=[{"coding": [{"code": "laboratory"}]}])
    reading = read(build.bundle(pulse, pulse, ferritin, {"resourceType": "Encounter"}))
    assert [item.loinc for item in reading.context.laboratory] == ["2276-4"]
    assert _codes(reading) == ["unknown-analyte", "unread-resources", "other-observations"]
    assert "2 observations" in reading.issues[-1].text and "1 Encounter" in reading.issues[-2].text


def test_missing_values_are_said(build: Any, read: Any) -> None:
    absent = build.observation("1988-5", 0, dataAbsentReason={"text": "hemolytic"})
    del absent["valueQuantity"]
    reading = read(build.bundle(absent))
    assert reading.context.laboratory == () and _codes(reading) == ["missing"]


@pytest.mark.parametrize(
    ("ranges", "expected"),
    [
        ([{"high": {"value": 5}}], 5.0),
        ([{"high": {"value": 0.5, "unit": "mg/dL"}}], 5.0),
        ([{"high": {"value": 5, "unit": "parsec"}}], None),
        ([{"high": {"value": 5}}, {"high": {"value": 8}}], None),
        ([{"high": {"value": 5}}, {"high": {"value": 8}, "appliesTo": [{"text": "pregnant"}]}], 5.0),
        ([{"high": {"value": 9}, "type": {"coding": [{"code": "critical"}]}}], None),
        ([{"text": "up to 5"}], None),
    ],
)
def test_reference_ranges(ranges: Any, expected: float | None, build: Any, read: Any) -> None:
    reading = read(build.bundle(build.observation("1988-5", 3, referenceRange=ranges)))
    assert reading.context.laboratory[0].reference_high == expected


def _condition(**extra: Any) -> dict[str, Any]:
    return {
        "resourceType": "Condition",
        "subject": {"reference": "Patient/p1"},
        "code": {"text": "COPD"},
        **extra,
    }


def _status(code: str) -> dict[str, Any]:
    return {"coding": [{"code": code}]}


@pytest.mark.parametrize(
    ("extra", "history"),
    [
        ({}, "Conditions: COPD."),
        ({"clinicalStatus": _status("resolved")}, "Conditions: COPD (resolved)."),
        ({"verificationStatus": _status("provisional")}, "Conditions: COPD (provisional)."),
        ({"verificationStatus": _status("refuted")}, ""),
        ({"verificationStatus": _status("entered-in-error")}, ""),
        ({"code": None}, ""),
        (
            {"code": None, "text": {"status": "generated", "div": "<div><p>Old TB</p></div>"}},
            "Conditions: Old TB.",
        ),
    ],
)
def test_conditions(extra: Any, history: str, build: Any, read: Any) -> None:
    resource = {key: value for key, value in _condition(**extra).items() if value is not None}
    reading = read(build.bundle(resource))
    assert reading.context.history == history
    assert bool(reading.issues) == (not history)


def _report(**extra: Any) -> dict[str, Any]:
    return {"resourceType": "DiagnosticReport", "status": "final", "code": {"text": "CT"}, **extra}


@pytest.mark.parametrize(
    ("extra", "history"),
    [
        ({"conclusion": "Normal."}, "CT: Normal."),
        ({"conclusionCode": [{"text": "Normal"}, {"coding": [{"code": "17"}]}]}, "CT: Normal; 17"),
        (
            {"text": {"status": "generated", "div": "<div>No <b>nodule</b><br/>found</div>"}},
            "CT: No nodule\nfound",
        ),
        ({"presentedForm": [{"contentType": "application/pdf"}]}, ""),
        ({"conclusion": "Normal.", "status": "entered-in-error"}, ""),
        ({"conclusion": "Normal.", "subject": {"reference": "Patient/p2"}}, ""),
    ],
)
def test_reports(extra: Any, history: str, build: Any, read: Any) -> None:
    reading = read(build.bundle(build.patient(), _report(**extra)))
    assert reading.context.history == history
    assert bool(reading.issues) == (not history)


def test_markup_is_never_interpreted(build: Any, read: Any) -> None:
    attack = "<script>alert(1)</script><img src=x onerror=alert(2)>"
    narrative = {"status": "generated", "div": f"<div>{attack}safe &lt;script&gt; text<!-- note --></div>"}
    reading = read(
        build.bundle(_condition(code={"text": attack}), _report(conclusion=attack), _report(text=narrative))
    )
    assert reading.context.history.splitlines() == [
        f"Conditions: {attack}.",
        f"CT: {attack}",
        "CT: safe <script> text",
    ]


def test_a_very_long_history_is_cut_and_said(build: Any, read: Any) -> None:
    reading = read(build.bundle(_report(conclusion="x" * 30_000)))
    assert len(reading.context.history) == 20_000 and _codes(reading) == ["cut"]


@pytest.mark.parametrize(
    "reference",
    [
        "Patient/p1",
        "Patient/p1/_history/3",
        "http://server.example/fhir/Patient/p1",
        "urn:uuid:11",
        "#inside",
    ],
)
def test_references_to_the_patient(reference: str, build: Any, read: Any) -> None:
    value = build.observation("1988-5", 3, subject={"reference": reference})
    entries = [{"fullUrl": "urn:uuid:11", "resource": build.patient()}, {"resource": value}]
    reading = read(json.dumps({"resourceType": "Bundle", "type": "searchset", "entry": entries}))
    assert len(reading.context.laboratory) == 1


def test_values_of_two_patients_are_refused(build: Any, read: Any) -> None:
    other = build.observation("1988-5", 9, subject={"reference": "Patient/p2"})
    for resources in (
        [build.patient(), {**build.patient(), "id": "p2"}],
        [build.observation("1988-5", 3), other],
        [{"resourceType": "Patient"}, {"resourceType": "Patient"}],
    ):
        with pytest.raises(InputError, match="one patient"):
            read(build.bundle(*resources))


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ('{"resourceType": "Patient"}', "not a Bundle"),
        ('{"resourceType": "Bundle", "type": "collection", "entry": {}}', "entry"),
        ('{"resourceType": "Bundle", "entry": [' + ",".join(["{}"] * 20_001) + "]}", "20000"),
    ],
)
def test_what_is_no_bundle(text: str, word: str, read: Any) -> None:
    with pytest.raises(InputError, match=word):
        read(text)


@pytest.mark.parametrize("entry", [[], None, [None], [3], [{}], [{"resource": 3}], [{"resource": {}}]])
def test_empty_bundles(entry: Any, read: Any) -> None:
    text = json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entry})
    assert read(text) == ContextReading(ClinicalContext())


def test_a_missing_library_is_named(build: Any, read: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from MedMMSlicerLib.context import fhir

    fhir._models.cache_clear()
    monkeypatch.setitem(sys.modules, "fhir.resources.R4B.observation", None)
    with pytest.raises(InputError, match="pip install"):
        read(build.bundle(build.observation("1988-5", 3)))
    monkeypatch.undo()
    fhir._models.cache_clear()
    assert read(build.bundle(build.observation("1988-5", 3))).context.laboratory


KEYS = (
    "resourceType code coding system value valueQuantity unit status subject component reference text div "
    "referenceRange effectiveDateTime category id birthDate gender"
)
keys = st.sampled_from(KEYS.split())
words = st.sampled_from(
    ["Observation", "Patient", "Condition", "final", "http://loinc.org", "1988-5", "mg/L", "2026"]
)
junk = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | words | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=5),
    max_leaves=20,
)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(words, st.dictionaries(keys, junk, max_size=6)), max_size=4))
def test_any_bundle_is_read_or_refused(resources: list[tuple[str, dict[str, Any]]]) -> None:
    entries = [{"resource": {**body, "resourceType": kind}} for kind, body in resources]
    try:
        reading = context_from_fhir({"resourceType": "Bundle", "entry": entries})
    except InputError as error:
        assert "patient" in str(error)
    else:
        assert all(issue.text for issue in reading.issues)
