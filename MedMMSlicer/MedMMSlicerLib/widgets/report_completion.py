"""Phrases while typing: / and the beginning of a key opens a list; Return or Tab takes the phrase."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import qt

from ..errors import MedMMError

__all__ = ["PhraseCompletion"]

_TYPED = re.compile(r"(?:^|(?<=\s)|(?<=[。，；：]))/([\w-]{0,32})$")
_MOST_ROWS = 8


class PhraseCompletion:
    """A list of keys at the cursor of the report field.

    Parameters
    ----------
    editor : SentenceEdit
    room : ReadingRoom
    on_chosen : callable
        ``on_chosen(key)``, called when what was typed has been taken away.
    """

    def __init__(self, editor: Any, room: Any, on_chosen: Callable[[str], object]) -> None:
        self._editor, self._room, self._on_chosen = editor, room, on_chosen
        self._keys_shown: list[str] = []
        self._completer = self._make([])
        self._old: Any = None
        editor.on_word = self.look
        editor.completing = self.is_open

    def _make(self, keys: list[str]) -> Any:
        completer = qt.QCompleter(keys)
        completer.setWidget(self._editor)
        completer.setCompletionMode(qt.QCompleter.PopupCompletion)
        completer.setCaseSensitivity(qt.Qt.CaseInsensitive)
        completer.setMaxVisibleItems(_MOST_ROWS)
        completer.connect("activated(QString)", self._chosen)
        return completer

    def is_open(self) -> bool:
        """Whether the list is shown: Return, Tab and Escape belong to it."""
        return bool(self._completer.popup().isVisible())

    def look(self) -> None:
        """Open the list where the text before the cursor asks for it, else close it."""
        typed = self._typed()
        keys = [] if typed is None else self._keys()
        if typed is None or not any(key.casefold().startswith(typed.casefold()) for key in keys):
            if self.is_open():
                self._completer.popup().hide()
            return
        if keys != self._keys_shown:
            # Not dropped at once: it may be its own event that brought us here.
            self._completer.popup().hide()
            self._completer.deleteLater()
            self._old = self._completer
            self._keys_shown, self._completer = keys, self._make(keys)
        self._completer.setCompletionPrefix(typed)
        popup = self._completer.popup()
        popup.setCurrentIndex(self._completer.completionModel().index(0, 0))
        place = self._editor.cursorRect()
        place.setWidth(popup.sizeHintForColumn(0) + popup.verticalScrollBar().sizeHint.width() + 12)
        self._completer.complete(place)

    def _keys(self) -> list[str]:
        try:
            return list(self._room.report.inserts.phrases.phrases(self._room.language))
        except MedMMError as error:
            self._room.tell("error", error)
            return []

    def _typed(self) -> str | None:
        """Return what was typed of a key, None where the text before the cursor is something else."""
        cursor = self._editor.textCursor()
        if cursor.hasSelection() or not self._editor.may_change(0):
            return None
        before = cursor.block().text()[: cursor.positionInBlock()]
        found = _TYPED.search(before)
        return None if found is None else found[1]

    def _chosen(self, key: str) -> None:
        typed = self._typed()
        if typed is None:
            return
        cursor = self._editor.textCursor()
        end = cursor.position()
        cursor.setPosition(end - len(typed) - 1)
        cursor.setPosition(end, qt.QTextCursor.KeepAnchor)
        cursor.removeSelectedText()
        self._editor.setTextCursor(cursor)
        self._on_chosen(str(key))
