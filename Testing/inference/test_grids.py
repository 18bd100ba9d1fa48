import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from MedMMSlicerLib.bundles.manifest import Region
from MedMMSlicerLib.core import VolumeGeometry
from MedMMSlicerLib.errors import UsageError
from MedMMSlicerLib.inference.grids import (
    axis_map,
    check_point,
    fitted_grid,
    overlap_box,
    region_block,
    tensor_grid,
)

from .conftest import oblique, points_of, rotation

OPPOSITE = {"R": "L", "A": "P", "S": "I"}
ORIENTATIONS = st.builds(
    lambda axes, flips: "".join(OPPOSITE[axis] if flip else axis for axis, flip in zip(axes, flips)),
    st.permutations("RAS"),
    st.tuples(st.booleans(), st.booleans(), st.booleans()),
)


@given(stored=ORIENTATIONS, wanted=ORIENTATIONS)
def test_reorientation_keeps_every_voxel_where_it_is(stored: str, wanted: str) -> None:
    source = oblique((3, 4, 5), letters=stored)
    grid = tensor_grid(source, wanted, None)
    assert source.orientation == stored
    assert grid.orientation == wanted
    mapping = axis_map(source, grid)
    assert mapping is not None
    np.testing.assert_allclose(mapping.view(points_of(source)), points_of(grid), atol=1e-9)
    assert mapping.start(source.shape) == (0, 0, 0)


def test_a_spacing_within_the_tolerance_is_not_resampled() -> None:
    source = oblique((6, 7, 8), (1.5005, 0.8, 1.1))
    grid = tensor_grid(source, "RAS", (0.8, 1.1, 1.5))
    # Stored K, J, I run along R, S, A: K, J, I of the tensor are S, A, R.
    assert source.orientation == "PIR"
    assert grid.shape == (7, 8, 6)
    assert axis_map(source, grid) is not None


def test_another_spacing_keeps_centre_extent_and_nearly_upright_axes() -> None:
    source = oblique((10, 20, 30), (3.0, 1.0, 1.0), (2.0, -1.0, 1.0))
    grid = tensor_grid(source, "RAS", (1.0, 1.0, 1.5))
    assert grid.shape == (20, 30, 20)
    np.testing.assert_allclose(grid.center_ras, source.center_ras)
    np.testing.assert_allclose(grid.spacing_mm, (1.0, 1.0, 1.5))
    assert axis_map(source, grid) is None
    kept = np.abs(source.directions_ras.T @ grid.directions_ras)
    np.testing.assert_allclose(np.sort(kept.ravel())[-3:], 1)


def test_an_image_that_is_interpolated_anyway_is_set_upright() -> None:
    source = oblique((10, 20, 30), (3.0, 1.0, 1.0))
    np.testing.assert_allclose(tensor_grid(source, "RAS", (1, 1, 1)).directions_ras, np.eye(3), atol=1e-12)
    np.testing.assert_allclose(
        tensor_grid(source, "LPS", (1, 1, 1)).directions_ras, np.diag([-1.0, -1.0, 1.0]), atol=1e-12
    )


def test_strong_tilts_are_turned_to_the_patient_and_nothing_is_cut_off() -> None:
    source = oblique((20, 20, 20), (1.0, 1.0, 1.0), (35.0, 0.0, 0.0))
    grid = tensor_grid(source, "RAS", (1.0, 1.0, 1.0))
    np.testing.assert_allclose(grid.directions_ras, np.eye(3), atol=1e-12)
    corners = points_of(source)[np.ix_([0, -1], [0, -1], [0, -1])].reshape(-1, 3)
    assert all(grid.contains_ras(corner) for corner in corners)
    assert max(grid.shape) < 20 * 1.5


def test_a_sheared_grid_is_straightened() -> None:
    matrix = np.diag([0.8, 0.8, 2.0, 1.0])
    matrix[1, 2] = 0.3
    source = VolumeGeometry((10, 30, 30), matrix)
    grid = tensor_grid(source, "RAS", None)
    np.testing.assert_allclose(grid.directions_ras.T @ grid.directions_ras, np.eye(3), atol=1e-9)
    assert axis_map(source, grid) is None
    corners = points_of(source)[np.ix_([0, -1], [0, -1], [0, -1])].reshape(-1, 3)
    assert all(grid.contains_ras(corner) for corner in corners)


def test_left_handed_grids_stay_left_handed() -> None:
    source = VolumeGeometry.from_axes((4, 5, 6), (1, 1, 1), (0, 0, 0), np.diag([-1.0, 1.0, 1.0]))
    mapping = axis_map(source, tensor_grid(source, "RAS", None))
    assert mapping is not None
    assert mapping.signs == (1, 1, -1)


def test_grids_that_are_half_a_voxel_apart_do_not_coincide() -> None:
    source = oblique()
    assert axis_map(source, source.cropped((0.5, 0, 0), source.shape)) is None
    moved = axis_map(source, source.cropped((2, -3, 1), (4, 4, 4)))
    assert moved is not None
    assert moved.start(source.shape) == (2, -3, 1)


def test_a_block_is_centred_on_its_point() -> None:
    grid = oblique((50, 60, 70), (1.0, 1.0, 1.0))
    point = grid.kji_to_ras((20.2, 30.3, 33.4))
    block = region_block(grid, Region("roi", (9, 11, 13)), point)
    assert block.shape == (9, 11, 13)
    np.testing.assert_allclose(block.ras_to_kji(point), (4.2, 5.3, 6.4), atol=1e-9)
    assert axis_map(grid, block) is not None


@given(have=st.integers(1, 60), wanted=st.integers(1, 60))
def test_the_central_block_is_that_of_the_training_code(have: int, wanted: int) -> None:
    grid = VolumeGeometry.from_axes((have, 5, 5), (1, 1, 1), (0, 0, 0))
    block = region_block(grid, Region("roi", (wanted, 5, 5)))
    # MedMMSlicerTrain: pad (wanted - have) // 2 before, or crop (have - wanted) // 2 off.
    expected = -((wanted - have) // 2) if wanted > have else (have - wanted) // 2
    assert round(float(grid.ras_to_kji(block.origin_ras)[0])) == expected


def test_whole_regions() -> None:
    grid = oblique((10, 21, 33), (1.0, 1.0, 1.0))
    assert region_block(grid, Region("whole")).same_grid(grid)
    assert region_block(grid, Region("whole", pad_multiple=(8, 8, 16))).shape == (16, 24, 48)
    assert region_block(grid, Region("whole", (16, 16, 16))).shape == (16, 16, 16)
    assert region_block(grid, Region("sliding-window", (16, 16, 16))).shape == (16, 21, 33)


def test_a_point_outside_is_refused_and_told_the_extent() -> None:
    geometry = VolumeGeometry.from_axes((10, 20, 30), (2, 1, 1), (0, 0, 0))
    check_point(geometry, (29.4, 0, 0))
    with pytest.raises(UsageError, match=r"R -0 to 30, A -0 to 20, S -1 to 19"):
        check_point(geometry, (31, 0, 0))
    with pytest.raises(UsageError):
        check_point(geometry, (np.nan, 0, 0))


def test_two_dimensional_images_keep_their_proportions() -> None:
    source = VolumeGeometry.from_axes((1, 400, 200), (1, 0.5, 0.5), (7, 8, 9), rotation((90, 10, 0)))
    grid = fitted_grid(source, (1, 100, 80))
    assert grid.shape == (1, 100, 80)
    np.testing.assert_allclose(grid.spacing_mm, (1, 2, 2))
    np.testing.assert_allclose(grid.center_ras, source.center_ras, atol=1.01)
    # 50 of 80 columns hold the image, 15 to either side are padding.
    np.testing.assert_allclose(source.ras_to_kji(grid.kji_to_ras((0, 0, 15))), (0, 1.5, 1.5), atol=1e-6)


def test_overlap_boxes() -> None:
    outer = VolumeGeometry.from_axes((10, 10, 10), (1, 1, 1), (0, 0, 0))
    assert overlap_box(outer, outer) == (slice(0, 10),) * 3
    assert overlap_box(outer.cropped((4, -5, 8), (3, 7, 9)), outer) == (
        slice(4, 7),
        slice(0, 2),
        slice(8, 10),
    )
    assert overlap_box(outer.cropped((20, 0, 0), (3, 3, 3)), outer) is None
