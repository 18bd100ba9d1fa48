"""The window in which evaluators rate reports, or choose between two, blind to where they come from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import qt
import slicer

from .part import load_ui
from .study_form import RadioField
from .translation import _

__all__ = ["RatingWindow"]

_SAVE_AFTER_MS = 250
_SIZE = (760, 520)
_LIKERT = (1, 2, 3, 4, 5)
_RADPEER = ("1", "2a", "2b", "3a", "3b")


class RatingWindow:
    """Open while a task of a rating round is open; images, if any, are in the views behind.

    Parameters
    ----------
    room : ReadingRoom
    parent : QWidget
    submit, pause : callable
        What the buttons do.

    Attributes
    ----------
    dialog : QDialog, optional
        Made with the first task.
    fields : dict of str to RadioField
        By scale; ``choice`` for a preference.
    """

    def __init__(
        self, room: Any, parent: Any, submit: Callable[[], object], pause: Callable[[], object]
    ) -> None:
        self._room = room
        self._parent = parent
        self._submit = submit
        self._pause = pause
        self.dialog: Any = None
        self.ui: Any = None
        self.fields: dict[str, RadioField] = {}
        self._body: Any = None
        self._built = ""
        self._filling = False
        self._save_timer = qt.QTimer()
        self._save_timer.setSingleShot(True)
        self._save_timer.setInterval(_SAVE_AFTER_MS)
        self._save_timer.connect("timeout()", self.flush)

    def refresh(self) -> None:
        """Show what is rated now, or close."""
        reading = self._room.study.reading
        screen = reading.screen
        if screen is None or hasattr(screen, "questions"):
            self._hide()
            return
        if self.dialog is None:
            self._make()
        if self._built != reading.code:
            self._built = reading.code
            self._fill(screen, reading.draft)
            self.show()
        missing = str(reading.missing)
        self.ui.submitButton.setEnabled(not missing)
        self.ui.submitButton.setToolTip(missing or _("Your answers can not be changed afterwards"))
        self.ui.stateLabel.setTextFormat(qt.Qt.PlainText)
        self.ui.stateLabel.setText(missing or _("✓ Everything is saved."))

    def show(self) -> None:
        """Bring the window to the front."""
        if self.dialog is not None and self._built:
            self.dialog.show()
            self.dialog.raise_()

    def flush(self) -> None:
        """Save what was answered now."""
        self._save_timer.stop()
        reading = self._room.study.reading
        if not self._built or reading.screen is None or self._filling:
            return
        from ..errors import MedMMError

        comment = str(self.ui.commentEdit.text)
        given = {name: field.value for name, field in self.fields.items() if field.value is not None}
        try:
            if "choice" in self.fields:
                reading.answer(choice=given.get("choice", ""), comment=comment)
            else:
                reading.answer(scores=given, comment=comment)
        except MedMMError as error:
            self._room.tell("error", error)

    def close(self) -> None:
        """Take the window away for good."""
        self._save_timer.stop()
        if self.dialog is not None:
            self.dialog.close()
            self.dialog.deleteLater()
            self.dialog = None

    def _make(self) -> None:
        self.dialog = qt.QDialog(self._parent)
        self.dialog.setObjectName("StudyRatingWindow")
        self.dialog.resize(*_SIZE)
        widget = load_ui("StudyRating")
        self.ui = slicer.util.childWidgetVariables(widget)
        column = qt.QVBoxLayout(self.dialog)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(widget)
        self.ui.submitButton.connect("clicked()", self._submit)
        self.ui.pauseButton.connect("clicked()", self._pause)
        self.ui.commentEdit.connect("textEdited(QString)", lambda _text: self._save_timer.start())

    def _hide(self) -> None:
        self._save_timer.stop()
        if self._built and self.dialog is not None:
            # Nothing of what was read stays in a window that is merely hidden.
            self._built = ""
            self._clear()
            self.dialog.hide()

    def _clear(self) -> None:
        for edit in (self.ui.leftEdit, self.ui.rightEdit):
            edit.setPlainText("")
        self.ui.commentEdit.setText("")
        if self._body is not None:
            self.ui.scoresHolder.layout().removeWidget(self._body)
            self._body.setParent(None)
            self._body.deleteLater()
        self._body, self.fields = None, {}

    def _fill(self, screen: Any, draft: Any) -> None:
        self._filling = True
        self._clear()
        self._body = qt.QWidget(self.ui.scoresHolder)
        qt.QVBoxLayout(self._body).setContentsMargins(0, 0, 0, 0)
        pair = hasattr(screen, "left")
        self.dialog.setWindowTitle(_("Which report is better?") if pair else _("Rate the report"))
        self.ui.rightBox.setVisible(pair)
        self.ui.leftLabel.setText(_("Report A") if pair else _("Report"))
        if pair:
            self.ui.taskLabel.setText(_("Read both reports on the same case, and choose."))
            self.ui.leftEdit.setPlainText(screen.left)
            self.ui.rightEdit.setPlainText(screen.right)
            choices = (("left", _("Report A")), ("right", _("Report B")), ("equal", _("No preference")))
            self._add("choice", _("Better"), choices, draft.choice or None)
        else:
            self.ui.taskLabel.setText(_task_text(screen.kind))
            self.ui.leftEdit.setPlainText(screen.text)
            for scale in screen.scales or ("radpeer",):
                values = [(value, str(value)) for value in (_LIKERT if screen.scales else _RADPEER)]
                self._add(scale, _scale_text(scale), values, draft.scores.get(scale))
        self.ui.commentEdit.setText(draft.comment)
        self.ui.scoresHolder.layout().addWidget(self._body)
        self._filling = False

    def _add(self, name: str, text: str, choices: Any, value: Any) -> None:
        field = RadioField(f"score_{name}", text, choices)
        field.show(value)
        field.on_changed = self.flush
        label = qt.QLabel(text, self._body)
        label.setTextFormat(qt.Qt.PlainText)
        self._body.layout().addWidget(label)
        self._body.layout().addWidget(field.widget)
        self.fields[name] = field


def _task_text(kind: str) -> str:
    if kind == "radpeer":
        return _(
            "RADPEER: 1 I concur; 2 a discrepancy that is understandable; 3 one that should not happen most "
            "of the time; a: unlikely, b: likely to matter clinically."
        )
    return _("Rate the report on each scale: 1 is worst, 5 is best.")


def _scale_text(scale: str) -> str:
    words = {
        "accuracy": _("Accuracy"),
        "completeness": _("Completeness"),
        "clarity": _("Clarity"),
        "clinical_relevance": _("Clinical relevance"),
        "radpeer": "RADPEER",
    }
    return words.get(scale, scale)
