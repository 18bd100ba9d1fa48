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

from .findings_data import Dataset, Split
from .findings_linear import Floats, fit_logistic, group_weights
from .findings_recipe import FindingsRecipe, Source

__all__ = [
    "OperatingPoint",
    "area_figures",
    "baseline_figures",
    "calibrate",
    "reliability_picture",
    "subgroup_figures",
    "unseen_metadata_figures",
]

MIDDLE_AGE_YEARS = 50.0
PROBE_PENALTY = 100.0


@dataclass(frozen=True)
class OperatingPoint:
    """Calibration (probability = sigmoid(slope * score + intercept)) and threshold, from unseen patients."""

    slope: float
    intercept: float
    threshold: float
    sensitivity: float
    specificity: float
    ece: float


def calibrate(labels: NDArray[Any], scores: NDArray[Any], sensitivity: float) -> OperatingPoint:
    """Platt calibration, and the highest threshold that reaches ``sensitivity``."""
    truth = labels.astype(int)
    slope, intercept = fit_platt(truth, scores)
    chances = sigmoid(slope * scores + intercept)
    curve = roc_curve(truth, chances)
    first = int(np.flatnonzero(curve.sensitivity >= sensitivity)[0])
    threshold = float(np.clip(curve.thresholds[first], 0.001, 0.999))
    # One part in a million below, so that rounding on the way does not lose the case on the threshold.
    threshold = round(threshold - 1e-6, 6)
    counts = confusion_counts(truth, chances, threshold)
    return OperatingPoint(
        slope,
        intercept,
        threshold,
        float(counts.sensitivity or 0.0),
        float(counts.specificity or 0.0),
        expected_calibration_error(truth, chances),
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
    dataset: Dataset, split: Split, recipe: FindingsRecipe, features: dict[str, Floats], source: Source
) -> dict[str, dict[str, Any]]:
    """Areas on the test patients of logistic regressions on other features, fitted on all other patients.

    Parameters
    ----------
    features : dict of ndarray, shape (n, D)
        Of the rows of ``source``; ``metadata`` is added.
    """
    mine = np.flatnonzero(dataset.sources == source.name)
    test = np.isin(mine, split.test)
    features = {**features, **({"metadata": metadata_features(dataset, source)} if source.subgroups else {})}
    results: dict[str, dict[str, Any]] = {}
    for kind, matrix in features.items():
        results[kind] = {}
        for column, name in enumerate(recipe.findings):
            labels = dataset.targets[mine, column].astype(np.float64)
            known = np.isfinite(labels)
            train = ~test & known
            if len(np.unique(labels[train])) < 2:
                continue
            penalty = 1.0 if kind == "metadata" else PROBE_PENALTY
            weights = group_weights(dataset.patients[mine][train])
            model = fit_logistic(matrix[train], labels[train], penalty, weights)
            figure = area_figures(labels[test], model.scores(matrix[test]), dataset.patients[mine][test])
            if figure:
                results[kind][name] = figure
    return results


def unseen_metadata_figures(
    dataset: Dataset, split: Split, recipe: FindingsRecipe, source: Source
) -> dict[str, Any]:
    """Areas of age, sex and view alone outside of the test, each fold scored by a fit on the other folds."""
    mine = np.flatnonzero(dataset.sources == source.name)
    if not source.subgroups:
        return {}
    matrix, fold = metadata_features(dataset, source), split.fold[mine]
    figures = {}
    for column, name in enumerate(recipe.findings):
        labels = dataset.targets[mine, column].astype(np.float64)
        scores = np.full(len(mine), np.nan)
        for index in range(recipe.split.folds):
            train = (fold >= 0) & (fold != index) & np.isfinite(labels)
            if len(np.unique(labels[train])) == 2:
                model = fit_logistic(
                    matrix[train], labels[train], 1.0, group_weights(dataset.patients[mine][train])
                )
                scores[fold == index] = model.scores(matrix[fold == index])
        known = np.isfinite(scores)
        figures[name] = area_figures(labels[known], scores[known], dataset.patients[mine][known])
    return figures


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
