"""Reference masks: what their values mean and where they lie."""

from __future__ import annotations

import numpy as np
import pytest
from MedMMSlicerLib.core import Volume, VolumeGeometry
from MedMMSlicerLib.errors import InputError
from MedMMSlicerLib.stats.reference_standard import reference_from_mask

SHAPE = (3, 4, 5)
GRID = VolumeGeometry.from_axes(SHAPE, (3.0, 0.8, 0.6), (-7.0, 4.0, 11.0))


def volume(array, geometry=GRID, *, spacing_known=True) -> Volume:
    return Volume(np.asarray(array), geometry, spacing_known=spacing_known)


def marked(*values, dtype=np.int16) -> np.ndarray:
    """An array of the first value with the others at fixed, asymmetric places."""
    array = np.full(SHAPE, values[0], dtype)
    for position, value in zip([(0, 1, 2), (2, 3, 4), (1, 0, 3)], values[1:]):
        array[position] = value
    return array


IMAGE = volume(np.zeros(SHAPE))


@pytest.mark.parametrize(("low", "high"), [(0, 1), (0, 255), (1, 2), (-1000, 3), (0.0, 0.5), (False, True)])
@pytest.mark.parametrize("wanted", [(1, 2), ()])
def test_two_values_are_binary_whatever_they_are(low, high, wanted):
    found = reference_from_mask(volume(marked(low, high, dtype=type(low))), IMAGE, wanted)
    assert found.label_values == ()
    assert found.array.dtype == np.uint8
    assert np.argwhere(found.array == 1).tolist() == [[0, 1, 2]]
    assert "two values" in found.notes[0]


def test_two_values_and_a_single_label_are_that_label():
    found = reference_from_mask(volume(marked(0, 255)), IMAGE, (4,))
    assert found.label_values == (4,)
    assert found.array[0, 1, 2] == 4
    assert found.notes == ()


def test_labels_by_value():
    found = reference_from_mask(volume(marked(0, 2, 1)), IMAGE, (1, 2))
    assert found.label_values == (1, 2)
    assert (found.array[0, 1, 2], found.array[2, 3, 4], found.array.sum()) == (2, 1, 3)
    assert found.notes == ()


def test_a_value_that_is_no_label_is_background_and_said_so():
    found = reference_from_mask(volume(marked(0, 2, 9, 1)), IMAGE, (1, 2))
    assert found.array[2, 3, 4] == 0
    assert "9" in found.notes[0]


def test_an_empty_mask_marks_nothing():
    found = reference_from_mask(volume(marked(0)), IMAGE, (1, 2))
    assert not found.array.any()
    assert found.label_values == (1, 2)


def test_a_mask_of_one_other_value_marks_everything():
    assert reference_from_mask(volume(marked(7)), IMAGE, (1, 2)).array.all()


@pytest.mark.parametrize(
    ("array", "reason"),
    [
        (marked(0, 50, 77), r"0, 50, 77; the bundle's labels are 1, 2"),
        (marked(0.0, 1.0, 0.4, dtype=float), "0, 0.4, 1"),
        (marked(0.0, np.nan, 1.0, dtype=float), "not finite"),
        (np.stack([marked(0, 1)] * 2 + [marked(0)], axis=-1).astype(np.uint8), "colored"),
    ],
)
def test_unusable_values(array, reason):
    with pytest.raises(InputError, match=reason):
        reference_from_mask(volume(array), IMAGE, (1, 2))


def test_a_gray_picture_in_color_is_gray():
    array = np.stack([marked(0, 255)] * 3, axis=-1).astype(np.uint8)
    assert reference_from_mask(volume(array), IMAGE, (1,)).array[0, 1, 2] == 1


def test_rounding_of_the_header_is_no_other_grid():
    matrix = GRID.ijk_to_ras + 1e-5
    matrix[3] = (0, 0, 0, 1)
    found = reference_from_mask(volume(marked(0, 1), VolumeGeometry(SHAPE, matrix)), IMAGE, (1,))
    assert found.notes == ()


@pytest.mark.parametrize("flips", [(0,), (1,), (2,), (0, 1, 2), ()])
def test_other_axis_order_and_direction_land_on_the_same_voxels(flips):
    array = marked(0, 1, 2, 3)
    order = (2, 0, 1)  # of the axes K, J, I
    stored = np.flip(array.transpose(order), flips)
    steps = GRID.ijk_to_ras[:3, :3].T[::-1][list(order)].copy()
    origin = GRID.origin_ras.copy()
    for axis in flips:
        origin += steps[axis] * (stored.shape[axis] - 1)
        steps[axis] *= -1
    matrix = np.eye(4)
    matrix[:3, :3] = steps[::-1].T
    matrix[:3, 3] = origin
    found = reference_from_mask(volume(stored, VolumeGeometry(stored.shape, matrix)), IMAGE, (1, 2, 3))
    assert (found.array == array).all()
    assert "resampled" in found.notes[0]


def test_a_cropped_mask_is_padded():
    array = marked(0, 1)
    block = GRID.cropped((0, 1, 1), (1, 2, 3))
    found = reference_from_mask(volume(array[0:1, 1:3, 1:4], block), IMAGE, (1,))
    assert (found.array == array).all()


def test_a_finer_mask_takes_the_nearest_voxel():
    array = marked(0, 1, 2, 3)
    fine = np.repeat(np.repeat(array, 3, axis=1), 3, axis=2)
    origin = GRID.origin_ras - np.array([0.2, 0.8 / 3, 0])
    geometry = VolumeGeometry.from_axes(fine.shape, (3.0, 0.8 / 3, 0.2), origin)
    found = reference_from_mask(volume(fine, geometry), IMAGE, (1, 2, 3))
    assert (found.array == array).all()


@pytest.mark.parametrize(("shift", "moved"), [(0.45, 0), (0.55, 1), (-0.45, 0), (-0.55, -1)])
def test_the_nearest_voxel_counts(shift, moved):
    array = marked(0, 1, 2)
    array[2, 3, 4] = 0
    array[2, 2, 1] = 2
    found = reference_from_mask(volume(array, GRID.cropped((0, 0, -shift), SHAPE)), IMAGE, (1, 2))
    assert (found.array == np.roll(array, -moved, axis=2)).all()


def test_a_mask_elsewhere_is_refused():
    away = VolumeGeometry.from_axes(SHAPE, (3.0, 0.8, 0.6), (100, 100, 100))
    with pytest.raises(InputError, match="outside of the image"):
        reference_from_mask(volume(marked(0, 1), away), IMAGE, (1,))


def test_without_spacing_the_same_size_is_laid_over():
    picture = volume(marked(0, 255), VolumeGeometry(SHAPE, np.eye(4)), spacing_known=False)
    found = reference_from_mask(picture, IMAGE, (1,))
    assert found.array[0, 1, 2] == 1
    assert "voxel by voxel" in found.notes[0]


def test_without_spacing_another_size_is_scaled():
    small = np.array([[[0, 1, 0], [2, 0, 3]]], np.uint8)
    large = np.repeat(np.repeat(small, 4, axis=1), 4, axis=2)
    picture = volume(small, VolumeGeometry(small.shape, np.eye(4)), spacing_known=False)
    image = volume(large * 0, VolumeGeometry.from_axes(large.shape, (1, 0.1, 0.1), (5, 6, 7)))
    found = reference_from_mask(picture, image, (1, 2, 3))
    assert (found.array == large).all()
    assert "3 x 2 to 12 x 8" in found.notes[0]


def test_without_spacing_another_aspect_is_refused():
    picture = volume(np.ones((3, 4, 4)), VolumeGeometry((3, 4, 4), np.eye(4)), spacing_known=False)
    with pytest.raises(InputError, match=r"\(3, 4, 4\).*\(3, 4, 5\)"):
        reference_from_mask(picture, IMAGE, (1,))
