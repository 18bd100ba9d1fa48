"""Child processes that end with all that they started: Slicer's Python is started by a launcher."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from typing import Any

__all__ = ["end_process_tree", "own_group"]


def own_group() -> dict[str, Any]:
    """Options of `subprocess.Popen` with which `end_process_tree` reaches the children, without a window."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}


def end_process_tree(process: subprocess.Popen[bytes], wait_s: float) -> None:
    """End a process that was started with `own_group`, and its children; returns after ``wait_s`` at most."""
    if process.poll() is not None:
        return
    if sys.platform == "win32":
        subprocess.run(
            ("taskkill", "/T", "/F", "/PID", str(process.pid)),
            capture_output=True,
            check=False,
            creationflags=subprocess.CREATE_NO_WINDOW,
        )
    else:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(wait_s)
