"""`ctkMessageBox`: a message box that can be told not to come again."""

from __future__ import annotations

from typing import Any

import qt
from PySide6 import QtCore

__all__ = ["ctkMessageBox"]


class ctkMessageBox(qt.QMessageBox):
    """A message box with a check box whose state is kept in the settings under a key."""

    def __init__(self, *args: Any) -> None:
        qt.QMessageBox.__init__(self, *args)
        self._key = ""
        self._check_box: Any = None

    def _get_visible(self) -> bool:
        return self._check_box is not None

    def _set_visible(self, visible: bool) -> None:
        self._check_box = qt.QCheckBox("Don't show this message again", self) if visible else None
        self.setCheckBox(self._check_box)

    def _get_show_again(self) -> bool:
        return bool(self._check_box is not None and self._check_box.checked)

    def _set_show_again(self, checked: bool) -> None:
        if self._check_box is not None:
            self._check_box.checked = checked

    def _get_key(self) -> str:
        return self._key

    def _set_key(self, key: str) -> None:
        self._key = key

    dontShowAgainVisible = QtCore.Property(bool, _get_visible, _set_visible)
    dontShowAgain = QtCore.Property(bool, _get_show_again, _set_show_again)
    dontShowAgainSettingsKey = QtCore.Property(str, _get_key, _set_key)
