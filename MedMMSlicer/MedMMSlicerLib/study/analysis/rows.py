"""Tables from outside as checked rows: delimiter, encoding, header, and errors that name the line."""

from __future__ import annotations

import csv
import hashlib
import io
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...errors import InputError

__all__ = ["Complaints", "Table", "TableRow", "read_table"]

MOST_BYTES = 256 * 2**20
MOST_ERRORS_SHOWN = 10
LONGEST_NAME = 200

_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs"}
MISSING = {"", "na", "nan", "n/a"}
"""Cells that say that there is no value, without regard to case."""


@dataclass
class Complaints:
    """Errors of a table, collected so that one run tells about all of them."""

    path: Path
    texts: list[str]

    def add(self, line: int, column: str, what: str) -> None:
        """Note what is wrong; ``line`` 1 is the header."""
        self.texts.append(f"{self.path.name}:{line}:{column}: {what}")

    def stop(self) -> None:
        """Raise them, if there are any.

        Raises
        ------
        InputError
            With the first ten, in one line.
        """
        if not self.texts:
            return
        shown = "; ".join(self.texts[:MOST_ERRORS_SHOWN])
        more = len(self.texts) - MOST_ERRORS_SHOWN
        count = "1 error" if len(self.texts) == 1 else f"{len(self.texts)} errors"
        rest = f"; and {more} more" if more > 0 else ""
        raise InputError(f"{self.path} has {count}: {shown}{rest}. Correct the table.")


@dataclass(frozen=True)
class TableRow:
    """The cells of one line by the names that `read_table` was asked for."""

    line: int
    cells: Mapping[str, str]
    decimal_comma: bool
    complaints: Complaints

    def name(self, column: str) -> str:
        """An identifier: any text of one line that is not empty."""
        text = " ".join(self.cells[column].split())
        if not text:
            self.complaints.add(self.line, column, "is empty")
        elif len(text) > LONGEST_NAME:
            self.complaints.add(self.line, column, f"is longer than {LONGEST_NAME} characters")
        elif not text.isprintable():
            self.complaints.add(self.line, column, "holds control characters")
        return text

    def number(self, column: str) -> float | None:
        """A finite number; None where the cell is empty, NA or NaN, or was complained about."""
        text = " ".join(self.cells.get(column, "").split())
        if text.casefold() in MISSING:
            return None
        value = self._parsed(text)
        if value is None:
            self.complaints.add(self.line, column, f"{text[:40]!r} is not a number")
        elif not math.isfinite(value):
            self.complaints.add(self.line, column, f"{text[:40]!r} is not finite")
            return None
        return value

    def _parsed(self, text: str) -> float | None:
        if self.decimal_comma and "." not in text:
            text = text.replace(",", ".", 1)
        try:
            # float() takes 1_000, which no spreadsheet means
            return None if "_" in text else float(text)
        except ValueError:
            return None


@dataclass(frozen=True)
class Table:
    """A table as it was read.

    Parameters
    ----------
    rows : tuple of TableRow
    columns : frozenset of str
        Which of the names asked for are there.
    sha256 : str
        Of the file's bytes.
    notes : tuple of str
    complaints : Complaints
        Shared by the rows; the caller ends with `Complaints.stop`.
    """

    path: Path
    rows: tuple[TableRow, ...]
    columns: frozenset[str]
    sha256: str
    notes: tuple[str, ...]
    complaints: Complaints


def read_table(path: Path, names: Mapping[str, str], required: Sequence[str]) -> Table:
    """Read a CSV file with a header; commas, semicolons or tabs are told apart by the header.

    Parameters
    ----------
    path : Path
    names : mapping of str to str
        Columns that have a meaning, to their names in the file (compared without regard to case).
    required : sequence of str
        Which of them must be there.

    Raises
    ------
    InputError
        If the file is not such a table: with the line and what to do.
    """
    data = _bytes(path)
    text = _decoded(path, data)
    first = next((line for line in text.splitlines() if line.strip()), "")
    if not first:
        raise InputError(f"{path} is empty. The first line names the columns: {','.join(names.values())}.")
    delimiter = max(_DELIMITERS, key=first.count)
    lines = list(_lines(path, text, delimiter))
    places, unused = _header(path, lines[0], names, required)
    complaints = Complaints(path, [])
    rows = []
    for line, cells in lines[1:]:
        if len(cells) != len(lines[0][1]):
            complaints.texts.append(
                f"{path.name}:{line}: {len(cells)} fields, but the header has {len(lines[0][1])}"
            )
            continue
        chosen = {name: cells[place] for name, place in places.items()}
        rows.append(TableRow(line, chosen, delimiter == ";", complaints))
    if not rows and not complaints.texts:
        raise InputError(f"{path} has a header and no rows. Add a row for each read.")
    notes = [] if delimiter == "," else [f"{path.name} is separated by {_DELIMITERS[delimiter]}."]
    if unused:
        notes.append(f"Columns of {path.name} that were not used: {', '.join(unused)}.")
    digest = hashlib.sha256(data).hexdigest()
    return Table(path, tuple(rows), frozenset(places), digest, tuple(notes), complaints)


def _bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InputError(f"{path} is larger than {MOST_BYTES // 2**20} MiB. Give a table of ratings.")
        return path.read_bytes()
    except FileNotFoundError:
        raise InputError(f"{path} does not exist. Give the path of a CSV file.") from None
    except OSError as error:
        raise InputError(f"{path} can not be read: {error.strerror or error}. Give a CSV file.") from error


def _decoded(path: Path, data: bytes) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path} is not text in UTF-8 (byte {error.start}). Save it as CSV in UTF-8."
        ) from None
    if "\0" in text:
        raise InputError(f"{path} holds NUL characters: it is no text. Save it as CSV in UTF-8.")
    return text


def _lines(path: Path, text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Line number and cells of every row that is not blank."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise InputError(f"{path}:{line}: {error}. Save it as CSV with one row a line.") from error


def _header(
    path: Path, header: tuple[int, list[str]], names: Mapping[str, str], required: Sequence[str]
) -> tuple[dict[str, int], list[str]]:
    """Place of each column that has a meaning, and the columns that have none."""
    line, cells = header
    found = [" ".join(cell.split()) for cell in cells]
    lower = [name.casefold() for name in found]
    complaints = Complaints(path, [])
    wanted = {name: text.strip().casefold() for name, text in names.items()}
    for name, text in wanted.items():
        if lower.count(text) > 1:
            complaints.add(line, names[name], f"the column is there {lower.count(text)} times")
        if name in required and text not in lower:
            there = ", ".join(filter(None, found))
            complaints.add(line, names[name], f"the column is missing; there are {there}")
    if complaints.texts:
        raise InputError(
            f"{path} has no usable header: {'; '.join(complaints.texts)}. "
            "Rename the columns, or name them with the options --...-column."
        )
    places = {name: lower.index(text) for name, text in wanted.items() if text in lower}
    unused = [name for name, key in zip(found, lower) if key and key not in wanted.values()]
    return places, unused
