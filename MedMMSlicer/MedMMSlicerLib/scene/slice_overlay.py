"""A volume over the images of the slice views, without moving them."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from ._mrml import MrmlNode, MrmlScene, get_node
from .views import ensure_slice_views

__all__ = ["heat_maps_by_finding", "hide_overlay", "overlay_of", "show_overlay"]


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
