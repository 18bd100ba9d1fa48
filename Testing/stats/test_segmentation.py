"""Segmentation metrics against published cases, by hand, and by what must hold for any mask."""

from __future__ import annotations

import itertools
import math
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from MedMMSlicerLib.core import VolumeGeometry
from MedMMSlicerLib.errors import InputError
from MedMMSlicerLib.stats.segmentation import (
    border_mask,
    segmentation_metrics,
    surface_distances,
    voxel_steps_mm,
)


def square(size: int, *blocks: tuple[slice, slice]) -> np.ndarray:
    mask = np.zeros((size, size), bool)
    for block in blocks:
        mask[block] = True
    return mask


def sphere(center, radius: float, spacing=(1, 1, 1), size: int = 99) -> np.ndarray:
    axes = np.ogrid[:size, :size, :size]
    squared = sum((axis * step - middle) ** 2 for axis, step, middle in zip(axes, spacing, center))
    return squared <= radius**2


def block(first: int, last: int) -> tuple[slice, slice]:
    return (slice(first, last), slice(first, last))


# MetricsReloaded (Project-MONAI, commit cb38dfc, Apache-2.0), test/test_metrics/test_pairwise_measures.py:
# the figures of the Metrics Reloaded pitfalls paper, with the decimals given there.
CROSS = (block(3, 8), (slice(5, 6), slice(1, 10)), (slice(1, 10), slice(5, 6)))
METRICS_RELOADED = {
    "SN2.10a": (
        square(14, block(5, 9)),
        square(14, block(6, 8)),
        {"hd": 1.41, "masd": 1.07, "assd": 1.1, "nsd1": 0.75, "dsc": 0.4, "iou": 0.25},
    ),
    "SN2.10b": (
        square(14, block(5, 9)),
        square(14, block(4, 10)),
        {"hd": 1.41, "masd": 1.04, "assd": 1.05, "nsd1": 0.875, "dsc": 0.6153846, "iou": 0.4444444},
    ),
    "5c": (
        square(14, block(1, 2), block(9, 12)),
        square(14, block(9, 12)),
        {"hd": 11.31, "hd95": 6.79},
    ),
    "fig10": (
        square(11, block(3, 8)),
        square(11, *CROSS),
        {"dsc": 0.862, "iou": 0.76, "nsd1": 0.89, "nsd2": 1.0, "assd": 0.44, "masd": 0.425},
    ),
}


@pytest.mark.parametrize("name", METRICS_RELOADED)
def test_metrics_reloaded_figures(name):
    reference, prediction, expected = METRICS_RELOADED[name]
    found = segmentation_metrics(reference, prediction, (1, 1), tolerance_mm=1)
    wider = segmentation_metrics(reference, prediction, (1, 1), tolerance_mm=2)
    values = {
        "hd": found.hd_mm,
        "hd95": found.hd95_mm,
        "masd": found.masd_mm,
        "assd": found.assd_mm,
        "nsd1": found.nsd,
        "nsd2": wider.nsd,
        "dsc": found.dice,
        "iou": found.iou,
    }
    for key, value in expected.items():
        decimals = len(str(value).split(".")[1])
        tolerance = 0.51 * 10**-decimals
        assert values[key] == pytest.approx(value, abs=tolerance), key


# MONAI (commit d388d1c, Apache-2.0), tests/metrics/test_hausdorff_distance.py.
def test_monai_shifted_spheres():
    found = segmentation_metrics(sphere((20, 20, 20), 20), sphere((19, 19, 19), 20), (1, 1, 1))
    assert found.hd_mm == pytest.approx(1.7320508, abs=1e-7)


def test_monai_sphere_cut_by_the_edge():
    small, large = sphere((20, 33, 22), 20), sphere((20, 33, 22), 40)
    found = segmentation_metrics(small, large, (1, 1, 1))
    outward, _ = surface_distances(small, large, (1, 1, 1))
    assert found.hd_mm == pytest.approx(20.223748416156685, abs=1e-12)
    assert found.hd95_mm == pytest.approx(20.09975124224178, abs=1e-12)
    assert outward.max() == pytest.approx(20.09975124224178, abs=1e-12)
    assert np.percentile(outward, 95) == pytest.approx(19.924858845171276, abs=1e-12)


def test_monai_anisotropic_spheres():
    spacing = (0.85, 1.2, 0.9)
    small, large = sphere((20, 33, 22), 15, spacing), sphere((20, 33, 22), 30, spacing)
    found = segmentation_metrics(small, large, spacing)
    outward, _ = surface_distances(small, large, spacing)
    assert found.hd_mm == pytest.approx(15.62594, abs=1e-5)
    assert outward.max() == pytest.approx(15.439640998840332, abs=1e-6)


# surface-distance (google-deepmind, commit 1f805ce, Apache-2.0): its HD, HD95 and Dice are by the same
# definition; its surface averages weight by surface elements and are another quantity.
def test_surface_distance_two_voxels():
    reference, prediction = np.zeros((2, 100, 100, 100), bool)
    reference[50, 60, 70] = prediction[50, 60, 72] = True
    found = segmentation_metrics(reference, prediction, (3, 2, 1))
    assert (found.hd_mm, found.hd95_mm, found.dice) == (2.0, 2.0, 0.0)


def test_surface_distance_half_volumes():
    reference, prediction = np.zeros((2, 100, 100, 100), bool)
    reference[:50] = prediction[:51] = True
    found = segmentation_metrics(reference, prediction, (2, 1, 1))
    assert (found.hd_mm, found.hd95_mm) == (2.0, 2.0)
    assert found.dice == pytest.approx(0.99, abs=0.001)


# computed once by independent code (voxel border, face neighbors)
def test_sphere_shift():
    first, second = sphere((32, 32, 32), 15, size=64), sphere((32, 32, 35), 15, size=64)
    found = segmentation_metrics(first, second, (1, 1, 1))
    assert found.reference_voxels == found.predicted_voxels == 14147
    assert found.dice == pytest.approx(0.8513465752456351, abs=1e-12)
    assert found.iou == pytest.approx(0.7411692307692308, abs=1e-12)
    assert found.nsd == pytest.approx(0.4244031830238727, abs=1e-12)
    assert found.assd_mm == pytest.approx(1.4355754830417182, abs=1e-9)


def test_both_empty():
    empty = np.zeros((4, 5, 6), bool)
    found = segmentation_metrics(empty, empty, (1, 1, 1))
    assert (found.dice, found.iou, found.nsd) == (1, 1, 1)
    assert (found.hd_mm, found.hd95_mm, found.assd_mm, found.masd_mm) == (0, 0, 0, 0)


@pytest.mark.parametrize("swap", [False, True])
def test_one_empty(swap):
    masks = [np.zeros((4, 5, 6), bool), np.ones((4, 5, 6), bool)]
    found = segmentation_metrics(*(masks[::-1] if swap else masks), (1, 1, 1))
    assert (found.dice, found.iou, found.nsd) == (0, 0, 0)
    assert {found.hd_mm, found.hd95_mm, found.assd_mm, found.masd_mm} == {math.inf}


def test_a_single_image_is_judged_in_its_plane():
    reference, prediction = square(14, block(2, 12)), square(14, block(3, 11))
    flat = segmentation_metrics(reference, prediction, (0.5, 2))
    for axis, spacing in ((0, (9, 0.5, 2)), (1, (0.5, 9, 2)), (2, (0.5, 2, 9))):
        stacked = [np.expand_dims(mask, axis) for mask in (reference, prediction)]
        assert segmentation_metrics(*stacked, spacing) == flat


def test_border_counts_the_edge_of_the_array():
    full = np.ones((4, 5), bool)
    assert border_mask(full).sum() == 4 * 5 - 2 * 3


def test_oblique_axes_change_nothing_and_a_tilt_does():
    rng = np.random.default_rng(3)
    masks = rng.random((2, 6, 7, 8)) > 0.7
    rotation, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    oblique = VolumeGeometry.from_axes((6, 7, 8), (3, 0.7, 0.5), (5, 6, 7), rotation)
    straight = segmentation_metrics(*masks, (3, 0.7, 0.5))
    turned = segmentation_metrics(*masks, voxel_steps_mm(oblique))
    assert turned.hd95_mm == pytest.approx(straight.hd95_mm, abs=1e-9)
    assert turned.assd_mm == pytest.approx(straight.assd_mm, abs=1e-9)

    tilted = np.eye(4)
    tilted[:3, 2] = (0, 4, 3)  # one slice up is 4 mm forward and 3 mm higher
    geometry = VolumeGeometry((6, 7, 8), tilted)
    first, second = np.zeros((2, 6, 7, 8), bool)
    first[1, 1, 1] = second[2, 2, 1] = True
    assert segmentation_metrics(first, second, voxel_steps_mm(geometry)).hd_mm == pytest.approx(
        math.hypot(5, 3)
    )


@pytest.mark.parametrize("spacing", [(1, 1), (0, 1, 1), (math.nan, 1, 1), 1.0, (-1, 1, 1)])
def test_bad_spacing(spacing):
    mask = np.ones((2, 3, 4), bool)
    with pytest.raises(InputError, match="spacing"):
        segmentation_metrics(mask, mask, spacing)


def test_shapes_must_agree():
    with pytest.raises(InputError, match=r"\(2, 3, 5\).*\(2, 3, 4\)"):
        segmentation_metrics(np.ones((2, 3, 4)), np.ones((2, 3, 5)), (1, 1, 1))


pairs = hnp.arrays(bool, (2, 4, 5, 3))
SPACING = (2.5, 0.8, 1.3)


def brute_force(reference, prediction, spacing):
    """Border by definition, and all distances, written as plainly as possible."""
    points = []
    for mask in (reference, prediction):
        found = []
        for index in zip(*np.nonzero(mask)):
            for axis, step in itertools.product(range(3), (-1, 1)):
                other = np.array(index)
                other[axis] += step
                inside = (other >= 0).all() and (other < mask.shape).all()
                if not inside or not mask[tuple(other)]:
                    found.append(np.array(index) * spacing)
                    break
        points.append(np.array(found))
    distances = np.linalg.norm(points[0][:, None] - points[1][None], axis=2)
    return distances.min(axis=1), distances.min(axis=0)


@settings(deadline=None)
@given(pairs)
def test_against_brute_force(masks):
    if not masks[0].any() or not masks[1].any():
        return
    there, back = brute_force(*masks, SPACING)
    found = segmentation_metrics(*masks, SPACING, tolerance_mm=1.0)
    assert found.hd_mm == pytest.approx(max(there.max(), back.max()))
    assert found.hd95_mm == pytest.approx(max(np.percentile(there, 95), np.percentile(back, 95)))
    assert found.masd_mm == pytest.approx((there.mean() + back.mean()) / 2)
    assert found.assd_mm == pytest.approx((there.sum() + back.sum()) / (len(there) + len(back)))
    assert found.dice == pytest.approx(2 * (masks[0] & masks[1]).sum() / masks.sum())


@settings(deadline=None)
@given(pairs)
def test_symmetry_and_bounds(masks):
    found = segmentation_metrics(*masks, SPACING)
    back = segmentation_metrics(*masks[::-1], SPACING)
    assert found.dice == back.dice
    assert found.hd95_mm == back.hd95_mm
    assert found.assd_mm == pytest.approx(back.assd_mm) or found.assd_mm == back.assd_mm
    assert 0 <= found.iou <= found.dice <= 1
    assert 0 <= found.nsd <= 1
    assert 0 <= found.hd95_mm <= found.hd_mm
    assert found.iou == pytest.approx(found.dice / (2 - found.dice))
    assert (found.dice == 1) == bool((masks[0] == masks[1]).all())


@settings(deadline=None)
@given(pairs, st.permutations(range(3)), st.sets(st.integers(0, 2)), st.tuples(*[st.integers(1, 3)] * 3))
def test_moving_flipping_and_permuting_changes_nothing(masks, order, flipped, shift):
    expected = segmentation_metrics(*masks, SPACING)
    moved = [np.pad(mask, [(n, 4 - n) for n in shift]) for mask in masks]
    moved = [np.flip(mask, tuple(flipped)).transpose(order) for mask in moved]
    found = segmentation_metrics(*moved, [SPACING[axis] for axis in order])
    assert found.dice == expected.dice
    for name in ("hd_mm", "hd95_mm", "assd_mm", "masd_mm", "nsd"):
        assert getattr(found, name) == pytest.approx(getattr(expected, name)), name


def test_speed_on_a_hippocampus_sized_case():
    axes = np.ogrid[:35, :51, :35]
    squared = ((axes[0] - 17) / 8) ** 2 + ((axes[1] - 25) / 20) ** 2 + ((axes[2] - 17) / 7) ** 2
    reference, prediction = squared <= 1, squared <= 1.2
    segmentation_metrics(reference, prediction, (1, 1, 1))
    seconds = []
    for _ in range(5):
        start = time.process_time()
        segmentation_metrics(reference, prediction, (1, 1, 1))
        seconds.append(time.process_time() - start)
    assert min(seconds) < 0.02
