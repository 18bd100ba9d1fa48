"""The STUDY folder of an imported or simulated study: ``study.json`` and normalized tables beside it."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...errors import InputError, UsageError
from ...files import output_error
from .data import StudyData
from .importing import ImportRequest, import_study

__all__ = [
    "SCHEMA",
    "STUDY_FILE",
    "check_new_folder",
    "csv_bytes",
    "json_bytes",
    "read_study",
    "study_files",
    "write_new_folder",
    "write_study",
]

SCHEMA = "medmm-study-data"
VERSION = "1.0"
STUDY_FILE = "study.json"

_MOST_BYTES = 64 * 2**20


def write_study(study: StudyData, out: Path) -> list[Path]:
    """Write a study as a folder.

    Parameters
    ----------
    study : StudyData
        Imported or simulated.
    out : Path
        New or empty folder.

    Returns
    -------
    list of Path
        What was written.

    Raises
    ------
    UsageError
        If there is something in ``out`` already, or it can not be written.
    """
    return write_new_folder(out, study_files(study))


def study_files(study: StudyData) -> dict[str, bytes]:
    """The files of the folder of a study, by name."""
    files = _tables(study)
    value = {
        "schema": SCHEMA,
        "version": VERSION,
        "title": study.title,
        "kind": study.kind,
        "synthetic": study.synthetic,
        "files": {name: hashlib.sha256(data).hexdigest() for name, data in files.items()},
        "counts": {
            "tests": len(study.tests),
            "readers": len(study.readers),
            "cases": len(study.cases),
            "positive": int(study.positive.sum()),
        },
        "notes": list(study.notes),
        "source": dict(study.source),
    }
    return {STUDY_FILE: json_bytes(value), **files}


def read_study(folder: Path) -> StudyData:
    """Read a folder of `write_study`, checking that nobody changed it.

    Raises
    ------
    InputError
        If it is no such folder, a table was changed, or a row is wrong.
    """
    value = _description(folder)
    for name, digest in value["files"].items():
        path = folder / name
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            raise InputError(f"{path} is missing or was changed after the import. Import the study again.")
    marks = "marks.csv" in value["files"]
    request = ImportRequest(
        folder / ("marks.csv" if marks else "ratings.csv"),
        title=value["title"],
        lesions=folder / "lesions.csv" if marks else None,
    )
    return replace(
        import_study(request), kind=value["kind"], notes=tuple(value["notes"]), source=value["source"]
    )


def _description(folder: Path) -> dict[str, Any]:
    path = folder / STUDY_FILE
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise InputError(f"{path} is larger than {_MOST_BYTES // 2**20} MiB. Import the study again.")
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(
            f"{folder} is no study: it holds no {STUDY_FILE}. Make one with medmm study import or collect."
        ) from None
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise InputError(f"{path} can not be read: {error}. Import the study again.") from error
    problem = _problem(value)
    if problem:
        raise InputError(f"{path} is no description of study data: {problem}. Import the study again.")
    return dict(value)


def _problem(value: Any) -> str:
    """What is wrong with a description, or nothing."""
    if not isinstance(value, dict) or value.get("schema") != SCHEMA:
        return f"its schema is not {SCHEMA}"
    if value.get("version") != VERSION:
        return f"its version {str(value.get('version'))[:20]!r} is not {VERSION}"
    if value.get("kind") not in ("imported", "simulated"):
        return "its kind is neither imported nor simulated"
    if not isinstance(value.get("title"), str) or not isinstance(value.get("source"), dict):
        return "title or source is missing"
    notes = value.get("notes")
    if not isinstance(notes, list) or not all(isinstance(note, str) for note in notes):
        return "notes are missing"
    files = value.get("files")
    if not isinstance(files, dict) or set(files) not in ({"ratings.csv"}, {"marks.csv", "lesions.csv"}):
        return "files are neither ratings.csv nor marks.csv with lesions.csv"
    return ""


def _tables(study: StudyData) -> dict[str, bytes]:
    cases = {case.name: case for case in study.cases}
    if study.marks_lesions:
        marks = [
            (mark.reader, mark.test, mark.case, mark.lesion, number_text(mark.rating)) for mark in study.marks
        ]
        marked = {(row[0], row[1]) for row in marks}
        # a reader who marked nothing with a test is there all the same
        marks += [
            (reader, test, study.cases[0].name, "", "")
            for reader in study.readers
            for test in study.tests
            if (reader, test) not in marked
        ]
        listed = [
            (item.case, item.name, number_text(item.weight), cases[item.case].cluster)
            for item in study.lesions
        ]
        listed += [(case.name, "", "", case.cluster) for case in study.cases if not case.positive]
        return {
            "marks.csv": csv_bytes(("reader", "test", "case", "lesion", "rating"), marks),
            "lesions.csv": csv_bytes(("case", "lesion", "weight", "cluster"), listed),
        }
    rows = [
        (
            read.reader,
            read.test,
            read.case,
            str(int(cases[read.case].positive)),
            number_text(read.rating),
            number_text(read.time_s),
            cases[read.case].cluster,
        )
        for read in study.reads
    ]
    return {
        "ratings.csv": csv_bytes(("reader", "test", "case", "truth", "rating", "time_s", "cluster"), rows)
    }


def number_text(value: float | None) -> str:
    """A number with all its digits; nothing for None."""
    return "" if value is None else repr(float(value))


def csv_bytes(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """A table as CSV in UTF-8."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode("utf-8")


def json_bytes(value: Any) -> bytes:
    """A JSON document in UTF-8, numbers with all digits; NaN is an error."""
    return (json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode("utf-8")


def check_new_folder(out: Path) -> None:
    """Refuse a place where something is.

    Raises
    ------
    UsageError
        If ``out`` is there and no empty folder.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(f"{out} exists already and is not an empty folder. Name a new one with --out.")


def write_new_folder(out: Path, files: Mapping[str, bytes]) -> list[Path]:
    """Write files as a new folder that is complete or not there.

    Raises
    ------
    UsageError
        If there is something in ``out`` already, or it can not be written.
    """
    check_new_folder(out)
    temporary = out.with_name(f".partial-{out.name}")
    try:
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
        for name, data in files.items():
            (temporary / name).write_bytes(data)
        if out.exists():
            out.rmdir()
        temporary.rename(out)
    except OSError as error:
        shutil.rmtree(temporary, ignore_errors=True)
        raise output_error(out, error) from error
    return [out / name for name in files]
