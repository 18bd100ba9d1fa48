"""A report as data: sections of sentences, each with its evidence."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["AUTHORS", "Report", "ReportSection", "ReportSentence"]

AUTHORS = ("model", "template", "reader")


@dataclass(frozen=True)
class ReportSentence:
    """One sentence.

    Parameters
    ----------
    id : str
        Unique in its report.
    text : str
        Plain text, never markup.
    author : str
        One of `AUTHORS`.
    evidence_ids : tuple of str
        Ids of the findings and measurements that the sentence states; empty only for template sentences that
        state none.
    """

    id: str
    text: str
    author: str
    evidence_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReportSection:
    """A titled section, e.g. id ``findings``."""

    id: str
    title: str
    sentences: tuple[ReportSentence, ...]


@dataclass(frozen=True)
class Report:
    """A drafted report. ``notice`` is the research-use sentence that every rendering shows."""

    title: str
    language: str
    notice: str
    sections: tuple[ReportSection, ...]
    created_at: str
    status: str = "draft"
