"""What the sentences of the report rest on, by name, and the way there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .translation import _

__all__ = ["ReportEvidence"]


class ReportEvidence:
    """Names and places of findings, measurements and segments that sentences state.

    Parameters
    ----------
    room : ReadingRoom
    """

    def __init__(self, room: Any) -> None:
        self._room = room

    def sentence_text(self, sentence_id: str) -> str:
        """Return what a sentence rests on, and what it was drafted as; empty without a sentence."""
        if not sentence_id:
            return ""
        names = self._names(self._room.report.evidence_of(sentence_id))
        parts = [_("States: {names}").format(names=", ".join(names)) if names else _("States no finding.")]
        drafted = self._room.report.drafted_text(sentence_id)
        if drafted:
            parts.append(_("Drafted as: {text}").format(text=drafted))
        return "\n".join(parts)

    def finding_of(self, sentence_id: str) -> str:
        """Return the first finding that a sentence states, empty if none."""
        findings = {row.id for row in self._room.findings.rows()}
        return next((item for item in self._room.report.evidence_of(sentence_id) if item in findings), "")

    def segment_of(self, sentence_id: str) -> str:
        """Return the first segment that a sentence states or has a measurement of, empty if none."""
        measured = self._measured()
        evidence = self._room.report.evidence_of(sentence_id)
        segments = [measured[item][0] if item in measured else item for item in evidence]
        shown = {row.segment_id for row in self._room.segments.rows()}
        return next((item for item in segments if item in shown), "")

    def jump(self, segment_id: str, attempt: Callable[..., Any]) -> None:
        """Move the views to a segment."""
        row = next((row for row in self._room.segments.rows() if row.segment_id == segment_id), None)
        if row is not None:
            attempt(self._room.segments.jump, row.segmentation_id, row.segment_id)

    def _names(self, evidence_ids: tuple[str, ...]) -> list[str]:
        if not evidence_ids:
            return []
        names = {row.id: row.name for row in self._room.findings.rows()}
        names |= {row.segment_id: row.name for row in self._room.segments.rows()}
        names |= {item_id: name for item_id, (_segment, name) in self._measured().items()}
        return list(dict.fromkeys(names.get(item, item) for item in evidence_ids))

    def _measured(self) -> dict[str, tuple[str, str]]:
        """Measurement id to its segment and the name to show."""
        record = self._room.record
        prediction = None if record is None else record.prediction
        rows = {row.segment_id: row.name for row in self._room.segments.rows()}
        found = () if prediction is None else prediction.measurements
        return {
            item.id: (
                item.segment_id,
                rows.get(item.segment_id) or item.name.get(self._room.language) or item.id,
            )
            for item in found
        }
