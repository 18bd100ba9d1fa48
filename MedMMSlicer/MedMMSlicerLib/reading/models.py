"""Models: which bundles fit the current case, which is selected, and what the reader accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..bundles.manifest import Manifest
from .rows import ModelEntry

if TYPE_CHECKING:
    from .room import ReadingRoom

__all__ = ["ModelDesk"]


class ModelDesk:
    """The bundles of the catalog, judged for the current case."""

    def __init__(self, room: ReadingRoom) -> None:
        self._room = room

    def suggestions(self) -> tuple[ModelEntry, ...]:
        """All bundles, those that fit the current case first."""
        raise NotImplementedError

    @property
    def selected_id(self) -> str:
        """Id of the selected bundle, or empty."""
        raise NotImplementedError

    def select(self, bundle_id: str) -> None:
        """Select a bundle for the current case."""
        raise NotImplementedError

    def card(self, bundle_id: str) -> str:
        """Text of its model card (Markdown)."""
        raise NotImplementedError

    def accept(self, bundle_id: str) -> None:
        """Accept license and intended use of this version of a bundle, once for all cases."""
        raise NotImplementedError

    def manifest(self, bundle_id: str) -> Manifest | None:
        """Manifest of a bundle, None if it is not there (any more)."""
        raise NotImplementedError
