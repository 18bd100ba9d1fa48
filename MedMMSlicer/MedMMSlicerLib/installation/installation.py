"""Carrying out a plan, step by step, while a timer polls: nothing waits, and cancelling is certain."""

from __future__ import annotations

import importlib
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import CancelledError, InstallationError, MedMMError, UsageError
from ..files import atomic_write
from ..inference.worker_folder import ExchangeFolder
from .inventory import Inventory, top_level_modules
from .missing import missing_packages
from .pip_errors import pip_error
from .pip_process import PipProcess, pip_variables
from .plan import InstallationPlan
from .steps import CONSTRAINTS, FETCHED, Step, steps_of
from .wheel_folder import check_wheels

__all__ = [
    "STATES",
    "Installation",
    "InstallationEvent",
    "InstallationFailed",
    "InstallationFinished",
    "InstallationProgress",
    "install",
]

STATES = ("ready", "running", "finished", "failed", "cancelled")

_POLL_BUDGET_S = 0.01
_POLL_INTERVAL_S = 0.02
_LOG_CHARACTERS = 200_000
_LOG_FILE = "pip.log"
_CONSTRAINTS_FILE = "constraints.txt"


@dataclass(frozen=True)
class InstallationProgress:
    """What is being done.

    Parameters
    ----------
    text : str
        The step.
    detail : str
        The last line that pip wrote, or the file that is checked.
    fraction : float
        Steps done, 0 to 1; sizes and times are not known beforehand.
    """

    text: str
    detail: str
    fraction: float


@dataclass(frozen=True)
class InstallationFinished:
    """Everything is there.

    Parameters
    ----------
    installed : tuple of str
        Name and version of each package that is new or changed.
    restart : tuple of str
        Packages of them that had been imported before: Slicer has to be restarted to use the new ones.
    """

    installed: tuple[str, ...]
    restart: tuple[str, ...] = ()

    @property
    def restart_needed(self) -> bool:
        """Whether an old version is still in memory."""
        return bool(self.restart)


@dataclass(frozen=True)
class InstallationFailed:
    """It ended early; what was installed stays, and starting again continues."""

    error: MedMMError


InstallationEvent = InstallationProgress | InstallationFinished | InstallationFailed


class Installation:
    """An installation: `start` it, `poll` it every 20 ms or so, `cancel` it at any time.

    It installs into the Python that runs the panel, so nothing is started before `start` is called, which is
    for the person to decide. After a failure `start` begins again; what is done is left alone.

    Parameters
    ----------
    plan : InstallationPlan
    work_parent : Path, optional
        Where the working folder is made; the system's folder for temporary files when not given.
    """

    def __init__(self, plan: InstallationPlan, work_parent: Path | None = None) -> None:
        self.plan = plan
        self._work_parent = work_parent
        self._state = "ready"
        self._steps: tuple[Step, ...] = ()
        self._step = 0
        self._work: ExchangeFolder | None = None
        self._process: PipProcess | None = None
        self._checking: Iterator[str] | None = None
        self._before: dict[str, tuple[str, int]] = {}
        self._pending: list[InstallationEvent] = []
        self._last_log = ""

    @property
    def state(self) -> str:
        """One of `STATES`."""
        return self._state

    @property
    def log(self) -> str:
        """What pip wrote since the last start, its end if it is long."""
        if self._work is not None:
            path = self._work.path / _LOG_FILE
            if path.is_file():
                return path.read_text(encoding="utf-8", errors="replace")[-_LOG_CHARACTERS:]
        return self._last_log

    def start(self) -> None:
        """Begin, or begin again after a failure; returns at once.

        Raises
        ------
        UsageError
            If it is running already.
        InstallationError
            If the plan can not be carried out, or Slicer is being tested or is installing something else.
        WorkerError, DiskFullError
            If there is no folder to work in.
        """
        if self._state == "running":
            raise UsageError("An installation is in progress. Wait for it, or cancel it first.")
        if self.plan.problems:
            raise InstallationError(" ".join(self.plan.problems))
        _check_slicer()
        self._last_log = ""
        self._steps, self._step = steps_of(self.plan), 0
        self._before = Inventory(self.plan.environment.folders).state()
        self._pending = []
        self._work = ExchangeFolder(self._work_parent)
        self._state = "running"
        try:
            with atomic_write(self._work.path / _CONSTRAINTS_FILE) as path:
                path.write_text("".join(f"{line}\n" for line in self.plan.kept), encoding="utf-8")
        except MedMMError:
            self._stop()
            self._state = "failed"
            raise

    def poll(self) -> list[InstallationEvent]:
        """Return what has happened since the last call; takes some 10 ms at most.

        The last event is an `InstallationFinished` or an `InstallationFailed`, exactly one.
        """
        if self._state == "running":
            try:
                self._advance()
            except MedMMError as error:
                self._fail(error)
        events, self._pending = self._pending, []
        return events

    def cancel(self) -> None:
        """End it now; `poll` then gives a `CancelledError`.

        What pip leaves half done, the next installation mends.
        """
        if self._state != "running":
            return
        self._stop()
        self._state = "cancelled"
        self._pending.append(
            InstallationFailed(CancelledError("The installation was cancelled. Install again to continue."))
        )

    def close(self) -> None:
        """End whatever runs, without another event."""
        self.cancel()
        self._pending = []

    def _advance(self) -> None:
        if self._checking is not None:
            self._check_some()
        elif self._process is not None:
            self._watch(self._process)
        elif self._step < len(self._steps):
            self._begin(self._steps[self._step])
        else:
            self._finish()

    def _begin(self, step: Step) -> None:
        self._tell(step, "")
        if step.kind == "pip":
            assert self._work is not None
            paths = {
                CONSTRAINTS: str(self._work.path / _CONSTRAINTS_FILE),
                FETCHED: str(self._work.path / "fetched"),
            }
            arguments = [paths.get(argument, argument) for argument in step.arguments]
            variables = pip_variables(self.plan.environment, offline=self.plan.wheels is not None)
            command = [*self.plan.environment.pip, *arguments]
            self._process = PipProcess(command, variables, self._work.path / _LOG_FILE)
        elif step.kind == "metadata":
            for path in step.paths:
                _remove_metadata(path, self.plan.environment.folders)
            self._step += 1
        else:
            self._checking = check_wheels(step.paths[0])

    def _check_some(self) -> None:
        assert self._checking is not None
        deadline = time.monotonic() + _POLL_BUDGET_S
        while time.monotonic() < deadline:
            name = next(self._checking, None)
            if name is None:
                self._checking = None
                self._step += 1
                return
            self._tell(self._steps[self._step], name)

    def _watch(self, process: PipProcess) -> None:
        # In this order: a pip that has ended wrote all its lines before.
        returncode = process.returncode
        step = self._steps[self._step]
        for line in process.read_lines():
            if line.strip():
                self._tell(step, line.strip())
        if returncode is None:
            return
        self._process = None
        if returncode:
            raise pip_error(step.text, process.lines, returncode, offline=self.plan.wheels is not None)
        self._step += 1

    def _finish(self) -> None:
        environment = self.plan.environment
        importlib.invalidate_caches()
        still = missing_packages(self.plan.requirements, environment.folders)
        if still:
            names = "; ".join(f"{need.text}: {need.reason}" for need in still)
            raise InstallationError(
                f"pip reported success, but {environment.site_folder} still lacks something ({names}). "
                "Restart the application and install again."
            )
        self._state = "finished"
        inventory = Inventory(environment.folders)
        after = inventory.state()
        changed = sorted(name for name, state in after.items() if self._before.get(name) != state)
        installed = tuple(f"{name} {after[name][0]}".strip() for name in changed)
        restart = tuple(name for name in changed if _is_loaded(name, inventory))
        self._pending.append(InstallationFinished(installed, restart))
        self._stop()

    def _fail(self, error: MedMMError) -> None:
        self._stop()
        self._state = "failed"
        self._pending.append(InstallationFailed(error))

    def _stop(self) -> None:
        if self._process is not None:
            self._process.kill()
        self._process, self._checking = None, None
        self._last_log = self.log
        if self._work is not None:
            self._work.remove()
        self._work = None

    def _tell(self, step: Step, detail: str) -> None:
        fraction = self._step / len(self._steps)
        self._pending.append(InstallationProgress(step.text, detail, fraction))


def install(
    plan: InstallationPlan,
    confirm: Callable[[InstallationPlan], bool],
    progress: Callable[[InstallationProgress], None] | None = None,
) -> InstallationFinished:
    """Carry out a plan and wait for it: for scripts and the command line, not for a panel.

    Parameters
    ----------
    plan : InstallationPlan
    confirm : callable
        Asked once, unless there is nothing to do.
    progress : callable, optional
        An exception that it raises cancels.

    Raises
    ------
    CancelledError
        If ``confirm`` says no.
    MedMMError
        Whatever made it fail.
    """
    if plan.is_empty:
        return InstallationFinished(())
    if not confirm(plan):
        raise CancelledError("The installation was refused; nothing was changed.")
    installation = Installation(plan)
    installation.start()
    try:
        while True:
            for event in installation.poll():
                if isinstance(event, InstallationFinished):
                    return event
                if isinstance(event, InstallationFailed):
                    raise event.error
                if progress is not None:
                    progress(event)
            time.sleep(_POLL_INTERVAL_S)
    finally:
        installation.close()


def _remove_metadata(path: Path, folders: tuple[str, ...]) -> None:
    """Remove what pip can not: an entry without version or list of files, or one of several."""
    if path.suffix not in {".dist-info", ".egg-info"} or str(path.parent) not in folders:
        raise InstallationError(f"{path} is no entry of an installed package. Remove it by hand.")
    try:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise InstallationError(
            f"{path} was left by a broken installation and can not be removed ({error.strerror}). "
            "Remove it by hand."
        ) from error


def _is_loaded(name: str, inventory: Inventory) -> bool:
    found = inventory.find(name)
    modules = top_level_modules(found[0]) if found else ()
    # A namespace (nvidia, fhir) has no file: it may be there for the sake of another package.
    return any(getattr(sys.modules.get(module), "__file__", None) for module in modules)


def _check_slicer() -> None:
    slicer: Any = sys.modules.get("slicer")
    application = getattr(slicer, "app", None)
    testing = getattr(application, "testingEnabled", None)
    if testing is not None and testing():
        raise InstallationError(
            "Slicer runs with --testing, so nothing is installed. Start it without, and install again."
        )
    busy = getattr(getattr(slicer, "packaging", None), "isPipInstallInProgress", None)
    if busy is not None and busy():
        raise InstallationError("Slicer is installing something else. Wait for it, and install again.")
