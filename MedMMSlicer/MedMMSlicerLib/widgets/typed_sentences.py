"""What a reader typed: a paragraph divided into sentences, and what that means for the report. No Qt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..reporting.plain_text import clean_text

__all__ = ["NEW", "Edit", "Paragraph", "Span", "TypedSentence", "changed_range", "divide", "edits_of"]

NEW = "*"
"""Stands for the id of a sentence that the report does not have yet."""

_MARGIN = 64


@dataclass(frozen=True)
class Span:
    """A sentence to show; ``author`` decides how it is underlined."""

    id: str
    text: str
    author: str


@dataclass(frozen=True)
class Paragraph:
    """A section to show."""

    id: str
    title: str
    spans: tuple[Span, ...]


@dataclass(frozen=True)
class TypedSentence:
    """A sentence as it stands in the field; ``id`` may be `NEW`; positions are those in the paragraph."""

    id: str
    text: str
    start: int
    end: int


def divide(text: str, ids: Sequence[str]) -> tuple[TypedSentence, ...]:
    """Divide a paragraph into sentences.

    Characters of one id are one sentence. What carries none was typed at the edge of one: it belongs to
    the one that follows, else to the one before; in an empty paragraph it is a new one.

    Parameters
    ----------
    text : str
    ids : sequence of str
        Of the sentence of every character; empty for what separates sentences and for what carries none.
    """
    runs: list[list[Any]] = []
    for place, (character, owner) in enumerate(zip(text, ids)):
        blank = not owner and character.isspace()
        if runs and runs[-1][0] == owner and runs[-1][3] == blank:
            runs[-1][2] = place + 1
        else:
            runs.append([owner, place, place + 1, blank])
    owners = [run[0] for run in runs]
    for number, run in enumerate(runs):
        if not run[0] and not run[3]:
            following = next((owner for owner in owners[number + 1 :] if owner), "")
            before = next((owner for owner in reversed(owners[:number]) if owner), "")
            run[0] = following or before or NEW
    _join_same(runs)
    return tuple(
        TypedSentence(owner, text[start:end], start, end) for owner, start, end, blank in runs if not blank
    )


def _join_same(runs: list[list[Any]]) -> None:
    """Join neighbors that belong to the same sentence, also over the blank between them."""
    number = 1
    while number < len(runs):
        before, here = runs[number - 1], runs[number]
        after = runs[number + 1] if number + 1 < len(runs) else None
        if not here[3] and not before[3] and before[0] == here[0]:
            before[2] = here[2]
            del runs[number]
        elif here[3] and after is not None and not before[3] and before[0] == after[0]:
            before[2] = after[2]
            del runs[number : number + 2]
        else:
            number += 1


@dataclass(frozen=True)
class Edit:
    """One step that makes a report what was typed.

    ``kind`` is ``set``, ``remove`` or ``add``; for ``add``, ``id`` is the sentence in front of the new one,
    empty at the beginning of a section.
    """

    kind: str
    id: str
    text: str = ""


def edits_of(shown: Sequence[tuple[str, str]], typed: Sequence[TypedSentence]) -> tuple[Edit, ...]:
    """Return the steps from the sentences that were shown, as (id, text), to those that were typed.

    A sentence that was overwritten as a whole keeps its id: where ids are gone and new sentences stand in
    their place, these are taken for them, in order.
    """
    here = _with_ids([item_id for item_id, _text in shown], typed)
    texts: dict[str, list[str]] = {}
    edits: list[Edit] = []
    before = ""
    for sentence_id, text in here:
        if sentence_id:
            texts.setdefault(sentence_id, []).append(text)
            before = sentence_id
        else:
            edits.append(Edit("add", before, clean_text(text)))
    for sentence_id, old in shown:
        new = clean_text(" ".join(texts.get(sentence_id, ())))
        if not new:
            edits.append(Edit("remove", sentence_id))
        elif new != clean_text(old):
            edits.append(Edit("set", sentence_id, new))
    return tuple(edits)


def _with_ids(shown: Sequence[str], typed: Sequence[TypedSentence]) -> list[tuple[str, str]]:
    """Give new sentences the ids that are gone between the same two neighbors."""
    present = [item.id for item in typed if item.id in shown]
    result: list[tuple[str, str]] = []
    passed = 0
    for item in typed:
        if item.id in shown:
            passed = shown.index(item.id) + 1
            result.append((item.id, item.text))
            continue
        following = next((n for n in range(passed, len(shown)) if shown[n] in present), len(shown))
        if passed < following:
            result.append((shown[passed], item.text))
            passed += 1
        else:
            result.append(("", item.text))
    return result


def changed_range(old: str, new: str) -> tuple[int, int]:
    """Return first and last position in ``new`` that may differ from ``old``, with a margin.

    The margin is for text that repeats itself: there, what was typed can not be told from what stood there.
    """
    before = _common(old, new)
    after = min(_common(old[::-1], new[::-1]), min(len(old), len(new)) - before)
    return max(before - _MARGIN, 0), len(new) - max(after - _MARGIN, 0)


def _common(one: str, other: str) -> int:
    """Return how many characters two texts have in common at their beginning."""
    if one == other:
        return len(one)
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if one[:middle] == other[:middle] else (low, middle - 1)
    return low
