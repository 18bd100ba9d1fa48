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

from MedMMSlicerLib.study.clock import ManualClock
from MedMMSlicerLib.study.signing import KeyStore
from MedMMSlicerLib.study.study_folder import StudyFolder, create_study

AI_SECRET = "ai-score-0.987654321"
"""Is in the output of AI of every case and nowhere else."""


def protocol_value(**changes: Any) -> dict[str, Any]:
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


def write_case_files(folder: Path, count: int = 6) -> None:
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
        write_case_files(source)
        path = source / "protocol.yaml"
        path.write_text(yaml.safe_dump(protocol_value(**changes), sort_keys=False), encoding="utf-8")
        return create_study(path, tmp_path / name, clock)

    return make
