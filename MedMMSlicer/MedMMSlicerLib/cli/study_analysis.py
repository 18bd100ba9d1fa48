"""``medmm study import``, ``analyze`` and ``simulate``: tables of ratings, their statistics, and planning."""

from __future__ import annotations

import math
from enum import StrEnum
from pathlib import Path
from typing import Any

import typer

from ..errors import UsageError
from .common import console, print_json, progress_control

__all__ = ["analyze_study", "import_ratings", "simulate_study"]


class Covariance(StrEnum):
    """How the covariance over cases is estimated."""

    jackknife = "jackknife"
    delong = "delong"
    unbiased = "unbiased"


class Factor(StrEnum):
    """Whether a conclusion is about a population or about those at hand."""

    random = "random"
    fixed = "fixed"


class Missing(StrEnum):
    """What happens to cases with missing reads."""

    available = "available"
    complete = "complete"


def import_ratings(
    ratings: Path = typer.Argument(
        help="CSV: a row for each read, or for each lesion mark.", metavar="RATINGS.csv"
    ),
    out: Path = typer.Option(help="New or empty folder for the study."),
    title: str = typer.Option("", help="Title of the study; default: the name of the file."),
    lesions: Path | None = typer.Option(
        None,
        help="For lesion marks: CSV case,lesion,weight of all lesions; a row with an empty lesion for each "
        "case without.",
    ),
    reader_column: str = typer.Option("reader", help="Column of the reader."),
    test_column: str = typer.Option("test", help="Column of the test, modality, treatment or arm."),
    case_column: str = typer.Option("case", help="Column of the case."),
    truth_column: str = typer.Option(
        "truth", help="Column of the reference standard: 1 positive, 0 negative."
    ),
    rating_column: str = typer.Option("rating", help="Column of the rating: higher is more suspicious."),
    time_column: str = typer.Option("time_s", help="Column of the reading time in seconds; may be absent."),
    cluster_column: str = typer.Option("cluster", help="Column of the patient of a case; may be absent."),
    lesion_column: str = typer.Option(
        "lesion", help="Column of the lesion of a mark; makes it a table of marks."
    ),
    weight_column: str = typer.Option("weight", help="Column of the weight of a lesion; may be absent."),
    json: bool = typer.Option(False, "--json", help="Print a machine-readable summary."),
) -> None:
    """Import ratings or lesion marks as a study that can be analyzed."""
    from ..study.analysis.folder import write_study
    from ..study.analysis.importing import ImportRequest, import_study

    columns = {
        "reader": reader_column, "test": test_column, "case": case_column, "truth": truth_column,
        "rating": rating_column, "time_s": time_column, "cluster": cluster_column,
        "lesion": lesion_column, "weight": weight_column,
    }  # fmt: skip
    changed = {name: text for name, text in columns.items() if name != text}
    study = import_study(ImportRequest(ratings, title, changed, lesions))
    written = write_study(study, out)
    missing = sum(read.rating is None for read in study.reads)
    if json:
        print_json(
            {
                "tests": list(study.tests),
                "readers": list(study.readers),
                "cases": len(study.cases),
                "positive": int(study.positive.sum()),
                "reads": len(study.reads) - missing,
                "missing": missing,
                "notes": list(study.notes),
                "files": [str(path) for path in written],
            }
        )
        return
    console.print(
        f"{len(study.tests)} tests, {len(study.readers)} readers, {len(study.cases)} cases "
        f"({int(study.positive.sum())} positive), {len(study.reads) - missing} reads, {missing} missing; "
        f"written to {out}",
        highlight=False,
        markup=False,
        soft_wrap=True,
    )
    for note in study.notes:
        console.print(note, highlight=False, markup=False, soft_wrap=True)


def analyze_study(
    study: Path = typer.Argument(help="Folder of medmm study import, collect or simulate.", metavar="STUDY"),
    out: Path = typer.Option(help="Folder for results.json, report.html, reads.csv and imrmc.csv."),
    threshold: float | None = typer.Option(None, help="A case is called positive at this rating or more."),
    covariance: Covariance = typer.Option(Covariance.jackknife, help="Covariance over cases."),
    readers: Factor = typer.Option(Factor.random, help="Readers of the primary conclusion."),
    cases: Factor = typer.Option(Factor.random, help="Cases of the primary conclusion."),
    alpha: float = typer.Option(0.05, help="Level of the tests; intervals are of 1 - alpha."),
    reference_test: str = typer.Option("", help="Differences are other tests minus this one."),
    missing: Missing = typer.Option(
        Missing.available, help="With missing reads: use all that are there, or complete cases only."
    ),
    json: bool = typer.Option(False, "--json", help="Print results.json."),
) -> None:
    """Analyze a reader study: ROC, multi-reader tests, times, ratings, agreement. Research use only."""
    from ..study.analysis.analysis import analyze_folder
    from ..study.analysis.options import AnalysisOptions

    options = AnalysisOptions(
        threshold=threshold,
        covariance=covariance.value,
        readers=readers.value,
        cases=cases.value,
        alpha=alpha,
        reference_test=reference_test,
        missing=missing.value,
    )
    results, written = analyze_folder(study, out, options)
    if json:
        print_json(results)
        return
    _print_results(results)
    console.print(f"{len(written)} files written to {out}; open report.html", highlight=False, markup=False)


def _print_results(results: dict[str, Any]) -> None:
    from ..study.analysis.report import summary_texts

    if results["study"]["synthetic"]:
        console.print("SYNTHETIC DATA: a simulation made these reads.")
    for text in summary_texts(results):
        console.print(text, highlight=False, markup=False, soft_wrap=True)
    console.print("Research use only.")


class Scale(StrEnum):
    """Scale of simulated ratings."""

    continuous = "continuous"
    five_point = "five-point"
    percent = "0-100"


def simulate_study(
    out: Path = typer.Option(help="New or empty folder for the synthetic study."),
    config: Path | None = typer.Option(None, help="YAML file with the plan; options replace what it says."),
    auc: list[str] = typer.Option([], help="NAME=AREA of a test, such as 'with AI=0.86'; repeat for each."),
    readers: int | None = typer.Option(None, help="Number of readers; default 5."),
    cases: int | None = typer.Option(None, help="Number of cases; default 100."),
    prevalence: float | None = typer.Option(None, help="Share of positive cases; default 0.5."),
    seconds: list[str] = typer.Option([], help="NAME=SECONDS: mean reading time of a test; repeat."),
    variance: list[str] = typer.Option(
        [], help="NAME=VALUE of the Roe-Metz model: reader_variance, case, ..."
    ),
    scale: Scale | None = typer.Option(None, help="Scale of the ratings; default 0-100."),
    seed: int | None = typer.Option(None, help="Seed; default 1."),
    title: str = typer.Option("", help="Title; SYNTHETIC is added to it."),
    repeats: int = typer.Option(
        0, help="For planning: analyze so many studies; power goes to planning.json."
    ),
    alpha: float = typer.Option(0.05, help="Level of the test of planning."),
    json: bool = typer.Option(False, "--json", help="Print a machine-readable summary."),
) -> None:
    """Simulate a reader study with known effects, for planning or trying the analysis. Synthetic data."""
    from ..study.analysis.folder import check_new_folder, json_bytes, study_files, write_new_folder
    from ..study.analysis.options import AnalysisOptions
    from ..study.analysis.simulating import SimulationPlan, planning, read_plan
    from ..study.analysis.simulating import simulate_study as simulate

    given = {
        "auc": _pairs("--auc", auc),
        "readers": readers,
        "cases": cases,
        "prevalence": prevalence,
        "seconds": _pairs("--seconds", seconds),
        "variances": _pairs("--variance", variance),
        "scale": scale.value if scale else None,
        "seed": seed,
        "title": title,
    }
    changes = {name: value for name, value in given.items() if value not in (None, {}, "")}
    changes = {"auc": {"unaided": 0.80, "with AI": 0.86}, **changes} if config is None else changes
    plan = read_plan(config, changes) if config else SimulationPlan(**changes)
    check_new_folder(out)
    files, found = study_files(simulate(plan)), None
    if repeats:
        options = AnalysisOptions(covariance="delong", alpha=alpha)
        with progress_control("Simulating") as control:
            found = planning(plan, repeats, options, lambda share: control.progress("studies", share))
        files["planning.json"] = json_bytes(found)
    written = write_new_folder(out, files)
    if json:
        print_json({"synthetic": True, "planning": found, "files": [str(path) for path in written]})
        return
    console.print("SYNTHETIC DATA: a simulation made these reads.")
    if found:
        low, high = found["interval"]
        text = f"{found['meaning']} of {found['comparison']}: {found['share']:.3f} ({low:.3f} to {high:.3f})"
        console.print(f"{text}, {repeats} studies", highlight=False, markup=False)
    console.print(f"{len(written)} files written to {out}", highlight=False, markup=False)


def _pairs(option: str, texts: list[str]) -> dict[str, float]:
    pairs = {}
    for text in texts:
        name, sign, number = text.rpartition("=")
        try:
            value = float(number)
        except ValueError:
            value = math.nan
        if not sign or not name.strip() or not math.isfinite(value) or name.strip() in pairs:
            raise UsageError(f"{option} takes NAME=NUMBER, each name once; it got '{text}'.")
        pairs[name.strip()] = value
    return pairs
