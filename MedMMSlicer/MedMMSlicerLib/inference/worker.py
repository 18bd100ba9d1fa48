"""Running a bundle in another process: start, submit, poll, cancel.

The graphical front ends need this because a Python thread stands still while Slicer's event loop runs, and
because a process can be ended for certain, with whatever its runtime has done to itself. There are no threads
and no waiting here: a timer calls `WorkerClient.poll`.
"""

from __future__ import annotations

import dataclasses
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from ..core import Prediction
from ..errors import CancelledError, InputError, MedMMError, UsageError, WorkerError
from .worker_folder import remove_abandoned
from .worker_process import WorkerProcess, find_python, worker_environment
from .worker_protocol import (
    Failed,
    Finished,
    Progress,
    Ready,
    RunRequest,
    WorkerEvent,
    cancel_path,
    discard,
    parse_event,
    with_arrays_of,
    without_arrays,
    write_request,
)

__all__ = [
    "Failed",
    "Finished",
    "Progress",
    "Ready",
    "RunRequest",
    "WorkerClient",
    "WorkerEvent",
    "find_python",
]

WORKER_MODULE = "MedMMSlicerLib.inference.worker_main"
_MOST_SILENCE_S = 90.0
"""From a command to the first answer of the worker, its start included."""
_CANCEL_GRACE_S = 0.5
_POLL_INTERVAL_S = 0.005


class WorkerClient:
    """A worker process that is started when first needed and stays warm between runs.

    Parameters
    ----------
    python : str, optional
        Interpreter; ``sys.executable`` when not given. Inside Slicer pass ``find_python("", slicerHome)``.
    environment : mapping, optional
        Environment variables of the worker; this process's when not given.
    exchange_parent : Path, optional
        Where the exchange folder is made; the system's folder for temporary files when not given.
    module : str
        What the worker runs; a test may name its own module that calls `worker_main.serve`.
    """

    def __init__(
        self,
        python: str | None = None,
        environment: Mapping[str, str] | None = None,
        exchange_parent: Path | None = None,
        module: str = WORKER_MODULE,
    ) -> None:
        self._python = python
        self._environment = environment
        self._exchange_parent = exchange_parent
        self._module = module
        self._process: WorkerProcess | None = None
        self._ready = False
        self._silent_since: float | None = None
        self._run: int | None = None
        self._runs = 0
        self._doing = ""
        self._pending: list[WorkerEvent] = []
        self._files: list[Path] = []
        self._whole: Prediction | None = None
        self._cancel_deadline: float | None = None

    def __enter__(self) -> Self:
        """Return the client; the worker starts with the first run."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()

    @property
    def python(self) -> str:
        """Interpreter that the worker runs in.

        Raises
        ------
        WorkerError
            If there is none.
        """
        return self._python or find_python(sys.executable)

    @property
    def is_running(self) -> bool:
        """Whether a worker process is alive."""
        return self._process is not None and self._process.returncode is None

    @property
    def is_busy(self) -> bool:
        """Whether a run has been submitted that has neither finished nor failed."""
        return self._run is not None

    @property
    def pid(self) -> int | None:
        """Process id of the worker, None without one."""
        return self._process.pid if self._process is not None else None

    def start(self) -> None:
        """Start the worker if there is none and return at once; `Ready` comes through `poll`.

        Raises
        ------
        WorkerError
            If no process can be started.
        """
        if self.is_running:
            return
        self._drop_process()
        remove_abandoned(self._exchange_parent)
        # -P: the current folder is not searched for modules; -s: nor is the user's own site folder.
        command = (self.python, "-u", "-s", "-P", "-m", self._module)
        self._process = WorkerProcess(command, worker_environment(self._environment), self._exchange_parent)

    def submit(self, request: RunRequest) -> int:
        """Hand over a run, starting the worker if need be; returns its number.

        The voxels are written to the exchange folder once; nothing else waits.

        Raises
        ------
        UsageError
            If a run is in progress.
        InputError
            If a series has not been loaded.
        DiskFullError, WorkerError
            If the voxels can not be handed over.
        """
        if self.is_busy:
            raise UsageError("A run is in progress. Wait for it, or cancel it first.")
        self._whole = request.previous
        if request.previous is not None:
            # Neither the image nor the masks are needed for another context.
            slim = without_arrays(request.previous)
            case = dataclasses.replace(request.case, series={})
            request = dataclasses.replace(request, case=case, previous=slim)
        for role, series in request.case.series.items():
            if series.volume is None:
                raise InputError(f"The series '{series.name}' ({role}) has not been loaded. Load it first.")
        self.start()
        assert self._process is not None
        self._runs += 1
        request = dataclasses.replace(request, bundle_path=request.bundle_path.resolve())
        self._files = discard(self._files) + write_request(self._process.folder, self._runs, request)
        self._process.send(b'{"run": %d}\n' % self._runs)
        self._run = self._runs
        self._silent_since = time.monotonic()
        self._doing = f"running {request.bundle_path.name}"
        return self._runs

    def poll(self) -> list[WorkerEvent]:
        """Return what has happened since the last call; never waits.

        A run ends with exactly one `Finished` or `Failed`, also when the worker dies.
        """
        self._collect()
        if self._cancel_deadline is not None:
            self._settle_cancel(self._cancel_deadline)
        events, self._pending = self._pending, []
        return events

    def cancel(self) -> None:
        """End the run in progress; returns within a second, and `poll` then gives a `CancelledError`.

        The worker is asked first, so that it stays warm; after half a second it is killed, and the next run
        starts a new one. A result that arrives meanwhile is dropped.
        """
        if self._run is None or self._process is None:
            return
        run = self._run
        deadline = time.monotonic() + _CANCEL_GRACE_S
        cancel_path(self._process.folder, run).touch()
        while self._run is not None and time.monotonic() < deadline:
            time.sleep(_POLL_INTERVAL_S)
            self._collect()
        if self._run is not None:
            self._drop_process()
            self._run = None
        self._pending = [event for event in self._pending if not _ends(event, run)]
        self._pending.append(Failed(CancelledError("The run was cancelled; nothing was changed."), run))

    def request_cancel(self) -> None:
        """Ask for the end of the run in progress and return at once; `poll` then gives a `CancelledError`.

        For a graphical front end: a worker that does not answer within half a second is killed by a later
        `poll`. A result that arrives meanwhile is dropped.
        """
        if self._run is not None and self._process is not None and self._cancel_deadline is None:
            self._cancel_deadline = time.monotonic() + _CANCEL_GRACE_S
            cancel_path(self._process.folder, self._run).touch()

    def close(self) -> None:
        """End the worker and remove the exchange folder; the client may be started again."""
        if self._process is not None:
            self._process.close()
        self._process, self._run, self._ready = None, None, False
        self._pending, self._files, self._cancel_deadline = [], [], None

    def run(
        self,
        request: RunRequest,
        on_progress: Callable[[str, float], None] | None = None,
        timeout_s: float | None = None,
    ) -> Prediction:
        """Submit a run and wait for it: for scripts and tests, not for a graphical front end.

        Raises
        ------
        MedMMError
            Whatever made the run fail; `WorkerError` after ``timeout_s``.
        """
        number = self.submit(request)
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        while True:
            for event in self.poll():
                if isinstance(event, Finished) and event.run == number:
                    return event.prediction
                if isinstance(event, Failed) and event.run in (number, None):
                    raise event.error
                if isinstance(event, Progress) and on_progress is not None:
                    on_progress(event.stage, event.fraction)
            if deadline is not None and time.monotonic() > deadline:
                self.cancel()
                self._pending.clear()
                raise WorkerError(f"The run took longer than {timeout_s:g} s and was ended. Run again.")
            time.sleep(_POLL_INTERVAL_S)

    def _settle_cancel(self, deadline: float) -> None:
        """Turn the end of a run that was asked to stop into a `CancelledError`, in the end by force."""
        run = self._runs
        if self._run is not None and time.monotonic() > deadline:
            self._drop_process()
            self._run = None
        if self._run is None:
            self._cancel_deadline = None
            self._pending = [event for event in self._pending if not _ends(event, run)]
            self._pending.append(Failed(CancelledError("The run was cancelled; nothing was changed."), run))

    def _collect(self) -> None:
        process = self._process
        if process is None:
            return
        # In this order: a worker that ended has written all its events before.
        ended = process.returncode is not None
        try:
            for line in process.read_lines():
                self._take(line, process)
        except MedMMError as error:
            self._fail(error)
            return
        if ended:
            self._fail(process.death(self._doing if self._ready else "starting"))
        elif self._run is not None and self._silent_since is not None:
            self._settle_silence(self._silent_since)

    def _settle_silence(self, since: float) -> None:
        """Give up a worker that does not say that it heard of the run: some launchers pass no input on."""
        if time.monotonic() - since > _MOST_SILENCE_S:
            self._fail(
                WorkerError(
                    f"The worker process has not answered for {_MOST_SILENCE_S:.0f} s and was ended. Run "
                    "again; if that does not help, run medmm doctor."
                )
            )

    def _take(self, line: bytes, process: WorkerProcess) -> None:
        event, files = parse_event(line, process.folder)
        self._files += files
        if isinstance(event, Ready):
            self._ready, self._silent_since = True, time.monotonic()
            self._pending.append(dataclasses.replace(event, seconds=time.monotonic() - process.started_at))
            return
        if event.run != self._run or self._run is None:
            return
        self._silent_since = None
        if isinstance(event, Progress):
            self._doing = f"{self._doing.partition(' (')[0]} ({event.stage})"
        else:
            self._end_run(process)
        if isinstance(event, Finished) and self._whole is not None:
            event = Finished(with_arrays_of(event.prediction, self._whole), event.run)
        self._pending.append(event)

    def _end_run(self, process: WorkerProcess) -> None:
        if self._run is not None:
            self._files.append(cancel_path(process.folder, self._run))
        self._run = None
        self._files = discard(self._files)
        self._doing = "waiting"

    def _fail(self, error: MedMMError) -> None:
        """Give the process up; the run in progress, if any, fails with ``error``."""
        run, self._run = self._run, None
        # A worker that dies while nobody waits for it costs nothing: the next run starts another.
        matters = run is not None or not self._ready
        self._drop_process()
        if matters:
            self._pending.append(Failed(error, run))

    def _drop_process(self) -> None:
        if self._process is not None:
            self._process.kill()
        self._process, self._ready, self._files = None, False, []


def _ends(event: WorkerEvent, run: int) -> bool:
    return isinstance(event, Finished | Failed) and event.run == run
