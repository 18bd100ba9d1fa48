"""The context: fields, the laboratory table, pasting, what can not be used."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from panel_keys import press, type_text

pytestmark = pytest.mark.panel


@pytest.fixture
def part(fake_room: Any, host: Any, show: Callable[..., Any]) -> Any:
    from MedMMSlicerLib.widgets.context_part import ContextPart

    made = ContextPart(fake_room, host)
    for topic in made.topics:
        fake_room.listeners.subscribe(topic, made.refresh)
    show(made.widget)
    made.refresh()
    yield made
    made.cleanup()


def cell(part: Any, row: int, column: int) -> str:
    return str(part.ui.laboratoryTable.item(row, column).text())


def test_the_fields_show_what_is_known_and_where_it_is_from(part: Any) -> None:
    assert (part.ui.ageEdit.text, part.ui.sexCombo.currentText, part.ui.viewCombo.currentText) == (
        "63",
        "male",
        "PA",
    )
    assert part.ui.indicationEdit.plainText == "Cough and fever for five days."
    assert part.ui.factsProblemLabel.text == "From the image header: age, sex"


def test_typing_goes_to_the_room_at_once(part: Any, fake_room: Any) -> None:
    part.ui.ageEdit.setFocus()
    part.ui.ageEdit.selectAll()
    type_text(part.ui.ageEdit, "54")
    assert fake_room.asked("set_age") == [("5",), ("54",)]
    part.ui.indicationEdit.setFocus()
    part.ui.indicationEdit.selectAll()
    type_text(part.ui.indicationEdit, "No")
    assert fake_room.asked("set_indication")[-1] == ("No",)
    part.ui.historyEdit.setPlainText("None known.")
    assert fake_room.asked("set_history") == [("None known.",)]
    assert fake_room.message is None


def test_a_text_that_can_not_be_used_is_kept_and_explained(part: Any, fake_room: Any) -> None:
    part.ui.ageEdit.setFocus()
    part.ui.ageEdit.selectAll()
    type_text(part.ui.ageEdit, "5x")
    assert part.ui.ageEdit.text == "5x"
    assert "✖ age: '5x' is no age in years." in part.ui.factsProblemLabel.text
    press(part.ui.ageEdit, "Backspace")
    assert part.ui.ageEdit.text == "5" and "✖" not in part.ui.factsProblemLabel.text


def test_an_emptied_field_does_not_refill_under_the_fingers(part: Any, fake_room: Any, show: Any) -> None:
    import dataclasses

    part.widget.activateWindow()
    part.ui.ageEdit.setFocus()
    fake_room.context_facts = dataclasses.replace(fake_room.context_facts, age_text="63")
    real = fake_room.context.set_age

    def as_the_header_says(text: str) -> None:
        real(text)
        fake_room.context_facts = dataclasses.replace(fake_room.context_facts, age_text=text or "63")
        fake_room.listeners.emit("context")

    fake_room.context.set_age = as_the_header_says
    part.ui.ageEdit.selectAll()
    press(part.ui.ageEdit, "Delete")
    assert part.ui.ageEdit.text == ""
    type_text(part.ui.ageEdit, "7")
    assert part.ui.ageEdit.text == "7"
    press(part.ui.ageEdit, "Backspace")
    part.ui.historyEdit.setFocus()
    assert part.ui.ageEdit.text == "63", "left empty, it shows what the header says"


def test_sex_and_view_are_chosen_with_the_keyboard(part: Any, fake_room: Any) -> None:
    part.ui.sexCombo.setFocus()
    press(part.ui.sexCombo, "Up")
    assert fake_room.asked("set_sex") == [("F",)]
    part.ui.viewCombo.setFocus()
    press(part.ui.viewCombo, "Down")
    assert fake_room.asked("set_view") == [("AP",)]


def test_a_value_that_is_no_choice_is_shown_all_the_same(part: Any, fake_room: Any) -> None:
    import dataclasses

    fake_room.context_facts = dataclasses.replace(fake_room.context_facts, view_text="SWIMMER")
    part.refresh()
    assert part.ui.viewCombo.currentText == "SWIMMER"


def test_the_table_marks_by_symbol_and_word(part: Any) -> None:
    assert [cell(part, row, 0) for row in range(4)] == [
        "◆ C-reactive protein", "◆ Leukocytes", "◆ Procalcitonin", "NT-proBNP",
    ]  # fmt: skip
    assert [cell(part, row, 3) for row in range(4)] == [
        "0 – 5\n▲ high", "4 – 10\n▼ low", "0 – 0.5\n○ missing", "✖ invalid",
    ]  # fmt: skip
    assert cell(part, 3, 1) == "12,5x", "what was typed is kept"
    table = part.ui.laboratoryTable
    assert table.item(0, 1).font().bold() and not table.item(2, 1).font().bold()
    assert "missing: 1" in part.ui.rowNoteLabel.text


def test_a_refused_value_counts_as_missing_for_the_model(part: Any, fake_room: Any) -> None:
    import dataclasses

    first, *others = fake_room.context.laboratory
    fake_room.context.laboratory = (dataclasses.replace(first, flag="invalid"), *others)
    part.refresh()
    assert "missing: 2" in part.ui.rowNoteLabel.text


def test_the_selected_row_is_explained_below(part: Any) -> None:
    table = part.ui.laboratoryTable
    table.setCurrentCell(3, 1)
    assert part.ui.rowNoteLabel.text == "NT-proBNP · not used · '12,5x' is no number."
    table.setCurrentCell(0, 1)
    assert part.ui.rowNoteLabel.text == "C-reactive protein · above the reference range"
    table.setCurrentCell(2, 1)
    assert "missing: the model does without it" in part.ui.rowNoteLabel.text
    assert not part.ui.removeButton.enabled


def test_a_value_is_edited_in_the_table(part: Any, fake_room: Any, pump: Any) -> None:
    table = part.ui.laboratoryTable
    table.setFocus()
    table.setCurrentCell(0, 1)
    press(table, "F2")
    editor = table.findChild("QLineEdit")
    type_text(editor, "4")
    press(editor, "Return")
    pump(lambda: fake_room.asked("set_value"))
    assert fake_room.asked("set_value") == [("crp", "4", "mg/L")]
    assert cell(part, 0, 1) == "4" and cell(part, 0, 3) == "0 – 5"
    table.item(0, 2).setText("mg/dL")
    pump(lambda: len(fake_room.asked("set_value")) == 2)
    assert fake_room.asked("set_value")[1] == ("crp", "4", "mg/dL")


@pytest.mark.parametrize("key", ["Delete", "Backspace"])
def test_an_emptied_cell_removes_the_value(part: Any, fake_room: Any, pump: Any, key: str) -> None:
    table = part.ui.laboratoryTable
    part.widget.activateWindow()
    table.setFocus()
    table.setCurrentCell(0, 1)
    press(table, "F2")
    editor = table.findChild("QLineEdit")
    editor.selectAll()
    press(editor, key)
    press(editor, "Return")
    pump(lambda: fake_room.asked("set_value"))
    assert fake_room.asked("set_value") == [("crp", "", "mg/L")]


def test_names_and_references_are_not_edited(part: Any) -> None:
    import qt

    table = part.ui.laboratoryTable
    for column, editable in ((0, False), (1, True), (2, True), (3, False)):
        assert bool(int(table.item(0, column).flags()) & int(qt.Qt.ItemIsEditable)) == editable


def test_rows_are_pasted_from_a_spreadsheet(part: Any, fake_room: Any) -> None:
    import qt

    qt.QApplication.clipboard().setText("CRP\t12\tmg/L\nWBC\t9\t10*9/L\n")
    part.widget.activateWindow()
    part.ui.laboratoryTable.setFocus()
    press(part.ui.laboratoryTable, "V", "Control")
    part.ui.pasteButton.click()
    assert fake_room.asked("paste") == [("CRP\t12\tmg/L\nWBC\t9\t10*9/L\n",)] * 2
    qt.QApplication.clipboard().setText("  ")
    part.ui.pasteButton.click()
    assert "clipboard holds no text" in fake_room.message.text and len(fake_room.asked("paste")) == 2


def test_a_field_pastes_for_itself(part: Any, fake_room: Any) -> None:
    import qt

    qt.QApplication.clipboard().setText("Dyspnea")
    part.widget.activateWindow()
    part.ui.indicationEdit.setFocus()
    part.ui.indicationEdit.selectAll()
    press(part.ui.indicationEdit, "V", "Control")
    assert part.ui.indicationEdit.plainText == "Dyspnea" and not fake_room.asked("paste")


def test_a_file_is_imported_and_its_remarks_are_told(part: Any, fake_room: Any, host: Any) -> None:
    part.ui.importButton.click()
    assert not fake_room.asked("import_file")
    host.files = ("/a/labs.csv",)
    part.ui.importButton.click()
    assert fake_room.asked("import_file") == [(Path("/a/labs.csv"),)]
    assert fake_room.message.severity == "warning" and "Line 3" in fake_room.message.text


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("CRP 12 mg/L", ("CRP", "12", "mg/L")),
        ("C-reactive protein: 3.5 mg/dL", ("C-reactive protein", "3.5", "mg/dL")),
        ("Vitamin B12 = < 50 ng/L", ("Vitamin B12", "<50", "ng/L")),
        ("Lactate\t2,1\tmmol/L", ("Lactate", "2,1", "mmol/L")),
        ("pH 7.35", ("pH", "7.35", "")),
    ],
)
def test_a_value_is_added_in_one_line(
    part: Any, fake_room: Any, host: Any, typed: str, asked: tuple[str, ...]
) -> None:
    host.text = typed
    part.ui.addButton.click()
    assert fake_room.asked("set_value") == [asked]


def test_a_line_without_a_value_is_refused(part: Any, fake_room: Any, host: Any) -> None:
    host.text = "CRP"
    part.ui.addButton.click()
    assert "'CRP' is no name with a value" in fake_room.message.text
    host.text = None
    part.ui.addButton.click()
    assert not fake_room.asked("set_value")


def test_the_selected_value_is_removed(part: Any, fake_room: Any) -> None:
    table = part.ui.laboratoryTable
    part.remove_value()
    assert "Select a laboratory value" in fake_room.message.text
    part.widget.activateWindow()
    table.setFocus()
    table.setCurrentCell(1, 1)
    press(table, "Delete")
    assert fake_room.asked("remove_value") == [("wbc",)]
    assert table.rowCount == 3
    table.setCurrentCell(0, 0)
    part.ui.removeButton.click()
    assert fake_room.asked("remove_value")[1] == ("crp",)


def test_remarks_are_listed(part: Any, fake_room: Any) -> None:
    assert not part.ui.remarksLabel.visible
    fake_room.context.said = ("The age is that of the header.", "CRP <b>was</b> left out.")
    part.refresh()
    assert part.ui.remarksLabel.text == "⚠ The age is that of the header.\n⚠ CRP <b>was</b> left out."
    assert part.ui.remarksLabel.textFormat == 0


def test_without_a_case_nothing_can_be_typed(part: Any, fake_room: Any) -> None:
    fake_room.cases.current_id = ""
    part.refresh()
    for child in (part.ui.ageEdit, part.ui.indicationEdit, part.ui.historyEdit, part.ui.pasteButton):
        assert not child.enabled
    assert part.ui.ageEdit.text == "" and part.ui.laboratoryTable.rowCount == 0
    for run in (part.paste, part.import_file, part.add_value):
        fake_room.message = None
        run()
        assert fake_room.message.text == "No case is open"
