"""A worker that does what the bundle's name says, for `WorkerClient(module="worker_for_tests")`."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from MedMMSlicerLib.core import LabelMap, Prediction, Provenance
from MedMMSlicerLib.errors import BundleError
from MedMMSlicerLib.inference.engine import RunControl
from MedMMSlicerLib.inference.worker_main import serve
from MedMMSlicerLib.inference.worker_protocol import EVENTS_FILE, RunRequest

FOLDER = Path(sys.argv[1]) if len(sys.argv) > 1 else Path()
STARTED: list[str] = []


def answer(request: RunRequest, **stage_seconds: float) -> Prediction:
    volume = request.case.series["current"].volume
    assert volume is not None
    array = np.ascontiguousarray(volume.array > 100).astype(np.uint8)
    provenance = Provenance(
        bundle_id=request.bundle_path.name,
        bundle_version="1",
        bundle_sha256="",
        inputs=(),
        device_requested=request.options.device,
        provider_used="CPUExecutionProvider",
        stage_seconds=stage_seconds,
        software={"pid": str(os.getpid())},
        created_at="2025-01-01T00:00:00Z",
        parameters={"points_ras": request.points_ras},
    )
    return Prediction(provenance, label_maps=(LabelMap(array, volume.geometry, ()),))


def plain(request: RunRequest, control: RunControl) -> Prediction:
    return answer(request)


def steps(request: RunRequest, control: RunControl) -> Prediction:
    """Forty steps of 10 ms in two stages, with one step back."""
    for number in range(41):
        control.step("preprocess" if number <= 20 else "network", number / 40)
        time.sleep(0.01)
        if number == 30:
            time.sleep(0.05)
            control.step("network", 0.3)
    return answer(request)


def obedient(request: RunRequest, control: RunControl) -> Prediction:
    while True:
        control.step("network", 0.5)
        time.sleep(0.01)


def deaf(request: RunRequest, control: RunControl) -> Prediction:
    """Neither asks nor tells, and keeps a helper process, like a launcher does."""
    helper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    control.step("network", 0.5)
    (request.bundle_path.parent / "helper.pid").write_text(str(helper.pid), encoding="ascii")
    while True:
        sum(range(10000))


def hungry(request: RunRequest, control: RunControl) -> Prediction:
    blocks = [np.ones(2**25, np.float64) for _ in range(40)]
    raise AssertionError(f"10 GiB were granted: {len(blocks)}")


def bad_alloc(request: RunRequest, control: RunControl) -> Prediction:
    sys.stderr.write("terminate called after throwing an instance of 'std::bad_alloc'\n")
    sys.stderr.flush()
    os.abort()


def refused(request: RunRequest, control: RunControl) -> Prediction:
    raise BundleError("The bundle 'refused' has no network.\nGet another one.")


def defect(request: RunRequest, control: RunControl) -> Prediction:
    raise ZeroDivisionError("a defect of\nthe predictor")


def garbage(request: RunRequest, control: RunControl) -> Prediction:
    with (FOLDER / EVENTS_FILE).open("ab") as stream:
        stream.write(b"\xff\x00{{{ not json\n")
    time.sleep(60)
    raise AssertionError


def endless(request: RunRequest, control: RunControl) -> Prediction:
    with (FOLDER / EVENTS_FILE).open("ab") as stream:
        stream.write(b"x" * 200_000)
    time.sleep(60)
    raise AssertionError


def forged(request: RunRequest, control: RunControl) -> Prediction:
    """Announce a result whose array file lies outside of the exchange folder."""
    text = '{"provenance": {"file": "../secret.npy"}}'
    (FOLDER / "result-1.json").write_text(text, encoding="ascii")
    with (FOLDER / EVENTS_FILE).open("ab") as stream:
        stream.write(b'{"event": "finished", "run": 1}\n')
    time.sleep(60)
    raise AssertionError


def warm(request: RunRequest, control: RunControl) -> Prediction:
    """Slow for the first time, as opening a session is."""
    start = time.monotonic()
    if not STARTED:
        time.sleep(0.5)
        STARTED.append("session")
    return answer(request, network=time.monotonic() - start)


def busy(request: RunRequest, control: RunControl) -> Prediction:
    end = time.monotonic() + 1.0
    matrix = np.random.default_rng(0).random((300, 300))
    while time.monotonic() < end:
        matrix = matrix @ matrix
        matrix /= matrix.max()
        control.step("network", 0.5)
    return answer(request)


def predict(request: RunRequest, control: RunControl) -> Prediction:
    functions = (plain, steps, obedient, deaf, hungry, bad_alloc, refused, defect)
    functions += (garbage, endless, forged, warm, busy)
    return {function.__name__: function for function in functions}[request.bundle_path.name](request, control)


if __name__ == "__main__":
    serve(FOLDER, predict)
