"""The desk of one reader: worklist, one open task at a time, washout, clock, results.

A desk works on the folder of an unpacked package. It holds what the reader may know and opens what is sealed
only when its time has come.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Any

from ..errors import ClockError, DiskFullError, InputError, OutputError, StudyError
from .archives import FileFact, sha256_of_file, verify_folder, write_archive
from .clock import Clock, SystemClock, parse_time
from .codec import decode, parse_json_object
from .folding import LogState, TaskRecord, credible_step
from .log import CLOCK_TOLERANCE_S, LogEvent, ReadingLog
from .package_format import INFO_NAME, LOG_NAME, SEAL_NAME, PackageInfo, TaskInfo, secret_name, unseal_secret
from .signing import KeyStore
from .task import Task
from .views import WorklistItem

__all__ = ["ReaderDesk"]

_DAY_S = 86400.0
_CREATION_TOLERANCE = timedelta(hours=24)
"""Clocks of two machines differ, and so may what they take for their time zone."""


class ReaderDesk:
    """See the head of this module.

    Parameters
    ----------
    folder : Path
        Of an unpacked package.
    clock : Clock
    keys : KeyStore

    Raises
    ------
    InputError
        If the folder is no package, or package or log were changed.
    LogInUseError
        If another program has the log open, or it belongs to another reader.
    """

    def __init__(self, folder: Path, clock: Clock, keys: KeyStore) -> None:
        self._folder = folder
        self._clock = clock
        self._keys = keys
        self._facts, self._team_fingerprint = verify_folder(folder, "tasks")
        self._sizes: dict[Path, tuple[int, int, str]] = {}
        self._info = self._read_info()
        self._tasks = {item.code: item for item in sorted(self._info.tasks, key=lambda item: item.number)}
        self._key = keys.reader_key()
        self._log = ReadingLog(folder / LOG_NAME, self._owner(), clock)
        try:
            events = tuple(self._log.events())
            self._log_id = events[0].sha256
            self._state = LogState(events)
            self._check_head(events)
            self._remarks = self._first_remarks()
        except BaseException:
            self._log.close()
            raise
        self._task: Task | None = None

    @classmethod
    def open(cls, folder: Path, clock: Clock | None = None, keys: KeyStore | None = None) -> ReaderDesk:
        """Open with the clocks and keys of this machine unless others are given."""
        return cls(folder, clock or SystemClock(), keys or KeyStore())

    @property
    def title(self) -> str:
        """Title of the study."""
        return self._info.title

    @property
    def reader(self) -> str:
        """Id of the reader."""
        return self._info.reader

    @property
    def fingerprint(self) -> str:
        """Of this machine's key; the study team enrolls it."""
        return self._key.fingerprint

    @property
    def team_fingerprint(self) -> str:
        """Of the key that signed the package."""
        return self._team_fingerprint

    @property
    def remarks(self) -> tuple[str, ...]:
        """What the reader should be told: at opening, and what failed beside the log since then."""
        return self._remarks

    @property
    def open_code(self) -> str:
        """Code of the task that was started and not submitted; empty: none."""
        for code, record in self._state.records.items():
            if record.state in ("open", "paused") and code in self._tasks:
                return code
        return ""

    def worklist(self) -> tuple[WorklistItem, ...]:
        """All tasks in the order of work."""
        items = []
        open_code, waits_for = self.open_code, 0
        for task in self._tasks.values():
            state = self._state.record(task.code).state
            reason = self._reason(task, state, open_code, waits_for)
            if state == "waiting" and not waits_for:
                waits_for = task.number
            items.append(
                WorklistItem(task.code, task.number, task.session, task.kind, state, not reason, reason)
            )
        return tuple(items)

    def next_item(self) -> WorklistItem | None:
        """What to do next: the open task, else the first that can be started; None: nothing now."""
        items = self.worklist()
        for wanted in (("open", "paused"), ("waiting",)):
            for item in items:
                if item.state in wanted and item.is_available:
                    return item
        return None

    def images(self, code: str) -> tuple[Path, ...]:
        """Files of a task's images, checked against the package: for prefetching, starts nothing.

        Raises
        ------
        InputError
            If a file is missing or was changed.
        """
        return tuple(path for path, _ in self._checked_images(self._info_of(code)))

    def start(self, code: str) -> Task:
        """Start a task, or go on with the open one. The timer starts with `Task.shown`.

        Raises
        ------
        StudyError
            If it is not its turn.
        ClockError
            If the clock of the machine was set back.
        InputError
            If its files were changed; that is recorded, and the next task becomes available.
        """
        self._check_clock()
        item = next((entry for entry in self.worklist() if entry.code == code), None)
        if item is None:
            raise StudyError(f"There is no task '{code}'. Choose one from the worklist.")
        if not item.is_available:
            raise StudyError(f"Number {item.number} can not be started: {item.reason}")
        info = self._tasks[code]
        try:
            images = self._checked_images(info)
            secret = unseal_secret(self._seal_key(), code, self._checked_bytes(secret_name(code)))
        except InputError as error:
            self._append("refused", code, {"reason": str(error)})
            raise
        if item.state not in ("open", "paused"):
            hashes = dict(zip(info.images, (digest for _, digest in images)))
            self._append("started", code, {"images": hashes})
        self._task = Task(self, info, secret, tuple(path for path, _ in images))
        return self._task

    def accept_clock(self, reason: str) -> None:
        """Go on after a `ClockError`, since the clock is right now; recorded as a deviation.

        Raises
        ------
        StudyError
            If no reason is given.
        """
        if not reason.strip():
            raise StudyError("Say why the clock is right now; the study team will see it.")
        self._append("clock_accepted", "", {"reason": reason.strip()[:1000]})

    def export_results(self, path: Path) -> Path:
        """Write everything that was recorded so far as a signed file for the study team; returns ``path``.

        Raises
        ------
        OutputError, DiskFullError
            If it can not be written.
        """
        if self._task is not None:
            self._task.flush()
        lines = "".join(f"{event.line}\n" for event in self._log.events())
        data = {
            "study": self._info.study,
            "package": self._info.package,
            "reader": self._info.reader,
            "protocol_sha256": self._info.protocol_sha256,
            "log": self._log_id,
            "events": self._log.count,
            "head": self._log.head,
            "exported_at": self._clock.look().at.isoformat(timespec="milliseconds"),
        }
        write_archive(
            path, "results", data, {"events.log": lines.encode("utf-8", "surrogatepass")}, self._key
        )
        self._note_head()
        return path

    def close(self) -> None:
        """Pause an open task and give the log free."""
        if self._task is not None and not self._task.is_submitted and not self._task.is_paused:
            self._task.pause("closed")
        self._task = None
        self._note_head()
        self._log.close()

    def __enter__(self) -> ReaderDesk:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.close()
            return
        # The error that led here is the one to tell; the log is complete without a last pause.
        with contextlib.suppress(Exception):
            self.close()

    # What tasks use. ---------------------------------------------------------------------------------

    def _append(self, kind: str, code: str, data: Mapping[str, Any]) -> LogEvent:
        event = self._log.append(kind, code, data)
        self._state.add(event)
        if kind in ("submitted", "locked", "clock_accepted"):
            self._note_head()
        return event

    def _record(self, code: str) -> TaskRecord:
        return self._state.record(code)

    def _seal_key(self) -> bytes:
        try:
            return bytes.fromhex(self._checked_bytes(SEAL_NAME).decode("ascii"))
        except ValueError as error:
            raise InputError(f"{SEAL_NAME} of the study package is damaged. Get it again.") from error

    def _checked_bytes(self, name: str) -> bytes:
        path = self._folder / name
        self._checked_file(name)
        return path.read_bytes()

    # ---------------------------------------------------------------------------------------------------

    def _read_info(self) -> PackageInfo:
        value = parse_json_object(self._checked_bytes(INFO_NAME), INFO_NAME)
        return decode(PackageInfo, value, INFO_NAME)

    def _info_of(self, code: str) -> TaskInfo:
        if code not in self._tasks:
            raise StudyError(f"There is no task '{code}'. Choose one from the worklist.")
        return self._tasks[code]

    def _owner(self) -> dict[str, str]:
        return {
            "study": self._info.study,
            "package": self._info.package,
            "reader": self._info.reader,
            "machine": self._key.fingerprint,
            "team": self._team_fingerprint,
        }

    def _checked_images(self, info: TaskInfo) -> list[tuple[Path, str]]:
        return [(self._folder / name, self._checked_file(name)) for name in info.images]

    def _checked_file(self, name: str) -> str:
        """SHA-256 of a file, which is what was signed; a file that did not change is hashed once."""
        fact: FileFact | None = self._facts.get(name)
        path = self._folder / name
        if fact is None:
            raise InputError(f"{name} is not in the study package. Get the package again.")
        try:
            facts = path.stat()
        except OSError as error:
            raise InputError(f"{path} is missing. Unpack the study package again.") from error
        stamp = (facts.st_size, facts.st_mtime_ns)
        known = self._sizes.get(path)
        digest = known[2] if known is not None and known[:2] == stamp else sha256_of_file(path)
        if digest != fact.sha256:
            raise InputError(
                f"{path} was changed after the study team sent it. Unpack it again and tell the team."
            )
        self._sizes[path] = (*stamp, digest)
        return digest

    def _reason(self, task: TaskInfo, state: str, open_code: str, waits_for: int) -> str:
        if state == "submitted":
            return "It was submitted."
        if open_code and open_code != task.code:
            return f"Number {self._tasks[open_code].number} is open. Finish it first."
        if waits_for and state == "waiting":
            return f"It comes after number {waits_for}."
        if state in ("open", "paused"):
            return ""
        left_s = self._washout_left_s(task)
        if left_s > 0:
            until = self._clock.look().at + timedelta(seconds=left_s)
            days = f"{left_s / _DAY_S:.1f} days left"
            return f"Reading goes on after the washout: {days}, until {until:%Y-%m-%d %H:%M} UTC."
        return ""

    def _washout_left_s(self, task: TaskInfo) -> float:
        if task.period <= 1 or not self._info.washout_days:
            return 0.0
        finished = [
            record.finished_elapsed_s
            for other in self._tasks.values()
            if other.period < task.period and (record := self._state.record(other.code)).state == "submitted"
        ]
        if not finished:
            return 0.0
        return max(finished) + self._info.washout_days * _DAY_S - self._elapsed_now()

    def _elapsed_now(self) -> float:
        last = self._state.last
        step = credible_step(last.moment, self._clock.look()) if last is not None else 0.0
        return self._state.elapsed_s + step

    def _check_clock(self) -> None:
        now, skew = self._log.look()
        behind_s = (self._state.latest - now.at).total_seconds() if self._state.latest is not None else 0.0
        created = parse_time(self._info.created_at)
        was_accepted = any(event.kind == "clock_accepted" for event in self._state.clock_events)
        is_plausible = was_accepted or now.at >= created - _CREATION_TOLERANCE
        if behind_s <= CLOCK_TOLERANCE_S and is_plausible:
            if skew > CLOCK_TOLERANCE_S:
                self._append("clock_set_forward", "", {"seconds": round(skew, 3)})
            return
        if self._state.last is None or self._state.last.kind != "clock_set_back":
            self._append("clock_set_back", "", {"seconds": round(max(behind_s, -skew), 3)})
        raise ClockError(
            f"The clock of this machine shows {now.at:%Y-%m-%d %H:%M} UTC, which is before the last entry of "
            "the reading log or before the package was made. Set the clock right; this was recorded."
        )

    def _check_head(self, events: Sequence[LogEvent]) -> None:
        number, digest = self._keys.noted_head(self._log_id)
        if not number:
            return
        if number > len(events) or events[number - 1].sha256 != digest:
            raise InputError(
                f"{self._log.path} is older than what was read on this machine: it was replaced by a copy. "
                "Bring the newest file back, and tell the study team."
            )

    def _note_head(self) -> None:
        """The event itself is on the disk already; that it could not be noted beside it must not undo it."""
        try:
            self._keys.note_head(self._log_id, self._log.count, self._log.head)
        except (OutputError, DiskFullError) as error:
            self._remarks = tuple(dict.fromkeys((*self._remarks, str(error))))

    def _first_remarks(self) -> tuple[str, ...]:
        remarks = []
        code = self.open_code
        if code:
            record = self._state.record(code)
            how = "was interrupted" if record.state == "open" else "is paused"
            number = self._tasks[code].number
            remarks.append(f"Number {number} {how}; everything saved is there. Go on with it.")
        refused = [
            task.number for task in self._tasks.values() if self._state.record(task.code).state == "refused"
        ]
        if refused:
            remarks.append(
                f"Number {refused[0]} could not be opened: its files were changed. Tell the study team."
            )
        return tuple(remarks)
