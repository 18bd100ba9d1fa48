"""``medmm evaluate``: real images through the real reader, with a predictor whose answers are known."""

from __future__ import annotations

import csv
import dataclasses
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from MedMMSlicerLib.bundles.loading import ModelBundle
from MedMMSlicerLib.bundles.manifest import (
    ContextVariable,
    FindingDefinition,
    InputRole,
    LabelDefinition,
    Manifest,
    Postprocess,
    Preprocess,
    Region,
)
from MedMMSlicerLib.bundles.writing import write_bundle
from MedMMSlicerLib.core import (
    Case,
    CodedConcept,
    Finding,
    LabelMap,
    Prediction,
    Provenance,
    SegmentDefinition,
    Series,
)
from MedMMSlicerLib.dicom.reading import read_image
from MedMMSlicerLib.errors import (
    BundleError,
    CancelledError,
    DiskFullError,
    InputError,
    MemoryLimitError,
    OutputError,
)
from MedMMSlicerLib.evaluation import EvaluationTools, evaluate, exit_code
from MedMMSlicerLib.inference.engine import RunControl, RunOptions
from MedMMSlicerLib.stats.segmentation import segmentation_metrics
from onnx import TensorProto, helper, numpy_helper

CODE = CodedConcept("25342003", "SCT", "Hippocampus")
LESION = CodedConcept("52988006", "SCT", "Lesion")
SPACING = (3.0, 0.8, 0.6)
SHAPE = (8, 12, 14)


def label(value: int, identifier: str) -> LabelDefinition:
    return LabelDefinition(value, identifier, {"en": identifier}, CODE, CODE, (10, 20, 30))


TWO_LABELS = (label(1, "front"), label(2, "back"))


def make_bundle(labels=TWO_LABELS, findings=(), context=()) -> ModelBundle:
    manifest = Manifest(
        id="known-answers",
        version="1.0.0",
        title={"en": "Known answers"},
        intended_use={"en": "Tests"},
        not_for=(),
        license="Apache-2.0",
        tasks=("segmentation",),
        inputs=(InputRole("current", ("MR",), 3),),
        context=context,
        graphs={},
        preprocess=Preprocess(Region("whole")),
        postprocess=Postprocess(),
        labels=labels,
        findings=findings,
        measurements=(),
        report_template="segmentation",
        files={},
    )
    return ModelBundle(Path("/nowhere"), manifest, "ab" * 32, {})


def provenance(**changes: Any) -> Provenance:
    values: dict[str, Any] = {
        "bundle_id": "known-answers",
        "bundle_version": "1.0.0",
        "bundle_sha256": "ab" * 32,
        "inputs": (),
        "device_requested": "cpu",
        "provider_used": "CPUExecutionProvider",
        "stage_seconds": {},
        "software": {"medmm": "test"},
        "created_at": "2026-01-01T00:00:00+00:00",
    }
    return Provenance(**{**values, **changes})


def phantom(case: int = 0) -> np.ndarray:
    """Two touching blocks, asymmetric, another place and size in every case."""
    array = np.zeros(SHAPE, np.uint8)
    array[2:6, 2 + case : 7 + case, 3:9] = 1
    array[3:6, 7 + case : 10, 3:8] = 2
    return array


def write_image(path: Path, array: np.ndarray, **changes: Any) -> Path:
    """An oblique, anisotropic volume (LPS, as SimpleITK has it)."""
    image = sitk.GetImageFromArray(array)
    image.SetSpacing(changes.get("spacing", SPACING)[::-1])
    image.SetOrigin(changes.get("origin", (-11.0, 23.0, 5.0)))
    turn = np.deg2rad(changes.get("turned_degrees", 20))
    image.SetDirection([np.cos(turn), -np.sin(turn), 0, np.sin(turn), np.cos(turn), 0, 0, 0, 1])
    sitk.WriteImage(image, str(path))
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three images whose voxels are their own reference standard, with masks."""
    for case in range(3):
        array = phantom(case)
        write_image(tmp_path / f"image{case}.nii.gz", array.astype(np.float32) * 100)
        write_image(tmp_path / f"mask{case}.nii.gz", array)
    return tmp_path


def segments(*names: tuple[int, str]) -> tuple[SegmentDefinition, ...]:
    return tuple(SegmentDefinition(value, name, {"en": name}, CODE, CODE, (1, 2, 3)) for value, name in names)


TWO_SEGMENTS = segments((1, "front"), (2, "back"))


def tools(
    change: Callable[[np.ndarray], np.ndarray] = lambda labels: labels,
    names=TWO_SEGMENTS,
    findings: Callable[[str], tuple[Finding, ...]] = lambda case_id: (),
    seen: list[tuple[Case, RunOptions]] | None = None,
    **facts: Any,
) -> EvaluationTools:
    """The real reader, and a predictor that reads the labels off the image and changes them."""

    def predict(bundle: ModelBundle, case: Case, options: RunOptions, control: RunControl) -> Prediction:
        control.step("network", 0.5)
        if seen is not None:
            seen.append((case, options))
        volume = case.series["current"].volume
        labels = change(np.round(np.asarray(volume.array, float) / 100).astype(np.uint8))
        maps = (LabelMap(labels, volume.geometry, names),) if names else ()
        return Prediction(
            provenance(notes=facts.get("notes", ())),
            maps,
            findings=findings(case.id),
            missing=facts.get("missing", ()),
            refusals=facts.get("refusals", ()),
        )

    return EvaluationTools(read_image, predict)


def write_table(folder: Path, text: str) -> Path:
    path = folder / "cases.csv"
    path.write_text(text, encoding="utf-8")
    return path


MASKED = "case_id,image,mask\n" + "".join(f"c{n},image{n}.nii.gz,mask{n}.nii.gz\n" for n in range(3))


def predictions(out: Path) -> list[Mapping[str, str]]:
    with (out / "predictions.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_perfect_predictions(folder):
    out = folder / "deep" / "out"
    metrics = evaluate(make_bundle(), write_table(folder, MASKED), out, tools=tools())
    assert json.loads((out / "metrics.json").read_text("utf-8")) == json.loads(json.dumps(metrics))
    assert sorted(path.name for path in out.iterdir()) == ["metrics.json", "predictions.csv"]
    assert metrics["bundle"] == {"id": "known-answers", "version": "1.0.0", "sha256": "ab" * 32}
    assert (metrics["n_cases"], metrics["n_failed"], exit_code(metrics)) == (3, 0, 0)
    assert set(metrics["segmentation"]) == {"front", "back", "foreground", "mean"}
    for name, summary in metrics["segmentation"].items():
        assert summary["n"] == 3, name
        assert summary["dice"]["mean"] == summary["iou"]["mean"] == 1
        assert summary["dice"]["ci95"] == pytest.approx([1, 1])
        assert summary["hd95_mm"]["mean"] == summary["hd95_mm"]["median"] == 0
    assert metrics["segmentation"]["mean"]["labels"] == ["front", "back"]
    assert metrics["provider"] == "CPUExecutionProvider"
    assert metrics["software"] == {"medmm": "test"}
    assert metrics["notes"] == []
    assert 0 < metrics["seconds_per_case"]["median"] <= metrics["seconds_per_case"]["p95"]


def network() -> bytes:
    """Logits of three classes that are highest for voxels of 0, 100 and 200; the first two as scores."""
    weights = np.array([0, 1, 2], np.float32).reshape(3, 1, 1, 1, 1)
    bias = np.array([0, -50, -200], np.float32)
    spatial = ["k", "j", "i"]
    indices = {"axes": [2, 3, 4], "first": [0], "last": [2], "channels": [1]}
    constants = [numpy_helper.from_array(np.array(value, np.int64), key) for key, value in indices.items()]
    graph = helper.make_graph(
        [
            helper.make_node("Conv", ["x", "w", "b"], ["y"]),
            helper.make_node("ReduceMean", ["y", "axes"], ["m"], keepdims=0),
            helper.make_node("Slice", ["m", "first", "last", "channels"], ["s"]),
        ],
        "known",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 1, *spatial])],
        [
            helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 3, *spatial]),
            helper.make_tensor_value_info("s", TensorProto.FLOAT, [1, 2]),
        ],
        [numpy_helper.from_array(weights, "w"), numpy_helper.from_array(bias, "b"), *constants],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    return bytes(model.SerializeToString())


def real_bundle(folder: Path) -> ModelBundle:
    """A bundle on disk with that network."""
    code = dataclasses.asdict(CODE)
    graph = {"file": "models/image.onnx", "inputs": {"image": "x"}, "outputs": {"logits": "y", "scores": "s"}}
    medmm = {
        "id": "known-network",
        "title": {"en": "Known network"},
        "intended_use": {"en": "Tests."},
        "license": "Apache-2.0",
        "tasks": ["segmentation", "classification"],
        "inputs": [{"role": "current", "modalities": ["MR"], "dimensions": 3}],
        "graphs": {"image": graph},
        "preprocess": {"region": {"kind": "whole"}, "orientation": "RAS"},
        "postprocess": {"decision": "argmax"},
        "labels": [
            {
                "value": item.value,
                "id": item.id,
                "name": item.name,
                "category": code,
                "type": code,
                "color": [9, 9, 9],
            }
            for item in TWO_LABELS
        ],
        "findings": [
            {"id": "lesion", "name": {"en": "Lesion"}, "concept": dataclasses.asdict(LESION), "channel": 1}
        ],
    }
    content = {"models/image.onnx": network(), "docs/README.md": b"# Known\n", "LICENSE": b"Free.\n"}
    return write_bundle(folder, {"version": "2.0.0", "medmm": medmm}, content)


def test_from_files_to_figures_through_the_real_predictor(tmp_path):
    for case in range(3):
        array = phantom(case)
        image = array.astype(np.int16) * 100
        write_image(tmp_path / f"image{case}.nii.gz", image, turned_degrees=0)
        write_image(tmp_path / f"mask{case}.nii.gz", array, turned_degrees=0)
    rows = "".join(f"c{n},image{n}.nii.gz,mask{n}.nii.gz,{int(n < 2)}\n" for n in range(3))
    path = write_table(tmp_path, "case_id,image,mask,label.Lesion\n" + rows)
    bundle = real_bundle(tmp_path / "bundle")
    metrics = evaluate(bundle, path, tmp_path / "out", RunOptions(device="cpu", threads=1))
    assert metrics["failures"] == []
    assert metrics["bundle"]["sha256"] == bundle.sha256
    assert metrics["provider"] == "CPUExecutionProvider"
    assert metrics["segmentation"]["mean"]["dice"]["mean"] == 1
    assert metrics["findings"]["lesion"]["n"] == 3
    scores = [float(row["score.lesion"]) for row in predictions(tmp_path / "out")]
    assert scores == pytest.approx([phantom(n).mean() * 100 - 50 for n in range(3)], rel=1e-4)


def test_figures_are_those_of_the_masks(folder):
    def worse(labels: np.ndarray) -> np.ndarray:
        return np.roll(labels, (1, 0, 2), axis=(0, 1, 2))

    metrics = evaluate(make_bundle(), write_table(folder, MASKED), folder / "out", tools=tools(worse))
    rows = predictions(folder / "out")
    expected = {"front": [], "back": [], "foreground": []}
    for case in range(3):
        truth = phantom(case)
        found = worse(truth)
        for name, pair in {
            "front": (truth == 1, found == 1),
            "back": (truth == 2, found == 2),
            "foreground": (truth > 0, found > 0),
        }.items():
            values = segmentation_metrics(*pair, SPACING)
            expected[name].append(values)
            assert float(rows[case][f"dice.{name}"]) == pytest.approx(values.dice, rel=1e-5)
            assert float(rows[case][f"hd95_mm.{name}"]) == pytest.approx(values.hd95_mm, rel=1e-5)
    for name, values in expected.items():
        summary = metrics["segmentation"][name]
        assert summary["dice"]["mean"] == pytest.approx(np.mean([item.dice for item in values]))
        assert summary["hd95_mm"]["mean"] == pytest.approx(np.mean([item.hd95_mm for item in values]))
        assert summary["hd95_mm"]["median"] == pytest.approx(np.median([item.hd95_mm for item in values]))
    both = metrics["segmentation"]["front"]["dice"]["mean"], metrics["segmentation"]["back"]["dice"]["mean"]
    assert metrics["segmentation"]["mean"]["dice"]["mean"] == pytest.approx(np.mean(both))


def test_both_sides_of_the_body_are_one_label(folder):
    def sided(labels: np.ndarray) -> np.ndarray:
        values = labels.copy()
        values[:, :, :5][labels[:, :, :5] > 0] += 2
        return values

    names = segments((1, "front-left"), (2, "back-left"), (3, "front-right"), (4, "seg-back-right"))
    found = evaluate(make_bundle(), write_table(folder, MASKED), folder / "out", tools=tools(sided, names))
    assert found["segmentation"]["mean"]["dice"]["mean"] == 1


def test_a_binary_mask_judges_the_foreground_only(folder):
    write_image(folder / "mask1.nii.gz", (phantom(1) > 0).astype(np.uint8) * 255)
    metrics = evaluate(make_bundle(), write_table(folder, MASKED), folder / "out", tools=tools())
    assert metrics["segmentation"]["front"]["n"] == 2
    assert metrics["segmentation"]["mean"]["n"] == 2
    assert metrics["segmentation"]["foreground"]["n"] == 3
    assert metrics["segmentation"]["foreground"]["dice"]["mean"] == 1
    assert any("two values" in note for note in metrics["notes"])
    assert predictions(folder / "out")[1]["dice.front"] == ""


def test_binary_masks_alone(folder):
    for case in range(3):
        write_image(folder / f"mask{case}.nii.gz", (phantom(case) > 0).astype(np.uint8))
    metrics = evaluate(make_bundle(), write_table(folder, MASKED), folder / "out", tools=tools())
    assert set(metrics["segmentation"]) == {"foreground", "mean"}
    assert metrics["segmentation"]["mean"]["labels"] == ["foreground"]


def test_a_bundle_of_one_label(folder):
    for case in range(3):
        write_image(folder / f"mask{case}.nii.gz", (phantom(case) > 0).astype(np.uint8) * 255)
    lung = make_bundle(labels=(label(1, "lung"),))
    predicted = tools(lambda labels: (labels > 0).astype(np.uint8), segments((1, "lung")))
    metrics = evaluate(lung, write_table(folder, MASKED), folder / "out", tools=predicted)
    assert metrics["segmentation"]["lung"]["dice"]["mean"] == 1
    assert metrics["segmentation"]["mean"]["labels"] == ["lung"]


def test_a_label_that_nobody_drew_is_not_judged(folder):
    bundle = make_bundle(labels=(label(1, "front"), label(2, "back"), label(3, "other")))
    metrics = evaluate(bundle, write_table(folder, MASKED), folder / "out", tools=tools())
    assert "other" not in metrics["segmentation"]
    assert metrics["segmentation"]["mean"]["labels"] == ["front", "back"]
    assert any("No mask holds the labels other" in note for note in metrics["notes"])


def test_an_empty_mask_and_an_empty_prediction(folder):
    write_image(folder / "mask1.nii.gz", np.zeros(SHAPE, np.uint8))
    calls = iter(range(3))

    def nothing_in_the_third(labels: np.ndarray) -> np.ndarray:
        return labels * 0 if next(calls) == 2 else labels

    metrics = evaluate(
        make_bundle(), write_table(folder, MASKED), folder / "out", tools=tools(nothing_in_the_third)
    )
    front = metrics["segmentation"]["front"]
    assert (front["n"], front["n_empty_reference"], front["n_empty_prediction"]) == (3, 1, 1)
    assert front["dice"]["mean"] == pytest.approx(1 / 3)
    assert (front["hd95_mm"]["n"], front["hd95_mm"]["n_infinite"]) == (1, 2)
    assert front["hd95_mm"]["median"] is None
    assert predictions(folder / "out")[1]["hd95_mm.front"] == "inf"


def test_a_cropped_mask_is_brought_onto_the_image(folder):
    image = sitk.ReadImage(str(folder / "mask0.nii.gz"))
    sitk.WriteImage(image[1:-2, 1:-1, 1:], str(folder / "mask0.nii.gz"))
    metrics = evaluate(make_bundle(), write_table(folder, MASKED), folder / "out", tools=tools())
    assert metrics["segmentation"]["mean"]["dice"]["mean"] == 1
    assert "The mask was resampled to the image's grid (nearest neighbor)." in metrics["notes"]


def test_failures_are_counted_and_the_rest_goes_on(folder):
    (folder / "image1.nii.gz").write_bytes(b"no image")
    write_image(folder / "mask2.nii.gz", phantom(2), origin=(500.0, 500.0, 500.0))
    metrics = evaluate(make_bundle(), write_table(folder, MASKED), folder / "out", tools=tools())
    assert (metrics["n_cases"], metrics["n_failed"], exit_code(metrics)) == (3, 2, 3)
    assert [failure["case_id"] for failure in metrics["failures"]] == ["c1", "c2"]
    assert [failure["line"] for failure in metrics["failures"]] == [3, 4]
    assert "image1.nii.gz" in metrics["failures"][0]["error"]
    assert "mask2.nii.gz: The mask lies outside" in metrics["failures"][1]["error"]
    assert metrics["segmentation"]["mean"]["n"] == 1
    rows = predictions(folder / "out")
    assert [bool(row["error"]) for row in rows] == [False, True, True]
    assert rows[1]["dice.front"] == ""


def test_every_case_fails(folder):
    def exhausted(*arguments: Any) -> Prediction:
        raise MemoryLimitError("The run needs 9 GB and there are 2 GB. Close other programs.")

    metrics = evaluate(
        make_bundle(),
        write_table(folder, MASKED),
        folder / "out",
        tools=EvaluationTools(read_image, exhausted),
    )
    assert (metrics["n_failed"], exit_code(metrics)) == (3, 5)
    assert metrics["segmentation"] == {}
    assert metrics["seconds_per_case"] == {"median": None, "p95": None}
    assert metrics["provider"] is None


@pytest.mark.parametrize("error", [BundleError("wrong channels"), DiskFullError("the disk is full")])
def test_what_every_case_would_meet_ends_the_run(folder, error):
    calls = []

    def fail(*arguments: Any) -> Prediction:
        calls.append(arguments)
        raise error

    with pytest.raises(type(error)):
        evaluate(
            make_bundle(),
            write_table(folder, MASKED),
            folder / "out",
            tools=EvaluationTools(read_image, fail),
        )
    assert len(calls) == 1
    assert not (folder / "out").exists()


def test_cancelling_leaves_nothing(folder):
    stages: list[tuple[str, float]] = []
    control = RunControl(
        progress=lambda stage, fraction: stages.append((stage, fraction)), cancelled=lambda: len(stages) > 3
    )
    with pytest.raises(CancelledError):
        evaluate(make_bundle(), write_table(folder, MASKED), folder / "out", control=control, tools=tools())
    assert not (folder / "out").exists()


def test_progress_runs_from_zero_to_one(folder):
    stages: list[tuple[str, float]] = []
    control = RunControl(progress=lambda stage, fraction: stages.append((stage, fraction)))
    evaluate(make_bundle(), write_table(folder, MASKED), folder / "out", control=control, tools=tools())
    fractions = [fraction for _, fraction in stages]
    assert fractions == sorted(fractions)
    assert (fractions[0], fractions[-1]) == (0, 1)
    assert stages[0][0] == "c0: reading"
    assert ("c1: network", pytest.approx(1.5 / 3)) in stages


FINDINGS = (
    FindingDefinition("lesion", {"en": "Focal lesion", "zh-CN": "病灶"}, LESION, 0, threshold=0.5),
    FindingDefinition("edema", {"en": "Edema"}, CodedConcept("423341008", "SCT", "Edema"), 1, threshold=0.4),
    FindingDefinition("other", {"en": "Other"}, CodedConcept("1", "99MEDMM", "Other"), 2),
)


def graded(case_id: str) -> tuple[Finding, ...]:
    probability = {"c0": 0.9, "c1": 0.2, "c2": 0.6}[case_id]
    return (
        Finding("f-lesion", LESION, {"en": "Lesion"}, score=probability * 10, probability=probability),
        Finding("f-lesion-left", LESION, {"en": "Lesion"}, "left", score=0.1, probability=0.01),
        Finding("f-front", CODE, {"en": "Front"}),  # stated by a segmentation alone
        Finding("edema", FINDINGS[1].concept, {"en": "Edema"}, score=0.5, probability=None),
    )


def test_findings(folder):
    bundle = make_bundle(labels=(), findings=FINDINGS)
    rows = "c0,image0.nii.gz,1,1,\nc1,image1.nii.gz,0,1,1\nc2,image2.nii.gz,0,,0\n"
    path = write_table(folder, "case_id,image,LABEL.focal_LESION,label.EDEMA,label.unheard\n" + rows)
    metrics = evaluate(bundle, path, folder / "out", tools=tools(names=(), findings=graded))
    assert set(metrics["findings"]) == {"lesion", "edema"}
    lesion = metrics["findings"]["lesion"]
    assert (lesion["n"], lesion["positives"], lesion["auc"]) == (3, 1, 1.0)
    assert (lesion["sensitivity"], lesion["specificity"], lesion["threshold"]) == (1.0, 0.5, 0.5)
    assert lesion["brier"] == pytest.approx((0.01 + 0.04 + 0.36) / 3)
    assert lesion["auc_ci95"] is None
    edema = metrics["findings"]["edema"]
    assert (edema["n"], edema["n_without_probability"], edema["auc"]) == (0, 2, None)
    assert edema["auc_reason"]
    assert any("label.unheard" in note for note in metrics["notes"])
    row = predictions(folder / "out")[0]
    assert (row["score.lesion"], row["probability.lesion"], row["label.lesion"]) == ("9", "0.9", "1")
    assert (row["probability.edema"], row["probability.other"]) == ("", "")


def test_patients_are_counted_and_drawn_together(folder):
    rows = "".join(f"c{n},image{n}.nii.gz,mask{n}.nii.gz,p{n // 2}\n" for n in range(3))
    path = write_table(folder, "case_id,image,mask,patient_id\n" + rows)
    metrics = evaluate(make_bundle(), path, folder / "out", tools=tools(lambda labels: np.roll(labels, 1, 0)))
    assert metrics["n_patients"] == 2
    rows = "".join(f"c{n},image{n}.nii.gz,mask{n}.nii.gz,same\n" for n in range(3))
    path = write_table(folder, "case_id,image,mask,patient_id\n" + rows)
    metrics = evaluate(make_bundle(), path, folder / "out", tools=tools(lambda labels: np.roll(labels, 1, 0)))
    assert metrics["segmentation"]["mean"]["dice"]["ci95"] is None


def test_context_point_and_view_reach_the_bundle(folder):
    path = write_table(
        folder,
        "case_id,image,at.r,at.a,at.s,context.age,context.sex,context.view,context.lab.crp\n"
        "c0,image0.nii.gz,1,-2,3,61,F,AP,-inf\n"
        "c1,image1.nii.gz,,,,,,,\n",
    )
    seen: list[tuple[Case, RunOptions]] = []
    bundle = make_bundle(context=(ContextVariable("lab.crp", "mg/L", 3.0, loinc="1988-5"),))
    options = RunOptions(device="cpu", point_ras=(9.0, 9.0, 9.0))
    evaluate(bundle, path, folder / "out", options, tools=tools(seen=seen))
    (first, first_options), (second, second_options) = seen
    assert first_options.point_ras == (1.0, -2.0, 3.0)
    assert second_options.point_ras == (9.0, 9.0, 9.0)
    assert first_options.device == "cpu"
    assert (first.context.age_years, first.context.sex) == (61.0, "F")
    assert first.context.laboratory[0].unit == "mg/L"
    assert first.series["current"].facts.view == "AP"
    assert (second.context.age_years, second.context.laboratory) == (None, ())


def test_the_header_fills_what_the_table_leaves_open(folder):
    def read(path: Path) -> Series:
        series = read_image(path)
        return dataclasses.replace(series, facts=dataclasses.replace(series.facts, age_years=50.0, sex="F"))

    path = write_table(
        folder, "case_id,image,context.age,context.sex\nc0,image0.nii.gz,61,\nc1,image1.nii.gz,,\n"
    )
    seen: list[tuple[Case, RunOptions]] = []
    given = dataclasses.replace(tools(seen=seen), read=read)
    metrics = evaluate(make_bundle(), path, folder / "out", tools=given)
    contexts = [case.context for case, _ in seen]
    assert [(context.age_years, context.sex) for context in contexts] == [(61.0, "F"), (50.0, "F")]
    assert any("61 years" in note and "50" in note for note in metrics["notes"])


def test_what_a_reader_must_know_is_counted(folder):
    predicted = tools(missing=("age",), refusals=("Too dark.",), notes=("GPU asked for, but not used.",))
    metrics = evaluate(make_bundle(), write_table(folder, MASKED), folder / "out", tools=predicted)
    assert metrics["n_refused"] == 3
    assert metrics["missing_context"] == {"age": 3}
    assert "GPU asked for, but not used. (3 cases)" in metrics["notes"]
    assert "Too dark. (3 cases)" in metrics["notes"]


def test_many_different_notes_are_cut_short(folder):
    notes = tuple(f"Note {number}." for number in range(30))
    metrics = evaluate(make_bundle(), write_table(folder, MASKED), folder / "out", tools=tools(notes=notes))
    assert len(metrics["notes"]) == 21
    assert metrics["notes"][-1] == "10 more notes are in predictions.csv."
    assert "Note 29." in predictions(folder / "out")[0]["notes"]


def test_images_alone_give_predictions_and_times(folder):
    path = write_table(folder, "case_id,image\nc0,image0.nii.gz\n")
    metrics = evaluate(make_bundle(), path, folder / "out", tools=tools())
    assert (metrics["segmentation"], metrics["findings"]) == ({}, {})
    assert metrics["seconds_per_case"]["median"] > 0
    assert predictions(folder / "out")[0]["case_id"] == "c0"


def test_pictures_without_spacing_have_no_distances_in_mm(tmp_path):
    array = phantom()[4]
    sitk.WriteImage(sitk.GetImageFromArray(array * 100), str(tmp_path / "image.png"))
    sitk.WriteImage(sitk.GetImageFromArray(array), str(tmp_path / "mask.png"))
    path = write_table(tmp_path, "case_id,image,mask\nc0,image.png,mask.png\n")
    metrics = evaluate(make_bundle(), path, tmp_path / "out", tools=tools())
    front = metrics["segmentation"]["front"]
    assert (front["dice"]["mean"], front["hd95_mm"], front["nsd"]) == (1, None, None)
    assert predictions(tmp_path / "out")[0]["hd95_mm.front"] == ""


def test_a_bundle_without_labels_says_that_masks_were_not_used(folder):
    bundle = make_bundle(labels=())
    metrics = evaluate(bundle, write_table(folder, MASKED), folder / "out", tools=tools(names=()))
    assert metrics["segmentation"] == {}
    assert "The bundle has no labels: the masks were not used." in metrics["notes"]


@pytest.mark.parametrize("names", [(), segments((1, "front"), (2, "nowhere"))])
def test_a_prediction_that_does_not_fit_the_bundle_is_a_failed_case(folder, names):
    metrics = evaluate(make_bundle(), write_table(folder, MASKED), folder / "out", tools=tools(names=names))
    assert metrics["n_failed"] == 3


def test_a_segmentation_on_another_grid_is_a_failed_case(folder):
    def moved(bundle: ModelBundle, case: Case, options: RunOptions, control: RunControl) -> Prediction:
        prediction = tools().predict(bundle, case, options, control)
        found = prediction.label_maps[0]
        geometry = found.geometry.cropped((1, 0, 0), found.geometry.shape)
        return dataclasses.replace(prediction, label_maps=(dataclasses.replace(found, geometry=geometry),))

    metrics = evaluate(
        make_bundle(), write_table(folder, MASKED), folder / "out", tools=EvaluationTools(read_image, moved)
    )
    assert "grid" in metrics["failures"][0]["error"]


def test_a_wrong_table_runs_nothing_and_leaves_nothing(folder):
    seen: list[tuple[Case, RunOptions]] = []
    with pytest.raises(InputError, match=r"cases\.csv:2:image"):
        evaluate(
            make_bundle(),
            write_table(folder, "case_id,image\nc0,gone.nii\n"),
            folder / "out",
            tools=tools(seen=seen),
        )
    assert not seen
    assert not (folder / "out").exists()


def test_an_output_that_is_a_file_is_said_before_the_run(folder):
    seen: list[tuple[Case, RunOptions]] = []
    table = write_table(folder, MASKED)
    with pytest.raises(OutputError, match="is a file"):
        evaluate(make_bundle(), table, table, tools=tools(seen=seen))
    with pytest.raises(OutputError, match="is a file"):
        evaluate(make_bundle(), table, table / "below", tools=tools(seen=seen))
    assert not seen


def test_same_cases_same_figures(folder):
    table = write_table(folder, MASKED)
    figures = [
        evaluate(make_bundle(), table, folder / name, tools=tools(lambda labels: np.roll(labels, 1, 2)))
        for name in ("one", "two")
    ]
    assert figures[0]["segmentation"] == figures[1]["segmentation"]
