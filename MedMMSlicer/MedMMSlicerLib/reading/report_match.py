"""Which sentence of a new draft is which sentence of an earlier one.

A draft numbers its sentences anew each time; here a sentence keeps its id as long as it says the same thing
about the same evidence, so that what a reader did to it stays with it.
"""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence

from ..core import Report, ReportSection, ReportSentence

__all__ = ["Known", "with_known_ids"]

Known = tuple[str, ReportSentence]
"""Section id and a sentence that was drafted there."""

_ALIKE = 0.6
"""Share of common words (Dice) from which two template sentences count as versions of one."""

_WORDS = re.compile(r"[\u3400-\u9fff]|\w+")
"""Chinese has no word borders: there each character counts."""

_Pairs = dict[str, str]


def with_known_ids(
    draft: Report, known: Sequence[Known], taken: Collection[str], *, other_language: bool = False
) -> Report:
    """The draft, each sentence with the id of the known sentence that it is a version of, else a new id.

    Parameters
    ----------
    draft : Report
    known : sequence of Known
        Sentences of earlier drafts.
    taken : collection of str
        Ids that a new sentence must not get.
    other_language : bool
        Texts can not be compared; what states no evidence is matched by its place.
    """
    used = {*taken, *(sentence.id for _, sentence in known)}
    sections = []
    for section in draft.sections:
        old = [sentence for name, sentence in known if name == section.id]
        pairs = _pairs(section.sentences, old, other_language)
        sections.append(_renamed(section, pairs, used))
    return dataclasses.replace(draft, sections=tuple(sections))


def _renamed(section: ReportSection, pairs: _Pairs, used: set[str]) -> ReportSection:
    sentences = []
    for sentence in section.sentences:
        name = pairs.get(sentence.id) or _new_id(sentence.id, section.id, used)
        used.add(name)
        sentences.append(dataclasses.replace(sentence, id=name))
    return dataclasses.replace(section, sentences=tuple(sentences))


def _new_id(wanted: str, section_id: str, used: Collection[str]) -> str:
    number = 1
    while wanted in used:
        wanted = f"{section_id}-{number}"
        number += 1
    return wanted


def _pairs(new: Sequence[ReportSentence], old: Sequence[ReportSentence], other_language: bool) -> _Pairs:
    """New id to old id. The surest matches first; each sentence is matched once."""
    pairs: _Pairs = {}
    rules: list[Callable[[ReportSentence, ReportSentence], float]] = [_same, _same_evidence, _shared_evidence]
    if not other_language:
        rules.append(_alike)
    for rule in rules:
        _match(new, old, pairs, rule)
    if other_language:
        rest_new = [item for item in _open(new, pairs.keys()) if not item.evidence_ids]
        rest_old = [item for item in _open(old, pairs.values()) if not item.evidence_ids]
        if len(rest_new) == len(rest_old):
            pairs |= {a.id: b.id for a, b in zip(rest_new, rest_old, strict=True)}
    return pairs


def _match(
    new: Sequence[ReportSentence],
    old: Sequence[ReportSentence],
    pairs: _Pairs,
    rule: Callable[[ReportSentence, ReportSentence], float],
) -> None:
    """Pair what is still open, the highest value of ``rule`` first, above 0, equals in their order."""
    candidates = list(_open(old, pairs.values()))
    for sentence in _open(new, pairs.keys()):
        best = max(candidates, key=lambda item: rule(sentence, item), default=None)
        if best is not None and rule(sentence, best) > 0:
            pairs[sentence.id] = best.id
            candidates.remove(best)


def _open(sentences: Sequence[ReportSentence], done: Collection[str]) -> Iterator[ReportSentence]:
    finished = set(done)
    return (item for item in sentences if item.id not in finished)


def _same(new: ReportSentence, old: ReportSentence) -> float:
    return float((new.author, new.evidence_ids, new.text) == (old.author, old.evidence_ids, old.text))


def _same_evidence(new: ReportSentence, old: ReportSentence) -> float:
    return float(bool(new.evidence_ids) and new.author == old.author and new.evidence_ids == old.evidence_ids)


def _shared_evidence(new: ReportSentence, old: ReportSentence) -> float:
    if new.author != old.author:
        return 0.0
    first, second = set(new.evidence_ids), set(old.evidence_ids)
    return len(first & second) / len(first | second) if first & second else 0.0


def _alike(new: ReportSentence, old: ReportSentence) -> float:
    if new.evidence_ids or old.evidence_ids or new.author != old.author:
        return 0.0
    first, second = Counter(_WORDS.findall(old.text)), Counter(_WORDS.findall(new.text))
    total = first.total() + second.total()
    share = 2 * (first & second).total() / total if total else 0.0
    return share if share >= _ALIKE else 0.0
