"""How long a read took: work, idle pauses and interruptions, kept apart."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

__all__ = ["ReadTimes"]


@dataclass(frozen=True)
class ReadTimes:
    """Seconds from the first image shown on.

    Parameters
    ----------
    active_s : float
        Between inputs that were no further apart than the idle threshold.
    idle_s : float
        Longer gaps without input, each in full.
    interrupted_s : float
        Between pause and resume, and while the program was closed or had crashed.
    """

    active_s: float = 0.0
    idle_s: float = 0.0
    interrupted_s: float = 0.0

    @property
    def total_s(self) -> float:
        """All together."""
        return self.active_s + self.idle_s + self.interrupted_s

    def after_gap(self, seconds: float, idle_after_s: float) -> ReadTimes:
        """The times after a gap between two inputs."""
        if seconds > idle_after_s:
            return dataclasses.replace(self, idle_s=self.idle_s + seconds)
        return dataclasses.replace(self, active_s=self.active_s + max(seconds, 0.0))

    def after_interruption(self, seconds: float) -> ReadTimes:
        """The times after an interruption."""
        return dataclasses.replace(self, interrupted_s=self.interrupted_s + max(seconds, 0.0))
