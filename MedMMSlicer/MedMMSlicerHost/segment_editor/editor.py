"""The segment editor of the desktop reader: tools, and what the mouse does in the views meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import qt
import slicer
from MedMMSlicerLib.errors import MedMMError
from MedMMSlicerLib.widgets.finding_texts import side_text

from .brush import Stroke
from .brush_cursor import BrushCursor
from .engine import SegmentEngine
from .words import UiTexts, _

__all__ = ["SegmentEditor"]

_MEASURE_PAUSE_MS = 300
"""After a stroke, before the segments are measured: a second stroke shall not wait for that."""

_BRUSH_SHARE = 0.04
"""First diameter of the brush, relative to the smaller side of a slice."""

_SIZE_STEP = 1.2
_TOPICS = ("cases", "case", "run", "segments")

Point = tuple[float, float, float]


class SegmentEditor:
    """Paint, erase, image values, undo and redo for one segment at a time.

    Parameters
    ----------
    room : ReadingRoom
        Gets ``segments.refresh()`` after changes, and what can not be done as a message.
    views : mapping of str to View
        Those with a ``normal_ras`` can be painted in.

    Attributes
    ----------
    widget : QWidget
    engine : SegmentEngine
    on_done : callable
        Called by *Done*; closes the dock that holds the widget unless something else is set.
    """

    def __init__(self, room: Any, views: Mapping[str, Any]) -> None:
        self._room = room
        self._views = tuple(view for view in dict(views).values() if hasattr(view, "normal_ras"))
        self.engine = SegmentEngine(room.scene)
        self.on_done: Callable[[], object] = self._close_dock
        self.widget = slicer.util.loadUI(str(Path(__file__).with_name("SegmentEditor.ui")))
        self._texts = UiTexts(self.widget)
        self._texts.translate()
        self.ui = slicer.util.childWidgetVariables(self.widget)
        # One object: views compare it by identity.
        self._handler = self._on_event
        self._tokens: list[int] = []
        self._cursors: dict[str, Any] = {}
        self._stroke: tuple[str, Point] | None = None
        self._analyzing = False
        self._sized_for: object = None
        self._timer = qt.QTimer()
        self._timer.setSingleShot(True)
        self._timer.setInterval(_MEASURE_PAUSE_MS)
        self._timer.connect("timeout()", self._measure)
        self._connect()
        self._show_state()

    def _connect(self) -> None:
        for name, action in (
            ("applyButton", self.apply_range),
            ("largestButton", lambda: self._change(self.engine.keep_largest)),
            ("holesButton", lambda: self._change(self.engine.fill_holes)),
            ("smoothButton", lambda: self._change(self.engine.smooth)),
            ("undoButton", self.undo),
            ("redoButton", self.redo),
            ("doneButton", self._done),
        ):
            getattr(self.ui, name).connect("clicked()", action)
        for name in ("paintButton", "eraseButton", "lookButton"):
            getattr(self.ui, name).connect("clicked()", self._hide_cursors)
        self._actions = [
            self._key("Shift+P", lambda: self.choose_tool("paint")),
            self._key("Shift+R", lambda: self.choose_tool("erase")),
            self._key("Shift+L", lambda: self.choose_tool("look")),
            self._key("Ctrl+Z", self.undo),
            self._key("Ctrl+Y", self.redo),
            self._key("Ctrl+Shift+Z", self.redo),
            self._key("Shift+Return", self._done),
        ]

    def _key(self, key: str, action: Callable[[], object]) -> Any:
        made = qt.QAction(key, self.widget)
        made.setShortcut(qt.QKeySequence(key))
        made.setEnabled(False)
        made.connect("triggered()", action)
        self.widget.addAction(made)
        return made

    # ------------------------------------------------------------------ beginning and end

    def start(self, segmentation_id: str, segment_id: str) -> None:
        """Edit a segment.

        Raises
        ------
        InputError
            If it is not there, or can not be edited; nothing is being edited then.
        """
        self.stop()
        self._texts.translate()
        try:
            self.engine.begin(segmentation_id, segment_id)
        finally:
            self._show_state()
        self._room.segments.set_visible(segmentation_id, (segment_id,), True)
        for view in self._views:
            view.add_interaction(self._handler)
        for topic in _TOPICS:
            self._tokens.append(self._room.listeners.subscribe(topic, self._room_changed))
        self._fill_choices()
        self._show_state()

    def stop(self) -> None:
        """End editing; what was done stays, measured. Nothing happens when nothing is edited."""
        for token in self._tokens:
            self._room.listeners.unsubscribe(token)
        self._tokens = []
        for view in self._views:
            view.remove_interaction(self._handler)
        self._hide_cursors()
        self._stroke = None
        was_active = bool(self.engine.segment_id)
        self._timer.stop()
        self.engine.end()
        if was_active:
            self._measure()
        self._show_state()

    def _done(self) -> None:
        self.stop()
        self.on_done()

    def _close_dock(self) -> None:
        parent = self.widget.parent()
        if parent is not None and parent.inherits("QDockWidget"):
            parent.hide()

    def _room_changed(self) -> None:
        if not self.engine.is_active:
            self.stop()
            return
        if self.engine.segmentation_id not in self._room.cases.nodes("segmentation"):
            # Another case is current: its images are no place to paint in.
            self._done()
            return
        state = self._room.run.state
        analyzing = bool(state.busy and state.kind == "analyze")
        if self._analyzing and not analyzing:
            # The states before the run do not know what it gave: going back to them would lose it.
            self.engine.forget_history()
        self._analyzing = analyzing
        self._show_state()

    # ------------------------------------------------------------------ showing

    def _fill_choices(self) -> None:
        sides = (_("Within the range"), _("Outside of the range"))
        ways = (
            ("replace", _("Replace the segment")),
            ("add", _("Add to the segment")),
            ("keep", _("Keep of it what is in the range")),
        )
        for combo, items in (
            (self.ui.sideCombo, tuple(zip(("within", "outside"), sides))),
            (self.ui.howCombo, ways),
        ):
            current = max(combo.currentIndex, 0)
            combo.clear()
            for data, text in items:
                combo.addItem(text, data)
            combo.setCurrentIndex(current)
        low, high = self.engine.value_range()
        first, last = self.engine.suggested_range()
        for spin, value in ((self.ui.lowSpin, first), (self.ui.highSpin, last)):
            spin.setDecimals(0 if high - low > 20 else 3)
            spin.setSingleStep(max((high - low) / 200, 0.001))
            spin.setRange(low, high)
            spin.setValue(value)
        self._fill_size()

    def _fill_size(self) -> None:
        """Choose a brush that suits the image; one that was chosen for it stays."""
        geometry = self.engine.geometry
        key = (geometry.shape, geometry.spacing_mm)
        if key == self._sized_for:
            return
        self._sized_for = key
        sides = [size * spacing for size, spacing in zip(geometry.shape[1:], geometry.spacing_mm[1:])]
        finest = min(geometry.spacing_mm[1:])
        self.ui.sizeSpin.setDecimals(1 if finest < 2 else 0)
        self.ui.sizeSpin.setRange(round(max(finest, 0.1), 1), max(round(max(sides) / 2, 1), 1.0))
        self.ui.sizeSpin.setSingleStep(max(round(finest, 1), 0.1))
        self.ui.sizeSpin.setValue(round(max(_BRUSH_SHARE * min(sides), 2 * finest), 1))

    def _show_state(self) -> None:
        active = self.engine.is_active
        text = _("Editing: {name}").format(name=self._name()) if active else _("Choose Edit at a segment.")
        self.ui.nameLabel.setTextFormat(qt.Qt.PlainText)
        self.ui.nameLabel.setText(text)
        for row in ("toolRow", "brushRow", "replaceCheck", "rangeBox", "shapeRow", "doneButton"):
            getattr(self.ui, row).setEnabled(active)
        self.ui.undoButton.setEnabled(self.engine.can_undo())
        self.ui.redoButton.setEnabled(self.engine.can_redo())
        for action in self._actions:
            action.setEnabled(active)

    def _name(self) -> str:
        """Name of the segment with its side, which two segments may differ by."""
        name, key = self.engine.segment_name, (self.engine.segmentation_id, self.engine.segment_id)
        rows = self._room.segments.rows()
        side = next((row.laterality for row in rows if (row.segmentation_id, row.segment_id) == key), "")
        side = side_text(side, name)
        return f"{name} ({side})" if side else name

    @property
    def tool(self) -> str:
        """``paint``, ``erase`` or ``look``."""
        if self.ui.paintButton.checked:
            return "paint"
        return "erase" if self.ui.eraseButton.checked else "look"

    def choose_tool(self, tool: str) -> None:
        """Choose ``paint``, ``erase`` or ``look``."""
        getattr(self.ui, f"{tool}Button").setChecked(True)
        self._hide_cursors()

    @property
    def radius_mm(self) -> float:
        """Of the brush."""
        return float(self.ui.sizeSpin.value) / 2

    # ------------------------------------------------------------------ the mouse

    def _on_event(self, event: Any) -> bool:
        """Paint with the left button, change the brush with Shift and the wheel; the rest is not ours."""
        if self.tool == "look" or not self.engine.is_active or event.ras is None:
            self._hide_cursors()
            return False
        if event.kind == "wheel" and "shift" in event.modifiers:
            factor = _SIZE_STEP if event.steps > 0 else 1 / _SIZE_STEP
            self.ui.sizeSpin.setValue(self.ui.sizeSpin.value * factor)
            self._show_cursor(event)
            return True
        self._show_cursor(event)
        if event.kind in ("press", "double") and event.button == "left" and not event.modifiers:
            return self._begin_stroke(event)
        if self._stroke is not None and event.kind == "move":
            return self._step(event)
        if self._stroke is not None and event.kind == "release" and event.button == "left":
            self._stroke = None
            self._timer.start()
            self._show_state()
            return True
        return False

    def _begin_stroke(self, event: Any) -> bool:
        self._timer.stop()
        self._take_settings()
        if not self._attempt(self.engine.mark):
            return True
        self._stroke = (event.view.name, event.ras)
        return self._step(event)

    def _step(self, event: Any) -> bool:
        name, before = self._stroke or (event.view.name, event.ras)
        start = before if name == event.view.name else event.ras
        normal = None if self.ui.ballCheck.checked else event.view.normal_ras
        stroke = Stroke(start, event.ras, self.radius_mm, normal)
        if self._attempt(self.engine.paint, stroke, self.tool == "erase"):
            self._stroke = (event.view.name, event.ras)
        return True

    def _take_settings(self) -> None:
        self.engine.replaces_others = bool(self.ui.replaceCheck.checked)
        low, high = self._range()
        outside = self.ui.sideCombo.currentData == "outside"
        self.engine.limit = (low, high, outside) if self.ui.limitCheck.checked else None

    def _range(self) -> tuple[float, float]:
        low, high = float(self.ui.lowSpin.value), float(self.ui.highSpin.value)
        return min(low, high), max(low, high)

    def _show_cursor(self, event: Any) -> None:
        name = event.view.name
        if name not in self._cursors:
            self._cursors[name] = BrushCursor(event.view)
        for other, cursor in self._cursors.items():
            if other != name:
                cursor.hide()
        self._cursors[name].show_at(event.position, self.radius_mm / event.view.mm_per_pixel)

    def _hide_cursors(self) -> None:
        for cursor in self._cursors.values():
            cursor.hide()

    # ------------------------------------------------------------------ doing

    def apply_range(self) -> None:
        """Change the segment by the image values that are set."""
        low, high = self._range()
        outside = self.ui.sideCombo.currentData == "outside"
        self._change(self.engine.apply_range, low, high, outside, self.ui.howCombo.currentData)

    def undo(self) -> None:
        """Take the last stroke or change back."""
        self._change(self.engine.undo)

    def redo(self) -> None:
        """Do it again."""
        self._change(self.engine.redo)

    def _change(self, action: Callable[..., object], *arguments: object) -> None:
        self._take_settings()
        if self._attempt(action, *arguments):
            self._timer.start()
        self._show_state()

    def _attempt(self, action: Callable[..., object], *arguments: object) -> bool:
        try:
            action(*arguments)
        except MedMMError as error:
            self._room.tell("error", error)
            if not self.engine.is_active:
                self.stop()
            return False
        return True

    def _measure(self) -> None:
        try:
            self._room.segments.refresh()
        except MedMMError as error:
            self._room.tell("error", error)
