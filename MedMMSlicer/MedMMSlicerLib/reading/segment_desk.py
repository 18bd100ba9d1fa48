"""Segments: rows, visibility, comparisons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .rows import SegmentComparison, SegmentRow

if TYPE_CHECKING:
    from .room import ReadingRoom

__all__ = ["SegmentDesk"]


class SegmentDesk:
    """The segments of the current case's segmentation nodes (role ``segmentation``)."""

    def __init__(self, room: ReadingRoom) -> None:
        self._room = room

    def rows(self) -> tuple[SegmentRow, ...]:
        """Segments as rows."""
        raise NotImplementedError

    def set_visible(self, segmentation_id: str, segment_ids: Sequence[str], visible: bool) -> None:
        """Show or hide segments."""
        raise NotImplementedError

    def set_opacity(self, segmentation_id: str, segment_ids: Sequence[str], opacity: float) -> None:
        """Set the opacity, 0 to 1."""
        raise NotImplementedError

    def jump(self, segmentation_id: str, segment_id: str) -> None:
        """Move the views to the middle of a segment."""
        raise NotImplementedError

    def comparisons(self) -> tuple[SegmentComparison, ...]:
        """Touched segments against the last run."""
        raise NotImplementedError

    def refresh(self) -> None:
        """Measure again after an edit."""
        raise NotImplementedError

    def after_results(self) -> None:
        """Called by the run desk when segmentations were added or updated."""
