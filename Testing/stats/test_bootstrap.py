"""Bootstrap intervals of a mean."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from MedMMSlicerLib.errors import InputError, UsageError
from MedMMSlicerLib.stats.bootstrap import bootstrap_mean_interval
from scipy import stats


def test_same_cases_same_interval():
    values = np.random.default_rng(0).random(60)
    assert bootstrap_mean_interval(values) == bootstrap_mean_interval(values.copy())
    assert bootstrap_mean_interval(values) != bootstrap_mean_interval(values, seed=1)


@pytest.mark.parametrize("method", ["bca", "percentile"])
def test_normal_values_give_the_normal_interval(method):
    values = np.random.default_rng(4).normal(10, 2, 400)
    margin = 1.96 * values.std(ddof=1) / 20
    low, high = bootstrap_mean_interval(values, method=method)
    assert low == pytest.approx(values.mean() - margin, abs=0.1 * margin)
    assert high == pytest.approx(values.mean() + margin, abs=0.1 * margin)


@pytest.mark.parametrize("method", ["bca", "percentile"])
def test_coverage(method):
    rng = np.random.default_rng(9)
    held = 0
    for trial in range(200):
        low, high = bootstrap_mean_interval(rng.normal(size=40), method=method, replicates=500, seed=trial)
        held += low <= 0 <= high
    assert 0.88 <= held / 200 <= 0.99


def test_bca_follows_the_skew():
    values = np.random.default_rng(1).exponential(1, 40)
    percentile = bootstrap_mean_interval(values, method="percentile")
    corrected = bootstrap_mean_interval(values, method="bca")
    assert corrected[0] > percentile[0]
    assert corrected[1] > percentile[1]


def test_bca_against_scipy():
    values = np.random.default_rng(12).lognormal(0, 1.2, 14)
    expected = stats.bootstrap(
        (values,), np.mean, n_resamples=40000, method="BCa", rng=np.random.default_rng(0)
    ).confidence_interval
    found = bootstrap_mean_interval(values, replicates=40000)
    width = expected.high - expected.low
    assert found == pytest.approx((expected.low, expected.high), abs=0.015 * width)


def test_patients_are_drawn_whole():
    rng = np.random.default_rng(6)
    effect = rng.normal(size=50)
    values = np.repeat(effect, 4)
    patients = np.repeat(np.arange(50), 4)
    width = np.diff(bootstrap_mean_interval(values, patients))[0]
    naive = np.diff(bootstrap_mean_interval(values))[0]
    once = np.diff(bootstrap_mean_interval(effect))[0]
    assert width == pytest.approx(once, rel=1e-9)
    assert width > 1.7 * naive


def test_patients_with_many_cases_weigh_more():
    values = [0.0] * 9 + [1.0] * 3 + [0.5]
    low, high = bootstrap_mean_interval(values, list("aaaaaaaaabbbc"), method="percentile")
    assert (low, high) == (0.0, 1.0)


def test_nothing_varies():
    assert bootstrap_mean_interval([0.7]) is None
    assert bootstrap_mean_interval([0.7, 0.9], ["one", "one"]) is None
    assert bootstrap_mean_interval([0.7] * 5) == pytest.approx((0.7, 0.7))


@settings(deadline=None, max_examples=50)
@given(st.lists(st.floats(0, 1), min_size=2, max_size=20), st.sampled_from(["bca", "percentile"]))
def test_interval_lies_within_the_values(values, method):
    low, high = bootstrap_mean_interval(values, replicates=200, method=method)
    assert min(values) - 1e-9 <= low <= high <= max(values) + 1e-9


@pytest.mark.parametrize("values", [[0.0, 4.6e-153], [0.0] * 99 + [1.0], [0.9] * 60 + [0.0]])
def test_extreme_skew_stays_within_the_values(values):
    for level in (0.95, 0.999):
        low, high = bootstrap_mean_interval(values, level=level)
        assert min(values) <= low <= np.mean(values) <= high <= max(values) + 1e-12


def test_bad_input():
    with pytest.raises(InputError, match="finite"):
        bootstrap_mean_interval([1, np.inf])
    with pytest.raises(InputError, match="1 patients were given for 2"):
        bootstrap_mean_interval([1, 2], ["a"])
    with pytest.raises(UsageError, match="magic"):
        bootstrap_mean_interval([1, 2], method="magic")
