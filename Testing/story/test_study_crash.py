"""The reader is killed in the middle of a case: nothing that it showed as saved is lost."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from .study_world import StudyWorld

pytestmark = [pytest.mark.panel, pytest.mark.slow]

KILLS = 3


def answer_until_killed(folder: Path, settings: Path, seconds: float) -> tuple[Any, Any]:
    """What the process found saved, and what it last showed as saved."""
    program = Path(__file__).with_name("study_process.py")
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    with subprocess.Popen(
        [sys.executable, str(program), str(folder), str(settings)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment,
    ) as process:  # fmt: skip
        assert process.stdout is not None and process.stderr is not None
        first = process.stdout.readline()
        assert first, process.stderr.read()
        second = process.stdout.readline()
        time.sleep(seconds)
        process.kill()
        lines = [first, second, *process.stdout.read().splitlines()]
    told = [json.loads(line) for line in lines if line.endswith("}") or line.endswith("}\n")]
    return told[0], told[-1]


def test_a_killed_reader_loses_nothing_that_it_showed_as_saved(
    study_cases: Path, said: Any, tmp_path: Path
) -> None:
    from MedMMSlicerLib.study.packages import open_package

    world = StudyWorld(tmp_path, study_cases)
    folder = open_package(world.packages()["r1"], tmp_path / "r1")
    moments = random.Random(5)
    shown = {"rating": -1, "report": ""}
    for kill in range(KILLS):
        found, last = answer_until_killed(folder, tmp_path / "reader.ini", moments.uniform(0.0, 1.2))
        assert found["rating"] >= shown["rating"], (kill, found)
        if found["rating"] == shown["rating"]:
            assert found["report"] == shown["report"]
        assert found["rating"] < 0 or found["report"] in ("", f"Seen: {found['rating']}."), found
        assert last["rating"] > found["rating"]
        assert kill == 0 or "interrupted" in found["message"]
        shown = last
