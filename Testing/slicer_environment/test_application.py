"""slicer.app, slicer.modules and the other names of the slicer module."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from MedMMSlicerLib.errors import UsageError

pytestmark = pytest.mark.panel


def test_the_application_is_the_one_of_qt(environment: Any) -> None:
    import qt
    import slicer

    assert qt.QApplication.instance() is slicer.app
    assert slicer.app.palette().color(qt.QPalette.Window).lightness() > 0
    assert isinstance(slicer.app.topLevelWidgets(), tuple)


def test_properties_of_the_application_are_values(environment: Any) -> None:
    import slicer

    app = slicer.app
    assert (app.applicationName, app.majorVersion, app.minorVersion) == ("Slicer", 5, 13)
    assert Path(app.slicerHome).is_dir() and Path(app.temporaryPath).is_dir()
    assert app.applicationVersion.startswith("5.13") and app.revision.isdigit()
    with pytest.raises(TypeError):
        app.applicationName()
    with pytest.raises(AttributeError):
        _ = app.dicomDatabase


@pytest.mark.skipif(sys.platform == "win32", reason="the launcher is a shell script")
def test_slicers_python_is_found_below_its_home(environment: Any) -> None:
    import slicer
    from MedMMSlicerLib.inference.worker import find_python

    python = find_python("", slicer.app.slicerHome)
    done = subprocess.run(
        [python, "-c", "import numpy; print(7)"], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "7" and python.startswith(slicer.app.slicerHome)


def test_scene_and_managers(environment: Any, scene: Any) -> None:
    import slicer

    assert slicer.mrmlScene is scene and slicer.app.mrmlScene() is scene
    assert slicer.app.applicationLogic() is environment.application.logic
    assert slicer.app.ioManager() is not None and slicer.app.moduleManager() is not None
    assert slicer.app.userSettings() is not None and slicer.app.revisionUserSettings() is not None


def test_without_a_window_there_is_no_layout_manager(environment: Any) -> None:
    import qt
    import slicer

    assert slicer.app.layoutManager() is None and slicer.util.mainWindow() is None
    assert slicer.app.commandOptions().noMainWindow is True
    window = qt.QMainWindow()
    environment.set_main_window(window)
    environment.layout_manager = object()
    assert slicer.util.mainWindow() is window and slicer.app.commandOptions().noMainWindow is False
    assert slicer.app.layoutManager() is environment.layout_manager
    with pytest.raises(AttributeError, match="disableModules"):
        _ = slicer.app.commandOptions().disableModules


def test_testing_is_switched_by_the_environment(environment: Any) -> None:
    import slicer

    assert slicer.app.testingEnabled() is False
    environment.testing = True
    assert slicer.app.testingEnabled() is True
    slicer.util.confirmOkCancelDisplay("nobody sees this, and it does not wait")


def test_startup_is_told_once_to_each_receiver(environment: Any) -> None:
    import slicer

    seen: list[int] = []

    def note() -> None:
        seen.append(1)

    assert slicer.app.connect("startupCompleted()", note) is True
    environment.complete_startup()
    assert slicer.app.disconnect("startupCompleted()", note) is True
    environment.complete_startup()
    assert seen == [1]
    assert slicer.app.disconnect("startupCompleted()", note) is False


def test_a_wrong_signature_only_warns(environment: Any, caplog: pytest.LogCaptureFixture) -> None:
    import slicer

    assert slicer.app.connect("startedUp()", print) is False
    assert "startedUp()" in caplog.text


def test_an_exception_in_a_receiver_does_not_reach_the_sender(
    environment: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import slicer

    seen: list[type[BaseException]] = []
    monkeypatch.setattr(sys, "excepthook", lambda kind, *_: seen.append(kind))

    def fail() -> None:
        raise ZeroDivisionError

    slicer.app.connect("startupCompleted()", fail)
    environment.complete_startup()
    slicer.app.disconnect("startupCompleted()", fail)
    assert seen == [ZeroDivisionError]


def test_core_modules_give_their_logic(environment: Any) -> None:
    import slicer

    assert slicer.modules.volumes.name == slicer.util.getModule("Volumes").name == "Volumes"
    assert slicer.modules.segmentations.logic() is environment.application.module_logic("Segmentations")
    assert slicer.util.getModuleLogic("Markups") is environment.application.module_logic("Markups")
    assert "Volumes" in slicer.util.moduleNames()
    gui = slicer.util.getModuleGui("Volumes")
    assert gui is slicer.util.getModuleGui("Volumes")
    with pytest.raises(NotImplementedError, match="desktop host"):
        gui.setEditedNode(None)


def test_what_is_not_here_raises_and_says_so(environment: Any) -> None:
    import slicer

    assert not hasattr(slicer.modules, "dicom") and not hasattr(slicer, "qMRMLSliceWidget")
    with pytest.raises(AttributeError, match=r"qMRMLSliceWidget.*desktop host"):
        _ = slicer.qMRMLSliceWidget
    with pytest.raises(AttributeError, match=r"dicom.*desktop host"):
        _ = slicer.modules.dicom
    with pytest.raises(AttributeError, match="desktop host"):
        slicer.modules.volumes.color = "red"
    with pytest.raises(AttributeError, match="desktop host"):
        slicer.app.moduleManager().unloadModules()
    with pytest.raises(NotImplementedError):
        slicer.app.restart()
    with pytest.raises(RuntimeError, match="Nothing"):
        slicer.util.getModule("Nothing")


def test_render_pauses_are_counted(environment: Any) -> None:
    import slicer

    with slicer.util.RenderBlocker():
        assert slicer.app.pauseRender() == 2
        assert slicer.app.resumeRender() == 1
    assert slicer.app.resumeRender() == 0


def test_only_one_application_can_be_installed(environment: Any) -> None:
    from MedMMSlicerHost import slicer_environment

    assert slicer_environment.install(environment.application) is environment
    assert slicer_environment.current() is environment
    with pytest.raises(UsageError, match="another application"):
        slicer_environment.install(object())


@pytest.mark.parametrize("first", ["qt.QApplication([])", "None"])
def test_it_installs_into_a_process_with_or_without_an_application(first: str, tmp_path: Path) -> None:
    code = f"""
import sys
from MedMMSlicerHost import pythonqt, slicer_environment
assert not {{"slicer", "vtk", "PySide6"}} & {{name.split(".")[0] for name in sys.modules}}
from MedMMSlicerHost.application import HostApplication
pythonqt.install()
import qt
made = {first}
slicer_environment.install(HostApplication.instance(), {str(tmp_path)!r})
import slicer
assert slicer.app is qt.QApplication.instance() and slicer.app.majorVersion == 5
assert made is None or made is slicer.app
started = []
slicer.app.connect("startupCompleted()", lambda: started.append(1))
slicer_environment.current().complete_startup()
assert started == [1]
slicer.app.processEvents()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and done.stderr == "", done.stderr
