"""Laboratory values as CSV: ``name`` or ``loinc`` (or both), ``value``, ``unit``, and optionally
``taken_at``, ``reference_low``, ``reference_high``.

The delimiter is found out among comma, semicolon and tab. ``1,234`` and ``1.234`` are refused unless other
values of the file show which decimal sign it writes.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from ..core import ClinicalContext, LaboratoryResult
from ..errors import InputError
from .issue import ContextIssue, ContextReading, limited
from .laboratory import ReportedResult, normalize_result
from .plain_values import Quantity, clean_name, decimal_sign, number_from_text, without_flag

__all__ = ["COLUMNS", "MOST_ROWS", "column_titles", "context_from_csv", "is_title_row", "looks_like_csv"]

MOST_ROWS = 20_000
DELIMITERS = ",;\t"
COLUMNS = ("name", "loinc", "value", "unit", "taken_at", "reference_low", "reference_high")

_WORDS = {
    "name": "name test testname parameter analyte analyt item component untersuchung bezeichnung laborwert "
    "laborparameter messgröße 项目 项目名称 检验项目 检测项目 名称",
    "loinc": "loinc loinccode",
    "value": "value result results wert ergebnis messwert resultat 结果 检验结果 检测结果 测定值 数值",
    "unit": "unit units einheit einheiten 单位",
    "taken_at": "takenat collected date datum abnahme abnahmezeit abnahmedatum entnahmezeit 采样时间 日期",
    "": "ref reference range refrange referencerange referenceinterval normalrange referenz referenzbereich "
    "normbereich normwert normalwert flag flags abnormal comment kommentar bewertung status method methode "
    "参考 参考值 参考范围 参考区间 提示 标志",
}
"""What tables call the columns, as `clean_name` has it; without a column: what is known and not read."""
_COLUMN_OF = {clean_name(word): column for column, words in _WORDS.items() for word in words.split()}

_NUMERIC = ("value", "reference_low", "reference_high")
_MISSING = frozenset({"", "-", "--", "n/a", "na", "null", "none"})


@dataclass(frozen=True)
class _Table:
    rows: tuple[tuple[int, Mapping[str, str]], ...]
    unused: tuple[str, ...]
    decimal: str


def looks_like_csv(text: str) -> bool:
    """Whether the first line names the columns that are needed."""
    cells = column_titles(_header_cells(text))
    return "value" in cells and ("name" in cells or "loinc" in cells)


def column_titles(cells: Sequence[str]) -> list[str]:
    """The columns that titles in English, German or Chinese mean; a title that is not known stays."""
    columns: list[str] = []
    for cell in cells:
        plain = cell.strip().casefold()
        column = plain if plain in COLUMNS else _COLUMN_OF.get(clean_name(plain)) or plain
        columns.append(plain if column in columns else column)
    return columns


def is_title_row(cells: Sequence[str]) -> bool:
    """Whether a row names columns: no digit, and at least two known titles, one of them that of the value."""
    known = sum(clean_name(cell) in _COLUMN_OF for cell in cells)
    return known >= 2 and "value" in column_titles(cells) and not any(map(str.isdigit, "".join(cells)))


def context_from_csv(text: str, source: str = "context", first_line: int = 1) -> ContextReading:
    """Read laboratory values.

    Parameters
    ----------
    text : str
    source : str
        Names the table in errors.
    first_line : int
        Number of the first line for people; 0 where a line of titles was put before theirs.

    Returns
    -------
    ContextReading
        A row that is refused is an issue with its line; the rest is kept.

    Raises
    ------
    InputError
        If the table itself is wrong: columns missing or twice, rows of another length, no row at all.
    """
    table = _read(text, source, first_line)
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


def _read(text: str, source: str, numbered_from: int) -> _Table:
    rows = list(_cells(text, source, numbered_from))
    if not rows:
        raise InputError(f"{source} is empty. The first line names the columns: {','.join(COLUMNS)}.")
    (first_line, titles), body = rows[0], rows[1:]
    header = column_titles(titles)
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
    unused = tuple(name for name in header if name not in COLUMNS and _COLUMN_OF.get(clean_name(name), name))
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


def _cells(text: str, source: str, first_line: int) -> Iterator[tuple[int, list[str]]]:
    """Line number and cells of every row that is not blank."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    line = first_line
    count = 0
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                count += 1
                if count > MOST_ROWS:
                    raise InputError(f"{source} has more than {MOST_ROWS} rows. Give those of one patient.")
                yield line, row
            line = reader.line_num + first_line
    except csv.Error as error:
        raise InputError(f"{source}, line {line}: {error}. Save it as CSV again.") from error


def _delimiter(text: str) -> str:
    line = next((line for line in text.splitlines() if line.strip()), "")
    return max(DELIMITERS, key=line.count)


def _header_cells(text: str) -> list[str]:
    line = next((line for line in text[:4096].splitlines() if line.strip()), "")
    return [cell.strip().strip('"') for cell in line.split(_delimiter(text[:4096]))]
