"""Where the report stands, and the next step: preliminary, signature, addendum, record."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import qt

from ..errors import MedMMError
from .part import Action, Part
from .report_dialogs import AddendumDialog, SignDialog
from .report_record_dialog import RecordDialog
from .report_texts import addenda_text, status_text
from .translation import _

__all__ = ["ReportWorkflowBar"]


class ReportWorkflowBar(Part):
    """Status line and buttons above the report.

    Parameters
    ----------
    room : ReadingRoom
    host : PanelHost
    flush : callable
        Sends what was typed to the room.
    on_place : callable
        ``on_place(sentence_id)`` goes to a sentence.
    """

    ui_name = "ReportWorkflow"

    def __init__(
        self, room: Any, host: Any, flush: Callable[[], object], on_place: Callable[[str], object]
    ) -> None:
        super().__init__(room, host)
        self._flush = flush
        self._on_place = on_place
        self._shown: tuple[str, str, int] = ("", "", 0)
        self.dialog: Any = None
        for label in (self.ui.statusLabel, self.ui.addendaLabel, self.ui.verifyLabel):
            label.setTextFormat(qt.Qt.PlainText)
        self.ui.verifyLabel.setVisible(False)
        for name, action in (
            ("preliminaryButton", self.make_preliminary),
            ("signButton", self.sign),
            ("addendumButton", self.amend),
            ("verifyButton", self.verify),
            ("recordButton", self.show_record),
        ):
            getattr(self.ui, name).connect("clicked()", action)

    def refresh(self) -> None:
        """Show where the report of the current case stands; nothing without one."""
        document = self._document()
        self.widget.setVisible(document is not None)
        if document is None:
            self._shown = ("", "", 0)
            self.ui.verifyLabel.setVisible(False)
            return
        self.ui.statusLabel.setText(status_text(document))
        text = addenda_text(document)
        self.ui.addendaLabel.setText(text)
        self.ui.addendaLabel.setVisible(bool(text))
        self.ui.preliminaryButton.setVisible(document.status == "draft")
        self.ui.signButton.setVisible(not document.is_signed)
        self.ui.addendumButton.setVisible(document.is_signed)
        shown = (document.id, document.audit.head, len(document.audit.entries))
        if shown != self._shown:
            # What was said of an earlier state says nothing of this one.
            self.ui.verifyLabel.setVisible(False)
            self._shown = shown

    def actions(self) -> tuple[Action, ...]:
        """Return what can be done here."""
        return (
            Action("report.preliminary", _("Mark report preliminary"), "", self.make_preliminary),
            Action("report.sign", _("Sign report…"), "Ctrl+Shift+G", self.sign),
            Action("report.amend", _("Add addendum…"), "Ctrl+Shift+B", self.amend),
            Action("report.verify", _("Verify report"), "", self.verify),
            Action("report.record", _("Record of the report…"), "", self.show_record),
        )

    # ------------------------------------------------------------------ doing

    def make_preliminary(self) -> None:
        """Release the draft as preliminary."""
        if self._ready():
            self.attempt(self.room.report.workflow.make_preliminary)

    def sign(self) -> None:
        """Ask for name and, where checks stand in the way, a reason; then sign."""
        if not self._ready():
            return
        if self.room.report.workflow.is_read_only:
            self.attempt(self.room.report.workflow.require_open)
            return
        self.room.report.review.step()
        self._open(SignDialog(self.widget.window(), self.room, self.room.report.review.blocking))

    def amend(self) -> None:
        """Ask for the addendum, and open the next version."""
        if not self._ready():
            return
        if not self.room.report.workflow.is_read_only:
            self.room.tell("info", _("The report is not signed: change it as it is."))
            return
        self._open(AddendumDialog(self.widget.window(), self.room))

    def verify(self) -> None:
        """Say whether report and audit trail are as they were written, and where they are not."""
        if not self._ready():
            return
        found = self.attempt(self.room.report.workflow.verify)
        if found is None:
            return
        document = self._document()
        self._shown = (document.id, document.audit.head, len(document.audit.entries))
        self.ui.verifyLabel.setText(_verified(found, len(document.audit.entries)))
        self.ui.verifyLabel.setVisible(True)
        place = next((item.sentence_id for item in found if item.sentence_id), "")
        if place:
            self._on_place(place)

    def show_record(self) -> None:
        """Show who did what, how long it took, and what became of the draft."""
        if self._ready():
            self._open(RecordDialog(self.widget.window(), self.room, self.host))

    def cleanup(self) -> None:
        """Close what is open."""
        if self.dialog is not None:
            self.dialog.close()
            self.dialog = None

    def _ready(self) -> bool:
        """Send what was typed; say so where there is no report."""
        self._flush()
        if self._document() is not None:
            return True
        self.room.tell("info", _("There is no report yet. Analyze the case first."))
        return False

    def _document(self) -> Any:
        if not self.room.cases.current_id:
            return None
        try:
            return self.room.report.workflow.document
        except MedMMError as error:
            self.room.tell("error", error)
            return None

    def _open(self, dialog: Any) -> None:
        self.cleanup()
        self.dialog = dialog
        dialog.open()


def _verified(found: Any, entries: int) -> str:
    if not found:
        return "✔ " + _("Nothing was changed behind the program's back: {count} entries fit.").format(
            count=entries
        )
    lines = ["✖ " + _("Changed behind the program's back:")]
    return "\n".join([*lines, *(f"• {item.message}" for item in found)])
