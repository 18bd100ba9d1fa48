"""Segmentations into the scene and back, and reruns that keep what a person did."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..core import LabelMap, Provenance, SegmentDefinition, VolumeGeometry
from ..errors import InputError, UsageError
from ._mrml import MrmlScene, add_node, get_node, node_to_world, set_attributes
from ._segment_nodes import Labels, grid_of, new_segments, record_run
from ._segment_tags import describe_segment, get_tag
from ._segment_voxels import segment_crops
from .reruns import (
    SegmentationUpdate,
    SegmentComparison,
    refresh_algorithm_types,
    touched_segments,
    update_segmentation,
)

__all__ = [
    "SegmentComparison",
    "SegmentationUpdate",
    "add_segmentation",
    "label_map_from_node",
    "label_maps_from_node",
    "prepare_labels",
    "refresh_algorithm_types",
    "show_closed_surface",
    "touched_segments",
    "update_segmentation",
]

_FILL_OPACITY = 0.35
"""Light enough to see the image through it."""


def add_segmentation(
    scene: MrmlScene,
    label_map: LabelMap | Labels,
    provenance: Provenance,
    reference_volume_id: str,
    name: str,
    language: str = "en",
) -> str:
    """Add a label map as segmentation, each segment with its codes, color and origin.

    Parameters
    ----------
    scene : vtkMRMLScene
        The segmentations logic must have been created before.
    label_map : LabelMap or Labels
        What `prepare_labels` gave saves its time here.
    provenance : Provenance
    reference_volume_id : str
        The volume that was segmented.
    name : str
        Of the node.
    language : str
        Of the segment names.

    Returns
    -------
    str
        Id of the segmentation node.
    """
    volume = get_node(scene, reference_volume_id, "vtkMRMLVolumeNode")
    labels = Labels.of(label_map)
    node = add_node(scene, "vtkMRMLSegmentationNode", name)
    node.SetSourceRepresentationToBinaryLabelmap()
    node.CreateDefaultDisplayNodes()
    node.GetDisplayNode().SetOpacity2DFill(_FILL_OPACITY)
    node.SetReferenceImageGeometryParameterFromVolumeNode(volume)
    node.SetAndObserveTransformNodeID(volume.GetTransformNodeID())
    for segment, definition in new_segments(labels, provenance, language):
        if node.GetSegmentation().GetSegment(definition.id) is not None:
            scene.RemoveNode(node)
            raise UsageError(f"The segment id '{definition.id}' occurs twice in a label map. Report this.")
        node.GetSegmentation().AddSegment(segment, definition.id)
    set_attributes(node, {"MedMM.Grid": json.dumps(labels.grid.to_json()), "MedMM.Role": labels.role})
    record_run(node, provenance, [definition.id for definition in labels.definitions])
    return str(node.GetID())


def prepare_labels(label_map: LabelMap) -> Labels:
    """Do what takes longest of `add_segmentation` and `update_segmentation`, which is the same for both."""
    return Labels.of(label_map)


def label_map_from_node(
    scene: MrmlScene,
    node_id: str,
    segment_ids: Sequence[str] | None = None,
    geometry: VolumeGeometry | None = None,
) -> LabelMap:
    """Read segments as one label map.

    Parameters
    ----------
    scene : vtkMRMLScene
    node_id : str
    segment_ids : sequence of str, optional
        All of them when not given.
    geometry : VolumeGeometry, optional
        Grid of the result; the grid of the segmented volume when not given.

    Raises
    ------
    InputError
        If two of the segments overlap, or there is no such segmentation or segment.
    """
    maps = label_maps_from_node(scene, node_id, segment_ids, geometry)
    if len(maps) > 1:
        raise InputError(
            f"'{maps[1].segments[0].id}' overlaps another segment, so they do not fit into one label map. "
            "Select fewer segments."
        )
    return maps[0]


def label_maps_from_node(
    scene: MrmlScene,
    node_id: str,
    segment_ids: Sequence[str] | None = None,
    geometry: VolumeGeometry | None = None,
) -> tuple[LabelMap, ...]:
    """Read segments as label maps, as few as overlaps allow; at least one. See `label_map_from_node`."""
    node = get_node(scene, node_id, "vtkMRMLSegmentationNode")
    segmentation = node.GetSegmentation()
    wanted = segmentation.GetSegmentIDs() if segment_ids is None else tuple(segment_ids)
    to_world = node_to_world(node)
    if geometry is None:
        grid = grid_of(scene, node)
        geometry = VolumeGeometry(grid.shape, to_world @ grid.ijk_to_ras)
    else:
        grid = VolumeGeometry(geometry.shape, np.linalg.inv(to_world) @ geometry.ijk_to_ras)
    absent = [segment_id for segment_id in wanted if segmentation.GetSegment(segment_id) is None]
    if absent:
        raise InputError(f"'{node.GetName()}' has no segment '{absent[0]}'. Select it again.")
    arrays: list[NDArray[np.uint8]] = [np.zeros(grid.shape, np.uint8)]
    parts: list[list[SegmentDefinition]] = [[]]
    for segment_id, (start, mask) in segment_crops(node, wanted, grid).items():
        box = tuple(slice(first, first + size) for first, size in zip(start, mask.shape, strict=True))
        index = next((n for n, array in enumerate(arrays) if not array[box][mask].any()), len(arrays))
        if index == len(arrays):
            arrays.append(np.zeros(grid.shape, np.uint8))
            parts.append([])
        segment = segmentation.GetSegment(segment_id)
        value = _free_value(get_tag(segment, "MedMM.Value"), parts[index], node.GetName())
        arrays[index][box][mask] = value
        parts[index].append(describe_segment(segment, segment_id, value))
    role = node.GetAttribute("MedMM.Role") or "current"
    return tuple(
        LabelMap(array, geometry, tuple(part), role) for array, part in zip(arrays, parts, strict=True)
    )


def show_closed_surface(scene: MrmlScene, node_id: str, smoothing: float = 0.5) -> None:
    """Make the 3D surfaces of a segmentation and show them; ``smoothing`` is 0 (none) to 1 (strong).

    Raises
    ------
    UsageError
        If VTK can not make them: the segmentations logic was created after the segmentation, or never.
    """
    node = get_node(scene, node_id, "vtkMRMLSegmentationNode")
    segmentation = node.GetSegmentation()
    segmentation.SetConversionParameter("Smoothing factor", f"{min(max(smoothing, 0.0), 1.0):.2f}")
    segmentation.RemoveRepresentation("Closed surface")
    if segmentation.GetNumberOfSegments() and not node.CreateClosedSurfaceRepresentation():
        raise UsageError(
            f"'{node.GetName()}' can not be shown in 3D: the segmentations logic must exist before the "
            "segmentation."
        )
    node.GetDisplayNode().SetVisibility3D(True)


def _free_value(wanted: str, used: list[SegmentDefinition], name: str) -> int:
    taken = {definition.value for definition in used}
    if wanted.isdigit() and 0 < int(wanted) < 256 and int(wanted) not in taken:
        return int(wanted)
    value = next((value for value in range(1, 256) if value not in taken), 0)
    if not value:
        raise InputError(f"'{name}' has more than 255 segments, too many for one label map. Select fewer.")
    return value
