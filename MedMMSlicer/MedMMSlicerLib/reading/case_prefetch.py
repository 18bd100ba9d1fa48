"""Reading the images of the next case in a process of its own, so that it appears at once.

A thread would not do: under PythonQt it stands still while the reader looks at images. The process writes
arrays into a private folder, from where they are mapped. What it runs is
``python -m MedMMSlicerLib.reading.case_prefetch FOLDER PATH...``.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from ..core import Series
from ..errors import MedMMError
from ..inference.worker_codec import ArrayFiles, decode, encode
from ..inference.worker_folder import ExchangeFolder, remove_abandoned
from ..inference.worker_process import worker_environment
from ..processes import end_process_tree, own_group

__all__ = ["CasePrefetch"]

_RESULT = "series.json"
_PREFIX = "next-0"
_KILL_WAIT_S = 2.0
_Result = tuple[Series, ...]


class CasePrefetch:
    """At most one case that is being read, or was read, ahead.

    Parameters
    ----------
    python : str
        Interpreter, see `inference.worker_process.find_python`.
    """

    def __init__(self, python: str) -> None:
        self._python = python
        self._key = ""
        self._folder: ExchangeFolder | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def key(self) -> str:
        """Of the case that is read ahead, empty without one."""
        return self._key

    @property
    def is_ready(self) -> bool:
        """Whether everything of it is there; does not wait."""
        return self._process is not None and self._process.poll() == 0

    def start(self, key: str, paths: Sequence[Path]) -> None:
        """Begin to read a case and return at once; what was read ahead before is dropped.

        Parameters
        ----------
        key : str
            For `take`.
        paths : sequence of Path
            Files and folders, as for `CaseDesk.open_paths`.

        Raises
        ------
        WorkerError
            If there is no folder for it.
        """
        if key == self._key:
            return
        self.close()
        remove_abandoned()
        self._folder = ExchangeFolder()
        command = [self._python, "-s", "-P", "-m", __name__, str(self._folder.path), *map(str, paths)]
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=worker_environment(),
                **own_group(),
            )
        except OSError:
            # Then the case is read when it is opened, and whoever opens it hears what is wrong.
            self.close()
            return
        self._key = key

    def take(self, key: str) -> tuple[Series, ...] | None:
        """Return the series of a case with voxels, waiting for the rest; None: it has to be read.

        The arrays are mapped from files that `close` or the next `start` removes.
        """
        if key != self._key or self._process is None or self._folder is None:
            return None
        if self._process.wait() != 0:
            return None
        try:
            text = (self._folder.path / _RESULT).read_text(encoding="utf-8")
            files = ArrayFiles(self._folder.path, _PREFIX)
            series: tuple[Series, ...] = decode(_Result, json.loads(text), files.load)
        except (OSError, ValueError, MedMMError):
            # Somebody cleaned the folder of temporary files.
            return None
        return series

    def close(self) -> None:
        """End the process and remove its files."""
        if self._process is not None:
            end_process_tree(self._process, _KILL_WAIT_S)
        if self._folder is not None:
            self._folder.remove()
        self._key, self._process, self._folder = "", None, None


def main(arguments: Sequence[str]) -> int:
    """Read a case into the folder that the first argument names; 0 if all went well."""
    from ..dicom.reading import load, scan

    folder, *paths = (Path(text) for text in arguments)
    with contextlib.suppress(AttributeError, OSError):
        # Whoever looks at images goes first.
        os.nice(10)
    try:
        found = tuple(load(series) for study in scan(paths) for series in study.series)
        value = encode(_Result, found, ArrayFiles(folder, _PREFIX).save)
    except MedMMError:
        # The case is read again when it is opened, and then the error is shown.
        return 1
    partial = folder / f"{_RESULT}.part"
    partial.write_text(json.dumps(value), encoding="utf-8")
    partial.rename(folder / _RESULT)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
