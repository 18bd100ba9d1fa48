"""A check of the scene functions that runs wherever there is a scene: in Slicer's own test, and in ours."""

from __future__ import annotations

import numpy as np

from ..core import CodedConcept, LabelMap, Provenance, SegmentDefinition, Volume, VolumeGeometry
from ._mrml import MrmlScene
from .segmentations import add_segmentation, label_map_from_node, touched_segments
from .volumes import add_volume, volume_from_node

__all__ = ["check_round_trip"]


def check_round_trip(scene: MrmlScene) -> dict[str, bool]:
    """Put an oblique, anisotropic, asymmetric phantom into the scene and read it back.

    Returns
    -------
    dict of str to bool
        Statement to whether it holds. The phantom stays in the scene.
    """
    volume, label_map = _phantom()
    volume_id = add_volume(scene, volume, name="MedMM phantom")
    provenance = Provenance("self-test", "1.0.0", "", (), "cpu", "none", {}, {}, "")
    segmentation_id = add_segmentation(scene, label_map, provenance, volume_id, "MedMM phantom segmentation")
    found, labels = volume_from_node(scene, volume_id), label_map_from_node(scene, segmentation_id)
    segmentation = scene.GetNodeByID(segmentation_id).GetSegmentation()
    untouched = touched_segments(scene, segmentation_id) == ()
    segmentation.GetSegment("block").SetName("Renamed")
    return {
        "voxels are the same": np.array_equal(found.array, volume.array),
        "geometry is the same": found.geometry.same_grid(volume.geometry),
        "labels are the same": np.array_equal(labels.array, label_map.array),
        "segments are the same": labels.segments == label_map.segments,
        "a new segment is untouched": untouched,
        "a renamed segment is touched": touched_segments(scene, segmentation_id) == ("block",),
    }


def _phantom() -> tuple[Volume, LabelMap]:
    angle = np.deg2rad(20.0)
    directions = np.array(
        [[np.cos(angle), -np.sin(angle), 0.0], [np.sin(angle), np.cos(angle), 0.0], [0.0, 0.0, 1.0]]
    )
    shape = (5, 7, 9)
    geometry = VolumeGeometry.from_axes(shape, (3.0, 1.5, 0.8), (10.0, -20.0, 30.0), directions)
    array = np.arange(np.prod(shape), dtype=np.int16).reshape(shape)
    labels = np.zeros(shape, np.uint8)
    labels[1:3, 2:6, 4:9] = 3
    tissue = CodedConcept("85756007", "SCT", "Tissue")
    block = SegmentDefinition(3, "block", {"en": "Block"}, tissue, tissue, (230, 120, 40), "left")
    return Volume(array, geometry), LabelMap(labels, geometry, (block,))
