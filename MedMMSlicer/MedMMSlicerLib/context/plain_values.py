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
    "decimal_sign",
    "exact_number",
    "moment_of",
    "number_from_text",
    "shown_number",
    "standard_time",
    "without_flag",
]

MOST_DIGITS = 40
LARGEST_EXPONENT = 30

_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?\Z", re.ASCII)
_AMBIGUOUS = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}\Z", re.ASCII)
_SEPARATED = re.compile(r"[+-]?\d[\d.,]*\Z|[+-]?[.,]\d+\Z", re.ASCII)
_SPACES = "[ \N{NO-BREAK SPACE}\N{THIN SPACE}\N{NARROW NO-BREAK SPACE}]"
_SPACED = re.compile(rf"[+-]?[1-9]\d{{0,2}}(?:{_SPACES}\d{{3}})+(?:[.,]\d+)?\Z", re.ASCII)
_FLAG = re.compile(
    r"(?<=[\d.])\s*(?:\*{1,3}|!{1,2}|[↑↓]{1,3}|\+{1,3}|-{1,3}|HH?|LL?|\((?:HH?|LL?|\*|\+{1,3}|-{1,3})\))\s*\Z"
)
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


def number_from_text(text: str, decimal: str = "") -> Quantity:
    """Read ``12.5``, ``1e3``, ``1 234``, ``1.234,5``, ``inf``, ``-inf``, ``< 0.3`` or ``>=500``.

    Parameters
    ----------
    text : str
    decimal : str
        The decimal sign of the file, ``.`` or ``,``, where it is known: then ``1,234`` is certain.

    Raises
    ------
    InputError
        If it is no number, or could be read in two ways (``1,234`` and ``1.234``).
    """
    plain = text.strip()
    compared = _COMPARED.match(plain)
    if compared:
        limit = -1 if compared[1] in ("<", "<=", "≤") else 1
        return Quantity(_finite(compared[2].strip(), decimal), limit)
    if plain.casefold() in _INFINITE:
        return Quantity(None, _INFINITE[plain.casefold()])
    return Quantity(_finite(plain, decimal))


def without_flag(text: str) -> str:
    """The number without the mark that laboratories put behind it: ``98 H``, ``98*``, ``98 (L)``."""
    return _FLAG.sub("", text.strip())


def decimal_sign(text: str) -> str:
    """The decimal sign that a number shows for certain, ``.`` or ``,``; empty where it shows none."""
    try:
        number_from_text(text)
    except InputError:
        return ""
    compared = _COMPARED.match(text.strip())
    return _sign(_unspaced(compared[2] if compared else text))


def _sign(plain: str) -> str:
    found = re.findall("[.,]", plain)
    if not found or not _SEPARATED.match(plain) or _AMBIGUOUS.match(plain):
        return ""
    if len(set(found)) == 1 and len(found) > 1:
        return "," if found[0] == "." else "."
    return str(found[-1])


def _unspaced(plain: str) -> str:
    plain = plain.strip().replace("\N{MINUS SIGN}", "-")
    return re.sub(_SPACES, "", plain) if _SPACED.match(plain) else plain


def _finite(plain: str, decimal: str) -> Fraction:
    plain = _unspaced(plain)
    if _AMBIGUOUS.match(plain) and not decimal:
        raise InputError(_two_ways(plain))
    sign = decimal if _AMBIGUOUS.match(plain) else _sign(plain)
    thousands = "," if sign == "." else "."
    if sign and thousands in plain:
        groups = rf"[+-]?[1-9]\d{{0,2}}(?:\{thousands}\d{{3}})+(?:\{sign}\d+)?\Z"
        if not re.match(groups, plain, re.ASCII):
            raise InputError(f"'{_short(plain)}' mixes separators. Write it with one decimal point.")
        plain = plain.replace(thousands, "")
    plain = plain.replace(",", ".")
    if len(plain) > MOST_DIGITS or not _NUMBER.match(plain):
        raise InputError(f"'{_short(plain)}' is not a number.")
    return exact_number(Decimal(plain))


def _two_ways(plain: str) -> str:
    whole, part = re.split("[.,]", plain)
    fraction = part.rstrip("0") or "0"
    fraction += "0" if len(fraction) == 3 else ""
    return (
        f"'{plain}' may be a thousand or a decimal number. Type {whole}{part} or {whole}.{fraction}, "
        "whichever is meant."
    )


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
