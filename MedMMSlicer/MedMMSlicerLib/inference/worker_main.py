"""The worker process: ``python -u -s -P -m MedMMSlicerLib.inference.worker_main EXCHANGE_FOLDER``.

Only the main thread computes. A second thread waits for commands on the standard input; its end means that
the client is gone, and then the process ends at once, whatever it is doing, and takes the exchange folder
along. An error that is not a `MedMMError` is a defect: it ends the process, and the client reports the last
line of its log.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import queue
import shutil
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..core import Prediction
from ..errors import DeviceError, MedMMError, MemoryLimitError
from .engine import RunControl
from .worker_protocol import (
    EVENTS_FILE,
    RunRequest,
    cancel_path,
    discard,
    parse_command,
    read_request,
    write_result,
)

__all__ = ["PredictFunction", "main", "production_predict", "serve", "threads_beside_reader", "warm_up"]

PredictFunction = Callable[[RunRequest, RunControl], Prediction]

_PROGRESS_INTERVAL_S = 0.03
_MEMORY_RESERVE = 0.05
"""Part of the available memory that a run leaves to the rest of the machine."""


def main(arguments: list[str]) -> None:
    """Serve the exchange folder that the only argument names, until the client goes."""
    serve(Path(arguments[0]), production_predict(), warm_up)


def serve(folder: Path, predict: PredictFunction, prepare: Callable[[], object] = lambda: None) -> None:
    """Take runs from the standard input and compute them with ``predict``; never returns.

    Parameters
    ----------
    folder : Path
        Exchange folder.
    predict : callable
    prepare : callable
        Called once, when the client has been told that the worker is ready.
    """
    commands: queue.Queue[bytes] = queue.Queue()
    threading.Thread(target=_listen, args=(folder, commands), daemon=True).start()
    events = _EventWriter(folder)
    events.send({"event": "ready", "pid": os.getpid()})
    prepare()
    while True:
        _run(folder, parse_command(commands.get()), predict, events)


def warm_up() -> None:
    """Load the libraries of the first run while nobody waits for it yet."""
    import scipy.ndimage  # noqa: F401
    import SimpleITK  # noqa: F401

    from .onnx_engine import runtime_facts

    # Without a runtime each run fails and says why; the worker itself is sound.
    with contextlib.suppress(DeviceError):
        runtime_facts()


def threads_beside_reader() -> int:
    """Threads of a network while somebody looks at images: one for each core but the last logical one.

    A network on all processors takes half of the pictures a second from whoever scrolls meanwhile; a lower
    priority gives back only part of that, and the idle policy of Linux can stop a run for as long as other
    programs compute (docs/performance.md).
    """
    import psutil

    logical = psutil.cpu_count() or 2
    return max(1, min(psutil.cpu_count(logical=False) or logical, logical - 1))


def production_predict() -> PredictFunction:
    """Build the function that loads a bundle and runs the predictor, with sessions kept between runs.

    Where a request leaves the number of threads open, it is `threads_beside_reader`.
    """
    from ..bundles.loading import load_bundle
    from .predictor import EngineCache, predict, predict_points
    from .what_if import update_context

    engines, beside = EngineCache(), threads_beside_reader()

    def run(request: RunRequest, control: RunControl) -> Prediction:
        control.step("bundle", 0.0)
        bundle, threads = load_bundle(request.bundle_path), request.options.threads or beside
        if request.previous is not None:
            return update_context(bundle, request.previous, request.case.context, engines, threads=threads)
        options = dataclasses.replace(request.options, threads=threads)
        if request.points_ras:
            return predict_points(bundle, request.case, request.points_ras, options, control, engines)
        return predict(bundle, request.case, options, control, engines)

    return run


def _listen(folder: Path, commands: queue.Queue[bytes]) -> None:
    # Read below Python's buffer: a thread inside that buffer makes the interpreter abort when the main thread
    # ends with an error, and the log would end with that instead of the error.
    rest = b""
    while chunk := os.read(0, 4096):
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            commands.put(line)
    os.chdir(folder.parent)
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(0)


def _run(folder: Path, run: int, predict: PredictFunction, events: _EventWriter) -> None:
    files: list[Path] = []
    try:
        request, files = read_request(folder, run)
        # Mapped files may go already, except on Windows: then the client deletes them.
        discard(files)
        _limit_memory(request)
        prediction = predict(request, _control(folder, run, events))
        files = write_result(folder, run, prediction)
    except MemoryError:
        error = MemoryLimitError(
            "The run needs more memory than there is. Close other programs, or use a smaller image or bundle."
        )
        events.failed(run, error)
    except MedMMError as error:
        events.failed(run, error)
    else:
        events.send({"event": "finished", "run": run})


def _control(folder: Path, run: int, events: _EventWriter) -> RunControl:
    flag = cancel_path(folder, run)
    progress = _Progress(run, events)
    return RunControl(progress=progress.report, cancelled=flag.exists)


class _EventWriter:
    """Appends events to the file that the client reads, each line with one write."""

    def __init__(self, folder: Path) -> None:
        self._stream = (folder / EVENTS_FILE).open("ab", buffering=0)

    def send(self, event: dict[str, Any]) -> None:
        self._stream.write(json.dumps(event).encode("ascii") + b"\n")

    def failed(self, run: int, error: MedMMError) -> None:
        self.send({"event": "failed", "run": run, "kind": type(error).__name__, "message": str(error)})


class _Progress:
    """Passes progress on, never backwards and not more often than a screen can show."""

    def __init__(self, run: int, events: _EventWriter) -> None:
        self._run = run
        self._events = events
        self._stage = ""
        self._fraction = 0.0
        self._sent_at = 0.0

    def report(self, stage: str, fraction: float) -> None:
        now = time.monotonic()
        value = min(max(float(fraction), self._fraction), 1.0)
        if stage == self._stage and value < 1.0 and now - self._sent_at < _PROGRESS_INTERVAL_S:
            return
        self._stage, self._fraction, self._sent_at = stage, value, now
        self._events.send({"event": "progress", "run": self._run, "stage": stage, "fraction": value})


def _limit_memory(request: RunRequest) -> None:
    """Make an allocation fail that goes beyond what the machine has, before the system kills some process.

    Linux only: elsewhere the limit does not exist or is not enforced. Counted is what the process allocates
    for itself, so mapped input is free. Not with a GPU, whose driver reserves far more than it uses.
    """
    if sys.platform != "linux":
        return
    import resource

    from .devices import CPU_PROVIDER, choose_providers

    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    soft = hard
    if choose_providers(request.options.device).providers == (CPU_PROVIDER,):
        soft = _data_bytes() + (request.options.memory_limit_bytes or _available_bytes())
        soft = soft if hard == resource.RLIM_INFINITY else min(soft, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def _available_bytes() -> int:
    import psutil

    # Swap counts: the network runtime reserves up to twice what it then touches.
    available = psutil.virtual_memory().available * (1 - _MEMORY_RESERVE)
    return int(available + psutil.swap_memory().free)


def _data_bytes() -> int:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmData:"))
    return int(line.split()[1]) * 1024


if __name__ == "__main__":
    main(sys.argv[1:])
