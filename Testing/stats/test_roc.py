"""ROC analysis against pROC's published figures, brute force and the bootstrap."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from MedMMSlicerLib.errors import InputError
from MedMMSlicerLib.stats.roc import (
    AucEstimate,
    auc,
    delong,
    delong_covariance,
    paired_delong_test,
    roc_curve,
    unpaired_delong_test,
)

MARKERS = ("wfns", "s100b", "ndka")


@pytest.fixture(scope="module")
def asah() -> dict[str, np.ndarray]:
    with (Path(__file__).parent / "data" / "asah.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    columns = {name: np.array([float(row[name]) for row in rows]) for name in MARKERS}
    return {"labels": np.array([int(row["poor_outcome"]) for row in rows]), **columns}


# pROC (xrobin/pROC at ee2877e), tests/testthat/test-{roc.test,ci.auc,var,cov}.R
AREAS = {"wfns": 0.8236788617886179, "s100b": 0.7313685636856369, "ndka": 0.6119579945799458}
VARIANCES = {"wfns": 0.00146991470882363, "s100b": 0.00266868245717244, "ndka": 0.0031908105493913}
COVARIANCES = {
    ("wfns", "ndka"): -0.000532967856762438,
    ("ndka", "s100b"): -0.000756164938056579,
    ("s100b", "wfns"): 0.00119615567376754,
}
INTERVALS = {
    "ndka": (0.501244999271703, 0.722670989888189),
    "wfns": (0.7485348878194529, 0.898822835757783),
    "s100b": (0.6301182117616226, 0.8326189156096511),
}
PAIRED = {
    ("wfns", "s100b"): (2.20898359144091, 0.0271757822291882, (0.0104061769564846, 0.174214419249478)),
    ("wfns", "ndka"): (2.79777591868904, 0.00514557970691098, (0.0634011709339876, 0.3600405634833566)),
    ("ndka", "s100b"): (-1.39077002573558, 0.164295175223054, (-0.2876917446341914, 0.0488706064228094)),
}
UNPAIRED = {
    ("wfns", "s100b"): (1.43490640926908, 0.152825378808796),
    ("wfns", "ndka"): (3.10125096778969, 0.00220950791756457),
    ("ndka", "s100b"): (-1.55995743389685, 0.120192832430845),
}


@pytest.mark.parametrize("marker", MARKERS)
def test_delong_of_the_published_markers(asah, marker):
    found = delong(asah["labels"], asah[marker])
    assert (found.positives, found.negatives) == (41, 72)
    assert found.auc == pytest.approx(AREAS[marker], abs=1e-14)
    assert found.variance == pytest.approx(VARIANCES[marker], rel=1e-12)
    assert found.interval() == pytest.approx(INTERVALS[marker], abs=1e-12)
    assert auc(asah["labels"], asah[marker]) == found.auc


def test_covariance(asah):
    areas, covariance = delong_covariance(asah["labels"], [asah[name] for name in MARKERS])
    assert areas == pytest.approx([AREAS[name] for name in MARKERS])
    assert np.diag(covariance) == pytest.approx([VARIANCES[name] for name in MARKERS])
    for (first, second), value in COVARIANCES.items():
        found = covariance[MARKERS.index(first), MARKERS.index(second)]
        assert found == pytest.approx(value, rel=1e-11)


@pytest.mark.parametrize("pair", PAIRED)
def test_paired(asah, pair):
    found = paired_delong_test(asah["labels"], asah[pair[0]], asah[pair[1]])
    statistic, p_value, interval = PAIRED[pair]
    assert found.statistic == pytest.approx(statistic, rel=1e-12)
    assert found.p_value == pytest.approx(p_value, rel=1e-11)
    assert found.ci95 == pytest.approx(interval, abs=1e-12)


@pytest.mark.parametrize("pair", UNPAIRED)
def test_unpaired(asah, pair):
    estimates = [delong(asah["labels"], asah[name]) for name in pair]
    found = unpaired_delong_test(*estimates)
    assert (found.statistic, found.p_value) == pytest.approx(UNPAIRED[pair], rel=1e-10)
    assert found.ci95[0] < found.difference < found.ci95[1]


def test_identical_curves(asah):
    found = paired_delong_test(asah["labels"], asah["ndka"], asah["ndka"] * 2 + 1)
    assert (found.statistic, found.p_value) == (0, 1)


def test_perfect_against_worthless_without_variance():
    labels = [0, 0, 1, 1]
    found = paired_delong_test(labels, [1, 2, 3, 4], [1, 1, 1, 1])
    assert (found.statistic, found.p_value, found.difference) == (math.inf, 0, 0.5)
    estimates = [AucEstimate(1.0, 0.0, 2, 2), AucEstimate(0.5, 0.0, 2, 2)]
    assert unpaired_delong_test(*estimates).p_value == 0


def test_metrics_reloaded_auroc():
    # MetricsReloaded (cb38dfc): figures of the pitfalls paper, two decimals
    area = auc([0, 0, 0, 1, 1, 1], [0.21, 0.35, 0.63, 0.92, 0.32, 0.79])
    assert area == pytest.approx(0.78, abs=0.005)


def test_logit_interval_by_hand():
    estimate = AucEstimate(0.9, 0.0016, 30, 30)
    low, high = estimate.interval(logit=True)
    center, margin = math.log(9), 1.959963984540054 * 0.04 / 0.09
    assert math.log(low / (1 - low)) == pytest.approx(center - margin)
    assert math.log(high / (1 - high)) == pytest.approx(center + margin)
    assert AucEstimate(1.0, 0.0, 5, 5).interval(logit=True) == (1.0, 1.0)
    assert AucEstimate(0.97, 0.01, 5, 5).interval()[1] == 1.0


samples = st.lists(
    st.tuples(st.integers(0, 1), st.sampled_from([-math.inf, -2.0, 0.0, 0.25, 0.5, 1.0, 3.0, math.inf])),
    min_size=2,
    max_size=30,
).filter(lambda rows: len({label for label, _ in rows}) == 2)


@given(samples)
def test_area_against_counting_pairs(rows):
    hits = [score for label, score in rows if label]
    misses = [score for label, score in rows if not label]
    counted = np.mean([(hit > miss) + (hit == miss) / 2 for hit in hits for miss in misses])
    labels, scores = zip(*rows)
    assert auc(labels, scores) == pytest.approx(counted)
    opposite = auc([1 - label for label in labels], scores)
    assert opposite == pytest.approx(1 - counted)


@given(samples)
def test_curve_points_are_operating_points(rows):
    labels, scores = (np.array(column) for column in zip(*rows))
    curve = roc_curve(labels, scores)
    # the first point calls nothing positive: its threshold lies above every score, infinite ones too
    for threshold, sensitivity, specificity in list(
        zip(curve.thresholds, curve.sensitivity, curve.specificity)
    )[1:]:
        called = scores >= threshold
        assert sensitivity == pytest.approx(called[labels == 1].mean())
        assert specificity == pytest.approx(1 - called[labels == 0].mean())
    assert (curve.sensitivity[0], curve.specificity[0]) == (0, 1)
    assert (curve.sensitivity[-1], curve.specificity[-1]) == (1, 0)
    assert (np.diff(curve.sensitivity) >= 0).all()
    assert np.trapezoid(curve.sensitivity, 1 - curve.specificity) == pytest.approx(auc(labels, scores))


def test_delong_agrees_with_the_bootstrap():
    rng = np.random.default_rng(11)
    labels = rng.integers(0, 2, 200)
    scores = np.round(rng.normal(labels * 0.9), 1)
    found = delong(labels, scores)
    areas = []
    for _ in range(1000):
        drawn = rng.integers(0, 200, 200)
        areas.append(auc(labels[drawn], scores[drawn]))
    assert math.sqrt(found.variance) == pytest.approx(np.std(areas), rel=0.1)


def test_one_case_a_patient_is_delong():
    rng = np.random.default_rng(5)
    labels, scores = rng.integers(0, 2, 60), rng.integers(0, 9, 60)
    plain, grouped = delong(labels, scores), delong(labels, scores, rng.permutation(60))
    assert grouped.variance == pytest.approx(plain.variance, rel=1e-12)
    assert grouped.auc == plain.auc


def test_patients_agree_with_a_bootstrap_of_patients():
    rng = np.random.default_rng(8)
    patients = np.repeat(np.arange(120), 3)
    labels = rng.integers(0, 2, 120)[patients]
    scores = labels + rng.normal(size=120)[patients] + 0.5 * rng.normal(size=360)
    found = delong(labels, scores, patients)
    areas = []
    members = [np.flatnonzero(patients == patient) for patient in range(120)]
    for _ in range(1000):
        drawn = np.concatenate([members[i] for i in rng.integers(0, 120, 120)])
        areas.append(auc(labels[drawn], scores[drawn]))
    assert math.sqrt(found.variance) == pytest.approx(np.std(areas), rel=0.1)
    assert found.variance > 1.5 * delong(labels, scores).variance


def test_what_positives_and_negatives_of_a_patient_share_cancels():
    rng = np.random.default_rng(18)
    patients = np.repeat(np.arange(150), 2)
    labels = np.tile([0, 1], 150)
    scores = labels + 2 * rng.normal(size=150)[patients] + 0.5 * rng.normal(size=300)
    found = delong(labels, scores, patients)
    areas = []
    for _ in range(1000):
        drawn = (2 * rng.integers(0, 150, 150)[:, None] + [0, 1]).ravel()
        areas.append(auc(labels[drawn], scores[drawn]))
    assert math.sqrt(found.variance) == pytest.approx(np.std(areas), rel=0.1)
    assert found.variance < 0.5 * delong(labels, scores).variance


def test_twice_the_same_case_adds_nothing():
    rng = np.random.default_rng(2)
    labels, scores = rng.integers(0, 2, 80), rng.normal(size=80)
    once = delong(labels, scores, np.arange(80))
    twice = delong(np.tile(labels, 2), np.tile(scores, 2), np.tile(np.arange(80), 2))
    assert twice.variance == pytest.approx(once.variance, rel=1e-12)


@pytest.mark.parametrize(
    ("labels", "scores", "reason"),
    [
        ([1, 1], [0.1, 0.2], "positive and .* negative"),
        ([0, 0], [0.1, 0.2], "positive and .* negative"),
        ([0, 2], [0.1, 0.2], "0 or 1"),
        ([0, 1], [0.1, math.nan], "score for every case"),
        ([0, 1], [0.1], "do not fit"),
        ([], [], "positive and .* negative"),
    ],
)
def test_bad_input(labels, scores, reason):
    for function in (auc, roc_curve, delong):
        with pytest.raises(InputError, match=reason):
            function(labels, scores)


def test_a_variance_needs_two_of_each():
    with pytest.raises(InputError, match="at least 2 positive"):
        delong([1, 0, 0], [3, 2, 1])
    with pytest.raises(InputError, match="two patients"):
        delong([1, 1, 0, 0], [4, 3, 2, 1], ["a", "a", "a", "a"])
    with pytest.raises(InputError, match="two with negatives"):
        delong([1, 1, 0, 0], [4, 3, 2, 1], ["a", "b", "c", "c"])
    with pytest.raises(InputError, match="one a case"):
        delong([1, 1, 0, 0], [4, 3, 2, 1], ["a", "b"])
