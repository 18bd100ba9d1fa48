"""Keys that may be a shortcut, told to a text field before the shortcut acts."""

from __future__ import annotations

from typing import Any

import qt

__all__ = ["BeforeShortcuts"]


class BeforeShortcuts(qt.QObject):
    """Calls ``field.on_left()`` before a shortcut acts: it shall find what was typed."""

    def __init__(self, field: Any) -> None:
        qt.QObject.__init__(self, field)
        self._field = field

    def eventFilter(self, _watched: Any, event: Any) -> bool:
        """Look only; the event goes on."""
        if event.type() == qt.QEvent.ShortcutOverride:
            held = int(qt.QApplication.keyboardModifiers())
            if held & int(qt.Qt.ControlModifier) or held & int(qt.Qt.AltModifier):
                self._field.on_left()
        return False
