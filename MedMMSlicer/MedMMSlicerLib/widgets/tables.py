"""Small tables: cells that are changed in place, and a height that fits their rows."""

# ruff: noqa: TID251 - widgets live inside Slicer

from __future__ import annotations

from typing import Any

import qt

__all__ = ["fit_rows", "prepare_table", "set_cell"]


def prepare_table(table: Any, columns: int) -> None:
    """Set up a table whose columns share the width of the panel, without scrolling sideways."""
    table.setColumnCount(columns)
    table.verticalHeader().setVisible(False)
    header = table.horizontalHeader()
    header.setSectionResizeMode(qt.QHeaderView.Stretch)
    header.setMinimumSectionSize(20)
    header.setHighlightSections(False)
    table.setHorizontalScrollBarPolicy(qt.Qt.ScrollBarAlwaysOff)
    table.setSizePolicy(qt.QSizePolicy.Ignored, qt.QSizePolicy.Fixed)
    table.setMinimumWidth(60)


def set_cell(table: Any, row: int, column: int, text: str, tip: str = "", editable: bool = False) -> Any:
    """Write a cell; an item that is there is kept, so that a change during editing does no harm."""
    item = table.item(row, column)
    if item is None:
        item = qt.QTableWidgetItem()
        table.setItem(row, column, item)
    if item.text() != text:
        item.setText(text)
    if item.toolTip() != tip:
        item.setToolTip(tip)
    flags = qt.Qt.ItemIsEnabled | qt.Qt.ItemIsSelectable
    item.setFlags(flags | qt.Qt.ItemIsEditable if editable else flags)
    return item


def fit_rows(table: Any, most: int) -> None:
    """Make a table as high as its rows, at most ``most`` of them; it scrolls beyond."""
    shown = range(min(table.rowCount, most))
    rows = sum(table.rowHeight(row) for row in shown)
    header = table.horizontalHeader()
    head = header.sizeHint.height() if header.isVisibleTo(table) else 0
    table.setFixedHeight(rows + head + 2 * table.frameWidth + 2)
