"""Lesion marks of the read that is open: clicked into the images, each with a target and a rating."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import UsageError
from .rows import Point

if TYPE_CHECKING:
    from .room import ReadingRoom

__all__ = ["Mark", "StudyMarks"]


@dataclass(frozen=True)
class Mark:
    """A marked lesion; it counts, and is saved, once it has a ``rating``."""

    target: str
    position_ras: Point
    rating: float | None = None


class StudyMarks:
    """The marks of one read.

    Parameters
    ----------
    room : ReadingRoom
    on_changed : callable
        Called after the reader placed, rated or removed a mark.
    """

    def __init__(self, room: ReadingRoom, on_changed: Callable[[], object]) -> None:
        self._room = room
        self._on_changed = on_changed
        self._marks: tuple[Mark, ...] = ()
        self._selected = -1
        self._target = ""
        self._node_id = ""
        self._token: Any = None
        self._showing = False
        self._before = ("", "")

    @property
    def rows(self) -> tuple[Mark, ...]:
        """All marks in the order of their numbers."""
        return self._marks

    @property
    def selected(self) -> int:
        """Index of the selected mark, -1 without one."""
        return self._selected

    @property
    def placing(self) -> str:
        """Target of the mark that the next click places, empty if it places none."""
        from ..scene.study_marks import is_placing

        return self._target if self._node_id and is_placing(self._room.scene) else ""

    def open(self, marks: Sequence[Mark]) -> None:
        """Show what was marked before."""
        from ..scene.study_marks import add_mark_list, observe_marks

        self.close()
        self._marks = tuple(marks)
        self._node_id = add_mark_list(self._room.scene)
        self._token = observe_marks(self._room.scene, self._node_id, self._placed)
        self._show()

    def begin(self, target: str) -> None:
        """Let the next click into a slice place a mark of this target.

        Raises
        ------
        UsageError
            If no read is open.
        """
        from ..scene.study_marks import begin_placing

        if not self._node_id:
            raise UsageError("Marks are placed while a case is read.")
        self._target = target
        before = begin_placing(self._room.scene, self._node_id)
        if before[1] != self._node_id:
            self._before = before

    def stop(self) -> None:
        """Let clicks do again what they do otherwise."""
        from ..scene.study_marks import end_placing

        end_placing(self._room.scene, self._node_id, self._before)

    def select(self, index: int) -> None:
        """Select a mark and show its place."""
        from ..scene.views import jump_to

        self._release()
        self._selected = index if 0 <= index < len(self._marks) else -1
        if self._selected >= 0:
            jump_to(self._room.scene, self._marks[self._selected].position_ras)
        self._highlight()

    def rate(self, index: int, rating: float | None) -> None:
        """Give a mark its rating.

        Raises
        ------
        UsageError
            If there is no such mark.
        """
        changed = dataclasses.replace(self._mark(index), rating=rating)
        self._release()
        self._marks = (*self._marks[:index], changed, *self._marks[index + 1 :])
        self._on_changed()

    def remove(self, index: int) -> None:
        """Remove a mark; those behind it move up.

        Raises
        ------
        UsageError
            If there is no such mark.
        """
        self._mark(index)
        self.stop()
        self._marks = (*self._marks[:index], *self._marks[index + 1 :])
        self._selected = min(self._selected, len(self._marks) - 1)
        self._show()
        self._on_changed()

    def close(self) -> None:
        """Take the marks out of the scene."""
        from ..scene.cases import remove_nodes
        from ..scene.study_marks import unobserve_marks

        if self._token is not None:
            self.stop()
            unobserve_marks(self._token)
            self._token = None
            remove_nodes(self._room.scene, [self._node_id])
        self._node_id, self._marks, self._selected, self._target = "", (), -1, ""

    def _release(self) -> None:
        """Once a mark is placed, the reader's later points go where they went before."""
        if not self.placing:
            self.stop()

    def _mark(self, index: int) -> Mark:
        if not 0 <= index < len(self._marks):
            raise UsageError("There is no such mark. Select one in the list.")
        return self._marks[index]

    def _highlight(self) -> None:
        from ..scene.study_marks import highlight_mark

        if self._room.scene.GetNodeByID(self._node_id) is not None:
            highlight_mark(self._room.scene, self._node_id, self._selected)

    def _show(self) -> None:
        from ..scene.study_marks import show_marks

        if self._node_id and self._room.scene.GetNodeByID(self._node_id) is not None:
            self._showing = True
            points = [mark.position_ras for mark in self._marks]
            show_marks(self._room.scene, self._node_id, points, self._selected)
            self._showing = False

    def _placed(self) -> None:
        """Take over the point that a click has added; also called when placing ended without one."""
        from ..scene.study_marks import lock_marks, points_of_marks

        if self._showing:
            return
        if self._room.scene.GetNodeByID(self._node_id) is not None:
            points = points_of_marks(self._room.scene, self._node_id)
            if len(points) > len(self._marks):
                self._marks = (*self._marks, Mark(self._target, points[-1]))
                self._selected = len(self._marks) - 1
                # Not shown anew: Slicer is still busy with the point that it has just placed.
                self._highlight()
                lock_marks(self._room.scene, self._node_id)
        self._on_changed()
