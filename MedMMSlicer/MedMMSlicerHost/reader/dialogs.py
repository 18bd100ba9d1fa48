"""The reader's own small windows: preferences, keys, about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from MedMMSlicerLib.widgets import translation

from .actions import ActionTable
from .help_windows import AboutDialog, KeyboardDialog
from .preferences import DEVICES, Preferences, PreferencesDialog
from .theme import THEMES
from .words import _

__all__ = ["Dialogs"]


class Dialogs:
    """Opens them; each stays until it is closed, and the reader goes on working.

    Parameters
    ----------
    window : QMainWindow
    preferences : Preferences
    choose : mapping of str to callable
        ``language``, ``theme`` and ``device`` to what a choice does.

    Attributes
    ----------
    preferences_dialog, keyboard_dialog, about_dialog
        The last ones that were opened, None before.
    """

    def __init__(
        self, window: Any, preferences: Preferences, choose: Mapping[str, Callable[[str], object]]
    ) -> None:
        self._window = window
        self._preferences = preferences
        self._choose = choose
        self.table: ActionTable | None = None
        self.preferences_dialog: PreferencesDialog | None = None
        self.keyboard_dialog: KeyboardDialog | None = None
        self.about_dialog: AboutDialog | None = None

    def show_preferences(self) -> None:
        """Open the preferences."""
        names = {"system": _("As the system"), "light": _("Light"), "dark": _("Dark")}
        devices = {"auto": _("Automatic"), "cpu": _("Processor (CPU)"), "cuda": _("Graphics card (CUDA)")}
        choices = {
            "language": (dict(translation.LANGUAGES), translation.language()),
            "theme": ({name: names[name] for name in THEMES}, self._preferences.theme),
            "device": ({name: devices[name] for name in DEVICES}, self._preferences.device),
        }
        self.preferences_dialog = PreferencesDialog(
            self._window, choices, lambda name, value: self._choose[name](value)
        )
        self.preferences_dialog.open()

    def show_keyboard(self) -> None:
        """Open the list of keys and of what the mouse does."""
        assert self.table is not None
        self.keyboard_dialog = KeyboardDialog(self._window, self.table)
        self.keyboard_dialog.open()

    def show_about(self) -> None:
        """Say what this is, and that it is for research."""
        self.about_dialog = AboutDialog(self._window)
        self.about_dialog.open()
