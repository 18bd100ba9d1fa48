"""Numbers, times and texts of clinical files, read strictly: what is not certain is refused.

Numbers stay exact (`fractions.Fraction`) until after the conversion of units, so that 0.1 mg/dL and 1 mg/L
are the same value.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

from ..errors import InputError

__all__ = [
    "Moment",
    "Quantity",
    "clean_name",
    "exact_number",
    "moment_of",
    "number_from_text",
    "shown_number",
    "standard_time",
]

MOST_DIGITS = 40
LARGEST_EXPONENT = 30

_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?\Z", re.ASCII)
_COMPARED = re.compile(r"(<=|>=|<|>|≤|≥)\s*(.+)\Z", re.DOTALL)
_INFINITE = {"inf": 1, "+inf": 1, "-inf": -1, "infinity": 1, "+infinity": 1, "-infinity": -1}
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}\Z", re.ASCII)
_TIME = re.compile(
    r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?\Z", re.ASCII
)
_GERMAN = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})(?:[ T]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?\Z", re.ASCII)


@dataclass(frozen=True)
class Quantity:
    """A number as it was reported: exact, and whether it is a limit of the detection range.

    Parameters
    ----------
    number : Fraction, optional
        None for a bare ``inf`` or ``-inf``.
    limit : int
        0: measured. 1: above ``number`` (or above the detection range). -1: below.
    """

    number: Fraction | None
    limit: int = 0

    @property
    def text(self) -> str:
        """For people: ``< 0.3``, ``12``, ``inf``."""
        if self.number is None:
            return "inf" if self.limit > 0 else "-inf"
        sign = {1: "> ", 0: "", -1: "< "}[self.limit]
        return f"{sign}{float(self.number):.6g}"


def exact_number(value: object) -> Fraction:
    """Turn a finite int, float or Decimal into an exact number; a float counts as it is written.

    Raises
    ------
    InputError
        If it is no number, not finite, or absurdly long.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise InputError(f"{_shown(value)} is not a number.")
    if isinstance(value, int):
        if value.bit_length() > 130:
            raise InputError("The number is too long.")
        return Fraction(value)
    number = Decimal(repr(value)) if isinstance(value, float) else value
    if not number.is_finite():
        raise InputError(f"{_shown(value)} is not a finite number.")
    _, digits, exponent = number.as_tuple()
    if len(digits) > MOST_DIGITS or not isinstance(exponent, int) or abs(exponent) > LARGEST_EXPONENT + 20:
        raise InputError(f"{_shown(value)} is too large, too small or too long for a number.")
    return Fraction(number)


def number_from_text(text: str, decimal_comma: bool = False) -> Quantity:
    """Read ``12.5``, ``1e3``, ``inf``, ``-inf``, ``< 0.3`` or ``>=500``.

    Parameters
    ----------
    text : str
    decimal_comma : bool
        The file is known to write decimal commas, so that ``1,234`` is certain.

    Raises
    ------
    InputError
        If it is no number, or could be read in two ways (``1,234``).
    """
    plain = text.strip()
    compared = _COMPARED.match(plain)
    if compared:
        limit = -1 if compared[1] in ("<", "<=", "≤") else 1
        return Quantity(_finite(compared[2].strip(), decimal_comma), limit)
    if plain.casefold() in _INFINITE:
        return Quantity(None, _INFINITE[plain.casefold()])
    return Quantity(_finite(plain, decimal_comma))


def _finite(plain: str, decimal_comma: bool) -> Fraction:
    plain = plain.replace("\N{MINUS SIGN}", "-")
    if "," in plain:
        plain = _without_comma(plain, decimal_comma)
    elif decimal_comma and re.match(r"[+-]?[1-9]\d{0,2}\.\d{3}\Z", plain, re.ASCII):
        raise InputError(
            f"'{_short(plain)}' may be a thousand or a decimal number in this file. Write it with one comma."
        )
    if len(plain) > MOST_DIGITS or not _NUMBER.match(plain):
        raise InputError(f"'{_short(plain)}' is not a number.")
    return exact_number(Decimal(plain))


def _without_comma(plain: str, decimal_comma: bool) -> str:
    if plain.count(",") > 1 or "." in plain:
        raise InputError(f"'{_short(plain)}' mixes separators. Write it with one decimal point.")
    certain = re.match(r"[+-]?(?:0,\d+|\d+,(?:\d{1,2}|\d{4,}))\Z", plain, re.ASCII)
    if not certain and not decimal_comma:
        raise InputError(
            f"'{_short(plain)}' may be a thousand or a decimal number. Write it with a decimal point."
        )
    return plain.replace(",", ".")


def shown_number(value: float) -> str:
    """Write a number for people: as it is where six digits say it all, else (converted) three digits, and
    never fewer than the whole part has.
    """
    if not math.isfinite(value) or float(f"{value:.6g}") == value:
        return f"{value:.15g}"
    return f"{value:.0f}" if abs(value) >= 100 else f"{float(f'{value:.3g}'):.15g}"


def standard_time(text: str) -> str:
    """Bring a day or time into one ISO 8601 form: ``2026-01-31``, ``2026-01-31T08:00:00``, zone kept.

    Raises
    ------
    InputError
        If it is neither ISO 8601 to the day nor ``31.01.2026 08:00``, or no such day exists.
    """
    plain = text.strip()
    german = _GERMAN.match(plain)
    try:
        if german:
            day = date(int(german[3]), int(german[2]), int(german[1]))
            if german[4] is None:
                return day.isoformat()
            clock = (int(german[4]), int(german[5]), int(german[6] or 0))
            return datetime(day.year, day.month, day.day, *clock).isoformat()
        if _DATE.match(plain):
            return date.fromisoformat(plain).isoformat()
        if _TIME.match(plain):
            return datetime.fromisoformat(plain).isoformat()
    except ValueError as error:
        raise InputError(f"'{_short(plain)}' is no day or time of the calendar: {error}.") from error
    raise InputError(f"'{_short(plain)}' is no time. Write it as 2026-01-31T08:00:00.")


@dataclass(frozen=True)
class Moment:
    """A time for comparisons: ``wall`` without zone, ``utc`` where a zone was given; a day begins at 0:00.

    Header times have no zone, so laboratory times are compared with them by the clock on the wall.
    """

    wall: datetime
    utc: datetime | None
    is_day: bool


def moment_of(text: str) -> Moment:
    """Parse what `standard_time` wrote (or what it would accept)."""
    standard = standard_time(text)
    stamp = datetime.fromisoformat(standard)
    utc = None
    if stamp.tzinfo is not None:
        # The first and last days of the calendar have no UTC instant in every zone.
        try:
            utc = stamp.astimezone(UTC).replace(tzinfo=None)
        except OverflowError as error:
            raise InputError(f"'{_short(text)}' is outside of the calendar.") from error
    return Moment(stamp.replace(tzinfo=None), utc, "T" not in standard)


def clean_name(text: str) -> str:
    """Lower case letters and digits alone, for comparing names: ``D-Dimer`` and ``d_dimer`` are one."""
    return "".join(char for char in text.casefold() if char.isalnum())


def _shown(value: object) -> str:
    if isinstance(value, float) and math.isnan(value):
        return "NaN"
    return f"'{_short(str(value))}'"


def _short(text: str, length: int = 40) -> str:
    single = " ".join(text.split())
    return single if len(single) <= length else single[: length - 3] + "..."
