"""Completes the ``slicer`` module, and what the reader and the tests may set afterwards."""

from __future__ import annotations

import logging
import sys
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from MedMMSlicerLib.errors import UsageError

from MedMMSlicerHost.slicer_environment import messages
from MedMMSlicerHost.slicer_environment.modules import (
    CoreModule,
    ModuleManager,
    ModuleNamespace,
    ModuleSelector,
)
from MedMMSlicerHost.slicer_environment.signals import HostSignal

__all__ = ["Environment", "current", "install"]

_installed: list[Environment] = []

_SUBMODULES = {
    "i18n": "translation",
    "packaging": "packages",
    "ScriptedLoadableModule": "scripted_module",
    "parameterNodeWrapper": "parameter_node",
}


class Environment:
    """What is behind the ``slicer`` module of this process.

    Attributes
    ----------
    application : HostApplication
    app : QApplication
        ``slicer.app``.
    testing : bool
        Whether ``slicer.app.testingEnabled()`` says so.
    layout_manager : object or None
        What ``slicer.app.layoutManager()`` returns; the reader sets it.
    language_catalog : callable or None
        Called with context and text, returns the translation or None.
    installer : callable or None
        Called with a list of requirements by ``slicer.packaging.pip_install``; without one it refuses.
    """

    def __init__(self, application: Any) -> None:
        self.application = application
        self.app: Any = None
        self.testing = False
        self.layout_manager: Any = None
        self.language_catalog: Callable[[str, str], str | None] | None = None
        self.installer: Callable[[list[str]], None] | None = None
        self.values: dict[str, Any] = {}
        self.signals = {
            name: HostSignal() for name in ("startupCompleted", "mrmlSceneChanged", "pauseRenderCountChanged")
        }
        self.modules = ModuleNamespace()
        self.module_manager = ModuleManager(self.modules)
        self.module_selector = ModuleSelector(self.module_manager)
        self.command_options: Any = None
        self.io_manager: Any = None
        self._pause_count = 0

    def complete_startup(self) -> None:
        """Emit ``startupCompleted()``; modules register their samples then."""
        self.signals["startupCompleted"].emit()

    def change_pause_count(self, step: int) -> int:
        """Count `pauseRender` and `resumeRender`, never below none."""
        self._pause_count = max(0, self._pause_count + step)
        self.signals["pauseRenderCountChanged"].emit(self._pause_count)
        return self._pause_count

    def set_main_window(self, window: Any) -> None:
        """Give a window the name under which ``slicer.util.mainWindow()`` finds it."""
        window.setObjectName("qSlicerMainWindow")

    def add_module(self, module: Any) -> None:
        """Make a module object with a `name` known, also as ``slicer.modules.<lower-case name>``."""
        self.module_manager.add(module)

    @contextmanager
    def recording_messages(self, answer: bool = True) -> Iterator[list[messages.ShownMessage]]:
        """Collect what ``slicer.util`` would show in a box, and answer every question alike.

        Parameters
        ----------
        answer : bool
            True presses OK, Yes or Retry; False the other button.

        Yields
        ------
        list of ShownMessage
            Grows while the block runs.
        """
        with messages.recording(answer) as shown:
            yield shown


def current() -> Environment:
    """Return the environment of this process.

    Raises
    ------
    UsageError
        If there is none yet.
    """
    if not _installed:
        raise UsageError("slicer_environment.install() was not called in this process.")
    return _installed[0]


def install(application: Any, settings_folder: Any = None) -> Environment:
    """Complete the ``slicer`` module once; later calls return the same environment."""
    _prepare_settings(settings_folder)
    if _installed:
        if _installed[0].application is not application:
            raise UsageError("slicer_environment.install() was called with another application before.")
        return _installed[0]
    from MedMMSlicerHost import pythonqt

    environment = Environment(application)
    pythonqt.install()
    _make_application(environment)
    _installed.append(environment)
    _complete_slicer(environment)
    return environment


def _prepare_settings(folder: Any) -> None:
    from PySide6.QtCore import QCoreApplication, QSettings

    QCoreApplication.setOrganizationName("MedMM")
    QCoreApplication.setApplicationName("MedMM reader")
    QSettings.setDefaultFormat(QSettings.Format.IniFormat)
    if folder is not None:
        QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(Path(folder)))


def _make_application(environment: Environment) -> None:
    from MedMMSlicerHost.slicer_environment import qt_application

    environment.values = qt_application.application_values(environment.application.logic.GetTemporaryPath())
    environment.app = qt_application.slicer_application(environment)
    environment.command_options = qt_application.CommandOptions()


def _complete_slicer(environment: Environment) -> None:
    import slicer

    from MedMMSlicerHost.slicer_environment import io_manager, sample_data

    slicer.app = environment.app
    slicer.mrmlScene = environment.application.scene
    slicer.modules = environment.modules
    slicer.selfTests = {}
    slicer.__getattr__ = _absent_attribute
    environment.io_manager = io_manager.IoManager(environment.application)
    messages.hook(slicer.util)
    slicer.util.loadUI = _load_ui
    for name, source in _SUBMODULES.items():
        _add_submodule(slicer, name, source)
    sys.modules["SampleData"] = sample_data
    for name in environment.application.module_names():
        environment.add_module(CoreModule(name, environment.application.module_logic(name)))
    _add_widgets(slicer)


def _load_ui(path: str) -> Any:
    """Load UI file ``path``; a class of which the host has no stand-in raises, where Slicer finds a plug-in.

    Raises
    ------
    RuntimeError
        If the file is not there, as in Slicer.
    InputError
        If it can not be loaded.
    """
    from MedMMSlicerHost import pythonqt

    if not Path(path).is_file():
        raise RuntimeError(f"Could not load UI file: file not found {path}")
    return pythonqt.load_ui(path)


def _add_submodule(slicer: types.ModuleType, name: str, source: str) -> None:
    from importlib import import_module

    module = import_module(f"MedMMSlicerHost.slicer_environment.{source}")
    sys.modules[f"slicer.{name}"] = module
    setattr(slicer, name, module)


def _add_widgets(slicer: types.ModuleType) -> None:
    from MedMMSlicerHost.slicer_environment import module_widgets, node_combo_box
    from MedMMSlicerHost.slicer_environment.modules import ScriptedModule

    slicer.qSlicerScriptedLoadableModule = ScriptedModule
    module_widgets.register()
    node_combo_box.register()


def _absent_attribute(name: str) -> Any:
    """Say what ``slicer`` has not; AttributeError, so that hasattr() works as in Slicer."""
    if not name.startswith("__"):
        logging.getLogger(__name__).debug("slicer.%s was asked for", name)
    raise AttributeError(f"slicer has no {name!r} in the desktop host.")
