"""``CASES.csv``: the cases of an evaluation, checked completely before anything runs.

Columns (names without regard to case): ``case_id``, ``image``; optionally ``mask``, ``patient_id``, ``at.r``,
``at.a``, ``at.s`` (a point in mm, RAS), ``context.age`` (years), ``context.sex``, ``context.view``,
``context.indication``, ``context.history``, ``context.lab.<name>`` (in the unit that the bundle states;
``inf`` and ``-inf`` are outside of the detection range) and ``label.<finding>`` (0, 1 or empty). Paths are
relative to the file.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .bundles.manifest import ContextVariable
from .context.merge import MAXIMUM_AGE_YEARS
from .core import ClinicalContext, LaboratoryResult
from .errors import InputError

__all__ = ["CaseTable", "EvaluationCase", "read_case_table"]

MOST_ERRORS_SHOWN = 10

_POINT = ("at.r", "at.a", "at.s")
_SEXES = {"m": "M", "male": "M", "f": "F", "female": "F", "o": "O", "other": "O"}
_REQUIRED = ("case_id", "image")
_PLAIN = {*_REQUIRED, "mask", "patient_id", *_POINT}
_CONTEXT = {"context.age", "context.sex", "context.view", "context.indication", "context.history"}
_LABORATORY = "context.lab."
_LABEL = "label."


@dataclass(frozen=True)
class EvaluationCase:
    """One row.

    Parameters
    ----------
    id : str
    line : int
        In the file, the header being 1.
    image : Path
    mask : Path, optional
    patient : str
        Same text, same patient; a case without ``patient_id`` is a patient of its own.
    point_ras : (3,) tuple of float, mm, RAS, optional
    context : ClinicalContext
    view : str
        View position such as ``PA``, empty if not given.
    labels : mapping of str to int
        Finding as written in the header to 0 or 1; missing where the cell is empty.
    """

    id: str
    line: int
    image: Path
    mask: Path | None
    patient: str
    point_ras: tuple[float, float, float] | None
    context: ClinicalContext
    view: str
    labels: Mapping[str, int]


@dataclass(frozen=True)
class CaseTable:
    """The rows, the findings that have a column, and notes on columns that are not used."""

    cases: tuple[EvaluationCase, ...]
    findings: tuple[str, ...]
    has_patients: bool
    notes: tuple[str, ...] = ()


def read_case_table(path: Path, variables: Sequence[ContextVariable] = ()) -> CaseTable:
    """Read and check ``CASES.csv``.

    Parameters
    ----------
    path : Path
    variables : sequence of ContextVariable
        Of the bundle: they give laboratory values their units.

    Raises
    ------
    InputError
        If the file can not be read or a row is wrong: the first ten errors, each as file:line:column.
    """
    rows = _rows(path)
    header = _header(path, rows)
    errors: list[str] = []
    laboratory = {variable.name.casefold(): variable for variable in variables}
    cases = []
    first_line: dict[str, int] = {}
    for line, row in rows[1:]:
        if len(row) != len(header):
            errors.append(f"{path.name}:{line}: {len(row)} fields, but the header has {len(header)}")
            continue
        reader = _RowReader(path, line, dict(zip(header, (cell.strip() for cell in row))), errors)
        case = reader.case(laboratory)
        if case.id and case.id in first_line:
            reader.complain("case_id", f"'{case.id}' is already in line {first_line[case.id]}")
        first_line.setdefault(case.id, line)
        cases.append(case)
    if not cases and not errors:
        raise InputError(f"{path} has a header and no cases. Add a line for each case.")
    if errors:
        raise InputError(_joined(path, errors))
    findings = tuple(column[len(_LABEL) :] for column in header if column.casefold().startswith(_LABEL))
    has_patients = any(column.casefold() == "patient_id" for column in header)
    return CaseTable(tuple(cases), findings, has_patients, _notes(header, laboratory))


@dataclass
class _RowReader:
    """Turns the cells of one row into values, and writes down what is wrong."""

    path: Path
    line: int
    cells: Mapping[str, str]
    errors: list[str]
    lower: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.lower = {column.casefold(): cell for column, cell in self.cells.items()}

    def complain(self, column: str, what: str) -> None:
        self.errors.append(f"{self.path.name}:{self.line}:{column}: {what}")

    def case(self, laboratory: Mapping[str, ContextVariable]) -> EvaluationCase:
        identifier = self.lower["case_id"]
        if not identifier:
            self.complain("case_id", "is empty")
        image = self._path("image")
        if not self.lower["image"]:
            self.complain("image", "is empty")
        patient = self.lower.get("patient_id", "")
        return EvaluationCase(
            id=identifier,
            line=self.line,
            image=image or self.path,
            mask=self._path("mask"),
            patient=f"patient {patient}" if patient else f"case {identifier}",
            point_ras=self._point(),
            context=self._context(laboratory),
            view=self.lower.get("context.view", "").upper(),
            labels=self._labels(),
        )

    def _path(self, column: str) -> Path | None:
        text = self.lower.get(column, "")
        if not text:
            return None
        path = self.path.parent / text
        try:
            exists = path.exists()
        except (OSError, ValueError):
            exists = False
        if not exists:
            self.complain(column, f"{text} does not exist")
        return path

    def _number(self, column: str, fits: Callable[[float], bool], wanted: str) -> float | None:
        text = self.lower.get(column, "")
        if not text:
            return None
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        # NaN fits nothing; float() takes 1_000, which no spreadsheet means
        if math.isnan(value) or "_" in text or not fits(value):
            self.complain(column, f"'{text}' is not {wanted}")
            return None
        return value

    def _point(self) -> tuple[float, float, float] | None:
        given = [column for column in _POINT if self.lower.get(column)]
        if not given:
            return None
        for column in _POINT:
            if column not in given:
                self.complain(column, "is empty, but a point needs at.r, at.a and at.s")
        values = [self._number(column, math.isfinite, "a number of mm") for column in _POINT]
        r, a, s = (math.nan if value is None else value for value in values)
        return r, a, s

    def _context(self, laboratory: Mapping[str, ContextVariable]) -> ClinicalContext:
        sex = self.lower.get("context.sex", "")
        if sex and sex.casefold() not in _SEXES:
            self.complain("context.sex", f"'{sex}' is not M, F or O")
        return ClinicalContext(
            age_years=self._number(
                "context.age",
                lambda value: 0 <= value <= MAXIMUM_AGE_YEARS,
                f"an age in years from 0 to {MAXIMUM_AGE_YEARS:g}",
            ),
            sex=_SEXES.get(sex.casefold()),
            indication=self.lower.get("context.indication", ""),
            history=self.lower.get("context.history", ""),
            laboratory=tuple(self._laboratory(laboratory)),
        )

    def _laboratory(self, laboratory: Mapping[str, ContextVariable]) -> list[LaboratoryResult]:
        results = []
        for column in self.cells:
            if not column.casefold().startswith(_LABORATORY):
                continue
            value = self._number(column.casefold(), lambda number: True, "a number, inf or -inf")
            if value is not None:
                name = column[len(_LABORATORY) :]
                known = laboratory.get(f"lab.{name.casefold()}")
                if known is not None:
                    name = known.name.partition(".")[2]
                unit, loinc = (known.unit, known.loinc) if known is not None else ("1", "")
                results.append(LaboratoryResult(name, value, unit, loinc))
        return results

    def _labels(self) -> dict[str, int]:
        labels = {}
        for column in self.cells:
            if column.casefold().startswith(_LABEL):
                value = self._number(column.casefold(), lambda number: number in (0, 1), "0, 1 or empty")
                if value is not None:
                    labels[column[len(_LABEL) :]] = int(value)
        return labels


def _rows(path: Path) -> list[tuple[int, list[str]]]:
    """Line number and cells of every row that is not blank."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file, strict=True)
            rows = []
            line = 1
            for row in reader:
                if any(cell.strip() for cell in row):
                    rows.append((line, row))
                line = reader.line_num + 1
            return rows
    except FileNotFoundError:
        raise InputError(f"{path} does not exist. Give the path of a CSV file with the cases.") from None
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path} is not text in UTF-8 (byte {error.start}). Save it as CSV in UTF-8."
        ) from error
    except csv.Error as error:
        raise InputError(f"{path}:{reader.line_num}: {error}. Save it as CSV with commas.") from error
    except OSError as error:
        raise InputError(f"{path} can not be read: {error.strerror or error}. Give a CSV file.") from error


def _header(path: Path, rows: Sequence[tuple[int, list[str]]]) -> list[str]:
    if not rows:
        raise InputError(f"{path} is empty. The first line names the columns: case_id,image,...")
    line, cells = rows[0]
    header = [cell.strip() for cell in cells]
    lower = [column.casefold() for column in header]
    errors = [f"{path.name}:{line}:{name}: the column is missing" for name in _REQUIRED if name not in lower]
    for column in dict.fromkeys(lower):
        if column and lower.count(column) > 1:
            errors.append(f"{path.name}:{line}:{column}: the column is there {lower.count(column)} times")
        if column in (_LABORATORY, _LABEL):
            errors.append(f"{path.name}:{line}:{column}: the name after the dot is missing")
    if errors:
        raise InputError(_joined(path, errors))
    # a column without a name can not be used; its cells must not shift the others
    return [column or f" {index}" for index, column in enumerate(header)]


def _notes(header: Sequence[str], laboratory: Mapping[str, ContextVariable]) -> tuple[str, ...]:
    unused = []
    for column in header:
        lower = column.casefold()
        if lower.startswith(_LABORATORY):
            if lower.removeprefix("context.") not in laboratory:
                unused.append(column)
        elif column.strip() and lower not in _PLAIN | _CONTEXT and not lower.startswith(_LABEL):
            unused.append(column)
    return (f"Columns of the case table that were not used: {', '.join(unused)}.",) if unused else ()


def _joined(path: Path, errors: Sequence[str]) -> str:
    shown = "; ".join(errors[:MOST_ERRORS_SHOWN])
    more = f"; and {len(errors) - MOST_ERRORS_SHOWN} more" if len(errors) > MOST_ERRORS_SHOWN else ""
    count = "1 error" if len(errors) == 1 else f"{len(errors)} errors"
    return f"{path} has {count}: {shown}{more}. Correct the table."
