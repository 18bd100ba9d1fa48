"""``report.html`` of an analysis."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .page import Section, Sentence, render
from .sections_accuracy import statement, target_sections
from .sections_other import closing_sections, flow_section, reading_sections

__all__ = ["report_html", "summary_texts"]


def report_html(results: Mapping[str, Any]) -> str:
    """Render the page of ``results.json``.

    Parameters
    ----------
    results : mapping
        Of `analysis.analyze`. Every text in it may come from outside and is escaped.
    """
    study = results["study"]
    several = len(results["targets"]) > 1
    sections = [_summary(results), flow_section(results)]
    for name, target in results["targets"].items():
        sections += target_sections(name, target, several)
    sections += [*reading_sections(results), *closing_sections(results)]
    counts = f"{len(study['readers'])} readers, {len(study['tests'])} tests, {results['flow']['cases']} cases"
    subtitle = f"{counts} \u00b7 analyzed {results['created_at']}"
    notice = results["notice"].removeprefix("Research use only. ")
    return render(study, subtitle, notice, sections)


def summary_texts(results: Mapping[str, Any]) -> list[str]:
    """The primary results and the number of reads, in sentences."""
    flow, targets = results["flow"], results["targets"]
    texts = [
        statement(target["auc"], "AUC" if len(targets) == 1 else f"AUC for {name}")
        for name, target in targets.items()
    ]
    return [
        *texts,
        f"{flow['reads']} of {flow['planned_reads']} planned reads were analyzed (missing: "
        f"{flow['missing_reads']}). Recorded deviations from the protocol: {len(results['deviations'])}.",
    ]


def _summary(results: Mapping[str, Any]) -> Section:
    *texts, reads = summary_texts(results)
    return Section("summary", "Summary", [*(Sentence(text, "statement") for text in texts), Sentence(reads)])
