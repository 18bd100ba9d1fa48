"""Reading a context file, whatever of the three formats it is: the content decides, not the name."""

from __future__ import annotations

import codecs
from pathlib import Path

from ..errors import InputError
from .fhir import context_from_fhir, is_fhir
from .issue import ContextReading
from .json_context import context_from_json
from .laboratory_csv import context_from_csv, looks_like_csv
from .merge import merge_readings
from .strict_json import parse_strict_json

__all__ = ["MAXIMUM_BYTES", "read_context", "read_contexts"]

MAXIMUM_BYTES = 32 * 2**20
"""Largest context file. The record of one patient over years has some megabytes as FHIR."""

_OTHER_ENCODINGS = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}


def read_context(path: Path) -> ContextReading:
    """Read a clinical context: our JSON, a FHIR R4 bundle as JSON, or laboratory values as CSV.

    Returns
    -------
    ContextReading
        The context, all laboratory values included, and what was refused or assumed.

    Raises
    ------
    InputError
        If the file can not be read, is too large, is not text in UTF-8, or is none of the three formats.
    """
    text = _text(path)
    start = text.lstrip()[:1]
    if not start:
        raise InputError(f"{path} is empty. Give JSON, a FHIR bundle, or laboratory values as CSV.")
    if start in "{[":
        value = parse_strict_json(text, str(path))
        return context_from_fhir(value, str(path)) if is_fhir(value) else context_from_json(value, str(path))
    if start == "<":
        raise InputError(f"{path} is XML. Give the FHIR bundle as JSON.")
    if looks_like_csv(text):
        return context_from_csv(text, str(path))
    raise InputError(
        f"{path} is neither JSON nor a CSV with the columns name or loinc, value, unit. Correct the file."
    )


def read_contexts(paths: list[Path]) -> ContextReading:
    """Read several files of one patient and join them, see `merge.merge_readings`."""
    return merge_readings([read_context(path) for path in paths])


def _text(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            content = stream.read(MAXIMUM_BYTES + 1)
    except FileNotFoundError:
        raise InputError(
            f"{path} does not exist. Give the path of a file with the clinical context."
        ) from None
    except OSError as error:
        raise InputError(f"{path} can not be read: {error.strerror or error}. Give a file.") from error
    if len(content) > MAXIMUM_BYTES:
        raise InputError(f"{path} is larger than {MAXIMUM_BYTES // 2**20} MiB. Give the data of one patient.")
    for mark, name in _OTHER_ENCODINGS.items():
        if content.startswith(mark):
            raise InputError(f"{path} is text in {name}. Save it as UTF-8.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not text in UTF-8 (byte {error.start}). Save it as UTF-8.") from error
    if "\0" in text:
        raise InputError(f"{path} is not text in UTF-8 (it holds zero bytes). Save it as UTF-8.")
    return text
