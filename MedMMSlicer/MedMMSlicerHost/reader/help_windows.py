"""Keys and mouse as a list, and what this program is."""

from __future__ import annotations

from typing import Any

import qt
from MedMMSlicerLib import __version__

from .actions import SPECIFICATIONS, ActionTable
from .words import _

__all__ = ["AboutDialog", "KeyboardDialog"]

_MOUSE = (
    ("Left button", "Window and level, or what is chosen in the tool bar"),
    ("Middle button, or Shift and left button", "Move the picture"),
    ("Right button, or Ctrl and left button", "Zoom"),
    ("Wheel", "Scroll; zoom where there is one slice"),
    ("Ctrl and wheel", "Zoom at the mouse"),
    ("Shift and move", "Show this place in all views"),
    ("Double click", "Show the view alone, or all again"),
    ("Right click", "Menu of the view"),
)


class KeyboardDialog:
    """A table of what mouse and keys do.

    Attributes
    ----------
    dialog : QDialog
    table : QTableWidget
    """

    def __init__(self, parent: Any, table: ActionTable) -> None:
        self.dialog = qt.QDialog(parent)
        self.dialog.setWindowTitle(_("Keyboard and mouse"))
        self.dialog.resize(620, 640)
        rows = [(_(left), _(right)) for left, right in _MOUSE]
        for item in SPECIFICATIONS:
            if item.shortcut:
                text = _(item.text).replace("&", "")
                rows.append((_native(item.shortcut), text))
        for action in table.menus["reading"].actions():
            # The panel's own keys.
            key = str(action.property("shortcut").toString(qt.QKeySequence.NativeText))
            if key:
                rows.append((key, str(action.property("text"))))
        self.table = qt.QTableWidget(len(rows), 2)
        self.table.setHorizontalHeaderLabels([_("Mouse or key"), _("What it does")])
        self.table.verticalHeader().setVisible(False)
        self.table.setEditTriggers(qt.QAbstractItemView.NoEditTriggers)
        self.table.setTabKeyNavigation(False)
        for row, texts in enumerate(rows):
            for column, text in enumerate(texts):
                self.table.setItem(row, column, qt.QTableWidgetItem(text))
        self.table.resizeColumnsToContents()
        self.table.horizontalHeader().setStretchLastSection(True)
        column = qt.QVBoxLayout(self.dialog)
        column.addWidget(self.table)

    def open(self) -> None:
        """Show it; the reader goes on working."""
        self.dialog.show()
        self.dialog.raise_()


class AboutDialog:
    """What this is.

    Attributes
    ----------
    dialog : QDialog
    """

    def __init__(self, parent: Any) -> None:
        self.dialog = qt.QDialog(parent)
        self.dialog.setWindowTitle(_("About MedMM"))
        label = qt.QLabel(
            "<h3>MedMM {version}</h3><p>{what}</p><p><b>{notice}</b></p>"
            "<p>{local}</p><p>{license}</p>".format(
                version=__version__,
                what=_("AI-assisted reading of medical images, on this computer."),
                notice=_("Research use only. Not for clinical diagnosis."),
                local=_("Nothing leaves this computer."),
                license=_(
                    "Apache License 2.0. Built on 3D Slicer, VTK, Qt, SimpleITK and ONNX Runtime. Each model "
                    "states its own license and intended use."
                ),
            )
        )
        label.setWordWrap(True)
        label.setMinimumWidth(380)
        column = qt.QVBoxLayout(self.dialog)
        column.addWidget(label)
        button = qt.QPushButton(_("Close"))
        button.connect("clicked()", self.dialog.close)
        column.addWidget(button)

    def open(self) -> None:
        """Show it."""
        self.dialog.show()
        self.dialog.raise_()


def _native(shortcut: str) -> str:
    return str(qt.QKeySequence(shortcut).toString(qt.QKeySequence.NativeText))
