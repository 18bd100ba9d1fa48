"""What the mouse does in slice views when no editor wants it: window, pan, zoom, scroll, crosshair."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from .events import ViewEvent
from .slice_view import SliceView

__all__ = ["TOOLS", "SliceMouse", "SliceMouseTargets", "set_window"]

TOOLS = ("window", "pan", "zoom", "scroll")
"""What dragging with the left button does."""

_WIDTH_PER_PIXEL = 0.006
_LEVEL_PER_PIXEL = 0.003
"""Relative to the window: narrow ones move finely, and a drag over half a view changes it tenfold."""

_ZOOM_PER_PIXEL = 1.008
_ZOOM_PER_NOTCH = 1.15
_SCROLL_PIXELS = 6.0
"""Of a drag, for one slice."""

_CLICK_PIXELS = 4
"""A right button that moved less asks for the menu."""


@dataclass(frozen=True)
class SliceMouseTargets:
    """What the mouse acts upon beyond the view that it is in.

    Parameters
    ----------
    followers : callable
        ``followers(view)``: views that zoom and pan along, empty when views are not linked.
    on_point : callable
        ``on_point(view, ras)``: the crosshair goes there.
    on_hover : callable
        ``on_hover(view or None, ras or None)``: the mouse is there.
    on_menu : callable
        ``on_menu(view, position)``: the context menu is wanted.
    on_double : callable
        ``on_double(view)``.
    """

    followers: Callable[[SliceView], Sequence[SliceView]]
    on_point: Callable[[SliceView, tuple[float, float, float]], None]
    on_hover: Callable[[SliceView | None, tuple[float, float, float] | None], None]
    on_menu: Callable[[SliceView, tuple[float, float]], None]
    on_double: Callable[[SliceView], None]


def set_window(volume: Any, width: float, level: float) -> None:
    """Set the window of a volume node's display."""
    display = volume.GetDisplayNode() if volume is not None else None
    if display is None or not display.IsA("vtkMRMLScalarVolumeDisplayNode"):
        return
    changing = display.StartModify()
    display.SetAutoWindowLevel(False)
    display.SetWindowLevel(float(width), float(level))
    display.EndModify(changing)


class SliceMouse:
    """An `Interaction` for all slice views.

    Attributes
    ----------
    tool : str
        One of `TOOLS`.
    """

    def __init__(self, targets: SliceMouseTargets) -> None:
        self.tool = "window"
        self._targets = targets
        self._drag = ""
        self._start = (0.0, 0.0)
        self._last = (0.0, 0.0)
        self._moved = False
        self._window = (1.0, 0.0)
        self._rest = 0.0

    def __call__(self, event: ViewEvent) -> bool:
        """Handle an event of a slice view; everything but a plain move is consumed."""
        handler = getattr(self, f"_{event.kind}")
        return bool(handler(event))

    def _press(self, event: ViewEvent) -> bool:
        tools = {"left": self.tool, "middle": "pan", "right": "zoom"}
        self._drag = tools.get(event.button, "")
        if event.button == "left" and "shift" in event.modifiers:
            self._drag = "pan"
        elif event.button == "left" and "control" in event.modifiers:
            self._drag = "zoom"
        self._start = self._last = event.position
        self._moved, self._rest = False, 0.0
        self._window = _window_of(event.view.volume)
        return True

    def _move(self, event: ViewEvent) -> bool:
        self._targets.on_hover(event.view, event.ras)
        if not event.buttons:
            if "shift" in event.modifiers and event.ras is not None:
                self._targets.on_point(event.view, event.ras)
            return False
        right, down = (new - old for new, old in zip(event.position, self._last, strict=True))
        self._last = event.position
        total = tuple(new - old for new, old in zip(event.position, self._start, strict=True))
        self._moved = self._moved or max(map(abs, total)) > _CLICK_PIXELS
        if self._drag == "window":
            width, level = self._window
            width_now = width * math.exp(total[0] * _WIDTH_PER_PIXEL)
            set_window(event.view.volume, width_now, level - total[1] * width * _LEVEL_PER_PIXEL)
        elif self._drag == "pan":
            self._pan(event.view, right, down)
        elif self._drag == "zoom" and self._moved:
            self._zoom(event.view, _ZOOM_PER_PIXEL**-down, self._start)
        elif self._drag == "scroll":
            self._scroll(event.view, -down / _SCROLL_PIXELS)
        return True

    def _release(self, event: ViewEvent) -> bool:
        if event.button == "right" and not self._moved:
            self._targets.on_menu(event.view, event.position)
        self._drag = ""
        return True

    def _double(self, event: ViewEvent) -> bool:
        self._drag = ""
        if event.button == "left":
            self._targets.on_double(event.view)
        return True

    def _wheel(self, event: ViewEvent) -> bool:
        if "control" in event.modifiers or event.view.slice_number[1] == 1:
            self._zoom(event.view, _ZOOM_PER_NOTCH**event.steps, event.position)
        else:
            self._scroll(event.view, event.steps)
        return True

    def _leave(self, _event: ViewEvent) -> bool:
        self._targets.on_hover(None, None)
        return False

    def _scroll(self, view: SliceView, slices: float) -> None:
        """Go on by whole slices; a touch pad's fractions add up."""
        self._rest += slices
        whole = int(self._rest)
        self._rest -= whole
        if whole:
            view.scroll(whole)

    def _zoom(self, view: SliceView, factor: float, anchor: tuple[float, float]) -> None:
        view.zoom(factor, anchor)
        for other in self._targets.followers(view):
            other.zoom(factor)

    def _pan(self, view: SliceView, right: float, down: float) -> None:
        before = view.center_ras
        view.pan(right, down)
        moved = view.center_ras - before
        for other in self._targets.followers(view):
            # Along the other slice only: what slice it shows stays.
            normal = other.axes_ras[:, 2]
            other.shift(tuple((moved - (moved @ normal) * normal).tolist()))


def _window_of(volume: Any) -> tuple[float, float]:
    display = volume.GetDisplayNode() if volume is not None else None
    if display is None or not display.IsA("vtkMRMLScalarVolumeDisplayNode"):
        return 1.0, 0.0
    return float(display.GetWindow()), float(display.GetLevel())
