"""The keyboard: no key twice, every key and every menu entry does something."""

from __future__ import annotations

from typing import Any

import pytest
from panel_keys import press_shortcut

pytestmark = pytest.mark.panel


def test_no_key_and_no_id_is_given_twice(fake_panel: Any) -> None:
    from MedMMSlicerLib.widgets.hotkeys import conflicts

    assert conflicts(fake_panel.actions()) == ()
    assert len(fake_panel.actions()) > 30


def test_conflicts_are_found() -> None:
    pytest.importorskip("PySide6")
    from MedMMSlicerLib.widgets.hotkeys import conflicts
    from MedMMSlicerLib.widgets.part import Action

    def action(name: str, key: str) -> Action:
        return Action(name, name, key, lambda: None)

    wrong = conflicts(
        (action("a", "Ctrl+A"), action("b", "ctrl+a"), action("b", ""), action("c", "Ctrl+Nonsense+"))
    )
    assert wrong == (
        "Ctrl+A is asked for by a and b.",
        "Two actions are called b.",
        "Ctrl+Nonsense+ of c is no key.",
    )


def test_keys_that_slicer_uses_are_left_alone(fake_panel: Any) -> None:
    taken = {
        "Ctrl+O",
        "Ctrl+S",
        "Ctrl+W",
        "Ctrl+H",
        "Ctrl+F",
        "Ctrl+3",
        "Ctrl+2",
        "Ctrl+Z",
        "Ctrl+Y",
        "Ctrl+C",
    }
    assert not taken & {action.shortcut for action in fake_panel.actions()}


def test_every_key_reaches_its_action(fake_panel: Any, pump: Any) -> None:
    import qt
    from MedMMSlicerLib.widgets.hotkeys import Hotkeys
    from MedMMSlicerLib.widgets.part import Action

    done: list[str] = []
    watched = [
        Action(action.id, action.text, action.shortcut, lambda name=action.id: done.append(name))
        for action in fake_panel.actions()
    ]
    fake_panel.hotkeys.cleanup()
    pump()
    hotkeys = Hotkeys(fake_panel.widget, watched)
    fake_panel.widget.activateWindow()
    fake_panel.widget.setFocus()
    pump()
    for action in watched:
        if action.shortcut:
            before = len(done)
            press_shortcut(fake_panel.widget, action.shortcut)
            assert done[before:] == [action.id], action.shortcut
    assert qt.QApplication.activeWindow() is not None
    hotkeys.cleanup()


def test_a_letter_typed_into_a_field_is_no_key(fake_panel: Any, pump: Any) -> None:
    from panel_keys import type_text

    fake_panel.widget.activateWindow()
    field = fake_panel.context.ui.historyEdit
    field.setFocus()
    field.setPlainText("")
    pump()
    type_text(field, "AXEN ")
    assert field.plainText == "AXEN "


def test_every_menu_entry_does_something(fake_panel: Any, fake_room: Any, host: Any, pump: Any) -> None:
    """With nothing open every action says why it does nothing; none fails."""
    fake_room.cases.list, fake_room.cases.current_id = (), ""
    fake_room.models.selected_id, fake_room.models.entries = "", ()
    fake_room.run.startable = (False, "No case is open. Open images first.")
    fake_room.run.can_undo = False
    fake_panel.refresh()
    silent = {
        "panel.keyboard", "panel.dismiss", "case.open_files", "case.open_folder", "case.open_sample",
        *(f"panel.part{number}" for number in range(1, 8)),
    }  # fmt: skip
    for made in fake_panel.hotkeys.qactions():
        name = made.objectName
        if not name.startswith(("case.", "context.", "analyze.", "panel.")):
            continue
        fake_room.message = None
        asked = len(host.asked)
        made.trigger()
        pump()
        told = fake_room.message is not None or len(host.asked) > asked
        assert told or name in silent, name
        if name == "case.open_sample":
            fake_panel.case._sample_menu.close()
        if name == "panel.keyboard":
            assert fake_panel._keyboard.dialog.visible
            fake_panel._keyboard.close_button.click()


def test_the_menu_holds_every_action_with_its_key(fake_panel: Any) -> None:
    entries = [entry for entry in fake_panel.ui.menuButton.menu().actions() if not entry.isSeparator()]
    texts = [entry.text for entry in entries]
    for action in fake_panel.actions():
        assert action.text in texts
    keyed = {entry.text: entry.property("shortcut").toString() for entry in entries}
    assert keyed["Analyze"] == "Ctrl+Return"
    assert texts[-2:] == ["English", "简体中文"]
    assert entries[-2].checked and not entries[-1].checked


def test_the_keys_are_listed(fake_panel: Any) -> None:
    fake_panel.show_keyboard()
    fake_panel.show_keyboard()
    table = fake_panel._keyboard.table
    rows = {table.item(row, 1).text(): table.item(row, 0).text() for row in range(table.rowCount)}
    assert rows["Analyze"] == "Ctrl+Return" and len(rows) == len(fake_panel.actions())


def test_a_part_is_opened_and_given_the_keyboard(fake_panel: Any, pump: Any) -> None:
    fake_panel.widget.activateWindow()
    fake_panel.context.ui.section.collapsed = True
    pump()
    press_shortcut(fake_panel.widget, "Alt+2")
    assert not fake_panel.context.ui.section.collapsed
    assert fake_panel.context.ui.section.focus
