"""Cells that are drawn: a probability with its operating point, what moved it, and a color.

Everything that a drawing says stands there in words or numbers too. What is drawn comes from Python rows, so
that nothing has to pass through Qt's item data, and colors come from the palette of the view.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import qt

__all__ = ["Bar", "BarDelegate", "Effect", "EffectDelegate", "SwatchDelegate"]

_MARGIN = 4
_BAR_HEIGHT = 9
_TICK_REACH = 3
_GHOST_REACH = 2


@dataclass(frozen=True)
class Bar:
    """A value from 0 to 1.

    ``tick`` is where the operating point is, ``ghost`` where the value was before; each may be None.
    ``strong`` draws it in the color for what stands out; ``text`` stands above the bar.
    """

    value: float | None
    tick: float | None
    ghost: float | None
    strong: bool
    text: str


@dataclass(frozen=True)
class Effect:
    """How much something moved a probability: ``delta`` -1 to 1 on a scale that reaches to ``limit``."""

    delta: float
    limit: float
    text: str


class _Delegate(qt.QStyledItemDelegate):
    """Draws one column of a table.

    Parameters
    ----------
    table : QTableWidget
        Its palette and its selected row are used.
    content : callable
        Row number to what is drawn there, None for nothing.
    """

    def __init__(self, table: Any, content: Callable[[int], Any]) -> None:
        qt.QStyledItemDelegate.__init__(self, table)
        self._table = table
        self._content = content

    def sizeHint(self, _option: Any, _index: Any) -> Any:
        """Two lines of text, or a line and a bar."""
        metrics = qt.QFontMetrics(self._table.font)
        return qt.QSize(60, metrics.height() + _BAR_HEIGHT + 3 * _MARGIN)

    def paint(self, painter: Any, option: Any, index: Any) -> None:
        """Draw the background, then the content in colors that are seen on it."""
        palette, rect = self._table.palette, option.rect
        selected = self._table.currentRow() == index.row() and self._table.selectionModel().hasSelection
        if selected:
            painter.fillRect(rect, palette.color(qt.QPalette.Highlight))
        content = self._content(index.row())
        if content is None:
            return
        ink = palette.color(qt.QPalette.HighlightedText if selected else qt.QPalette.Text)
        painter.save()
        painter.setClipRect(rect)
        self.draw(painter, rect, content, _Colors(ink, palette, selected))
        painter.restore()

    def draw(self, painter: Any, rect: Any, content: Any, colors: Any) -> None:
        """Draw one cell."""
        raise NotImplementedError


class _Colors:
    """Colors for one cell, from its background."""

    def __init__(self, ink: Any, palette: Any, selected: bool) -> None:
        self.ink = ink
        self.paper = palette.color(qt.QPalette.Highlight if selected else qt.QPalette.Base)
        self.strong = ink if selected else palette.color(qt.QPalette.Highlight)
        self.weak = _faded(ink, 110)
        self.track = _faded(ink, 40)


class BarDelegate(_Delegate):
    """Draws a `Bar`: the number, the filled bar below it, and the operating point as a line across it."""

    def draw(self, painter: Any, rect: Any, content: Any, colors: Any) -> None:
        """Draw one cell."""
        left, width = rect.x() + _MARGIN, rect.width() - 2 * _MARGIN
        metrics = qt.QFontMetrics(self._table.font)
        line = metrics.height()
        top = rect.y() + (rect.height() - line - _BAR_HEIGHT - _MARGIN) // 2
        _write(painter, qt.QRect(left, top, width, line), content.text, colors.ink, metrics)
        if content.value is None:
            return
        bar_top = top + line + _MARGIN - 1
        painter.fillRect(qt.QRect(left, bar_top, width, _BAR_HEIGHT), colors.track)
        filled = round(width * min(max(content.value, 0.0), 1.0))
        painter.fillRect(
            qt.QRect(left, bar_top, filled, _BAR_HEIGHT), colors.strong if content.strong else colors.weak
        )
        if content.ghost is not None:
            self._draw_ghost(painter, left + round(width * content.ghost), bar_top, colors)
        if content.tick is not None:
            x = left + round(width * content.tick)
            top, height = bar_top - _TICK_REACH, _BAR_HEIGHT + 2 * _TICK_REACH
            # A rim in the color of the background: the line is seen on the filled part as well.
            painter.fillRect(qt.QRect(x - 2, top, 4, height), colors.paper)
            painter.fillRect(qt.QRect(x - 1, top, 2, height), colors.ink)

    @staticmethod
    def _draw_ghost(painter: Any, x: int, top: int, colors: Any) -> None:
        """Draw a hollow mark where the value was."""
        frame = qt.QRect(x - 3, top - _GHOST_REACH, 6, _BAR_HEIGHT + 2 * _GHOST_REACH)
        painter.fillRect(frame, colors.ink)
        painter.fillRect(qt.QRect(x - 2, top - _GHOST_REACH + 1, 4, frame.height() - 2), colors.paper)


class EffectDelegate(_Delegate):
    """Draws an `Effect`: to the right of the middle what raised the probability, to the left what lowered."""

    def draw(self, painter: Any, rect: Any, content: Any, colors: Any) -> None:
        """Draw one cell."""
        metrics = qt.QFontMetrics(self._table.font)
        left, width = rect.x() + _MARGIN, rect.width() - 2 * _MARGIN
        line = metrics.height()
        top = rect.y() + (rect.height() - line - _BAR_HEIGHT - _MARGIN) // 2
        _write(painter, qt.QRect(left, top, width, line), content.text, colors.ink, metrics)
        bar_top, middle = top + line + _MARGIN - 1, left + width // 2
        painter.fillRect(qt.QRect(left, bar_top, width, _BAR_HEIGHT), colors.track)
        share = min(abs(content.delta) / content.limit, 1.0) if content.limit > 0 else 0.0
        length = round(share * (width // 2))
        if content.delta >= 0:
            painter.fillRect(qt.QRect(middle, bar_top, length, _BAR_HEIGHT), colors.strong)
        else:
            # Hollow as well as on the other side: told apart without color.
            painter.setPen(colors.ink)
            painter.drawRect(middle - length, bar_top, max(length - 1, 0), _BAR_HEIGHT - 1)
        painter.fillRect(
            qt.QRect(middle, bar_top - _TICK_REACH, 1, _BAR_HEIGHT + 2 * _TICK_REACH), colors.ink
        )


class SwatchDelegate(_Delegate):
    """Draws a color (red, green, blue, 0 to 255) as a framed square."""

    def draw(self, painter: Any, rect: Any, content: Any, colors: Any) -> None:
        """Draw one cell."""
        side = min(rect.width(), rect.height(), 22) - 6
        x, y = rect.x() + (rect.width() - side) // 2, rect.y() + (rect.height() - side) // 2
        painter.fillRect(qt.QRect(x, y, side, side), qt.QColor(*content))
        painter.setPen(colors.ink)
        painter.drawRect(x, y, side - 1, side - 1)


def _write(painter: Any, rect: Any, text: str, ink: Any, metrics: Any) -> None:
    painter.setPen(ink)
    shown = metrics.elidedText(text, qt.Qt.ElideRight, rect.width())
    painter.drawText(rect, qt.Qt.AlignLeft | qt.Qt.AlignVCenter, shown)


def _faded(color: Any, alpha: int) -> Any:
    return qt.QColor(color.red(), color.green(), color.blue(), alpha)
