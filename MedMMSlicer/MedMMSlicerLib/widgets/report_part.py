"""The report: drafted sentences that a reader edits, and that point to what they state."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import qt

from .part import Action, Part
from .report_activity import ActivityWatch
from .report_checks_bar import ReportChecksBar
from .report_evidence import ReportEvidence
from .report_export_dialog import ExportDialog
from .report_inserts_menu import ReportInsertsMenu
from .report_recovery_bar import ReportRecoveryBar
from .report_workflow_bar import ReportWorkflowBar
from .sentence_edit import Paragraph, SentenceEdit, Span
from .translation import _
from .typed_sentences import edits_of

__all__ = ["ReportPart"]

_PAUSE_MS = 400
"""After the last key: short enough that nothing is lost, long enough that a word is one step of undo."""

_LONGEST_WAIT_MS = 2500
"""Whoever types without a pause is saved this often: with the time to write it, well below 5 s."""

_LEAST_HEIGHT, _MOST_HEIGHT = 140, 520


class ReportPart(Part):
    """The editor, what the sentence at the cursor rests on, and the bars around it.

    What is typed goes to the room after a pause or when typing took long, when the reader leaves the field,
    and before anything else is done with the report.

    Attributes
    ----------
    on_segment : callable
        ``on_segment(segment_id)`` is called to show a segment that a sentence states.
    editor : SentenceEdit
    recovery, workflow, checks : Part
        The bars.
    inserts : ReportInsertsMenu
    activity : ActivityWatch
    """

    ui_name = "Report"
    topics = ("cases", "case", "findings", "evidence", "segments", "context", "report")

    def __init__(self, room: Any, host: Any) -> None:
        super().__init__(room, host)
        self.on_segment: Callable[[str], object] = self._go_to_segment
        self._sending = False
        self._case_id = ""
        self._extra_evidence = ""
        self._begun = ""
        self.editor = SentenceEdit()
        self.editor.setObjectName("reportEdit")
        self.editor.setAccessibleName(_("Report"))
        self.ui.editorFrame.layout().addWidget(self.editor)
        self.evidence = ReportEvidence(room)
        self.recovery = ReportRecoveryBar(room, host)
        self.workflow = ReportWorkflowBar(room, host, self.flush, self.go_to)
        self.checks = ReportChecksBar(room, host, self.flush, self.go_to)
        self.checks.on_counted = self._show_count
        for bar in (self.recovery, self.workflow, self.checks):
            getattr(self.ui, f"{bar.ui_name[6:].lower()}Frame").layout().addWidget(bar.widget)
        self.inserts = ReportInsertsMenu(self)
        self.activity = ActivityWatch(room)
        self._export: ExportDialog | None = None
        self._timer = _timer(_PAUSE_MS, self._pause_over)
        self._limit = _timer(_LONGEST_WAIT_MS, self._pause_over)
        self._soon = _timer(0, self.refresh)
        self.ui.sentenceLabel.setTextFormat(qt.Qt.PlainText)
        self.ui.pendingLabel.setTextFormat(qt.Qt.PlainText)
        self._connect()

    def _connect(self) -> None:
        self.editor.connect("textChanged()", self._typed)
        self.editor.connect("cursorPositionChanged()", self._cursor_moved)
        self.editor.on_undo, self.editor.on_redo = self.undo, self.redo
        self.editor.on_enter, self.editor.on_clicked = self.new_sentence_here, self.show_evidence
        self.editor.on_left = self._left
        for name, action in (
            ("startButton", self.start),
            ("addButton", self.add_sentence),
            ("removeButton", self.remove_sentence),
            ("evidenceButton", self.show_evidence),
            ("undoButton", self.undo),
            ("redoButton", self.redo),
            ("keepButton", self.keep_mine),
            ("takeButton", self.take_draft),
            ("saveButton", self.save),
            ("exportButton", self.export),
            ("insertButton", self.inserts.show_insert),
            ("phrasesButton", self.inserts.show_phrases),
        ):
            getattr(self.ui, name).connect("clicked()", action)

    # ------------------------------------------------------------------ showing

    def refresh(self) -> None:
        """Show the report of the current case."""
        if self._sending:
            return
        if self._case_id != self.room.cases.current_id:
            # What was typed for the other case was sent when the reader left it, or has no case any more.
            self._stop_timers()
            self._case_id = str(self.room.cases.current_id)
            self._extra_evidence = self._begun = ""
        elif self._timer.isActive():
            self._send()
        self.show_now()
        self.recovery.refresh()
        self.workflow.refresh()
        self.checks.refresh()

    def show_now(self) -> None:
        """Show the text as the room has it, without asking what else changed."""
        report = self.room.report.report if self._case_id else None
        self._show_report(report)
        self._show_state(report)
        self._show_highlight()
        self._show_sentence()

    def _show_report(self, report: Any) -> None:
        self._sending = True
        self.editor.show_report(() if report is None else self._paragraphs(report))
        self._sending = False
        self._fit_height()

    def _paragraphs(self, report: Any) -> tuple[Paragraph, ...]:
        """The sections of the report, and an empty one that the reader is about to write."""
        shown = [
            Paragraph(
                section.id,
                section.title,
                tuple(Span(item.id, item.text, item.author) for item in section.sentences),
            )
            for section in report.sections
        ]
        if self._begun and (not self.editor.hasFocus() or any(item.id == self._begun for item in shown)):
            self._begun = ""
        if self._begun:
            titles = self.room.report.sections()
            order = list(titles)
            later = order[order.index(self._begun) :]
            place = next((number for number, item in enumerate(shown) if item.id in later), len(shown))
            shown.insert(place, Paragraph(self._begun, titles[self._begun], ()))
        return tuple(shown)

    def _fit_height(self) -> None:
        wanted = int(self.editor.document.size.height()) + 2 * self.editor.frameWidth + 4
        self.editor.setFixedHeight(min(max(wanted, _LEAST_HEIGHT), _MOST_HEIGHT))

    def _show_state(self, report: Any) -> None:
        found = report is not None
        self.ui.emptyLabel.setVisible(not found)
        text = _("The report is drafted when the case is analyzed.")
        self.ui.emptyLabel.setText(text if self._case_id else _("Open images first."))
        self.ui.startButton.setVisible(not found and bool(self._case_id))
        is_open = found and not self.room.report.workflow.is_read_only
        self.editor.set_read_only(not is_open)
        for name in ("legendLabel", "editorFrame", "saveRow"):
            getattr(self.ui, name).setVisible(found)
        for name in ("sentenceRow", "insertRow", "editRow"):
            getattr(self.ui, name).setVisible(is_open)
        self.ui.legendLabel.setText(_("Dotted line: drafted by AI. Dashed line: template. No line: yours."))
        self.ui.undoButton.setEnabled(found and bool(self.room.report.can_undo))
        self.ui.redoButton.setEnabled(found and bool(self.room.report.can_redo))
        if found:
            self._fill_sections()
        pending = self.room.report.pending() if is_open else ()
        self.ui.pendingBox.setVisible(bool(pending))
        if pending:
            now = pending[0].drafted_now or _("(left out)")
            lines = (_("Yours: {text}").format(text=pending[0].text), _("Draft: {text}").format(text=now))
            title = _("The draft has changed ({count})").format(count=len(pending))
            self.ui.pendingBox.setTitle(title)
            self.ui.pendingLabel.setText("\n".join(lines))

    def _fill_sections(self) -> None:
        combo, titles = self.ui.sectionCombo, self.room.report.sections()
        if tuple(combo.itemData(number) for number in range(combo.count)) == tuple(titles) and tuple(
            combo.itemText(number) for number in range(combo.count)
        ) == tuple(titles.values()):
            return
        current = combo.currentData
        combo.clear()
        for section_id, title in titles.items():
            combo.addItem(title, section_id)
        combo.setCurrentIndex(max(combo.findData(current), 0))

    # ------------------------------------------------------------------ typing

    def _typed(self) -> None:
        if self._sending:
            return
        if not self.editor.is_intact():
            # Something got past the field's own guard: what stood there comes back.
            qt.QTimer.singleShot(0, self._restore)
            return
        self._timer.start()
        if not self._limit.isActive():
            self._limit.start()

    def _left(self) -> None:
        if self._timer.isActive():
            self.flush()

    def _restore(self) -> None:
        if self._case_id:
            self._show_report(self.room.report.report)

    def flush(self) -> None:
        """Send what was typed to the room now."""
        if self._send():
            self.refresh()

    def _pause_over(self) -> None:
        """Send what was typed; show what else it changes in the next turn, as together they would be felt."""
        if self._send():
            self._soon.start()

    def _send(self) -> bool:
        """Send what was typed; return whether there was anything."""
        self._stop_timers()
        if self._sending or not self._case_id or self._case_id != self.room.cases.current_id:
            return False
        changed = self.editor.changed() if self.editor.is_intact() else ()
        self._sending = True
        try:
            for index in changed:
                self._send_paragraph(index)
        finally:
            self._sending = False
        if changed:
            # At once: a key that comes before everything else is shown must find the ids of new sentences.
            self._show_report(self.room.report.report)
        return bool(changed)

    def _send_paragraph(self, index: int) -> None:
        paragraph, made = self.editor.paragraphs[index], ""
        shown = [(span.id, span.text) for span in paragraph.spans]
        for edit in edits_of(shown, self.editor.typed(index)):
            if edit.kind == "add":
                after = edit.id or made
                made = str(self.attempt(self.room.report.add_sentence, paragraph.id, edit.text, after) or "")
            elif edit.kind == "remove":
                self.attempt(self.room.report.remove, edit.id)
            else:
                self.attempt(self.room.report.set_text, edit.id, edit.text)

    # ------------------------------------------------------------------ evidence

    def highlight(self, evidence_id: str) -> None:
        """Mark the sentences that state something, e.g. a segment that was selected elsewhere."""
        self._extra_evidence = evidence_id
        self._show_highlight()

    def _show_highlight(self) -> None:
        wanted: tuple[str, ...] = ()
        if self._case_id and self.room.report.report is not None:
            for evidence_id in (self.room.findings.selected_id, self._extra_evidence):
                if evidence_id:
                    wanted += tuple(self.room.report.sentences_of(evidence_id))
        self.editor.highlight(wanted)

    def _cursor_moved(self) -> None:
        if not self._sending:
            self._show_sentence()

    def _show_sentence(self) -> None:
        """Say what the sentence at the cursor rests on, and what it was drafted as."""
        sentence_id = self._sentence_id()
        text = self.evidence.sentence_text(sentence_id)
        self.ui.sentenceLabel.setText(text)
        self.ui.sentenceLabel.setVisible(bool(text))
        self.ui.removeButton.setEnabled(bool(sentence_id))
        self.ui.evidenceButton.setEnabled(bool(sentence_id))

    def _sentence_id(self) -> str:
        if not self._case_id or not self.editor.paragraphs or not self.editor.is_intact():
            return ""
        return self.editor.sentence_at_cursor()[1]

    def show_evidence(self) -> None:
        """Select the finding, or go to the segment, that the sentence at the cursor states."""
        sentence_id = self._sentence_id()
        if not sentence_id:
            return
        chosen = self.evidence.finding_of(sentence_id)
        if chosen:
            self.attempt(self.room.findings.select, chosen)
            return
        segment = self.evidence.segment_of(sentence_id)
        if segment:
            self.highlight(segment)
            self.on_segment(segment)

    def _go_to_segment(self, segment_id: str) -> None:
        self.evidence.jump(segment_id, self.attempt)

    # ------------------------------------------------------------------ doing

    def actions(self) -> tuple[Action, ...]:
        """Return what can be done here."""
        return (
            Action("report.add", _("Add sentence"), "Ctrl+Shift+N", self.add_sentence),
            Action("report.remove", _("Remove sentence"), "Ctrl+Shift+Backspace", self.remove_sentence),
            Action("report.evidence", _("Show evidence of sentence"), "Ctrl+Shift+J", self.show_evidence),
            Action("report.undo", _("Undo in report"), "Ctrl+Alt+Z", self.undo),
            Action("report.redo", _("Redo in report"), "Ctrl+Alt+Y", self.redo),
            Action("report.keep", _("Keep my sentence"), "", self.keep_mine),
            Action("report.take", _("Take the new draft"), "", self.take_draft),
            Action("report.insert", _("Insert into report…"), "Ctrl+Shift+K", self.inserts.show_insert),
            Action("report.phrases", _("Phrases…"), "", self.inserts.show_phrases),
            *(Action(*item) for item in (*self.checks.actions(), *self.workflow.actions())),
            Action("report.save", _("Save report…"), "Ctrl+Shift+S", self.save),
            Action("report.export", _("Export report…"), "Ctrl+Shift+X", self.export),
        )

    def go_to(self, place: str, start: int = 0, stop: int = 0) -> None:
        """Select a range of a sentence, or go to a section (``section:`` and its id)."""
        if place.startswith("section:"):
            self.editor.go_to_section(place.removeprefix("section:"))
        else:
            self.editor.go_to_sentence(place, start, stop)
        self.editor.setFocus(qt.Qt.OtherFocusReason)

    def export(self) -> None:
        """Ask what to export and where."""
        if not self._has_report():
            return
        self._export = ExportDialog(self.widget.window(), self.room, self.host)
        self._export.open()

    def start(self) -> None:
        """Start a report that no model drafted."""
        self.attempt(self.room.report.start)

    def add_sentence(self) -> None:
        """Put the cursor at the end of the chosen section, for a new sentence."""
        if not self._may_edit():
            return
        chosen = str(self.ui.sectionCombo.currentData)
        self.editor.setFocus(qt.Qt.OtherFocusReason)
        self._begun = chosen
        self._show_report(self.room.report.report)
        self.editor.begin_sentence(chosen)

    def new_sentence_here(self) -> None:
        """Begin a sentence behind the one at the cursor."""
        if not self._may_edit():
            return
        section_id, sentence_id = self.editor.sentence_at_cursor()
        if section_id:
            self.editor.begin_sentence(section_id, sentence_id)

    def remove_sentence(self) -> None:
        """Remove the sentence at the cursor."""
        self.flush()
        sentence_id = self._sentence_id()
        if sentence_id:
            self.attempt(self.room.report.remove, sentence_id)
        else:
            self.room.tell("info", _("Put the cursor into a sentence first."))

    def undo(self) -> None:
        """Undo the last change of the report."""
        self.flush()
        self.attempt(self.room.report.undo)

    def redo(self) -> None:
        """Do the change again that was undone."""
        self.flush()
        self.attempt(self.room.report.redo)

    def _has_report(self) -> bool:
        """Send what was typed; say so where there is no report."""
        self.flush()
        if self._case_id and self.room.report.report is not None:
            return True
        self.room.tell("info", _("There is no report yet. Analyze the case first."))
        return False

    def _may_edit(self) -> bool:
        """As `_has_report`; a signed report says that it is."""
        if not self._has_report():
            return False
        if self.editor.readOnly:
            self.attempt(self.room.report.workflow.require_open)
            return False
        return True

    def keep_mine(self) -> None:
        """Keep the reader's text where the draft has changed."""
        self._resolve(False)

    def take_draft(self) -> None:
        """Replace the reader's text by the new draft."""
        self._resolve(True)

    def _resolve(self, take: bool) -> None:
        self.flush()
        pending = self.room.report.pending() if self._case_id else ()
        if pending:
            self.attempt(self.room.report.resolve_pending, pending[0].sentence_id, take)
        else:
            self.room.tell("info", _("No draft of a sentence that you changed is waiting."))

    def save(self) -> None:
        """Ask for a file and save as web page, text or JSON, by its ending."""
        if not self._has_report():
            return
        filters = _("Web page (*.html);;Text (*.txt);;Data (*.json)")
        path = self.host.ask_save(_("Save report"), "report.html", filters)
        if path:
            target = Path(path) if Path(path).suffix else Path(f"{path}.html")
            self.attempt(self.room.report.save, target)

    def cleanup(self) -> None:
        """Send what was typed, and stop."""
        if self._timer.isActive():
            self._send()
        self._stop_timers()
        self._soon.stop()
        self.activity.stop()
        for item in (self.workflow, self.checks, self.inserts):
            item.cleanup()
        if self._export is not None:
            self._export.close()

    def _stop_timers(self) -> None:
        self._timer.stop()
        self._limit.stop()

    def _show_count(self, text: str) -> None:
        """Put the number of remarks into the title of the section."""
        self.ui.section.setText(f"{_('Report')}   {text}" if text else _("Report"))


def _timer(wait_ms: int, act: Callable[[], object]) -> Any:
    made = qt.QTimer()
    made.setSingleShot(True)
    made.setInterval(wait_ms)
    made.connect("timeout()", act)
    return made
