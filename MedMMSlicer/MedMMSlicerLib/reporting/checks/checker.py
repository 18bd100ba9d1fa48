"""All checks on one report."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ...core import Finding, Measurement, Report, SegmentDefinition
from .model import CheckContext, Remark

__all__ = ["ReportChecker", "check_report"]


def check_report(
    report: Report,
    findings: Sequence[Finding],
    measurements: Sequence[Measurement],
    segments: Sequence[SegmentDefinition] = (),
    context: CheckContext | None = None,
    language: str = "",
    rules: Collection[str] | None = None,
) -> tuple[Remark, ...]:
    """Check a report.

    Parameters
    ----------
    report : Report
    findings, measurements : sequences of Finding and Measurement
        Of all predictions on the case, in the states that the reader gave them.
    segments : sequence of SegmentDefinition
        For the names of measured structures.
    context : CheckContext, optional
    language : str
        Of the remarks, ``en`` or ``zh-CN``; empty: that of the report. Sentences are read in the language
        that they are written in.
    rules : collection of str, optional
        Only these of `RULES`.

    Returns
    -------
    tuple of Remark
        In the order of the report.

    Raises
    ------
    UsageError
        If ``rules`` names a rule that does not exist.
    """
    checker = ReportChecker(language, rules)
    return checker.check(report, findings, measurements, segments, context)


class ReportChecker:
    """Checks a report again and again, and looks only at what changed."""

    def __init__(self, language: str = "", rules: Collection[str] | None = None) -> None:
        self._language = language
        self._rules = rules

    def check(
        self,
        report: Report,
        findings: Sequence[Finding],
        measurements: Sequence[Measurement],
        segments: Sequence[SegmentDefinition] = (),
        context: CheckContext | None = None,
    ) -> tuple[Remark, ...]:
        """As `check_report`."""
        return ()
