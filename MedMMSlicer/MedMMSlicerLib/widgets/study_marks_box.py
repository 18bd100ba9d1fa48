"""The list of lesion marks of a read, and the rating of the one that is selected."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .study_form import ScaleField
from .tables import fit_rows, prepare_table, set_cell
from .translation import _

__all__ = ["MarksBox"]

_NUMBER, _LESION, _RATING = range(3)
_ROWS_SHOWN = 6


class MarksBox:
    """Marks: clicked into an image, listed, rated.

    Parameters
    ----------
    ui : object
        Of the study part.
    marks : callable
        Gives the room's `StudyMarks`.
    attempt : callable
        See `Part.attempt`.
    """

    def __init__(self, ui: Any, marks: Callable[[], Any], attempt: Callable[..., Any]) -> None:
        self._ui = ui
        self._marks = marks
        self._attempt = attempt
        self._targets: tuple[Any, ...] = ()
        self._scale: ScaleField | None = None
        self._scale_range: tuple[int, int] | None = None
        self._filling = False
        prepare_table(ui.marksTable, 3)
        ui.markButton.connect("clicked()", self.toggle)
        ui.removeMarkButton.connect("clicked()", self.remove)
        ui.marksTable.connect("currentCellChanged(int,int,int,int)", self._row_changed)
        ui.marksBox.setVisible(False)

    @property
    def scale(self) -> Any:
        """The field for the rating of the selected mark, None without one."""
        return self._scale

    def refresh(self, questions: Any) -> None:
        """Show the marks of a read, or nothing where none are asked for."""
        wanted = tuple(item for item in questions.targets if item.has_marks) if questions is not None else ()
        self._filling = True
        if wanted != self._targets:
            self._targets = wanted
            self._ui.markTargetCombo.clear()
            for target in wanted:
                self._ui.markTargetCombo.addItem(target.name, target.id)
        self._ui.marksBox.setVisible(bool(wanted))
        self._ui.markTargetCombo.setVisible(len(wanted) > 1)
        if wanted:
            self._show_rows()
            self._show_rating()
        self._filling = False

    def _show_rows(self) -> None:
        marks, table = self._marks(), self._ui.marksTable
        names = {target.id: target.name for target in self._targets}
        table.setHorizontalHeaderLabels([_("Mark"), _("Lesion"), _("Rating")])
        table.setRowCount(len(marks.rows))
        for number, mark in enumerate(marks.rows):
            rating = _("not rated yet") if mark.rating is None else f"{mark.rating:g}"
            set_cell(table, number, _NUMBER, str(number + 1))
            set_cell(table, number, _LESION, names.get(mark.target, mark.target))
            set_cell(table, number, _RATING, rating)
        if table.currentRow() != marks.selected:
            table.setCurrentCell(marks.selected, _NUMBER)
        table.setVisible(bool(marks.rows))
        fit_rows(table, _ROWS_SHOWN)
        self._ui.markButton.setChecked(bool(marks.placing))
        self._ui.removeMarkButton.setEnabled(marks.selected >= 0)
        text = _("Click the lesion in an image.") if marks.placing else _("Lesions")
        self._ui.marksLabel.setText(text)

    def _show_rating(self) -> None:
        """Show the rating of the selected mark on the scale of its target."""
        marks = self._marks()
        selected = marks.rows[marks.selected] if marks.selected >= 0 else None
        target = next((item for item in self._targets if selected and item.id == selected.target), None)
        holder = self._ui.markRatingHolder
        holder.setVisible(target is not None)
        if selected is None or target is None:
            return
        wanted = (int(target.minimum), int(target.maximum))
        if self._scale is None or wanted != self._scale_range:
            self._drop_scale()
            self._scale = ScaleField("mark", _("Rating of the mark"), *wanted)
            self._scale_range = wanted
            self._scale.on_changed = self._rated
            holder.layout().addWidget(self._scale.widget)
        if self._scale.value != selected.rating:
            self._scale.show(selected.rating)

    def _drop_scale(self) -> None:
        if self._scale is not None:
            self._ui.markRatingHolder.layout().removeWidget(self._scale.widget)
            self._scale.widget.setParent(None)
            self._scale.widget.deleteLater()
            self._scale = None

    def toggle(self) -> None:
        """Let the next click place a mark, or no more."""
        marks = self._marks()
        if marks.placing:
            marks.stop()
        elif self._targets:
            self._attempt(marks.begin, str(self._ui.markTargetCombo.currentData))
        self._ui.markButton.setChecked(bool(marks.placing))

    def remove(self) -> None:
        """Remove the selected mark."""
        self._attempt(self._marks().remove, self._marks().selected)

    def _rated(self) -> None:
        marks = self._marks()
        if not self._filling and self._scale is not None and marks.selected >= 0:
            self._attempt(marks.rate, marks.selected, self._scale.value)

    def _row_changed(self, row: int, *_cell: int) -> None:
        if not self._filling and row != self._marks().selected:
            self._marks().select(row)
            self._filling = True
            self._show_rating()
            self._filling = False
            self._ui.removeMarkButton.setEnabled(row >= 0)
