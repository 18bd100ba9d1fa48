"""A small reader study, made by the test: synthetic images, output of AI, protocol, packages, one clock."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk
import yaml

from .conftest import TESTING, load_file

__all__ = ["AI_WORD", "ARMS", "CASES", "SOURCES", "TARGET", "StudyWorld", "protocol_value", "write_cases"]

AI_WORD = "Sphericalloma"
"""Name of the finding of AI, and nowhere else in these tests."""

ARMS = ("arm-plain", "arm-assisted")
CASES = tuple(f"subject-{number}" for number in range(6))
TARGET = "nodule"
SOURCES = ("from-team", "from-network")
"""Where the report texts come from that need no reader."""


def protocol_value(**changes: Any) -> dict[str, Any]:
    """A crossover of two readers and six cases with reports, marks, a score, ratings and a preference."""
    cases = [
        {"id": name, "images": [f"cases/{name}/images/ct.nii.gz"], "ai": f"cases/{name}/ai",
         "indication": "Pain for two weeks.",
         "reports": {source: f"cases/{name}/{source}.txt" for source in SOURCES}}
        for name in CASES
    ]  # fmt: skip
    form = {
        "id": "bone",
        "name": "Bone score",
        "fields": [{"id": "grade", "name": "Grade", "kind": "choice", "choices": ["1", "2", "3", "4"]}],
    }
    value = {
        "schema": "medmm-study/1",
        "title": "Small study",
        "seed": 11,
        "truth": "truth.yaml",
        "report": "required",
        "design": {"kind": "crossover", "washout_days": 14, "arms_in_a_period": "mixed"},
        "arms": [{"id": ARMS[0], "mode": "unaided"}, {"id": ARMS[1], "mode": "concurrent"}],
        "readers": [{"id": "r1", "experience_years": 3}, {"id": "r2", "experience_years": 12}],
        "targets": [{"id": TARGET, "name": "Nodule", "scale": "0-100", "marks": True}],
        "forms": [form],
        "cases": cases,
        "rounds": [
            {"id": "quality", "kind": "likert", "evaluators": ["e1"], "sources": [ARMS[0]],
             "scales": ["accuracy", "clarity"]},
            {"id": "better", "kind": "preference", "evaluators": ["e1"], "sources": list(ARMS),
             "images": True},
            {"id": "texts", "kind": "preference", "evaluators": ["e2"], "sources": list(SOURCES),
             "images": True},
        ],
    }  # fmt: skip
    return {key: part for key, part in {**value, **changes}.items() if part is not None}


def write_cases(folder: Path) -> None:
    """Images with a bright core, what AI says about them, and the truth; all of it synthetic."""
    from MedMMSlicerLib.bundles.writing import write_bundle

    shared = load_file("shared_fixtures_for_the_story", TESTING / "conftest.py")
    network = shared.threshold_network(folder / "network" / "model.onnx")
    files = {"models/model.onnx": network, "docs/README.md": b"# A test\n", "LICENSE": b"Apache-2.0\n"}
    bundle = write_bundle(folder / "bundles" / "threshold-test", shared.threshold_metadata(), files)
    images = [
        _write_image(folder / "cases" / name / "images" / "ct.nii.gz", number)
        for number, name in enumerate(CASES)
    ]
    for name in CASES:
        for source in SOURCES:
            text = f"A dense lesion, {source.count('e')} cm."
            (folder / "cases" / name / f"{source}.txt").write_text(text, encoding="utf-8")
        # What AI says about the first one is said about all: they lie in the same place.
        if name == CASES[0]:
            _write_ai(images[0], bundle, folder / "cases" / name / "ai")
        else:
            shutil.copytree(folder / "cases" / CASES[0] / "ai", folder / "cases" / name / "ai")
    truth = {"schema": "medmm-truth/1", "cases": {name: {TARGET: n % 2 == 0} for n, name in enumerate(CASES)}}
    (folder / "truth.yaml").write_text(yaml.safe_dump(truth), encoding="utf-8")
    shutil.rmtree(folder / "network")


def _write_image(path: Path, number: int) -> Path:
    array = np.random.default_rng(number).integers(0, 40, (12, 30, 26)).astype(np.int16)
    array[2:9, 5:22, 6:20] += 200
    array[3:6, 7 + number : 13 + number, 12:17] += 100
    image = sitk.GetImageFromArray(array)
    image.SetSpacing((1.1, 0.9, 2.5))
    image.SetOrigin((-12.0, 31.0, 7.0))
    turn = np.deg2rad(20)
    axes = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    image.SetDirection(axes.ravel().tolist())
    path.parent.mkdir(parents=True)
    sitk.WriteImage(image, str(path))
    return path


def _write_ai(image: Path, bundle: Any, folder: Path) -> None:
    """What ``medmm analyze`` and ``medmm export --deidentify`` write, with one finding more."""
    from MedMMSlicerLib.bundles.catalog import BundleCatalog
    from MedMMSlicerLib.core import CodedConcept, Finding
    from MedMMSlicerLib.reporting.exports.case_export import ExportRequest, export_case
    from MedMMSlicerLib.session import AnalysisRequest, analyze, write_analysis

    request = AnalysisRequest((image,), bundle=str(bundle.path))
    analysis = analyze(request, BundleCatalog([bundle.path.parent]))
    concept = CodedConcept("4147007", "SCT", "Mass")
    finding = Finding("f-mass", concept, {"en": AI_WORD}, location_ras=(0.0, -40.0, 20.0), probability=0.87)
    prediction = dataclasses.replace(analysis.prediction, findings=(finding,))
    whole = folder.with_name("analysis")
    write_analysis(dataclasses.replace(analysis, prediction=prediction), whole)
    formats, key = ("json", "nrrd"), folder.parents[2] / "identifiers.key"
    export_case(ExportRequest((whole,), formats, True, text_cleared=True, key_path=key), folder)
    shutil.rmtree(whole)


class StudyWorld:
    """A study team with its folder, and the packages that it sends.

    Parameters
    ----------
    folder : Path
        For everything that is made.
    material : Path
        What `write_cases` made.
    **changes : object
        See `protocol_value`.

    Attributes
    ----------
    clock : ManualClock
        Of everybody.
    study : StudyFolder
    """

    def __init__(self, folder: Path, material: Path, **changes: Any) -> None:
        from MedMMSlicerLib.study.clock import ManualClock
        from MedMMSlicerLib.study.study_folder import create_study

        self.folder = folder
        self.clock = ManualClock()
        protocol = material / f"{folder.name}.yaml"
        protocol.write_text(yaml.safe_dump(protocol_value(**changes), sort_keys=False), encoding="utf-8")
        self.study = create_study(protocol, folder / "study", self.clock)

    @classmethod
    def of_images(cls, folder: Path, shape: tuple[int, int, int], count: int) -> StudyWorld:
        """A study without AI of larger, synthetic images."""
        made = folder / "large"
        for number in range(count):
            array = np.random.default_rng(number).integers(0, 900, shape, np.int16)
            path = made / "cases" / f"large-{number}" / "ct.nii"
            path.parent.mkdir(parents=True)
            sitk.WriteImage(sitk.GetImageFromArray(array), str(path))
        cases = [{"id": f"large-{n}", "images": [f"cases/large-{n}/ct.nii"]} for n in range(count)]
        arms = [{"id": ARMS[0], "mode": "unaided"}]
        value = {"cases": cases, "arms": arms, "rounds": [], "forms": [], "report": "none"}
        return cls(folder, made, **value, design={"kind": "parallel"}, truth=None)

    def packages(self) -> dict[str, Path]:
        """Reader to the package for reading."""
        from MedMMSlicerLib.study.packages import build_packages

        return {path.name.split(".")[0]: path for path in build_packages(self.study, self.folder / "out")}

    def round_packages(self, round_id: str) -> tuple[Path, ...]:
        """Packages of a rating round."""
        from MedMMSlicerLib.study.packages import build_round_packages

        return build_round_packages(self.study, round_id, self.folder / "out")

    def collect(self, files: tuple[Path, ...]) -> Any:
        """Merge results that came back."""
        from MedMMSlicerLib.study.collect import collect

        return collect(self.study, files)
