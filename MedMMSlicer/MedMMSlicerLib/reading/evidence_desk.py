"""Evidence: the heat map over the image."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .room import ReadingRoom

__all__ = ["EvidenceDesk"]


class EvidenceDesk:
    """Heat map on or off, and how opaque; state in ``room.record.evidence``, nodes of role ``heat_map``."""

    def __init__(self, room: ReadingRoom) -> None:
        self._room = room

    @property
    def visible(self) -> bool:
        """Whether the heat map of the selected finding is shown."""
        raise NotImplementedError

    @property
    def opacity(self) -> float:
        """0 to 1."""
        raise NotImplementedError

    @property
    def finding_id(self) -> str:
        """Whose heat map is shown."""
        raise NotImplementedError

    def set_visible(self, visible: bool) -> None:
        """Show or hide."""
        raise NotImplementedError

    def set_opacity(self, opacity: float) -> None:
        """Set the opacity, 0 to 1."""
        raise NotImplementedError

    def after_results(self) -> None:
        """Called by the run desk when heat maps were added, updated or removed."""

    def after_select(self) -> None:
        """Called when another case was selected and its images are shown (without overlay)."""
