"""Whether a document is what its audit trail says, and where it is not."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import TypeVar

from ...core import Report, ReportSection, ReportSentence
from .audit import Tampering, verify_trail
from .model import Addendum, Edit, ReportDocument, content_sha256
from .replay import Replay, replay

__all__ = ["verify_document"]

_T = TypeVar("_T")


def verify_document(document: ReportDocument, expected_head: str = "") -> tuple[Tampering, ...]:
    """Find what was changed behind the program's back, in trail and report, signed versions included.

    Parameters
    ----------
    document : ReportDocument
    expected_head : str
        Hash of the last audit entry as noted elsewhere, see `audit.verify_trail`.

    Returns
    -------
    tuple of Tampering
        Empty: everything fits. One changed character is found at its audit entry or at its sentence.
    """
    found = list(verify_trail(document.audit, expected_head))
    told = replay(document.audit.entries)
    named = {item.entry for item in found}
    found += [
        Tampering("entry", f"Audit entry {number} can not be understood.", entry=number)
        for number in told.broken
        if number not in named
    ]
    trail_is_whole = not found
    found += _state(document, told)
    found += _versions(document, told, trail_is_whole)
    if told.content_sha256 != document.sha256 or trail_is_whole:
        found += _content(document.report, told.report, document.version)
    if told.content_sha256 != document.sha256 and not any(
        item.kind in ("sentence", "section", "report", "addendum", "status", "entry") for item in found
    ):
        found.append(Tampering("report", "The report is not the one that the audit trail tells of."))
    if trail_is_whole:
        found += _history(document.history, told.history)
    return tuple(found)


def _state(document: ReportDocument, told: Replay) -> list[Tampering]:
    found = []
    for name, actual, expected in (
        ("status", document.status, told.status),
        ("version", document.version, told.version),
        ("status of the report", document.report.status, told.status),
    ):
        if actual != expected:
            found.append(Tampering("status", f"The {name} is '{actual}', the audit trail says '{expected}'."))
    if document.signatures != told.signatures:
        pairs = _pairs(document.signatures, told.signatures)
        number = next(place for place, (one, other) in enumerate(pairs, start=1) if one != other)
        found.append(
            Tampering("signature", f"Signature {number} is not the one in the audit trail.", version=number)
        )
    return found + _addenda(document.addenda, told.addenda, document.version)


def _addenda(actual: tuple[Addendum, ...], expected: tuple[Addendum, ...], version: int) -> list[Tampering]:
    return [
        Tampering("addendum", f"Addendum {number} was changed, added or removed.", version=version)
        for number, (one, other) in enumerate(_pairs(actual, expected), start=1)
        if one != other
    ]


def _versions(document: ReportDocument, told: Replay, trail_is_whole: bool) -> list[Tampering]:
    """Each signed version against its signature, and where that fails against the trail."""
    found: list[Tampering] = []
    expected = {item.version: item for item in told.versions}
    signed = {item.version: item.sha256 for item in document.signatures}
    for kept in document.versions:
        digest = content_sha256(kept.report, document.id, kept.version, kept.addenda)
        if digest == signed.get(kept.version) and trail_is_whole is False:
            continue
        before = len(found)
        other = expected.get(kept.version)
        found += _content(kept.report, other.report if other else None, kept.version)
        found += _addenda(kept.addenda, other.addenda if other else (), kept.version)
        if digest != signed.get(kept.version) and len(found) == before:
            text = f"Version {kept.version} is not what was signed."
            found.append(Tampering("report", text, version=kept.version))
    if {item.version for item in document.versions} != set(expected):
        found.append(Tampering("report", "Signed versions are missing or were added."))
    return found


def _content(actual: Report, expected: Report | None, version: int) -> list[Tampering]:
    """Which sentences differ; the sections and the head where it is not the sentences."""
    if expected is None:
        text = f"The audit trail knows nothing of version {version}."
        return [Tampering("report", text, version=version)]
    found = []
    one, other = _placed(actual), _placed(expected)
    for name in dict.fromkeys((*one, *other)):
        here, there = one.get(name), other.get(name)
        if here is not None and there is not None and here[1] == there[1]:
            continue
        section = (here or there or ("",))[0]
        verb = "was changed" if here and there else ("was removed" if there else "was added")
        text = f"Sentence '{name}' in the section '{section}' {verb} behind the program's back."
        found.append(Tampering("sentence", text, sentence_id=name, section_id=section, version=version))
    for mine, theirs in _pairs(actual.sections, expected.sections):
        if _outline(mine) != _outline(theirs) and not found:
            name = next(item.id for item in (mine, theirs) if item is not None)
            text = f"The order or the title of the section '{name}' was changed behind the program's back."
            found.append(Tampering("section", text, section_id=name, version=version))
    for name in ("title", "language", "notice", "created_at"):
        if getattr(actual, name) != getattr(expected, name):
            text = f"The report's {name} was changed behind the program's back."
            found.append(Tampering("report", text, version=version))
    return found


def _history(
    actual: Mapping[str, tuple[Edit, ...]], expected: Mapping[str, tuple[Edit, ...]]
) -> list[Tampering]:
    return [
        Tampering("history", f"The history of the sentence '{name}' was changed.", sentence_id=name)
        for name in dict.fromkeys((*actual, *expected))
        if actual.get(name) != expected.get(name)
    ]


def _placed(report: Report) -> dict[str, tuple[str, ReportSentence]]:
    return {item.id: (section.id, item) for section in report.sections for item in section.sentences}


def _outline(section: ReportSection | None) -> tuple[object, ...]:
    if section is None:
        return ()
    return section.id, section.title, tuple(item.id for item in section.sentences)


def _pairs(one: Sequence[_T], other: Sequence[_T]) -> list[tuple[_T | None, _T | None]]:
    return list(itertools.zip_longest(one, other))
