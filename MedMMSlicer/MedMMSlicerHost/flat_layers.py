"""Layers of a slice view that are pictures already, put together without the graphics library.

Slicer gives the image, and each segmentation's fill and outline, as pictures of the view's own size. Software
rendering needs longer to load and draw one of them than it takes to blend all, so it draws only what is left.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["FlatLayers"]

_CHANNELS = 4
_BLACK = 0xFF000000
_AS_IT_IS = (255.0, 127.5)
"""Color window and level of a mapper that shows the colors it gets."""


class FlatLayers:
    """Blends the pictures that a renderer would draw pixel by pixel.

    Parameters
    ----------
    renderer : vtkRenderer
    """

    def __init__(self, renderer: Any) -> None:
        self._renderer = renderer
        self._picture = self._layer = self._over = _Picture((0, 0), "")
        self._actors: list[Any] = []

    def find(self, size_px: tuple[int, int]) -> bool:
        """Look for the layers of a picture of this size; whether anything else is to be drawn."""
        props = self._renderer.GetViewProps()
        shown = [props.GetItemAsObject(index) for index in range(props.GetNumberOfItems())]
        shown = [prop for prop in shown if prop.GetVisibility()]
        self._actors = [prop for prop in shown if _is_flat(prop, size_px)]
        return len(self._actors) < len(shown)

    @contextlib.contextmanager
    def hidden(self) -> Iterator[None]:
        """While the renderer draws the rest."""
        for actor in self._actors:
            actor.VisibilityOff()
        try:
            yield
        finally:
            for actor in self._actors:
                actor.VisibilityOn()

    def blend(self, size_px: tuple[int, int], over: NDArray[np.uint8] | None = None) -> NDArray[np.uint8]:
        """Put the layers together; RGBA of shape (height, width, 4), first row at the top.

        Parameters
        ----------
        size_px : (2,) tuple of int
            Width, height.
        over : ndarray of uint8, shape (height, width, 4), optional
            What the renderer drew over nothing, its colors multiplied by their opacity.
        """
        from PySide6.QtGui import QPainter
        from vtkmodules.util.numpy_support import vtk_to_numpy

        if self._picture.size_px != size_px:
            self._picture = _Picture(size_px, "RGBX8888")
            self._layer = _Picture(size_px, "RGBA8888")
            self._over = _Picture(size_px, "RGBA8888_Premultiplied")
        # Outside of the image there is color without opacity.
        self._picture.image.fill(_BLACK)
        # Qt blends several times as fast as vtkImageBlend.
        painter = QPainter(self._picture.image)
        for actor in self._actors:
            scalars = actor.GetMapper().GetInput().GetPointData().GetScalars()
            colors: NDArray[np.uint8] = vtk_to_numpy(scalars)  # type: ignore[no-untyped-call]
            # VTK's first row is at the bottom: so it is in all of these, until the end.
            self._layer.pixels[...] = colors.reshape(self._layer.pixels.shape)
            painter.drawImage(0, 0, self._layer.image)
        if over is not None:
            self._over.pixels[...] = over[::-1]
            painter.drawImage(0, 0, self._over.image)
        painter.end()
        return self._picture.pixels[::-1]


class _Picture:
    """A picture that numpy and Qt share; ``form`` is the end of a name of ``QImage.Format``."""

    def __init__(self, size_px: tuple[int, int], form: str) -> None:
        from PySide6.QtGui import QImage

        width, height = size_px
        self.size_px = size_px
        self.image: Any = QImage(width, height, getattr(QImage.Format, f"Format_{form or 'Invalid'}"))
        self.pixels: NDArray[np.uint8] = np.zeros((height, width, _CHANNELS), np.uint8)
        if form:
            self.pixels = np.frombuffer(self.image.bits(), np.uint8).reshape(self.pixels.shape)


def _is_flat(prop: Any, size_px: tuple[int, int]) -> bool:
    """Whether a prop is a picture of the size of the view that is shown as it is."""
    mapper = prop.GetMapper() if prop.IsA("vtkActor2D") else None
    if mapper is None or not mapper.IsA("vtkImageMapper") or not mapper.GetNumberOfInputConnections(0):
        return False
    if (mapper.GetColorWindow(), mapper.GetColorLevel()) != _AS_IT_IS or prop.GetProperty().GetOpacity() != 1:
        return False
    mapper.GetInputAlgorithm(0, 0).Update()
    image = mapper.GetInput()
    extent = (0, size_px[0] - 1, 0, size_px[1] - 1, 0, 0)
    bytes_of_color = image.GetScalarSize() == 1 and image.GetNumberOfScalarComponents() == _CHANNELS
    return tuple(image.GetExtent()) == extent and bytes_of_color
