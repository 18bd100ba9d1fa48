"""Intervals of proportions against published tables; counts at an operating point."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from MedMMSlicerLib.errors import InputError
from MedMMSlicerLib.stats.proportions import (
    ConfusionCounts,
    clopper_pearson_interval,
    confusion_counts,
    wilson_interval,
)

# Newcombe RG, Stat Med 1998;17:857-872, table I
NEWCOMBE = [
    (81, 263, (0.2553, 0.3662), (0.2527, 0.3676)),
    (15, 148, (0.0624, 0.1605), (0.0578, 0.1617)),
    (0, 20, (0.0, 0.1611), (0.0, 0.1684)),
    (1, 29, (0.0061, 0.1718), (0.0009, 0.1776)),
]


@pytest.mark.parametrize(("successes", "total", "wilson", "exact"), NEWCOMBE)
def test_newcombe(successes, total, wilson, exact):
    assert wilson_interval(successes, total) == pytest.approx(wilson, abs=5.1e-5)
    assert clopper_pearson_interval(successes, total) == pytest.approx(exact, abs=5.1e-5)


proportions = st.integers(1, 400).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total)))


@given(proportions)
def test_intervals_hold_the_estimate_and_mirror(proportion):
    successes, total = proportion
    for function in (wilson_interval, clopper_pearson_interval):
        low, high = function(successes, total)
        assert 0 <= low <= successes / total <= high <= 1
        mirrored = function(total - successes, total)
        assert (1 - mirrored[1], 1 - mirrored[0]) == pytest.approx((low, high), abs=1e-12)
        wider = function(successes, total, 0.99)
        assert wider[0] <= low and wider[1] >= high


@pytest.mark.parametrize(("successes", "total"), [(0, 0), (3, 2), (-1, 4)])
def test_no_proportion(successes, total):
    for function in (wilson_interval, clopper_pearson_interval):
        with pytest.raises(InputError, match=f"{successes} of {total}"):
            function(successes, total)


def test_counts_at_the_threshold():
    found = confusion_counts([1, 1, 1, 0, 0, 0, 0], [0.9, 0.5, 0.1, 0.5, 0.4, 0.2, 0.0], 0.5)
    assert found == ConfusionCounts(true_positives=2, false_negatives=1, false_positives=1, true_negatives=3)
    assert found.sensitivity == pytest.approx(2 / 3)
    assert found.specificity == pytest.approx(3 / 4)
    assert found.sensitivity_interval == wilson_interval(2, 3)
    assert found.specificity_interval == wilson_interval(3, 4)


def test_a_missing_class_is_none_and_not_zero():
    found = confusion_counts([1, 1], [0.9, 0.1], 0.5)
    assert (found.specificity, found.specificity_interval) == (None, None)
    assert found.sensitivity == 0.5
    found = confusion_counts([0, 0], [0.9, 0.1], 0.5)
    assert (found.sensitivity, found.sensitivity_interval) == (None, None)


@pytest.mark.parametrize(
    ("labels", "values"), [([1], [0.1, 0.2]), ([2, 0], [0.1, 0.2]), ([1, 0], [0.1, float("nan")])]
)
def test_counts_of_bad_input(labels, values):
    with pytest.raises(InputError):
        confusion_counts(labels, values, 0.5)
