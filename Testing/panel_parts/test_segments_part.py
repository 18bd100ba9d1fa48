"""The segments as a reader uses them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

pytestmark = pytest.mark.panel

NODE = "vtkMRMLSegmentationNode1"


@pytest.fixture
def part(environment: Any, room: Any, fake_host: Any, show: Callable[..., Any]) -> Iterator[Any]:
    from MedMMSlicerLib.widgets.segments_part import SegmentsPart

    made = SegmentsPart(room, fake_host)
    room.connect(made)
    window = show(made.widget)
    assert window.horizontalScrollBar().maximum == 0
    yield made
    made.cleanup()


def click(part: Any, row: int, column: int) -> None:
    import qt

    table = part.ui.segmentsTable
    rect = table.visualItemRect(table.item(row, column))
    place = qt.QPoint(rect.x() + 11, rect.center().y()) if column == 0 else rect.center()
    qt.QTest.mouseClick(table.viewport(), qt.Qt.LeftButton, qt.Qt.NoModifier, place)


def test_rows_say_who_made_what(part: Any) -> None:
    table = part.ui.segmentsTable
    assert [table.item(row, 2).text() for row in range(4)] == [
        "Left hippocampus, anterior\n✎ changed by you · semi-automatic",
        "Left hippocampus, anterior (new)\n◇ new version · automatic",
        "Left hippocampus, posterior\nautomatic · hidden",
        "Cyst\nmanual",
    ]
    assert table.item(0, 3).text() == "1,324 mm³\nlongest 21 mm"
    assert [int(table.item(row, 0).checkState()) for row in range(4)] == [2, 2, 0, 2]


def test_the_check_box_and_the_space_key_show_and_hide(part: Any) -> None:
    import qt

    click(part, 2, 0)
    assert part.room.segments.last() == ("set_visible", NODE, "outer", True)
    assert part.ui.segmentsTable.item(2, 0).checkState() == qt.Qt.Checked
    click(part, 3, 2)
    part.ui.segmentsTable.setFocus()
    qt.QTest.keyClick(part.ui.segmentsTable, qt.Qt.Key_Space)
    assert part.room.segments.last() == ("set_visible", NODE, "mine", False)
    assert part.ui.segmentsTable.item(3, 0).checkState() == qt.Qt.Unchecked


def test_selecting_enables_what_acts_on_a_segment(part: Any) -> None:
    told: list[str] = []
    part.on_selected = told.append
    names = ("jumpButton", "editButton", "colorButton", "renameButton", "removeButton", "opacitySlider")
    assert not any(getattr(part.ui, name).isEnabled() for name in names)
    part.jump()
    assert part.room.told == [("info", "Select a segment first.")]
    click(part, 0, 2)
    assert all(getattr(part.ui, name).isEnabled() for name in names)
    assert told == ["inner"]
    assert part.ui.opacitySlider.value == 35
    part.ui.jumpButton.click()
    assert part.room.segments.last() == ("jump", NODE, "inner")
    part.ui.editButton.click()
    assert part.host.calls == [("edit_segment", NODE, "inner")]
    part.ui.opacitySlider.setValue(60)
    assert part.room.segments.last() == ("set_opacity", NODE, "inner", 0.6)
    assert part.ui.opacityLabel.text == "60 %"


def test_the_color_is_changed_by_click_or_button(part: Any) -> None:
    asked: list[Any] = []

    def answer(color: Any) -> Any:
        asked.append(color)
        return (1, 2, 3)

    part.ask_color = answer
    click(part, 3, 1)
    assert asked == [(240, 200, 60)]
    assert part.room.segments.last() == ("set_color", NODE, "mine", (1, 2, 3))
    part.ask_color = lambda color: None
    part.ui.colorButton.click()
    assert len(part.room.segments.calls) == 1


def test_renaming_and_removing_and_back(part: Any, fake_host: Any) -> None:
    click(part, 3, 2)
    part.ui.renameButton.click()
    assert part.room.segments.calls == []
    fake_host.text = ""
    part.ui.renameButton.click()
    assert part.room.told == [("error", "A segment needs a name. Type one, or leave the old one.")]
    fake_host.text = "Arachnoid cyst"
    part.ui.renameButton.click()
    assert part.ui.segmentsTable.item(3, 2).text().startswith("Arachnoid cyst\n")
    part.ui.removeButton.click()
    assert part.ui.segmentsTable.rowCount == 3 and not part.ui.jumpButton.isEnabled()
    part.ui.undoButton.click()
    assert part.ui.segmentsTable.rowCount == 4 and not part.ui.undoButton.isEnabled()


def test_surfaces_in_3d(part: Any) -> None:
    part.ui.surfaceButton.click()
    assert part.room.segments.last() == ("show_in_3d", NODE, True) and part.ui.surfaceButton.isChecked()
    part.toggle_surfaces()
    assert part.room.segments.last() == ("show_in_3d", NODE, False) and not part.ui.surfaceButton.isChecked()


@pytest.mark.parametrize(("button", "keep"), [("keepButton", "mine"), ("takeButton", "new")])
def test_choosing_between_two_versions(part: Any, button: str, keep: str) -> None:
    table = part.ui.comparisonTable
    assert part.ui.comparisonBox.isVisible()
    assert [table.item(0, column).text() for column in range(3)] == [
        "Left hippocampus, anterior",
        "0.931",
        "+0.08 mL (+6 %)",
    ]
    getattr(part.ui, button).click()
    assert part.room.segments.last() == ("resolve", NODE, "inner-new", keep)
    assert not part.ui.comparisonBox.isVisible()
    part.take_new()
    assert part.room.told[-1][0] == "info"


def test_selecting_from_elsewhere(part: Any) -> None:
    assert part.select("outer") and part.room.segments.last() == ("jump", NODE, "outer")
    assert part.ui.segmentsTable.currentRow() == 2
    assert not part.select("nothing")


def test_every_action_does_something(part: Any, fake_host: Any) -> None:
    from MedMMSlicerLib.widgets.hotkeys import conflicts

    part.ask_color = lambda color: (9, 9, 9)
    fake_host.text = "Other name"
    assert not conflicts(part.actions())
    for action in part.actions():
        click(part, 0, 2)
        before = len(part.room.segments.calls) + len(fake_host.calls)
        action.run()
        assert len(part.room.segments.calls) + len(fake_host.calls) > before or part.room.told, action.id


def test_without_a_case_it_waits(part: Any) -> None:
    part.room.cases.current_id = ""
    part.room.listeners.emit("case")
    assert part.ui.emptyLabel.text == "Open images first." and not part.ui.comparisonBox.isVisible()
    assert not part.ui.segmentsTable.isVisible() and not part.ui.surfaceButton.isEnabled()
