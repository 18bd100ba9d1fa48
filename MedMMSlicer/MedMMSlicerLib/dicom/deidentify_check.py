"""A last look at an export: is any known identifier left in any byte, in any encoding, in any archive?"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import numpy as np

from ..errors import InputError
from .deidentify_identifiers import Identifiers

__all__ = ["ENCODINGS", "find_residue", "require_no_residue"]

ENCODINGS = ("utf-8", "latin-1", "gb18030", "utf-16-le", "utf-16-be", "shift_jis", "euc_kr", "iso2022_jp")
_SHORTEST_BYTES = 5
"""Fewer bytes turn up by chance in pixels."""
_DEPTH = 4
_CHUNK = 1 << 24
_LARGEST_INFLATED = 1 << 30
_FIRST_STEP = 256
_STREAMS = (
    ("gzip", 31, re.compile(rb"\x1f\x8b\x08")),
    ("zlib", 15, re.compile(rb"\x78[\x01\x5e\x9c\xda]")),
)
_DEFLATED_SYNTAX = b"1.2.840.10008.1.2.1.99"


def find_residue(folder: Path, identifiers: Identifiers) -> tuple[str, ...]:
    """Places in a folder where an identifier is left: file, member, kind of place; never the identifier.

    Looked through are file names, bytes as they are, zip members, gzip, zlib and deflated DICOM content.
    """
    is_in = _Search(identifiers)
    places: list[str] = []
    for path in sorted(item for item in folder.rglob("*") if item.is_file()):
        name = path.relative_to(folder).as_posix()
        if is_in(name.encode("utf-8", "surrogateescape")):
            places.append(f"name of file {len(places) + 1}")
        places += [f"{name}{where}" for where, data in _layers(path.read_bytes()) if is_in(data)]
    return tuple(dict.fromkeys(places))


def require_no_residue(folder: Path, identifiers: Identifiers) -> None:
    """Stop when `find_residue` finds something.

    Raises
    ------
    InputError
        Naming the first place.
    """
    places = find_residue(folder, identifiers)
    if places:
        raise InputError(
            f"Nothing is exported: an identifier was left in {places[0]} after cleaning"
            f"{f' and in {len(places) - 1} more places' if len(places) > 1 else ''}. Leave that file out."
        )


class _Search:
    """Looks for many byte strings at once.

    Two tables say which pairs of bytes begin a form and which follow; only where both fit is looked closer,
    so that a study of many images takes seconds.
    """

    def __init__(self, identifiers: Identifiers) -> None:
        self._by_start: dict[bytes, list[bytes]] = {}
        self._first, self._second = np.zeros(1 << 16, np.bool_), np.zeros(1 << 16, np.bool_)
        for needle in identifiers.needles():
            for text in _spellings(needle):
                for form in _encoded(text):
                    if len(form) >= _SHORTEST_BYTES:
                        self._add(form)

    def _add(self, form: bytes) -> None:
        forms = self._by_start.setdefault(form[:4], [])
        if form not in forms:
            forms.append(form)
            self._first[form[0] | form[1] << 8] = self._second[form[2] | form[3] << 8] = True

    def __call__(self, data: bytes) -> bool:
        """Whether any of them is in the bytes, in any case of its letters."""
        data = data.lower()
        for start in range(0, max(len(data) - 3, 0), _CHUNK):
            size = min(_CHUNK + 3, len(data) - start)
            piece = np.frombuffer(data, np.uint8, size, start).astype(np.uint16)
            pairs = piece[:-1] | piece[1:] << 8
            places = np.flatnonzero(self._first[pairs[:-2]] & self._second[pairs[2:]])
            if any(self._found(data, start + int(place)) for place in places):
                return True
        return False

    def _found(self, data: bytes, place: int) -> bool:
        forms = self._by_start.get(data[place : place + 4], ())
        return any(data.startswith(form, place) and _stands_alone(data, place, form) for form in forms)


def _stands_alone(data: bytes, place: int, form: bytes) -> bool:
    """Words and numbers count as a whole only: ``12345`` is not in ``9123456``."""
    if b"\0" in form or not form.isascii():
        return True
    before, after = data[max(place - 1, 0) : place], data[place + len(form) : place + len(form) + 1]
    joined_before = form[:1].isalnum() and before.isalnum()
    return not (joined_before or (form[-1:].isalnum() and after.isalnum()))


def _spellings(needle: str) -> Iterator[str]:
    yield needle
    yield quote(needle)
    if "^" in needle:
        yield needle.replace("^", " ")


def _encoded(text: str) -> Iterator[bytes]:
    for encoding in ENCODINGS:
        try:
            # Searched without case; only ASCII has a case in bytes.
            yield text.encode(encoding).lower()
        except UnicodeEncodeError:
            continue


def _layers(data: bytes, where: str = "", depth: int = _DEPTH) -> Iterator[tuple[str, bytes]]:
    """The bytes, and what they hold in compressed form."""
    yield where, data
    if depth == 0:
        return
    if data.startswith(b"PK\x03\x04"):
        yield from _zip_layers(data, where, depth)
    elif _DEFLATED_SYNTAX in data[:1024]:
        yield from _deflated(data, where)
    else:
        yield from _streams(data, where)


def _zip_layers(data: bytes, where: str, depth: int) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for item in archive.infolist():
            place = f"{where}/{item.filename}"
            yield f"{place} (name)", item.filename.encode("utf-8", "surrogateescape")
            yield from _layers(archive.read(item), place, depth - 1)


def _streams(data: bytes, where: str) -> Iterator[tuple[str, bytes]]:
    """gzip and zlib streams that begin anywhere."""
    for kind, bits, start in _STREAMS:
        for match in start.finditer(data):
            plain = _inflated(data, match.start(), bits)
            if plain:
                yield f"{where} ({kind})", plain


def _deflated(data: bytes, where: str) -> Iterator[tuple[str, bytes]]:
    """What follows the file's own header in a deflated DICOM object."""
    length = int.from_bytes(data[140:144], "little") if data[132:136] == b"\x02\0\0\0" else 0
    plain = _inflated(data, 144 + length, -15)
    if plain:
        yield f"{where} (deflated)", plain


def _inflated(data: bytes, start: int, bits: int) -> bytes:
    view = memoryview(data)
    worker = zlib.decompressobj(bits)
    pieces: list[bytes] = []
    size, step = 0, _FIRST_STEP
    try:
        # Most of what looks like a stream is none, which shows in the first bytes.
        while start < len(data) and not worker.eof and size <= _LARGEST_INFLATED:
            pieces.append(worker.decompress(view[start : start + step]))
            size += len(pieces[-1])
            start, step = start + step, min(2 * step, 1 << 20)
    except zlib.error:
        pass  # no stream, or one that is cut: what came out is looked through
    return b"".join(pieces)
