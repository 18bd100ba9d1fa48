"""What changed between two reports, as data, and a report built again from such changes.

The audit trail holds these changes, so that every version of a report can be rebuilt from it and compared.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...core import Report, ReportSection, ReportSentence
from ...errors import InputError

__all__ = ["SentenceChange", "apply_changes", "changes_between", "read_changes"]

_HEAD = ("title", "language", "notice", "created_at")


@dataclass(frozen=True)
class SentenceChange:
    """One sentence of a change: ``kind`` is ``added``, ``edited`` or ``removed``; texts as in `Edit`."""

    kind: str
    sentence_id: str
    section_id: str
    before: str
    after: str
    author: str
    evidence_ids: tuple[str, ...] = field(default=())


def changes_between(before: Report | None, after: Report) -> dict[str, Any]:
    """What turns one report into another, empty where they say the same (their status aside).

    Returns
    -------
    dict
        With any of the keys ``head`` (title, language, notice, time of the draft), ``sections`` (the whole
        list of ids and titles, where that changed), ``order`` (sentence ids by section, where that changed)
        and ``sentences`` (a list of the fields of `SentenceChange`).
    """
    changes: dict[str, Any] = {}
    head = {
        name: getattr(after, name)
        for name in _HEAD
        if before is None or getattr(before, name) != getattr(after, name)
    }
    if head:
        changes["head"] = head
    old_sections = () if before is None else before.sections
    titles = [[section.id, section.title] for section in after.sections]
    if titles != [[section.id, section.title] for section in old_sections]:
        changes["sections"] = titles
    old_order = {section.id: _ids(section) for section in old_sections}
    order = {
        section.id: _ids(section) for section in after.sections if old_order.get(section.id) != _ids(section)
    }
    if order:
        changes["order"] = order
    sentences = list(_sentence_changes(_placed(before), _placed(after)))
    if sentences:
        changes["sentences"] = sentences
    return changes


def read_changes(data: Mapping[str, Any]) -> tuple[SentenceChange, ...]:
    """The sentences of a change.

    Raises
    ------
    InputError
        If the data are damaged.
    """
    try:
        return tuple(
            SentenceChange(**{**item, "evidence_ids": tuple(item["evidence_ids"])})
            for item in data.get("sentences", ())
        )
    except (TypeError, KeyError, AttributeError) as error:
        raise InputError(f"An entry of the audit trail is damaged ({error}).") from error


def apply_changes(report: Report | None, data: Mapping[str, Any]) -> Report:
    """Build the report after a change from the one before it: the inverse of `changes_between`.

    Raises
    ------
    InputError
        If the data are damaged, or belong to another report.
    """
    try:
        return _applied(report, data)
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        raise InputError(f"An entry of the audit trail is damaged ({error!r}).") from error


def _applied(report: Report | None, data: Mapping[str, Any]) -> Report:
    old = report or Report("", "", "", (), "")
    sentences = {item.id: item for section in old.sections for item in section.sentences}
    for change in read_changes(data):
        if change.kind == "removed":
            del sentences[change.sentence_id]
        else:
            sentences[change.sentence_id] = ReportSentence(
                change.sentence_id, change.after, change.author, change.evidence_ids
            )
    order = {section.id: _ids(section) for section in old.sections} | dict(data.get("order", {}))
    titles = data.get("sections", [[section.id, section.title] for section in old.sections])
    sections = tuple(
        ReportSection(name, title, tuple(sentences[item] for item in order.get(name, ())))
        for name, title in titles
    )
    return dataclasses.replace(old, **data.get("head", {}), sections=sections)


def _ids(section: ReportSection) -> list[str]:
    return [sentence.id for sentence in section.sentences]


def _placed(report: Report | None) -> dict[str, tuple[str, ReportSentence]]:
    sections = () if report is None else report.sections
    return {item.id: (section.id, item) for section in sections for item in section.sentences}


def _sentence_changes(
    before: Mapping[str, tuple[str, ReportSentence]], after: Mapping[str, tuple[str, ReportSentence]]
) -> Iterator[dict[str, Any]]:
    for name, (section_id, sentence) in after.items():
        old = before.get(name)
        if old is None:
            yield _plain("added", section_id, "", sentence)
        elif old[1] != sentence:
            yield _plain("edited", section_id, old[1].text, sentence)
    for name, (section_id, sentence) in before.items():
        if name not in after:
            yield {**_plain("removed", section_id, sentence.text, sentence), "after": ""}


def _plain(kind: str, section_id: str, before: str, sentence: ReportSentence) -> dict[str, Any]:
    return {
        "kind": kind,
        "sentence_id": sentence.id,
        "section_id": section_id,
        "before": before,
        "after": sentence.text,
        "author": sentence.author,
        "evidence_ids": list(sentence.evidence_ids),
    }
