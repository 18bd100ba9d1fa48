"""300 sentences in under 100 ms, and after a keystroke only what changed."""

from __future__ import annotations

import pytest
from MedMMSlicerLib.reporting.checks import ReportChecker, check_report
from timing import CONTEXT, large_report, measure, typed


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_times(language: str) -> None:
    timing = measure(language)
    assert timing.sentences == 300
    assert timing.whole_s < 0.1
    assert timing.typed_s < 0.03


def test_only_what_changed_is_looked_at_again() -> None:
    report, findings, measurements = large_report("en")
    checker = ReportChecker()
    checker.check(report, findings, measurements, (), CONTEXT)
    assert checker.sentences_read == 300
    after = typed(report, 42, "No pleural effusion.")
    remarks = checker.check(after, findings, measurements, (), CONTEXT)
    assert checker.sentences_read == 301
    assert remarks == check_report(after, findings, measurements, (), CONTEXT)
    checker.check(after, findings[1:], measurements, (), CONTEXT)
    assert checker.sentences_read == 601
