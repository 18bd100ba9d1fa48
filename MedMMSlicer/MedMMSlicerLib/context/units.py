"""Units of laboratory values: UCUM codes and the ways in which laboratories spell them, with exact factors.

A small table instead of a units library, for reasons measured in ``docs/decisions/0004-clinical-context.md``:
the libraries drop annotations (FEU and DDU differ by a factor of two), take ``G/L`` for gauss, treat 1/uL and
[IU]/L as the same dimension, and compute in binary floating point.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from dataclasses import dataclass
from fractions import Fraction

from ..errors import InputError

__all__ = ["Unit", "convert", "ucum_unit", "unit_candidates", "unit_text"]

TORR_PA = Fraction(101325, 760)
MERCURY_PA = Fraction(133322, 1000)
"""Pascal in 1 mm[Hg] by UCUM, whose m[Hg] is 133.3220 kPa."""


@dataclass(frozen=True)
class Unit:
    """A unit with its size.

    Parameters
    ----------
    dimension : str
        ``mass``, ``amount``, ``count``, ``catalysis``, ``international`` or ``arbitrary``, each with
        ``/volume``, or ``pressure`` or ``fraction``. Only units of one dimension convert into each other.
    factor : Fraction
        Size in the base of the dimension: g/L, mol/L, 1/L, U/L, [IU]/L,
        [arb'U]/L, Pa, 1.
    annotation : str
        What stood in braces, and FEU or DDU, in capitals; it does not change the size.
    """

    dimension: str
    factor: Fraction
    annotation: str = ""


def _power(exponent: int) -> Fraction:
    return Fraction(10) ** exponent


_METRIC = {"k": 3, "": 0, "d": -1, "c": -2, "m": -3, "u": -6, "n": -9, "p": -12, "f": -15}

_VOLUMES: dict[str, Fraction] = {
    **{f"{prefix}L": _power(_METRIC[prefix]) for prefix in ("", "d", "c", "m", "u", "n", "p", "f")},
    **{f"{prefix}l": _power(_METRIC[prefix]) for prefix in ("", "d", "c", "m", "u", "n", "p", "f")},
    **{"m3": _power(3), "dm3": _power(0), "cm3": _power(-3), "mm3": _power(-6)},
    **{"cmm": _power(-6), "cumm": _power(-6), "100mL": _power(-1), "100ml": _power(-1)},
}

_NUMERATORS: dict[str, dict[str, Fraction]] = {
    "mass": {f"{prefix}g": _power(_METRIC[prefix]) for prefix in ("k", "", "m", "u", "n", "p")},
    "amount": {f"{prefix}mol": _power(_METRIC[prefix]) for prefix in ("", "m", "u", "n", "p")},
    "count": {
        **{key: Fraction(1) for key in ("", "1", "#", "cells")},
        **{f"10*{exponent}": _power(exponent) for exponent in range(1, 13)},
        **{key: _power(3) for key in ("K", "k", "Tsd", "thou", "thousand")},
        **{key: _power(6) for key in ("Mio", "million")},
        **{key: _power(9) for key in ("G", "Gpt", "Mrd", "billion")},
        **{key: _power(12) for key in ("T", "Tpt")},
    },
    "catalysis": {
        **{
            f"{prefix}{name}": _power(_METRIC[prefix]) for prefix in ("k", "", "m") for name in ("U", "Units")
        },
        # 1 U is 1 umol/min and 1 kat is 1 mol/s, so 1 kat is 6e7 U.
        **{f"{prefix}kat": _power(_METRIC[prefix]) * 60_000_000 for prefix in ("", "m", "u", "n")},
    },
    "international": {
        f"{prefix}{name}": _power(_METRIC[prefix])
        for prefix in ("k", "", "m", "u")
        for name in ("[IU]", "[iU]", "IU", "IE", "I.U.")
    },
    "arbitrary": {"[arb'U]": Fraction(1), "k[arb'U]": _power(3)},
}

_ALONE: dict[str, tuple[str, Fraction]] = {
    "Pa": ("pressure", Fraction(1)),
    "hPa": ("pressure", Fraction(100)),
    "kPa": ("pressure", Fraction(1000)),
    "mbar": ("pressure", Fraction(100)),
    "mm[Hg]": ("pressure", MERCURY_PA),
    "mmHg": ("pressure", MERCURY_PA),
    "Torr": ("pressure", TORR_PA),
    "%": ("fraction", Fraction(1, 100)),
    "percent": ("fraction", Fraction(1, 100)),
    "1": ("fraction", Fraction(1)),
    "": ("fraction", Fraction(1)),
    "INR": ("fraction", Fraction(1)),
    "ratio": ("fraction", Fraction(1)),
}

_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_POWER_OF_METRE = re.compile(r"(?<=m)[23](?![0-9A-Za-z])")
_MICRO = re.compile(r"(?<![A-Za-z])u(?=(?:g|mol|L|l|kat|U)(?![A-Za-z]))")
_ANNOTATION = re.compile(r"\{([^{}]*)\}")
_EQUIVALENT = re.compile(r"(?<![A-Za-z])(FEU|DDU)s?(?![A-Za-z])", re.IGNORECASE)
_POWER_OF_TEN = re.compile(r"\A[x×*]?10(?:\*\*|\*|\^|[eE]\+?|\()(\d{1,2})\)?(?=/|\Z)")


def _folded(table: dict[str, Fraction]) -> dict[str, set[Fraction]]:
    folded: dict[str, set[Fraction]] = {}
    for key, size in table.items():
        folded.setdefault(key.casefold(), set()).add(size)
    return folded


_FOLDED_NUMERATORS = {kind: _folded(table) for kind, table in _NUMERATORS.items()}
_FOLDED_VOLUMES = _folded(_VOLUMES)
_FOLDED_ALONE = {key.casefold(): value for key, value in _ALONE.items()}


def unit_candidates(text: str) -> tuple[Unit, ...]:
    """Every unit that ``text`` may mean, exactly written ones before those that differ in upper case.

    ``G/L`` is 10*9/L as well as, written carelessly, g/L: what is meant depends on what was measured, so the
    caller keeps the candidates of the dimension that fits.

    Returns
    -------
    tuple of Unit
        Empty if the unit is not known.
    """
    return _candidates(text, exactly=False)


@functools.lru_cache(maxsize=1024)
def _candidates(text: str, exactly: bool) -> tuple[Unit, ...]:
    plain, annotation = _normalized(text)
    found: list[Unit] = []
    alone = _ALONE.get(plain) or (None if exactly else _FOLDED_ALONE.get(plain.casefold()))
    if alone is not None:
        found.append(Unit(alone[0], alone[1], annotation))
    above, slash, below = plain.partition("/")
    if slash:
        for kind, table in _NUMERATORS.items():
            sizes = _sizes(above, table, {} if exactly else _FOLDED_NUMERATORS[kind])
            volumes = _sizes(below, _VOLUMES, {} if exactly else _FOLDED_VOLUMES)
            found += [
                Unit(f"{kind}/volume", size / volume, annotation) for size in sizes for volume in volumes
            ]
    return tuple(dict.fromkeys(found))


def unit_text(code: str) -> str:
    """Write a UCUM code as people do: ``10⁹/L`` for ``10*9/L``, ``mmHg``, ``µg/L``; empty for ``1``.

    What it returns is read back as the same unit; what is no UCUM code stays as it is.
    """
    text = re.sub(r"(?<!\d)10\*(\d+)", lambda match: "10" + match[1].translate(_RAISED), code)
    text = _POWER_OF_METRE.sub(lambda match: match[0].translate(_RAISED), text)
    text = text.replace("[Hg]", "Hg").replace("[IU]", "IU").replace("[iU]", "IU")
    return "" if text == "1" else _MICRO.sub("µ", text)


def ucum_unit(code: str) -> Unit:
    """The one unit that a code of our own tables means.

    Raises
    ------
    InputError
        If it is unknown or means several.
    """
    found = _candidates(code, exactly=True)
    if len(found) != 1:
        raise InputError(f"'{code}' is not one unit of the unit table. Correct the table of analytes.")
    return found[0]


def convert(value: Fraction, source: Unit, target: Unit) -> Fraction:
    """Express ``value`` in ``target``, exactly.

    Raises
    ------
    InputError
        If the dimensions differ.
    """
    if source.dimension != target.dimension:
        raise InputError(f"A unit of {source.dimension} is no unit of {target.dimension}.")
    return value * source.factor / target.factor


def _sizes(part: str, exact: dict[str, Fraction], folded: dict[str, set[Fraction]]) -> list[Fraction]:
    if part in exact:
        return [exact[part]]
    return sorted(folded.get(part.casefold(), ()))


def _normalized(text: str) -> tuple[str, str]:
    annotations: list[str] = []

    def keep(match: re.Match[str]) -> str:
        annotations.append(match[1].strip().upper())
        return ""

    plain = re.sub(r"(?<=10)([⁰¹²³⁴⁵⁶⁷⁸⁹]+)", lambda match: "*" + match[1].translate(_SUPERSCRIPTS), text)
    plain = unicodedata.normalize("NFKC", plain)  # micro sign to Greek mu, m³ to m3
    plain = plain.replace("μ", "u").replace("\N{DIVISION SLASH}", "/").replace("\N{FRACTION SLASH}", "/")
    plain = _EQUIVALENT.sub(keep, _ANNOTATION.sub(keep, plain))
    plain = "".join(plain.split()).replace("Tsd.", "Tsd").replace("Mio.", "Mio").replace("Mrd.", "Mrd")
    plain = re.sub(r"(?<![A-Za-z])mc(?=[gGlL])", "u", plain)
    plain = _POWER_OF_TEN.sub(lambda match: f"10*{int(match[1])}", plain)
    return plain, " ".join(dict.fromkeys(note for note in annotations if note))
