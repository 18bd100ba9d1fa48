"""``slicer.app``: the QApplication with what Slicer's own application class adds."""

from __future__ import annotations

import platform
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QApplication

from MedMMSlicerHost.pythonqt.calls import StaticSlot
from MedMMSlicerHost.slicer_environment.absent import StrictObject, not_in_host
from MedMMSlicerHost.slicer_environment.signals import HostSignal, SignalOwner

if TYPE_CHECKING:
    from MedMMSlicerHost.slicer_environment.environment import Environment

__all__ = ["SlicerApplication", "slicer_application"]

APPLICATION_VERSION = "5.13.0-2026-01-01"
REVISION = "31053"
"""The Slicer that the slicer-core wheel was built from."""

_HOST_SIGNALS = {
    "startupCompleted()": "startupCompleted",
    "mrmlSceneChanged(vtkMRMLScene*)": "mrmlSceneChanged",
    "pauseRenderCountChanged(int)": "pauseRenderCountChanged",
}
_STRICT_METHODS = (
    "activeModalWidget",
    "activeWindow",
    "allWidgets",
    "clipboard",
    "focusWidget",
    "font",
    "installTranslator",
    "keyboardModifiers",
    "overrideCursor",
    "palette",
    "removeTranslator",
    "restoreOverrideCursor",
    "setFont",
    "setOverrideCursor",
    "setPalette",
    "style",
    "topLevelWidgets",
    "widgetAt",
)
_environments: list[Environment] = []


class CommandOptions(StrictObject):
    """The part of qSlicerCommandOptions that scripts ask for."""

    shown_name = "slicer.app.commandOptions()"
    assignable = frozenset({"runPythonAndExit"})

    def __init__(self) -> None:
        self.runPythonAndExit = False

    @property
    def noMainWindow(self) -> bool:
        import slicer

        return slicer.util.mainWindow() is None

    @property
    def testingEnabled(self) -> bool:
        return _environment().testing

    @property
    def isTestingEnabled(self) -> bool:
        return _environment().testing


def _environment() -> Environment:
    return _environments[-1]


def _value(name: str) -> property:
    """A read-only property that the environment answers, as Slicer's Qt properties do."""
    return property(lambda self: _environment().values[name])


class SlicerApplication(SignalOwner, QApplication):
    """QApplication and what panels read of qSlicerApplication.

    The Qt properties of Slicer's application are values here too; what is not implemented raises.
    """

    applicationName = _value("applicationName")
    applicationVersion = _value("applicationVersion")
    majorVersion = _value("majorVersion")
    minorVersion = _value("minorVersion")
    revision = _value("revision")
    repositoryRevision = _value("revision")
    mainApplicationName = _value("applicationName")
    slicerHome = _value("slicerHome")
    slicerDefaultHome = _value("slicerHome")
    temporaryPath = _value("temporaryPath")
    defaultScenePath = _value("temporaryPath")
    os = _value("os")
    arch = _value("arch")
    platform = _value("platform")
    isInstalled = _value("isInstalled")
    documentationBaseUrl = _value("documentationBaseUrl")

    @property
    def startupCompleted(self) -> HostSignal:
        """A signal of Slicer's application."""
        return _environment().signals["startupCompleted"]

    @property
    def mrmlSceneChanged(self) -> HostSignal:
        """A signal of Slicer's application."""
        return _environment().signals["mrmlSceneChanged"]

    @property
    def pauseRenderCountChanged(self) -> HostSignal:
        """A signal of Slicer's application."""
        return _environment().signals["pauseRenderCountChanged"]

    def _signal(self, signature: str) -> Any:
        if signature in _HOST_SIGNALS:
            return _environment().signals[_HOST_SIGNALS[signature]]
        signal = getattr(self, signature.split("(", 1)[0], None)
        return signal if hasattr(signal, "connect") else None

    # PySide6 looks these two names up in the class itself before any mix-in.
    connect = SignalOwner.connect
    disconnect = SignalOwner.disconnect

    def testingEnabled(self) -> bool:
        """Whether Slicer runs with ``--testing``: then messages are logged and not shown."""
        return _environment().testing

    def commandOptions(self) -> CommandOptions:
        """Return the options that the application was started with."""
        return _environment().command_options

    def layoutManager(self) -> Any:
        """Return what the reader supplied, or None as in a Slicer without main window."""
        return _environment().layout_manager

    def moduleManager(self) -> Any:
        """Return the object that knows the modules."""
        return _environment().module_manager

    def coreIOManager(self) -> Any:
        """Return the object that reads and writes files."""
        return _environment().io_manager

    def ioManager(self) -> Any:
        """Return the object that reads and writes files."""
        return _environment().io_manager

    def mrmlScene(self) -> Any:
        """Return the scene."""
        return _environment().application.scene

    def applicationLogic(self) -> Any:
        """Return vtkSlicerApplicationLogic."""
        return _environment().application.logic

    def userSettings(self) -> Any:
        """Return the user's settings."""
        import qt

        return qt.QSettings()

    def settings(self) -> Any:
        """Return the user's settings."""
        return self.userSettings()

    def revisionUserSettings(self) -> Any:
        """Return the user's settings of this version."""
        import qt

        return qt.QSettings(f"{qt.QSettings().fileName()}-{REVISION}.ini", qt.QSettings.IniFormat)

    def translate(self, context: str, text: str, disambiguation: str | None = None) -> str:
        """Return a text in the application's language: the catalog's answer, then Qt's."""
        catalog = _environment().language_catalog
        found = catalog(context, text) if catalog is not None else None
        return found if found else QCoreApplication.translate(context, text, disambiguation)

    def pauseRender(self) -> int:
        """Ask the views to wait; returns how many times that was asked."""
        return _environment().change_pause_count(1)

    def resumeRender(self) -> int:
        """Take one `pauseRender` back."""
        return _environment().change_pause_count(-1)

    def pythonConsole(self) -> None:
        """There is no console."""

    def restart(self) -> None:
        """Slicer would start anew."""
        not_in_host("slicer.app.restart()")

    def moduleDocumentationUrl(self, name: str) -> str:
        """Return where a module is documented."""
        return f"{_environment().values['documentationBaseUrl']}/user_guide/modules/{name.lower()}.html"


def _make_strict() -> None:
    """Let what panels ask the application answer like every other call into Qt: tuples, strict classes."""
    for name in _STRICT_METHODS:
        setattr(SlicerApplication, name, StaticSlot(getattr(QApplication, name), SlicerApplication, name))


def application_values(temporary_path: str) -> dict[str, Any]:
    """Return the values of the application's properties, as a real Slicer 5.13 names them."""
    system = {"Windows": "win", "Darwin": "macosx"}.get(platform.system(), "linux")
    machine = "amd64" if platform.machine() in {"x86_64", "AMD64"} else platform.machine()
    return {
        "applicationName": "Slicer",
        "applicationVersion": APPLICATION_VERSION,
        "majorVersion": 5,
        "minorVersion": 13,
        "revision": REVISION,
        "slicerHome": _slicer_home(Path(temporary_path)),
        "temporaryPath": temporary_path,
        "os": system,
        "arch": machine,
        "platform": f"{system}-{machine}",
        "isInstalled": True,
        "documentationBaseUrl": "https://slicer.readthedocs.io/en/latest",
    }


def _slicer_home(folder: Path) -> str:
    """Make a folder laid out as Slicer's: ``bin/PythonSlicer`` is this process's Python."""
    home = folder / "slicer-home"
    (home / "bin").mkdir(parents=True, exist_ok=True)
    launcher = home / "bin" / "PythonSlicer"
    launcher.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', encoding="utf-8")
    launcher.chmod(0o755)
    return str(home)


def slicer_application(environment: Environment) -> Any:
    """Return the QApplication as ``slicer.app``: the one that exists, or a new one."""
    _environments.append(environment)
    _make_strict()
    existing = QApplication.instance()
    if existing is None:
        return SlicerApplication(["Slicer"])
    if not isinstance(existing, QApplication):
        not_in_host("A panel in an application without widgets (QCoreApplication)")
    if not isinstance(existing, SlicerApplication):
        # It is the same C++ object either way; only the Python side learns Slicer's methods.
        existing.__class__ = SlicerApplication
    return existing
