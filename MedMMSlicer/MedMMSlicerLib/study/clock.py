"""Time that can be injected, and checked against what a log has already seen."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Protocol

__all__ = ["Clock", "ManualClock", "Moment", "SystemClock", "format_time", "parse_time"]

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True)
class Moment:
    """One look at the clocks of a machine.

    Parameters
    ----------
    at : datetime
        UTC, from the clock that people can set.
    steady_s : float
        From a clock that only runs forward; comparable between moments with the same ``boot``.
    boot : str
        Names the run of ``steady_s``.
    """

    at: datetime
    steady_s: float
    boot: str


class Clock(Protocol):
    """Where the time comes from."""

    def look(self) -> Moment:
        """Read all clocks at once."""
        ...


class SystemClock:
    """The clocks of this machine; the steady one goes on while the machine sleeps, where it can."""

    def look(self) -> Moment:
        """Read them."""
        return Moment(datetime.now(UTC), self._steady(), self._boot)

    @cached_property
    def _boot(self) -> str:
        """The same for all processes since the machine was started, where the system tells."""
        import uuid

        try:
            return _BOOT_ID.read_text(encoding="ascii").strip()
        except OSError:
            return f"process-{uuid.uuid4().hex}"

    @staticmethod
    def _steady() -> float:
        source = getattr(time, "CLOCK_BOOTTIME", getattr(time, "CLOCK_MONOTONIC", None))
        return time.monotonic() if source is None else time.clock_gettime(source)


class ManualClock:
    """A clock for tests and rehearsals: it stands still until it is moved.

    Parameters
    ----------
    at : datetime
        With time zone.
    """

    def __init__(self, at: datetime = datetime(2026, 1, 1, 8, tzinfo=UTC)) -> None:
        self._at = at
        self._steady_s = 0.0
        self.boot = "manual"

    def look(self) -> Moment:
        """The time it was set to."""
        return Moment(self._at, self._steady_s, self.boot)

    def advance(self, seconds: float = 0.0, days: float = 0.0) -> None:
        """Let time pass on all clocks.

        Raises
        ------
        ValueError
            If it would pass backwards.
        """
        passed = timedelta(seconds=seconds, days=days)
        if passed < timedelta():
            raise ValueError("time passes forward only; use set_back to turn the hands")
        self._at += passed
        self._steady_s += passed.total_seconds()

    def set_back(self, seconds: float = 0.0, days: float = 0.0) -> None:
        """Turn the hands back as a person would; the steady clock does not follow."""
        self._at -= timedelta(seconds=seconds, days=days)

    def set_forward(self, seconds: float = 0.0, days: float = 0.0) -> None:
        """Turn the hands forward; the steady clock does not follow."""
        self._at += timedelta(seconds=seconds, days=days)

    def restart(self) -> None:
        """Switch the machine off and on again: the steady clock begins anew."""
        self._steady_s = 0.0
        self.boot += "+"


def format_time(at: datetime) -> str:
    """ISO 8601 in UTC with milliseconds, always of the same length, so that texts sort like times."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds")


def parse_time(text: str) -> datetime:
    """What `format_time` wrote.

    Raises
    ------
    ValueError
        If it is no time with a zone.
    """
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"'{text}' has no time zone")
    return at.astimezone(UTC)
