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
_FORMS = ("RGBX8888", "RGBA8888", "RGBA8888_Premultiplied")
"""What all is blended into, a layer as Slicer gives it, and what the graphics library drew over nothing."""
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
        self._pictures: tuple[_Picture, ...] = ()
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

        if not self._pictures or self._pictures[0].size_px != size_px:
            self._pictures = tuple(_Picture(size_px, form) for form in _FORMS)
        picture, layer, lines = self._pictures
        # Outside of the image there is color without opacity.
        picture.image.fill(_BLACK)
        # Qt blends several times as fast as vtkImageBlend.
        painter = QPainter(picture.image)
        for actor in self._actors:
            scalars = actor.GetMapper().GetInput().GetPointData().GetScalars()
            colors: NDArray[np.uint8] = vtk_to_numpy(scalars)  # type: ignore[no-untyped-call]
            # VTK's first row is at the bottom: so it is in all of these, until the end.
            layer.pixels[...] = colors.reshape(layer.pixels.shape)
            painter.drawImage(0, 0, layer.image)
        if over is not None:
            lines.pixels[...] = over[::-1]
            painter.drawImage(0, 0, lines.image)
        painter.end()
        return picture.pixels[::-1]


class _Picture:
    """A picture that numpy and Qt share; ``form`` is the end of a name of ``QImage.Format``."""

    def __init__(self, size_px: tuple[int, int], form: str) -> None:
        from PySide6.QtGui import QImage

        self.size_px = size_px
        self.image: Any = QImage(*size_px, getattr(QImage.Format, f"Format_{form}"))
        shape = (size_px[1], size_px[0], _CHANNELS)
        self.pixels: NDArray[np.uint8] = np.frombuffer(self.image.bits(), np.uint8).reshape(shape)


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
