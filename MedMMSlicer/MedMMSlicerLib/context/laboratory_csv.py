"""Laboratory values as CSV: ``name`` or ``loinc`` (or both), ``value``, ``unit``, and optionally
``taken_at``, ``reference_low``, ``reference_high``.

The delimiter is found out among comma, semicolon and tab. ``1,234`` and ``1.234`` are refused unless other
values of the file show which decimal sign it writes.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from ..core import ClinicalContext, LaboratoryResult
from ..errors import InputError
from .issue import ContextIssue, ContextReading, limited
from .laboratory import ReportedResult, normalize_result
from .plain_values import Quantity, decimal_sign, number_from_text, without_flag

__all__ = ["MOST_ROWS", "context_from_csv", "looks_like_csv"]

MOST_ROWS = 20_000
DELIMITERS = ",;\t"
COLUMNS = ("name", "loinc", "value", "unit", "taken_at", "reference_low", "reference_high")

_NUMERIC = ("value", "reference_low", "reference_high")
_MISSING = frozenset({"", "-", "--", "n/a", "na", "null", "none"})


@dataclass(frozen=True)
class _Table:
    rows: tuple[tuple[int, Mapping[str, str]], ...]
    unused: tuple[str, ...]
    decimal: str


def looks_like_csv(text: str) -> bool:
    """Whether the first line names the columns that are needed."""
    cells = _header_cells(text)
    return "value" in cells and ("name" in cells or "loinc" in cells)


def context_from_csv(text: str, source: str = "context") -> ContextReading:
    """Read laboratory values.

    Returns
    -------
    ContextReading
        A row that is refused is an issue with its line; the rest is kept.

    Raises
    ------
    InputError
        If the table itself is wrong: columns missing or twice, rows of another length, no row at all.
    """
    table = _read(text, source)
    results: list[LaboratoryResult] = []
    issues: list[ContextIssue] = []
    if table.unused:
        names = ", ".join(table.unused)[:200]
        issues.append(ContextIssue("unused-columns", f"Columns that were not used: {names}.", "info"))
    for line, cells in table.rows:
        result, remarks = _row(cells, f"line {line}", table.decimal)
        issues += remarks
        if result is not None:
            results.append(result)
    return ContextReading(ClinicalContext(laboratory=tuple(results)), limited(issues))


def _row(
    cells: Mapping[str, str], where: str, decimal: str
) -> tuple[LaboratoryResult | None, tuple[ContextIssue, ...]]:
    frame = ReportedResult(cells.get("name", ""), Quantity(None), "", cells.get("loinc", ""))
    label = frame.label
    if cells["value"].casefold() in _MISSING:
        return None, (ContextIssue("missing", f"{label} has no value.", "info", where),)
    try:
        quantity = number_from_text(without_flag(cells["value"]), decimal)
    except InputError as error:
        text = f"{label} was not used: {error}"
        return None, (ContextIssue("not-a-number", text, "error", where, frame.key),)
    issues: list[ContextIssue] = []
    reported = ReportedResult(
        name=cells.get("name", ""),
        quantity=quantity,
        unit=cells.get("unit", ""),
        loinc=cells.get("loinc", ""),
        taken_at=cells.get("taken_at", ""),
        reference_low=_reference(cells, "reference_low", decimal, where, issues),
        reference_high=_reference(cells, "reference_high", decimal, where, issues),
        where=where,
    )
    result, remarks = normalize_result(reported)
    return result, (*issues, *remarks)


def _reference(
    cells: Mapping[str, str], column: str, decimal: str, where: str, issues: list[ContextIssue]
) -> Fraction | None:
    text = cells.get(column, "")
    if text.casefold() in _MISSING:
        return None
    try:
        quantity = number_from_text(text, decimal)
    except InputError as error:
        issues.append(ContextIssue("bad-reference", f"{column} was left out: {error}", "warning", where))
        return None
    return quantity.number


def _read(text: str, source: str) -> _Table:
    rows = list(_cells(text, source))
    if not rows:
        raise InputError(f"{source} is empty. The first line names the columns: {','.join(COLUMNS)}.")
    (first_line, titles), body = rows[0], rows[1:]
    header = [title.strip().casefold() for title in titles]
    _check_header(header, source)
    table = []
    for line, cells in body:
        if len(cells) > len(header) and not any(cell.strip() for cell in cells[len(header) :]):
            cells = cells[: len(header)]
        if len(cells) != len(header):
            raise InputError(
                f"{source}, line {line}: {len(cells)} fields, but line {first_line} has {len(header)}. "
                "A decimal comma needs another delimiter (;) or quotes."
            )
        table.append((line, {name: cell.strip() for name, cell in zip(header, cells, strict=True)}))
    unused = tuple(name for name in header if name and name not in COLUMNS)
    return _Table(tuple(table), unused, _decimal_sign([cells for _, cells in table]))


def _check_header(header: list[str], source: str) -> None:
    for name in ("value", "unit"):
        if name not in header:
            raise InputError(f"{source} has no column '{name}'. Columns are: {','.join(COLUMNS)}.")
    if "name" not in header and "loinc" not in header:
        raise InputError(f"{source} has neither a column 'name' nor 'loinc'. Add one of them.")
    for name in COLUMNS:
        if header.count(name) > 1:
            raise InputError(f"{source} has the column '{name}' {header.count(name)} times. Keep one.")


def _decimal_sign(rows: list[dict[str, str]]) -> str:
    """The one that the numbers of the file show; empty where they show none, or both."""
    signs = {decimal_sign(without_flag(cells.get(column, ""))) for cells in rows for column in _NUMERIC}
    signs.discard("")
    return signs.pop() if len(signs) == 1 else ""


def _cells(text: str, source: str) -> Iterator[tuple[int, list[str]]]:
    """Line number and cells of every row that is not blank."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    line = 1
    count = 0
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                count += 1
                if count > MOST_ROWS:
                    raise InputError(f"{source} has more than {MOST_ROWS} rows. Give those of one patient.")
                yield line, row
            line = reader.line_num + 1
    except csv.Error as error:
        raise InputError(f"{source}, line {line}: {error}. Save it as CSV again.") from error


def _delimiter(text: str) -> str:
    line = next((line for line in text.splitlines() if line.strip()), "")
    return max(DELIMITERS, key=line.count)


def _header_cells(text: str) -> set[str]:
    line = next((line for line in text[:4096].splitlines() if line.strip()), "")
    return {cell.strip().strip('"').casefold() for cell in line.split(_delimiter(text[:4096]))}
