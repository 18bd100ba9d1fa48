"""What is inside a package of tasks, as both sides know it.

::

    study.json            `PackageInfo`: what the reader may know
    images/C-.../         the images of a case under an opaque name
    sealed/tasks/T-...    `TaskSecret`, encrypted, all of the same length for reads
    sealed/ai/C-...       output of AI, encrypted
    seal.key              see `sealing`
    manifest.*            see `archives`
    reading.sqlite        made by the reader's machine: see `log`
"""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ..core.serialization import to_json
from ..errors import InputError
from .answers import Questions
from .archives import is_safe_name
from .codec import decode, parse_json_object
from .sealing import seal, unseal

__all__ = [
    "INFO_NAME",
    "LOG_NAME",
    "MAXIMUM_AI_BYTES",
    "SEAL_NAME",
    "PackageInfo",
    "TaskInfo",
    "TaskSecret",
    "ai_name",
    "pack_files",
    "seal_secret",
    "secret_name",
    "unpack_files",
    "unseal_secret",
]

INFO_NAME = "study.json"
SEAL_NAME = "seal.key"
LOG_NAME = "reading.sqlite"
MAXIMUM_AI_BYTES = 4 << 30
_SECRET_MULTIPLE = 4096


@dataclass(frozen=True)
class TaskInfo:
    """A task as the reader may know it; ``images`` are names in the package."""

    code: str
    number: int
    session: int
    period: int
    kind: str
    images: tuple[str, ...] = ()
    indication: str = ""


@dataclass(frozen=True)
class PackageInfo:
    """A package as the reader may know it."""

    study: str
    package: str
    title: str
    reader: str
    protocol_sha256: str
    created_at: str
    washout_days: float
    questions: Questions
    tasks: tuple[TaskInfo, ...]


@dataclass(frozen=True)
class TaskSecret:
    """What is known when a task is started.

    Parameters
    ----------
    mode : str
        Of reads: unaided, concurrent or sequential.
    ai : str
        Code of the case's sealed output of AI; empty: none.
    texts : tuple of str
        Of ratings: one report, or the left and the right one.
    scales : tuple of str
    """

    mode: str = ""
    ai: str = ""
    texts: tuple[str, ...] = ()
    scales: tuple[str, ...] = field(default=())


def secret_name(code: str) -> str:
    """Where the secret of a task lies."""
    return f"sealed/tasks/{code}"


def ai_name(code: str) -> str:
    """Where the output of AI for a case lies."""
    return f"sealed/ai/{code}"


def seal_secret(key: bytes, code: str, secret: TaskSecret) -> bytes:
    """Encrypt; the length does not tell what a read will show."""
    data = json.dumps(to_json(secret)).encode("utf-8")
    return seal(key, secret_name(code), data, _SECRET_MULTIPLE)


def unseal_secret(key: bytes, code: str, sealed: bytes) -> TaskSecret:
    """Decrypt.

    Raises
    ------
    InputError
        If it is damaged.
    """
    data = unseal(key, secret_name(code), sealed)
    return decode(TaskSecret, parse_json_object(data, code), code)


def pack_files(files: Mapping[str, bytes]) -> bytes:
    """Several files as one block.

    Raises
    ------
    InputError
        If a name is not safe on every system.
    """
    _check_names(files)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def unpack_files(data: bytes) -> dict[str, bytes]:
    """The way back.

    Raises
    ------
    InputError
        If it is damaged, larger than `MAXIMUM_AI_BYTES`, or has names that leave their folder.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            _check_names(entry.filename for entry in entries)
            if sum(entry.file_size for entry in entries) > MAXIMUM_AI_BYTES:
                raise InputError("Output of AI in the study package is too large. Tell the study team.")
            return {entry.filename: archive.read(entry) for entry in entries}
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise InputError("Output of AI in the study package is damaged. Get the package again.") from error


def _check_names(names: Iterable[str]) -> None:
    for name in names:
        if not is_safe_name(name):
            raise InputError(
                f"'{name[:80]}' in the output of AI is no name for a file on every system. Rename it."
            )
