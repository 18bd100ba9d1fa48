"""What was typed, divided into sentences, and the steps that make a report of it. No Qt."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from MedMMSlicerLib.reporting.plain_text import clean_text
from MedMMSlicerLib.widgets.typed_sentences import Edit, changed_range, divide, edits_of

SHOWN = [("a", "One two."), ("b", "Three."), ("c", "Four.")]


def read(*parts: tuple[str, str]) -> list[tuple[str, str]]:
    """Divide a paragraph given as (owner, text) pieces."""
    return [(item.id, item.text) for item in divided(*parts)]


def divided(*parts: tuple[str, str]) -> tuple:
    text = "".join(piece for _owner, piece in parts)
    owners = [owner for owner, piece in parts for _character in piece]
    return divide(text, owners)


def test_sentences_between_separators() -> None:
    parts = (("a", "One two."), ("", " "), ("b", "Three."))
    assert read(*parts) == [("a", "One two."), ("b", "Three.")]
    assert [(item.start, item.end) for item in divided(*parts)] == [(0, 8), (9, 15)]
    assert read() == []
    assert read(("", "   ")) == []


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ((("a", "One."), ("", " X"), ("b", "Two.")), [("a", "One."), ("b", "XTwo.")]),
        ((("a", "One."), ("", " Also: "), ("b", "Two.")), [("a", "One."), ("b", "Also: Two.")]),
        ((("a", "One."), ("", " New words. ")), [("a", "One. New words.")]),
        ((("", "Words "), ("a", "One.")), [("a", "Words One.")]),
        ((("", "Only new words"),), [("*", "Only new words")]),
        ((("a", "One"), ("", " "), ("a", "two.")), [("a", "One two.")]),
        ((("a", "One"), ("", "x"), ("a", "two.")), [("a", "Onextwo.")]),
        ((("a", "One."), ("b", "Two.")), [("a", "One."), ("b", "Two.")]),
        (
            (("a", "One."), ("", " "), ("*", "New "), ("", " "), ("b", "Two.")),
            [("a", "One."), ("*", "New "), ("b", "Two.")],
        ),
    ],
)
def test_what_was_typed_belongs_to_what_it_touches(parts: tuple, expected: list) -> None:
    assert read(*parts) == expected


def test_no_change_needs_no_step() -> None:
    assert (
        edits_of(SHOWN, divided(("a", "One  two. "), ("", " "), ("b", "Three."), ("", "  "), ("c", "Four.")))
        == ()
    )


@pytest.mark.parametrize(
    ("parts", "steps"),
    [
        ((("a", "One."), ("", " "), ("b", "Three."), ("", " "), ("c", "Four.")), [Edit("set", "a", "One.")]),
        ((("a", "One two."), ("", " "), ("c", "Four.")), [Edit("remove", "b")]),
        # Overwritten as a whole: the id stays.
        (
            (("a", "One two."), ("", " "), ("*", "Other."), ("", " "), ("c", "Four.")),
            [Edit("set", "b", "Other.")],
        ),
        ((("", "Other."),), [Edit("set", "a", "Other."), Edit("remove", "b"), Edit("remove", "c")]),
        (
            (("a", "One two."), ("", " "), ("*", "New. "), ("b", "Three."), ("", " "), ("c", "Four.")),
            [Edit("add", "a", "New.")],
        ),
        (
            (("*", "First. "), ("a", "One two."), ("", " "), ("b", "Three."), ("", " "), ("c", "Four.")),
            [Edit("add", "", "First.")],
        ),
        ((), [Edit("remove", "a"), Edit("remove", "b"), Edit("remove", "c")]),
    ],
)
def test_steps(parts: tuple, steps: list) -> None:
    assert list(edits_of(SHOWN, divided(*parts))) == steps


word = st.text("ab .", min_size=1, max_size=6)


@given(st.lists(st.tuples(st.sampled_from(["", "*", "a", "b", "c"]), word), max_size=8))
def test_nothing_that_was_typed_is_lost(parts: list) -> None:
    typed = divided(*parts)
    letters = sorted("".join(piece for _owner, piece in parts).replace(" ", ""))
    assert sorted("".join(item.text for item in typed).replace(" ", "")) == letters
    kept = dict(SHOWN)
    extra: list[str] = []
    for edit in edits_of(SHOWN, typed):
        if edit.kind == "add":
            extra.append(edit.text)
        elif edit.kind == "remove":
            del kept[edit.id]
        else:
            kept[edit.id] = edit.text
    assert sorted("".join([*kept.values(), *extra]).replace(" ", "")) == letters
    assert all(text == clean_text(text) for text in extra)


@given(st.text("ab .", max_size=200), st.integers(0, 200), st.integers(0, 9), st.text("ab .", max_size=9))
def test_outside_of_the_changed_range_texts_are_the_same(old: str, at: int, gone: int, typed: str) -> None:
    new = old[:at] + typed + old[at + gone :]
    first, last = changed_range(old, new)
    assert 0 <= first <= last <= len(new)
    assert old[:first] == new[:first]
    assert new[last:] == (old[last - len(new) :] if last < len(new) else "")
