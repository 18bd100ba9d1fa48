"""The message bar: one sentence of the room, with a symbol and a word, never by color alone."""

from __future__ import annotations

from typing import Any

import qt

from .translation import _

__all__ = ["MessageBar", "set_severity"]

_MOST_REMEMBERED = 50


class MessageBar:
    """What the reader has to be told, until it is dismissed; earlier messages are under *Details*."""

    def __init__(self, room: Any, ui: Any) -> None:
        self._room = room
        self._ui = ui
        self._earlier: list[str] = []
        self._shown: Any = None
        ui.messageLabel.setTextFormat(qt.Qt.PlainText)
        ui.dismissButton.connect("clicked()", room.dismiss)
        ui.detailsButton.connect("toggled(bool)", self._show_details)
        ui.messageDetails.setVisible(False)

    def refresh(self) -> None:
        """Show the room's message, or nothing."""
        message = self._room.message
        self._ui.messageFrame.setVisible(message is not None)
        if message is None:
            self._ui.detailsButton.setChecked(False)
            self._shown = None
            return
        symbol, word = {"error": ("✖", _("Error")), "warning": ("⚠", _("Warning"))}.get(
            message.severity, ("ℹ", _("Note"))
        )
        self._ui.messageSymbolLabel.setText(symbol)
        self._ui.messageLabel.setText(f"{word}: {message.text}")
        # The symbol alone is colored: Qt keeps the palette of the day for everything inside of what a sheet
        # styles, and the letters of a message could not be read after a change between light and dark.
        set_severity(self._ui.messageSymbolLabel, message.severity)
        if message != self._shown:
            self._shown = message
            self._earlier.append(f"{message.at}  {word}: {message.text}")
            del self._earlier[:-_MOST_REMEMBERED]
        self._ui.messageDetails.setPlainText("\n".join(reversed(self._earlier)))

    def _show_details(self, shown: bool) -> None:
        self._ui.messageDetails.setVisible(bool(shown))


def set_severity(frame: Any, severity: str) -> None:
    """Set the property that a widget's style sheet looks at, and let the style see it."""
    if frame.property("severity") == severity:
        return
    frame.setProperty("severity", severity)
    frame.style().unpolish(frame)
    frame.style().polish(frame)
