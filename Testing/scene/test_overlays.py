"""Locations, boxes, heat maps, views, parameters, folders."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from MedMMSlicerLib.core import Box, Finding, HeatMap, Prediction, Volume, VolumeGeometry
from MedMMSlicerLib.errors import InputError
from MedMMSlicerLib.scene.bundle_io import load_scene, save_scene
from MedMMSlicerLib.scene.heat_maps import add_heat_map
from MedMMSlicerLib.scene.markups import add_boxes, add_locations, box_from_node, locations_from_node
from MedMMSlicerLib.scene.parameters import get_parameter, parameter_node, set_parameter
from MedMMSlicerLib.scene.subject_hierarchy import group_nodes
from MedMMSlicerLib.scene.texts import add_text
from MedMMSlicerLib.scene.views import ensure_slice_views, jump_to, show_volumes
from MedMMSlicerLib.scene.volumes import add_volume, volume_from_node

pytestmark = pytest.mark.mrml


def saved_and_loaded(scene: Any, tmp_path: Path) -> None:
    save_scene(scene, tmp_path / "scene.mrb")
    scene.Clear(0)
    load_scene(scene, tmp_path / "scene.mrb")


def test_locations_keep_place_label_and_description(
    scene: Any, findings: tuple[Finding, ...], volume: Volume, tmp_path: Path
) -> None:
    volume_id = add_volume(scene, volume, name="T1")
    node_id = add_locations(scene, findings, volume_id, language="zh-CN")
    assert node_id is not None
    saved_and_loaded(scene, tmp_path)
    (found,) = locations_from_node(scene, node_id).items()
    assert found[0] == "f-lesion"
    np.testing.assert_allclose(found[1], findings[0].location_ras or (), atol=1e-9)
    node = scene.GetNodeByID(node_id)
    assert node.GetNthControlPointLabel(0) == "病灶（左侧）"
    assert node.GetNthControlPointDescription(0) == "f-lesion; left; proposed; probability 0.33"
    assert node.GetNthControlPointAssociatedNodeID(0) == volume_id
    assert node.GetLocked()


@pytest.mark.parametrize(
    ("name", "side", "language", "label"),
    [
        ("Lesion", "left", "en", "Lesion (left)"),
        ("Lesion", "right", "de", "Lesion (right)"),
        ("Left lung", "left", "en", "Left lung"),
        ("左肺", "left", "zh-CN", "左肺"),
        ("Lesion", "bilateral", "en", "Lesion"),
        ("Lesion", "", "en", "Lesion"),
    ],
)
def test_a_label_says_its_side_once(
    scene: Any, findings: tuple[Finding, ...], name: str, side: str, language: str, label: str
) -> None:
    finding = dataclasses.replace(findings[0], name={language: name}, laterality=side)
    node_id = add_locations(scene, (finding,), language=language)
    assert scene.GetNodeByID(node_id).GetNthControlPointLabel(0) == label


def test_no_location_no_list(scene: Any, findings: tuple[Finding, ...]) -> None:
    before = scene.GetNumberOfNodes()
    assert add_locations(scene, findings[1:]) is None
    assert scene.GetNumberOfNodes() == before


def test_boxes_keep_corners_and_score(scene: Any, prediction: Prediction, tmp_path: Path) -> None:
    other = Box("f-unknown", (-5.0, -4.0, -3.0), (0.0, 0.0, 0.0), 0.25)
    ids = add_boxes(scene, (*prediction.boxes, other), prediction.findings)
    assert [scene.GetNodeByID(node_id).GetName() for node_id in ids] == ["Lesion 0.88", "f-unknown 0.25"]
    saved_and_loaded(scene, tmp_path)
    assert tuple(box_from_node(scene, node_id) for node_id in ids) == (*prediction.boxes, other)


def test_a_heat_map_keeps_values_colors_and_threshold(
    scene: Any, prediction: Prediction, tmp_path: Path
) -> None:
    (heat,) = prediction.heat_maps
    node_id = add_heat_map(scene, heat, threshold=0.4)
    second = add_heat_map(scene, heat)
    saved_and_loaded(scene, tmp_path)
    assert np.array_equal(volume_from_node(scene, node_id).array, heat.array)
    display = scene.GetNodeByID(node_id).GetDisplayNode()
    assert (display.GetApplyThreshold(), display.GetLowerThreshold()) == (1, pytest.approx(0.4))
    colors = display.GetColorNode()
    assert colors.GetID() == scene.GetNodeByID(second).GetDisplayNode().GetColorNodeID()
    table = np.array([colors.GetLookupTable().GetTableValue(index)[:3] for index in range(256)])
    np.testing.assert_allclose(table[[0, 255]] * 255, [[40, 0, 80], [255, 250, 170]], atol=1)
    assert (np.diff(table @ [0.2126, 0.7152, 0.0722]) > -0.01).all()


def test_the_views_show_the_volume_and_the_overlay_after_loading(
    scene: Any, prediction: Prediction, volume: Volume, tmp_path: Path
) -> None:
    volume_id = add_volume(scene, volume, name="T1")
    heat_id = add_heat_map(scene, prediction.heat_maps[0])
    show_volumes(scene, volume_id, heat_id, 0.6)
    saved_and_loaded(scene, tmp_path)
    names = set()
    for index in range(scene.GetNumberOfNodesByClass("vtkMRMLSliceCompositeNode")):
        composite = scene.GetNthNodeByClass(index, "vtkMRMLSliceCompositeNode")
        names.add(composite.GetLayoutName())
        assert composite.GetBackgroundVolumeID() == volume_id
        assert composite.GetForegroundVolumeID() == heat_id
        assert composite.GetForegroundOpacity() == pytest.approx(0.6)
    assert names == {"Red", "Yellow", "Green"}
    show_volumes(scene, volume_id)
    assert not composite.GetForegroundVolumeID()


def test_the_whole_volume_fits_into_every_view(scene: Any, volume: Volume) -> None:
    show_volumes(scene, add_volume(scene, volume, name="T1"))
    ends = [(0, size - 1) for size in volume.geometry.shape]
    corners = volume.geometry.kji_to_ras(np.array(np.meshgrid(*ends)).reshape(3, -1).T)
    orientations = []
    for node_id in ensure_slice_views(scene):
        node = scene.GetNodeByID(node_id)
        orientations.append(node.GetOrientation())
        matrix = np.array([[node.GetSliceToRAS().GetElement(r, c) for c in range(4)] for r in range(4)])
        in_slice = (corners - matrix[:3, 3]) @ matrix[:3, :3]
        assert (np.abs(in_slice[:, :2]) <= np.array(node.GetFieldOfView()[:2]) / 2).all()
        center = (volume.geometry.center_ras - matrix[:3, 3]) @ matrix[:3, :3]
        np.testing.assert_allclose(center, 0, atol=1e-6)
    assert orientations == ["Axial", "Sagittal", "Coronal"]


def test_jumping_moves_every_view(scene: Any) -> None:
    ids = ensure_slice_views(scene)
    assert ensure_slice_views(scene) == ids
    jump_to(scene, (11.0, -22.0, 33.0))
    found = [scene.GetNodeByID(node_id).GetSliceToRAS() for node_id in ids]
    assert [found[0].GetElement(2, 3), found[1].GetElement(0, 3), found[2].GetElement(1, 3)] == [33, 11, -22]


def test_parameters_survive_in_one_node(scene: Any, tmp_path: Path) -> None:
    node_id = parameter_node(scene)
    set_parameter(scene, "Bundle", 'x "<&>" 海')
    set_parameter(scene, "Gone", "1")
    set_parameter(scene, "Gone", "")
    assert parameter_node(scene) == node_id
    assert parameter_node(scene, "Other") != node_id
    saved_and_loaded(scene, tmp_path)
    assert get_parameter(scene, "Bundle") == 'x "<&>" 海'
    assert get_parameter(scene, "Gone") == "" and get_parameter(scene, "Never") == ""
    node = scene.GetNodeByID(parameter_node(scene))
    assert (node.GetModuleName(), node.GetSingletonTag()) == ("MedMMSlicer", "MedMMSlicer")


def test_nodes_of_a_case_lie_in_one_folder(scene: Any, volume: Volume, tmp_path: Path) -> None:
    ids = [add_volume(scene, volume, name="T1"), add_text(scene, "x", "report")]
    folder = group_nodes(scene, "MedMM case", ids[:1])
    assert group_nodes(scene, "MedMM case", ids) == folder
    saved_and_loaded(scene, tmp_path)
    hierarchy = scene.GetSubjectHierarchyNode()
    parents = {
        hierarchy.GetItemName(hierarchy.GetItemParent(hierarchy.GetItemByDataNode(scene.GetNodeByID(key))))
        for key in ids
    }
    assert parents == {"MedMM case"}
    with pytest.raises(InputError):
        group_nodes(scene, "MedMM case", ["nothing"])


def test_a_left_handed_heat_map_lies_where_its_voxels_are(
    scene: Any, geometries: dict[str, VolumeGeometry]
) -> None:
    geometry = geometries["left-handed"]
    array = np.zeros(geometry.shape, np.float32)
    array[1, 2, 3] = 1
    found = volume_from_node(scene, add_heat_map(scene, HeatMap("h", "f", array, geometry, "m")))
    where = found.geometry.kji_to_ras(np.argwhere(found.array)[0])
    np.testing.assert_allclose(where, geometry.kji_to_ras((1, 2, 3)), atol=1e-9)
