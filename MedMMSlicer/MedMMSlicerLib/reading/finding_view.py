"""Findings as they are after what the reader did to them. Pure functions on a case's record."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from ..core import CodedConcept, Finding, Measurement
from ..inference.findings import reaches_threshold
from .record import CaseRecord, FindingMark
from .rows import Point

__all__ = [
    "FINDING_PREFIX",
    "current_finding",
    "current_findings",
    "find",
    "is_above",
    "measurements_of",
    "new_finding",
    "ordered",
    "passes",
]

FINDING_PREFIX = "r-"
"""Ids of the reader's own findings begin with it; those of bundles with ``f-`` or ``q-``."""

READER_CONCEPT = CodedConcept("reader-finding", "99MEDMM", "Finding of the reader")

_STATUS_ORDER = ("accepted", "edited", "proposed", "rejected")


def current_finding(finding: Finding, mark: FindingMark) -> Finding:
    """The finding with the reader's status, name, side and place."""
    return dataclasses.replace(
        finding,
        status=mark.status,
        # In every language: the reader typed it in one, and another must not bring back the model's.
        name=dict.fromkeys([*finding.name, "en"], mark.name) if mark.name else finding.name,
        laterality=finding.laterality if mark.laterality is None else mark.laterality,
        location_ras=mark.location_ras or finding.location_ras,
    )


def current_findings(record: CaseRecord | None) -> tuple[Finding, ...]:
    """All findings of a case, the reader's own last, as they are now."""
    if record is None:
        return ()
    marks = {mark.id: mark for mark in record.marks}
    found = () if record.prediction is None else record.prediction.findings
    fresh = (item for item in (*found, *record.added))
    return tuple(current_finding(item, marks.get(item.id, FindingMark(item.id))) for item in fresh)


def find(findings: Sequence[Finding], finding_id: str) -> Finding | None:
    """The finding of this id, None without."""
    return next((item for item in findings if item.id == finding_id), None)


def is_above(finding: Finding) -> bool | None:
    """Whether the probability reaches the operating point; None where there is none to reach."""
    if finding.operating_point is None or finding.probability is None:
        return None
    return reaches_threshold(finding)


def measurements_of(finding: Finding, record: CaseRecord) -> tuple[Measurement, ...]:
    """The measurements that a finding names, in its order."""
    known = {} if record.prediction is None else {item.id: item for item in record.prediction.measurements}
    return tuple(known[name] for name in finding.measurement_ids if name in known)


def passes(finding: Finding, only: str) -> bool:
    """Whether a filter of `rows.FINDING_FILTERS` lets a finding through.

    ``above``: it reached its operating point, or was stated without one (a segment, the image's quality, the
    reader's own); ``open``: the reader has not judged it.
    """
    if only == "above":
        return is_above(finding) is not False
    if only == "open":
        return finding.status == "proposed"
    if only == "accepted":
        return finding.status in ("accepted", "edited")
    return only == "all" or finding.status == only


def ordered(findings: Sequence[Finding], sort: str, names: dict[str, str]) -> list[Finding]:
    """Sort findings; equals keep their order.

    Parameters
    ----------
    findings : sequence of Finding
    sort : str
        ``probability`` (highest first, those without last), ``name``, or ``status``.
    names : dict of str to str
        Finding id to the name that is shown.
    """
    if sort == "name":
        return sorted(findings, key=lambda item: names[item.id].casefold())
    by_probability = sorted(
        findings, key=lambda item: -1.0 if item.probability is None else item.probability, reverse=True
    )
    if sort == "status":
        return sorted(by_probability, key=lambda item: _STATUS_ORDER.index(item.status))
    return by_probability


def new_finding(number: int, name: str, location_ras: Point | None) -> Finding:
    """A finding of the reader: seen by a person, without a probability."""
    return Finding(
        id=f"{FINDING_PREFIX}{number}",
        concept=READER_CONCEPT,
        name={"en": name},
        location_ras=location_ras,
        status="accepted",
    )
