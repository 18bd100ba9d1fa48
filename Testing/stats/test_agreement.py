"""Agreement and paired tests against figures of R and SAS."""

from __future__ import annotations

import numpy as np
import pytest
from MedMMSlicerLib.errors import InputError, UsageError
from MedMMSlicerLib.stats.agreement import cohen_kappa, fleiss_kappa, mcnemar_test, wilcoxon_test

# statsmodels 0.15, stats/tests/test_nonparametric.py: values of R's mcnemar.test
MCNEMAR = [
    ([[101, 121], [59, 33]], (20.67222, 5.450095e-06), (21.35556, 3.815136e-06)),
    ([[101, 70], [59, 33]], (0.7751938, 0.3786151), (0.9379845, 0.3327967)),
    ([[101, 80], [59, 33]], (2.87769784, 0.08981434), (3.17266187, 0.07488031)),
]


@pytest.mark.parametrize(("table", "corrected", "plain"), MCNEMAR)
def test_mcnemar(table, corrected, plain):
    found = mcnemar_test(table, method="chi2-corrected")
    assert (found.statistic, found.p_value) == pytest.approx(corrected, rel=1e-6)
    found = mcnemar_test(table, method="chi2")
    assert (found.statistic, found.p_value) == pytest.approx(plain, rel=1e-6)
    assert mcnemar_test(np.transpose(table), method="chi2") == found


def test_mcnemar_exact_by_hand():
    found = mcnemar_test([[9, 1], [4, 9]])
    assert found.statistic == 1
    assert found.p_value == pytest.approx(2 * (1 + 5) / 32)
    assert mcnemar_test([[9, 0], [0, 9]]).p_value == 1
    with pytest.raises(UsageError, match="fast"):
        mcnemar_test([[1, 2], [3, 4]], method="fast")


# SAS PROC FREQ, quoted in statsmodels 0.15, stats/tests/test_inter_rater.py: estimate, error, 95 % limits
READERS = [[0, 4, 1], [0, 8, 0], [0, 1, 5]]


@pytest.mark.parametrize(
    ("weights", "expected"),
    [("none", (0.4842, 0.1380, 0.2137, 0.7547)), ("linear", (0.4701, 0.1457, 0.1845, 0.7558))],
)
def test_kappa_of_sas(weights, expected):
    found = cohen_kappa(READERS, weights)
    assert (found.kappa, found.standard_error, *found.ci95) == pytest.approx(expected, abs=5.1e-5)


def test_quadratic_kappa():
    assert cohen_kappa(READERS, "quadratic").kappa == pytest.approx(0.4501607717041801, abs=1e-12)


def test_kappa_of_two_by_two():
    # MetricsReloaded (cb38dfc): tp 45, fn 5, fp 10, tn 40
    assert cohen_kappa([[45, 5], [10, 40]]).kappa == pytest.approx(0.7, abs=1e-12)


def test_perfect_agreement():
    found = cohen_kappa([[5, 0], [0, 7]])
    assert (found.kappa, found.standard_error) == (pytest.approx(1), pytest.approx(0, abs=1e-9))


def test_fleiss():
    # the worked example after Fleiss 1971, as on the Wikipedia page of Fleiss' kappa
    table = [
        [0, 0, 0, 0, 14],
        [0, 2, 6, 4, 2],
        [0, 0, 3, 5, 6],
        [0, 3, 9, 2, 0],
        [2, 2, 8, 1, 1],
        [7, 7, 0, 0, 0],
        [3, 2, 6, 3, 0],
        [2, 5, 3, 2, 2],
        [6, 5, 2, 1, 0],
        [0, 2, 2, 3, 7],
    ]
    assert fleiss_kappa(table) == pytest.approx(0.20993070442195522, abs=1e-14)


def test_wilcoxon():
    # R, example of ?wilcox.test (Hollander and Wolfe 1973, p. 29): V = 40, p = 0.01953
    before = [1.83, 0.5, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.3]
    after = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29]
    found = wilcoxon_test(before, after, alternative="greater")
    assert (found.statistic, found.p_value) == (40, pytest.approx(0.01953125, abs=1e-12))
    assert wilcoxon_test(before, after).p_value == pytest.approx(0.0390625, abs=1e-12)
    assert wilcoxon_test(after, before).statistic == 45 - 40


def test_wilcoxon_with_ties_uses_the_normal_approximation():
    found = wilcoxon_test([2, 2, 2, 5, 1, 7], [1, 1, 1, 5, 2, 0])
    assert found.statistic == 4 * 2.5 - 2.5 + 5
    assert 0 < found.p_value < 1


@pytest.mark.parametrize(
    "table", [[[1, 2, 3], [4, 5, 6]], [[-1, 2], [3, 4]], [[0, 0], [0, 0]], [[0.5, 1], [1, 1]]]
)
def test_bad_tables(table):
    with pytest.raises(InputError):
        cohen_kappa(table)
    with pytest.raises(InputError):
        mcnemar_test(table)


def test_undefined_agreement():
    with pytest.raises(InputError, match="single category"):
        cohen_kappa([[5, 0], [0, 0]])
    with pytest.raises(InputError, match="single category"):
        fleiss_kappa([[3, 0], [3, 0]])
    with pytest.raises(InputError, match="same number"):
        fleiss_kappa([[3, 0], [2, 0]])
    with pytest.raises(UsageError, match="cubic"):
        cohen_kappa(READERS, "cubic")
    with pytest.raises(InputError, match="differs"):
        wilcoxon_test([1, 2], [1, 2])
    with pytest.raises(InputError, match="finite"):
        wilcoxon_test([1, float("nan")], [1, 2])
