"""Simulated studies: what is put in comes out, and everything says that it is synthetic."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from MedMMSlicerLib.errors import InputError, UsageError
from MedMMSlicerLib.study.analysis.analysis import analyze
from MedMMSlicerLib.study.analysis.folder import read_study
from MedMMSlicerLib.study.analysis.options import AnalysisOptions
from MedMMSlicerLib.study.analysis.simulating import SimulationPlan, planning, read_plan, simulate_study

Medmm = Callable[..., Any]

LARGE = SimulationPlan(
    auc={"unaided": 0.78, "with AI": 0.88},
    readers=10,
    cases=500,
    prevalence=0.4,
    scale="continuous",
    seconds={"unaided": 80.0, "with AI": 60.0},
    seed=5,
)


def test_the_analysis_finds_what_was_put_in() -> None:
    study = simulate_study(LARGE)
    assert int(study.positive.sum()) == 200
    results = analyze([study], AnalysisOptions(covariance="delong", reference_test="unaided"))
    random = results["targets"]["rating"]["auc"]["random_readers_random_cases"]
    (row,) = random["differences"]
    assert (row["first"], row["second"]) == ("with AI", "unaided")
    assert row["difference"] == pytest.approx(0.10, abs=4 * row["standard_error"])
    assert row["standard_error"] < 0.025 and row["p_value"] < 0.001
    for item in random["tests"]:
        assert item["value"] == pytest.approx(LARGE.auc[item["test"]], abs=4 * item["standard_error"])
    (row,) = results["reading_time"]["comparisons"]
    assert (row["first"], row["second"]) == ("with AI", "unaided")
    assert row["ratio"] == pytest.approx(60 / 80, rel=0.05)
    assert row["interval"][0] < row["ratio"] < row["interval"][1] < 1
    assert row["p_value"] < 0.001 and row["wilcoxon_p_value"] < 0.001


def test_a_seed_makes_a_study_and_another_one_another() -> None:
    plan = SimulationPlan(auc={"a": 0.7, "b": 0.8}, readers=3, cases=20, seed=9)
    assert simulate_study(plan).reads == simulate_study(plan).reads
    other = SimulationPlan(auc={"a": 0.7, "b": 0.8}, readers=3, cases=20, seed=10)
    assert simulate_study(plan).reads != simulate_study(other).reads


@pytest.mark.parametrize("scale", ["five-point", "0-100"])
def test_scales(scale: str) -> None:
    study = simulate_study(SimulationPlan(auc={"a": 0.8}, readers=4, cases=200, scale=scale))
    values = {read.rating for read in study.reads}
    low, high = (1, 5) if scale == "five-point" else (0, 100)
    assert min(values) >= low and max(values) <= high and all(value == round(value) for value in values)


def test_everything_that_is_written_says_synthetic(medmm: Medmm, tmp_path: Path) -> None:
    study, out = tmp_path / "study", tmp_path / "out"
    done = medmm("study", "simulate", "--out", study, "--readers", 3, "--cases", 40, "--repeats", 5)
    assert done.code == 0 and "SYNTHETIC" in done.out, done.err
    assert json.loads((study / "planning.json").read_text())["repeats"] == 5
    assert read_study(study).synthetic
    done = medmm("study", "analyze", study, "--out", out)
    assert done.code == 0 and "SYNTHETIC" in done.out
    results = json.loads((out / "results.json").read_text())
    assert results["study"]["synthetic"] is True and "SYNTHETIC" in results["study"]["title"]
    assert results["study"]["source"]["simulation"]["auc"] == {"unaided": 0.8, "with AI": 0.86}
    assert '<p class="synthetic">SYNTHETIC DATA' in (out / "report.html").read_text()
    assert (out / "imrmc.csv").read_text().splitlines()[0].endswith("SYNTHETIC DATA")
    rows = (out / "reads.csv").read_text().splitlines()[1:]
    assert len(rows) == 2 * 3 * 40 and all(row.endswith(",simulated") for row in rows)


def test_a_plan_from_a_file_and_options_that_replace_it(medmm: Medmm, tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text(
        "title: Fractures\nreaders: 4\ncases: 30\nauc: {plain: 0.7, AI: 0.9}\nseconds: {plain: 60, AI: 40}\n"
    )
    done = medmm("study", "simulate", "--config", path, "--cases", 50, "--out", tmp_path / "s", "--json")
    assert done.code == 0, done.err
    study = read_study(tmp_path / "s")
    assert study.title == "Fractures (SYNTHETIC)" and study.tests == ("plain", "AI")
    assert (len(study.readers), len(study.cases)) == (4, 50)
    assert study.grid("time_s").min() > 0


def test_the_plan_of_the_documentation(repository: Path, tmp_path: Path) -> None:
    text = (repository / "docs" / "study-analysis.md").read_text(encoding="utf-8")
    (tmp_path / "plan.yaml").write_text(text.split("```yaml\n")[1].split("```")[0])
    plan = read_plan(tmp_path / "plan.yaml", {})
    assert (plan.positives, plan.negatives, plan.scale) == (60, 90, "0-100")
    assert plan.model.case_shares == (0.3, 0.3, 0.2)


@pytest.mark.parametrize(
    "text",
    [
        "[",
        "- a",
        "auc: 3",
        "readers: two",
        "auc: {a: 0.8}\nunknown: 1",
        "readers: 3",
        "auc: {a: [1]}",
        "auc: {a: true}",
    ],
)
def test_plans_that_can_not_be_read(tmp_path: Path, text: str) -> None:
    (tmp_path / "plan.yaml").write_text(text)
    with pytest.raises(InputError):
        read_plan(tmp_path / "plan.yaml", {})


@pytest.mark.parametrize(
    "options",
    [
        ("--auc", "a"), ("--auc", "a=1.2"), ("--auc", "a=nan"), ("--auc", "a=0.8", "--auc", "a=0.9"),
        ("--readers", "0"), ("--cases", "3"), ("--prevalence", "1"), ("--variance", "x=1"),
        ("--variance", "case=-1"), ("--variance", "case=0.9"), ("--seconds", "unaided=60"),
        ("--cases", "100000000"),
        ("--auc", "a=0.8", "--repeats", "3"), ("--repeats", "-1"), ("--seed", "-1"),
    ],
)  # fmt: skip
def test_plans_that_make_no_sense(medmm: Medmm, tmp_path: Path, options: tuple[str, ...]) -> None:
    medmm("study", "simulate", "--out", tmp_path / "s", *options).refused(2)
    assert not (tmp_path / "s").exists()


def test_planning_gives_the_level_without_an_effect_and_power_with_one() -> None:
    options = AnalysisOptions(covariance="delong")
    plan = SimulationPlan(auc={"a": 0.8, "b": 0.8}, readers=4, cases=60, scale="continuous")
    none = planning(plan, 200, options)
    assert none["meaning"] == "type I error" and none["share"] < 0.12 and none["coverage"] > 0.88
    strong = planning(
        SimulationPlan(auc={"a": 0.7, "b": 0.92}, readers=6, cases=120, scale="continuous"), 40, options
    )
    assert strong["meaning"] == "power" and strong["share"] > 0.7
    assert strong["mean_difference"] == pytest.approx(-0.22, abs=0.04)


def test_planning_needs_something_to_compare() -> None:
    with pytest.raises(UsageError):
        planning(SimulationPlan(auc={"a": 0.8}), 5, AnalysisOptions())
