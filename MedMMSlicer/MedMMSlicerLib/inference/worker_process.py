"""One worker process with its exchange folder, as seen from the client: start, send, read events, end."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..errors import MedMMError, MemoryLimitError, WorkerError
from ..processes import end_process_tree, own_group
from .worker_folder import ExchangeFolder
from .worker_protocol import EVENTS_FILE, LOG_FILE

__all__ = ["WorkerProcess", "find_python", "worker_environment"]

_MAXIMUM_LINE = 1 << 16
_TAIL_BYTES = 4096
_TAIL_CHARACTERS = 200
_KILL_WAIT_S = 0.4
_CLOSE_WAIT_S = 0.5
_OUT_OF_MEMORY = re.compile(r"bad_alloc|MemoryError|out of memory|cannot allocate memory", re.IGNORECASE)


def find_python(executable: str, slicer_home: str | None = None) -> str:
    """Find the Python interpreter for a worker.

    Parameters
    ----------
    executable : str
        ``sys.executable``; empty inside Slicer.
    slicer_home : str, optional
        ``slicer.app.slicerHome``, inside Slicer only.

    Raises
    ------
    WorkerError
        If there is none.
    """
    if slicer_home:
        name = "PythonSlicer.exe" if sys.platform == "win32" else "PythonSlicer"
        found = Path(slicer_home) / "bin" / name
        if found.is_file():
            return str(found)
        raise WorkerError(f"{found} was not found, so no model can run. Install Slicer again.")
    if executable and Path(executable).is_file():
        return executable
    raise WorkerError("No Python interpreter was found for the worker process. Install MedMM again.")


def worker_environment(environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """Environment for a worker: the given one, or this process's, with the library on ``PYTHONPATH``."""
    result = dict(os.environ if environment is None else environment)
    library = str(Path(__file__).resolve().parents[2])
    result["PYTHONPATH"] = os.pathsep.join(filter(None, (library, result.get("PYTHONPATH", ""))))
    result["PYTHONIOENCODING"] = "utf-8"
    return result


class WorkerProcess:
    """A running worker. Nothing here waits, except `kill` and `close`, which are bounded.

    Parameters
    ----------
    command : sequence of str
        Program and arguments; the exchange folder is appended.
    environment : mapping
    exchange_parent : Path, optional

    Raises
    ------
    WorkerError
        If the process can not be started.
    """

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], exchange_parent: Path | None = None
    ) -> None:
        self._exchange = ExchangeFolder(exchange_parent)
        self.folder = self._exchange.path
        self.started_at = time.monotonic()
        try:
            self._popen = self._start(command, environment)
        except OSError as error:
            self._exchange.remove()
            raise WorkerError(
                f"The worker process {command[0]} could not be started ({error.strerror}). "
                "Install MedMM again."
            ) from error
        self._events = (self.folder / EVENTS_FILE).open("rb")
        self._partial = b""

    def _start(self, command: Sequence[str], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
        (self.folder / EVENTS_FILE).touch()
        # Ctrl-C in a terminal reaches the client alone, too.
        with (self.folder / LOG_FILE).open("wb") as log:
            return subprocess.Popen(
                [*command, str(self.folder)],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd=self.folder.parent,
                env=dict(environment),
                bufsize=0,
                **own_group(),
            )

    @property
    def pid(self) -> int:
        """Process id of what was started."""
        return self._popen.pid

    @property
    def returncode(self) -> int | None:
        """Exit code, minus the signal number after a signal; None while running."""
        return self._popen.poll()

    def send(self, line: bytes) -> None:
        """Write one short line; a worker that is dead already shows by its `returncode`."""
        assert self._popen.stdin is not None
        with contextlib.suppress(BrokenPipeError, OSError):
            self._popen.stdin.write(line)

    def read_lines(self) -> list[bytes]:
        """Complete event lines that are new.

        Raises
        ------
        WorkerError
            If a line does not end.
        """
        data = self._partial + self._events.read()
        *lines, self._partial = data.split(b"\n")
        if len(self._partial) >= _MAXIMUM_LINE:
            raise WorkerError("The worker process broke its protocol: a line without an end. Run again.")
        return lines

    def death(self, doing: str) -> MedMMError:
        """Error for a process that ended by itself while ``doing`` something."""
        code, tail = self.returncode or 0, self._log_tail()
        if _OUT_OF_MEMORY.search(tail):
            return MemoryLimitError(
                f"There was not enough memory while {doing}. "
                "Close other programs, or use a smaller image or bundle."
            )
        reason = f"signal {-code}" if code < 0 else f"exit code {code}"
        advice = "run again"
        if code == -9:
            advice = "run again, with other programs closed if the computer is short of memory"
        said = f" Its last words: {tail}" if tail else ""
        return WorkerError(f"The worker process ended unexpectedly ({reason}) while {doing}: {advice}.{said}")

    def kill(self) -> None:
        """End the process and all that it started, at once, and remove the folder."""
        end_process_tree(self._popen, _KILL_WAIT_S)
        self._release()

    def close(self) -> None:
        """End the process: end of input first, killed if that does not help; removes the folder."""
        self._close_input()
        try:
            self._popen.wait(_CLOSE_WAIT_S)
        except subprocess.TimeoutExpired:
            self.kill()
        else:
            self._release()

    def _close_input(self) -> None:
        assert self._popen.stdin is not None
        with contextlib.suppress(BrokenPipeError, OSError):
            self._popen.stdin.close()

    def _release(self) -> None:
        self._close_input()
        self._events.close()
        self._exchange.remove()

    def _log_tail(self) -> str:
        # The last line is the one that says what was wrong, in Python's tracebacks as in C++ runtimes.
        try:
            with (self.folder / LOG_FILE).open("rb") as log:
                log.seek(max(0, log.seek(0, os.SEEK_END) - _TAIL_BYTES))
                text = log.read().decode("utf-8", "replace")
        except FileNotFoundError:
            return ""
        lines = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
        return lines[-1][:_TAIL_CHARACTERS] if lines else ""
