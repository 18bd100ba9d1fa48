"""Turns of the event loop, timed: what a timer of 20 ms sees, and the processor time of each turn."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Frames", "Watch"]

INTERVAL_S = 0.020


@dataclass
class Watch:
    """Drives the event loop, turn by turn, and keeps what it saw.

    Attributes
    ----------
    turns : list of (str, float, float)
        What the run did, processor seconds of the event loop's thread, and of all threads of the process
        (drawing uses more than one at the same time).
    lags_s : list of float
        How much later than it should a timer fired.
    """

    turns: list[tuple[str, float, float]] = field(default_factory=list)
    lags_s: list[float] = field(default_factory=list)

    def until(
        self, done: Callable[[], bool], say: Callable[[], str] = str, patience_s: float = 180.0
    ) -> None:
        """Let the event loop work until something is so; ``say`` tells what is going on."""
        import qt

        fired: list[float] = []
        timer = qt.QTimer()
        timer.setTimerType(qt.Qt.PreciseTimer)
        timer.setInterval(round(INTERVAL_S * 1000))
        timer.connect("timeout()", lambda: fired.append(time.perf_counter()))
        timer.start()
        end = time.monotonic() + patience_s
        while not done():
            assert time.monotonic() < end, "It did not happen in time."
            what = say()
            thread, process = time.thread_time(), time.process_time()
            qt.QApplication.processEvents()
            self.turns.append((what, time.thread_time() - thread, time.process_time() - process))
            time.sleep(0.001)
        timer.stop()
        self.lags_s += [later - sooner - INTERVAL_S for sooner, later in itertools.pairwise(fired)]

    def let_go(self, seconds: float) -> None:
        """Let the event loop work for a while, unwatched."""
        end = time.monotonic() + seconds
        Watch().until(lambda: time.monotonic() > end)

    @property
    def longest_cpu_s(self) -> float:
        """Of the event loop's own thread, in one turn."""
        return max(turn[1] for turn in self.turns)

    @property
    def longest_process_cpu_s(self) -> float:
        """Of all threads together, in one turn."""
        return max(turn[2] for turn in self.turns)

    @property
    def longest_lag_s(self) -> float:
        """Of the timer."""
        return max(self.lags_s, default=0.0)

    def describe(self) -> str:
        """The longest turns, for a person."""
        longest = sorted(self.turns, key=lambda turn: -turn[2])[:5]
        rows = [f"{what}: thread {thread:.3f} s, process {cpu:.3f} s" for what, thread, cpu in longest]
        return f"lag {self.longest_lag_s:.3f} s; thread {self.longest_cpu_s:.3f} s; " + "; ".join(rows)


@dataclass
class Frames:
    """Pictures that a view drew while somebody scrolled.

    ``step(number)`` moves the view once; the next one follows when the picture was drawn.
    """

    view: Any
    step: Callable[[int], object]
    count: int = 0
    seconds: float = 0.0
    cpu_s: float = 0.0

    def run(self, goes_on: Callable[[int], bool]) -> Frames:
        """Scroll as long as ``goes_on(pictures so far)``."""
        import qt

        drawn: list[int] = []
        original = self.view.draw

        def draw(size_px: tuple[int, int]) -> Any:
            drawn.append(1)
            return original(size_px)

        self.view.draw = draw
        try:
            wall, thread = time.perf_counter(), time.thread_time()
            while goes_on(len(drawn)):
                before = len(drawn)
                self.step(before)
                while len(drawn) == before:
                    qt.QApplication.processEvents()
                    # An event loop that waits takes no processor time.
                    time.sleep(0.0005)
            self.seconds = time.perf_counter() - wall
            self.cpu_s = time.thread_time() - thread
        finally:
            self.view.draw = original
        self.count = len(drawn)
        return self

    @property
    def per_second(self) -> float:
        """Pictures for one second on the wall."""
        return self.count / self.seconds

    @property
    def cpu_per_picture_s(self) -> float:
        """Processor time of the event loop's thread for one picture, with everything else that went on."""
        return self.cpu_s / self.count
