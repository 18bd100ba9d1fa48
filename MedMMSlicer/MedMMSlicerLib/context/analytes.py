"""The table of laboratory values that MedMM knows: names, LOINC codes, units, plausible values."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from .plain_values import clean_name
from .units import Unit, ucum_unit, unit_candidates

__all__ = [
    "TABLE_PATH",
    "Analyte",
    "Basis",
    "Equivalent",
    "ReferenceRange",
    "analyte_of_code",
    "analyte_of_name",
    "analytes",
    "is_loinc",
    "unit_factor",
]

TABLE_PATH = Path(__file__).with_name("analytes.json")


@dataclass(frozen=True)
class ReferenceRange:
    """Adult range in the unit of the analyte, for orientation; ``sex`` is M, F or empty (both)."""

    low: float | None = None
    high: float | None = None
    sex: str = ""


@dataclass(frozen=True)
class Equivalent:
    """A unit of another dimension: 1 ``unit`` is ``factor`` of the analyte's unit, for ``reason``."""

    unit: str
    factor: Fraction
    reason: str


@dataclass(frozen=True)
class Basis:
    """Two ways to state the same mass (D-dimer: FEU and DDU): 1 ``other`` is about ``factor`` ``unit``."""

    unit: str
    other: str
    other_codes: tuple[str, ...]
    factor: Fraction
    reason: str


@dataclass(frozen=True)
class Analyte:
    """One laboratory value.

    Parameters
    ----------
    name : str
        As bundles use it: ``lab.<name>``.
    title, title_zh : str
        As people call it, in English and Chinese.
    unit : str
        UCUM; every value is converted into it.
    accepted_units, refused_units : tuple of str
        Examples of what converts (an empty one: may be left out), and what converts in theory but means
        something else.
    loinc : str
        Code of the value in ``unit``, without method: every accepted value carries it.
    codes, refused_codes : mapping of str to str
        LOINC code to its name, or to the reason why it is not taken for this value.
    molar_mass : Fraction, optional
        g/mol.
    plausible : (2,) tuple of Fraction
        In ``unit``; outside is a mistake, not a finding.
    """

    name: str
    title: str
    title_zh: str
    aliases: tuple[str, ...]
    unit: str
    accepted_units: tuple[str, ...]
    refused_units: tuple[str, ...]
    loinc: str
    codes: Mapping[str, str]
    refused_codes: Mapping[str, str]
    molar_mass: Fraction | None
    equivalents: tuple[Equivalent, ...]
    basis: Basis | None
    plausible: tuple[Fraction, Fraction]
    reference: tuple[ReferenceRange, ...]
    reference_source: str
    note: str

    def label(self, language: str) -> str:
        """As people call it in ``en`` or ``zh-CN``."""
        return self.title_zh if language == "zh-CN" else self.title


@functools.cache
def analytes() -> Mapping[str, Analyte]:
    """Name to analyte, in the order of the table."""
    table = json.loads(TABLE_PATH.read_text(encoding="utf-8"))
    return {entry["name"]: _analyte(entry, table["sources"]) for entry in table["analytes"]}


def analyte_of_code(code: str) -> Analyte | None:
    """The analyte that lists a LOINC code, refused codes included."""
    return _codes().get(code)


def analyte_of_name(name: str) -> Analyte | None:
    """The analyte with this name or alias, without regard to case, spaces and punctuation."""
    return _names().get(clean_name(name))


def is_loinc(code: str) -> bool:
    """Whether ``code`` has the form of a LOINC code and the right check digit (Luhn's modulus 10)."""
    match = re.match(r"(\d{1,7})-(\d)\Z", code, re.ASCII)
    if not match:
        return False
    total = 0
    for position, digit in enumerate(reversed(match[1])):
        doubled = int(digit) * (2 if position % 2 == 0 else 1)
        total += doubled // 10 + doubled % 10
    return (10 - total % 10) % 10 == int(match[2])


def unit_factor(analyte: Analyte, text: str) -> tuple[Fraction, Unit] | None:
    """Find what a value in the unit ``text`` has to be multiplied with to be in ``analyte.unit``.

    Returns
    -------
    tuple of Fraction and Unit, or None
        The factor and the unit that was understood; None if the unit is unknown, does not fit the analyte, or
        could mean two sizes.
    """
    if text.strip() in analyte.refused_units or not (text.strip() or "" in analyte.accepted_units):
        return None
    found: dict[Fraction, Unit] = {}
    for unit in unit_candidates(text):
        factor = _factor(analyte, unit)
        if factor is not None:
            found.setdefault(factor, unit)
    return next(iter(found.items())) if len(found) == 1 else None


def _factor(analyte: Analyte, unit: Unit) -> Fraction | None:
    target = ucum_unit(analyte.unit)
    if unit.dimension == target.dimension:
        return unit.factor / target.factor
    pair = (unit.dimension, target.dimension)
    if analyte.molar_mass is not None and pair == ("mass/volume", "amount/volume"):
        return unit.factor / analyte.molar_mass / target.factor
    if analyte.molar_mass is not None and pair == ("amount/volume", "mass/volume"):
        return unit.factor * analyte.molar_mass / target.factor
    for equivalent in analyte.equivalents:
        same = ucum_unit(equivalent.unit)
        if same.dimension == unit.dimension:
            return unit.factor / same.factor * equivalent.factor
    return None


@functools.cache
def _codes() -> Mapping[str, Analyte]:
    return {code: item for item in analytes().values() for code in (*item.codes, *item.refused_codes)}


@functools.cache
def _names() -> Mapping[str, Analyte]:
    return {
        clean_name(name): item
        for item in analytes().values()
        for name in (item.name, item.title, item.title_zh, *item.aliases, *item.codes.values())
    }


def _analyte(entry: Mapping[str, Any], sources: Mapping[str, str]) -> Analyte:
    basis = entry.get("basis")
    low, high = entry["plausible"]
    mass = entry.get("molar_mass_g_per_mol")
    return Analyte(
        name=entry["name"],
        title=entry["title"],
        title_zh=entry["title_zh"],
        aliases=tuple(entry["aliases"]),
        unit=entry["unit"],
        accepted_units=tuple(entry["accepted_units"]),
        refused_units=tuple(entry.get("refused_units", ())),
        loinc=entry["loinc"],
        codes=entry["codes"],
        refused_codes=entry.get("refused_codes", {}),
        molar_mass=Fraction(mass) if mass else None,
        equivalents=tuple(
            Equivalent(item["unit"], Fraction(item["factor"]), item["reason"])
            for item in entry.get("equivalents", ())
        ),
        basis=_basis(basis) if basis else None,
        plausible=(Fraction(low), Fraction(high)),
        reference=tuple(_range(item) for item in entry["reference"]),
        reference_source=sources.get(entry["reference_source"], ""),
        note=entry.get("note", ""),
    )


def _basis(entry: Mapping[str, Any]) -> Basis:
    codes = tuple(entry["other_codes"])
    return Basis(entry["unit"], entry["other"], codes, Fraction(entry["factor"]), entry["reason"])


def _range(entry: Mapping[str, str]) -> ReferenceRange:
    low, high = entry.get("low"), entry.get("high")
    return ReferenceRange(
        low=None if low is None else float(low),
        high=None if high is None else float(high),
        sex=entry.get("sex", ""),
    )
