"""The secret key of a site and what is derived from it: UIDs, patient codes, date shifts.

Everything is an HMAC-SHA-256 of the old value, so that the same key gives the same mapping on every run and
nobody without the key can recompute or invert it. The key lives in the user's data folder, readable by the
user alone, and is never part of an export.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
import secrets
import sys
import uuid
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from ..errors import InputError, OutputError

__all__ = [
    "Pseudonyms",
    "default_key_path",
    "is_public_uid",
    "load_key",
    "parse_date",
    "shifted",
    "shifted_text",
]

_KEY_BYTES = 32
_SHIFT_DAYS = (30, 3650)
"""Dates move back by at least a month and at most ten years."""
_DICOM_ROOT = "1.2.840.10008."
_DATE = re.compile(r"(\d{4})[-/.]?(\d{2})[-/.]?(\d{2})")


@dataclass(frozen=True)
class Pseudonyms:
    """New values for old ones, for one key.

    Parameters
    ----------
    key : bytes
        At least 16 bytes. Never shown, never written.
    """

    key: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.key) < 16:
            raise InputError("The key for de-identification has less than 16 bytes. Use a longer one.")

    def uid(self, old: str) -> str:
        """A UID of the form ``2.25.<number>`` that stands for ``old``; those of the standard stay."""
        old = old.strip().strip("\0")
        if not old or is_public_uid(old):
            return old
        digest = bytearray(self._digest("uid", old)[:16])
        digest[6] = (digest[6] & 0x0F) | 0x80  # version 8: made by an application
        digest[8] = (digest[8] & 0x3F) | 0x80
        return f"2.25.{uuid.UUID(bytes=bytes(digest)).int}"

    def code(self, kind: str, old: str, length: int = 12) -> str:
        """A short code of capital letters and digits, e.g. for a patient id."""
        text = base64.b32encode(self._digest(kind, old.strip())).decode("ascii")
        return text[:length]

    def shift_days(self, patient: str) -> int:
        """How many days the dates of this patient move; negative: into the past."""
        low, high = _SHIFT_DAYS
        number = int.from_bytes(self._digest("shift", patient.strip())[:8], "big")
        return -(low + number % (high - low + 1))

    def _digest(self, purpose: str, value: str) -> bytes:
        message = f"medmm\0{purpose}\0{value}".encode("utf-8", "surrogatepass")
        return hmac.new(self.key, message, hashlib.sha256).digest()


def is_public_uid(value: str) -> bool:
    """Whether a UID belongs to the DICOM standard and so tells nothing about a patient."""
    return value.startswith(_DICOM_ROOT)


def parse_date(text: str) -> date | None:
    """The day at the start of a DICOM or ISO 8601 date or time, None where there is none."""
    match = _DATE.match(text.strip())
    if match is None:
        return None
    try:
        return date(*(int(part) for part in match.groups()))
    except ValueError:
        return None


def shifted(day: date, days: int) -> date:
    """``day`` moved by ``days``; at the end of the calendar it stops there."""
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return date.min if days < 0 else date.max


def shifted_text(text: str, days: int) -> str:
    """A DICOM ``DA`` or ``DT`` value with its date moved; empty where it has no complete date."""
    day = parse_date(text)
    if day is None:
        return ""
    return f"{shifted(day, days):%Y%m%d}".rjust(8, "0") + text.strip()[8:]


def default_key_path() -> Path:
    """Where the key of this user lies; it is not created here.

    Raises
    ------
    OutputError
        If there is no home folder.
    """
    variable = {"win32": "LOCALAPPDATA", "darwin": ""}.get(sys.platform, "XDG_DATA_HOME")
    base = os.environ.get(variable, "") if variable else ""
    if base:
        return Path(base) / "medmm" / "deidentification.key"
    parts = {"win32": ("AppData", "Local"), "darwin": ("Library", "Application Support")}
    try:
        home = Path.home()
    except RuntimeError as error:
        raise OutputError("There is no home folder to keep the key for de-identification in.") from error
    return home.joinpath(*parts.get(sys.platform, (".local", "share")), "medmm", "deidentification.key")


def load_key(path: Path | None = None, purpose: str = "de-identification") -> bytes:
    """Read the key, or make one on first use (32 random bytes, mode 0600); messages say what it is for.

    Raises
    ------
    InputError
        If the file holds no key, or others can read it.
    OutputError
        If it can not be made.
    """
    path = default_key_path() if path is None else path
    if not path.exists():
        _make(path)
    try:
        text = path.read_text(encoding="ascii")
        mode = path.stat().st_mode
        key = bytes.fromhex(text.strip())
    except (OSError, ValueError) as error:
        raise InputError(f"{path} holds no key for {purpose} ({error}). Restore or remove it.") from error
    if os.name == "posix" and mode & 0o077:
        raise InputError(f"{path} can be read by others. Run chmod 600 on it, or remove it for a new key.")
    if len(key) != _KEY_BYTES:
        raise InputError(f"{path} holds no key of {_KEY_BYTES} bytes. Restore or remove it.")
    return key


def _make(path: Path) -> None:
    """Create the file with its final mode, so that it is never readable by others, not even for a moment."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        temporary = path.with_name(f".{path.name}-{os.getpid()}-{secrets.token_hex(4)}")
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as stream:
            stream.write(secrets.token_bytes(_KEY_BYTES).hex() + "\n")
        try:
            _publish(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(
            f"{path} could not be made: {error.strerror or error}. Check the rights of that folder."
        ) from error


def _publish(temporary: Path, path: Path) -> None:
    """Give the file its name unless another process was first: its key then counts."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        return
    except OSError:  # a file system without links
        if not path.exists():
            temporary.replace(path)
