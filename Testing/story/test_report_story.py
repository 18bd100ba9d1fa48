"""A report from the draft to the addendum, by clicks and keys; and a reader that is killed while typing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from .conftest import TESTING, MakeReader, load_file
from .hands import Hands, settle
from .sight import finding_row, segment_row
from .typing_reader import PHANTOM, write_phantom

pytestmark = pytest.mark.panel

MOST_LOST_S = 5.0


def test_a_report_from_the_draft_to_the_addendum(make_reader: MakeReader, tmp_path: Path) -> None:
    hands = make_reader(catalog(tmp_path))
    open_and_draft(hands, tmp_path)
    judge(hands)
    type_and_keep_the_offer(hands)
    fix_the_side(hands)
    sign(hands)
    read_only(hands)
    amend(hands)
    measures_and_history(hands)
    export(hands, tmp_path)
    tamper(hands)


def catalog(folder: Path) -> Any:
    """A model that outlines a left lung and a nodule on the right, by thresholds."""
    from MedMMSlicerLib.bundles.catalog import BundleCatalog
    from MedMMSlicerLib.bundles.writing import write_bundle

    shared = load_file("shared_fixtures_for_the_story", TESTING / "conftest.py")
    network = shared.threshold_network(folder / "network" / "model.onnx")
    files = {"models/model.onnx": network, "docs/README.md": b"# A test\n", "LICENSE": b"Apache-2.0\n"}
    metadata = shared.threshold_metadata()
    lung, nodule = metadata["medmm"]["labels"]
    lung |= {"id": "lung-left", "name": {"en": "Left lung", "zh-CN": "左肺"}, "laterality": "left"}
    lung["type"] = {"value": "39607008", "scheme": "SCT", "meaning": "Lung"}
    nodule |= {
        "id": "nodule-right",
        "name": {"en": "Right nodule", "zh-CN": "右侧结节"},
        "laterality": "right",
    }
    nodule["type"] = {"value": "27925004", "scheme": "SCT", "meaning": "Nodule"}
    nodule["category"] = {
        "value": "49755003", "scheme": "SCT", "meaning": "Morphologically Altered Structure",
    }  # fmt: skip
    write_bundle(folder / "bundles" / "threshold-test", metadata, files)
    return BundleCatalog([folder / "bundles"])


def sentences(hands: Hands) -> list[str]:
    report = hands.reader.room.report.report
    return [item.text for section in report.sections for item in section.sentences]


def starting(hands: Hands, text: str) -> str:
    return next(item for item in sentences(hands) if item.startswith(text))


def put_cursor(hands: Hands, after: str) -> Any:
    editor = hands.reader.panel.report.editor
    hands.reach(editor)
    cursor = editor.textCursor()
    cursor.setPosition(editor.plainText.index(after) + len(after))
    editor.setTextCursor(cursor)
    editor.setFocus()
    settle()
    return editor


def checked(hands: Hands) -> list[Any]:
    """What the checks bar shows, once it has looked at everything."""
    report = hands.reader.panel.report
    report.flush()
    hands.rest()
    hands.wait(lambda: not report.checks.is_busy, what="the checks")
    table = report.checks.ui.checksList
    return [table.item(row).text() for row in range(table.count)] if table.isVisible() else []


def open_and_draft(hands: Hands, folder: Path) -> None:
    panel = hands.reader.panel
    write_phantom(folder / PHANTOM)
    assert hands.reader.open((folder / PHANTOM,))
    hands.rest()
    hands.click(panel.analyze.ui.analyzeButton)
    hands.press_in_window("Accept license")
    hands.rest()
    assert hands.reader.room.message is None or hands.reader.room.message.severity == "info"
    assert "Draft" in panel.report.workflow.ui.statusLabel.text
    assert starting(hands, "Right nodule") and starting(hands, "Left lung")
    hands.click(panel.report.workflow.ui.preliminaryButton)
    assert "Preliminary" in panel.report.workflow.ui.statusLabel.text


def judge(hands: Hands) -> None:
    ui = hands.reader.panel.findings.ui
    hands.click_cell(ui.findingsTable, finding_row(hands, "Right nodule"), 0)
    hands.click(ui.acceptButton)
    hands.rest()
    hands.click_cell(ui.findingsTable, finding_row(hands, "Left lung"), 0)
    hands.click(ui.rejectButton)
    hands.rest()
    assert not any(text.startswith("Left lung: volume") for text in sentences(hands))


def type_and_keep_the_offer(hands: Hands) -> None:
    """The reader writes into a sentence, then corrects the segment: the new size is offered, and taken."""
    panel = hands.reader.panel
    before = starting(hands, "Right nodule")
    editor = put_cursor(hands, "Right nodule")
    hands.type(editor, ", spiculated")
    panel.report.flush()
    assert any(text.startswith("Right nodule, spiculated") for text in sentences(hands))
    erase(hands, "Right nodule")
    hands.rest()
    ui = panel.report.ui
    assert ui.pendingBox.isVisible() and "spiculated" in ui.pendingLabel.text
    hands.click(ui.takeButton)
    hands.rest()
    now = starting(hands, "Right nodule")
    assert now != before and "spiculated" not in now and not ui.pendingBox.isVisible()
    hands.click(ui.undoButton)
    hands.rest()
    assert "spiculated" in starting(hands, "Right nodule")
    hands.click(ui.redoButton)
    hands.rest()
    assert starting(hands, "Right nodule") == now


def erase(hands: Hands, name: str) -> None:
    reader, ui = hands.reader, hands.reader.panel.segments.ui
    hands.click_cell(ui.segmentsTable, segment_row(hands, name), 2)
    hands.click(ui.jumpButton)
    hands.click(ui.editButton)
    editor = reader.docks._segment_editor
    hands.click(editor.ui.eraseButton)
    red = reader.views["Red"]
    x, y = red.position_of(tuple(red.center_ras))
    hands.stroke(red, [(x, y), (x + 6, y + 3)])
    hands.click(editor.ui.doneButton)


def fix_the_side(hands: Hands) -> None:
    """A slip of the side is found while typing, pointed at, and mended with one click."""
    ui = hands.reader.panel.report.checks.ui
    editor = put_cursor(hands, "Right nodule")
    cursor = editor.textCursor()
    cursor.setPosition(cursor.position() - len(" nodule"))
    editor.setTextCursor(cursor)
    for _ in "Right":
        hands.press(editor, "Backspace")
    hands.type(editor, "Left")
    hands.wait(lambda: any("another side" in text for text in checked(hands)), what="the check of the side")
    found = next(number for number, text in enumerate(checked(hands)) if text.startswith("✖ Error"))
    assert "✖ 1" in hands.reader.panel.report.ui.section.text
    ui.checksList.setFocus()
    ui.checksList.setCurrentRow(found)
    hands.click(ui.goToButton)
    assert editor.textCursor().selectedText() == "Left"
    hands.click(ui.fixButton)
    hands.rest()
    assert starting(hands, "Right nodule") and not any("✖" in text for text in checked(hands))


def sign(hands: Hands) -> None:
    import qt

    report = hands.reader.panel.report
    editor = put_cursor(hands, starting(hands, "Right nodule"))
    hands.type(editor, " No edema on the left.")
    hands.press(editor, "Ctrl+Shift+G")
    dialog = report.workflow.dialog
    assert dialog.dialog.isVisible()
    hands.click(dialog.sign_button)
    assert "name" in dialog.error_label.text and dialog.dialog.isVisible()
    dialog.name_edit.setFocus()
    hands.type(dialog.name_edit, "Dr. Li")
    if dialog.reason_edit is not None:
        hands.click(dialog.sign_button)
        assert "in the way" in dialog.error_label.text
        dialog.reason_edit.setFocus()
        hands.type(dialog.reason_edit, "Seen on the old film.")
    hands.click(dialog.sign_button)
    hands.rest()
    status = report.workflow.ui.statusLabel.text
    document = hands.reader.room.report.workflow.document
    assert "Final" in status and "Dr. Li" in status and document.signature.sha256[:12] in status
    assert qt.QApplication.activeModalWidget() is None or not dialog.dialog.isVisible()


def read_only(hands: Hands) -> None:
    report = hands.reader.panel.report
    before = sentences(hands)
    editor = put_cursor(hands, "Right nodule")
    typed = editor.plainText.count("x")
    hands.type(editor, "x")
    hands.press(editor, "Delete")
    hands.press(editor, "Return")
    report.flush()
    hands.rest()
    assert "was signed by Dr. Li" in hands.reader.room.message.text
    assert editor.plainText.count("x") == typed
    assert sentences(hands) == before and "Read-only" in report.workflow.ui.statusLabel.text
    assert not report.ui.editRow.isVisible() and not report.workflow.ui.signButton.isVisible()
    hands.click_cell(hands.reader.panel.findings.ui.findingsTable, finding_row(hands, "Left lung"), 0)
    hands.click(hands.reader.panel.findings.ui.acceptButton)
    hands.rest()
    assert sentences(hands) == before, "a signed report does not follow findings"
    hands.click(report.workflow.ui.verifyButton)
    assert report.workflow.ui.verifyLabel.text.startswith("✔")
    hands.click(hands.reader.panel.ui.dismissButton)


def amend(hands: Hands) -> None:
    report, workflow = hands.reader.panel.report, hands.reader.room.report.workflow
    hands.click(report.workflow.ui.addendumButton)
    dialog = report.workflow.dialog
    assert dialog.name_edit.text == "Dr. Li"
    dialog.text_edit.setFocus()
    hands.type(dialog.text_edit, "The nodule was there in 2019.")
    hands.click(dialog.amend_button)
    hands.rest()
    assert "Amended, version 2" in report.workflow.ui.statusLabel.text
    assert "The nodule was there in 2019." in report.workflow.ui.addendaLabel.text
    editor = put_cursor(hands, "Right nodule")
    hands.type(editor, ", known")
    report.flush()
    hands.press(editor, "Ctrl+Shift+G")
    dialog = report.workflow.dialog
    if dialog.reason_edit is not None:
        dialog.reason_edit.setFocus()
        hands.type(dialog.reason_edit, "As before.")
    hands.click(dialog.sign_button)
    hands.rest()
    document = workflow.document
    assert document.is_signed and document.version == 2 and len(document.versions) == 1
    first = [item.text for part in document.versions[0].report.sections for item in part.sentences]
    assert not any("known" in text for text in first)
    assert any("Right nodule, known" in text for text in sentences(hands))


def measures_and_history(hands: Hands) -> None:
    report, document = hands.reader.panel.report, hands.reader.room.report.workflow.document
    hands.click(report.workflow.ui.recordButton)
    text = report.workflow.dialog.browser.plainText
    assert "Whole report" in text and "Right nodule" in text and "rejected" in text
    assert "Seen on the old film." in text or not over_checks(document)
    hands.click(report.workflow.dialog.close_button)
    actions = [entry.action for entry in document.audit.entries]
    for action in (
        "created",
        "preliminary",
        "finding",
        "edited",
        "change-taken",
        "undone",
        "redone",
        "signed",
        "amended",
    ):
        assert action in actions, action
    assert {entry.who for entry in document.audit.entries if entry.action == "signed"} == {"Dr. Li"}
    whole = measures(document)
    assert whole.edited >= 1 and whole.removed >= 1 and whole.added >= 0 and 0.2 < whole.kept_share < 1
    decisions = {item.finding_id: item.status for item in finding_decisions(document)}
    assert decisions["f-nodule-right"] == "accepted"
    assert document.reading.first_at and document.reading.active_ms > 0


def over_checks(document: Any) -> list[Any]:
    return [entry for entry in document.audit.entries if "signed_over" in entry.data]


def measures(document: Any) -> Any:
    from MedMMSlicerLib.reporting.document.measures import measure_sections

    return measure_sections(document)[-1]


def finding_decisions(document: Any) -> Any:
    from MedMMSlicerLib.reporting.document import measures as module

    return module.finding_decisions(document)


def export(hands: Hands, folder: Path) -> None:
    report = hands.reader.panel.report
    hands.click(report.ui.exportButton)
    dialog = report._export
    for name in ("txt", "json", "fhir", "nrrd"):
        hands.click(dialog.format_checks[name], (8, 8))
    check = hands.answer_file_dialog(folder / "exported")
    hands.click(dialog.export_button)
    check()
    hands.rest()
    assert not dialog._closed or hands.reader.room.message.severity == "info", hands.reader.room.message
    files = {path.name for path in (folder / "exported").iterdir()}
    assert {"report.html", "report.pdf", "report.txt", "report.fhir.json", "segmentation.seg.nrrd"} <= files
    text = (folder / "exported" / "report.txt").read_text(encoding="utf-8")
    assert "Dr. Li" in text and "Right nodule, known" in text and "The nodule was there in 2019." in text
    bundle = json.loads((folder / "exported" / "report.fhir.json").read_text(encoding="utf-8"))
    diagnostic = next(
        item["resource"] for item in bundle["entry"] if item["resource"]["resourceType"] == "DiagnosticReport"
    )
    assert diagnostic["status"] == "amended"
    nrrd = (folder / "exported" / "segmentation.seg.nrrd").read_bytes()[:9000].decode("latin-1")
    assert "DICOM.SegmentAlgorithmType:SEMIAUTOMATIC" in nrrd
    assert "DICOM.SegmentAlgorithmType:AUTOMATIC" in nrrd
    exports = [e for e in hands.reader.room.report.workflow.document.audit.entries if e.action == "exported"]
    assert {entry.data["kind"] for entry in exports} >= {"html", "pdf", "fhir"}


def tamper(hands: Hands) -> None:
    """One character of the signed report in the scene is changed: found, and told where."""
    room, report = hands.reader.room, hands.reader.panel.report
    (node_id,) = room.cases.nodes("report")
    node = room.scene.GetNodeByID(node_id)
    node.SetText(node.GetText().replace("Right nodule, known", "Right nodule, knowm"))
    state_id = room.cases.nodes("report_document")[0]
    state = room.scene.GetNodeByID(state_id)
    state.SetText(state.GetText() + " ")
    room.report._read = None
    hands.click(report.workflow.ui.verifyButton)
    text = report.workflow.ui.verifyLabel.text
    assert text.startswith("✖") and "Sentence" in text and "findings" in text


# ---------------------------------------------------------------------- killed while typing


def test_a_reader_that_is_killed_while_typing_loses_less_than_five_seconds(
    make_reader: MakeReader, tmp_path: Path
) -> None:
    typed = type_until_killed(tmp_path)
    hands = make_reader()
    assert "not saved" in hands.reader.room.message.text
    assert hands.reader.open((tmp_path / PHANTOM,))
    hands.rest()
    bar = hands.reader.panel.report.recovery
    assert bar.widget.isVisible() and "was not saved" in bar.ui.recoveryLabel.text
    hands.click(bar.ui.recoverButton)
    hands.rest()
    assert not bar.widget.isVisible()
    killed_s, _text = typed[-1]
    wanted = [text for at_s, text in typed if at_s <= killed_s - MOST_LOST_S][-1]
    (found,) = [text for text in sentences(hands) if text.startswith("Typed:")]
    assert len(wanted) > 20 and found.startswith(wanted.strip()), (found, wanted)
    assert hands.reader.room.report.workflow.verify() == ()
    assert hands.reader.panel.report.editor.plainText.count(wanted.strip()) == 1


def type_until_killed(folder: Path) -> list[tuple[float, str]]:
    """Text and time of every key of a reader in another process, which is killed in the middle of a word."""
    log = folder / "typed.jsonl"
    with (folder / "errors.txt").open("wb") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "Testing.story.typing_reader", str(folder)],
            cwd=TESTING.parent,
            stdout=subprocess.DEVNULL,
            stderr=errors,
        )
        try:
            end = time.monotonic() + 120
            while not log.exists() or len(lines := read_log(log)) < 2 or lines[-1][0] - lines[0][0] < 9:
                assert process.poll() is None, (folder / "errors.txt").read_text()
                assert time.monotonic() < end, "it does not type"
                time.sleep(0.05)
            process.send_signal(signal.SIGKILL if os.name == "posix" else signal.SIGTERM)
        finally:
            process.kill()
            process.wait()
    return read_log(log)


def read_log(path: Path) -> list[tuple[float, str]]:
    lines = path.read_text(encoding="utf-8").split("\n")[:-1]
    return [(float(item[0]), str(item[1])) for item in map(json.loads, lines)]


# ---------------------------------------------------------------------- DICOM


def test_a_report_leaves_the_panel_as_dicom(
    environment: Any, complaints: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With and without the patient's name; text report, measurements and images refer to each other."""
    import pydicom

    from .world import FILM, open_world

    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    with open_world(tmp_path) as world:
        world.bring(FILM)
        world.room.report.review.sign("Marlene Osterwald", "", "A test.")
        world.hands.rest()
        for name, clean in (("named", False), ("clean", True)):
            world.answers.save = str(tmp_path / name)
            world.hands.click(world.panel.report.ui.exportButton)
            dialog = world.panel.report._export
            for format_name, check in dialog.format_checks.items():
                check.setChecked(format_name in ("sr", "text-sr", "dicom", "fhir"))
            for check in (dialog.clean_check, dialog.pixels_check, dialog.texts_check):
                check.setChecked(clean)
            world.hands.click(dialog.export_button)
            assert dialog._closed, dialog.error_label.text
            measured = pydicom.dcmread(tmp_path / name / "report_sr.dcm")
            text = pydicom.dcmread(tmp_path / name / "report_text_sr.dcm")
            (image,) = [pydicom.dcmread(path) for path in (tmp_path / name / "dicom").rglob("*.dcm")]
            assert measured.StudyInstanceUID == text.StudyInstanceUID == image.StudyInstanceUID
            referred = str(text)
            assert image.SOPInstanceUID in referred and measured.SOPInstanceUID in referred
            assert text.VerificationFlag == "VERIFIED"
            written = b"".join(path.read_bytes() for path in (tmp_path / name).rglob("*") if path.is_file())
            assert [word in written for word in (b"Doe", b"Osterwald")] == [not clean] * 2
        assert image.PatientIdentityRemoved == "YES"
