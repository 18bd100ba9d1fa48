"""Work that a crash left behind: offered when its images are open again."""

from __future__ import annotations

from typing import Any

import qt

from ..errors import MedMMError
from .part import Part
from .report_texts import time_text
from .translation import _

__all__ = ["ReportRecoveryBar"]


class ReportRecoveryBar(Part):
    """What an ended session left of the current case, with two buttons."""

    ui_name = "ReportRecovery"

    def __init__(self, room: Any, host: Any) -> None:
        super().__init__(room, host)
        self._case_id = ""
        self._offers: tuple[Any, ...] = ()
        self.ui.recoveryLabel.setTextFormat(qt.Qt.PlainText)
        self.ui.recoverButton.connect("clicked()", self.recover)
        self.ui.discardButton.connect("clicked()", self.discard)
        self.widget.setVisible(False)

    def refresh(self) -> None:
        """Look for something to recover when another case is shown."""
        case_id = str(self.room.cases.current_id)
        if case_id != self._case_id:
            self._case_id = case_id
            self._look()

    def _look(self) -> None:
        autosave = self.room.report.workflow.autosave
        try:
            self._offers = tuple(autosave.offers()) if self._case_id else ()
        except MedMMError as error:
            self._offers = ()
            self.room.tell("warning", error)
        self.widget.setVisible(bool(self._offers))
        if self._offers:
            text = _(
                "A report on these images from {time} was not saved. Recovering brings back text, findings "
                "and context; outlines come back when the model runs again."
            )
            self.ui.recoveryLabel.setText(text.format(time=time_text(self._offers[0].saved_at)))

    def recover(self) -> None:
        """Bring back the newest."""
        if self._offers:
            self.attempt(self.room.report.workflow.autosave.recover, self._offers[0].path)
            self._look()

    def discard(self) -> None:
        """Remove the newest, after a question."""
        if not self._offers:
            return
        text = _("Remove what was kept of this report? It can not be brought back afterwards.")
        if self.host.confirm(_("Discard"), text):
            self.attempt(self.room.report.workflow.autosave.discard, self._offers[0].path)
            self._look()
