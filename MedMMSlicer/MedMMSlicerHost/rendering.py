"""Pictures of the scene without a screen, drawn by Slicer's own displayable managers.

VTK falls back to EGL with a software renderer, so neither a display nor a GPU is needed.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from MedMMSlicerLib.errors import UsageError
from MedMMSlicerLib.scene.volumes import volume_geometry
from numpy.typing import ArrayLike, NDArray

from .application import HostApplication
from .drawing import OffscreenWindow, SliceDrawing, VolumeDrawing

__all__ = ["render_3d", "render_slice"]

_ORIENTATIONS = ("Axial", "Sagittal", "Coronal")
_PRIVATE_VIEW = "MedMMPicture"
_FOREGROUND_OPACITY = 0.5
_SAMPLES = 4
"""Of each pixel: pictures are looked at longer than they are drawn."""


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
    node = _add_view_node(application.scene, "vtkMRMLSliceNode")
    node.SetOrientation(orientation)
    drawing = SliceDrawing(application, node, OffscreenWindow(size_px, _SAMPLES))
    try:
        composite = drawing.composite
        composite.SetBackgroundVolumeID(volume_id)
        composite.SetForegroundVolumeID(foreground_id or None)
        composite.SetForegroundOpacity(_FOREGROUND_OPACITY if foreground_id else 0.0)
        _place(drawing, center if center_ras is None else center_ras, field_of_view_mm)
        return _rgb(drawing.render())
    finally:
        drawing.close(remove_nodes=True)


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
    window = OffscreenWindow(size_px, _SAMPLES)
    window.renderer.SetBackground(*background)
    view_node = _add_view_node(application.scene, "vtkMRMLViewNode")
    view_node.SetBoxVisible(False)
    view_node.SetAxisLabelsVisible(False)
    view_node.SetBackgroundColor(*background)
    view_node.SetBackgroundColor2(*background)
    drawing = VolumeDrawing(application, view_node, window)
    try:
        drawing.render()
        drawing.look_from(direction_ras)
        return _rgb(drawing.render())
    finally:
        drawing.close(remove_nodes=True)


def _place(drawing: SliceDrawing, center_ras: ArrayLike, field_of_view_mm: float | None) -> None:
    """Choose what part is seen."""
    node = drawing.node
    drawing.logic.FitSliceToBackground()
    width, height, depth = node.GetFieldOfView()
    if field_of_view_mm is not None:
        scale = field_of_view_mm / width
        node.SetFieldOfView(field_of_view_mm, height * scale, depth)
    node.JumpSliceByCentering(*np.asarray(center_ras, float).tolist())
    node.UpdateMatrices()


def _add_view_node(scene: Any, class_name: str) -> Any:
    node = scene.CreateNodeByClass(class_name)
    node.UnRegister(None)
    node.SetName(_PRIVATE_VIEW)
    node.SetLayoutName(_PRIVATE_VIEW)
    node.SetSaveWithScene(False)
    return scene.AddNode(node)


def _rgb(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a copy that outlives the window, without alpha."""
    return np.ascontiguousarray(pixels[:, :, :3])
