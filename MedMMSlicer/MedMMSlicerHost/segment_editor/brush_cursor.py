"""The outline of the brush over a view."""

from __future__ import annotations

from typing import Any

import qt

__all__ = ["BrushCursor"]


class BrushCursor(qt.QWidget):
    """A transparent widget over a view that draws a circle and lets the mouse through.

    Parameters
    ----------
    view : SliceView
        Its ``widget`` is covered.
    """

    def __init__(self, view: Any) -> None:
        qt.QWidget.__init__(self, view.widget)
        self._view_widget = view.widget
        self._center = (0.0, 0.0)
        self._radius_px = 0.0
        self.setAttribute(qt.Qt.WA_TransparentForMouseEvents, True)
        self.setAttribute(qt.Qt.WA_NoSystemBackground, True)
        self.hide()

    def show_at(self, center: tuple[float, float], radius_px: float) -> None:
        """Draw the circle at a position of the view's widget."""
        # Only the square around the circle: what lies below is not painted again for a move of the mouse.
        self._center, self._radius_px = center, radius_px
        reach = int(radius_px) + 3
        self.setGeometry(round(center[0]) - reach, round(center[1]) - reach, 2 * reach, 2 * reach)
        self.show()
        self.raise_()
        self.update()

    def paintEvent(self, _event: Any) -> None:
        """Draw a dark and a light circle: seen on any image."""
        painter = qt.QPainter(self)
        painter.setRenderHint(qt.QPainter.Antialiasing, True)
        reach = int(self._radius_px) + 3
        radius = round(self._radius_px)
        for color, extra in (("#000000", 1), ("#ffffff", 0)):
            painter.setPen(qt.QColor(color))
            size = 2 * (radius + extra)
            painter.drawEllipse(reach - radius - extra, reach - radius - extra, size, size)
        painter.end()
