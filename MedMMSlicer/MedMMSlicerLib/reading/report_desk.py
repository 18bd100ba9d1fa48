"""The report: draft, edits, saving."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..core import Report

if TYPE_CHECKING:
    from .room import ReadingRoom

__all__ = ["ReportDesk"]


class ReportDesk:
    """The report of the current case (text node with the role ``report``)."""

    def __init__(self, room: ReadingRoom) -> None:
        self._room = room

    @property
    def report(self) -> Report | None:
        """The report, None before the first run."""
        raise NotImplementedError

    def set_text(self, sentence_id: str, text: str) -> None:
        """Replace the text of a sentence; it is the reader's from then on."""
        raise NotImplementedError

    def add_sentence(self, section_id: str, text: str, after: str = "") -> str:
        """Add a sentence of the reader."""
        raise NotImplementedError

    def remove(self, sentence_id: str) -> None:
        """Remove a sentence."""
        raise NotImplementedError

    def evidence_of(self, sentence_id: str) -> tuple[str, ...]:
        """Ids of what a sentence states."""
        raise NotImplementedError

    def sentences_of(self, evidence_id: str) -> tuple[str, ...]:
        """Ids of the sentences that state something."""
        raise NotImplementedError

    def save(self, path: Path) -> None:
        """Write .html, .txt or .json."""
        raise NotImplementedError

    def redraft(self) -> None:
        """Draft again and merge with what the reader did. Called by the run desk after results, and by the
        context desk when texts or values changed; does nothing before the first run.
        """
