"""What slice views and the 3D view have in common: a canvas, and who gets its mouse events."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..application import HostApplication
from .canvas import Canvas
from .events import Interaction, ViewEvent

__all__ = ["View"]


class View:
    """A view of the scene.

    Attributes
    ----------
    name : str
        Slicer's layout name: ``Red``, ``Yellow``, ``Green``, or ``1`` for the 3D view.
    widget : Canvas
    on_menu : callable
        ``on_menu(view, global position)``: the reader asks for the context menu.
    """

    def __init__(self, application: HostApplication, name: str) -> None:
        self.application = application
        self.name = name
        self.widget = Canvas(self)
        self.on_menu: Callable[[View, Any], None] | None = None
        self._interactions: list[Interaction] = []
        self._grabber: Interaction | None = None

    @property
    def scene(self) -> Any:
        """The vtkMRMLScene."""
        return self.application.scene

    def refresh(self) -> None:
        """Draw anew, soon."""
        self.widget.invalidate()

    def add_interaction(self, handler: Interaction) -> None:
        """Let ``handler(event) -> bool`` see mouse events before everyone who was added earlier."""
        self._interactions.insert(0, handler)

    def remove_interaction(self, handler: Interaction) -> None:
        """Take it away; unknown ones are ignored."""
        if handler in self._interactions:
            self._interactions.remove(handler)
        if self._grabber is handler:
            self._grabber = None

    def ras_at(self, _position: tuple[float, float]) -> tuple[float, float, float] | None:
        """Place in the patient under a position of the widget (mm, RAS), None where there is none."""
        return None

    def draw(self, size_px: tuple[int, int]) -> NDArray[np.uint8]:
        """Draw at a size; RGBA of shape (height, width, 4)."""
        raise NotImplementedError

    def paint_over(self, painter: Any) -> None:
        """Paint texts over the picture."""

    def ask_menu(self, global_position: Any) -> None:
        """Open the context menu."""
        if self.on_menu is not None:
            self.on_menu(self, global_position)

    def left(self) -> None:
        """Tell everyone that the mouse left the view."""
        self.dispatch(ViewEvent("leave", self, (-1.0, -1.0)))

    def mouse(
        self,
        kind: str,
        position: tuple[float, float],
        button: str,
        buttons: frozenset[str],
        modifiers: frozenset[str],
        steps: float,
    ) -> None:
        """Make an event of what the canvas reports, and pass it on."""
        ras = self.ras_at(position)
        self.dispatch(ViewEvent(kind, self, position, ras, button, buttons, modifiers, steps))

    def dispatch(self, event: ViewEvent) -> bool:
        """Pass an event to the interactions; whether one consumed it."""
        if self._grabber is not None and event.kind in ("move", "release"):
            grabber = self._grabber
            if event.kind == "release" and not event.buttons:
                self._grabber = None
            return grabber(event)
        # A copy: a handler may take itself away.
        for handler in tuple(self._interactions):
            if handler(event):
                if event.kind in ("press", "double"):
                    self._grabber = handler
                return True
        return False

    def close(self) -> None:
        """Let go of the scene."""
        self._interactions.clear()
        self._grabber = None
