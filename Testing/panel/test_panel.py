"""The whole panel on the real reading room: open, accept, analyze, cancel, undo, save, reload, close."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from panel_keys import press_shortcut

pytestmark = pytest.mark.panel


def accept_and_start(panel: Any, pump: Callable[..., bool]) -> None:
    """Press Analyze; the card comes up first."""
    panel.flush()
    panel.analyze.ui.analyzeButton.click()
    if panel.case._card is not None and panel.case._card.accept_button is not None:
        panel.case._card.accept_button.click()
        panel.case._card = None
    assert panel.room.run.state.busy and panel.polling
    panel.flush()


def read(panel: Any, phantom: Path, pump: Callable[..., bool]) -> None:
    """Open the phantom and analyze it to the end."""
    panel.host.files = (str(phantom),)
    panel.case.ui.openFilesButton.click()
    accept_and_start(panel, pump)
    assert pump(lambda: not panel.room.run.state.busy, 60)
    assert panel.room.message is None, panel.room.message
    pump()
    panel.flush()


def test_an_empty_panel_says_what_to_do(panel: Any) -> None:
    assert panel.ui.noticeLabel.text == "Research use only. Not for clinical diagnosis."
    assert not panel.ui.messageFrame.visible and not panel.ui.installFrame.visible
    assert not panel.analyze.ui.analyzeButton.enabled
    assert "Open images first" in panel.analyze.ui.analyzeButton.toolTip
    assert not panel.polling


def test_a_panel_without_a_case_looks_for_no_model(room: Any, host: Any, monkeypatch: Any) -> None:
    from MedMMSlicerLib.widgets.panel import ReadingPanel

    def fail() -> None:
        raise AssertionError("asked too early")

    monkeypatch.setattr(room.models, "suggestions", fail)
    made = ReadingPanel(room, host)
    made.cleanup()
    monkeypatch.undo()
    assert made.case.ui.modelCombo.currentText == "Open images first"


def test_from_files_to_segments_undo_and_redo(panel: Any, phantom_file: Path, pump: Any) -> None:
    panel.host.files = (str(phantom_file),)
    panel.case.ui.openFilesButton.click()
    pump()
    panel.flush()
    assert panel.case.ui.caseCombo.count == 1 and "phantom" in panel.case.ui.caseCombo.currentText
    assert panel.case.ui.modelCombo.currentText == "? Thresholds (not known whether it fits)"
    assert panel.analyze.ui.analyzeButton.enabled
    assert "not accepted" in panel.analyze.ui.analyzeButton.toolTip
    accept_and_start(panel, pump)
    assert panel.analyze.ui.cancelButton.enabled and not panel.analyze.ui.analyzeButton.enabled
    assert panel.analyze.ui.progressBar.visible
    assert pump(lambda: not panel.room.run.state.busy, 60)
    pump()
    panel.flush()
    assert not panel.polling and not panel.analyze.ui.progressBar.visible
    assert panel.case.ui.deviceLabel.text == "Device used: processor (CPU)"
    assert len(panel.room.segments.rows()) == 2
    assert panel.segments.ui.segmentsTable.rowCount == 2
    panel.analyze.ui.undoButton.click()
    assert pump(lambda: not panel.room.run.state.busy, 20)
    pump()
    panel.flush()
    assert panel.room.segments.rows() == () and not panel.analyze.ui.undoButton.enabled
    # Accepted once is enough.
    panel.analyze.ui.analyzeButton.click()
    assert panel.room.run.state.busy
    assert pump(lambda: not panel.room.run.state.busy, 60)
    assert len(panel.room.segments.rows()) == 2


def test_the_event_loop_goes_on_during_a_run(panel: Any, phantom_file: Path, pump: Any) -> None:
    """The panel's own share of a turn, progress shown 50 times a second, is a few milliseconds."""
    panel.host.files = (str(phantom_file),)
    panel.case.ui.openFilesButton.click()
    accept_and_start(panel, pump)
    spent = []
    while panel.room.run.state.busy and len(spent) < 50:
        start = time.process_time()
        panel.analyze.show_progress()
        spent.append(time.process_time() - start)
        pump()
    assert sorted(spent)[len(spent) // 2] < 0.01
    panel.room.run.cancel()
    pump(lambda: not panel.room.run.state.busy, 20)


def test_a_run_is_cancelled_by_key(panel: Any, phantom_file: Path, pump: Any) -> None:
    panel.host.files = (str(phantom_file),)
    panel.case.ui.openFilesButton.click()
    accept_and_start(panel, pump)
    panel.widget.activateWindow()
    pump()
    press_shortcut(panel.widget, "Ctrl+.")
    assert pump(lambda: not panel.room.run.state.busy, 30)
    pump()
    panel.flush()
    assert panel.room.segments.rows() == ()
    assert panel.analyze.ui.analyzeButton.enabled and not panel.polling


def test_a_context_is_typed_and_kept_with_the_case(panel: Any, phantom_file: Path, pump: Any) -> None:
    panel.host.files = (str(phantom_file),)
    panel.case.ui.openFilesButton.click()
    pump()
    panel.flush()
    panel.context.ui.indicationEdit.setPlainText("Memory loss.")
    panel.host.text = "CRP 12 mg/L"
    panel.context.ui.addButton.click()
    pump()
    panel.flush()
    table = panel.context.ui.laboratoryTable
    assert table.rowCount == 1 and "▲ high" in table.item(0, 3).text()
    table.item(0, 1).setText("12x")
    pump()
    panel.flush()
    assert table.item(0, 1).text() == "12x" and "✖ invalid" in table.item(0, 3).text()
    table.setCurrentCell(0, 1)
    assert "12x" in panel.context.ui.rowNoteLabel.text
    assert panel.room.context.facts.indication == "Memory loss."


def test_two_cases_keep_apart(panel: Any, phantom_file: Path, pump: Any, tmp_path: Path) -> None:
    import shutil

    other = shutil.copy(phantom_file, tmp_path / "other.nii.gz")
    panel.case.open_paths((phantom_file,))
    panel.case.open_paths((Path(other),))
    pump()
    panel.flush()
    assert panel.case.ui.caseCombo.count == 2
    panel.context.ui.indicationEdit.setPlainText("Of the second.")
    panel.widget.activateWindow()
    pump()
    press_shortcut(panel.widget, "Ctrl+PgUp")
    pump()
    panel.flush()
    assert panel.context.ui.indicationEdit.plainText == ""
    panel.case.ui.caseCombo.setCurrentIndex(1)
    pump()
    panel.flush()
    assert panel.context.ui.indicationEdit.plainText == "Of the second."
    panel.case.ui.removeCaseButton.click()
    pump()
    panel.flush()
    assert panel.case.ui.caseCombo.count == 1 and len(panel.room.cases.entries()) == 1


def test_the_state_survives_saving_and_loading(
    panel: Any, phantom_file: Path, pump: Any, tmp_path: Path
) -> None:
    from MedMMSlicerLib.scene.bundle_io import load_scene, save_scene
    from MedMMSlicerLib.widgets.parameters import panel_parameters

    panel.analyze.device = "cpu"
    read(panel, phantom_file, pump)
    panel.findings.ui.sortCombo.setCurrentIndex(1)
    panel.context.ui.indicationEdit.setPlainText("Memory loss.")
    pump()
    panel.flush()
    parameters = panel_parameters(panel.room.scene)
    assert (parameters.device, parameters.sort, parameters.bundle) == ("cpu", "name", "threshold-test")
    assert parameters.CurrentCase == panel.room.cases.current_id and parameters.language == "en"
    save_scene(panel.room.scene, tmp_path / "case.mrb")
    panel.room.scene.Clear(0)
    pump()
    panel.flush()
    assert panel.case.ui.caseCombo.currentText == "No case is open"
    panel.analyze.device = "auto"
    panel.findings.ui.sortCombo.setCurrentIndex(0)
    load_scene(panel.room.scene, tmp_path / "case.mrb")
    pump()
    panel.flush()
    assert panel.analyze.device == "cpu" and panel.findings.ui.sortCombo.currentData == "name"
    assert panel.context.ui.indicationEdit.plainText == "Memory loss."
    assert panel.segments.ui.segmentsTable.rowCount == 2
    assert panel.case.ui.patientLabel.text == "Patient: not known"


def test_closing_the_scene_during_a_run_is_clean(panel: Any, phantom_file: Path, pump: Any) -> None:
    panel.host.files = (str(phantom_file),)
    panel.case.ui.openFilesButton.click()
    accept_and_start(panel, pump)
    panel.room.scene.Clear(0)
    assert pump(lambda: not panel.room.run.state.busy, 30)
    pump()
    panel.flush()
    assert panel.case.ui.caseCombo.currentText == "No case is open"
    assert not panel.analyze.ui.cancelButton.enabled and not panel.polling
    read(panel, phantom_file, pump)
    assert len(panel.room.segments.rows()) == 2


def test_a_file_that_can_not_be_read_is_one_message(panel: Any, tmp_path: Path, pump: Any) -> None:
    broken = tmp_path / "broken.nii.gz"
    broken.write_bytes(b"nothing")
    panel.host.files = (str(broken),)
    panel.case.ui.openFilesButton.click()
    ui = panel.ui
    assert ui.messageFrame.visible and ui.messageLabel.text.startswith("Error: ")
    assert ui.messageSymbolLabel.text == "✖" and "broken.nii.gz" in ui.messageLabel.text
    ui.detailsButton.click()
    assert ui.messageDetails.visible and "broken.nii.gz" in ui.messageDetails.plainText
    ui.dismissButton.click()
    assert not ui.messageFrame.visible and panel.room.message is None


def test_messages_of_each_kind_have_a_symbol_a_word_and_a_color(panel: Any, pump: Any) -> None:
    colors = []
    for severity, symbol, word in (
        ("info", "ℹ", "Note"),
        ("warning", "⚠", "Warning"),
        ("error", "✖", "Error"),
    ):
        panel.room.tell(severity, f"<b>{severity}</b>")
        assert panel.ui.messageSymbolLabel.text == symbol
        assert panel.ui.messageLabel.text == f"{word}: <b>{severity}</b>"
        pump()
        picture = panel.ui.messageSymbolLabel.grab().toImage()
        colors.append(picture.pixelColor(picture.width() // 2, 2).name())
    assert len(set(colors)) == 3
    panel.room.dismiss()


def test_a_change_refreshes_each_part_once(panel: Any, phantom_file: Path, pump: Any) -> None:
    panel.case.open_paths((phantom_file,))
    panel.flush()
    counts: dict[str, int] = {}
    for part in panel.parts:
        real = part.refresh
        name = type(part).__name__

        def counted(real: Any = real, name: str = name) -> None:
            counts[name] = counts.get(name, 0) + 1
            real()

        part.refresh = counted
    panel.room.context.set_age("54")
    assert counts == {}, "nothing is drawn inside the change"
    pump()
    assert counts and set(counts.values()) == {1}


def test_nothing_is_left_after_cleanup(
    room: Any, host: Any, scene: Any, phantom_file: Path, pump: Any
) -> None:
    import qt
    from MedMMSlicerLib.widgets.panel import ReadingPanel

    made = ReadingPanel(room, host)
    made.case.open_paths((phantom_file,))
    made.cleanup()
    made.cleanup()
    assert made.case.ui.volumeSelector.mrmlScene() is None
    room.context.set_age("54")
    pump()
    assert not made.polling and not made._dirty
    made.widget.deleteLater()
    qt.QCoreApplication.sendPostedEvents(None, 52)
    room.context.set_age("55")
    pump()
