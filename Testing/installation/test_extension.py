"""The description for the Extensions Index, the tests that Slicer runs, and what the doctor advises."""

from __future__ import annotations

import json
import re
import sys
import types
import unittest
from pathlib import Path

import pytest
from MedMMSlicerLib.inference import doctor
from MedMMSlicerLib.inference.devices import Requirement

# The keys of the schema's version 1.0.1 that must be there; the others have defaults that suit.
INDEX_KEYS = {"$schema", "category", "scm_url"}


def test_the_description_is_what_the_extensions_index_asks_for(repository: Path) -> None:
    (path,) = (repository / "Resources" / "ExtensionsIndex").glob("*.json")
    data = path.read_bytes()
    assert b"\r" not in data and data.endswith(b"}\n")
    entry = json.loads(data)
    assert set(entry) == INDEX_KEYS
    assert re.fullmatch(
        r"https://raw\.githubusercontent\.com/Slicer/Slicer/main/Schemas/"
        r"slicer-extension-catalog-entry-schema-v\d+\.\d+\.\d+\.json#",
        entry["$schema"],
    )
    cmake = (repository / "CMakeLists.txt").read_text()
    assert f"project({path.stem})" in cmake
    assert f'set(EXTENSION_HOMEPAGE "{entry["scm_url"]}")' in cmake
    assert re.fullmatch(r"https://github\.com/[\w-]+/Slicer\w+", entry["scm_url"])
    module = (repository / "MedMMSlicer" / "MedMMSlicer.py").read_text()
    assert f'"{entry["category"]}"' in module
    assert (repository / "LICENSE").is_file()


def test_slicer_runs_every_test_script(repository: Path) -> None:
    cmake = (repository / "Testing" / "CMakeLists.txt").read_text()
    scripts = set(re.findall(r"slicer_add_python_unittest\(SCRIPT (\w+\.py)\)", cmake))
    assert scripts == {path.name for path in (repository / "Testing").glob("*InSlicer.py")} != set()
    assert "add_subdirectory(Testing)" in (repository / "CMakeLists.txt").read_text()


def test_the_tests_for_slicer_pass_in_something_like_slicer(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "bin" / ("PythonSlicer.exe" if sys.platform == "win32" else "PythonSlicer")
    program.parent.mkdir()
    program.touch()
    application = types.SimpleNamespace(slicerHome=str(tmp_path), testingEnabled=lambda: True)
    monkeypatch.setitem(sys.modules, "slicer", types.SimpleNamespace(app=application))  # type: ignore[arg-type]
    monkeypatch.setattr(sys, "executable", "")
    monkeypatch.syspath_prepend(str(repository / "Testing"))
    suite = unittest.defaultTestLoader.loadTestsFromName("InstallationInSlicer")
    result = unittest.TestResult()
    suite.run(result)
    assert result.testsRun == 4
    assert result.wasSuccessful(), (result.failures, result.errors)
    sys.modules.pop("InstallationInSlicer")


def test_the_doctor_finds_the_packages() -> None:
    check = doctor.check_packages()
    assert (check.name, check.status, check.remedy) == ("packages", "ok", "")


def test_the_doctor_says_what_is_missing_and_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    missing = (Requirement("scipy", ">=1.12", "it is not installed"), Requirement("onnxruntime", "", "none"))
    monkeypatch.setattr("MedMMSlicerLib.installation.missing_packages", lambda: missing)
    check = doctor.check_packages()
    assert check.status == "problem" and check.text == "scipy>=1.12: it is not installed"
    assert check.remedy == f"{sys.executable} -m MedMMSlicerLib.installation install"


def test_the_doctor_never_advises_a_second_qt_or_mrml_inside_slicer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/opt/Slicer/bin/PythonSlicer")
    monkeypatch.setattr(doctor, "_version", lambda distribution: "")
    monkeypatch.delitem(sys.modules, "slicer", raising=False)
    for check in (doctor.check_slicer(), doctor.check_qt()):
        assert check.status == "ok" and "pip install" not in check.remedy
    missing = (Requirement("scipy", ">=1.12", "it is not installed"),)
    monkeypatch.setattr("MedMMSlicerLib.installation.missing_packages", lambda: missing)
    assert doctor.check_packages().remedy.startswith("Press Install in the MedMM panel, or run: ")
