"""Figures of the report as SVG: plain elements with classes, text as text, colors from the style sheet.

Drawn here and not by a plotting package, since the page allows no inline styles, scripts or fonts, names of
readers in any script have to show, and the same figures serve light, dark and printed pages.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup, escape
from numpy.typing import NDArray

from ...reporting.plain_text import clean_text, display_width

__all__ = [
    "Curve",
    "IntervalRow",
    "Panel",
    "Share",
    "curve_figure",
    "flow_figure",
    "interval_figure",
    "share_figure",
]

COLORS = 8
"""Classes ``c0`` to ``c7`` of the style sheet; curves beyond share the last, quiet one."""

_CHARACTER = 6.9  # pixels of a narrow character at the style sheet's 12 pixels
_PANEL = 240
_LABEL_COLUMNS = 30


@dataclass(frozen=True, eq=False)
class Curve:
    """A line through points of the unit square.

    Parameters
    ----------
    label : str
    x, y : (n,) ndarray of float, 0 to 1
    color : int
        Number of the class; negative: the emphasized average.
    """

    label: str
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    color: int


@dataclass(frozen=True, eq=False)
class Panel:
    """A square with curves."""

    title: str
    curves: tuple[Curve, ...]


@dataclass(frozen=True)
class IntervalRow:
    """A row of an interval figure; without numbers it is a heading or says why there is none.

    Parameters
    ----------
    label : str
    middle, low, high : float, optional
    text : str
        On the right.
    color : int
    is_summary : bool
        Drawn as a diamond.
    """

    label: str
    middle: float | None = None
    low: float | None = None
    high: float | None = None
    text: str = ""
    color: int = 0
    is_summary: bool = False


@dataclass(frozen=True)
class Share:
    """A stacked bar: ``parts`` are counts by category."""

    label: str
    parts: tuple[int, ...]


def curve_figure(panels: Sequence[Panel], x_title: str, y_title: str, description: str) -> Markup:
    """Panels side by side, three a row, with a dashed diagonal and the unit square as axes."""
    columns = min(len(panels), 3)
    rows = math.ceil(len(panels) / columns)
    width, height = columns * (_PANEL + 85), rows * (_PANEL + 85)
    parts = []
    for index, panel in enumerate(panels):
        left, top = 55 + (index % columns) * (_PANEL + 85), 30 + (index // columns) * (_PANEL + 85)
        parts.append(_panel(panel, (left, top), x_title, y_title))
    return _svg(width, height, description, parts)


def _panel(panel: Panel, corner: tuple[int, int], x_title: str, y_title: str) -> Markup:
    left, top = corner
    bottom = top + _PANEL
    parts = [
        _text(left + _PANEL / 2, top - 10, panel.title, "middle", "strong", limit=40),
        Markup('<rect class="frame" x="{}" y="{}" width="{}" height="{}"/>').format(
            left, top, _PANEL, _PANEL
        ),
        _line(left, bottom, left + _PANEL, top, "chance"),
    ]
    for tick in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0):
        x, y = left + tick * _PANEL, bottom - tick * _PANEL
        parts += [
            _line(x, bottom, x, bottom + 4, "tick"),
            _line(left - 4, y, left, y, "tick"),
            _text(x, bottom + 17, f"{tick:g}", "middle"),
            _text(left - 8, y + 4, f"{tick:g}", "end"),
        ]
    parts.append(_text(left + _PANEL / 2, bottom + 36, x_title, "middle"))
    turned = Markup('<g transform="translate({} {}) rotate(-90)">{}</g>')
    parts.append(turned.format(left - 38, top + _PANEL / 2, _text(0, 0, y_title, "middle")))
    for curve in panel.curves:
        points = " ".join(
            f"{left + x * _PANEL:.1f},{bottom - y * _PANEL:.1f}" for x, y in zip(curve.x, curve.y)
        )
        shape = Markup('<polyline class="curve {}" points="{}"><title>{}</title></polyline>')
        parts.append(shape.format(_color(curve.color), points, clean_text(curve.label)))
    return Markup("").join(parts)


def interval_figure(
    rows: Sequence[IntervalRow],
    title: str,
    description: str,
    *,
    reference: float | None = None,
    log: bool = False,
) -> Markup:
    """Rows with a point and its interval on a common axis.

    Parameters
    ----------
    rows : sequence of IntervalRow
    title : str
        Of the axis.
    description : str
        For those who can not see the figure.
    reference : float, optional
        Place of a dashed line.
    log : bool
        Logarithmic axis; all numbers above 0.
    """
    scale = _Scale.over(rows, reference, log)
    label_width = _CHARACTER * max((min(display_width(row.label), _LABEL_COLUMNS) for row in rows), default=0)
    left = 32 + label_width
    text_width = _CHARACTER * max((display_width(row.text) for row in rows), default=0)
    width, height = left + 320 + 20 + text_width, 22 * len(rows) + 50
    parts = [_axis(scale, left, 22 * len(rows) + 8, title)]
    if reference is not None:
        x = left + 320 * scale.place(reference)
        parts.append(_line(x, 4, x, 22 * len(rows) + 8, "chance"))
    for index, row in enumerate(rows):
        parts.append(_interval(row, scale, left, 16 + 22 * index))
    return _svg(width, height, description, parts)


@dataclass(frozen=True)
class _Scale:
    low: float
    high: float
    ticks: tuple[float, ...]
    log: bool

    @classmethod
    def over(cls, rows: Sequence[IntervalRow], reference: float | None, log: bool) -> _Scale:
        values = [value for row in rows for value in (row.low, row.middle, row.high) if value is not None]
        values += [] if reference is None else [reference]
        low, high = min(values, default=0.0), max(values, default=1.0)
        if log:
            low, high = low / 1.15, high * 1.15
            ticks = _log_ticks(low, high)
        else:
            margin = (high - low) * 0.06 or 0.05
            low, high = low - margin, high + margin
            ticks = _ticks(low, high)
        return cls(low, high, ticks, log)

    def place(self, value: float) -> float:
        if self.log:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)


def _ticks(low: float, high: float) -> tuple[float, ...]:
    """Four to eight round numbers inside of an interval."""
    raw = (high - low) / 5
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(size * power for size in (1, 2, 5, 10) if size * power >= raw * 0.999)
    first = math.ceil(low / step)
    count = math.floor(high / step) - first + 1
    return tuple(round((first + index) * step, 12) for index in range(count))


def _log_ticks(low: float, high: float) -> tuple[float, ...]:
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    steps = (1, 2, 5) if high / low < 200 else (1,)
    found = tuple(step * 10.0**power for power in powers for step in steps)
    inside = tuple(tick for tick in found if low <= tick <= high)
    return inside if len(inside) > 1 else _ticks(low, high)


def _axis(scale: _Scale, left: float, y: float, title: str) -> Markup:
    parts = [_line(left, y, left + 320, y, "tick")]
    last = -math.inf
    for tick in scale.ticks:
        x = left + 320 * scale.place(tick)
        label = f"{tick:g}".replace("-", "\u2212")
        parts.append(_line(x, y, x, y + 4, "tick"))
        if x - last > _CHARACTER * (len(label) + 2):
            parts.append(_text(x, y + 17, label, "middle"))
            last = x
    parts.append(_text(left + 160, y + 35, title, "middle"))
    return Markup("").join(parts)


def _interval(row: IntervalRow, scale: _Scale, left: float, y: float) -> Markup:
    heading = row.middle is None and not row.text
    parts = [
        _text(
            10 if heading else 22,
            y + 4,
            row.label,
            "start",
            "strong" if heading or row.is_summary else "",
            _LABEL_COLUMNS,
        ),
        _text(left + 332, y + 4, row.text, "start"),
    ]
    color = _color(row.color)
    if row.low is not None and row.high is not None:
        ends = [left + 320 * scale.place(value) for value in (row.low, row.high)]
        parts.append(_line(ends[0], y, ends[1], y, f"range {color}"))
    if row.middle is not None:
        x = left + 320 * scale.place(row.middle)
        size = 7 if row.is_summary else 4
        if row.is_summary:
            points = f"{x - size:.1f},{y} {x:.1f},{y - size} {x + size:.1f},{y} {x:.1f},{y + size}"
            parts.append(Markup('<polygon class="dot {}" points="{}"/>').format(color, points))
        else:
            parts.append(
                Markup('<circle class="dot {}" cx="{:.1f}" cy="{}" r="{}"/>').format(color, x, y, size)
            )
    return Markup("").join(parts)


def share_figure(rows: Sequence[Share], categories: Sequence[str], description: str) -> Markup:
    """Stacked bars of shares; each bar says how many it stands for."""
    label_width = _CHARACTER * max((min(display_width(row.label), _LABEL_COLUMNS) for row in rows), default=0)
    left, width = 20 + label_width, 360
    parts: list[Markup] = []
    for index, row in enumerate(rows):
        y, total, x = 8 + 26 * index, sum(row.parts), left
        parts.append(_text(10, y + 13, row.label, "start", "", _LABEL_COLUMNS))
        for category, count in enumerate(row.parts):
            size = width * count / total if total else 0
            title = f"{categories[category]}: {count} of {total}"
            bar = Markup(
                '<rect class="part p{}" x="{:.1f}" y="{}" width="{:.1f}" height="18"><title>{}</title></rect>'
            )
            parts.append(bar.format(category % COLORS, x, y, size, clean_text(title)))
            if size > _CHARACTER * (len(str(count)) + 1):
                parts.append(_text(x + size / 2, y + 13, str(count), "middle", f"on p{category % COLORS}"))
            x += size
        parts.append(_text(left + width + 10, y + 13, f"n = {total}", "start"))
    legend_y, x = 26 * len(rows) + 14, left
    for category, name in enumerate(categories):
        shown = 22 + _CHARACTER * (display_width(name) + 1)
        if x + shown > left + width + 80 and x > left:
            legend_y, x = legend_y + 20, left
        square = Markup('<rect class="part p{}" x="{:.1f}" y="{}" width="12" height="12"/>')
        parts += [square.format(category % COLORS, x, legend_y), _text(x + 17, legend_y + 11, name, "start")]
        x += shown
    return _svg(left + width + 90, legend_y + 22, description, parts)


def flow_figure(steps: Sequence[tuple[str, Sequence[str]]], description: str) -> Markup:
    """Boxes one below another; what left the flow stands on the right of the step that follows.

    Parameters
    ----------
    steps : sequence of (str, sequence of str)
        Text of a box, and lines on what was left out after it.
    """
    parts: list[Markup] = []
    y, box = 8, 260
    for index, (text, left_out) in enumerate(steps):
        parts += [
            Markup('<rect class="box" x="10" y="{}" width="{}" height="40" rx="4"/>').format(y, box),
            _text(10 + box / 2, y + 25, text, "middle", "strong", 38),
        ]
        if index == len(steps) - 1:
            y += 48
            break
        side = 18 * len(left_out) + 16 if left_out else 0
        gap = max(30, side + 14)
        middle = 10 + box / 2
        parts += [_line(middle, y + 40, middle, y + 40 + gap - 6, "arrow"), _head(middle, y + 40 + gap)]
        if left_out:
            top = y + 40 + (gap - side) / 2
            parts.append(_line(middle, top + side / 2, 10 + box + 20, top + side / 2, "arrow"))
            width = 24 + _CHARACTER * max(min(display_width(line), 60) for line in left_out)
            out = Markup('<rect class="box out" x="{}" y="{}" width="{:.0f}" height="{}" rx="4"/>')
            parts.append(out.format(10 + box + 20, top, width, side))
            for number, line in enumerate(left_out):
                parts.append(_text(10 + box + 32, top + 20 + 18 * number, line, "start", "", 60))
        y += 40 + gap
    lines = [line for _, left_out in steps for line in left_out]
    wide = 24 + _CHARACTER * max((min(display_width(line), 60) for line in lines), default=0)
    return _svg(10 + box + 30 + (wide if lines else 0), y + 8, description, parts)


def _head(x: float, y: float) -> Markup:
    return Markup('<polygon class="head" points="{:.1f},{:.1f} {:.1f},{:.1f} {:.1f},{:.1f}"/>').format(
        x - 5, y - 8, x + 5, y - 8, x, y
    )


def _color(number: int) -> str:
    return "average" if number < 0 else f"c{min(number, COLORS - 1)}"


def _line(x1: float, y1: float, x2: float, y2: float, name: str) -> Markup:
    return Markup('<line class="{}" x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}"/>').format(
        name, x1, y1, x2, y2
    )


def _text(x: float, y: float, text: str, anchor: str, name: str = "", limit: int = 200) -> Markup:
    """Text, cut at ``limit`` columns; what was cut is its tooltip."""
    whole = clean_text(text)
    shown = whole
    if display_width(whole) > limit:
        while display_width(shown) > limit - 1:
            shown = shown[:-1]
        shown += "…"
    more = Markup("<title>{}</title>").format(whole) if shown != whole else Markup("")
    kind = Markup(' class="{}"').format(name) if name else Markup("")
    return Markup('<text x="{:.1f}" y="{:.1f}" text-anchor="{}"{}>{}{}</text>').format(
        x, y, anchor, kind, shown, more
    )


def _svg(width: float, height: float, description: str, parts: Sequence[Markup]) -> Markup:
    start = Markup(
        '<svg role="img" aria-label="{}" viewBox="0 0 {:.0f} {:.0f}" width="{:.0f}" height="{:.0f}">'
    )
    return (
        start.format(escape(clean_text(description)), width, height, width, height)
        + Markup("").join(parts)
        + Markup("</svg>")
    )
