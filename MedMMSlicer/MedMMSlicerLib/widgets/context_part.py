"""The clinical context: age, sex, view, texts, and the laboratory table."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import qt

from ..errors import InputError
from .part import Action, Part
from .tables import fit_rows, prepare_table, set_cell
from .translation import _

__all__ = ["ContextPart"]

_NAME, _VALUE, _UNIT, _REFERENCE = range(4)
_MOST_ROWS = 9
_VIEWS = ("PA", "AP", "LATERAL")
_ADDED = re.compile(
    r"^\s*(?P<name>.*?\S)[\s:=]+(?P<value>[<>≤≥]*\s*[-+]?\d[\d.,]*(?:[eE][-+]?\d+)?)\s*(?P<unit>\S.*)?$"
)


class ContextPart(Part):
    """What is known beside the images; every change goes to the room at once."""

    ui_name = "Context"
    topics = ("case", "bundle", "context")

    def __init__(self, room: Any, host: Any) -> None:
        super().__init__(room, host)
        self._rows: tuple[Any, ...] = ()
        self._filling = False
        self._shown_case = ""
        self._prepare_fields()
        self._prepare_table()
        for button, action in (
            (self.ui.pasteButton, self.paste),
            (self.ui.importButton, self.import_file),
            (self.ui.addButton, self.add_value),
            (self.ui.removeButton, self.remove_value),
        ):
            button.connect("clicked()", action)

    def _prepare_fields(self) -> None:
        metrics = qt.QFontMetrics(self.widget.font)
        self.ui.indicationEdit.setFixedHeight(int(metrics.lineSpacing() * 2.8))
        self.ui.historyEdit.setFixedHeight(int(metrics.lineSpacing() * 3.8))
        self.ui.ageEdit.connect("textEdited(QString)", self._age_typed)
        self.ui.ageEdit.connect("editingFinished()", self._age_finished)
        self.ui.sexCombo.connect("activated(int)", self._sex_chosen)
        self.ui.viewCombo.connect("activated(int)", self._view_chosen)
        self.ui.indicationEdit.connect("textChanged()", self._indication_typed)
        self.ui.historyEdit.connect("textChanged()", self._history_typed)

    def _prepare_table(self) -> None:
        table = self.ui.laboratoryTable
        prepare_table(table, 4)
        table.connect("cellChanged(int,int)", self._cell_changed)
        table.connect("currentCellChanged(int,int,int,int)", self._show_note)
        # Only while the table has the focus: text fields paste by themselves. Keys as text: from a standard
        # key PythonQt would make the key with that number.
        self._paste_key = qt.QShortcut(qt.QKeySequence("Ctrl+V"), table)
        self._paste_key.setContext(qt.Qt.WidgetShortcut)
        self._paste_key.connect("activated()", self.paste)
        self._delete_key = qt.QShortcut(qt.QKeySequence("Del"), table)
        self._delete_key.setContext(qt.Qt.WidgetShortcut)
        self._delete_key.connect("activated()", self.remove_value)

    # ------------------------------------------------------------------ showing

    def refresh(self) -> None:
        """Show the context of the current case."""
        open_case = bool(self.room.cases.current_id)
        for child in (self.ui.factsForm, self.ui.indicationEdit, self.ui.historyEdit):
            child.setEnabled(open_case)
        for child in (self.ui.laboratoryTable, self.ui.laboratoryButtons):
            child.setEnabled(open_case)
        self._filling = True
        self._refresh_fields()
        self._refresh_table()
        self._filling = False
        remarks = self.room.context.remarks() if open_case else ()
        self.ui.remarksLabel.setTextFormat(qt.Qt.PlainText)
        self.ui.remarksLabel.setText("\n".join(f"⚠ {remark}" for remark in remarks))
        self.ui.remarksLabel.setVisible(bool(remarks))
        self._show_note()

    def _refresh_fields(self) -> None:
        facts = self.room.context.facts if self.room.cases.current_id else None
        same_case = self._shown_case == self.room.cases.current_id
        self._shown_case = self.room.cases.current_id
        for field, text in (
            (self.ui.ageEdit, facts.age_text if facts else ""),
            (self.ui.indicationEdit, facts.indication if facts else ""),
            (self.ui.historyEdit, facts.history if facts else ""),
        ):
            # A field in which somebody types is left alone: emptied, it would refill from the image header.
            if not (same_case and field.focus):
                _set_text(field, text)
        sexes = (("", _("not stated")), ("F", _("female")), ("M", _("male")), ("O", _("other")))
        _fill(self.ui.sexCombo, sexes, facts.sex_text if facts else "")
        views = (("", _("not stated")), *((view, _view_text(view)) for view in _VIEWS))
        _fill(self.ui.viewCombo, views, facts.view_text if facts else "")
        lines = [f"✖ {_fact_name(name)}: {text}" for name, text in facts.problems] if facts else []
        if facts and facts.from_header:
            names = ", ".join(_fact_name(name) for name in facts.from_header)
            lines.append(_("From the image header: {names}").format(names=names))
        self.ui.factsProblemLabel.setTextFormat(qt.Qt.PlainText)
        self.ui.factsProblemLabel.setText("\n".join(lines))
        self.ui.factsProblemLabel.setVisible(bool(lines))

    def _refresh_table(self) -> None:
        table = self.ui.laboratoryTable
        self._rows = self.room.context.rows() if self.room.cases.current_id else ()
        table.setHorizontalHeaderLabels([_("Name"), _("Value"), _("Unit"), _("Reference")])
        table.setRowCount(len(self._rows))
        for row, item in enumerate(self._rows):
            used = _("read by the model") if item.used_by_model else ""
            tip = " ".join(part for part in (item.note, used) if part)
            name = f"◆ {item.label}" if item.used_by_model else item.label
            set_cell(table, row, _NAME, name, tip)
            cell = set_cell(table, row, _VALUE, item.text, tip, True)
            cell.setData(qt.Qt.TextAlignmentRole, qt.Qt.AlignRight | qt.Qt.AlignVCenter)
            set_cell(table, row, _UNIT, item.unit, tip, True)
            reference = "\n".join(part for part in (item.reference_text, _flag_text(item.flag)) if part)
            mark = set_cell(table, row, _REFERENCE, reference, tip)
            for cell in (table.item(row, _VALUE), mark):
                font = cell.font()
                font.setBold(item.flag in ("low", "high", "invalid"))
                cell.setFont(font)
        self._fit_columns()
        fit_rows(table, _MOST_ROWS)
        table.setVisible(bool(self._rows))

    def _fit_columns(self) -> None:
        header = self.ui.laboratoryTable.horizontalHeader()
        header.setSectionResizeMode(qt.QHeaderView.ResizeToContents)
        header.setSectionResizeMode(_NAME, qt.QHeaderView.Stretch)

    def _show_note(self, *_cell: object) -> None:
        row = self._selected()
        parts = []
        if row is not None:
            parts = [row.label, _flag_words(row.flag), row.note]
        elif any(item.used_by_model for item in self._rows):
            missing = sum(item.used_by_model and item.flag in ("missing", "invalid") for item in self._rows)
            parts = [_("◆ read by the model; missing: {count}").format(count=missing)]
        elif self.room.cases.current_id and not self._rows:
            parts = [_("None yet: paste rows from a spreadsheet, import a file or add a value.")]
        self.ui.rowNoteLabel.setTextFormat(qt.Qt.PlainText)
        self.ui.rowNoteLabel.setText(" · ".join(part for part in parts if part))
        self.ui.rowNoteLabel.setVisible(bool(parts))
        self.ui.removeButton.setEnabled(row is not None and row.flag != "missing")

    def _selected(self) -> Any:
        row = self.ui.laboratoryTable.currentRow()
        return self._rows[row] if 0 <= row < len(self._rows) else None

    # ------------------------------------------------------------------ doing

    def actions(self) -> tuple[Action, ...]:
        """Return what can be done here."""
        return (
            Action("context.paste", _("Paste laboratory values"), "Ctrl+Shift+V", self.paste),
            Action("context.import", _("Import laboratory values…"), "Ctrl+Shift+I", self.import_file),
            Action("context.add", _("Add value…"), "Ctrl+Shift+L", self.add_value),
            Action("context.remove", _("Remove value"), "", self.remove_value),
        )

    def paste(self) -> None:
        """Read rows of a spreadsheet from the clipboard."""
        if not self._has_case():
            return
        text = qt.QApplication.clipboard().text()
        if not text.strip():
            self.room.tell("info", _("The clipboard holds no text. Copy rows of a spreadsheet first."))
            return
        self._told(self.attempt(self.room.context.paste, text))

    def import_file(self) -> None:
        """Ask for a CSV, FHIR or JSON file and read it."""
        if not self._has_case():
            return
        paths = self.host.ask_files(_("Import laboratory values"))
        if paths:
            self._told(self.attempt(self.room.context.import_file, Path(paths[0])))

    def _has_case(self) -> bool:
        if not self.room.cases.current_id:
            self.room.tell("info", _("No case is open"))
        return bool(self.room.cases.current_id)

    def _told(self, remarks: tuple[str, ...] | None) -> None:
        if remarks:
            self.room.tell("warning", " ".join(remarks))

    def add_value(self) -> None:
        """Ask for a laboratory value in one line."""
        if not self._has_case():
            return
        label = _("Name, value and unit, for example: CRP 12 mg/L")
        text = self.host.ask_text(_("Add laboratory value"), label)
        if text is None or not text.strip():
            return
        found = _ADDED.match(text)
        if found is None:
            self.room.tell(
                "error", _("'{text}' is no name with a value. {advice}").format(text=text, advice=label)
            )
            return
        value = "".join(found["value"].split())
        self.attempt(self.room.context.set_value, found["name"], value, (found["unit"] or "").strip())

    def remove_value(self) -> None:
        """Remove the selected laboratory value."""
        row = self._selected()
        if row is None:
            self.room.tell("info", _("Select a laboratory value first."))
            return
        self.attempt(self.room.context.remove, row.name)

    def _cell_changed(self, row: int, column: int) -> None:
        if self._filling or column not in (_VALUE, _UNIT) or row >= len(self._rows):
            return
        table = self.ui.laboratoryTable
        name = self._rows[row].name
        text, unit = table.item(row, _VALUE).text().strip(), table.item(row, _UNIT).text().strip()
        # The editor of the cell is still open here, and the room's answer rebuilds the table: let it close.
        qt.QTimer.singleShot(0, lambda: self.attempt(self.room.context.set_value, name, text, unit))

    def _typed(self, setter: Callable[[str], None], text: str) -> None:
        if self._filling or not self.room.cases.current_id:
            return
        try:
            setter(text)
        except InputError:
            # The text is kept, and the room's facts say what is wrong with it, beside the field.
            self.refresh()

    def _age_typed(self, text: str) -> None:
        self._typed(self.room.context.set_age, text)

    def _age_finished(self) -> None:
        facts = self.room.context.facts if self.room.cases.current_id else None
        _set_text(self.ui.ageEdit, facts.age_text if facts else "")

    def _sex_chosen(self, index: int) -> None:
        self._typed(self.room.context.set_sex, self.ui.sexCombo.itemData(index))

    def _view_chosen(self, index: int) -> None:
        self._typed(self.room.context.set_view, self.ui.viewCombo.itemData(index))

    def _indication_typed(self) -> None:
        self._typed(self.room.context.set_indication, self.ui.indicationEdit.plainText)

    def _history_typed(self) -> None:
        self._typed(self.room.context.set_history, self.ui.historyEdit.plainText)


def _set_text(field: Any, text: str) -> None:
    """Write a text field without moving the cursor of a reader who types the same text."""
    plain = field.inherits("QPlainTextEdit")
    if (field.plainText if plain else field.text) == text:
        return
    blocked = field.blockSignals(True)
    if plain:
        field.setPlainText(text)
    else:
        field.setText(text)
    field.blockSignals(blocked)


def _fill(combo: Any, items: tuple[tuple[str, str], ...], current: str) -> None:
    """Fill a combo box with data and text; a value that is no choice is added as it stands."""
    blocked = combo.blockSignals(True)
    combo.clear()
    for data, text in items:
        combo.addItem(text, data)
    if combo.findData(current) < 0:
        combo.addItem(current, current)
    combo.setCurrentIndex(combo.findData(current))
    combo.blockSignals(blocked)


def _view_text(view: str) -> str:
    return _("lateral") if view == "LATERAL" else view


def _fact_name(name: str) -> str:
    names = {
        "age": _("age"),
        "age_years": _("age"),
        "sex": _("sex"),
        "view": _("view"),
        "indication": _("indication"),
        "history": _("history"),
    }
    return names.get(name, name)


def _flag_text(flag: str) -> str:
    symbol = {"low": "▼", "high": "▲", "missing": "○", "invalid": "✖"}.get(flag, "")
    return f"{symbol} {_flag_name(flag)}" if symbol else ""


def _flag_name(flag: str) -> str:
    names = {"low": _("low"), "high": _("high"), "missing": _("missing"), "invalid": _("invalid")}
    return names.get(flag, flag)


def _flag_words(flag: str) -> str:
    words = {
        "low": _("below the reference range"),
        "high": _("above the reference range"),
        "missing": _("missing: the model does without it"),
        "invalid": _("not used"),
    }
    return words.get(flag, "")
