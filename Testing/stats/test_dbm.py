"""Analysis of pseudovalues against the output of OR-DBM MRMC 2.51 for the VanDyke study."""

from __future__ import annotations

import pytest
from MedMMSlicerLib.errors import InputError
from MedMMSlicerLib.stats.dbm import analyze_dbm
from MedMMSlicerLib.stats.figures import sensitivity_at
from MedMMSlicerLib.stats.mrmc import analyze


def test_components_of_ordbm(vandyke):
    parts = analyze_dbm(vandyke()).components
    found = (parts.reader, parts.case, parts.test_reader, parts.test_case, parts.reader_case)
    expected = (0.00153500, 0.02724923, 0.00020040, 0.01197530, 0.01226473)
    assert (*found, parts.test_reader_case) == pytest.approx((*expected, 0.03997160), abs=5.1e-9)


@pytest.mark.parametrize("figure", [None, sensitivity_at(3)])
def test_both_analyses_agree(vandyke, figure):
    options = {} if figure is None else {"figure": figure}
    found = analyze_dbm(vandyke(), **options)
    other = analyze(vandyke(), **options)
    overall = other.random_readers_random_cases.overall
    assert found.overall.statistic == pytest.approx(overall.statistic)
    assert (found.overall.df2, found.overall.p_value) == pytest.approx((overall.df2, overall.p_value))
    cases, parts = other.components.cases, other.components
    assert found.components.case == pytest.approx(cases * parts.cov3)
    assert found.components.test_case == pytest.approx(cases * (parts.cov2 - parts.cov3))
    assert found.components.reader_case == pytest.approx(cases * (parts.cov1 - parts.cov3))
    assert found.components.reader == pytest.approx(parts.reader)


def test_other_designs_are_refused(vandyke):
    for study in (vandyke("readers"), vandyke().select(tests=["1"]), vandyke().select(readers=["1"])):
        with pytest.raises(InputError, match="other designs"):
            analyze_dbm(study)
