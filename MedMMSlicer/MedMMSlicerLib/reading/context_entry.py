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
from ..context.units import unit_candidates
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
_WITH_UNIT = re.compile(
    r"(?P<number>[<>≤≥=\s]*[-+]?\d[\d.,\s]*?(?:[eE][-+]?\d+)?)\s*"
    r"(?P<unit>(?:[x×]\s*)?10\s*[*^eE⁰¹²³⁴-⁹].*|[A-Za-zµμ%/\[{#].*)\Z"
)
_COLUMNS = ("name", "value", "unit")


@dataclass(frozen=True)
class EnteredValue:
    """A laboratory value that was typed: the result, or why there is none; ``note``: what was assumed;
    ``text``: the number as it was typed.
    """

    name: str
    result: LaboratoryResult | None
    unit: str
    problem: str = ""
    note: str = ""
    text: str = ""


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


def enter_value(name: str, text: str, unit: str, usual_unit: str = "", decimal: str = "") -> EnteredValue:
    """Read a typed laboratory value; without ``unit`` it is in the usual one; a unit behind the number wins.

    Parameters
    ----------
    decimal : str
        The decimal sign, where it is known, see `number_from_text`.

    Raises
    ------
    InputError
        If there is no name.
    """
    analyte = analyte_of_name(name)
    if not name.strip():
        raise InputError("The laboratory value has no name. Type one, e.g. CRP.")
    key = analyte.name if analyte else " ".join(name.split())
    text, own_unit = _without_unit(text.strip())
    unit = own_unit or unit.strip() or _usual(analyte, usual_unit)
    try:
        quantity = number_from_text(without_flag(text), decimal)
    except InputError as error:
        return EnteredValue(key, None, unit, str(error), text=text)
    result, issues = normalize_result(ReportedResult(name=name, quantity=quantity, unit=unit))
    # The limit itself stands in the row.
    notes = " ".join(issue.text for issue in issues if issue.code != "detection-limit")
    if result is None:
        return EnteredValue(key, None, unit, notes, text=text)
    return EnteredValue(result.name, result, unit, note=notes, text=text)


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

    text = text.lstrip("\ufeff")
    plain = text.strip()
    source = "The pasted text"
    if not plain:
        raise InputError("There is nothing to paste. Copy name, value and unit from the spreadsheet first.")
    if plain[0] in "{[":
        value = parse_strict_json(plain, source)
        return context_from_fhir(value, source) if is_fhir(value) else context_from_json(value, source)
    # Blank lines at the top are kept: people count them.
    if looks_like_csv(text):
        return context_from_csv(text, source)
    return context_from_csv(*_with_titles(text, source))


def _without_unit(text: str) -> tuple[str, str]:
    """The number and the unit of ``60 mmHg``; the text itself and nothing where no known unit is in it."""
    found = _WITH_UNIT.match(text)
    return (found["number"], found["unit"]) if found and unit_candidates(found["unit"]) else (text, "")


def _with_titles(text: str, source: str) -> tuple[str, str, int]:
    """A table with a line of titles, its name, and the number of its first line."""
    from ..context.laboratory_csv import COLUMNS, column_titles, is_title_row

    rows = [[cell.strip() for cell in _cells(line)] for line in text.splitlines()]
    filled = [row for row in rows if any(row)]
    if not any(any(row[1:2]) for row in filled):
        raise InputError("The pasted text is no table. Copy the columns name, value and unit.")
    first_line, titles = 0, list(_COLUMNS)
    if is_title_row(filled[0]):
        first_line, titles = 1, column_titles(filled[0])
        if not {"name", "loinc"} & {*titles} and titles[0] not in COLUMNS:
            titles[0] = "name"
        rows[rows.index(filled[0])] = titles
    else:
        rows.insert(0, titles)
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter="\t", lineterminator="\n")
    writer.writerows([*row, *[""] * len(titles)][: len(titles)] if any(row) else [] for row in rows)
    return stream.getvalue(), source, first_line


def _cells(line: str) -> list[str]:
    if "\t" in line:
        return line.split("\t")
    if ";" in line:
        return line.split(";")
    return re.split(r"\s{2,}|,(?=\D)|(?<=\D),", line.strip())


def _usual(analyte: Analyte | None, usual_unit: str) -> str:
    return analyte.unit if analyte else usual_unit
