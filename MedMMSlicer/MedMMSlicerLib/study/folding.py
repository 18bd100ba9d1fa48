"""From the events of a log to what they add up to: the state of each task, times, and the clock's history."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ..errors import InputError
from .clock import Moment
from .log import CLOCK_TOLERANCE_S, LogEvent
from .timing import ReadTimes

__all__ = ["LogState", "TaskRecord", "credible_step", "times_from", "times_to"]

_STATES = {
    "started": "open",
    "shown": "open",
    "paused": "paused",
    "resumed": "open",
    "recovered": "open",
    "submitted": "submitted",
    "refused": "refused",
}


@dataclass(frozen=True)
class TaskRecord:
    """One task as its events tell it.

    Parameters
    ----------
    code : str
    state : str
        ``waiting``, ``open``, ``paused``, ``submitted`` or ``refused``.
    times, locked_times : ReadTimes
        So far, and when the ratings were locked.
    counts, locked_counts : mapping of str to int
        Events by kind, likewise.
    draft, locked, submitted : mapping, optional
        Answers as they were written, not yet checked.
    images : mapping of str to str
        SHA-256 of the images that were shown, by name.
    started, shown, finished, last : Moment, optional
        When it was started, its first image shown, and it was submitted; and its last event.
    started_elapsed_s, shown_elapsed_s, finished_elapsed_s : float
        `LogState.elapsed_s` at those times.
    """

    code: str
    state: str = "waiting"
    times: ReadTimes = field(default_factory=ReadTimes)
    locked_times: ReadTimes | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    locked_counts: Mapping[str, int] = field(default_factory=dict)
    draft: Mapping[str, Any] | None = None
    locked: Mapping[str, Any] | None = None
    submitted: Mapping[str, Any] | None = None
    images: Mapping[str, str] = field(default_factory=dict)
    started: Moment | None = None
    shown: Moment | None = None
    finished: Moment | None = None
    started_elapsed_s: float = 0.0
    shown_elapsed_s: float = 0.0
    finished_elapsed_s: float = 0.0
    last: Moment | None = None


class LogState:
    """What the events of a log add up to.

    Parameters
    ----------
    events : iterable of LogEvent
    """

    def __init__(self, events: Iterable[LogEvent] = ()) -> None:
        self.records: dict[str, TaskRecord] = {}
        self.elapsed_s = 0.0
        self._forward_s = 0.0
        self.latest: datetime | None = None
        self.jumps: list[LogEvent] = []
        self.clock_events: list[LogEvent] = []
        self.last: LogEvent | None = None
        for event in events:
            self.add(event)

    def record(self, code: str) -> TaskRecord:
        """The record of a task; a waiting one where nothing happened yet."""
        return self.records.get(code, TaskRecord(code))

    def add(self, event: LogEvent) -> None:
        """Take one more event into account.

        Raises
        ------
        InputError
            If its data are not what such an event has.
        """
        if self.last is not None:
            self.elapsed_s += credible_step(self.last.moment, event.moment)
        if abs(event.skew_s) > CLOCK_TOLERANCE_S:
            self.jumps.append(event)
            self._forward_s += max(event.skew_s, 0.0)
        if event.kind == "clock_accepted":
            # Some steady clocks stand still while their machine sleeps; the reader vouches for the other.
            self.elapsed_s += self._forward_s
            self._forward_s = 0.0
        if event.kind.startswith("clock_"):
            self.clock_events.append(event)
        is_new_start = event.kind == "clock_accepted" or self.latest is None
        self.latest = event.at if is_new_start or self.latest is None else max(self.latest, event.at)
        self.last = event
        if event.task:
            self._add_to_task(event)

    def _add_to_task(self, event: LogEvent) -> None:
        before = self.record(event.task)
        data = event.data
        record = dataclasses.replace(
            before,
            state=_STATES.get(event.kind, before.state),
            last=event.moment,
            times=times_from(data["times"], event.number) if "times" in data else before.times,
            counts=_counted(before.counts, event),
        )
        if event.kind == "started":
            record = dataclasses.replace(
                record,
                started=event.moment,
                started_elapsed_s=self.elapsed_s,
                images=_object(event, "images"),
            )
        elif event.kind == "shown":
            record = dataclasses.replace(record, shown=event.moment, shown_elapsed_s=self.elapsed_s)
        elif event.kind == "draft":
            record = dataclasses.replace(record, draft=_object(event, "answers"))
        elif event.kind == "locked":
            record = dataclasses.replace(
                record,
                locked=_object(event, "answers"),
                draft=_object(event, "answers"),
                locked_times=record.times,
                locked_counts=record.counts,
            )
        elif event.kind == "submitted":
            record = dataclasses.replace(
                record,
                submitted=_object(event, "answers"),
                finished=event.moment,
                finished_elapsed_s=self.elapsed_s,
            )
        self.records[event.task] = record


def credible_step(before: Moment, now: Moment) -> float:
    """Seconds that surely passed between two moments: a clock that was set back or forward adds none.

    Between two runs of a machine only the settable clock tells.
    """
    if now.boot == before.boot:
        return max(now.steady_s - before.steady_s, 0.0)
    return max((now.at - before.at).total_seconds(), 0.0)


def times_to(times: ReadTimes) -> list[float]:
    """As events carry them."""
    return [round(value, 3) for value in (times.active_s, times.idle_s, times.interrupted_s)]


def times_from(value: object, number: int) -> ReadTimes:
    """The way back.

    Raises
    ------
    InputError
        If these are not three durations.
    """
    good = isinstance(value, list) and len(value) == 3
    if not good or not all(isinstance(item, int | float) and 0 <= item < 1e10 for item in value):  # type: ignore[attr-defined]
        raise InputError(f"Event {number} of the log has no valid times. The log was damaged.")
    return ReadTimes(*(float(item) for item in value))  # type: ignore[attr-defined]


def _object(event: LogEvent, name: str) -> dict[str, Any]:
    value = event.data.get(name)
    if not isinstance(value, dict):
        raise InputError(f"Event {event.number} of the log has no valid '{name}'. The log was damaged.")
    return value


def _counted(counts: Mapping[str, int], event: LogEvent) -> Mapping[str, int]:
    new = dict(counts)
    if event.kind == "activity":
        for kind, number in _object(event, "counts").items():
            if isinstance(number, int) and number > 0:
                new[kind] = new.get(kind, 0) + number
    elif event.kind not in ("started", "shown", "draft", "locked", "submitted"):
        new[event.kind] = new.get(event.kind, 0) + 1
    return new
