"""Surfaces of segments for the 3D view, made when they are wanted and not before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import qt
from MedMMSlicerLib.errors import MedMMError
from MedMMSlicerLib.scene.surfaces import (
    missing_surfaces,
    prepare_surface,
    put_surfaces,
)

__all__ = ["Surfaces"]

_QUIET_MS = 250
"""After the last change: painting a segment changes it many times a second."""
_PAUSE_MS = 20
"""Between two surfaces: views are drawn, and the reader scrolls on."""


class Surfaces:
    """Keeps segments visible in 3D.

    Parameters
    ----------
    room : ReadingRoom
    on_made : callable
        Called when there are new surfaces.
    must_stay : callable
        Whether nothing may be added to a segmentation (node id) just now.
    """

    def __init__(self, room: Any, on_made: Callable[[], object], must_stay: Callable[[str], bool]) -> None:
        self._room = room
        self._on_made = on_made
        self._must_stay = must_stay
        self.enabled = True
        self._timer = qt.QTimer()
        self._timer.setSingleShot(True)
        self._timer.setInterval(_QUIET_MS)
        self._timer.connect("timeout()", self._next)
        self._made = False
        self._prepared: dict[str, dict[str, Any]] = {}
        self._failed: set[tuple[str, str]] = set()

    def request(self) -> None:
        """Look at the segments soon."""
        # What was prepared may be older than the change.
        self._prepared = {}
        if self.enabled:
            self._timer.setInterval(_QUIET_MS)
            self._timer.start()

    def set_enabled(self, enabled: bool) -> None:
        """Show segments in 3D, or hide them there."""
        self.enabled = enabled
        for node in self._nodes():
            node.GetDisplayNode().SetVisibility3D(enabled)
        if enabled:
            self.update()

    def update(self) -> None:
        """Make all surfaces that are missing, without a pause."""
        while self._make_one():
            pass

    def _next(self) -> None:
        """Make one surface, and the next one after a pause; a run makes those of its results itself."""
        if self._room.run.state.busy:
            self.request()
        elif self._make_one():
            self._timer.setInterval(_PAUSE_MS)
            self._timer.start()

    def _make_one(self) -> bool:
        """Make a surface that is missing, or show those that were made; whether there was one."""
        for node in self._nodes():
            node_id, display = str(node.GetID()), node.GetDisplayNode()
            # What the reader does not want to see in 3D needs no surface.
            wanted = self.enabled and display.GetVisibility() and display.GetVisibility3D()
            if not wanted or self._must_stay(node_id):
                continue
            missing = [
                name
                for name in missing_surfaces(self._room.scene, node_id)
                if (node_id, name) not in self._failed
            ]
            if missing:
                self._make(node_id, missing)
                return True
        if self._made:
            self._made = False
            self._on_made()
        return False

    def _make(self, node_id: str, missing: list[str]) -> None:
        """Prepare the next of the missing surfaces; show them when all are prepared."""
        prepared = self._prepared.setdefault(node_id, {})
        left = [name for name in missing if name not in prepared]
        try:
            if left:
                prepared[left[0]] = prepare_surface(self._room.scene, node_id, left[0])
            if len(left) <= 1:
                put_surfaces(self._room.scene, node_id, self._prepared.pop(node_id))
                self._made = True
        except MedMMError as error:
            # Once is enough: it would be tried again and again.
            self._failed.add((node_id, left[0] if left else missing[0]))
            self._room.tell("warning", error)

    def stop(self) -> None:
        """Do nothing any more."""
        self._timer.stop()

    def _nodes(self) -> list[Any]:
        scene = self._room.scene
        count = scene.GetNumberOfNodesByClass("vtkMRMLSegmentationNode")
        nodes = [scene.GetNthNodeByClass(index, "vtkMRMLSegmentationNode") for index in range(count)]
        return [
            node for node in nodes if node.GetDisplayNode() and node.GetSegmentation().GetNumberOfSegments()
        ]
