"""Surfaces of segments for the 3D view, made when they are wanted and not before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import qt
from MedMMSlicerLib.errors import MedMMError
from MedMMSlicerLib.scene.segmentations import show_closed_surface

__all__ = ["Surfaces"]

_QUIET_MS = 250
"""After the last change: painting a segment changes it many times a second."""


class Surfaces:
    """Keeps segments visible in 3D.

    Parameters
    ----------
    room : ReadingRoom
    on_made : callable
        Called when there are new surfaces.
    """

    def __init__(self, room: Any, on_made: Callable[[], object]) -> None:
        self._room = room
        self._on_made = on_made
        self.enabled = True
        self._timer = qt.QTimer()
        self._timer.setSingleShot(True)
        self._timer.setInterval(_QUIET_MS)
        self._timer.connect("timeout()", self.update)

    def request(self) -> None:
        """Look at the segments soon."""
        if self.enabled:
            self._timer.start()

    def set_enabled(self, enabled: bool) -> None:
        """Show segments in 3D, or hide them there."""
        self.enabled = enabled
        if enabled:
            self.update()
            return
        for node in self._nodes():
            node.GetDisplayNode().SetVisibility3D(False)

    def update(self) -> None:
        """Make the surfaces that are missing, one segmentation after the other."""
        made = False
        for node in self._nodes():
            display = node.GetDisplayNode()
            if not self.enabled or not display.GetVisibility():
                continue
            if node.GetSegmentation().ContainsRepresentation("Closed surface"):
                display.SetVisibility3D(True)
                continue
            try:
                show_closed_surface(self._room.scene, node.GetID())
                made = True
            except MedMMError as error:
                self._room.tell("warning", error)
        if made:
            self._on_made()

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
