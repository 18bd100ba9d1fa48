"""The report as a reader edits it: typing, deleting, undo, evidence."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from .conftest import process_events
from .fake_room import REPORT

pytestmark = pytest.mark.panel

LINES = [
    "Findings",
    "There is a left-sided pneumonia. No pleural effusion. The heart is of normal size.",
    "Impression",
    "Pneumonia. The anterior part measures 1,324 mm³.",
]


@pytest.fixture
def part(environment: Any, room: Any, fake_host: Any, show: Callable[..., Any]) -> Iterator[Any]:
    from MedMMSlicerLib.widgets.report_part import ReportPart

    made = ReportPart(room, fake_host)
    room.connect(made)
    window = show(made.widget)
    assert window.horizontalScrollBar().maximum == 0
    yield made
    made.cleanup()


def lines(part: Any) -> list[str]:
    return part.editor.plainText.split("\n")


def put_cursor(part: Any, after: str, select: str = "") -> None:
    """Put the cursor behind a text, or select one."""
    import qt

    text = part.editor.plainText
    cursor = part.editor.textCursor()
    if select:
        cursor.setPosition(text.index(select))
        cursor.setPosition(text.index(select) + len(select), qt.QTextCursor.KeepAnchor)
    else:
        cursor.setPosition(text.index(after) + len(after))
    part.editor.setTextCursor(cursor)
    part.editor.setFocus()


def keys(part: Any, *names: str) -> None:
    import qt

    for name in names:
        qt.QTest.keyClick(part.editor, getattr(qt.Qt, f"Key_{name}"))


def write(part: Any, text: str) -> None:
    import qt

    qt.QTest.keyClicks(part.editor, text)


def sentences(part: Any) -> list[tuple[str, str, str]]:
    return [
        (item.id, item.text, item.author)
        for section in part.room.report.report.sections
        for item in section.sentences
    ]


def wait_for_pause(part: Any) -> None:
    end = time.monotonic() + 3
    while (part._timer.isActive() or part._soon.isActive()) and time.monotonic() < end:
        process_events(1)
        time.sleep(0.01)


def test_the_draft_is_shown_with_its_authors(part: Any) -> None:
    import qt

    assert lines(part) == LINES
    styles = {}
    for word in ("left-sided", "heart"):
        put_cursor(part, word)
        styles[word] = int(part.editor.textCursor().charFormat().underlineStyle())
    assert styles == {
        "left-sided": int(qt.QTextCharFormat.DotLine),
        "heart": int(qt.QTextCharFormat.DashUnderline),
    }
    assert "Dotted line" in part.ui.legendLabel.text


def test_typing_changes_the_sentence_after_a_pause(part: Any) -> None:
    put_cursor(part, "There is a left-sided")
    write(part, " lobar")
    assert part.room.report.calls == []
    wait_for_pause(part)
    assert part.room.report.calls == [("set_text", "s1", "There is a left-sided lobar pneumonia.")]
    assert sentences(part)[0] == ("s1", "There is a left-sided lobar pneumonia.", "reader")
    # The cursor stays where it was, so typing goes on.
    write(part, ", dense")
    part.flush()
    assert sentences(part)[0][1] == "There is a left-sided lobar, dense pneumonia."
    assert "Drafted as: There is a left-sided pneumonia." in part.ui.sentenceLabel.text
    put_cursor(part, "lobar")
    assert part.editor.textCursor().charFormat().underlineStyle() == 0


def test_a_trailing_space_is_not_taken_away_while_typing(part: Any) -> None:
    put_cursor(part, "normal size.")
    write(part, " No ")
    wait_for_pause(part)
    write(part, "effusion.")
    wait_for_pause(part)
    assert sentences(part)[2][1] == "The heart is of normal size. No effusion."


def test_typing_at_the_beginning_belongs_to_the_sentence_that_follows(part: Any) -> None:
    put_cursor(part, "left-sided pneumonia. ")
    write(part, "Surely: ")
    part.flush()
    assert [item[1] for item in sentences(part)][:2] == [
        "There is a left-sided pneumonia.",
        "Surely: No pleural effusion.",
    ]


def test_overwriting_a_whole_sentence_keeps_its_evidence(part: Any) -> None:
    put_cursor(part, "", select="No pleural effusion.")
    write(part, "A small effusion.")
    part.flush()
    assert sentences(part)[1] == ("s2", "A small effusion.", "reader")
    assert part.room.report.evidence_of("s2") == ("f-effusion",)


def test_deleting_a_sentence_and_undoing_it(part: Any) -> None:
    put_cursor(part, "", select="No pleural effusion. ")
    keys(part, "Delete")
    part.flush()
    assert [item[0] for item in sentences(part)] == ["s1", "s3", "s4", "s5"]
    part.ui.undoButton.click()
    assert lines(part) == LINES
    part.ui.redoButton.click()
    assert [item[0] for item in sentences(part)] == ["s1", "s3", "s4", "s5"]
    assert not part.ui.redoButton.isEnabled()


def test_undo_and_redo_by_key_inside_the_field(part: Any) -> None:
    import qt

    put_cursor(part, "left-sided")
    write(part, " lobar")
    qt.QTest.keyClick(part.editor, qt.Qt.Key_Z, qt.Qt.ControlModifier)
    assert lines(part) == LINES
    qt.QTest.keyClick(part.editor, qt.Qt.Key_Z, qt.Qt.ControlModifier | qt.Qt.ShiftModifier)
    assert "left-sided lobar" in lines(part)[1]


def test_enter_begins_a_sentence_behind_the_one_at_the_cursor(part: Any) -> None:
    put_cursor(part, "There is")
    keys(part, "Return")
    write(part, "It is dense.")
    part.flush()
    found = sentences(part)
    assert found[1][1:] == ("It is dense.", "reader") and found[0][0] == "s1" and found[2][0] == "s2"
    assert lines(part)[1].startswith("There is a left-sided pneumonia. It is dense. No pleural effusion.")


def test_adding_a_sentence_to_a_section_that_is_not_there_yet(part: Any) -> None:
    combo = part.ui.sectionCombo
    assert [combo.itemText(number) for number in range(combo.count)] == [
        "Technique",
        "Findings",
        "Impression",
        "Notes",
    ]
    combo.setCurrentIndex(0)
    part.ui.addButton.click()
    assert lines(part)[0] == "Technique"
    part.room.listeners.emit("findings")
    assert lines(part)[0] == "Technique"
    write(part, "Single view.")
    part.flush()
    assert part.room.report.report.sections[0].id == "technique"
    assert sentences(part)[0][1:] == ("Single view.", "reader")


def test_a_section_that_stays_empty_goes_again(part: Any) -> None:
    part.ui.sectionCombo.setCurrentIndex(3)
    part.add_sentence()
    assert lines(part)[-2:] == ["Notes", ""]
    part.ui.saveButton.setFocus()
    part.room.listeners.emit("findings")
    assert lines(part) == LINES and part.room.report.calls == []


def test_a_new_sentence_is_typed_slowly(part: Any) -> None:
    put_cursor(part, "pleural")
    keys(part, "Return")
    for piece in ("It ", "is ", "dense."):
        write(part, piece)
        wait_for_pause(part)
    keys(part, "Return")
    write(part, "And old.")
    part.flush()
    found = sentences(part)
    assert [item[1] for item in found[1:5]] == [
        "No pleural effusion.",
        "It is dense.",
        "And old.",
        "The heart is of normal size.",
    ]
    assert [item[2] for item in found[1:5]] == ["model", "reader", "reader", "template"]
    assert sum(call[0] == "add" for call in part.room.report.calls) == 2


def test_a_key_between_sending_and_showing_makes_no_second_sentence(part: Any) -> None:
    before = len(sentences(part))
    put_cursor(part, "The heart is of normal size.")
    keys(part, "Return")
    write(part, "A new one")
    part._pause_over()
    assert part._soon.isActive()
    write(part, " goes on.")
    part._pause_over()
    wait_for_pause(part)
    assert len(sentences(part)) == before + 1
    assert [text for _id, text, _author in sentences(part) if "new one" in text] == ["A new one goes on."]


def test_typing_in_front_of_a_section_belongs_to_its_first_sentence(part: Any) -> None:
    put_cursor(part, "Findings\n")
    write(part, "Likely: ")
    part.flush()
    assert sentences(part)[0] == ("s1", "Likely: There is a left-sided pneumonia.", "reader")


@pytest.mark.parametrize("key", ["Backspace", "Delete", "X"])
def test_headings_can_not_be_changed(part: Any, key: str) -> None:
    for place in ("Findi", "Findings", "Impression"):
        put_cursor(part, place)
        keys(part, key)
    put_cursor(part, "Findings\n")
    keys(part, "Backspace")
    put_cursor(part, "normal size.")
    keys(part, "Delete")
    part.editor.selectAll()
    keys(part, key)
    part.flush()
    process_events()
    assert lines(part) == LINES and part.room.report.calls == []


def test_what_gets_past_the_guard_is_put_back(part: Any) -> None:
    import qt

    cursor = part.editor.textCursor()
    cursor.select(qt.QTextCursor.Document)
    cursor.removeSelectedText()
    process_events()
    assert lines(part) == LINES and part.room.report.calls == []


def test_pasting_takes_plain_text_on_one_line(part: Any) -> None:
    import qt

    qt.QApplication.clipboard().setText(" with\nair\tbronchogram")
    put_cursor(part, "left-sided pneumonia")
    write(part, " ")
    qt.QTest.keyClick(part.editor, qt.Qt.Key_V, qt.Qt.ControlModifier)
    part.flush()
    assert sentences(part)[0][1] == "There is a left-sided pneumonia with air bronchogram."
    put_cursor(part, "Findi")
    qt.QTest.keyClick(part.editor, qt.Qt.Key_V, qt.Qt.ControlModifier)
    assert lines(part)[0] == "Findings"


def test_a_new_draft_leaves_alone_what_is_being_typed(part: Any) -> None:
    put_cursor(part, "left-sided")
    write(part, " lobar")
    draft = dataclasses.replace(
        REPORT,
        sections=(
            dataclasses.replace(
                REPORT.sections[0],
                sentences=(
                    REPORT.sections[0].sentences[0],
                    dataclasses.replace(
                        REPORT.sections[0].sentences[1], text="A pleural effusion is likely."
                    ),
                    REPORT.sections[0].sentences[2],
                ),
            ),
            REPORT.sections[1],
        ),
    )
    from MedMMSlicerLib.reading import report_state as states

    part.room.report._store(states.redraft(part.room.report.state, draft))
    assert lines(part)[1] == (
        "There is a left-sided lobar pneumonia. A pleural effusion is likely. The heart is of normal size."
    )
    write(part, " dense")
    part.flush()
    assert sentences(part)[0][1] == "There is a left-sided lobar dense pneumonia."


def test_a_changed_draft_of_an_edited_sentence_waits_for_the_reader(part: Any) -> None:
    from MedMMSlicerLib.reading import report_state as states

    part.room.report.set_text("s1", "Pneumonia on the left.")
    first = REPORT.sections[0]
    sentence = dataclasses.replace(first.sentences[0], text="Pneumonia is unlikely.")
    section = dataclasses.replace(first, sentences=(sentence, *first.sentences[1:]))
    draft = dataclasses.replace(REPORT, sections=(section, REPORT.sections[1]))
    part.room.report._store(states.redraft(part.room.report.state, draft))
    assert part.ui.pendingBox.isVisible()
    assert part.ui.pendingLabel.text == "Yours: Pneumonia on the left.\nDraft: Pneumonia is unlikely."
    part.ui.takeButton.click()
    assert sentences(part)[0][1] == "Pneumonia is unlikely." and not part.ui.pendingBox.isVisible()
    part.undo()
    part.ui.keepButton.click()
    assert sentences(part)[0][1] == "Pneumonia on the left." and not part.ui.pendingBox.isVisible()


def test_sentences_and_evidence_mark_each_other(part: Any) -> None:
    import qt

    part.room.findings.select("f-pneumonia")
    marked = [item.cursor.selectedText() for item in part.editor.extraSelections()]
    assert marked == ["There is a left-sided pneumonia.", "Pneumonia."]
    put_cursor(part, "No pleural")
    assert part.ui.sentenceLabel.text == "States: Pleural effusion"
    place = part.editor.cursorRect().center()
    part.room.findings.calls.clear()
    qt.QTest.mouseClick(part.editor.viewport(), qt.Qt.LeftButton, qt.Qt.NoModifier, place)
    assert part.room.findings.calls == [("select", "f-effusion")]
    assert [item.cursor.selectedText() for item in part.editor.extraSelections()] == ["No pleural effusion."]


def test_a_measured_segment_is_evidence_too(part: Any) -> None:
    put_cursor(part, "The anterior")
    part.ui.evidenceButton.click()
    assert part.room.segments.last()[0::2] == ("jump", "inner")
    asked: list[str] = []
    part.on_segment = asked.append
    part.show_evidence()
    assert asked == ["inner"]
    assert part.ui.sentenceLabel.text == "States: Left hippocampus, anterior"


def test_moving_the_cursor_by_key_moves_no_view(part: Any) -> None:
    put_cursor(part, "There")
    part.room.findings.calls.clear()
    keys(part, "Right", "Right", "Down", "Left")
    assert part.room.findings.calls == []


def test_removing_and_saving(part: Any, fake_host: Any, tmp_path: Path) -> None:
    put_cursor(part, "Pneumonia.")
    part.ui.removeButton.click()
    assert ("remove", "s4") in part.room.report.calls
    put_cursor(part, "No pleural")
    write(part, " or pericardial")
    part.ui.saveButton.click()
    assert part.room.report.last()[0] == "set_text", "nothing was chosen, but what was typed is in"
    fake_host.path = str(tmp_path / "report")
    part.ui.saveButton.click()
    assert part.room.report.last() == ("save", tmp_path / "report.html")
    fake_host.path = str(tmp_path / "report.txt")
    part.ui.saveButton.click()
    assert part.room.report.last() == ("save", tmp_path / "report.txt")


def test_leaving_the_field_sends_what_was_typed(part: Any) -> None:
    put_cursor(part, "left-sided")
    write(part, " lobar")
    part.ui.saveButton.setFocus()
    assert part.room.report.calls == [("set_text", "s1", "There is a left-sided lobar pneumonia.")]


def test_a_shortcut_finds_everything_sent(part: Any) -> None:
    import qt

    seen: list[int] = []
    action = qt.QAction("probe", part.widget)
    action.setShortcut(qt.QKeySequence("Ctrl+PgDown"))
    action.connect("triggered()", lambda: seen.append(len(part.room.report.calls)))
    part.widget.addAction(action)
    put_cursor(part, "left-sided")
    write(part, " lobar")
    qt.QTest.keyClick(part.editor, qt.Qt.Key_PageDown, qt.Qt.ControlModifier)
    assert seen == [1]


def remark(severity: str, fix: Any = None) -> Any:
    from MedMMSlicerLib.reporting.checks import Remark

    return Remark("laterality", severity, "s2", 3, 10, f"Something of severity {severity}.", fix)


def windows() -> list[Any]:
    import qt

    found = qt.QApplication.topLevelWidgets()
    return [item for item in found if item.inherits("QDialog") and item.isVisible()]


def close_windows() -> None:
    for window in windows():
        window.close()


def what_happened(part: Any, fake_host: Any) -> tuple[Any, ...]:
    report, room = part.room.report, part.room
    calls = (fake_host, room.findings, report.workflow, report.review)
    cursor = part.editor.textCursor().selectedText()
    asked = [len(item.calls) for item in calls]
    return report.state, len(room.told), part.editor.plainText, asked, len(windows()), cursor


def test_without_a_report_one_can_be_started(part: Any) -> None:
    part.room.report.state = None
    part.room.listeners.emit("report")
    assert not part.editor.isVisible() and part.ui.startButton.isVisible()
    part.save()
    part.add_sentence()
    assert [severity for severity, _text in part.room.told] == ["info", "info"]
    part.ui.startButton.click()
    assert lines(part) == LINES
    part.room.cases.current_id = ""
    part.room.listeners.emit("case")
    assert part.ui.emptyLabel.text == "Open images first." and not part.ui.startButton.isVisible()


def test_every_action_is_safe_and_tells(part: Any, fake_host: Any) -> None:
    from MedMMSlicerLib.widgets.hotkeys import conflicts

    assert not conflicts(part.actions())
    from MedMMSlicerLib.reading import report_state as states

    for action in part.actions():
        part.room.report._store(states.first_state(REPORT))
        part.room.report.set_text("s3", "The heart is large.")
        if action.id == "report.redo":
            part.undo()
        put_cursor(part, "No pleural")
        part.room.report.review.remarks = (remark("warning"),)
        part.checks.refresh()
        before = what_happened(part, fake_host)
        action.run()
        assert what_happened(part, fake_host) != before, action.id
        close_windows()
        part.flush()


def test_a_long_report_stays_quick(part: Any) -> None:
    from MedMMSlicerLib.core import ReportSection, ReportSentence
    from MedMMSlicerLib.reading import report_state as states

    sections = tuple(
        ReportSection(
            f"x{number}",
            f"Section {number}",
            tuple(
                ReportSentence(f"x{number}-{n}", f"Sentence {n} of this section. " * 2, "model")
                for n in range(6)
            ),
        )
        for number in range(8)
    )
    part.room.report._store(states.first_state(dataclasses.replace(REPORT, sections=sections)))
    part.refresh()
    put_cursor(part, "Sentence 3")
    write(part, "x")
    started = time.process_time()
    part.flush()
    assert time.process_time() - started < 0.1
