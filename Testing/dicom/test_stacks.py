"""Sorting, splitting and repairing of slice stacks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from dicom_phantoms import (
    SPACING_MM,
    Phantom,
    ct_slices,
    enhanced_mr,
    lps,
    phantom,
    write_slices,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from MedMMSlicerLib.core import Series
from MedMMSlicerLib.dicom.frames import Frame
from MedMMSlicerLib.dicom.grids import plan_grid
from MedMMSlicerLib.dicom.reading import load, read_image, scan
from MedMMSlicerLib.dicom.stacking import stacks_of


def _series(folder: Path) -> list[Series]:
    return [load(series) for study in scan([folder]) for series in study.series]


def _codes(series: Series) -> set[str]:
    return {note.code for note in series.notes}


def _check_same_space(series: Series, item: Phantom) -> None:
    """Every voxel value lies where the phantom has it."""
    assert series.volume is not None
    for value, point_ras in item.landmarks:
        found = np.argwhere(series.volume.array == value)
        places = series.volume.geometry.kji_to_ras(found)
        assert np.abs(places - point_ras).max(axis=1).min() < 0.01


def test_missing_slices_are_filled_and_stated(tmp_path: Path) -> None:
    item = phantom((9, 6, 5))
    slices = ct_slices(item)
    del slices[5:7], slices[2]
    [series] = _series(write_slices(tmp_path, slices))
    assert series.volume is not None
    assert series.volume.geometry.same_grid(item.geometry)
    assert _codes(series) == {"missing-slices"}
    assert "3 slices are missing" in series.notes[0].text
    kept = [0, 1, 3, 4, 7, 8]
    np.testing.assert_array_equal(series.volume.array[kept], item.array[kept])
    expected = np.rint((item.array[1].astype(float) + item.array[3]) / 2)
    np.testing.assert_array_equal(series.volume.array[2], expected)
    third = np.rint(item.array[4] * (2 / 3) + item.array[7] * (1 / 3))
    assert np.abs(series.volume.array[5] - third).max() <= 1
    assert len(series.instance_uids) == 6


def test_a_wide_gap_splits_instead_of_inventing_anatomy(tmp_path: Path) -> None:
    item = phantom((14, 5, 4))
    slices = ct_slices(item)
    del slices[4:10]
    found = _series(write_slices(tmp_path, slices))
    assert [series.volume.array.shape[0] for series in found if series.volume] == [4, 4]
    assert all(_codes(series) == {"missing-slices"} for series in found)
    assert [series.name for series in found] == ["Phantom (block 1)", "Phantom (block 2)"]


def test_gantry_tilt_stays_in_the_transform(tmp_path: Path, a_phantom: Phantom) -> None:
    slices = ct_slices(a_phantom)
    matrix = lps(a_phantom.geometry)
    row = matrix[:3, 1] / np.linalg.norm(matrix[:3, 1])
    for k, header in enumerate(slices):
        shifted = np.array(header.ImagePositionPatient, float) + row * 0.7 * k
        header.ImagePositionPatient = [float(value) for value in shifted.round(9)]
    [series] = _series(write_slices(tmp_path, slices))
    assert _codes(series) == {"gantry-tilt"}
    assert "15.6 degrees" in series.notes[0].text  # atan(0.7 / 2.5)
    assert series.volume is not None
    expected = a_phantom.geometry.ijk_to_ras.copy()
    expected[:3, 2] += row * [-0.7, -0.7, 0.7]
    np.testing.assert_allclose(series.volume.geometry.ijk_to_ras, expected, atol=1e-6)
    np.testing.assert_array_equal(series.volume.array, a_phantom.array)


def test_copies_of_files_are_left_out(tmp_path: Path, a_phantom: Phantom) -> None:
    slices = ct_slices(a_phantom)
    folder = write_slices(tmp_path, [*slices, slices[2], slices[4]])
    [series] = _series(folder)
    assert series.volume is not None
    assert series.volume.geometry.same_grid(a_phantom.geometry)
    assert _codes(series) == {"duplicate-instances"}
    assert "2 copies" in series.notes[0].text
    np.testing.assert_array_equal(series.volume.array, a_phantom.array)


def test_equal_pixels_at_one_place_under_another_uid_are_left_out(tmp_path: Path, a_phantom: Phantom) -> None:
    slices, again = ct_slices(a_phantom), ct_slices(a_phantom)
    [series] = _series(write_slices(tmp_path, [*slices, again[3]]))
    assert _codes(series) == {"duplicate-instances"}
    assert series.volume is not None
    np.testing.assert_array_equal(series.volume.array, a_phantom.array)


def test_other_pixels_at_one_place_become_a_series_of_their_own(tmp_path: Path, a_phantom: Phantom) -> None:
    other = Phantom(a_phantom.array[::-1].copy(), a_phantom.geometry)
    late = ct_slices(other)
    for header in late:
        header.InstanceNumber += 100
    first, second = _series(write_slices(tmp_path, [*ct_slices(a_phantom), *late]))
    assert first.volume is not None
    assert second.volume is not None
    np.testing.assert_array_equal(first.volume.array, a_phantom.array)
    np.testing.assert_array_equal(second.volume.array, other.array)
    assert "repeated-positions" in _codes(first)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("AcquisitionNumber", (1, 2)),
        ("TemporalPositionIdentifier", (1, 2)),
        ("EchoTime", (10.0, 90.0)),
        ("DiffusionBValue", (0.0, 800.0)),
        ("KVP", (80, 140)),
        ("ImageType", (["ORIGINAL", "PRIMARY", "M"], ["ORIGINAL", "PRIMARY", "P"])),
    ],
)
def test_acquisitions_of_one_series_are_separated(tmp_path: Path, name: str, values: tuple) -> None:
    one = phantom()
    two = Phantom(one.array + 1000, one.geometry)
    slices = [*ct_slices(one, **{name: values[0]}), *ct_slices(two, **{name: values[1]})]
    found = _series(write_slices(tmp_path, slices))
    arrays = [series.volume.array for series in found if series.volume]
    assert len(arrays) == 2
    np.testing.assert_array_equal(arrays[0], one.array)
    np.testing.assert_array_equal(arrays[1], two.array)
    assert len({series.name for series in found}) == 2


def test_shots_that_make_up_one_volume_stay_together(tmp_path: Path) -> None:
    item = phantom((8, 5, 4))
    slices = ct_slices(item)
    for k, header in enumerate(slices):
        header.AcquisitionNumber = 1 + k // 2  # two slices a shot, table moves on
    [series] = _series(write_slices(tmp_path, slices))
    assert series.volume is not None
    np.testing.assert_array_equal(series.volume.array, item.array)


def test_two_acquisitions_far_apart_are_two_series(tmp_path: Path) -> None:
    item = phantom((10, 5, 4))
    slices = ct_slices(item)
    for k, header in enumerate(slices):
        header.AcquisitionNumber = 1 if k < 5 else 2
    del slices[5]
    found = _series(write_slices(tmp_path, slices))
    assert [series.volume.array.shape[0] for series in found if series.volume] == [5, 4]


def test_two_orientations_are_separated(tmp_path: Path, a_phantom: Phantom) -> None:
    matrix = a_phantom.geometry.ijk_to_ras.copy()
    turned = matrix.copy()
    turned[:3, :3] = matrix[:3, [1, 2, 0]]
    from MedMMSlicerLib.core import VolumeGeometry

    other = Phantom(a_phantom.array[:3] + 5000, VolumeGeometry((3, 11, 13), turned))
    found = _series(write_slices(tmp_path, [*ct_slices(a_phantom), *ct_slices(other)]))
    assert len(found) == 2
    arrays = {series.volume.array.shape[0]: series for series in found if series.volume}
    _check_same_space(arrays[7], a_phantom)
    assert arrays[3].volume is not None
    np.testing.assert_allclose(arrays[3].volume.geometry.ijk_to_ras, turned, atol=1e-6)


def test_a_localizer_of_another_size_is_separated(tmp_path: Path, a_phantom: Phantom) -> None:
    small = phantom((1, 4, 5))
    found = _series(write_slices(tmp_path, [*ct_slices(a_phantom), *ct_slices(small)]))
    assert sorted(series.volume.array.shape for series in found if series.volume) == [(1, 4, 5), (7, 11, 13)]


def test_mixed_spacing_is_resampled(tmp_path: Path) -> None:
    depths = [0.0, 1.0, 2.0, 3.0, 4.0, 5.5, 7.0]
    item = phantom((7, 5, 4))
    ramp = np.zeros(item.array.shape, np.int16)
    ramp += np.round(np.array(depths) * 100).astype(np.int16)[:, None, None]
    slices = ct_slices(Phantom(ramp, item.geometry))
    matrix = lps(item.geometry)
    step = matrix[:3, 2] / np.linalg.norm(matrix[:3, 2])
    for depth, header in zip(depths, slices, strict=True):
        header.ImagePositionPatient = [float(v) for v in (matrix[:3, 3] + step * depth).round(9)]
    [series] = _series(write_slices(tmp_path, slices))
    assert series.volume is not None
    assert _codes(series) == {"mixed-spacing"}
    assert series.volume.array.shape == (8, 5, 4)
    assert series.volume.geometry.spacing_mm[0] == pytest.approx(1.0)
    # A linear ramp stays a linear ramp: the value says how deep the slice lies.
    np.testing.assert_allclose(series.volume.array[:, 0, 0], np.arange(8) * 100, atol=1)


def test_rounded_positions_are_no_mixed_spacing(tmp_path: Path) -> None:
    item = phantom((12, 5, 4))
    slices = ct_slices(item)
    for header in slices:
        header.ImagePositionPatient = [round(float(v), 1) for v in header.ImagePositionPatient]
    [series] = _series(write_slices(tmp_path, slices))
    assert series.notes == ()
    assert series.volume is not None
    assert series.volume.geometry.spacing_mm[0] == pytest.approx(SPACING_MM[0], abs=0.02)


def test_one_slice_is_a_volume_with_thickness(tmp_path: Path) -> None:
    item = phantom((1, 6, 5))
    series = read_image(write_slices(tmp_path, ct_slices(item)))
    assert series.volume is not None
    assert series.volume.array.shape == (1, 6, 5)
    assert series.volume.geometry.same_grid(item.geometry)
    assert series.volume.geometry.spacing_mm[0] == pytest.approx(SPACING_MM[0])


def test_slices_without_position_are_sorted_by_number_and_said_so(tmp_path: Path, a_phantom: Phantom) -> None:
    slices = ct_slices(a_phantom)
    for k, header in enumerate(slices):
        del header.ImagePositionPatient
        header.InstanceNumber = k + 1
    [series] = _series(write_slices(tmp_path, slices))
    assert "no-position" in _codes(series)
    assert series.volume is not None
    assert not series.volume.spacing_known
    np.testing.assert_array_equal(series.volume.array, a_phantom.array)


def test_radiographs_of_one_series_are_single_images(tmp_path: Path) -> None:
    item = phantom((2, 6, 5))
    slices = ct_slices(item, Modality="DX")
    for header, view in zip(slices, ("PA", "LL"), strict=True):
        del header.ImagePositionPatient
        header.ViewPosition = view
    found = _series(write_slices(tmp_path, slices))
    assert sorted(series.facts.view for series in found) == ["LATERAL", "PA"]
    assert all(series.volume is not None and series.volume.dimensions == 2 for series in found)


def test_frames_of_a_multi_frame_object_are_sorted_by_position(tmp_path: Path, a_phantom: Phantom) -> None:
    path = tmp_path / "e.dcm"
    enhanced_mr(a_phantom, [6, 2, 4, 0, 1, 5, 3]).save_as(path, enforce_file_format=True)
    series = read_image(path)
    assert series.frames == (3, 4, 1, 6, 2, 5, 0)
    assert series.volume is not None
    np.testing.assert_array_equal(series.volume.array, a_phantom.array)


def test_stacks_of_a_multi_frame_object_are_separated(tmp_path: Path, a_phantom: Phantom) -> None:
    header = enhanced_mr(a_phantom)
    for k, frame in enumerate(header.PerFrameFunctionalGroupsSequence):
        frame.FrameContentSequence[0].StackID = "1" if k < 3 else "2"
    header.save_as(tmp_path / "e.dcm", enforce_file_format=True)
    first, second = _series(tmp_path)
    assert first.volume is not None
    assert second.volume is not None
    np.testing.assert_array_equal(first.volume.array, a_phantom.array[:3])
    np.testing.assert_array_equal(second.volume.array, a_phantom.array[3:])
    np.testing.assert_allclose(
        second.volume.geometry.origin_ras, a_phantom.geometry.kji_to_ras((3, 0, 0)), atol=1e-6
    )


def test_series_without_uids_are_read(tmp_path: Path, a_phantom: Phantom) -> None:
    slices = ct_slices(a_phantom)
    for header in slices:
        del header.SeriesInstanceUID, header.StudyInstanceUID
    [series] = _series(write_slices(tmp_path, slices))
    assert series.volume is not None
    np.testing.assert_array_equal(series.volume.array, a_phantom.array)


def _frame(position: np.ndarray, axes: np.ndarray, number: int) -> Frame:
    return Frame(
        path=Path(f"{number}.dcm"),
        instance_uid=f"1.{number}",
        index=None,
        number=number,
        shape=(4, 5),
        color=False,
        position_lps=tuple(float(value) for value in position),
        orientation_lps=(*axes[:, 0], *axes[:, 1]),
        spacing_mm=(0.7, 1.1),
        slice_mm=None,
        loops=1,
        traits=(),
        order=(0.0, float(number)),
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    angles=st.tuples(*[st.floats(-180, 180)] * 3),
    origin=st.tuples(*[st.floats(-500, 500)] * 3),
    count=st.integers(2, 30),
    spacing=st.floats(0.2, 12),
    shear=st.floats(-1, 1),
    seed=st.integers(0, 2**32 - 1),
)
def test_any_order_of_any_stack_gives_the_same_geometry(
    angles: tuple, origin: tuple, count: int, spacing: float, shear: float, seed: int
) -> None:
    from dicom_phantoms import rotation

    axes = rotation(angles)
    step = axes[:, 2] * spacing + axes[:, 1] * shear
    positions = np.array(origin) + np.outer(np.arange(count), step)
    random = np.random.default_rng(seed)
    frames = [_frame(positions[k], axes, int(n)) for k, n in enumerate(random.permutation(count))]
    shuffled = [frames[index] for index in random.permutation(count)]
    [stack] = stacks_of(shuffled, "CT")
    assert list(stack.frames) == frames
    plan = plan_grid(stack.frames)
    assert not plan.is_resampled
    expected = np.array([frame.position_lps for frame in frames]) * [-1, -1, 1]
    kji = np.stack([np.arange(count), np.zeros(count), np.zeros(count)], axis=1)
    np.testing.assert_allclose(plan.geometry.kji_to_ras(kji), expected, atol=1e-6)
    corner = (positions[0] + axes[:, 0] * 1.1 * 4 + axes[:, 1] * 0.7 * 3) * [-1, -1, 1]
    np.testing.assert_allclose(plan.geometry.kji_to_ras((0, 3, 4)), corner, atol=1e-6)


@settings(max_examples=40, deadline=None)
@given(
    kept=st.sets(st.integers(1, 18), min_size=12),
    angles=st.tuples(*[st.floats(-180, 180)] * 3),
)
def test_missing_slices_never_move_the_others(kept: set[int], angles: tuple) -> None:
    from dicom_phantoms import rotation

    axes = rotation(angles)
    places = np.array([0, *sorted(kept), 19])
    frames = [_frame(axes[:, 2] * 2.5 * place, axes, n) for n, place in enumerate(places)]
    for stack in stacks_of(frames, "CT"):
        plan = plan_grid(stack.frames)
        if plan.is_resampled:
            # So few slices that their spacing is not sure; a note says so.
            assert {note.code for note in plan.notes} & {"mixed-spacing", "missing-slices"}
            continue
        for n, frame in enumerate(stack.frames):
            [k] = np.flatnonzero(plan.sources == n)
            expected = np.array(frame.position_lps) * [-1, -1, 1]
            np.testing.assert_allclose(plan.geometry.kji_to_ras((k, 0, 0)), expected, atol=1e-6)
