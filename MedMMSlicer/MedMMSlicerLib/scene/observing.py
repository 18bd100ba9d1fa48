"""Hearing what happens to a scene as a whole: closed, imported into, nodes removed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ._mrml import MrmlScene

__all__ = ["SCENE_CHANGES", "has_unsaved_texts", "observe_scene", "unobserve"]

SCENE_CHANGES = ("closing", "closed", "imported", "saving", "saved", "removing", "removed")
"""Before and after the scene is emptied, after something was loaded, before and after Slicer saves it, before
and after one node is removed.
"""

_EVENTS = {
    "StartCloseEvent": "closing",
    "EndCloseEvent": "closed",
    "EndImportEvent": "imported",
    "StartSaveEvent": "saving",
    "EndSaveEvent": "saved",
}
_NODE_EVENTS = {"NodeAboutToBeRemovedEvent": "removing", "NodeRemovedEvent": "removed"}


def observe_scene(scene: MrmlScene, on_changed: Callable[[str, str], None]) -> Any:
    """Call ``on_changed(change, node_id)`` for each of `SCENE_CHANGES`; ``node_id`` is empty for the scene.

    Nodes that go because the scene is emptied are not told one by one.

    Returns
    -------
    object
        For `unobserve`.
    """
    from vtkmodules.util.misc import calldata_type
    from vtkmodules.util.vtkConstants import VTK_OBJECT

    def of_scene(change: str) -> Callable[..., None]:
        return lambda caller, event: on_changed(change, "")

    def of_node(change: str) -> Callable[..., None]:
        @calldata_type(VTK_OBJECT)  # type: ignore[no-untyped-call,untyped-decorator]
        def callback(caller: Any, event: str, node: Any) -> None:
            if not scene.IsClosing():
                on_changed(change, str(node.GetID() or ""))

        return callback  # type: ignore[no-any-return]

    tags = [scene.AddObserver(getattr(scene, name), of_scene(change)) for name, change in _EVENTS.items()]
    tags += [
        scene.AddObserver(getattr(scene, name), of_node(change)) for name, change in _NODE_EVENTS.items()
    ]
    return scene, tuple(tags)


def has_unsaved_texts(scene: MrmlScene) -> bool:
    """Whether a text of the scene, such as a report, was changed since it was last written into a file."""
    count = scene.GetNumberOfNodesByClass("vtkMRMLTextNode")
    texts = [scene.GetNthNodeByClass(index, "vtkMRMLTextNode") for index in range(count)]
    return any(node.GetSaveWithScene() and node.GetModifiedSinceRead() for node in texts)


def unobserve(token: Any) -> None:
    """End what `observe_scene` began."""
    scene, tags = token
    for tag in tags:
        scene.RemoveObserver(tag)
