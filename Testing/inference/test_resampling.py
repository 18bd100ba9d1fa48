"""Two ways to the same interpolation."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from MedMMSlicerLib.core import VolumeGeometry
from MedMMSlicerLib.inference import resampling
from MedMMSlicerLib.inference.resampling import resample


@pytest.mark.parametrize(
    ("shape", "spacing", "wanted", "step", "flip"),
    [
        ((1, 20, 23), (1.0, 9.0, 8.0), (1, 141, 170), (1.0, 1.3, 1.1), False),
        ((7, 20, 23), (3.0, 2.0, 2.5), (25, 61, 44), (1.0, 0.7, 1.2), False),
        ((7, 9, 11), (3.0, 2.0, 2.5), (25, 31, 44), (1.0, 0.7, 1.2), True),
        ((1, 1, 5), (1.0, 4.0, 4.0), (1, 9, 33), (1.0, 0.5, 0.5), False),
    ],
)
def test_enlarging_along_the_axes_gives_what_the_general_way_gives(
    monkeypatch: pytest.MonkeyPatch, shape: Any, spacing: Any, wanted: Any, step: Any, flip: bool
) -> None:
    directions = np.diag([-1.0, 1.0, 1.0]) if flip else np.eye(3)
    source = VolumeGeometry.from_axes(shape, spacing, (0.3, -0.2, 0.1), np.eye(3))
    target = VolumeGeometry.from_axes(wanted, step, (22.0 if flip else -2.1, -1.7, -0.4), directions)
    array = np.random.default_rng(1).normal(size=shape).astype(np.float32)
    quick = resample(array, source, target, outside=-7.0)
    monkeypatch.setattr(resampling, "_own_axes", lambda *_: None)
    general = resample(array, source, target, outside=-7.0)
    assert (quick != -7.0).any() and (quick == -7.0).any()
    np.testing.assert_array_equal(quick == -7.0, general == -7.0)
    np.testing.assert_allclose(quick, general, atol=2e-5)


@pytest.mark.parametrize(
    ("shape", "spacing", "wanted", "step", "flip"),
    [
        ((1, 341, 270), (1.0, 0.7, 0.9), (1, 40, 43), (1.0, 6.1, 5.3), False),
        ((30, 61, 44), (1.0, 0.7, 1.2), (8, 18, 50), (3.9, 2.5, 1.1), False),
        ((30, 61, 44), (1.0, 0.7, 1.2), (8, 18, 12), (3.9, 2.5, 3.1), True),
        ((3, 700, 600), (1.0, 0.1, 0.1), (3, 31, 33), (1.0, 2.0, 2.0), False),
    ],
)
def test_smoothing_and_interpolating_at_once_gives_what_one_after_the_other_gives(
    monkeypatch: pytest.MonkeyPatch, shape: Any, spacing: Any, wanted: Any, step: Any, flip: bool
) -> None:
    directions = np.diag([-1.0, 1.0, 1.0]) if flip else np.eye(3)
    source = VolumeGeometry.from_axes(shape, spacing, (0.3, -0.2, 0.1), np.eye(3))
    target = VolumeGeometry.from_axes(wanted, step, (31.0 if flip else -2.1, -1.7, -0.4), directions)
    array = np.random.default_rng(2).normal(size=shape).astype(np.float32)
    quick = resample(array, source, target, outside=-7.0, smooth=True)
    monkeypatch.setattr(resampling, "_own_axes", lambda *_: None)
    general = resample(array, source, target, outside=-7.0, smooth=True)
    assert (quick != -7.0).any() and (quick == -7.0).any()
    np.testing.assert_array_equal(quick == -7.0, general == -7.0)
    np.testing.assert_allclose(quick, general, atol=2e-5)
