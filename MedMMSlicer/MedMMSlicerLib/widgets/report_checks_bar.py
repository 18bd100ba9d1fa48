"""The checks of the report: live, a little at a time between two keys, each with a jump and perhaps a fix."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import qt

from .part import Action, Part
from .report_texts import count_text, remark_text
from .translation import _

__all__ = ["ReportChecksBar"]

_STEP_S = 0.008
_INTERVAL_MS = 10
_MOST_SHOWN = 40
_LEAST_LINES, _MOST_LINES = 2, 8


class ReportChecksBar(Part):
    """List of remarks below the report.

    Parameters
    ----------
    room : ReadingRoom
    host : PanelHost
    flush : callable
        Sends what was typed to the room.
    on_place : callable
        ``on_place(sentence_id, start, stop)`` selects a place in the report.

    Attributes
    ----------
    on_counted : callable
        ``on_counted(text)`` gets the number of remarks by severity, as text.
    """

    ui_name = "ReportChecks"

    def __init__(
        self, room: Any, host: Any, flush: Callable[[], object], on_place: Callable[[str, int, int], object]
    ) -> None:
        super().__init__(room, host)
        self._flush = flush
        self._on_place = on_place
        self.on_counted: Callable[[str], object] = lambda _text: None
        self._remarks: tuple[Any, ...] = ()
        self._timer = qt.QTimer()
        self._timer.setSingleShot(True)
        self._timer.setInterval(_INTERVAL_MS)
        self._timer.connect("timeout()", self._go_on)
        self.ui.checksLabel.setTextFormat(qt.Qt.PlainText)
        self.ui.checksList.connect("currentRowChanged(int)", lambda _row: self._show_buttons())
        self.ui.checksList.connect("itemDoubleClicked(QListWidgetItem*)", lambda _item: self.go_to())
        for name, action in (
            ("goToButton", self.go_to),
            ("fixButton", self.fix),
            ("dismissButton", self.dismiss),
        ):
            getattr(self.ui, name).connect("clicked()", action)

    def refresh(self) -> None:
        """Begin to look at the report again where it changed."""
        if not self._is_shown():
            self._timer.stop()
            self.widget.setVisible(False)
            self._remarks = ()
            self.on_counted("")
        elif self.room.report.review.is_done:
            self._show()
        else:
            self.widget.setVisible(True)
            self._timer.start()

    @property
    def is_busy(self) -> bool:
        """Whether it has not looked at everything yet."""
        return bool(self._timer.isActive())

    def actions(self) -> tuple[Action, ...]:
        """Return what can be done here."""
        return (
            Action("report.check_next", _("Go to the next check"), "Ctrl+Shift+C", self.next_check),
            Action("report.check_fix", _("Fix what the check says"), "Ctrl+Shift+Y", self.fix),
            Action("report.check_dismiss", _("Dismiss the check"), "", self.dismiss),
        )

    # ------------------------------------------------------------------ showing

    def _is_shown(self) -> bool:
        report = self.room.report
        if not self.room.cases.current_id or report.report is None:
            return False
        return not report.workflow.is_read_only

    def _go_on(self) -> None:
        if not self._is_shown():
            return
        if self.room.report.review.step(_STEP_S):
            self._show()
        else:
            self._timer.start()

    def _show(self) -> None:
        remarks = self.room.report.review.remarks
        self.widget.setVisible(True)
        counted = count_text(remarks)
        self.on_counted(counted)
        self.ui.checksBox.setTitle(f"{_('Checks')}  {counted}" if counted else _("Checks"))
        hidden = len(remarks) - _MOST_SHOWN
        text = _("The checks have nothing to say.") if not remarks else ""
        if hidden > 0:
            text = _("The first {count} are shown.").format(count=_MOST_SHOWN)
        self.ui.checksLabel.setText(text)
        self.ui.checksLabel.setVisible(bool(text))
        for widget in (self.ui.checksList, self.ui.checksRow):
            widget.setVisible(bool(remarks))
        if remarks != self._remarks:
            self._fill(remarks)
        self._show_buttons()

    def _fill(self, remarks: tuple[Any, ...]) -> None:
        table, before = self.ui.checksList, self._current()
        self._remarks = remarks
        table.blockSignals(True)
        table.clear()
        for remark in remarks[:_MOST_SHOWN]:
            item = qt.QListWidgetItem(remark_text(remark))
            item.setToolTip(_("Can be fixed") if remark.fix is not None else "")
            table.addItem(item)
        same = [number for number, item in enumerate(remarks[:_MOST_SHOWN]) if item == before]
        table.setCurrentRow(same[0] if same else 0)
        table.blockSignals(False)
        self._fit()

    def _fit(self) -> None:
        table = self.ui.checksList
        line = qt.QFontMetrics(table.font).height()
        # Most remarks take two lines in a narrow panel.
        table.setFixedHeight(8 + line * min(max(2 * table.count, _LEAST_LINES), _MOST_LINES))

    def _show_buttons(self) -> None:
        remark = self._current()
        self.ui.goToButton.setEnabled(remark is not None and bool(remark.sentence_id or remark.section_id))
        self.ui.fixButton.setEnabled(remark is not None and remark.fix is not None)
        self.ui.dismissButton.setEnabled(remark is not None and remark.severity != "error")
        tip = _("An error can not be dismissed: correct it, or give a reason when you sign.")
        usual = _("Take this remark away; the audit trail keeps that")
        is_error = remark is not None and remark.severity == "error"
        self.ui.dismissButton.setToolTip(tip if is_error else usual)

    def _current(self) -> Any:
        row = int(self.ui.checksList.currentRow)
        return self._remarks[row] if 0 <= row < len(self._remarks) else None

    # ------------------------------------------------------------------ doing

    def go_to(self) -> None:
        """Go to the place that the chosen remark is about."""
        self._flush()
        remark = self._current()
        if remark is not None:
            self._on_place(remark.sentence_id or f"section:{remark.section_id}", remark.start, remark.stop)

    def next_check(self) -> None:
        """Choose the next remark and go to its place."""
        self._look_now()
        if not self._remarks:
            self.room.tell("info", _("The checks have nothing to say."))
            return
        table = self.ui.checksList
        table.setCurrentRow((int(table.currentRow) + 1) % table.count)
        self.go_to()

    def fix(self) -> None:
        """Put the correction of the chosen remark into the report."""
        self._look_now()
        remark = self._current()
        if remark is None or remark.fix is None:
            self.room.tell("info", _("Choose a check that can be fixed first."))
            return
        self.attempt(self.room.report.review.fix, remark)

    def dismiss(self) -> None:
        """Take the chosen remark away."""
        self._look_now()
        remark = self._current()
        if remark is None:
            self.room.tell("info", _("The checks have nothing to say."))
            return
        self.attempt(self.room.report.review.dismiss, remark)

    def _look_now(self) -> None:
        self._flush()
        if self._is_shown():
            self._timer.stop()
            self.room.report.review.step()
            self._show()

    def cleanup(self) -> None:
        """Stop."""
        self._timer.stop()
