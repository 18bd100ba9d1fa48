"""Image and context to findings with evidence, checked against numbers worked out by hand."""

from __future__ import annotations

import dataclasses
import itertools
from pathlib import Path

import numpy as np
import pytest
from MedMMSlicerLib.bundles.loading import ModelBundle
from MedMMSlicerLib.core import (
    Case,
    ClinicalContext,
    Finding,
    LaboratoryResult,
    Prediction,
    VolumeGeometry,
    to_json,
)
from MedMMSlicerLib.errors import BundleError, InputError, UsageError
from MedMMSlicerLib.inference.context_vector import encode_context
from MedMMSlicerLib.inference.engine import FakeEngine, RunOptions
from MedMMSlicerLib.inference.evidence import heat_map_grid
from MedMMSlicerLib.inference.network import EngineCache
from MedMMSlicerLib.inference.predictor import predict
from MedMMSlicerLib.inference.what_if import update_context

from .conftest import make_case, picture
from .tiny_bundle import FUSION_BIAS, FUSION_WEIGHTS, SIZE, sigmoid, write_tiny

CPU = RunOptions(device="cpu", threads=1)


def finding(prediction: Prediction, name: str) -> Finding:
    return next(item for item in prediction.findings if item.id == name)


def seen_by_network(array: np.ndarray) -> np.ndarray:
    """A square image whose size is a multiple of the network's comes out as block means."""
    step = array.shape[0] // SIZE
    return array.reshape(SIZE, step, SIZE, step).mean(axis=(1, 3))


def square() -> np.ndarray:
    """Exactly what the network sees, asymmetric: nothing has to be interpolated."""
    return picture(SIZE, SIZE)


def fused_score(array: np.ndarray, context: ClinicalContext, bundle: ModelBundle, view: str) -> np.ndarray:
    quadrants = array.reshape(2, 16, 2, 16).mean(axis=(1, 3)).ravel() - 0.25
    numbers = encode_context(bundle.manifest.context, context, view).numbers[0]
    return np.concatenate([quadrants, numbers]) @ FUSION_WEIGHTS + FUSION_BIAS


def test_findings_of_both_graphs_have_the_known_probabilities(
    bundle: ModelBundle, engines: EngineCache, full_context: ClinicalContext
) -> None:
    array = square()
    prediction = predict(bundle, make_case(array, full_context, "AP"), CPU, engines=engines)
    mass, effusion, icu = (finding(prediction, f"f-{name}") for name in ("mass", "effusion", "icu"))
    assert mass.probability == pytest.approx(sigmoid(8 * array.mean() - 1), abs=1e-6)
    assert effusion.probability == pytest.approx(sigmoid(4 * (1 - array.mean()) - 4.5), abs=1e-6)
    expected = fused_score(array, full_context, bundle, "AP")
    assert icu.score == pytest.approx(expected[0], abs=1e-5)
    assert icu.probability == pytest.approx(sigmoid(expected[0]), abs=1e-6)
    assert finding(prediction, "f-death").score == pytest.approx(expected[1], abs=1e-5)
    assert (icu.kind, mass.kind, mass.region) == ("prognosis", "finding", "lungs")
    assert icu.operating_point is not None
    assert icu.operating_point.sensitivity == 0.8
    assert all(item.status == "proposed" for item in prediction.findings)
    assert prediction.missing == ()
    assert prediction.refusals == ()
    assert prediction.is_applicable
    assert prediction.embeddings["image"].shape == (4,)
    assert prediction.provenance.parameters["context"]["lab.crp"] == 120
    assert {"lab.crp", "age"} <= set(icu.evidence_ids)


def test_a_heat_map_shows_the_right_place_of_the_image(bundle: ModelBundle, engines: EngineCache) -> None:
    array = picture(80, 64)
    case = make_case(array)
    prediction = predict(bundle, case, dataclasses.replace(CPU, heat_maps="all"), engines=engines)
    maps = {item.finding_id: item for item in prediction.heat_maps}
    assert set(maps) == {"f-mass", "f-effusion", "f-no_finding"}
    heat = maps["f-mass"]
    volume = case.series["current"].volume
    assert volume is not None
    assert heat.geometry.same_grid(volume.geometry)
    assert heat.array.shape == (1, 80, 64)
    assert heat.array.dtype == np.float32
    assert heat.array.min() >= 0
    assert heat.array.max() == pytest.approx(1.0)
    peak = np.unravel_index(heat.array[0].argmax(), heat.array[0].shape)
    # The bright patch is centered on row 25, column 12; a cell of the activation map is 10 pixels wide.
    assert np.hypot(peak[0] - 24.5, peak[1] - 11.5) < 6

    def agreement(values: np.ndarray) -> float:
        return float(np.corrcoef(values.ravel(), array.ravel())[0, 1])

    right = agreement(heat.array[0])
    assert right > 0.85
    for flipped in (heat.array[0, ::-1], heat.array[0, :, ::-1], heat.array[0, ::-1, ::-1]):
        assert agreement(flipped) < right - 0.1
    assert finding(prediction, "f-mass").evidence_ids == ("h-mass",)


def test_the_heat_map_of_a_large_image_has_fewer_voxels_in_the_same_places(
    bundle: ModelBundle, engines: EngineCache
) -> None:
    options = dataclasses.replace(CPU, heat_maps="all")

    def heat(rows: int, columns: int) -> np.ndarray:
        maps = predict(bundle, make_case(picture(rows, columns)), options, engines=engines).heat_maps
        return next(item.array[0] for item in maps if item.finding_id == "f-mass")

    small, large = heat(80, 64), heat(80 * 13, 64 * 13)
    assert large.shape == (347, 278)
    row, column = (((np.arange(size) + 0.5) * 13 / 3).astype(int) for size in small.shape)
    assert np.abs(large[np.ix_(row, column)] - small).max() < 0.1


@pytest.mark.parametrize("shape", [(1, 1955, 1841), (3, 513, 20), (512, 512, 512)])
def test_a_heat_map_covers_the_whole_image(shape: tuple[int, int, int]) -> None:
    axes = np.array([[0.8, -0.6, 0.0], [0.6, 0.8, 0.0], [0.0, 0.0, 1.0]])
    image = VolumeGeometry.from_axes(shape, (3.0, 0.2, 0.3), (5, -6, 7), axes)
    grid = heat_map_grid(image)
    assert max(grid.shape) <= 512
    assert (grid is image) == (max(shape) <= 512)
    for corner in itertools.product((0, 1), repeat=3):
        ends = [item.kji_to_ras(np.array(corner) * np.array(item.shape) - 0.5) for item in (image, grid)]
        assert np.allclose(*ends, atol=1e-6)


def test_only_findings_above_their_threshold_get_a_heat_map(
    bundle: ModelBundle, engines: EngineCache
) -> None:
    prediction = predict(bundle, make_case(), CPU, engines=engines)
    above = {
        item.id
        for item in prediction.findings
        if item.operating_point and (item.probability or 0) >= item.operating_point.threshold
    }
    assert {item.finding_id for item in prediction.heat_maps} == above - {"f-icu", "f-death"}
    assert "f-mass" in above
    assert "f-effusion" not in above
    none = predict(bundle, make_case(), dataclasses.replace(CPU, heat_maps="none"), engines=engines)
    assert none.heat_maps == ()


def test_coarse_logits_become_lungs_on_the_right_sides(bundle: ModelBundle, engines: EngineCache) -> None:
    array = picture(96, 96)
    prediction = predict(bundle, make_case(array), CPU, engines=engines)
    label_map = prediction.label_maps[0]
    rows, columns = np.nonzero(label_map.array[0] == 1)
    assert columns.max() < 48
    truth = array > 0.3
    overlap = 2 * np.count_nonzero(truth & (label_map.array[0] > 0))
    assert overlap / (np.count_nonzero(truth) + np.count_nonzero(label_map.array)) > 0.9
    areas = {item.segment_id: item.value for item in prediction.measurements}
    assert areas["lung-right"] == pytest.approx(len(rows) * 1.5 * 1.5)
    assert [item.unit for item in prediction.measurements] == ["mm2", "mm2"]
    right, left = (finding(prediction, f"f-lung-{side}").location_ras for side in ("right", "left"))
    assert right is not None
    assert left is not None
    assert right[0] > left[0]


def test_contributions_are_exact(
    bundle: ModelBundle, engines: EngineCache, full_context: ClinicalContext
) -> None:
    array = square()
    prediction = predict(bundle, make_case(array, full_context, "AP"), CPU, engines=engines)
    found = {(item.finding_id, item.name): item.delta_probability for item in prediction.contributions}
    assert {name for _, name in found} == {"image", "demographics", "lab.crp", "lab.ldh", "lab.d_dimer"}
    assert {item.source for item in prediction.contributions} == {"image", "demographics", "laboratory"}
    everything = sigmoid(fused_score(array, full_context, bundle, "AP")[0])
    kept = tuple(item for item in full_context.laboratory if item.name != "crp")
    without = {
        "lab.crp": fused_score(array, dataclasses.replace(full_context, laboratory=kept), bundle, "AP"),
        "demographics": fused_score(array, ClinicalContext(laboratory=full_context.laboratory), bundle, ""),
        "image": fused_score(np.full_like(array, 0.25), full_context, bundle, "AP"),
    }
    for name, scores in without.items():
        assert found["f-icu", name] == pytest.approx(everything - sigmoid(scores[0]), abs=1e-6)
    assert abs(found["f-icu", "lab.crp"]) > 0.01


def test_what_is_missing_contributes_nothing(bundle: ModelBundle, engines: EngineCache) -> None:
    prediction = predict(bundle, make_case(view=""), CPU, engines=engines)
    assert {item.name for item in prediction.contributions} == {"image"}
    assert len(prediction.missing) == 6
    assert finding(prediction, "f-icu").probability is not None


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_another_context_alone_gives_what_a_full_run_gives(
    count: int, bundle: ModelBundle, engines: EngineCache, full_context: ClinicalContext
) -> None:
    first = predict(bundle, make_case(context=ClinicalContext(sex="O")), CPU, engines=engines)
    changed = dataclasses.replace(full_context, laboratory=full_context.laboratory[:count])
    updated = update_context(bundle, first, changed, engines)
    full = predict(bundle, make_case(context=changed), CPU, engines=engines)
    assert [item.id for item in updated.findings] == [item.id for item in full.findings]
    for one, other in zip(updated.findings, full.findings, strict=True):
        assert one.probability == pytest.approx(other.probability, abs=1e-6)
        assert one.evidence_ids == other.evidence_ids
    assert [item.name for item in updated.contributions] == [item.name for item in full.contributions]
    for mine, whole in zip(updated.contributions, full.contributions, strict=True):
        assert mine.delta_probability == pytest.approx(whole.delta_probability, abs=1e-6)
    assert updated.missing == full.missing
    assert updated.provenance.notes == full.provenance.notes
    assert updated.label_maps is first.label_maps
    assert updated.heat_maps is first.heat_maps
    assert updated.provenance.created_at == first.provenance.created_at


def test_an_update_keeps_what_the_reader_did_and_is_quick(
    bundle: ModelBundle, engines: EngineCache, full_context: ClinicalContext
) -> None:
    first = predict(bundle, make_case(), CPU, engines=engines)
    read = dataclasses.replace(
        first, findings=tuple(dataclasses.replace(item, status="accepted") for item in first.findings)
    )
    seconds = []
    for _ in range(5):
        updated = update_context(bundle, read, full_context, engines)
        seconds.append(updated.provenance.stage_seconds["fusion"])
    assert {item.status for item in updated.findings} == {"accepted"}
    assert finding(updated, "f-icu").probability != finding(first, "f-icu").probability
    assert min(seconds) < 0.02


def test_an_update_needs_its_image_and_its_bundle(
    bundle: ModelBundle, engines: EngineCache, tmp_path: Path
) -> None:
    prediction = predict(bundle, make_case(), CPU, engines=engines)
    with pytest.raises(InputError, match="no embedding"):
        update_context(bundle, dataclasses.replace(prediction, embeddings={}), ClinicalContext(), engines)
    other = write_tiny(tmp_path / "other", license="MIT")
    with pytest.raises(UsageError, match="Run the bundle again"):
        update_context(other, prediction, ClinicalContext(), engines)


def test_the_image_is_needed_and_the_context_is_not(
    bundle: ModelBundle, engines: EngineCache, full_context: ClinicalContext
) -> None:
    with pytest.raises(InputError, match="needs an image"):
        predict(bundle, Case("empty", {}, full_context), CPU, engines=engines)
    assert finding(predict(bundle, make_case(), CPU, engines=engines), "f-icu").probability is not None


def test_values_that_are_refused_are_said_to_be(bundle: ModelBundle, engines: EngineCache) -> None:
    context = ClinicalContext(
        laboratory=(LaboratoryResult("crp", 12, "mg/dL"), LaboratoryResult("ldh", float("inf"), "U/L"))
    )
    prediction = predict(bundle, make_case(context=context), CPU, engines=engines)
    assert "lab.crp" in prediction.missing
    assert "lab.ldh" not in prediction.missing
    notes = " ".join(prediction.provenance.notes)
    assert "given in mg/dL" in notes
    assert "5000 U/L stands in for it" in notes


def test_an_unfamiliar_image_is_withheld(
    bundle: ModelBundle, engines: EngineCache, full_context: ClinicalContext
) -> None:
    array = picture()
    array[40, 30] = 400
    prediction = predict(bundle, make_case(array, full_context), CPU, engines=engines)
    assert not prediction.is_applicable
    assert "Not applicable" in prediction.refusals[0]
    assert "Frontal chest radiographs" in prediction.refusals[0]
    assert prediction.label_maps == prediction.heat_maps == prediction.measurements == ()
    assert prediction.contributions == ()
    assert [item for item in prediction.findings if item.kind != "quality"] == []
    assert prediction.withheld is not None
    assert {"f-mass", "f-icu"} <= {item.id for item in prediction.withheld.findings}
    assert prediction.provenance.parameters["novelty"] > 2
    updated = update_context(bundle, prediction, ClinicalContext(), engines)
    assert updated.withheld is not None
    assert updated.contributions == ()
    icu = [next(f for f in item.withheld.findings if f.id == "f-icu") for item in (prediction, updated)]  # type: ignore[union-attr]
    assert icu[0].probability != icu[1].probability


def test_a_novelty_that_is_no_number_does_not_pass(bundle: ModelBundle) -> None:
    def broken(path: Path, device: str) -> FakeEngine:
        if path.name == "fusion.onnx":
            return FakeEngine(lambda inputs: {"s": np.zeros((1, 2), np.float32)})
        outputs = {
            "logits": np.zeros((1, 2, 16, 16), np.float32),
            "scores": np.zeros((1, 3), np.float32),
            "embedding": np.zeros((1, 4), np.float32),
            "activation": np.zeros((1, 3, 8, 8), np.float32),
            "novelty": np.array([np.nan], np.float32),
        }
        return FakeEngine(lambda inputs: outputs)

    assert "not a number" in predict(bundle, make_case(), CPU, engines=broken).refusals[0]


def test_scores_that_are_not_finite_are_refused(bundle: ModelBundle) -> None:
    def broken(path: Path, device: str) -> FakeEngine:
        outputs = {
            "logits": np.zeros((1, 2, 16, 16), np.float32),
            "scores": np.array([[0, np.nan, 0]], np.float32),
            "embedding": np.zeros((1, 4), np.float32),
            "activation": np.zeros((1, 3, 8, 8), np.float32),
            "novelty": np.zeros(1, np.float32),
        }
        return FakeEngine(lambda inputs: outputs)

    with pytest.raises(BundleError, match="no finite score for 'effusion'"):
        predict(bundle, make_case(), CPU, engines=broken)


def test_a_prediction_becomes_plain_json(
    bundle: ModelBundle, engines: EngineCache, full_context: ClinicalContext
) -> None:
    value = to_json(predict(bundle, make_case(context=full_context), CPU, engines=engines))
    assert value["withheld"] is None
    assert value["contributions"][0].keys() == {"finding_id", "source", "name", "delta_probability"}
