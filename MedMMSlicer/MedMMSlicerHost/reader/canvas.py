"""The widget of a view: paints what VTK drew off screen, and tells the view what the mouse did.

One path for X11, Wayland, Windows, macOS and no screen at all: VTK draws in memory, Qt shows a picture.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import qt
from numpy.typing import NDArray

__all__ = ["Canvas"]

_BUTTONS = (("left", "LeftButton"), ("middle", "MiddleButton"), ("right", "RightButton"))
_MODIFIERS = (("shift", "ShiftModifier"), ("control", "ControlModifier"), ("alt", "AltModifier"))
_WHEEL_NOTCH = 120.0
"""Qt's units of one notch of a wheel."""
_INTERVAL_S = 1 / 60
"""Most screens show 60 pictures a second."""


class _Pacer:
    """Draws what is due: each view in a turn of the event loop of its own, no oftener than a screen shows it.

    Four in a row, or one right after a long step of a run, would be felt as a stop: before each, timers and
    the reader get their turn. Pictures that no screen would show would take time from a run.
    """

    def __init__(self) -> None:
        self._waiting: list[Any] = []
        self._timer: Any = None

    def ask(self, canvas: Any) -> None:
        """Draw a canvas when it is its turn."""
        if not any(canvas is waiting for waiting in self._waiting):
            self._waiting.append(canvas)
            self._start()

    def _start(self) -> None:
        # A canvas whose window was closed meanwhile is no longer there. Those that wait longest come first.
        self._waiting = sorted((canvas for canvas in self._waiting if canvas), key=lambda it: it.due_s)
        if not self._waiting:
            return
        if self._timer is None:
            # Not at import: there may be no application yet.
            self._timer = qt.QTimer()
            self._timer.setTimerType(qt.Qt.PreciseTimer)
            self._timer.setSingleShot(True)
            self._timer.connect("timeout()", self._next_turn)
        self._timer.start(max(0, int((self._waiting[0].due_s - time.perf_counter()) * 1000)))

    def _next_turn(self) -> None:
        canvas = self._waiting.pop(0) if self._waiting else None
        if canvas:
            canvas.draw_in_turn()
        self._start()


_pacer = _Pacer()


class Canvas(qt.QWidget):
    """A picture, drawn in its turn when something changed and the widget is not hidden.

    Parameters
    ----------
    owner : View
        Has ``resized(size_px)``, ``draw() -> RGBA pixels``, ``paint_over(painter)`` and ``mouse(...)``.
    parent : QWidget, optional

    Attributes
    ----------
    due_s : float
        When the next picture may be drawn, in the time of ``time.perf_counter``.
    """

    def __init__(self, owner: Any, parent: Any = None) -> None:
        qt.QWidget.__init__(self, parent)
        self._owner = owner
        self._image: Any = None
        self._stale = True
        self._logical = (0, 0)
        self.due_s = 0.0
        self.setMouseTracking(True)
        self.setFocusPolicy(qt.Qt.StrongFocus)
        self.setAttribute(qt.Qt.WA_OpaquePaintEvent, True)
        self.setMinimumSize(80, 60)

    @property
    def logical_size(self) -> tuple[int, int]:
        """Width and height in the units of mouse positions."""
        return self._logical

    @property
    def ratio(self) -> float:
        """Pixels of the screen for one unit of the widget."""
        return float(self.devicePixelRatioF())

    @property
    def pixels(self) -> tuple[int, int]:
        """Width and height in pixels of the screen."""
        width, height = self._logical
        return max(1, round(width * self.ratio)), max(1, round(height * self.ratio))

    def invalidate(self) -> None:
        """Draw anew, soon; a canvas that is not seen waits until it is."""
        self._stale = True
        if self.isVisible():
            _pacer.ask(self)

    def draw_in_turn(self) -> None:
        """Draw what is due, if it is seen."""
        if self._stale and self.isVisible():
            now = time.perf_counter()
            # On a grid, so that a timer that comes late does not lower the rate.
            self.due_s = max(self.due_s + _INTERVAL_S, now)
            self.draw_now()
            self.update()

    def draw_now(self) -> None:
        """Draw what is due without waiting for a turn: before a picture is taken."""
        if self._stale:
            # First: what changes while drawing asks for another turn.
            self._stale = False
            self._keep(self._owner.draw(self.pixels))

    def resizeEvent(self, event: Any) -> None:
        """Remember the size; the drawing follows with the next paint event."""
        self._logical = (event.size().width(), event.size().height())
        self._stale = True

    def paintEvent(self, _event: Any) -> None:
        """Draw if something changed, and paint."""
        if self._image is None:
            self.draw_now()
        elif self._stale:
            _pacer.ask(self)
        painter = qt.QPainter(self)
        painter.drawImage(0, 0, self._image)
        self._owner.paint_over(painter)
        painter.end()

    def _keep(self, pixels: NDArray[np.uint8]) -> None:
        height, width = pixels.shape[:2]
        if self._image is None or (self._image.width(), self._image.height()) != (width, height):
            self._image = qt.QImage(width, height, qt.QImage.Format_RGBX8888)
        self._image.setDevicePixelRatio(self.ratio)
        target = np.frombuffer(self._image.bits(), np.uint8)
        target.reshape(height, width, 4)[...] = pixels

    def mousePressEvent(self, event: Any) -> None:
        """Pass it on."""
        self._mouse("press", event)

    def mouseMoveEvent(self, event: Any) -> None:
        """Pass it on."""
        self._mouse("move", event)

    def mouseReleaseEvent(self, event: Any) -> None:
        """Pass it on."""
        self._mouse("release", event)

    def mouseDoubleClickEvent(self, event: Any) -> None:
        """Pass it on."""
        self._mouse("double", event)

    def wheelEvent(self, event: Any) -> None:
        """Pass it on, in notches; a touch pad gives fractions."""
        delta = event.angleDelta()
        # With Alt the wheel is horizontal on some systems.
        self._mouse("wheel", event, (delta.y() or delta.x()) / _WHEEL_NOTCH)

    def leaveEvent(self, _event: Any) -> None:
        """Tell that the mouse is gone."""
        self._owner.left()

    def contextMenuEvent(self, event: Any) -> None:
        """Keyboard only: the mouse's right button also zooms, so the view decides at its release."""
        if event.reason() == qt.QContextMenuEvent.Keyboard:
            self._owner.ask_menu(event.globalPos())
        event.accept()

    def _mouse(self, kind: str, event: Any, steps: float = 0.0) -> None:
        point = event.position()
        button = ""
        if kind in ("press", "release", "double"):
            button = next((name for name, key in _BUTTONS if event.button() == getattr(qt.Qt, key)), "")
        held, modifiers = event.buttons(), event.modifiers()
        self._owner.mouse(
            kind,
            (point.x(), point.y()),
            button,
            frozenset(name for name, key in _BUTTONS if held & getattr(qt.Qt, key)),
            frozenset(name for name, key in _MODIFIERS if modifiers & getattr(qt.Qt, key)),
            steps,
        )
        event.accept()
