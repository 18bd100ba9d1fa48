"""A brain MR: a place is pointed at, the hippocampus is outlined, corrected, outlined again, and kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from .conftest import MakeReader
from .hands import Hands, settle
from .sight import centers, kept, picture, segment_row, texts, voxels

pytestmark = pytest.mark.panel

RIGHT_HIPPOCAMPUS_RAS = (26.0, -20.0, -14.0)


def test_a_brain_mr_from_the_first_click_to_the_reopened_scene(
    make_reader: MakeReader, tmp_path: Path
) -> None:
    hands = make_reader()
    open_sample(hands)
    point(hands)
    name = analyze(hands)
    jump(hands, name)
    segment_id, mask = correct(hands, name)
    run_again(hands, segment_id, mask)
    before = save(hands, tmp_path / "brain.mrb")
    again = make_reader_anew(hands, make_reader)
    assert again.reader.open((tmp_path / "brain.mrb",))
    again.rest()
    assert kept(again) == before
    assert np.array_equal(voxels(again, segment_id), mask)
    keep_mine(again, segment_id, mask)


def make_reader_anew(hands: Hands, make_reader: MakeReader) -> Hands:
    hands.pick("file", "file.close_all")
    assert hands.reader.room.cases.entries() == ()
    hands.rest()
    assert hands.reader.panel.segments.ui.segmentsTable.rowCount == 0
    hands.reader.close()
    return make_reader()


def open_sample(hands: Hands) -> None:
    panel = hands.reader.panel
    hands.choose_in_menu(panel.case.ui.sampleButton, "MNI")
    hands.rest()
    assert {name for name, view in hands.reader.views.items() if view.widget.isVisible()} == {
        "Red", "Yellow", "Green", "1",
    }  # fmt: skip
    assert panel.case.ui.modelCombo.currentText.startswith("✓")


def point(hands: Hands) -> None:
    import qt

    reader, ui = hands.reader, hands.reader.panel.analyze.ui
    assert ui.placeButton.isVisible()
    red = reader.views["Red"]
    wanted = RIGHT_HIPPOCAMPUS_RAS[2]
    for _ in range(200):
        if abs(red.center_ras[2] - wanted) <= 1:
            break
        red.widget.setFocus()
        hands.press(red.widget, "Up" if red.center_ras[2] < wanted else "Down")
    place = red.position_of(RIGHT_HIPPOCAMPUS_RAS)
    hands.move(red, place, qt.Qt.ShiftModifier)
    hands.click(ui.placeButton)
    (found,) = reader.room.run.points_ras
    assert np.allclose(found, RIGHT_HIPPOCAMPUS_RAS, atol=1.5)
    assert "26" in ui.placeLabel.text


def analyze(hands: Hands) -> str:
    panel, room = hands.reader.panel, hands.reader.room
    hands.click(panel.analyze.ui.analyzeButton)
    hands.press_in_window("Accept license")
    assert room.run.state.busy
    hands.rest()
    assert room.message is None or room.message.severity == "info", room.message
    rows = room.segments.rows()
    assert rows and all("mm³" in row.volume_text for row in rows)
    return max(rows, key=lambda row: voxels(hands, row.segment_id).sum()).name


def jump(hands: Hands, name: str) -> None:
    reader, ui = hands.reader, hands.reader.panel.segments.ui
    red = reader.views["Red"]
    red.widget.setFocus()
    hands.press(red.widget, "Home")
    before = centers(hands)
    hands.click_cell(ui.segmentsTable, segment_row(hands, name), 2)
    hands.click(ui.jumpButton)
    after = centers(hands)
    assert abs(after[0, 2] - before[0, 2]) > 20
    assert np.abs(after - after.mean(axis=0)).max() < 1, "all views show one place"
    shown = picture(red).astype(int)
    hands.tick(ui.segmentsTable, segment_row(hands, name), 0)
    hands.rest()
    assert (np.abs(picture(red).astype(int) - shown).max(axis=2) > 20).sum() > 20, "its outline is gone"
    hands.tick(ui.segmentsTable, segment_row(hands, name), 0)
    hands.rest()


def correct(hands: Hands, name: str) -> tuple[str, np.ndarray]:
    reader, ui = hands.reader, hands.reader.panel.segments.ui
    segment_id = next(row.segment_id for row in reader.room.segments.rows() if row.name == name)
    before, size = voxels(hands, segment_id), ui.segmentsTable.item(segment_row(hands, name), 3).text()
    hands.click(ui.editButton)
    editor = reader.docks._segment_editor
    hands.click(editor.ui.paintButton)
    red = reader.views["Red"]
    x, y = red.position_of(tuple(red.center_ras))
    hands.stroke(red, [(x, y), (x + 8, y + 4), (x + 16, y + 8)])
    painted = voxels(hands, segment_id)
    assert painted.sum() > before.sum()
    shown = reader.room.segments.is_shown_in_3d
    segmentation_id = reader.room.segments.rows()[0].segmentation_id
    hands.wait(lambda: shown(segmentation_id), what="that the changed segment is seen in 3D")
    hands.click(editor.ui.eraseButton)
    hands.stroke(red, [(x, y), (x + 2, y)])
    erased = voxels(hands, segment_id)
    assert erased.sum() < painted.sum()
    red.widget.setFocus()
    hands.press(red.widget, "Ctrl+Z")
    assert np.array_equal(voxels(hands, segment_id), painted)
    # However long the reader looks at it, the step can be done again.
    settle(1.0)
    hands.press(red.widget, "Ctrl+Shift+Z")
    assert np.array_equal(voxels(hands, segment_id), erased)
    settle(1.0)
    hands.press(red.widget, "Ctrl+Z")
    assert np.array_equal(voxels(hands, segment_id), painted)
    hands.press(red.widget, "Shift+Return")
    assert not reader.docks.editor.isVisible()
    hands.rest()
    assert ui.segmentsTable.item(segment_row(hands, name), 3).text() != size
    assert "changed by you" in ui.segmentsTable.item(segment_row(hands, name), 2).text()
    return segment_id, painted


def run_again(hands: Hands, segment_id: str, mask: np.ndarray) -> None:
    panel = hands.reader.panel
    rows = panel.segments.ui.segmentsTable.rowCount
    hands.press(hands.reader.widget, "Ctrl+Return")
    assert hands.reader.room.run.state.busy
    hands.rest()
    assert np.array_equal(voxels(hands, segment_id), mask)
    assert panel.segments.ui.segmentsTable.rowCount == rows + 1
    assert panel.segments.ui.comparisonBox.isVisible() and texts(panel.segments.ui.comparisonTable, 1)


def save(hands: Hands, path: Path) -> dict:
    check = hands.answer_file_dialog(path)
    hands.press(hands.reader.widget, "Ctrl+S")
    check()
    assert path.is_file()
    return kept(hands)


def keep_mine(hands: Hands, segment_id: str, mask: np.ndarray) -> None:
    ui = hands.reader.panel.segments.ui
    rows = ui.segmentsTable.rowCount
    hands.click(ui.keepButton)
    hands.rest()
    assert ui.segmentsTable.rowCount == rows - 1 and not ui.comparisonBox.isVisible()
    assert np.array_equal(voxels(hands, segment_id), mask)
