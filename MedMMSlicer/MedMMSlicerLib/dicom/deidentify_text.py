"""Identifiers in prose, JSON and page text: known ones are taken out, doubtful ones are reported.

Known is what the header of the images says (names, ids, places, UIDs, dates), and what has an unmistakable
form (an e-mail address, a telephone number, an identity card number). Doubtful is what looks like a name or a
number of a person and is not known: the export is then refused until a person has looked.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable
from datetime import date
from typing import Any
from urllib.parse import quote

from .deidentify_identifiers import COMMON_WORDS, Identifiers, name_parts
from .deidentify_key import Pseudonyms, shifted

__all__ = ["REMOVED", "TextScrubber"]

REMOVED = "[removed]"
_DATE_GONE = "[date]"
_SHORT_PART = 3
_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_ISO = re.compile(r"(?<![\w.])((?:18|19|20)\d\d)([-/.])(0?[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01]|[1-9])(?!\d)")
_COMPACT = re.compile(
    r"(?<![\w.])((?:18|19|20)\d\d)()(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?=\D|$)(?![A-Za-z_])"
)
_CHINESE = re.compile(r"((?:18|19|20)\d\d)\s*年\s*(\d{1,2})\s*月(?:\s*(\d{1,2})\s*[日号])?")
_OTHER_DATES = re.compile(
    r"(?<!\d)\d{1,2}[./-]\d{1,2}[./-](?:19|20)\d\d(?!\d)"
    rf"|(?<![^\W\d_])\d{{1,2}}\.?\s+(?:{_MONTHS})[a-z]*\.?,?\s+(?:19|20)\d\d(?!\d)"
    rf"|(?<![^\W\d_])(?:{_MONTHS})[a-z]*\.?\s+(?:\d{{1,2}},?\s+)?(?:19|20)\d\d(?!\d)",
    re.IGNORECASE,
)
_UID = re.compile(r"(?<![\w.])[0-2](?:\.(?:0|[1-9]\d*)){5,}(?![\w.]*\w)")
_CERTAIN = (
    re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),
    re.compile(r"(?:https?|ftp)://\S+", re.IGNORECASE),
    re.compile(r"\+\d[\d ()/-]{6,}\d"),
    re.compile(r"(?<![\w.])1[3-9]\d{9}(?![\w.])"),
    re.compile(r"(?<![\w.])\d{17}[\dXx](?!\w)"),
    re.compile(r"(?<![\w.-])\d{3}-\d{2}-\d{4}(?![\w-])"),
    re.compile(r"(?:\btel|\bphone|\bfax|电话|手机)\w*[.:：]?\s*[+\d(][\d ()/-]{4,}\d", re.IGNORECASE),
    re.compile(
        r"(?:\b(?:MRN|SSN|PID|patient id|case no|accession(?: no| number)?)\b\.?"
        r"|病历号|住院号|门诊号|身份证号?码?|检查号)"
        r"\s*[#:：]?\s*(?=[\w-]*\d)[\w-]{3,}",
        re.IGNORECASE,
    ),
)
# Ages above 89 are so rare that they identify (45 CFR 164.514).
_OLD_AGE = re.compile(
    r"(?<![\w.])(?:9\d|1[0-2]\d)(?:\.\d+)?(?=\s*-?\s*(?:years?|yrs?|y/?o)\b|\s*周?岁)", re.IGNORECASE
)
_DOUBTS = {
    "a name after a title": re.compile(
        r"\b(?:Mr|Mrs|Ms|Miss|Dr|Prof|Herr|Frau|Mme|Monsieur|Madame)\b\.?\s+(?!\[)[A-Z][\w'’-]+"
    ),
    "a name after a label": re.compile(
        r"(?:\b(?:patient(?:'s)? name|name of patient|patient|name|signed by|dictated by|referred by"
        r"|radiologist)"
        r"\s*[:=]|(?:姓名|患者姓名|病人姓名|报告医生|审核医生|签名)\s*[:：=])\s*(?!\[)\w",
        re.IGNORECASE,
    ),
    "a Chinese name with a title": re.compile(
        r"[\u4e00-\u9fff]{1,3}(?:先生|女士|小姐|医生|医师|大夫|主任|教授)(?!组)"
    ),
    "a long number": re.compile(r"(?<![\w.,-])\d{6,}(?![\w.,]*\w)"),
}


class TextScrubber:
    """Takes identifiers out of texts; ``doubts`` says where a person has to look.

    Parameters
    ----------
    identifiers : Identifiers
    pseudonyms : Pseudonyms
    shift_days : int
        Of this patient.
    """

    def __init__(self, identifiers: Identifiers, pseudonyms: Pseudonyms, shift_days: int) -> None:
        self._identifiers = identifiers
        self._pseudonyms = pseudonyms
        self._shift_days = shift_days
        self._patterns = _patterns(identifiers)
        self._ambiguous = _ambiguous(identifiers)
        self._uids = _any_of(identifiers.uids, r"(?<![\w.])", r"(?![\w.]*\w)")
        self.doubts: list[str] = []

    def clean(self, text: str, place: str = "text", is_prose: bool = True) -> str:
        """The text without identifiers: UIDs are replaced, dates moved, the rest becomes ``[removed]``.

        Doubts are noted for prose only: a code or a version may look like anything.
        """
        if not text or text.isspace():
            return text
        cleaned = self._without_names(self._without_uids(text))
        for pattern in _CERTAIN:
            cleaned = pattern.sub(REMOVED, cleaned)
        cleaned = _OLD_AGE.sub("90+", cleaned)
        if is_prose:
            self._doubt(self._with_dates(cleaned, lambda day: _DATE_GONE), place)
        return self._with_dates(cleaned, self._moved)

    def clean_json(self, value: Any, place: str = "") -> Any:
        """Plain JSON values with every text and key cleaned."""
        if isinstance(value, str):
            return self.clean(value, place)
        if isinstance(value, list | tuple):
            return [self.clean_json(item, f"{place}[{index}]") for index, item in enumerate(value)]
        if isinstance(value, dict):
            return {
                self.clean(str(key), place): self.clean_json(item, f"{place}.{key}".lstrip("."))
                for key, item in value.items()
            }
        return value

    def _without_uids(self, text: str) -> str:
        def new(match: re.Match[str]) -> str:
            return self._pseudonyms.uid(match.group())

        if self._uids is not None:
            text = self._uids.sub(new, text)
        return _UID.sub(
            lambda match: match.group() if match.group().startswith("2.25.") else new(match), text
        )

    def _without_names(self, text: str) -> str:
        folded, origins = _folded(text)
        spans = [match.span() for pattern in self._patterns for match in pattern.finditer(folded)]
        for start, stop in sorted(_joined(spans), reverse=True):
            first, last = origins[start], origins[stop - 1] + 1
            text = text[:first] + REMOVED + text[last:]
        return text

    def _with_dates(self, text: str, write: Callable[[date], str]) -> str:
        def iso(match: re.Match[str]) -> str:
            year, separator, month, day = match.groups()
            return _reformatted(
                write, (year, month, day), lambda d: d.strftime(f"%Y{separator}%m{separator}%d")
            )

        def chinese(match: re.Match[str]) -> str:
            year, month, day = match.groups()
            return _reformatted(
                write,
                (year, month, day or "1"),
                lambda d: f"{d.year}年{d.month}月" + (f"{d.day}日" if day else ""),
            )

        text = _CHINESE.sub(chinese, _COMPACT.sub(iso, _ISO.sub(iso, text)))
        return _OTHER_DATES.sub(_DATE_GONE, text)

    def _moved(self, day: date) -> str:
        if day in self._identifiers.birth_dates:
            return _DATE_GONE
        return shifted(day, self._shift_days).isoformat()

    def _doubt(self, text: str, place: str) -> None:
        for what, pattern in _DOUBTS.items():
            if pattern.search(text):
                self.doubts.append(f"{place}: {what}")
        if self._ambiguous is not None and self._ambiguous.search(text):
            self.doubts.append(f"{place}: a part of a name that is also a word")


def _reformatted(
    write: Callable[[date], str], parts: tuple[str, str, str], form: Callable[[date], str]
) -> str:
    try:
        day = date(*(int(part) for part in parts))
    except ValueError:
        return _DATE_GONE
    text = write(day)
    return text if text == _DATE_GONE else form(date.fromisoformat(text))


def _patterns(identifiers: Identifiers) -> list[re.Pattern[str]]:
    """Patterns on folded text: whole names and values, then parts of names."""
    whole = identifiers.words | identifiers.phrases
    texts = {word for word in whole if len(word) >= _SHORT_PART or not word.isascii()}
    for name in identifiers.names:
        texts.update(part for part in name_parts(name) if part.casefold() not in COMMON_WORDS)
    texts |= {
        form for text in list(texts) for form in (html.escape(text), quote(text), text.replace("^", " "))
    }
    latin = {_folded(text)[0] for text in texts if any(character.isascii() for character in text)}
    wide = {_folded(text)[0] for text in texts if not any(character.isascii() for character in text)}
    found = [_any_of(latin, r"(?<![^\W_])", r"(?![^\W_])", spaced=True), _any_of(wide, "", "", spaced=True)]
    return [pattern for pattern in found if pattern is not None]


def _ambiguous(identifiers: Identifiers) -> re.Pattern[str] | None:
    """Capitalized parts of names that are also words, or too short to be taken out, inside a sentence."""
    parts = {
        piece
        for name in identifiers.names
        for group in name.split("=")[:1]
        for piece in group.replace("^", " ").replace(",", " ").split()
        if piece.isascii() and (piece.casefold() in COMMON_WORDS or 1 < len(piece) < _SHORT_PART)
    }
    forms = {form for part in parts for form in (part.capitalize(), part.upper())}
    return _any_of(forms, r"(?<=[\w,;:] )", r"(?![^\W_])")


def _any_of(texts: Any, before: str, after: str, spaced: bool = False) -> re.Pattern[str] | None:
    pieces = sorted((text for text in texts if text), key=lambda text: (-len(text), text))
    if not pieces:
        return None
    return re.compile(
        before
        + "(?:"
        + "|".join(_spaced(piece) if spaced else re.escape(piece) for piece in pieces)
        + ")"
        + after
    )


def _spaced(text: str) -> str:
    """A pattern that lets separators differ, and Chinese characters stand apart."""
    if all(ord(character) > 0x2E7F for character in text):
        return r"\s*".join(map(re.escape, text))
    return r"[\s,^._-]+".join(re.escape(word) for word in re.split(r"[\s,^]+", text) if word)


def _folded(text: str) -> tuple[str, list[int]]:
    """Text without case, accents and invisible characters, and where each of its characters came from."""
    if text.isascii():
        return text.lower(), list(range(len(text)))
    characters: list[str] = []
    origins: list[int] = []
    for index, character in enumerate(text):
        if unicodedata.category(character) == "Cf":
            continue
        for piece in unicodedata.normalize("NFKD", character).casefold():
            if not unicodedata.combining(piece):
                characters.append(piece)
                origins.append(index)
    return "".join(characters), origins


def _joined(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans that overlap as one."""
    result: list[tuple[int, int]] = []
    for start, stop in sorted(spans):
        if result and start < result[-1][1]:
            result[-1] = (result[-1][0], max(stop, result[-1][1]))
        else:
            result.append((start, stop))
    return result
