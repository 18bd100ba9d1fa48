"""Cases: which there are, which is current, and their records in the scene."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..core import Case
from .record import CaseRecord
from .rows import CaseEntry, Fact

if TYPE_CHECKING:
    from .room import ReadingRoom

__all__ = ["CaseDesk"]


class CaseDesk:
    """The cases of the scene. Every change of a record is written into its node at once."""

    def __init__(self, room: ReadingRoom) -> None:
        self._room = room

    def entries(self) -> tuple[CaseEntry, ...]:
        """All cases in the order in which they were opened."""
        raise NotImplementedError

    @property
    def current_id(self) -> str:
        """Id of the current case, or empty."""
        raise NotImplementedError

    def select(self, case_id: str) -> None:
        """Make a case current: its images and overlays are shown, those of other cases hidden."""
        raise NotImplementedError

    def open_paths(
        self, paths: Sequence[Path], progress: Callable[[str, float], None] | None = None
    ) -> tuple[str, ...]:
        """Open files and folders; returns the ids of the cases, the first of which is then current.

        ``progress`` (stage, fraction) may raise `CancelledError`: nothing of the call then stays.
        """
        raise NotImplementedError

    def open_sample(
        self, sample_id: str, progress: Callable[[str, float], None] | None = None
    ) -> tuple[str, ...]:
        """Open a sample study."""
        raise NotImplementedError

    def adopt_volume(self, volume_id: str, files: Sequence[Path] = ()) -> str:
        """Make a case of a volume that is in the scene already; returns its id."""
        raise NotImplementedError

    def set_role(self, case_id: str, volume_id: str, role: str) -> None:
        """Give a volume a role in a case (``current``, ``prior``, ``lateral``, ...)."""
        raise NotImplementedError

    def remove(self, case_id: str) -> None:
        """Remove a case with all its nodes."""
        raise NotImplementedError

    def facts(self) -> tuple[Fact, ...]:
        """Header facts of the current case, without the patient's name."""
        raise NotImplementedError

    def patient(self) -> tuple[str, str]:
        """Patient name and id of the current case from memory alone, empty after a reload."""
        raise NotImplementedError

    def case(self) -> Case:
        """The current case with its series (voxels shared with the nodes) and its complete context."""
        raise NotImplementedError

    def record(self, case_id: str) -> CaseRecord | None:
        """Record of a case."""
        raise NotImplementedError

    def store(self, record: CaseRecord) -> None:
        """Write a record into its node."""
        raise NotImplementedError

    def nodes(self, role: str) -> tuple[str, ...]:
        """Ids of the nodes of a role of the current case (``volume.current``, ``segmentation``, ...)."""
        raise NotImplementedError

    def set_nodes(self, role: str, node_ids: Sequence[str]) -> None:
        """Replace the nodes of a role of the current case."""
        raise NotImplementedError

    def close(self) -> None:
        """Let go of the scene."""
