"""Recovery files: what a reader wrote, kept outside of the scene until the scene is saved.

One file for each case and session, replaced as a whole at each change, so that a killed process loses nothing
that had arrived here. Its folder is private, since reports hold what is known about patients. While a session
lives it holds a lock file, so that its files are not offered to another window.

A file consists of lines of JSON: head, record of the case, report, state of the document, signed versions,
then the audit trail, and last the SHA-256 of all lines before.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from ..errors import InputError, MedMMError
from ..files import atomic_write, output_error
from .report_storage import StoredParts

if TYPE_CHECKING:
    from .room import ReadingRoom

__all__ = [
    "RecoveryContent",
    "RecoveryFile",
    "RecoveryStore",
    "default_recovery_folder",
    "start_recovery",
    "user_data_folder",
]

_SCHEMA, _VERSION = "medmm-recovery", 1
_SUFFIX, _LOCK, _ASIDE = ".recovery", ".lock", "-aside-"
_PARTIAL = ".partial-"
_KEPT_DAYS = 30
_SECONDS_A_DAY = 86_400


@dataclass(frozen=True)
class RecoveryFile:
    """What can be recovered: ``head`` has ``saved_at``, ``title``, ``case_id``, ``study_uid``, ``image`` and
    ``audit_head``.
    """

    path: Path
    head: Mapping[str, str] = field(repr=False)

    @property
    def saved_at(self) -> str:
        """When the last change was written, ISO 8601."""
        return str(self.head.get("saved_at", ""))

    @property
    def title(self) -> str:
        """Title of the case."""
        return str(self.head.get("title", ""))


@dataclass(frozen=True)
class RecoveryContent:
    """The texts of a recovery file."""

    head: Mapping[str, str]
    record: str
    report: str
    parts: StoredParts


class RecoveryStore:
    """The recovery files of a folder.

    Parameters
    ----------
    folder : Path, optional
        `default_recovery_folder` when not given; made on the first write, for this user alone.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or default_recovery_folder()
        self._session = uuid.uuid4().hex
        self._lock: IO[bytes] | None = None

    def write(self, content: RecoveryContent) -> Path:
        """Replace the file of a case.

        Raises
        ------
        OutputError, DiskFullError
            If it can not be written; the older file stays.
        """
        path = self._path(content.head["case_id"])
        self._begin()
        head = {"schema": _SCHEMA, "version": _VERSION, **content.head}
        lines = [_one_line(head), content.record, content.report, content.parts.state]
        text = "\n".join([*lines, content.parts.versions or "[]", content.parts.audit])
        data = text.encode("utf-8")
        end = json.dumps({"sha256": hashlib.sha256(data).hexdigest()}).encode()
        with atomic_write(path) as temporary:
            temporary.touch(mode=0o600)
            temporary.write_bytes(data + end + b"\n")
        return path

    def offers(self) -> tuple[RecoveryFile, ...]:
        """Files of sessions that have ended and those put aside, the newest first, without damaged ones."""
        if not self.folder.is_dir():
            return ()
        found = []
        for path in self.folder.glob(f"*{_SUFFIX}"):
            session = path.name.split("-")[0]
            if session == self._session:
                if _ASIDE not in path.name:
                    continue
            elif self._is_living(session):
                continue
            with contextlib.suppress(InputError):
                found.append(RecoveryFile(path, self.read(path).head))
        return tuple(sorted(found, key=lambda item: item.saved_at, reverse=True))

    def read(self, path: Path) -> RecoveryContent:
        """Read a file.

        Raises
        ------
        InputError
            If it is none, is not complete, or was written by a newer MedMM.
        """
        try:
            data = path.read_bytes()
            content, _, end = data.rstrip(b"\n").rpartition(b"\n")
            content += b"\n"
            if json.loads(end)["sha256"] != hashlib.sha256(content).hexdigest():
                raise InputError(f"{path} is not complete. It can not be recovered; remove it.")
            head, record, report, state, versions, audit = content.decode("utf-8").split("\n", 5)
            value = json.loads(head)
            if value["schema"] != _SCHEMA or value["version"] != _VERSION:
                raise InputError(f"{path} was written by another MedMM. Recover it with that version.")
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise InputError(f"{path} can not be recovered ({error}). Remove it.") from error
        texts = {key: str(item) for key, item in value.items() if key not in ("schema", "version")}
        return RecoveryContent(texts, record, report, StoredParts(state, versions, audit))

    def remove(self, path: Path) -> None:
        """Remove a file; one that is gone is ignored.

        Raises
        ------
        OutputError
            If it can not be removed.
        """
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise output_error(path, error) from error

    def remove_case(self, case_id: str) -> None:
        """Remove this session's file of a case.

        Raises
        ------
        OutputError
            If it can not be removed.
        """
        self.remove(self._path(case_id))

    def put_aside(self, case_id: str) -> None:
        """Keep this session's file of a case beside the next one, which does not continue it.

        Raises
        ------
        OutputError
            If it can not be renamed.
        """
        path = self._path(case_id)
        other = path.with_name(f"{path.stem}{_ASIDE}{uuid.uuid4().hex[:8]}{_SUFFIX}")
        try:
            path.rename(other)
        except FileNotFoundError:
            return
        except OSError as error:
            raise output_error(path, error) from error

    def prune(self, days: float = _KEPT_DAYS) -> None:
        """Remove what ended sessions left longer ago than this, and their locks.

        Raises
        ------
        OutputError
            If something can not be removed.
        """
        if not self.folder.is_dir():
            return
        limit = time.time() - days * _SECONDS_A_DAY
        for path in (*self.folder.glob(f"*{_SUFFIX}"), *self.folder.glob(f"*{_LOCK}")):
            whole = path.name.removeprefix(_PARTIAL)
            session = whole.split("-")[0].removesuffix(_LOCK)
            if session == self._session or self._is_living(session):
                continue
            with contextlib.suppress(FileNotFoundError):
                # A lock has no content worth keeping once nobody holds it, nor has a file cut short.
                if path.suffix == _LOCK or whole != path.name or path.stat().st_mtime < limit:
                    self.remove(path)

    def close(self) -> None:
        """End the session: its files are offered from now on."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None
            with contextlib.suppress(OSError):
                (self.folder / f"{self._session}{_LOCK}").unlink(missing_ok=True)

    def _path(self, case_id: str) -> Path:
        # The id may come from a file of somebody else: only its hash becomes part of a path.
        return self.folder / f"{self._session}-{hashlib.sha256(case_id.encode()).hexdigest()[:16]}{_SUFFIX}"

    def _begin(self) -> None:
        """Make the folder and take the lock, once."""
        if self._lock is not None:
            return
        path = self.folder / f"{self._session}{_LOCK}"
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if os.name == "posix":
                self.folder.chmod(0o700)
            handle = path.open("w+b")
        except OSError as error:
            raise output_error(path, error) from error
        _try_lock(handle)
        self._lock = handle

    def _is_living(self, session: str) -> bool:
        """Whether another process, or another room of this one, holds the lock of a session."""
        path = self.folder / f"{session}{_LOCK}"
        try:
            with path.open("r+b") as handle:
                return not _try_lock(handle)
        except FileNotFoundError:
            return False
        except OSError:
            # Not ours to open: somebody else's.
            return True


def start_recovery(room: ReadingRoom, folder: Path | None = None) -> None:
    """Keep recovery files from now on, and tell of what ended sessions left; called by front ends.

    Where the folder can not be used the reader is told, and works without.
    """
    autosave = room.report.workflow.autosave
    try:
        autosave.use(folder)
        count = len(autosave.all_offers())
    except MedMMError as error:
        room.tell("warning", error)
        return
    if count:
        reports = "A report was" if count == 1 else f"{count} reports were"
        room.tell("info", f"{reports} not saved when MedMM ended. Open the same images to recover the work.")


def default_recovery_folder() -> Path:
    """Where recovery files are kept."""
    return user_data_folder() / "recovery"


def user_data_folder() -> Path:
    """Where MedMM keeps the data of this user, by platform."""
    variable = {"win32": "LOCALAPPDATA", "darwin": ""}.get(sys.platform, "XDG_DATA_HOME")
    base = os.environ.get(variable, "") if variable else ""
    if base:
        return Path(base) / "medmm"
    home = {"win32": "AppData/Local", "darwin": "Library/Application Support"}.get(
        sys.platform, ".local/share"
    )
    return Path.home() / home / "medmm"


def _one_line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _try_lock(handle: IO[bytes]) -> bool:
    """Take the lock of an open file; it ends with the process, however that ends."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
