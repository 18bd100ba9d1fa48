"""The log of one reader's machine: SQLite, every event committed before it is acknowledged.

The file holds one table of events that can only grow. The text of each event is hashed together with the hash
of the event before it, so that a change anywhere is found. One program at a time can open a log, and only for
the reader and package that it was made for.
"""

from __future__ import annotations

import hashlib
import json
import math
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from ..core.serialization import to_json
from ..errors import DiskFullError, InputError, LogInUseError, MedMMError, OutputError
from ..reporting.document.canonical import canonical_json
from .clock import Clock, Moment, format_time, parse_time

__all__ = ["GENESIS", "CLOCK_TOLERANCE_S", "LogEvent", "ReadingLog", "event_from_line", "skew_between"]

GENESIS = "0" * 64
"""Hash before the first event."""

CLOCK_TOLERANCE_S = 60.0
"""Clocks are set by small steps all the time; larger ones are told."""

_SCHEMA_VERSION = 1
_TABLES = """
CREATE TABLE events (number INTEGER PRIMARY KEY, body TEXT NOT NULL, sha256 TEXT NOT NULL);
CREATE TRIGGER events_stay BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'events stay'); END;
CREATE TRIGGER events_remain BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'events stay'); END;
"""


@dataclass(frozen=True)
class LogEvent:
    """One event.

    Parameters
    ----------
    number : int
        From 1 on.
    moment : Moment
        What the clocks showed.
    skew_s : float
        By how much the settable clock ran away since the event before: below zero it was set back. Known
        exactly within one run of the machine; between runs only steps back can be seen.
    kind : str
    task : str
        Code of the task, empty for events of the whole log.
    data : mapping
        JSON values.
    body, sha256 : str
        The text that was hashed, and the hash of the previous hash and it.
    """

    number: int
    moment: Moment
    skew_s: float
    kind: str
    task: str
    data: Mapping[str, Any]
    body: str
    sha256: str

    @property
    def at(self) -> datetime:
        """What the settable clock showed, UTC."""
        return self.moment.at

    @property
    def line(self) -> str:
        """The event as one line, for `event_from_line`."""
        return f"{self.sha256} {self.body}"


def event_from_line(line: str, previous: str, number: int) -> LogEvent:
    """Read a line of a log and check that it follows.

    Raises
    ------
    InputError
        If the line is damaged, was changed, or does not follow the hash ``previous``.
    """
    digest, _, body = line.partition(" ")
    if _hash(previous, body) != digest:
        raise InputError(f"Event {number} of the log was changed, or events before it are missing.")
    try:
        value = json.loads(body)
        moment = Moment(parse_time(value["at"]), float(value["steady_s"]), str(value["boot"]))
        skew_s = float(value["skew_s"])
        if value["number"] != number or not isinstance(value["data"], dict):
            raise ValueError("it has the wrong number or no data")
        if not (math.isfinite(moment.steady_s) and math.isfinite(skew_s)):
            raise ValueError("its time is no number")
        return LogEvent(
            number,
            moment,
            skew_s,
            str(value["kind"]),
            str(value["task"]),
            value["data"],
            body,
            digest,
        )
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise InputError(f"Event {number} of the log is damaged ({str(error)[:120]}).") from error


def skew_between(before: Moment, now: Moment) -> float:
    """Seconds by which the settable clock ran away between two moments, below zero: set back."""
    passed = (now.at - before.at).total_seconds()
    if now.boot == before.boot:
        return passed - (now.steady_s - before.steady_s)
    return min(passed, 0.0)


class ReadingLog:
    """An open log.

    Parameters
    ----------
    path : Path
        Made when missing.
    owner : mapping of str to str
        Whose log it is; the same must be given each time.
    clock : Clock

    Raises
    ------
    LogInUseError
        If another program has it open, or it belongs to somebody else.
    InputError
        If it was changed or damaged.
    OutputError
        If it can not be written.
    """

    def __init__(self, path: Path, owner: Mapping[str, str], clock: Clock) -> None:
        self.path = path
        self._clock = clock
        self._last: LogEvent | None = None
        self._connection = _connect(path)
        try:
            self._prepare(dict(owner))
        except BaseException:
            self._connection.close()
            raise

    @property
    def head(self) -> str:
        """Hash of the last event."""
        return self._last.sha256 if self._last else GENESIS

    @property
    def count(self) -> int:
        """Number of events."""
        return self._last.number if self._last else 0

    def look(self) -> tuple[Moment, float]:
        """The clocks now, and how far the settable one ran away since the last event."""
        now = self._clock.look()
        return now, skew_between(self._last.moment, now) if self._last else 0.0

    def append(self, kind: str, task: str = "", data: Mapping[str, Any] | None = None) -> LogEvent:
        """Write an event; when this returns it is on the disk.

        Raises
        ------
        DiskFullError, OutputError
            If it can not be written; then it is not in the log.
        UsageError
            If ``data`` are no JSON values.
        """
        now, skew = self.look()
        number = self.count + 1
        value = {
            "number": number,
            "at": format_time(now.at),
            "steady_s": round(now.steady_s, 3),
            "boot": now.boot,
            "skew_s": round(skew, 3),
            "kind": kind,
            "task": task,
            "data": to_json(dict(data or {})),
        }
        body = canonical_json(value)
        digest = _hash(self.head, body)
        event = event_from_line(f"{digest} {body}", self.head, number)
        with _explained(self.path):
            self._connection.execute("INSERT INTO events VALUES (?, ?, ?)", (number, body, digest))
        self._last = event
        return event

    def events(self) -> Iterable[LogEvent]:
        """All events, oldest first, each checked.

        Raises
        ------
        InputError
            If one was changed.
        """
        previous = GENESIS
        with closing(
            self._connection.execute("SELECT number, body, sha256 FROM events ORDER BY number")
        ) as rows:
            for place, (number, body, digest) in enumerate(rows, start=1):
                if number != place:
                    raise InputError(
                        f"Event {place} of {self.path} was changed or removed. Restore the file."
                    )
                event = event_from_line(f"{digest} {body}", previous, number)
                previous = event.sha256
                yield event

    def close(self) -> None:
        """Give the file free."""
        self._connection.close()

    def __enter__(self) -> ReadingLog:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _prepare(self, owner: dict[str, str]) -> None:
        with _explained(self.path):
            (version,) = self._connection.execute("PRAGMA user_version").fetchone()
            if version == 0:
                script = f"BEGIN;{_TABLES}PRAGMA user_version={_SCHEMA_VERSION};COMMIT;"
                self._connection.executescript(script)
            elif version != _SCHEMA_VERSION:
                raise InputError(
                    f"{self.path} was written by another version of MedMM (log version {version}). "
                    "Use that version."
                )
            for event in self.events():
                self._last = event
                if event.number == 1 and event.data != owner:
                    raise LogInUseError(
                        f"{self.path} belongs to reader '{event.data.get('reader', 'unknown')}' of package "
                        f"{event.data.get('package', 'unknown')}. Open the folder of your own package."
                    )
        if self._last is None:
            self.append("created", data=owner)


def _hash(previous: str, body: str) -> str:
    return hashlib.sha256(f"{previous}\n{body}".encode("utf-8", "surrogatepass")).hexdigest()


def _connect(path: Path) -> sqlite3.Connection:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(path, timeout=0, isolation_level=None)
    except (sqlite3.Error, OSError) as error:
        raise OutputError(f"{path} can not be opened ({error}). Check the folder and its rights.") from error
    try:
        # The lock is held as long as the connection lives, and falls with the process.
        connection.execute("PRAGMA locking_mode=EXCLUSIVE")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("BEGIN EXCLUSIVE")
        connection.execute("COMMIT")
    except sqlite3.OperationalError as error:
        connection.close()
        if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise LogInUseError(
                f"{path} is open in another program or by another reader. Close it there first."
            ) from error
        raise _translated(path, error) from error
    except sqlite3.DatabaseError as error:
        connection.close()
        raise _translated(path, error) from error
    return connection


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn errors of SQLite into errors for people."""
    try:
        yield
    except sqlite3.Error as error:
        raise _translated(path, error) from error


def _translated(path: Path, error: sqlite3.Error) -> MedMMError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_FULL:
        return DiskFullError(f"{path} could not be written: the disk is full. Free some space and try again.")
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return InputError(f"{path} is damaged ({error}). Restore it from a copy and tell the study team.")
    return OutputError(f"{path} can not be written ({error}). Check the folder and its rights.")
