"""What the window remembers between sessions: marks of the menus, size and place of everything."""

from __future__ import annotations

from typing import Any

import qt

from .actions import ActionTable
from .docks import PANEL_WIDTH, Docks
from .preferences import Preferences

__all__ = ["WindowMemory"]

_STATE_VERSION = 1
"""Another number when docks or tool bars change their names: an older state is then not used."""

_SIZE = (1360, 860)
_CASES_WIDTH = 230
_MARKS = {
    "view.link": False,
    "view.interpolate": True,
    "view.crosshair": False,
    "view.letters": True,
    "view.corners": True,
    "view.surfaces": True,
    "view.planes": False,
}
"""Marks that are remembered, with what they are at first. The patient's name is hidden at every start."""


class WindowMemory:
    """Restores and keeps what `preferences` hold of a window."""

    def __init__(self, window: Any, table: ActionTable, preferences: Preferences) -> None:
        self._window = window
        self._table = table
        self._preferences = preferences

    def restore_marks(self) -> None:
        """Set the marks of the menus; nothing is triggered."""
        for name, default in _MARKS.items():
            self._table.check(name, self._preferences.flag(name, default))

    def restore_window(self, docks: Docks) -> None:
        """Give window and docks their size and place; the editor is closed at every start."""
        self._window.resize(*_SIZE)
        self._window.resizeDocks((docks.panel,), (PANEL_WIDTH + 20,), qt.Qt.Horizontal)
        self._window.resizeDocks((docks.cases,), (_CASES_WIDTH,), qt.Qt.Horizontal)
        geometry, state = self._preferences.data("geometry"), self._preferences.data("state")
        if geometry and state:
            self._window.restoreGeometry(geometry)
            self._window.restoreState(state, _STATE_VERSION)
        docks.editor.hide()

    def keep(self) -> None:
        """Remember everything."""
        for name in _MARKS:
            self._preferences.set(name, self._table.is_checked(name))
        self._preferences.set("geometry", self._window.saveGeometry())
        self._preferences.set("state", self._window.saveState(_STATE_VERSION))
