"""The completed ``slicer`` module, on one host application."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="session")
def settings_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where QSettings are kept while the tests run."""
    return tmp_path_factory.mktemp("settings")


@pytest.fixture(scope="session")
def session_environment(settings_folder: Path) -> Any:
    """The environment of this process."""
    for package in ("slicer", "PySide6"):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"needs {package} (the host extra)")
    from MedMMSlicerHost import slicer_environment
    from MedMMSlicerHost.application import HostApplication

    return slicer_environment.install(HostApplication.instance(), settings_folder)


@pytest.fixture
def environment(session_environment: Any, settings_folder: Path) -> Iterator[Any]:
    """The environment as it was installed, with an empty scene; what a test sets on it is taken back."""
    from MedMMSlicerHost import slicer_environment

    slicer_environment.install(session_environment.application, settings_folder)
    session_environment.application.clear()
    yield session_environment
    session_environment.testing = False
    session_environment.layout_manager = None
    session_environment.language_catalog = None
    session_environment.installer = None
    session_environment.application.clear()


@pytest.fixture
def scene(environment: Any) -> Any:
    """The empty scene of the host."""
    return environment.application.scene


@pytest.fixture
def no_complaints(capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    """Fails the test if a slot, an observer or VTK complained on standard error."""
    yield
    complaints = capfd.readouterr().err
    assert "Traceback" not in complaints and "ERR|" not in complaints, complaints


MODULE_FILE = """
import qt, slicer
from slicer.ScriptedLoadableModule import *
from slicer.i18n import tr as _

events = []

class Small(ScriptedLoadableModule):
    def __init__(self, parent):
        ScriptedLoadableModule.__init__(self, parent)
        self.parent.title = _("Small")
        self.parent.categories = ["Tests"]
        self.parent.helpText = "help"

class SmallWidget(ScriptedLoadableModuleWidget):
    def setup(self):
        ScriptedLoadableModuleWidget.setup(self)
        self.button = qt.QPushButton("VERSION")
        self.layout.addWidget(self.button)
    def enter(self):
        events.append("enter")
    def exit(self):
        events.append("exit")
    def cleanup(self):
        events.append("cleanup")

class SmallLogic(ScriptedLoadableModuleLogic):
    pass

class SmallTest(ScriptedLoadableModuleTest):
    def runTest(self):
        self.assertIs(slicer.mrmlScene.GetNodeByID("x"), None)
        events.append("tested")
"""


@pytest.fixture
def module_file(tmp_path: Path) -> Path:
    """A small scripted module on disk."""
    path = tmp_path / "Small.py"
    path.write_text(MODULE_FILE, encoding="utf-8")
    return path


@pytest.fixture
def small(environment: Any, module_file: Path) -> Iterator[tuple[Any, Any]]:
    """The small module, loaded: the module object and its panel."""
    from MedMMSlicerHost import slicer_environment

    yield slicer_environment.load_module(module_file)
    if environment.module_manager.module("Small") is not None:
        slicer_environment.unload_module("Small")
