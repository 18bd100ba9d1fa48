"""Peak memory of a run beside the loaded image and the open session, measured in a process of its own.

Run as ``python -m MedMMSlicerLib.inference.bench_memory NETWORK SETTINGS`` it prints JSON.
"""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from ..errors import WorkerError
from .bench_case import BenchSettings, bench_bundle, bench_case, synthetic_volume
from .engine import RunOptions
from .network import EngineCache
from .predictor import predict

__all__ = ["memory_figures", "measure_in_process"]

INTERVAL_S = 0.002


class _PeakSampler:
    """Largest resident memory while the ``with`` block runs."""

    def __init__(self) -> None:
        import psutil

        self._process = psutil.Process()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        gc.collect()
        self.before = self._process.memory_info().rss
        self.peak = self.before

    def _watch(self) -> None:
        while not self._stop.wait(INTERVAL_S):
            self.peak = max(self.peak, self._process.memory_info().rss)

    def __enter__(self) -> _PeakSampler:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()


def memory_figures(network: Path, settings: BenchSettings) -> dict[str, Any]:
    """Measure in a new process; ``{"skipped": reason}`` where there is no Python to start.

    Raises
    ------
    WorkerError
        If the process failed.
    """
    if not sys.executable:
        return {"skipped": "There is no Python executable to start a process with."}
    command = [
        sys.executable,
        "-m",
        "MedMMSlicerLib.inference.bench_memory",
        str(network),
        settings.to_json(),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        last = done.stderr.strip().splitlines()[-1:] or ["no message"]
        raise WorkerError(f"The memory could not be measured ({last[0]}). Run 'medmm doctor'.")
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


def measure_in_process(network: Path, settings: BenchSettings) -> dict[str, Any]:
    """Open the session, run one window to warm it, then measure a whole run."""
    volume, _ = synthetic_volume(settings)
    case = bench_case(volume)
    bundle = bench_bundle(network, settings, skip_background=True)
    engines = EngineCache()
    options = RunOptions("cpu", threads=settings.threads)
    k, j, i = settings.window
    corner = volume.geometry.cropped(
        [(size - edge) // 2 for size, edge in zip(settings.shape, (k, j, i))], (k, j, i)
    )
    start = volume.geometry.ras_to_kji(corner.origin_ras).round().astype(int)
    block = type(volume)(
        volume.array[start[0] : start[0] + k, start[1] : start[1] + j, start[2] : start[2] + i], corner
    )
    # What the runtime holds after its first windows belongs to the session.
    for _ in range(2):
        predict(bundle, bench_case(block), options, engines=engines)
    with _PeakSampler() as sampler:
        prediction = predict(bundle, case, options, engines=engines)
    output_bytes = settings.labels * 4 * volume.array.size
    used = sampler.peak - sampler.before
    return {
        "peak_bytes": used,
        "output_bytes": output_bytes,
        "peak_over_output": used / output_bytes,
        "windows_run": prediction.provenance.parameters["windows_run"],
    }


if __name__ == "__main__":
    print(json.dumps(measure_in_process(Path(sys.argv[1]), BenchSettings.from_json(sys.argv[2]))))  # noqa: T201
