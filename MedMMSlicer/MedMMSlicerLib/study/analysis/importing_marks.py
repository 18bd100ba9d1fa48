"""Lesion marks as a study (FROC data); `importing` describes the form of the tables."""

from __future__ import annotations

from dataclasses import dataclass, field

from .data import Lesion, Mark, Read, StudyData
from .importing import CaseRegister, ImportRequest, check_classes, ordered
from .rows import Complaints, Table, TableRow, read_table

__all__ = ["marks_study"]

_NOTES = (
    "Every reader is taken to have read every case with every test: where no mark is listed, none was made.",
    "The rating of a whole case is that of its highest mark; a case without marks is put 1 below all marks.",
)


@dataclass
class _Reference:
    """Lesions with their weights, and the line that said so first."""

    name: str
    weights: dict[tuple[str, str], tuple[float, int]] = field(default_factory=dict)
    complete: bool = False

    def add(self, row: TableRow, case: str, lesion: str) -> None:
        """Take a lesion from a row; complains about one that a complete list does not hold."""
        if not lesion:
            return
        key = (case, lesion)
        known = self.weights.get(key)
        if self.complete:
            if known is None:
                what = f"{lesion[:40]!r} of case {case[:40]!r} is not in {self.name}"
                row.complaints.add(row.line, "lesion", what)
            return
        given = row.number("weight")
        if given is not None and given <= 0:
            row.complaints.add(row.line, "weight", f"{given:g} is not above 0")
        elif known is None:
            self.weights[key] = (1.0 if given is None else given, row.line)
        elif given is not None and known[0] != given:
            what = f"{given:g} contradicts {known[0]:g} of the same lesion in line {known[1]}"
            row.complaints.add(row.line, "weight", what)


def marks_study(request: ImportRequest, table: Table) -> StudyData:
    """Build a study of lesion marks.

    Raises
    ------
    InputError
        With all errors as file:line:column, in one line.
    """
    register, reference = CaseRegister(), _Reference(table.path.name)
    digests = {"sha256": table.sha256}
    if request.lesions is not None:
        digests["lesions_sha256"] = _read_reference(request, register, reference)
    marks: list[Mark] = []
    names: list[tuple[str, str, str]] = []
    first_line: dict[str, int] = {}
    for row in table.rows:
        reader, test, case = row.name("reader"), row.name("test"), row.name("case")
        lesion = " ".join(row.cells.get("lesion", "").split())
        names.append((reader, test, case))
        first_line.setdefault(case, row.line)
        reference.add(row, case, lesion)
        register.add(row, case)
        rating = row.number("rating")
        if rating is not None:
            marks.append(Mark(reader, test, case, lesion, rating))
    _settle(table.complaints, register, reference, first_line)
    table.complaints.stop()
    cases = register.cases()
    check_classes(request.path, cases)
    readers, tests = ordered(name[0] for name in names), ordered(name[1] for name in names)
    return StudyData(
        title=request.title or request.path.stem,
        kind="imported",
        cases=cases,
        readers=readers,
        tests=tests,
        reads=_highest_marks(readers, tests, [case.name for case in cases], marks),
        lesions=tuple(Lesion(*key, weight) for key, (weight, _) in reference.weights.items()),
        marks=tuple(marks),
        marks_lesions=True,
        notes=(*table.notes, *_NOTES),
        source={"file": request.path.name, **digests, "columns": dict(request.columns)},
    )


def _read_reference(request: ImportRequest, register: CaseRegister, reference: _Reference) -> str:
    """Read the table of all lesions; returns its digest."""
    path = request.lesions
    assert path is not None
    names = {name: request.columns.get(name, name) for name in ("case", "lesion", "weight", "cluster")}
    table = read_table(path, names, ["case", "lesion"])
    first_line: dict[tuple[str, str], int] = {}
    for row in table.rows:
        case, lesion = row.name("case"), " ".join(row.cells["lesion"].split())
        if (case, lesion) in first_line:
            what = f"{lesion[:40]!r} of this case is already in line {first_line[case, lesion]}"
            row.complaints.add(row.line, "lesion", what)
        first_line.setdefault((case, lesion), row.line)
        reference.add(row, case, lesion)
        register.add(row, case)
        known, first = register.truth.setdefault(case, (bool(lesion), row.line))
        if known != bool(lesion):
            what = f"line {first} and this one say that the case has lesions and that it has none"
            row.complaints.add(row.line, "lesion", what)
    table.complaints.stop()
    reference.complete, reference.name = True, path.name
    return table.sha256


def _settle(
    complaints: Complaints, register: CaseRegister, reference: _Reference, first_line: dict[str, int]
) -> None:
    """Give every case a reference standard that agrees with its lesions, or complain."""
    with_lesions = {case for case, _ in reference.weights}
    for case, line in first_line.items():
        if reference.complete and case not in register.truth:
            complaints.add(line, "case", f"{case[:40]!r} is not in {reference.name}")
        positive, _ = register.truth.setdefault(case, (case in with_lesions, line))
        if positive and case not in with_lesions:
            what = "the case is positive, but no row names a lesion of it; add one with an empty rating"
            complaints.add(line, "truth", what)
        if not positive and case in with_lesions:
            complaints.add(line, "truth", "the case is negative, but a row names a lesion of it")


def _highest_marks(
    readers: tuple[str, ...], tests: tuple[str, ...], cases: list[str], marks: list[Mark]
) -> tuple[Read, ...]:
    highest: dict[tuple[str, str, str], float] = {}
    for mark in marks:
        key = (mark.reader, mark.test, mark.case)
        highest[key] = max(mark.rating, highest.get(key, mark.rating))
    floor = min((mark.rating for mark in marks), default=0.0) - 1
    return tuple(
        Read(reader, test, case, highest.get((reader, test, case), floor))
        for reader in readers
        for test in tests
        for case in cases
    )
