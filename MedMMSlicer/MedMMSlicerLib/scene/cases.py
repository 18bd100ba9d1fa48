"""Cases in a scene: one text node each, whose references name the nodes of the case."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from ..errors import UsageError
from ._mrml import MrmlNode, MrmlScene, clean_name, clean_text, get_node
from .texts import add_text

__all__ = [
    "CASE_KIND",
    "add_case_node",
    "case_node_ids",
    "crosshair_point",
    "drop_tree_items",
    "last_markup_point",
    "name_folder_of",
    "node_name",
    "referenced_ids",
    "referenced_roles",
    "remove_folder",
    "remove_nodes",
    "replace_content",
    "set_referenced_ids",
    "set_shown",
    "tree_items",
    "volume_origin",
    "write_case_text",
]

CASE_KIND = "case"
"""Value of the attribute ``MedMM.Text`` of a case's text node."""

_HIDDEN = "MedMM.HiddenWithCase"
_ROLE = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,60}")
_DISPLAYED = ("vtkMRMLSegmentationNode", "vtkMRMLMarkupsNode", "vtkMRMLModelNode")


def add_case_node(scene: MrmlScene, text: str, name: str) -> str:
    """Add the text node of a case and return its id."""
    return add_text(scene, text, name, CASE_KIND)


def case_node_ids(scene: MrmlScene) -> tuple[str, ...]:
    """Ids of all case nodes, in the order of the scene."""
    nodes = scene.GetNodesByClass("vtkMRMLTextNode")
    nodes.UnRegister(None)
    found = [nodes.GetItemAsObject(index) for index in range(nodes.GetNumberOfItems())]
    return tuple(str(node.GetID()) for node in found if node.GetAttribute("MedMM.Text") == CASE_KIND)


def write_case_text(scene: MrmlScene, node_id: str, text: str) -> None:
    """Replace the text of a case node."""
    get_node(scene, node_id, "vtkMRMLTextNode").SetText(clean_text(text))


def referenced_roles(scene: MrmlScene, node_id: str) -> tuple[str, ...]:
    """Roles under which a case node refers to nodes."""
    node = get_node(scene, node_id)
    roles: list[str] = []
    node.GetNodeReferenceRoles(roles)
    return tuple(role for role in roles if _ROLE.fullmatch(role) and referenced_ids(scene, node_id, role))


def referenced_ids(scene: MrmlScene, node_id: str, role: str) -> tuple[str, ...]:
    """Ids of the nodes of a role; those that are gone are left out."""
    node = get_node(scene, node_id)
    count = node.GetNumberOfNodeReferences(role)
    found = [node.GetNthNodeReference(role, index) for index in range(count)]
    return tuple(str(item.GetID()) for item in found if item is not None)


def set_referenced_ids(scene: MrmlScene, node_id: str, role: str, node_ids: Sequence[str]) -> None:
    """Replace the nodes of a role.

    Raises
    ------
    UsageError
        If the role is no name.
    """
    if not _ROLE.fullmatch(role):
        raise UsageError(f"'{role[:40]}' can not be the role of an image. Use letters, digits and hyphens.")
    node = get_node(scene, node_id)
    node.RemoveNodeReferenceIDs(role)
    for item in dict.fromkeys(node_ids):
        node.AddNodeReferenceID(role, item)


def node_name(scene: MrmlScene, node_id: str) -> str:
    """Name of a node, empty if it is gone."""
    node = scene.GetNodeByID(node_id)
    return "" if node is None else str(node.GetName() or "")


def volume_origin(scene: MrmlScene, node_id: str) -> Mapping[str, str]:
    """What a volume node says about where it comes from.

    Returns
    -------
    mapping of str to str
        ``name``, ``file`` (path of its storage node), ``instances`` (SOP instance UIDs, separated by spaces),
        ``modality``, ``study``, ``series``, ``frame``; empty where not known.
    """
    node = get_node(scene, node_id, "vtkMRMLVolumeNode")
    storage = node.GetStorageNode()
    names = {
        "instances": "DICOM.instanceUIDs",
        "modality": "MedMM.Modality",
        "study": "MedMM.StudyUid",
        "series": "MedMM.SeriesUid",
        "frame": "MedMM.FrameOfReferenceUid",
    }
    return {
        "name": str(node.GetName() or ""),
        "file": str((storage.GetFileName() if storage is not None else "") or ""),
        **{key: str(node.GetAttribute(name) or "") for key, name in names.items()},
    }


def set_shown(scene: MrmlScene, node_ids: Iterable[str], shown: bool) -> None:
    """Hide the overlays of a case, or show again what was shown before it was hidden."""
    for node_id in node_ids:
        node = scene.GetNodeByID(node_id)
        display = _display(node)
        if display is None:
            continue
        before = node.GetAttribute(_HIDDEN)
        if shown and before is not None:
            display.SetVisibility(before == "shown")
            node.RemoveAttribute(_HIDDEN)
        elif not shown and before is None:
            node.SetAttribute(_HIDDEN, "shown" if display.GetVisibility() else "hidden")
            display.SetVisibility(False)


def tree_items(scene: MrmlScene, node_ids: Iterable[str]) -> tuple[int, ...]:
    """Items of nodes in the subject hierarchy, for `drop_tree_items` after the nodes are gone."""
    hierarchy = scene.GetSubjectHierarchyNode()
    nodes = [scene.GetNodeByID(node_id) for node_id in node_ids]
    items = [int(hierarchy.GetItemByDataNode(node)) for node in nodes if node is not None]
    return tuple(item for item in items if item)


def drop_tree_items(scene: MrmlScene, items: Sequence[int]) -> None:
    """Remove items of the subject hierarchy whose nodes are gone.

    In Slicer a plugin has done that already; elsewhere they would be taken for those of later nodes.
    """
    from vtkmodules.vtkCommonCore import vtkIdList

    hierarchy = scene.GetSubjectHierarchyNode()
    present = vtkIdList()
    if items:
        hierarchy.GetItemChildren(hierarchy.GetSceneItemID(), present, True)
    for item in items:
        if present.IsId(item) >= 0:
            hierarchy.RemoveItem(item, False, False)


def name_folder_of(scene: MrmlScene, node_id: str, folder: str) -> None:
    """Rename the folder of the subject hierarchy that a node is in; a node at the top has none."""
    hierarchy = scene.GetSubjectHierarchyNode()
    item = hierarchy.GetItemByDataNode(get_node(scene, node_id))
    parent = hierarchy.GetItemParent(item) if item else 0
    if parent and parent != hierarchy.GetSceneItemID():
        hierarchy.SetItemName(parent, clean_name(folder))


def remove_nodes(scene: MrmlScene, node_ids: Iterable[str]) -> None:
    """Remove nodes with their display and storage nodes; ids that are gone are ignored."""
    node_ids = tuple(node_ids)
    items = tree_items(scene, node_ids)
    for node_id in node_ids:
        node = scene.GetNodeByID(node_id)
        if node is None:
            continue
        if node.IsA("vtkMRMLSegmentationNode"):
            # MRML would erase each segment from the voxels that all of them share.
            segmentation = node.GetSegmentation()
            # First: views ask for the surface of a segment without voxels while others have one.
            segmentation.RemoveRepresentation("Closed surface")
            for segment_id in segmentation.GetSegmentIDs():
                segmentation.GetSegment(segment_id).RemoveAllRepresentations()
        extra = _own_nodes(node)
        scene.RemoveNode(node)
        for own in extra:
            scene.RemoveNode(own)
    drop_tree_items(scene, items)


def remove_folder(scene: MrmlScene, folder: str) -> None:
    """Remove a folder of `subject_hierarchy.group_nodes`; what is still in it moves to the top."""
    hierarchy = scene.GetSubjectHierarchyNode()
    top = hierarchy.GetSceneItemID()
    item = hierarchy.GetItemChildWithName(top, clean_name(folder))
    if not item:
        return
    for position in reversed(range(hierarchy.GetNumberOfItemChildren(item))):
        hierarchy.SetItemParent(hierarchy.GetItemByPositionUnderParent(item, position), top)
    hierarchy.RemoveItem(item)


def replace_content(scene: MrmlScene, node_id: str, source_id: str) -> None:
    """Give a node the content and attributes of another one of its class, which is removed.

    Id, display and references of the first stay.
    """
    node, source = get_node(scene, node_id), get_node(scene, source_id)
    node.CopyContent(source)
    for name in source.GetAttributeNames():
        node.SetAttribute(name, source.GetAttribute(name))
    remove_nodes(scene, [source_id])


def crosshair_point(scene: MrmlScene) -> tuple[float, float, float] | None:
    """Where the crosshair was put (mm, RAS); None without one, and while it is at the origin, as at first."""
    node = scene.GetFirstNodeByClass("vtkMRMLCrosshairNode")
    if node is None or not any(node.GetCrosshairRAS()):
        return None
    right, anterior, superior = node.GetCrosshairRAS()
    return float(right), float(anterior), float(superior)


def last_markup_point(scene: MrmlScene) -> tuple[float, float, float] | None:
    """The last point of the point list that the reader made last; None without one.

    Points that show findings are not meant.
    """
    nodes = scene.GetNodesByClass("vtkMRMLMarkupsFiducialNode")
    nodes.UnRegister(None)
    lists = [nodes.GetItemAsObject(index) for index in range(nodes.GetNumberOfItems())]
    own = [item for item in lists if item.GetAttribute("MedMM.FindingIds") is None]
    usable = [item for item in own if item.GetNumberOfDefinedControlPoints()]
    if not usable:
        return None
    chosen = usable[-1]
    for index in reversed(range(chosen.GetNumberOfControlPoints())):
        if chosen.GetNthControlPointPositionStatus(index) == chosen.PositionDefined:
            right, anterior, superior = chosen.GetNthControlPointPositionWorld(index)
            return float(right), float(anterior), float(superior)
    return None


def _display(node: MrmlNode | None) -> MrmlNode | None:
    if node is None or not any(node.IsA(name) for name in _DISPLAYED):
        return None
    return node.GetDisplayNode()


def _own_nodes(node: MrmlNode) -> list[MrmlNode]:
    """Display and storage nodes, which the scene leaves behind."""
    found = []
    if node.IsA("vtkMRMLDisplayableNode"):
        found += [node.GetNthDisplayNode(index) for index in range(node.GetNumberOfDisplayNodes())]
    if node.IsA("vtkMRMLStorableNode"):
        found += [node.GetNthStorageNode(index) for index in range(node.GetNumberOfStorageNodes())]
    return [item for item in found if item is not None]
