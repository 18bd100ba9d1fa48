import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from MedMMSlicerLib.errors import BundleError, CancelledError
from MedMMSlicerLib.inference.engine import RunControl
from MedMMSlicerLib.inference.foreground import CELL, air_level, foreground_map
from MedMMSlicerLib.inference.sliding_window import (
    BACKGROUND_LOGIT,
    WindowSettings,
    gaussian_weights,
    predict_windows,
    window_starts,
)

EVERYTHING = (slice(None), slice(None), slice(None))


def brute_force(image: np.ndarray, network, size: tuple[int, int, int], overlap: float) -> np.ndarray:
    """Weighted mean over all windows with a map of weights, in double precision."""
    k, j, i = (gaussian_weights(edge) for edge in size)
    weight = k[:, None, None] * j[:, None] * i
    total, count = 0.0, np.zeros(image.shape[1:])
    starts = [window_starts(length, edge, overlap) for length, edge in zip(image.shape[1:], size)]
    for first_k in starts[0]:
        for first_j in starts[1]:
            for first_i in starts[2]:
                box = (
                    slice(first_k, first_k + size[0]),
                    slice(first_j, first_j + size[1]),
                    slice(first_i, first_i + size[2]),
                )
                logits = network(image[(slice(None), *box)][None])[0].astype(float)
                if isinstance(total, float):
                    total = np.zeros((logits.shape[0], *image.shape[1:]))
                total[(slice(None), *box)] += logits * weight
                count[box] += weight
    return total / count


@settings(deadline=None, max_examples=40)
@given(
    shape=st.tuples(st.integers(4, 19), st.integers(4, 19), st.integers(4, 19)),
    size=st.tuples(st.integers(3, 9), st.integers(3, 9), st.integers(3, 9)),
    overlap=st.sampled_from([0.0, 0.25, 0.5, 0.7]),
)
def test_the_identity_comes_back_exactly(
    shape: tuple[int, int, int], size: tuple[int, int, int], overlap: float
) -> None:
    image = np.random.default_rng(1).normal(size=(1, *shape)).astype(np.float32)
    size = tuple(min(pair) for pair in zip(shape, size))
    result = predict_windows(image, lambda window: window + 1, WindowSettings(size, overlap))
    np.testing.assert_allclose(result.logits, image + 1, atol=1e-5)
    assert result.windows_run == result.windows_total


def test_blending_equals_a_weighted_mean() -> None:
    image = np.random.default_rng(2).normal(size=(1, 21, 17, 26)).astype(np.float32)

    def network(window: np.ndarray) -> np.ndarray:
        # Depends on the position in the window, so that the weights matter.
        slope = np.linspace(0, 1, window.shape[-1], dtype=np.float32)
        return np.concatenate([window * slope, window.mean() + 0 * window], axis=1)

    for overlap in (0.25, 0.5):
        result = predict_windows(image, network, WindowSettings((8, 10, 9), overlap))
        np.testing.assert_allclose(result.logits, brute_force(image, network, (8, 10, 9), overlap), atol=1e-5)


@pytest.mark.torch
def test_windows_are_those_of_monai() -> None:
    inferers = pytest.importorskip("monai.data.utils")
    for length, size, overlap in (
        (160, 96, 0.5),
        (256, 96, 0.5),
        (97, 96, 0.25),
        (96, 96, 0.5),
        (40, 12, 0.7),
    ):
        step = size if size == length else int(size * (1 - overlap))
        found = inferers.dense_patch_slices((length,) * 2, (size,) * 2, (step,) * 2)
        assert sorted({piece[0].start for piece in found}) == window_starts(length, size, overlap)


@pytest.mark.torch
def test_blending_agrees_with_monai() -> None:
    torch = pytest.importorskip("torch")
    inferers = pytest.importorskip("monai.inferers")
    image = np.random.default_rng(3).normal(size=(1, 20, 24, 31)).astype(np.float32)

    def network(window):
        return window * 2 - window.mean()

    expected = inferers.sliding_window_inference(
        torch.from_numpy(image[None]), (12, 12, 12), 1, network, overlap=0.5, mode="gaussian"
    )
    result = predict_windows(image, network, WindowSettings((12, 12, 12), 0.5))
    # MONAI lifts tiny weights to a thousandth: at the rim of the image all windows then count alike.
    difference = np.abs(result.logits - expected[0].numpy())
    assert difference[:, 4:-4, 4:-4, 4:-4].max() < 0.01
    assert np.median(difference) < 1e-3
    assert difference.max() < 0.1


def test_windows_without_foreground_are_left_out() -> None:
    image = np.zeros((1, 40, 40, 64), np.float32)
    image[0, 4:20, 8:30, 40:60] = np.random.default_rng(4).uniform(50, 100, (16, 22, 20))
    calls = []

    def network(window: np.ndarray) -> np.ndarray:
        calls.append(window)
        return np.concatenate([5 - window, window], axis=1)

    foreground = foreground_map(image[0], EVERYTHING)
    result = predict_windows(image, network, WindowSettings((16, 16, 16), 0.5, foreground))
    full = predict_windows(image, network, WindowSettings((16, 16, 16), 0.5))
    assert result.windows_run < full.windows_run / 2
    assert result.windows_total == full.windows_total == full.windows_run
    assert all(window.max() > 0 for window in calls[: result.windows_run])
    np.testing.assert_array_equal(result.logits.argmax(0), full.logits.argmax(0))
    assert (
        result.logits[:, :, :, :20] == np.array([BACKGROUND_LOGIT, -BACKGROUND_LOGIT])[:, None, None, None]
    ).all()


def test_scattered_foreground_needs_no_windows_between() -> None:
    image = np.zeros((1, 64, 64, 64), np.float32)
    image[0, :12, :12, :12] = 100
    image[0, 50:, 50:, 50:] = 100
    foreground = foreground_map(image[0], EVERYTHING)
    run = predict_windows(
        image,
        lambda window: np.concatenate([50 - window, window - 50], 1),
        WindowSettings((16,) * 3, 0.5, foreground),
    )
    assert run.windows_run < run.windows_total / 4
    np.testing.assert_array_equal(run.logits.argmax(0), image[0] > 0)
    seen = np.zeros(image.shape[1:], bool)
    seen[:16, :16, :16] = seen[48:, 48:, 48:] = True
    np.testing.assert_allclose(run.logits[0][seen], (50 - image[0])[seen], rtol=1e-5)
    assert (run.logits[0][32, 32] == BACKGROUND_LOGIT).all()


def test_the_box_of_the_foreground_is_covered_with_as_few_windows_as_possible() -> None:
    starts = []

    def network(window: np.ndarray) -> np.ndarray:
        starts.append(tuple(int(value) for value in window[0, :, 0, 0, 0]))
        return window[:, :1]

    index = np.indices((48, 48, 64)).astype(np.float32)
    foreground = np.zeros((48, 48, 64), np.float32)
    foreground[20:44, 17:30, 4:36] = 1
    chosen = WindowSettings((16, 16, 16), 0.5, foreground_map(foreground, EVERYTHING))
    predict_windows(index, network, chosen)
    # 20 to 44 takes two windows only from 20; 16 to 32 is one; 4 to 36 three, from 4.
    assert sorted({k for k, _, _ in starts}) == [20, 28]
    assert sorted({j for _, j, _ in starts}) == [16]
    assert sorted({i for _, _, i in starts}) == [4, 12, 20]


def test_nothing_but_air_gives_background() -> None:
    image = np.zeros((1, 20, 20, 20), np.float32)
    foreground = foreground_map(image[0], EVERYTHING)
    for channel, labels in ((0, 0), (None, None)):
        settings_ = WindowSettings((16, 16, 16), 0.5, foreground, channel)
        result = predict_windows(image, lambda window: np.concatenate([window] * 3, axis=1), settings_)
        assert result.logits.shape == (3, 20, 20, 20)
        assert result.windows_run == 1
        if labels is None:
            assert (result.logits == -BACKGROUND_LOGIT).all()
        else:
            assert (result.logits.argmax(0) == labels).all()


def test_noise_in_air_is_no_foreground_and_a_bright_voxel_is() -> None:
    generator = np.random.default_rng(5)
    image = np.abs(generator.normal(0, 25, (48, 48, 48))).astype(np.float32)
    image[8:20, 8:20, 8:20] = generator.normal(1000, 50, (12, 12, 12))
    cells = foreground_map(image, EVERYTHING)
    assert cells.bounds(0) == (8, 20)
    assert not cells.any_in((24, 24, 24), (24, 24, 24))
    image[40, 41, 42] = 900
    cells = foreground_map(image, EVERYTHING)
    assert cells.any_in((24, 24, 24), (24, 24, 24))
    assert not cells.any_in((24, 24, 0), (24, 24, 24))


def test_lung_is_foreground_in_ct() -> None:
    values = np.concatenate(
        [np.full(5000, -1000.0), np.full(1500, -850.0), np.full(3000, 40.0), np.full(200, 700.0)]
    )
    level, _ = air_level(values + np.random.default_rng(6).normal(0, 12, values.size))
    assert -950 < level < -850


def test_padding_is_no_foreground() -> None:
    image = np.full((20, 20, 20), -3.0, np.float32)
    image[4:12, 4:12, 4:12] = 2.0
    image[:, :, 16:] = 5.0  # padding brighter than tissue
    box = (slice(0, 20), slice(0, 20), slice(0, 16))
    mask = np.zeros(image.shape, bool)
    mask[box] = True
    for inside in (box, mask):
        cells = foreground_map(image, inside)
        assert cells.bounds(2) == (4, 12)
        assert cells.cells.shape == tuple(-(-size // CELL) for size in image.shape)


def test_progress_and_cancel_between_windows() -> None:
    seen: list[float] = []
    image = np.zeros((1, 16, 16, 32), np.float32)
    control = RunControl(lambda stage, fraction: seen.append(fraction), lambda: len(seen) >= 3)
    with pytest.raises(CancelledError):
        predict_windows(image, lambda window: window, WindowSettings((8, 8, 8)), control)
    assert len(seen) == 3
    assert seen == sorted(seen)


def test_wrong_outputs_are_bundle_errors() -> None:
    image = np.zeros((1, 16, 16, 16), np.float32)
    settings_ = WindowSettings((8, 8, 8))
    with pytest.raises(BundleError, match="window"):
        predict_windows(image, lambda window: window[..., ::2], settings_)
    with pytest.raises(BundleError, match="finite"):
        predict_windows(image, lambda window: window * np.nan, settings_)
    with pytest.raises(BundleError, match="does not fit"):
        predict_windows(image, lambda window: window, WindowSettings((32, 8, 8)))


def test_no_second_copy_of_the_output_is_made() -> None:
    import tracemalloc

    image = np.zeros((1, 48, 48, 48), np.float32)
    image[0, :10, :10, :10] = 100
    image[0, 40:, 40:, 40:] = 100
    foreground = foreground_map(image[0], EVERYTHING)
    channels = np.ones((1, 6, 1, 1, 1), np.float32)
    output_bytes = 6 * 48**3 * 4
    for chosen, allowed in ((None, 1.3), (foreground, 1.3)):
        tracemalloc.start()
        predict_windows(image, lambda window: window * channels, WindowSettings((16, 16, 16), 0.5, chosen))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert output_bytes < peak < allowed * output_bytes


def test_an_output_is_let_go_before_the_next_window_runs() -> None:
    import weakref

    previous: list[weakref.ref[np.ndarray]] = []

    def network(window: np.ndarray) -> np.ndarray:
        assert all(reference() is None for reference in previous)
        output = window + 1
        previous.append(weakref.ref(output))
        return output

    predict_windows(np.zeros((1, 16, 16, 32), np.float32), network, WindowSettings((8, 8, 8)))
    assert len(previous) > 10
