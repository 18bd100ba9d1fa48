"""A reader study in the panel: worklist, questions, marks, report, and what comes next."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import qt

from ..errors import ClockError
from .part import Action, Part
from .study_form import StudyForm
from .study_marks_box import MarksBox
from .study_protocol_form import ProtocolWindow
from .study_rating import RatingWindow
from .translation import _

__all__ = ["StudyPart"]

_TICK_MS = 500
_SAVE_AFTER_MS = 250
"""A slider that is dragged is saved when it rests."""


class StudyPart(Part):
    """Shown while a study is open, above everything else.

    Attributes
    ----------
    form : StudyForm
    marks : MarksBox
    rating : RatingWindow
    protocol : ProtocolWindow, optional
        Once it was asked for.
    """

    ui_name = "Study"
    topics = ("study",)

    def __init__(self, room: Any, host: Any) -> None:
        super().__init__(room, host)
        self.form = StudyForm(self.ui.formHolder, self._answered)
        self.marks = MarksBox(self.ui, lambda: self.room.study.reading.marks, self.attempt)
        self.rating = RatingWindow(room, self.widget, self.submit, self.pause)
        self.protocol: ProtocolWindow | None = None
        self._built: object = None
        self._mouse: tuple[int, int] = (0, 0)
        self._filling = self._typed = False
        self._tick_timer = self._timer(_TICK_MS, False, self.tick)
        self._save_timer = self._timer(_SAVE_AFTER_MS, True, self.flush)
        self.ui.reportEdit.connect("textChanged()", self._answered)
        for name, action in (
            ("startButton", self.start),
            ("lockButton", self.lock),
            ("submitButton", self.submit),
            ("pauseButton", self.pause),
            ("draftButton", self.insert_draft),
            ("windowButton", self.rating.show),
        ):
            getattr(self.ui, name).connect("clicked()", action)
        self.widget.setVisible(False)

    @staticmethod
    def _timer(interval_ms: int, once: bool, action: Callable[[], object]) -> Any:
        timer = qt.QTimer()
        timer.setSingleShot(once)
        timer.setInterval(interval_ms)
        timer.connect("timeout()", action)
        return timer

    # ------------------------------------------------------------------ showing

    def refresh(self) -> None:
        """Show the study, or nothing."""
        study = self.room.study
        self.widget.setVisible(bool(study.is_open))
        reading = study.reading
        self.rating.refresh()
        self._build(reading)
        if reading.screen is not None and not self._tick_timer.isActive():
            self._tick_timer.start()
        elif reading.screen is None:
            self._tick_timer.stop()
        if study.is_open:
            self._show_head(study, reading)
            self._show_buttons(study, reading)

    def _build(self, reading: Any) -> None:
        """Make the fields anew when another read, or another stage of it, is on."""
        screen = reading.screen
        questions = getattr(screen, "questions", None)
        key = (reading.code, type(screen).__name__) if questions is not None else None
        if key != self._built:
            self._built = key
            self._save_timer.stop()
            self._filling, self._typed = True, False
            self.form.clear()
            if questions is not None:
                self._fill(reading, questions)
            self._filling = False
        self.ui.formHolder.setVisible(questions is not None)
        self.ui.reportBox.setVisible(questions is not None and questions.report != "none")
        self.ui.draftButton.setVisible(bool(reading.suggestion))
        self.marks.refresh(questions)

    def _fill(self, reading: Any, questions: Any) -> None:
        self.form.build(questions)
        self.form.show(reading.draft.ratings, reading.draft.forms)
        required = questions.report == "required"
        self.ui.reportLabel.setText(_("Report (required)") if required else _("Report (optional)"))
        self.ui.reportEdit.setPlainText(reading.draft.report)
        if reading.suggestion and not reading.draft.report:
            self.ui.reportEdit.setPlainText(reading.suggestion)
            # It is the reader's text from now on, and saved like it.
            self._typed = True
            self._save_timer.start()

    def _show_head(self, study: Any, reading: Any) -> None:
        items = study.worklist
        done = sum(item.state == "submitted" for item in items)
        if reading.number:
            text = _("Case {number} of {total}").format(number=reading.number, total=len(items))
        else:
            text = _("{done} of {total} submitted").format(done=done, total=len(items))
        self.ui.titleLabel.setTextFormat(qt.Qt.PlainText)
        self.ui.titleLabel.setText(study.title)
        self.ui.progressLabel.setText(text)
        indication = str(getattr(reading.screen, "indication", ""))
        self.ui.indicationLabel.setTextFormat(qt.Qt.PlainText)
        self.ui.indicationLabel.setText(_("Indication: {text}").format(text=indication))
        self.ui.indicationLabel.setVisible(bool(indication))
        self.ui.hintLabel.setTextFormat(qt.Qt.PlainText)
        self.ui.hintLabel.setText(self._hint(study, reading))

    def _hint(self, study: Any, reading: Any) -> str:
        if reading.is_paused:
            return _("Paused. The time stands still, and the images are away.")
        if reading.screen is None:
            first = str(study.waiting_for) or _("The time begins when the images appear.")
            key = _("Key of this machine, to be told to the study team once: {key}")
            return f"{first}\n{key.format(key=study.fingerprint)}"
        missing = str(reading.missing)
        note = _("What the protocol does not provide for this case is hidden.")
        return f"{missing}\n{note}" if missing else note

    def _show_buttons(self, study: Any, reading: Any) -> None:
        ui, waiting, missing = self.ui, str(study.waiting_for), str(reading.missing)
        reads = getattr(reading.screen, "questions", None) is not None
        ui.startButton.setVisible(reading.screen is None)
        ui.startButton.setEnabled(not waiting)
        ui.startButton.setToolTip(waiting or _("Show the next case; its time begins"))
        item = study.next_item
        again = item is not None and item.state in ("open", "paused")
        ui.startButton.setText(_("Continue") if again else _("Next case"))
        ui.lockButton.setVisible(reads and reading.asks_lock)
        ui.submitButton.setVisible(reads and not reading.asks_lock)
        for button, tip in (
            (ui.lockButton, _("Your ratings can not be changed afterwards")),
            (ui.submitButton, _("Your answers can not be changed afterwards")),
        ):
            button.setEnabled(not missing)
            button.setToolTip(missing or tip)
        ui.pauseButton.setVisible(reads)
        ui.windowButton.setVisible(reading.screen is not None and not reads)
        ui.savedLabel.setVisible(reading.screen is not None)
        self._show_saved()

    def _show_saved(self) -> None:
        waits = self._save_timer.isActive()
        self.ui.savedLabel.setText(_("Not saved yet…") if waits else _("✓ Everything is saved."))

    # ------------------------------------------------------------------ answering

    def _answered(self) -> None:
        if not self._filling and self._built is not None:
            self._typed = True
            self._save_timer.start()
            self._show_saved()

    def flush(self) -> None:
        """Save what was answered now."""
        self._save_timer.stop()
        typed, self._typed = self._typed, False
        if typed and self._built is not None and self.room.study.reading.screen is not None:
            ratings, forms = self.form.answers()
            report = str(self.ui.reportEdit.plainText)
            reading = self.room.study.reading
            self.attempt(lambda: reading.answer(ratings=ratings, forms=forms, report=report))
        self._show_saved()

    def tick(self) -> None:
        """Tell the study whether the reader moved the mouse, and what was done in the views."""
        place = qt.QCursor.pos()
        mouse = (int(place.x()), int(place.y()))
        moved, self._mouse = mouse != self._mouse, mouse
        self.attempt(self.room.study.reading.tick, moved)

    def insert_draft(self) -> None:
        """Put what AI drafted behind the reader's text."""
        suggestion = str(self.room.study.reading.suggestion)
        if suggestion:
            self.ui.reportEdit.appendPlainText(suggestion)
        else:
            self.room.tell("info", _("There is no AI draft in this reading."))

    # ------------------------------------------------------------------ doing

    def actions(self) -> tuple[Action, ...]:
        """Return what can be done here."""
        return (
            Action("study.open", _("Open study folder…"), "", self.ask_folder),
            Action("study.package", _("Open study package…"), "", self.ask_package),
            Action("study.start", _("Next case of the study, or continue"), "Alt+Shift+G", self.start),
            Action("study.lock", _("Lock ratings and show AI"), "Alt+Shift+L", self.lock),
            Action("study.submit", _("Submit the case"), "Alt+Shift+Return", self.submit),
            Action("study.pause", _("Pause the study"), "Alt+Shift+P", self.pause),
            Action("study.mark", _("Mark a lesion"), "Alt+Shift+M", self.marks.toggle),
            Action("study.unmark", _("Remove the selected mark"), "", self.marks.remove),
            Action("study.protocol", _("New study protocol…"), "", self.new_protocol),
            Action("study.edit", _("Edit a study protocol…"), "", self.edit_protocol),
            Action("study.export", _("Export results…"), "", self.export),
            Action("study.close", _("Close study"), "", self.close),
        )

    def ask_folder(self) -> None:
        """Ask for the folder of a study, and open it."""
        self._open_first(self.host.ask_files(_("Open the folder of a reader study"), True))

    def ask_package(self) -> None:
        """Ask for a package that the study team sent, and open it."""
        self._open_first(self.host.ask_files(_("Open the package of a reader study")))

    def _open_first(self, paths: tuple[str, ...]) -> None:
        if paths:
            self.open(Path(paths[0]))

    def open(self, path: Path, reader: str = "") -> None:
        """Open a study, and show it."""
        self.attempt(self.room.study.open, path, reader)
        self.ui.section.collapsed = False

    def start(self) -> None:
        """Show the next case; where the clock looks wrong, ask why it is right."""
        self.flush()
        try:
            self.attempt_start()
        except ClockError as error:
            reason = self.host.ask_text(
                _("Clock"), _("{problem}\nWhy is the clock right now?").format(problem=error)
            )
            if reason and reason.strip():
                self.attempt(self.room.study.accept_clock, reason.strip())
                self.attempt(self.room.study.start)

    def attempt_start(self) -> None:
        """Start; every refusal but that of the clock goes to the message bar.

        Raises
        ------
        ClockError
            If the clock was set back, or jumped.
        """
        refused: list[ClockError] = []

        def begin() -> None:
            try:
                self.room.study.start()
            except ClockError as error:
                refused.append(error)

        self.attempt(begin)
        if refused:
            raise refused[0]

    def lock(self) -> None:
        """Lock the ratings, and show AI."""
        self.flush()
        if self.room.study.reading.asks_lock:
            self.attempt(self.room.study.reading.lock)
        else:
            self.room.tell("info", _("Nothing is to be locked now."))

    def submit(self) -> None:
        """Submit the case, or what is rated."""
        self._flush_all()
        if self.room.study.reading.asks_lock:
            self.room.tell("info", _("Lock the ratings first."))
            return
        self.attempt(self.room.study.reading.submit)

    def pause(self) -> None:
        """Stop the time."""
        self._flush_all()
        self.attempt(self.room.study.reading.pause)

    def _flush_all(self) -> None:
        self.flush()
        self.rating.flush()

    def export(self) -> None:
        """Ask where to write the signed results."""
        self._flush_all()
        if not self.room.study.is_open:
            self.room.tell("info", str(self.room.study.waiting_for))
            return
        path = self.host.ask_save(_("Export the results of the study"), "results.zip", _("Results (*.zip)"))
        if path and self.attempt(self.room.study.export, Path(path)):
            self.room.tell("info", _("The results were written: {path}").format(path=path))

    def close(self) -> None:
        """Close the study; an open case is paused."""
        self._flush_all()
        if self.room.study.is_open:
            self.attempt(self.room.study.close)
        else:
            self.room.tell("info", str(self.room.study.waiting_for))

    def new_protocol(self) -> None:
        """Open the form for a protocol."""
        if self.protocol is None:
            self.protocol = ProtocolWindow(self.room, self.host, self.widget)
        self.protocol.show()

    def edit_protocol(self) -> None:
        """Ask for a protocol, and open it in the form."""
        paths = self.host.ask_files(_("Open a study protocol"))
        if paths:
            self.new_protocol()
            assert self.protocol is not None
            self.protocol.load(Path(paths[0]))

    def cleanup(self) -> None:
        """Save what waits, and stop."""
        self._flush_all()
        self._tick_timer.stop()
        self._save_timer.stop()
        self.rating.close()
        if self.protocol is not None:
            self.protocol.close()
