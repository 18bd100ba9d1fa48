"""Segmentations as they were before a run, so that the run can be taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..core import HeatMap
from ._mrml import MrmlScene, get_node
from ._segment_voxels import BINARY_LABELMAP, erase_unreferenced
from .heat_maps import add_heat_map
from .reruns import touched_segments
from .volumes import set_image, volume_from_node

__all__ = [
    "SegmentationState",
    "heat_map_from_node",
    "keep_segmentation",
    "put_heat_map",
    "restore_segmentation",
    "segmentation_origin",
]

_ATTRIBUTES = ("MedMM.Provenance", "MedMM.SegmentIds")


@dataclass(frozen=True, eq=False)
class SegmentationState:
    """Copies of the segments of a segmentation by id; None for a segmentation that did not exist."""

    node_id: str
    segments: Mapping[str, Any] | None = None
    attributes: tuple[tuple[str, str | None], ...] = ()


def keep_segmentation(scene: MrmlScene, node_id: str) -> SegmentationState:
    """Copy the segments of a segmentation node, voxels included; those that share voxels still do."""
    from slicer import vtkOrientedImageData, vtkSegment  # noqa: TID251 - this package is the door

    node = get_node(scene, node_id, "vtkMRMLSegmentationNode")
    segmentation = node.GetSegmentation()
    layers: dict[Any, Any] = {}
    copies = {}
    for segment_id in segmentation.GetSegmentIDs():
        segment, copy = segmentation.GetSegment(segment_id), vtkSegment()
        copy.DeepCopyMetadata(segment)
        copy.SetLabelValue(segment.GetLabelValue())
        layer = segment.GetRepresentation(BINARY_LABELMAP)
        if layer is not None:
            if layer not in layers:
                layers[layer] = vtkOrientedImageData()
                layers[layer].DeepCopy(layer)
            copy.AddRepresentation(BINARY_LABELMAP, layers[layer])
        copies[segment_id] = copy
    attributes = tuple((name, node.GetAttribute(name)) for name in _ATTRIBUTES)
    return SegmentationState(node_id, copies, attributes)


def restore_segmentation(scene: MrmlScene, state: SegmentationState, surfaces: bool = True) -> bool:
    """Bring a segmentation back; segments that a person touched stay as they are now.

    The copies themselves come back, so this can be done once. Surfaces, where there are some, are made again,
    unless ``surfaces`` is False.

    Returns
    -------
    bool
        Whether anything is left in it.
    """
    node = scene.GetNodeByID(state.node_id)
    if node is None:
        return False
    segmentation = node.GetSegmentation()
    kept = set(touched_segments(scene, state.node_id))
    had_surface = segmentation.ContainsRepresentation("Closed surface")
    # While some segments have surfaces, the views ask for those of a segment that has no voxels just now.
    segmentation.RemoveRepresentation("Closed surface")
    before = state.segments or {}
    for segment_id in segmentation.GetSegmentIDs():
        if segment_id not in kept:
            # The voxels of all segments are one array: without this, MRML erases them there one by one.
            segmentation.GetSegment(segment_id).RemoveAllRepresentations()
            segmentation.RemoveSegment(segment_id)
    for position, (segment_id, segment) in enumerate(before.items()):
        if segment_id not in kept:
            segmentation.AddSegment(segment, segment_id)
            segmentation.SetSegmentIndex(segment_id, min(position, segmentation.GetNumberOfSegments() - 1))
    if kept:
        erase_unreferenced(node, None)
    for name, value in state.attributes:
        node.SetAttribute(name, value)
    if had_surface and surfaces and segmentation.GetNumberOfSegments():
        node.CreateClosedSurfaceRepresentation()
    return bool(segmentation.GetNumberOfSegments())


def segmentation_origin(scene: MrmlScene, node_id: str) -> tuple[str, tuple[str, ...]]:
    """Role of the image that a segmentation belongs to, and the bundles that made its segments."""
    from ._segment_tags import get_tag

    node = get_node(scene, node_id, "vtkMRMLSegmentationNode")
    segmentation = node.GetSegmentation()
    segments = [segmentation.GetSegment(key) for key in segmentation.GetSegmentIDs()]
    bundles = dict.fromkeys(get_tag(segment, "MedMM.Bundle") for segment in segments)
    return node.GetAttribute("MedMM.Role") or "current", tuple(name for name in bundles if name)


def heat_map_from_node(scene: MrmlScene, node_id: str) -> HeatMap:
    """Read a heat map back; its array is a view, valid also after the node got another image."""
    node = get_node(scene, node_id, "vtkMRMLScalarVolumeNode")
    volume = volume_from_node(scene, node_id)
    return HeatMap(
        id=node.GetAttribute("MedMM.HeatMap") or "",
        finding_id=node.GetAttribute("MedMM.FindingId") or "",
        array=volume.array,
        geometry=volume.geometry,
        method=node.GetAttribute("MedMM.Method") or "",
    )


def put_heat_map(scene: MrmlScene, node_ids: Sequence[str], heat_map: HeatMap, name: str = "") -> str:
    """Put a heat map into the node among ``node_ids`` that shows the same one, else into a new node."""
    for node_id in node_ids:
        node = scene.GetNodeByID(node_id)
        if node is not None and node.GetAttribute("MedMM.HeatMap") == heat_map.id:
            set_image(node, heat_map.array, heat_map.geometry)
            node.SetAttribute("MedMM.FindingId", heat_map.finding_id)
            node.SetAttribute("MedMM.Method", heat_map.method)
            return node_id
    return add_heat_map(scene, heat_map, name)
