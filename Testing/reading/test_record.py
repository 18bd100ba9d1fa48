"""The record of a case: round trips, other versions, and what must never be in it."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from MedMMSlicerLib.core import (
    ClinicalContext,
    CodedConcept,
    Contribution,
    Finding,
    HeaderFacts,
    HeatMap,
    LabelMap,
    LaboratoryResult,
    OperatingPoint,
    Prediction,
    Provenance,
    ReadingNote,
    Series,
    VolumeGeometry,
)
from MedMMSlicerLib.errors import InputError
from MedMMSlicerLib.reading.record import (
    RECORD_VERSION,
    CaseRecord,
    EvidenceState,
    FindingMark,
    RunRecord,
    SeriesRecord,
    TypedValue,
    record_from_json,
    record_to_json,
    without_folders,
)

GRID = VolumeGeometry.from_axes((2, 3, 4), (3.0, 2.0, 1.0), (1, 2, 3))
CONCEPT = CodedConcept("4147007", "SCT", "Mass")
SERIES = Series(
    "T1",
    HeaderFacts("MR", age_years=71.5, sex="F", patient_name="Doe^Jane", patient_id="4711"),
    (Path("/data/Doe_Jane/1.dcm"),),
    study_uid="1.2",
    instance_uids=("1.2.3", "1.2.4"),
    notes=(ReadingNote("gantry-tilt", "Tilted."),),
)


def a_prediction() -> Prediction:
    provenance = Provenance(
        "tiny", "1.0", "ab" * 32, (), "auto", "CPUExecutionProvider", {"network": 0.5}, {"medmm": "1"},
        "2026-01-02", {"points_ras": ((1.0, 2.0, 3.0),), "novelty": float("inf"), "view": "PA"}, ("A note.",),
    )  # fmt: skip
    finding = Finding(
        "f-mass",
        CONCEPT,
        {"en": "Mass", "zh-CN": "肿块"},
        probability=0.25,
        operating_point=OperatingPoint(0.4),
    )
    return Prediction(
        provenance,
        label_maps=(LabelMap(np.zeros((2, 3, 4), np.uint8), GRID, ()),),
        findings=(finding,),
        heat_maps=(HeatMap("h", "f-mass", np.zeros((2, 3, 4), np.float32), GRID, "cam"),),
        embeddings={"image": np.arange(300, dtype=np.float32)},
        contributions=(Contribution("f-mass", "laboratory", "lab.crp", -0.125),),
    )


def a_record() -> CaseRecord:
    return CaseRecord(
        "case-1",
        "Brain",
        series={"current": SeriesRecord.of(SERIES)},
        context=ClinicalContext(
            70, "F", "dizzy", laboratory=(LaboratoryResult("crp", float("inf"), "mg/L"),),
            scores={"news": 3.0, "stage": "nan"}, birth_date="1950-03-21",
        ),
        typed=(TypedValue("age", "old", problem="no age"),),
        points_ras=((1.5, -2.0, 3.25),),
        prediction=a_prediction(),
        marks=(FindingMark("f-mass", "accepted", laterality="left", location_ras=(1, 2, 3)),),
        added=(Finding("r-1", CONCEPT, {"en": "Nodule"}),),
        evidence=EvidenceState(True, 0.25, "f-mass"),
        runs=(RunRecord("analyze", "tiny", "1.0", "ab", "2026-01-02", 1.5),),
        report_state={"removed": ["s-1"], "order": {"findings": [1, 2]}},
    )  # fmt: skip


def test_everything_but_voxels_comes_back() -> None:
    record = a_record()
    read = record_from_json(record_to_json(record))
    for item in dataclasses.fields(CaseRecord):
        if item.name not in ("prediction", "context"):
            assert getattr(read, item.name) == getattr(record, item.name), item.name
    assert read.context == dataclasses.replace(record.context, birth_date=None)
    before, after = record.prediction, read.prediction
    assert before is not None and after is not None
    assert after.findings == before.findings and after.contributions == before.contributions
    assert after.label_maps == () and after.heat_maps == ()
    np.testing.assert_array_equal(after.embeddings["image"], before.embeddings["image"])
    assert after.provenance.parameters["points_ras"] == ((1.0, 2.0, 3.0),)
    assert record_to_json(read) == record_to_json(record)


def test_who_the_patient_is_and_where_the_files_are_is_not_written() -> None:
    text = record_to_json(a_record())
    for secret in ("Doe", "Jane", "4711", "1950-03"):
        assert secret not in text


def test_it_is_strict_json() -> None:
    def refuse(constant: str) -> float:
        raise AssertionError(constant)

    json.loads(record_to_json(a_record()), parse_constant=refuse)


def test_what_a_later_version_added_is_kept_and_what_is_missing_gets_its_default() -> None:
    value = json.loads(record_to_json(a_record()))
    value["measured_by"] = {"robot": 3}
    value["prediction"]["provenance"]["energy_j"] = 12
    value["series"]["current"]["facts"]["weight_kg"] = 70
    del value["prediction"]["contributions"], value["evidence"], value["marks"][0]["note"]
    read = record_from_json(json.dumps(value))
    assert read.extra == {"measured_by": {"robot": 3}}
    assert read.evidence == EvidenceState() and read.marks[0].note == ""
    assert read.prediction is not None and read.prediction.contributions == ()
    assert json.loads(record_to_json(read))["measured_by"] == {"robot": 3}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"version": RECORD_VERSION + 1}, "newer MedMM.*Update MedMM"),
        ({"version": "1"}, "newer MedMM"),
        ({"schema": "other"}, "damaged"),
        ({"marks": {"id": "f"}}, "marks"),
        ({"points_ras": [[1, 2]]}, "points_ras"),
        ({"language": None}, "language"),
        ({"series": {"current": {"facts": {}}}}, "name"),
        ({"prediction": {"provenance": 3}}, "provenance"),
    ],
)
def test_what_can_not_be_read_is_said_in_one_line(changes: dict[str, object], said: str) -> None:
    value = {**json.loads(record_to_json(a_record())), **changes}
    with pytest.raises(InputError, match=said) as caught:
        record_from_json(json.dumps(value))
    assert "\n" not in str(caught.value)


def test_folders_are_left_out_of_sentences() -> None:
    assert without_folders("/data/Doe Jane/1.dcm is cut (C:\\Doe\\2.dcm), 5 mg/dL.") == (
        "1.dcm is cut (2.dcm), 5 mg/dL."
    )


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "[" * 100_000])
def test_text_that_is_no_record(text: str) -> None:
    with pytest.raises(InputError, match="damaged"):
        record_from_json(text)


def test_a_large_array_does_not_go_into_a_record() -> None:
    prediction = dataclasses.replace(a_prediction(), embeddings={"image": np.zeros(1 << 20, np.float32)})
    with pytest.raises(InputError, match="does not belong into a record"):
        record_to_json(dataclasses.replace(a_record(), prediction=prediction))


def test_a_damaged_array_is_said() -> None:
    value = json.loads(record_to_json(a_record()))
    value["prediction"]["embeddings"]["image"] = {"file": "AAAA"}
    with pytest.raises(InputError, match="damaged"):
        record_from_json(json.dumps(value))


def test_marks_replace_each_other() -> None:
    record = a_record().with_mark(FindingMark("f-mass", "rejected")).with_mark(FindingMark("x", "edited"))
    assert [(mark.id, mark.status) for mark in record.marks] == [("f-mass", "rejected"), ("x", "edited")]
    assert record.mark("unknown") == FindingMark("unknown")
