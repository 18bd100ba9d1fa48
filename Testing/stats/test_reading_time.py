"""Reading times: the effect put in comes out, and what is missing is counted."""

from __future__ import annotations

import numpy as np
import pytest
from MedMMSlicerLib.errors import InputError, UsageError
from MedMMSlicerLib.stats.reading_time import analyze_times
from MedMMSlicerLib.stats.simulation import ReadingTimes, simulate_times

NAMES = ("unaided", "aided")


def test_ratio_of_a_simulated_study():
    truth = ReadingTimes((60.0, 45.0), 0.3, 0.4, 0.25)
    found = analyze_times(simulate_times(truth, 8, 150, 2), NAMES)
    pair = found.comparisons[0]
    assert (pair.first, pair.second, pair.wilcoxon_cases) == ("unaided", "aided", 150)
    assert pair.interval[0] < 60 / 45 < pair.interval[1]
    assert pair.ratio == pytest.approx(60 / 45, rel=0.05)
    assert max(pair.p_value, pair.wilcoxon_p_value) < 1e-6
    spreads = found.standard_deviations
    assert spreads["case"] == pytest.approx(0.4, rel=0.2)
    assert spreads["residual"] == pytest.approx(0.25, rel=0.05)
    assert 0.1 < spreads["reader"] < 0.6
    assert found.tests[0].interval[0] < found.tests[0].geometric_mean_s < found.tests[0].interval[1]
    assert (found.reads, found.without_time) == (2400, 0)


@pytest.mark.slow
def test_intervals_hold_when_readers_gain_differently():
    generator, inside = np.random.default_rng(8), 0
    for seed in range(40):
        times = simulate_times(ReadingTimes((60.0, 50.0), 0.2, 0.2, 0.2), 6, 30, seed)
        times[1] *= np.exp(0.15 * generator.normal(size=6))[:, None]
        low, high = analyze_times(times, NAMES).comparisons[0].interval
        inside += low < 1.2 < high
    assert inside >= 34


def test_geometric_means_by_hand():
    times = simulate_times(ReadingTimes((60.0, 45.0, 30.0)), 5, 20, 4)
    found = analyze_times(times, ("a", "b", "c"))
    for test, row in zip(found.tests, times):
        assert test.geometric_mean_s == pytest.approx(np.exp(np.log(row).mean()))
        assert test.median_s == np.median(row)
    assert [(pair.first, pair.second) for pair in found.comparisons] == [("a", "b"), ("a", "c"), ("b", "c")]


def test_missing_times_are_counted():
    times = simulate_times(ReadingTimes((60.0, 45.0)), 4, 30, 5)
    times[0, 1, :10] = np.nan
    found = analyze_times(times, NAMES)
    assert (found.reads, found.without_time, found.tests[0].reads) == (230, 10, 110)
    planned = np.ones(times.shape, bool)
    planned[0, 1, :10] = False
    assert analyze_times(times, NAMES, planned).without_time == 0


def test_one_reader_and_parallel_readers():
    single = analyze_times(simulate_times(ReadingTimes((60.0, 45.0)), 1, 60, 6), NAMES)
    assert set(single.standard_deviations) == {"case", "residual"}
    times = simulate_times(ReadingTimes((60.0, 45.0)), 10, 40, 7)
    times[0, 5:], times[1, :5] = np.nan, np.nan
    parallel = analyze_times(times, NAMES)
    assert "reader x test" not in parallel.standard_deviations
    assert parallel.comparisons[0].df < 10
    assert parallel.comparisons[0].wilcoxon_p_value is None


def test_bad_times():
    times = simulate_times(ReadingTimes((60.0, 45.0)), 2, 10, 9)
    with pytest.raises(UsageError, match="do not fit"):
        analyze_times(times, ("a",))
    for value in (0.0, -1.0, np.inf):
        wrong = times.copy()
        wrong[0, 0, 0] = value
        with pytest.raises(InputError, match="above 0 seconds"):
            analyze_times(wrong, NAMES)
    times[1] = np.nan
    with pytest.raises(InputError, match="'aided' has no reading time"):
        analyze_times(times, NAMES)
    with pytest.raises(InputError, match="several reads"):
        analyze_times([[[10.0]], [[20.0]]], NAMES)
