"""The list of SHA-256 of a folder of wheels."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from MedMMSlicerLib.errors import InstallationError
from MedMMSlicerLib.installation.wheel_folder import check_wheels, read_wheel_list, write_wheel_list

from .conftest import make_wheel


@pytest.fixture
def a_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "wheels"
    make_wheel(folder, "alpha", "1")
    make_wheel(folder, "beta", "2")
    write_wheel_list(folder)
    return folder


def test_a_list_is_what_sha256sum_writes_and_checks(a_folder: Path) -> None:
    assert set(read_wheel_list(a_folder)) == {"alpha-1-py3-none-any.whl", "beta-2-py3-none-any.whl"}
    assert set(check_wheels(a_folder)) == {"alpha-1-py3-none-any.whl", "beta-2-py3-none-any.whl"}
    if sys.platform == "linux":
        command = ["sha256sum", "--check", "--strict", "SHA256SUMS"]
        subprocess.run(command, cwd=a_folder, check=True, capture_output=True)


def test_other_programs_write_it_with_stars_and_capitals(a_folder: Path) -> None:
    path = a_folder / "SHA256SUMS"
    lines = [f"{line[:64].upper()} *{line[66:]}\r\n" for line in path.read_text().splitlines()]
    path.write_bytes("".join(lines).encode())
    assert len(list(check_wheels(a_folder))) == 2


def test_an_exchanged_wheel_is_refused(a_folder: Path) -> None:
    make_wheel(a_folder, "beta", "2", {"beta/__init__.py": "import os\n"})
    with pytest.raises(
        InstallationError, match=r"beta-2-py3-none-any\.whl is not the file .*SHA-256 differs"
    ):
        list(check_wheels(a_folder))


def test_a_big_wheel_is_checked_in_pieces(a_folder: Path) -> None:
    (a_folder / "big-1-py3-none-any.whl").write_bytes(bytes(9 << 20))
    write_wheel_list(a_folder)
    assert list(check_wheels(a_folder)).count("big-1-py3-none-any.whl") == 3


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda folder: make_wheel(folder, "gamma", "1"), "gamma-1-py3-none-any.whl is not in the list"),
        (lambda folder: (folder / "alpha-1-py3-none-any.whl").unlink(), "in the list but not in the folder"),
        (lambda folder: (folder / "SHA256SUMS").write_text("nonsense\n"), "line 1 is no entry"),
        (lambda folder: (folder / "SHA256SUMS").write_text("0" * 64 + "  ../a.whl\n"), "line 1 is no entry"),
        (lambda folder: (folder / "SHA256SUMS").write_text("\n"), "lists no wheel"),
        (lambda folder: (folder / "SHA256SUMS").write_bytes(b"\xff"), "can not be read"),
        (lambda folder: (folder / "SHA256SUMS").unlink(), "can not be read"),
    ],
)
def test_a_list_that_does_not_fit_is_refused(a_folder: Path, change: object, words: str) -> None:
    change(a_folder)  # type: ignore[operator]
    with pytest.raises(InstallationError, match=words):
        read_wheel_list(a_folder)


def test_only_wheels_are_listed(tmp_path: Path) -> None:
    with pytest.raises(InstallationError, match="holds no wheel"):
        write_wheel_list(tmp_path)
    make_wheel(tmp_path, "alpha", "1")
    (tmp_path / "beta-1.tar.gz").touch()
    with pytest.raises(InstallationError, match=r"beta-1\.tar\.gz is source code"):
        write_wheel_list(tmp_path)
    assert not (tmp_path / "SHA256SUMS").exists()
