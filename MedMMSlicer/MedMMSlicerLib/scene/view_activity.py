"""What a reader does with the views, counted from the nodes: scrolling, zooming, windowing."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from ._mrml import MrmlNode, MrmlScene
from .views import ensure_slice_views

__all__ = ["VIEW_ACTIVITIES", "ViewActivity"]

VIEW_ACTIVITIES = ("scroll", "zoom", "window")
"""Slices gone by, changes of the field of view, changes of window or level."""

_PAUSE_S = 0.25
"""A drag changes zoom and window many times; changes that follow each other faster are one."""

_TOLERANCE_MM = 1e-3


class ViewActivity:
    """Counts what changes in the slice views and in the display of some volumes.

    It looks at nodes alone, so it counts the same in Slicer and in the desktop reader, whether keys, mouse or
    menus are used.

    Parameters
    ----------
    scene : vtkMRMLScene
    volume_ids : sequence of str
        Volumes whose window is looked at.
    clock : callable
        Seconds that never go back.

    Attributes
    ----------
    last_s : float
        Time of the last change; that of the construction before the first one.
    """

    def __init__(
        self, scene: MrmlScene, volume_ids: Sequence[str], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self.last_s = clock()
        self._counts = dict.fromkeys(VIEW_ACTIVITIES, 0)
        self._changed_s: dict[tuple[str, str], float] = {}
        self._seen: dict[str, tuple[float, ...]] = {}
        self._tags: list[tuple[Any, int]] = []
        for node_id in ensure_slice_views(scene):
            self._watch(scene.GetNodeByID(node_id), self._slice_changed)
        for volume_id in volume_ids:
            volume = scene.GetNodeByID(volume_id)
            display = None if volume is None else volume.GetDisplayNode()
            if display is not None and display.IsA("vtkMRMLScalarVolumeDisplayNode"):
                self._watch(display, self._display_changed)

    def take(self) -> dict[str, int]:
        """Return what was counted since the last call, without what is zero."""
        counts = {name: count for name, count in self._counts.items() if count}
        self._counts = dict.fromkeys(VIEW_ACTIVITIES, 0)
        return counts

    def close(self) -> None:
        """Look no more."""
        for node, tag in self._tags:
            node.RemoveObserver(tag)
        self._tags = []

    def _watch(self, node: MrmlNode, changed: Callable[[MrmlNode], None]) -> None:
        changed(node)
        self._tags.append((node, node.AddObserver("ModifiedEvent", lambda caller, _event: changed(caller))))

    def _slice_changed(self, node: MrmlNode) -> None:
        matrix = node.GetSliceToRAS()
        normal = [matrix.GetElement(row, 2) for row in range(3)]
        offset = sum(matrix.GetElement(row, 3) * value for row, value in enumerate(normal))
        width = float(node.GetFieldOfView()[0])
        # A view that is made wider or narrower shows more or less; that is no zoom.
        mm_per_pixel = width / max(1, node.GetDimensions()[0])
        before = self._seen.get(node.GetID())
        self._seen[node.GetID()] = (offset, mm_per_pixel)
        if before is None:
            return
        if abs(offset - before[0]) > _TOLERANCE_MM:
            self._count("scroll", node, 0.0)
        if abs(mm_per_pixel / before[1] - 1.0) > _TOLERANCE_MM:
            self._count("zoom", node, _PAUSE_S)

    def _display_changed(self, node: MrmlNode) -> None:
        now = (float(node.GetWindow()), float(node.GetLevel()))
        before = self._seen.get(node.GetID())
        self._seen[node.GetID()] = now
        if before is not None and now != before:
            self._count("window", node, _PAUSE_S)

    def _count(self, name: str, node: MrmlNode, pause_s: float) -> None:
        now = self._clock()
        key = (name, str(node.GetID()))
        if now - self._changed_s.get(key, float("-inf")) >= pause_s:
            self._counts[name] += 1
        self._changed_s[key] = self.last_s = now
