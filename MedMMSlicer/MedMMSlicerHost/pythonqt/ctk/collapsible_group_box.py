"""`ctkCollapsibleGroupBox`: a group box whose title shows and hides what is in it."""

from __future__ import annotations

from typing import Any

import qt
from PySide6 import QtCore

__all__ = ["ctkCollapsibleGroupBox"]

_UNLIMITED = 16777215
"""Qt's QWIDGETSIZE_MAX."""


class ctkCollapsibleGroupBox(qt.QGroupBox):
    """A group box with a check mark that collapses it."""

    def __init__(self, *args: Any) -> None:
        qt.QGroupBox.__init__(self, *args)
        self.checkable = True
        self.checked = True
        self.toggled.connect(self._show)

    def _show(self, checked: bool) -> None:
        for child in self.children():
            if child.inherits("QWidget"):
                child.setVisible(checked)
        self.setMaximumHeight(_UNLIMITED if checked else self.fontMetrics().height() + 8)

    def _get_collapsed(self) -> bool:
        return not self.checked

    def _set_collapsed(self, collapsed: bool) -> None:
        self.checked = not collapsed

    collapsed = QtCore.Property(bool, _get_collapsed, _set_collapsed)
