"""What is written over a slice: orientation letters, corner texts; the patient only when asked."""

from __future__ import annotations

import functools
import itertools
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import qt
from numpy.typing import NDArray

__all__ = ["CornerTexts", "direction_letters", "letter_boxes", "paint_annotations", "text_boxes", "write"]

_AXES = (("L", "R"), ("P", "A"), ("I", "S"))
"""Negative and positive direction of R, A, S."""

_OBLIQUE = 0.26
"""Sine of 15 degrees: a smaller share of a second direction is not written."""

_MARGIN = 8
_TEXT_PX = 12
_LINE = _TEXT_PX + 4
_LETTER_PX = 14
_WIDE_PX = 620
"""In a view wider than this the notice stands between the corner texts."""
_NARROW_PX = 220
"""In a view narrower than this one of the corner texts has a line of its own."""
_NOTICE_PX = 320
"""Width of the notice in one line, about."""
_PARTS = re.compile(r"[\u3000-\u9fff\uff00-\uffef]|[^\s\u3000-\u9fff\uff00-\uffef]+\s*|\s+")
"""What is not broken: a word with the space behind it, a Chinese character."""
_COLOR = (235, 235, 235)
_LETTER_COLOR = (255, 210, 90)
_SHADOW = (0, 0, 0)
_AROUND = ((-1, -1), (0, -1), (1, -1), (-1, 0), (1, 0), (-1, 1), (0, 1), (1, 1))
"""Pixels in which the rim of a letter lies."""
_KEPT_TEXTS = 128

Place = tuple[int, int, int, int]
"""Left, top, width, height."""


@dataclass(frozen=True)
class CornerTexts:
    """Lines of each corner, letters of the edges, and one line at the bottom.

    Parameters
    ----------
    top_left, top_right, bottom_left, bottom_right : tuple of str
    bottom : str
        Middle of the lower edge: the research-use notice.
    letters : (4,) tuple of str
        Left, right, top, bottom; empty strings show none.
    """

    top_left: tuple[str, ...] = ()
    top_right: tuple[str, ...] = ()
    bottom_left: tuple[str, ...] = ()
    bottom_right: tuple[str, ...] = ()
    bottom: str = ""
    letters: tuple[str, str, str, str] = ("", "", "", "")


def direction_letters(direction_ras: NDArray[np.float64]) -> str:
    """Name a direction by patient directions, the nearest first: ``R``, or ``RA`` where it is oblique.

    Parameters
    ----------
    direction_ras : ndarray of float, shape (3,)
        Unit vector, RAS.
    """
    order = np.argsort(-np.abs(direction_ras), kind="stable")
    return "".join(
        _AXES[axis][int(direction_ras[axis] > 0)]
        for rank, axis in enumerate(order.tolist())
        if rank == 0 or abs(direction_ras[axis]) > _OBLIQUE
    )


def paint_annotations(painter: Any, size: tuple[int, int], texts: CornerTexts) -> None:
    """Paint over a view of ``size`` (width, height); in a small view texts are cut, but never the notice."""
    font = painter.font()
    font.setPixelSize(_TEXT_PX)
    painter.setFont(font)
    for place, align, text in _placed(painter, size, texts):
        write(painter, place, align | qt.Qt.AlignVCenter, text, _COLOR)
    _paint_letters(painter, size, texts.letters)


def text_boxes(painter: Any, size: tuple[int, int], texts: CornerTexts) -> tuple[Place, ...]:
    """Left, top, width, height of everything that `paint_annotations` writes."""
    painter.save()
    font = painter.font()
    font.setPixelSize(_TEXT_PX)
    painter.setFont(font)
    boxes = []
    for (x, y, width, height), align, text in _placed(painter, size, texts):
        wide = min(width, _wide(painter, text))
        free = width - wide
        left = 0 if align == qt.Qt.AlignLeft else free if align == qt.Qt.AlignRight else free // 2
        boxes.append((x + left, y, wide, height))
    painter.restore()
    return (*boxes, *letter_boxes(size))


def _placed(painter: Any, size: tuple[int, int], texts: CornerTexts) -> Iterator[tuple[Place, Any, str]]:
    """The lines of the corners and of the notice: place, alignment, text as it is written."""
    width, height = size
    # The letter of the upper edge stands in the middle.
    half = max(1, width // 2 - _MARGIN - _LETTER_PX)
    for row, pair in enumerate(itertools.zip_longest(texts.top_left, texts.top_right, fillvalue="")):
        yield from _line(painter, width, _MARGIN + row * _LINE, pair, (half, half))
    below = itertools.zip_longest(reversed(texts.bottom_left), reversed(texts.bottom_right), fillvalue="")
    rows, room = 0, max(1, width - 2 * _MARGIN)
    for left, right in below:
        wanted = _wide(painter, left), _wide(painter, right)
        # Side by side where both have room, else one above the other.
        pairs = ((left, right),) if sum(wanted) + _MARGIN <= room else (("", right), (left, ""))
        for pair in pairs:
            rows += 1
            y = height - _MARGIN - rows * _LINE
            yield from _line(painter, width, y, pair, (min(wanted[0], room), min(wanted[1], room)))
    # The notice stands above the corner texts where the view is too narrow to have it between them.
    first = 0 if width > _WIDE_PX else rows
    lines = _wrapped(painter, texts.bottom, room)
    for index, text in enumerate(reversed(lines), 1):
        y = height - _MARGIN - (first + index) * _LINE
        yield (_MARGIN, y, room, _LINE), qt.Qt.AlignHCenter, text


def _line(
    painter: Any, width: int, y: int, pair: Sequence[str], room: Sequence[int]
) -> Iterator[tuple[Place, Any, str]]:
    """What stands at the left and at the right of one line."""
    for text, wide, align in zip(pair, room, (qt.Qt.AlignLeft, qt.Qt.AlignRight), strict=True):
        if text:
            x = _MARGIN if align == qt.Qt.AlignLeft else width - _MARGIN - wide
            shown = str(painter.fontMetrics().elidedText(text, qt.Qt.ElideRight, wide))
            yield (x, y, wide, _LINE), align, shown


def _wrapped(painter: Any, text: str, width: int) -> list[str]:
    """Break a text into lines of at most ``width``, between words or Chinese characters."""
    lines: list[str] = []
    for part in _PARTS.findall(text):
        if lines and _wide(painter, (lines[-1] + part).rstrip()) <= width:
            lines[-1] += part
        else:
            lines.append(part)
    return [line.rstrip() for line in lines]


def _wide(painter: Any, text: str) -> int:
    # The rim of the letters takes a pixel at both ends.
    return int(painter.fontMetrics().horizontalAdvance(text)) + 2 if text else 0


def _paint_letters(painter: Any, size: tuple[int, int], letters: tuple[str, str, str, str]) -> None:
    font = painter.font()
    font.setPixelSize(_LETTER_PX)
    font.setBold(True)
    painter.setFont(font)
    sides = (qt.Qt.AlignLeft, qt.Qt.AlignRight, qt.Qt.AlignHCenter, qt.Qt.AlignHCenter)
    for letter, place, align in zip(letters, letter_boxes(size), sides, strict=True):
        write(painter, place, align | qt.Qt.AlignVCenter, letter, _LETTER_COLOR)


def letter_boxes(size: tuple[int, int]) -> tuple[tuple[int, int, int, int], ...]:
    """Left, top, width, height of the letters at the left, right, upper and lower edge."""
    width, height = size
    box_width, box_height = 44, _LETTER_PX + 6
    middle_x, middle_y = (width - box_width) // 2, (height - box_height) // 2
    low = height - _MARGIN - 2 * box_height
    if width <= _WIDE_PX:
        # Above the corner texts and the lines of the notice.
        lines = math.ceil(_NOTICE_PX / max(1, width - 2 * _MARGIN)) + (width <= _NARROW_PX)
        low -= 2 * box_height + (lines - 1) * _LINE
    places = (
        (_MARGIN, middle_y),
        (width - _MARGIN - box_width, middle_y),
        (middle_x, _MARGIN),
        (middle_x, low),
    )
    return tuple((x, y, box_width, box_height) for x, y in places)


def write(
    painter: Any, place: tuple[int, int, int, int], align: Any, text: str, color: tuple[int, int, int]
) -> None:
    """Write with a dark rim, so that it can be read on bright images as well."""
    if text:
        x, y, width, height = place
        size, ratio = (width + 2, height + 2), float(painter.device().devicePixelRatioF())
        font = painter.font()
        painter.drawImage(x - 1, y - 1, _lettering(text, size, int(align), color, font.toString(), ratio))


@functools.lru_cache(maxsize=_KEPT_TEXTS)
def _lettering(
    text: str, size: tuple[int, int], align: int, color: tuple[int, int, int], font: str, ratio: float
) -> Any:
    """A text as a picture: most are the same in the next picture of the view, and writing takes long."""
    width, height = size
    image = qt.QImage(round(width * ratio), round(height * ratio), qt.QImage.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(ratio)
    image.fill(0)
    painter = qt.QPainter(image)
    used = qt.QFont()
    used.fromString(font)
    painter.setFont(used)
    painter.setPen(qt.QColor(*_SHADOW))
    for right, down in _AROUND:
        painter.drawText(qt.QRect(1 + right, 1 + down, width - 2, height - 2), align, text)
    painter.setPen(qt.QColor(*color))
    painter.drawText(qt.QRect(1, 1, width - 2, height - 2), align, text)
    painter.end()
    return image
