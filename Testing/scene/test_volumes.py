"""Images into the scene and back."""

from __future__ import annotations

import dataclasses
import gc
from typing import Any

import numpy as np
import pytest
from MedMMSlicerLib.core import Series, Volume, VolumeGeometry
from MedMMSlicerLib.errors import InputError
from MedMMSlicerLib.scene.bundle_io import load_scene, save_scene
from MedMMSlicerLib.scene.volumes import add_volume, volume_from_node

pytestmark = pytest.mark.mrml

KINDS = ["oblique", "left-handed", "sheared"]
TYPES = ["uint8", "int8", "int16", "uint16", "int32", "uint32", "float32", "float64"]


def sample(volume: Volume, points_ras: np.ndarray) -> np.ndarray:
    """Voxel values at points that are voxel centres."""
    kji = volume.geometry.ras_to_kji(points_ras)
    index = np.rint(kji).astype(int)
    assert np.abs(kji - index).max() < 1e-6
    return volume.array[tuple(index.T)]


def all_centers_ras(geometry: VolumeGeometry) -> np.ndarray:
    return geometry.kji_to_ras(np.argwhere(np.ones(geometry.shape, bool)))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", TYPES)
def test_every_voxel_keeps_its_place_and_value(
    scene: Any, geometries: dict[str, VolumeGeometry], kind: str, dtype: str
) -> None:
    geometry = geometries[kind]
    array = np.random.default_rng(3).integers(0, 120, geometry.shape).astype(dtype)
    node_id = add_volume(scene, Volume(array, geometry), name="phantom")
    back = volume_from_node(scene, node_id)
    assert back.array.dtype == array.dtype
    centers = all_centers_ras(geometry)
    assert np.array_equal(sample(back, centers), array.ravel())
    if kind != "left-handed":
        np.testing.assert_allclose(back.geometry.ijk_to_ras, geometry.ijk_to_ras, atol=1e-12)
        assert np.array_equal(back.array, array)


@pytest.mark.parametrize("kind", KINDS)
def test_a_saved_scene_gives_the_same_voxels_and_matrix(
    scene: Any, geometries: dict[str, VolumeGeometry], kind: str, tmp_path: Any
) -> None:
    array = np.random.default_rng(3).normal(size=geometries[kind].shape).astype(np.float32)
    node_id = add_volume(scene, Volume(array, geometries[kind], unit="mm"), name='左 / "x" ' + "long " * 60)
    before = volume_from_node(scene, node_id)
    kept = np.array(before.array)
    save_scene(scene, tmp_path / "scene.mrb")
    scene.Clear(0)
    load_scene(scene, tmp_path / "scene.mrb")
    after = volume_from_node(scene, node_id)
    assert np.array_equal(after.array, kept)
    np.testing.assert_allclose(after.geometry.ijk_to_ras, before.geometry.ijk_to_ras, atol=1e-10)
    assert after.unit == "mm"


def test_color_keeps_its_channels(scene: Any, geometry: VolumeGeometry, tmp_path: Any) -> None:
    array = np.random.default_rng(4).integers(0, 255, (*geometry.shape, 3)).astype(np.uint8)
    node_id = add_volume(scene, Volume(array, geometry), name="color")
    assert scene.GetNodeByID(node_id).GetClassName() == "vtkMRMLVectorVolumeNode"
    save_scene(scene, tmp_path / "scene.mrb")
    load_scene(scene, tmp_path / "scene.mrb")
    back = volume_from_node(scene, node_id)
    assert back.is_color and np.array_equal(back.array, array)


def test_a_single_image_works(scene: Any, tmp_path: Any) -> None:
    matrix = np.diag([-1.0, -1.0, 1.0, 1.0])
    geometry = VolumeGeometry((1, 7, 5), matrix)
    array = np.arange(35, dtype=np.uint16).reshape(1, 7, 5)
    node_id = add_volume(scene, Volume(array, geometry, spacing_known=False), name="radiograph")
    save_scene(scene, tmp_path / "scene.mrb")
    load_scene(scene, tmp_path / "scene.mrb")
    back = volume_from_node(scene, node_id)
    assert np.array_equal(back.array, array)
    assert np.array_equal(back.geometry.ijk_to_ras, matrix)
    assert not back.spacing_known


def test_origin_unit_and_window_are_kept_and_no_name_of_the_patient(scene: Any, series: Series) -> None:
    assert series.volume is not None
    node_id = add_volume(scene, series.volume, series)
    node = scene.GetNodeByID(node_id)
    assert node.GetName() == "T1 axial"
    assert node.GetAttribute("MedMM.SeriesUid") == "1.2.3.4"
    assert node.GetAttribute("DICOM.instanceUIDs").split() == list(series.instance_uids)
    back = volume_from_node(scene, node_id)
    assert (back.unit, back.window, back.spacing_known) == ("[hnsf'U]", (40.0, 400.0), True)
    attributes = [node.GetAttribute(name) for name in node.GetAttributeNames()]
    assert not any("Doe" in value or "4711" in value for value in attributes)


def test_no_window_stays_no_window(scene: Any, volume: Volume) -> None:
    node_id = add_volume(scene, dataclasses.replace(volume, window=None), name="a")
    assert volume_from_node(scene, node_id).window is None


def test_the_scene_has_its_own_voxels(scene: Any, volume: Volume) -> None:
    before = volume.array.copy()
    node_id = add_volume(scene, volume, name="a")
    scalars = scene.GetNodeByID(node_id).GetImageData().GetPointData().GetScalars()
    scalars.SetTuple1(0, 31000)
    assert np.array_equal(volume.array, before)
    assert volume_from_node(scene, node_id).array[0, 0, 0] == 31000


def test_reading_copies_nothing_and_can_not_write(scene: Any, volume: Volume) -> None:
    node_id = add_volume(scene, volume, name="a")
    view = volume_from_node(scene, node_id).array
    again = volume_from_node(scene, node_id).array
    assert view.__array_interface__["data"][0] == again.__array_interface__["data"][0]
    with pytest.raises(ValueError, match="read-only"):
        view[0, 0, 0] = 1
    scene.RemoveNode(scene.GetNodeByID(node_id))
    gc.collect()
    assert np.array_equal(view, volume.array)


@pytest.mark.parametrize(
    ("dtype", "values", "stored"),
    [
        ("int64", [0, -7, 2**31 - 1], "int32"),
        ("int64", [0, 2**40, 1], "float64"),
        ("uint64", [0, 5, 9], "int32"),
        ("bool", [0, 1, 0], "uint8"),
        ("float16", [0.5, 1, 2], "float32"),
        (">i2", [1, 2, 300], "int16"),
    ],
)
def test_types_that_slicer_can_not_save_are_converted(
    scene: Any, dtype: str, values: list[float], stored: str
) -> None:
    array = np.array(values, dtype).reshape(1, 1, 3)
    node_id = add_volume(scene, Volume(array, VolumeGeometry((1, 1, 3), np.eye(4))), name="a")
    back = volume_from_node(scene, node_id).array
    assert back.dtype == np.dtype(stored)
    assert back.ravel().tolist() == values


def test_complex_voxels_are_refused(scene: Any) -> None:
    volume = Volume(np.zeros((1, 2, 3), np.complex64), VolumeGeometry((1, 2, 3), np.eye(4)))
    with pytest.raises(InputError, match="complex64"):
        add_volume(scene, volume, name="a")


def test_a_linear_transform_moves_the_geometry(scene: Any, volume: Volume, rotation: np.ndarray) -> None:
    from vtkmodules.vtkCommonMath import vtkMatrix4x4

    node_id = add_volume(scene, volume, name="a")
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = rotation, (5, -6, 7)
    transform = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    vtk_matrix = vtkMatrix4x4()
    vtk_matrix.DeepCopy(matrix.ravel().tolist())
    transform.SetMatrixTransformToParent(vtk_matrix)
    scene.GetNodeByID(node_id).SetAndObserveTransformNodeID(transform.GetID())
    found = volume_from_node(scene, node_id).geometry.ijk_to_ras
    np.testing.assert_allclose(found, matrix @ volume.geometry.ijk_to_ras, atol=1e-9)


def test_a_warping_transform_is_an_error(scene: Any, volume: Volume) -> None:
    node_id = add_volume(scene, volume, name="a")
    transform = scene.AddNewNodeByClass("vtkMRMLGridTransformNode", "warp")
    scene.GetNodeByID(node_id).SetAndObserveTransformNodeID(transform.GetID())
    with pytest.raises(InputError, match="Harden"):
        volume_from_node(scene, node_id)


def test_what_is_no_volume_is_an_error(scene: Any) -> None:
    with pytest.raises(InputError, match="no Volume with the id 'nothing'"):
        volume_from_node(scene, "nothing")
    text = scene.AddNewNodeByClass("vtkMRMLTextNode", "t")
    with pytest.raises(InputError, match="no Volume"):
        volume_from_node(scene, text.GetID())
    empty = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "empty")
    with pytest.raises(InputError, match="no voxels"):
        volume_from_node(scene, empty.GetID())


def test_vectors_are_not_taken_for_color(scene: Any, geometry: VolumeGeometry) -> None:
    node_id = add_volume(scene, Volume(np.zeros((*geometry.shape, 3), np.uint8), geometry), name="a")
    image = scene.GetNodeByID(node_id).GetImageData()
    image.AllocateScalars(10, 3)
    with pytest.raises(InputError, match="3 channels of type float32"):
        volume_from_node(scene, node_id)
