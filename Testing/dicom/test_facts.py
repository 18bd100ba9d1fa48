"""Header facts, and what is guessed from descriptions."""

from __future__ import annotations

import pytest
from MedMMSlicerLib.core import HeaderFacts, to_json
from MedMMSlicerLib.dicom.facts import facts_of
from pydicom.dataset import Dataset


def _facts(**values: object) -> HeaderFacts:
    return facts_of(_header(**values))[0]


def _header(**values: object) -> Dataset:
    header = Dataset()
    for name, value in values.items():
        setattr(header, name, value)
    return header


@pytest.mark.parametrize(
    ("age", "born", "studied", "expected"),
    [
        ("045Y", "", "", 45.0),
        ("018M", "", "", 1.5),
        ("003W", "", "", 0.057),
        ("010D", "", "", 0.027),
        ("", "19700101", "20150702", 45.498),
        ("", "19700101", "", None),
        ("", "20150702", "20150702", None),
        ("000D", "20150702", "20150702", 0.0),
        ("", "20150701", "20150702", 0.003),
        ("", "20160101", "20150101", None),
        ("ABC", "", "", None),
        ("", "", "", None),
    ],
)
def test_age(age: str, born: str, studied: str, expected: float | None) -> None:
    header = Dataset()
    header.add_new("PatientAge", "LO", age)
    header.add_new("PatientBirthDate", "LO", born)
    header.add_new("StudyDate", "LO", studied)
    assert facts_of(header)[0].age_years == expected


def test_a_birth_date_on_the_day_of_the_examination_is_said() -> None:
    header = _header(PatientBirthDate="20150702", StudyDate="20150702")
    _, notes = facts_of(header)
    assert [note.code for note in notes] == ["age-not-stated"]
    header.PatientAge = "000D"
    assert facts_of(header)[1] == ()


@pytest.mark.parametrize(("value", "expected"), [("F", "F"), ("m", "M"), ("O", "O"), ("", None), ("X", None)])
def test_sex(value: str, expected: str | None) -> None:
    header = Dataset()
    header.add_new("PatientSex", "LO", value)
    assert facts_of(header)[0].sex == expected


@pytest.mark.parametrize(
    ("values", "view", "guessed"),
    [
        ({"ViewPosition": "PA"}, "PA", False),
        ({"ViewPosition": "LL"}, "LATERAL", False),
        ({"ViewPosition": "RLO"}, "RLO", False),
        ({"ViewPosition": "", "SeriesDescription": "W034 Thorax ap"}, "AP", True),
        ({"SeriesDescription": "CHEST_LAT"}, "LATERAL", True),
        ({"SeriesDescription": "CHEST PA and LAT"}, "", False),
        ({"SeriesDescription": "CHEST PAIN"}, "", False),
        ({"ViewPosition": "AP", "SeriesDescription": "Chest PA"}, "AP", False),
        ({"Modality": "CT", "SeriesDescription": "PA phase"}, "", False),
    ],
)
def test_view(values: dict, view: str, guessed: bool) -> None:
    facts, notes = facts_of(_header(**{"Modality": "DX", "BodyPartExamined": "CHEST", **values}))
    assert facts.view == view
    assert [note.code for note in notes] == (["guessed-view"] if guessed else [])


def test_coded_view() -> None:
    item = _header(CodeValue="399348003", CodingSchemeDesignator="SCT", CodeMeaning="antero-posterior")
    assert _facts(Modality="DX", ViewCodeSequence=[item]).view == "AP"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"BodyPartExamined": "CHEST"}, "CHEST"),
        ({"StudyDescription": "CT Thorax with contrast"}, "CHEST"),
        ({"StudyDescription": "CT chest and abdomen"}, ""),
        ({"StudyDescription": "Follow-up"}, ""),
        ({"SeriesDescription": "t1 hippocampus"}, "BRAIN"),
        ({"BodyPartExamined": "KNEE", "StudyDescription": "chest"}, "KNEE"),
    ],
)
def test_body_part(values: dict, expected: str) -> None:
    assert _facts(**values).body_part == expected


def test_texts_times_and_names() -> None:
    header = _header(
        Modality="DX",
        StudyDate="20150103",
        StudyTime="112233.5",
        AcquisitionDate="20150102",
        ImageLaterality="L",
        ReasonForStudy="Cough,\r\n  fever",
        AdmittingDiagnosesDescription=["Pneumonia?", "COPD"],
        PatientComments="Cough, fever",
        PatientName="Doe^Jane",
        PatientID="P1",
        Manufacturer="Maker",
    )
    facts, _ = facts_of(header)
    assert facts.clinical_text == "Pneumonia?; COPD\nCough, fever"
    assert facts.acquired_at == "2015-01-02"
    assert facts.laterality == "left"
    assert facts.patient_name == "Doe^Jane"
    # Name and id never leave memory.
    assert "Doe" not in str(to_json(facts))
    assert "Doe" not in repr(facts)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"AcquisitionDateTime": "20150102030405.67+0100"}, "2015-01-02T03:04:05"),
        ({"StudyDate": "20150102", "StudyTime": "0304"}, "2015-01-02T03:04:00"),
        ({"StudyDate": "20150102", "StudyTime": ""}, "2015-01-02"),
        ({"StudyDate": "", "SeriesDate": "20150203", "SeriesTime": "235959"}, "2015-02-03T23:59:59"),
        ({}, None),
    ],
)
def test_acquired_at(values: dict, expected: str | None) -> None:
    assert _facts(**values).acquired_at == expected


def test_nothing() -> None:
    assert facts_of(Dataset()) == (HeaderFacts(), ())
