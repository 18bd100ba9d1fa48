"""Runs: start, progress, results into the scene, cancel, undo, what-if."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..core import Prediction
from .rows import Point, RunState

if TYPE_CHECKING:
    from .room import ReadingRoom

__all__ = ["RunDesk"]


class RunDesk:
    """The one run in progress. Nothing here waits: a timer calls `poll` every 20 ms."""

    def __init__(self, room: ReadingRoom) -> None:
        self._room = room

    def can_start(self) -> tuple[bool, str]:
        """Whether a run can start, and if not, why: one sentence."""
        raise NotImplementedError

    def start(self, device: str = "auto") -> None:
        """Run the selected bundle on the current case. Raises `MedMMError` if it can not start."""
        raise NotImplementedError

    @property
    def state(self) -> RunState:
        """What is going on."""
        raise NotImplementedError

    def poll(self) -> None:
        """Take what the worker sent; put results into the scene, a part at a time."""
        raise NotImplementedError

    def cancel(self) -> None:
        """End the run in progress; nothing is changed."""
        raise NotImplementedError

    @property
    def device_used(self) -> str:
        """Execution provider that the last run of the current case really used, or empty."""
        raise NotImplementedError

    @property
    def device_warning(self) -> str:
        """Why it is not the device that was asked for, or empty: shown as a red banner."""
        raise NotImplementedError

    @property
    def points_ras(self) -> tuple[Point, ...]:
        """Where a bundle reads that looks around a point; empty: the middle of the image."""
        raise NotImplementedError

    def set_point(self, point_ras: Point | None) -> None:
        """Set that point (mm, RAS); None: the middle of the image."""
        raise NotImplementedError

    @property
    def can_undo(self) -> bool:
        """Whether the last analysis of the current case can be undone."""
        raise NotImplementedError

    def undo(self) -> None:
        """Take the last analysis back; what a person changed since stays."""
        raise NotImplementedError

    @property
    def prediction(self) -> Prediction | None:
        """Prediction of the current case without label maps and heat maps (those are nodes)."""
        raise NotImplementedError

    @property
    def is_stale(self) -> bool:
        """Whether the context changed since the prediction of the current case was made."""
        raise NotImplementedError

    def context_changed(self) -> None:
        """Called by the context desk: starts a what-if run where the bundle can do that."""

    def close(self) -> None:
        """End the worker."""
