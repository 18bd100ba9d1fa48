"""How long checking takes: a report of 300 different sentences, and one sentence typed in it."""

from __future__ import annotations

import dataclasses
import time
from dataclasses import dataclass

from MedMMSlicerLib.core import Finding, Measurement, Report, ReportSection, ReportSentence
from MedMMSlicerLib.reporting.checks import CheckContext, ReportChecker
from MedMMSlicerLib.reporting.checks.sentence import read_sentence
from written_examples import read_examples

__all__ = ["CONTEXT", "Timing", "large_report", "measure", "typed"]

CONTEXT = CheckContext(("Doe^Jane", "张伟"), ("PX-77120",), ("1961-04-09",))
_SENTENCES = 300
_RUNS = 7


@dataclass(frozen=True)
class Timing:
    """Best of several runs, in seconds of processor time, with what was checked."""

    whole_s: float
    typed_s: float
    sentences: int
    findings: int
    remarks: int


def large_report(language: str) -> tuple[Report, list[Finding], list[Measurement]]:
    """300 different sentences of the examples, with a dozen findings in all states."""
    examples = [item for name in ("development", "held-out", "held-out-2") for item in read_examples(name)]
    own = [item for item in examples if item.language == language]
    texts = list(dict.fromkeys(s.text for item in own for part in item.sections.values() for s in part))
    texts = (texts + [f"{text} ({number})" for number, text in enumerate(texts)])[:_SENTENCES]
    sentences = [ReportSentence(f"s-{number}", text, "reader") for number, text in enumerate(texts)]
    findings = {finding.id: finding for item in own for finding in item.findings}
    measurements = {item.id: item for example in own for item in example.measurements}
    sections = (
        ReportSection("findings", "Findings", tuple(sentences[:270])),
        ReportSection("impression", "Impression", tuple(sentences[270:])),
    )
    report = Report("Report", language, "Research use only.", sections, "2024-03-05T10:00:00")
    return report, list(findings.values())[:20], list(measurements.values())[:12]


def typed(report: Report, number: int, text: str) -> Report:
    """The report with other text in one sentence of the findings."""
    first = report.sections[0]
    sentences = list(first.sentences)
    sentences[number] = dataclasses.replace(sentences[number], text=text)
    changed = dataclasses.replace(first, sentences=tuple(sentences))
    return dataclasses.replace(report, sections=(changed, *report.sections[1:]))


def measure(language: str) -> Timing:
    """Time a first check, with nothing known of any sentence, and the check after a keystroke."""
    report, findings, measurements = large_report(language)
    whole, keystroke, remarks = [], [], 0
    for run in range(_RUNS):
        read_sentence.cache_clear()
        checker = ReportChecker()
        start = time.process_time()
        remarks = len(checker.check(report, findings, measurements, (), CONTEXT))
        whole.append(time.process_time() - start)
        after = typed(report, 100, f"Small right pleural effusio{run}")
        start = time.process_time()
        checker.check(after, findings, measurements, (), CONTEXT)
        keystroke.append(time.process_time() - start)
    return Timing(min(whole), min(keystroke), _SENTENCES, len(findings), remarks)
