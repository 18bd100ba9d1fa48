"""Planning against published figures and against simulated studies."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from MedMMSlicerLib.errors import InputError, UsageError
from MedMMSlicerLib.stats.agreement import mcnemar_test
from MedMMSlicerLib.stats.mrmc import analyze
from MedMMSlicerLib.stats.mrmc_results import Difference, VarianceComponents
from MedMMSlicerLib.stats.power import (
    MrmcPlan,
    assumed_components,
    cases_for_power,
    non_inferiority,
    power_grid,
    power_of,
)
from MedMMSlicerLib.stats.power_proportions import (
    paired_proportions_power,
    paired_proportions_size,
    two_proportions_power,
    two_proportions_size,
)


@pytest.fixture
def plan(vandyke) -> MrmcPlan:
    return MrmcPlan(analyze(vandyke()).components, effect=-0.043800322)


def test_vandyke_as_published(plan):
    # RJafroc (dpc10ster/RJafroc at 44b0e39), tests/testthat/test-SsSampleSizeRoc.R
    both = power_of(plan, 10, 165)
    assert (both.power, both.noncentrality, both.df2) == pytest.approx(
        (0.80541995, 8.209597, 62.70728), rel=2e-7
    )
    assert power_of(replace(plan, readers="fixed"), 10, 131).power == pytest.approx(0.80091813, abs=5e-9)
    assert power_of(replace(plan, cases="fixed"), 10, 53).power == pytest.approx(0.80496663, abs=5e-9)


def test_smallest_number_of_cases(plan):
    found = cases_for_power(plan, 10, 0.8)
    assert found.power >= 0.8 > power_of(plan, 10, found.cases - 1).power
    assert cases_for_power(replace(plan, readers="fixed"), 10).cases == 131
    with pytest.raises(InputError, match="more readers"):
        cases_for_power(replace(plan, effect=0.01), 3)


def test_power_grows(plan):
    grid = power_grid(plan, [4, 8, 16], [50, 100, 200])
    assert [(item.readers, item.cases) for item in grid] == list(
        itertools.product([4, 8, 16], [50, 100, 200])
    )
    table = np.array([item.power for item in grid]).reshape(3, 3)
    assert (np.diff(table, axis=0) > 0).all()
    assert (np.diff(table, axis=1) > 0).all()


def test_no_effect_has_the_power_of_the_level(plan):
    assert power_of(replace(plan, effect=0.0), 6, 100).power == pytest.approx(0.05)
    bound = replace(plan, effect=-0.02, margin=0.02)
    assert power_of(bound, 6, 100).power == pytest.approx(0.025)
    assert power_of(replace(plan, effect=0.0, margin=0.05), 10, 200).power > 0.8


def test_designs(plan):
    size = {
        kind: power_of(replace(plan, design=kind), 10, 165)
        for kind in (
            "factorial",
            "cases nested in readers",
            "cases nested in tests",
            "cases nested in readers and tests",
            "readers nested in tests",
            "readers and cases nested in tests",
        )
    }
    # by hand from the formula of the error
    parts, scale = plan.components, 114 / 165
    alone = parts.test_reader + scale * (parts.error - parts.cov1)
    assert size["cases nested in readers"].standard_error == pytest.approx(math.sqrt(alone / 5))
    assert size["cases nested in readers"].df2 == pytest.approx(9)
    apart = parts.test_reader + scale * (parts.error - parts.cov2) + 10 * scale * parts.cov2
    assert size["cases nested in tests"].standard_error == pytest.approx(math.sqrt(apart / 5))
    # what is nested costs power
    assert size["cases nested in tests"].power < size["factorial"].power
    assert size["readers nested in tests"].power < size["factorial"].power
    assert size["readers and cases nested in tests"].power < size["readers nested in tests"].power
    # nested cases of a reader are more cases in total
    assert size["cases nested in readers"].power > size["factorial"].power
    with pytest.raises(UsageError, match="simulate"):
        replace(plan, design="cases nested in reader groups")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"alpha": 5}, "level of 5"),
        ({"margin": 0}, "margin"),
        ({"readers": "fixed", "cases": "fixed"}, "both be fixed"),
    ],
)
def test_bad_plans(plan, changes, message):
    with pytest.raises(UsageError, match=message):
        replace(plan, **changes)


def test_plans_need_components(plan):
    lacking = replace(plan.components, test_reader=math.nan)
    with pytest.raises(InputError, match="two readers"):
        replace(plan, components=lacking)
    with pytest.raises(UsageError, match="1 readers"):
        power_of(plan, 1, 100)
    with pytest.raises(UsageError, match="power of 80"):
        cases_for_power(plan, 5, 80)


def test_non_inferiority():
    gap = Difference("new", "old", 0.01, 0.02, math.inf, 0.5, 0.617, (-0.0292, 0.0492))
    found = non_inferiority(gap, 0.05)
    assert found.bound == pytest.approx(0.01 - 1.959963984540054 * 0.02)
    assert found.p_value == pytest.approx(0.0013498980316)
    assert found.shown
    assert not non_inferiority(gap, 0.02).shown
    assert non_inferiority(replace(gap, difference=-0.06), 0.05).p_value == pytest.approx(0.6914624613)
    with pytest.raises(UsageError, match="above 0"):
        non_inferiority(gap, -0.05)


def test_assumed_components():
    # Hanley and McNeil 1982: 51 positives, 58 negatives, area 0.893: standard error 0.0324 from their formula
    found = assumed_components(0.893, (51, 58), (0.47, 0.3, 0.2), 0.03, 0.02)
    q1, q2 = 0.893 / 1.107, 2 * 0.893**2 / 1.893
    by_hand = 0.893 * 0.107 + 50 * (q1 - 0.893**2) + 57 * (q2 - 0.893**2)
    assert found.error == pytest.approx(by_hand / 51 / 58)
    assert math.sqrt(found.error) == pytest.approx(0.0324, abs=3e-4)
    assert found.correlations == pytest.approx((0.47, 0.3, 0.2))
    assert (found.cases, found.reader) == (109, pytest.approx(0.0009))
    assert isinstance(found, VarianceComponents)
    with pytest.raises(UsageError, match="plausible"):
        assumed_components(0.8, (50, 50), (0.2, 0.3, 0.4), 0.03, 0.02)
    with pytest.raises(UsageError, match="area"):
        assumed_components(1.0, (50, 50), (0.4, 0.3, 0.2), 0.03, 0.02)


def test_two_proportions_of_r():
    # R, example of ?power.prop.test: p1 = 0.50, p2 = 0.75, power = 0.90 gives n = 76.7
    assert two_proportions_size(0.5, 0.75, power=0.9) == 77
    assert two_proportions_power(0.5, 0.75, 76.7, 76.7) == pytest.approx(0.9, abs=2e-3)
    assert two_proportions_power(0.0, 1.0, 10, 10) == 1
    with pytest.raises(UsageError, match="told apart"):
        two_proportions_size(0.5, 0.5)
    with pytest.raises(UsageError, match="between 0 and 1"):
        two_proportions_power(50, 0.5, 10, 10)
    with pytest.raises(UsageError, match="one case"):
        two_proportions_power(0.5, 0.6, 0, 10)


def test_pairs_against_simulation():
    pairs = paired_proportions_size(0.2, 0.1, power=0.8)
    assert paired_proportions_power(0.2, 0.1, pairs) >= 0.8 > paired_proportions_power(0.2, 0.1, pairs - 1)
    draws = np.random.default_rng(2).multinomial(pairs, [0.2, 0.1, 0.7], 1500)
    found = np.mean(
        [mcnemar_test([[rest, one], [two, 0]], method="chi2").p_value < 0.05 for one, two, rest in draws]
    )
    assert found == pytest.approx(0.8, abs=0.04)
    assert paired_proportions_power(1.0, 0.0, 50) == 1
    with pytest.raises(UsageError, match="told apart"):
        paired_proportions_size(0.1, 0.1)
    with pytest.raises(UsageError, match="one pair"):
        paired_proportions_power(0.2, 0.1, 0)
