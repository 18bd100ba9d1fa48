"""Images of a reader study: read ahead, shown, and taken away again; one case at a time."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..core import Series
from ..errors import MedMMError
from .case_prefetch import CasePrefetch

if TYPE_CHECKING:
    from ..scene.view_activity import ViewActivity
    from .room import ReadingRoom

__all__ = ["StudyImages"]

_SMALL_BYTES = 4 << 20
"""Files of this size together are read in less time than a process needs to start."""


class StudyImages:
    """The images of the task that is worked on, and those of the next one, which are not in the scene.

    Attributes
    ----------
    case_id : str
        Of the room's case, empty while nothing is shown.
    """

    def __init__(self, room: ReadingRoom) -> None:
        self._room = room
        self._ahead: CasePrefetch | None = None
        self._activity: ViewActivity | None = None
        self.case_id = ""

    def read(self, code: str, paths: Sequence[Path]) -> tuple[Series, ...]:
        """Return the series of a task with voxels: those that were read ahead, else read now.

        Raises
        ------
        InputError, MemoryLimitError
            If they can not be read.
        """
        ahead = None if self._ahead is None else self._ahead.take(code)
        if ahead is not None:
            return ahead
        from ..dicom.reading import load, scan

        return tuple(load(series) for study in scan(paths) for series in study.series)

    def read_ahead(self, code: str, paths: Sequence[Path]) -> None:
        """Begin to read the images of a coming task; that it fails is said when they are needed.

        Small images are not read ahead: that would take longer than reading them.
        """
        if sum(path.stat().st_size for path in paths if path.is_file()) < _SMALL_BYTES:
            return
        try:
            if self._ahead is None:
                worker = self._room.given_worker
                from ..inference.worker_process import find_python

                self._ahead = CasePrefetch(worker.python if worker else find_python(sys.executable))
            self._ahead.start(code, paths)
        except MedMMError:
            self._ahead = None

    @property
    def is_ahead(self) -> bool:
        """Whether the coming images are all there."""
        return self._ahead is not None and self._ahead.is_ready

    def show(self, series: Sequence[Series], title: str) -> None:
        """Make the series the one case of the scene.

        Raises
        ------
        InputError
            If they can not be put into the scene.
        """
        from ..scene.view_activity import ViewActivity

        self.take_away()
        self.case_id = self._room.cases.open_series(series, title)
        entry = next(item for item in self._room.cases.entries() if item.id == self.case_id)
        self._activity = ViewActivity(self._room.scene, [item.volume_id for item in entry.series])

    def take_activity(self) -> dict[str, int]:
        """Return what the reader did in the views since the last call, see `ViewActivity.take`."""
        return {} if self._activity is None else self._activity.take()

    def take_away(self) -> None:
        """Remove the case with everything that belongs to it."""
        if self._activity is not None:
            self._activity.close()
            self._activity = None
        case_id, self.case_id = self.case_id, ""
        if case_id and self._room.cases.record(case_id) is not None:
            self._room.cases.remove(case_id)

    def close(self) -> None:
        """Remove the case, and forget what was read ahead."""
        self.take_away()
        if self._ahead is not None:
            self._ahead.close()
            self._ahead = None
