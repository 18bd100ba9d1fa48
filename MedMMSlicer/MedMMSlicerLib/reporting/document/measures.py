"""What became of the drafted text: edit distance, share of kept text, decisions on findings.

Distances are Levenshtein's (1966): the least number of insertions, deletions and substitutions. Python's
difflib would not do: its matching blocks are a heuristic, and their ratio no distance.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...core import Report
from ...errors import UsageError
from .model import ReportDocument
from .packages import package_missing
from .replay import FindingEvent, Replay, replay

__all__ = [
    "FindingDecision",
    "SectionMeasure",
    "edit_distance",
    "finding_decisions",
    "kept_characters",
    "measure_sections",
    "words_of",
]

BASELINES = ("first", "last")
_CHINESE = "㐀-䶿一-鿿豈-﫿"
_WORD = re.compile(
    rf"[{_CHINESE}]|\d+(?:[.,]\d+)*|(?:(?![{_CHINESE}])[^\W\d_])+(?:['’-](?:(?![{_CHINESE}])[^\W\d_])+)*"
)


@dataclass(frozen=True)
class SectionMeasure:
    """What became of the draft of a section.

    Parameters
    ----------
    section_id : str
        Empty: the whole report.
    drafted_characters, final_characters : int
        Of all its sentences.
    distance_characters, distance_words : int
        Levenshtein distance from the drafted to the final text; a Chinese character counts as a word.
    distance_share : float
        ``distance_characters`` by the longer of both texts, 0 to 1; 0 where both are empty.
    kept_share : float, optional
        Characters of sentences that the model wrote which the alignment keeps, by all of them; None where
        the model wrote nothing here. A sentence that was moved counts where it was drafted.
    drafted, kept, edited, removed, added : int
        Sentences: drafted by model or template; of these left as they were, changed, gone; written by the
        reader.
    """

    section_id: str
    drafted_characters: int
    final_characters: int
    distance_characters: int
    distance_words: int
    distance_share: float
    kept_share: float | None
    drafted: int
    kept: int
    edited: int
    removed: int
    added: int


@dataclass(frozen=True)
class FindingDecision:
    """What the reader decided on a finding: the last ``status`` (empty: removed), how often each was set,
    and when the first and the last time.
    """

    finding_id: str
    status: str
    accepted: int
    rejected: int
    edited: int
    first_at: str
    last_at: str


def edit_distance(before: Sequence[str], after: Sequence[str]) -> int:
    """Levenshtein distance between two texts, or two lists of words.

    Raises
    ------
    InstallationError
        If rapidfuzz is not installed.
    """
    return int(_levenshtein().distance(before, after))


def kept_characters(before: str, after: str) -> int:
    """Characters of ``before`` that a least edit into ``after`` neither deletes nor replaces.

    Raises
    ------
    InstallationError
        If rapidfuzz is not installed.
    """
    lost: int = sum(step.tag != "insert" for step in _levenshtein().editops(before, after))
    return len(before) - lost


def measure_sections(document: ReportDocument, baseline: str = "first") -> tuple[SectionMeasure, ...]:
    """Compare the draft with the report as it is now, section by section; the whole report comes last.

    Parameters
    ----------
    document : ReportDocument
    baseline : str
        ``first``: what each sentence said when it was first drafted, so that what left the draft because a
        finding was rejected counts as not kept. ``last``: what the model drafted last.

    Raises
    ------
    UsageError
        If there is no such baseline.
    InstallationError
        If rapidfuzz is not installed.
    """
    if baseline not in BASELINES:
        raise UsageError(f"There is no baseline '{baseline}'. It is one of: {', '.join(BASELINES)}.")
    told = replay(document.audit.entries)
    drafts = _drafts(told, baseline)
    names = dict.fromkeys([*(item[0] for item in drafts.values()), *_section_ids(document.report)])
    measures = [_measure(name, drafts, document.report) for name in names]
    return (*measures, _measure("", drafts, document.report))


def finding_decisions(document: ReportDocument) -> tuple[FindingDecision, ...]:
    """What the reader decided on each finding that they touched, in the order of the first decision."""
    events: dict[str, list[FindingEvent]] = {}
    for event in replay(document.audit.entries).findings:
        events.setdefault(event.finding_id, []).append(event)
    return tuple(
        FindingDecision(
            name,
            items[-1].after,
            sum(item.after == "accepted" for item in items),
            sum(item.after == "rejected" for item in items),
            sum(item.after == "edited" for item in items),
            items[0].at,
            items[-1].at,
        )
        for name, items in events.items()
    )


def words_of(text: str) -> list[str]:
    """Words and numbers; each Chinese character is one."""
    return _WORD.findall(text)


def _drafts(told: Replay, baseline: str) -> Mapping[str, tuple[str, str, str]]:
    place = 0 if baseline == "first" else -1
    return {name: forms[place] for name, forms in told.drafted.items() if forms}


def _measure(section_id: str, drafts: Mapping[str, tuple[str, str, str]], report: Report) -> SectionMeasure:
    here = {name: item for name, item in drafts.items() if section_id in ("", item[0])}
    final = {item.id: item for section in report.sections for item in section.sentences}
    mine = [
        item for section in report.sections if section_id in ("", section.id) for item in section.sentences
    ]
    before, after = "\n".join(item[1] for item in here.values()), "\n".join(item.text for item in mine)
    distance = edit_distance(before, after)
    written = {name: text for name, (_, text, author) in here.items() if author == "model"}
    kept = sum(kept_characters(text, final[name].text) for name, text in written.items() if name in final)
    total = sum(len(text) for text in written.values())
    unchanged = sum(name in final and final[name].text == item[1] for name, item in here.items())
    gone = sum(name not in final for name in here)
    return SectionMeasure(
        section_id=section_id,
        drafted_characters=len(before),
        final_characters=len(after),
        distance_characters=distance,
        distance_words=edit_distance(words_of(before), words_of(after)),
        distance_share=distance / max(len(before), len(after), 1),
        kept_share=kept / total if total else None,
        drafted=len(here),
        kept=unchanged,
        edited=len(here) - unchanged - gone,
        removed=gone,
        added=sum(item.id not in drafts for item in mine),
    )


def _section_ids(report: Report) -> list[str]:
    return [section.id for section in report.sections]


def _levenshtein() -> Any:
    try:
        from rapidfuzz.distance import Levenshtein
    except ImportError as error:
        raise package_missing("What computes edit distances", "rapidfuzz>=3.9,<4", error) from error
    return Levenshtein
