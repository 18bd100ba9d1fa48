"""The whole analysis of a study: its results as JSON values, and the files that are made of them."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ... import __version__
from ...errors import InputError
from ...files import atomic_write
from ..results import RESULTS_NAME, load_results
from .accuracy import target_of
from .checklist import build_checklist
from .collected import studies_of
from .data import StudyData
from .exchange import imrmc_bytes, reads_bytes
from .families import multiplicity_of
from .flow import flow_of
from .folder import STUDY_FILE, json_bytes, read_study
from .lesions import lesions_of
from .options import AnalysisOptions
from .plain import plain
from .preferences import preferences_of
from .quality import quality_of
from .report import report_html
from .times import times_of

__all__ = ["SCHEMA", "analyze", "analyze_folder", "open_study", "write_analysis"]

SCHEMA = "medmm-study-analysis"
VERSION = "1.0"

NOTICE = (
    "Not a medical device. These figures describe a reader study; they are no statement about a patient, and "
    "no claim of safety or effectiveness."
)

DEFINITIONS = {
    "auc": "AUC: area under the empirical ROC curve, ties counted one half.",
    "mrmc": "Tests are compared by the Obuchowski-Rockette model with the degrees of freedom of Hillis (Stat "
    "Med 2007;26:596). Random readers or cases: the conclusion is about the population they are a sample of.",
    "covariance": "Covariance over cases: jackknife (Quenouille), delong (Biometrics 1988;44:837) or "
    "unbiased (Gallas, Acad Radiol 2006;13:353), as chosen.",
    "df": "Degrees of freedom that are null in results.json are infinite: the statistic is a normal one.",
    "operating_point": "A case is called positive when its rating is at least the threshold.",
    "missing": "Missing reads are listed and never filled in. Available: every read counts. Complete: cases "
    "with a missing read are left out.",
    "reading_time": "Reading time is the time of work from the first image to the submission.",
}


def open_study(folder: Path) -> tuple[StudyData, ...]:
    """Read a folder of ``medmm study import``, ``simulate`` or ``collect``.

    Returns
    -------
    tuple of StudyData
        One for each target.

    Raises
    ------
    InputError
        If there is no study in the folder, or it is damaged.
    """
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder. Give the folder of medmm study import or collect.")
    if (folder / STUDY_FILE).is_file() or not (folder / RESULTS_NAME).is_file():
        return (read_study(folder),)
    return studies_of(load_results(folder))


def analyze(studies: Sequence[StudyData], options: AnalysisOptions) -> dict[str, Any]:
    """Analyze the targets of one study.

    Parameters
    ----------
    studies : sequence of StudyData
        As `open_study` gives them.
    options : AnalysisOptions

    Returns
    -------
    dict
        JSON values, described in ``docs/study-analysis.md``; numbers have all their digits.

    Raises
    ------
    InputError
        If the data allow no analysis.
    UsageError
        If an option does not fit the study.
    """
    study = studies[0]
    reading_time = times_of(study, options)
    targets = {
        item.target: {"number": number, **target_of(item, options), "lesions": lesions_of(item, options)}
        for number, item in enumerate(studies, 1)
    }
    results: dict[str, Any] = {
        "schema": SCHEMA,
        "version": VERSION,
        "notice": f"Research use only. {NOTICE}",
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "software": _software(),
        "study": {
            "title": study.title,
            "kind": study.kind,
            "synthetic": study.synthetic,
            "tests": list(study.tests),
            "readers": list(study.readers),
            "source": plain(study.source),
        },
        "options": plain(options),
        "notes": list(dict.fromkeys(note for item in studies for note in item.notes)),
        "flow": flow_of(study),
        "targets": targets,
        "reading_time": reading_time,
        "quality": quality_of(study.quality, options.alpha),
        "preference": preferences_of(study.preferences, options.level),
        "multiplicity": multiplicity_of(targets, reading_time),
        "deviations": plain(study.deviations),
        "definitions": DEFINITIONS,
    }
    return {**results, "checklist": build_checklist(results)}


def write_analysis(studies: Sequence[StudyData], results: Mapping[str, Any], out: Path) -> list[Path]:
    """Write ``results.json``, ``report.html``, ``reads.csv`` and ``imrmc.csv``, each whole or not at all.

    Studies with several targets have a ``reads-N.csv`` and ``imrmc-N.csv`` for each.

    Raises
    ------
    OutputError, DiskFullError
        If the folder can not be written.
    """
    files = {"results.json": json_bytes(results), "report.html": report_html(results).encode("utf-8")}
    for number, study in enumerate(studies, 1):
        suffix = f"-{number}" if len(studies) > 1 else ""
        files[f"reads{suffix}.csv"] = reads_bytes(study)
        files[f"imrmc{suffix}.csv"] = imrmc_bytes(study)
    for name, data in files.items():
        with atomic_write(out / name) as temporary:
            temporary.write_bytes(data)
    return [out / name for name in files]


def analyze_folder(folder: Path, out: Path, options: AnalysisOptions) -> tuple[dict[str, Any], list[Path]]:
    """Read, analyze and write; returns the results and the files. Errors: those of the three steps."""
    studies = open_study(folder)
    results = analyze(studies, options)
    return results, write_analysis(studies, results, out)


def _software() -> dict[str, str]:
    names = ("numpy", "scipy")
    return {
        "medmm": __version__,
        "python": platform.python_version(),
        **{name: version(name) for name in names},
    }
