"""Locations of findings as points, boxes as regions of interest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..core import Box, Finding, localized
from ._finding_texts import finding_description, finding_label
from ._mrml import MrmlNode, MrmlScene, add_markup, get_node, set_attributes

__all__ = ["add_boxes", "add_locations", "box_from_node", "locations_from_node"]

_COLOR = (1.0, 0.78, 0.18)
"""Amber: readable on gray images and unlike the usual colors of organs."""

_TEXT_SCALE = 3.0
"""Percent of the view, Slicer's own default."""


def add_locations(
    scene: MrmlScene,
    findings: Sequence[Finding],
    volume_id: str = "",
    name: str = "Findings",
    language: str = "en",
) -> str | None:
    """Add one point per finding that has a location.

    Labels are the names of the findings with their side, descriptions say id, side, status and probability.
    The points are locked, so that a click in the image moves none of them.

    Returns
    -------
    str or None
        Id of the point list; None when no finding has a location.
    """
    located = [finding for finding in findings if finding.location_ras is not None]
    if not located:
        return None
    node = add_markup(scene, "vtkMRMLMarkupsFiducialNode", name)
    for finding in located:
        index = node.AddControlPoint(*(finding.location_ras or ()), finding_label(finding, language))
        node.SetNthControlPointDescription(index, finding_description(finding))
        if volume_id:
            node.SetNthControlPointAssociatedNodeID(index, volume_id)
    node.SetAttribute("MedMM.FindingIds", " ".join(finding.id for finding in located))
    node.SetLocked(True)
    node.SetFixedNumberOfControlPoints(True)
    _style(node)
    return str(node.GetID())


def locations_from_node(scene: MrmlScene, node_id: str) -> dict[str, tuple[float, float, float]]:
    """Return finding id to location (mm, RAS) of a point list that `add_locations` made."""
    node = get_node(scene, node_id, "vtkMRMLMarkupsFiducialNode")
    ids = (node.GetAttribute("MedMM.FindingIds") or "").split()
    count = min(len(ids), node.GetNumberOfControlPoints())
    points = [node.GetNthControlPointPositionWorld(index) for index in range(count)]
    return {key: (point[0], point[1], point[2]) for key, point in zip(ids, points, strict=False)}


def add_boxes(
    scene: MrmlScene, boxes: Sequence[Box], findings: Sequence[Finding] = (), language: str = "en"
) -> tuple[str, ...]:
    """Add each box as a region of interest, named as its finding with the score, and return the ids."""
    names = {finding.id: localized(finding.name, language) for finding in findings}
    return tuple(_add_box(scene, box, names) for box in boxes)


def box_from_node(scene: MrmlScene, node_id: str) -> Box:
    """Return a box that `add_boxes` made, as it lies now."""
    node = get_node(scene, node_id, "vtkMRMLMarkupsROINode")
    center, size = node.GetCenterWorld(), [0.0, 0.0, 0.0]
    node.GetSizeWorld(size)
    low, high = ([center[axis] + sign * size[axis] / 2 for axis in range(3)] for sign in (-1, 1))
    return Box(
        finding_id=node.GetAttribute("MedMM.FindingId") or "",
        minimum_ras=(low[0], low[1], low[2]),
        maximum_ras=(high[0], high[1], high[2]),
        score=float(node.GetAttribute("MedMM.Score") or "nan"),
    )


def _add_box(scene: MrmlScene, box: Box, names: Mapping[str, str]) -> str:
    corners = list(zip(box.minimum_ras, box.maximum_ras, strict=True))
    node = add_markup(
        scene, "vtkMRMLMarkupsROINode", f"{names.get(box.finding_id, box.finding_id)} {box.score:.2f}"
    )
    node.SetCenter(*((low + high) / 2 for low, high in corners))
    node.SetSize(*(high - low for low, high in corners))
    set_attributes(node, {"MedMM.FindingId": box.finding_id, "MedMM.Score": repr(float(box.score))})
    node.SetLocked(True)
    _style(node)
    display = node.GetDisplayNode()
    display.SetFillVisibility(False)
    display.SetHandlesInteractive(False)
    return str(node.GetID())


def _style(node: MrmlNode) -> None:
    node.CreateDefaultDisplayNodes()
    display = node.GetDisplayNode()
    display.SetColor(*_COLOR)
    display.SetSelectedColor(*_COLOR)
    display.SetTextScale(_TEXT_SCALE)
