"""How long checking takes: a report of 300 different sentences, and one sentence typed in it.

Processor time of the same work differs by a factor of three on shared machines. Each measurement is
therefore taken beside a fixed piece of work, a yardstick, and divided by how much slower that was than on a
calm machine.
"""

from __future__ import annotations

import dataclasses
import re
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
_YARDSTICK_STEPS = 4000
_YARDSTICK_S = 0.016
"""Of `_yardstick` on a machine with a core to itself (AMD EPYC; best of 120 runs)."""


@dataclass(frozen=True)
class Timing:
    """Best of several runs, in seconds of processor time on a calm machine, with what was checked."""

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


def _yardstick() -> float:
    """Seconds of processor time of work of the same kind as the checks: expressions, tuples, dictionaries."""
    pattern, found = re.compile(r"\b(?:right|left)\s+(\w+)"), {}
    start = time.thread_time()
    for number in range(_YARDSTICK_STEPS):
        text = f"Small right effusion {number}, left nodule of {number} mm."
        found[text] = tuple(match.group(1) for match in pattern.finditer(text)) + tuple(text.split())
    return time.thread_time() - start


def _slowness() -> float:
    return max(1.0, _yardstick() / _YARDSTICK_S)


def measure(language: str) -> Timing:
    """Time a first check, with nothing known of any sentence, and the check after a keystroke."""
    report, findings, measurements = large_report(language)
    whole, keystroke, remarks = [], [], 0
    for run in range(_RUNS):
        read_sentence.cache_clear()
        checker = ReportChecker()
        slowness, start = _slowness(), time.thread_time()
        remarks = len(checker.check(report, findings, measurements, (), CONTEXT))
        whole.append((time.thread_time() - start) / slowness)
        after = typed(report, 100, f"Small right pleural effusio{run}")
        slowness, start = _slowness(), time.thread_time()
        checker.check(after, findings, measurements, (), CONTEXT)
        keystroke.append((time.thread_time() - start) / slowness)
    return Timing(min(whole), min(keystroke), _SENTENCES, len(findings), remarks)
