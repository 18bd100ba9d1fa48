"""The widget of a view: paints what VTK drew off screen, and tells the view what the mouse did.

One path for X11, Wayland, Windows, macOS and no screen at all: VTK draws in memory, Qt shows a picture.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import qt
from numpy.typing import NDArray

__all__ = ["Canvas"]

_BUTTONS = (("left", "LeftButton"), ("middle", "MiddleButton"), ("right", "RightButton"))
_MODIFIERS = (("shift", "ShiftModifier"), ("control", "ControlModifier"), ("alt", "AltModifier"))
_WHEEL_NOTCH = 120.0
"""Qt's units of one notch of a wheel."""


class _Pacer:
    """Gives each view a turn of the event loop of its own to be drawn in.

    Four in a row, or one right after a long step of a run, would be felt as a stop: before each, timers and
    the reader get their turn.
    """

    def __init__(self) -> None:
        self._waiting: list[Any] = []
        self._next: Any = None
        self._timer: Any = None

    def may_draw(self, canvas: Any) -> bool:
        """Whether it is this canvas's turn; if not, it is asked to paint again when it is."""
        if self._next is canvas:
            self._next = None
            return True
        if not any(canvas is waiting for waiting in self._waiting):
            self._waiting.append(canvas)
        if self._timer is None:
            # Not at import: there may be no application yet.
            self._timer = qt.QTimer()
            self._timer.setSingleShot(True)
            self._timer.setInterval(0)
            self._timer.connect("timeout()", self._next_turn)
        if not self._timer.isActive():
            self._timer.start()
        return False

    def _next_turn(self) -> None:
        # A canvas whose window was closed meanwhile is no longer there.
        self._waiting = [canvas for canvas in self._waiting if canvas]
        if not self._waiting:
            return
        self._next = self._waiting.pop(0)
        self._next.update()
        if self._waiting:
            self._timer.start()


_pacer = _Pacer()


class Canvas(qt.QWidget):
    """A picture, drawn when Qt asks for it: at most once per turn of the event loop, and only when seen.

    Parameters
    ----------
    owner : View
        Has ``resized(size_px)``, ``draw() -> RGBA pixels``, ``paint_over(painter)`` and ``mouse(...)``.
    parent : QWidget, optional
    """

    def __init__(self, owner: Any, parent: Any = None) -> None:
        qt.QWidget.__init__(self, parent)
        self._owner = owner
        self._image: Any = None
        self._stale = True
        self._logical = (0, 0)
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
        """Draw anew with the next paint event."""
        self._stale = True
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
        if self._stale and (self._image is None or _pacer.may_draw(self)):
            self.draw_now()
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
