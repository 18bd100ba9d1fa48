"""What is written over a slice: orientation letters, corner texts; the patient only when asked."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np
import qt
from numpy.typing import NDArray

__all__ = ["CornerTexts", "direction_letters", "letter_boxes", "paint_annotations", "write"]

_AXES = (("L", "R"), ("P", "A"), ("I", "S"))
"""Negative and positive direction of R, A, S."""

_OBLIQUE = 0.26
"""Sine of 15 degrees: a smaller share of a second direction is not written."""

_MARGIN = 8
_TEXT_PX = 12
_LETTER_PX = 14
_COLOR = (235, 235, 235)
_LETTER_COLOR = (255, 210, 90)
_SHADOW = (0, 0, 0)
_AROUND = ((-1, -1), (0, -1), (1, -1), (-1, 0), (1, 0), (-1, 1), (0, 1), (1, 1))
"""Pixels in which the rim of a letter lies."""
_KEPT_TEXTS = 128


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
    """Paint over a view of ``size`` (width, height); what does not fit a small view is left out."""
    width, height = size
    font = painter.font()
    font.setPixelSize(_TEXT_PX)
    painter.setFont(font)
    line = _TEXT_PX + 4
    # The letters of the upper and lower edge stand in the middle.
    half = max(1, width // 2 - _MARGIN - _LETTER_PX)
    left, right = qt.Qt.AlignLeft, qt.Qt.AlignRight
    for lines, align, at_top in (
        (texts.top_left, left, True),
        (texts.top_right, right, True),
        (texts.bottom_left, left, False),
        (texts.bottom_right, right, False),
    ):
        x = _MARGIN if align == left else width - _MARGIN - half
        for index, text in enumerate(lines):
            row = index if at_top else len(lines) - index
            y = _MARGIN + row * line if at_top else height - _MARGIN - row * line
            shown = _elided(painter, text, half)
            write(painter, (x, y, half, line), align | qt.Qt.AlignVCenter, shown, _COLOR)
    _paint_bottom(painter, size, texts, line)
    _paint_letters(painter, size, texts.letters)


def _paint_bottom(painter: Any, size: tuple[int, int], texts: CornerTexts, line: int) -> None:
    """Paint the notice: above the corner texts where the view is too narrow to have it between them."""
    width, height = size
    rows = max(len(texts.bottom_left), len(texts.bottom_right))
    wide = width > 620
    y = height - _MARGIN - line * (1 if wide else rows + 1)
    place = (_MARGIN, y, max(1, width - 2 * _MARGIN), line)
    write(painter, place, qt.Qt.AlignCenter, _elided(painter, texts.bottom, width), _COLOR)


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
    low = height - _MARGIN - 4 * box_height if width <= 620 else height - _MARGIN - 2 * box_height
    places = (
        (_MARGIN, middle_y),
        (width - _MARGIN - box_width, middle_y),
        (middle_x, _MARGIN),
        (middle_x, low),
    )
    return tuple((x, y, box_width, box_height) for x, y in places)


def _elided(painter: Any, text: str, width: int) -> str:
    return str(painter.fontMetrics().elidedText(text, qt.Qt.ElideRight, width))


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
