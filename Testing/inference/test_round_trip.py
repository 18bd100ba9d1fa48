"""From a volume through preprocessing, a network that copies, and postprocessing back to the same volume."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from MedMMSlicerLib.bundles.loading import ModelBundle
from MedMMSlicerLib.bundles.manifest import Preprocess, Region
from MedMMSlicerLib.core import VolumeGeometry
from MedMMSlicerLib.inference.engine import FakeEngine
from MedMMSlicerLib.inference.grids import AxisMap
from MedMMSlicerLib.inference.predictor import predict

from .conftest import dice, gray_volume, make_case, make_manifest, nearest_gray, oblique, two_blobs

OPPOSITE = {"R": "L", "A": "P", "S": "I"}
ORIENTATIONS = st.builds(
    lambda axes, flips: "".join(OPPOSITE[axis] if flip else axis for axis, flip in zip(axes, flips)),
    st.permutations("RAS"),
    st.tuples(st.booleans(), st.booleans(), st.booleans()),
)


def read_back(spec: Preprocess, geometry: VolumeGeometry, labels: np.ndarray) -> np.ndarray:
    bundle = ModelBundle(Path("bundle"), make_manifest(preprocess=spec), "ab" * 32, {})
    case = make_case(gray_volume(labels, geometry))
    prediction = predict(bundle, case, engines=lambda path, device: FakeEngine(nearest_gray))
    label_map = prediction.label_maps[0]
    assert label_map.geometry is geometry
    assert label_map.array.dtype == np.uint8
    return label_map.array


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(
    letters=ORIENTATIONS,
    wanted=ORIENTATIONS,
    degrees=st.tuples(st.floats(-8, 8), st.floats(-8, 8), st.floats(-8, 8)),
    kind=st.sampled_from(["whole", "sliding-window"]),
)
def test_without_resampling_every_voxel_comes_back(
    letters: str, wanted: str, degrees: tuple[float, float, float], kind: str
) -> None:
    geometry = oblique((17, 26, 21), letters=letters, degrees=degrees)
    labels = two_blobs(geometry)
    region = Region(kind, (12, 12, 12) if kind == "sliding-window" else None, pad_multiple=None)
    found = read_back(Preprocess(region, orientation=wanted), geometry, labels)
    np.testing.assert_array_equal(found, labels)
    for axis in range(3):
        assert dice(np.flip(found, axis) == 1, labels == 1) < 0.9


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(
    letters=ORIENTATIONS,
    wanted=ORIENTATIONS,
    degrees=st.tuples(st.floats(-40, 40), st.floats(-40, 40), st.floats(-40, 40)),
    spacing=st.tuples(st.floats(0.7, 1.4), st.floats(0.7, 1.4), st.floats(0.7, 1.4)),
)
def test_with_resampling_the_dice_stays(
    letters: str,
    wanted: str,
    degrees: tuple[float, float, float],
    spacing: tuple[float, float, float],
) -> None:
    geometry = oblique((52, 60, 56), spacing, degrees, letters)
    labels = two_blobs(geometry)
    found = read_back(Preprocess(Region("whole"), wanted, (1.0, 1.0, 1.0)), geometry, labels)
    for value in (1, 2):
        assert dice(found == value, labels == value) >= 0.98
    for axis in range(3):
        assert dice(np.flip(found, axis) == 1, labels == 1) < 0.9


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("broken", ["view", "start"])
def test_the_round_trip_notices_a_wrong_flip(axis: int, broken: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A flip that is forgotten on the way back, or a start from the wrong end, is seen."""
    geometry = oblique((17, 26, 21), letters="LIP")
    labels = two_blobs(geometry)
    right_view, right_start = AxisMap.view, AxisMap.start
    calls = {"view": 0, "start": 0}

    def wrong_view(self: AxisMap, array: np.ndarray) -> np.ndarray:
        calls["view"] += 1
        view = right_view(self, array)
        return np.flip(view, axis) if calls["view"] == 2 else view

    def wrong_start(self: AxisMap, shape: tuple[int, int, int]) -> tuple[int, int, int]:
        calls["start"] += 1
        first = list(right_start(self, shape))
        first[axis] += 2 if calls["start"] == 1 else 0
        return first[0], first[1], first[2]

    spec = Preprocess(Region("whole"))
    np.testing.assert_array_equal(read_back(spec, geometry, labels), labels)
    calls.update(view=0, start=0)
    monkeypatch.setattr(AxisMap, broken, wrong_view if broken == "view" else wrong_start)
    assert dice(read_back(spec, geometry, labels) == 1, labels == 1) < 0.98
    assert calls[broken] >= 2


def test_a_block_over_the_border_comes_back() -> None:
    geometry = oblique((20, 30, 24), (1.0, 1.0, 1.0))
    labels = two_blobs(geometry)
    found = read_back(Preprocess(Region("roi", (40, 40, 40))), geometry, labels)
    np.testing.assert_array_equal(found, labels)
