"""A search through every byte of an export, written apart from the library."""

from __future__ import annotations

import gzip
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

ENCODINGS = ("utf-8", "latin-1", "gbk", "gb18030", "utf-16-le", "utf-16-be", "big5")


def layers(data: bytes) -> Iterator[bytes]:
    """The bytes and what is compressed in them."""
    yield data
    if data[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for item in archive.infolist():
                yield item.filename.encode()
                yield from layers(archive.read(item))
        return
    for match in re.finditer(rb"\x1f\x8b\x08", data):
        try:
            yield from layers(gzip.decompress(data[match.start() :]))
        except (OSError, EOFError, zlib.error):
            continue
    for match in re.finditer(rb"\x78[\x01\x5e\x9c\xda]", data):
        try:
            yield zlib.decompressobj().decompress(data[match.start() :])
        except zlib.error:
            continue


def spellings(needle: str) -> set[bytes]:
    texts = {needle, needle.upper(), needle.lower(), needle.replace(" ", "%20"), needle.replace(" ", "_")}
    found = set()
    for text in texts:
        for encoding in ENCODINGS:
            try:
                found.add(text.encode(encoding))
            except UnicodeEncodeError:
                continue
    return found


def leaks(folder: Path, needles: tuple[str, ...]) -> list[tuple[str, str]]:
    """File and identifier, for all that are left anywhere."""
    wanted = {needle: spellings(needle) for needle in needles}
    found = []
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        pieces = [name.encode()] + (list(layers(path.read_bytes())) if path.is_file() else [])
        for needle, forms in wanted.items():
            if any(form in piece for piece in pieces for form in forms):
                found.append((name, needle))
    return found
