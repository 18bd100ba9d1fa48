"""A seeded study leaves without a trace, the same way each time, or not at all."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

import pydicom
import pytest
from byte_search import leaks
from dicom_phantoms import dicom_header, set_pixels
from MedMMSlicerLib.dicom.deidentify import PixelClearance
from MedMMSlicerLib.dicom.deidentify_pixels import Rectangle
from MedMMSlicerLib.errors import InputError, NothingApplicableError, UsageError
from MedMMSlicerLib.reporting.exports.case_export import ExportRequest, export_case
from seeded_case import SeededCase
from seeded_study import INSTANCE_ROOT, NEEDLES, SERIES_UID, STUDY_UID, burned_in, seed

REMOVE = ("Osterhagen", "张伟明")


def request(seeded: SeededCase, key_file: Path, **changes) -> ExportRequest:
    values = {
        "inputs": (seeded.results, seeded.images),
        "deidentify": True,
        "remove": REMOVE,
        "key_path": key_file,
    }
    return ExportRequest(**{**values, **changes})


@pytest.fixture
def burned_folder(tmp_path: Path) -> Path:
    import numpy as np

    header = dicom_header("OT")
    set_pixels(header, np.zeros((4, 4), np.uint8), 8)
    folder = tmp_path / "burned"
    folder.mkdir()
    burned_in(seed(header, 900)).save_as(folder / "FILENAMESECRET.dcm", enforce_file_format=True)
    return folder


def test_the_seeds_are_there_before_and_gone_afterwards(seeded, key_file, tmp_path, burned_folder) -> None:
    before = {
        needle for place in (seeded.images.parent, burned_folder) for _, needle in leaks(place, NEEDLES)
    }
    assert len(NEEDLES) >= 70
    assert before == set(NEEDLES)
    clearance = PixelClearance(rectangles=(Rectangle(0, 0, 40, 4),))
    export_case(
        request(seeded, key_file, inputs=(seeded.results, seeded.images, burned_folder), clearance=clearance),
        tmp_path / "out",
    )
    assert leaks(tmp_path / "out", NEEDLES) == []


def test_every_format_leaves_clean(seeded, key_file, tmp_path) -> None:
    written = export_case(request(seeded, key_file), tmp_path / "out")
    names = {path.relative_to(tmp_path / "out").as_posix() for path in written}
    expected = {
        "case.json", "deidentification.json", "overlay.png", "report.fhir.json", "report.html", "report.json",
        "report.pdf", "report.txt", "report_sr.dcm", "report_text_sr.dcm", "segmentation.dcm",
        "segmentation.seg.nrrd", "dicom/series-001/00001.dcm",
    }  # fmt: skip
    assert expected <= names
    assert (seeded.results / "scene.mrb").exists() == ("scene.mrb" in names)
    assert leaks(tmp_path / "out", NEEDLES) == []
    text = (tmp_path / "out" / "report.txt").read_text(encoding="utf-8")
    assert "Volume of the lesion on the left: 12.5 mm³." in text
    assert "[removed]" in text


def test_the_secret_key_is_in_no_file(seeded, key_file, tmp_path) -> None:
    export_case(request(seeded, key_file), tmp_path / "out")
    key = key_file.read_text()
    assert leaks(tmp_path / "out", (key, key.upper())) == []
    assert all(bytes.fromhex(key) not in path.read_bytes() for path in (tmp_path / "out").rglob("*.*"))


def test_uids_agree_between_images_segmentation_reports_and_json(seeded, key_file, tmp_path) -> None:
    out = tmp_path / "out"
    export_case(request(seeded, key_file), out)
    images = [pydicom.dcmread(path) for path in sorted((out / "dicom").rglob("*.dcm"))]
    segmentation, measured = pydicom.dcmread(out / "segmentation.dcm"), pydicom.dcmread(out / "report_sr.dcm")
    text = pydicom.dcmread(out / "report_text_sr.dcm")
    instances = {image.SOPInstanceUID for image in images}
    assert len(instances) == 7
    for item in (*images, segmentation, measured, text):
        assert item.StudyInstanceUID == images[0].StudyInstanceUID
        assert item.PatientID == item.PatientName == images[0].PatientID
        assert item.PatientIdentityRemoved == "YES"
        codes = [code.CodeValue for code in item.DeidentificationMethodCodeSequence]
        assert codes[:2] == ["113100", "113107"]
    assert segmentation.FrameOfReferenceUID == images[0].FrameOfReferenceUID
    assert segmentation.ReferencedSeriesSequence[0].SeriesInstanceUID == images[0].SeriesInstanceUID
    referenced = {
        i.ReferencedSOPInstanceUID
        for i in segmentation.ReferencedSeriesSequence[0].ReferencedInstanceSequence
    }
    assert referenced <= instances
    assert _evidence(measured) == instances | {segmentation.SOPInstanceUID}
    assert _evidence(text) == instances | {segmentation.SOPInstanceUID, measured.SOPInstanceUID}
    inputs = json.loads((out / "case.json").read_text())["prediction"]["provenance"]["inputs"]
    assert inputs[0]["series_uid"] == images[0].SeriesInstanceUID
    assert images[0].SeriesInstanceUID in (out / "report.fhir.json").read_text()
    assert images[0].SeriesInstanceUID in (out / "segmentation.seg.nrrd").read_bytes()[:4000].decode(
        "latin-1"
    )


def _evidence(report) -> set[str]:
    return {
        instance.ReferencedSOPInstanceUID
        for study in report.CurrentRequestedProcedureEvidenceSequence
        for series in study.ReferencedSeriesSequence
        for instance in series.ReferencedSOPSequence
    }


def test_twice_gives_the_same_and_another_key_gives_another(seeded, key_file, tmp_path) -> None:
    first, second, third = tmp_path / "first", tmp_path / "second", tmp_path / "third"
    for out in (first, second):
        export_case(request(seeded, key_file), out)
    key_file.write_text("77" * 32)
    export_case(request(seeded, key_file), third)
    stable = [
        path.relative_to(first)
        for path in sorted(first.rglob("*"))
        if path.is_file() and path.name != "report_text_sr.dcm"
    ]
    assert len(stable) >= 18
    for name in stable:
        assert (first / name).read_bytes() == (second / name).read_bytes(), name
    a, b = pydicom.dcmread(first / "segmentation.dcm"), pydicom.dcmread(third / "segmentation.dcm")
    assert a.SOPInstanceUID != b.SOPInstanceUID
    assert a.PatientID != b.PatientID
    assert a.StudyDate != b.StudyDate


def test_dates_keep_their_distance(seeded, key_file, tmp_path) -> None:
    from datetime import date

    out = tmp_path / "out"
    export_case(request(seeded, key_file), out)
    image = pydicom.dcmread(next((out / "dicom").rglob("*.dcm")))
    day = date.fromisoformat(image.StudyDate)
    assert image.SeriesDate == image.StudyDate
    assert (date.fromisoformat(str(image.AcquisitionDateTime)[:8]) - day).days == 1
    assert 30 <= (date(2015, 1, 3) - day).days <= 3650
    assert image.PatientBirthDate == ""
    assert f"CT of {day.isoformat()}." in (out / "report.txt").read_text()
    assert image.LongitudinalTemporalInformationModified == "MODIFIED"


def test_voxels_stay_as_they_were(seeded, key_file, tmp_path) -> None:
    import numpy as np
    from MedMMSlicerLib.dicom.reading import load, scan
    from MedMMSlicerLib.dicom.segmentation import read_segmentation_dicom, read_segmentation_nrrd

    out = tmp_path / "out"
    export_case(request(seeded, key_file), out)
    before, after = (load(scan([place])[0].series[0]) for place in (seeded.images, out / "dicom"))
    np.testing.assert_array_equal(before.volume.array, after.volume.array)
    np.testing.assert_allclose(before.volume.geometry.ijk_to_ras, after.volume.geometry.ijk_to_ras)
    wanted = seeded.prediction.label_maps[0]
    nrrd = read_segmentation_nrrd(out / "segmentation.seg.nrrd")
    np.testing.assert_array_equal(nrrd.array, wanted.array)
    assert {item.id for item in nrrd.segments} == {item.id for item in wanted.segments}
    again = read_segmentation_dicom(out / "segmentation.dcm", after.volume.geometry)
    np.testing.assert_array_equal(again.array > 0, wanted.array > 0)


@pytest.mark.parametrize("stated", ["YES", ""])
def test_burned_in_text_stops_everything_until_cleared(
    seeded, key_file, tmp_path, burned_folder, stated
) -> None:
    path = next(burned_folder.iterdir())
    dataset = pydicom.dcmread(path)
    if not stated:
        del dataset.BurnedInAnnotation
        dataset.save_as(path)
    out = tmp_path / "out"
    with pytest.raises(UsageError, match="--burned-in-cleared"):
        export_case(request(seeded, key_file, inputs=(seeded.images, burned_folder)), out)
    assert not out.exists()
    assert [item for item in tmp_path.iterdir() if "partial" in item.name] == []
    cleared = request(seeded, key_file, inputs=(burned_folder,), clearance=PixelClearance(cleared=True))
    export_case(cleared, out)
    done = pydicom.dcmread(out / "dicom" / "series-001" / "00001.dcm")
    assert done.BurnedInAnnotation == "NO"
    assert "cleared by a person" in done.DeidentificationMethod[1]
    assert json.loads((out / "deidentification.json").read_text())["burned_in_cleared_by_user"] is True


def test_doubtful_text_stops_everything_until_cleared(seeded, key_file, tmp_path) -> None:
    results = tmp_path / "results"
    shutil.copytree(seeded.results, results)
    path = results / "report.json"
    path.write_text(
        path.read_text().replace("Fixed text.", "Discussed with Dr. Quackenbush, case 4455667788.")
    )
    out = tmp_path / "out"
    with pytest.raises(UsageError, match=r"sentence s3: a name after a title; sentence s3: a long number"):
        export_case(request(seeded, key_file, inputs=(results,)), out)
    assert not out.exists()
    export_case(request(seeded, key_file, inputs=(results,), text_cleared=True), out)
    assert json.loads((out / "deidentification.json").read_text())["text_cleared_by_user"] is True


def test_a_leak_that_cleaning_missed_is_caught(seeded, key_file, tmp_path, monkeypatch) -> None:
    from MedMMSlicerLib.dicom import deidentify_files

    monkeypatch.setattr(deidentify_files, "clean_picture", lambda path: b"\x89PNG\r\n\x1a\nVandermeer")
    with pytest.raises(InputError, match=r"left in overlay\.png") as caught:
        export_case(request(seeded, key_file), tmp_path / "out")
    assert "Vandermeer" not in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_without_deidentify_files_are_as_they_were(seeded, tmp_path) -> None:
    out = tmp_path / "out"
    export_case(ExportRequest((seeded.results, seeded.images)), out)
    assert (out / "segmentation.dcm").read_bytes() == (seeded.results / "segmentation.dcm").read_bytes()
    assert (out / "report.pdf").read_bytes().startswith(b"%PDF")
    assert not (out / "deidentification.json").exists()
    report = pydicom.dcmread(out / "report_text_sr.dcm")
    assert report.StudyInstanceUID == STUDY_UID
    assert str(report.PatientName) == "Vandermeer^Quillon=王^晓明"
    assert _evidence(report) >= {f"{INSTANCE_ROOT}.1"}
    assert SERIES_UID in (out / "report.fhir.json").read_text()


def test_scene_opens_again_and_tells_nothing(seeded, key_file, tmp_path) -> None:
    if not (seeded.results / "scene.mrb").exists():
        pytest.skip("needs slicer-core")
    from MedMMSlicerHost.application import HostApplication
    from MedMMSlicerLib.scene.bundle_io import load_scene

    export_case(request(seeded, key_file, formats=("mrb",)), tmp_path / "out")
    with zipfile.ZipFile(tmp_path / "out" / "scene.mrb") as archive:
        assert not any(name.endswith(".png") for name in archive.namelist())
    application = HostApplication.instance()
    application.clear()
    load_scene(application.scene, tmp_path / "out" / "scene.mrb")
    assert application.scene.GetNumberOfNodesByClass("vtkMRMLScalarVolumeNode") == 1
    assert application.scene.GetNumberOfNodesByClass("vtkMRMLSegmentationNode") == 1
    node = application.scene.GetFirstNodeByClass("vtkMRMLScalarVolumeNode")
    assert node.GetImageData() is not None
    application.clear()


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"formats": ("docx",)}, UsageError, "no export format 'docx'"),
        ({"inputs": (Path("nowhere"),)}, InputError, "does not exist"),
        ({"formats": ("mrb",), "inputs": ()}, NothingApplicableError, "allows no export"),
    ],
)
def test_bad_requests_leave_nothing(seeded, key_file, tmp_path, changes, error, message) -> None:
    with pytest.raises(error, match=message):
        export_case(request(seeded, key_file, **changes), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_full_folder_is_not_mixed_with(seeded, key_file, tmp_path) -> None:
    (tmp_path / "old.txt").write_text("x")
    with pytest.raises(UsageError, match="not empty"):
        export_case(request(seeded, key_file), tmp_path)


def test_two_patients_are_refused(seeded, key_file, tmp_path) -> None:
    other = tmp_path / "other.dcm"
    dataset = pydicom.dcmread(next(seeded.images.iterdir()))
    dataset.PatientID = "SOMEBODY-ELSE"
    dataset.save_as(other)
    with pytest.raises(UsageError, match="different patients"):
        export_case(request(seeded, key_file, inputs=(seeded.images, other)), tmp_path / "out")
