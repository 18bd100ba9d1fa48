"""What stands beside the views: the case list, the panel, the segment editor."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import qt
from MedMMSlicerLib.widgets import translation

from .case_list import CaseList
from .view import View
from .view_area import ViewArea
from .view_commands import ViewCommands
from .words import _

__all__ = ["PANEL_WIDTH", "Docks"]

PANEL_WIDTH = 400
"""Pixels: what every part of the panel is made for."""

_KEYS = {"cases": "F3", "panel": "F9"}


class Docks:
    """The docks of the window; each can be moved, made wider, and hidden.

    Parameters
    ----------
    window : QMainWindow
    room : ReadingRoom
    views : mapping of str to View
        For the editor.
    panel : QWidget

    Attributes
    ----------
    cases, panel, editor : QDockWidget
    """

    def __init__(self, window: Any, room: Any, views: Mapping[str, View], panel: Any) -> None:
        self._window = window
        self._room = room
        self._views = views
        self._segment_editor: Any = None
        self._after_edit: Callable[[], object] | None = None
        self.panel = self._dock("panel", "Reading", panel, qt.Qt.RightDockWidgetArea)
        panel.setMinimumWidth(PANEL_WIDTH)
        self.cases: Any = None
        self.editor: Any = None

    def make_cases(
        self,
        select: Callable[[str, str], object],
        close: Callable[[str], object],
        shown: Callable[[], str],
    ) -> CaseList:
        """Make the case list, see `CaseList`."""
        made = CaseList(self._room, select, close, shown)
        self.cases = self._dock("cases", "Cases", made.widget, qt.Qt.LeftDockWidgetArea)
        return made

    def make_editor(self, after_edit: Callable[[], object]) -> None:
        """Make the dock of the segment editor; the editor itself is made when it is first needed."""
        self._after_edit = after_edit
        self.editor = self._dock("editor", "Segment editor", qt.QWidget(), qt.Qt.LeftDockWidgetArea)
        self.editor.hide()
        self.editor.connect("visibilityChanged(bool)", self._editor_shown)

    def toggles(self) -> dict[str, Any]:
        """Return the actions that show and hide a dock, by its name."""
        found = {"cases": self.cases.toggleViewAction(), "panel": self.panel.toggleViewAction()}
        for name, action in found.items():
            action.setShortcut(qt.QKeySequence(_KEYS[name]))
        return found

    def edit(self, segmentation_id: str, segment_id: str) -> None:
        """Open the segment editor on a segment.

        Raises
        ------
        MedMMError
            If it can not be edited.
        """
        if self._segment_editor is None:
            from ..segment_editor import SegmentEditor

            self._segment_editor = SegmentEditor(self._room, self._views)
            self.editor.setWidget(self._segment_editor.widget)
        self._segment_editor.start(segmentation_id, segment_id)
        self.editor.show()
        self.editor.raise_()

    def is_restored(self, segmentation_id: str) -> bool:
        """Whether the last thing done in the segment editor was undo or redo of this segmentation."""
        engine = None if self._segment_editor is None else self._segment_editor.engine
        return engine is not None and engine.segmentation_id == segmentation_id and engine.is_restored

    def stop_editor(self) -> None:
        """End editing; what was done stays."""
        if self._segment_editor is not None:
            self._segment_editor.stop()

    def swap_focus(self, commands: ViewCommands, area: ViewArea) -> None:
        """Give the keyboard to the panel if a view has it, else to the active view."""
        focused = qt.QApplication.focusWidget()
        if focused and area.widget.isAncestorOf(focused):
            self.panel.show()
            self.panel.widget().setFocus()
            self.panel.widget().focusNextChild()
        else:
            commands.focus(area.active)

    def retranslate(self) -> None:
        """Write the titles anew after the language changed."""
        for dock in (self.cases, self.panel, self.editor):
            dock.setWindowTitle(_(str(dock.property("source"))))
        if self._segment_editor is not None:
            translation.retranslate(self._segment_editor.widget)

    def _dock(self, name: str, title: str, content: Any, side: Any) -> Any:
        dock = qt.QDockWidget(_(title), self._window)
        dock.setObjectName(f"{name}Dock")
        dock.setProperty("source", title)
        dock.setWidget(content)
        self._window.addDockWidget(side, dock)
        return dock

    def _editor_shown(self, visible: bool) -> None:
        # A minimized window says the same; the dock itself is then not closed.
        if not visible and self._segment_editor is not None and self.editor.isHidden():
            self.stop_editor()
            if self._after_edit is not None:
                self._after_edit()
