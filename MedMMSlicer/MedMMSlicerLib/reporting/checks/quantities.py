"""Numbers with units in a sentence, and whether they are those of a measurement.

A number is right when the measurement, rounded to the digits that are printed, gives it: 12.4 mm may be
written 12 mm, 12.4 mm, 1.2 cm or 1.24 cm.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Quantity", "agrees", "find_quantities", "formatted", "other_units", "size_of", "unit_like"]

_SIZES: dict[str, tuple[str, float]] = {
    "um": ("length", 1e-3), "mm": ("length", 1.0), "cm": ("length", 10.0), "m": ("length", 1000.0),
    "mm2": ("area", 1.0), "cm2": ("area", 100.0),
    "mm3": ("volume", 1.0), "cm3": ("volume", 1000.0), "mL": ("volume", 1000.0), "L": ("volume", 1e6),
    "uL": ("volume", 1.0), "dL": ("volume", 1e5),
    "%": ("fraction", 0.01), "1": ("fraction", 1.0),
    "[hnsf'U]": ("attenuation", 1.0), "deg": ("angle", 1.0),
}  # fmt: skip
"""UCUM code to dimension and size in mm, mm2, mm3, 1, HU, degree."""

_SPELLINGS: dict[str, tuple[str, ...]] = {
    "mm3": ("mm³", "mm3", "mm^3", "cubic millimeters", "cubic millimeter", "cubic mm", "立方毫米"),
    "cm3": (
        "cm³",
        "cm3",
        "cm^3",
        "cc",
        "ccm",
        "cubic centimeters",
        "cubic centimeter",
        "cubic cm",
        "立方厘米",
    ),
    "mL": ("ml", "milliliters", "milliliter", "millilitres", "millilitre", "毫升"),
    "uL": ("µl", "μl", "ul"),
    "dL": ("dl",),
    "L": ("l", "liters", "liter", "litres", "litre", "升"),
    "mm2": ("mm²", "mm2", "mm^2", "square millimeters", "square millimeter", "sq mm", "平方毫米"),
    "cm2": ("cm²", "cm2", "cm^2", "square centimeters", "square centimeter", "sq cm", "平方厘米"),
    "mm": ("mm", "millimeters", "millimeter", "millimetres", "millimetre", "毫米"),
    "cm": ("cm", "centimeters", "centimeter", "centimetres", "centimetre", "厘米", "公分"),
    "um": ("µm", "μm", "微米"),
    "%": ("%", "％", "percent"),
    "[hnsf'U]": ("hu", "hounsfield units", "hounsfield unit", "亨氏单位"),
    "deg": ("°", "degrees", "degree", "度"),
}
_CODE_OF = {spelling: code for code, spellings in _SPELLINGS.items() for spelling in spellings}
_FAMILIES = (
    ("mL", "mm3", "cm3", "L"), ("mm2", "cm2"), ("mm", "cm"), ("[hnsf'U]",), ("%",), ("deg",),
)  # fmt: skip
"""Units that people take for one another."""
_LIKE_EACH_OTHER = {"mm": ("mm2", "mm3"), "mm2": ("mm", "mm3"), "mm3": ("mm", "mm2"),
                    "cm": ("cm2", "cm3"), "cm2": ("cm", "cm3"), "cm3": ("cm", "cm2"),
                    "mL": ("cm", "cm2")}  # fmt: skip

_UNIT = "|".join(re.escape(text) for text in sorted(_CODE_OF, key=len, reverse=True))
_NUMBER = r"\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:[.,]\d+)?"
_SIGN = r"(?:(?<![A-Za-z0-9.,)])[+\-−–])?"
_JOIN = r"\s*(?:x|×|\*|by|-|–|—|~|～|to|and|至|到)\s*"
_GROUP = re.compile(
    rf"(?P<less>(?:less|smaller|lower|fewer) than|under|below|at most|not more than"
    rf"|no more than|<|≤|小于|不超过|不足|低于|至多)?\s*"
    rf"(?P<more>(?:more|larger|greater|higher) than|over|above|at least|exceeding|>|≥|大于"
    rf"|超过|高于|至少)?\s*"
    rf"(?P<first>{_SIGN}(?<![A-Za-z0-9.,])(?:{_NUMBER}))\s?-?(?P<unit1>{_UNIT})?"
    rf"(?P<rest>(?:{_JOIN}(?:{_NUMBER})\s?-?(?:{_UNIT})?){{0,2}})(?![A-Za-z0-9³²/])"
)
_MORE = re.compile(rf"(?P<join>{_JOIN})(?P<number>{_NUMBER})\s?-?(?P<unit>{_UNIT})?")
_DIGIT = re.compile(r"\d")
_RANGE = re.compile(r"\s*(?:-|–|—|~|～|to|and|至|到)\s*\Z")

_CONTEXT = 120
"""Characters before and behind a number that are looked at."""

_EARLIER = re.compile(
    r"(?:previous(?:ly)?|prior|formerly|\bwas\b|\bwere\b|\bfrom|compared (?:with|to)"
    r"|versus|\bvs\b\.?|earlier|initially|baseline|old)"
    r"[^,;()0-9]{0,24}\Z|\b(?:19|20)\d\d(?:-\d\d-\d\d)?[^,;0-9]{0,12}\Z|\bwhen\b[^,;]{0,60}\Z"
)
_EARLIER_CHINESE = re.compile(
    r"(?:原来?|既往|前次|前片|上次|旧片|曾|此前|由|从|自)[^，。；（）()0-9]{0,8}\Z|(?:19"
    r"|20)\d\d\s?年(?:\d{1,2}月)?(?:\d{1,2}日)?[^，。；0-9]{0,8}\Z|原约?\Z|较前\s?[（(]约?\Z"
)
_EARLIER_AFTER = re.compile(
    r"\s*(?:(?:on|in|at) (?:the )?(?:prior|previous|last|baseline|(?:19|20)\d\d\b)"
    r"|previously|before\b|earlier|formerly|initially|(?:→|->)|(?:增大|增加|增|减小|缩小"
    r"|缩|变|减少|减)(?:至|到|为))"
)
_LATER_TO = re.compile(r"\s*(?:to|至|到)\s*\Z")
_ELSEWHERE = re.compile(
    r"(?:slice|section|collimation|spacing|increment|interval|thickness|distance|distant"
    r"|margin|层厚|层距|间距|间隔"
    r"|depth|lymph nodes?|duct|aorta|appendix|淋巴结|胆总管|胆管|主动脉|阑尾|深度|距离?"
    r"|距[^，。；]{0,6}|厚度|窗宽|窗位)[^,;，。；0-9]{0,10}\Z"
)
_ELSEWHERE_AFTER = re.compile(
    r"\s*(?:-?thick\b|slices?\b|sections?\b|collimation|from the|away from|above the"
    r"|below the|proximal|distal"
    r"|deep to|beneath|off the|cranial|caudal|处)"
)
_APPROXIMATE = re.compile(
    r"(?:about|approximately|approx\.?|around|roughly|nearly|circa|ca\.|~|约|大约|近)\s*\Z"
)


@dataclass(frozen=True)
class Quantity:
    """A number with a unit.

    Parameters
    ----------
    values : tuple of (start, stop, readings)
        Each number with its place and what it may be read as (value and number of decimals): ``1,324`` is
        1324, ``12,4`` is 12.4.
    unit : str
        UCUM.
    unit_span : (start, stop)
    kind : str
        ``value``, ``range``, ``product``, ``less`` or ``more``.
    cue : str
        ``probability`` or ``threshold`` where the text says so, else empty.
    is_current : bool
        False for what an earlier examination gave.
    is_elsewhere : bool
        A distance, a slice thickness: not of the finding itself.
    is_approximate, is_signed : bool
    start, stop : int
    """

    values: tuple[tuple[int, int, tuple[tuple[float, int], ...]], ...]
    unit: str
    unit_span: tuple[int, int]
    kind: str
    cue: str
    is_current: bool
    is_elsewhere: bool
    is_approximate: bool
    is_signed: bool
    start: int
    stop: int


def find_quantities(lowered: str, offset: int = 0) -> tuple[Quantity, ...]:
    """All numbers with units of a statement in lower case; places are given from ``offset`` on."""
    if not _DIGIT.search(lowered):
        return ()
    return tuple(_quantities(lowered, offset))


def _quantities(lowered: str, offset: int) -> Iterator[Quantity]:
    for match in _GROUP.finditer(lowered):
        numbers = [(match.start("first"), match.end("first"))]
        unit_span = match.span("unit1") if match["unit1"] else None
        joins = []
        for more in _MORE.finditer(match["rest"]):
            at = match.start("rest")
            numbers.append((at + more.start("number"), at + more.end("number")))
            joins.append(more["join"])
            if more["unit"]:
                unit_span = (at + more.start("unit"), at + more.end("unit"))
        if unit_span is None:
            continue
        place = match.start("first")
        before, after = (
            lowered[max(0, place - _CONTEXT) : place],
            lowered[match.end() : match.end() + _CONTEXT],
        )
        is_range = bool(joins) and all(_RANGE.match(join) for join in joins)
        if is_range and _EARLIER.search(before) and _LATER_TO.match(joins[0]):
            # "from 9 mm to 14 mm": the second is the current one.
            numbers, is_range, before = numbers[-1:], False, ""
        kind = "range" if is_range else "product" if joins else ""
        kind = kind or ("less" if match["less"] else "more" if match["more"] else "value")
        first = lowered[numbers[0][0] : numbers[0][1]]
        yield Quantity(
            tuple((offset + a, offset + b, _readings(lowered[a:b])) for a, b in numbers),
            _CODE_OF[lowered[unit_span[0] : unit_span[1]]],
            (offset + unit_span[0], offset + unit_span[1]),
            kind,
            _cue(before),
            not (_EARLIER.search(before) or _EARLIER_CHINESE.search(before) or _EARLIER_AFTER.match(after)),
            bool(_ELSEWHERE.search(before) or _ELSEWHERE_AFTER.match(after)),
            bool(_APPROXIMATE.search(lowered[max(0, place - _CONTEXT) : place])),
            first[0] in "+-−–",
            offset + match.start("first"),
            offset + match.end(),
        )


def _cue(before: str) -> str:
    if re.search(r"(?:probability|概率)(?: of)?[\s:：为是]*\Z", before):
        return "probability"
    if re.search(r"(?:operating point|工作点)(?: of)?[\s:：为是]*\Z", before):
        return "threshold"
    return ""


def _readings(text: str) -> tuple[tuple[float, int], ...]:
    """What a printed number may mean, each with its number of decimals."""
    sign = -1.0 if text[0] in "-−–" else 1.0
    plain = text.lstrip("+-−–")
    found = []
    if re.fullmatch(r"\d+(?:,\d{3})+(?:\.\d+)?", plain):
        found.append(plain.replace(",", ""))
    elif re.fullmatch(r"\d+(?:[.,]\d+)?", plain):
        found.append(plain.replace(",", "."))
    return tuple((sign * float(number), len(number.partition(".")[2])) for number in found)


def size_of(unit: str) -> tuple[str, float] | None:
    """Dimension of a UCUM unit and its size in the base of the dimension; None if it is not known."""
    return _SIZES.get(unit)


def agrees(quantity: Quantity, value: float, unit: str, unit_read: str = "", unsigned: bool = False) -> bool:
    """Whether a quantity is what a measurement gives.

    Parameters
    ----------
    quantity : Quantity
    value, unit : float and str
        Of the measurement.
    unit_read : str
        Read the quantity in this unit instead of its own.
    unsigned : bool
        A number without a sign may be that of a negative measurement.
    """
    read, own = size_of(unit_read or quantity.unit), size_of(unit)
    if read is None or own is None or read[0] != own[0]:
        return False
    wanted = value * own[1] / read[1]
    if unsigned and not quantity.is_signed:
        wanted = abs(wanted)
    slack = 0.05 * abs(wanted) if quantity.is_approximate else 0.0
    near = [
        any(abs(number - wanted) <= 0.5 * 10.0**-decimals + slack + 1e-9 for number, decimals in readings)
        for _, _, readings in quantity.values
    ]
    numbers = [readings[0][0] for _, _, readings in quantity.values]
    if quantity.kind == "range":
        return min(numbers) - slack <= wanted <= max(numbers) + slack or any(near)
    if quantity.kind in ("less", "more"):
        # "at most 12 mm" is right for 12.4 mm, but "at least 1 cm" is not for 8 mm.
        inside = wanted <= numbers[0] if quantity.kind == "less" else wanted >= numbers[0]
        return inside or (near[0] and abs(wanted - numbers[0]) <= 0.05 * abs(wanted))
    return any(near)


@functools.lru_cache(maxsize=256)
def other_units(unit: str) -> tuple[str, ...]:
    """Units that may have been meant where ``unit`` was written, the likeliest first."""
    family = next((items for items in _FAMILIES if unit in items), ())
    return (*(item for item in family if item != unit), *_LIKE_EACH_OTHER.get(unit, ()))


def unit_like(unit: str, written: str, as_first: str = "") -> str:
    """``unit`` spelled in the manner of ``written``: ``cm`` to ``mm``, ``厘米`` to ``毫米``.

    ``as_first`` is the code of the measurement's own unit: of mL and cm3 the usual one is taken.
    """
    spellings = _SPELLINGS.get(unit, (unit,))
    if not written.isascii() and any(character > "\u2fff" for character in written):
        return next((text for text in spellings if any(c > "\u2fff" for c in text)), spellings[0])
    if written.lower() in ("centimeters", "millimeters", "centimeter", "millimeter", "milliliters", "liters"):
        plural = written.endswith("s")
        return next(
            (text for text in spellings if text.endswith("s") == plural and len(text) > 4), spellings[0]
        )
    return {"mL": "mL", "L": "L", "[hnsf'U]": "HU"}.get(unit, spellings[0])


def formatted(value: float, like: str) -> str:
    """``value`` printed as ``like`` is: with its decimals, or as many more as 1 % takes, and its comma."""
    plain = like.lstrip("+-−–")
    decimal_comma = bool(re.fullmatch(r"\d+,\d{1,2}", plain))
    decimals = len(re.split(r"[.,]", plain)[1]) if decimal_comma or "." in plain else 0
    while decimals < 3 and abs(round(value, decimals) - value) > 0.01 * abs(value):
        decimals += 1
    text = f"{value:,.{decimals}f}"
    if decimal_comma:
        return text.replace(",", "").replace(".", ",")
    return text if "," in plain or abs(value) >= 10_000 else text.replace(",", "")
