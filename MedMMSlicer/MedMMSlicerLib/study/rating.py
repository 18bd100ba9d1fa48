"""Rating rounds: which reports an evaluator rates, in which order, and which of a pair stands on the left.

Every item is drawn from the seed. Each evaluator gets each item of a round exactly once. Whether a source
stands left or right is balanced: for each evaluator the numbers differ by at most one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from .assignment import drawn
from .protocol import Protocol, RatingRound, RoundKind

__all__ = ["RatingItem", "ReportText", "plan_round"]


@dataclass(frozen=True)
class ReportText:
    """A report that can be rated; ``reader`` is empty where it came with the case."""

    case: str
    source: str
    text: str
    reader: str = ""


@dataclass(frozen=True)
class RatingItem:
    """One task of one evaluator: one report, or a left and a right one."""

    evaluator: str
    order: int
    reports: tuple[ReportText, ...]


def plan_round(
    protocol: Protocol, item: RatingRound, reports: Sequence[ReportText]
) -> tuple[RatingItem, ...]:
    """All tasks of a round, by evaluator.

    Parameters
    ----------
    protocol : Protocol
    item : RatingRound
    reports : sequence of ReportText
        All that there are; those of other sources are left out.

    Returns
    -------
    tuple of RatingItem
        For a preference: both sources on the same case, by the same reader where readers wrote both;
        a report that came with the case is paired with that of each reader.
    """
    wanted = [report for report in reports if report.source in item.sources and report.text.strip()]
    groups: list[tuple[ReportText, ...]]
    if item.kind is RoundKind.preference:
        groups = list(_pairs(item, wanted))
    else:
        groups = [(report,) for report in wanted]
    planned = []
    for evaluator in item.evaluators:
        ordered = sorted(groups, key=lambda group: _lot(protocol, item, evaluator, group))
        by_side = sorted(groups, key=lambda group: _lot(protocol, item, evaluator, group, "side"))
        flipped = {by_side[place] for place in range(0, len(by_side), 2)}
        for order, group in enumerate(ordered, start=1):
            shown = tuple(reversed(group)) if group in flipped else group
            planned.append(RatingItem(evaluator, order, shown))
    return tuple(planned)


def _lot(
    protocol: Protocol, item: RatingRound, evaluator: str, group: tuple[ReportText, ...], what: str = "order"
) -> bytes:
    names = [name for report in group for name in (report.case, report.source, report.reader)]
    return drawn(protocol.seed, "round", item.id, evaluator, what, *names)


def _pairs(item: RatingRound, reports: Sequence[ReportText]) -> Iterable[tuple[ReportText, ReportText]]:
    first, second = item.sources
    by_place: Mapping[tuple[str, str, str], ReportText] = {
        (report.case, report.source, report.reader): report for report in reports
    }
    for case in dict.fromkeys(report.case for report in reports):
        readers = dict.fromkeys(report.reader for report in reports if report.case == case)
        of_readers = [reader for reader in readers if reader]
        for reader in of_readers or [""]:
            left = by_place.get((case, first, reader)) or by_place.get((case, first, ""))
            right = by_place.get((case, second, reader)) or by_place.get((case, second, ""))
            if left is not None and right is not None:
                yield left, right
