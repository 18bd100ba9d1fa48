"""The panel's one parameter node."""

from __future__ import annotations

from ._mrml import MrmlNode, MrmlScene, clean_text

__all__ = ["get_parameter", "parameter_node", "set_parameter"]


def parameter_node(scene: MrmlScene, module: str = "MedMMSlicer") -> str:
    """Return the id of the module's parameter node, made on first use.

    It is the node that Slicer's scripted modules find by themselves: a singleton with the module's name as
    tag.
    """
    node = scene.GetSingletonNode(module, "vtkMRMLScriptedModuleNode")
    if node is None:
        node = scene.CreateNodeByClass("vtkMRMLScriptedModuleNode")
        node.UnRegister(None)
        node.SetSingletonTag(module)
        node.SetName(module)
        node = scene.AddNode(node)
    # Again on every call: clearing a scene keeps the singleton and resets its content.
    node.SetModuleName(module)
    return str(node.GetID())


def set_parameter(scene: MrmlScene, name: str, value: str, module: str = "MedMMSlicer") -> None:
    """Store a parameter as text; an empty text removes it."""
    node = _node(scene, module)
    if value:
        node.SetParameter(name, clean_text(value))
    else:
        node.UnsetParameter(name)


def get_parameter(scene: MrmlScene, name: str, module: str = "MedMMSlicer") -> str:
    """Return a parameter, empty if it was never set."""
    return str(_node(scene, module).GetParameter(name) or "")


def _node(scene: MrmlScene, module: str) -> MrmlNode:
    return scene.GetNodeByID(parameter_node(scene, module))
