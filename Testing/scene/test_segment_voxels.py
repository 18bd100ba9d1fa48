"""Where the voxels of segments lie, whatever way MRML stores them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from MedMMSlicerLib.core import CodedConcept, LabelMap, Provenance, SegmentDefinition, Volume, VolumeGeometry
from MedMMSlicerLib.scene._segment_voxels import crops_by_value, make_layer, mask_hash
from MedMMSlicerLib.scene.segmentations import (
    add_segmentation,
    label_map_from_node,
    show_closed_surface,
    touched_segments,
)
from MedMMSlicerLib.scene.volumes import add_volume

pytestmark = pytest.mark.mrml

FIRST = "hippocampus_anterior-left"
CODE = CodedConcept("85756007", "SCT", "Tissue")

labels = npst.arrays(
    np.uint8,
    npst.array_shapes(min_dims=3, max_dims=3, max_side=6),
    elements=st.sampled_from([0, 0, 0, 1, 4, 255]),
)


def definitions(values: tuple[int, ...]) -> tuple[SegmentDefinition, ...]:
    return tuple(SegmentDefinition(v, f"s{v}", {"en": f"S{v}"}, CODE, CODE, (v, 1, 2)) for v in values)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(array=labels)
def test_any_label_map_comes_back(scene: Any, provenance: Provenance, array: np.ndarray) -> None:
    matrix = np.array([[0.5, 0.1, 0, 3], [0, -1.2, 0.3, 4], [0.2, 0, 2.5, 5], [0, 0, 0, 1.0]])
    matrix[:3, 2] *= -1
    geometry = VolumeGeometry(array.shape, matrix)
    label_map = LabelMap(array, geometry, definitions((1, 4, 255)))
    volume_id = add_volume(scene, Volume(np.zeros(array.shape, np.int16), geometry), name="v")
    node_id = add_segmentation(scene, label_map, provenance, volume_id, "s")
    found = label_map_from_node(scene, node_id)
    assert np.array_equal(found.array, array)
    np.testing.assert_allclose(found.geometry.ijk_to_ras, matrix, atol=1e-12)
    assert touched_segments(scene, node_id) == ()
    for key in (node_id, volume_id):
        scene.RemoveNode(scene.GetNodeByID(key))


@given(array=labels, other=labels)
def test_crops_and_hashes_tell_masks_apart(array: np.ndarray, other: np.ndarray) -> None:
    crops, others = crops_by_value(array, (1, 4)), crops_by_value(other, (1, 4))
    for value in (1, 4):
        start, mask = crops[value]
        back = np.zeros(array.shape, bool)
        back[tuple(slice(first, first + size) for first, size in zip(start, mask.shape, strict=True))] = mask
        assert np.array_equal(back, array == value)
        same = array.shape == other.shape and np.array_equal(array == value, other == value)
        assert (mask_hash(array.shape, crops[value]) == mask_hash(other.shape, others[value])) == same


def test_a_layer_holds_only_the_box_of_the_labels(label_map: LabelMap) -> None:
    layer = make_layer(label_map.array, label_map.geometry)
    k, j, i = np.nonzero(label_map.array)
    assert layer.GetExtent() == (i.min(), i.max(), j.min(), j.max(), k.min(), k.max())


def replace_voxels(scene: Any, node_id: str, segment_id: str, array: np.ndarray, matrix: np.ndarray) -> None:
    """Store a segment on a grid of its own."""
    geometry = VolumeGeometry(array.shape, matrix)
    segment = scene.GetNodeByID(node_id).GetSegmentation().GetSegment(segment_id)
    segment.RemoveAllRepresentations()
    segment.AddRepresentation("Binary labelmap", make_layer(array, geometry))
    segment.SetLabelValue(1)


@pytest.fixture
def segmentation_id(scene: Any, volume: Volume, label_map: LabelMap, provenance: Provenance) -> str:
    """The phantom segmentation in the scene."""
    return add_segmentation(scene, label_map, provenance, add_volume(scene, volume, name="T1"), "s")


def test_what_lies_outside_of_the_image_is_cut_off(
    scene: Any, segmentation_id: str, geometry: VolumeGeometry
) -> None:
    around = geometry.cropped((-2, -3, -4), (10, 16, 22))
    replace_voxels(scene, segmentation_id, FIRST, np.ones(around.shape, np.uint8), around.ijk_to_ras)
    found = label_map_from_node(scene, segmentation_id, [FIRST])
    assert found.array.shape == geometry.shape and (found.array == 2).all()
    beside = geometry.cropped((50, 0, 0), (2, 2, 2))
    replace_voxels(scene, segmentation_id, FIRST, np.ones((2, 2, 2), np.uint8), beside.ijk_to_ras)
    assert not label_map_from_node(scene, segmentation_id, [FIRST]).array.any()
    assert FIRST in touched_segments(scene, segmentation_id)


def test_a_segment_on_a_finer_grid_is_resampled_and_touched(
    scene: Any, segmentation_id: str, label_map: LabelMap, geometry: VolumeGeometry
) -> None:
    fine = np.kron(label_map.array == 2, np.ones((2, 2, 2))).astype(np.uint8)
    matrix = geometry.ijk_to_ras @ np.diag([0.5, 0.5, 0.5, 1.0])
    matrix[:3, 3] = geometry.kji_to_ras((-0.25, -0.25, -0.25))
    before = label_map_from_node(scene, segmentation_id, [FIRST]).array == 2
    assert touched_segments(scene, segmentation_id) == ()
    replace_voxels(scene, segmentation_id, FIRST, fine, matrix)
    found = label_map_from_node(scene, segmentation_id, [FIRST]).array == 2
    assert np.array_equal(found, before)
    replace_voxels(scene, segmentation_id, FIRST, np.roll(fine, 2, axis=2), matrix)
    assert touched_segments(scene, segmentation_id) == (FIRST,)


def test_a_transform_moves_the_label_map_and_touches_nothing(
    scene: Any, segmentation_id: str, label_map: LabelMap
) -> None:
    from vtkmodules.vtkCommonMath import vtkMatrix4x4

    shift = vtkMatrix4x4()
    shift.SetElement(0, 3, 7.0)
    transform = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    transform.SetMatrixTransformToParent(shift)
    scene.GetNodeByID(segmentation_id).SetAndObserveTransformNodeID(transform.GetID())
    found = label_map_from_node(scene, segmentation_id)
    assert np.array_equal(found.array, label_map.array)
    np.testing.assert_allclose(
        found.geometry.origin_ras - label_map.geometry.origin_ras, (7, 0, 0), atol=1e-9
    )
    assert touched_segments(scene, segmentation_id) == ()
    moved = label_map_from_node(scene, segmentation_id, geometry=found.geometry)
    assert np.array_equal(moved.array, label_map.array)


def test_the_surface_has_the_size_and_place_of_the_voxels(
    scene: Any, geometries: dict[str, VolumeGeometry], provenance: Provenance
) -> None:
    geometry = geometries["sheared"]
    array = np.zeros(geometry.shape, np.uint8)
    array[1:5, 2:8, 3:11] = 1
    volume_id = add_volume(scene, Volume(np.zeros(geometry.shape, np.int16), geometry), name="v")
    label_map = LabelMap(array, geometry, definitions((1,)))
    node_id = add_segmentation(scene, label_map, provenance, volume_id, "s")
    show_closed_surface(scene, node_id, smoothing=0.0)
    surface = scene.GetNodeByID(node_id).GetClosedSurfaceInternalRepresentation("s1")
    center = geometry.kji_to_ras(np.argwhere(array).mean(axis=0))
    bounds = np.array(surface.GetBounds()).reshape(3, 2)
    np.testing.assert_allclose(bounds.mean(axis=1), center, atol=0.3)


def test_nothing_to_show_is_no_error(
    scene: Any, make_label_map: Callable[..., LabelMap], geometry: VolumeGeometry, provenance: Provenance
) -> None:
    volume_id = add_volume(scene, Volume(np.zeros(geometry.shape, np.int16), geometry), name="v")
    blank = LabelMap(np.zeros(geometry.shape, np.uint8), geometry, definitions((1,)))
    show_closed_surface(scene, add_segmentation(scene, blank, provenance, volume_id, "blank"))
    none = LabelMap(blank.array, geometry, ())
    show_closed_surface(scene, add_segmentation(scene, none, provenance, volume_id, "none"))
