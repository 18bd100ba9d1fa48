"""Slice and 3D views of Slicer in windows that no screen shows: pictures and the reader draw with them.

VTK falls back to EGL with a software renderer, so neither a display nor a GPU is needed.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .application import HostApplication
from .flat_layers import FlatLayers

__all__ = ["OffscreenWindow", "SliceDrawing", "VolumeDrawing"]

_SLICE_MANAGERS = (
    "vtkMRMLVolumeGlyphSliceDisplayableManager",
    "vtkMRMLModelSliceDisplayableManager",
    "vtkMRMLSegmentationsDisplayableManager2D",
    "vtkMRMLMarkupsDisplayableManager",
    "vtkMRMLOrientationMarkerDisplayableManager",
    "vtkMRMLRulerDisplayableManager",
)
_VOLUME_MANAGERS = (
    "vtkMRMLCameraDisplayableManager",
    "vtkMRMLViewDisplayableManager",
    "vtkMRMLModelDisplayableManager",
    "vtkMRMLSegmentationsDisplayableManager3D",
    "vtkMRMLMarkupsDisplayableManager",
    "vtkMRMLOrientationMarkerDisplayableManager",
)


class OffscreenWindow:
    """A render window in memory with one renderer.

    Parameters
    ----------
    size_px : (2,) tuple of int
        Width, height.
    samples : int
        Of each pixel, for smooth edges; 0 is several times faster with a software renderer.
    """

    def __init__(self, size_px: tuple[int, int], samples: int = 0) -> None:
        import vtkmodules.vtkRenderingFreeType
        import vtkmodules.vtkRenderingOpenGL2  # noqa: F401 - both register the implementations
        from vtkmodules.vtkCommonCore import vtkUnsignedCharArray
        from vtkmodules.vtkRenderingCore import vtkRenderer, vtkRenderWindow, vtkRenderWindowInteractor

        if sys.platform == "linux" and not _has_x_server():
            # Without this VTK tries X first, and complains.
            os.environ.setdefault("VTK_DEFAULT_OPENGL_WINDOW", "vtkEGLRenderWindow")
        self.window = vtkRenderWindow()
        self.window.SetOffScreenRendering(1)
        self.window.SetMultiSamples(samples)
        # A slice view is drawn over nothing where pictures are put under it afterwards.
        self.window.SetAlphaBitPlanes(1)
        self.window.SetSize(*size_px)
        self.renderer = vtkRenderer()
        self.window.AddRenderer(self.renderer)
        self._interactor = vtkRenderWindowInteractor()
        self._interactor.SetRenderWindow(self.window)
        self._bytes = vtkUnsignedCharArray()

    @property
    def size_px(self) -> tuple[int, int]:
        """Width, height."""
        width, height = self.window.GetSize()
        return int(width), int(height)

    def prepare(self, *props: Any) -> None:
        """Draw props and forget them: the graphics library then has compiled what others like them need.

        Otherwise it does so while the first results are shown (26 to 50 ms of processor time).
        """
        for prop in props:
            self.renderer.AddViewProp(prop)
        self.window.Render()
        for prop in props:
            self.renderer.RemoveViewProp(prop)

    def resize(self, size_px: tuple[int, int]) -> None:
        """Change the size."""
        if size_px != self.size_px:
            self.window.SetSize(*size_px)

    def render(self) -> NDArray[np.uint8]:
        """Draw; RGBA of shape (height, width, 4), first row at the top, valid until the next call."""
        from vtkmodules.util.numpy_support import vtk_to_numpy

        self.window.Render()
        width, height = self.size_px
        self.window.GetRGBACharPixelData(0, 0, width - 1, height - 1, 0, self._bytes, 0)
        pixels: NDArray[np.uint8] = vtk_to_numpy(self._bytes)  # type: ignore[no-untyped-call]
        # VTK's first row is at the bottom.
        return pixels.reshape(height, width, 4)[::-1]

    def close(self) -> None:
        """Free the graphics memory."""
        self.window.Finalize()


class SliceDrawing:
    """A slice node with its logic and Slicer's displayable managers, in a window of its own.

    Parameters
    ----------
    application : HostApplication
    node : vtkMRMLSliceNode
        In the scene.
    window : OffscreenWindow
    extra_managers : tuple of str
        Class names beyond segmentations, markups, models.
    on_change : callable, optional
        Called, often more than once, when a new picture is due.
    """

    def __init__(
        self,
        application: HostApplication,
        node: Any,
        window: OffscreenWindow,
        extra_managers: tuple[str, ...] = (),
        on_change: Callable[[], None] | None = None,
    ) -> None:
        import slicer
        from vtkmodules.vtkRenderingCore import vtkActor2D, vtkImageMapper

        self._scene = application.scene
        self._slice_logics = application.logic.GetSliceLogics()
        self.node = node
        self.window = window
        self.logic = slicer.vtkMRMLSliceLogic()
        self.logic.SetMRMLApplicationLogic(application.logic)
        self._slice_logics.AddItem(self.logic)
        self.logic.SetMRMLScene(self._scene)
        self.logic.SetSliceNode(node)
        self.logic.ResizeSliceNode(*window.size_px)
        # One sample for each pixel, which is what a view without a slab shows: with two, VTK does not take
        # its quick way (measured: 33 instead of 7 ms of processor time for 930 x 914 pixels).
        node.SetSlabReconstructionOversamplingFactor(1.0)
        self._mapper = vtkImageMapper()
        # The logic gives finished colors: this window and level leave them as they are.
        self._mapper.SetColorWindow(255)
        self._mapper.SetColorLevel(127.5)
        self._actor = vtkActor2D()
        self._actor.SetMapper(self._mapper)
        self._actor.GetProperty().SetDisplayLocationToBackground()
        window.renderer.AddViewProp(self._actor)
        window.renderer.SetBackground(0.0, 0.0, 0.0)
        window.renderer.SetBackgroundAlpha(0.0)
        self._flat = FlatLayers(window.renderer)
        factory = slicer.vtkMRMLSliceViewDisplayableManagerFactory.GetInstance()
        self._group = _managers(application, factory, (*_SLICE_MANAGERS, *extra_managers), window.renderer)
        self._group.SetMRMLDisplayableNode(node)
        self._prepared = False
        self._observed = _observe((self.logic, self._group), on_change)

    @property
    def composite(self) -> Any:
        """The vtkMRMLSliceCompositeNode: which volumes are shown."""
        return self.logic.GetSliceCompositeNode()

    def resize(self, size_px: tuple[int, int]) -> None:
        """Fit window and slice node to a size; the scale stays."""
        self.window.resize(size_px)
        width, height, _ = self.node.GetDimensions()
        if (width, height) != size_px:
            self.logic.ResizeSliceNode(*size_px)

    def render(self) -> NDArray[np.uint8]:
        """Draw; see `OffscreenWindow.render`."""
        self.logic.UpdatePipeline()
        # There is no connection before a volume was chosen.
        connection = self._images()
        self._mapper.SetInputConnection(connection)
        self._actor.SetVisibility(connection is not None)
        size_px = self.window.size_px
        if connection is not None and not self._prepared:
            self._prepared = True
            self.window.prepare(*_line_and_letter())
        if not self._flat.find(size_px):
            return self._flat.blend(size_px)
        with self._flat.hidden():
            over = self.window.render()
        return self._flat.blend(size_px, over)

    def _images(self) -> Any:
        """Where the volumes come from: already blended, unless there is one alone; None without any."""
        blended = self.logic.GetImageDataConnection()
        # Volumes that were removed leave a blend of nothing.
        if blended is None or not blended.GetProducer().GetNumberOfInputConnections(0):
            return None
        composite, layer = self.composite, self.logic.GetBackgroundLayer()
        others = (composite.GetForegroundVolumeID(), composite.GetLabelVolumeID())
        alone = layer is not None and composite.GetBackgroundVolumeID() and not any(others)
        return (layer.GetImageDataConnection() if alone else None) or blended

    def close(self, remove_nodes: bool = False) -> None:
        """Let go of the scene; ``remove_nodes`` takes slice and composite node out of it, too."""
        _unobserve(self._observed)
        self._group.SetMRMLDisplayableNode(None)
        self._slice_logics.RemoveItem(self.logic)
        made = [
            self.logic.GetSliceModelNode(),
            self.logic.GetSliceModelDisplayNode(),
            self.logic.GetSliceModelTransformNode(),
        ]
        if remove_nodes:
            made += [self.logic.GetSliceCompositeNode(), self.node]
        self.logic.SetMRMLScene(None)
        for node in made:
            if node is not None and self._scene.IsNodePresent(node):
                self._scene.RemoveNode(node)
        self.window.close()


class VolumeDrawing:
    """A 3D view node with its camera and Slicer's displayable managers, in a window of its own.

    Parameters
    ----------
    application : HostApplication
    node : vtkMRMLViewNode
        In the scene.
    window : OffscreenWindow
    on_change : callable, optional
        Called, often more than once, when a new picture is due.
    """

    def __init__(
        self,
        application: HostApplication,
        node: Any,
        window: OffscreenWindow,
        on_change: Callable[[], None] | None = None,
    ) -> None:
        import slicer

        self._scene = application.scene
        self.node = node
        self.window = window
        factory = slicer.vtkMRMLThreeDViewDisplayableManagerFactory.GetInstance()
        self._group = _managers(application, factory, _VOLUME_MANAGERS, window.renderer)
        self._group.SetMRMLDisplayableNode(node)
        self._observed = _observe((self._group,), on_change)

    @property
    def camera(self) -> Any:
        """The vtkCamera."""
        return self.window.renderer.GetActiveCamera()

    def look_from(self, direction_ras: tuple[float, float, float]) -> None:
        """Look at everything visible from a direction (RAS, from the scene to the eye)."""
        camera = self.camera
        camera.SetFocalPoint(0, 0, 0)
        camera.SetPosition(*direction_ras)
        vertical = abs(direction_ras[2]) > 0.9 * np.linalg.norm(direction_ras)
        camera.SetViewUp(*((0, 1, 0) if vertical else (0, 0, 1)))
        self.fit()

    def fit(self) -> None:
        """Show everything visible; the direction stays."""
        self.window.renderer.ResetCamera()
        self.window.renderer.ResetCameraClippingRange()

    def render(self) -> NDArray[np.uint8]:
        """Draw; see `OffscreenWindow.render`."""
        return self.window.render()

    def close(self, remove_nodes: bool = False) -> None:
        """Let go of the scene; ``remove_nodes`` takes view and camera node out of it, too."""
        _unobserve(self._observed)
        self._group.SetMRMLDisplayableNode(None)
        if remove_nodes:
            name = self.node.GetLayoutName()
            for index in reversed(range(self._scene.GetNumberOfNodesByClass("vtkMRMLCameraNode"))):
                camera = self._scene.GetNthNodeByClass(index, "vtkMRMLCameraNode")
                if camera.GetLayoutName() == name:
                    self._scene.RemoveNode(camera)
            self._scene.RemoveNode(self.node)
        self.window.close()


def _managers(application: HostApplication, factory: Any, names: tuple[str, ...], renderer: Any) -> Any:
    if factory.GetMRMLApplicationLogic() is not application.logic:
        factory.SetMRMLApplicationLogic(application.logic)
    for name in names:
        if not factory.IsDisplayableManagerRegistered(name):
            factory.RegisterDisplayableManager(name)
    group = factory.InstantiateDisplayableManagers(renderer)
    group.SetRenderer(renderer)
    return group


def _observe(objects: tuple[Any, ...], callback: Callable[[], None] | None) -> list[tuple[Any, int]]:
    from vtkmodules.vtkCommonCore import vtkCommand

    if callback is None:
        return []

    def changed(*_: Any) -> None:
        callback()

    events = (vtkCommand.ModifiedEvent, vtkCommand.UpdateEvent)
    return [(item, item.AddObserver(event, changed)) for item in objects for event in events]


def _unobserve(observed: list[tuple[Any, int]]) -> None:
    for item, tag in observed:
        item.RemoveObserver(tag)
    observed.clear()


def _has_x_server() -> bool:
    return bool(os.environ.get("DISPLAY")) and os.environ.get("QT_QPA_PLATFORM") != "offscreen"


def _line_and_letter() -> tuple[Any, Any]:
    """What points in a slice view are made of."""
    import vtkmodules.vtkRenderingContextOpenGL2  # noqa: F401 - registers how letters are drawn
    from vtkmodules.vtkFiltersSources import vtkLineSource
    from vtkmodules.vtkRenderingCore import vtkActor2D, vtkPolyDataMapper2D, vtkTextActor

    source, mapper, line, letter = vtkLineSource(), vtkPolyDataMapper2D(), vtkActor2D(), vtkTextActor()
    source.Update()
    mapper.SetInputData(source.GetOutput())
    line.SetMapper(mapper)
    letter.SetInput("a")
    return line, letter
