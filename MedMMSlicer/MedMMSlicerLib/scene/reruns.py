"""Reruns of a model on a segmentation that a person may have worked on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..core import LabelMap, Provenance, SegmentDefinition
from ..errors import InputError
from ._mrml import MrmlNode, MrmlScene, get_node
from ._segment_nodes import Labels, grid_of, new_segments, record_run
from ._segment_tags import get_tag, label_hash, set_tag
from ._segment_voxels import BINARY_LABELMAP, erase_unreferenced, mask_hash, segment_crops, segment_mask

__all__ = [
    "SegmentComparison",
    "SegmentationUpdate",
    "refresh_algorithm_types",
    "touched_segments",
    "update_segmentation",
]

_NEW_SUFFIX = {"en": " (new)", "zh-CN": "（新）"}

_MODEL_TYPES = ("AUTOMATIC", "SEMIAUTOMATIC")


@dataclass(frozen=True)
class SegmentComparison:
    """A segment that a person touched, against what the rerun gave.

    Parameters
    ----------
    segment_id, new_segment_id : str
        ``new_segment_id`` equals ``segment_id`` where both have the same voxels and nothing was added.
    dice : float
        0 to 1; 1 where both are empty.
    volume_mm3, new_volume_mm3 : float
    """

    segment_id: str
    new_segment_id: str
    dice: float
    volume_mm3: float
    new_volume_mm3: float


@dataclass(frozen=True)
class SegmentationUpdate:
    """What a rerun did: ids of segments that were added, replaced and kept (touched by a person)."""

    added: tuple[str, ...]
    replaced: tuple[str, ...]
    kept: tuple[str, ...]
    comparisons: tuple[SegmentComparison, ...]


def update_segmentation(
    scene: MrmlScene,
    node_id: str,
    label_map: LabelMap | Labels,
    provenance: Provenance,
    language: str = "en",
    surfaces: bool = True,
) -> SegmentationUpdate:
    """Put a rerun into a segmentation without overwriting anything that a person did.

    A segment that nobody touched gets the new voxels. Beside one that was changed, renamed, recolored or
    removed by a person, the new one is added, named ``... (new)``, as an outline. Segments that the rerun
    does not know stay. Surfaces, where there are some, are made again, unless ``surfaces`` is False.

    Raises
    ------
    InputError
        If the segmentation is gone, or lies on another grid than the label map.
    """
    node = get_node(scene, node_id, "vtkMRMLSegmentationNode")
    labels = Labels.of(label_map)
    if not labels.grid.same_grid(grid_of(scene, node)):
        raise InputError(
            f"'{node.GetName()}' belongs to another image grid. Put the new result into a new segmentation."
        )
    segmentation = node.GetSegmentation()
    had_surface = segmentation.ContainsRepresentation("Closed surface")
    # While some segments have surfaces, the views ask for those of a segment that has no voxels just now.
    segmentation.RemoveRepresentation("Closed surface")
    touched = set(touched_segments(scene, node_id))
    written: dict[str, bool] = {}
    comparisons: list[SegmentComparison] = []
    for segment, definition in new_segments(labels, provenance, language):
        target = _target_id(node, definition.id, touched)
        if definition.id in touched:
            comparisons.append(_compare(node, definition, target, labels))
            if comparisons[-1].new_segment_id == definition.id:
                continue
        written[target] = segmentation.GetSegment(target) is not None
        _put_segment(node, segment, target, definition.id, language)
    # What equals a touched segment was not put in: left in the layer, it would be drawn over that one, in the
    # green of a label without a segment.
    erase_unreferenced(node, labels.layer if len(written) == len(labels.definitions) else None)
    if had_surface and surfaces:
        node.CreateClosedSurfaceRepresentation()
    record_run(node, provenance, list(written))
    return SegmentationUpdate(
        added=tuple(key for key, existed in written.items() if not existed),
        replaced=tuple(key for key, existed in written.items() if existed),
        kept=tuple(item.segment_id for item in comparisons),
        comparisons=tuple(comparisons),
    )


def touched_segments(scene: MrmlScene, node_id: str) -> tuple[str, ...]:
    """Return the ids of the segments that a person made, or changed after a model made them.

    Voxels, name, color and codes count; how voxels are stored does not.
    """
    node = get_node(scene, node_id, "vtkMRMLSegmentationNode")
    segmentation = node.GetSegmentation()
    grid = grid_of(scene, node)
    segment_ids = segmentation.GetSegmentIDs()
    crops = segment_crops(node, segment_ids, grid)
    touched = []
    for segment_id in segment_ids:
        segment = segmentation.GetSegment(segment_id)
        same_label = get_tag(segment, "MedMM.Label") == label_hash(segment)
        voxels = get_tag(segment, "MedMM.Voxels")
        if not same_label or voxels != mask_hash(grid.shape, crops[segment_id]):
            touched.append(segment_id)
    return tuple(touched)


def refresh_algorithm_types(scene: MrmlScene, node_id: str) -> None:
    """Set ``DICOM.SegmentAlgorithmType`` to what is true now; call it before saving or exporting.

    AUTOMATIC: as the model gave it. SEMIAUTOMATIC: its voxels were changed by a person afterwards; a new name
    or color changes none. MANUAL: made by a person.
    """
    node = get_node(scene, node_id, "vtkMRMLSegmentationNode")
    segmentation, grid = node.GetSegmentation(), grid_of(scene, node)
    crops = segment_crops(node, segmentation.GetSegmentIDs(), grid)
    for segment_id, crop in crops.items():
        segment = segmentation.GetSegment(segment_id)
        voxels = get_tag(segment, "MedMM.Voxels")
        by_model = _MODEL_TYPES[voxels != mask_hash(grid.shape, crop)]
        set_tag(segment, "DICOM.SegmentAlgorithmType", by_model if voxels else "MANUAL")


def _target_id(node: MrmlNode, segment_id: str, touched: set[str]) -> str:
    """Return the id under which a rerun's segment goes: its own, or the first one beside that may be used."""
    segmentation = node.GetSegmentation()
    known = json.loads(node.GetAttribute("MedMM.SegmentIds") or "[]")
    removed = segment_id in known and segmentation.GetSegment(segment_id) is None
    if segment_id not in touched and not removed:
        return segment_id
    number = 1
    while True:
        candidate = f"{segment_id}-new" if number == 1 else f"{segment_id}-new-{number}"
        gone = candidate in known and segmentation.GetSegment(candidate) is None
        if candidate not in touched and not gone:
            return candidate
        number += 1


def _put_segment(node: MrmlNode, segment: Any, target: str, segment_id: str, language: str) -> None:
    """Add a segment, or give an existing one its voxels and tags, so that its place and display stay."""
    segmentation = node.GetSegmentation()
    if target != segment_id:
        segment.SetName(segment.GetName() + _NEW_SUFFIX.get(language, _NEW_SUFFIX["en"]))
        set_tag(segment, "MedMM.Label", label_hash(segment))
    existing = segmentation.GetSegment(target)
    if existing is None:
        segmentation.AddSegment(segment, target)
        if segmentation.GetSegmentIndex(segment_id) >= 0:
            segmentation.SetSegmentIndex(target, segmentation.GetSegmentIndex(segment_id) + 1)
        if target != segment_id:
            node.GetDisplayNode().SetSegmentVisibility2DFill(target, False)
    else:
        existing.RemoveAllRepresentations()
        existing.AddRepresentation(BINARY_LABELMAP, segment.GetRepresentation(BINARY_LABELMAP))
        existing.DeepCopyMetadata(segment)
        existing.SetLabelValue(segment.GetLabelValue())


def _compare(node: MrmlNode, definition: SegmentDefinition, target: str, labels: Labels) -> SegmentComparison:
    """Compare a touched segment with the new mask; equal voxels need no second segment."""
    old, new = segment_mask(node, definition.id, labels.grid), labels.array == definition.value
    voxel_mm3 = labels.grid.voxel_volume_mm3
    total = int(old.sum()) + int(new.sum())
    return SegmentComparison(
        segment_id=definition.id,
        new_segment_id=definition.id if np.array_equal(old, new) else target,
        dice=2 * int((old & new).sum()) / total if total else 1.0,
        volume_mm3=float(old.sum()) * voxel_mm3,
        new_volume_mm3=float(new.sum()) * voxel_mm3,
    )
