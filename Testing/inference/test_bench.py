import importlib.util
import json

import numpy as np
import pytest
from MedMMSlicerLib.inference import bench
from MedMMSlicerLib.inference.bench import TARGETS, run_bench
from MedMMSlicerLib.inference.bench_case import BenchSettings, fitting_blocks, synthetic_volume
from MedMMSlicerLib.inference.engine import RunControl

SMALL = BenchSettings(shape=(24, 48, 40), window=(16, 16, 16), threads=1)


def test_the_volume_is_about_half_air_and_the_same_every_time() -> None:
    volume, truth = synthetic_volume(SMALL)
    again, _ = synthetic_volume(SMALL)
    np.testing.assert_array_equal(volume.array, again.array)
    assert 0.45 < (volume.array < 150).mean() < 0.6
    assert set(np.unique(truth)) == {0, 1, 2}
    means = [volume.array[truth == value].mean() for value in (1, 2)]
    assert means == pytest.approx([600, 900], abs=5)


def test_the_blocks_show_every_label() -> None:
    volume, truth = synthetic_volume(SMALL)
    blocks = fitting_blocks(volume.array.astype(np.float32), truth, SMALL)
    assert {value for _, labels in blocks for value in np.unique(labels)} == {0, 1, 2}
    assert all(image.shape == labels.shape for image, labels in blocks)


def test_settings_cross_the_process_border() -> None:
    assert BenchSettings.from_json(SMALL.to_json()) == SMALL


def test_without_torch_only_a_bundle_is_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr(bench, "_shipped_bundle", lambda: None)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "torch" else real(name))
    figures = run_bench(repeats=1, settings=SMALL)
    assert figures["comparison"]["skipped"].startswith("Not installed: torch")
    assert figures["volume"]["synthetic"] is True


@pytest.mark.torch
@pytest.mark.slow
def test_a_small_run_has_every_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("monai")
    monkeypatch.setattr(bench, "_shipped_bundle", lambda: None)
    seen: list[float] = []
    figures = run_bench(
        repeats=1, settings=SMALL, control=RunControl(lambda stage, fraction: seen.append(fraction))
    )
    assert json.loads(json.dumps(figures)) == figures
    assert seen == sorted(seen)
    assert set(figures["targets"]) == set(TARGETS)
    medians = figures["medians"]
    # Sizes this small say nothing about speed, but the labels have to agree.
    assert medians["label_agreement"] > 0.99
    assert medians["foreground_dice"] > 0.97
    assert figures["network"]["accuracy_of_labels"] > 0.9
    assert medians["windows"] >= medians["foreground_windows"]
    assert figures["memory"]["output_bytes"] == 3 * 4 * 24 * 48 * 40
    assert medians["outside_s"] > 0
