"""Who reads which case in which arm, when and in which order: drawn from the seed alone.

Order is the order of SHA-256 hashes of the seed and a label, so that it is the same with every version of
Python, and anybody can compute it again. What holds for every plan:

- Crossover: each reader reads each case in each arm exactly once. Parallel: once, in the reader's arm.
- A case has at most one arm in a period, so never two in one session.
- The number of readers (and of readers of a group) with a sequence or arm differs by at most one between
  sequences; the same holds for the cases (and cases of a stratum) of the parts of a mixed crossover.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .protocol import Protocol, Reader, StudyCase

__all__ = ["Slot", "assign", "case_parts", "drawn", "reader_sequences"]


@dataclass(frozen=True)
class Slot:
    """One read: ``period``, ``session`` and ``order`` count from 1, the last two over all of the reader."""

    reader: str
    case: str
    arm: str
    period: int
    session: int
    order: int


def drawn(seed: int, *labels: object) -> bytes:
    """The lot of something, to sort by: SHA-256 of the seed and its labels."""
    text = "\x1f".join(str(label) for label in (seed, *labels))
    return hashlib.sha256(text.encode("utf-8")).digest()


def assign(protocol: Protocol) -> tuple[Slot, ...]:
    """All reads of a study, by reader in the order of the protocol, then in the order of reading."""
    sequences = reader_sequences(protocol)
    parts = case_parts(protocol)
    slots: list[Slot] = []
    for reader in protocol.readers:
        slots += _of_reader(protocol, reader.id, sequences[reader.id], parts)
    return tuple(slots)


def reader_sequences(protocol: Protocol) -> dict[str, int]:
    """By reader: the sequence of arms (crossover), or the index of the arm (parallel)."""
    arms = [arm.id for arm in protocol.arms]
    sequences: dict[str, int] = {}
    totals: Counter[int] = Counter()
    by_group: Counter[tuple[str, int]] = Counter()

    def sort(reader: Reader) -> tuple[bool, str, bytes]:
        return not _fixed(protocol, reader), reader.group, drawn(protocol.seed, "reader", reader.id)

    for reader in sorted(protocol.readers, key=sort):
        if _fixed(protocol, reader):
            chosen = arms.index(reader.arm)
        else:
            # Among equals the lot decides, not the order in which the arms were written down.
            lots = {
                index: drawn(protocol.seed, "sequence", reader.group, index) for index in range(len(arms))
            }
            chosen = min(lots, key=lambda index: (by_group[reader.group, index], totals[index], lots[index]))
        sequences[reader.id] = chosen
        totals[chosen] += 1
        by_group[reader.group, chosen] += 1
    return sequences


def case_parts(protocol: Protocol) -> dict[str, int]:
    """By case: its part (0, 1, ...) of a mixed crossover; all 0 in other designs."""
    if not (protocol.design.is_crossover and protocol.design.is_mixed):
        return {case.id: 0 for case in protocol.cases}

    def sort(case: StudyCase) -> tuple[str, bytes]:
        return case.stratum, drawn(protocol.seed, "part", case.id)

    ordered = sorted(protocol.cases, key=sort)
    return {case.id: number % len(protocol.arms) for number, case in enumerate(ordered)}


def _fixed(protocol: Protocol, reader: Reader) -> bool:
    return bool(reader.arm) and not protocol.design.is_crossover


def _of_reader(protocol: Protocol, reader: str, sequence: int, parts: dict[str, int]) -> Iterable[Slot]:
    design, arms = protocol.design, protocol.arms
    periods = range(len(arms)) if design.is_crossover else (0,)
    session = order = 0
    for period in periods:
        cases = sorted(
            (case.id for case in protocol.cases), key=lambda case: drawn(protocol.seed, reader, period, case)
        )
        for sitting in _sittings(cases, design.session_size):
            session += 1
            reads = [(arms[(sequence + period + parts[case]) % len(arms)].id, case) for case in sitting]
            if design.is_by_arm:
                reads.sort(key=lambda read: drawn(protocol.seed, reader, "block", session, read[0]))
            for arm, case in reads:
                order += 1
                yield Slot(reader, case, arm, period + 1, session, order)


def _sittings(cases: Sequence[str], size: int) -> Iterable[Sequence[str]]:
    """Equal parts of at most ``size`` cases."""
    count = -(-len(cases) // size) if size else 1
    for number in range(count):
        yield cases[number * len(cases) // count : (number + 1) * len(cases) // count]
