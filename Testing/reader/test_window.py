"""The window: layouts, presets, opening by drop, studies, saving, preferences, closing."""

from __future__ import annotations

import gc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from .conftest import (
    LESION_RAS,
    Opened,
    StubPanel,
    drag,
    drag_enter,
    drop,
    move,
    picture,
    settle,
    wait_until,
    wheel,
)

pytestmark = pytest.mark.panel

ALL = {"Red", "Yellow", "Green", "1"}
LAYOUTS = {
    "four-up": ALL,
    "conventional": ALL,
    "large-and-three": ALL,
    "single": {"Red"},
    "three-slices": {"Red", "Yellow", "Green"},
    "volume": {"1"},
}


def visible(reader: Any) -> set[str]:
    return {name for name, view in reader.views.items() if view.widget.isVisible()}


@pytest.mark.parametrize("layout", list(LAYOUTS))
def test_layouts_show_their_views(opened: Opened, layout: str) -> None:
    reader = opened.reader
    reader.actions[f"view.layout.{layout}"].trigger()
    settle()
    assert visible(reader) == LAYOUTS[layout]
    assert reader.actions[f"view.layout.{layout}"].isChecked()
    for name in LAYOUTS[layout]:
        width, height = reader.views[name].widget.logical_size
        assert width > 80 and height > 80
    boxes = [reader.views[name].widget.parentWidget().geometry for name in sorted(LAYOUTS[layout])]
    assert not any(a.intersects(b) for index, a in enumerate(boxes) for b in boxes[index + 1 :])


def test_a_double_click_shows_one_view_alone_and_all_again(opened: Opened) -> None:
    import qt

    reader = opened.reader
    for expected in ({"Green"}, ALL):
        widget = reader.views["Green"].widget
        qt.QTest.mouseDClick(widget, qt.Qt.LeftButton, qt.Qt.NoModifier, qt.QPoint(50, 60))
        settle()
        assert visible(reader) == expected


def test_the_large_view_can_be_chosen(opened: Opened) -> None:
    reader = opened.reader
    reader.actions["view.layout.large-and-three"].trigger()
    reader.actions["view.main.Yellow"].trigger()
    settle()
    large = reader.views["Yellow"].widget.logical_size
    small = reader.views["Red"].widget.logical_size
    assert large[0] > 2 * small[0] and large[1] > 2 * small[1]
    assert reader.area.active == "Yellow"


def test_presets_are_for_ct(opened: Opened) -> None:
    import slicer

    reader = opened.reader
    volume = opened.scene.GetNodeByID(opened.volume_id)
    lung = reader.actions["window.ct.lung"]
    assert not lung.isEnabled() and "not known to be CT" in lung.toolTip, "of unknown unit"
    # A NIfTI file says nothing, but only CT goes down to air.
    array = slicer.util.arrayFromVolume(volume)
    kept = array.copy()
    array[...] = np.where(kept > kept.mean(), kept, -1000)
    reader.room.listeners.emit("case")
    assert lung.isEnabled()
    array[...] = kept
    volume.SetAttribute("MedMM.Modality", "CT")
    reader.room.listeners.emit("case")
    assert lung.isEnabled() and lung.toolTip == "Lung"
    lung.trigger()
    assert (opened.display.GetWindow(), opened.display.GetLevel()) == (1500, -600)
    reader.actions["window.ct.brain"].trigger()
    assert (opened.display.GetWindow(), opened.display.GetLevel()) == (80, 40)
    reader.actions["window.file"].trigger()
    assert (opened.display.GetWindow(), opened.display.GetLevel()) == (1000, 500)
    reader.actions["window.full"].trigger()
    assert (opened.display.GetWindow(), opened.display.GetLevel()) == (1000, 500)
    volume.SetAttribute("MedMM.Modality", "MR")
    reader.room.listeners.emit("case")
    assert not lung.isEnabled()
    reader.actions["window.ct.bone"].trigger()
    assert opened.display.GetWindow() == 1000
    reader.actions["window.auto"].trigger()
    assert (opened.display.GetWindow(), opened.display.GetLevel()) == pytest.approx((600, 300), abs=1)


def test_inverting_turns_black_to_white(opened: Opened) -> None:
    reader = opened.reader
    view = reader.views["Red"]
    column, row = (round(value) for value in view.position_of((75.0, 0.0, 0.0)))
    assert picture(view)[row, column].max() < 20, "air beside the head"
    reader.actions["window.invert"].trigger()
    assert picture(view)[row, column].min() > 230
    reader.actions["window.invert"].trigger()
    assert picture(view)[row, column].max() < 20


def test_keys_act_upon_the_view_that_has_the_keyboard(opened: Opened) -> None:
    import qt

    reader = opened.reader
    reader.widget.activateWindow()
    drag(reader.views["Green"], (100, 100), (101, 100), "middle")
    view = reader.views["Green"]
    view.widget.setFocus()
    settle()
    number, red = view.slice_number[0], reader.views["Red"].slice_number[0]
    for key, wanted in (("Up", number + 1), ("Down", number), ("End", view.slice_number[1]), ("Home", 1)):
        qt.QTest.keyClick(view.widget, getattr(qt.Qt, f"Key_{key}"))
        settle()
        assert view.slice_number[0] == wanted, key
    assert reader.views["Red"].slice_number[0] == red
    scale = view.mm_per_pixel
    qt.QTest.keyClick(view.widget, qt.Qt.Key_Plus)
    settle()
    assert view.mm_per_pixel < scale
    qt.QTest.keyClick(view.widget, qt.Qt.Key_F4)
    settle()
    assert reader.area.active != "Green"


def test_no_key_is_taken_twice(reader: Any) -> None:
    import qt
    from MedMMSlicerHost.reader.actions import SPECIFICATIONS

    keys = [qt.QKeySequence(item.shortcut).toString() for item in SPECIFICATIONS if item.shortcut]
    keys += [reader.actions[name].shortcut.toString() for name in ("view.dock.cases", "view.dock.panel")]
    assert all(keys) and len(keys) == len(set(keys))


def test_every_action_does_something_and_complains_about_nothing(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Presses each entry of every menu; dialogs answer *cancel*."""
    from MedMMSlicerHost.reader.host import DesktopHost

    monkeypatch.setattr(DesktopHost, "choose_files", lambda *_: ())
    monkeypatch.setattr(DesktopHost, "ask_save", lambda *_: "")
    monkeypatch.setattr(DesktopHost, "confirm", lambda *_: True)
    reader = opened.reader
    last = ("file.close_case", "file.close_all", "file.quit")
    for name, action in reader.actions.items():
        if name not in last and not name.startswith("file.sample."):
            action.trigger()
            settle()
    for name in last:
        reader.actions[name].trigger()
        settle()
    assert reader.closed
    assert len(reader.actions) > 60


def test_the_status_bar_reads_the_voxel(segmented: Opened) -> None:
    reader = segmented.reader
    view = reader.views["Red"]
    view.jump(LESION_RAS)
    settle()
    place = tuple(round(value) for value in view.position_of(LESION_RAS))
    move(view, place)
    text = reader.status.voxel.text
    assert "L 2" in text and "A 2" in text and "S 20.0" in text and "1000" in text and "Lesion" in text
    move(view, (2, 2))
    assert "1000" not in reader.status.voxel.text
    view.left()
    assert reader.status.voxel.text == ""


def test_dropped_files_open(reader: Any, phantom_file: Path) -> None:
    assert reader.cases.hint.isVisible()
    assert drop(reader.widget, phantom_file)
    wait_until(lambda: bool(reader.room.cases.entries()))
    settle()
    assert reader.views["Red"].volume is not None
    assert picture(reader.views["Red"]).max() > 100
    assert phantom_file.name.split(".")[0] in reader.widget.windowTitle
    assert not reader.cases.hint.isVisible() and reader.cases.tree.topLevelItemCount == 1


def test_the_garbage_collector_is_spared_once(reader: Any, phantom_file: Path) -> None:
    gc.unfreeze()
    assert reader.open([phantom_file])
    spared = gc.get_freeze_count()
    assert spared > 100_000
    assert reader.files.close_all() and reader.open([phantom_file])
    assert gc.get_freeze_count() <= spared  # what came later can be collected


def test_a_dropped_folder_opens(reader: Any, phantom_file: Path) -> None:
    assert drop(reader.widget, phantom_file.parent)
    wait_until(lambda: bool(reader.room.cases.entries()))


def test_a_text_is_not_taken_and_a_bad_file_is_explained(reader: Any, tmp_path: Path) -> None:
    import qt

    data = qt.QMimeData()
    data.setText("no file")
    event = drag_enter(qt.QPoint(5, 5), qt.Qt.CopyAction, data, qt.Qt.LeftButton, qt.Qt.NoModifier)
    event.ignore()
    qt.QApplication.sendEvent(reader.widget, event)
    assert not event.isAccepted()
    bad = tmp_path / "bad.nii.gz"
    bad.write_bytes(b"nothing")
    drop(reader.widget, bad)
    wait_until(lambda: reader.room.message is not None)
    assert reader.room.message.severity == "error" and "bad.nii.gz" in reader.room.message.text
    assert reader.room.cases.entries() == ()


def test_while_the_panel_is_hidden_messages_go_to_the_status_bar(reader: Any) -> None:
    reader.docks.panel.hide()
    reader.room.tell("error", "Something is wrong.")
    assert reader.widget.statusBar().currentMessage() == "Something is wrong."


def test_a_radiograph_is_shown_alone_and_large(reader: Any, opened: Opened) -> None:
    assert visible(reader) == ALL
    from MedMMSlicerLib.core import Volume, VolumeGeometry
    from MedMMSlicerLib.scene.volumes import add_volume

    # A frontal projection: columns run leftwards, rows downwards.
    directions = np.array([[-1.0, 0, 0], [0, 0, 1], [0, -1, 0]])
    geometry = VolumeGeometry.from_axes((1, 300, 200), (1.0, 0.5, 0.5), (50, 0, 75), directions)
    array = np.zeros((1, 300, 200), np.uint16)
    array[0, 40:80, 20:60] = 4000
    flat_id = add_volume(reader.application.scene, Volume(array, geometry), name="flat")
    reader.room.cases.adopt_volume(flat_id)
    settle()
    assert visible(reader) == {"Green"} and reader.views["Green"].volume.GetID() == flat_id
    shown = picture(reader.views["Green"])[..., 0]
    rows, _ = np.nonzero(shown[: shown.shape[0] // 2, : shown.shape[1] // 2] > 200)
    assert rows.size > 1000 and rows.mean() < shown.shape[0] * 0.4
    scale = reader.views["Green"].mm_per_pixel
    wheel(reader.views["Green"], 1)
    assert reader.views["Green"].mm_per_pixel < scale, "the wheel zooms where there is one slice"
    reader.select_case(opened.case_id)
    settle()
    assert visible(reader) == ALL


def test_another_image_of_a_study_is_shown_by_choosing_it(
    reader: Any, sample_dicom: Path, tmp_path: Path
) -> None:
    import pydicom

    (tmp_path / "one.dcm").write_bytes(sample_dicom.read_bytes())
    copy = pydicom.dcmread(sample_dicom)
    copy.SeriesInstanceUID, copy.SeriesDescription = "1.2.3.4", "Second"
    copy.SOPInstanceUID = copy.file_meta.MediaStorageSOPInstanceUID = "1.2.3.4.1"
    copy.save_as(tmp_path / "two.dcm")
    assert reader.open((tmp_path,))
    settle()
    (entry,) = reader.room.cases.entries()
    assert len(entry.series) == 2
    shown, other = (item.volume_id for item in entry.series)
    assert reader.views["Red"].volume.GetID() == shown
    tree = reader.cases.tree
    tree.setCurrentItem(tree.topLevelItem(0).child(1))
    wait_until(lambda: reader.views["Red"].volume.GetID() == other)
    settle()
    assert tree.currentItem().text(0) == tree.topLevelItem(0).child(1).text(0)
    # The model still reads the current one.
    assert reader.room.cases.entries()[0].series[0].volume_id == shown
    tree.setCurrentItem(tree.topLevelItem(0))
    wait_until(lambda: reader.views["Red"].volume.GetID() == shown)


def test_two_studies_keep_apart(reader: Any, phantom_file: Path, sample_dicom: Path) -> None:
    assert reader.open((phantom_file,)) and reader.open((sample_dicom,))
    settle()
    first, second = (entry.id for entry in reader.room.cases.entries())
    assert reader.room.cases.current_id == second
    ct = reader.views["Red"].volume.GetID()
    reader.status.show_voxel("R 1.0 A 2.0 S 3.0")
    reader.actions["window.ct.bone"].trigger()
    top = reader.cases.tree.topLevelItem(0)
    reader.cases.tree.setCurrentItem(top)
    wait_until(lambda: reader.room.cases.current_id == first)
    settle()
    assert reader.views["Red"].volume.GetID() != ct
    assert reader.status.voxel.text == "", "the voxel of the study before"
    assert reader.views["Red"].volume.GetDisplayNode().GetWindow() != 1800
    reader.views["Red"].scroll(3)
    reader.views["Red"].zoom(2.0)
    settle()
    seen = reader.views["Red"].center_ras.tolist(), reader.views["Red"].mm_per_pixel
    reader.cases.step(1)
    settle()
    assert reader.room.cases.current_id == second
    assert reader.views["Red"].volume.GetDisplayNode().GetWindow() == 1800
    reader.cases.step(-1)
    settle()
    again = reader.views["Red"].center_ras.tolist(), reader.views["Red"].mm_per_pixel
    assert np.allclose(again[0], seen[0]) and again[1] == pytest.approx(seen[1])
    reader.cases.step(1)
    settle()
    reader.actions["file.close_case"].trigger()
    settle()
    assert [entry.id for entry in reader.room.cases.entries()] == [first]
    assert reader.room.cases.current_id == first and reader.views["Red"].volume is not None


def test_saved_and_opened_again(segmented: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from MedMMSlicerHost.reader.host import DesktopHost

    reader = segmented.reader
    path = tmp_path / "case"
    monkeypatch.setattr(DesktopHost, "ask_save", lambda *_: str(path))
    reader.views["Red"].jump(LESION_RAS)
    assert reader.files.unsaved.exists
    reader.actions["file.save"].trigger()
    saved = tmp_path / "case.mrb"
    assert saved.is_file() and not reader.files.unsaved.exists
    assert "case.mrb" in reader.room.message.text
    before = picture(reader.views["Red"]).astype(int)
    assert reader.actions["file.close_all"].trigger() is None
    settle()
    assert reader.views["Red"].volume is None and reader.room.cases.entries() == ()
    assert picture(reader.views["Red"])[100, 100].max() < 30
    assert drop(reader.widget, saved)
    wait_until(lambda: bool(reader.room.cases.entries()))
    settle()
    assert reader.files.scene_path == saved and not reader.files.unsaved.exists
    after = picture(reader.views["Red"]).astype(int)
    assert after.shape == before.shape
    reds = [(shown[..., 0] > shown[..., 1] + 40).sum() for shown in (before, after)]
    assert reds[0] > 100 and reds[1] > 100
    assert visible(reader) == ALL


def test_scenes_and_images_do_not_mix(reader: Any, phantom_file: Path, tmp_path: Path) -> None:
    assert not reader.open((phantom_file, tmp_path / "x.mrb"))
    assert "alone" in reader.room.message.text
    assert not reader.open((tmp_path / "missing.mrb",))
    assert "missing.mrb" in reader.room.message.text


def test_a_full_path_that_can_not_be_written_is_said(
    opened: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from MedMMSlicerHost.reader.host import DesktopHost

    block = tmp_path / "file"
    block.write_text("x")
    monkeypatch.setattr(DesktopHost, "ask_save", lambda *_: str(block / "case.mrb"))
    opened.reader.actions["file.save_as"].trigger()
    assert opened.reader.room.message.severity == "error"
    assert opened.reader.files.scene_path is None


@pytest.mark.parametrize(
    ("answer", "closes", "saves"), [("cancel", False, False), ("discard", True, False), ("save", True, True)]
)
def test_unsaved_work_is_asked_about(
    segmented: Opened, answer: str, closes: bool, saves: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from MedMMSlicerHost.reader.host import DesktopHost

    asked: list[str] = []

    def ask(_host: Any) -> str:
        asked.append(answer)
        return answer

    monkeypatch.setattr(DesktopHost, "ask_unsaved", ask)
    monkeypatch.setattr(DesktopHost, "ask_save", lambda *_: str(tmp_path / "work.mrb"))
    segmented.reader.widget.close()
    settle()
    assert asked == [answer]
    assert segmented.reader.closed is closes
    assert (tmp_path / "work.mrb").is_file() is saves


def test_images_alone_are_no_work(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    from MedMMSlicerHost.reader.host import DesktopHost

    monkeypatch.setattr(DesktopHost, "ask_unsaved", lambda _: pytest.fail("nothing was done"))
    opened.reader.widget.close()
    assert opened.reader.closed


def test_the_window_comes_back_as_it_was(make_reader: Callable[..., Any], settings: Any) -> None:
    first = make_reader()
    first.widget.resize(780, 640)
    first.actions["view.layout.three-slices"].trigger()
    first.actions["window.tool.pan"].trigger()
    first.actions["view.interpolate"].trigger()
    first.actions["view.patient"].trigger()
    first.docks.cases.hide()
    settle()
    first.widget.close()
    assert first.closed and first.panel.cleaned
    second = make_reader()
    assert (second.widget.width, second.widget.height) == (780, 640)
    assert visible(second) == LAYOUTS["three-slices"] and second.mouse.tool == "pan"
    assert not second.actions["view.interpolate"].isChecked()
    assert not second.docks.cases.isVisible()
    assert not second.actions["view.patient"].isChecked(), "names are hidden at every start"


def test_the_patient_is_only_shown_when_asked(
    reader: Any, sample_dicom: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert reader.open((sample_dicom,))
    settle()
    monkeypatch.setattr(reader.room.cases, "patient", lambda: ("Doe^Jane", "P-17"))
    view = reader.views["Red"]
    assert "Doe^Jane" not in str(reader.corners.texts(view))
    before = picture(view)
    reader.actions["view.patient"].trigger()
    assert reader.corners.texts(view).top_left[:2] == ("Doe^Jane", "P-17")
    assert not np.array_equal(before, picture(view))
    assert "Doe" not in reader.widget.windowTitle


def test_corners_and_letters(opened: Opened) -> None:
    reader = opened.reader
    axial = reader.corners.texts(reader.views["Red"])
    assert axial.letters == ("R", "L", "A", "P")
    assert reader.corners.texts(reader.views["Yellow"]).letters == ("A", "P", "S", "I")
    assert reader.corners.texts(reader.views["Green"]).letters == ("R", "L", "S", "I")
    assert "W 1000  L 500" in axial.bottom_right
    number, count = reader.views["Red"].slice_number
    assert f"Slice {number} of {count}" in axial.bottom_left
    assert "Research use only" in axial.bottom
    for name in ("view.letters", "view.corners"):
        reader.actions[name].trigger()
    bare = reader.corners.texts(reader.views["Red"])
    assert bare.letters == ("",) * 4 and bare.bottom_right == () and "Research use only" in bare.bottom


def test_views_turn_to_the_axes_of_the_image(opened: Opened) -> None:
    reader = opened.reader
    reader.actions["view.native"].trigger()
    settle()
    axes = np.abs(reader.views["Red"].axes_ras)
    assert axes[0, 0] == pytest.approx(np.cos(np.deg2rad(12)), abs=1e-3)
    assert "image axes" in reader.corners.texts(reader.views["Red"]).top_right[0]
    reader.actions["view.native"].trigger()
    assert np.abs(reader.views["Red"].axes_ras)[0, 0] == pytest.approx(1)


def test_preferences_count_at_once_and_stay(make_reader: Callable[..., Any], settings: Any) -> None:
    import qt
    from MedMMSlicerHost.reader.theme import is_dark

    reader = make_reader()
    reader.actions["file.preferences"].trigger()
    dialog = reader.dialogs.preferences_dialog
    application = qt.QApplication.instance()
    dialog.theme.setCurrentIndex(2)
    assert is_dark(application.palette())
    dialog.language.setCurrentIndex(1)
    settle()
    assert reader.table.menus["file"].title == "文件(&F)"
    dialog.device.setCurrentIndex(1)
    dialog.close_button.click()
    reader.widget.close()
    second = make_reader()
    assert is_dark(application.palette()) and second.preferences.device == "cpu"
    assert second.table.menus["file"].title == "文件(&F)"
    second.choose_theme("light")
    assert not is_dark(application.palette())
    second.choose_theme("system")
    second.choose_language("en")
    assert second.table.menus["file"].title == "&File"


def test_the_keyboard_window_lists_every_key(reader: Any) -> None:
    from MedMMSlicerHost.reader.actions import SPECIFICATIONS

    reader.actions["help.keyboard"].trigger()
    table = reader.dialogs.keyboard_dialog.table
    texts = {table.item(row, 1).text() for row in range(table.rowCount)}
    assert {item.text.replace("&", "") for item in SPECIFICATIONS if item.shortcut} <= texts


def test_a_message_of_the_editor_opens_its_dock(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a stand-in for the editor; the editor itself has its own tests."""
    import sys
    import types

    import qt

    calls: list[Any] = []

    class Editor:
        def __init__(self, room: Any, views: Any) -> None:
            calls.append(set(views))
            self.widget = qt.QLabel("editor")
            self.engine = types.SimpleNamespace(segmentation_id="")

        def start(self, segmentation_id: str, segment_id: str) -> None:
            calls.append((segmentation_id, segment_id))

        def stop(self) -> None:
            calls.append("stop")

    module = types.ModuleType("MedMMSlicerHost.segment_editor")
    module.SegmentEditor = Editor  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "MedMMSlicerHost.segment_editor", module)
    reader = opened.reader
    reader.host.edit_segment("segmentation", "segment")
    settle()
    assert calls == [ALL, ("segmentation", "segment")] and reader.docks.editor.isVisible()
    reader.docks.editor.close()
    settle()
    assert calls[-1] == "stop"


def test_the_panel_has_room(make_reader: Callable[..., Any]) -> None:
    reader = make_reader(panel=StubPanel)
    assert reader.panel.widget.width >= 400
    reader.widget.resize(900, 600)
    settle()
    assert reader.panel.widget.width >= 400
