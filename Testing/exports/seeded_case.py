"""A report and a prediction about the seeded study."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from dicom_phantoms import label_map, provenance
from MedMMSlicerLib.core import (
    Case,
    CodedConcept,
    Finding,
    InputReference,
    Measurement,
    OperatingPoint,
    Prediction,
    Report,
    ReportSection,
    ReportSentence,
)
from seeded_study import SERIES_UID, STUDY_UID

READER_TEXT = (
    "Vandermeer, Quillon (QX7731982), born 1961-04-17, was seen by Dr. Thistlewood on 2015-01-03 "
    "in Saint Brendan Infirmary; "
    "王晓明 / 王 晓明, VANDERMEER, Vander\u200bmeer, call +49 171 5550123 or jane.secret@mail.test, "
    f"study {STUDY_UID}. Osterhagen agrees, 张伟明 too."
)


def make_report(language: str = "en") -> Report:
    sentences = (
        ReportSentence("s1", "Volume of the lesion on the left: 12.5 mm³.", "model", ("m-1",)),
        ReportSentence("s2", READER_TEXT, "reader", ("f-1",)),
        ReportSentence("s3", "Fixed text.", "template"),
    )
    return Report(
        "Imaging report",
        language,
        "Research use only.",
        (
            ReportSection(
                "examination", "Examination", (ReportSentence("s0", "CT of 2015-01-03.", "template"),)
            ),
            ReportSection("findings", "Findings", sentences),
            ReportSection(
                "impression", "Impression", (ReportSentence("s4", "Lesion on the left.", "reader"),)
            ),
            ReportSection("limitations", "Limitations", (ReportSentence("s5", "No prior.", "template"),)),
        ),
        "2026-03-04T05:06:07+00:00",
    )


def make_prediction(geometry) -> Prediction:
    inputs = (InputReference("current", "t1 Snodgrass", STUDY_UID, SERIES_UID, "cd" * 32),)
    return Prediction(
        dataclasses.replace(provenance(), inputs=inputs, notes=("Read from Vandermeer_QX7731982.",)),
        (label_map(geometry),),
        findings=(
            Finding(
                "f-1",
                CodedConcept("52988006", "SCT", "Lesion"),
                {"en": "Lesion", "zh-CN": "病灶"},
                "left",
                probability=0.8,
                score=1.5,
                operating_point=OperatingPoint(0.5),
                status="accepted",
            ),
            Finding(
                "f-2",
                CodedConcept("60046008", "SCT", "Pleural effusion"),
                {"en": "Effusion"},
                status="rejected",
            ),
        ),
        measurements=(
            Measurement(
                "m-1",
                CodedConcept("118565006", "SCT", "Volume"),
                12.5,
                "mm3",
                {"en": "Volume of the lesion", "zh-CN": "病灶体积"},
                "lesion",
                "left",
                "Voxel count times voxel volume.",
            ),
        ),
    )


@dataclasses.dataclass(frozen=True)
class SeededCase:
    """The images and the folder with the results."""

    images: Path
    results: Path
    case: Case
    prediction: Prediction
    report: Report
