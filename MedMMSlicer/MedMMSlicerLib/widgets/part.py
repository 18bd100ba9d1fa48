"""What all parts of the panel share: their ``.ui`` file, and what happens when the room refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import slicer

from ..errors import InputError, MedMMError
from ..samples import shipped_folder
from .translation import retranslate
from .wheel_guard import WheelGuard

__all__ = ["Action", "Part", "load_ui"]


class Action(NamedTuple):
    """Something the reader can do, for the menu and the keyboard; ``shortcut`` as Qt writes it, or empty."""

    id: str
    text: str
    shortcut: str
    run: Callable[[], object]


def load_ui(name: str) -> Any:
    """Load ``Resources/UI/<name>.ui``, translated.

    Raises
    ------
    InputError
        If it is missing: the installation is incomplete.
    """
    folder = shipped_folder("UI")
    if folder is None:
        raise InputError("Resources/UI is missing from this installation. Install MedMM again.")
    widget = slicer.util.loadUI(str(folder / f"{name}.ui"))
    retranslate(widget)
    return widget


class Part:
    """One part of the panel.

    Attributes
    ----------
    ui_name : str
        Its file in ``Resources/UI``.
    topics : tuple of str
        What of the room it shows; the panel calls `refresh` when one of them changed.
    widget : QWidget
    ui : object
        Its children as attributes, by their names.
    wheel_guard : WheelGuard
        Of its fields.
    """

    ui_name = ""
    topics: tuple[str, ...] = ()

    def __init__(self, room: Any, host: Any) -> None:
        self.room = room
        self.host = host
        self.widget = load_ui(self.ui_name)
        self.ui = slicer.util.childWidgetVariables(self.widget)
        self.wheel_guard = WheelGuard(self.widget)

    def refresh(self) -> None:
        """Show what the room says now."""

    def cleanup(self) -> None:
        """Let go of timers and of the scene."""

    def actions(self) -> tuple[Action, ...]:
        """Return what can be done here."""
        return ()

    def attempt(self, action: Callable[..., Any], *arguments: Any) -> Any:
        """Call the room; a refusal goes to the message bar, and None comes back."""
        try:
            return action(*arguments)
        except MedMMError as error:
            self.room.tell("error", error)
        return None
