"""`ctkPathLineEdit`: a line for a path, with a button that browses."""

from __future__ import annotations

from typing import Any

import qt
from PySide6 import QtCore

__all__ = ["ctkPathLineEdit"]


class ctkPathLineEdit(qt.QWidget):
    """A path that can be typed or browsed for."""

    currentPathChanged = QtCore.Signal(str)

    def __init__(self, *args: Any) -> None:
        qt.QWidget.__init__(self, *args)
        layout = qt.QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self._line = qt.QLineEdit(self)
        self._button = qt.QToolButton(self)
        self._button.text = "..."
        layout.addWidget(self._line, 1)
        layout.addWidget(self._button)
        self._line.textChanged.connect(self._announce)
        self._button.clicked.connect(self._browse)

    def _announce(self, text: str) -> None:
        self.currentPathChanged.emit(text)

    def _browse(self, *_: Any) -> None:
        path = qt.QFileDialog.getOpenFileName(self, "", self._line.text)
        if path:
            self._line.text = path

    def _get_path(self) -> str:
        return str(self._line.text)

    def _set_path(self, path: str) -> None:
        self._line.text = path

    currentPath = QtCore.Property(str, _get_path, _set_path)
