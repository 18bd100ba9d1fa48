"""The reader's phrases: add, change, remove, for the language of the report."""

from __future__ import annotations

from typing import Any

import qt

from ..errors import MedMMError
from .report_dialogs import AskingDialog
from .translation import _

__all__ = ["PhrasesDialog"]


class PhrasesDialog(AskingDialog):
    """List of keys at the top, key and text below.

    Parameters
    ----------
    parent : QWidget
    room : ReadingRoom
    """

    def __init__(self, parent: Any, room: Any) -> None:
        super().__init__(parent, _("Phrases"), 460, 520)
        self._room = room
        self._keys: list[str] = []
        book = room.report.inserts.phrases
        self.add_text(
            _("Phrases of {reader}, language {language}. In the report, type / and the key.").format(
                reader=book.reader, language=room.language
            )
        )
        self.list = qt.QListWidget()
        self.list.setAccessibleName(_("Phrases"))
        self.column.addWidget(self.list, 1)
        self.key_edit = self.add_field(_("Key"), qt.QLineEdit())
        self.text_edit = self.add_field(_("Text"), qt.QPlainTextEdit())
        self.text_edit.setTabChangesFocus(True)
        self.add_text(_("{finding:NAME}, {measurement:NAME} and {value:NAME} are filled in from the case."))
        self.add_error()
        self.save_button, self.remove_button, self.close_button = self.add_buttons(
            (_("Save phrase"), self.save), (_("Remove phrase"), self.remove), (_("Close"), self.close)
        )
        self.list.connect("currentRowChanged(int)", self._chosen)
        self.fill()

    def fill(self, chosen: str = "") -> None:
        """List the phrases, and choose one."""
        self._keys = list(self._phrases())
        self.list.blockSignals(True)
        self.list.clear()
        for key in self._keys:
            self.list.addItem(key)
        self.list.blockSignals(False)
        if chosen in self._keys:
            self.list.setCurrentRow(self._keys.index(chosen))
        self.remove_button.setEnabled(bool(self._keys))

    def save(self) -> None:
        """Store what is typed under its key."""
        key, text = str(self.key_edit.text).strip().lstrip("/"), str(self.text_edit.plainText)
        if not text.strip():
            self.refuse(_("Type the text of the phrase."))
            return
        if self._stored(key, text):
            self.fill(key)

    def remove(self) -> None:
        """Remove the chosen phrase."""
        row = int(self.list.currentRow)
        if not 0 <= row < len(self._keys):
            self.refuse(_("Choose a phrase first."))
        elif self._stored(self._keys[row], ""):
            self.key_edit.clear()
            self.text_edit.clear()
            self.fill()

    def _stored(self, key: str, text: str) -> bool:
        try:
            self._room.report.inserts.phrases.set(key, text, self._room.language)
        except MedMMError as error:
            self.refuse(error)
            return False
        self.error_label.setVisible(False)
        return True

    def _phrases(self) -> dict[str, str]:
        try:
            return dict(self._room.report.inserts.phrases.phrases(self._room.language))
        except MedMMError as error:
            self.refuse(error)
            return {}

    def _chosen(self, row: int) -> None:
        if 0 <= row < len(self._keys):
            key = self._keys[row]
            self.key_edit.setText(key)
            self.text_edit.setPlainText(self._phrases().get(key, ""))
