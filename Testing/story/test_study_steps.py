"""Steps of reader studies: ratings locked before AI, the next case at once, pauses, clocks, protocols."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from .conftest import MakeReader
from .hands import Hands, settle
from .study_world import AI_WORD, ARMS, CASES, StudyWorld

pytestmark = [pytest.mark.panel, pytest.mark.slow]

MOST_S = 1.0
"""From the press of *Next case* to its drawn images."""


def use_clock(monkeypatch: pytest.MonkeyPatch, world: StudyWorld) -> None:
    monkeypatch.setattr("MedMMSlicerLib.study.desk.SystemClock", lambda: world.clock)


def first_read(hands: Hands, world: StudyWorld) -> Any:
    """Open the first reader's package, and start."""
    hands.reader.panel.study.open(world.packages()["r1"])
    hands.rest()
    hands.click(hands.reader.panel.study.ui.startButton)
    hands.rest()
    assert hands.reader.room.study.reading.screen is not None, hands.reader.room.message
    return hands.reader.room.study.reading


def test_ratings_are_locked_before_ai_is_shown(
    make_reader: MakeReader, study_cases: Path, said: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arms = [{"id": ARMS[1], "mode": "sequential", "before": "test-before"}]
    rounds: list[Any] = []
    world = StudyWorld(tmp_path, study_cases, arms=arms, rounds=rounds)
    use_clock(monkeypatch, world)
    hands = make_reader()
    reading, ui = first_read(hands, world), hands.reader.panel.study.ui
    assert reading.asks_lock and not reading.has_ai and ui.lockButton.isVisible()
    assert not ui.submitButton.isVisible() and not ui.lockButton.enabled
    part = hands.reader.panel.study
    part.form.ratings["nodule"].spin.setValue(30)
    part.form.fields[("bone", "grade")].widget.setCurrentIndex(1)
    ui.reportEdit.setPlainText("Mine.")
    hands.wait(lambda: ui.lockButton.enabled, what="the button")
    hands.click(ui.lockButton)
    hands.rest()
    assert reading.has_ai and ui.submitButton.isVisible() and not ui.lockButton.isVisible()
    assert [row.name for row in hands.reader.room.findings.rows()] == [AI_WORD]
    assert hands.reader.panel.findings.widget.isVisible() and ui.draftButton.isVisible()
    assert reading.screen.locked.ratings == {"nodule": 30}
    hands.click(ui.draftButton)
    assert "Mine." in ui.reportEdit.plainText and reading.suggestion in ui.reportEdit.plainText
    number = hands.reader.panel.study.form.ratings["nodule"]
    number.spin.setValue(80)
    hands.reader.panel.study.flush()
    hands.rest()
    hands.click(ui.submitButton)
    assert hands.reader.room.study.worklist[0].state == "submitted", hands.reader.room.message
    assert not hands.reader.room.cases.entries() and not reading.suggestion


def test_a_pause_takes_the_images_away_and_a_clock_that_was_set_back_asks_why(
    make_reader: MakeReader, study_world: StudyWorld, said: Any
) -> None:
    hands, world = make_reader(), study_world
    reading, ui = first_read(hands, world), hands.reader.panel.study.ui
    hands.reader.panel.study.form.ratings["nodule"].spin.setValue(55)
    hands.click(ui.pauseButton)
    hands.rest()
    assert not hands.reader.room.cases.entries() and "Paused" in ui.hintLabel.text
    assert not ui.formHolder.isVisible() and ui.startButton.text == "Continue"
    world.clock.advance(600)
    hands.click(ui.startButton)
    hands.rest()
    assert hands.reader.room.cases.entries()
    assert hands.reader.panel.study.form.ratings["nodule"].value == 55
    hands.reader.room.study.close()
    world.clock.set_back(days=2)
    said["text"] = "The battery was changed."
    hands.reader.panel.study.open(world.folder / "out" / "r1")
    hands.reader.panel.study.start()
    hands.rest()
    assert reading.screen is not None, hands.reader.room.message


def test_the_next_case_is_there_at_once(
    make_reader: MakeReader, said: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = StudyWorld.of_images(tmp_path, (48, 256, 256), 4)
    use_clock(monkeypatch, world)
    hands = make_reader()
    first_read(hands, world)
    study, seconds = hands.reader.room.study, []
    for _ in range(3):
        hands.wait(lambda: study.is_next_ready, 60, "the images of the next case")
        study.reading.answer(ratings={"nodule": 1})
        study.reading.submit()
        hands.rest()
        started_s = time.perf_counter()
        hands.click(hands.reader.panel.study.ui.startButton)
        hands.reader.draw_now()
        seconds.append(time.perf_counter() - started_s)
        assert study.reading.screen is not None
        settle()
    assert min(seconds) < MOST_S, seconds


def test_a_protocol_is_written_in_the_form(
    make_reader: MakeReader, study_cases: Path, said: Any, tmp_path: Path
) -> None:
    from MedMMSlicerLib.study.protocol_file import read_protocol

    hands = make_reader()
    part = hands.reader.panel.study
    part.new_protocol()
    window = part.protocol
    assert window is not None and window.dialog.isVisible()
    assert not window.ui.saveButton.enabled and "$.title" in window.ui.titleError.text
    hands.click(window.ui.titleEdit)
    hands.type(window.ui.titleEdit, "Written by hand")
    said["files"] = (str(study_cases / "cases"),)
    window.add_folder()
    window.tables["readers"].add({"id": "r1"})
    window.tables["targets"].add({"id": "mass", "name": "Mass", "scale": "0-100", "marks": False})
    window.check()
    assert window.ui.titleError.text == "" and window.ui.saveButton.enabled, window.ui.saveButton.toolTip
    said["save"] = str(tmp_path / "protocol.yaml")
    window.save()
    protocol = read_protocol(tmp_path / "protocol.yaml")
    assert protocol.title == "Written by hand" and [case.id for case in protocol.cases] == list(CASES)
    assert all(case.ai and not Path(case.images[0]).is_absolute() for case in protocol.cases)
    changed = yaml.safe_load((tmp_path / "protocol.yaml").read_text(encoding="utf-8"))
    changed["design"]["washout_days"] = 0
    (tmp_path / "wrong.yaml").write_text(yaml.safe_dump(changed), encoding="utf-8")
    window.load(tmp_path / "wrong.yaml")
    assert "$.design.washout_days" in window.ui.washoutError.text and not window.ui.saveButton.enabled
    window.dialog.hide()
