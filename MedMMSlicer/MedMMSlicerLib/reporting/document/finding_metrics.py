"""Precision and recall of findings, from the structured content: no text is read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ...core import Finding, Report

__all__ = ["FindingAgreement", "compare_findings", "finding_key", "stated_findings"]

Key = tuple[str, str, str]


@dataclass(frozen=True)
class FindingAgreement:
    """Findings against a reference: keys (coding scheme, code, side) that both have, and that only one has.

    ``precision``, ``recall`` and ``f1`` are None where they are not defined (nothing stated, nothing to
    find).
    """

    found: tuple[Key, ...]
    extra: tuple[Key, ...]
    missed: tuple[Key, ...]

    @property
    def precision(self) -> float | None:
        """Share of the stated findings that the reference has."""
        stated = len(self.found) + len(self.extra)
        return len(self.found) / stated if stated else None

    @property
    def recall(self) -> float | None:
        """Share of the reference's findings that were stated."""
        wanted = len(self.found) + len(self.missed)
        return len(self.found) / wanted if wanted else None

    @property
    def f1(self) -> float | None:
        """Harmonic mean of both."""
        total = 2 * len(self.found) + len(self.extra) + len(self.missed)
        return 2 * len(self.found) / total if total else None


def finding_key(finding: Finding, with_side: bool = True) -> Key:
    """What makes two findings the same: coding scheme, code, and side."""
    return finding.concept.scheme, finding.concept.value, finding.laterality if with_side else ""


def compare_findings(
    stated: Iterable[Finding], reference: Iterable[Finding], with_side: bool = True
) -> FindingAgreement:
    """Compare two sets of findings; several of one key count once, rejected ones not at all."""
    one = {finding_key(item, with_side) for item in stated if item.status != "rejected"}
    other = {finding_key(item, with_side) for item in reference if item.status != "rejected"}
    return FindingAgreement(
        tuple(sorted(one & other)), tuple(sorted(one - other)), tuple(sorted(other - one))
    )


def stated_findings(report: Report, findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """The findings that sentences of a report name as their evidence, rejected ones left out.

    A sentence can name a finding to say that there was no evidence of it: pass only findings that count as
    present.
    """
    named = {name for section in report.sections for item in section.sentences for name in item.evidence_ids}
    return tuple(item for item in findings if item.id in named and item.status != "rejected")
