"""Icons of the tool bar, drawn as lines on a grid of 24 x 24."""

from __future__ import annotations

from typing import Any

import qt

__all__ = ["draw_icon"]

_SIZE = 24
_SCALE = 2
"""Twice as fine, for screens with small pixels."""

Line = tuple[tuple[float, float], ...]

_LINES: dict[str, tuple[Line, ...]] = {
    "file.open": (
        ((3, 19), (3, 5), (9, 5), (11, 8), (20, 8), (20, 11)),
        ((3, 19), (6, 11), (22, 11), (19, 19), (3, 19)),
    ),
    "file.save": (
        ((4, 4), (17, 4), (20, 7), (20, 20), (4, 20), (4, 4)),
        ((8, 4), (8, 9), (15, 9), (15, 4)),
        ((7, 20), (7, 13), (17, 13), (17, 20)),
    ),
    "window.tool.pan": (
        ((12, 3), (12, 21)),
        ((3, 12), (21, 12)),
        ((9, 6), (12, 3), (15, 6)),
        ((9, 18), (12, 21), (15, 18)),
        ((6, 9), (3, 12), (6, 15)),
        ((18, 9), (21, 12), (18, 15)),
    ),
    "window.tool.zoom": (((15, 15), (21, 21)), ((7, 10), (13, 10)), ((10, 7), (10, 13))),
    "window.tool.scroll": (
        ((5, 8), (14, 8), (14, 17), (5, 17), (5, 8)),
        ((8, 8), (8, 5), (17, 5), (17, 14), (14, 14)),
        ((20, 8), (20, 20)),
        ((18, 10), (20, 8), (22, 10)),
        ((18, 18), (20, 20), (22, 18)),
    ),
    "view.fit": (
        ((3, 8), (3, 3), (8, 3)),
        ((16, 3), (21, 3), (21, 8)),
        ((21, 16), (21, 21), (16, 21)),
        ((8, 21), (3, 21), (3, 16)),
        ((8, 8), (16, 8), (16, 16), (8, 16), (8, 8)),
    ),
    "view.link": (((9, 12), (15, 12)),),
    "view.crosshair": (((12, 2), (12, 9)), ((12, 15), (12, 22)), ((2, 12), (9, 12)), ((15, 12), (22, 12))),
    "view.interpolate": (((3, 20), (3, 14), (9, 14), (9, 9), (14, 9), (14, 4), (21, 4)),),
    "view.layout": (
        ((3, 4), (21, 4), (21, 20), (3, 20), (3, 4)),
        ((12, 4), (12, 20)),
        ((3, 12), (21, 12)),
    ),
    "window.presets": (
        ((3, 7), (21, 7)),
        ((3, 17), (21, 17)),
        ((8, 4), (8, 10)),
        ((16, 14), (16, 20)),
    ),
}
_CIRCLES: dict[str, tuple[tuple[float, float, float], ...]] = {
    "window.tool.window": ((12, 12, 9),),
    "window.tool.zoom": ((10, 10, 7),),
    "view.link": ((7, 12, 4), (17, 12, 4)),
    "window.invert": ((12, 12, 5),),
}


def draw_icon(name: str, color: str) -> Any:
    """Draw an icon in a color; QIcon."""
    picture = qt.QPixmap(_SIZE * _SCALE, _SIZE * _SCALE)
    picture.fill(qt.QColor(0, 0, 0, 0))
    painter = qt.QPainter(picture)
    painter.setRenderHint(qt.QPainter.Antialiasing, True)
    painter.scale(_SCALE, _SCALE)
    pen = qt.QPen(qt.QColor(color))
    pen.setWidthF(1.7)
    pen.setCapStyle(qt.Qt.RoundCap)
    pen.setJoinStyle(qt.Qt.RoundJoin)
    painter.setPen(pen)
    for line in _LINES.get(name, ()):
        path = qt.QPainterPath()
        path.moveTo(*line[0])
        for point in line[1:]:
            path.lineTo(*point)
        painter.drawPath(path)
    for x, y, radius in _CIRCLES.get(name, ()):
        painter.drawEllipse(qt.QRectF(x - radius, y - radius, 2 * radius, 2 * radius))
    _fill(painter, name, color)
    painter.end()
    return qt.QIcon(picture)


def _fill(painter: Any, name: str, color: str) -> None:
    """Fill the half of a circle that stands for contrast, or the frame around an inverted one."""
    painter.setPen(qt.Qt.NoPen)
    painter.setBrush(qt.QBrush(qt.QColor(color)))
    path = qt.QPainterPath()
    if name == "window.tool.window":
        path.moveTo(12, 3)
        path.arcTo(qt.QRectF(3, 3, 18, 18), 90, -180)
        path.closeSubpath()
    elif name == "window.invert":
        path.addRect(qt.QRectF(3, 3, 18, 18))
        path.addEllipse(qt.QRectF(7, 7, 10, 10))
    painter.drawPath(path)
