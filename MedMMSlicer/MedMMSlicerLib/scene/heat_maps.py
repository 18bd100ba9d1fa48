"""Evidence over an image: a float volume with its own colors."""

from __future__ import annotations

from ..core import HeatMap
from ._mrml import MrmlNode, MrmlScene, add_node, set_attributes
from .volumes import set_image

__all__ = ["add_heat_map"]

_COLOR_NODE_NAME = "MedMM heat"

_STOPS = ((0.0, (40, 0, 80)), (0.35, (190, 30, 90)), (0.7, (250, 140, 20)), (1.0, (255, 250, 170)))
"""Position and RGB from dark violet to light yellow; lightness only rises, so it reads in print too."""


def add_heat_map(scene: MrmlScene, heat_map: HeatMap, name: str = "", threshold: float = 0.25) -> str:
    """Add a heat map as a float volume and return its id.

    Values below ``threshold`` (0 to 1) are transparent. Put it over the image with `views.show_volumes`.
    """
    node = add_node(scene, "vtkMRMLScalarVolumeNode", name or f"Heat map {heat_map.finding_id}")
    # Before the voxels: the display node would look at all of them for a window that is not wanted.
    node.CreateDefaultDisplayNodes()
    display = node.GetDisplayNode()
    display.SetAutoWindowLevel(False)
    display.SetAndObserveColorNodeID(_color_node(scene).GetID())
    display.SetWindowLevel(1.0, 0.5)
    display.SetAutoThreshold(False)
    display.SetThreshold(float(threshold), 1.0)
    display.SetApplyThreshold(True)
    set_image(node, heat_map.array, heat_map.geometry)
    set_attributes(
        node,
        {
            "MedMM.HeatMap": heat_map.id,
            "MedMM.FindingId": heat_map.finding_id,
            "MedMM.Method": heat_map.method,
        },
    )
    return str(node.GetID())


def _color_node(scene: MrmlScene) -> MrmlNode:
    """Return the color table of all heat maps, a node of the scene and so saved with it."""
    import numpy as np

    found = scene.GetFirstNode(_COLOR_NODE_NAME, "vtkMRMLColorTableNode")
    if found is not None:
        return found
    node = add_node(scene, "vtkMRMLColorTableNode", _COLOR_NODE_NAME)
    node.SetTypeToUser()
    node.SetNumberOfColors(256)
    positions = [position for position, _ in _STOPS]
    channels = np.array([color for _, color in _STOPS]).T / 255
    table = np.array([np.interp(np.linspace(0, 1, 256), positions, channel) for channel in channels]).T
    for index, color in enumerate(table.tolist()):
        node.SetColor(index, f"{index / 255:.3f}", *color, 1.0)
    node.HideFromEditorsOn()
    return node
