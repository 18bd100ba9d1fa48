"""The keyboard: one QAction for everything that the parts can do, for menus and for keys alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import qt

from .part import Action

__all__ = ["Hotkeys", "conflicts", "key_text"]


def conflicts(actions: Sequence[Action]) -> tuple[str, ...]:
    """One sentence for each key, or id, that two actions ask for."""
    found: list[str] = []
    keys: dict[str, str] = {}
    ids: set[str] = set()
    for action in actions:
        if action.id in ids:
            found.append(f"Two actions are called {action.id}.")
        ids.add(action.id)
        key = qt.QKeySequence(action.shortcut).toString() if action.shortcut else ""
        if key and key in keys:
            found.append(f"{key} is asked for by {keys[key]} and {action.id}.")
        elif key:
            keys[key] = action.id
        elif action.shortcut:
            found.append(f"{action.shortcut} of {action.id} is no key.")
    return tuple(found)


def key_text(shortcut: str) -> str:
    """Write a key as this platform does."""
    return str(qt.QKeySequence(shortcut).toString(qt.QKeySequence.NativeText)) if shortcut else ""


class Hotkeys:
    """The actions of all parts on one widget; their keys work in its whole window while it is visible.

    Single letters do not disturb typing: a text field takes them before a shortcut does.

    Parameters
    ----------
    widget : QWidget
        The panel.
    actions : sequence of Action
    """

    def __init__(self, widget: Any, actions: Sequence[Action]) -> None:
        self._widget = widget
        self.actions = tuple(actions)
        self._made: dict[str, Any] = {}
        for action in self.actions:
            self._made[action.id] = self._make(action)

    def qactions(self) -> tuple[Any, ...]:
        """Return the same QAction objects for a menu, so that no key is registered twice."""
        return tuple(self._made.values())

    def qaction(self, action_id: str) -> Any:
        """Return the QAction of one action."""
        return self._made[action_id]

    def fill(self, menu: Any, wanted: Callable[[str], bool] = lambda _part: True) -> None:
        """Put the actions of the wanted parts into a menu, with a separator between the parts."""
        previous = ""
        for action in self.actions:
            part = action.id.split(".")[0]
            if not wanted(part):
                continue
            if previous not in ("", part):
                menu.addSeparator()
            previous = part
            menu.addAction(self._made[action.id])

    def retranslate(self, actions: Sequence[Action]) -> None:
        """Take the texts of ``actions`` over after the language changed."""
        self.actions = tuple(actions)
        for action in self.actions:
            self._made[action.id].setText(action.text)

    def cleanup(self) -> None:
        """Take the keys away."""
        for made in self._made.values():
            # Deleting takes until the next turn of the event loop; until then its key would still count.
            made.setEnabled(False)
            self._widget.removeAction(made)
            made.deleteLater()
        self._made = {}

    def _make(self, action: Action) -> Any:
        made = qt.QAction(action.text, self._widget)
        made.setObjectName(action.id)
        if action.shortcut:
            made.setShortcut(qt.QKeySequence(action.shortcut))
        made.connect("triggered()", action.run)
        self._widget.addAction(made)
        return made
