"""What a reader did to findings, as data for the audit trail. Pure functions on a case's record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..core import Finding, localized
from .finding_view import FINDING_PREFIX, current_findings
from .record import CaseRecord, FindingMark

__all__ = ["finding_events"]


def finding_events(
    record: CaseRecord, known: Mapping[str, Mapping[str, Any]]
) -> Iterator[tuple[dict[str, str], dict[str, str]]]:
    """What differs from what the audit trail knows.

    Parameters
    ----------
    record : CaseRecord
    known : mapping
        By finding id, the mark that the last entry on it told.

    Yields
    ------
    details : dict of str to str
        ``finding_id``, ``name`` (English), ``before`` and ``after`` (status, empty where there was or is no
        such finding), and ``probability`` where there is one.
    mark : dict of str to str
        Everything that the reader set, empty for a finding that is gone.
    """
    marks = {mark.id: mark for mark in record.marks}
    present = set()
    for finding in current_findings(record):
        present.add(finding.id)
        own = finding.id.startswith(FINDING_PREFIX)
        before = known.get(finding.id, {})
        mark = _plain(finding, marks.get(finding.id, FindingMark(finding.id)))
        untouched = finding.id not in marks and not own
        if mark == before or (untouched and not before):
            continue
        yield _details(finding, str(before.get("status", "" if own else "proposed")), mark["status"]), mark
    for name, before in known.items():
        if name not in present and before and name.startswith(FINDING_PREFIX):
            status = str(before.get("status", ""))
            yield {"finding_id": name, "name": str(before.get("name", "")), "before": status, "after": ""}, {}


def _details(finding: Finding, before: str, after: str) -> dict[str, str]:
    details = {
        "finding_id": finding.id,
        "name": localized(finding.name, "en"),
        "before": before,
        "after": after,
    }
    if finding.probability is not None:
        details["probability"] = f"{finding.probability:.4f}"
    return details


def _plain(finding: Finding, mark: FindingMark) -> dict[str, str]:
    point = finding.location_ras if mark.location_ras is not None else None
    return {
        "status": finding.status,
        "name": mark.name or (localized(finding.name, "en") if finding.id.startswith(FINDING_PREFIX) else ""),
        "laterality": mark.laterality or "",
        "side_set": "yes" if mark.laterality is not None else "",
        "note": mark.note,
        "location_ras_mm": "" if point is None else ",".join(f"{value:.3f}" for value in point),
    }
