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
_AS_IT_IS = (255.0, 127.5)
"""Color window and level of a mapper that shows the colors it gets."""


class FlatLayers:
    """Blends the pictures that a renderer would draw pixel by pixel.

    Parameters
    ----------
    renderer : vtkRenderer
    """

    def __init__(self, renderer: Any) -> None:
        from vtkmodules.vtkImagingCore import vtkImageBlend

        self._renderer = renderer
        self._blend = vtkImageBlend()
        self._ground: Any = None
        self._inputs: list[Any] | None = None
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
        from vtkmodules.util.numpy_support import vtk_to_numpy

        self._connect(size_px, [actor.GetMapper().GetInputConnection(0, 0) for actor in self._actors])
        self._blend.Update()
        scalars = self._blend.GetOutput().GetPointData().GetScalars()
        width, height = size_px
        pixels: NDArray[np.uint8] = vtk_to_numpy(scalars)  # type: ignore[no-untyped-call]
        # VTK's first row is at the bottom.
        pixels = pixels.reshape(height, width, _CHANNELS)
        return pixels[::-1] if over is None else _pasted(pixels, over[::-1])[::-1]

    def _connect(self, size_px: tuple[int, int], inputs: list[Any]) -> None:
        if self._ground is None or self._ground.GetDimensions()[:2] != size_px:
            self._ground = _ground(size_px)
            self._inputs = None
        if inputs != self._inputs:
            self._blend.RemoveAllInputs()
            # Outside of the image there is color without opacity.
            self._blend.AddInputData(self._ground)
            for connection in inputs:
                self._blend.AddInputConnection(connection)
            self._inputs = inputs


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


def _ground(size_px: tuple[int, int]) -> Any:
    """A black picture."""
    from vtkmodules.util.numpy_support import numpy_to_vtk
    from vtkmodules.vtkCommonDataModel import vtkImageData

    width, height = size_px
    pixels = np.zeros((width * height, _CHANNELS), np.uint8)
    pixels[:, 3] = 255
    image = vtkImageData()
    image.SetDimensions(width, height, 1)
    image.GetPointData().SetScalars(numpy_to_vtk(pixels, deep=True))  # type: ignore[no-untyped-call]
    return image


def _pasted(pixels: NDArray[np.uint8], over: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Blend what was drawn over nothing (contiguous) with ``pixels``: it is little, lines and letters."""
    # Whole pixels at once: looking at every fourth byte takes several times as long.
    rows, columns = np.divmod(np.flatnonzero(over.view(np.uint32)), over.shape[1])
    if not rows.size:
        return pixels
    drawn, ground = over[rows, columns], pixels[rows, columns]
    clear = 255 - drawn[:, 3:].astype(np.uint16)
    mixed = drawn[:, :3] + (ground[:, :3] * clear + 127) // 255
    result = pixels.copy()
    result[rows, columns, :3] = np.minimum(mixed, 255).astype(np.uint8)
    return result
