"""The three parts and the editor on the real room and scene, in step with each other."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from ..reading_desks.conftest import (  # noqa: F401 - fixtures
    geometry,
    give_results,
    make_label_map,
    make_prediction,
    make_room,
    manifest,
    open_case,
    provenance,
    segments,
)
from .test_segment_editor import FakeView

pytestmark = pytest.mark.panel


@pytest.fixture
def room(make_room: Any, open_case: Any, make_label_map: Any, make_prediction: Any) -> Any:  # noqa: F811
    made = make_room()
    open_case(made)
    give_results(made, make_prediction(make_label_map()))
    return made


@pytest.fixture
def open_parts(environment: Any, fake_host: Any, show: Callable[..., Any]) -> Iterator[Callable[..., Any]]:
    import qt
    from MedMMSlicerLib.widgets.findings_part import FindingsPart
    from MedMMSlicerLib.widgets.report_part import ReportPart
    from MedMMSlicerLib.widgets.segments_part import SegmentsPart

    made: list[Any] = []

    def open_on(room: Any) -> Any:
        column = qt.QWidget()
        layout = qt.QVBoxLayout(column)
        parts = [kind(room, fake_host) for kind in (FindingsPart, SegmentsPart, ReportPart)]
        for part in parts:
            for topic in part.topics:
                room.listeners.subscribe(topic, part.refresh)
            layout.addWidget(part.widget)
            part.refresh()
        made.extend(parts)
        window = show(column, 424)
        assert window.horizontalScrollBar().maximum == 0
        return SimpleNamespace(findings=parts[0], segments=parts[1], report=parts[2])

    yield open_on
    for part in made:
        part.cleanup()


@pytest.fixture
def parts(open_parts: Callable[..., Any], room: Any) -> Any:
    return open_parts(room)


def select(part: Any, finding_id: str) -> None:
    row = [item.id for item in part._rows].index(finding_id)
    part.ui.findingsTable.setCurrentCell(row, 0)


def status(part: Any, finding_id: str) -> str:
    row = [item.id for item in part._rows].index(finding_id)
    return part.ui.findingsTable.item(row, 2).text()


def test_a_finding_is_judged_and_the_report_follows(parts: Any, room: Any) -> None:
    select(parts.findings, "f-pneumonia")
    assert room.findings.selected_id == "f-pneumonia"
    assert parts.findings.ui.contributionsTable.rowCount == 3
    assert "85" in parts.findings.ui.pointLabel.text
    marked = [item.cursor.selectedText() for item in parts.report.editor.extraSelections()]
    assert len(marked) >= 1 and all("neumonia" in text for text in marked)
    before = parts.report.editor.plainText
    parts.findings.ui.rejectButton.click()
    assert status(parts.findings, "f-pneumonia") == "✗ rejected"
    assert parts.report.editor.plainText != before
    parts.findings.ui.heatMapCheck.click()
    assert room.evidence.visible and parts.findings.ui.opacitySlider.isEnabled()


def test_what_if_shows_old_and_new(parts: Any, room: Any, make_label_map: Any, make_prediction: Any) -> None:  # noqa: F811
    from MedMMSlicerLib.inference.worker_protocol import without_arrays

    prediction = make_prediction(make_label_map(), pneumonia=0.2)
    room.change("findings", prediction=without_arrays(prediction))
    row = [item.id for item in parts.findings._rows].index("f-pneumonia")
    assert parts.findings.ui.findingsTable.item(row, 1).text() == "20 % ↘ was 72 %"


def test_a_correction_is_marked_and_a_rerun_is_put_beside_it(
    parts: Any,
    room: Any,
    make_label_map: Any,  # noqa: F811
    make_prediction: Any,  # noqa: F811
    geometry: Any,  # noqa: F811
) -> None:
    from MedMMSlicerHost.segment_editor import SegmentEditor

    view = FakeView(geometry)
    editor = SegmentEditor(room, {"Red": view})
    node_id = room.cases.nodes("segmentation")[0]
    parts.segments.select("lung-left")
    size = parts.segments.ui.segmentsTable.item(0, 3).text()
    editor.start(node_id, "lung-left")
    editor.ui.sizeSpin.setValue(3)
    view.drag((2, 3, 10), (2, 5, 12))
    editor.ui.doneButton.click()
    table = parts.segments.ui.segmentsTable
    assert table.item(0, 2).text() == "Left lung\n✎ changed by you · semi-automatic"
    assert table.item(0, 3).text() != size
    assert table.item(1, 2).text() == "Right lung\nautomatic"
    give_results(room, make_prediction(make_label_map(1)))
    assert parts.segments.ui.comparisonBox.isVisibleTo(parts.segments.widget)
    assert table.item(1, 2).text().startswith("Left lung (new)\n◇ new version")
    parts.segments.ui.takeButton.click()
    assert not parts.segments.ui.comparisonBox.isVisibleTo(parts.segments.widget)
    assert table.item(0, 2).text() == "Left lung\nautomatic"
    parts.segments.ui.undoButton.click()
    assert parts.segments.ui.comparisonBox.isVisibleTo(parts.segments.widget)


def test_what_was_typed_survives_a_rerun_and_a_reload(
    parts: Any,
    room: Any,
    open_parts: Callable[..., Any],
    make_room: Any,  # noqa: F811
    make_label_map: Any,  # noqa: F811
    make_prediction: Any,  # noqa: F811
    tmp_path: Any,
) -> None:
    import qt
    from MedMMSlicerLib.scene.bundle_io import load_scene, save_scene

    editor = parts.report.editor
    cursor = editor.textCursor()
    cursor.setPosition(editor.plainText.index("neumonia") + len("neumonia"))
    editor.setTextCursor(cursor)
    qt.QTest.keyClicks(editor, " (seen by me)")
    parts.report.flush()
    assert "neumonia (seen by me)" in editor.plainText
    give_results(room, make_prediction(make_label_map(), pneumonia=0.01))
    assert "neumonia (seen by me)" in editor.plainText
    assert parts.report.ui.pendingBox.isVisibleTo(parts.report.widget)
    select(parts.findings, "f-edema")
    parts.findings.ui.acceptButton.click()
    text = editor.plainText
    save_scene(room.scene, tmp_path / "case.mrb")
    load_scene(room.scene, tmp_path / "case.mrb")
    again = open_parts(make_room())
    assert again.report.editor.plainText == text
    assert status(again.findings, "f-edema") == "✓ accepted"
    assert again.segments.ui.segmentsTable.rowCount == parts.segments.ui.segmentsTable.rowCount


def test_a_refresh_of_all_parts_is_quick(parts: Any) -> None:
    for part in (parts.findings, parts.segments, parts.report):
        part.refresh()
        seconds = []
        for _ in range(5):
            started = time.process_time()
            part.refresh()
            seconds.append(time.process_time() - started)
        assert min(seconds) < 0.05, part
