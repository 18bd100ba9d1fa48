"""The points of findings, kept in step with what the reader did."""

from __future__ import annotations

from collections.abc import Sequence

from ..core import Finding
from ._finding_texts import finding_description, finding_label
from ._mrml import MrmlNode, MrmlScene, add_markup

__all__ = ["place_findings"]

_COLOR = (1.0, 0.78, 0.18)
_SELECTED_COLOR = (0.1, 0.95, 1.0)
"""Amber, and cyan for the one that is selected: apart in lightness and hue, also for color-blind readers."""

_TEXT_SCALE = 3.0


def place_findings(
    scene: MrmlScene,
    node_id: str,
    findings: Sequence[Finding],
    volume_id: str = "",
    language: str = "en",
    selected_id: str = "",
) -> str:
    """Make a point list show exactly the located findings; the node stays the same one.

    Rejected findings keep their point, hidden, so that taking the rejection back shows it again.

    Parameters
    ----------
    scene : vtkMRMLScene
    node_id : str
        Of the point list; empty, or gone from the scene: a new one is made when there is something to show.
    findings : sequence of Finding
    volume_id : str
        Image to which the points belong.
    language : str
        Of the labels.
    selected_id : str
        Finding whose point is highlighted.

    Returns
    -------
    str
        Id of the point list, empty if there is none.
    """
    located = [finding for finding in findings if finding.location_ras is not None]
    node = scene.GetNodeByID(node_id) if node_id else None
    if node is None or not node.IsA("vtkMRMLMarkupsFiducialNode"):
        if not located:
            return ""
        node = _new_list(scene)
    was_modifying = node.StartModify()
    _match_points(node, located, volume_id)
    for index, finding in enumerate(located):
        _update_point(node, index, finding, language, finding.id == selected_id)
    node.EndModify(was_modifying)
    return str(node.GetID())


def _new_list(scene: MrmlScene) -> MrmlNode:
    node = add_markup(scene, "vtkMRMLMarkupsFiducialNode", "Findings")
    node.SetLocked(True)
    node.CreateDefaultDisplayNodes()
    display = node.GetDisplayNode()
    display.SetTextScale(_TEXT_SCALE)
    return node


def _match_points(node: MrmlNode, located: Sequence[Finding], volume_id: str) -> None:
    """Give the node one point per finding, in order; built again only when the findings are others."""
    display = node.GetDisplayNode()
    if display is not None:
        display.SetColor(*_COLOR)
        display.SetSelectedColor(*_SELECTED_COLOR)
    ids = " ".join(finding.id for finding in located)
    same = (node.GetAttribute("MedMM.FindingIds") or "") == ids
    if same and node.GetNumberOfControlPoints() == len(located):
        return
    # Fixed: a point that the reader places while this list is active would go with the next change.
    node.SetFixedNumberOfControlPoints(False)
    node.RemoveAllControlPoints()
    for finding in located:
        index = node.AddControlPointWorld(*(finding.location_ras or ()))
        if volume_id:
            node.SetNthControlPointAssociatedNodeID(index, volume_id)
    node.SetFixedNumberOfControlPoints(True)
    node.SetAttribute("MedMM.FindingIds", ids)


def _update_point(node: MrmlNode, index: int, finding: Finding, language: str, selected: bool) -> None:
    """Set what differs: each setter tells the views, and there may be a hundred points."""
    place, visible = finding.location_ras or (), finding.status != "rejected"
    if tuple(node.GetNthControlPointPositionWorld(index)) != place:
        node.SetNthControlPointPositionWorld(index, *place)
    label, description = finding_label(finding, language), finding_description(finding)
    if node.GetNthControlPointLabel(index) != label:
        node.SetNthControlPointLabel(index, label)
    if node.GetNthControlPointDescription(index) != description:
        node.SetNthControlPointDescription(index, description)
    if bool(node.GetNthControlPointVisibility(index)) != visible:
        node.SetNthControlPointVisibility(index, visible)
    if bool(node.GetNthControlPointSelected(index)) != selected:
        node.SetNthControlPointSelected(index, selected)
