"""Checks that need the whole report: what is missing, and whether the impression rests on the findings."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence

from ...core import Finding, Report, ReportSection
from ..templates import DEFAULT_SET, LANGUAGES, load_wording
from .facts import Facts, sides_of
from .model import Remark
from .sentence import Mention, SentenceModel
from .sentence_rules import UNSTATED_SECTIONS, Place
from .wording import remark_text

__all__ = [
    "critical_remarks",
    "empty_sections",
    "open_impression",
    "states_findings",
    "supported_in_findings",
    "unstated_findings",
]

Read = tuple[Place, SentenceModel]
"""A sentence and what it says."""

_BLANK = re.compile(r"[\s_＿.…。·\-—–*?？\[\]()（）【】{}<>/、，,]*")
_BRACKETED = re.compile(r"[\[【<（({]+[^\[\]【】<>（）(){}]{0,30}[\]】>）)}]+")
_FRAME = " \t\n[](){}<>（）【】_＿.。…"
_ABOUT = ("affirmed", "doubted", "denied")


def empty_sections(report: Report, facts: Facts, language: str) -> Iterator[Remark]:
    """Required sections that are not there, have no sentence, or only a placeholder."""
    sections = {section.id: section for section in report.sections}
    for name in facts.context.required_sections:
        section = sections.get(name)
        filled = [item for item in section.sentences if not _is_blank(item.text, facts)] if section else []
        if filled:
            continue
        first = section.sentences[0] if section and section.sentences else None
        text = remark_text("section-empty", language, name=section.title if section else name)
        yield Remark(
            "section-empty", "error", first.id if first else "", 0, len(first.text) if first else 0, text,
            section_id=name,
        )  # fmt: skip


def _is_blank(text: str, facts: Facts) -> bool:
    """Nothing, only signs, a word that stands for what is to come, or a few words in brackets alone."""
    if _BLANK.fullmatch(text) or _BRACKETED.fullmatch(text.strip()):
        return True
    words = text.strip(_FRAME).lower()
    return any(
        words in lexicon.placeholders or any(item.fullmatch(words) for item in lexicon.placeholder_patterns)
        for lexicon in (facts.english, facts.chinese)
    )


def open_impression(report: Report, language: str) -> Iterator[Remark]:
    """The sentence of the draft that leaves the impression to the reader, where it still stands."""
    for section in report.sections:
        for sentence in section.sentences if section.id == "impression" else ():
            for placeholder in _open_sentences():
                start = sentence.text.find(placeholder)
                if start >= 0:
                    yield Remark(
                        "section-empty", "warning", sentence.id, start, start + len(placeholder),
                        remark_text("still-open", language), section_id=section.id,
                    )  # fmt: skip


@functools.cache
def _open_sentences() -> tuple[str, ...]:
    return tuple(load_wording(DEFAULT_SET, language)[0].sentence("impression_open") for language in LANGUAGES)


def unstated_findings(sentences: Sequence[Read], facts: Facts, language: str) -> Iterator[Remark]:
    """Accepted findings that no sentence is about."""
    by_key: dict[str, list[Mention]] = {}
    linked: dict[str, list[Read]] = {}
    for place, model in sentences:
        for mention in (*model.mentions, *model.structures):
            by_key.setdefault(mention.key, []).append(mention)
        for name in place.sentence.evidence_ids:
            linked.setdefault(name, []).append((place, model))
    for finding in facts.stated:
        key = facts.key_of[finding.id]
        if any(_is_linked(place, model, key, facts) for place, model in linked.get(finding.id, ())):
            continue
        if facts.concepts[key].kind == "structure":
            if not finding.measurement_ids or any(_about(item, finding) for item in by_key.get(key, ())):
                continue
        elif any(
            mention.status in _ABOUT and _is_about(mention, finding, facts)
            for other, mentions in by_key.items()
            for mention in mentions
            if other in ("*", key, *facts.concepts[key].is_a)
            or (mention.status != "denied" and facts.states(other, key))
        ):
            continue
        name = finding.name.get(language) or finding.name.get("en") or finding.concept.meaning
        side = remark_text(finding.laterality, language) if finding.laterality in ("left", "right") else ""
        shown = f"{name} ({side})" if side else name
        text = remark_text("finding-without-sentence", language, name=shown)
        yield Remark(
            "finding-without-sentence", "warning", "", 0, 0, text, section_id="findings",
            evidence_ids=(finding.id,),
        )  # fmt: skip


def _is_linked(place: Place, model: SentenceModel, key: str, facts: Facts) -> bool:
    """A link counts unless the reader has rewritten the sentence, and it names other findings alone."""
    if place.sentence.author != "reader" or not model.mentions:
        return True
    return any(facts.states(mention.key, key) for mention in model.mentions)


def _about(mention: Mention, finding: Finding) -> bool:
    where = sides_of(finding)
    return not mention.sides or not where or bool(mention.sides & where)


def _is_about(mention: Mention, finding: Finding, facts: Facts) -> bool:
    """On its side, or on one where no finding of the concept is: that is a wrong side, said elsewhere."""
    if _about(mention, finding):
        return True
    key = facts.key_of[finding.id]
    taken = [sides_of(item) for item in facts.exact(key)]
    return not mention.sides & frozenset().union(*taken)


def supported_in_findings(mention: Mention, sentences: Sequence[Read], facts: Facts) -> bool:
    """Whether another section affirms what the impression says, on its side."""
    for place, model in sentences:
        if place.section_id == "impression":
            continue
        for other in model.mentions:
            if other.status != "affirmed" or other.key == "*" or other.is_implied:
                continue
            same = facts.states(other.key, mention.key)
            if same and (not mention.sides or not other.sides or mention.sides & other.sides):
                return True
    return False


def critical_remarks(sentences: Sequence[Read], facts: Facts, language: str) -> Iterator[Remark]:
    """Critical findings of a report that does not say that somebody was informed."""
    if any(model.is_told for _, model in sentences):
        return
    seen: set[str] = set()
    for place, model in sentences:
        for mention in model.mentions:
            key = _critical_key(mention, facts)
            if not key or key in seen:
                continue
            seen.add(key)
            findings = facts.exact(key)
            if mention.is_old or (findings and all(item.status == "rejected" for item in findings)):
                continue
            text = remark_text("critical-without-communication", language, name=place.words(mention))
            ids = [item.id for item in findings if item.status != "rejected"]
            span = (mention.start, mention.stop)
            yield place.remark("critical-without-communication", "warning", span, text, ids)
    for finding in facts.stated:
        key = facts.key_of[finding.id]
        if facts.is_critical(key) and key not in seen:
            seen.add(key)
            name = finding.name.get(language) or finding.name.get("en") or finding.concept.meaning
            text = remark_text("critical-without-communication", language, name=name)
            yield Remark(
                "critical-without-communication", "warning", "", 0, 0, text, section_id="impression",
                evidence_ids=(finding.id,),
            )  # fmt: skip


def _critical_key(mention: Mention, facts: Facts) -> str:
    """The critical concept that a mention affirms: its own, or that of an accepted finding it speaks of."""
    if mention.status != "affirmed" or mention.key == "*":
        return ""
    if facts.is_critical(mention.key):
        return mention.key
    keys = (facts.key_of[finding.id] for finding in facts.stated)
    return next((key for key in keys if facts.is_critical(key) and facts.states(mention.key, key)), "")


def states_findings(section: ReportSection) -> bool:
    """Whether sentences of a section state findings of the present examination."""
    return section.id not in UNSTATED_SECTIONS
