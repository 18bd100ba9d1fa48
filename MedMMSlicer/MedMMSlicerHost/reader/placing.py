"""Slicer's place mode for points in the reader's slice views."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import qt

from .events import ViewEvent
from .view import View

__all__ = ["Placing"]


class Placing:
    """An `Interaction`: while the scene's interaction node asks for it, a left click adds a point.

    The list that gets the point is the one that the selection node names, as in Slicer. Any other button ends
    the mode.

    Parameters
    ----------
    scene : vtkMRMLScene
    views : sequence of View
    """

    def __init__(self, scene: Any, views: Sequence[View]) -> None:
        self._scene = scene
        self._views = views
        self._pressed = False
        self._node = scene.GetNodeByID("vtkMRMLInteractionNodeSingleton")
        event = self._node.InteractionModeChangedEvent
        self._tag = self._node.AddObserver(event, lambda *_event: self._show_cursor())
        for view in views:
            view.add_interaction(self)

    @property
    def is_on(self) -> bool:
        """Whether the next click places a point."""
        return bool(self._node.GetCurrentInteractionMode() == self._node.Place)

    def __call__(self, event: ViewEvent) -> bool:
        """Take the press while the mode is on, and what follows it until the button is released."""
        if self._pressed and event.kind in ("move", "release"):
            self._pressed = event.kind != "release"
            return True
        if event.kind != "press" or not self.is_on:
            return False
        self._pressed = True
        target = self._target()
        if event.button == "left" and event.ras is not None and target is not None:
            target.AddControlPointWorld(*event.ras)
        self._node.SetCurrentInteractionMode(self._node.ViewTransform)
        return True

    def close(self) -> None:
        """Let go of the scene."""
        self._node.RemoveObserver(self._tag)

    def _target(self) -> Any:
        selection = self._scene.GetNodeByID("vtkMRMLSelectionNodeSingleton")
        identifier = selection.GetActivePlaceNodeID()
        node = self._scene.GetNodeByID(identifier) if identifier else None
        return node if node is not None and node.IsA("vtkMRMLMarkupsFiducialNode") else None

    def _show_cursor(self) -> None:
        for view in self._views:
            if self.is_on:
                view.widget.setCursor(qt.QCursor(qt.Qt.CrossCursor))
            else:
                view.widget.unsetCursor()
