"""Simulated studies: what is put in comes out, errors of the first kind and power are as planned."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from MedMMSlicerLib.errors import UsageError
from MedMMSlicerLib.stats.mrmc import analyze
from MedMMSlicerLib.stats.mrmc_results import VarianceComponents
from MedMMSlicerLib.stats.power import MrmcPlan, power_of
from MedMMSlicerLib.stats.roc import auc
from MedMMSlicerLib.stats.simulation import ReadingTimes, RoeMetz, simulate_ratings, simulate_times


def test_the_same_seed_gives_the_same_study():
    model = RoeMetz((0.8, 0.9), readers=3, positives=20, negatives=30)
    first, again, other = (simulate_ratings(model, seed) for seed in (1, 1, 2))
    assert np.array_equal(first.ratings, again.ratings)
    assert not np.array_equal(first.ratings, other.ratings)
    assert first.ratings.shape == (2, 3, 50)
    assert (first.tests, first.positive.sum()) == (("test-1", "test-2"), 20)
    assert simulate_ratings(model, 1, ("a", "b")).tests == ("a", "b")


def test_areas_are_those_put_in():
    model = RoeMetz((0.75, 0.9), readers=400, positives=400, negatives=400)
    study = simulate_ratings(model, 4)
    for test, area in enumerate(model.auc):
        found = np.mean([auc(study.positive, row) for row in study.ratings[test]])
        assert found == pytest.approx(area, abs=0.02)


@pytest.mark.parametrize(("scale", "low", "high"), [("five-point", 1, 5), ("0-100", 0, 100)])
def test_scales(scale, low, high):
    model = RoeMetz((0.8, 0.85), scale=scale, positives=300, negatives=300)
    coarse = simulate_ratings(model, 1)
    assert set(np.unique(coarse.ratings)) <= set(range(low, high + 1))
    assert len(np.unique(coarse.ratings)) > (4 if scale == "five-point" else 60)
    fine = simulate_ratings(replace(model, scale="continuous"), 1)
    for rough, exact in zip(coarse.ratings[0], fine.ratings[0]):
        assert auc(fine.positive, rough) == pytest.approx(auc(fine.positive, exact), abs=0.03)


def test_reading_times():
    times = simulate_times(ReadingTimes((60.0, 45.0), 0.2, 0.3, 0.1), 40, 500, 3)
    assert times.shape == (2, 40, 500)
    ratio = np.exp(np.mean(np.log(times[0])) - np.mean(np.log(times[1])))
    assert ratio == pytest.approx(60 / 45, rel=0.01)
    assert np.exp(np.log(times[0]).mean()) == pytest.approx(60, rel=0.15)


@pytest.mark.parametrize(
    "changes",
    [
        {"auc": (1.0, 0.8)},
        {"auc": ()},
        {"readers": 0},
        {"positives": 0},
        {"reader_variance": -1},
        {"case_shares": (0.5, 0.5, 0.5)},
        {"scale": "stars"},
    ],
)
def test_bad_models(changes):
    with pytest.raises(UsageError):
        RoeMetz(**{"auc": (0.8, 0.8)} | changes)


def test_bad_times():
    with pytest.raises(UsageError, match="above 0"):
        ReadingTimes((0.0, 10.0))
    with pytest.raises(UsageError, match="negative"):
        ReadingTimes((10.0,), reader_sd=-1)


def rejections(model: RoeMetz, studies: int, seed: int) -> float:
    found = [
        analyze(simulate_ratings(model, seed + index), covariance="delong").random_readers_random_cases
        for index in range(studies)
    ]
    return float(np.mean([item.overall.p_value < 0.05 for item in found]))


@pytest.mark.slow
@pytest.mark.parametrize("scale", ["continuous", "five-point"])
def test_a_thousand_studies_without_effect(scale):
    share = rejections(RoeMetz((0.85, 0.85), scale=scale), 1000, 10_000)
    assert 0.03 < share < 0.07


@pytest.mark.slow
def test_power_is_the_planned_one():
    pilot = RoeMetz((0.80, 0.87), readers=5, positives=50, negatives=50)
    found = [analyze(simulate_ratings(pilot, seed), covariance="unbiased").components for seed in range(300)]
    names = ("reader", "test_reader", "error", "cov1", "cov2", "cov3")
    mean = {name: float(np.mean([getattr(item, name) for item in found])) for name in names}
    plan = MrmcPlan(VarianceComponents(**mean, cases=100), effect=0.07)
    study = replace(pilot, readers=8, positives=90, negatives=90)
    planned = power_of(plan, 8, 180).power
    assert 0.6 < planned < 0.9
    assert rejections(study, 800, 50_000) == pytest.approx(planned, abs=0.05)
