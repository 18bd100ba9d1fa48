"""The private folder in which a client and its worker exchange files, and the removal of abandoned ones.

A folder holds images of a patient, so it is readable by its owner only and must not outlive its use. Normally
the client removes it, or the worker when the client dies. When both are killed at once, nobody does: then the
next client finds the folder unlocked and removes it.
"""

from __future__ import annotations

import contextlib
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import BinaryIO

from ..errors import WorkerError

__all__ = ["ExchangeFolder", "remove_abandoned"]

PREFIX = "medmm-worker-"
_LOCK_FILE = "owner.lock"
_GRACE_S = 60.0
"""A folder younger than this may not have been locked yet by the client that makes it."""


class ExchangeFolder:
    """A new folder with mode 0700, locked as long as this object and its process live.

    Parameters
    ----------
    parent : Path, optional
        Where to make it; the system's folder for temporary files when not given.

    Raises
    ------
    WorkerError
        If it can not be made.
    """

    def __init__(self, parent: Path | None = None) -> None:
        home = Path(tempfile.gettempdir()) if parent is None else parent.resolve()
        try:
            self.path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=home))
            self._lock: BinaryIO = (self.path / _LOCK_FILE).open("wb")
        except OSError as error:
            raise WorkerError(
                f"No exchange folder can be made in {home} ({error.strerror}). "
                "Free space there, or set TMPDIR to a folder that you can write."
            ) from error
        _take_lock(self._lock)

    def remove(self) -> None:
        """Delete the folder and what is in it."""
        self._lock.close()
        # Windows keeps files that are still mapped; `remove_abandoned` gets them at the next start.
        shutil.rmtree(self.path, ignore_errors=True)


def remove_abandoned(parent: Path | None = None) -> int:
    """Delete exchange folders whose client and worker are both dead; returns how many."""
    home = Path(tempfile.gettempdir()) if parent is None else parent
    removed = 0
    for folder in home.glob(f"{PREFIX}*"):
        if _is_abandoned(folder):
            shutil.rmtree(folder, ignore_errors=True)
            removed += 1
    return removed


def _is_abandoned(folder: Path) -> bool:
    # Another user's folder, or one that vanishes while we look, is none of ours.
    with contextlib.suppress(OSError):
        if time.time() - folder.stat().st_mtime < _GRACE_S or folder.is_symlink():
            return False
        with (folder / _LOCK_FILE).open("r+b") as lock:
            return _take_lock(lock)
    return False


def _take_lock(stream: BinaryIO) -> bool:
    """Lock a file without waiting. The lock ends with the process that holds it, however that ends."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(stream.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
