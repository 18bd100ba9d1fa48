"""Every control of reader studies does something: pressed one after the other, in a read and in a rating."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from .conftest import MakeReader
from .hands import Hands
from .study_world import ARMS, StudyWorld, write_cases
from .test_study_story import answer, choose, mark, number, open_study, start

pytestmark = [pytest.mark.panel, pytest.mark.slow]


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, Any]:
    """What the dialogs answer; keys of this machine lie in the test's folder."""
    from MedMMSlicerHost.reader.host import DesktopHost

    given: dict[str, Any] = {"files": (), "save": "", "text": None}
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setattr(DesktopHost, "choose_files", lambda *_arguments: given["files"])
    monkeypatch.setattr(DesktopHost, "ask_save", lambda *_arguments: given["save"])
    monkeypatch.setattr(DesktopHost, "ask_text", lambda *_arguments: given["text"])
    return given


@pytest.fixture
def world(
    environment: Any, answers: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> StudyWorld:
    """A study whose ratings are locked before AI is shown."""
    write_cases(tmp_path / "cases")
    arms = [{"id": ARMS[1], "mode": "sequential", "before": ARMS[0]}]
    rounds = [
        {"id": "quality", "kind": "likert", "evaluators": ["e1"], "sources": [ARMS[1]], "scales": ["clarity"]}
    ]
    targets = [
        {"id": name, "name": name.capitalize(), "scale": "0-100", "marks": True}
        for name in ("nodule", "mass")
    ]
    folder = tmp_path / "study"
    folder.mkdir()
    made = StudyWorld(
        folder, tmp_path / "cases", arms=arms, rounds=rounds, targets=targets, design={"kind": "crossover"}
    )
    monkeypatch.setattr("MedMMSlicerLib.study.desk.SystemClock", lambda: made.clock)
    return made


def test_a_read(make_reader: MakeReader, world: StudyWorld, answers: dict[str, Any], tmp_path: Path) -> None:
    hands = make_reader()
    part, study = hands.reader.panel.study, hands.reader.room.study
    for action in ("study.lock", "study.submit", "study.pause", "study.start", "study.export", "study.close"):
        hands.reader.room.dismiss()
        choose(hands, action)
        assert hands.reader.room.message is not None, f"{action} says nothing without a study"
    open_study(hands, world, answers, world.packages()["r1"], "r1")
    section(hands)
    start(hands, world)
    answer_all(hands, world, "Seen.")
    lesion(hands, world)
    hands.click(part.ui.pauseButton)
    hands.rest()
    assert study.reading.is_paused
    choose(hands, "study.start")
    assert not study.reading.is_paused
    choose(hands, "study.pause")
    assert study.reading.is_paused
    start(hands, world)
    assert study.reading.asks_lock and part.ui.lockButton.isVisible()
    hands.click(part.ui.lockButton)
    hands.rest()
    assert study.reading.has_ai and not study.reading.asks_lock
    before = part.ui.reportEdit.plainText
    hands.click(part.ui.draftButton)
    assert part.ui.reportEdit.plainText != before
    hands.rest()
    choose(hands, "study.submit")
    assert sum(item.state == "submitted" for item in study.worklist) == 1, hands.reader.room.message
    start(hands, world)
    answer_all(hands, world, "Seen again.")
    choose(hands, "study.lock")
    assert study.reading.has_ai
    answers["save"] = str(tmp_path / "r1.zip")
    choose(hands, "study.export")
    assert (tmp_path / "r1.zip").is_file()
    choose(hands, "study.close")
    assert not study.is_open
    world.collect((tmp_path / "r1.zip",))
    rating(hands, world, answers, world.round_packages("quality")[0])


def answer_all(hands: Hands, world: StudyWorld, text: str) -> None:
    number(hands, hands.reader.panel.study.form.ratings["mass"].spin, 55)
    answer(hands, world, 30, text)


def rating(hands: Hands, world: StudyWorld, answers: dict[str, Any], package: Path) -> None:
    """Close the window of a rating, and open it again."""
    part = hands.reader.panel.study
    open_study(hands, world, answers, package, "e1")
    start(hands, world)
    part.rating.dialog.close()
    hands.rest()
    hands.click(part.ui.windowButton)
    assert part.rating.dialog.isVisible()


def section(hands: Hands) -> None:
    """Fold the section, and go to it."""
    part = hands.reader.panel.study
    hands.click(part.ui.section, (30, 8))
    assert part.ui.section.collapsed
    hands.press(hands.reader.widget, "Alt+7")
    assert not part.ui.section.collapsed


def slicer_lists(scene: Any) -> list[Any]:
    count = scene.GetNumberOfNodesByClass("vtkMRMLMarkupsFiducialNode")
    return [scene.GetNthNodeByClass(index, "vtkMRMLMarkupsFiducialNode") for index in range(count)]


def lesion(hands: Hands, world: StudyWorld) -> None:
    """Mark a lesion by button and by key, and take the marks away by button and menu."""
    part, marks = hands.reader.panel.study, hands.reader.room.study.reading.marks
    hands.choose(part.ui.markTargetCombo, "Mass")
    assert part.ui.markTargetCombo.currentData == "mass"
    hands.choose(part.ui.markTargetCombo, "Nodule")
    mark(hands, world, 70)
    hands.click(part.ui.removeMarkButton)
    hands.rest()
    assert marks.rows == ()
    choose(hands, "study.mark")
    assert marks.placing
    choose(hands, "study.mark")
    assert not marks.placing
    mark(hands, world, 60)
    scene = hands.reader.room.scene
    (node,) = (item for item in slicer_lists(scene) if item.GetName() == "Marks")
    # What was recorded is what is seen: it can not be dragged; and later points go elsewhere.
    assert node.GetNthControlPointLocked(0)
    selection = scene.GetNodeByID("vtkMRMLSelectionNodeSingleton")
    assert selection.GetActivePlaceNodeID() != node.GetID()
    choose(hands, "study.unmark")
    assert marks.rows == ()


def test_windows_and_folders(
    make_reader: MakeReader, world: StudyWorld, answers: dict[str, Any], tmp_path: Path
) -> None:
    hands = make_reader()
    part, room = hands.reader.panel.study, hands.reader.room
    choose(hands, "study.protocol")
    assert part.protocol is not None and part.protocol.dialog.isVisible()
    hands.click(part.protocol.ui.closeButton)
    answers["files"] = (str(tmp_path / "cases" / "study.yaml"),)
    choose(hands, "study.edit")
    assert part.protocol.dialog.isVisible()
    hands.click(part.protocol.ui.closeButton)
    answers["files"] = (str(tmp_path / "cases"),)
    room.dismiss()
    choose(hands, "study.open")
    assert room.message is not None and not room.study.is_open
