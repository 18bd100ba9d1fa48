"""Where a bundle looks that reads around a point."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import UsageError
from .rows import Point
from .run_checks import needs_point, point_problem

if TYPE_CHECKING:
    from .room import ReadingRoom

__all__ = ["RunPoints"]


class RunPoints:
    """The part of the run desk that is about points."""

    def __init__(self, room: ReadingRoom) -> None:
        self._room = room

    @property
    def needs_point(self) -> bool:
        """Whether the selected bundle reads around a point that nobody has given yet."""
        record = self._room.record
        manifest = self._room.models.manifest(self._room.models.selected_id)
        if record is None or manifest is None:
            return False
        return needs_point(manifest, self._room.cases.case(roles=("current",)), record)

    @property
    def points_ras(self) -> tuple[Point, ...]:
        """Where a bundle reads that looks around a point; empty: the middle of the image."""
        record = self._room.record
        return record.points_ras if record else ()

    def set_point(self, point_ras: Point | None) -> None:
        """Set that point (mm, RAS); None: the middle of the image.

        Raises
        ------
        UsageError
            If no case is open, or the point is outside of the image.
        """
        self.set_points(() if point_ras is None else (point_ras,))

    def set_points(self, points_ras: tuple[Point, ...]) -> None:
        """Set several points (both sides, say); see `set_point`."""
        case = self._room.cases.case(roles=("current",))
        points = []
        for right, anterior, superior in points_ras:
            point = (float(right), float(anterior), float(superior))
            problem = point_problem(case, point, self._room.language)
            if problem:
                raise UsageError(problem)
            points.append(point)
        self._room.change("run", "case", points_ras=tuple(points))

    def suggested_point(self) -> Point | None:
        """The last markup point of the reader, else the crosshair where it was moved; None without either."""
        from ..scene.cases import crosshair_point, last_markup_point

        point = last_markup_point(self._room.scene)
        if point is not None:
            return point
        return crosshair_point(self._room.scene)
