"""A volume over the images of the slice views, without moving them."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from ._mrml import MrmlNode, MrmlScene, get_node
from .views import ensure_slice_views

__all__ = ["heat_maps_by_finding", "hide_overlay", "overlay_of", "show_outlines_only", "show_overlay"]

_FILL_HIDDEN = "MedMM.FillHidden"
"""Set on a segmentation whose fill is to come back; saved with the scene, as the missing fill is."""


def show_overlay(scene: MrmlScene, volume_id: str, opacity: float) -> None:
    """Put a volume over the image in all slice views; field of view and slice offset stay.

    Parameters
    ----------
    scene : vtkMRMLScene
    volume_id : str
    opacity : float
        0 to 1.

    Raises
    ------
    InputError
        If there is no such volume.
    """
    get_node(scene, volume_id, "vtkMRMLVolumeNode")
    for composite in _composites(scene):
        composite.SetForegroundVolumeID(volume_id)
        composite.SetForegroundOpacity(float(opacity))


def hide_overlay(scene: MrmlScene, volume_ids: Collection[str]) -> None:
    """Take these volumes away from the foreground; what else lies over an image stays."""
    for composite in _composites(scene):
        if composite.GetForegroundVolumeID() in volume_ids:
            composite.SetForegroundVolumeID(None)
            composite.SetForegroundOpacity(0.0)


def overlay_of(scene: MrmlScene) -> tuple[str, float]:
    """Volume id and opacity of the foreground of the first slice view; an empty id where there is none."""
    composite = next(iter(_composites(scene)))
    return str(composite.GetForegroundVolumeID() or ""), float(composite.GetForegroundOpacity())


def show_outlines_only(scene: MrmlScene, segmentation_ids: Collection[str], only: bool) -> None:
    """Draw segments without their fill, which hides what lies over the image, or as they were before.

    A segmentation that has no outlines, or no fill to begin with, is left as it is; so is what is gone.

    Parameters
    ----------
    scene : vtkMRMLScene
    segmentation_ids : collection of str
    only : bool
    """
    for node_id in segmentation_ids:
        node = scene.GetNodeByID(node_id)
        display = None if node is None else node.GetDisplayNode()
        if display is None:
            continue
        hidden = node.GetAttribute(_FILL_HIDDEN) is not None
        if only and not hidden and display.GetVisibility2DFill() and display.GetVisibility2DOutline():
            node.SetAttribute(_FILL_HIDDEN, "yes")
            display.SetVisibility2DFill(False)
        elif hidden and not only:
            node.RemoveAttribute(_FILL_HIDDEN)
            display.SetVisibility2DFill(True)


def _composites(scene: MrmlScene) -> Iterator[MrmlNode]:
    ensure_slice_views(scene)
    for index in range(scene.GetNumberOfNodesByClass("vtkMRMLSliceCompositeNode")):
        yield scene.GetNthNodeByClass(index, "vtkMRMLSliceCompositeNode")


def heat_maps_by_finding(scene: MrmlScene, node_ids: Collection[str]) -> dict[str, tuple[str, str]]:
    """Return finding id to node id and method of heat map nodes; what is gone is left out."""
    found = {}
    for node_id in node_ids:
        node = scene.GetNodeByID(node_id)
        finding_id = node.GetAttribute("MedMM.FindingId") if node is not None else None
        if finding_id:
            found[str(finding_id)] = (str(node_id), str(node.GetAttribute("MedMM.Method") or ""))
    return found
