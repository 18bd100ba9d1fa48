"""The structured report states every measurement and finding, and refers to segmentation and images."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import highdicom as hd
import pydicom
import pytest
from dicom_phantoms import (
    Phantom,
    ct_slices,
    enhanced_mr,
    label_map,
    provenance,
    write_nifti,
    write_slices,
)
from MedMMSlicerLib.core import CodedConcept, Finding, Measurement, Prediction, Series
from MedMMSlicerLib.dicom.reading import read_image
from MedMMSlicerLib.dicom.segmentation import write_segmentation_dicom
from MedMMSlicerLib.dicom.structured_report import write_measurement_report
from MedMMSlicerLib.errors import OutputError

VOLUME = CodedConcept("118565006", "SCT", "Volume")
COUNT = CodedConcept("410668003", "SCT", "Length")
PNEUMONIA = CodedConcept("233604007", "SCT", "Pneumonia")


def _prediction(series: Series) -> Prediction:
    assert series.volume is not None
    name = {"en": "Volume"}
    measurements = (
        Measurement("m-lesion-volume", VOLUME, 123.5, "mm3", name, "lesion"),
        Measurement("m-left-volume", VOLUME, 45.25, "mm3", name, "hippocampus_posterior-left", "left"),
        Measurement("m-extent", COUNT, 17.0, "mm", {"en": "Length"}),
        Measurement("m-ratio", COUNT, 0.5, "1", {"en": "Ratio"}),
    )
    findings = (
        Finding("pneumonia", PNEUMONIA, {"en": "Pneumonia"}, "left", None, ("m-extent",), 0.4, 0.625),
        Finding("edited", PNEUMONIA, {"en": "Pneumonia"}, status="rejected"),
    )
    return Prediction(provenance(), (label_map(series.volume.geometry),), findings, measurements)


def _groups(path: Path) -> list[Any]:
    report = hd.sr.srread(path)
    return list(report.content.get_planar_roi_measurement_groups()) + list(
        report.content.get_volumetric_roi_measurement_groups()
    )


def _numbers(dataset: Any) -> list[tuple[str, float, str]]:
    """All numeric items, by walking the tree without highdicom."""
    found = []
    for item in dataset.get("ContentSequence", ()):
        if item.ValueType == "NUM":
            value = item.MeasuredValueSequence[0]
            unit = value.MeasurementUnitsCodeSequence[0].CodeValue
            found.append((item.ConceptNameCodeSequence[0].CodeMeaning, float(value.NumericValue), unit))
        found += _numbers(item)
    return found


def _texts(dataset: Any) -> list[str]:
    found = [str(dataset.get("TextValue", ""))]
    for item in dataset.get("ConceptCodeSequence", ()):
        found.append(str(item.CodeMeaning))
    for item in dataset.get("ContentSequence", ()):
        found += _texts(item)
    return found


def _write(series: Series, folder: Path, with_segmentation: bool = True) -> Path:
    prediction = _prediction(series)
    segmentation = folder / "seg.dcm" if with_segmentation else None
    if segmentation is not None:
        write_segmentation_dicom(prediction.label_maps[0], series, provenance(), segmentation)
    path = folder / "sr.dcm"
    write_measurement_report(prediction, series, segmentation, path)
    return path


@pytest.fixture(params=["ct", "enhanced", "radiograph"])
def a_series(request: pytest.FixtureRequest, tmp_path: Path, a_phantom: Phantom) -> Series:
    if request.param == "ct":
        return read_image(write_slices(tmp_path / "ct", ct_slices(a_phantom)))
    if request.param == "enhanced":
        enhanced_mr(a_phantom).save_as(tmp_path / "e.dcm", enforce_file_format=True)
        return read_image(tmp_path / "e.dcm")
    return read_image(request.getfixturevalue("pydicom_data") / "RG1_UNCI.dcm")


def test_report_states_everything(a_series: Series, tmp_path: Path) -> None:
    path = _write(a_series, tmp_path)
    dataset = pydicom.dcmread(path)
    assert dataset.Modality == "SR"
    assert dataset.SOPClassUID == pydicom.uid.Comprehensive3DSRStorage
    assert dataset.StudyInstanceUID == a_series.study_uid
    assert dataset.CompletionFlag == "PARTIAL"
    assert dataset.VerificationFlag == "UNVERIFIED"
    assert "Research use only" in dataset.SeriesDescription
    assert sorted(_numbers(dataset)) == sorted(
        [
            ("Volume", 123.5, "mm3"),
            ("Volume", 45.25, "mm3"),
            ("Length", 17.0, "mm"),
            ("Length", 0.5, "1"),
            ("Probability of finding", 0.625, "1"),
            ("Network score of finding", 0.4, "1"),
        ]
    )
    texts = _texts(dataset)
    assert texts.count("Research use only, not for diagnosis") == 5
    assert {"phantom-bundle", "1.2.0", "Pneumonia", "Left", "Rejected by a reader"} <= set(texts)
    assert "sha256=" + "ab" * 32 in texts


def test_segments_are_referenced(a_series: Series, tmp_path: Path) -> None:
    path = _write(a_series, tmp_path)
    segmentation = pydicom.dcmread(tmp_path / "seg.dcm")
    groups = hd.sr.srread(path).content.get_volumetric_roi_measurement_groups()
    assert [group.tracking_identifier for group in groups] == ["lesion", "hippocampus_posterior-left"]
    for number, group in enumerate(groups, 1):
        segment = group.referenced_segment
        assert segment.referenced_sop_instance_uid == segmentation.SOPInstanceUID
        assert list(segment.referenced_segment_numbers) == [number]
        assert group.tracking_uid == segmentation.SegmentSequence[number - 1].TrackingUID
    assert groups[1].finding_sites[0].laterality.meaning == "Left"


def test_evidence_lists_images_and_segmentation(a_series: Series, tmp_path: Path) -> None:
    dataset = pydicom.dcmread(_write(a_series, tmp_path))
    segmentation = pydicom.dcmread(tmp_path / "seg.dcm")
    listed = {
        instance.ReferencedSOPInstanceUID
        for name in ("CurrentRequestedProcedureEvidenceSequence", "PertinentOtherEvidenceSequence")
        for study in dataset.get(name, ())
        for series in study.ReferencedSeriesSequence
        for instance in series.ReferencedSOPSequence
    }
    assert listed == {*a_series.instance_uids, segmentation.SOPInstanceUID}


def test_without_a_segmentation_the_images_are_referenced(a_series: Series, tmp_path: Path) -> None:
    path = _write(a_series, tmp_path, with_segmentation=False)
    report = hd.sr.srread(path)
    assert not report.content.get_volumetric_roi_measurement_groups()
    groups = report.content.get_image_measurement_groups()
    assert len(groups) == 5
    assert len(_numbers(pydicom.dcmread(path))) == 6
    referenced = {
        image.ReferencedSOPSequence[0].ReferencedSOPInstanceUID for image in groups[0].source_images
    }
    assert referenced == set(a_series.instance_uids)


def test_a_bundle_without_findings(a_ct_folder: Path, tmp_path: Path) -> None:
    series = read_image(a_ct_folder)
    bare = replace(_prediction(series), findings=(), measurements=(), label_maps=())
    write_measurement_report(bare, series, None, tmp_path / "sr.dcm")
    assert _numbers(pydicom.dcmread(tmp_path / "sr.dcm")) == []


def test_sources_that_are_no_dicom(tmp_path: Path, a_phantom: Phantom) -> None:
    series = read_image(write_nifti(tmp_path / "a.nii", a_phantom))
    with pytest.raises(OutputError, match="is not DICOM"):
        write_measurement_report(_prediction(series), series, None, tmp_path / "out" / "sr.dcm")
    assert not (tmp_path / "out").exists()
