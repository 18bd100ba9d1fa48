"""A list of a study protocol as a table: one row an entry, texts and choices in its cells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import qt

from .tables import fit_rows, prepare_table, set_cell

__all__ = ["Column", "RowsTable"]

_MOST_ROWS = 5


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Parameters
    ----------
    key : str
        Of the entry.
    title : str
    kind : str
        ``text``, ``number``, ``list`` (several, with semicolons between), ``choice`` or ``flag``.
    choices : tuple of (object, str)
        Values with their texts.
    """

    key: str
    title: str
    kind: str = "text"
    choices: tuple[tuple[Any, str], ...] = ()


class RowsTable:
    """Entries that are typed; what an entry has beyond the columns stays as it is.

    Parameters
    ----------
    table : QTableWidget
    columns : sequence of Column
    on_changed : callable
        Called after the reader changed a cell.
    """

    def __init__(self, table: Any, columns: Sequence[Column], on_changed: Callable[[], object]) -> None:
        self._table = table
        self._columns = tuple(columns)
        self._on_changed = on_changed
        self._entries: list[dict[str, Any]] = []
        self._combos: dict[tuple[int, int], Any] = {}
        self._filling = False
        prepare_table(table, len(self._columns))
        table.setHorizontalHeaderLabels([column.title for column in self._columns])
        table.connect("cellChanged(int,int)", self._cell_changed)

    def show(self, entries: Sequence[Any]) -> None:
        """Show entries in place of those before; what is no mapping is left out."""
        self._filling = True
        self._entries = [dict(item) for item in entries if isinstance(item, dict)]
        self._combos = {}
        # Emptied first: cells that hold a list of choices can not be filled with others.
        self._table.setRowCount(0)
        self._table.setRowCount(len(self._entries))
        for row, entry in enumerate(self._entries):
            for number, column in enumerate(self._columns):
                self._show_cell(row, number, column, entry.get(column.key))
        fit_rows(self._table, _MOST_ROWS)
        self._table.setVisible(bool(self._entries))
        self._filling = False

    def entries(self) -> list[dict[str, Any]]:
        """Return the entries as they are now, without what is empty."""
        return [self._entry(row) for row in range(len(self._entries))]

    def add(self, entry: dict[str, Any]) -> None:
        """Add an entry at the end, and put the cursor into it."""
        self.show([*self.entries(), entry])
        self._table.setCurrentCell(len(self._entries) - 1, 0)
        self._on_changed()

    def remove(self) -> None:
        """Remove the entry of the current row, else the last one."""
        entries = self.entries()
        if entries:
            row = int(self._table.currentRow())
            entries.pop(row if 0 <= row < len(entries) else -1)
            self.show(entries)
            self._on_changed()

    def _show_cell(self, row: int, number: int, column: Column, value: Any) -> None:
        if column.kind not in ("choice", "flag"):
            if column.kind == "list":
                text = "; ".join(map(str, value)) if isinstance(value, list) else ""
            else:
                text = "" if value is None else str(value)
            set_cell(self._table, row, number, text, text, True)
            return
        combo = qt.QComboBox(self._table)
        combo.setAccessibleName(column.title)
        for _value, text in column.choices:
            combo.addItem(text)
        values = [item for item, _text in column.choices]
        combo.setCurrentIndex(values.index(value) if value in values else 0)
        combo.connect("currentIndexChanged(int)", lambda _index: self._cell_changed())
        self._table.setCellWidget(row, number, combo)
        self._combos[(row, number)] = combo

    def _entry(self, row: int) -> dict[str, Any]:
        entry = dict(self._entries[row])
        for number, column in enumerate(self._columns):
            value = self._value(row, number, column)
            if value in (None, "", []) and column.kind != "flag":
                entry.pop(column.key, None)
            else:
                entry[column.key] = value
        return entry

    def _value(self, row: int, number: int, column: Column) -> Any:
        if column.kind in ("choice", "flag"):
            return column.choices[int(self._combos[(row, number)].currentIndex)][0]
        item = self._table.item(row, number)
        text = item.text().strip() if item else ""
        if column.kind == "list":
            return [part.strip() for part in text.split(";") if part.strip()]
        if column.kind == "number" and text:
            try:
                return float(text)
            except ValueError:
                # The check of the protocol says what is wrong with it, and where.
                return text
        return text

    def _cell_changed(self, *_cell: int) -> None:
        if not self._filling:
            self._on_changed()
