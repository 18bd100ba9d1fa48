"""Starting: what is loaded when, what is said when it can not start, and pure parts."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

BARE = {"QT_QPA_PLATFORM": "", "DISPLAY": "", "WAYLAND_DISPLAY": ""}


def run_medmm(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from MedMMSlicerLib.cli import main; main()", *arguments],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems always have a display")
def test_without_a_display_there_is_one_clear_line() -> None:
    result = run_medmm("read", **BARE)
    assert result.returncode == 2 and result.stdout == ""
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1 and lines[0].startswith("medmm: The desktop reader needs a display")


def test_a_missing_input_is_said_before_anything_starts(tmp_path: Path) -> None:
    result = run_medmm("read", str(tmp_path / "nothing.nii"), **BARE)
    assert result.returncode == 2
    assert "nothing.nii does not exist" in result.stderr and "Traceback" not in result.stderr


@pytest.mark.parametrize("heavy", ["slicer", "PySide6", "vtk", "qt"])
def test_importing_the_reader_loads_nothing_heavy(heavy: str) -> None:
    code = f"import sys, MedMMSlicerHost.reader; sys.exit({heavy!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


PROGRAM = """
import sys
from MedMMSlicerHost.reader import start

build = start.build_reader

def watched(*arguments):
    reader = build(*arguments)
    import qt

    def look():
        if reader.room.cases.entries():
            reader.timer.stop()
            print("opened", reader.room.cases.entries()[0].title)
            reader.widget.close()

    reader.timer = qt.QTimer()
    reader.timer.setInterval(50)
    reader.timer.connect("timeout()", look)
    reader.timer.start()
    return reader

start.build_reader = watched
sys.exit(start.run_reader(sys.argv[1:]))
"""


@pytest.mark.panel
def test_the_program_opens_its_input_and_ends_with_its_window(
    qt_environment: object, phantom_file: Path, tmp_path: Path
) -> None:
    environment = {"QT_QPA_PLATFORM": "offscreen", "XDG_CONFIG_HOME": str(tmp_path), "HOME": str(tmp_path)}
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(phantom_file)],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert result.returncode == 0, result.stderr
    assert "opened phantom" in result.stdout and "Traceback" not in result.stderr


@pytest.mark.panel
def test_directions_have_letters(qt_environment: object) -> None:
    from MedMMSlicerHost.reader.annotations import direction_letters

    assert direction_letters(np.array([1.0, 0, 0])) == "R"
    assert direction_letters(np.array([0, -1.0, 0])) == "P"
    assert direction_letters(np.array([0.05, 0, -0.99])) == "I"
    turned = np.array([-np.cos(0.4), np.sin(0.4), 0])
    assert direction_letters(turned) == "LA"


@pytest.mark.panel
def test_windows_of_gray_values(qt_environment: object) -> None:
    from MedMMSlicerHost.reader.presets import auto_window, full_window
    from MedMMSlicerLib.core import Volume, VolumeGeometry
    from MedMMSlicerLib.scene.volumes import add_volume

    scene = qt_environment.application.scene  # type: ignore[attr-defined]
    array = np.linspace(0, 1000, 10 * 20 * 30).reshape(10, 20, 30).astype(np.float32)
    array[0, 0, 0] = 1e6
    geometry = VolumeGeometry.from_axes(array.shape, (1, 1, 1), (0, 0, 0))
    volume_id = add_volume(scene, Volume(array, geometry))
    assert auto_window(scene, volume_id) == pytest.approx((990, 500), rel=0.01)
    assert full_window(scene, volume_id) == pytest.approx((1e6, 5e5), rel=1e-3)
    scene.RemoveNode(scene.GetNodeByID(volume_id))


@pytest.mark.panel
def test_every_text_has_a_chinese_one(qt_environment: object, repository: Path) -> None:
    import ast

    from MedMMSlicerHost.reader.actions import MENUS, SPECIFICATIONS
    from MedMMSlicerHost.reader.words_zh import CHINESE

    wanted = {*MENUS.values(), *(item.text for item in SPECIFICATIONS)}
    wanted |= {item.submenu for item in SPECIFICATIONS if item.submenu}
    for path in (repository / "MedMMSlicer" / "MedMMSlicerHost" / "reader").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            called = isinstance(node, ast.Call) and getattr(node.func, "id", "") == "_"
            if called and isinstance(node.args[0], ast.Constant):
                wanted.add(node.args[0].value)
    assert not wanted - set(CHINESE)
    for source, text in CHINESE.items():
        assert source.count("{") == text.count("{"), source
