"""Surfaces made one after the other: the same as all at once, coarse for what is large, none for a slice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from MedMMSlicerLib.core import LabelMap, Provenance, SegmentDefinition, Volume, VolumeGeometry
from MedMMSlicerLib.scene.segmentations import add_segmentation, show_closed_surface
from MedMMSlicerLib.scene.surfaces import has_surfaces, make_surface, missing_surfaces
from MedMMSlicerLib.scene.volumes import add_volume

pytestmark = pytest.mark.mrml


@pytest.fixture
def add(scene: Any, provenance: Provenance) -> Callable[[LabelMap], str]:
    """Add an image and its segmentation."""

    def make(label_map: LabelMap) -> str:
        volume_id = add_volume(
            scene, Volume(label_map.array.astype(np.int16), label_map.geometry), name="image"
        )
        return add_segmentation(scene, label_map, provenance, volume_id, "segments")

    return make


def surface(scene: Any, node_id: str, segment_id: str) -> Any:
    return (
        scene.GetNodeByID(node_id)
        .GetSegmentation()
        .GetSegment(segment_id)
        .GetRepresentation("Closed surface")
    )


def test_one_by_one_gives_what_all_at_once_gives(
    scene: Any, add: Callable[[LabelMap], str], label_map: LabelMap
) -> None:
    node_id = add(label_map)
    ids = missing_surfaces(scene, node_id)
    assert len(ids) >= 2 and not has_surfaces(scene, node_id)
    for number, segment_id in enumerate(ids):
        make_surface(scene, node_id, segment_id)
        assert missing_surfaces(scene, node_id) == ids[number + 1 :]
    assert has_surfaces(scene, node_id)
    one_by_one = {key: surface(scene, node_id, key) for key in ids}
    show_closed_surface(scene, node_id)
    for key, made in one_by_one.items():
        other = surface(scene, node_id, key)
        assert made is not other and made.GetNumberOfPolys() == other.GetNumberOfPolys() > 0
        assert made.GetBounds() == pytest.approx(other.GetBounds())


def test_a_large_segment_gets_a_coarser_surface_at_its_place(
    scene: Any, add: Callable[[LabelMap], str], segments: tuple[SegmentDefinition, ...]
) -> None:
    geometry = VolumeGeometry.from_axes((70, 90, 80), (3.0, 1.0, 2.0), (-100.0, 50.0, -30.0))
    array = np.zeros(geometry.shape, np.uint8)
    array[5:64, 7:85, 9:73] = segments[0].value
    array[30:33, 7:85, 9:73] = 0
    node_id = add(LabelMap(array, geometry, segments[:1]))
    make_surface(scene, node_id, segments[0].id)
    coarse = surface(scene, node_id, segments[0].id)
    show_closed_surface(scene, node_id)
    full = surface(scene, node_id, segments[0].id)
    assert 0 < coarse.GetNumberOfPolys() < 30_000 < full.GetNumberOfPolys()
    limit = np.repeat([2.0, 1.0, 3.0], 2) * 2
    assert (np.abs(np.subtract(coarse.GetBounds(), full.GetBounds())) <= limit).all()


def test_a_single_slice_and_empty_segments_get_none(
    scene: Any, add: Callable[[LabelMap], str], segments: tuple[SegmentDefinition, ...]
) -> None:
    geometry = VolumeGeometry.from_axes((1, 9, 8), (1.0, 1.0, 2.0), (0.0, 0.0, 0.0))
    flat = add(LabelMap(np.ones(geometry.shape, np.uint8), geometry, segments[:1]))
    assert missing_surfaces(scene, flat) == ()
    geometry = VolumeGeometry.from_axes((5, 9, 8), (1.0, 1.0, 2.0), (0.0, 0.0, 0.0))
    array = np.zeros(geometry.shape, np.uint8)
    array[2:4, 3:5, 2:6] = segments[0].value
    node_id = add(LabelMap(array, geometry, segments[:2]))
    scene.GetNodeByID(node_id).GetSegmentation().AddEmptySegment("drawn", "Drawn")
    for segment_id in missing_surfaces(scene, node_id):
        make_surface(scene, node_id, segment_id)
    assert missing_surfaces(scene, node_id) == ()
    make_surface(scene, node_id, "not there")
