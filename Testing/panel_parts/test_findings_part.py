"""The findings as a reader uses them: mouse, keyboard, what is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

pytestmark = pytest.mark.panel


@pytest.fixture
def part(environment: Any, room: Any, fake_host: Any, show: Callable[..., Any]) -> Iterator[Any]:
    from MedMMSlicerLib.widgets.findings_part import FindingsPart

    made = FindingsPart(room, fake_host)
    room.connect(made)
    window = show(made.widget)
    assert window.horizontalScrollBar().maximum == 0
    yield made
    made.cleanup()


def names(part: Any) -> list[str]:
    table = part.ui.findingsTable
    return [table.item(row, 0).text().split("\n")[0] for row in range(table.rowCount)]


def click_row(part: Any, row: int) -> None:
    import qt

    table = part.ui.findingsTable
    place = table.visualItemRect(table.item(row, 0)).center()
    qt.QTest.mouseClick(table.viewport(), qt.Qt.LeftButton, qt.Qt.NoModifier, place)


def press(widget: Any, key: str) -> None:
    import qt

    qt.QTest.keyClick(widget, getattr(qt.Qt, f"Key_{key}"))


def choose(combo: Any, data: str) -> None:
    combo.setCurrentIndex(combo.findData(data))
    combo.activated.emit(combo.currentIndex)


def test_rows_say_everything_without_color(part: Any) -> None:
    table = part.ui.findingsTable
    assert names(part) == ["Pneumonia", "Pleural effusion", "Edema", "Old rib fracture"]
    assert table.item(0, 0).text() == "Pneumonia\nleft · Lungs"
    assert [table.item(row, 1).text() for row in range(4)] == ["63 % ▲", "31 %", "8 %", "–"]
    assert [table.item(row, 2).text() for row in range(4)] == [
        "○ open",
        "✓ accepted",
        "✗ rejected",
        "✓ accepted",
    ]
    assert "finds 90 of 100" in table.item(0, 1).toolTip()


def test_sorting_and_choosing(part: Any) -> None:
    choose(part.ui.sortCombo, "name")
    assert names(part) == ["Edema", "Old rib fracture", "Pleural effusion", "Pneumonia"]
    choose(part.ui.filterCombo, "rejected")
    assert names(part) == ["Edema"]
    part.room.findings.items = [row for row in part.room.findings.items if row.status != "rejected"]
    part.room.listeners.emit("findings")
    assert part.ui.emptyLabel.text == "No finding fits this choice; there are 3 in all."


def test_images_that_the_model_refused_do_not_look_like_a_negative_reading(part: Any) -> None:
    part.room.run.refusal = "Chest refused these images: the picture is cut."
    part.room.findings.items = []
    part.room.listeners.emit("run")
    said = "Chest refused these images: the picture is cut. It states nothing about them."
    assert part.ui.emptyLabel.text == said and part.ui.emptyLabel.isVisibleTo(part.widget)


def test_a_click_selects_and_jumps_once_and_again(part: Any) -> None:
    click_row(part, 1)
    assert part.room.findings.calls == [("select", "f-effusion")]
    click_row(part, 1)
    assert part.room.findings.calls == [("select", "f-effusion")] * 2
    assert part.ui.findingLabel.text == "Pleural effusion"
    assert not part.ui.heatMapCheck.toolTip.startswith("Show")
    press(part.ui.findingsTable, "Up")
    assert part.room.findings.last() == ("select", "f-pneumonia")


def test_accept_and_reject_and_back(part: Any) -> None:
    click_row(part, 0)
    part.ui.acceptButton.click()
    assert part.ui.findingsTable.item(0, 2).text() == "✓ accepted"
    part.ui.rejectButton.click()
    assert part.ui.findingsTable.item(0, 2).text() == "✗ rejected"
    assert part.ui.findingsTable.item(0, 0).font().strikeOut()
    part.ui.rejectButton.click()
    assert part.ui.findingsTable.item(0, 2).text() == "○ open"
    assert part.ui.findingsTable.currentRow() == 0


def test_a_filter_that_hides_the_judged_row_selects_nothing(part: Any) -> None:
    choose(part.ui.filterCombo, "open")
    click_row(part, 0)
    part.ui.acceptButton.click()
    assert names(part) == []
    assert not part.ui.acceptButton.isEnabled() and not part.ui.evidenceBox.isVisible()
    part.accept()
    assert part.room.told == [("info", "Select a finding first.")]


def test_next_and_previous_stop_at_the_ends(part: Any) -> None:
    for _ in range(6):
        part.ui.nextButton.click()
    assert part.room.findings.selected_id == "r-1"
    for _ in range(6):
        part.ui.previousButton.click()
    assert part.room.findings.selected_id == "f-pneumonia"


def test_the_evidence_of_the_selected_finding(part: Any) -> None:
    assert not part.ui.evidenceBox.isVisible()
    click_row(part, 0)
    table = part.ui.contributionsTable
    assert [table.item(row, 1).text() for row in range(3)] == ["+28 %", "+12 %", "-5 %"]
    assert table.item(1, 0).text() == "C-reactive protein\n84 mg/L (high)"
    doubts = part.ui.doubtsLabel.text.split("\n")
    assert len(doubts) == 2 and all(line.startswith("⚠ ") for line in doubts)
    assert "clears 80 of 100" in part.ui.pointLabel.text
    click_row(part, 3)
    assert not table.isVisible() and not part.ui.doubtsLabel.isVisible()


def test_the_heat_map_and_its_opacity(part: Any) -> None:
    click_row(part, 0)
    part.ui.heatMapCheck.click()
    assert part.room.evidence.visible
    part.ui.opacitySlider.setValue(80)
    assert part.room.evidence.opacity == pytest.approx(0.8)
    assert part.ui.opacityLabel.text == "80 %"
    part.change_opacity(-10)
    assert part.room.evidence.opacity == pytest.approx(0.7)
    part.toggle_heat_map()
    assert not part.room.evidence.visible and not part.ui.heatMapCheck.isChecked()


def test_editing_by_keyboard_alone(part: Any) -> None:
    import qt

    click_row(part, 0)
    part.ui.editButton.setFocus()
    press(part.ui.editButton, "Space")
    assert part.ui.editFrame.isVisible() and part.ui.nameEdit.hasFocus()
    qt.QTest.keyClicks(part.ui.nameEdit, "Lobar pneumonia")
    part.ui.noteEdit.setText("right lower lobe")
    press(part.ui.noteEdit, "Return")
    assert part.room.findings.last() == ("edit", "f-pneumonia", "Lobar pneumonia", None, "right lower lobe")
    assert not part.ui.editFrame.isVisible()
    assert part.ui.findingsTable.item(0, 0).text() == "Lobar pneumonia\nleft · Lungs · right lower lobe"
    part.edit()
    part.ui.saveButton.click()
    assert part.room.findings.last()[0] == "edit", "nothing was changed, so nothing is stored again"
    assert [call[0] for call in part.room.findings.calls].count("edit") == 1


def test_an_empty_name_is_refused_and_cancel_forgets(part: Any) -> None:
    click_row(part, 0)
    part.edit()
    part.ui.nameEdit.setText("  ")
    part.ui.saveButton.click()
    assert part.room.told == [("error", "A finding needs a name. Type one.")]
    assert part.ui.editFrame.isVisible()
    part.ui.cancelButton.click()
    assert not part.ui.editFrame.isVisible()
    assert names(part)[0] == "Pneumonia"


def test_adding_and_removing_an_own_finding(part: Any, fake_host: Any) -> None:
    part.ui.addButton.click()
    assert part.room.findings.calls == []
    fake_host.text = "Nodule"
    part.ui.addButton.click()
    assert part.room.findings.calls == [("add", "Nodule", (7.0, 8.0, 9.0)), ("select", "r-2")]
    part.ui.findingsTable.setFocus()
    press(part.ui.findingsTable, "Delete")
    assert part.room.findings.last() == ("remove", "r-2")
    click_row(part, 0)
    press(part.ui.findingsTable, "Delete")
    assert part.room.told == [("error", "Only own findings can be removed. Reject this one instead.")]


def test_what_if_shows_the_value_of_the_run_as_a_ghost(part: Any) -> None:
    assert part._bar(0).ghost is None
    part.room.findings.change("f-pneumonia", probability=0.82)
    assert part._bar(0).ghost == pytest.approx(0.63)
    assert part.ui.findingsTable.item(0, 1).text() == "82 % ▲ ↗ was 63 %"
    part.room.findings.change("f-pneumonia", probability=0.44)
    assert part.ui.findingsTable.item(0, 1).text() == "44 % ▲ ↘ was 63 %"
    part.room.record.runs += (SimpleNamespace(kind="analyze", started_at="2026-01-02"),)
    part.room.listeners.emit("findings")
    assert part.ui.findingsTable.item(0, 1).text() == "44 % ▲"


def test_without_a_case_everything_waits(part: Any) -> None:
    part.room.cases.current_id = ""
    part.room.record = None
    part.room.listeners.emit("case")
    assert part.ui.emptyLabel.text == "Open images first."
    for name in ("acceptButton", "rejectButton", "editButton", "addButton", "nextButton", "heatMapCheck"):
        assert not getattr(part.ui, name).isEnabled(), name
    part.add()
    assert part.room.told == [("info", "Open images first.")]


def test_every_action_does_something_and_says_what(part: Any) -> None:
    from MedMMSlicerLib.widgets.hotkeys import conflicts

    actions = part.actions()
    assert not conflicts(actions)
    for action in actions:
        part.room.findings.calls.clear()
        part.room.findings.selected_id = "f-effusion"
        before = (part.room.evidence.visible, part.room.evidence.opacity, len(part.room.told))
        part.host.text = "Nodule"
        action.run()
        after = (part.room.evidence.visible, part.room.evidence.opacity, len(part.room.told))
        assert part.room.findings.calls or before != after or part.ui.editFrame.isVisible(), action.id


def test_a_refresh_of_many_findings_is_quick(part: Any) -> None:
    import dataclasses
    import time

    first = part.room.findings.items[0]
    part.room.findings.items = [
        dataclasses.replace(first, id=f"f-{number}", probability=number / 40) for number in range(40)
    ]
    part.refresh()
    seconds = []
    for _ in range(5):
        started = time.process_time()
        part.refresh()
        seconds.append(time.process_time() - started)
    assert min(seconds) < 0.05
