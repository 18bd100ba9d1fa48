"""Folders of the data tree. They carry no patient names."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import UsageError
from ._mrml import MrmlScene, clean_name, get_node

__all__ = ["group_nodes"]


def group_nodes(scene: MrmlScene, folder: str, node_ids: Sequence[str]) -> int:
    """Put nodes into a folder of the subject hierarchy and return the folder's item id.

    A folder of this name at the top is used again.

    Raises
    ------
    UsageError
        If the scene has no subject hierarchy.
    InputError
        If there is no such node.
    """
    hierarchy = scene.GetSubjectHierarchyNode()
    if hierarchy is None:
        raise UsageError("The scene has no subject hierarchy. Create the logic of its module first.")
    top = hierarchy.GetSceneItemID()
    item = hierarchy.GetItemChildWithName(top, clean_name(folder))
    if not item:
        item = hierarchy.CreateFolderItem(top, clean_name(folder))
    for node_id in node_ids:
        node = get_node(scene, node_id)
        child = hierarchy.GetItemByDataNode(node)
        if child:
            hierarchy.SetItemParent(child, item)
        else:
            hierarchy.CreateItem(item, node)
    return int(item)
