"""What a reader types about a patient, turned into values, or into the reason why it can not be used."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass

from ..context.analytes import Analyte, analyte_of_name
from ..context.issue import ContextReading
from ..context.laboratory import ReportedResult, normalize_result
from ..context.merge import MAXIMUM_AGE_YEARS
from ..context.plain_values import number_from_text, without_flag
from ..core import LaboratoryResult
from ..errors import InputError

__all__ = ["EnteredValue", "age_from_text", "enter_value", "read_pasted", "sex_from_text", "view_from_text"]

_AGE_WORDS = re.compile(r"(?<=[\d.])\s*(?:y|yr|yrs|years?|years old|岁|歲)\.?\s*\Z", re.IGNORECASE)
_MONTH_WORDS = re.compile(r"(?<=[\d.])\s*(?:m|mo|mos|months?|months old|个月|個月|月)\.?\s*\Z", re.IGNORECASE)
_VIEW = re.compile(r"[A-Z][A-Z0-9 _-]{0,15}\Z", re.ASCII)
_SEXES = {
    "M": {"m", "male", "man", "boy", "男", "男性"},
    "F": {"f", "female", "woman", "girl", "w", "女", "女性"},
    "O": {"o", "other", "其他"},
}
_COLUMNS = ("name", "value", "unit")


@dataclass(frozen=True)
class EnteredValue:
    """A laboratory value that was typed: the result, or why there is none; ``note``: what was assumed."""

    name: str
    result: LaboratoryResult | None
    unit: str
    problem: str = ""
    note: str = ""


def age_from_text(text: str) -> float | None:
    """Age in years of ``67``, ``67.5``, ``67 y``, ``8 months``; None for an empty text.

    Raises
    ------
    InputError
        If it is no age between 0 and 130.
    """
    plain, months = _MONTH_WORDS.subn("", _AGE_WORDS.sub("", text.strip()))
    if not text.strip():
        return None
    none = f"'{text.strip()[:40]}' is no age. Type it in years, e.g. 67."
    try:
        quantity = number_from_text(plain)
    except InputError as error:
        raise InputError(none) from error
    if quantity.number is None or quantity.limit:
        raise InputError(none)
    age = float(quantity.number) / (12 if months else 1)
    if not 0 <= age <= MAXIMUM_AGE_YEARS:
        raise InputError(f"An age of {age:g} years is not possible. Type 0 to {MAXIMUM_AGE_YEARS:g}.")
    return age


def sex_from_text(text: str) -> str | None:
    """``M``, ``F`` or ``O``; None for an empty text.

    Raises
    ------
    InputError
        If it is none of the words that are known.
    """
    plain = text.strip().casefold()
    if not plain:
        return None
    for code, words in _SEXES.items():
        if plain in words:
            return code
    raise InputError(f"'{text.strip()[:40]}' is no sex that is known. Type M, F or O.")


def view_from_text(text: str) -> str:
    """A view in capitals, e.g. ``PA``; empty for an empty text.

    Raises
    ------
    InputError
        If it is no short name.
    """
    plain = text.strip().upper()
    if plain and not _VIEW.match(plain):
        raise InputError(f"'{text.strip()[:40]}' is no view. Type e.g. PA, AP or LATERAL.")
    return plain


def enter_value(name: str, text: str, unit: str, usual_unit: str = "") -> EnteredValue:
    """Read a typed laboratory value; without ``unit`` it is in the usual one.

    Raises
    ------
    InputError
        If there is no name.
    """
    analyte = analyte_of_name(name)
    if not name.strip():
        raise InputError("The laboratory value has no name. Type one, e.g. CRP.")
    key = analyte.name if analyte else " ".join(name.split())
    unit = unit.strip() or _usual(analyte, usual_unit)
    try:
        quantity = number_from_text(without_flag(text))
    except InputError as error:
        return EnteredValue(key, None, unit, str(error))
    result, issues = normalize_result(ReportedResult(name=name, quantity=quantity, unit=unit))
    # The limit itself stands in the row.
    notes = " ".join(issue.text for issue in issues if issue.code != "detection-limit")
    if result is None:
        return EnteredValue(key, None, unit, notes)
    return EnteredValue(result.name, result, unit, note=notes)


def read_pasted(text: str) -> ContextReading:
    """Read what was copied from a spreadsheet or a file: JSON, or a table with or without a title line.

    Without titles the columns are name, value, unit.

    Raises
    ------
    InputError
        If nothing can be read.
    """
    from ..context.fhir import context_from_fhir, is_fhir
    from ..context.json_context import context_from_json
    from ..context.laboratory_csv import context_from_csv, looks_like_csv
    from ..context.strict_json import parse_strict_json

    plain = text.strip().lstrip("\ufeff").strip()
    source = "The pasted text"
    if not plain:
        raise InputError("There is nothing to paste. Copy name, value and unit from the spreadsheet first.")
    if plain[0] in "{[":
        value = parse_strict_json(plain, source)
        return context_from_fhir(value, source) if is_fhir(value) else context_from_json(value, source)
    return context_from_csv(plain if looks_like_csv(plain) else _with_titles(plain), source)


def _with_titles(text: str) -> str:
    rows = []
    for line in text.splitlines():
        cells = [cell.strip() for cell in _cells(line)]
        if any(cells):
            rows.append([*cells, "", ""][: len(_COLUMNS)])
    if not any(row[1] for row in rows):
        raise InputError("The pasted text is no table. Copy the columns name, value and unit.")
    stream = io.StringIO()
    csv.writer(stream, delimiter="\t", lineterminator="\n").writerows([_COLUMNS, *rows])
    return stream.getvalue()


def _cells(line: str) -> list[str]:
    if "\t" in line:
        return line.split("\t")
    if ";" in line:
        return line.split(";")
    return re.split(r"\s{2,}|,(?=\D)|(?<=\D),", line.strip())


def _usual(analyte: Analyte | None, usual_unit: str) -> str:
    return analyte.unit if analyte else usual_unit
