"""The headless application: what it sets up, and that there is one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from MedMMSlicerHost.application import HostApplication
from MedMMSlicerLib.errors import UsageError

pytestmark = pytest.mark.mrml


def test_there_is_one_per_process(host: Any) -> None:
    assert HostApplication.instance() is host
    with pytest.raises(UsageError, match="already"):
        HostApplication()


def test_the_logics_know_the_scene(host: Any) -> None:
    for name in ("Segmentations", "SubjectHierarchy", "Volumes", "Markups", "Tables", "VolumeRendering"):
        logic = host.module_logic(name)
        assert logic.GetMRMLScene() is host.scene
        assert host.logic.GetModuleLogic(name) is logic
    with pytest.raises(UsageError, match="no module Nothing"):
        host.module_logic("Nothing")


def test_an_empty_scene_has_colors_presets_and_a_crosshair(host: Any, scene: Any) -> None:
    assert scene.GetNodeByID("vtkMRMLColorTableNodeGrey") is not None
    assert scene.GetNumberOfNodesByClass("vtkMRMLCrosshairNode") == 1
    presets = scene.GetDefaultNodeByClass("vtkMRMLSliceNode")
    assert presets.GetNumberOfSliceOrientationPresets() == 3
    assert scene.GetSubjectHierarchyNode() is not None


def test_clear_removes_what_was_added(host: Any, scene: Any) -> None:
    scene.AddNewNodeByClass("vtkMRMLTextNode", "mine")
    host.clear()
    assert scene.GetFirstNodeByName("mine") is None
    before = scene.GetNumberOfNodes()
    host.clear()
    assert scene.GetNumberOfNodes() == before


def test_it_starts_quietly_and_quickly_and_leaves_nothing(tmp_path: Path) -> None:
    code = """
import time, slicer
from MedMMSlicerHost.application import HostApplication
start = time.perf_counter()
host = HostApplication.instance()
print(time.perf_counter() - start)
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"TMPDIR": str(tmp_path)},
    )
    assert done.stderr == ""
    assert float(done.stdout) < 2.0
    assert list(tmp_path.iterdir()) == []


def test_importing_the_host_loads_no_vtk() -> None:
    code = (
        "import sys, MedMMSlicerHost.application, MedMMSlicerHost.rendering; "
        "sys.exit(any(name.split('.')[0] in {'slicer', 'vtk', 'vtkmodules'} for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
