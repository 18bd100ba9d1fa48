"""Notices that the reader works: the mouse moves, a view changes. Time without it is idle."""

from __future__ import annotations

from typing import Any

import qt

from ..errors import MedMMError
from ..scene.view_stamp import view_stamp

__all__ = ["ActivityWatch"]

_INTERVAL_MS = 1000


class ActivityWatch:
    """Looks once a second whether mouse or views moved while the program is in front.

    Polling, and no filter on all events: under PythonQt that would call Python for every one of them.

    Parameters
    ----------
    room : ReadingRoom
    """

    def __init__(self, room: Any) -> None:
        self._room = room
        self._seen: tuple[object, ...] = ()
        self._timer = qt.QTimer()
        self._timer.setInterval(_INTERVAL_MS)
        self._timer.connect("timeout()", self.look)
        self._timer.start()

    def look(self) -> None:
        """Tell the room where something moved since the last look."""
        if not self._room.cases.current_id or not qt.QApplication.activeWindow():
            return
        place = qt.QCursor.pos()
        seen = (place.x(), place.y(), view_stamp(self._room.scene))
        if seen != self._seen:
            self._seen = seen
            self.note()

    def note(self) -> None:
        """Tell the room that the reader did something."""
        try:
            self._room.report.workflow.activity()
        except MedMMError as error:
            # It would be told every second.
            self.stop()
            self._room.tell("warning", error)

    def stop(self) -> None:
        """Look no more."""
        self._timer.stop()
