"""The host answers as a real Slicer did, but for a few deviations that are listed with their reasons."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.panel
FOLDER = Path(__file__).parent
MODULE_FOLDER = FOLDER.parent.parent / "MedMMSlicer"
MOST_DEVIATIONS = 15


def _read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


SCENARIOS = {
    f"{path.stem}: {scenario['title']}": scenario
    for path in sorted((FOLDER / "recorded").glob("*.toml"))
    for scenario in _read(path)["scenario"]
}
DEVIATIONS = _read(FOLDER / "deviations.toml")["deviation"]


@cache
def _answers(folder: Path, *options: str) -> dict[str, Any]:
    """All answers of the host, from a process of its own with settings of its own."""
    environment = os.environ | {
        "PYTHONPATH": str(MODULE_FOLDER),
        "QT_QPA_PLATFORM": "offscreen",
        "XDG_CONFIG_HOME": str(folder),
        "OMP_NUM_THREADS": "1",
    }
    command = [sys.executable, str(FOLDER / "replay.py"), str(FOLDER / "recorded"), *options]
    run = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stderr
    found: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return found


@pytest.fixture(scope="session")
def replay_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if importlib.util.find_spec("PySide6") is None:
        pytest.skip("needs PySide6 (the host extra)")
    return tmp_path_factory.mktemp("replay")


def _answers_to(name: str, folder: Path) -> Any:
    if not name.startswith("application: "):
        return _answers(folder)[name]
    if importlib.util.find_spec("slicer") is None:
        pytest.skip("needs slicer-core (the host extra)")
    return _answers(folder, "--application")[name]


def _agrees(step: dict[str, str], answer: dict[str, str]) -> bool:
    if "raises" in step or "raises" in answer:
        return step.get("raises") == answer.get("raises")
    if "do" in step:
        return True
    return answer["is"] == step["is"] and step.get("of", answer["of"]) == answer["of"]


def _deviates(name: str, step: dict[str, str]) -> bool:
    return any(
        deviation["scenario"] == name and deviation.get("ask", step.get("ask")) == step.get("ask")
        for deviation in DEVIATIONS
    )


@pytest.mark.parametrize("name", SCENARIOS)
def test_answers_as_recorded(name: str, replay_folder: Path) -> None:
    answers = _answers_to(name, replay_folder)
    steps = SCENARIOS[name]["steps"]
    assert len(answers) == len(steps)
    differing = [
        f"{step}\n    but {answer}"
        for step, answer in zip(steps, answers)
        if not _deviates(name, step) and not _agrees(step, answer)
    ]
    assert not differing, "\n".join(differing)


@pytest.mark.parametrize("deviation", DEVIATIONS, ids=lambda each: each.get("ask", each["scenario"]))
def test_a_listed_deviation_still_deviates(deviation: dict[str, str], replay_folder: Path) -> None:
    name = deviation["scenario"]
    steps = SCENARIOS[name]["steps"]
    asked = [step.get("ask") for step in steps]
    assert "ask" not in deviation or deviation["ask"] in asked
    for step, answer in zip(steps, _answers_to(name, replay_folder)):
        if deviation.get("ask", step.get("ask")) == step.get("ask"):
            assert not _agrees(step, answer), f"{step} agrees now; take it out of deviations.toml"


def test_the_deviations_are_few_and_have_reasons() -> None:
    assert len(DEVIATIONS) <= MOST_DEVIATIONS
    assert all(deviation["reason"] for deviation in DEVIATIONS)


def test_all_recorded_answers_are_here() -> None:
    asked = sum(len(scenario["steps"]) for scenario in SCENARIOS.values())
    assert asked >= 379
