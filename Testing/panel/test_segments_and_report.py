"""Segments and report point to each other: a segment marks its sentences, a sentence shows its segment."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.panel


def analyze(panel: Any, phantom: Path, pump: Any) -> None:
    """Read the phantom to the end."""
    room = panel.room
    panel.case.open_paths((phantom,))
    room.models.accept(room.models.selected_id)
    room.run.start("cpu")
    assert pump(lambda: not room.run.state.busy, 60)
    panel.flush()


def marked(panel: Any) -> set[str]:
    """Texts with a background in the report."""
    return {str(item.cursor.selectedText()) for item in panel.report.editor.extraSelections()}


def test_a_selected_segment_marks_its_sentences(panel: Any, phantom_file: Path, pump: Any) -> None:
    analyze(panel, phantom_file, pump)
    room, table = panel.room, panel.segments.ui.segmentsTable
    rows = room.segments.rows()
    assert len(rows) >= 1 and marked(panel) == set()
    panel.findings.ui.findingsTable.clearSelection()
    number = next(n for n, row in enumerate(rows) if room.report.sentences_of(row.segment_id))
    table.setCurrentCell(number, 1)
    stated = set(room.report.sentences_of(rows[number].segment_id))
    texts = {s.text for section in room.report.report.sections for s in section.sentences if s.id in stated}
    assert marked(panel) == texts != set()


def test_a_sentence_selects_its_segment(panel: Any, phantom_file: Path, pump: Any, monkeypatch: Any) -> None:
    analyze(panel, phantom_file, pump)
    room = panel.room
    row = room.segments.rows()[-1]
    jumps: list[tuple[str, str]] = []
    monkeypatch.setattr(room.segments, "jump", lambda *place: jumps.append(place))
    panel.report.on_segment(row.segment_id)
    assert jumps == [(row.segmentation_id, row.segment_id)]
    assert panel.segments.ui.segmentsTable.currentRow() == len(room.segments.rows()) - 1
