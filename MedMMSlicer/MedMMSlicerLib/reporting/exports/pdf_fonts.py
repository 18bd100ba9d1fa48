"""Fonts of a PDF: which one has a character, on any machine, Chinese included.

Latin text is set in Vera, which ReportLab ships and embeds, or in a wider font of the machine. Chinese is set
in a TrueType font of the machine, which is embedded; without one, in the font STSong-Light that every PDF
viewer with Asian fonts brings along.
"""

from __future__ import annotations

import functools
import os
import re
import sys
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["FontChoice", "font_runs", "fonts"]

_CHINESE_FILES = (
    "NotoSansSC-Regular.ttf", "wqy-zenhei.ttc", "wqy-microhei.ttc", "DroidSansFallbackFull.ttf", "msyh.ttc",
    "simhei.ttf", "simsun.ttc", "Deng.ttf", "STHeiti Light.ttc", "STHeiti Medium.ttc", "Songti.ttc",
    "Arial Unicode.ttf", "ARIALUNI.TTF",
)  # fmt: skip
_LATIN_FILES = (
    ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf"),
    ("segoeui.ttf", "segoeuib.ttf"),
    ("Arial.ttf", "Arial Bold.ttf"),
    ("arial.ttf", "arialbd.ttf"),
)
_LARGEST_FONT = 64 << 20
_VIEWER_FONT = "STSong-Light"
_RAISED = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹]+")


@dataclass(frozen=True)
class FontChoice:
    """A registered font and which characters it has.

    Parameters
    ----------
    name, bold : str
        As ReportLab knows them.
    has : callable
        Whether the font has a character.
    """

    name: str
    bold: str
    has: Callable[[str], bool]


@functools.cache
def fonts() -> tuple[FontChoice, ...]:
    """Fonts in the order in which they are asked for a character; Latin first."""
    found = [_latin(), _chinese()]
    return tuple(found)


def font_runs(text: str, bold: bool = False) -> Iterator[tuple[str, str]]:
    """Pieces of a text with the name of the font that sets each.

    A character that no font has is replaced by its plain form (a subscript 2 by 2), else by a question mark;
    ``10⁹`` becomes ``10^9``, not another number.
    """
    run, name = "", ""
    for character in _RAISED.sub(lambda found: _exponent(found[0]), text):
        piece, choice = _set(character)
        wanted = choice.bold if bold else choice.name
        if run and (wanted != name) and piece != " ":
            yield run, name
            run = ""
        if not run:
            name = wanted
        run += piece
    if run:
        yield run, name


def _exponent(raised: str) -> str:
    if all(any(choice.has(digit) for choice in fonts()) for digit in raised):
        return raised
    return "^" + unicodedata.normalize("NFKC", raised)


def _set(character: str) -> tuple[str, FontChoice]:
    for candidate in (character, unicodedata.normalize("NFKC", character)):
        for choice in fonts():
            if all(map(choice.has, candidate)):
                return candidate, choice
    return "?", fonts()[0]


def _latin() -> FontChoice:
    for regular, heavy in _LATIN_FILES:
        paths = _find(regular), _find(heavy)
        if paths[0] is not None and paths[1] is not None:
            choice = _registered("MedMM-Latin", paths[0])
            heavy_choice = _registered("MedMM-Latin-Bold", paths[1])
            if choice is not None and heavy_choice is not None:
                return FontChoice(choice.name, heavy_choice.name, choice.has)
    shipped, shipped_bold = (
        _registered("MedMM-Latin", Path("Vera.ttf")),
        _registered("MedMM-Latin-Bold", Path("VeraBd.ttf")),
    )
    assert shipped is not None and shipped_bold is not None  # these two are part of ReportLab
    return FontChoice(shipped.name, shipped_bold.name, shipped.has)


def _chinese() -> FontChoice:
    for name in _CHINESE_FILES:
        path = _find(name)
        choice = _registered("MedMM-Chinese", path) if path is not None else None
        if choice is not None and choice.has("像"):
            return choice
    return _viewer_font()


def _viewer_font() -> FontChoice:
    """A font that is named, not embedded: simplified Chinese, as GB 18030 has it."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont

    pdfmetrics.registerFont(UnicodeCIDFont(_VIEWER_FONT))

    def has(character: str) -> bool:
        return "\u2e80" <= character <= "\uffef" or character.isascii()

    return FontChoice(_VIEWER_FONT, _VIEWER_FONT, has)


def _registered(name: str, path: Path) -> FontChoice | None:
    """Register a TrueType font; None where ReportLab can not embed it (PostScript outlines, restrictions)."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFError, TTFont

    try:
        font = TTFont(name, str(path))
    except (TTFError, OSError, ValueError):
        return None
    pdfmetrics.registerFont(font)
    glyphs = font.face.charToGlyph
    return FontChoice(name, name, lambda character: ord(character) in glyphs)


def _find(name: str) -> Path | None:
    return _files().get(name)


@functools.cache
def _files() -> dict[str, Path]:
    """Font files of the machine that are wanted, by name."""
    wanted = {*_CHINESE_FILES, *(name for pair in _LATIN_FILES for name in pair)}
    found: dict[str, Path] = {}
    for folder in _folders():
        for place, _, names in os.walk(folder):
            for name in wanted.intersection(names) - found.keys():
                path = Path(place) / name
                if path.stat().st_size <= _LARGEST_FONT:
                    found[name] = path
    return found


def _folders() -> list[Path]:
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA", "")
        folders = [Path(os.environ.get("WINDIR", r"C:\Windows")) / "Fonts"]
        return folders + ([Path(local) / "Microsoft" / "Windows" / "Fonts"] if local else [])
    if sys.platform == "darwin":
        return [Path("/System/Library/Fonts"), Path("/Library/Fonts"), Path("~/Library/Fonts").expanduser()]
    return [
        Path("/usr/share/fonts"),
        Path("/usr/local/share/fonts"),
        Path("~/.local/share/fonts").expanduser(),
    ]
