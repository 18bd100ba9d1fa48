"""What reading a context gives: the context, and everything a reader has to know about how it was read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..core import ClinicalContext

__all__ = ["MOST_ISSUES", "SEVERITIES", "ContextIssue", "ContextReading", "limited"]

SEVERITIES = ("info", "warning", "error")

MOST_ISSUES = 100
"""More of them are counted, not listed."""


@dataclass(frozen=True)
class ContextIssue:
    """One thing that was refused, assumed or left out.

    Parameters
    ----------
    code : str
        Stable identifier, e.g. ``unknown-unit``, ``implausible``, ``not-a-number``, ``after-exam``.
    text : str
        One sentence that names the value and the reason.
    severity : str
        ``info`` (treated as documented), ``warning`` (an assumption that may be wrong), ``error`` (a value or
        resource was refused and is missing from the context).
    where : str
        Place in the file: JSON path, line of the CSV, or FHIR resource; empty where it concerns the whole.
    name : str
        Of the laboratory value that was refused, as `core.LaboratoryResult` has it; else empty.
    """

    code: str
    text: str
    severity: str = "warning"
    where: str = ""
    name: str = ""

    @property
    def sentence(self) -> str:
        """Place and text on one line."""
        return f"{self.where}: {self.text}" if self.where else self.text


@dataclass(frozen=True)
class ContextReading:
    """A context and the issues of its reading.

    ``context.laboratory`` holds every value that was accepted, several of one name included: which of them
    counts depends on the time of the examination, see `merge.select_laboratory`.
    """

    context: ClinicalContext
    issues: tuple[ContextIssue, ...] = ()

    @property
    def remarks(self) -> tuple[str, ...]:
        """The issues as sentences, worst first."""
        ranked = sorted(self.issues, key=lambda issue: -SEVERITIES.index(issue.severity))
        return tuple(issue.sentence for issue in ranked)

    @property
    def texts(self) -> tuple[str, ...]:
        """As `remarks`, but the place in the file is said only where nothing else names the value."""
        ranked = sorted(self.issues, key=lambda issue: -SEVERITIES.index(issue.severity))
        told = (issue.sentence if issue.code == "unnamed" else issue.text for issue in ranked)
        return tuple(dict.fromkeys(told))


def limited(issues: Iterable[ContextIssue]) -> tuple[ContextIssue, ...]:
    """At most `MOST_ISSUES`, the worst ones, with a note on the rest; identical ones once."""
    unique = tuple(dict.fromkeys(issues))
    if len(unique) <= MOST_ISSUES:
        return unique
    worst = sorted(unique, key=lambda issue: -SEVERITIES.index(issue.severity))
    rest = len(unique) - MOST_ISSUES
    note = ContextIssue("more-issues", f"{rest} more remarks on this file are not shown.", "warning")
    return (*worst[:MOST_ISSUES], note)
