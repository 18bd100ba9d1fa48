"""Lesion marks of a reader: one point list, and clicks into the views that add to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ._mrml import (
    MrmlNode,
    MrmlScene,
    active_place_list,
    add_markup,
    get_node,
    set_active_place_list,
)

__all__ = [
    "add_mark_list",
    "begin_placing",
    "end_placing",
    "highlight_mark",
    "is_placing",
    "lock_marks",
    "observe_marks",
    "points_of_marks",
    "show_marks",
    "unobserve_marks",
]

_COLOR = (0.1, 0.95, 1.0)
_SELECTED_COLOR = (1.0, 0.45, 0.9)
"""Cyan, and pink for the one that is selected: neither is the amber of a model's findings."""

_TEXT_SCALE = 3.0
Point = tuple[float, float, float]


def add_mark_list(scene: MrmlScene) -> str:
    """Add an empty point list for marks; returns its id."""
    node = add_markup(scene, "vtkMRMLMarkupsFiducialNode", "Marks")
    node.SetSaveWithScene(False)
    node.SetControlPointLabelFormat("%d")
    node.CreateDefaultDisplayNodes()
    display = node.GetDisplayNode()
    display.SetColor(*_COLOR)
    display.SetSelectedColor(*_SELECTED_COLOR)
    display.SetTextScale(_TEXT_SCALE)
    return str(node.GetID())


def points_of_marks(scene: MrmlScene, node_id: str) -> tuple[Point, ...]:
    """Return the places that were clicked, (mm, RAS), in their order; a point in the making is none."""
    node = get_node(scene, node_id, "vtkMRMLMarkupsFiducialNode")
    points = []
    for index in range(node.GetNumberOfControlPoints()):
        if node.GetNthControlPointPositionStatus(index) == node.PositionDefined:
            right, anterior, superior = node.GetNthControlPointPositionWorld(index)
            points.append((right, anterior, superior))
    return tuple(points)


def show_marks(scene: MrmlScene, node_id: str, points: Sequence[Point], selected: int = -1) -> None:
    """Make the point list show exactly these places (mm, RAS), numbered from 1."""
    node = get_node(scene, node_id, "vtkMRMLMarkupsFiducialNode")
    was_modifying = node.StartModify()
    node.RemoveAllControlPoints()
    for number, point in enumerate(points):
        index = node.AddControlPointWorld(*point)
        node.SetNthControlPointLabel(index, str(number + 1))
        node.SetNthControlPointLocked(index, True)
    node.EndModify(was_modifying)
    highlight_mark(scene, node_id, selected)


def highlight_mark(scene: MrmlScene, node_id: str, selected: int) -> None:
    """Show one mark, by its index, in another color; allowed while a point is being placed."""
    node = get_node(scene, node_id, "vtkMRMLMarkupsFiducialNode")
    for index in range(node.GetNumberOfControlPoints()):
        if bool(node.GetNthControlPointSelected(index)) != (index == selected):
            node.SetNthControlPointSelected(index, index == selected)


def lock_marks(scene: MrmlScene, node_id: str) -> None:
    """Let no mark be dragged: what was recorded is what is seen; allowed while a point is being placed."""
    node = get_node(scene, node_id, "vtkMRMLMarkupsFiducialNode")
    for index in range(node.GetNumberOfControlPoints()):
        placed = node.GetNthControlPointPositionStatus(index) == node.PositionDefined
        if placed and not node.GetNthControlPointLocked(index):
            node.SetNthControlPointLocked(index, True)


def begin_placing(scene: MrmlScene, node_id: str) -> tuple[str, str]:
    """Let the next click into a slice view add a point to the list, as Slicer's own place mode does.

    Returns
    -------
    (str, str)
        What was placed into before, for `end_placing`.
    """
    before = active_place_list(scene)
    set_active_place_list(scene, ("vtkMRMLMarkupsFiducialNode", node_id))
    interaction = get_node(scene, "vtkMRMLInteractionNodeSingleton")
    interaction.SetPlaceModePersistence(0)
    interaction.SetCurrentInteractionMode(interaction.Place)
    return before


def end_placing(scene: MrmlScene, node_id: str, before: tuple[str, str]) -> None:
    """Give clicks back to what they do otherwise, and later points to the list that had them before."""
    if active_place_list(scene)[1] == node_id:
        set_active_place_list(scene, before)
    interaction = scene.GetNodeByID("vtkMRMLInteractionNodeSingleton")
    if interaction is not None and interaction.GetCurrentInteractionMode() == interaction.Place:
        interaction.SetCurrentInteractionMode(interaction.ViewTransform)


def is_placing(scene: MrmlScene) -> bool:
    """Whether the next click into a slice view places a point."""
    interaction = scene.GetNodeByID("vtkMRMLInteractionNodeSingleton")
    return interaction is not None and interaction.GetCurrentInteractionMode() == interaction.Place


def observe_marks(scene: MrmlScene, node_id: str, on_placed: Callable[[], None]) -> Any:
    """Call ``on_placed()`` after a click added a point, and when placing begins or ends."""
    node: MrmlNode = get_node(scene, node_id, "vtkMRMLMarkupsFiducialNode")
    interaction: MrmlNode = get_node(scene, "vtkMRMLInteractionNodeSingleton")

    def changed(*_event: object) -> None:
        on_placed()

    return (
        (node, node.AddObserver(node.PointPositionDefinedEvent, changed)),
        (interaction, interaction.AddObserver(interaction.InteractionModeChangedEvent, changed)),
    )


def unobserve_marks(token: Any) -> None:
    """End what `observe_marks` began."""
    for node, tag in token:
        node.RemoveObserver(tag)
