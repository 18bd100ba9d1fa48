"""The commands on good input: what they write and print."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk

Medmm = Callable[..., Any]


@pytest.fixture
def analyzed(medmm: Medmm, tmp_path: Path, threshold_bundle: Path, phantom_file: Path) -> Path:
    outcome = medmm("analyze", phantom_file, "--bundle", threshold_bundle, "--out", tmp_path / "result")
    assert outcome.code == 0, outcome.err
    assert "threshold-test" in outcome.out and "CPUExecutionProvider" in outcome.out
    return tmp_path / "result"


def test_analyze_writes_what_the_contract_says(analyzed: Path) -> None:
    names = {path.name for path in analyzed.iterdir()}
    assert names == {
        "case.json",
        "report.json",
        "report.html",
        "report.txt",
        "overlay.png",
        "scene.mrb",
        "segmentation.seg.nrrd",
    }


def test_label_map_is_the_thresholded_phantom_on_its_own_grid(analyzed: Path, phantom_file: Path) -> None:
    source = sitk.ReadImage(str(phantom_file))
    found = sitk.ReadImage(str(analyzed / "segmentation.seg.nrrd"))
    array = sitk.GetArrayFromImage(source)
    expected = (array > 100).astype(np.uint8) + (array > 250)
    resampled = sitk.Resample(found, source, sitk.Transform(), sitk.sitkNearestNeighbor, 0)
    np.testing.assert_array_equal(sitk.GetArrayFromImage(resampled), expected)


def test_case_json_has_volumes_and_provenance(analyzed: Path, phantom_file: Path) -> None:
    case = json.loads((analyzed / "case.json").read_text(encoding="utf-8"))
    prediction = case["prediction"]
    assert prediction["provenance"]["provider_used"] == "CPUExecutionProvider"
    assert re.fullmatch("[0-9a-f]{64}", prediction["provenance"]["bundle_sha256"])
    array = sitk.GetArrayFromImage(sitk.ReadImage(str(phantom_file)))
    voxel_mm3 = 1.1 * 0.9 * 2.5
    volumes = sorted(item["value"] for item in prediction["measurements"] if item["unit"] == "mm3")
    expected = [(array == 300).sum() * voxel_mm3, (array == 200).sum() * voxel_mm3]
    assert volumes[:2] == pytest.approx(sorted(expected), rel=1e-4)
    assert {"segmentation.seg.nrrd", "overlay.png", "report.html"} <= set(case["files"])


def test_every_model_sentence_names_its_evidence(analyzed: Path) -> None:
    report = json.loads((analyzed / "report.json").read_text(encoding="utf-8"))["report"]
    known = json.loads((analyzed / "case.json").read_text(encoding="utf-8"))["prediction"]
    ids = {item["id"] for kind in ("measurements", "findings") for item in known[kind]}
    sentences = [sentence for section in report["sections"] for sentence in section["sentences"]]
    stated = [sentence for sentence in sentences if sentence["author"] == "model"]
    assert stated
    for sentence in stated:
        assert sentence["evidence_ids"] and set(sentence["evidence_ids"]) <= ids, sentence


def test_second_run_replaces_its_files_and_keeps_others(
    medmm: Medmm, analyzed: Path, threshold_bundle: Path, phantom_file: Path
) -> None:
    (analyzed / "mine.txt").write_text("keep me")
    before = (analyzed / "segmentation.seg.nrrd").read_bytes()
    outcome = medmm(
        "analyze", phantom_file, "--bundle", threshold_bundle, "--out", analyzed, "--language", "zh-CN"
    )
    assert outcome.code == 0, outcome.err
    assert (analyzed / "mine.txt").read_text() == "keep me"
    assert len((analyzed / "segmentation.seg.nrrd").read_bytes()) == pytest.approx(len(before), rel=0.2)
    assert 'lang="zh-CN"' in (analyzed / "report.html").read_text(encoding="utf-8")


def test_analyze_json_is_clean(
    medmm: Medmm, tmp_path: Path, threshold_bundle: Path, phantom_file: Path
) -> None:
    out = tmp_path / "result"
    outcome = medmm("analyze", phantom_file, "--bundle", threshold_bundle, "--out", out, "--json")
    summary = json.loads(outcome.out)
    assert summary["bundle"] == {"id": "threshold-test", "version": "0.1.0"}
    assert all(Path(path).exists() for path in summary["files"])


def test_context_reaches_the_report_escaped(
    medmm: Medmm, tmp_path: Path, threshold_bundle: Path, phantom_file: Path
) -> None:
    context = tmp_path / "context.json"
    context.write_text(
        json.dumps({"age_years": 61, "sex": "F", "indication": "<script>alert(1)</script> pain"})
    )
    out = tmp_path / "result"
    outcome = medmm("analyze", phantom_file, "--bundle", threshold_bundle, "--out", out, "--context", context)
    assert outcome.code == 0, outcome.err
    html = (out / "report.html").read_text(encoding="utf-8")
    assert "<script" not in html and "&lt;script&gt;" in html


def test_point_outside_is_refused_with_the_extent(medmm: Medmm, tmp_path: Path, phantom_file: Path) -> None:
    out = tmp_path / "result"
    outcome = medmm("analyze", phantom_file, "--bundle", "hippocampus-mr", "--at", "500,0,0", "--out", out)
    assert outcome.code in (2, 3) and "500" in outcome.err
    assert not out.exists()


def test_bundle_list_show_and_check(
    medmm: Medmm, threshold_bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEDMM_BUNDLES", str(threshold_bundle.parent))
    rows = {row["id"]: row for row in json.loads(medmm("bundle", "list", "--json").out)}
    assert rows["threshold-test"]["error"] is None
    assert rows["hippocampus-mr"]["license"] == "CC-BY-SA-4.0"
    shown = json.loads(medmm("bundle", "show", "threshold-test", "--json").out)
    assert shown["manifest"]["labels"][0]["id"] == "shell"
    assert medmm("bundle", "check", threshold_bundle).code == 0
    (threshold_bundle / "models" / "model.onnx").write_bytes(b"")
    broken = medmm("bundle", "check", threshold_bundle, "--json")
    assert broken.code == 4 and json.loads(broken.out)


def test_evaluate_writes_metrics_of_known_answers(
    medmm: Medmm, tmp_path: Path, threshold_bundle: Path, phantom_file: Path
) -> None:
    source = sitk.ReadImage(str(phantom_file))
    truth = sitk.Cast(source > 100, sitk.sitkUInt8) + sitk.Cast(source > 250, sitk.sitkUInt8)
    truth.CopyInformation(source)
    sitk.WriteImage(truth, str(tmp_path / "truth.nii.gz"))
    with (tmp_path / "cases.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("case_id", "image", "mask"), ("one", phantom_file.name, "truth.nii.gz")])
    out = tmp_path / "figures"
    outcome = medmm("evaluate", "--bundle", threshold_bundle, "--cases", tmp_path / "cases.csv", "--out", out)
    assert outcome.code == 0, outcome.err
    metrics = json.loads((out / "metrics.json").read_text())
    for label in ("shell", "core"):
        assert metrics["segmentation"][label]["dice"]["mean"] == 1.0
        assert metrics["segmentation"][label]["hd95_mm"]["median"] == 0.0
    assert (out / "predictions.csv").read_text().count("\n") == 2


def test_doctor_says_what_is_used(medmm: Medmm) -> None:
    report = json.loads(medmm("doctor", "--json").out)
    checks = {check["name"]: check for check in report["checks"]}
    assert checks and all(check["text"] for check in checks.values())
    assert all(check["remedy"] for check in checks.values() if check["status"] == "problem")


def test_version_and_help(medmm: Medmm) -> None:
    from MedMMSlicerLib import __version__

    assert __version__ in medmm("--version").out
    for command in ("demo", "analyze", "evaluate", "bundle", "doctor", "bench", "train"):
        assert command in medmm("--help").out
        assert medmm(command, "--help").code == 0


@pytest.mark.mrml
@pytest.mark.slow
def test_demo_reads_both_hippocampi_and_says_where_nothing_applies(medmm: Medmm, tmp_path: Path) -> None:
    outcome = medmm("demo", "--no-window", "--out", tmp_path / "demo")
    assert outcome.code == 0, outcome.err
    case = json.loads((tmp_path / "demo" / "mni-t1" / "case.json").read_text(encoding="utf-8"))
    volumes = {
        (item["laterality"], item["segment_id"]): item["value"]
        for item in case["prediction"]["measurements"]
        if item["segment_id"] and item["unit"] == "mm3"
    }
    assert {side for side, _ in volumes} == {"left", "right"}
    # An adult hippocampus has some 2 to 5 mL; each part lies well inside these bounds on the MNI template.
    assert all(800 < value < 4000 for value in volumes.values())
    for name in ("chest-radiograph", "tibia-radiograph", "ultrasound", "shoulder-mr", "head-ct"):
        assert (tmp_path / "demo" / name / "overlay.png").exists()
    page = (tmp_path / "demo" / "index.html").read_text(encoding="utf-8")
    assert "Not applicable. No bundle applies to Non-ossifying" in page
    assert "chest-xr: pneumonia 98% (operating point" in page
    chest = tmp_path / "demo" / "chest-radiograph"
    assert "肺炎" in (chest / "zh-CN" / "report.txt").read_text(encoding="utf-8")
    assert "pneumonia" in (chest / "report.txt").read_text(encoding="utf-8")
    probabilities = [
        {item["id"]: item["probability"] for item in json.loads(text)["prediction"]["findings"]}
        for text in (
            (folder / "case.json").read_text(encoding="utf-8") for folder in (chest, chest / "zh-CN")
        )
    ]
    assert probabilities[0] == probabilities[1]


def test_progress_does_not_spoil_json_in_a_pipe(
    tmp_path: Path, threshold_bundle: Path, phantom_file: Path
) -> None:
    command = [
        sys.executable,
        "-c",
        "from MedMMSlicerLib.cli import main; main()",
        "analyze",
        str(phantom_file),
    ]
    command += ["--bundle", str(threshold_bundle), "--out", str(tmp_path / "piped"), "--json"]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, env={**os.environ, "TERM": "xterm"}
    )
    assert json.loads(done.stdout)["bundle"]["id"] == "threshold-test"
    assert done.stderr == ""


@pytest.fixture
def ct_folder(tmp_path: Path, sample_dicom: Path) -> Path:
    """Five slices made of a real CT slice: a series with positions 5 mm apart, its files in no order."""
    import pydicom
    from pydicom.uid import generate_uid

    folder = tmp_path / "ct"
    folder.mkdir()
    series_uid, frame_uid = generate_uid(), generate_uid()
    for index in (3, 0, 4, 1, 2):
        slice_ = pydicom.dcmread(sample_dicom)
        slice_.SOPInstanceUID = slice_.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        slice_.SeriesInstanceUID, slice_.FrameOfReferenceUID = series_uid, frame_uid
        slice_.ImagePositionPatient = [-120.0, -130.0, 40.0 + 5.0 * index]
        slice_.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        slice_.InstanceNumber = 9 - index
        pixels = np.roll(slice_.pixel_array, 7 * index, axis=1)
        slice_.PixelData = pixels.tobytes()
        slice_.save_as(folder / f"{(index * 7) % 5}.dcm")
    return folder


@pytest.mark.mrml
def test_dicom_in_gives_dicom_out(
    medmm: Medmm, tmp_path: Path, ct_folder: Path, threshold_bundle: Path
) -> None:
    import highdicom
    import pydicom
    from MedMMSlicerLib.dicom.reading import read_image
    from MedMMSlicerLib.dicom.segmentation import read_segmentation_dicom

    before = {path.name: path.read_bytes() for path in ct_folder.iterdir()}
    out = tmp_path / "result"
    outcome = medmm("analyze", ct_folder, "--bundle", threshold_bundle, "--out", out)
    assert outcome.code == 0, outcome.err
    assert {path.name: path.read_bytes() for path in ct_folder.iterdir()} == before

    source = pydicom.dcmread(next(ct_folder.iterdir()), stop_before_pixels=True)
    segmentation = highdicom.seg.segread(out / "segmentation.dcm")
    assert segmentation.ReferencedSeriesSequence[0].SeriesInstanceUID == source.SeriesInstanceUID
    assert {item.SegmentAlgorithmType for item in segmentation.SegmentSequence} == {"AUTOMATIC"}
    codes = [item.SegmentedPropertyTypeCodeSequence[0].CodeValue for item in segmentation.SegmentSequence]
    assert codes == ["10200004", "78961009"]

    volume = read_image(ct_folder).volume
    assert volume is not None
    found = read_segmentation_dicom(out / "segmentation.dcm", volume.geometry)
    expected = (volume.array > 100).astype(np.uint8) + (volume.array > 250)
    np.testing.assert_array_equal(found.array, expected)

    report = pydicom.dcmread(out / "report_sr.dcm")
    assert report.Modality == "SR" and report.StudyInstanceUID == source.StudyInstanceUID
    assert segmentation.SOPInstanceUID in report.to_json()


def test_a_network_that_needs_too_much_memory_ends_with_5(
    medmm: Medmm, tmp_path: Path, threshold_bundle: Path, phantom_file: Path
) -> None:
    import hashlib

    import onnx
    from onnx import helper, numpy_helper

    path = threshold_bundle / "models" / "model.onnx"
    model = onnx.load(path)
    # Copies the input a hundred million times (1.5 TB); the smallest value of it is added to the logits.
    shape = numpy_helper.from_array(np.array([100_000_000, 1, 1, 1, 1], np.int64), "shape")
    model.graph.initializer.append(shape)
    model.graph.node[0].output[0] = "plain"
    model.graph.node.append(helper.make_node("Expand", ["image", "shape"], ["huge"]))
    model.graph.node.append(helper.make_node("ReduceMin", ["huge"], ["least"], keepdims=1))
    model.graph.node.append(helper.make_node("Add", ["plain", "least"], ["logits"]))
    content = model.SerializeToString()
    path.write_bytes(content)
    manifest = threshold_bundle / "configs" / "metadata.json"
    metadata = json.loads(manifest.read_text(encoding="utf-8"))
    metadata["medmm"]["files"]["models/model.onnx"] = hashlib.sha256(content).hexdigest()
    manifest.write_text(json.dumps(metadata), encoding="utf-8")

    out = tmp_path / "result"
    outcome = medmm("analyze", phantom_file, "--bundle", threshold_bundle, "--out", out)
    assert outcome.code == 5, outcome.err
    assert outcome.err.count("\n") == 1 and "memory" in outcome.err
    assert not out.exists()
