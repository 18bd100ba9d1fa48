"""A small study with all its parts, made by the test; all of its images and output of AI are synthetic."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
import yaml
from MedMMSlicerLib.study.answers import Answers, QualityScore, Vote
from MedMMSlicerLib.study.clock import ManualClock
from MedMMSlicerLib.study.desk import ReaderDesk
from MedMMSlicerLib.study.packages import build_packages, open_package
from MedMMSlicerLib.study.signing import KeyStore
from MedMMSlicerLib.study.study_folder import StudyFolder, create_study

AI_SECRET = "ai-score-0.987654321"
"""Is in the output of AI of every case and nowhere else."""


def _protocol_value(**changes: Any) -> dict[str, Any]:
    """A valid protocol of a crossover with two readers and six cases, as plain values."""
    value: dict[str, Any] = {
        "schema": "medmm-study/1",
        "title": "Synthetic study",
        "seed": 7,
        "truth": "truth.yaml",
        "report": "required",
        "design": {"kind": "crossover", "washout_days": 14, "session_size": 4},
        "arms": [{"id": "arm-plain", "mode": "unaided"}, {"id": "arm-with-ai", "mode": "concurrent"}],
        "readers": [{"id": "r1", "experience_years": 3}, {"id": "r2", "experience_years": 20}],
        "targets": [{"id": "nodule", "name": "Nodule", "scale": "0-100", "marks": True}],
        "cases": [
            {
                "id": f"case-id-{number}",
                "images": [f"images/patient-{number}.nii.gz"],
                "ai": f"ai/{number}",
                "indication": "Cough.",
                "reports": {"ai-draft": f"reports/{number}.txt"},
            }
            for number in range(6)
        ],
        "rounds": [
            {"id": "quality", "kind": "likert", "evaluators": ["e1"], "sources": ["ai-draft", "arm-plain"]},
            {
                "id": "choice",
                "kind": "preference",
                "evaluators": ["e1", "e2", "e3"],
                "sources": ["arm-plain", "arm-with-ai"],
            },
        ],
    }
    return {**value, **changes}


def _write_case_files(folder: Path, count: int = 6) -> None:
    """Images, output of AI, reports and truth of the protocol above."""
    generator = np.random.default_rng(3)
    for name in ("images", "reports"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for number in range(count):
        array = generator.integers(0, 100, (3, 5, 4), np.int16)
        image = sitk.GetImageFromArray(array)
        image.SetSpacing((1.0, 1.5, 2.5))
        sitk.WriteImage(image, str(folder / "images" / f"patient-{number}.nii.gz"))
        (folder / "ai" / str(number)).mkdir(parents=True, exist_ok=True)
        scores = {"scores": {"nodule": 0.9}, "note": f"{AI_SECRET}-{number}"}
        (folder / "ai" / str(number) / "scores.json").write_text(json.dumps(scores), encoding="utf-8")
        (folder / "reports" / f"{number}.txt").write_text(f"Draft {number}.", encoding="utf-8")
    cases = {f"case-id-{number}": {"nodule": number % 2 == 0} for number in range(count)}
    truth = {"schema": "medmm-truth/1", "cases": cases}
    (folder / "truth.yaml").write_text(yaml.safe_dump(truth), encoding="utf-8")


@pytest.fixture(scope="session")
def protocol_value() -> Callable[..., dict[str, Any]]:
    """A valid protocol as plain values; keyword arguments replace parts."""
    return _protocol_value


@pytest.fixture(scope="session")
def write_case_files() -> Callable[..., None]:
    return _write_case_files


@pytest.fixture(scope="session")
def read_available() -> Callable[..., int]:
    """Read everything that is available now."""
    return _read_available


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def team_keys(tmp_path: Path) -> KeyStore:
    return KeyStore(tmp_path / "keys-of-the-team")


@pytest.fixture
def reader_keys(tmp_path: Path) -> KeyStore:
    return KeyStore(tmp_path / "keys-of-a-reader")


@pytest.fixture
def make_study(tmp_path: Path, clock: ManualClock) -> Callable[..., StudyFolder]:
    """Make a study from a changed protocol."""

    def make(name: str = "study", **changes: Any) -> StudyFolder:
        source = tmp_path / f"source-{name}"
        _write_case_files(source)
        path = source / "protocol.yaml"
        path.write_text(yaml.safe_dump(_protocol_value(**changes), sort_keys=False), encoding="utf-8")
        return create_study(path, tmp_path / name, clock)

    return make


def _read_available(desk: ReaderDesk, clock: ManualClock, rating: int = 50) -> int:
    """Read everything that is available now; returns the number of tasks."""
    count = 0
    while (item := desk.next_item()) is not None:
        task = desk.start(item.code)
        task.shown()
        clock.advance(10)
        task.touch("scroll", 3)
        answers = {
            "read": Answers({"nodule": rating}, report=f"Report {item.number}."),
            "likert": QualityScore(dict.fromkeys(getattr(task.screen, "scales", ()), 4)),
            "radpeer": QualityScore({"radpeer": "2a"}),
            "preference": Vote("left"),
        }[task.kind]
        if getattr(task.screen, "asks_lock", False):
            task.lock(answers)
            task.reveal()
            clock.advance(5)
        task.submit(answers)
        count += 1
    return count


@pytest.fixture
def opened(
    tmp_path: Path, make_study: Callable[..., StudyFolder], team_keys: KeyStore
) -> Callable[..., tuple[StudyFolder, dict[str, Path]]]:
    """Make a study and open the packages of all readers; returns the study and the folders by reader."""

    def make(name: str = "study", **changes: Any) -> tuple[StudyFolder, dict[str, Path]]:
        study = make_study(name, **changes)
        paths = build_packages(study, tmp_path / f"out-{name}", keys=team_keys)
        readers = [path.name.split(".")[0] for path in paths]
        return study, {
            reader: open_package(path, tmp_path / f"{name}-{reader}") for reader, path in zip(readers, paths)
        }

    return make
