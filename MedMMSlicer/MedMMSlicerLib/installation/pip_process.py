"""A running pip, watched without threads and without waiting: it writes into a file, and the file is read."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..errors import InstallationError
from ..processes import end_process_tree, own_group
from .environment import PythonEnvironment

__all__ = ["PipProcess", "pip_variables"]

_KILL_WAIT_S = 2.0
_MISLEADING = ("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_DRY_RUN", "PIP_REQUIREMENT")
"""Settings that would send the packages elsewhere, or nowhere."""


def pip_variables(environment: PythonEnvironment, offline: bool) -> dict[str, str]:
    """Environment variables for pip.

    With a network, proxies, certificates and the index that are configured for pip stay as they are; without,
    no configuration may lead anywhere else than to the folder whose files were checked.
    """
    result = {name: value for name, value in environment.variables.items() if name not in _MISLEADING}
    if offline:
        result = {name: value for name, value in result.items() if not name.startswith("PIP_")}
        result["PIP_CONFIG_FILE"] = os.devnull
    if environment.is_slicer:
        # Slicer does not look into the user's own site folder.
        result["PIP_USER"] = "0"
    result["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
    result["PYTHONIOENCODING"] = "utf-8"
    result["PYTHONUNBUFFERED"] = "1"
    result["NO_COLOR"] = "1"
    return result


class PipProcess:
    """One run of pip.

    Parameters
    ----------
    command : sequence of str
    variables : mapping
        Its environment variables.
    log : Path
        File that its output is appended to.

    Raises
    ------
    InstallationError
        If it can not be started.
    """

    def __init__(self, command: Sequence[str], variables: Mapping[str, str], log: Path) -> None:
        try:
            with log.open("ab") as output:
                self._position = output.tell()
                self._popen = subprocess.Popen(
                    list(command),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    cwd=log.parent,
                    env=dict(variables),
                    **own_group(),
                )
        except OSError as error:
            raise InstallationError(
                f"{command[0]} could not be started ({error.strerror}). Install Slicer or MedMM again."
            ) from error
        self._log = log
        self._partial = b""
        self.lines: list[str] = []

    @property
    def returncode(self) -> int | None:
        """Exit code, minus the signal number after a signal; None while running."""
        return self._popen.poll()

    def read_lines(self) -> list[str]:
        """Complete lines of output that are new; all are kept in ``lines``."""
        with self._log.open("rb") as stream:
            stream.seek(self._position)
            data = stream.read()
        self._position += len(data)
        *complete, self._partial = (self._partial + data).split(b"\n")
        if self.returncode is not None and self._partial:
            complete, self._partial = [*complete, self._partial], b""
        new = [line.decode("utf-8", "replace").rstrip() for line in complete]
        self.lines += new
        return new

    def kill(self) -> None:
        """End it and all that it started."""
        end_process_tree(self._popen, _KILL_WAIT_S)
