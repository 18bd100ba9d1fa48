"""``medmm bench``: speed, agreement and memory of the pipeline, on a volume that is declared synthetic.

In one run, alternating, the same network reads the same volume three ways: all windows with MONAI's
``sliding_window_inference`` on torch, all windows here, and here only the windows that hold foreground. The
seconds of the pipeline are those of a whole `predict` (preprocessing, network, label map, measurements,
hash), while MONAI is handed the tensor and gives labels. Without torch and MONAI only a shipped bundle is
timed.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import statistics
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..bundles.loading import ModelBundle
from ..core import Case, Prediction, Volume
from ..errors import MedMMError
from .bench_case import BenchSettings, bench_bundle, bench_case, fitting_blocks, synthetic_volume
from .bench_memory import memory_figures
from .bench_radiograph import radiograph_bundle, radiograph_figures
from .engine import SILENT, InferenceEngine, RunControl, RunOptions
from .network import EngineCache
from .onnx_engine import open_engine
from .predictor import predict
from .preprocess import prepare

__all__ = ["TARGETS", "run_bench"]

TARGETS: Mapping[str, float] = {
    "equal_windows_speedup": 1.2,
    "label_agreement": 0.999,
    "foreground_speedup": 2.0,
    "foreground_dice": 0.995,
    "outside_over_inside": 0.10,
    "peak_over_output": 2.0,
}
"""The first four are to be reached, the last two not to be exceeded."""

DEFAULT_SETTINGS = BenchSettings()


class _TimedEngine:
    """Adds up the seconds inside of the network."""

    def __init__(self, engine: InferenceEngine) -> None:
        self.engine = engine
        self.seconds = 0.0
        self.provider, self.notes = engine.provider, engine.notes
        self.input_shapes = getattr(engine, "input_shapes", {})

    def run(self, inputs: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        start = time.perf_counter()
        outputs = self.engine.run(inputs)
        self.seconds += time.perf_counter() - start
        return outputs


def run_bench(
    device: str = "cpu",
    repeats: int = 3,
    control: RunControl = SILENT,
    settings: BenchSettings = DEFAULT_SETTINGS,
    bundle: ModelBundle | None = None,
) -> dict[str, Any]:
    """Measure.

    Parameters
    ----------
    device : str
        Where the ONNX network runs; MONAI runs on the CPU.
    repeats : int
        Rounds; medians are reported.
    control : RunControl
    settings : BenchSettings
    bundle : ModelBundle, optional
        Timed as it is; the first shipped 3D bundle when not given.

    Returns
    -------
    dict
        Nested, of plain values; ``targets`` says which ones were met.
    """
    control.step("making the volume", 0.0)
    volume, truth = synthetic_volume(settings)
    figures: dict[str, Any] = {
        "volume": {
            "synthetic": True,
            "shape_kji": list(settings.shape),
            "air_fraction": float((volume.array < 150).mean()),
        },
        "repeats": repeats,
        "machine": _machine(),
    }
    chosen = bundle or _shipped_bundle()
    if chosen is not None:
        control.step("timing the bundle", 0.02)
        figures["bundle"] = _bundle_figures(chosen, volume, device, repeats)
    film_reader = radiograph_bundle()
    if film_reader is not None:
        control.step("timing a radiograph", 0.04)
        figures["radiograph"] = radiograph_figures(film_reader, device, repeats)
    missing = [
        name for name in ("torch", "monai", "MedMMSlicerTrain") if importlib.util.find_spec(name) is None
    ]
    if missing:
        figures["comparison"] = {"skipped": f"Not installed: {', '.join(missing)}."}
        return figures
    with tempfile.TemporaryDirectory(prefix="medmm-bench-") as folder:
        figures |= _compare(Path(folder) / "bench.onnx", volume, truth, settings, (device, repeats), control)
    control.step("done", 1.0)
    return figures


def _compare(
    path: Path,
    volume: Volume,
    truth: NDArray[np.uint8],
    settings: BenchSettings,
    how: tuple[str, int],
    control: RunControl,
) -> dict[str, Any]:
    device, repeats = how
    control.step("making the network", 0.05)
    torch_side = importlib.import_module("MedMMSlicerTrain.bench")
    everything = bench_bundle(path, settings, skip_background=False)
    tensor = prepare(volume, everything.manifest.preprocess).tensor
    blocks = fitting_blocks(tensor[0, 0], truth, settings)
    reference = torch_side.save_bench_network(blocks, settings, path)
    foreground = bench_bundle(path, settings, skip_background=True)
    control.step("measuring the memory", 0.1)
    memory = memory_figures(path, settings)
    engines = EngineCache(lambda file, where, threads: _TimedEngine(open_engine(file, where, threads)))
    case, options = bench_case(volume), RunOptions(device, threads=settings.threads)
    engine = engines.get(path, everything.sha256, device, settings.threads)
    engine.run({"image": np.zeros((1, 1, *settings.window), np.float32)})
    rounds = []
    for number in range(repeats):
        control.step("comparing with MONAI", 0.15 + 0.85 * number / repeats)
        ours = _timed(everything, case, options, engines)
        labels, monai_s = reference.labels(tensor)
        few = _timed(foreground, case, options, engines)
        rounds.append(_round(ours, few, labels, monai_s))
    middle = {name: statistics.median(item[name] for item in rounds) for name in rounds[0]}
    result = {
        "network": {
            "kind": "3D U-Net, random weights, fitted last layer",
            "window": list(settings.window),
            "overlap": settings.overlap,
            "accuracy_of_labels": float((ours[0].label_maps[0].array == truth).mean()),
            "provider": ours[0].provenance.provider_used,
            **reference.description,
        },
        "medians": middle,
        "memory": memory,
    }
    return {**result, "targets": _targets(middle, memory)}


def _timed(
    bundle: ModelBundle, case: Case, options: RunOptions, engines: EngineCache
) -> tuple[Prediction, float, float]:
    """A prediction, its seconds, and the seconds inside of the network."""
    engine: Any = engines.get(bundle.graph_path(), bundle.sha256, options.device, options.threads)
    engine.seconds = 0.0
    start = time.perf_counter()
    prediction = predict(bundle, case, options, engines=engines)
    return prediction, time.perf_counter() - start, engine.seconds


def _round(
    ours: tuple[Prediction, float, float],
    few: tuple[Prediction, float, float],
    monai_labels: NDArray[np.uint8],
    monai_s: float,
) -> dict[str, float]:
    labels, few_labels = (item[0].label_maps[0].array for item in (ours, few))
    parameters, few_parameters = (item[0].provenance.parameters for item in (ours, few))
    return {
        "monai_s": monai_s,
        "equal_windows_s": ours[1],
        "equal_windows_speedup": monai_s / ours[1],
        "label_agreement": float((labels == monai_labels).mean()),
        "dice_with_monai": _dice(labels, monai_labels),
        "foreground_s": few[1],
        "foreground_speedup": ours[1] / few[1],
        "foreground_speedup_over_monai": monai_s / few[1],
        "foreground_dice": _dice(few_labels, labels),
        "windows": parameters["windows_run"],
        "foreground_windows": few_parameters["windows_run"],
        "inside_s": ours[2],
        "outside_s": ours[1] - ours[2],
        "outside_over_inside": (ours[1] - ours[2]) / ours[2],
    }


def _dice(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> float:
    """Smallest Dice of any label."""
    values = []
    for value in np.union1d(np.unique(first), np.unique(second)):
        if value:
            one, two = first == value, second == value
            values.append(2 * np.count_nonzero(one & two) / (np.count_nonzero(one) + np.count_nonzero(two)))
    return float(min(values, default=1.0))


def _targets(middle: Mapping[str, float], memory: Mapping[str, Any]) -> dict[str, str]:
    found = {**middle, **memory}
    verdicts = {}
    for name, limit in TARGETS.items():
        if name not in found:
            verdicts[name] = "not measured"
            continue
        at_most = name in {"outside_over_inside", "peak_over_output"}
        met = found[name] <= limit if at_most else found[name] >= limit
        sign = "<=" if at_most else ">="
        verdicts[name] = f"{'met' if met else 'MISSED'}: {found[name]:.4g} ({sign} {limit:g})"
    return verdicts


def _machine() -> dict[str, Any]:
    """Cores, and how busy they are: with a load near the number of cores no figure here means much."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return {"cores": os.cpu_count(), "load_before": load}


def _shipped_bundle() -> ModelBundle | None:
    from ..bundles.catalog import BundleCatalog

    catalog = BundleCatalog()
    for name in catalog.ids():
        try:
            bundle = catalog.get(name)
        except MedMMError:
            continue  # a broken bundle is for `medmm bundle check` to explain
        if bundle.manifest.inputs[0].dimensions == 3:
            return bundle
    return None


def _bundle_figures(bundle: ModelBundle, volume: Volume, device: str, repeats: int) -> dict[str, Any]:
    engines, case, options = EngineCache(), bench_case(volume), RunOptions(device)
    start = time.perf_counter()
    predict(bundle, case, options, engines=engines)
    first_s = time.perf_counter() - start
    runs = []
    for _ in range(repeats):
        start = time.perf_counter()
        prediction = predict(bundle, case, options, engines=engines)
        runs.append((time.perf_counter() - start, prediction.provenance))
    seconds = {
        stage: statistics.median(provenance.stage_seconds[stage] for _, provenance in runs)
        for stage in runs[0][1].stage_seconds
    }
    return {
        "id": bundle.manifest.id,
        "provider": runs[0][1].provider_used,
        "first_run_s": first_s,
        "median_s": statistics.median(total for total, _ in runs),
        "stages_s": seconds,
    }
