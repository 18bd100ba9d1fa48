from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from MedMMSlicerLib.bundles.loading import ModelBundle
from MedMMSlicerLib.bundles.manifest import (
    ContextVariable,
    FindingDefinition,
    GraphDefinition,
    InputRole,
    Postprocess,
    Preprocess,
    Region,
)
from MedMMSlicerLib.core import (
    Case,
    ClinicalContext,
    CodedConcept,
    HeaderFacts,
    LaboratoryResult,
    Series,
    Volume,
    VolumeGeometry,
)
from MedMMSlicerLib.errors import BundleError, CancelledError, InputError, MemoryLimitError, UsageError
from MedMMSlicerLib.inference.engine import FakeEngine, RunControl, RunOptions
from MedMMSlicerLib.inference.network import EngineCache
from MedMMSlicerLib.inference.onnx_engine import open_engine
from MedMMSlicerLib.inference.plan import MemoryNeed, plan_run, smaller_window
from MedMMSlicerLib.inference.predictor import predict, predict_points
from MedMMSlicerLib.inference.preprocess import planned_block
from MedMMSlicerLib.inference.provenance import volume_sha256

from .conftest import (
    dice,
    gray_volume,
    make_case,
    make_labels,
    nearest_gray,
    oblique,
    points_of,
    save_gray_network,
    save_network,
    two_blobs,
)

MakeBundle = Callable[..., ModelBundle]


def fake(path: Path, device: str) -> FakeEngine:
    return FakeEngine(nearest_gray)


@pytest.fixture
def blobs() -> Volume:
    geometry = oblique()
    return gray_volume(two_blobs(geometry), geometry)


def test_a_real_network_from_end_to_end(make_bundle: MakeBundle, gray_network: Path, blobs: Volume) -> None:
    labels = two_blobs(blobs.geometry)
    prediction = predict(make_bundle(), make_case(blobs), RunOptions(device="cpu", threads=1))
    label_map = prediction.label_maps[0]
    np.testing.assert_array_equal(label_map.array, labels)
    volumes = {item.segment_id: item.value for item in prediction.measurements if item.segment_id}
    voxel = 1.5 * 0.8 * 1.1
    assert volumes == pytest.approx(
        {
            "hippocampus-anterior": np.count_nonzero(labels == 1) * voxel,
            "hippocampus-posterior": np.count_nonzero(labels == 2) * voxel,
        }
    )
    assert [finding.id for finding in prediction.findings] == [
        "f-hippocampus-anterior",
        "f-hippocampus-posterior",
    ]
    provenance = prediction.provenance
    assert provenance.provider_used == "CPUExecutionProvider"
    assert provenance.device_requested == "cpu"
    assert (provenance.bundle_id, provenance.bundle_version) == ("tiny-mr", "1.2.0")
    assert {"preprocess", "network", "postprocess"} <= set(provenance.stage_seconds)
    assert all(seconds >= 0 for seconds in provenance.stage_seconds.values())
    assert {"medmm", "python", "numpy", "SimpleITK"} <= set(provenance.software)
    assert provenance.inputs[0].sha256 == volume_sha256(blobs)
    assert provenance.created_at.endswith("+00:00")
    assert prediction.refusals == ()


def test_the_hash_tells_voxels_type_and_place_apart(blobs: Volume) -> None:
    reference = volume_sha256(blobs)
    assert reference == volume_sha256(Volume(blobs.array.copy(), blobs.geometry))
    other = blobs.array.copy()
    other[0, 0, 0] += 1
    moved = blobs.geometry.cropped((0, 0, 1), blobs.geometry.shape)
    changed = [
        Volume(other, blobs.geometry),
        Volume(blobs.array, moved),
        Volume(blobs.array.astype(np.float64), blobs.geometry),
    ]
    assert len({reference, *(volume_sha256(volume) for volume in changed)}) == 4
    flipped = Volume(blobs.array[::-1], blobs.geometry)
    assert volume_sha256(flipped) == volume_sha256(Volume(flipped.array.copy(), blobs.geometry))


def test_both_sides_give_one_prediction(make_bundle: MakeBundle) -> None:
    grid = VolumeGeometry.from_axes((60, 70, 110), (1.0, 1.0, 1.0), (-54.3, -40, -30))
    labels = np.zeros(grid.shape, np.uint8)
    points = points_of(grid)
    for side, reach in ((-26.0, 6.0), (26.0, 5.0)):
        labels[np.linalg.norm(points - (side, 2, 0), axis=-1) < reach] = 1
        labels[np.linalg.norm(points - (side, -11, 0), axis=-1) < reach - 1] = 2
    spec = Preprocess(Region("roi", (24, 40, 24)), spacing_mm=(1, 1, 1))
    bundle = make_bundle(preprocess=spec, labels=make_labels("from-point"))
    case = make_case(gray_volume(labels, grid))
    # Both orders: the left side keeps the values of the manifest.
    for chosen in ([(-26.0, -4.0, 0.0), (26.0, -4.0, 0.0)], [(26.0, -4.0, 0.0), (-26.0, -4.0, 0.0)]):
        prediction = predict_points(bundle, case, chosen, engines=fake)
        label_map = prediction.label_maps[0]
        left = points[..., 0] < 0
        expected = np.where((labels > 0) & ~left, labels + 2, labels)
        np.testing.assert_array_equal(label_map.array, expected)
        assert [segment.laterality for segment in label_map.segments] == ["left", "left", "right", "right"]
        asymmetry = {item.id: item.value for item in prediction.measurements if item.unit == "%"}
        assert asymmetry["m-hippocampus-total-asymmetry"] < -30
        assert prediction.provenance.parameters["points_ras"] == [list(point) for point in chosen]
        for finding in prediction.findings:
            assert finding.location_ras is not None
            assert (finding.location_ras[0] > 0) == (finding.laterality == "right")
    single = predict(bundle, case, RunOptions(point_ras=(26.0, -4.0, 0.0)), engines=fake)
    assert {segment.laterality for segment in single.label_maps[0].segments} == {"right"}
    assert single.provenance.parameters["point_ras"] == [26.0, -4.0, 0.0]
    assert not single.label_maps[0].array[left].any()


def test_a_small_block_has_no_side_and_says_so(make_bundle: MakeBundle, blobs: Volume) -> None:
    spec = Preprocess(Region("roi", (60, 60, 60)))
    prediction = predict(
        make_bundle(preprocess=spec, labels=make_labels("from-point")), make_case(blobs), engines=fake
    )
    assert {segment.laterality for segment in prediction.label_maps[0].segments} == {""}
    assert any(note.startswith("The side was not determined") for note in prediction.provenance.notes)


def test_sliding_windows_count_what_they_ran(
    make_bundle: MakeBundle, gray_network: Path, blobs: Volume
) -> None:
    inside = Volume(np.where(blobs.array < 0, 0, blobs.array), blobs.geometry)
    counts = {}
    for skip in (False, True):
        spec = Preprocess(Region("sliding-window", (12, 12, 12), 0.5, skip))
        prediction = predict(make_bundle(preprocess=spec), make_case(inside), RunOptions("cpu", threads=1))
        counts[skip] = prediction.provenance.parameters
        assert dice(prediction.label_maps[0].array == 1, inside.array == 1) == 1
    assert counts[False]["windows_run"] == counts[False]["windows_total"] == counts[True]["windows_total"]
    assert counts[True]["windows_run"] < counts[False]["windows_run"]


def test_progress_rises_to_one_and_cancelling_stops(make_bundle: MakeBundle, blobs: Volume) -> None:
    spec = Preprocess(Region("sliding-window", (12, 12, 12)))
    seen: list[tuple[str, float]] = []
    control = RunControl(lambda stage, fraction: seen.append((stage, fraction)))
    predict(make_bundle(preprocess=spec), make_case(blobs), control=control, engines=fake)
    fractions = [fraction for _, fraction in seen]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert {"preprocess", "network", "postprocess"} <= {stage for stage, _ in seen}
    asked: list[None] = []

    def cancelled() -> bool:
        asked.append(None)
        return len(asked) > 5

    engine = FakeEngine(nearest_gray)
    with pytest.raises(CancelledError):
        predict(
            make_bundle(preprocess=spec),
            make_case(blobs),
            control=RunControl(cancelled=cancelled),
            engines=lambda path, device: engine,
        )
    assert engine.calls <= 5


def test_images_that_the_bundle_does_not_take(make_bundle: MakeBundle, blobs: Volume) -> None:
    with pytest.raises(InputError, match="role 'current'"):
        predict(make_bundle(), Case("c", {"prior": make_case(blobs).series["current"]}), engines=fake)
    with pytest.raises(InputError, match="Load that series"):
        predict(make_bundle(), Case("c", {"current": Series("T1", HeaderFacts(), ())}), engines=fake)
    flat = make_bundle(inputs=(InputRole("current", ("CR",), 2),))
    with pytest.raises(InputError, match=r"single images.*30 slices"):
        predict(flat, make_case(blobs), engines=fake)
    geometry = VolumeGeometry.from_axes((1, 9, 9), (1, 1, 1), (0, 0, 0))
    with pytest.raises(InputError, match=r"several slices.*one slice"):
        predict(make_bundle(), make_case(Volume(np.zeros(geometry.shape), geometry)), engines=fake)


def test_points_outside_and_points_of_no_use(make_bundle: MakeBundle, blobs: Volume) -> None:
    roi = make_bundle(preprocess=Preprocess(Region("roi", (8, 8, 8))))
    for point in ((900.0, 0.0, 0.0), (float("nan"), 0.0, 0.0)):
        with pytest.raises(UsageError):
            predict(roi, make_case(blobs), RunOptions(point_ras=point), engines=fake)
    whole = predict(make_bundle(), make_case(blobs), RunOptions(point_ras=(900.0, 0.0, 0.0)), engines=fake)
    assert any("point was not used" in note for note in whole.provenance.notes)


def test_a_lying_manifest_is_found_when_it_runs(make_bundle: MakeBundle, blobs: Volume) -> None:
    case = make_case(blobs)

    def run(function: Callable[[dict[str, np.ndarray]], dict[str, np.ndarray]], **changes: object) -> None:
        predict(make_bundle(**changes), case, engines=lambda path, device: FakeEngine(function))

    with pytest.raises(BundleError, match="needs 2 channels"):
        run(nearest_gray, labels=make_labels()[:1])
    with pytest.raises(BundleError, match="needs 2 channels"):
        run(nearest_gray, postprocess=Postprocess("threshold"))
    with pytest.raises(BundleError, match="no output"):
        run(lambda inputs: {"other": inputs["image"]})
    with pytest.raises(BundleError, match="made"):
        run(lambda inputs: {"logits": nearest_gray(inputs)["logits"][..., ::2]})
    with pytest.raises(BundleError, match="finite"):
        run(lambda inputs: {"logits": nearest_gray(inputs)["logits"] * np.nan})
    two = {"image": GraphDefinition("model.onnx", {"image": "image", "context": "c"}, {"logits": "logits"})}
    with pytest.raises(BundleError, match="context"):
        run(nearest_gray, graphs=two)


def test_memory_that_does_not_suffice_is_said_before(
    make_bundle: MakeBundle, blobs: Volume, tmp_path: Path
) -> None:
    engine = FakeEngine(nearest_gray)
    with pytest.raises(MemoryLimitError, match=r"needs at least [\d,]+ bytes") as caught:
        predict(
            make_bundle(),
            make_case(blobs),
            RunOptions(memory_limit_bytes=100_000),
            engines=lambda path, device: engine,
        )
    assert engine.calls == 0
    assert "100,000" in str(caught.value)
    spec = Preprocess(Region("sliding-window", (48, 48, 48)), spacing_mm=(0.5, 0.5, 0.5))
    need = MemoryNeed(planned_block(blobs.geometry, spec).shape, 1, 3, blobs.array.size)
    limit = need.total_bytes((48, 24, 48))
    save_gray_network(tmp_path / "model.onnx", (1, 1, 48, 48, 48))
    with pytest.raises(MemoryLimitError, match="one window size only"):
        predict(make_bundle(preprocess=spec), make_case(blobs), RunOptions("cpu", None, 1, limit))
    save_gray_network(tmp_path / "model.onnx")
    prediction = predict(make_bundle(preprocess=spec), make_case(blobs), RunOptions("cpu", None, 1, limit))
    assert any("32 x 32 x 32" in note for note in prediction.provenance.notes)
    labels = two_blobs(blobs.geometry)
    assert dice(prediction.label_maps[0].array == 1, labels == 1) > 0.95


def test_memory_that_ends_while_running_gives_smaller_windows(
    make_bundle: MakeBundle, blobs: Volume, gray_network: Path
) -> None:
    class Tight:
        """Runs windows of up to 40,000 voxels."""

        def __init__(self, path: Path, device: str) -> None:
            self.engine = open_engine(path, "cpu", 1)
            self.provider, self.notes = self.engine.provider, ()
            self.input_shapes = self.engine.input_shapes

        def run(self, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
            if inputs["image"].size > 40_000:
                raise MemoryLimitError("The memory does not suffice.")
            return self.engine.run(inputs)

    geometry = oblique((64, 70, 66), (1.0, 1.0, 1.0))
    labels = two_blobs(geometry)
    spec = Preprocess(Region("sliding-window", (64, 64, 64)))
    prediction = predict(
        make_bundle(preprocess=spec), make_case(gray_volume(labels, geometry)), engines=Tight
    )
    np.testing.assert_array_equal(prediction.label_maps[0].array, labels)
    assert any("32 x 32 x 32 voxels were used" in note for note in prediction.provenance.notes)
    whole = make_bundle(preprocess=Preprocess(Region("whole")))
    with pytest.raises(MemoryLimitError):
        predict(whole, make_case(gray_volume(labels, geometry)), engines=Tight)


def test_plans() -> None:
    need = MemoryNeed((256, 256, 160), 1, 3)
    region = Region("sliding-window", (96, 96, 96))
    assert plan_run(need, region, 10**9, resizable=True).window == (96, 96, 96)
    assert plan_run(need, region, 200_000_000, resizable=True).window == (48, 48, 48)
    assert smaller_window((96, 64, 96)) == (48, 64, 48)
    assert smaller_window((32, 32, 32)) is None
    assert smaller_window((16, 16, 16)) is None
    with pytest.raises(MemoryLimitError):
        plan_run(need, region, 150_000_000, resizable=True)
    with pytest.raises(MemoryLimitError):
        plan_run(MemoryNeed((50_000,) * 3, 1, 3), Region("whole"), 10**12, resizable=True)


def test_nothing_found_is_a_reason_not_to_trust(make_bundle: MakeBundle, blobs: Volume) -> None:
    empty = Volume(np.zeros_like(blobs.array), blobs.geometry)
    prediction = predict(make_bundle(), make_case(empty), engines=fake)
    assert prediction.findings == ()
    assert prediction.measurements == ()
    assert len(prediction.refusals) == 1
    assert len(prediction.label_maps[0].segments) == 2


def test_without_a_spacing_nothing_is_measured(make_bundle: MakeBundle, blobs: Volume) -> None:
    prediction = predict(make_bundle(), make_case(replace(blobs, spacing_known=False)), engines=fake)
    assert prediction.measurements == ()
    assert len(prediction.findings) == 2
    assert all(finding.measurement_ids == () for finding in prediction.findings)
    assert any("no spacing" in note for note in prediction.provenance.notes)


def test_two_dimensional_segmentation(make_bundle: MakeBundle, tmp_path: Path) -> None:
    save_network(tmp_path / "model.onnx", (1, 1, 32, 32), np.array([[4.0]]), np.array([-2.0]))
    geometry = VolumeGeometry.from_axes(
        (1, 60, 90), (1, 0.7, 0.7), (5, 6, 7), np.array([[-1.0, 0, 0], [0, 0, 1], [0, -1, 0]])
    )
    rows, columns = np.indices((60, 90))
    truth = ((rows - 18) / 12.0) ** 2 + ((columns - 60) / 20.0) ** 2 < 1
    bundle = make_bundle(
        inputs=(InputRole("current", ("CR",), 2),),
        preprocess=Preprocess(Region("whole", (1, 32, 32)), orientation=""),
        postprocess=Postprocess("threshold", 0.5),
        labels=make_labels()[:1],
    )
    volume = Volume(truth[None].astype(np.float32), geometry)
    prediction = predict(bundle, make_case(volume), RunOptions("cpu", threads=1))
    found = prediction.label_maps[0].array
    assert found.shape == (1, 60, 90)
    assert dice(found[0] == 1, truth) > 0.94
    for axis in (0, 1):
        assert dice(np.flip(found[0], axis) == 1, truth) < 0.8


def test_scores_become_calibrated_findings(make_bundle: MakeBundle, blobs: Volume) -> None:
    definitions = (
        FindingDefinition(
            "mass", {"en": "Mass"}, CodedConcept("4147007", "SCT", "Mass"), 1, 2.0, -1.0, 0.4, 0.8, 0.7
        ),
        FindingDefinition("edema", {"en": "Edema"}, CodedConcept("79654002", "SCT", "Edema"), 0),
    )
    graphs = {"image": GraphDefinition("model.onnx", {"image": "image"}, {"scores": "scores"})}
    bundle = make_bundle(
        graphs=graphs,
        labels=(),
        findings=definitions,
        measurements=(),
        preprocess=Preprocess(Region("whole")),
    )
    scores = np.array([[-800.0, 1.5]], np.float32)
    prediction = predict(
        bundle, make_case(blobs), engines=lambda path, device: FakeEngine(lambda inputs: {"scores": scores})
    )
    mass, edema = prediction.findings
    assert mass.score == 1.5
    assert mass.probability == pytest.approx(1 / (1 + np.exp(-2.0)))
    assert mass.operating_point is not None
    assert mass.operating_point.sensitivity == 0.8
    assert edema.probability == 0.0
    assert prediction.label_maps == ()


def test_missing_context_is_named(make_bundle: MakeBundle, blobs: Volume) -> None:
    variables = tuple(ContextVariable(name, "1", 0.0) for name in ("age", "sex", "lab.crp", "lab.ldh"))
    case = make_case(blobs)
    context = ClinicalContext(age_years=0.0, laboratory=(LaboratoryResult("crp", 0.0, "mg/L"),))
    prediction = predict(make_bundle(context=variables), Case("c", case.series, context), engines=fake)
    assert prediction.missing == ("sex", "lab.ldh")


def test_sessions_stay_open(make_bundle: MakeBundle, blobs: Volume) -> None:
    opened: list[tuple[str, str, int]] = []

    def opener(path: Path, device: str, threads: int) -> FakeEngine:
        opened.append((path.name, device, threads))
        return FakeEngine(nearest_gray)

    cache = EngineCache(opener, capacity=2)
    bundle = make_bundle(files={"model.onnx": "11" * 32})
    case = make_case(blobs)
    for _ in range(3):
        predict(bundle, case, RunOptions("cpu"), engines=cache)
    predict(bundle, case, RunOptions("cpu", threads=1), engines=cache)
    predict(make_bundle(files={"model.onnx": "22" * 32}), case, RunOptions("cpu"), engines=cache)
    assert opened == [("model.onnx", "cpu", 0), ("model.onnx", "cpu", 1), ("model.onnx", "cpu", 0)]
    assert len(cache) == 2
    cache.clear()
    assert len(cache) == 0


def test_notes_of_the_engine_reach_the_reader(make_bundle: MakeBundle, blobs: Volume) -> None:
    engine = FakeEngine(nearest_gray, notes=("GPU asked for, but the CPU is used.",))
    prediction = predict(
        make_bundle(), make_case(blobs), RunOptions("cuda"), engines=lambda path, device: engine
    )
    assert prediction.provenance.notes == ("GPU asked for, but the CPU is used.",)
    assert prediction.provenance.provider_used == "FakeExecutionProvider"


def test_the_input_is_not_changed(make_bundle: MakeBundle) -> None:
    geometry = oblique()
    values = gray_volume(two_blobs(geometry), geometry).array
    values.setflags(write=False)
    before = values.copy()
    predict(make_bundle(), make_case(Volume(values, geometry)), engines=fake)
    np.testing.assert_array_equal(values, before)
