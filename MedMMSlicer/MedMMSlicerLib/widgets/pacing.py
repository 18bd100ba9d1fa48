"""Room in a turn of the event loop: work that can wait does not join a turn that already drew something."""

from __future__ import annotations

import time
from collections.abc import Callable

__all__ = ["Pace"]

_LATE_S = 0.003
"""A timer that fires this late shares its turn with something long, such as the drawing of a view."""
_SAME_TURN_S = 0.002
_PATIENCE = 4
"""Turns that are left alone in a row: on a machine that is always late, work has to go on."""


class Pace:
    """Says whether work should begin now or in the next turn.

    Qt draws first and calls timers afterwards, all in one turn: together they are felt as one stop.

    Parameters
    ----------
    clock : callable
        Seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._ended = -1.0
        self._waited: dict[str, int] = {}
        self._due: dict[str, float] = {}

    def expect(self, name: str, delay_s: float) -> None:
        """Note when a timer is due."""
        self._due[name] = self._clock() + delay_s

    def is_late(self, name: str) -> bool:
        """Whether something long was done between the time for which a timer was expected and now."""
        now = self._clock()
        return now - self._due.get(name, now) > _LATE_S

    def may_work(self, name: str) -> bool:
        """Whether this turn has room; asked when the timer ``name`` fired."""
        now, late = self._clock(), self.is_late(name)
        waited = self._waited.get(name, 0)
        if (late or now - self._ended < _SAME_TURN_S) and waited < _PATIENCE:
            self._waited[name] = waited + 1
            return False
        self._waited[name] = 0
        return True

    def worked(self) -> None:
        """Note that something was just done in this turn."""
        self._ended = self._clock()
