"""Segmentations into the scene and back, and what a rerun may do."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from MedMMSlicerLib.core import LabelMap, Provenance, SegmentDefinition, Volume, VolumeGeometry
from MedMMSlicerLib.errors import InputError, UsageError
from MedMMSlicerLib.scene.bundle_io import load_scene, save_scene
from MedMMSlicerLib.scene.segmentations import (
    add_segmentation,
    label_map_from_node,
    label_maps_from_node,
    refresh_algorithm_types,
    show_closed_surface,
    touched_segments,
    update_segmentation,
)
from MedMMSlicerLib.scene.volumes import add_volume

pytestmark = pytest.mark.mrml

FIRST, LESION = "hippocampus_anterior-left", "lesion"


@pytest.fixture
def volume_id(scene: Any, volume: Volume) -> str:
    """The phantom volume in the scene."""
    return add_volume(scene, volume, name="T1")


@pytest.fixture
def segmentation_id(scene: Any, volume_id: str, label_map: LabelMap, provenance: Provenance) -> str:
    """The phantom segmentation in the scene."""
    return add_segmentation(scene, label_map, provenance, volume_id, "Hippocampus")


def tag(scene: Any, node_id: str, segment_id: str, name: str) -> str:
    from vtkmodules.vtkCommonCore import mutable

    value = mutable("")
    segment = scene.GetNodeByID(node_id).GetSegmentation().GetSegment(segment_id)
    return str(value) if segment.GetTag(name, value) else ""


def paint(host: Any, node_id: str, segment_id: str, start_ijk: tuple[int, int, int], size: int = 1) -> None:
    """Add a cube of voxels to a segment, the way Slicer's Segment Editor does."""
    import slicer

    node = host.scene.GetNodeByID(node_id)
    reference = slicer.vtkOrientedImageData()
    geometry = node.GetSegmentation().GetConversionParameter("Reference image geometry")
    slicer.vtkSegmentationConverter.DeserializeImageGeometry(geometry, reference, True, 3, 1)
    i, j, k = start_ijk
    brush = slicer.vtkOrientedImageData()
    brush.SetExtent(i, i + size - 1, j, j + size - 1, k, k + size - 1)
    brush.CopyDirections(reference)
    brush.SetOrigin(reference.GetOrigin())
    brush.SetSpacing(reference.GetSpacing())
    brush.AllocateScalars(3, 1)
    brush.GetPointData().GetScalars().Fill(1)
    logic = slicer.vtkSlicerSegmentationsModuleLogic
    assert logic.SetBinaryLabelmapToSegment(brush, node, segment_id, logic.MODE_MERGE_MASK)


def same(found: LabelMap, expected: LabelMap) -> None:
    assert np.array_equal(found.array, expected.array)
    np.testing.assert_allclose(found.geometry.ijk_to_ras, expected.geometry.ijk_to_ras, atol=1e-9)
    assert found.segments == expected.segments


def masks(scene: Any, node_id: str) -> dict[str, np.ndarray]:
    return {
        item.id: part.array == item.value
        for part in label_maps_from_node(scene, node_id)
        for item in part.segments
    }


def test_codes_colors_names_and_origin_are_on_every_segment(scene: Any, segmentation_id: str) -> None:
    segmentation = scene.GetNodeByID(segmentation_id).GetSegmentation()
    assert segmentation.GetSegmentIDs() == (FIRST, LESION)
    segment = segmentation.GetSegment(FIRST)
    assert segment.GetName() == "Left hippocampus, anterior"
    assert [round(channel * 255) for channel in segment.GetColor()] == [10, 200, 77]
    assert segment.GetTerminology() == (
        "Segmentation category and type - DICOM master list~SCT^123037004^Anatomical Structure~"
        "SCT^25342003^Hippocampus~SCT^7771000^Left~Anatomic codes - DICOM master list~^^~^^"
    )
    assert "~^^~Anatomic" in segmentation.GetSegment(LESION).GetTerminology()
    expected = {
        "DICOM.SegmentAlgorithmType": "AUTOMATIC",
        "DICOM.SegmentAlgorithmName": "hippocampus-mr 1.2.0",
        "MedMM.Bundle": "hippocampus-mr",
        "MedMM.BundleVersion": "1.2.0",
        "MedMM.BundleSha256": "ab" * 32,
        "MedMM.Provider": "CPUExecutionProvider",
    }
    for name, value in expected.items():
        assert tag(scene, segmentation_id, LESION, name) == value
    assert segmentation.GetNumberOfLayers() == 1


def test_names_in_another_language(
    scene: Any, volume_id: str, label_map: LabelMap, provenance: Provenance
) -> None:
    node_id = add_segmentation(scene, label_map, provenance, volume_id, "海马", "zh-CN")
    segmentation = scene.GetNodeByID(node_id).GetSegmentation()
    assert [segmentation.GetSegment(key).GetName() for key in (FIRST, LESION)] == ["左侧海马前部", "Lesion"]
    same(label_map_from_node(scene, node_id), label_map)


def test_a_label_map_comes_back_as_it_was(scene: Any, segmentation_id: str, label_map: LabelMap) -> None:
    same(label_map_from_node(scene, segmentation_id), label_map)
    assert touched_segments(scene, segmentation_id) == ()


@pytest.mark.parametrize("kind", ["oblique", "left-handed", "sheared"])
def test_a_saved_segmentation_is_untouched_and_the_same(
    scene: Any,
    geometries: dict[str, VolumeGeometry],
    kind: str,
    make_label_map: Callable[..., LabelMap],
    provenance: Provenance,
    tmp_path: Any,
) -> None:
    geometry = geometries[kind]
    label_map = make_label_map(geometry)
    volume_id = add_volume(scene, Volume(np.zeros(geometry.shape, np.int16), geometry), name="a")
    node_id = add_segmentation(scene, label_map, provenance, volume_id, "b")
    tags = {key: tag(scene, node_id, key, "MedMM.Voxels") for key in (FIRST, LESION)}
    save_scene(scene, tmp_path / "scene.mrb")
    load_scene(scene, tmp_path / "scene.mrb")
    assert touched_segments(scene, node_id) == ()
    assert {key: tag(scene, node_id, key, "MedMM.Voxels") for key in tags} == tags
    same(label_map_from_node(scene, node_id, geometry=geometry), label_map)
    reference = scene.GetNodeByID(node_id).GetNodeReferenceID("referenceImageGeometryRef")
    assert reference == volume_id


def test_a_left_handed_label_map_is_found_on_its_own_grid(
    scene: Any,
    geometries: dict[str, VolumeGeometry],
    make_label_map: Callable[..., LabelMap],
    provenance: Provenance,
) -> None:
    geometry = geometries["left-handed"]
    label_map = make_label_map(geometry)
    volume_id = add_volume(scene, Volume(np.zeros(geometry.shape, np.int16), geometry), name="a")
    node_id = add_segmentation(scene, label_map, provenance, volume_id, "b")
    flipped = label_map_from_node(scene, node_id)
    assert np.array_equal(flipped.array, label_map.array[::-1])
    assert np.linalg.det(flipped.geometry.ijk_to_ras[:3, :3]) > 0
    same(label_map_from_node(scene, node_id, geometry=geometry), label_map)


def test_painting_touches_only_the_painted_segment(host: Any, scene: Any, segmentation_id: str) -> None:
    before = masks(scene, segmentation_id)
    paint(host, segmentation_id, LESION, (10, 1, 0))
    assert touched_segments(scene, segmentation_id) == (LESION,)
    after = masks(scene, segmentation_id)
    assert np.array_equal(before[FIRST], after[FIRST])
    assert np.argwhere(before[LESION] != after[LESION]).tolist() == [[0, 1, 10]]


@pytest.mark.parametrize("change", ["name", "color", "terminology", "made by a person"])
def test_what_a_person_changed_without_painting_is_touched(
    scene: Any, segmentation_id: str, change: str
) -> None:
    segmentation = scene.GetNodeByID(segmentation_id).GetSegmentation()
    segment = segmentation.GetSegment(LESION)
    expected = LESION
    if change == "name":
        segment.SetName("Metastasis")
    elif change == "color":
        segment.SetColor(0.2, 0.4, 0.6)
    elif change == "terminology":
        segment.SetTerminology(segmentation.GetSegment(FIRST).GetTerminology())
    else:
        expected = segmentation.AddEmptySegment("mine", "Mine")
    assert touched_segments(scene, segmentation_id) == (expected,)


def test_storage_alone_touches_nothing(host: Any, scene: Any, segmentation_id: str) -> None:
    segmentation = scene.GetNodeByID(segmentation_id).GetSegmentation()
    segmentation.SeparateSegmentLabelmap(LESION)
    assert segmentation.GetNumberOfLayers() == 2
    host.module_logic("Segmentations").CollapseBinaryLabelmaps(scene.GetNodeByID(segmentation_id), False)
    show_closed_surface(scene, segmentation_id)
    assert touched_segments(scene, segmentation_id) == ()


def test_a_rerun_replaces_what_nobody_touched(
    scene: Any,
    segmentation_id: str,
    make_label_map: Callable[..., LabelMap],
    geometry: VolumeGeometry,
    provenance: Provenance,
) -> None:
    node = scene.GetNodeByID(segmentation_id)
    node.GetDisplayNode().SetSegmentVisibility(LESION, False)
    rerun = make_label_map(geometry, shift=3)
    newer = dataclasses.replace(provenance, bundle_version="2.0.0")
    update = update_segmentation(scene, segmentation_id, rerun, newer)
    assert (update.added, update.kept, update.comparisons) == ((), (), ())
    assert update.replaced == (FIRST, LESION)
    same(label_map_from_node(scene, segmentation_id), rerun)
    assert touched_segments(scene, segmentation_id) == ()
    assert tag(scene, segmentation_id, FIRST, "MedMM.BundleVersion") == "2.0.0"
    assert not node.GetDisplayNode().GetSegmentVisibility(LESION)
    assert node.GetSegmentation().GetNumberOfLayers() == 1


def test_a_rerun_goes_beside_what_a_person_touched(
    host: Any,
    scene: Any,
    segmentation_id: str,
    make_label_map: Callable[..., LabelMap],
    geometry: VolumeGeometry,
    provenance: Provenance,
    tmp_path: Any,
) -> None:
    paint(host, segmentation_id, FIRST, (11, 8, 4), 2)
    edited = masks(scene, segmentation_id)
    rerun = make_label_map(geometry, shift=2)
    update = update_segmentation(scene, segmentation_id, rerun, provenance)
    assert (update.added, update.replaced, update.kept) == ((f"{FIRST}-new",), (LESION,), (FIRST,))
    found = masks(scene, segmentation_id)
    assert np.array_equal(found[FIRST], edited[FIRST])
    assert np.array_equal(found[f"{FIRST}-new"], rerun.array == 2)
    assert np.array_equal(found[LESION], rerun.array == 5)
    segmentation = scene.GetNodeByID(segmentation_id).GetSegmentation()
    assert segmentation.GetSegmentIDs() == (FIRST, f"{FIRST}-new", LESION)
    assert segmentation.GetSegment(f"{FIRST}-new").GetName() == "Left hippocampus, anterior (new)"
    (comparison,) = update.comparisons
    old, new = edited[FIRST], rerun.array == 2
    voxel = geometry.voxel_volume_mm3
    assert comparison.dice == pytest.approx(2 * (old & new).sum() / (old.sum() + new.sum()))
    assert comparison.volume_mm3 == pytest.approx(old.sum() * voxel)
    assert comparison.new_volume_mm3 == pytest.approx(new.sum() * voxel)
    save_scene(scene, tmp_path / "scene.mrb")
    load_scene(scene, tmp_path / "scene.mrb")
    assert all(np.array_equal(mask, masks(scene, segmentation_id)[key]) for key, mask in found.items())
    assert touched_segments(scene, segmentation_id) == (FIRST,)


def test_a_third_run_replaces_the_second_but_never_an_edited_one(
    host: Any,
    scene: Any,
    segmentation_id: str,
    make_label_map: Callable[..., LabelMap],
    geometry: VolumeGeometry,
    provenance: Provenance,
) -> None:
    paint(host, segmentation_id, FIRST, (11, 8, 4))
    update_segmentation(scene, segmentation_id, make_label_map(geometry, shift=1), provenance)
    third = update_segmentation(scene, segmentation_id, make_label_map(geometry, shift=2), provenance)
    assert third.added == () and third.replaced == (f"{FIRST}-new", LESION)
    paint(host, segmentation_id, f"{FIRST}-new", (12, 9, 5))
    kept = masks(scene, segmentation_id)
    fourth = update_segmentation(scene, segmentation_id, make_label_map(geometry, shift=3), provenance)
    assert fourth.added == (f"{FIRST}-new-2",)
    found = masks(scene, segmentation_id)
    for key in (FIRST, f"{FIRST}-new"):
        assert np.array_equal(found[key], kept[key])
    assert np.array_equal(found[f"{FIRST}-new-2"], make_label_map(geometry, shift=3).array == 2)


def test_a_rerun_equal_to_the_edit_adds_nothing(
    host: Any, scene: Any, segmentation_id: str, label_map: LabelMap, provenance: Provenance
) -> None:
    paint(host, segmentation_id, LESION, (10, 1, 0))
    array = label_map.array.copy()
    array[0, 1, 10] = 5
    update = update_segmentation(
        scene, segmentation_id, dataclasses.replace(label_map, array=array), provenance
    )
    assert update.added == () and update.replaced == (FIRST,) and update.kept == (LESION,)
    assert update.comparisons[0].dice == 1.0
    assert update.comparisons[0].new_segment_id == LESION


def test_after_a_rerun_no_layer_has_voxels_without_a_segment(
    scene: Any, segmentation_id: str, label_map: LabelMap, provenance: Provenance
) -> None:
    from vtkmodules.util.numpy_support import vtk_to_numpy

    segmentation = scene.GetNodeByID(segmentation_id).GetSegmentation()
    segmentation.GetSegment(FIRST).SetColor(1.0, 0.0, 0.0)
    update = update_segmentation(scene, segmentation_id, label_map, provenance)
    assert update.kept == (FIRST,) and update.added == ()
    for index in range(segmentation.GetNumberOfSegments()):
        layer = segmentation.GetNthSegment(index).GetRepresentation("Binary labelmap")
        segments = map(segmentation.GetSegment, segmentation.GetSegmentIDs())
        held = [item for item in segments if item.GetRepresentation("Binary labelmap") is layer]
        known = {item.GetLabelValue() for item in held}
        drawn = set(np.unique(vtk_to_numpy(layer.GetPointData().GetScalars())).tolist())
        assert drawn <= {0, *known}, "Slicer draws them in green"


def test_a_removed_segment_does_not_come_back_under_its_name(
    scene: Any, segmentation_id: str, label_map: LabelMap, provenance: Provenance
) -> None:
    scene.GetNodeByID(segmentation_id).GetSegmentation().RemoveSegment(LESION)
    update = update_segmentation(scene, segmentation_id, label_map, provenance)
    assert update.added == (f"{LESION}-new",)


def test_segments_that_a_rerun_does_not_know_stay(
    scene: Any, segmentation_id: str, label_map: LabelMap, provenance: Provenance
) -> None:
    before = masks(scene, segmentation_id)
    only_lesion = dataclasses.replace(label_map, segments=label_map.segments[1:])
    update = update_segmentation(scene, segmentation_id, only_lesion, provenance)
    assert update.replaced == (LESION,)
    assert np.array_equal(masks(scene, segmentation_id)[FIRST], before[FIRST])


def test_a_rerun_on_another_grid_is_refused(
    scene: Any,
    segmentation_id: str,
    geometries: dict[str, VolumeGeometry],
    make_label_map: Callable[..., LabelMap],
    provenance: Provenance,
) -> None:
    before = masks(scene, segmentation_id)
    with pytest.raises(InputError, match="another image grid"):
        update_segmentation(scene, segmentation_id, make_label_map(geometries["sheared"]), provenance)
    assert all(np.array_equal(mask, masks(scene, segmentation_id)[key]) for key, mask in before.items())


def test_a_surface_follows_the_rerun(
    scene: Any,
    segmentation_id: str,
    make_label_map: Callable[..., LabelMap],
    geometry: VolumeGeometry,
    provenance: Provenance,
) -> None:
    show_closed_surface(scene, segmentation_id, smoothing=0.0)
    node = scene.GetNodeByID(segmentation_id)
    before = np.array(node.GetClosedSurfaceInternalRepresentation(FIRST).GetCenter())
    update_segmentation(scene, segmentation_id, make_label_map(geometry, shift=4), provenance)
    after = np.array(node.GetClosedSurfaceInternalRepresentation(FIRST).GetCenter())
    np.testing.assert_allclose(after - before, 4 * geometry.ijk_to_ras[:3, 0], atol=0.6)


def test_algorithm_types_say_who_did_it(host: Any, scene: Any, segmentation_id: str) -> None:
    paint(host, segmentation_id, FIRST, (11, 8, 4))
    scene.GetNodeByID(segmentation_id).GetSegmentation().AddEmptySegment("mine", "Mine")
    refresh_algorithm_types(scene, segmentation_id)
    name = "DICOM.SegmentAlgorithmType"
    found = [tag(scene, segmentation_id, key, name) for key in (FIRST, LESION, "mine")]
    assert found == ["SEMIAUTOMATIC", "AUTOMATIC", "MANUAL"]


def test_overlap_needs_two_label_maps(host: Any, scene: Any, segmentation_id: str) -> None:
    import slicer

    node = scene.GetNodeByID(segmentation_id)
    node.GetSegmentation().SeparateSegmentLabelmap(LESION)
    logic = slicer.vtkSlicerSegmentationsModuleLogic
    first = slicer.vtkOrientedImageData()
    node.GetBinaryLabelmapRepresentation(FIRST, first)
    assert logic.SetBinaryLabelmapToSegment(first, node, LESION, logic.MODE_MERGE_MAX)
    with pytest.raises(InputError, match="'lesion' overlaps"):
        label_map_from_node(scene, segmentation_id)
    maps = label_maps_from_node(scene, segmentation_id)
    assert [item.segments[0].id for item in maps] == [FIRST, LESION]
    assert label_map_from_node(scene, segmentation_id, [LESION]).segments[0].id == LESION


def test_a_segment_of_a_person_gets_a_free_value_and_slicers_default_code(
    scene: Any, segmentation_id: str
) -> None:
    scene.GetNodeByID(segmentation_id).GetSegmentation().AddEmptySegment("mine", "Mine", (0.2, 0.4, 0.6))
    found = label_map_from_node(scene, segmentation_id).segments[-1]
    assert (found.id, found.value, found.name) == ("mine", 1, {"en": "Mine"})
    assert (found.color, found.type.value) == ((51, 102, 153), "85756007")


def test_empty_labels_and_no_labels(
    scene: Any, volume_id: str, label_map: LabelMap, provenance: Provenance, tmp_path: Any
) -> None:
    blank = dataclasses.replace(label_map, array=np.zeros_like(label_map.array))
    node_id = add_segmentation(scene, blank, provenance, volume_id, "blank")
    same(label_map_from_node(scene, node_id), blank)
    assert touched_segments(scene, node_id) == ()
    none = dataclasses.replace(blank, segments=())
    none_id = add_segmentation(scene, none, provenance, volume_id, "none")
    same(label_map_from_node(scene, none_id), none)
    save_scene(scene, tmp_path / "scene.mrb")
    load_scene(scene, tmp_path / "scene.mrb")
    same(label_map_from_node(scene, node_id), blank)
    same(label_map_from_node(scene, none_id), none)
    assert touched_segments(scene, node_id) == ()


def test_hostile_names_survive_a_save(
    scene: Any, volume_id: str, label_map: LabelMap, provenance: Provenance, tmp_path: Any
) -> None:
    first, second = label_map.segments
    nasty = dataclasses.replace(
        first,
        name={"en": 'a|b:c~d^e\n"<x>&\x00\x0b 海', "zh-CN": "{%7C}"},
        type=dataclasses.replace(first.type, meaning="A~B^C|D"),
    )
    hostile = dataclasses.replace(label_map, segments=(nasty, second))
    node_id = add_segmentation(scene, hostile, provenance, volume_id, "a\x01/../b")
    before = label_map_from_node(scene, node_id)
    save_scene(scene, tmp_path / "scene.mrb")
    load_scene(scene, tmp_path / "scene.mrb")
    assert touched_segments(scene, node_id) == ()
    same(label_map_from_node(scene, node_id), before)
    assert before.segments[0].type.meaning == "A-B-C/D"


def test_errors_are_said(
    scene: Any, volume_id: str, segmentation_id: str, label_map: LabelMap, provenance: Provenance
) -> None:
    with pytest.raises(InputError, match="no Volume"):
        add_segmentation(scene, label_map, provenance, segmentation_id, "a")
    with pytest.raises(InputError, match="no Segmentation"):
        label_map_from_node(scene, volume_id)
    with pytest.raises(InputError, match="no segment 'x'"):
        label_map_from_node(scene, segmentation_id, ["x"])
    count = scene.GetNumberOfNodesByClass("vtkMRMLSegmentationNode")
    twice = dataclasses.replace(label_map, segments=(label_map.segments[0],) * 2)
    with pytest.raises(UsageError, match="twice"):
        add_segmentation(scene, twice, provenance, volume_id, "a")
    assert scene.GetNumberOfNodesByClass("vtkMRMLSegmentationNode") == count


def test_without_the_segmentations_logic_the_reason_is_said() -> None:
    # In a process of its own: once the logic was there, its converters stay.
    code = """
import numpy as np, slicer
from MedMMSlicerLib.core import *
from MedMMSlicerLib.errors import UsageError
from MedMMSlicerLib.scene.segmentations import add_segmentation, show_closed_surface
from MedMMSlicerLib.scene.volumes import add_volume
scene = slicer.vtkMRMLScene()
geometry = VolumeGeometry((2, 3, 4), np.eye(4))
code = CodedConcept("1", "SCT", "x")
segments = (SegmentDefinition(1, "a", {"en": "A"}, code, code, (1, 2, 3)),)
label_map = LabelMap(np.ones((2, 3, 4), np.uint8), geometry, segments)
volume_id = add_volume(scene, Volume(np.zeros((2, 3, 4), np.int16), geometry), name="a")
node_id = add_segmentation(scene, label_map, Provenance("a", "1", "", (), "", "", {}, {}, ""), volume_id, "b")
try:
    show_closed_surface(scene, node_id)
except UsageError as error:
    print("said:", error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("said: 'b' can not be shown in 3D")


def test_three_hundred_segments_do_not_fit_one_label_map(
    scene: Any, segmentation_id: str, segments: tuple[SegmentDefinition, ...]
) -> None:
    segmentation = scene.GetNodeByID(segmentation_id).GetSegmentation()
    for number in range(300):
        segmentation.AddEmptySegment(f"s{number}", f"S{number}")
    with pytest.raises(InputError, match="more than 255"):
        label_map_from_node(scene, segmentation_id)
