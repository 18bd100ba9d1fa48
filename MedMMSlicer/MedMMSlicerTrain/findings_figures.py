"""Figures of the card that ``medmm evaluate`` does not give: baselines, subgroups, reliability."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from MedMMSlicerLib.stats.calibration import (
    expected_calibration_error,
    fit_platt,
    reliability_curve,
    sigmoid,
)
from MedMMSlicerLib.stats.proportions import confusion_counts
from MedMMSlicerLib.stats.roc import delong, roc_curve
from numpy.typing import NDArray

from .findings_data import Dataset
from .findings_linear import Floats, fit_logistic, group_weights
from .findings_recipe import FindingsRecipe, Source

__all__ = [
    "OperatingPoint",
    "area_figures",
    "baseline_figures",
    "calibrate",
    "cross_fitted",
    "reliability_picture",
    "subgroup_figures",
]

MIDDLE_AGE_YEARS = 50.0
PROBE_PENALTY = 100.0


@dataclass(frozen=True)
class OperatingPoint:
    """Calibration (probability = sigmoid(slope * score + intercept)) and threshold, from unseen patients.

    ``ece``: expected calibration error, see `calibrate`.
    """

    slope: float
    intercept: float
    threshold: float
    sensitivity: float
    specificity: float
    ece: float


def cross_fitted(labels: NDArray[Any], scores: NDArray[Any], fold: NDArray[np.int64]) -> NDArray[Any]:
    """Probabilities (N,), each by Platt calibration on the other folds."""
    chances = np.zeros(len(labels))
    for part in np.unique(fold):
        slope, intercept = fit_platt(labels[fold != part].astype(int), scores[fold != part])
        chances[fold == part] = sigmoid(slope * scores[fold == part] + intercept)
    return chances


def calibrate(
    labels: NDArray[Any], scores: NDArray[Any], sensitivity: float, fold: NDArray[np.int64] | None = None
) -> OperatingPoint:
    """Platt calibration, and the highest threshold that reaches ``sensitivity``.

    Parameters
    ----------
    labels, scores : ndarray, shape (N,)
        Scores of models that did not see the patient.
    fold : ndarray of int, shape (N,), optional
        For the calibration error of probabilities that were calibrated on the other folds. Without it, or
        with a single fold, the error is that on the very scores of the calibration.
    """
    truth = labels.astype(int)
    slope, intercept = fit_platt(truth, scores)
    chances = sigmoid(slope * scores + intercept)
    curve = roc_curve(truth, chances)
    first = int(np.flatnonzero(curve.sensitivity >= sensitivity)[0])
    threshold = float(np.clip(curve.thresholds[first], 0.001, 0.999))
    # One part in a million below, so that rounding on the way does not lose the case on the threshold.
    threshold = round(threshold - 1e-6, 6)
    counts = confusion_counts(truth, chances, threshold)
    crossed = fold is not None and len(np.unique(fold)) > 1
    judged = cross_fitted(labels, scores, fold) if fold is not None and crossed else chances
    return OperatingPoint(
        slope,
        intercept,
        threshold,
        float(counts.sensitivity or 0.0),
        float(counts.specificity or 0.0),
        expected_calibration_error(truth, judged),
    )


def area_figures(
    labels: NDArray[Any], scores: NDArray[Any], groups: NDArray[np.str_]
) -> dict[str, Any] | None:
    """Area with interval and numbers over the known labels; None if a class has fewer than two."""
    known = np.isfinite(labels)
    truth = labels[known].astype(int)
    if min(truth.sum(), len(truth) - truth.sum()) < 2:
        return None
    estimate = delong(truth, scores[known], groups[known])
    return {
        "auc": estimate.auc,
        "auc_ci95": list(estimate.interval()),
        "positives": int(truth.sum()),
        "n": len(truth),
    }


def metadata_features(dataset: Dataset, source: Source) -> Floats:
    """Age in decades, sex, view of the source's rows (N, columns), as far as its subgroups name them."""
    rows = [row for row, name in zip(dataset.rows, dataset.sources) if name == source.name]
    columns = []
    for name, column in source.subgroups.items():
        texts = [row[column].strip() for row in rows]
        if name == "age":
            columns.append(np.array([float(text) / 10 if text else np.nan for text in texts]))
        else:
            first = sorted(set(texts))[0]
            columns.append(np.array([float(text == first) for text in texts]))
    matrix = np.stack(columns, axis=1)
    matrix = np.where(np.isnan(matrix), np.nanmean(matrix, axis=0), matrix)
    return np.asarray(matrix - matrix.mean(axis=0))


def baseline_figures(
    dataset: Dataset,
    judged: Sequence[NDArray[np.int64]],
    recipe: FindingsRecipe,
    features: dict[str, Floats],
    source: Source,
) -> dict[str, dict[str, Any]]:
    """Areas of logistic regressions on other features on the judged images.

    Parameters
    ----------
    judged : sequence of ndarray of int
        Parts of the images; each is scored by a fit on all images outside of it.
    features : dict of ndarray, shape (n, D)
        Of the rows of ``source``; ``metadata`` is added.
    """
    mine = np.flatnonzero(dataset.sources == source.name)
    parts = [np.isin(mine, part) for part in judged]
    features = {**features, **({"metadata": metadata_features(dataset, source)} if source.subgroups else {})}
    results: dict[str, dict[str, Any]] = {}
    for kind, matrix in features.items():
        results[kind] = {}
        penalty = 1.0 if kind == "metadata" else PROBE_PENALTY
        for column, name in enumerate(recipe.findings):
            labels = dataset.targets[mine, column].astype(np.float64)
            scores = np.full(len(mine), np.nan)
            for part in parts:
                train = ~part & np.isfinite(labels)
                if len(np.unique(labels[train])) == 2:
                    weights = group_weights(dataset.patients[mine][train])
                    scores[part] = fit_logistic(matrix[train], labels[train], penalty, weights).scores(
                        matrix[part]
                    )
            known = np.isfinite(scores)
            figure = area_figures(labels[known], scores[known], dataset.patients[mine][known])
            if figure:
                results[kind][name] = figure
    return results


def subgroup_figures(
    dataset: Dataset, indices: NDArray[np.int64], scores: NDArray[Any], recipe: FindingsRecipe, source: Source
) -> list[dict[str, Any]]:
    """Areas per subgroup and finding on images that their member did not see."""
    rows = [dataset.rows[index] for index in indices]
    figures = []
    for name, column in source.subgroups.items():
        texts = [row[column].strip() for row in rows]
        if name == "age":
            texts = [
                ""
                if not t
                else f"below {MIDDLE_AGE_YEARS:g}"
                if float(t) < MIDDLE_AGE_YEARS
                else f"{MIDDLE_AGE_YEARS:g} and more"
                for t in texts
            ]
        for value in sorted(set(texts) - {""}):
            part = np.array([text == value for text in texts])
            areas = {
                finding: area_figures(
                    dataset.targets[indices[part], number],
                    scores[part, number],
                    dataset.patients[indices[part]],
                )
                for number, finding in enumerate(recipe.findings)
            }
            figures.append({"group": name, "value": value, "n": int(part.sum()), "areas": areas})
    return figures


def reliability_picture(
    names: Sequence[str], labels: Sequence[NDArray[Any]], probabilities: Sequence[NDArray[Any]]
) -> bytes:
    """Reliability diagrams side by side, PNG."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    columns = min(4, len(names))
    lines = -(-len(names) // columns)
    figure = Figure(figsize=(2.6 * columns, 2.7 * lines), layout="constrained")
    FigureCanvasAgg(figure)
    for index, (name, truth, chances) in enumerate(zip(names, labels, probabilities)):
        axes = figure.add_subplot(lines, columns, index + 1)
        curve = reliability_curve(truth.astype(int), chances, binning="equal-mass", bins=8)
        axes.plot([0, 1], [0, 1], color="0.7", linewidth=1)
        axes.plot([b.mean_probability for b in curve], [b.observed for b in curve], "o-", markersize=4)
        axes.set_title(f"{name} (n = {len(truth)})", fontsize=9)
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1)
        axes.tick_params(labelsize=7)
        axes.set_xlabel("probability", fontsize=8)
        axes.set_ylabel("observed share", fontsize=8)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110)
    return buffer.getvalue()
