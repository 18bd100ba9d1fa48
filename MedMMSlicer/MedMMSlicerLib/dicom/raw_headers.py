"""What the header of an NRRD, MetaImage or picture file really says, before a library repairs it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path

from ..errors import InputError

__all__ = ["read_start", "states_spacing"]

_NRRD = {".nrrd", ".nhdr"}
_HEADER_BYTES = 65536
_MAGIC = {
    ".nrrd": (b"NRRD",),
    ".nhdr": (b"NRRD",),
    ".png": (b"\x89PNG",),
    ".jpg": (b"\xff\xd8\xff",),
    ".jpeg": (b"\xff\xd8\xff",),
    ".tif": (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+"),
    ".tiff": (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+"),
}
_META_BYTES = {
    "MET_CHAR": 1,
    "MET_UCHAR": 1,
    "MET_SHORT": 2,
    "MET_USHORT": 2,
    "MET_INT": 4,
    "MET_UINT": 4,
    "MET_LONG": 4,
    "MET_ULONG": 4,
    "MET_LONG_LONG": 8,
    "MET_ULONG_LONG": 8,
    "MET_FLOAT": 4,
    "MET_DOUBLE": 8,
}


def read_start(path: Path) -> bytes:
    """The first 64 kB of a file, checked against what its suffix promises.

    Raises
    ------
    InputError
        If it can not be opened, is empty or is something else.
    """
    try:
        with path.open("rb") as stream:
            start = stream.read(_HEADER_BYTES)
    except OSError as error:
        raise InputError(f"{path} can not be opened: {error.strerror}. Check the permissions.") from error
    magic = _MAGIC.get(path.suffix.lower(), ())
    if not start or (magic and not start.startswith(magic)):
        what = "is empty" if not start else f"is not a {path.suffix[1:].upper()} file"
        raise InputError(f"{path} {what}. Copy or export it again.")
    return start


def states_spacing(path: Path, start: bytes) -> bool:
    """Whether an NRRD or MetaImage header gives a spacing.

    Parameters
    ----------
    path : Path
    start : bytes
        From `read_start`.

    Raises
    ------
    InputError
        If the spacing is zero or not finite, which a library would replace by 1, or a MetaImage is truncated.
    """
    if path.suffix.lower() in _NRRD:
        fields, names = _nrrd_fields(start), ("space directions", "spacings")
    else:
        fields, end = _meta_fields(start)
        names = ("elementspacing", "elementsize")
        if fields.get("elementdatafile", "").upper() == "LOCAL":
            _check_meta_size(path, fields, end)
    value = next((fields[name] for name in names if fields.get(name)), "")
    # A direction is a vector of which some parts may be zero; spacings are numbers of which none may.
    vectors = [_numbers(part) for part in re.findall(r"\(([^)]*)\)", value)] or [[n] for n in _numbers(value)]
    for vector in vectors:
        if not all(math.isfinite(number) for number in vector) or not any(vector):
            raise InputError(
                f"{path} states the voxel spacing '{value}', which must be above zero. Correct it."
            )
    return bool(vectors)


def _nrrd_fields(start: bytes) -> dict[str, str]:
    fields: dict[str, str] = {}
    for line in re.split(rb"\r?\n\r?\n", start, maxsplit=1)[0].decode("latin-1").splitlines():
        name, found, value = line.partition(":")
        fields.setdefault(name.strip().lower(), value.strip() if found else "")
    return fields


def _meta_fields(start: bytes) -> tuple[dict[str, str], int]:
    """Fields by lower-case name, and where the header ends."""
    fields: dict[str, str] = {}
    position = 0
    for line in start.splitlines(keepends=True):
        position += len(line)
        name, _, value = line.decode("latin-1").partition("=")
        fields.setdefault(name.strip().lower(), value.strip())
        if name.strip().lower() == "elementdatafile":
            break
    return fields, position


def _check_meta_size(path: Path, fields: Mapping[str, str], header_size: int) -> None:
    present = path.stat().st_size - header_size
    if fields.get("compresseddata", "").lower() == "true":
        stated = _numbers(fields.get("compresseddatasize", ""))
        expected = stated[0] if stated else 0.0
    else:
        channels = _numbers(fields.get("elementnumberofchannels", "")) or [1.0]
        expected = math.prod(_numbers(fields.get("dimsize", ""))) * channels[0]
        expected *= _META_BYTES.get(fields.get("elementtype", "").upper(), 0)
    if present < expected:
        raise InputError(f"{path} is truncated: {present} of {expected:.0f} bytes. Copy or export it again.")


def _numbers(text: str) -> list[float]:
    numbers = []
    for word in re.split(r"[\s,]+", text.strip()):
        try:
            numbers.append(float(word))
        except ValueError:
            continue  # `none` marks an axis without direction
    return numbers
