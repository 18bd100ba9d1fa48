"""Figures of single cases brought together into what ``metrics.json`` states.

Every number is finite or None. Intervals are 95 %: bootstrap (BCa, patients drawn where they are known) for
means, DeLong or Obuchowski for areas, Wilson for sensitivity and specificity.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import InputError
from .bootstrap import bootstrap_mean_interval
from .calibration import brier_score, expected_calibration_error
from .proportions import confusion_counts
from .roc import auc, delong
from .segmentation import METRIC_DEFINITIONS, SegmentationMetrics

__all__ = [
    "SUMMARY_DEFINITIONS",
    "CaseFigures",
    "figures_of_case",
    "mean_of_labels",
    "summarize_finding",
    "summarize_segmentation",
    "summarize_values",
]

SUMMARY_DEFINITIONS = {
    **{name: METRIC_DEFINITIONS[name] for name in ("dice", "iou", "hd95_mm", "assd_mm", "nsd")},
    "mean": "of a case over the labels of the bundle, then over cases; the distance of a case is "
    "infinite if that of a label is",
    "foreground": "union of the labels of the bundle against union of the labels of the mask",
    "distances": "mean and ci95 over the cases with a finite distance, median over all; n_infinite counts "
    "the cases in which exactly one of both masks is empty",
    "ci95": "of a mean: BCa bootstrap, whole patients drawn where patient_id is given",
    "auc": "empirical area under the ROC curve, ties one half",
    "auc_ci95": "DeLong's variance; with patient_id Obuchowski's for several images a patient",
    "sensitivity": "at the bundle's threshold (called positive at or above it), interval by Wilson",
    "specificity": "at the bundle's threshold (called negative below it), interval by Wilson",
    "brier": "mean squared difference of probability and label",
    "ece": "expected calibration error of the positive class, 10 bins of equal width",
    "ece_equal_mass": "expected calibration error of the positive class, 10 bins of equally many cases",
    "seconds_per_case": "wall time of reading the image and predicting; the first case includes opening the "
    "network",
}
"""What the figures mean, stored beside them."""


@dataclass(frozen=True)
class CaseFigures:
    """What one case says about one label. Distances are None where the image states no spacing."""

    dice: float
    iou: float
    hd95_mm: float | None
    assd_mm: float | None
    nsd: float | None
    empty_reference: bool
    empty_prediction: bool


def figures_of_case(metrics: SegmentationMetrics, *, spacing_known: bool) -> CaseFigures:
    """Keep what may be reported: no distances in mm where the image states no spacing."""
    return CaseFigures(
        dice=metrics.dice,
        iou=metrics.iou,
        hd95_mm=metrics.hd95_mm if spacing_known else None,
        assd_mm=metrics.assd_mm if spacing_known else None,
        nsd=metrics.nsd if spacing_known else None,
        empty_reference=metrics.reference_voxels == 0,
        empty_prediction=metrics.predicted_voxels == 0,
    )


def mean_of_labels(figures: Sequence[CaseFigures]) -> CaseFigures:
    """Mean over the labels of one case; at least one label."""
    return CaseFigures(
        dice=float(np.mean([item.dice for item in figures])),
        iou=float(np.mean([item.iou for item in figures])),
        hd95_mm=_mean_or_none([item.hd95_mm for item in figures]),
        assd_mm=_mean_or_none([item.assd_mm for item in figures]),
        nsd=_mean_or_none([item.nsd for item in figures]),
        empty_reference=all(item.empty_reference for item in figures),
        empty_prediction=all(item.empty_prediction for item in figures),
    )


def summarize_values(values: Sequence[float], groups: Sequence[str]) -> dict[str, Any]:
    """Mean, median and 95 % interval of the mean. ``groups`` names the patient of each value.

    Infinite values count for the median only, and are counted; a figure that they make infinite is None.
    """
    numbers = np.asarray(values, np.float64)
    finite = np.isfinite(numbers)
    interval = bootstrap_mean_interval(numbers[finite], np.asarray(groups)[finite]) if finite.any() else None
    middle = float(np.median(numbers)) if numbers.size else math.inf
    summary: dict[str, Any] = {
        "mean": float(numbers[finite].mean()) if finite.any() else None,
        "median": middle if math.isfinite(middle) else None,
        "ci95": list(interval) if interval else None,
        "n": int(finite.sum()),
    }
    if not finite.all():
        summary["n_infinite"] = int((~finite).sum())
    return summary


def summarize_segmentation(figures: Sequence[CaseFigures], groups: Sequence[str]) -> dict[str, Any]:
    """Summary of one label over its cases; ``groups`` names the patient of each."""
    summary: dict[str, Any] = {
        "n": len(figures),
        "n_empty_reference": sum(item.empty_reference for item in figures),
        "n_empty_prediction": sum(item.empty_prediction for item in figures),
    }
    for name in ("dice", "iou", "hd95_mm", "assd_mm", "nsd"):
        pairs = [(getattr(item, name), group) for item, group in zip(figures, groups)]
        known = [(value, group) for value, group in pairs if value is not None]
        if known:
            summary[name] = summarize_values([value for value, _ in known], [group for _, group in known])
        else:
            summary[name] = None
    return summary


def summarize_finding(
    labels: Sequence[int], probabilities: Sequence[float], groups: Sequence[str], threshold: float
) -> dict[str, Any]:
    """Summary of one finding: discrimination, calls at ``threshold`` and calibration.

    Parameters
    ----------
    labels : (n,) of 0 and 1
    probabilities : (n,) float
        0 to 1.
    groups : (n,) of str
        Patient of each case.
    threshold : float
    """
    positives = int(sum(labels))
    summary: dict[str, Any] = {"n": len(labels), "positives": positives, "negatives": len(labels) - positives}
    summary |= _area(labels, probabilities, groups)
    counts = confusion_counts(labels, probabilities, threshold)
    summary |= {
        "threshold": threshold,
        "sensitivity": counts.sensitivity,
        "sensitivity_ci95": _listed(counts.sensitivity_interval),
        "specificity": counts.specificity,
        "specificity_ci95": _listed(counts.specificity_interval),
        "brier": None,
        "ece": None,
        "ece_equal_mass": None,
    }
    if labels:
        summary["brier"] = brier_score(labels, probabilities)
        summary["ece"] = expected_calibration_error(labels, probabilities)
        summary["ece_equal_mass"] = expected_calibration_error(labels, probabilities, binning="equal-mass")
    return summary


def _area(labels: Sequence[int], probabilities: Sequence[float], groups: Sequence[str]) -> dict[str, Any]:
    missing = [name for name, value in (("positive", 1), ("negative", 0)) if value not in labels]
    if missing:
        reason = f"no {' and no '.join(missing)} case"
        return {"auc": None, "auc_ci95": None, "auc_reason": reason}
    try:
        estimate = delong(labels, probabilities, groups)
    except InputError as error:
        return {"auc": auc(labels, probabilities), "auc_ci95": None, "auc_reason": str(error)}
    return {"auc": estimate.auc, "auc_ci95": list(estimate.interval())}


def _mean_or_none(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if len(known) == len(values) else None


def _listed(interval: tuple[float, float] | None) -> list[float] | None:
    return list(interval) if interval else None
