"""slicer.util with the application behind it: .ui files, messages, settings, files."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from MedMMSlicerLib.errors import InputError

pytestmark = pytest.mark.panel

UI = """<?xml version="1.0" encoding="UTF-8"?>
<ui version="4.0"><class>Panel</class><widget class="QWidget" name="Panel">
<layout class="QVBoxLayout" name="panelLayout">
<item><widget class="ctkCollapsibleButton" name="caseButton">
<property name="text"><string>Case</string></property>
<layout class="QVBoxLayout" name="caseLayout">
<item><widget class="qMRMLNodeComboBox" name="volumeSelector">
<property name="nodeTypes">
<stringlist notr="true"><string>vtkMRMLScalarVolumeNode</string></stringlist></property>
<property name="noneEnabled"><bool>true</bool></property>
<property name="addEnabled"><bool>false</bool></property>
<property name="SlicerParameterName" stdset="0"><string>volume</string></property>
</widget></item>
<item><widget class="QPushButton" name="applyButton">
<property name="text"><string>Apply</string></property></widget></item>
</layout></widget></item></layout></widget></ui>
"""


@pytest.fixture
def ui_file(tmp_path: Path) -> Path:
    """A .ui file with both kinds of stand-ins."""
    path = tmp_path / "Panel.ui"
    path.write_text(UI, encoding="utf-8")
    return path


def test_a_ui_file_gives_working_stand_ins(environment: Any, scene: Any, ui_file: Path) -> None:
    import slicer

    widget = slicer.util.loadUI(str(ui_file))
    ui = slicer.util.childWidgetVariables(widget)
    assert {"caseButton", "volumeSelector", "applyButton"} <= set(vars(ui))
    selector = ui.volumeSelector
    assert (selector.noneEnabled, selector.addEnabled) == (True, False)
    assert selector.nodeTypes == ("vtkMRMLScalarVolumeNode",)
    assert selector.property("SlicerParameterName") == "volume"
    selector.setMRMLScene(scene)
    scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "image")
    assert selector.nodeCount() == 1
    selector.setMRMLScene(None)
    ui.caseButton.collapsed = True
    assert ui.caseButton.collapsed is True
    assert slicer.util.findChild(widget, "applyButton").text == "Apply"
    with pytest.raises(AttributeError):
        ui.applyButton.nothing = 1


def test_ui_files_that_can_not_be_loaded(environment: Any, ui_file: Path) -> None:
    import slicer

    with pytest.raises(RuntimeError, match="file not found"):
        slicer.util.loadUI(str(ui_file.with_name("none.ui")))
    ui_file.write_text(UI.replace("qMRMLNodeComboBox", "qMRMLSliceWidget"), encoding="utf-8")
    with pytest.raises(InputError, match="qMRMLSliceWidget"):
        slicer.util.loadUI(str(ui_file))


@pytest.mark.parametrize("answer", [True, False])
def test_messages_are_recorded_and_answered(environment: Any, answer: bool) -> None:
    import slicer

    with environment.recording_messages(answer) as shown:
        slicer.util.infoDisplay("one", windowTitle="Title")
        slicer.util.warningDisplay("two")
        slicer.util.errorDisplay("three", detailedText="why")
        answers = [
            slicer.util.confirmOkCancelDisplay("four"),
            slicer.util.confirmYesNoDisplay("five"),
            slicer.util.confirmRetryCloseDisplay("six"),
        ]
        slicer.util.messageBox("seven")
    assert [(message.level, message.text) for message in shown] == [
        ("info", "one"),
        ("warning", "two"),
        ("error", "three"),
        ("question", "four"),
        ("question", "five"),
        ("error", "six"),
        ("info", "seven"),
    ]
    assert shown[0].title == "Title" and shown[2].details == "why"
    assert answers == [answer] * 3
    assert slicer.util.infoDisplay.__name__ == "infoDisplay"


def test_without_recorder_and_window_a_message_is_logged(
    environment: Any, caplog: pytest.LogCaptureFixture
) -> None:
    import slicer

    with caplog.at_level(logging.INFO):
        slicer.util.errorDisplay("nobody is there to click")
    assert "nobody is there to click" in caplog.text
    with (
        environment.recording_messages() as shown,
        pytest.raises(ZeroDivisionError),
        slicer.util.tryWithErrorDisplay("It failed.", waitCursor=True),
    ):
        _ = 1 / 0
    assert "It failed." in shown[0].text and "ZeroDivisionError" in shown[0].details


def test_settings_have_defaults_and_are_kept_apart(environment: Any, settings_folder: Path) -> None:
    import qt
    import slicer

    assert slicer.util.settingsValue("medmm/none", 5) == 5
    qt.QSettings().setValue("medmm/value", 3)
    slicer.app.revisionUserSettings().setValue("medmm/other", 1)
    assert slicer.util.settingsValue("medmm/value", 0, int) == 3
    assert slicer.util.settingsValue("medmm/other", 0, int) == 0
    assert Path(qt.QSettings().fileName()).is_relative_to(settings_folder)
    assert slicer.app.userSettings().value("medmm/value") in (3, "3")
    qt.QSettings().remove("medmm")
    assert slicer.util.settingsValue("medmm/value", 5) == 5


def test_a_temporary_folder_is_made_in_the_applications(environment: Any) -> None:
    import slicer

    folder = Path(slicer.util.tempDirectory(key="medmm"))
    assert folder.is_dir() and folder.is_relative_to(slicer.app.temporaryPath)


@pytest.mark.usefixtures("no_complaints")
def test_volumes_and_segmentations_are_read(environment: Any, scene: Any, tmp_path: Path) -> None:
    import SimpleITK as sitk
    import slicer

    array = np.arange(2 * 3 * 4, dtype=np.int16).reshape(2, 3, 4)
    image = sitk.GetImageFromArray(array)
    image.SetOrigin((5.0, 6.0, 7.0))
    image.SetSpacing((1.0, 2.0, 3.0))
    sitk.WriteImage(image, str(tmp_path / "image.nrrd"))
    node = slicer.util.loadVolume(str(tmp_path / "image.nrrd"))
    assert node.GetName() == "image" and node.GetOrigin() == pytest.approx((-5.0, -6.0, 7.0))
    np.testing.assert_array_equal(slicer.util.arrayFromVolume(node), array)
    labels = sitk.GetImageFromArray((array > 11).astype(np.uint8))
    sitk.WriteImage(labels, str(tmp_path / "labels.seg.nrrd"))
    segmentation = slicer.util.loadSegmentation(str(tmp_path / "labels.seg.nrrd"))
    assert segmentation.GetSegmentation().GetNumberOfSegments() == 1
    with pytest.raises(RuntimeError, match="no file"):
        slicer.util.loadVolume(str(tmp_path / "absent.nrrd"))
    with pytest.raises(NotImplementedError, match="NoFile"):
        slicer.util.loadNodeFromFile(str(tmp_path / "model.vtk"))
    with pytest.raises(NotImplementedError, match="labelmap"):
        slicer.util.loadLabelVolume(str(tmp_path / "image.nrrd"))


def test_functions_of_the_wheel_are_left_as_they_are(environment: Any) -> None:
    import slicer

    for name in (
        "errorDisplay",
        "childWidgetVariables",
        "reloadScriptedModule",
        "getModule",
        "VTKObservationMixin",
    ):
        assert getattr(slicer.util, name).__module__ == "slicer.util"
