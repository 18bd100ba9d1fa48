"""Calibration measures by hand, and fits that find what made the data."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from MedMMSlicerLib.errors import InputError, UsageError
from MedMMSlicerLib.stats.calibration import (
    ReliabilityBin,
    brier_score,
    expected_calibration_error,
    fit_platt,
    fit_temperature,
    reliability_curve,
    sigmoid,
)


def test_brier_by_hand():
    assert brier_score([1, 0, 1], [0.9, 0.2, 0.4]) == pytest.approx((0.01 + 0.04 + 0.36) / 3)


def test_reliability_by_hand():
    labels, probabilities = [0, 1, 1, 0, 1], [0.05, 0.06, 0.1, 0.95, 1.0]
    curve = reliability_curve(labels, probabilities)
    assert [item.n for item in curve] == [2, 1, 2]  # 0.1 lies on an edge: upper bin; 1.0 in the last
    assert curve[1] == ReliabilityBin(1, 0.1, 1.0)
    assert curve[2].mean_probability == pytest.approx(0.975)
    expected = (2 * abs(0.055 - 0.5) + 1 * 0.9 + 2 * abs(0.975 - 0.5)) / 5
    assert expected_calibration_error(labels, probabilities) == pytest.approx(expected)


def test_equal_mass_by_hand():
    labels, probabilities = [0, 1, 0, 1], [0.01, 0.02, 0.03, 0.9]
    curve = reliability_curve(labels, probabilities, bins=2, binning="equal-mass")
    assert [item.n for item in curve] == [2, 2]
    assert [item.observed for item in curve] == [0.5, 0.5]
    assert expected_calibration_error(labels, probabilities, 2, "equal-mass") == pytest.approx(
        (abs(0.015 - 0.5) + abs(0.465 - 0.5)) / 2
    )


def test_equal_mass_keeps_ties_together():
    curve = reliability_curve([0, 1, 1, 1], [0.3, 0.3, 0.3, 0.3], bins=4, binning="equal-mass")
    assert curve == (ReliabilityBin(4, pytest.approx(0.3), 0.75),)


cases = st.lists(st.tuples(st.integers(0, 1), st.floats(0, 1)), min_size=1, max_size=40)


@given(cases, st.integers(1, 20), st.sampled_from(["equal-width", "equal-mass"]), st.randoms())
def test_bounds_and_order(rows, bins, binning, random):
    labels, probabilities = zip(*rows)
    error = expected_calibration_error(labels, probabilities, bins, binning)
    assert 0 <= error <= 1
    assert sum(item.n for item in reliability_curve(labels, probabilities, bins, binning)) == len(rows)
    shuffled = list(rows)
    random.shuffle(shuffled)
    labels, probabilities = zip(*shuffled)
    assert expected_calibration_error(labels, probabilities, bins, binning) == pytest.approx(error, abs=1e-12)
    assert 0 <= brier_score(labels, probabilities) <= 1


def test_one_bin_is_the_difference_of_the_means():
    error = expected_calibration_error([0, 1, 1, 1], [0.2, 0.3, 0.4, 0.5], bins=1)
    assert error == pytest.approx(0.75 - 0.35)


def test_perfect_calibration_is_near_zero():
    rng = np.random.default_rng(0)
    probabilities = rng.random(20000)
    labels = (rng.random(20000) < probabilities).astype(int)
    assert expected_calibration_error(labels, probabilities) < 0.015
    assert expected_calibration_error(labels, probabilities**3) > 0.15


def test_sigmoid_far_out():
    assert sigmoid([-1e4, -2, 0, 2, 1e4]) == pytest.approx(
        [0, 1 / (1 + math.e**2), 0.5, 1 / (1 + math.e**-2), 1]
    )


def test_platt_finds_slope_and_intercept():
    rng = np.random.default_rng(1)
    scores = rng.normal(50, 20, 20000)  # far from 0 and wide: the fit has to scale
    labels = (rng.random(20000) < sigmoid(0.08 * scores - 3)).astype(int)
    slope, intercept = fit_platt(labels, scores)
    assert slope == pytest.approx(0.08, rel=0.05)
    assert intercept == pytest.approx(-3, rel=0.08)


def test_platt_of_separated_classes_is_finite():
    slope, intercept = fit_platt([0, 0, 0, 1, 1, 1], [-3, -2, -1, 1, 2, 3])
    assert 0 < slope < 10
    assert intercept == pytest.approx(0, abs=1e-6)


def test_platt_of_constant_scores_is_the_prevalence():
    slope, intercept = fit_platt([0, 0, 0, 1] * 50, [2.0] * 200)
    assert sigmoid(slope * 2 + intercept) == pytest.approx(0.25, abs=0.01)


def test_temperature_finds_the_scale():
    rng = np.random.default_rng(2)
    scores = rng.normal(0, 3, 20000)
    labels = (rng.random(20000) < sigmoid(scores / 2.5)).astype(int)
    assert fit_temperature(labels, scores) == pytest.approx(2.5, rel=0.05)


@pytest.mark.parametrize(
    ("labels", "probabilities"),
    [([], []), ([1], [0.1, 0.2]), ([2], [0.1]), ([1], [1.1]), ([1], [-0.1]), ([1], [math.nan])],
)
def test_bad_probabilities(labels, probabilities):
    for function in (brier_score, expected_calibration_error):
        with pytest.raises(InputError):
            function(labels, probabilities)


@pytest.mark.parametrize(
    ("labels", "scores"), [([1, 1], [1, 2]), ([0, 1], [1, math.inf]), ([0, 1], [1]), ([0, 2], [1, 2])]
)
def test_bad_scores(labels, scores):
    for function in (fit_platt, fit_temperature):
        with pytest.raises(InputError):
            function(labels, scores)


def test_bad_bins():
    with pytest.raises(UsageError):
        reliability_curve([1], [0.5], bins=0)
    with pytest.raises(UsageError):
        reliability_curve([1], [0.5], binning="quantum")
