"""Findings: rows, status, edits, explanations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .rows import Explanation, FindingRow, Point

if TYPE_CHECKING:
    from .room import ReadingRoom

__all__ = ["FindingDesk"]


class FindingDesk:
    """The findings of the current case: those of ``room.record.prediction`` and ``added``, with ``marks``."""

    def __init__(self, room: ReadingRoom) -> None:
        self._room = room

    def rows(self, sort: str = "probability", only: str = "all") -> tuple[FindingRow, ...]:
        """Findings as rows."""
        raise NotImplementedError

    def set_status(self, finding_id: str, status: str) -> None:
        """Accept, reject, or set back."""
        raise NotImplementedError

    def edit(
        self, finding_id: str, name: str | None = None, laterality: str | None = None, note: str | None = None
    ) -> None:
        """Change what is given."""
        raise NotImplementedError

    def add(self, name: str, location_ras: Point | None = None) -> str:
        """Add a finding of the reader."""
        raise NotImplementedError

    @property
    def selected_id(self) -> str:
        """Id of the selected finding, or empty."""
        raise NotImplementedError

    def select(self, finding_id: str) -> None:
        """Select a finding: the views jump to it."""
        raise NotImplementedError

    def explain(self, finding_id: str) -> Explanation:
        """Why it has its probability."""
        raise NotImplementedError

    def after_results(self) -> None:
        """Called by the run desk when results are in the record and in the scene."""
