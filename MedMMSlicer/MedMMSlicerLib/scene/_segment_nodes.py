"""What adding, reading and rerunning a segmentation share."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core import LabelMap, Provenance, SegmentDefinition, VolumeGeometry, to_json
from ..errors import InputError
from ._mrml import MrmlNode, MrmlScene, node_to_world, right_handed, set_attributes
from ._segment_tags import make_segment, set_tag
from ._segment_voxels import BINARY_LABELMAP, Crop, layer_and_crops, mask_hash
from .volumes import volume_geometry

__all__ = ["Labels", "grid_of", "new_segments", "record_run"]


@dataclass(frozen=True, eq=False)
class Labels:
    """A label map as it goes into a scene: right-handed, with its layer and the crop of every label."""

    definitions: tuple[SegmentDefinition, ...]
    array: NDArray[np.uint8]
    grid: VolumeGeometry
    layer: Any
    crops: Mapping[int, Crop]
    role: str = "current"

    @classmethod
    def of(cls, label_map: LabelMap | Labels) -> Labels:
        if isinstance(label_map, Labels):
            return label_map
        array, grid = right_handed(label_map.array, label_map.geometry)
        values = tuple(definition.value for definition in label_map.segments)
        layer, crops = layer_and_crops(array, grid, values)
        return cls(label_map.segments, array, grid, layer, crops, label_map.role)


def new_segments(
    labels: Labels, provenance: Provenance, language: str
) -> Iterator[tuple[Any, SegmentDefinition]]:
    """Yield a vtkSegment per definition; all share one layer of voxels."""
    for definition in labels.definitions:
        segment = make_segment(definition, provenance, language)
        set_tag(segment, "MedMM.Voxels", mask_hash(labels.grid.shape, labels.crops[definition.value]))
        segment.AddRepresentation(BINARY_LABELMAP, labels.layer)
        segment.SetLabelValue(definition.value)
        yield segment, definition


def grid_of(scene: MrmlScene, node: MrmlNode) -> VolumeGeometry:
    """Return the grid of the segmented volume, in the coordinates of the node, parent transforms left out."""
    text = node.GetAttribute("MedMM.Grid")
    if text:
        return VolumeGeometry.from_json(json.loads(text))
    volume = node.GetNodeReference(node.GetReferenceImageGeometryReferenceRole())
    if volume is None:
        raise InputError(f"'{node.GetName()}' has no source volume. Select one in the Segment Editor.")
    grid = volume_geometry(scene, volume.GetID())
    return VolumeGeometry(grid.shape, np.linalg.inv(node_to_world(node)) @ grid.ijk_to_ras)


def record_run(node: MrmlNode, provenance: Provenance, segment_ids: Sequence[str]) -> None:
    known = json.loads(node.GetAttribute("MedMM.SegmentIds") or "[]")
    set_attributes(
        node,
        {
            "MedMM.Provenance": json.dumps(to_json(provenance), allow_nan=False),
            "MedMM.SegmentIds": json.dumps([*known, *(item for item in segment_ids if item not in known)]),
        },
    )
