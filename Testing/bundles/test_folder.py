"""What lies in a bundle folder is listed, unchanged, of a harmless type, and inside."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from MedMMSlicerLib.bundles import loading
from MedMMSlicerLib.bundles.folder import inside_path
from MedMMSlicerLib.bundles.loading import check_bundle, load_bundle
from MedMMSlicerLib.errors import BundleError

Metadata = dict[str, Any]
BundleMaker = Callable[..., Path]

needs_links = pytest.mark.skipif(sys.platform == "win32", reason="links need administrator rights there")


def the_violation(folder: Path) -> tuple[str, str]:
    (violation,) = check_bundle(folder)
    return violation.where, violation.message


@pytest.mark.parametrize(
    "name",
    [
        "run.py",
        "models/model.pt",
        "models/model.ts",
        "models/model.pth",
        "models/weights.pkl",
        "models/weights.npy",
        "models/weights.safetensors",
        "models/custom_ops.so",
        "models/custom_ops.dll",
        "models/custom_ops.dylib",
        "models/image.onnx.exe",
        "models/IMAGE.PY",
        "models/noextension",
        "LICENSE.py",
        ".hidden",
        "docs/page.html",
        "docs/archive.zip",
    ],
)
def test_other_file_types_are_refused(make_bundle: BundleMaker, name: str) -> None:
    folder = make_bundle(files={name: b"x"})
    assert (name, "Files of this type are refused.") in [(v.where, v.message) for v in check_bundle(folder)]


@pytest.mark.parametrize(
    "name",
    ["docs/figure.png", "docs/license.txt", "configs/inference.json", "configs/logging.conf", "LICENSE.md"],
)
def test_documents_may_lie_there_unlisted(make_bundle: BundleMaker, name: str) -> None:
    folder = make_bundle()
    (folder / name).write_bytes(b"x")
    assert check_bundle(folder) == ()


@pytest.mark.parametrize("name", ["models/other.onnx", "models/other.onnx_data", "models/other.data"])
def test_unlisted_networks_are_refused(make_bundle: BundleMaker, name: str) -> None:
    folder = make_bundle()
    (folder / name).write_bytes(b"x")
    assert the_violation(folder) == (name, "The file is not listed in medmm.files.")


def test_a_listed_network_that_no_graph_uses_is_refused(make_bundle: BundleMaker) -> None:
    folder = make_bundle(files={"models/other.onnx": b"x"})
    assert the_violation(folder) == ("models/other.onnx", "No graph of the manifest uses this network.")


@pytest.mark.parametrize("name", ["docs/README.md", "LICENSE", "models/image.onnx"])
def test_a_changed_file_is_refused(make_bundle: BundleMaker, name: str) -> None:
    folder = make_bundle()
    with (folder / name).open("ab") as stream:
        stream.write(b" ")
    where, message = the_violation(folder)
    assert name in where
    assert "SHA-256" in message


def test_hashes_are_verified_before_the_network_is_read(
    make_bundle: BundleMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_bundle()
    (folder / "models" / "image.onnx").write_bytes(b"\x08")

    def read_onnx(path: Path) -> None:
        raise AssertionError("the network was opened")

    monkeypatch.setattr(loading, "read_onnx", read_onnx)
    with pytest.raises(BundleError, match="SHA-256"):
        load_bundle(folder)


def test_a_missing_file_is_refused(make_bundle: BundleMaker) -> None:
    folder = make_bundle()
    (folder / "models" / "image.onnx").unlink()
    where, message = the_violation(folder)
    assert where == "$.medmm.files['models/image.onnx']"
    assert "does not exist" in message


@pytest.mark.parametrize(
    "name",
    [
        "../outside.txt",
        "/etc/passwd",
        "C:/evil.txt",
        "C:evil.txt",
        "models\\image.onnx",
        "models/../LICENSE",
        "models//image.onnx",
        "./LICENSE",
        "models/image.onnx:stream",
        "LICENSE ",
        "LICENSE.",
        "docs/con.txt",
        "docs/README.md\n",
        "file\x00.txt",
    ],
)
def test_paths_that_leave_the_folder_are_refused(
    make_bundle: BundleMaker, metadata: Metadata, name: str, tmp_path: Path
) -> None:
    (tmp_path / "outside.txt").write_bytes(b"x")
    good = load_bundle(make_bundle(metadata))
    metadata["medmm"]["files"] = {**good.manifest.files, name: "0" * 64}
    violations = check_bundle(make_bundle(metadata, name="bad"))
    assert [violation.where.startswith("$.medmm.files") for violation in violations] == [True]


@pytest.mark.parametrize("name", ["a/b.c", "LICENSE", "models/image.onnx_data", "..a/b", "a..b"])
def test_plain_paths_stay_inside(name: str) -> None:
    assert inside_path(name)


@pytest.mark.parametrize(
    "name", ["", "..", "a/..", "/a", "a/", "a\\b", "a:b", "NUL", "com1.txt", "a*", "a\n"]
)
def test_tricky_paths_do_not(name: str) -> None:
    assert not inside_path(name)


def test_case_tricks_are_refused(make_bundle: BundleMaker, metadata: Metadata) -> None:
    good = load_bundle(make_bundle(metadata))
    digest = good.manifest.files["LICENSE"]
    metadata["medmm"]["files"] = {**good.manifest.files, "License": digest}
    (violation,) = check_bundle(make_bundle(metadata, name="bad"))
    assert violation.where == "$.medmm.files.License"


@pytest.mark.skipif(sys.platform != "linux", reason="needs a file system that tells cases apart")
def test_files_that_differ_by_case_are_refused(make_bundle: BundleMaker) -> None:
    folder = make_bundle(files={"license": b"other"})
    assert "only by its case" in the_violation(folder)[1]


def test_the_manifest_can_not_list_itself(make_bundle: BundleMaker, metadata: Metadata) -> None:
    good = load_bundle(make_bundle(metadata))
    metadata["medmm"]["files"] = {**good.manifest.files, "configs/metadata.json": "0" * 64}
    assert "can not list itself" in the_violation(make_bundle(metadata, name="bad"))[1]


@needs_links
def test_a_link_that_leaves_is_refused_and_not_read(make_bundle: BundleMaker, tmp_path: Path) -> None:
    folder = make_bundle()
    outside = tmp_path / "outside.md"
    outside.write_bytes((folder / "docs" / "README.md").read_bytes())
    (folder / "docs" / "README.md").unlink()
    (folder / "docs" / "README.md").symlink_to(outside)
    violations = [(violation.where, violation.message) for violation in check_bundle(folder)]
    assert ("docs/README.md", "The link leaves the folder.") in violations


@needs_links
def test_a_link_inside_is_followed(make_bundle: BundleMaker) -> None:
    folder = make_bundle()
    (folder / "LICENSE").rename(folder / "LICENSE.txt")
    (folder / "LICENSE").symlink_to("LICENSE.txt")
    assert check_bundle(folder) == ()


@needs_links
@pytest.mark.parametrize("target", ["/", "..", "docs"])
def test_links_to_folders_are_refused(make_bundle: BundleMaker, target: str) -> None:
    folder = make_bundle()
    (folder / "linked").symlink_to(target)
    assert the_violation(folder)[0] == "linked"


@needs_links
def test_broken_and_circular_links_are_refused(make_bundle: BundleMaker) -> None:
    folder = make_bundle()
    (folder / "a.md").symlink_to("absent.md")
    (folder / "b.md").symlink_to("b.md")
    assert [violation.where for violation in check_bundle(folder)] == ["a.md", "b.md"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_named_pipe_does_not_block(make_bundle: BundleMaker) -> None:
    folder = make_bundle()
    (folder / "LICENSE").unlink()
    os.mkfifo(folder / "LICENSE")
    assert ("LICENSE", "This is not a regular file.") in [(v.where, v.message) for v in check_bundle(folder)]


def test_a_folder_of_countless_files_is_refused(make_bundle: BundleMaker) -> None:
    folder = make_bundle()
    for index in range(1001):
        (folder / "docs" / f"{index}.txt").touch()
    assert "more than 1000 files" in the_violation(folder)[1]


def test_a_folder_of_countless_folders_is_refused(make_bundle: BundleMaker) -> None:
    folder = make_bundle()
    for index in range(1001):
        (folder / "docs" / str(index)).mkdir()
    assert "more than 1000 folders" in the_violation(folder)[1]
