"""What the slice views show: nodes only, so that a saved scene opens on its images."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._mrml import MrmlNode, MrmlScene, get_node
from .volumes import volume_geometry

__all__ = ["SLICE_VIEWS", "ensure_slice_views", "jump_to", "show_volumes"]

SLICE_VIEWS = {"Red": "Axial", "Yellow": "Sagittal", "Green": "Coronal"}
"""Slicer's names and orientations of the three standard slice views."""

_MARGIN = 1.05
"""Field of view relative to the volume."""


def ensure_slice_views(scene: MrmlScene) -> tuple[str, ...]:
    """Return the ids of the three slice nodes; what the scene has not yet is added."""
    from slicer import vtkMRMLSliceNode  # noqa: TID251 - this package is the door

    presets = scene.GetDefaultNodeByClass("vtkMRMLSliceNode")
    if presets is None or not presets.GetNumberOfSliceOrientationPresets():
        vtkMRMLSliceNode.AddDefaultSliceOrientationPresets(scene, True)
    ids = []
    for name, orientation in SLICE_VIEWS.items():
        slice_node = scene.GetSingletonNode(name, "vtkMRMLSliceNode")
        if slice_node is None:
            slice_node = _add_singleton(scene, "vtkMRMLSliceNode", name)
            slice_node.SetOrientation(orientation)
        if scene.GetSingletonNode(name, "vtkMRMLSliceCompositeNode") is None:
            _add_singleton(scene, "vtkMRMLSliceCompositeNode", name)
        ids.append(str(slice_node.GetID()))
    return tuple(ids)


def show_volumes(
    scene: MrmlScene, background_id: str, foreground_id: str = "", foreground_opacity: float = 0.5
) -> None:
    """Show a volume, and one over it, in all slice views of the scene, and fit the views to the first.

    Parameters
    ----------
    scene : vtkMRMLScene
    background_id, foreground_id : str
        Volume nodes; an empty ``foreground_id`` clears the overlay.
    foreground_opacity : float
        0 to 1.
    """
    geometry = volume_geometry(scene, background_id)
    corners = np.array(np.meshgrid(*[(-0.5, size - 0.5) for size in geometry.shape])).reshape(3, -1).T
    corners_ras = geometry.kji_to_ras(corners)
    for node_id in ensure_slice_views(scene):
        _fit(get_node(scene, node_id, "vtkMRMLSliceNode"), corners_ras)
    count = scene.GetNumberOfNodesByClass("vtkMRMLSliceCompositeNode")
    for index in range(count):
        composite = scene.GetNthNodeByClass(index, "vtkMRMLSliceCompositeNode")
        composite.SetBackgroundVolumeID(background_id)
        composite.SetForegroundVolumeID(foreground_id or None)
        composite.SetForegroundOpacity(float(foreground_opacity) if foreground_id else 0.0)


def jump_to(scene: MrmlScene, point_ras: tuple[float, float, float]) -> None:
    """Move all slice views through a point (mm, RAS), centred on it."""
    for node_id in ensure_slice_views(scene):
        get_node(scene, node_id, "vtkMRMLSliceNode").JumpSliceByCentering(*point_ras)


def _add_singleton(scene: MrmlScene, class_name: str, name: str) -> Any:
    node = scene.CreateNodeByClass(class_name)
    node.UnRegister(None)
    node.SetName(name)
    node.SetLayoutName(name)
    return scene.AddNode(node)


def _fit(slice_node: MrmlNode, corners_ras: NDArray[np.float64]) -> None:
    """Centre a slice on a volume, all of it in the field of view; the shape of the view stays."""
    slice_to_ras = slice_node.GetSliceToRAS()
    axes = np.array([[slice_to_ras.GetElement(row, column) for row in range(3)] for column in range(2)])
    extent = np.ptp(corners_ras @ axes.T, axis=0) * _MARGIN
    width, height, depth = slice_node.GetDimensions()
    mm_per_pixel = max(extent[0] / width, extent[1] / height)
    slice_node.SetFieldOfView(
        float(mm_per_pixel * width), float(mm_per_pixel * height), slice_node.GetFieldOfView()[2] or depth
    )
    slice_node.JumpSliceByCentering(*(float(value) for value in corners_ras.mean(axis=0)))
