"""What the worker process and its client say to each other, and in which files.

Everything happens in one private folder. The client writes ``request-N.json`` and its arrays, then one line
into the worker's standard input; a file ``cancel-N`` asks for an end. The worker appends its events, one JSON
object a line, to ``events.jsonl`` and writes ``result-N.json`` and its arrays. The client reads a file, not a
pipe, because reading a file never blocks, on any system. End of input means that the client is gone.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from ..core import Case, Prediction
from ..errors import MedMMError, WorkerError, error_for_kind
from .engine import RunOptions
from .worker_codec import ArrayFiles, decode, encode, write_error

__all__ = [
    "EVENTS_FILE",
    "LOG_FILE",
    "Failed",
    "Finished",
    "Progress",
    "Ready",
    "RunRequest",
    "WorkerEvent",
    "cancel_path",
    "discard",
    "parse_command",
    "parse_event",
    "read_request",
    "read_result",
    "with_arrays_of",
    "without_arrays",
    "write_request",
    "write_result",
]

EVENTS_FILE = "events.jsonl"
LOG_FILE = "worker.log"


@dataclass(frozen=True, eq=False)
class RunRequest:
    """One run of one bundle on one case.

    Parameters
    ----------
    bundle_path : Path
        Bundle folder.
    case : Case
        Its series have to be loaded.
    options : RunOptions
        Its ``memory_limit_bytes`` also bounds what the worker process can allocate for the run (Linux).
    points_ras : tuple of (3,) tuple of float, mm, RAS
        Several points to read at in one go (both sides); empty: ``options.point_ras`` alone.
    previous : Prediction, optional
        Of the same bundle and image: only what rests on ``case.context`` is computed again, and ``case``
        needs no series. See `what_if.update_context`.
    """

    bundle_path: Path
    case: Case
    options: RunOptions = field(default_factory=RunOptions)
    points_ras: tuple[tuple[float, float, float], ...] = ()
    previous: Prediction | None = None


@dataclass(frozen=True)
class Ready:
    """The worker has started and takes runs, ``seconds`` after it was asked to start."""

    pid: int
    seconds: float = 0.0


@dataclass(frozen=True)
class Progress:
    """A run has come this far: stage name and fraction 0 to 1."""

    stage: str
    fraction: float
    run: int = 0


@dataclass(frozen=True, eq=False)
class Finished:
    """A run is done; the arrays of its prediction are mapped read-only."""

    prediction: Prediction
    run: int = 0


@dataclass(frozen=True, eq=False)
class Failed:
    """A run, or without a ``run`` number the worker itself, failed."""

    error: MedMMError
    run: int | None = None


WorkerEvent = Ready | Progress | Finished | Failed


def without_arrays(prediction: Prediction) -> Prediction:
    """The prediction without label maps and heat maps, which another context does not change."""
    withheld = prediction.withheld
    return dataclasses.replace(
        prediction,
        label_maps=(),
        heat_maps=(),
        withheld=None if withheld is None else dataclasses.replace(withheld, label_maps=()),
    )


def with_arrays_of(prediction: Prediction, whole: Prediction) -> Prediction:
    """Put back what `without_arrays` took from ``whole``."""
    withheld = prediction.withheld
    if withheld is not None and whole.withheld is not None:
        withheld = dataclasses.replace(withheld, label_maps=whole.withheld.label_maps)
    return dataclasses.replace(
        prediction, label_maps=whole.label_maps, heat_maps=whole.heat_maps, withheld=withheld
    )


def cancel_path(folder: Path, run: int) -> Path:
    """File whose existence asks the worker to end a run."""
    return folder / f"cancel-{run}"


def discard(paths: list[Path]) -> list[Path]:
    """Delete files and return those that are still mapped (Windows does not delete them before)."""
    kept = []
    for path in paths:
        try:
            path.unlink(missing_ok=True)
        except PermissionError:
            kept.append(path)
    return kept


def write_request(folder: Path, run: int, request: RunRequest) -> list[Path]:
    """Write a request; returns the files."""
    return _write(folder, f"request-{run}", RunRequest, request)


def read_request(folder: Path, run: int) -> tuple[RunRequest, list[Path]]:
    """Read a request, arrays mapped; returns it and its files."""
    value, paths = _read(folder, f"request-{run}", RunRequest)
    return value, paths


def write_result(folder: Path, run: int, prediction: Prediction) -> list[Path]:
    """Write a prediction; returns the files."""
    return _write(folder, f"result-{run}", Prediction, prediction)


def read_result(folder: Path, run: int) -> tuple[Prediction, list[Path]]:
    """Read a prediction, arrays mapped; returns it and its files."""
    value, paths = _read(folder, f"result-{run}", Prediction)
    return value, paths


def parse_command(line: bytes) -> int:
    """Read the run number from a line of the worker's standard input."""
    number = _object(line).get("run")
    if not isinstance(number, int) or isinstance(number, bool):
        raise WorkerError("The worker process was given a line that is no command.")
    return number


def parse_event(line: bytes, folder: Path) -> tuple[WorkerEvent, list[Path]]:
    """Read an event of the worker; returns it and the files that belong to it.

    Raises
    ------
    WorkerError
        If the line is not an event.
    """
    value = _object(line)
    name, rest = value.pop("event", None), value
    if name == "finished" and rest.keys() == {"run"} and isinstance(rest["run"], int):
        prediction, paths = read_result(folder, rest["run"])
        return Finished(prediction, rest["run"]), paths
    if name == "failed" and rest.keys() == {"run", "kind", "message"}:
        error = error_for_kind(str(rest["kind"]), str(rest["message"]))
        return Failed(error, decode(int, rest["run"], _no_arrays)), []
    known: dict[str, type[Ready] | type[Progress]] = {"ready": Ready, "progress": Progress}
    kind = known.get(str(name))
    if kind is None:
        raise WorkerError("The worker process sent an unknown event. Run again.")
    filled = {item.name: item.default for item in fields(kind)} | rest
    event: WorkerEvent = decode(kind, filled, _no_arrays)
    return event, []


def _no_arrays(name: str) -> Any:
    raise WorkerError(f"The worker process sent an array where none belongs ({name[:80]}). Run again.")


def _object(line: bytes) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise WorkerError("The worker process broke its protocol: a line is not JSON. Run again.") from error
    if not isinstance(value, dict):
        raise WorkerError("The worker process broke its protocol: a line is no JSON object. Run again.")
    return value


def _write(folder: Path, name: str, kind: type, value: Any) -> list[Path]:
    arrays = ArrayFiles(folder, name)
    path = folder / f"{name}.json"
    try:
        text = json.dumps(encode(kind, value, arrays.save))
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        discard([path, *arrays.paths])
        raise write_error(error, folder) from error
    except MedMMError:
        discard([path, *arrays.paths])
        raise
    return [path, *arrays.paths]


def _read(folder: Path, name: str, kind: type) -> tuple[Any, list[Path]]:
    arrays = ArrayFiles(folder, name)
    path = folder / f"{name}.json"
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise WorkerError(f"The file {path} can not be read ({error.strerror}). Run again.") from error
    return decode(kind, _object(raw), arrays.load), [path, *arrays.paths]
