"""Sizes of segments against slow, exact computations."""

from __future__ import annotations

import numpy as np
import pytest
from MedMMSlicerLib.core import VolumeGeometry
from MedMMSlicerLib.scene._segment_voxels import Crop
from MedMMSlicerLib.scene.segment_state import _common_voxels, _size, farthest_distance_mm


@pytest.mark.parametrize("seed", range(5))
def test_a_random_blob_is_measured_as_by_hand(seed: int, geometry: VolumeGeometry) -> None:
    generator = np.random.default_rng(seed)
    mask = generator.random((4, 6, 9)) < 0.4
    start = (2, 3, 4)
    found = _size((start, mask), geometry)
    voxels = np.argwhere(mask) + start
    points = geometry.kji_to_ras(voxels)
    assert found.voxels == len(voxels)
    assert found.volume_mm3 == pytest.approx(len(voxels) * geometry.voxel_volume_mm3)
    assert np.allclose(found.center_ras, points.mean(axis=0))
    distances = np.linalg.norm(points[:, None] - points[None], axis=2)
    assert found.diameter_mm == pytest.approx(distances.max(), rel=2e-3)


def test_no_and_one_voxel(geometry: VolumeGeometry) -> None:
    nothing: Crop = ((0, 0, 0), np.zeros((0, 0, 0), np.bool_))
    assert (_size(nothing, geometry).voxels, _size(nothing, geometry).center_ras) == (0, None)
    single = _size(((1, 2, 3), np.ones((1, 1, 1), np.bool_)), geometry)
    assert single.diameter_mm == 0.0 and np.allclose(single.center_ras, geometry.kji_to_ras((1, 2, 3)))


def test_the_diameter_of_a_ball_is_nearly_exact() -> None:
    grid = np.stack(np.meshgrid(*[np.arange(-20, 21)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    ball = grid[(grid**2).sum(axis=1) <= 400].astype(float)
    assert 39.9 < farthest_distance_mm(ball) <= 40.0


@pytest.mark.parametrize("seed", range(5))
def test_common_voxels_of_crops(seed: int) -> None:
    generator = np.random.default_rng(seed)
    whole = generator.random((2, 8, 8, 8)) < 0.5
    crops, masks = [], []
    for mask in whole:
        start = generator.integers(0, 5, 3)
        size = generator.integers(1, 4, 3)
        box = tuple(slice(a, a + b) for a, b in zip(start, size, strict=True))
        crops.append((tuple(int(value) for value in start), mask[box]))
        inside = np.zeros_like(mask)
        inside[box] = mask[box]
        masks.append(inside)
    assert _common_voxels(crops[0], crops[1]) == (masks[0] & masks[1]).sum()
