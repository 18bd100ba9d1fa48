"""The whole reader as a person uses it: real window, real panel, real worker; no screen."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from .hands import Hands, settle

COMPLAINTS = ("Traceback", "ERR|", "WARN|", "Error calling Python override")
TESTING = Path(__file__).resolve().parent.parent


def load_file(name: str, path: Path) -> Any:
    """Import a module of another folder of tests by its path."""
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Qt, slicer-core and the completed slicer module of this process."""
    for package in ("slicer", "PySide6"):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"needs {package} (the host extra)")
    from MedMMSlicerHost import slicer_environment
    from MedMMSlicerHost.application import HostApplication

    return slicer_environment.install(HostApplication.instance(), tmp_path_factory.mktemp("settings"))


@pytest.fixture
def complaints(capfd: pytest.CaptureFixture[str]) -> Iterator[list[str]]:
    """The test fails if a slot, an override, an observer or VTK complained on standard error.

    A test that makes VTK complain adds a part of that line to the list.
    """
    expected: list[str] = []
    yield expected
    lines = capfd.readouterr().err.splitlines()
    found = [line for line in lines if not any(part in line for part in expected)]
    assert not any(word in line for line in found for word in COMPLAINTS), "\n".join(found)


MakeReader = Callable[..., Hands]


@pytest.fixture
def make_reader(
    environment: Any, complaints: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[MakeReader]:
    """A function that opens a reader on the (invisible) screen and gives hands on it."""
    import qt
    from MedMMSlicerHost.reader import build_reader
    from MedMMSlicerHost.reader.host import DesktopHost
    from MedMMSlicerLib.widgets import translation

    monkeypatch.setattr(sys, "excepthook", sys.__excepthook__)
    monkeypatch.setattr(DesktopHost, "ask_unsaved", lambda _self: "discard")
    settings = qt.QSettings(str(tmp_path / "reader.ini"), qt.QSettings.IniFormat)
    made: list[Any] = []

    def make(catalog: Any = None) -> Hands:
        reader = build_reader((), settings, None, catalog)
        made.append(reader)
        reader.widget.show()
        reader.widget.activateWindow()
        settle()
        return Hands(reader)

    environment.application.clear()
    yield make
    for reader in made:
        reader.close()
    settle()
    environment.application.clear()
    translation.set_language("en")


@pytest.fixture(scope="session")
def study_cases(environment: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Images, output of AI, report texts and truth of a small reader study."""
    from .study_world import write_cases

    folder = tmp_path_factory.mktemp("team")
    write_cases(folder)
    return folder


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, Any]:
    """What the dialogs answer; keys of this machine lie in the test's folder."""
    from MedMMSlicerHost.reader.host import DesktopHost

    answers: dict[str, Any] = {"files": (), "save": "", "text": None}
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setattr(DesktopHost, "choose_files", lambda *_arguments: answers["files"])
    monkeypatch.setattr(DesktopHost, "ask_save", lambda *_arguments: answers["save"])
    monkeypatch.setattr(DesktopHost, "ask_text", lambda *_arguments: answers["text"])
    return answers


@pytest.fixture
def study_world(
    study_cases: Path, said: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Any:
    """A study team, whose clock is everybody's."""
    from .study_world import StudyWorld

    made = StudyWorld(tmp_path, study_cases)
    monkeypatch.setattr("MedMMSlicerLib.study.desk.SystemClock", lambda: made.clock)
    return made
