"""Findings and measurements put into text by name. Text and three placeholders, nothing that could run.

``{finding:NAME}`` becomes the finding's name with its side, ``{measurement:NAME}`` the name and the value,
and ``{value:NAME}`` the value with its unit. NAME is an id, or the name that the panel shows. A brace of its
own is written twice.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ...core import Finding, Measurement, localized
from ...errors import InputError
from ..plain_text import clean_text
from ..quantities import display_name, format_quantity, is_asymmetry, sentence_case
from ..templates import Wording

__all__ = ["Facts", "Snippet", "fill_in", "finding_sentence", "measurement_sentence", "placeholder_problems"]

KINDS = ("finding", "measurement", "value")
_PART = re.compile(r"\{\{|\}\}|\{([a-z]+):([^{}]*)\}|[{}]")
_SENTENCE_ENDS = (".", "。", "!", "?", "！", "？")


@dataclass(frozen=True)
class Snippet:
    """Text for a report, and the ids of what it states."""

    text: str
    evidence_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Facts:
    """What text can name: findings as the reader left them, measurements, and the words of a language."""

    findings: Sequence[Finding]
    measurements: Sequence[Measurement]
    wording: Wording

    def finding(self, name: str) -> Finding:
        """The finding of an id or a shown name.

        Raises
        ------
        InputError
            If there is none, several, or the reader rejected it.
        """
        found = self._one("finding", name, self.findings)
        assert isinstance(found, Finding)
        if found.status == "rejected":
            raise InputError(f"The finding '{clean_text(name)}' was rejected. Accept it first.")
        return found

    def measurement(self, name: str) -> Measurement:
        """The measurement of an id or a shown name.

        Raises
        ------
        InputError
            If there is none, or several.
        """
        found = self._one("measurement", name, self.measurements)
        assert isinstance(found, Measurement)
        return found

    def value(self, item: Measurement) -> str:
        """Value and unit as a report prints them."""
        return format_quantity(item.value, item.unit, self.wording, signed=is_asymmetry(item))

    def _one(self, kind: str, name: str, items: Sequence[Finding | Measurement]) -> Finding | Measurement:
        wanted = clean_text(name).casefold()
        for names in (self._ids, self._shown, self._bare):
            found = [item for item in items if wanted in names(item)]
            if len(found) > 1:
                shown = ", ".join(f"'{display_name(item, self.wording)}' ({item.id})" for item in found)
                raise InputError(f"There are several: {shown}. Name the {kind} by its id.")
            if found:
                return found[0]
        raise InputError(f"There is no {kind} '{clean_text(name)}'. Choose one from the list.")

    def _ids(self, item: Finding | Measurement) -> set[str]:
        return {item.id.casefold()}

    def _shown(self, item: Finding | Measurement) -> set[str]:
        return {display_name(item, self.wording).casefold()}

    def _bare(self, item: Finding | Measurement) -> set[str]:
        return {clean_text(localized(item.name, self.wording.language)).casefold()}


def fill_in(text: str, facts: Facts) -> Snippet:
    """Fill in the placeholders of a text.

    Raises
    ------
    InputError
        If a placeholder is wrong, or names what there is not.
    """
    problems = placeholder_problems(text)
    if problems:
        raise InputError(problems[0])
    evidence: list[str] = []

    def replaced(match: re.Match[str]) -> str:
        if match[1] is None:
            return match[0][0]
        shown, name = _filled(match[1], match[2], facts)
        evidence.append(name)
        return shown

    filled = clean_text(_PART.sub(replaced, text))
    return Snippet(filled, tuple(dict.fromkeys(evidence)))


def placeholder_problems(text: str) -> tuple[str, ...]:
    """What is wrong with the placeholders of a text, one sentence each; empty: nothing."""
    problems = []
    for match in _PART.finditer(text):
        if match[0] in ("{", "}"):
            problems.append(f"A brace stands alone at character {match.start() + 1}. Write it twice.")
        elif match[1] is not None and match[1] not in KINDS:
            known = ", ".join(f"{{{kind}:NAME}}" for kind in KINDS)
            problems.append(f"There is no placeholder '{match[0]}'. There are: {known}.")
        elif match[1] is not None and not match[2].strip():
            problems.append(f"The placeholder '{match[0]}' names nothing.")
    return tuple(problems)


def finding_sentence(name: str, facts: Facts) -> Snippet:
    """A sentence that states a finding, with what was measured of it.

    Raises
    ------
    InputError
        As `Facts.finding`.
    """
    finding = facts.finding(name)
    known = {item.id: item for item in facts.measurements}
    measured = [known[item] for item in finding.measurement_ids if item in known]
    text = sentence_case(display_name(finding, facts.wording))
    if measured:
        values = [f"{_quantity(item, facts)} {facts.value(item)}" for item in measured]
        text += f"{_colon(facts.wording)}{facts.wording.word('items').join(values)}"
    return Snippet(_ended(text, facts.wording), (finding.id, *(item.id for item in measured)))


def measurement_sentence(name: str, facts: Facts) -> Snippet:
    """A sentence that states a measurement.

    Raises
    ------
    InputError
        As `Facts.measurement`.
    """
    item = facts.measurement(name)
    return Snippet(_ended(sentence_case(_measured(item, facts)), facts.wording), (item.id,))


def _filled(kind: str, name: str, facts: Facts) -> tuple[str, str]:
    if kind == "finding":
        finding = facts.finding(name)
        return display_name(finding, facts.wording), finding.id
    item = facts.measurement(name)
    return (facts.value(item) if kind == "value" else _measured(item, facts)), item.id


def _measured(item: Measurement, facts: Facts) -> str:
    return f"{display_name(item, facts.wording)}{_colon(facts.wording)}{facts.value(item)}"


def _quantity(item: Measurement, facts: Facts) -> str:
    return facts.wording.word(f"quantity.{item.quantity.value}", item.quantity.meaning.lower())


def _colon(wording: Wording) -> str:
    return "：" if wording.language.startswith("zh") else ": "


def _ended(text: str, wording: Wording) -> str:
    text = clean_text(text)
    if text.endswith(_SENTENCE_ENDS):
        return text
    return f"{text}{'。' if wording.language.startswith('zh') else '.'}"
