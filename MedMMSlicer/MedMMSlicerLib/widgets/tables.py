"""Small tables: cells that are changed in place, and a height that fits their rows."""

from __future__ import annotations

from typing import Any

import qt

__all__ = ["fit_rows", "prepare_table", "set_cell"]

_MOST = "mostRows"


def prepare_table(table: Any, columns: int) -> None:
    """Set up a table whose columns share the width of the panel, without scrolling sideways.

    Its rows are as high as their texts need, and it is as high as its rows (see `fit_rows`), also after the
    panel became wider or narrower.
    """
    table.setColumnCount(columns)
    table.verticalHeader().setVisible(False)
    header = table.horizontalHeader()
    header.setSectionResizeMode(qt.QHeaderView.Stretch)
    header.setMinimumSectionSize(20)
    header.setHighlightSections(False)
    table.setHorizontalScrollBarPolicy(qt.Qt.ScrollBarAlwaysOff)
    table.setSizePolicy(qt.QSizePolicy.Ignored, qt.QSizePolicy.Fixed)
    table.setMinimumWidth(60)
    # Many columns change at once, and rows must not change while they do: once, when that is over.
    later = qt.QTimer(table)
    later.setSingleShot(True)
    later.setInterval(0)
    later.connect("timeout()", lambda: _fit_again(table))
    header.connect("sectionResized(int,int,int)", lambda *_sizes: later.start())


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
    """Make rows as high as their texts, and the table as high as its rows, at most ``most`` of them."""
    table.setProperty(_MOST, most)
    table.resizeRowsToContents()
    rows = sum(table.rowHeight(row) for row in range(min(table.rowCount, most)))
    header = table.horizontalHeader()
    head = header.property("sizeHint").height() if header.isVisibleTo(table) else 0
    table.setFixedHeight(rows + head + 2 * table.frameWidth + 2)


def _fit_again(table: Any) -> None:
    most = table.property(_MOST)
    if most:
        fit_rows(table, most)
