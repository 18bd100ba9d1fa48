"""Whether the views changed: one number for all of them."""

from __future__ import annotations

from ._mrml import MrmlScene

__all__ = ["view_stamp"]

_CLASSES = ("vtkMRMLSliceNode", "vtkMRMLCameraNode", "vtkMRMLCrosshairNode", "vtkMRMLScalarVolumeDisplayNode")


def view_stamp(scene: MrmlScene) -> int:
    """Return a number that grows when a slice, a camera, the crosshair or a window is changed."""
    total = 0
    for name in _CLASSES:
        for index in range(scene.GetNumberOfNodesByClass(name)):
            total += int(scene.GetNthNodeByClass(index, name).GetMTime())
    return total
