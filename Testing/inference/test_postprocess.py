import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from MedMMSlicerLib.bundles.manifest import Postprocess
from MedMMSlicerLib.core import VolumeGeometry
from MedMMSlicerLib.inference import postprocess
from MedMMSlicerLib.inference.grids import tensor_grid
from MedMMSlicerLib.inference.postprocess import clean_labels, decide, label_volume

from .conftest import GRAYS, dice, oblique, two_blobs

ARGMAX = Postprocess()


@settings(deadline=None)
@given(seed=st.integers(0, 2**31), channels=st.integers(2, 5))
def test_the_running_maximum_is_argmax(seed: int, channels: int) -> None:
    logits = np.random.default_rng(seed).integers(-3, 4, (channels, 3, 4, 5)).astype(np.float32)  # with ties
    np.testing.assert_array_equal(decide(list(logits), ARGMAX, range(channels)), logits.argmax(0))


def test_thresholds_are_probabilities_and_later_labels_win() -> None:
    logits = np.array([[-2.0, 0.9, 3.0, 3.0], [-2.0, -2.0, -2.0, 1.0]], np.float32)[:, None, None]
    found = decide(list(logits), Postprocess("threshold", 0.7), (1, 2))
    assert found.ravel().tolist() == [0, 1, 1, 2]
    assert decide(list(logits), Postprocess("threshold", 0.0), (1, 2)).min() == 2
    assert decide(list(logits), Postprocess("threshold", 1.0), (1, 2)).max() == 0


def test_other_label_values() -> None:
    logits = np.eye(3, dtype=np.float32)[:, None, None]
    assert decide(list(logits), ARGMAX, (0, 7, 200)).ravel().tolist() == [0, 7, 200]


def one_hot(labels: np.ndarray) -> np.ndarray:
    return np.stack([(labels == value).astype(np.float32) for value in range(len(GRAYS))])


def test_the_same_voxels_come_back_exactly() -> None:
    source = oblique()
    labels = two_blobs(source)
    grid = tensor_grid(source, "RAS", None)
    turned = two_blobs(grid)
    np.testing.assert_array_equal(label_volume(one_hot(turned), grid, source, ARGMAX, (0, 1, 2)), labels)
    for axis in range(3):
        flipped = label_volume(one_hot(np.flip(turned, axis)), grid, source, ARGMAX, (0, 1, 2))
        assert dice(flipped == 1, labels == 1) < 0.9


def test_logits_are_interpolated_in_slabs(monkeypatch: pytest.MonkeyPatch) -> None:
    source = oblique(degrees=(2.0, -1.0, 1.5))
    labels = two_blobs(source)
    grid = tensor_grid(source, "RAS", (0.9, 0.9, 0.9))
    found = label_volume(one_hot(two_blobs(grid)), grid, source, ARGMAX, (0, 1, 2))
    for value in (1, 2):
        assert dice(found == value, labels == value) > 0.95
    monkeypatch.setattr(postprocess, "SLAB_VOXELS", 500)
    slabs = label_volume(one_hot(two_blobs(grid)), grid, source, ARGMAX, (0, 1, 2))
    np.testing.assert_array_equal(slabs, found)


def test_logits_give_smoother_edges_than_labels() -> None:
    fine = VolumeGeometry.from_axes((60, 60, 60), (0.5, 0.5, 0.5), (0, 0, 0))
    coarse = tensor_grid(fine, "RAS", (2.0, 2.0, 2.0))
    center = fine.center_ras

    def distance(grid: VolumeGeometry) -> np.ndarray:
        kji = np.stack(np.meshgrid(*map(np.arange, grid.shape), indexing="ij"), -1)
        return 9 - np.linalg.norm(grid.kji_to_ras(kji) - center, axis=-1)

    logits = np.stack([-distance(coarse), distance(coarse)]).astype(np.float32)
    truth = distance(fine) > 0
    found = label_volume(logits, coarse, fine, ARGMAX, (0, 1)) == 1
    blocky = np.repeat(np.repeat(np.repeat(logits.argmax(0), 4, 0), 4, 1), 4, 2) == 1
    assert dice(found, truth) > 0.985
    assert dice(blocky, truth) < 0.97


def test_outside_of_the_block_is_background() -> None:
    source = oblique((20, 20, 20), (1.0, 1.0, 1.0))
    block = tensor_grid(source, "RAS", None).cropped((5, 6, -7), (8, 9, 10))
    shifted = block.cropped((0.3, 0.3, 0.3), block.shape)
    for grid in (block, shifted):
        for rule, channels, values in ((ARGMAX, 2, (0, 1)), (Postprocess("threshold"), 1, (1,))):
            logits = np.stack([np.full(grid.shape, sign * 5.0) for sign in (-1, 1)][-channels:]).astype(
                np.float32
            )
            found = label_volume(logits, grid, source, rule, values)
            assert 8 * 9 * 3 * 0.8 < np.count_nonzero(found) <= 9 * 10 * 4
    nowhere = block.cropped((500, 0, 0), (4, 4, 4))
    assert not label_volume(np.ones((2, 4, 4, 4), np.float32), nowhere, source, ARGMAX, (0, 1)).any()


def test_largest_component_and_small_components() -> None:
    labels = np.zeros((12, 12, 12), np.uint8)
    labels[1:5, 1:5, 1:5] = 1
    labels[8:10, 8:10, 8:10] = 1
    labels[5, 5, 5] = 1  # touches the first by a corner
    labels[0, 9:12, 0] = 2
    labels[11, 0, 11] = 3
    labels[11, 5, 5:9] = 3
    clean_labels(labels, Postprocess(largest_component=(1,), minimum_volume_mm3=3.0), (1, 2, 3), 2.0)
    assert np.count_nonzero(labels == 1) == 65
    assert np.count_nonzero(labels == 2) == 3
    assert np.count_nonzero(labels == 3) == 4


def test_cleaning_may_remove_everything_and_needs_no_labels() -> None:
    labels = np.zeros((4, 4, 4), np.uint8)
    clean_labels(labels, Postprocess(largest_component=(1, 2)), (1, 2), 1.0)
    labels[1, 1, 1] = 2
    clean_labels(labels, Postprocess(minimum_volume_mm3=5.0), (1, 2), 1.0)
    assert not labels.any()
