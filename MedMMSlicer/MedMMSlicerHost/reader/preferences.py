"""What the reader remembers between sessions, and the window in which it is chosen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import qt

from .theme import THEMES
from .words import _

__all__ = ["DEVICES", "Preferences", "PreferencesDialog", "StoredTexts"]

DEVICES = ("auto", "cpu", "cuda")
_PREFIX = "reader/"


class Preferences:
    """Typed access to QSettings.

    Parameters
    ----------
    store : QSettings
        Where they are kept; a test gives one of its own file.
    """

    def __init__(self, store: Any) -> None:
        self.store = store

    def text(self, name: str, default: str = "", allowed: tuple[str, ...] = ()) -> str:
        """Return a text; ``default`` if it is missing or not among ``allowed``."""
        value = str(self.store.value(_PREFIX + name, default) or default)
        return value if not allowed or value in allowed else default

    def flag(self, name: str, default: bool) -> bool:
        """Return a yes or no."""
        # Files keep words, the registry numbers.
        value = str(self.store.value(_PREFIX + name, default)).lower()
        return value in ("true", "1")

    def data(self, name: str) -> Any:
        """Return bytes as Qt stored them, None if there are none."""
        return self.store.value(_PREFIX + name)

    def set(self, name: str, value: Any) -> None:
        """Remember a value."""
        self.store.setValue(_PREFIX + name, value)

    @property
    def theme(self) -> str:
        """One of `theme.THEMES`."""
        return self.text("theme", "system", THEMES)

    @property
    def device(self) -> str:
        """One of `DEVICES`."""
        return self.text("device", "auto", DEVICES)


class StoredTexts:
    """The same store for the reading room, see `reading.settings.Settings`."""

    def __init__(self, store: Any, prefix: str = "room/") -> None:
        self._store, self._prefix = store, prefix

    def get(self, key: str) -> str:
        """Return the text of ``key``, empty if there is none."""
        return str(self._store.value(self._prefix + key, "") or "")

    def set(self, key: str, value: str) -> None:
        """Store a text; an empty one removes the key."""
        if value:
            self._store.setValue(self._prefix + key, value)
        else:
            self._store.remove(self._prefix + key)


class PreferencesDialog:
    """Language, theme and device; each choice counts at once.

    Attributes
    ----------
    dialog : QDialog
    language, theme, device : QComboBox
    """

    def __init__(self, parent: Any, choices: dict[str, tuple[dict[str, str], str]], on_choice: Any) -> None:
        self.dialog = qt.QDialog(parent)
        self.dialog.setWindowTitle(_("Preferences"))
        self._on_choice: Callable[[str, str], object] = on_choice
        form = qt.QFormLayout()
        labels = {"language": _("Language"), "theme": _("Appearance"), "device": _("Device for analysis")}
        self._combos = {name: self._combo(name, *choices[name]) for name in labels}
        for name, label in labels.items():
            form.addRow(label, self._combos[name])
        self.language, self.theme, self.device = (self._combos[name] for name in labels)
        column = qt.QVBoxLayout(self.dialog)
        column.addLayout(form)
        note = qt.QLabel(_("Choices count at once. Nothing leaves this computer."))
        note.setWordWrap(True)
        column.addWidget(note)
        self.close_button = qt.QPushButton(_("Close"))
        self.close_button.connect("clicked()", self.dialog.close)
        row = qt.QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.close_button)
        column.addLayout(row)

    def _combo(self, name: str, entries: dict[str, str], chosen: str) -> Any:
        combo = qt.QComboBox()
        combo.setObjectName(f"{name}Combo")
        for key, text in entries.items():
            combo.addItem(text, key)
        combo.setCurrentIndex(max(0, list(entries).index(chosen) if chosen in entries else 0))
        combo.connect("currentIndexChanged(int)", lambda index: self._on_choice(name, list(entries)[index]))
        return combo

    def open(self) -> None:
        """Show it; the reader goes on working."""
        self.dialog.show()
        self.dialog.raise_()
