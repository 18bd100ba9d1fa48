"""``python -m MedMMSlicerLib.installation``: what administrators and scripts use."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest
from MedMMSlicerLib.inference.devices import Requirement
from MedMMSlicerLib.installation import InstallationPlan, __main__, plan_installation

from .conftest import NO_GPU, FakePip, make_wheel

ABSENT = Requirement("alpha", ">=1", "it is not installed")


@pytest.fixture
def a_needy_machine(a_fake_pip: FakePip, monkeypatch: pytest.MonkeyPatch) -> FakePip:
    place = a_fake_pip.place
    place.need("alpha>=1")
    place.have("onnxruntime", "1.20")

    def plan(device: str, wheels: Path | None) -> InstallationPlan:
        return plan_installation(place.requirements, place.environment, NO_GPU, device, wheels)

    monkeypatch.setattr(__main__, "plan_installation", plan)
    return a_fake_pip


def test_it_runs_as_a_program_without_a_warning() -> None:
    command = [sys.executable, "-W", "error", "-m", "MedMMSlicerLib.installation", "missing"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_missing_lists_and_says_so_by_its_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(__main__, "missing_packages", lambda: (ABSENT,))
    assert __main__.main(["missing"]) == 7
    assert capsys.readouterr().out == "alpha>=1: it is not installed\n"


def test_install_shows_the_plan_and_asks(
    a_needy_machine: FakePip, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    assert __main__.main(["install"]) == 130
    captured = capsys.readouterr()
    assert "Install alpha>=1: it is not installed." in captured.out
    assert "refused; nothing was changed" in captured.err
    assert a_needy_machine.calls == []


def test_install_tells_what_failed(a_needy_machine: FakePip, capsys: pytest.CaptureFixture[str]) -> None:
    a_needy_machine.behave({"code": 1, "lines": ["ERROR: [Errno 28] No space left on device"]})
    assert __main__.main(["install", "--yes", "--device", "cpu"]) == 7
    assert "The disk is full" in capsys.readouterr().err


def test_a_folder_of_wheels_is_listed_and_used(
    a_needy_machine: FakePip, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_wheel(tmp_path / "wheels", "alpha", "1.2")
    assert __main__.main(["install", "--yes", "--wheels", str(tmp_path / "wheels")]) == 7
    assert "SHA256SUMS can not be read" in capsys.readouterr().err
    assert __main__.main(["list-wheels", str(tmp_path / "wheels")]) == 0
    assert capsys.readouterr().out.endswith("SHA256SUMS: 1 wheels\n")
    a_needy_machine.behave({"lines": ["Processing alpha"], "code": 1})
    assert __main__.main(["install", "--yes", "--wheels", str(tmp_path / "wheels")]) == 7
    assert "Checking the downloaded packages: alpha-1.2-py3-none-any.whl" in capsys.readouterr().out
    assert __main__.main(["list-wheels", str(tmp_path)]) == 7
