"""The hash chain: what was changed is found where it was changed."""

from __future__ import annotations

import dataclasses
import hashlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from MedMMSlicerLib.errors import InputError, UsageError
from MedMMSlicerLib.reporting.document.audit import (
    GENESIS,
    AuditTrail,
    trail_from_lines,
    trail_to_lines,
    verify_trail,
)
from MedMMSlicerLib.reporting.document.canonical import canonical_json, sha256_of

WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=20)
DATA = st.dictionaries(
    WORDS, st.one_of(WORDS, st.integers(-(2**53), 2**53), st.lists(WORDS, max_size=3), st.none()), max_size=4
)


def a_trail(count: int = 6) -> AuditTrail:
    trail = AuditTrail()
    for number in range(count):
        data = {"text": f"Lungs {number}: 左肺\u2028 {number}", "items": [number, None, True]}
        trail = trail.append(f"2026-01-02T03:04:{number:02d}+00:00", f"Dr. {number}", "edited", data)
    return trail


def test_canonical_json_is_what_the_documentation_says() -> None:
    value = {"b": ["左", 1, None, True], "a": 'x "y"\n'}
    assert canonical_json(value) == '{"a":"x \\"y\\"\\n","b":["左",1,null,true]}'
    assert sha256_of(value) == hashlib.sha256(canonical_json(value).encode("utf-8")).hexdigest()


@pytest.mark.parametrize("value", [{"a": float("nan")}, {"a": object()}, {"a": "\ud800"}])
def test_what_can_not_be_hashed_is_refused(value: object) -> None:
    with pytest.raises(UsageError, match="can not be written"):
        sha256_of(value)


def test_entries_are_chained() -> None:
    trail = a_trail()
    assert trail.entries[0].previous == GENESIS and AuditTrail().head == GENESIS
    for before, after in zip(trail.entries, trail.entries[1:]):
        assert after.previous == before.sha256 and after.number == before.number + 1
    assert trail.head == trail.entries[-1].sha256 and verify_trail(trail, trail.head) == ()


def test_a_hash_can_be_computed_again_by_anybody() -> None:
    line = json.loads(a_trail().entries[2].line)
    digest = line.pop("sha256")
    text = json.dumps(line, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert hashlib.sha256(text.encode()).hexdigest() == digest


@settings(deadline=None)
@given(st.lists(st.tuples(WORDS, DATA), max_size=5))
def test_any_trail_survives_json_lines(items: list[tuple[str, dict[str, object]]]) -> None:
    trail = AuditTrail()
    for who, data in items:
        trail = trail.append("2026-01-02T03:04:05+00:00", who, "edited", data)
    text = trail_to_lines(trail)
    assert text.count("\n") == len(items)
    assert trail_from_lines(text) == trail and verify_trail(trail_from_lines(text)) == ()


@settings(deadline=None)
@given(st.data())
def test_one_changed_character_is_found_at_its_entry(data: st.DataObject) -> None:
    lines = trail_to_lines(a_trail()).split("\n")[:-1]
    number = data.draw(st.integers(0, len(lines) - 1))
    place = data.draw(st.integers(0, len(lines[number]) - 1))
    old = lines[number][place]
    new = data.draw(st.characters(codec="utf-8", exclude_characters=[old, "\n"], exclude_categories=["Cs"]))
    lines[number] = lines[number][:place] + new + lines[number][place + 1 :]
    try:
        found = verify_trail(trail_from_lines("\n".join(lines) + "\n"))
    except InputError as error:
        assert f"Line {number + 1} " in str(error)
        return
    assert [item.entry for item in found] == [number + 1]


@pytest.mark.parametrize("missing", range(5))
def test_a_removed_entry_is_found_where_it_was(missing: int) -> None:
    entries = a_trail().entries
    found = verify_trail(AuditTrail(entries[:missing] + entries[missing + 1 :]))
    assert [item.entry for item in found] == [missing + 1] and "missing" in found[0].message


def test_moved_and_forged_entries_are_found() -> None:
    entries = list(a_trail().entries)
    entries[2], entries[3] = entries[3], entries[2]
    assert 3 in [item.entry for item in verify_trail(AuditTrail(tuple(entries)))]
    trail = a_trail()
    forged = AuditTrail(trail.entries[:3]).append("2026-01-02T03:04:05+00:00", "Dr. X", "edited", {})
    mixed = AuditTrail((*forged.entries, *trail.entries[4:]))
    assert [item.entry for item in verify_trail(mixed)] == [5]


def test_missing_and_added_ends_are_found_by_a_noted_hash() -> None:
    trail = a_trail()
    shorter = AuditTrail(trail.entries[:-1])
    assert verify_trail(shorter) == ()
    assert [item.entry for item in verify_trail(shorter, trail.head)] == [5]
    longer = trail.append("2026-01-02T03:04:05+00:00", "Dr. X", "edited", {})
    assert "entries follow it" in verify_trail(longer, trail.head)[0].message


def test_a_rewritten_chain_is_found_by_a_noted_hash() -> None:
    trail, forged = a_trail(), AuditTrail()
    for entry in trail.entries:
        who = "Dr. X" if entry.number == 2 else entry.who
        forged = forged.append(entry.at, who, entry.action, entry.data)
    assert verify_trail(forged) == () and verify_trail(forged, trail.head)


@pytest.mark.parametrize(
    "change", [{"number": True}, {"number": "1"}, {"data": []}, {"who": None}, {"more": 1}]
)
def test_lines_that_are_no_entries_are_refused(change: dict[str, object]) -> None:
    lines = [entry.line for entry in a_trail(3).entries]
    lines[1] = json.dumps({**json.loads(lines[1]), **change})
    with pytest.raises(InputError, match="Line 2 "):
        trail_from_lines("\n".join(lines))


def test_a_deep_line_is_refused() -> None:
    with pytest.raises(InputError, match="Line 1 "):
        trail_from_lines("[" * 200_000)


def test_another_number_is_found_once() -> None:
    entries = a_trail().entries
    wrong = AuditTrail((*entries[:3], dataclasses.replace(entries[3], number=9), *entries[4:]))
    assert [item.entry for item in verify_trail(wrong)] == [4]
