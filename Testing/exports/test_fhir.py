"""The FHIR bundle: valid, truthful about its status, nothing about the patient, nothing that runs."""

from __future__ import annotations

import dataclasses
import json
from html.parser import HTMLParser

import pytest
from MedMMSlicerLib.core import ReportSection, ReportSentence
from MedMMSlicerLib.errors import OutputError
from MedMMSlicerLib.reporting.document.model import Addendum, Signature
from MedMMSlicerLib.reporting.exports.exported_report import ExportedReport
from MedMMSlicerLib.reporting.exports.fhir import to_fhir
from seeded_case import SeededCase, make_report
from seeded_study import SERIES_UID, STUDY_UID

SIGNATURE = Signature("Jane <Roe>", "2026-03-04T05:06:07+08:00", "ab" * 32)
HOSTILE = "<script>alert(1)</script>\"'&\x00\u202e</div>"


@pytest.fixture
def exported(seeded: SeededCase) -> ExportedReport:
    return ExportedReport(seeded.report, (seeded.prediction,), seeded.case)


def resources(bundle: dict, kind: str) -> list[dict]:
    return [item["resource"] for item in bundle["entry"] if item["resource"]["resourceType"] == kind]


def test_the_bundle_is_valid_for_the_fhir_library_and_comes_back_equal(exported) -> None:
    from fhir.resources.R4B.bundle import Bundle

    bundle = to_fhir(exported)
    again = json.loads(Bundle.model_validate(bundle).model_dump_json())
    for mine, theirs in zip(bundle["entry"], again["entry"], strict=True):
        for key, value in mine["resource"].items():
            assert theirs["resource"][key] == value, key


def test_every_reference_is_in_the_bundle(exported) -> None:
    bundle = to_fhir(exported)
    urls = [item["fullUrl"] for item in bundle["entry"]]
    assert len(urls) == len(set(urls))

    def references(value):
        if isinstance(value, dict):
            yield from ([value["reference"]] if "reference" in value else [])
            for item in value.values():
                yield from references(item)
        elif isinstance(value, list):
            for item in value:
                yield from references(item)

    found = set(references(bundle))
    assert found
    assert found <= set(urls)


@pytest.mark.parametrize(
    ("status", "signature", "report", "observation"),
    [
        ("draft", None, "partial", "preliminary"),
        ("preliminary", None, "preliminary", "preliminary"),
        ("final", SIGNATURE, "final", "final"),
        ("amended", SIGNATURE, "amended", "amended"),
        ("final", None, "preliminary", "preliminary"),
        ("amended", None, "preliminary", "preliminary"),
        ("nonsense", None, "partial", "preliminary"),
    ],
)
def test_nothing_is_final_without_a_signature(exported, status, signature, report, observation) -> None:
    bundle = to_fhir(dataclasses.replace(exported, status=status, signature=signature))
    assert [item["status"] for item in resources(bundle, "DiagnosticReport")] == [report]
    assert {item["status"] for item in resources(bundle, "Observation")} == {observation}


def test_measurements_findings_device_and_study(exported) -> None:
    bundle = to_fhir(exported)
    volume, finding = resources(bundle, "Observation")
    assert volume["valueQuantity"] == {
        "value": 12.5,
        "unit": "mm3",
        "system": "http://unitsofmeasure.org",
        "code": "mm3",
    }
    assert volume["code"]["coding"][0] == {
        "system": "http://snomed.info/sct",
        "code": "118565006",
        "display": "Volume",
    }
    assert volume["bodySite"]["coding"][0]["code"] == "52988006"
    assert finding["valueCodeableConcept"]["coding"][0]["code"] == "52101004"
    parts = {item["code"]["coding"][0]["code"]: item for item in finding["component"]}
    assert parts["probability"]["valueQuantity"]["value"] == 0.8
    assert parts["operating-point"]["valueQuantity"]["value"] == 0.5
    assert parts["laterality"]["valueCodeableConcept"]["coding"][0]["code"] == "7771000"
    device = resources(bundle, "Device")[0]
    assert device["identifier"][0]["value"] == "ab" * 32
    assert device["version"][0]["value"] == "1.2.0"
    study = resources(bundle, "ImagingStudy")[0]
    assert study["identifier"][0]["value"] == f"urn:oid:{STUDY_UID}"
    assert study["series"][0]["uid"] == SERIES_UID
    assert study["series"][0]["modality"]["code"] == "CT"


def test_what_a_model_proposes_is_not_called_present(exported) -> None:
    prediction = exported.predictions[0]
    proposed = dataclasses.replace(prediction.findings[0], status="proposed")
    changed = dataclasses.replace(prediction, findings=(proposed,))
    bundle = to_fhir(dataclasses.replace(exported, predictions=(changed,)))
    assert "valueCodeableConcept" not in resources(bundle, "Observation")[1]
    assert "conclusionCode" not in resources(bundle, "DiagnosticReport")[0]


def test_the_patient_has_no_identifier_unless_asked(exported) -> None:
    assert resources(to_fhir(exported), "Patient") == [{"resourceType": "Patient"}]
    given = {"identifier": [{"system": "urn:x", "value": "7"}]}
    assert resources(to_fhir(exported, given), "Patient")[0]["identifier"] == given["identifier"]


def test_a_hostile_report_stays_text(exported) -> None:
    sentence = ReportSentence("s", HOSTILE, "reader")
    report = dataclasses.replace(
        make_report(),
        title=HOSTILE,
        notice=HOSTILE,
        sections=(ReportSection("impression", HOSTILE, (sentence,)),),
    )
    hostile = dataclasses.replace(
        exported,
        report=report,
        signature=dataclasses.replace(SIGNATURE, name=HOSTILE),
        addenda=(Addendum(HOSTILE, HOSTILE, SIGNATURE.at),),
        status="final",
    )
    div = resources(to_fhir(hostile), "DiagnosticReport")[0]["text"]["div"]
    tags: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag, attributes):
            tags.append(tag)

    Reader().feed(div)
    assert set(tags) <= {"div", "h1", "h2", "p", "b", "ul", "li"}
    from xml.etree import ElementTree

    assert ElementTree.fromstring(div).tag.endswith("div")
    assert "\x00" not in div
    assert "\u202e" not in div


def test_the_same_input_gives_the_same_bundle(exported) -> None:
    assert to_fhir(exported) == to_fhir(exported)


def test_numbers_that_are_not_finite_are_left_out(exported) -> None:
    prediction = exported.predictions[0]
    bad = dataclasses.replace(prediction.measurements[0], id="m-2", value=float("nan"))
    changed = dataclasses.replace(prediction, measurements=(*prediction.measurements, bad))
    bundle = to_fhir(dataclasses.replace(exported, predictions=(changed,)))
    assert len(resources(bundle, "Observation")) == 2
    json.dumps(bundle, allow_nan=False)


def test_what_fhir_does_not_take_is_named(exported) -> None:
    with pytest.raises(OutputError, match="Export another format"):
        to_fhir(exported, {"gender": ["neither", "a", "list"]})
