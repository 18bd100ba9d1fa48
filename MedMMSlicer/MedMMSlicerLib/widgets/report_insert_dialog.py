"""Inserting by name: findings, measurements, phrases and templates in one list that typing narrows down."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import qt

from ..errors import MedMMError
from .report_dialogs import AskingDialog
from .translation import _

__all__ = ["InsertDialog", "InsertEntry", "insert_entries"]


@dataclass(frozen=True)
class InsertEntry:
    """Something that can be inserted; ``kind``: finding, measurement, phrase or template."""

    kind: str
    id: str
    text: str


def insert_entries(room: Any) -> tuple[tuple[InsertEntry, ...], tuple[str, ...]]:
    """Return what can be inserted into the current report, and what is wrong with files of the reader."""
    inserts, problems = room.report.inserts, []
    entries = [
        InsertEntry("finding", name, _("Finding: {name}").format(name=text))
        for name, text in inserts.finding_names()
    ]
    entries += [
        InsertEntry("measurement", name, _("Measurement: {name}").format(name=text))
        for name, text in inserts.measurement_names()
    ]
    try:
        phrases = inserts.phrases.phrases(room.language)
    except MedMMError as error:
        phrases = {}
        problems.append(str(error))
    entries += [
        InsertEntry("phrase", key, _("Phrase /{key}: {text}").format(key=key, text=text))
        for key, text in phrases.items()
    ]
    templates, wrong = inserts.templates()
    entries += [
        InsertEntry("template", item.id, _("Template: {title}").format(title=item.title))
        for item in templates
    ]
    return tuple(entries), (*problems, *wrong)


class InsertDialog(AskingDialog):
    """A field to search in, the list, and a button.

    Parameters
    ----------
    parent : QWidget
    room : ReadingRoom
    on_insert : callable
        ``on_insert(entry)``; may raise a `MedMMError`.
    """

    def __init__(self, parent: Any, room: Any, on_insert: Callable[[InsertEntry], object]) -> None:
        super().__init__(parent, _("Insert into the report"), 440, 460)
        self._on_insert = on_insert
        self._entries, problems = insert_entries(room)
        self._shown: list[InsertEntry] = []
        self.search_edit = self.add_field(_("Search"), qt.QLineEdit())
        self.list = qt.QListWidget()
        self.list.setWordWrap(True)
        self.list.setAccessibleName(_("What can be inserted"))
        self.column.addWidget(self.list, 1)
        self.add_error()
        if problems:
            self.refuse("\n".join(problems))
        self.insert_button, self.close_button = self.add_buttons(
            (_("Insert"), self.insert), (_("Close"), self.close)
        )
        self.search_edit.connect("textChanged(QString)", lambda _text: self.narrow())
        self.list.connect("itemDoubleClicked(QListWidgetItem*)", lambda _item: self.insert())
        self.narrow()

    def narrow(self) -> None:
        """List what holds every word that is typed."""
        words = str(self.search_edit.text).casefold().split()
        self._shown = [item for item in self._entries if all(word in item.text.casefold() for word in words)]
        self.list.clear()
        for item in self._shown:
            self.list.addItem(item.text)
        self.list.setCurrentRow(0)
        self.insert_button.setEnabled(bool(self._shown))

    def insert(self) -> None:
        """Insert what is chosen."""
        row = int(self.list.currentRow)
        if 0 <= row < len(self._shown):
            self.carry_out(self._on_insert, self._shown[row])
