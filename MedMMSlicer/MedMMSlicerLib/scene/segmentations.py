"""Segmentations into the scene and back, and reruns that keep what a person did."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core import LabelMap, Provenance, SegmentDefinition, VolumeGeometry, to_json
from ..errors import InputError, UsageError
from ._mrml import MrmlNode, MrmlScene, add_node, get_node, node_to_world, right_handed, set_attributes
from ._segment_tags import describe_segment, get_tag, label_hash, make_segment, set_tag
from ._segment_voxels import (
    BINARY_LABELMAP,
    crops_by_value,
    erase_unreferenced,
    make_layer,
    mask_hash,
    segment_crop,
    segment_mask,
)
from .volumes import volume_geometry

__all__ = [
    "SegmentComparison",
    "SegmentationUpdate",
    "add_segmentation",
    "label_map_from_node",
    "label_maps_from_node",
    "refresh_algorithm_types",
    "show_closed_surface",
    "touched_segments",
    "update_segmentation",
]

_NEW_SUFFIX = {"en": " (new)", "zh-CN": "（新）"}

_FILL_OPACITY = 0.35
"""Light enough to see the image through it."""

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


def add_segmentation(
    scene: MrmlScene,
    label_map: LabelMap,
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
    label_map : LabelMap
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
    array, grid = right_handed(label_map.array, label_map.geometry)
    node = add_node(scene, "vtkMRMLSegmentationNode", name)
    node.SetSourceRepresentationToBinaryLabelmap()
    node.CreateDefaultDisplayNodes()
    node.GetDisplayNode().SetOpacity2DFill(_FILL_OPACITY)
    node.SetReferenceImageGeometryParameterFromVolumeNode(volume)
    node.SetAndObserveTransformNodeID(volume.GetTransformNodeID())
    for segment, definition in _new_segments(label_map.segments, array, grid, provenance, language):
        if node.GetSegmentation().GetSegment(definition.id) is not None:
            scene.RemoveNode(node)
            raise UsageError(f"The segment id '{definition.id}' occurs twice in a label map. Report this.")
        node.GetSegmentation().AddSegment(segment, definition.id)
    set_attributes(node, {"MedMM.Grid": json.dumps(grid.to_json()), "MedMM.Role": label_map.role})
    _record_run(node, provenance, [definition.id for definition in label_map.segments])
    return str(node.GetID())


def update_segmentation(
    scene: MrmlScene, node_id: str, label_map: LabelMap, provenance: Provenance, language: str = "en"
) -> SegmentationUpdate:
    """Put a rerun into a segmentation without overwriting anything that a person did.

    A segment that nobody touched gets the new voxels. Beside one that was changed, renamed, recolored or
    removed by a person, the new one is added, named ``... (new)``, as an outline. Segments that the rerun
    does not know stay.

    Raises
    ------
    InputError
        If the segmentation is gone, or lies on another grid than the label map.
    """
    node = get_node(scene, node_id, "vtkMRMLSegmentationNode")
    array, grid = right_handed(label_map.array, label_map.geometry)
    if not grid.same_grid(_grid(scene, node)):
        raise InputError(
            f"'{node.GetName()}' belongs to another image grid. Put the new result into a new segmentation."
        )
    segmentation = node.GetSegmentation()
    had_surface = segmentation.ContainsRepresentation("Closed surface")
    touched = set(touched_segments(scene, node_id))
    written: dict[str, bool] = {}
    comparisons: list[SegmentComparison] = []
    for segment, definition in _new_segments(label_map.segments, array, grid, provenance, language):
        target = _target_id(node, definition.id, touched)
        if definition.id in touched:
            comparisons.append(_compare(node, definition, target, array == definition.value, grid))
            if comparisons[-1].new_segment_id == definition.id:
                continue
        written[target] = segmentation.GetSegment(target) is not None
        _put_segment(node, segment, target, definition.id, language)
    erase_unreferenced(node)
    if had_surface:
        node.CreateClosedSurfaceRepresentation()
    _record_run(node, provenance, list(written))
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
    grid = _grid(scene, node)
    touched = []
    for segment_id in segmentation.GetSegmentIDs():
        segment = segmentation.GetSegment(segment_id)
        same_label = get_tag(segment, "MedMM.Label") == label_hash(segment)
        voxels = get_tag(segment, "MedMM.Voxels")
        if not same_label or voxels != mask_hash(grid.shape, segment_crop(node, segment_id, grid)):
            touched.append(segment_id)
    return tuple(touched)


def refresh_algorithm_types(scene: MrmlScene, node_id: str) -> None:
    """Set ``DICOM.SegmentAlgorithmType`` to what is true now; call it before saving or exporting.

    AUTOMATIC: as the model gave it. SEMIAUTOMATIC: changed by a person afterwards. MANUAL: made by a person.
    """
    segmentation = get_node(scene, node_id, "vtkMRMLSegmentationNode").GetSegmentation()
    touched = touched_segments(scene, node_id)
    for segment_id in segmentation.GetSegmentIDs():
        segment = segmentation.GetSegment(segment_id)
        by_model = bool(get_tag(segment, "MedMM.Voxels"))
        set_tag(
            segment,
            "DICOM.SegmentAlgorithmType",
            _MODEL_TYPES[segment_id in touched] if by_model else "MANUAL",
        )


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
        grid = _grid(scene, node)
        geometry = VolumeGeometry(grid.shape, to_world @ grid.ijk_to_ras)
    else:
        grid = VolumeGeometry(geometry.shape, np.linalg.inv(to_world) @ geometry.ijk_to_ras)
    arrays: list[NDArray[np.uint8]] = [np.zeros(grid.shape, np.uint8)]
    parts: list[list[SegmentDefinition]] = [[]]
    for segment_id in wanted:
        segment = segmentation.GetSegment(segment_id)
        if segment is None:
            raise InputError(f"'{node.GetName()}' has no segment '{segment_id}'. Select it again.")
        mask = segment_mask(node, segment_id, grid)
        index = next((n for n, array in enumerate(arrays) if not array[mask].any()), len(arrays))
        if index == len(arrays):
            arrays.append(np.zeros(grid.shape, np.uint8))
            parts.append([])
        value = _free_value(get_tag(segment, "MedMM.Value"), parts[index], node.GetName())
        arrays[index][mask] = value
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


def _grid(scene: MrmlScene, node: MrmlNode) -> VolumeGeometry:
    """Return the grid of the segmented volume, in the coordinates of the node, parent transforms left out."""
    text = node.GetAttribute("MedMM.Grid")
    if text:
        return VolumeGeometry.from_json(json.loads(text))
    volume = node.GetNodeReference(node.GetReferenceImageGeometryReferenceRole())
    if volume is None:
        raise InputError(f"'{node.GetName()}' has no source volume. Select one in the Segment Editor.")
    grid = volume_geometry(scene, volume.GetID())
    return VolumeGeometry(grid.shape, np.linalg.inv(node_to_world(node)) @ grid.ijk_to_ras)


def _record_run(node: MrmlNode, provenance: Provenance, segment_ids: Sequence[str]) -> None:
    known = json.loads(node.GetAttribute("MedMM.SegmentIds") or "[]")
    set_attributes(
        node,
        {
            "MedMM.Provenance": json.dumps(to_json(provenance), allow_nan=False),
            "MedMM.SegmentIds": json.dumps([*known, *(item for item in segment_ids if item not in known)]),
        },
    )


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


def _new_segments(
    definitions: Sequence[SegmentDefinition],
    array: NDArray[np.uint8],
    grid: VolumeGeometry,
    provenance: Provenance,
    language: str,
) -> Iterator[tuple[Any, SegmentDefinition]]:
    """Yield a vtkSegment per definition; all share one layer of voxels."""
    layer = make_layer(array, grid)
    crops = crops_by_value(array, tuple(definition.value for definition in definitions))
    for definition in definitions:
        segment = make_segment(definition, provenance, language)
        set_tag(segment, "MedMM.Voxels", mask_hash(grid.shape, crops[definition.value]))
        segment.AddRepresentation(BINARY_LABELMAP, layer)
        segment.SetLabelValue(definition.value)
        yield segment, definition


def _compare(
    node: MrmlNode, definition: SegmentDefinition, target: str, new: NDArray[np.bool_], grid: VolumeGeometry
) -> SegmentComparison:
    """Compare a touched segment with the new mask; equal voxels need no second segment."""
    old = segment_mask(node, definition.id, grid)
    total = int(old.sum()) + int(new.sum())
    return SegmentComparison(
        segment_id=definition.id,
        new_segment_id=definition.id if np.array_equal(old, new) else target,
        dice=2 * int((old & new).sum()) / total if total else 1.0,
        volume_mm3=float(old.sum()) * grid.voxel_volume_mm3,
        new_volume_mm3=float(new.sum()) * grid.voxel_volume_mm3,
    )


def _free_value(wanted: str, used: list[SegmentDefinition], name: str) -> int:
    taken = {definition.value for definition in used}
    if wanted.isdigit() and 0 < int(wanted) < 256 and int(wanted) not in taken:
        return int(wanted)
    value = next((value for value in range(1, 256) if value not in taken), 0)
    if not value:
        raise InputError(f"'{name}' has more than 255 segments, too many for one label map. Select fewer.")
    return value
