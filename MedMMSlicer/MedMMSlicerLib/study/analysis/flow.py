"""How many cases and reads were planned, read, missing and left out, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from .data import StudyData

__all__ = ["flow_of", "flow_steps"]


def flow_of(study: StudyData) -> dict[str, Any]:
    """Count reads by test and reader; every missing read is listed.

    A read is missing when it was listed without a rating, or when the design that the reads show has a place
    for it.
    """
    design = study.reader_ratings().design()
    read = [item for item in study.reads if item.rating is not None]
    missing = {(item.test, item.reader, item.case): None for item in design.missing}
    missing |= {(item.test, item.reader, item.case): None for item in study.reads if item.rating is None}
    given = Counter((item.test, item.reader) for item in read)
    lacking = Counter((test, reader) for test, reader, _ in missing)
    return {
        "cases": len(study.cases),
        "positive_cases": int(study.positive.sum()),
        "planned_reads": len(read) + len(missing),
        "reads": len(read),
        "missing_reads": len(missing),
        "by_reader": [
            {
                "test": test,
                "reader": reader,
                "planned": given[test, reader] + lacking[test, reader],
                "read": given[test, reader],
                "missing": lacking[test, reader],
            }
            for test in study.tests
            for reader in study.readers
            if given[test, reader] + lacking[test, reader]
        ],
        "missing": [{"test": test, "reader": reader, "case": case} for test, reader, case in missing],
        "excluded": _excluded(study),
        "problems": [
            {"kind": item.kind, "where": item.where, "message": item.message, "excluded": item.is_excluded}
            for item in study.problems
        ],
    }


def _excluded(study: StudyData) -> list[dict[str, Any]]:
    counts = Counter(item.kind for item in study.problems if item.is_excluded)
    return [{"reason": kind.replace("_", " "), "count": count} for kind, count in counts.items()]


def flow_steps(flow: Mapping[str, Any], cases: str) -> list[tuple[str, Sequence[str]]]:
    """Boxes of the flow diagram with what left the flow after each."""
    by_test: dict[str, list[int]] = {}
    for row in flow["by_reader"]:
        counts = by_test.setdefault(row["test"], [0, 0])
        counts[0] += row["read"]
        counts[1] += row["missing"]
    missing = [f"{count} missing: {test}" for test, (_, count) in by_test.items() if count]
    excluded = [f"{item['count']} left out: {item['reason']}" for item in flow["excluded"]]
    steps: list[tuple[str, Sequence[str]]] = [
        (cases, ()),
        (f"{flow['planned_reads']} planned reads", [*missing, *excluded]),
        (f"{flow['reads']} reads analyzed", ()),
    ]
    steps[-1] = (steps[-1][0], [f"{count} analyzed: {test}" for test, (count, _) in by_test.items()])
    return steps
