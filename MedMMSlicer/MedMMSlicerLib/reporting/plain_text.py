"""Text that came from outside, made safe to print, and wrapping that knows wide characters."""

from __future__ import annotations

import unicodedata

__all__ = ["clean_text", "display_width", "wrap_text"]

_BIDI_CONTROLS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_NOT_AT_LINE_START = frozenset("，。；：！？、）》」』】”’％%,.;:!?)]}")
_REPLACEMENT = "\ufffd"


def clean_text(text: str) -> str:
    """One line without characters that change how their neighbors are shown.

    White space of any kind becomes one space. Control characters (NUL included), lone surrogates,
    noncharacters and the controls that reorder text (a right-to-left override can make 12 read as 21)
    become U+FFFD, so that a reader sees that something was there.
    """
    text = str(text)
    if text.isprintable():
        # The usual case, and quick: nothing in it that `_visible` would replace.
        return " ".join(text.split())
    return " ".join("".join(map(_visible, text)).split())


def _visible(character: str) -> str:
    if character.isspace():
        return " "
    if character in _BIDI_CONTROLS or unicodedata.category(character) in {"Cc", "Cs"}:
        return _REPLACEMENT
    if ord(character) & 0xFFFE == 0xFFFE or 0xFDD0 <= ord(character) <= 0xFDEF:
        return _REPLACEMENT
    return character


def display_width(text: str) -> int:
    """Columns that ``text`` takes in a terminal: wide (CJK) characters count two, combining marks none."""
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    if unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


def wrap_text(text: str, width: int = 80, indent: str = "") -> list[str]:
    """Break a paragraph into lines of at most ``width`` columns.

    Breaks fall at spaces and between wide characters, never in front of closing punctuation; a word that is
    longer than a line is cut.

    Parameters
    ----------
    text : str
    width : int
        Columns, see `display_width`.
    indent : str
        Put in front of every line after the first; counts.
    """
    lines: list[str] = []
    line = ""
    for piece in _pieces(text):
        start = indent if lines else ""
        if display_width(start + line + piece.rstrip()) <= width:
            line += piece
            continue
        if line.strip():
            lines.append(start + line.rstrip())
            line = ""
        line += piece.lstrip()
        while display_width(indent + line.rstrip()) > width:
            cut = _cut(line, width - display_width(indent))
            lines.append((indent if lines else "") + line[:cut])
            line = line[cut:]
    if line.strip():
        lines.append((indent if lines else "") + line.rstrip())
    return lines


def _pieces(text: str) -> list[str]:
    """Pieces between which a line may break; spaces stay at the end of the piece before them."""
    pieces: list[str] = []
    for character in text:
        wide = _columns(character) == 2
        glued = bool(pieces) and (
            character in _NOT_AT_LINE_START
            or character == " "
            or _columns(character) == 0
            or not (wide or pieces[-1].endswith(" ") or _columns(pieces[-1][-1]) == 2)
        )
        if glued:
            pieces[-1] += character
        else:
            pieces.append(character)
    return pieces


def _cut(text: str, width: int) -> int:
    """How many characters of ``text`` fit into ``width`` columns, at least one."""
    used = 0
    for index, character in enumerate(text):
        used += _columns(character)
        if used > width:
            return max(index, 1)
    return len(text)
