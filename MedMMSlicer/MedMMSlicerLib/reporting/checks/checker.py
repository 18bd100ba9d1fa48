"""All checks on one report, and on the same report again while a person types."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from ...core import Finding, Measurement, Report, ReportSentence, SegmentDefinition
from ...errors import UsageError
from .facts import Facts
from .model import RULES, CheckContext, Remark
from .report_rules import (
    Read,
    critical_remarks,
    empty_sections,
    open_impression,
    states_findings,
    supported_in_findings,
    unstated_findings,
)
from .sentence_rules import Place, identifier_remarks, sentence_remarks

__all__ = ["ReportChecker", "check_report"]

_MOST_SENTENCES = 4096


def check_report(
    report: Report,
    findings: Sequence[Finding],
    measurements: Sequence[Measurement],
    segments: Sequence[SegmentDefinition] = (),
    context: CheckContext | None = None,
    language: str = "",
    rules: Collection[str] | None = None,
) -> tuple[Remark, ...]:
    """Check a report.

    Parameters
    ----------
    report : Report
    findings, measurements : sequences of Finding and Measurement
        Of all predictions on the case, in the states that the reader gave them.
    segments : sequence of SegmentDefinition
        Their types tell structures from findings.
    context : CheckContext, optional
    language : str
        Of the remarks, ``en`` or ``zh-CN``; empty: that of the report. Sentences are read in the language
        that they are written in.
    rules : collection of str, optional
        Only these of `RULES`.

    Returns
    -------
    tuple of Remark
        In the order of the report; remarks without a sentence last.

    Raises
    ------
    UsageError
        If ``rules`` names a rule that does not exist.
    """
    return ReportChecker(language, rules).check(report, findings, measurements, segments, context)


class ReportChecker:
    """Checks a report again and again, and looks only at the sentences that changed.

    Parameters
    ----------
    language : str
        Of the remarks; empty: that of the report.
    rules : collection of str, optional
        Only these of `RULES`.
    term_folders : tuple of Path
        Folders of the user with further terms, see `lexicon.load_lexicon`.

    Raises
    ------
    UsageError
        If ``rules`` names a rule that does not exist.
    """

    def __init__(
        self,
        language: str = "",
        rules: Collection[str] | None = None,
        term_folders: tuple[Path, ...] = (),
    ) -> None:
        unknown = sorted(set(rules or ()) - set(RULES))
        if unknown:
            raise UsageError(f"There is no check '{unknown[0]}'. Use one of: {', '.join(RULES)}.")
        self._language = language
        self._rules = frozenset(RULES if rules is None else rules)
        self._folders = term_folders
        self._asked: tuple[object, ...] = ()
        self._facts: Facts | None = None
        self._kept: dict[tuple[str, ReportSentence, str], tuple[Remark, ...]] = {}
        self.sentences_read = 0
        """How many sentences were looked at anew so far."""

    def check(
        self,
        report: Report,
        findings: Sequence[Finding],
        measurements: Sequence[Measurement],
        segments: Sequence[SegmentDefinition] = (),
        context: CheckContext | None = None,
    ) -> tuple[Remark, ...]:
        """As `check_report`; what is known of unchanged sentences is used again."""
        facts = self._facts_of(findings, measurements, segments, context or CheckContext())
        language = self._language or report.language
        stating: list[Read] = []
        remarks: list[Remark] = []
        for section in report.sections:
            for sentence in section.sentences:
                place = Place(sentence, section.id, language)
                if states_findings(section):
                    stating.append((place, facts.read(sentence.text)))
                remarks += self._of_sentence(place, facts, states_findings(section))
        remarks = [item for item in remarks if not _is_supported(item, stating, facts)]
        remarks += empty_sections(report, facts, language)
        remarks += open_impression(report, language)
        remarks += unstated_findings(stating, facts, language)
        remarks += critical_remarks(stating, facts, language)
        order = {item.id: index for index, item in enumerate(_sentences(report))}
        wanted = [item for item in remarks if item.rule in self._rules]
        return tuple(sorted(wanted, key=lambda item: (order.get(item.sentence_id, len(order)), item.start)))

    def read(
        self,
        report: Report,
        findings: Sequence[Finding],
        measurements: Sequence[Measurement],
        segments: Sequence[SegmentDefinition] = (),
        context: CheckContext | None = None,
        *,
        seconds: float,
    ) -> bool:
        """Look at sentences that are not known yet for about ``seconds``; whether all are known afterwards.

        Called again and again it makes the next `check` short, whatever the length of the report.
        """
        end = time.perf_counter() + seconds
        known = self._asked
        facts = self._facts_of(findings, measurements, segments, context or CheckContext())
        if self._asked is not known:
            # Looking up the findings took its share of the time.
            return False
        language = self._language or report.language
        for section in report.sections:
            stating = states_findings(section)
            for sentence in section.sentences:
                place = Place(sentence, section.id, language)
                if (section.id, sentence, language) in self._kept:
                    continue
                if time.perf_counter() > end:
                    return False
                self._of_sentence(place, facts, stating)
        return True

    def _facts_of(
        self,
        findings: Sequence[Finding],
        measurements: Sequence[Measurement],
        segments: Sequence[SegmentDefinition],
        context: CheckContext,
    ) -> Facts:
        asked = (tuple(findings), tuple(measurements), tuple(segments), context)
        if self._facts is None or asked != self._asked:
            self._asked = asked
            self._facts = Facts.of(findings, measurements, segments, context, self._folders)
            self._kept.clear()
        return self._facts

    def _of_sentence(self, place: Place, facts: Facts, states: bool) -> tuple[Remark, ...]:
        key = (place.section_id, place.sentence, place.language)
        known = self._kept.get(key)
        if known is None:
            self.sentences_read += 1
            found = list(identifier_remarks(place, facts))
            if states:
                found += sentence_remarks(place, facts)
            if len(self._kept) >= _MOST_SENTENCES:
                self._kept.clear()
            known = self._kept[key] = tuple(found)
        return known


def _is_supported(remark: Remark, stating: Sequence[Read], facts: Facts) -> bool:
    """Whether the findings section says what a remark on the impression misses."""
    if remark.rule != "impression-unsupported":
        return False
    for place, model in stating:
        if place.sentence.id == remark.sentence_id:
            for mention in model.mentions:
                if (mention.start, mention.stop) == (remark.start, remark.stop):
                    return supported_in_findings(mention, stating, facts)
    return False


def _sentences(report: Report) -> Iterator[ReportSentence]:
    for section in report.sections:
        yield from section.sentences
