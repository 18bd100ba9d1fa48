"""Summaries over cases: finite numbers or None, and what is counted."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from MedMMSlicerLib.stats.bootstrap import bootstrap_mean_interval
from MedMMSlicerLib.stats.proportions import wilson_interval
from MedMMSlicerLib.stats.roc import delong
from MedMMSlicerLib.stats.segmentation import segmentation_metrics
from MedMMSlicerLib.stats.summaries import (
    CaseFigures,
    figures_of_case,
    mean_of_labels,
    summarize_finding,
    summarize_segmentation,
    summarize_values,
)


def figures(dice: float, hd95_mm: float | None, **changes) -> CaseFigures:
    values = {"empty_reference": False, "empty_prediction": False} | changes
    return CaseFigures(dice, dice / (2 - dice), hd95_mm, hd95_mm, None if hd95_mm is None else dice, **values)


def test_values():
    values, groups = [0.5, 0.75, 1.0, 0.9], ["a", "b", "c", "c"]
    found = summarize_values(values, groups)
    assert found["mean"] == pytest.approx(np.mean(values))
    assert found["median"] == pytest.approx(0.825)
    assert found["ci95"] == list(bootstrap_mean_interval(values, groups))
    assert found["n"] == 4
    assert "n_infinite" not in found


def test_infinite_distances_are_counted_and_not_hidden():
    found = summarize_values([1.0, 3.0, math.inf], ["a", "b", "c"])
    assert (found["mean"], found["median"], found["n"], found["n_infinite"]) == (2.0, 3.0, 2, 1)
    found = summarize_values([1.0, math.inf, math.inf], ["a", "b", "c"])
    assert (found["mean"], found["median"], found["ci95"]) == (1.0, None, None)
    found = summarize_values([math.inf], ["a"])
    assert (found["mean"], found["median"], found["ci95"], found["n_infinite"]) == (None, None, None, 1)


def test_segmentation_of_cases():
    cases = [figures(0.9, 1.0), figures(0.8, 2.0), figures(0.0, math.inf, empty_prediction=True)]
    found = summarize_segmentation(cases, ["a", "b", "c"])
    assert (found["n"], found["n_empty_prediction"], found["n_empty_reference"]) == (3, 1, 0)
    assert found["dice"]["mean"] == pytest.approx(1.7 / 3)
    assert found["hd95_mm"]["mean"] == 1.5
    assert found["hd95_mm"]["n_infinite"] == 1
    json.dumps(found, allow_nan=False)


def test_no_distances_without_spacing():
    masks = np.zeros((2, 4, 5), bool)
    masks[0, 1, 1] = masks[1, 1, 2] = True
    metrics = segmentation_metrics(*masks, (1, 1))
    assert figures_of_case(metrics, spacing_known=True).hd95_mm == 1.0
    found = summarize_segmentation([figures_of_case(metrics, spacing_known=False)], ["a"])
    assert (found["hd95_mm"], found["assd_mm"], found["nsd"]) == (None, None, None)
    assert found["dice"]["mean"] == 0.0


def test_mean_of_labels():
    found = mean_of_labels([figures(0.8, 1.0), figures(0.6, 2.0)])
    assert (found.dice, found.hd95_mm) == (pytest.approx(0.7), 1.5)
    assert mean_of_labels([figures(0.8, 1.0), figures(0.6, math.inf)]).hd95_mm == math.inf
    assert mean_of_labels([figures(0.8, None), figures(0.6, None)]).hd95_mm is None
    one_empty = mean_of_labels([figures(1, 0, empty_reference=True), figures(1, 0)])
    assert one_empty.empty_reference is False


def test_finding():
    labels, probabilities = [0, 0, 1, 1, 1], [0.1, 0.6, 0.4, 0.7, 0.9]
    groups = list("abcde")
    found = summarize_finding(labels, probabilities, groups, 0.5)
    assert (found["n"], found["positives"], found["negatives"]) == (5, 3, 2)
    estimate = delong(labels, probabilities)
    assert found["auc"] == pytest.approx(5 / 6)
    assert found["auc_ci95"] == pytest.approx(list(estimate.interval()))
    assert found["sensitivity"] == pytest.approx(2 / 3)
    assert found["sensitivity_ci95"] == list(wilson_interval(2, 3))
    assert found["specificity"] == 0.5
    assert found["brier"] == pytest.approx((0.01 + 0.36 + 0.36 + 0.09 + 0.01) / 5)
    assert found["ece"] == pytest.approx((0.1 + 0.6 + 0.6 + 0.3 + 0.1) / 5)
    assert "auc_reason" not in found


@pytest.mark.parametrize(
    ("labels", "reason"),
    [([1, 1], "no negative case"), ([0, 0], "no positive case"), ([], "no positive and no negative case")],
)
def test_a_finding_of_one_class_has_no_area_and_says_why(labels, reason):
    found = summarize_finding(labels, [0.2] * len(labels), list("ab")[: len(labels)], 0.5)
    assert (found["auc"], found["auc_ci95"], found["auc_reason"]) == (None, None, reason)
    assert (found["sensitivity"] is None) == (1 not in labels)
    assert (found["specificity"] is None) == (0 not in labels)
    assert (found["brier"] is None) == (not labels)
    json.dumps(found, allow_nan=False)


def test_an_area_without_an_interval_says_why():
    found = summarize_finding([1, 0, 0], [0.9, 0.2, 0.1], list("abc"), 0.5)
    assert found["auc"] == 1.0
    assert found["auc_ci95"] is None
    assert "at least 2 positive" in found["auc_reason"]


def test_patients_widen_the_interval():
    rng = np.random.default_rng(0)
    labels = np.repeat(rng.integers(0, 2, 30), 4).tolist()
    probabilities = np.clip(np.repeat(rng.random(30), 4) * 0.5 + np.array(labels) * 0.3, 0, 1).tolist()
    apart = summarize_finding(labels, probabilities, [str(i) for i in range(120)], 0.5)
    together = summarize_finding(labels, probabilities, [str(i // 4) for i in range(120)], 0.5)
    assert together["auc"] == apart["auc"]
    assert np.diff(together["auc_ci95"]) > 1.5 * np.diff(apart["auc_ci95"])
