"""A slice view: one of Slicer's slice nodes, with scroll, zoom, pan and what is written in its corners."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..application import HostApplication
from ..drawing import OffscreenWindow, SliceDrawing
from .annotations import CornerTexts, paint_annotations
from .view import View

__all__ = ["SliceView"]

_MANAGERS = ("vtkMRMLCrosshairDisplayableManager",)
_SMALLEST_MM, _LARGEST_MM = 1.0, 20000.0
"""Limits of the field of view: nothing is seen beyond them, and the numbers stay sound."""


class SliceView(View):
    """A slice view.

    Parameters
    ----------
    application : HostApplication
    node : vtkMRMLSliceNode
    label : callable
        Gives the texts of the corners, see `annotations.CornerTexts`.
    paint_more : callable
        ``paint_more(painter, view)`` paints over the picture, under these texts.

    Attributes
    ----------
    node : vtkMRMLSliceNode
    drawing : SliceDrawing
    texts : CornerTexts
        What stands in the corners now.
    on_drawn : callable, optional
        ``on_drawn(view)``, called for each picture.
    """

    def __init__(
        self,
        application: HostApplication,
        node: Any,
        label: Callable[[SliceView], Any] | None = None,
        paint_more: Callable[[Any, SliceView], None] | None = None,
    ) -> None:
        View.__init__(self, application, node.GetLayoutName())
        self.node = node
        self._label = label
        self._paint_more = paint_more
        self.on_drawn: Callable[[SliceView], None] | None = None
        self.texts = CornerTexts()
        self.drawing = SliceDrawing(application, node, OffscreenWindow((256, 256)), _MANAGERS, self.refresh)

    @property
    def logic(self) -> Any:
        """The vtkMRMLSliceLogic."""
        return self.drawing.logic

    @property
    def composite(self) -> Any:
        """The vtkMRMLSliceCompositeNode."""
        return self.drawing.composite

    @property
    def volume(self) -> Any:
        """The volume node behind, None without one."""
        identifier = self.composite.GetBackgroundVolumeID()
        return self.scene.GetNodeByID(identifier) if identifier else None

    @property
    def mm_per_pixel(self) -> float:
        """Millimeters for one unit of mouse positions."""
        width = max(1, self.node.GetDimensions()[0])
        return float(self.node.GetFieldOfView()[0] / width * self.widget.ratio)

    @property
    def axes_ras(self) -> NDArray[np.float64]:
        """Unit vectors to the right, up and towards the eye as columns, shape (3, 3), RAS."""
        matrix = self.node.GetSliceToRAS()
        return np.array([[matrix.GetElement(row, column) for column in range(3)] for row in range(3)])

    @property
    def normal_ras(self) -> tuple[float, float, float]:
        """Unit normal of the slice."""
        right, anterior, superior = self.axes_ras[:, 2].tolist()
        return right, anterior, superior

    @property
    def center_ras(self) -> NDArray[np.float64]:
        """Middle of the view, (3,) float, mm, RAS."""
        matrix = self.node.GetSliceToRAS()
        return np.array([matrix.GetElement(row, 3) for row in range(3)])

    @property
    def offset_range(self) -> tuple[float, float, float]:
        """First and last offset with voxels, and their step, in mm along the normal; (0, 0, 1) when empty."""
        if self.volume is None or self.volume.GetImageData() is None:
            return 0.0, 0.0, 1.0
        bounds = [0.0] * 6
        self.logic.GetLowestVolumeSliceBounds(bounds)
        step = float(self.logic.GetLowestVolumeSliceSpacing()[2]) or 1.0
        count = max(1, round((bounds[5] - bounds[4]) / step))
        first = bounds[4] + step / 2
        return first, first + (count - 1) * step, step

    @property
    def slice_number(self) -> tuple[int, int]:
        """Number of the slice that is shown, from 1, and how many there are."""
        first, last, step = self.offset_range
        count = round((last - first) / step) + 1
        number = math.floor((self.logic.GetSliceOffset() - first) / step + 0.5) + 1
        return min(max(number, 1), count), count

    def ras_at(self, position: tuple[float, float]) -> tuple[float, float, float]:
        """Place in the patient under a position of the widget, mm, RAS: the middle of that pixel."""
        ratio = self.widget.ratio
        height = self.node.GetDimensions()[1]
        column, row = math.floor(position[0] * ratio), math.floor(position[1] * ratio)
        # VTK counts rows from the bottom.
        point = self.node.GetXYToRAS().MultiplyPoint((float(column), float(height - 1 - row), 0.0, 1.0))
        return point[0], point[1], point[2]

    def position_of(self, point_ras: tuple[float, float, float]) -> tuple[float, float]:
        """Position of the widget over a place (mm, RAS), projected onto the slice."""
        from vtkmodules.vtkCommonMath import vtkMatrix4x4

        inverse = vtkMatrix4x4()
        vtkMatrix4x4.Invert(self.node.GetXYToRAS(), inverse)
        column, row, _, _ = inverse.MultiplyPoint((*point_ras, 1.0))
        ratio, height = self.widget.ratio, self.node.GetDimensions()[1]
        return (column + 0.5) / ratio, (height - 0.5 - row) / ratio

    def scroll(self, slices: int) -> None:
        """Go on by a number of slices, towards the eye when positive; stops at the ends of the image."""
        first, last, step = self.offset_range
        # From the middle of a slice to the middle of a slice: between them, both would be blended.
        number = math.floor((self.logic.GetSliceOffset() - first) / step + 0.5) + slices
        self.set_offset(min(max(first + number * step, first), last))

    def set_offset(self, offset_mm: float) -> None:
        """Show the slice at an offset along the normal."""
        self.logic.SetSliceOffset(offset_mm)

    def scroll_to_end(self, last: bool) -> None:
        """Show the first or the last slice."""
        self.set_offset(self.offset_range[1 if last else 0])

    def zoom(self, factor: float, anchor: tuple[float, float] | None = None) -> None:
        """Enlarge by a factor; the place under ``anchor`` (a position of the widget) stays where it is."""
        width, height, depth = self.node.GetFieldOfView()
        wanted = min(max(width / factor, _SMALLEST_MM), _LARGEST_MM)
        before = self.ras_at(anchor) if anchor else None
        self.node.SetFieldOfView(wanted, height * wanted / width, depth)
        self.node.UpdateMatrices()
        if before is not None and anchor is not None:
            after = self.ras_at(anchor)
            self.shift(tuple(old - new for old, new in zip(before, after, strict=True)))

    def pan(self, right_px: float, down_px: float) -> None:
        """Move the picture by a distance in the widget's pixels."""
        scale = self.mm_per_pixel
        axes = self.axes_ras
        self.shift(tuple((-right_px * scale * axes[:, 0] + down_px * scale * axes[:, 1]).tolist()))

    def shift(self, offset_ras: tuple[float, ...]) -> None:
        """Move the middle of the view by a vector (mm, RAS)."""
        matrix = self.node.GetSliceToRAS()
        for row, value in enumerate(offset_ras):
            matrix.SetElement(row, 3, matrix.GetElement(row, 3) + value)
        self.node.UpdateMatrices()

    def jump(self, point_ras: tuple[float, float, float], center: bool = False) -> None:
        """Show the slice through a place (mm, RAS), in its middle if ``center``."""
        move = self.node.JumpSliceByCentering if center else self.node.JumpSliceByOffsetting
        move(*point_ras)

    def fit(self) -> None:
        """Show the whole image."""
        if self.volume is not None and self.volume.GetImageData() is not None:
            offset = self.logic.GetSliceOffset()
            self.logic.FitSliceToBackground()
            self.set_offset(offset)
            self.scroll(0)

    def draw(self, size_px: tuple[int, int]) -> NDArray[np.uint8]:
        """Draw at a size."""
        self.drawing.resize(size_px)
        if self.on_drawn is not None:
            self.on_drawn(self)
        return self.drawing.render()

    def paint_over(self, painter: Any) -> None:
        """Paint names of points, orientation letters and corner texts."""
        if self._label is not None:
            self.texts = self._label(self)
        if self._paint_more is not None:
            self._paint_more(painter, self)
        paint_annotations(painter, self.widget.logical_size, self.texts)

    def close(self) -> None:
        """Let go of the scene."""
        View.close(self)
        self.drawing.close()
