"""Findings: what the model and the reader say, with probability, status and evidence."""

from __future__ import annotations

from typing import Any

import qt

from .delegates import BarDelegate
from .evidence_box import EvidenceBox
from .finding_texts import (
    bar_of,
    filter_choices,
    name_cell,
    side_choices,
    sort_choices,
    spoken_row,
    status_text,
    widest_bar_text,
)
from .part import Action, Part
from .tables import fit_rows, prepare_table, set_cell
from .translation import _

__all__ = ["FindingsPart"]

_NAME, _PROBABILITY, _STATUS = range(3)
_ROWS_SHOWN = 8
_STEP = 10
"""Of the opacity by keyboard, in percent."""


class FindingsPart(Part):
    """The table of findings and, below it, the evidence of the selected one."""

    ui_name = "Findings"
    topics = ("cases", "case", "run", "findings", "evidence")

    def __init__(self, room: Any, host: Any) -> None:
        super().__init__(room, host)
        self._rows: tuple[Any, ...] = ()
        self._evidence = EvidenceBox(self.ui)
        self._filling = False
        self._just_selected = False
        self._edited_id = ""
        self._run_key: object = None
        self._before: dict[str, float | None] = {}
        self._prepare_tables()
        self._connect()
        self.ui.editFrame.setVisible(False)

    def _prepare_tables(self) -> None:
        table = self.ui.findingsTable
        prepare_table(table, 3)
        header = table.horizontalHeader()
        header.setSectionResizeMode(_PROBABILITY, qt.QHeaderView.Fixed)
        header.setSectionResizeMode(_STATUS, qt.QHeaderView.ResizeToContents)
        self._bars = BarDelegate(table, self._bar)
        table.setItemDelegateForColumn(_PROBABILITY, self._bars)

    def _connect(self) -> None:
        table = self.ui.findingsTable
        table.connect("currentCellChanged(int,int,int,int)", self._row_changed)
        table.connect("cellClicked(int,int)", self._row_clicked)
        table.connect("cellDoubleClicked(int,int)", lambda *_cell: self.edit())
        self._delete_key = qt.QShortcut(qt.QKeySequence("Del"), table)
        self._delete_key.setContext(qt.Qt.WidgetShortcut)
        self._delete_key.connect("activated()", self.remove)
        self.ui.sortCombo.connect("activated(int)", lambda _index: self.refresh())
        self.ui.filterCombo.connect("activated(int)", lambda _index: self.refresh())
        self.ui.heatMapCheck.connect("clicked(bool)", self._heat_map_clicked)
        self.ui.opacitySlider.connect("valueChanged(int)", self._opacity_moved)
        self.ui.nameEdit.connect("returnPressed()", self.save_edit)
        self.ui.noteEdit.connect("returnPressed()", self.save_edit)
        for name, action in (
            ("acceptButton", self.accept),
            ("rejectButton", self.reject),
            ("editButton", self.edit),
            ("addButton", self.add),
            ("previousButton", self.select_previous),
            ("nextButton", self.select_next),
            ("saveButton", self.save_edit),
            ("cancelButton", self.cancel_edit),
        ):
            getattr(self.ui, name).connect("clicked()", action)

    # ------------------------------------------------------------------ showing

    def refresh(self) -> None:
        """Show the findings of the current case."""
        self._filling = True
        _fill(self.ui.sortCombo, sort_choices())
        _fill(self.ui.filterCombo, filter_choices())
        _fill(self.ui.sideCombo, side_choices())
        found = bool(self.room.cases.current_id)
        sort, only = self.ui.sortCombo.currentData, self.ui.filterCombo.currentData
        self._rows = self.room.findings.rows(sort, only) if found else ()
        total = len(self._rows) if only == "all" or not found else len(self.room.findings.rows())
        self._remember_run()
        self._fill_table()
        self._show_selection()
        self._filling = False
        self._show_empty(found, total)
        self._show_heat_map()
        self._show_evidence()
        self._enable()

    def _remember_run(self) -> None:
        """Keep the probabilities of the last run, so that a changed value shows what it changed."""
        record = self.room.record
        runs = () if record is None else record.runs
        key = (self.room.cases.current_id, len(runs), runs[-1].started_at if runs else "")
        busy = self.room.run.state.busy and self.room.run.state.kind == "analyze"
        if key != self._run_key and not busy:
            self._run_key = key
            self._before = {}
            if self.room.cases.current_id:
                self._before = {row.id: row.probability for row in self.room.findings.rows()}

    def _fill_table(self) -> None:
        table = self.ui.findingsTable
        table.setHorizontalHeaderLabels([_("Finding"), _("Probability"), _("Status")])
        table.setRowCount(len(self._rows))
        for number, row in enumerate(self._rows):
            tip = spoken_row(row)
            name = set_cell(table, number, _NAME, name_cell(row), tip)
            set_cell(table, number, _PROBABILITY, self._bar(number).text, tip)
            set_cell(table, number, _STATUS, status_text(row.status), tip)
            font = name.font()
            font.setBold(bool(row.above) and row.status != "rejected")
            font.setStrikeOut(row.status == "rejected")
            name.setFont(font)
        header = table.horizontalHeader()
        metrics = qt.QFontMetrics(table.font)
        header.resizeSection(_PROBABILITY, metrics.horizontalAdvance(widest_bar_text()) + 10)
        table.resizeRowsToContents()
        fit_rows(table, _ROWS_SHOWN)
        table.setVisible(bool(self._rows))
        # The bars are drawn from the rows: cells whose text stayed the same may look different all the same.
        table.viewport().update()

    def _show_selection(self) -> None:
        table, selected = self.ui.findingsTable, self._selected_id()
        number = next((number for number, row in enumerate(self._rows) if row.id == selected), -1)
        if number < 0:
            table.setCurrentCell(-1, -1)
            table.clearSelection()
        elif table.currentRow() != number or not table.selectionModel().hasSelection:
            table.setCurrentCell(number, _NAME)

    def _show_empty(self, found: bool, total: int) -> None:
        refusal = self.room.run.refusal if found else ""
        if not found:
            text = _("Open images first.")
        elif refusal:
            text = _("{refusal} It states nothing about them.").format(refusal=refusal)
        elif total:
            text = _("No finding fits this choice; there are {count} in all.").format(count=total)
        elif self.room.record is not None and self.room.record.prediction is not None:
            text = _("The model states no findings for this case. You can add your own.")
        else:
            text = _("Not analyzed yet. You can add findings of your own.")
        self.ui.emptyLabel.setText(text)
        self.ui.emptyLabel.setVisible(bool(refusal) or not self._rows)

    def _show_heat_map(self) -> None:
        row = self._row()
        has_map = row is not None and bool(row.heat_map_id)
        check, slider = self.ui.heatMapCheck, self.ui.opacitySlider
        blocked = check.blockSignals(True), slider.blockSignals(True)
        check.setChecked(bool(self.room.evidence.visible))
        if not slider.isSliderDown():
            slider.setValue(round(100 * self.room.evidence.opacity))
        check.blockSignals(blocked[0])
        slider.blockSignals(blocked[1])
        slider.setEnabled(has_map)
        self.ui.opacityLabel.setText(f"{slider.value} %")
        tip = _("Show where the image speaks for the selected finding")
        if row is not None and not has_map:
            tip = _("The model gives no heat map for this finding")
        check.setToolTip(tip)

    def _show_evidence(self) -> None:
        row = self._row()
        self._evidence.show(row, None if row is None else self.room.findings.explain(row.id))

    def _enable(self) -> None:
        row = self._row()
        for name in ("acceptButton", "rejectButton", "editButton"):
            button = getattr(self.ui, name)
            button.setEnabled(row is not None)
        self.ui.addButton.setEnabled(bool(self.room.cases.current_id))
        self.ui.previousButton.setEnabled(bool(self._rows))
        self.ui.nextButton.setEnabled(bool(self._rows))
        self.ui.heatMapCheck.setEnabled(bool(self.room.cases.current_id))
        if self.ui.editFrame.isVisibleTo(self.widget) and (row is None or row.id != self._edited_id):
            self.cancel_edit()

    def _bar(self, number: int) -> Any:
        if number >= len(self._rows):
            return None
        row = self._rows[number]
        return bar_of(row, self._before.get(row.id))

    # ------------------------------------------------------------------ selecting

    def _selected_id(self) -> str:
        return str(self.room.findings.selected_id) if self.room.cases.current_id else ""

    def _row(self) -> Any:
        selected = self._selected_id()
        return next((row for row in self._rows if row.id == selected), None)

    def _row_changed(self, number: int, *_cell: int) -> None:
        if not self._filling and 0 <= number < len(self._rows):
            self._just_selected = True
            self._select(number)

    def _row_clicked(self, number: int, _column: int) -> None:
        """Jump again on a click on the row that is selected already; a new one has just jumped."""
        if not self._just_selected and 0 <= number < len(self._rows):
            self._select(number)
        self._just_selected = False

    def _select(self, number: int) -> None:
        self.attempt(self.room.findings.select, self._rows[number].id)
        self.refresh()

    def select_next(self) -> None:
        """Go to the next finding."""
        self._step(1)

    def select_previous(self) -> None:
        """Go to the finding before."""
        self._step(-1)

    def _step(self, by: int) -> None:
        if not self._rows:
            return
        selected = self._selected_id()
        ids = [row.id for row in self._rows]
        if selected in ids:
            number = min(max(ids.index(selected) + by, 0), len(ids) - 1)
        else:
            number = 0 if by > 0 else len(ids) - 1
        self._select(number)
        self._just_selected = False
        self.ui.findingsTable.scrollToItem(self.ui.findingsTable.item(number, _NAME))

    # ------------------------------------------------------------------ doing

    def actions(self) -> tuple[Action, ...]:
        """Return what can be done here."""
        return (
            Action("findings.accept", _("Accept finding"), "Shift+A", self.accept),
            Action("findings.reject", _("Reject finding"), "Shift+X", self.reject),
            Action("findings.edit", _("Edit finding…"), "Shift+E", self.edit),
            Action("findings.add", _("Add finding…"), "Shift+N", self.add),
            Action("findings.remove", _("Remove own finding"), "", self.remove),
            Action("findings.next", _("Next finding"), "Ctrl+Down", self.select_next),
            Action("findings.previous", _("Previous finding"), "Ctrl+Up", self.select_previous),
            Action("findings.heat_map", _("Show or hide the heat map"), "Shift+H", self.toggle_heat_map),
            Action("findings.more", _("Heat map more opaque"), "Ctrl+]", lambda: self.change_opacity(_STEP)),
            Action("findings.less", _("Heat map less opaque"), "Ctrl+[", lambda: self.change_opacity(-_STEP)),
        )

    def accept(self) -> None:
        """Accept the selected finding; a second time sets it back."""
        self._set_status("accepted")

    def reject(self) -> None:
        """Reject the selected finding; a second time sets it back."""
        self._set_status("rejected")

    def _set_status(self, status: str) -> None:
        row = self._required_row()
        if row is not None:
            self.attempt(
                self.room.findings.set_status, row.id, "proposed" if row.status == status else status
            )

    def _required_row(self) -> Any:
        row = self._row()
        if row is None:
            self.room.tell("info", _("Select a finding first."))
        return row

    def edit(self) -> None:
        """Open the fields for the selected finding."""
        row = self._required_row()
        if row is None:
            return
        self._edited_id = row.id
        self.ui.nameEdit.setText(row.name)
        self.ui.noteEdit.setText(row.note)
        combo = self.ui.sideCombo
        if combo.findData(row.laterality) < 0:
            combo.addItem(row.laterality, row.laterality)
        combo.setCurrentIndex(combo.findData(row.laterality))
        self.ui.editFrame.setVisible(True)
        self.ui.nameEdit.setFocus(qt.Qt.OtherFocusReason)
        self.ui.nameEdit.selectAll()

    def save_edit(self) -> None:
        """Store what was typed."""
        row, edited_id = self._row(), self._edited_id
        if row is None or row.id != edited_id:
            self.cancel_edit()
            return
        values = (self.ui.nameEdit.text.strip(), self.ui.sideCombo.currentData, self.ui.noteEdit.text.strip())
        if not values[0]:
            self.room.tell("error", _("A finding needs a name. Type one."))
            return
        before = (row.name, row.laterality, row.note)
        # What is as it was stays the model's.
        changed = [value if value != old else None for value, old in zip(values, before)]
        self.cancel_edit()
        if any(value is not None for value in changed):
            self.attempt(self.room.findings.edit, edited_id, *changed)

    def cancel_edit(self) -> None:
        """Close the fields."""
        self._edited_id = ""
        self.ui.editFrame.setVisible(False)
        self.ui.findingsTable.setFocus(qt.Qt.OtherFocusReason)

    def add(self) -> None:
        """Ask for a name and add a finding of the reader where the crosshair is."""
        if not self.room.cases.current_id:
            self.room.tell("info", _("Open images first."))
            return
        name = self.host.ask_text(_("Add finding"), _("Name of the finding"))
        if name is None or not name.strip():
            return
        found = self.attempt(self.room.findings.add, name.strip(), self.room.findings.picked())
        if found:
            self.attempt(self.room.findings.select, found)

    def remove(self) -> None:
        """Remove the selected finding, if it is the reader's own."""
        row = self._required_row()
        if row is not None:
            self.attempt(self.room.findings.remove, row.id)

    def toggle_heat_map(self) -> None:
        """Show or hide the heat map of the selected finding."""
        if self.room.cases.current_id:
            self.attempt(self.room.evidence.set_visible, not self.room.evidence.visible)
            self._show_heat_map()

    def _heat_map_clicked(self, shown: bool) -> None:
        self.attempt(self.room.evidence.set_visible, bool(shown))
        self._show_heat_map()

    def change_opacity(self, percent: int) -> None:
        """Make the heat map more or less opaque."""
        self.ui.opacitySlider.setValue(self.ui.opacitySlider.value + percent)

    def _opacity_moved(self, percent: int) -> None:
        self.ui.opacityLabel.setText(f"{percent} %")
        if self.room.cases.current_id:
            self.attempt(self.room.evidence.set_opacity, percent / 100)


def _fill(combo: Any, items: tuple[tuple[str, str], ...]) -> None:
    """Fill a combo box with data and text; what is selected stays selected."""
    texts = tuple(combo.itemText(number) for number in range(combo.count))
    if texts == tuple(text for _data, text in items):
        return
    current = combo.currentData
    blocked = combo.blockSignals(True)
    combo.clear()
    for data, text in items:
        combo.addItem(text, data)
    combo.setCurrentIndex(max(combo.findData(current), 0))
    combo.blockSignals(blocked)
