"""A chest radiograph is read from the first click to the scene that was saved and opened again."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from .conftest import MakeReader
from .hands import Hands, settle
from .sight import (
    bar_share,
    centers,
    finding_row,
    kept,
    laboratory_row,
    picture,
    probability,
    segment_row,
    texts,
    voxels,
)

pytestmark = pytest.mark.panel

MOST_CPU_S = 60.0
"""Of the reader's process, on two calm cores less than as many seconds."""


def test_a_chest_radiograph_from_the_first_click_to_the_reopened_scene(
    make_reader: MakeReader, tmp_path: Path
) -> None:
    started_s = time.process_time()
    hands = make_reader()
    open_and_analyze(hands)
    judge(hands)
    jump_and_look(hands)
    change_a_value(hands)
    mask = paint(hands)
    run_again(hands, mask)
    write(hands)
    before = save(hands, tmp_path / "chest.mrb")
    hands.reader.close()
    again = make_reader()
    reopen(again, tmp_path / "chest.mrb")
    assert kept(again) == before
    assert np.array_equal(voxels(again, "lung-left"), mask)
    change_a_value_after_reopening(again)
    assert time.process_time() - started_s < MOST_CPU_S


def open_and_analyze(hands: Hands) -> None:
    panel, room = hands.reader.panel, hands.reader.room
    assert not panel.analyze.ui.analyzeButton.enabled and "Open images" in panel.analyze.ui.stageLabel.text
    hands.choose_in_menu(panel.case.ui.sampleButton, "Chest radiograph")
    hands.rest()
    assert room.cases.current_id and "Hide" not in panel.case.ui.patientButton.text
    assert panel.case.ui.modelCombo.currentText.startswith("✓")
    hands.click(panel.analyze.ui.analyzeButton)
    assert not room.run.state.busy, "first the model card"
    hands.press_in_window("Accept license")
    assert room.run.state.busy and panel.analyze.ui.progressBar.isVisible()
    hands.wait(lambda: panel.analyze.ui.cancelButton.enabled, what="the cancel button")
    assert not panel.analyze.ui.analyzeButton.enabled
    hands.rest()
    assert room.message is None and not panel.analyze.ui.progressBar.isVisible()
    assert len([text for text in texts(panel.findings.ui.findingsTable, 1) if "%" in text]) == 7
    assert "CPU" in panel.case.ui.deviceLabel.text


def judge(hands: Hands) -> None:
    ui = hands.reader.panel.findings.ui
    for name in ("Pneumonia", "Edema", "intensive care"):
        row = finding_row(hands, name)
        assert bar_share(hands, row) == pytest.approx(probability(hands, name) / 100, abs=0.08), name
    hands.click_cell(ui.findingsTable, finding_row(hands, "Pneumonia"), 0)
    hands.click(ui.acceptButton)
    hands.rest()
    hands.click_cell(ui.findingsTable, finding_row(hands, "Infiltration"), 0)
    hands.click(ui.rejectButton)
    hands.rest()
    status = {name: ui.findingsTable.item(finding_row(hands, name), 2).text() for name in
              ("Pneumonia", "Infiltration", "Edema")}  # fmt: skip
    assert status == {"Pneumonia": "✓ accepted", "Infiltration": "✗ rejected", "Edema": "○ open"}
    assert "nfiltration reached" not in hands.reader.panel.report.editor.plainText


def jump_and_look(hands: Hands) -> None:
    reader, ui = hands.reader, hands.reader.panel.findings.ui
    view = reader.commands.active_slice
    places = {row.name: row.location_ras for row in reader.room.findings.rows() if row.location_ras}
    for name, place in places.items():
        before = centers(hands)
        hands.click_cell(ui.findingsTable, finding_row(hands, name), 0)
        assert np.allclose(view.center_ras, place, atol=1.0), name
        assert np.abs(centers(hands) - before).max() > 5, name
    assert len(places) >= 2
    hands.click_cell(ui.findingsTable, finding_row(hands, "Pneumonia"), 0)
    bare = picture(view).astype(int)
    hands.click(ui.heatMapCheck)
    over = picture(view).astype(int)
    assert (np.abs(over - bare).max(axis=2) > 20).mean() > 0.01, "the heat map is seen"
    hands.slide(ui.opacitySlider, 80)
    stronger = picture(view).astype(int)
    assert np.abs(stronger - bare).sum() > 1.1 * np.abs(over - bare).sum()
    hands.click(ui.heatMapCheck)
    assert np.array_equal(picture(view), bare), "and gone again"
    hands.click(ui.heatMapCheck)
    assert ui.contributionsTable.rowCount == 0 or ui.contributionsTable.isVisible()


def change_a_value(hands: Hands) -> None:
    table = hands.reader.panel.context.ui.laboratoryTable
    before = probability(hands, "intensive care")
    hands.edit_cell(table, laboratory_row(hands, "Lactate"), 1, "5000")
    hands.wait(lambda: probability(hands, "intensive care") != before, what="another probability")
    hands.rest()
    assert probability(hands, "intensive care") > before
    assert "was" in hands.reader.panel.findings.ui.findingsTable.item(
        finding_row(hands, "intensive care"), 1
    ).text()  # fmt: skip
    row = laboratory_row(hands, "Lactate")
    assert table.item(row, 1).text() == "5000" and "▲ high" in table.item(row, 3).text()
    assert hands.reader.room.findings.rows() and texts(hands.reader.panel.findings.ui.findingsTable, 2).count(
        "✓ accepted"
    ) == 1  # fmt: skip


def paint(hands: Hands) -> np.ndarray:
    reader, ui = hands.reader, hands.reader.panel.segments.ui
    before = voxels(hands, "lung-left")
    hands.click_cell(ui.segmentsTable, segment_row(hands, "Left lung"), 2)
    hands.click(ui.editButton)
    editor = reader.docks._segment_editor
    assert reader.docks.editor.isVisible() and "Left lung" in editor.ui.nameLabel.text
    hands.click(editor.ui.paintButton)
    view = reader.commands.active_slice
    hands.pick("view", "view.fit")
    width, height = view.widget.logical_size
    # Across the upper mediastinum, where no lung is.
    hands.stroke(view, [(width * part, height * 0.15) for part in (0.48, 0.5, 0.52)])
    hands.click(editor.ui.doneButton)
    assert not reader.docks.editor.isVisible()
    hands.rest()
    mask = voxels(hands, "lung-left")
    assert mask.sum() > before.sum() and (mask & before).sum() == before.sum()
    assert "changed by you" in ui.segmentsTable.item(segment_row(hands, "Left lung"), 2).text()
    assert "changed by you" not in ui.segmentsTable.item(segment_row(hands, "Right lung"), 2).text()
    return mask


def run_again(hands: Hands, mask: np.ndarray) -> None:
    panel = hands.reader.panel
    rows = panel.segments.ui.segmentsTable.rowCount
    hands.click(panel.analyze.ui.analyzeButton)
    assert hands.reader.room.run.state.busy
    hands.rest()
    assert hands.reader.room.message is None
    assert np.array_equal(voxels(hands, "lung-left"), mask), "what the reader painted is kept"
    assert panel.segments.ui.segmentsTable.rowCount == rows + 1
    assert panel.segments.ui.comparisonBox.isVisible()
    (dice,) = texts(panel.segments.ui.comparisonTable, 1)
    assert 0.5 < float(dice) < 1
    statuses = texts(panel.findings.ui.findingsTable, 2)
    assert statuses.count("✓ accepted") == 1 and statuses.count("✗ rejected") == 1
    assert panel.findings.ui.heatMapCheck.checked and panel.findings.ui.opacitySlider.value == 80


def write(hands: Hands) -> None:
    import qt

    editor = hands.reader.panel.report.editor
    hands.reach(editor)
    place = editor.plainText.index("Lungs: pneumonia") + len("Lungs: pneumonia")
    cursor = editor.textCursor()
    cursor.setPosition(place)
    editor.setTextCursor(cursor)
    editor.ensureCursorVisible()
    box = editor.cursorRect()
    hands._show_point(editor.viewport(), box.center())
    hands.click(editor.viewport(), (editor.cursorRect().x(), editor.cursorRect().center().y()))
    assert editor.textCursor().position() == place
    hands.type(editor, " of the lower lobe")
    assert qt.QApplication.focusWidget() == editor
    context = hands.reader.panel.context.ui
    hands.click(context.indicationEdit.viewport())
    hands.type(context.indicationEdit, "Fever for 3 days")
    hands.rest()
    assert "pneumonia of the lower lobe reached" in editor.plainText


def save(hands: Hands, path: Path) -> dict:
    check = hands.answer_file_dialog(path)
    hands.pick("file", "file.save")
    check()
    assert path.is_file() and "Saved" in hands.reader.panel.ui.messageLabel.text
    assert not hands.reader.files.unsaved.exists
    hands.click(hands.reader.panel.ui.dismissButton)
    return kept(hands)


def reopen(hands: Hands, path: Path) -> None:
    assert hands.reader.room.cases.entries() == () or hands.reader.room.scene is not None
    hands.reader.application.clear()
    settle()
    assert hands.reader.room.cases.entries() == ()
    check = hands.answer_file_dialog(path)
    hands.press(hands.reader.widget, "Ctrl+O")
    check()
    hands.wait(lambda: hands.reader.room.cases.current_id, what="the case")
    hands.rest()
    assert hands.reader.room.message is None


def change_a_value_after_reopening(hands: Hands) -> None:
    table = hands.reader.panel.context.ui.laboratoryTable
    before = probability(hands, "intensive care")
    hands.edit_cell(table, laboratory_row(hands, "Lactate"), 1, "200")
    hands.wait(lambda: probability(hands, "intensive care") != before, what="another probability")
    assert probability(hands, "intensive care") < before
