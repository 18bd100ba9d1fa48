"""The invariants of the assignment, on random protocols of every design."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from MedMMSlicerLib.study.assignment import Slot, assign, case_parts, reader_sequences
from MedMMSlicerLib.study.protocol import Protocol
from MedMMSlicerLib.study.protocol_file import protocol_from_value

_ARMS = [
    {"id": "a", "mode": "unaided"},
    {"id": "b", "mode": "concurrent"},
    {"id": "c", "mode": "sequential", "before": "c-first"},
    {"id": "d", "mode": "concurrent"},
]


@st.composite
def protocols(draw: st.DrawFn) -> Protocol:
    """Valid protocols of one to four arms, one to nine readers and one to thirty cases."""
    arms = _ARMS[: draw(st.integers(1, 4))]
    kind = draw(st.sampled_from(["crossover", "parallel"]))
    readers: list[dict[str, Any]] = []
    for number in range(draw(st.integers(1, 9))):
        reader: dict[str, Any] = {"id": f"r{number}", "group": draw(st.sampled_from(["junior", "senior"]))}
        if kind == "parallel" and draw(st.integers(0, 4)) == 0:
            reader["arm"] = draw(st.sampled_from([arm["id"] for arm in arms]))
        readers.append(reader)
    cases = [
        {"id": f"c{number}", "images": ["i"], "ai": "x", "stratum": draw(st.sampled_from(["s", "t"]))}
        for number in range(draw(st.integers(1, 30)))
    ]
    design = {
        "kind": kind,
        "washout_days": draw(st.floats(0.01, 100)),
        "arms_in_a_period": draw(st.sampled_from(["mixed", "single"])),
        "order": draw(st.sampled_from(["random", "by_arm"])),
        "session_size": draw(st.integers(1, 12)),
    }
    value = {
        "schema": "medmm-study/1",
        "title": "Random",
        "seed": draw(st.integers(0, 2**31 - 1)),
        "design": design,
        "arms": arms,
        "readers": readers,
        "targets": [{"id": "t", "name": "T", "scale": "1-5"}],
        "cases": cases,
    }
    return protocol_from_value(value)


def spread(counts: Counter[Any], keys: list[Any]) -> int:
    """Largest minus smallest count."""
    numbers = [counts[key] for key in keys]
    return max(numbers) - min(numbers)


@settings(max_examples=300, deadline=None)
@given(protocol=protocols())
def test_every_plan_keeps_its_promises(protocol: Protocol) -> None:
    slots = assign(protocol)
    design = protocol.design
    arms = [arm.id for arm in protocol.arms]
    by_reader: dict[str, list[Slot]] = defaultdict(list)
    for slot in slots:
        by_reader[slot.reader].append(slot)
    assert set(by_reader) == {reader.id for reader in protocol.readers}

    for reader in protocol.readers:
        reads = by_reader[reader.id]
        pairs = Counter((read.case, read.arm) for read in reads)
        # Exactly once: every case in every arm, or in the reader's one arm.
        own = arms if design.is_crossover else [reads[0].arm]
        assert pairs == Counter({(case.id, arm): 1 for case in protocol.cases for arm in own})
        if reader.arm:
            assert own == [reader.arm]
        # Never two arms of a case in one session, nor in one period.
        assert max(Counter((read.case, read.session) for read in reads).values()) == 1
        assert max(Counter((read.case, read.period) for read in reads).values()) == 1
        # Order, sessions and periods only go forward; sessions are no larger than allowed.
        assert [read.order for read in reads] == list(range(1, len(reads) + 1))
        assert all(a.session <= b.session <= a.session + 1 for a, b in pairwise(reads))
        assert all(a.period <= b.period for a, b in pairwise(reads))
        assert len({(read.session, read.period) for read in reads}) == len({read.session for read in reads})
        sizes = Counter(read.session for read in reads)
        assert max(sizes.values()) <= design.session_size
        if design.is_by_arm:
            for session in sizes:
                blocks = [read.arm for read in reads if read.session == session]
                assert sum(a != b for a, b in pairwise(blocks)) == len(set(blocks)) - 1
        if design.is_crossover and not design.is_mixed:
            assert len({(read.period, read.arm) for read in reads}) == len(arms)


@settings(max_examples=300, deadline=None)
@given(protocol=protocols())
def test_sequences_and_halves_are_balanced(protocol: Protocol) -> None:
    numbers = list(range(len(protocol.arms)))
    sequences = reader_sequences(protocol)
    free = [reader for reader in protocol.readers if not reader.arm]
    if len(free) == len(protocol.readers):
        assert spread(Counter(sequences.values()), numbers) <= 1
        for group in {reader.group for reader in free}:
            assert spread(Counter(sequences[r.id] for r in free if r.group == group), numbers) <= 1
    parts = case_parts(protocol)
    if protocol.design.is_crossover and protocol.design.is_mixed:
        assert spread(Counter(parts.values()), numbers) <= 1
        for stratum in {case.stratum for case in protocol.cases}:
            inside = Counter(parts[case.id] for case in protocol.cases if case.stratum == stratum)
            assert spread(inside, numbers) <= 1
    else:
        assert set(parts.values()) == {0}


@settings(max_examples=100, deadline=None)
@given(protocol=protocols(), number=st.integers())
def test_a_plan_follows_from_its_protocol_alone(protocol: Protocol, number: int) -> None:
    plan = assign(protocol)
    random.seed(number)
    assert assign(protocol) == plan


def test_another_seed_or_reader_gives_another_order() -> None:
    base = {
        "schema": "medmm-study/1",
        "title": "Order",
        "design": {"kind": "crossover", "washout_days": 1},
        "arms": _ARMS[:2],
        "readers": [{"id": "r1"}, {"id": "r2"}],
        "targets": [{"id": "t", "name": "T", "scale": "1-5"}],
        "cases": [{"id": f"c{number}", "images": ["i"], "ai": "x"} for number in range(20)],
    }
    orders = set()
    for seed in range(3):
        plan = assign(protocol_from_value({**base, "seed": seed}))
        for reader in ("r1", "r2"):
            for period in (1, 2):
                reads = [slot.case for slot in plan if (slot.reader, slot.period) == (reader, period)]
                orders.add(tuple(reads))
    assert len(orders) == 12


def test_both_arms_of_a_mixed_crossover_are_swapped_in_the_second_period() -> None:
    value = {
        "schema": "medmm-study/1",
        "title": "Swap",
        "seed": 1,
        "design": {"kind": "crossover", "washout_days": 1},
        "arms": _ARMS[:2],
        "readers": [{"id": "r1"}, {"id": "r2"}],
        "targets": [{"id": "t", "name": "T", "scale": "1-5"}],
        "cases": [{"id": f"c{number}", "images": ["i"], "ai": "x"} for number in range(8)],
    }
    plan = {(slot.reader, slot.case, slot.period): slot.arm for slot in assign(protocol_from_value(value))}
    for case in (f"c{number}" for number in range(8)):
        for reader in ("r1", "r2"):
            assert {plan[reader, case, 1], plan[reader, case, 2]} == {"a", "b"}
        assert plan["r1", case, 1] != plan["r2", case, 1]
