"""Tables of ratings and of lesion marks as a study: every row checked, every treatment said.

Ratings: one row for each read, ``reader,test,case,truth,rating``, optionally ``time_s`` and ``cluster``.
Marks: the same with a column ``lesion``; one row for each mark. An empty ``lesion`` is a false positive, an
empty ``rating`` says that nothing was marked there (so that lesions that nobody marked, and cases without
any mark, are listed). Without ``truth``, a case is positive when a lesion is listed for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ...errors import InputError
from .data import Read, StudyCase, StudyData
from .rows import Table, TableRow, read_table

__all__ = ["COLUMNS", "ImportRequest", "import_study"]

COLUMNS = ("reader", "test", "case", "truth", "rating", "time_s", "cluster", "lesion", "weight")
"""Columns that have a meaning, by their default names."""

_MOST_LINES_NAMED = 10


@dataclass(frozen=True)
class ImportRequest:
    """What to import.

    Parameters
    ----------
    path : Path
        Table of ratings, or of marks where it has a column ``lesion``.
    title : str
        Empty: the name of the file.
    columns : mapping of str to str
        Names in the file by the names of `COLUMNS`, where they differ.
    lesions : Path, optional
        Table ``case,lesion,weight`` of all lesions of the reference standard, a row with an empty lesion for
        each case without; then the marks need no ``truth`` and no rows without marks.
    """

    path: Path
    title: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    lesions: Path | None = None


def import_study(request: ImportRequest) -> StudyData:
    """Read and check the tables.

    Raises
    ------
    InputError
        With all errors (the first ten shown) as file:line:column, in one line.
    """
    names = {name: request.columns.get(name, name) for name in COLUMNS}
    required = ["reader", "test", "case", "rating"]
    table = read_table(request.path, names, required)
    is_marks = "lesion" in table.columns or request.lesions is not None
    if not is_marks and "truth" not in table.columns:
        table = read_table(request.path, names, [*required, "truth"])
    if is_marks:
        from .importing_marks import marks_study

        return marks_study(request, table)
    return _ratings_study(request, table)


def _ratings_study(request: ImportRequest, table: Table) -> StudyData:
    register = CaseRegister()
    reads: dict[tuple[str, str, str], Read] = {}
    first_line: dict[tuple[str, str, str], int] = {}
    missing: list[int] = []
    for row in table.rows:
        key = (row.name("reader"), row.name("test"), row.name("case"))
        register.add(row, key[2])
        before = len(table.complaints.texts)
        rating = row.number("rating")
        if rating is None and len(table.complaints.texts) == before:
            missing.append(row.line)
        if key in first_line:
            what = f"reader, test and case are already in line {first_line[key]}"
            table.complaints.add(row.line, "case", what)
        first_line.setdefault(key, row.line)
        reads[key] = Read(*key, rating, _seconds(row))
    table.complaints.stop()
    cases = register.cases()
    check_classes(request.path, cases)
    notes = [*table.notes, *look_alikes(reads)]
    if missing:
        notes.append(f"Rows without a rating count as reads that are missing: {_lines_named(missing)}.")
    if all(read.rating is None for read in reads.values()):
        raise InputError(f"{request.path} holds no rating at all. Give at least one number for each reader.")
    return StudyData(
        title=request.title or request.path.stem,
        kind="imported",
        cases=cases,
        readers=ordered(key[0] for key in reads),
        tests=ordered(key[1] for key in reads),
        reads=tuple(reads.values()),
        notes=tuple(notes),
        source={"file": request.path.name, "sha256": table.sha256, "columns": dict(request.columns)},
    )


@dataclass
class CaseRegister:
    """Cases with their reference standard and cluster; complains where a row contradicts an earlier one."""

    truth: dict[str, tuple[bool, int]] = field(default_factory=dict)
    clusters: dict[str, tuple[str, int]] = field(default_factory=dict)

    def add(self, row: TableRow, case: str) -> None:
        """Take ``truth`` and ``cluster`` of a row, where it has them."""
        if "truth" in row.cells:
            self._truth(row, case)
        if "cluster" in row.cells:
            text = " ".join(row.cells["cluster"].split())
            known, first = self.clusters.setdefault(case, (text, row.line))
            if known != text:
                what = f"{text[:40]!r} contradicts {known[:40]!r} of the same case in line {first}"
                row.complaints.add(row.line, "cluster", what)

    def _truth(self, row: TableRow, case: str) -> None:
        text = row.cells["truth"].strip()
        positive = {"0": False, "1": True, "0.0": False, "1.0": True}.get(text)
        if positive is None:
            row.complaints.add(row.line, "truth", f"{text[:40]!r} is not 0 or 1")
            return
        known, first = self.truth.setdefault(case, (positive, row.line))
        if known != positive:
            what = f"{text} contradicts {int(known)} of the same case in line {first}"
            row.complaints.add(row.line, "truth", what)

    def cases(self) -> tuple[StudyCase, ...]:
        """The cases in the order of `ordered`."""
        return tuple(
            StudyCase(name, self.truth[name][0], self.clusters.get(name, ("", 0))[0])
            for name in ordered(self.truth)
        )


def ordered(names: Iterable[str]) -> tuple[str, ...]:
    """Each name once: by value where all are numbers, else in the order in which they came."""
    unique = list(dict.fromkeys(names))
    if all(name.isdecimal() for name in unique):
        unique.sort(key=int)
    return tuple(unique)


def check_classes(path: Path, cases: tuple[StudyCase, ...]) -> None:
    """Refuse a study whose cases are all of one class.

    Raises
    ------
    InputError
        If so.
    """
    count = sum(case.positive for case in cases)
    if count in (0, len(cases)):
        which = "positive" if count else "negative"
        raise InputError(
            f"{path}: all {len(cases)} cases are {which}. An ROC analysis needs positive and negative cases."
        )


def look_alikes(keys: Iterable[tuple[str, str, str]]) -> list[str]:
    """Remarks on names that differ in case alone."""
    notes = []
    for place, what in enumerate(("readers", "tests", "cases")):
        groups: dict[str, set[str]] = {}
        for key in keys:
            groups.setdefault(key[place].casefold(), set()).add(key[place])
        notes += [
            f"The {what} {', '.join(sorted(group))} differ in capitals only and were kept apart."
            for group in groups.values()
            if len(group) > 1
        ]
    return notes


def _seconds(row: TableRow) -> float | None:
    value = row.number("time_s")
    if value is not None and value <= 0:
        row.complaints.add(row.line, "time_s", f"{value:g} is not a time above 0")
        return None
    return value


def _lines_named(lines: list[int]) -> str:
    shown = ", ".join(str(line) for line in lines[:_MOST_LINES_NAMED])
    more = len(lines) - _MOST_LINES_NAMED
    rest = f" and {more} more" if more > 0 else ""
    return f"{len(lines)} ({'line' if len(lines) == 1 else 'lines'} {shown}{rest})"
