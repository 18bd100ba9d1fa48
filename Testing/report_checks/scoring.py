"""Precision and recall of each check on written examples."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from MedMMSlicerLib.reporting.checks import RULES, Remark
from written_examples import Example, Expected, place_of


@dataclass
class Score:
    """Counts of one check."""

    right: int = 0
    false: int = 0
    missed: int = 0
    in_place: int = 0
    fixes_wanted: int = 0
    fixes_right: int = 0
    faults: list[str] = field(default_factory=list)

    @property
    def precision(self) -> float:
        """Share of the remarks that are right."""
        return self.right / (self.right + self.false) if self.right + self.false else 1.0

    @property
    def recall(self) -> float:
        """Share of the expected remarks that came."""
        return self.right / (self.right + self.missed) if self.right + self.missed else 1.0


def score(examples: Iterable[Example]) -> dict[str, Score]:
    """Remarks against what examples expect; without a quoted span a place takes any number of them."""
    scores = {rule: Score() for rule in RULES}
    for example in examples:
        remarks = list(example.check())
        for wanted in example.expected:
            _take(scores[wanted.rule], wanted, remarks, example)
        for remark in remarks:
            if remark is not None:
                mark = scores[remark.rule]
                mark.false += 1
                mark.faults.append(
                    f"{example.name}: false at {place_of(remark, example)} '{example.text_of(remark)}'"
                )
    return scores


def _take(mark: Score, wanted: Expected, remarks: list[Remark], example: Example) -> None:
    here = [item for item in remarks if item.rule == wanted.rule and _fits(item, wanted, example)]
    if not here:
        mark.missed += 1
        mark.faults.append(f"{example.name}: missed at {wanted.place} '{wanted.span}'")
        return
    mark.right += 1
    mark.in_place += not wanted.span or example.text_of(here[0]) == wanted.span
    if wanted.fix is not None:
        mark.fixes_wanted += 1
        given = here[0].fix.replacement if here[0].fix else None
        mark.fixes_right += given == wanted.fix
        if given != wanted.fix:
            mark.faults.append(f"{example.name}: fix '{given}' instead of '{wanted.fix}'")
    for item in here[:1] if wanted.span else here:
        remarks.remove(item)


def _fits(remark: Remark, wanted: Expected, example: Example) -> bool:
    place = place_of(remark, example)
    if wanted.rule == "section-empty":
        return remark.section_id == wanted.place
    if place != wanted.place:
        return False
    shown = example.text_of(remark)
    return not wanted.span or wanted.span in shown or shown in wanted.span


def pooled(scores: Iterable[Score]) -> Score:
    """The counts of several together."""
    total = Score()
    for item in scores:
        total.right += item.right
        total.false += item.false
        total.missed += item.missed
        total.in_place += item.in_place
        total.fixes_wanted += item.fixes_wanted
        total.fixes_right += item.fixes_right
        total.faults += item.faults
    return total
