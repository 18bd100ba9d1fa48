"""Numbers and names as a report prints them."""

from __future__ import annotations

import math
import re
from datetime import datetime

from ..core import Finding, Measurement, SegmentDefinition, localized
from .plain_text import clean_text
from .templates import Wording

__all__ = [
    "display_name",
    "format_date",
    "format_number",
    "format_probability",
    "format_quantity",
    "is_asymmetry",
    "mid_sentence",
    "sentence_case",
    "with_side",
]

# UCUM to what people read.
_UNITS = {
    "mm3": "mm³",
    "cm3": "cm³",
    "mm2": "mm²",
    "cm2": "cm²",
    "[hnsf'U]": "HU",
    "deg": "°",
    "1": "",
    "um": "µm",
    "Cel": "°C",
}
_DECIMALS = {"mm3": 0, "%": 1, "mm": 1, "mm2": 0, "cm2": 1, "cm3": 1, "mL": 1, "[hnsf'U]": 0}
_POINT = re.compile(r"-point(\d+)(?=-|$)")
_LITERS_FROM_MM3 = 10_000.0
_SMALL = 10.0


def format_number(value: float, decimals: int) -> str:
    """A finite number with thousands separated by commas, never '-0'."""
    text = f"{value:,.{decimals}f}"
    return text.removeprefix("-") if not any(digit in text for digit in "123456789") else text


def format_quantity(value: float, unit: str, wording: Wording, *, signed: bool = False) -> str:
    """A value with its unit: ``1,324 mm³``, ``56.1 mL`` (volumes from 10,000 mm³ on), ``+2.6%``.

    Parameters
    ----------
    value : float
        In ``unit``. Not finite: a word that says that the value is not defined.
    unit : str
        UCUM.
    wording : Wording
    signed : bool
        Print a plus sign.
    """
    if not math.isfinite(value):
        return wording.word("not_finite")
    decimals = _DECIMALS.get(unit, 2)
    if unit == "mm3" and abs(value) >= _LITERS_FROM_MM3:
        value, unit, decimals = value / 1000, "mL", 1
    elif unit == "mm3" and 0 < abs(value) < _SMALL:
        decimals = 1
    number = format_number(value, decimals)
    if signed and value > 0 and any(digit in number for digit in "123456789"):
        number = f"+{number}"
    shown = _UNITS.get(unit, unit)
    return f"{number}{'' if shown in {'', '%', '°'} else ' '}{shown}"


def format_probability(value: float) -> str:
    """A probability of 0 to 1 as ``63.0%``."""
    return f"{format_number(100 * value, 1)}%"


def format_date(moment: str | None) -> str:
    """The day of an ISO 8601 time, empty when it is none."""
    try:
        return datetime.fromisoformat(moment or "").date().isoformat()
    except ValueError:
        return ""


def is_asymmetry(measurement: Measurement) -> bool:
    """Whether a measurement compares the sides, as its coded quantity says."""
    return "asymmetry" in f"{measurement.quantity.value} {measurement.quantity.meaning}".lower()


def display_name(item: Finding | Measurement | SegmentDefinition, wording: Wording) -> str:
    """Name with its side, in the language of ``wording``.

    What was read at one of several points without a known side (ids with ``-point2``) gets the point's
    number, since its name alone would be that of the others.
    """
    name = with_side(localized(item.name, wording.language), item.laterality, wording)
    point = _POINT.search(item.id)
    return name + wording.word("point").replace("{number}", point[1]) if point else name


def with_side(name: str, laterality: str, wording: Wording) -> str:
    """``left anterior hippocampus`` / ``左侧海马前部``; a name that states its side stays as it is."""
    name = clean_text(name)
    side = wording.word(f"side.{laterality}", "") if laterality else ""
    # Chinese has no word borders: there the one character before 侧 is looked for.
    pattern = side[:1] if side.endswith("侧") else rf"\b{re.escape(side)}\b"
    if not side or re.search(pattern, name, re.IGNORECASE):
        return name
    whole, of, part = name.rpartition(wording.word("of"))
    if of:
        # "volume of the liver": it is the liver that has a side.
        return f"{whole}{of}{wording.word('side').replace('{side}', side).replace('{name}', part)}"
    return wording.word("side").replace("{side}", side).replace("{name}", mid_sentence(name))


def sentence_case(text: str) -> str:
    """The text with a capital first letter; a symbol (``pO₂``, ``pH``) stays as it is."""
    return text if text[1:2].isupper() else text[:1].upper() + text[1:]


def mid_sentence(name: str) -> str:
    """The name as it reads inside a sentence; an abbreviation (``CSF``, ``L5``) keeps its capital."""
    return name[:1].lower() + name[1:] if name[1:2].islower() else name
