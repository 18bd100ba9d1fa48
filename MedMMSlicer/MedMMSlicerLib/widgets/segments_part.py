"""Segments: what was outlined, how large it is, who made it, and the way to correct it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import qt

from .delegates import SwatchDelegate
from .part import Action, Part
from .segment_texts import algorithm_text, comparison_cells, mark_text, segment_cell
from .tables import fit_rows, prepare_table, set_cell
from .translation import _

__all__ = ["SegmentsPart"]

_SHOWN, _COLOR, _NAME, _SIZE = range(4)
_ROWS_SHOWN = 10
_COMPARISONS_SHOWN = 5

Color = tuple[int, int, int]


class SegmentsPart(Part):
    """The list of segments, and beside what a reader changed, what a later run gave.

    Attributes
    ----------
    on_selected : callable
        ``on_selected(segment_id)`` is called when the reader selects a segment.
    ask_color : callable
        ``ask_color(color) -> color or None``: opens Qt's color window; a test gives an answer instead.
    """

    ui_name = "Segments"
    topics = ("cases", "case", "segments")

    def __init__(self, room: Any, host: Any) -> None:
        super().__init__(room, host)
        self.on_selected: Callable[[str], object] = lambda _segment_id: None
        self.ask_color: Callable[[Color], Color | None] = self._ask_color
        self._rows: tuple[Any, ...] = ()
        self._comparisons: tuple[Any, ...] = ()
        self._selected = ("", "")
        self._filling = False
        self._prepare_tables()
        self._connect()

    def _prepare_tables(self) -> None:
        table = self.ui.segmentsTable
        prepare_table(table, 4)
        header = table.horizontalHeader()
        header.setSectionResizeMode(qt.QHeaderView.ResizeToContents)
        header.setSectionResizeMode(_COLOR, qt.QHeaderView.Fixed)
        header.setSectionResizeMode(_NAME, qt.QHeaderView.Stretch)
        header.resizeSection(_COLOR, 28)
        self._swatches = SwatchDelegate(table, self._color)
        table.setItemDelegateForColumn(_COLOR, self._swatches)
        comparison = self.ui.comparisonTable
        prepare_table(comparison, 3)
        comparison.horizontalHeader().setSectionResizeMode(1, qt.QHeaderView.ResizeToContents)
        comparison.horizontalHeader().setSectionResizeMode(2, qt.QHeaderView.ResizeToContents)

    def _connect(self) -> None:
        table = self.ui.segmentsTable
        table.connect("currentCellChanged(int,int,int,int)", self._row_changed)
        table.connect("cellChanged(int,int)", self._cell_changed)
        table.connect("cellClicked(int,int)", self._cell_clicked)
        table.connect("cellDoubleClicked(int,int)", self._cell_double_clicked)
        self._toggle_key = qt.QShortcut(qt.QKeySequence(qt.Qt.Key_Space), table)
        self._toggle_key.setContext(qt.Qt.WidgetShortcut)
        self._toggle_key.connect("activated()", self.toggle_visible)
        self._jump_key = qt.QShortcut(qt.QKeySequence(qt.Qt.Key_Return), table)
        self._jump_key.setContext(qt.Qt.WidgetShortcut)
        self._jump_key.connect("activated()", self.jump)
        self.ui.opacitySlider.connect("valueChanged(int)", self._opacity_moved)
        self.ui.surfaceButton.connect("clicked(bool)", self._surface_clicked)
        for name, action in (
            ("jumpButton", self.jump),
            ("editButton", self.edit),
            ("colorButton", self.change_color),
            ("renameButton", self.rename),
            ("removeButton", self.remove),
            ("undoButton", self.undo),
            ("keepButton", self.keep_mine),
            ("takeButton", self.take_new),
        ):
            getattr(self.ui, name).connect("clicked()", action)

    # ------------------------------------------------------------------ showing

    def refresh(self) -> None:
        """Show the segments of the current case."""
        found = bool(self.room.cases.current_id)
        self._rows = self.room.segments.rows() if found else ()
        self._comparisons = self.room.segments.comparisons() if found else ()
        self._filling = True
        self._fill_table()
        self._fill_comparisons()
        self._filling = False
        text = _("Open images first.") if not found else _("No segments yet: analyze the case.")
        self.ui.emptyLabel.setText(text)
        self.ui.emptyLabel.setVisible(not self._rows)
        self._show_selected()

    def _fill_table(self) -> None:
        table = self.ui.segmentsTable
        table.setHorizontalHeaderLabels(["", "", _("Segment"), _("Size")])
        table.setRowCount(len(self._rows))
        for number, row in enumerate(self._rows):
            tip = "; ".join(
                part for part in (row.name, row.volume_text, algorithm_text(row), mark_text(row)) if part
            )
            shown = set_cell(table, number, _SHOWN, "", _("Shown") if row.visible else _("Hidden"))
            shown.setFlags(qt.Qt.ItemIsEnabled | qt.Qt.ItemIsSelectable | qt.Qt.ItemIsUserCheckable)
            shown.setCheckState(qt.Qt.Checked if row.visible else qt.Qt.Unchecked)
            set_cell(table, number, _COLOR, "", _("Color of {name}").format(name=row.name))
            name = set_cell(table, number, _NAME, segment_cell(row), tip)
            font = name.font()
            font.setItalic(row.is_new)
            name.setFont(font)
            set_cell(table, number, _SIZE, _two_lines(row.volume_text), tip)
        keys = [(row.segmentation_id, row.segment_id) for row in self._rows]
        if self._selected in keys:
            if table.currentRow() != keys.index(self._selected):
                table.setCurrentCell(keys.index(self._selected), _NAME)
        else:
            self._selected = ("", "")
            table.setCurrentCell(-1, -1)
            table.clearSelection()
        table.resizeRowsToContents()
        fit_rows(table, _ROWS_SHOWN)
        table.setVisible(bool(self._rows))
        table.viewport().update()

    def _fill_comparisons(self) -> None:
        table = self.ui.comparisonTable
        table.setHorizontalHeaderLabels([_("Segment"), _("Dice"), _("Volume")])
        table.setRowCount(len(self._comparisons))
        for number, comparison in enumerate(self._comparisons):
            for column, text in enumerate(comparison_cells(comparison)):
                set_cell(table, number, column, text, " ".join(comparison_cells(comparison)))
        if self._comparisons and table.currentRow() < 0:
            table.setCurrentCell(0, 0)
        table.resizeRowsToContents()
        fit_rows(table, _COMPARISONS_SHOWN)
        self.ui.comparisonBox.setVisible(bool(self._comparisons))

    def _show_selected(self) -> None:
        row = self._row()
        for name in ("jumpButton", "editButton", "colorButton", "renameButton", "removeButton", "opacityRow"):
            getattr(self.ui, name).setEnabled(row is not None)
        slider = self.ui.opacitySlider
        if not slider.isSliderDown():
            blocked = slider.blockSignals(True)
            slider.setValue(100 if row is None else round(100 * row.opacity))
            slider.blockSignals(blocked)
        self.ui.opacityLabel.setText("" if row is None else f"{slider.value} %")
        self.ui.surfaceButton.setEnabled(bool(self._rows))
        self.ui.surfaceButton.setChecked(self._is_shown_in_3d())
        self.ui.undoButton.setEnabled(bool(self.room.cases.current_id) and bool(self.room.segments.can_undo))

    def _color(self, number: int) -> Any:
        return self._rows[number].color if number < len(self._rows) else None

    def _is_shown_in_3d(self) -> bool:
        ids = {row.segmentation_id for row in self._rows}
        return any(self.room.segments.is_shown_in_3d(node_id) for node_id in ids)

    # ------------------------------------------------------------------ selecting

    def select(self, segment_id: str) -> bool:
        """Select a segment by its id and move the views to it; return whether there is one."""
        number = next((number for number, row in enumerate(self._rows) if row.segment_id == segment_id), -1)
        if number < 0:
            return False
        self.ui.segmentsTable.setCurrentCell(number, _NAME)
        self.jump()
        return True

    def _row(self) -> Any:
        keys = [(row.segmentation_id, row.segment_id) for row in self._rows]
        return self._rows[keys.index(self._selected)] if self._selected in keys else None

    def _required_row(self) -> Any:
        row = self._row()
        if row is None:
            self.room.tell("info", _("Select a segment first."))
        return row

    def _row_changed(self, number: int, *_cell: int) -> None:
        if self._filling or not 0 <= number < len(self._rows):
            return
        row = self._rows[number]
        self._selected = (row.segmentation_id, row.segment_id)
        self._show_selected()
        self.on_selected(row.segment_id)

    def _cell_changed(self, number: int, column: int) -> None:
        if self._filling or column != _SHOWN or number >= len(self._rows):
            return
        row = self._rows[number]
        shown = self.ui.segmentsTable.item(number, _SHOWN).checkState() == qt.Qt.Checked
        if shown != row.visible:
            self.attempt(self.room.segments.set_visible, row.segmentation_id, (row.segment_id,), shown)

    def _cell_clicked(self, _number: int, column: int) -> None:
        if column == _COLOR:
            self.change_color()

    def _cell_double_clicked(self, _number: int, column: int) -> None:
        if column in (_NAME, _SIZE):
            self.jump()

    # ------------------------------------------------------------------ doing

    def actions(self) -> tuple[Action, ...]:
        """Return what can be done here."""
        return (
            Action("segments.jump", _("Go to segment"), "Shift+J", self.jump),
            Action("segments.edit", _("Edit segment"), "Shift+G", self.edit),
            Action("segments.visible", _("Show or hide segment"), "Shift+V", self.toggle_visible),
            Action("segments.color", _("Color of segment…"), "", self.change_color),
            Action("segments.rename", _("Rename segment…"), "", self.rename),
            Action("segments.remove", _("Remove segment"), "", self.remove),
            Action("segments.undo", _("Undo in segments"), "", self.undo),
            Action("segments.surfaces", _("Show segments in 3D"), "Shift+D", self.toggle_surfaces),
            Action("segments.keep", _("Keep my version"), "", self.keep_mine),
            Action("segments.take", _("Take the new version"), "", self.take_new),
        )

    def jump(self) -> None:
        """Move all views to the selected segment."""
        row = self._required_row()
        if row is not None:
            self.attempt(self.room.segments.jump, row.segmentation_id, row.segment_id)

    def edit(self) -> None:
        """Open the application's editor on the selected segment."""
        row = self._required_row()
        if row is not None:
            self.attempt(self.host.edit_segment, row.segmentation_id, row.segment_id)

    def toggle_visible(self) -> None:
        """Show or hide the selected segment."""
        row = self._required_row()
        if row is not None:
            ids = (row.segment_id,)
            self.attempt(self.room.segments.set_visible, row.segmentation_id, ids, not row.visible)

    def change_color(self) -> None:
        """Ask for a color; a recolored segment counts as touched."""
        row = self._required_row()
        color = None if row is None else self.ask_color(row.color)
        if color is not None and tuple(color) != tuple(row.color):
            self.attempt(self.room.segments.set_color, row.segmentation_id, row.segment_id, color)

    def _ask_color(self, color: Color) -> Color | None:
        chosen = qt.QColorDialog.getColor(qt.QColor(*color), self.widget)
        return (chosen.red(), chosen.green(), chosen.blue()) if chosen.isValid() else None

    def rename(self) -> None:
        """Ask for a name."""
        row = self._required_row()
        name = None if row is None else self.host.ask_text(_("Rename segment"), _("Name"), row.name)
        if name is not None and name.strip() != row.name:
            self.attempt(self.room.segments.rename, row.segmentation_id, row.segment_id, name.strip())

    def remove(self) -> None:
        """Remove the selected segment; `undo` brings it back."""
        row = self._required_row()
        if row is not None:
            self.attempt(self.room.segments.remove, row.segmentation_id, row.segment_id)

    def undo(self) -> None:
        """Undo the last removal, renaming or choice of a version."""
        self.attempt(self.room.segments.undo)

    def toggle_surfaces(self) -> None:
        """Show or hide all segments in 3D."""
        self._surface_clicked(not self._is_shown_in_3d())

    def _surface_clicked(self, shown: bool) -> None:
        if not self._rows:
            self.room.tell("info", _("No segments yet: analyze the case."))
        for node_id in dict.fromkeys(row.segmentation_id for row in self._rows):
            self.attempt(self.room.segments.show_in_3d, node_id, bool(shown))
        self.ui.surfaceButton.setChecked(self._is_shown_in_3d())

    def _opacity_moved(self, percent: int) -> None:
        row = self._row()
        if row is not None:
            self.ui.opacityLabel.setText(f"{percent} %")
            ids = (row.segment_id,)
            self.attempt(self.room.segments.set_opacity, row.segmentation_id, ids, percent / 100)

    def keep_mine(self) -> None:
        """Remove what the later run put beside the reader's version."""
        self._resolve("mine")

    def take_new(self) -> None:
        """Replace the reader's version by that of the later run."""
        self._resolve("new")

    def _resolve(self, keep: str) -> None:
        number = self.ui.comparisonTable.currentRow()
        if not 0 <= number < len(self._comparisons):
            self.room.tell("info", _("There is no new version of a segment that you changed."))
            return
        chosen = self._comparisons[number]
        self.attempt(self.room.segments.resolve, chosen.segmentation_id, chosen.new_segment_id, keep)


def _two_lines(text: str) -> str:
    """Break a list of sizes, in either language, so that the column stays narrow."""
    return text.replace(", ", "\n").replace("，", "\n").replace("、", "\n")
