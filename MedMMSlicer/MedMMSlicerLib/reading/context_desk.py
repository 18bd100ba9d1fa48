"""Clinical context: patient facts, texts, laboratory values of the current case."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..core import ClinicalContext
from .rows import ContextFacts, LaboratoryRow

if TYPE_CHECKING:
    from .room import ReadingRoom

__all__ = ["ContextDesk"]


class ContextDesk:
    """What the reader knows beside the images. Every change may start a what-if run."""

    def __init__(self, room: ReadingRoom) -> None:
        self._room = room

    @property
    def facts(self) -> ContextFacts:
        """Age, sex, view, indication, history."""
        raise NotImplementedError

    def set_age(self, text: str) -> None:
        """Set the age in years; empty: as the header says. An `InputError` keeps the typed text."""
        raise NotImplementedError

    def set_sex(self, text: str) -> None:
        """Set the sex: ``M``, ``F``, ``O`` or a word for it; empty: as the header says."""
        raise NotImplementedError

    def set_view(self, text: str) -> None:
        """Set the view of the current image, e.g. ``PA``; empty: as the header says."""
        raise NotImplementedError

    def set_indication(self, text: str) -> None:
        """Set the indication."""
        raise NotImplementedError

    def set_history(self, text: str) -> None:
        """Set the history."""
        raise NotImplementedError

    def rows(self) -> tuple[LaboratoryRow, ...]:
        """Laboratory values: what the model uses (given or missing) first, then the others."""
        raise NotImplementedError

    def set_value(self, name: str, text: str, unit: str = "") -> None:
        """Set a laboratory value. What can not be used is kept as typed: its row has the flag ``invalid``
        and says why in ``note``. An empty text removes the value; an empty unit means the usual one.
        """
        raise NotImplementedError

    def remove(self, name: str) -> None:
        """Remove a laboratory value."""
        raise NotImplementedError

    def import_file(self, path: Path) -> tuple[str, ...]:
        """Read JSON, FHIR or CSV into the context; returns the remarks."""
        raise NotImplementedError

    def paste(self, text: str) -> tuple[str, ...]:
        """Read what was copied from a spreadsheet: name, value, unit; returns the remarks."""
        raise NotImplementedError

    def remarks(self) -> tuple[str, ...]:
        """What was refused or assumed about the context of the current case."""
        raise NotImplementedError

    def complete(self) -> tuple[ClinicalContext, tuple[str, ...]]:
        """The context as a model gets it, with what the image header says, and remarks."""
        raise NotImplementedError
