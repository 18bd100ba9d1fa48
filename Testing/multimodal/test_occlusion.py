"""Occlusion maps: the right place, the known size, every kind of target, batches, cancelling."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from MedMMSlicerLib.bundles.loading import ModelBundle
from MedMMSlicerLib.core import ClinicalContext
from MedMMSlicerLib.errors import CancelledError, UsageError
from MedMMSlicerLib.inference.engine import FakeEngine, RunControl, RunOptions
from MedMMSlicerLib.inference.network import EngineCache
from MedMMSlicerLib.inference.occlusion import OcclusionOptions, occlusion_map

from .conftest import make_case, picture

CPU = OcclusionOptions(patches=8, run=RunOptions(device="cpu", threads=1))


def spot(rows: int = 96, columns: int = 96) -> np.ndarray:
    """One bright spot on an even ground, off both axes."""
    array = np.full((rows, columns), 0.1, np.float32)
    array[24:32, 60:68] = 1.0
    return array


def test_the_map_shows_where_the_score_comes_from(bundle: ModelBundle, engines: EngineCache) -> None:
    case = make_case(spot())
    heat = occlusion_map(bundle, case, "f-mass", CPU, engines=engines)
    volume = case.series["current"].volume
    assert volume is not None
    assert heat.geometry.same_grid(volume.geometry)
    assert heat.array.dtype == np.float32
    assert 0 <= heat.array.min() <= heat.array.max() == pytest.approx(1.0)
    row, column = np.unravel_index(heat.array[0].argmax(), heat.array[0].shape)
    assert np.hypot(row - 27.5, column - 63.5) < 12
    assert heat.array[0, 70, 30] < 0.3
    assert (heat.finding_id, heat.method) == ("f-mass", "occlusion")


@pytest.mark.parametrize("finding", ["f-icu", "f-lung-right", "f-lung-left"])
def test_fusion_findings_and_labels_are_explained_too(
    finding: str, bundle: ModelBundle, engines: EngineCache, full_context: ClinicalContext
) -> None:
    case = make_case(picture(), ClinicalContext(age_years=30, sex="F"))
    heat = occlusion_map(bundle, case, finding, CPU, engines=engines)
    assert heat.array.max() == pytest.approx(1.0)
    if finding.startswith("f-lung"):
        right, left = heat.array[0, :, :32].sum(), heat.array[0, :, 32:].sum()
        assert (right > left) == finding.endswith("right")


def test_batches_give_the_same_map_with_fewer_runs(bundle: ModelBundle) -> None:
    class Batched(FakeEngine):
        input_shapes: ClassVar[dict[str, tuple[int | None, ...]]] = {"x": (None, 1, 32, 32)}

    def outputs(inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        image = inputs["x"]
        means = image.mean(axis=(1, 2, 3), keepdims=False)
        count = len(image)
        return {
            "scores": np.stack([means, 1 - means, means / 2], axis=1),
            "logits": np.zeros((count, 2, 16, 16), np.float32),
            "embedding": np.zeros((count, 4), np.float32),
            "activation": np.zeros((count, 3, 8, 8), np.float32),
            "novelty": np.zeros(count, np.float32),
        }

    made: list[FakeEngine] = []

    def one(path: Path, device: str) -> FakeEngine:
        made.append(FakeEngine(outputs))
        return made[-1]

    def many(path: Path, device: str) -> FakeEngine:
        made.append(Batched(outputs))
        return made[-1]

    first = occlusion_map(bundle, make_case(spot()), "f-mass", CPU, engines=one)
    second = occlusion_map(bundle, make_case(spot()), "f-mass", CPU, engines=many)
    np.testing.assert_allclose(first.array, second.array, atol=1e-5)
    assert made[0].calls == 65
    assert made[1].calls == 9


def test_progress_is_shown_and_cancelling_stops(bundle: ModelBundle, engines: EngineCache) -> None:
    seen: list[float] = []
    control = RunControl(progress=lambda stage, fraction: seen.append(fraction))
    occlusion_map(bundle, make_case(), "f-mass", dataclasses.replace(CPU, patches=4), control, engines)
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    stopped = RunControl(cancelled=lambda: True)
    with pytest.raises(CancelledError):
        occlusion_map(bundle, make_case(), "f-mass", CPU, stopped, engines)


def test_what_is_not_there_can_not_be_explained(bundle: ModelBundle, engines: EngineCache) -> None:
    with pytest.raises(UsageError, match="has no finding 'f-fracture'"):
        occlusion_map(bundle, make_case(), "f-fracture", CPU, engines=engines)
    with pytest.raises(UsageError, match="patches"):
        occlusion_map(bundle, make_case(), "f-mass", dataclasses.replace(CPU, patches=1), engines=engines)
