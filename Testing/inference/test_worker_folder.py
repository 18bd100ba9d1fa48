"""What a worker needs before it starts: a private folder, an interpreter, a search path."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from MedMMSlicerLib.errors import WorkerError
from MedMMSlicerLib.inference import worker_folder
from MedMMSlicerLib.inference.worker_folder import PREFIX, ExchangeFolder, remove_abandoned
from MedMMSlicerLib.inference.worker_process import find_python, worker_environment

LIBRARY = Path(worker_folder.__file__).resolve().parents[2]


def test_abandoned_folders_are_removed_and_others_kept(tmp_path):
    alive, dead, fresh = (ExchangeFolder(tmp_path) for _ in range(3))
    dead._lock.close()
    fresh._lock.close()
    other = tmp_path / f"{PREFIX}other"
    other.mkdir()
    for folder in (alive.path, dead.path, other):
        os.utime(folder, (1, 1))
    assert remove_abandoned(tmp_path) == 1
    assert sorted(tmp_path.iterdir()) == sorted([alive.path, fresh.path, other])
    alive.remove()
    assert not alive.path.exists()


def test_the_python_of_slicer_is_found(tmp_path):
    name = "PythonSlicer.exe" if sys.platform == "win32" else "PythonSlicer"
    with pytest.raises(WorkerError, match="Install Slicer again"):
        find_python("", str(tmp_path))
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / name).touch()
    assert find_python("", str(tmp_path)) == str(tmp_path / "bin" / name)
    assert find_python(sys.executable) == sys.executable
    with pytest.raises(WorkerError, match="No Python interpreter"):
        find_python("")


def test_the_library_comes_first_on_the_path():
    assert worker_environment({"PYTHONPATH": "x"})["PYTHONPATH"] == f"{LIBRARY}{os.pathsep}x"
    assert worker_environment({})["PYTHONPATH"] == str(LIBRARY)
