"""A report as a reader works on it: the draft beside what the reader made of it. Pure functions.

A sentence is *touched* when the reader changed its text (its drafted form is kept as its origin), *added*
when no draft had it, and *removed* when a draft has it and the report does not.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..core import Report, ReportSection, ReportSentence, to_json
from ..errors import InputError
from ..reporting.document.codec import report_to_json
from ..reporting.plain_text import clean_text
from .report_match import Known, with_known_ids

__all__ = [
    "PendingChange",
    "ReportState",
    "add_sentence",
    "first_state",
    "move_sentence",
    "pending_changes",
    "redraft",
    "remove_sentence",
    "resolve_pending",
    "set_text",
    "state_from_json",
    "state_to_json",
]


@dataclass(frozen=True)
class ReportState:
    """A report and where it comes from.

    Parameters
    ----------
    report : Report
        As it is shown and saved.
    base : Report
        The last draft; a sentence that is in both has the same id.
    origins : mapping of str to ReportSentence
        Touched sentences by id: the drafted form that the reader knows. Its text is empty where the reader
        knows that the draft no longer has the sentence.
    lost : tuple of Known
        Drafted earlier and touched or removed by the reader, but not in the last draft: should a later draft
        have it again, it is recognized.
    """

    report: Report
    base: Report
    origins: Mapping[str, ReportSentence] = field(default_factory=dict)
    lost: tuple[Known, ...] = ()

    @property
    def removed_ids(self) -> frozenset[str]:
        """Ids of drafted sentences that the reader removed."""
        drafted = {*_by_id(self.base), *(sentence.id for _, sentence in self.lost)}
        return frozenset(drafted - set(_by_id(self.report)))


@dataclass(frozen=True)
class PendingChange:
    """A touched sentence whose draft has changed since: the reader decides.

    ``text`` is the reader's, ``drafted_before`` what it was made from, ``drafted_now`` what the draft says
    now (empty: nothing any more).
    """

    sentence_id: str
    text: str
    drafted_before: str
    drafted_now: str


def first_state(draft: Report) -> ReportState:
    """The state of a report that nobody has worked on."""
    return ReportState(draft, draft)


def set_text(state: ReportState, sentence_id: str, text: str) -> ReportState:
    """Change a sentence: it is the reader's from then on, with its evidence.

    An empty text removes it; the drafted text makes it the draft's again.

    Raises
    ------
    InputError
        If there is no such sentence.
    """
    sentence, text = _sentence(state, sentence_id), clean_text(text)
    if not text:
        return remove_sentence(state, sentence_id)
    if text == sentence.text:
        return state
    drafted = _by_id(state.base).get(sentence_id)
    origins = dict(state.origins)
    if drafted is not None and text == drafted.text:
        origins.pop(sentence_id, None)
        changed = drafted
    else:
        if drafted is not None:
            origins.setdefault(sentence_id, drafted)
        changed = dataclasses.replace(sentence, text=text, author="reader")
    return dataclasses.replace(state, report=_replaced(state.report, changed), origins=origins)


def add_sentence(
    state: ReportState,
    section_id: str,
    text: str,
    after: str = "",
    titles: Mapping[str, str] | None = None,
    evidence_ids: tuple[str, ...] = (),
) -> tuple[ReportState, str]:
    """Add a sentence of the reader and return its id.

    Parameters
    ----------
    state : ReportState
    section_id : str
        One that the report has, or one of ``titles``, which is then made.
    text : str
    after : str
        Sentence in front of it; empty: at the end of the section.
    titles : mapping of str to str, optional
        Titles of further sections, in the order of a report.
    evidence_ids : tuple of str
        What it states.

    Raises
    ------
    InputError
        If the text is empty, or there is no such section or sentence.
    """
    text = clean_text(text)
    if not text:
        raise InputError("A sentence needs text. Type some.")
    state = _with_section(state, section_id, titles or {})
    used = {*_by_id(state.report), *_by_id(state.base), *(item.id for _, item in state.lost)}
    number = next(number for number in range(1, len(used) + 2) if f"reader-{number}" not in used)
    sentence = ReportSentence(f"reader-{number}", text, "reader", evidence_ids)
    return dataclasses.replace(
        state, report=_inserted(state.report, section_id, sentence, after)
    ), sentence.id


def remove_sentence(state: ReportState, sentence_id: str) -> ReportState:
    """Remove a sentence; a later draft does not bring it back.

    Raises
    ------
    InputError
        If there is no such sentence.
    """
    _sentence(state, sentence_id)
    origins = {key: item for key, item in state.origins.items() if key != sentence_id}
    return dataclasses.replace(state, report=_without(state.report, sentence_id), origins=origins)


def move_sentence(state: ReportState, sentence_id: str, section_id: str, after: str = "") -> ReportState:
    """Move a sentence into a section, behind ``after`` (empty: to its beginning).

    Raises
    ------
    InputError
        If there is no such sentence or section.
    """
    sentence = _sentence(state, sentence_id)
    if after == sentence_id:
        return state
    rest = _without(state.report, sentence_id)
    return dataclasses.replace(state, report=_inserted(rest, section_id, sentence, after, at_start=not after))


def redraft(state: ReportState, draft: Report) -> ReportState:
    """Take a new draft over: what the reader touched, added, moved or removed stays as it is.

    Parameters
    ----------
    state : ReportState
    draft : Report
        Its ids are replaced by those of the sentences that it is a version of.
    """
    known = [(section.id, item) for section in state.base.sections for item in section.sentences]
    known += state.lost
    other_language = draft.language != state.base.language
    base = with_known_ids(draft, known, _by_id(state.report), other_language=other_language)
    report = dataclasses.replace(
        base,
        sections=_merged_sections(state, base),
        created_at=state.report.created_at,
        status=state.report.status,
    )
    drafted = _by_id(base)
    kept = {*state.origins, *state.removed_ids}
    lost = tuple((name, item) for name, item in known if item.id in kept and item.id not in drafted)
    return ReportState(report, base, state.origins, lost)


def pending_changes(state: ReportState) -> tuple[PendingChange, ...]:
    """Touched sentences whose draft is another one than the reader saw, in the order of the report."""
    drafted, changes = _by_id(state.base), []
    for sentence in _by_id(state.report).values():
        origin = state.origins.get(sentence.id)
        if origin is None:
            continue
        now = drafted[sentence.id].text if sentence.id in drafted else ""
        if now not in (origin.text, sentence.text):
            changes.append(PendingChange(sentence.id, sentence.text, origin.text, now))
    return tuple(changes)


def resolve_pending(state: ReportState, sentence_id: str, take: bool) -> ReportState:
    """Take the new draft of a touched sentence, or keep the reader's text and ask no more.

    Raises
    ------
    InputError
        If nothing is pending for this sentence.
    """
    if all(change.sentence_id != sentence_id for change in pending_changes(state)):
        raise InputError("The draft of this sentence has not changed. Select another sentence.")
    drafted, origins = _by_id(state.base).get(sentence_id), dict(state.origins)
    if not take:
        origins[sentence_id] = drafted or dataclasses.replace(origins[sentence_id], text="")
        return dataclasses.replace(state, origins=origins)
    del origins[sentence_id]
    if drafted is not None:
        return dataclasses.replace(state, report=_replaced(state.report, drafted), origins=origins)
    lost = tuple(item for item in state.lost if item[1].id != sentence_id)
    return dataclasses.replace(state, report=_without(state.report, sentence_id), origins=origins, lost=lost)


def state_to_json(state: ReportState) -> dict[str, Any]:
    """Everything but the report, which has a node of its own, as plain JSON values."""
    return {
        "base": report_to_json(state.base),
        "origins": {key: to_json(item) for key, item in state.origins.items()},
        "lost": [[name, to_json(item)] for name, item in state.lost],
    }


def state_from_json(report: Report, value: Mapping[str, Any]) -> ReportState:
    """Inverse of `state_to_json`; without a base the report counts as drafted as it is.

    Raises
    ------
    InputError
        If the value is damaged.
    """
    if "base" not in value:
        return first_state(report)
    try:
        base = value["base"]
        sections = tuple(
            ReportSection(item["id"], item["title"], tuple(_read(entry) for entry in item["sentences"]))
            for item in base["sections"]
        )
        return ReportState(
            report,
            Report(**{**base, "sections": sections}),
            {key: _read(item) for key, item in value.get("origins", {}).items()},
            tuple((str(name), _read(item)) for name, item in value.get("lost", ())),
        )
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise InputError(f"The history of the report is damaged ({error}). Run the model again.") from error


def _read(value: Mapping[str, Any]) -> ReportSentence:
    return ReportSentence(value["id"], value["text"], value["author"], tuple(value["evidence_ids"]))


def _merged_sections(state: ReportState, base: Report) -> tuple[ReportSection, ...]:
    """The sections of a new draft with what the reader made of them; sections that only the reader has."""
    contents = _surviving(state, base)
    place = {name: section for section, items in contents.items() for name in (item.id for item in items)}
    removed, drafted = state.removed_ids, _by_id(base)
    old_order = list(_by_id(state.base))
    sections: dict[str, ReportSection] = {}
    for section in base.sections:
        wanted = [
            item.id
            for item in section.sentences
            if item.id not in removed and place.get(item.id, section.id) == section.id
        ]
        current = contents.pop(section.id, [])
        sentences = {**{name: drafted[name] for name in wanted}, **{item.id: item for item in current}}
        order = _merged_order([item.id for item in current], wanted, old_order)
        sections[section.id] = dataclasses.replace(
            section, sentences=tuple(sentences[name] for name in order)
        )
    order = _merged_order([item.id for item in state.report.sections], list(sections), list(sections))
    for section in state.report.sections:
        if contents.get(section.id):
            sections[section.id] = dataclasses.replace(section, sentences=tuple(contents[section.id]))
    return tuple(sections[name] for name in order if name in sections)


def _surviving(state: ReportState, base: Report) -> dict[str, list[ReportSentence]]:
    """By section, in the reader's order, what stays: touched and added as they are, the rest drafted anew."""
    drafted, before = _by_id(base), _by_id(state.base)
    contents: dict[str, list[ReportSentence]] = {}
    for section in state.report.sections:
        kept = contents.setdefault(section.id, [])
        for sentence in section.sentences:
            if sentence.id in state.origins or sentence.id not in before:
                kept.append(sentence)
            elif sentence.id in drafted:
                kept.append(drafted[sentence.id])
    return contents


def _merged_order(current: Sequence[str], wanted: Sequence[str], before: Sequence[str]) -> list[str]:
    """Ids of both lists once: in the draft's order, unless the reader has changed the order.

    What only one of the two has stays behind its neighbor.
    """
    drafted = [name for name in current if name in set(wanted)]
    was_reordered = drafted != [name for name in before if name in set(drafted)]
    first, second = (current, wanted) if was_reordered else (wanted, current)
    result = list(first)
    for index, name in enumerate(second):
        if name in result:
            continue
        neighbors = [item for item in second[:index] if item in result]
        result.insert(result.index(neighbors[-1]) + 1 if neighbors else 0, name)
    return result


def _with_section(state: ReportState, section_id: str, titles: Mapping[str, str]) -> ReportState:
    """Make a section that the draft left out, at its place among the others."""
    have = [section.id for section in state.report.sections]
    if section_id in have:
        return state
    if section_id not in titles:
        raise InputError(f"The report has no section '{section_id}'. Select one.")
    names = _merged_order(have, [name for name in titles if name in {*have, section_id}], have)
    sections = {section.id: section for section in state.report.sections}
    sections[section_id] = ReportSection(section_id, titles[section_id], ())
    report = dataclasses.replace(state.report, sections=tuple(sections[name] for name in names))
    return dataclasses.replace(state, report=report)


def _by_id(report: Report) -> dict[str, ReportSentence]:
    return {item.id: item for section in report.sections for item in section.sentences}


def _sentence(state: ReportState, sentence_id: str) -> ReportSentence:
    found = _by_id(state.report).get(sentence_id)
    if found is None:
        raise InputError(f"The report has no sentence '{sentence_id}'. Select it again.")
    return found


def _replaced(report: Report, sentence: ReportSentence) -> Report:
    return _mapped(
        report,
        lambda section: tuple(sentence if item.id == sentence.id else item for item in section.sentences),
    )


def _without(report: Report, sentence_id: str) -> Report:
    return _mapped(
        report, lambda section: tuple(item for item in section.sentences if item.id != sentence_id)
    )


def _mapped(report: Report, change: Any) -> Report:
    sections = tuple(dataclasses.replace(item, sentences=change(item)) for item in report.sections)
    return dataclasses.replace(report, sections=sections)


def _inserted(
    report: Report, section_id: str, sentence: ReportSentence, after: str, *, at_start: bool = False
) -> Report:
    section = next((item for item in report.sections if item.id == section_id), None)
    if section is None:
        raise InputError(f"The report has no section '{section_id}'. Select one.")
    ids = [item.id for item in section.sentences]
    if after and after not in ids:
        raise InputError(f"The section '{section.title}' has no sentence '{after}'. Select it again.")
    place = ids.index(after) + 1 if after else (0 if at_start else len(ids))
    sentences = (*section.sentences[:place], sentence, *section.sentences[place:])
    sections = tuple(
        dataclasses.replace(item, sentences=sentences) if item.id == section_id else item
        for item in report.sections
    )
    return dataclasses.replace(report, sections=sections)
