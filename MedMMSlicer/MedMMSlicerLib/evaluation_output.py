"""What an evaluation writes: the figures of ``metrics.json`` and the rows of ``predictions.csv``."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .bundles.manifest import FindingDefinition, LabelDefinition, Manifest
from .case_table import CaseTable, EvaluationCase
from .core import Prediction
from .errors import MedMMError
from .stats.summaries import (
    SUMMARY_DEFINITIONS,
    CaseFigures,
    mean_of_labels,
    summarize_finding,
    summarize_segmentation,
)

if TYPE_CHECKING:
    from .bundles.loading import ModelBundle

__all__ = ["FOREGROUND", "CaseResult", "FailedCase", "build_metrics", "write_predictions"]

FOREGROUND = "foreground"
"""Name of the union of all labels."""

MEAN = "mean"
"""Name of the mean over the labels."""

_MOST_NOTES = 20

_LAST_COLUMNS = ("seconds", "provider", "missing", "notes", "error")


@dataclass(frozen=True, eq=False)
class CaseResult:
    """A case that was read.

    Parameters
    ----------
    case : EvaluationCase
    prediction : Prediction
        Without its arrays, to save memory.
    seconds : float
        Wall time of reading the image and predicting.
    figures : mapping of str to CaseFigures
        By label id, and `FOREGROUND`; empty without a mask.
    labels_compared : bool
        Whether the mask tells the labels apart.
    notes : tuple of str
        On the mask and the context.
    """

    case: EvaluationCase
    prediction: Prediction
    seconds: float
    figures: Mapping[str, CaseFigures] = field(default_factory=dict)
    labels_compared: bool = False
    notes: tuple[str, ...] = ()

    @property
    def all_notes(self) -> tuple[str, ...]:
        """Everything that a person has to know about this case."""
        return self.notes + self.prediction.provenance.notes + self.prediction.refusals


@dataclass(frozen=True)
class FailedCase:
    """A case that could not be read, and why."""

    case: EvaluationCase
    error: MedMMError


def build_metrics(
    bundle: ModelBundle, table: CaseTable, outcomes: Sequence[CaseResult | FailedCase]
) -> dict[str, Any]:
    """Everything that ``metrics.json`` states; every number is finite or None.

    Parameters
    ----------
    bundle : ModelBundle
    table : CaseTable
    outcomes : sequence of CaseResult or FailedCase
        One for each case of the table, in its order.
    """
    done = [outcome for outcome in outcomes if isinstance(outcome, CaseResult)]
    failed = [outcome for outcome in outcomes if isinstance(outcome, FailedCase)]
    manifest = bundle.manifest
    by_finding, _ = _columns_by_finding(manifest.findings, table.findings)
    segmentation, notes = _segmentation(manifest.labels, done)
    seconds = [result.seconds for result in done]
    providers = Counter(result.prediction.provenance.provider_used for result in done)
    return {
        "schema": "1.0",
        "bundle": {"id": manifest.id, "version": manifest.version, "sha256": bundle.sha256},
        "n_cases": len(outcomes),
        "n_failed": len(failed),
        "n_patients": len({row.patient for row in table.cases}) if table.has_patients else None,
        "failures": [_failure(outcome) for outcome in failed],
        "segmentation": segmentation,
        "findings": {
            finding.id: _finding(finding, by_finding[finding.id], done)
            for finding in manifest.findings
            if finding.id in by_finding
        },
        "seconds_per_case": {
            "median": float(np.median(seconds)) if seconds else None,
            "p95": float(np.percentile(seconds, 95)) if seconds else None,
        },
        "provider": ", ".join(sorted(providers)) or None,
        "providers": dict(providers),
        "n_refused": sum(bool(result.prediction.refusals) for result in done),
        "missing_context": dict(Counter(name for result in done for name in result.prediction.missing)),
        "software": dict(done[0].prediction.provenance.software) if done else {},
        "notes": _table_notes(manifest, table)
        + notes
        + _counted(note for result in done for note in result.all_notes),
        "definitions": SUMMARY_DEFINITIONS,
    }


def _failure(failed: FailedCase) -> dict[str, Any]:
    return {
        "case_id": failed.case.id,
        "line": failed.case.line,
        "exit_code": failed.error.exit_code,
        "error": str(failed.error),
    }


def _table_notes(manifest: Manifest, table: CaseTable) -> list[str]:
    notes = list(table.notes)
    _, unknown = _columns_by_finding(manifest.findings, table.findings)
    if unknown:
        columns = ", ".join(f"label.{name}" for name in unknown)
        notes.append(f"The bundle has no finding for the columns {columns}.")
    if not manifest.labels and any(row.mask for row in table.cases):
        notes.append("The bundle has no labels: the masks were not used.")
    return notes


def _segmentation(
    labels: Sequence[LabelDefinition], done: Sequence[CaseResult]
) -> tuple[dict[str, Any], list[str]]:
    compared = [result for result in done if result.figures]
    if not compared:
        return {}, []
    ids, notes = _labels_in_use(labels, compared)
    summary: dict[str, Any] = {}
    for name in dict.fromkeys((*ids, FOREGROUND)):
        having = [result for result in compared if name in result.figures]
        if having:
            figures = [result.figures[name] for result in having]
            summary[name] = summarize_segmentation(figures, [result.case.patient for result in having])
    with_labels = [result for result in compared if result.labels_compared]
    averaged = ids if with_labels else [FOREGROUND]
    cases = with_labels or compared
    means = [mean_of_labels([result.figures[name] for name in averaged]) for result in cases]
    patients = [result.case.patient for result in cases]
    # a bundle may call a label "mean": its own figures stay then
    summary.setdefault(MEAN, {"labels": averaged, **summarize_segmentation(means, patients)})
    return summary, notes


def _labels_in_use(
    labels: Sequence[LabelDefinition], compared: Sequence[CaseResult]
) -> tuple[list[str], list[str]]:
    """Ids of the labels that some mask holds; a label that nobody drew can not be judged."""
    drawn = []
    for label in labels:
        figures = [result.figures[label.id] for result in compared if label.id in result.figures]
        if any(not item.empty_reference for item in figures):
            drawn.append(label.id)
    absent = [label.id for label in labels if label.id not in drawn]
    if not drawn:
        return [label.id for label in labels], []
    if not absent:
        return drawn, []
    return drawn, [f"No mask holds the labels {', '.join(absent)}: they were not judged by themselves."]


def _finding(finding: FindingDefinition, column: str, done: Sequence[CaseResult]) -> dict[str, Any]:
    labeled = [result for result in done if column in result.case.labels]
    given = [(result, _highest(finding, result.prediction, "probability")) for result in labeled]
    known = [(result, value) for result, value in given if value is not None]
    summary = summarize_finding(
        [result.case.labels[column] for result, _ in known],
        [value for _, value in known],
        [result.case.patient for result, _ in known],
        finding.threshold,
    )
    return {**summary, "n_without_probability": len(given) - len(known)}


def _highest(finding: FindingDefinition, prediction: Prediction, name: str) -> float | None:
    """Highest value of a finding, which may be there once for either side."""
    values = [
        getattr(item, name)
        for item in prediction.findings
        if item.id in (finding.id, f"f-{finding.id}") or item.concept == finding.concept
    ]
    return max((float(value) for value in values if value is not None), default=None)


def _columns_by_finding(
    findings: Sequence[FindingDefinition], columns: Sequence[str]
) -> tuple[dict[str, str], list[str]]:
    """Column of each finding id, by id or name without regard to case, and the columns that are no
    finding.
    """
    found, unknown = {}, []
    for column in columns:
        for finding in findings:
            if _plain(column) in {_plain(text) for text in (finding.id, *finding.name.values())}:
                found[finding.id] = column
                break
        else:
            unknown.append(column)
    return found, unknown


def _plain(text: str) -> str:
    return re.sub(r"[\s_-]+", " ", text).strip().casefold()


def _counted(notes: Iterable[str]) -> list[str]:
    """The commonest sentences, each once, with the number of cases that it holds for."""
    counts = Counter(notes)
    shown = [
        f"{note} ({count} cases)" if count > 1 else note for note, count in counts.most_common(_MOST_NOTES)
    ]
    more = len(counts) - len(shown)
    return [*shown, f"{more} more notes are in predictions.csv."] if more else shown


def write_predictions(
    path: Path, manifest: Manifest, table: CaseTable, outcomes: Sequence[CaseResult | FailedCase]
) -> None:
    """Write a row for each case: figures by label, scores and probabilities by finding, or what went wrong.

    Six digits; ``inf`` is the distance where exactly one of both masks is empty; a cell is empty where there
    is no value.
    """
    by_finding, _ = _columns_by_finding(manifest.findings, table.findings)
    rows = [_row(outcome, manifest, by_finding) for outcome in outcomes]
    columns = list(dict.fromkeys(column for row in rows for column in row))
    columns.sort(key=lambda name: name in _LAST_COLUMNS)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _row(
    outcome: CaseResult | FailedCase, manifest: Manifest, by_finding: Mapping[str, str]
) -> dict[str, str]:
    row = {"case_id": outcome.case.id}
    if isinstance(outcome, CaseResult):
        for name, figures in outcome.figures.items():
            for metric in ("dice", "iou", "hd95_mm", "assd_mm", "nsd"):
                row[f"{metric}.{name}"] = _cell(getattr(figures, metric))
    for finding in manifest.findings:
        if isinstance(outcome, CaseResult):
            for name in ("score", "probability"):
                row[f"{name}.{finding.id}"] = _cell(_highest(finding, outcome.prediction, name))
        if finding.id in by_finding:
            row[f"label.{finding.id}"] = str(outcome.case.labels.get(by_finding[finding.id], ""))
    if isinstance(outcome, FailedCase):
        return {**row, "error": str(outcome.error)}
    return {
        **row,
        "seconds": f"{outcome.seconds:.4f}",
        "provider": outcome.prediction.provenance.provider_used,
        "missing": " ".join(outcome.prediction.missing),
        "notes": " ".join(outcome.all_notes),
        "error": "",
    }


def _cell(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"
