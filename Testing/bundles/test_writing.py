"""A bundle is written completely and checked, or not at all."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnx
import pytest
from MedMMSlicerLib.bundles import writing
from MedMMSlicerLib.bundles.loading import check_bundle, load_bundle
from MedMMSlicerLib.bundles.writing import write_bundle
from MedMMSlicerLib.errors import BundleError, DiskFullError, OutputError

Metadata = dict[str, Any]
NetworkBuilder = Callable[..., onnx.ModelProto]


@pytest.fixture
def files(tmp_path: Path, build_network: NetworkBuilder) -> dict[str, bytes | Path]:
    source = tmp_path / "source.onnx"
    source.write_bytes(build_network().SerializeToString())
    return {"models/image.onnx": source, "docs/README.md": "# Größe\n".encode(), "LICENSE": b"Free.\n"}


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_what_was_written_is_what_is_loaded(
    tmp_path: Path, metadata: Metadata, files: dict[str, bytes | Path]
) -> None:
    del metadata["medmm"]["files"]
    folder = tmp_path / "deep" / "down" / "tiny-mr"
    bundle = write_bundle(folder, metadata, files)
    assert bundle == load_bundle(folder)
    assert check_bundle(folder) == ()
    assert names(folder) == {*files, "configs/metadata.json"}
    assert bundle.manifest.files["LICENSE"] == hashlib.sha256(b"Free.\n").hexdigest()
    assert set(bundle.manifest.files) == set(files)
    assert bundle.card() == "# Größe\n"
    assert [path.name for path in folder.parent.iterdir()] == ["tiny-mr"]
    assert "files" not in metadata["medmm"]


def test_writing_twice_gives_the_same_bundle(
    tmp_path: Path, metadata: Metadata, files: dict[str, bytes | Path]
) -> None:
    first = write_bundle(tmp_path / "a", metadata, files)
    second = write_bundle(tmp_path / "b", metadata, dict(reversed(files.items())))
    assert first.sha256 == second.sha256


def test_a_bundle_is_replaced_as_a_whole(
    tmp_path: Path, metadata: Metadata, files: dict[str, bytes | Path]
) -> None:
    folder = tmp_path / "bundle"
    write_bundle(folder, metadata, {**files, "docs/old.md": b"old"})
    metadata["version"] = "2.0.0"
    assert write_bundle(folder, metadata, files).manifest.version == "2.0.0"
    assert "docs/old.md" not in names(folder)


def test_a_bad_bundle_leaves_everything_as_it_was(
    tmp_path: Path, metadata: Metadata, files: dict[str, bytes | Path]
) -> None:
    folder = tmp_path / "out" / "bundle"
    before = write_bundle(folder, metadata, files)
    metadata["medmm"]["preprocess"]["spacing_mm"] = [0, 1, 1]
    with pytest.raises(BundleError, match=r"was not written\. \$\.medmm\.preprocess\.spacing_mm\[0\]"):
        write_bundle(folder, metadata, files)
    assert load_bundle(folder) == before
    assert [path.name for path in folder.parent.iterdir()] == ["bundle"]


@pytest.mark.parametrize("name", ["../evil.txt", "/evil.txt", "a\\b.txt", "configs/metadata.json", ""])
def test_no_file_outside_is_written(
    tmp_path: Path, metadata: Metadata, files: dict[str, bytes | Path], name: str
) -> None:
    with pytest.raises(BundleError, match="can not hold a file"):
        write_bundle(tmp_path / "out" / "bundle", metadata, {**files, name: b"x"})
    assert not (tmp_path / "out").exists()


def test_a_folder_with_other_things_is_left_alone(
    tmp_path: Path, metadata: Metadata, files: dict[str, bytes | Path]
) -> None:
    folder = tmp_path / "thesis"
    folder.mkdir()
    (folder / "thesis.tex").write_bytes(b"years of work")
    with pytest.raises(OutputError, match="not empty and no bundle"):
        write_bundle(folder, metadata, files)
    assert names(folder) == {"thesis.tex"}


def test_an_empty_folder_is_filled(
    tmp_path: Path, metadata: Metadata, files: dict[str, bytes | Path]
) -> None:
    (tmp_path / "bundle").mkdir()
    assert write_bundle(tmp_path / "bundle", metadata, files).manifest.id == "tiny-mr"


@pytest.mark.parametrize("value", [float("nan"), {1, 2}, "\ud800"], ids=["nan", "set", "surrogate"])
def test_what_json_can_not_hold_is_refused(
    tmp_path: Path, metadata: Metadata, files: dict[str, bytes | Path], value: object
) -> None:
    metadata["authors"] = value
    with pytest.raises(BundleError, match="can not be written as JSON"):
        write_bundle(tmp_path / "out" / "bundle", metadata, files)
    assert list((tmp_path / "out").iterdir()) == []


def test_the_medmm_key_is_needed(tmp_path: Path, files: dict[str, bytes | Path]) -> None:
    with pytest.raises(BundleError, match="'medmm' is missing"):
        write_bundle(tmp_path / "bundle", {"version": "1"}, files)


def test_a_full_disk_and_a_missing_source_leave_nothing(
    tmp_path: Path, metadata: Metadata, files: dict[str, bytes | Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(OutputError, match="could not be written"):
        write_bundle(tmp_path / "out" / "bundle", metadata, {**files, "docs/x.md": tmp_path / "absent"})

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writing.shutil, "copyfile", full)
    with pytest.raises(DiskFullError, match="disk is full"):
        write_bundle(tmp_path / "out" / "bundle", metadata, files)
    assert list((tmp_path / "out").iterdir()) == []


def test_the_old_bundle_comes_back_when_the_last_step_fails(
    tmp_path: Path, metadata: Metadata, files: dict[str, bytes | Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "out" / "bundle"
    before = write_bundle(folder, metadata, files)
    rename = Path.rename
    calls = []

    def fail_second(self: Path, target: Path) -> Path:
        calls.append(self)
        if len(calls) == 2:
            raise PermissionError(13, "Permission denied")
        return rename(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", fail_second)
        with pytest.raises(OutputError, match="Permission denied"):
            write_bundle(folder, metadata, files)
    assert load_bundle(folder) == before
    assert [path.name for path in folder.parent.iterdir()] == ["bundle"]


def test_the_written_manifest_is_readable_text(
    tmp_path: Path, metadata: Metadata, files: dict[str, bytes | Path]
) -> None:
    bundle = write_bundle(tmp_path / "bundle", metadata, files)
    text = (bundle.path / "configs" / "metadata.json").read_text(encoding="utf-8")
    assert '"zh-CN": "小"' in text
    assert json.loads(text) == bundle.metadata
    shutil.rmtree(bundle.path)
