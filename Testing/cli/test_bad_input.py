"""Input that is broken or hostile: the promised exit code, one line of explanation, nothing left behind."""

from __future__ import annotations

import errno
import gzip
import hashlib
import json
import shutil
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk

Medmm = Callable[..., Any]


def _refused(outcome: Any, code: int, *words: str) -> None:
    assert outcome.code == code, (outcome.code, outcome.err)
    lines = [line for line in outcome.err.splitlines() if line.strip()]
    assert len(lines) == 1 and lines[0].startswith("medmm: "), outcome.err
    for word in words:
        assert word in lines[0], lines[0]


def _analyze(medmm: Medmm, source: Path, bundle: Path | str, out: Path, *more: object) -> Any:
    outcome = medmm("analyze", source, "--bundle", bundle, "--out", out, *more)
    assert not out.exists()
    assert not list(out.parent.glob(f".{out.name}*"))
    return outcome


def test_empty_folder(medmm: Medmm, tmp_path: Path, threshold_bundle: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    _refused(_analyze(medmm, empty, threshold_bundle, tmp_path / "out"), 3, "empty")


def test_missing_path(medmm: Medmm, tmp_path: Path, threshold_bundle: Path) -> None:
    _refused(_analyze(medmm, tmp_path / "nothing.nii", threshold_bundle, tmp_path / "out"), 3, "nothing.nii")


def test_text_file_called_dcm(medmm: Medmm, tmp_path: Path, threshold_bundle: Path) -> None:
    path = tmp_path / "note.dcm"
    path.write_text("This is no image.\n" * 20)
    _refused(_analyze(medmm, path, threshold_bundle, tmp_path / "out"), 3, "note.dcm")


def test_truncated_dicom(medmm: Medmm, tmp_path: Path, threshold_bundle: Path, sample_dicom: Path) -> None:
    path = tmp_path / "cut.dcm"
    path.write_bytes(sample_dicom.read_bytes()[:3000])
    _refused(_analyze(medmm, path, threshold_bundle, tmp_path / "out"), 3, "cut.dcm")


def test_dicom_cut_within_its_pixels(
    medmm: Medmm, tmp_path: Path, threshold_bundle: Path, sample_dicom: Path
) -> None:
    path = tmp_path / "cut.dcm"
    content = sample_dicom.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    _refused(_analyze(medmm, path, threshold_bundle, tmp_path / "out"), 3, "cut.dcm")


def test_nifti_without_spacing(
    medmm: Medmm, tmp_path: Path, threshold_bundle: Path, phantom_file: Path
) -> None:
    raw = bytearray(gzip.decompress(phantom_file.read_bytes()))
    raw[80:92] = struct.pack("<3f", 0, 0, 0)
    path = tmp_path / "flat.nii"
    path.write_bytes(bytes(raw))
    _refused(_analyze(medmm, path, threshold_bundle, tmp_path / "out"), 3, "flat.nii", "spacing")


def test_nifti_of_nothing_but_nan(medmm: Medmm, tmp_path: Path, threshold_bundle: Path) -> None:
    path = tmp_path / "nan.nii.gz"
    sitk.WriteImage(sitk.GetImageFromArray(np.full((4, 5, 6), np.nan, np.float32)), str(path))
    _refused(_analyze(medmm, path, threshold_bundle, tmp_path / "out"), 3, "nan.nii.gz")


def test_single_nan_is_replaced_and_said(medmm: Medmm, tmp_path: Path, threshold_bundle: Path) -> None:
    array = np.zeros((6, 8, 10), np.float32)
    array[2:4, 2:5, 3:7] = 200
    array[5, 7, 9] = np.nan
    path = tmp_path / "hole.nii.gz"
    sitk.WriteImage(sitk.GetImageFromArray(array), str(path))
    outcome = medmm("analyze", path, "--bundle", threshold_bundle, "--out", tmp_path / "out")
    assert outcome.code == 0, outcome.err
    case = json.loads((tmp_path / "out" / "case.json").read_text())
    assert "not-finite" in [note["code"] for note in case["case"]["series"]["current"]["notes"]]


def test_one_slice_for_a_3d_bundle(
    medmm: Medmm, tmp_path: Path, threshold_bundle: Path, sample_dicom: Path
) -> None:
    _refused(_analyze(medmm, sample_dicom, threshold_bundle, tmp_path / "out"), 3, "single image")


def test_nothing_applies(medmm: Medmm, tmp_path: Path, sample_dicom: Path) -> None:
    _refused(_analyze(medmm, sample_dicom, "auto", tmp_path / "out"), 6, "No bundle applies")


def test_3d_volume_for_a_2d_bundle(
    medmm: Medmm, tmp_path: Path, threshold_bundle: Path, phantom_file: Path
) -> None:
    def make_2d(metadata: dict[str, Any]) -> None:
        metadata["medmm"]["inputs"][0]["dimensions"] = 2
        metadata["medmm"]["preprocess"] = {"orientation": "", "region": {"kind": "whole"}}

    _change(threshold_bundle, make_2d)
    outcome = _analyze(medmm, phantom_file, threshold_bundle, tmp_path / "out")
    assert outcome.code in (3, 4)
    assert "2D" in outcome.err or "dimensions" in outcome.err


def _change(bundle: Path, change: Callable[[dict[str, Any]], None]) -> None:
    path = bundle / "configs" / "metadata.json"
    metadata = json.loads(path.read_text(encoding="utf-8"))
    change(metadata)
    path.write_text(json.dumps(metadata), encoding="utf-8")


def _replace_network(bundle: Path, content: bytes) -> None:
    (bundle / "models" / "model.onnx").write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    _change(bundle, lambda metadata: metadata["medmm"]["files"].update({"models/model.onnx": digest}))


def test_empty_network(medmm: Medmm, tmp_path: Path, threshold_bundle: Path, phantom_file: Path) -> None:
    _replace_network(threshold_bundle, b"")
    _refused(_analyze(medmm, phantom_file, threshold_bundle, tmp_path / "out"), 4, "model.onnx")


def test_truncated_network(medmm: Medmm, tmp_path: Path, threshold_bundle: Path, phantom_file: Path) -> None:
    content = (threshold_bundle / "models" / "model.onnx").read_bytes()
    _replace_network(threshold_bundle, content[: len(content) // 2])
    _refused(_analyze(medmm, phantom_file, threshold_bundle, tmp_path / "out"), 4, "model.onnx")


def test_path_that_leaves_the_bundle(
    medmm: Medmm, tmp_path: Path, threshold_bundle: Path, phantom_file: Path
) -> None:
    shutil.copy(threshold_bundle / "models" / "model.onnx", threshold_bundle.parent / "outside.onnx")
    digest = hashlib.sha256((threshold_bundle.parent / "outside.onnx").read_bytes()).hexdigest()

    def leave(metadata: dict[str, Any]) -> None:
        metadata["medmm"]["graphs"]["image"]["file"] = "../outside.onnx"
        metadata["medmm"]["files"]["../outside.onnx"] = digest

    _change(threshold_bundle, leave)
    _refused(_analyze(medmm, phantom_file, threshold_bundle, tmp_path / "out"), 4, "..")


def test_wrong_hash(medmm: Medmm, tmp_path: Path, threshold_bundle: Path, phantom_file: Path) -> None:
    with (threshold_bundle / "models" / "model.onnx").open("ab") as file:
        file.write(b"\0")
    _refused(_analyze(medmm, phantom_file, threshold_bundle, tmp_path / "out"), 4, "SHA-256")


def test_weights_outside_the_bundle(
    medmm: Medmm, tmp_path: Path, threshold_bundle: Path, phantom_file: Path
) -> None:
    import onnx

    path = threshold_bundle / "models" / "model.onnx"
    model = onnx.load(path)
    for tensor in model.graph.initializer:
        tensor.ClearField("raw_data")
        tensor.data_location = onnx.TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value="../../secret.bin")
    _replace_network(threshold_bundle, model.SerializeToString())
    _refused(_analyze(medmm, phantom_file, threshold_bundle, tmp_path / "out"), 4, "secret.bin")


def test_more_channels_than_labels(
    medmm: Medmm, tmp_path: Path, threshold_bundle: Path, phantom_file: Path, four_channel_network: Path
) -> None:
    _replace_network(threshold_bundle, four_channel_network.read_bytes())
    _refused(_analyze(medmm, phantom_file, threshold_bundle, tmp_path / "out"), 4, "4", "3")


def test_output_folder_that_can_not_be_written(
    medmm: Medmm, threshold_bundle: Path, phantom_file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def forbid(self: Path, *arguments: object, **options: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(self))

    monkeypatch.setattr(Path, "mkdir", forbid)
    outcome = _analyze(medmm, phantom_file, threshold_bundle, tmp_path / "locked")
    _refused(outcome, 2, "locked", "Permission denied")


def test_output_is_a_file(medmm: Medmm, tmp_path: Path, threshold_bundle: Path, phantom_file: Path) -> None:
    (tmp_path / "taken").write_text("mine")
    outcome = medmm("analyze", phantom_file, "--bundle", threshold_bundle, "--out", tmp_path / "taken")
    _refused(outcome, 2, "taken")
    assert (tmp_path / "taken").read_text() == "mine"


def test_full_disk(
    medmm: Medmm, tmp_path: Path, threshold_bundle: Path, phantom_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = Path.write_text

    def full(self: Path, *arguments: Any, **options: Any) -> int:
        if "partial" in str(self):
            raise OSError(errno.ENOSPC, "No space left on device", str(self))
        return original(self, *arguments, **options)

    monkeypatch.setattr(Path, "write_text", full)
    _refused(_analyze(medmm, phantom_file, threshold_bundle, tmp_path / "out"), 5, "disk is full")


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ("{", "not valid JSON"),
        ("[]", "object"),
        ('{"agee": 3}', "agee"),
        ('{"age_years": "old"}', "age_years"),
        ('{"age_years": 999}', "age_years"),
        ('{"sex": "male"}', "sex"),
        ('{"laboratory": [{"name": "crp", "value": "high", "unit": "mg/L"}]}', "laboratory[0]"),
        ('{"laboratory": [{"name": "crp", "value": 3}]}', "unit"),
    ],
)
def test_bad_context(
    content: str, word: str, medmm: Medmm, tmp_path: Path, threshold_bundle: Path, phantom_file: Path
) -> None:
    path = tmp_path / "context.json"
    path.write_text(content)
    _refused(_analyze(medmm, phantom_file, threshold_bundle, tmp_path / "out", "--context", path), 3, word)


@pytest.mark.parametrize("point", ["1,2", "a,b,c", "1;2;3", "nan,1,2"])
def test_bad_point(
    point: str, medmm: Medmm, tmp_path: Path, threshold_bundle: Path, phantom_file: Path
) -> None:
    _refused(_analyze(medmm, phantom_file, threshold_bundle, tmp_path / "out", "--at", point), 2, "--at")


def test_unknown_bundle(medmm: Medmm, tmp_path: Path, phantom_file: Path) -> None:
    _refused(_analyze(medmm, phantom_file, "hippocampus-mrr", tmp_path / "out"), 4, "hippocampus-mr")


def test_unknown_recipe(medmm: Medmm, tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="needs the train extra")
    outcome = medmm("train", "no-such-recipe", "--data", tmp_path, "--out", tmp_path / "out")
    _refused(outcome, 2, "no-such-recipe", "hippocampus-mr")
