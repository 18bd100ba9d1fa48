"""What may identify a patient inside a text: what the caller knows, and what looks like it.

The caller's names, numbers and dates are found in their usual spellings. Beside them there are patterns:
national numbers (Chinese ones with their check digit), telephone numbers, addresses, e-mail addresses,
numbers of records behind their label, names behind theirs. Dates alone are not flagged: a report names the
days of examinations.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from .lexicon import TERMS_FOLDER
from .model import CheckContext

__all__ = ["Identifier", "find_identifiers", "is_chinese_id"]


@dataclass(frozen=True)
class Identifier:
    """A place in a text and what kind of identifier it is (a key of `wording`)."""

    start: int
    stop: int
    kind: str


_DIGIT = re.compile(r"\d")
_CHINESE_ID = re.compile(r"(?<![0-9A-Za-z])\d{17}[\dXx](?![0-9A-Za-z])")
_CHINESE_ID_LABEL = re.compile(
    r"身份证(?:件)?(?:号码|号)?[\s:：是为]*(?P<it>\d{15}(?:\d{2}[\dXx])?)(?![0-9A-Za-z])"
)
_SOCIAL = re.compile(r"(?<![\d-])\d{3}-\d{2}-\d{4}(?![\d-])")
_EMAIL = re.compile(r"(?<![\w.])[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_PHONES = (
    re.compile(r"(?<![\d.])(?:\+?1[ -.]?)?\(\d{3}\)\s?\d{3}[-. ]\d{4}(?!\d)"),
    re.compile(r"(?<![\d.\-])(?:\+?1[ -.])?\d{3}[-. ]\d{3}[-. ]\d{4}(?![\d-])"),
    re.compile(r"(?<![\d\w])\+\d{1,3}(?:[ .-]?\(?\d{1,4}\)?){2,5}(?!\d)"),
    re.compile(r"(?<![\d.\-])1[3-9]\d[ -]?\d{4}[ -]?\d{4}(?![\d.])"),
    re.compile(r"(?<![\d.\-])0\d{2,3}[- ]\d{7,8}(?![\d-])"),
)
_PHONE_LABEL = re.compile(
    r"(?:phone|tel\b|telephone|mobile|cell\b|fax|reach(?:able|ed)?(?: \w+)? (?:under|at"
    r"|on)|电话|手机|联系方式|传真)"
    r"[^\d+。.;；]{0,12}(?P<it>\+?\(?\d[\d ()-]{5,}\d)",
    re.IGNORECASE,
)
_DATE_LIKE = re.compile(r"(?:19|20)\d\d-\d\d-\d\d")
_RECORD = re.compile(
    r"\b(?:MRN|medical record(?: (?:number|no\.?))?|(?:patient|pt|pat)\.? (?:id|number"
    r"|no\.?)|hospital (?:no\.?|number|id)"
    r"|accession(?: (?:number|no\.?))?|chart (?:no\.?|number)|NHS (?:no\.?|number)|insurance (?:no\.?|number)"
    r"|policy (?:no\.?|number)|case (?:no\.?|number))[\s:#.]*(?P<it>(?=[A-Z0-9/-]*\d)[A-Z0-9][A-Z0-9/-]{2,})",
    re.IGNORECASE,
)
_RECORD_CHINESE = re.compile(
    r"(?:病历|住院|门诊|病案|就诊卡|检查|影像|登记|社保|医保卡?|患者|急诊|放射|X线|CT"
    r"|MR)(?:编|序)?(?:号码|号|ID)"
    r"[\s:：为是]*(?P<it>(?=[A-Za-z0-9-]*\d)[A-Za-z0-9][A-Za-z0-9-]{3,})"
)
_STREET = (
    r"street|st|avenue|ave|road|rd|lane|ln|drive|boulevard|blvd|court|way|place|square|terrace|close|crescent"
)
_ADDRESS = re.compile(
    rf"(?<![\w.])\d{{1,5}}[A-Z]?,? (?:[A-Z][\w']+ ){{1,3}}(?i:{_STREET})\b\.?"
    r"(?:,? (?:Apt|Apartment|Unit|Suite|No)\.? ?\w+)?"
)
_ADDRESS_CHINESE = re.compile(
    r"(?:[\u4e00-\u9fff]{2,8}(?:省|市|自治区))?(?:[\u4e00-\u9fff]{2,6}[市区县])?"
    r"[\u4e00-\u9fff]{1,8}(?:路|街|大道|胡同|巷|弄|小区|新村"
    r"|花园)\s?\d+\s?[号弄栋幢](?:[\d\w-]*(?:号楼|单元|室|栋|幢|楼))*"
)
_ADDRESS_LABEL = re.compile(r"(?:住址|地址|家庭住址)[\s:：]*(?P<it>[^，。；,;\s\[]{4,40})")
_NAME_LABEL = re.compile(
    r"\b(?i:patient(?:'s)? name|name of (?:the )?patient)\s*[:=]?\s*"
    r"(?P<it>[A-Z][\w'-]+(?:[ ,^]+[A-Z][\w'-]*){0,3})"
)
_NAME_TITLE = re.compile(r"\b(?:Mr|Mrs|Ms|Miss|Herr|Frau)\.? (?P<it>[A-Z][a-z'-]+(?: [A-Z][a-z'-]+)?)")
_NAME_CHINESE = re.compile(r"姓\s?名[\s:：为是]*(?P<it>[\u4e00-\u9fff·]{2,4})(?=$|[，。；,;\s、（(])")
_NAME_POLITE = re.compile(r"(?:^|[，。；,;\s、：:]|患者|病人)(?P<it>[\u4e00-\u9fff]{1,3})(?:先生|女士|小姐)")
_BORN = re.compile(
    r"(?i:\b(?:DOB|date of birth|born(?: on)?"
    r"|birth date)\b)[\s:]*(?P<it>\d{1,4}[-/. ]\w{1,9}[-/., ]+\d{1,4}|[A-Z][a-z]+ \d{1,2},? \d{4})"
)
_BORN_CHINESE = re.compile(
    r"出生(?:日期|年月|于)?[\s:：为]*(?P<it>\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?)"
    r"|(?P<it2>\d{4}年\d{1,2}月\d{1,2}日)(?:出生|生)"
)
_HONORED = re.compile(r"(?:\bDr\.?|\bProf\.?|\bNurse|\bnurse|\bdoctor|\bDoctor)\s+(?:[A-Z][\w'-]+\s+)?\Z")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
)  # fmt: skip
_AROUND_NAME = re.compile(r"(?:^|[\s，。；：:、,;（(]|患者|病人|姓名|由|为|与|和|及|对|给|即)\Z")
_AFTER_NAME = re.compile(
    r"\A(?:$|[\s，。；：:、,;）)]|先生|女士|的|男|女|于|双|左|右|胸|头|腹|两|行|因|既往|\d)"
)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def is_chinese_id(text: str) -> bool:
    """Whether 18 characters are a resident identity number: birthday and check digit (GB 11643-1999)."""
    if not re.fullmatch(r"\d{17}[\dXx]", text):
        return False
    try:
        date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        return False
    total = sum(int(digit) * weight for digit, weight in zip(text, _WEIGHTS))
    return "10X98765432"[total % 11] == text[17].upper()


def find_identifiers(text: str, context: CheckContext) -> tuple[Identifier, ...]:
    """What may identify the patient, in order; of overlapping places the first and longest."""
    found = [*_known(text, context), *_patterned(text)]
    found.sort(key=lambda item: (item.start, -item.stop))
    kept: list[Identifier] = []
    for item in found:
        if not kept or item.start >= kept[-1].stop:
            kept.append(item)
    return tuple(kept)


def _patterned(text: str) -> Iterator[Identifier]:
    if _DIGIT.search(text):
        yield from _numbers(text)
    if "@" in text:
        yield from (Identifier(*match.span(), "email") for match in _EMAIL.finditer(text))
    for pattern in (_NAME_LABEL, _NAME_TITLE, _NAME_CHINESE, _NAME_POLITE):
        for match in pattern.finditer(text):
            yield Identifier(*match.span("it"), "name")
    for match in _ADDRESS_LABEL.finditer(text):
        yield Identifier(*match.span("it"), "address")


def _numbers(text: str) -> Iterator[Identifier]:
    for match in _CHINESE_ID.finditer(text):
        if is_chinese_id(match[0]):
            yield Identifier(*match.span(), "national")
    yield from (Identifier(*match.span("it"), "national") for match in _CHINESE_ID_LABEL.finditer(text))
    yield from (Identifier(*match.span(), "national") for match in _SOCIAL.finditer(text))
    for pattern in _PHONES:
        yield from (Identifier(*match.span(), "phone") for match in pattern.finditer(text))
    for match in _PHONE_LABEL.finditer(text):
        digits = sum(character.isdigit() for character in match["it"])
        if digits >= 7 and not _DATE_LIKE.search(match["it"]):
            yield Identifier(*match.span("it"), "phone")
    for pattern in (_RECORD, _RECORD_CHINESE):
        yield from (Identifier(*match.span("it"), "number-like") for match in pattern.finditer(text))
    for pattern in (_ADDRESS, _ADDRESS_CHINESE):
        yield from (Identifier(*match.span(), "address") for match in pattern.finditer(text))
    for pattern in (_BORN, _BORN_CHINESE):
        for match in pattern.finditer(text):
            group = "it" if match["it"] else "it2"
            yield Identifier(*match.span(group), "birth")


def _known(text: str, context: CheckContext) -> Iterator[Identifier]:
    has_digits = _DIGIT.search(text) is not None
    for birth in context.birth_dates if has_digits else ():
        for pattern in _date_patterns(birth):
            yield from (Identifier(*match.span(), "birth") for match in pattern.finditer(text))
    for kind, values in (("id", context.patient_ids), ("other", context.other_identifiers)):
        for value in values:
            if len(value.strip()) >= 3:
                pattern = _literal(value.strip())
                yield from (Identifier(*match.span(), kind) for match in pattern.finditer(text))
    for name in context.patient_names:
        yield from _names(text, name)


@functools.lru_cache(maxsize=256)
def _literal(value: str) -> re.Pattern[str]:
    body = r"\s+".join(re.escape(part) for part in value.split())
    return re.compile(rf"(?<![0-9A-Za-z]){body}(?![0-9A-Za-z])", re.IGNORECASE)


@functools.lru_cache(maxsize=64)
def _date_patterns(birth: str) -> tuple[re.Pattern[str], ...]:
    """The usual spellings of a day, which is given as ``1961-04-09`` or ``19610409``."""
    digits = re.sub(r"\D", "", birth)
    if len(digits) != 8:
        return ()
    year, month, day = digits[:4], int(digits[4:6]), int(digits[6:])
    if not 1 <= month <= 12:
        return ()
    name = _MONTHS[month - 1]
    spelled = rf"(?:{name}|{name[:3]})\.?"
    separated = r"[-/. ]"
    texts = (
        digits,
        rf"{year}{separated}0?{month}{separated}0?{day}",
        rf"0?{day}{separated}0?{month}{separated}{year}",
        rf"0?{month}{separated}0?{day}{separated}{year}",
        rf"0?{day}(?:st|nd|rd|th)?(?: of)? {spelled},? {year}",
        rf"{spelled} 0?{day}(?:st|nd|rd|th)?,? {year}",
        rf"{year}\s?年\s?0?{month}\s?月\s?0?{day}\s?日?",
    )
    return tuple(re.compile(rf"(?<!\d){text}(?!\d)", re.IGNORECASE) for text in texts)


@functools.lru_cache(maxsize=64)
def _name_patterns(name: str) -> tuple[tuple[re.Pattern[str], ...], tuple[re.Pattern[str], ...], str]:
    """Expressions of a whole name, of its parts, and the name itself where it is Chinese."""
    parts = [part for part in re.split(r"[\^=,\s]+", name.strip()) if part]
    if any(re.search(r"[\u3400-\u9fff]", part) for part in parts):
        return (), (), "".join(parts)
    whole: list[re.Pattern[str]] = []
    if len(parts) > 1:
        whole = [_literal(" ".join(order)) for order in (parts[:2], parts[1::-1])]
        whole.append(re.compile(rf"\b{re.escape(parts[0])}\s*[,^]\s*{re.escape(parts[1])}\b", re.IGNORECASE))
    # One part alone: only as a name is written.
    single = [rf"(?<![\w-]){re.escape(part.capitalize())}(?![\w-])" for part in parts if len(part) > 2]
    return tuple(whole), tuple(map(re.compile, single)), ""


def _names(text: str, name: str) -> Iterator[Identifier]:
    whole, single, chinese = _name_patterns(name)
    if chinese:
        yield from _chinese_name(text, chinese)
    for pattern in whole:
        yield from (Identifier(*match.span(), "name") for match in pattern.finditer(text))
    for pattern in single:
        yield from (Identifier(*match.span(), "name") for match in pattern.finditer(text) if _is_name(match))


@functools.lru_cache(maxsize=1)
def _name_words() -> tuple[frozenset[str], frozenset[str]]:
    """What follows the name of a disease (*cyst*), and names that are words (*Young*)."""
    data = json.loads((TERMS_FOLDER / "names.json").read_text(encoding="utf-8"))
    return frozenset(data["after_eponyms"]), frozenset(data["also_words"])


def _is_name(match: re.Match[str]) -> bool:
    """Not the name of a disease or of a physician, nor a word that begins a sentence."""
    before, after = match.string[: match.start()], match.string[match.end() :]
    follower = re.match(r"(?:'s|’s)?\s+([A-Za-z]+)", after)
    if follower and follower[1].lower() in _name_words()[0]:
        return False
    if _HONORED.search(before):
        return False
    begins = not before.strip() or re.search(r"[.!?:;]\s*\Z", before)
    return not (begins and match[0].lower() in _name_words()[1])


def _chinese_name(text: str, name: str) -> Iterator[Identifier]:
    """A name of two characters may lie inside other words: there one of its neighbors must be no word."""
    for match in re.finditer(re.escape(name), text):
        before, after = text[: match.start()], text[match.end() :]
        if len(name) > 2 or _AROUND_NAME.search(before) or _AFTER_NAME.match(after):
            yield Identifier(*match.span(), "name")
