import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from MedMMSlicerLib.bundles.manifest import IntensityStep, Preprocess, Region
from MedMMSlicerLib.core import Volume, VolumeGeometry
from MedMMSlicerLib.errors import BundleError, InputError, UsageError
from MedMMSlicerLib.inference.intensity import apply_steps, luma, resolve_step
from MedMMSlicerLib.inference.preprocess import prepare

from .conftest import oblique, points_of

HIPPOCAMPUS_STEPS = (
    IntensityStep("clip-percentile", {"low": 0.5, "high": 99.5}),
    IntensityStep("z-score"),
)


def ramp(geometry: VolumeGeometry) -> Volume:
    """A volume whose values are 100 R + 10 A + S, so that interpolation is exact inside."""
    return Volume((points_of(geometry) @ (100.0, 10.0, 1.0)).astype(np.float64), geometry)


@pytest.mark.parametrize("spacing", [None, (0.8, 1.1, 1.5), (1.3, 0.9, 1.0)])
@pytest.mark.parametrize("interpolation", ["linear", "cubic"])
@pytest.mark.parametrize("degrees", [(8.0, -5.0, 6.0), (40.0, 10.0, -30.0)])
def test_every_voxel_shows_what_lies_at_its_place(
    spacing: tuple[float, float, float] | None, interpolation: str, degrees: tuple[float, float, float]
) -> None:
    volume = ramp(oblique(degrees=degrees))
    spec = Preprocess(Region("whole"), spacing_mm=spacing, interpolation=interpolation, pad_value=-777.0)
    prepared = prepare(volume, spec)
    assert prepared.tensor.shape == (1, 1, *prepared.geometry.shape)
    assert prepared.tensor.dtype == np.float32
    directions = prepared.geometry.directions_ras
    assert (np.diag(directions) > 0.9).all()
    expected = points_of(prepared.geometry) @ (100.0, 10.0, 1.0)
    # Interpolation is exact only where all of the neighbours (of the smoothing, too) are inside.
    kji = volume.geometry.ras_to_kji(points_of(prepared.geometry))
    margin = 0 if interpolation == "linear" and spacing is None else 4
    inner = ((kji >= margin) & (kji <= np.asarray(volume.geometry.shape) - 1 - margin)).all(-1)
    assert inner.mean() > 0.05
    difference = np.abs(prepared.tensor[0, 0] - expected)[inner]
    assert difference.max() < (0.05 if interpolation == "linear" else 12.0)
    outside = ((kji < -0.51) | (kji > np.asarray(volume.geometry.shape) - 0.49)).any(-1)
    assert (prepared.tensor[0, 0][outside] == -777.0).all()


def test_matching_grids_are_copied_bit_by_bit() -> None:
    geometry = oblique((5, 6, 7), letters="PIR")
    values = np.random.default_rng(1).integers(-1000, 1000, geometry.shape).astype(np.int16)
    prepared = prepare(Volume(values, geometry), Preprocess(Region("whole")))
    # I runs to P, J to I, K to R: the tensor's K, J, I (S, A, R) are J and I backwards, and K.
    np.testing.assert_array_equal(prepared.tensor[0, 0], values.transpose(1, 2, 0)[::-1, ::-1, :])


def test_a_block_over_the_border_is_padded_after_the_intensity_steps() -> None:
    geometry = VolumeGeometry.from_axes((6, 6, 6), (1, 1, 1), (0, 0, 0))
    values = np.arange(216, dtype=np.int16).reshape(6, 6, 6)
    spec = Preprocess(
        Region("roi", (4, 4, 4)), intensity=(IntensityStep("min-max"),), scope="region", pad_value=9.0
    )
    prepared = prepare(Volume(values, geometry), spec, (0.0, 5.0, 0.0))
    tensor = prepared.tensor[0, 0]
    assert prepared.inside == (slice(2, 4), slice(0, 3), slice(2, 4)) or prepared.inside is not None
    real = np.zeros((4, 4, 4), bool)
    real[prepared.inside] = True
    assert (tensor[~real] == 9.0).all()
    assert tensor[real].min() == 0.0
    assert tensor[real].max() == 1.0


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (0.9, 1.2, 1.1)])
def test_the_scope_decides_about_the_numbers(spacing: tuple[float, float, float]) -> None:
    geometry = VolumeGeometry.from_axes((20, 22, 24), (1, 1, 1), (-11, -10, -9))
    values = np.random.default_rng(3).normal(50, 5, geometry.shape)
    values[:, :, :4] += 500
    volume = Volume(values, geometry)
    point = tuple(float(value) for value in geometry.kji_to_ras((10, 11, 15)))
    means = {}
    for scope in ("region", "volume"):
        spec = Preprocess(
            Region("roi", (6, 6, 6)), spacing_mm=spacing, intensity=(IntensityStep("z-score"),), scope=scope
        )
        means[scope] = float(prepare(volume, spec, point).tensor.mean())
    assert abs(means["region"]) < 1e-5
    expected = (50 - values.mean()) / values.std()
    assert means["volume"] == pytest.approx(expected, abs=0.05)


def test_a_small_crop_is_prepared_as_in_training() -> None:
    # MedMMSlicerTrain/segmentation.py: normalize over the whole crop, then center_fit to the block.
    geometry = VolumeGeometry.from_axes((35, 51, 34), (1, 1, 1), (3, 4, 5))
    array = np.random.default_rng(5).gamma(2.0, 100.0, geometry.shape).astype(np.float32)
    low, high = np.percentile(array, [0.5, 99.5])
    clipped = np.clip(array, low, high)
    normalised = (clipped - clipped.mean()) / max(float(clipped.std()), 1e-6)
    pads = [
        ((want - have) // 2, want - have - (want - have) // 2)
        for have, want in zip(array.shape, (40, 56, 40))
    ]
    expected = np.pad(normalised, pads)
    spec = Preprocess(
        Region("roi", (40, 56, 40)), spacing_mm=(1, 1, 1), intensity=HIPPOCAMPUS_STEPS, scope="region"
    )
    np.testing.assert_allclose(prepare(Volume(array, geometry), spec).tensor[0, 0], expected, atol=2e-5)


def test_values_that_are_no_number() -> None:
    geometry = oblique((4, 5, 6))
    values = np.random.default_rng(2).normal(size=geometry.shape).astype(np.float32)
    values[1, 2, 3], values[0, 0, 0], values[3, 4, 5] = np.nan, np.inf, -np.inf
    prepared = prepare(Volume(values, geometry), Preprocess(Region("whole"), intensity=HIPPOCAMPUS_STEPS))
    assert np.isfinite(prepared.tensor).all()
    assert prepared.notes == ("3 voxels that are no finite number were read as the lowest value.",)
    with pytest.raises(InputError, match="No voxel"):
        prepare(Volume(np.full(geometry.shape, np.nan), geometry), Preprocess(Region("whole")))


@pytest.mark.parametrize(
    "steps", [HIPPOCAMPUS_STEPS, (IntensityStep("min-max"),), (IntensityStep("z-score"),)]
)
def test_a_constant_image_becomes_zero(steps: tuple[IntensityStep, ...]) -> None:
    geometry = oblique((4, 5, 6))
    spec = Preprocess(Region("roi", (8, 8, 8)), intensity=steps, scope="region", pad_value=0.0)
    assert (prepare(Volume(np.full(geometry.shape, 317, np.int16), geometry), spec).tensor == 0).all()


def test_coarsening_is_smoothed_and_refining_is_not() -> None:
    geometry = VolumeGeometry.from_axes((30, 30, 30), (1, 1, 1), (0, 0, 0))
    values = (np.indices(geometry.shape).sum(0) % 2 * 100).astype(np.float32)  # the finest checkerboard
    coarse = prepare(Volume(values, geometry), Preprocess(Region("whole"), spacing_mm=(3, 3, 3)))
    np.testing.assert_allclose(coarse.tensor[0, 0, 2:-2, 2:-2, 2:-2], 50, atol=3)
    slight = prepare(Volume(values, geometry), Preprocess(Region("whole"), spacing_mm=(1.4, 1, 1)))
    assert slight.tensor.std() > 10


def test_two_dimensional_images() -> None:
    geometry = VolumeGeometry.from_axes(
        (1, 40, 80), (1, 0.5, 0.5), (0, 0, 0), np.array([[-1.0, 0, 0], [0, 0, 1], [0, -1, 0]])
    )
    values = np.tile(np.linspace(0, 1, 80, dtype=np.float32), (1, 40, 1))
    spec = Preprocess(Region("whole", (1, 32, 32)), orientation="", pad_value=-5.0)
    prepared = prepare(Volume(values, geometry), spec, dimensions=2)
    assert prepared.tensor.shape == (1, 1, 32, 32)
    tensor = prepared.tensor[0, 0]
    assert (tensor[:8] == -5).all()
    assert (tensor[24:] == -5).all()
    np.testing.assert_allclose(tensor[8:24], np.tile(np.linspace(0.75, 78.25, 32) / 79, (16, 1)), atol=0.02)
    assert (np.diff(tensor[16]) > 0).all()


def test_colour() -> None:
    geometry = VolumeGeometry.from_axes((1, 8, 8), (1, 1, 1), (0, 0, 0))
    rgb = np.random.default_rng(4).integers(0, 256, (1, 8, 8, 3)).astype(np.uint8)
    spec = Preprocess(Region("whole", (1, 8, 8)), orientation="")
    gray = prepare(Volume(rgb, geometry), spec, dimensions=2)
    expected = 0.299 * rgb[0, ..., 0] + 0.587 * rgb[0, ..., 1] + 0.114 * rgb[0, ..., 2]
    np.testing.assert_allclose(gray.tensor[0, 0], expected, rtol=1e-5)
    assert gray.notes
    three = prepare(Volume(rgb, geometry), spec, channels=3, dimensions=2)
    np.testing.assert_array_equal(three.tensor[0], np.moveaxis(rgb[0], -1, 0))
    repeated = prepare(Volume(rgb[..., 1], geometry), spec, channels=3, dimensions=2)
    assert repeated.tensor.shape == (1, 3, 8, 8)
    np.testing.assert_array_equal(repeated.tensor[0, 2], rgb[0, ..., 1])
    assert luma(np.array([255, 255, 255])) == pytest.approx(255)


def test_points_and_regions_that_can_not_be() -> None:
    geometry = oblique()
    volume = Volume(np.zeros(geometry.shape), geometry)
    with pytest.raises(UsageError, match="lies outside"):
        prepare(volume, Preprocess(Region("roi", (4, 4, 4))), (1000.0, 0.0, 0.0))
    with pytest.raises(BundleError, match="size"):
        prepare(volume, Preprocess(Region("roi")))
    with pytest.raises(BundleError, match="single images"):
        prepare(volume, Preprocess(Region("sliding-window", (1, 4, 4))), dimensions=2)


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (IntensityStep("clip", {"low": 2, "high": 5}), [2, 2, 5, 5]),
        (IntensityStep("clip-percentile", {"low": 0, "high": 50}), [0, 1, 4, 4]),
        (IntensityStep("window", {"center": 4, "width": 4}), [0, 0, 1, 1]),
        (IntensityStep("min-max"), [0, 0.1, 0.7, 1]),
        (IntensityStep("z-score"), [-1.0835, -0.8427, 0.6019, 1.3242]),
        (IntensityStep("scale-shift", {"scale": 2, "shift": -1}), [-1, 1, 13, 19]),
    ],
)
def test_intensity_steps(step: IntensityStep, expected: list[float]) -> None:
    values = np.array([0, 1, 7, 10], np.float32)
    apply_steps(values, (step,))
    np.testing.assert_allclose(values, expected, atol=1e-4)


def test_unknown_steps_are_bundle_errors() -> None:
    sample = np.zeros(3, np.float32)
    with pytest.raises(BundleError, match="sharpen"):
        resolve_step(IntensityStep("sharpen"), sample)
    with pytest.raises(BundleError, match="width"):
        resolve_step(IntensityStep("window", {"center": 3}), sample)


@settings(deadline=None)
@given(
    values=st.lists(st.floats(-30000, 30000, width=32), min_size=2, max_size=40),
    operations=st.lists(st.sampled_from(["min-max", "z-score", "clip-percentile"]), min_size=1, max_size=3),
)
def test_data_driven_steps_are_finite_and_keep_the_order(values: list[float], operations: list[str]) -> None:
    array = np.array(values, np.float32)
    result = array.copy()
    apply_steps(result, [IntensityStep(name) for name in operations])
    assert np.isfinite(result).all()
    assert (np.diff(result[np.argsort(array, kind="stable")]) >= -1e-4).all()
