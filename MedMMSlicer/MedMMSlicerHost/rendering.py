"""Pictures of the scene without a screen, drawn by Slicer's own displayable managers.

VTK falls back to EGL with a software renderer, so neither a display nor a GPU is needed.
"""

from __future__ import annotations

import os
import sys
from typing import Any

import numpy as np
from MedMMSlicerLib.errors import UsageError
from MedMMSlicerLib.scene.volumes import volume_geometry
from numpy.typing import ArrayLike, NDArray

from .application import HostApplication

__all__ = ["render_3d", "render_slice"]

_SLICE_MANAGERS = (
    "vtkMRMLVolumeGlyphSliceDisplayableManager",
    "vtkMRMLModelSliceDisplayableManager",
    "vtkMRMLSegmentationsDisplayableManager2D",
    "vtkMRMLMarkupsDisplayableManager",
    "vtkMRMLOrientationMarkerDisplayableManager",
    "vtkMRMLRulerDisplayableManager",
)
_VIEW_MANAGERS = (
    "vtkMRMLCameraDisplayableManager",
    "vtkMRMLViewDisplayableManager",
    "vtkMRMLModelDisplayableManager",
    "vtkMRMLSegmentationsDisplayableManager3D",
    "vtkMRMLMarkupsDisplayableManager",
    "vtkMRMLOrientationMarkerDisplayableManager",
)
_ORIENTATIONS = ("Axial", "Sagittal", "Coronal")
_PRIVATE_VIEW = "MedMMPicture"
_FOREGROUND_OPACITY = 0.5


def render_slice(
    application: HostApplication,
    volume_id: str,
    orientation: str = "Axial",
    center_ras: tuple[float, float, float] | None = None,
    size_px: tuple[int, int] = (512, 512),
    field_of_view_mm: float | None = None,
    foreground_id: str = "",
) -> NDArray[np.uint8]:
    """Draw one slice with the segmentations and markups of the scene, as a slice view of Slicer does.

    Parameters
    ----------
    application : HostApplication
    volume_id : str
    orientation : str
        ``Axial``, ``Sagittal`` or ``Coronal``, in patient axes; patient right is left in the picture.
    center_ras : (3,) tuple of float, mm, RAS, optional
        Centre of the picture; the centre of the volume when not given.
    size_px : (2,) tuple of int
        Width, height.
    field_of_view_mm : float, optional
        Width that is shown; the whole volume when not given.
    foreground_id : str
        Volume drawn half transparent over the first, e.g. a heat map.

    Returns
    -------
    ndarray of uint8, shape (height, width, 3)
        RGB, first row at the top.

    Raises
    ------
    UsageError
        If the orientation is none of the three.
    InputError
        If there is no such volume.
    """
    if orientation not in _ORIENTATIONS:
        raise UsageError(f"'{orientation}' is no orientation. Use one of: {', '.join(_ORIENTATIONS)}.")
    center = volume_geometry(application.scene, volume_id).center_ras
    if foreground_id:
        volume_geometry(application.scene, foreground_id)
    view = _SliceView(application, orientation, size_px)
    try:
        view.show(volume_id, foreground_id)
        view.place(center if center_ras is None else center_ras, field_of_view_mm)
        return view.picture()
    finally:
        view.close()


def render_3d(
    application: HostApplication,
    size_px: tuple[int, int] = (512, 512),
    direction_ras: tuple[float, float, float] = (0.0, 1.0, 0.0),
    background: tuple[float, float, float] = (0.0, 0.0, 0.0),
) -> NDArray[np.uint8]:
    """Draw the visible surfaces and markups of the scene.

    Surfaces of segmentations must have been made before (`segmentations.show_closed_surface`).

    Parameters
    ----------
    application : HostApplication
    size_px : (2,) tuple of int
        Width, height.
    direction_ras : (3,) tuple of float, RAS
        From the scene to the eye; (0, 1, 0) looks at the patient's face.
    background : (3,) tuple of float
        RGB, 0 to 1.

    Returns
    -------
    ndarray of uint8, shape (height, width, 3)
    """
    import slicer

    scene = application.scene
    window, renderer = _window(size_px)
    renderer.SetBackground(*background)
    view_node = _add_view_node(scene, "vtkMRMLViewNode")
    view_node.SetBoxVisible(False)
    view_node.SetAxisLabelsVisible(False)
    view_node.SetBackgroundColor(*background)
    view_node.SetBackgroundColor2(*background)
    factory = slicer.vtkMRMLThreeDViewDisplayableManagerFactory.GetInstance()
    group = _managers(application, factory, _VIEW_MANAGERS, renderer)
    try:
        group.SetMRMLDisplayableNode(view_node)
        window.Render()
        camera = renderer.GetActiveCamera()
        camera.SetFocalPoint(0, 0, 0)
        camera.SetPosition(*direction_ras)
        camera.SetViewUp(
            *((0, 1, 0) if abs(direction_ras[2]) > 0.9 * np.linalg.norm(direction_ras) else (0, 0, 1))
        )
        renderer.ResetCamera()
        renderer.ResetCameraClippingRange()
        return _grab(window)
    finally:
        group.SetMRMLDisplayableNode(None)
        _remove_view(scene, view_node, "vtkMRMLCameraNode")
        window.Finalize()


class _SliceView:
    """A slice view of its own in an off-screen window, removed again by `close`."""

    def __init__(self, application: HostApplication, orientation: str, size_px: tuple[int, int]) -> None:
        import slicer
        from vtkmodules.vtkRenderingCore import vtkActor2D, vtkImageMapper

        self._scene = application.scene
        self._window, renderer = _window(size_px)
        self._node = _add_view_node(self._scene, "vtkMRMLSliceNode")
        self._node.SetOrientation(orientation)
        self._logic = slicer.vtkMRMLSliceLogic()
        self._logic.SetMRMLApplicationLogic(application.logic)
        application.logic.GetSliceLogics().AddItem(self._logic)
        self._slice_logics = application.logic.GetSliceLogics()
        self._logic.SetMRMLScene(self._scene)
        self._logic.SetSliceNode(self._node)
        self._logic.ResizeSliceNode(*size_px)
        self._mapper = vtkImageMapper()
        # The logic gives finished colors: this window and level leave them as they are.
        self._mapper.SetColorWindow(255)
        self._mapper.SetColorLevel(127.5)
        self._actor = vtkActor2D()
        self._actor.SetMapper(self._mapper)
        self._actor.GetProperty().SetDisplayLocationToBackground()
        renderer.AddViewProp(self._actor)
        factory = slicer.vtkMRMLSliceViewDisplayableManagerFactory.GetInstance()
        self._group = _managers(application, factory, _SLICE_MANAGERS, renderer)
        self._group.SetMRMLDisplayableNode(self._node)

    def show(self, volume_id: str, foreground_id: str) -> None:
        """Choose the volumes."""
        composite = self._logic.GetSliceCompositeNode()
        composite.SetBackgroundVolumeID(volume_id)
        composite.SetForegroundVolumeID(foreground_id or None)
        composite.SetForegroundOpacity(_FOREGROUND_OPACITY if foreground_id else 0.0)

    def place(self, center_ras: ArrayLike, field_of_view_mm: float | None) -> None:
        """Choose what part is seen."""
        self._logic.FitSliceToBackground()
        width, height, depth = self._node.GetFieldOfView()
        if field_of_view_mm is not None:
            scale = field_of_view_mm / width
            self._node.SetFieldOfView(field_of_view_mm, height * scale, depth)
        self._node.JumpSliceByCentering(*np.asarray(center_ras, float).tolist())
        self._node.UpdateMatrices()

    def picture(self) -> NDArray[np.uint8]:
        """Draw."""
        self._logic.UpdatePipeline()
        # There is no connection before a volume was chosen.
        self._mapper.SetInputConnection(self._logic.GetImageDataConnection())
        return _grab(self._window)

    def close(self) -> None:
        """Remove the view and its nodes from the scene."""
        self._group.SetMRMLDisplayableNode(None)
        self._slice_logics.RemoveItem(self._logic)
        made = (
            self._logic.GetSliceModelNode(),
            self._logic.GetSliceModelDisplayNode(),
            self._logic.GetSliceModelTransformNode(),
            self._logic.GetSliceCompositeNode(),
            self._node,
        )
        self._logic.SetMRMLScene(None)
        for node in made:
            if node is not None and self._scene.IsNodePresent(node):
                self._scene.RemoveNode(node)
        self._window.Finalize()


def _window(size_px: tuple[int, int]) -> tuple[Any, Any]:
    import vtkmodules.vtkRenderingFreeType
    import vtkmodules.vtkRenderingOpenGL2  # noqa: F401 - both register the implementations
    from vtkmodules.vtkRenderingCore import vtkRenderer, vtkRenderWindow, vtkRenderWindowInteractor

    if sys.platform == "linux" and not os.environ.get("DISPLAY"):
        # Without this VTK tries X first, and complains.
        os.environ.setdefault("VTK_DEFAULT_OPENGL_WINDOW", "vtkEGLRenderWindow")
    window = vtkRenderWindow()
    window.SetOffScreenRendering(1)
    window.SetMultiSamples(4)
    window.SetSize(*size_px)
    renderer = vtkRenderer()
    window.AddRenderer(renderer)
    interactor = vtkRenderWindowInteractor()
    interactor.SetRenderWindow(window)
    return window, renderer


def _managers(application: HostApplication, factory: Any, names: tuple[str, ...], renderer: Any) -> Any:
    if factory.GetMRMLApplicationLogic() is not application.logic:
        factory.SetMRMLApplicationLogic(application.logic)
    for name in names:
        if not factory.IsDisplayableManagerRegistered(name):
            factory.RegisterDisplayableManager(name)
    group = factory.InstantiateDisplayableManagers(renderer)
    group.SetRenderer(renderer)
    return group


def _add_view_node(scene: Any, class_name: str) -> Any:
    node = scene.CreateNodeByClass(class_name)
    node.UnRegister(None)
    node.SetName(_PRIVATE_VIEW)
    node.SetLayoutName(_PRIVATE_VIEW)
    node.SetSaveWithScene(False)
    return scene.AddNode(node)


def _remove_view(scene: Any, view_node: Any, companion_class: str) -> None:
    name = view_node.GetLayoutName()
    for index in reversed(range(scene.GetNumberOfNodesByClass(companion_class))):
        node = scene.GetNthNodeByClass(index, companion_class)
        if node.GetLayoutName() == name:
            scene.RemoveNode(node)
    scene.RemoveNode(view_node)


def _grab(window: Any) -> NDArray[np.uint8]:
    from vtkmodules.util.numpy_support import vtk_to_numpy
    from vtkmodules.vtkRenderingCore import vtkWindowToImageFilter

    window.Render()
    grabber = vtkWindowToImageFilter()
    grabber.SetInput(window)
    grabber.ReadFrontBufferOff()
    grabber.Update()
    image = grabber.GetOutput()
    width, height, _ = image.GetDimensions()
    scalars = image.GetPointData().GetScalars()
    pixels = vtk_to_numpy(scalars).reshape(height, width, -1)  # type: ignore[no-untyped-call]
    # VTK's first row is at the bottom.
    return np.ascontiguousarray(pixels[::-1, :, :3])
