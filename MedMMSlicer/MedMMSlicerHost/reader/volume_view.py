"""The 3D view: one of Slicer's 3D view nodes, turned, moved and zoomed with the mouse."""

from __future__ import annotations

from typing import Any

import numpy as np
import qt
from numpy.typing import NDArray

from ..application import HostApplication
from ..drawing import OffscreenWindow, VolumeDrawing
from .events import ViewEvent
from .view import View
from .words import _

__all__ = ["DIRECTIONS", "VolumeView", "view_node"]

DIRECTIONS = {
    "anterior": (0.0, 1.0, 0.0),
    "posterior": (0.0, -1.0, 0.0),
    "left": (-1.0, 0.0, 0.0),
    "right": (1.0, 0.0, 0.0),
    "superior": (0.0, 0.0, 1.0),
    "inferior": (0.0, 0.0, -1.0),
}
"""Where the eye is, RAS."""

_LAYOUT_NAME = "1"
_DEGREES_PER_PIXEL = 0.5
_ZOOM_PER_NOTCH = 1.15
_BACKGROUND = (0.05, 0.06, 0.08)
_BACKGROUND_2 = (0.16, 0.18, 0.22)


def view_node(scene: Any) -> Any:
    """Return Slicer's first 3D view node, added with the reader's looks if the scene has none."""
    node = scene.GetSingletonNode(_LAYOUT_NAME, "vtkMRMLViewNode")
    if node is None:
        node = scene.CreateNodeByClass("vtkMRMLViewNode")
        node.UnRegister(None)
        node.SetName("View1")
        node.SetLayoutName(_LAYOUT_NAME)
        node.SetLayoutLabel(_LAYOUT_NAME)
        node.SetSingletonTag(_LAYOUT_NAME)
        node = scene.AddNode(node)
    return node


def dress(node: Any) -> None:
    """Give a 3D view the reader's background, and a cube that names the directions."""
    node.SetBackgroundColor(*_BACKGROUND)
    node.SetBackgroundColor2(*_BACKGROUND_2)
    node.SetBoxVisible(False)
    node.SetAxisLabelsVisible(False)
    node.SetOrientationMarkerType(node.OrientationMarkerTypeCube)
    node.SetOrientationMarkerSize(node.OrientationMarkerSizeMedium)


class VolumeView(View):
    """The 3D view."""

    def __init__(self, application: HostApplication) -> None:
        View.__init__(self, application, _LAYOUT_NAME)
        self.node = view_node(application.scene)
        dress(self.node)
        self.drawing = VolumeDrawing(application, self.node, OffscreenWindow((256, 256)), self.refresh)
        self._shown = False
        self._turned_by_hand = False
        self._last = (0.0, 0.0)
        self._drag = ""
        self.add_interaction(self._navigate)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to look at."""
        low, high = self._bounds()
        return low > high

    def _bounds(self) -> tuple[float, float]:
        low, high, *_rest = self.drawing.window.renderer.ComputeVisiblePropBounds()
        return float(low), float(high)

    def draw(self, size_px: tuple[int, int]) -> NDArray[np.uint8]:
        """Draw at a size."""
        self.drawing.window.resize(size_px)
        if not self._shown and not self.is_empty:
            # The first thing to see: look at it, from the front.
            self._shown = True
            self.look_from("anterior")
        return self.drawing.render()

    def forget(self) -> None:
        """Look anew at whatever comes next."""
        self._shown = self._turned_by_hand = False
        self.refresh()

    def take_in(self) -> None:
        """Look anew because there is more to see; a place that the reader chose by hand stays."""
        if not self._turned_by_hand:
            self.forget()

    def look_from(self, side: str) -> None:
        """Look from a side, one of `DIRECTIONS`, at everything."""
        self.drawing.look_from(DIRECTIONS[side])
        self.refresh()

    def fit(self) -> None:
        """Show everything; the direction stays."""
        self.drawing.fit()
        self.refresh()

    def zoom(self, factor: float, _anchor: tuple[float, float] | None = None) -> None:
        """Enlarge by a factor."""
        self.drawing.camera.Dolly(factor)
        self.drawing.window.renderer.ResetCameraClippingRange()
        self.refresh()

    def turn(self, right_px: float, down_px: float) -> None:
        """Turn with the mouse."""
        camera = self.drawing.camera
        camera.Azimuth(-right_px * _DEGREES_PER_PIXEL)
        camera.Elevation(down_px * _DEGREES_PER_PIXEL)
        camera.OrthogonalizeViewUp()
        self.drawing.window.renderer.ResetCameraClippingRange()
        self.refresh()

    def pan(self, right_px: float, down_px: float) -> None:
        """Move the picture with the mouse."""
        camera = self.drawing.camera
        height = max(1, self.widget.logical_size[1])
        scale = 2 * camera.GetDistance() * np.tan(np.deg2rad(camera.GetViewAngle()) / 2) / height
        up = np.array(camera.GetViewUp())
        right = np.cross(np.array(camera.GetDirectionOfProjection()), up)
        offset = (-right_px * right + down_px * up) * scale
        for get, put in (
            (camera.GetPosition, camera.SetPosition),
            (camera.GetFocalPoint, camera.SetFocalPoint),
        ):
            put(*(np.array(get()) + offset).tolist())
        self.drawing.window.renderer.ResetCameraClippingRange()
        self.refresh()

    def paint_over(self, painter: Any) -> None:
        """Say why there is nothing."""
        if not self.is_empty:
            return
        width, height = self.widget.logical_size
        painter.setPen(qt.QColor(200, 200, 205))
        text = _("Structures appear here in 3D once there are segments.")
        flags = qt.Qt.AlignCenter | qt.Qt.TextWordWrap
        painter.drawText(qt.QRect(12, 0, max(1, width - 24), height), flags, text)

    def close(self) -> None:
        """Let go of the scene."""
        View.close(self)
        self.drawing.close()

    def _navigate(self, event: ViewEvent) -> bool:
        self._turned_by_hand = self._turned_by_hand or event.kind in ("press", "wheel")
        if event.kind == "wheel":
            self.zoom(_ZOOM_PER_NOTCH**event.steps)
            return True
        if event.kind == "press":
            drag = {"left": "turn", "middle": "pan", "right": "zoom"}[event.button] if event.button else ""
            self._drag = "pan" if "shift" in event.modifiers else drag
            self._last = event.position
            return bool(drag)
        if event.kind != "move" or not event.buttons:
            return False
        right = event.position[0] - self._last[0]
        down = event.position[1] - self._last[1]
        self._last = event.position
        if self._drag == "turn":
            self.turn(right, down)
        elif self._drag == "pan":
            self.pan(right, down)
        elif self._drag == "zoom":
            self.zoom(1.01**-down)
        return True
