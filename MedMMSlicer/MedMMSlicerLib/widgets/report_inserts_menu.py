"""Putting text into the report that nobody has to type: by name, by phrase, by template."""

from __future__ import annotations

from typing import Any

from ..errors import UsageError
from .report_completion import PhraseCompletion
from .report_insert_dialog import InsertDialog, InsertEntry
from .report_phrases_dialog import PhrasesDialog
from .translation import _

__all__ = ["ReportInsertsMenu"]


class ReportInsertsMenu:
    """What the buttons *Insert…* and *Phrases…* do, and the list of phrases while typing.

    Parameters
    ----------
    part : ReportPart
        Its editor and section tell where to insert.
    """

    def __init__(self, part: Any) -> None:
        self._part = part
        self._room = part.room
        self.dialog: Any = None
        self.completion = PhraseCompletion(part.editor, part.room, self._phrase_typed)

    def show_insert(self) -> None:
        """Open the list of what can be inserted."""
        if self._ready():
            self._open(InsertDialog(self._part.widget.window(), self._room, self.insert))

    def show_phrases(self) -> None:
        """Open the reader's phrases."""
        self._part.flush()
        self._open(PhrasesDialog(self._part.widget.window(), self._room))

    def insert(self, entry: InsertEntry) -> None:
        """Insert an entry behind the sentence at the cursor, else at the end of the chosen section.

        Raises
        ------
        MedMMError
            As the desk says.
        """
        inserts = self._room.report.inserts
        if entry.kind == "template":
            left_out = inserts.insert_template(entry.id)
            if left_out:
                self._room.tell("info", " ".join(left_out))
            return
        section_id, after = self._place(entry)
        act = {
            "finding": inserts.insert_finding,
            "measurement": inserts.insert_measurement,
            "phrase": inserts.insert_phrase,
        }[entry.kind]
        name = act(entry.id, section_id, after)
        self._part.show_now()
        self._part.editor.go_to_sentence(name, at_end=True)

    def cleanup(self) -> None:
        """Close what is open."""
        if self.dialog is not None:
            self.dialog.close()
            self.dialog = None

    def _place(self, entry: InsertEntry) -> tuple[str, str]:
        section_id, after = self._part.editor.sentence_at_cursor()
        titles = self._room.report.sections()
        if section_id in titles:
            return section_id, after
        wanted = {"measurement": "measurements"}.get(entry.kind, "findings")
        chosen = str(self._part.ui.sectionCombo.currentData or "")
        return next(name for name in (wanted, chosen, *titles) if name in titles), ""

    def _phrase_typed(self, key: str) -> None:
        """Take a phrase for the key that was typed: as a sentence of its own, or inside of one."""
        editor = self._part.editor
        alone = editor.is_new_at_cursor()
        self._part.flush()
        if alone:
            self._part.attempt(self.insert, InsertEntry("phrase", key, key))
            return
        snippet = self._part.attempt(self._room.report.inserts.expand_phrase, key)
        if snippet is not None:
            # The evidence of the sentence stays what it is: the phrase becomes a part of its text.
            editor.textCursor().insertText(snippet.text)

    def _ready(self) -> bool:
        self._part.flush()
        if not self._room.cases.current_id or self._room.report.report is None:
            self._room.tell("info", _("There is no report yet. Analyze the case first."))
            return False
        try:
            self._room.report.workflow.require_open()
        except UsageError as error:
            self._room.tell("info", error)
            return False
        return True

    def _open(self, dialog: Any) -> None:
        self.cleanup()
        self.dialog = dialog
        dialog.open()
