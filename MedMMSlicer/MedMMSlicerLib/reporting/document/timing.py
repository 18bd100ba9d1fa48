"""How long a report took: from the first image to the signature, with idle time apart."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import datetime

from ...errors import UsageError

__all__ = ["IDLE_AFTER_S", "ReadingTime", "seconds_between"]

IDLE_AFTER_S = 60.0
"""A longer pause between two activities is idle time in full. A choice, no finding: state it with results."""


@dataclass(frozen=True)
class ReadingTime:
    """Time of work on a case, built from the times of activities (mouse, keys, any command).

    Parameters
    ----------
    first_at : str
        When the first image was shown, ISO 8601; empty: not yet.
    last_at : str
        The last activity.
    active_ms, idle_ms : int
        Their sum is the time from ``first_at`` to ``last_at``, sessions that were closed in between included
        as idle time.
    idle_after_ms : int
    """

    first_at: str = ""
    last_at: str = ""
    active_ms: int = 0
    idle_ms: int = 0
    idle_after_ms: int = int(IDLE_AFTER_S * 1000)

    @property
    def active_s(self) -> float:
        """Seconds of work."""
        return self.active_ms / 1000

    @property
    def idle_s(self) -> float:
        """Seconds of pauses longer than the limit."""
        return self.idle_ms / 1000

    @property
    def total_s(self) -> float:
        """Seconds from the first image to the last activity."""
        return (self.active_ms + self.idle_ms) / 1000

    def touched(self, at: str) -> ReadingTime:
        """The time after an activity; one earlier than the last (a clock that was set back) adds nothing.

        Raises
        ------
        UsageError
            If ``at`` is no ISO 8601 time with a zone.
        """
        if not self.first_at:
            seconds_between(at, at)
            return dataclasses.replace(self, first_at=at, last_at=at)
        passed = round(1000 * seconds_between(self.last_at, at))
        if passed <= 0:
            return self
        if passed > self.idle_after_ms:
            return dataclasses.replace(self, last_at=at, idle_ms=self.idle_ms + passed)
        return dataclasses.replace(self, last_at=at, active_ms=self.active_ms + passed)


def seconds_between(first: str, second: str) -> float:
    """Seconds from one ISO 8601 time to another.

    Raises
    ------
    UsageError
        If one of them is none, or has no time zone.
    """
    moments = []
    for text in (first, second):
        try:
            moment = datetime.fromisoformat(text)
        except ValueError as error:
            raise UsageError(
                f"'{text}' is no ISO 8601 time. Give one such as 2026-01-02T03:04:05+00:00."
            ) from error
        if moment.tzinfo is None:
            raise UsageError(f"'{text}' has no time zone. Give one such as 2026-01-02T03:04:05+00:00.")
        moments.append(moment)
    return (moments[1] - moments[0]).total_seconds()
