"""Processes that work while somebody looks at images."""

from __future__ import annotations

import os
import subprocess
import sys

__all__ = ["CREATION_FLAGS", "give_way"]

CREATION_FLAGS = 0
"""For `subprocess.Popen`: no console window and a lower priority class on Windows, nothing elsewhere."""

if sys.platform == "win32":
    CREATION_FLAGS = subprocess.CREATE_NO_WINDOW | subprocess.BELOW_NORMAL_PRIORITY_CLASS


def give_way() -> None:
    """Let this process, from now on, use only the processor time that the reader leaves.

    On Linux by the idle policy: with a mere priority, a thread of the reader that wakes up waits until the
    slice of the computing one ends, several times for each picture. On Windows, `CREATION_FLAGS` do it.
    """
    if sys.platform == "linux":
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    elif sys.platform != "win32":
        os.nice(10)
