"""The reader with the real panel and the real segment editor."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from MedMMSlicerLib.core import LabelMap, Provenance, Volume

from .conftest import LESION_RAS, Opened, drag, picture, settle, wait_until

pytestmark = pytest.mark.panel


@pytest.fixture
def full(make_reader: Callable[..., Any], phantom: tuple[Volume, LabelMap]) -> Opened:
    """A reader with its own panel, the phantom and its segment."""
    from MedMMSlicerLib.scene.segmentations import add_segmentation
    from MedMMSlicerLib.scene.volumes import add_volume

    reader = make_reader(panel=None)
    scene = reader.application.scene
    volume_id = add_volume(scene, phantom[0], name="phantom")
    case_id = reader.room.cases.adopt_volume(volume_id)
    provenance = Provenance("test", "1", "", (), "", "", {}, {}, "")
    segmentation_id = add_segmentation(scene, phantom[1], provenance, volume_id, "segmentation")
    reader.room.cases.set_nodes("segmentation", (segmentation_id,))
    settle()
    return Opened(reader, volume_id, case_id)


def test_the_panel_fits_beside_the_views(full: Opened) -> None:
    reader = full.reader
    assert reader.docks.panel.isVisible() and reader.panel.widget.width >= 400
    assert reader.panel.case.widget.isVisible()
    for view in reader.views.values():
        assert view.widget.logical_size[0] > 100


def test_reader_panel_and_editor_take_different_keys(full: Opened) -> None:
    import qt
    from MedMMSlicerHost.reader.actions import SPECIFICATIONS

    def key(text: str) -> str:
        return str(qt.QKeySequence(text).toString())

    mine = {key(item.shortcut): item.id for item in SPECIFICATIONS if item.shortcut}
    mine |= {"F3": "view.dock.cases", "F9": "view.dock.panel"}
    theirs = {key(item.shortcut): item.id for item in full.reader.panel.hotkeys.actions if item.shortcut}
    assert len(theirs) > 10
    assert not {(mine[name], theirs[name]) for name in mine.keys() & theirs.keys()}


def test_the_panels_actions_are_in_a_menu(full: Opened) -> None:
    menus = [full.reader.table.menus[name] for name in ("reading", "study")]
    shown = {str(action.objectName) for menu in menus for action in menu.actions()}
    assert {item.id for item in full.reader.panel.hotkeys.actions} <= shown


def test_a_language_chosen_in_the_panel_counts_for_the_window(full: Opened) -> None:
    full.reader.panel.choose_language("zh-CN")
    settle()
    assert full.reader.table.menus["file"].title == "文件(&F)"
    assert full.reader.docks.cases.windowTitle == "病例"


def test_a_segment_is_painted_in_a_view(full: Opened) -> None:
    reader = full.reader
    (row,) = reader.room.segments.rows()
    view = reader.views["Red"]
    view.jump(LESION_RAS)
    before = picture(view)
    window = full.display.GetWindow()
    reader.host.edit_segment(row.segmentation_id, row.segment_id)
    settle()
    assert reader.docks.editor.isVisible()
    place = (round(view.position_of((30.0, -20.0, 20.0))[0]), round(view.position_of((30.0, -20.0, 20.0))[1]))
    drag(view, place, (place[0] + 20, place[1]))
    assert full.display.GetWindow() == window, "the editor has the left button"
    changed = (picture(view) != before).any(axis=-1)
    rows, columns = np.nonzero(changed[:, place[0] - 5 : place[0] + 26])
    assert rows.size > 20 and abs(rows.mean() - place[1]) < 15 and columns.size
    assert reader.files.unsaved.exists
    reader.docks.editor.close()
    settle()
    drag(view, place, (place[0] + 20, place[1]))
    assert full.display.GetWindow() != window, "the mouse is the reader's again"
    wait_until(lambda: next(iter(reader.room.segments.rows())).touched)


def test_the_device_of_the_preferences_is_the_panels(full: Opened) -> None:
    full.reader.actions["file.preferences"].trigger()
    full.reader.dialogs.preferences_dialog.device.setCurrentIndex(1)
    assert full.reader.panel.analyze.device == "cpu"


def test_one_view_is_drawn_in_each_turn(full: Opened) -> None:
    """Between the drawings of two views the event loop turns: timers, keys and the mouse come through."""
    import qt

    reader = full.reader
    log: list[str] = []
    for name, view in reader.views.items():
        original = view.draw

        def draw(size: Any, name: str = name, original: Any = original) -> Any:
            log.append(name)
            return original(size)

        view.draw = draw
    timer = qt.QTimer()
    timer.setInterval(0)
    timer.connect("timeout()", lambda: log.append("turn"))
    settle()
    log.clear()
    timer.start()
    reader.commands.refresh()
    wait_until(lambda: {"Red", "Yellow", "Green", "1"} <= set(log))
    timer.stop()
    drawn = [index for index, entry in enumerate(log) if entry != "turn"]
    assert all("turn" in log[a:b] for a, b in itertools.pairwise(drawn)), log
