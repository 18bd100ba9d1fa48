"""Every hotkey, button and menu entry does something, and each is pressed here.

The controls are found in the window itself; one that is in no table fails `test_every_control_is_in_a_table`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from .conftest import MakeReader
from .controls import controls, shortcut_of
from .entries import TOOL_BAR, WINDOW, Entry
from .hands import settle
from .panel_entries import EDITOR, PANEL
from .report_entries import REPORT_BARS
from .world import CT, FILM, World, open_world

pytestmark = [pytest.mark.panel, pytest.mark.slow]

ENTRIES: dict[str, Entry] = {**WINDOW, **PANEL, **REPORT_BARS, **EDITOR, **TOOL_BAR}
_STUDY_ACTIONS = (
    *("open", "package", "start", "lock", "submit", "pause"),
    *("mark", "unmark", "protocol", "edit", "export", "close"),
)
_STUDY_BUTTONS = ("start", "lock", "submit", "pause", "draft", "window", "mark", "removeMark")
ELSEWHERE = {
    "file.quit": "test_quitting_closes_the_reader",
    **{f"study.{name}": "test_study_controls" for name in _STUDY_ACTIONS},
    **{f"ReadingPanel.{name}Button": "test_study_controls" for name in _STUDY_BUTTONS},
    # Chosen where a study has several kinds of lesions; folded and gone to like the other sections.
    **dict.fromkeys(("ReadingPanel.markTargetCombo", "ReadingPanel.section"), "test_study_controls"),
    "panel.part7": "test_study_controls",
}


@pytest.fixture(scope="module")
def world(environment: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The reader that all these tests share."""
    with open_world(tmp_path_factory.mktemp("world")) as made:
        yield made


def test_every_control_is_in_a_table(world: World, complaints: list[str]) -> None:
    world.bring(FILM)
    world.bring(CT)
    world.edit()
    found, known = set(controls(world.reader)), {*ENTRIES, *ELSEWHERE}
    assert found == known, f"not pressed by any test: {found - known}; not there: {known - found}"


@pytest.mark.parametrize("name", ENTRIES)
def test_it_does_something(world: World, complaints: list[str], name: str) -> None:
    entry = ENTRIES[name]
    world.bring(entry.study)
    entry.prepare(world)
    if not entry.running:
        world.hands.rest()
    control = controls(world.reader)[name]
    world.popup = None
    before = entry.probe(world)
    assert entry.expected is None or before != entry.expected, "prepared as if it were pressed already"
    press(world, control, entry)
    world.hands.rest()
    after = entry.probe(world)
    entry.undo(world)
    if entry.expected is None:
        assert after != before
    else:
        assert after == entry.expected


def press(world: World, control: Any, entry: Entry) -> None:
    """As a reader does: by its key, if it has one, else by a click; a menu entry is triggered."""
    hands = world.hands
    if control.inherits("QAction"):
        assert control.isEnabled() and control.isVisible()
        if shortcut_of(control):
            hands.press(focused(world), shortcut_of(control))
        else:
            control.trigger()
            settle()
    elif control.inherits("QShortcut"):
        control.parent().setFocus()
        hands.press(control.parent(), control.key.toString())
    elif control.inherits("QSlider"):
        hands.slide(control, entry.to)
    elif control.inherits("QComboBox"):
        hands.choose(control, entry.to)
    elif control.inherits("QAbstractSpinBox"):
        hands.press(control, entry.to)
    else:
        click(world, control)


def click(world: World, button: Any) -> None:
    """Click a button; of a menu that it opens, remember the first entry, and close it."""
    import qt

    if button.inherits("ctkCollapsibleButton"):
        # Its header: the rest of it is what it holds.
        world.hands.click(button, (30, 8))
        return
    if not hasattr(button, "menu") or not button.menu():
        world.hands.click(button)
        return

    def look(menu: Any) -> None:
        world.popup = next(item.text for item in menu.actions() if not item.isSeparator())
        menu.close()

    check = world.hands.meanwhile(qt.QApplication.activePopupWidget, look)
    world.hands.click(button)
    check()


def focused(world: World) -> Any:
    """What has the keyboard, else the window."""
    import qt

    world.hands.come_back()
    return qt.QApplication.focusWidget() or world.reader.widget


def test_every_action_is_in_a_menu(world: World, complaints: list[str]) -> None:
    """A key alone is not found by anybody who does not know it."""
    import qt

    listed: set[str] = set()
    for menu in world.reader.widget.findChildren(qt.QMenu):
        listed |= {str(action.objectName or action.text) for action in menu.actions()}
    for name, control in controls(world.reader).items():
        if control.inherits("QAction") and not name.startswith(("SegmentEditor.", "toolBar.", "editorDock.")):
            assert str(control.objectName or control.text) in listed, name


def test_no_two_keys_of_the_window_are_the_same(world: World, complaints: list[str]) -> None:
    world.bring(CT)
    world.edit()
    keys: dict[str, str] = {}
    for name, control in controls(world.reader).items():
        key = shortcut_of(control) if control.inherits("QAction") else ""
        if key:
            assert key not in keys, f"{key} is the key of {name} and of {keys[key]}"
            keys[key] = name
    assert len(keys) > 90


def test_the_menu_of_a_view(world: World, complaints: list[str]) -> None:
    world.bring(CT)
    width, height = world.red.widget.logical_size
    world.hands.stroke(world.red, [(width / 2, height / 2)], "right")
    assert world.reader.view_menu.isVisible()
    world.hands.click_entry(world.reader.view_menu, world.reader.actions["view.maximize"])
    assert world.reader.area.layout_id == "single"


def test_the_menu_of_a_study(world: World, complaints: list[str]) -> None:
    import qt

    world.bring(CT)
    world.open_other()
    tree, entries = world.reader.cases.tree, world.room.cases.entries()
    items = [tree.topLevelItem(row) for row in range(tree.topLevelItemCount)]
    item = next(i for i in items if i.data(0, qt.Qt.UserRole) == world.room.cases.current_id)
    tree.customContextMenuRequested.emit(tree.visualItemRect(item).center())
    settle()
    menu = qt.QApplication.activePopupWidget()
    world.hands.click_entry(menu, menu.actions()[0])
    world.hands.rest()
    assert len(world.room.cases.entries()) == len(entries) - 1


def test_quitting_closes_the_reader(make_reader: MakeReader) -> None:
    hands = make_reader()
    hands.press(hands.reader.widget, "Ctrl+Q")
    assert hands.reader.closed
    # A window that was closed may be gone already.
    assert not hands.reader.widget or not hands.reader.widget.isVisible()
