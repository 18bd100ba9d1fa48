"""Accuracy of calls, clustered shares, several tests at once, preferences, and more on agreement."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from MedMMSlicerLib.errors import InputError, UsageError
from MedMMSlicerLib.stats.accuracy import diagnostic_accuracy
from MedMMSlicerLib.stats.agreement import fleiss_kappa, fleiss_kappa_estimate, mcnemar_test
from MedMMSlicerLib.stats.clustered import clustered_difference, clustered_proportion
from MedMMSlicerLib.stats.icc import intraclass_correlation
from MedMMSlicerLib.stats.multiplicity import adjust
from MedMMSlicerLib.stats.preference import preference_share
from MedMMSlicerLib.stats.proportions import clopper_pearson_interval, wilson_interval


def test_accuracy_by_hand():
    labels = [1] * 10 + [0] * 20
    calls = [1] * 8 + [0] * 2 + [1] * 5 + [0] * 15
    found = diagnostic_accuracy(labels, calls)
    shares = {name: (part.successes, part.total) for name, part in vars(found).items() if name != "counts"}
    assert shares == {
        "sensitivity": (8, 10),
        "specificity": (15, 20),
        "ppv": (8, 13),
        "npv": (15, 17),
        "accuracy": (23, 30),
    }
    assert found.ppv.wilson == wilson_interval(8, 13)
    assert found.ppv.clopper_pearson == clopper_pearson_interval(8, 13)
    assert (found.ppv.value, found.ppv.clustered) == (8 / 13, None)
    assert found.counts.true_positives == 8


def test_shares_of_nothing_are_none():
    found = diagnostic_accuracy([1, 1], [1, 1])
    assert (found.specificity, found.npv) == (None, None)
    assert found.sensitivity.value == 1
    for labels, calls in (([1, 0], [1]), ([1, 0], [1, 2]), ([[1]], [[1]])):
        with pytest.raises(InputError):
            diagnostic_accuracy(labels, calls)
    with pytest.raises(InputError, match="1 patients"):
        diagnostic_accuracy([1, 0], [1, 0], ["p"])


def test_clusters_reach_every_share():
    found = diagnostic_accuracy([1, 1, 1, 0, 0, 0], [1, 1, 0, 0, 1, 0], list("aabbcc"))
    assert found.sensitivity.clustered.clusters == 2
    assert found.specificity.clustered.clusters == 2
    assert found.accuracy.clustered.cases == 6
    one = diagnostic_accuracy([1, 1, 0], [1, 0, 0], list("aab"))
    assert one.sensitivity.clustered is None


def test_clustered_share_by_hand():
    # patients with 2 of 3, 0 of 1, 2 of 2: share 4 / 6, deviations 0, -2/3, 2/3
    found = clustered_proportion([1, 1, 0, 0, 1, 1], list("aaabcc"))
    assert found.value == pytest.approx(2 / 3)
    assert found.standard_error == pytest.approx(math.sqrt(1.5 * 8 / 9) / 6)
    assert found.design_effect == pytest.approx(found.standard_error**2 / (2 / 9 / 6))
    assert (found.cases, found.clusters) == (6, 3)
    assert found.interval[0] < 2 / 3 < found.interval[1]


def test_copies_of_cases_carry_no_information():
    generator = np.random.default_rng(1)
    values = generator.random(40) < 0.7
    single = clustered_proportion(values, np.arange(40))
    copied = clustered_proportion(np.repeat(values, 3), np.repeat(np.arange(40), 3))
    assert copied.interval == pytest.approx(single.interval)
    assert copied.design_effect == pytest.approx(3 * single.design_effect)
    # one case a patient: Wilson's interval, but for n / (n - 1) in the variance
    assert single.interval == pytest.approx(wilson_interval(int(values.sum()), 40), abs=0.004)


def test_all_successes_count_patients():
    found = clustered_proportion(np.ones(30), np.repeat(np.arange(10), 3))
    assert (found.value, found.standard_error, found.interval[1]) == (1, 0, 1)
    assert found.interval[0] == pytest.approx(wilson_interval(10, 10)[0])


def test_clustered_interval_covers():
    generator, inside = np.random.default_rng(3), 0
    for _ in range(400):
        chance = generator.beta(4, 2, 60)
        values = generator.random((60, 3)) < chance[:, None]
        low, high = clustered_proportion(values.ravel(), np.repeat(np.arange(60), 3)).interval
        inside += low <= 2 / 3 <= high
    assert 0.92 < inside / 400 < 0.98


def test_clustered_difference():
    generator = np.random.default_rng(2)
    first, second = generator.random(200) < 0.8, generator.random(200) < 0.65
    single = clustered_difference(first, second, np.arange(200))
    assert single.difference == pytest.approx(first.mean() - second.mean())
    only_first, only_second = int((first & ~second).sum()), int((~first & second).sum())
    both = [[0, only_first], [only_second, 200 - only_first - only_second]]
    # Wald instead of score variance, so close to McNemar's test and not equal
    assert single.p_value == pytest.approx(mcnemar_test(both, method="chi2").p_value, abs=5e-3)
    copied = clustered_difference(np.repeat(first, 2), np.repeat(second, 2), np.repeat(np.arange(200), 2))
    assert copied.p_value == pytest.approx(single.p_value)
    assert clustered_difference([1, 0], [1, 0], ["a", "b"]).p_value == 1
    with pytest.raises(InputError, match="two patients"):
        clustered_proportion([1, 0], ["a", "a"])
    with pytest.raises(InputError, match="0 or 1"):
        clustered_proportion([1, 2], ["a", "b"])
    with pytest.raises(InputError, match="0 or 1 from both"):
        clustered_difference([1, 0], [1], ["a", "b"])
    with pytest.raises(InputError, match="1 patients"):
        clustered_proportion([1, 0], ["a"])


def test_mid_p_of_fagerland():
    # Fagerland, Lydersen, Laake 2013, airway hyper-responsiveness: exact 0.070, mid-p 0.039, asymptotic 0.034
    table = [[1, 1], [7, 12]]
    assert mcnemar_test(table).p_value == pytest.approx(0.070, abs=5e-4)
    assert mcnemar_test(table, method="mid-p").p_value == pytest.approx(0.039, abs=5e-4)
    assert mcnemar_test(table, method="chi2").p_value == pytest.approx(0.034, abs=5e-4)
    assert mcnemar_test([[3, 4], [4, 3]], method="mid-p").p_value == 1


def test_fleiss_with_error():
    table = np.random.default_rng(4).multinomial(6, [0.2, 0.3, 0.5], 40)
    found = fleiss_kappa_estimate(table)
    assert found.kappa == fleiss_kappa(table)
    assert found.ci95[0] < 0.1
    assert found.ci95[1] > -0.1
    assert 0 < found.standard_error < 0.1
    with pytest.raises(InputError, match="three cases"):
        fleiss_kappa_estimate(table[:2])


# Shrout and Fleiss 1979, table 2: six targets, four judges
JUDGES = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]


@pytest.mark.parametrize(
    ("kind", "value"),
    [("1,1", 0.17), ("2,1", 0.29), ("3,1", 0.71), ("1,k", 0.44), ("2,k", 0.62), ("3,k", 0.91)],
)
def test_icc_of_shrout_and_fleiss(kind, value):
    assert intraclass_correlation(JUDGES, kind).value == pytest.approx(value, abs=5.1e-3)


def test_icc_intervals():
    # R, irr::icc and psych::ICC for the same table
    found = intraclass_correlation(JUDGES, "2,1")
    assert found.interval == pytest.approx((0.019, 0.761), abs=1e-3)
    assert (found.f, found.df1, found.df2) == (pytest.approx(11.02, abs=0.01), 5, 15)
    assert intraclass_correlation(JUDGES, "3,1").interval == pytest.approx((0.342, 0.946), abs=1e-3)
    assert intraclass_correlation(JUDGES, "1,1").interval == pytest.approx((-0.133, 0.723), abs=1e-3)


def test_icc_of_perfect_and_undefined():
    for kind in ("1,1", "2,1", "3,k"):
        found = intraclass_correlation([[1, 1], [2, 2], [5, 5]], kind)
        assert (found.value, found.p_value) == (1, 0)
        assert found.interval == (1, 1)
    with pytest.raises(InputError, match="all values are equal"):
        intraclass_correlation(np.ones((3, 2)))
    with pytest.raises(InputError, match="two or more"):
        intraclass_correlation([[1, 2]])
    with pytest.raises(UsageError, match="'4,1'"):
        intraclass_correlation(JUDGES, "4,1")


def test_adjusted_p_values():
    # R: p.adjust(c(0.01, 0.02, 0.03, 0.04, 0.05), "holm") and so on
    values = [0.03, 0.01, 0.05, 0.02, 0.04]
    assert adjust(values) == pytest.approx([0.09, 0.05, 0.09, 0.08, 0.09])
    assert adjust(values, "bonferroni") == pytest.approx([0.15, 0.05, 0.25, 0.10, 0.20])
    assert adjust(values, "benjamini-hochberg") == pytest.approx([0.05] * 5)
    assert adjust([0.001, 0.8, 0.04], "benjamini-hochberg") == pytest.approx([0.003, 0.8, 0.06])
    with pytest.raises(InputError, match="from 0 to 1"):
        adjust([0.1, math.nan])
    with pytest.raises(UsageError, match="'sidak'"):
        adjust([0.1], "sidak")


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_adjustment_keeps_the_order(values):
    given_values = np.array(values)
    for method in ("holm", "bonferroni", "benjamini-hochberg"):
        found = adjust(values, method)
        assert (found >= given_values - 1e-15).all()
        assert (found <= 1).all()
        assert (np.diff(found[np.argsort(given_values, kind="stable")]) >= 0).all()
    assert (adjust(values) <= adjust(values, "bonferroni") + 1e-15).all()


def test_preferences():
    votes = [[1, 1, -1], [1, 0, -1], [1, np.nan, 1], [np.nan, 1, -1], [np.nan, -1, -1]]
    found = preference_share(votes, 2)
    # the fourth is open, the fifth can not reach two any more
    assert (found.wins, found.cases, found.open) == (2, 4, 1)
    assert (found.share, found.wilson) == (0.5, wilson_interval(2, 4))
    assert found.clopper_pearson == clopper_pearson_interval(2, 4)
    assert found.votes == (6, 1, 5)
    with pytest.raises(UsageError, match="4 of 3"):
        preference_share(votes, 4)
    with pytest.raises(InputError, match="1, 0 or -1"):
        preference_share([[2]], 1)
    with pytest.raises(InputError, match="No case"):
        preference_share([[np.nan]], 1)
