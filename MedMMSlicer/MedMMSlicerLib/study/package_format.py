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
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..core.serialization import to_json
from .answers import Questions
from .codec import decode, parse_json_object
from .sealing import seal, unseal

__all__ = [
    "INFO_NAME",
    "LOG_NAME",
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
    """Several files as one block."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def unpack_files(data: bytes) -> dict[str, bytes]:
    """The way back; the block was authenticated before."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
