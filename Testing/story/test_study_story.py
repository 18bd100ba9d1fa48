"""A whole reader study by clicks: two readers, six cases, washout, ratings, preference, results, analysis."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from .conftest import MakeReader
from .hands import Hands, settle
from .study_world import StudyWorld

pytestmark = [pytest.mark.panel, pytest.mark.slow]


def choose(hands: Hands, action_id: str) -> None:
    """Choose an entry of the study menu."""
    import qt

    bar, menu = hands.reader.widget.menuBar(), hands.reader.table.menus["study"]
    hands.come_back()
    qt.QTest.mouseClick(
        bar, qt.Qt.LeftButton, qt.Qt.NoModifier, bar.actionGeometry(menu.menuAction()).center()
    )
    settle()
    hands.click_entry(menu, hands.reader.panel.hotkeys.qaction(action_id))
    hands.rest()


def open_study(hands: Hands, world: StudyWorld, answers: dict[str, Any], package: Path, person: str) -> None:
    """Open a package, and tell the study team the key that the panel shows."""
    answers["files"] = (str(package),)
    choose(hands, "study.package")
    study = hands.reader.room.study
    assert study.is_open, hands.reader.room.message
    assert study.fingerprint in hands.reader.panel.study.ui.hintLabel.text
    if not world.study.state.keys.get(person):
        world.study.enroll(person, study.fingerprint)


def number(hands: Hands, spin: Any, value: int) -> None:
    """Type a number."""
    hands.reach(spin)
    assert spin.isVisible() and spin.isEnabled()
    spin.setFocus()
    spin.selectAll()
    hands.type(spin, str(value))
    hands.press(spin, "Return")
    assert spin.value == value


def start(hands: Hands, world: StudyWorld) -> None:
    hands.click(hands.reader.panel.study.ui.startButton)
    hands.rest()
    assert hands.reader.room.study.reading.screen is not None, hands.reader.room.message
    world.clock.advance(20)


def mark(hands: Hands, world: StudyWorld, rating: int) -> None:
    """Mark a lesion in the axial view, and rate it."""
    part = hands.reader.panel.study
    hands.click(part.ui.markButton)
    view = hands.reader.views["Red"]
    width, height = view.widget.logical_size
    hands.stroke(view, [(width * 0.4, height * 0.6)])
    hands.rest()
    assert len(hands.reader.room.study.reading.marks.rows) == 1
    assert not part.ui.submitButton.enabled and "mark" in part.ui.submitButton.toolTip
    number(hands, part.marks.scale.spin, rating)
    world.clock.advance(5)


def answer(hands: Hands, world: StudyWorld, rating: int, text: str) -> None:
    part = hands.reader.panel.study
    field = part.form.ratings["nodule"]
    if rating % 10:
        number(hands, field.spin, rating)
    else:
        hands.slide(field.slider, rating)
    hands.choose(part.form.fields[("bone", "grade")].widget, "2")
    hands.click(part.ui.reportEdit.viewport())
    hands.type(part.ui.reportEdit, text)
    hands.wait(lambda: "✓" in part.ui.savedLabel.text, what="that it is saved")
    world.clock.advance(30)


def submit(hands: Hands) -> None:
    done = submitted(hands)
    hands.click(hands.reader.panel.study.ui.submitButton)
    hands.rest()
    assert submitted(hands) == done + 1, hands.reader.room.message


def submitted(hands: Hands) -> int:
    return sum(item.state == "submitted" for item in hands.reader.room.study.worklist)


def read_period(hands: Hands, world: StudyWorld, reader: int, period: int) -> int:
    """Read six cases; returns how many were read with AI."""
    room, assisted = hands.reader.room, 0
    for turn in range(6):
        start(hands, world)
        shows_ai = room.study.reading.has_ai
        assisted += shows_ai
        hands.reader.views["Red"].scroll(2)
        if shows_ai:
            hands.click_cell(hands.reader.panel.findings.ui.findingsTable, 0, 0)
            hands.click(hands.reader.panel.findings.ui.acceptButton)
            hands.rest()
        answer(hands, world, 10 * turn + reader + period, f"Reader {reader}.")
        if turn == 0:
            mark(hands, world, 70)
        submit(hands)
    return assisted


def read_everything(
    hands: Hands, world: StudyWorld, answers: dict[str, Any], package: Path, reader: int
) -> Path:
    open_study(hands, world, answers, package, f"r{reader}")
    part = hands.reader.panel.study
    assert read_period(hands, world, reader, 0) == 3
    assert not part.ui.startButton.enabled and "washout" in part.ui.startButton.toolTip
    world.clock.advance(days=13)
    part.refresh()
    assert not part.ui.startButton.enabled
    world.clock.advance(days=1.1)
    part.refresh()
    assert read_period(hands, world, reader, 1) == 3
    return finish(hands, world, answers, package)


def finish(hands: Hands, world: StudyWorld, answers: dict[str, Any], package: Path) -> Path:
    """Export the results, and close the study."""
    results = world.folder / f"{package.name.split('.')[0]}.results.zip"
    answers["save"] = str(results)
    choose(hands, "study.export")
    assert results.is_file(), hands.reader.room.message
    choose(hands, "study.close")
    assert not hands.reader.room.study.is_open and not hands.reader.room.cases.entries()
    return results


def rate_everything(hands: Hands, world: StudyWorld, answers: dict[str, Any], package: Path) -> Path:
    open_study(hands, world, answers, package, "e1")
    room, window = hands.reader.room, hands.reader.panel.study.rating
    while room.study.next_item is not None:
        start(hands, world)
        assert window.dialog.isVisible() and not window.ui.submitButton.enabled
        assert window.ui.leftEdit.plainText
        for field in window.fields.values():
            values = list(field._buttons)
            hands.click(field._buttons[values[submitted(hands) % len(values)]])
        world.clock.advance(15)
        done = submitted(hands)
        hands.wait(lambda: window.ui.submitButton.enabled, what="the button")
        hands.click(window.ui.submitButton)
        hands.rest()
        assert submitted(hands) == done + 1, room.message
        assert not window.dialog.isVisible() and window.ui.leftEdit.plainText == ""
    return finish(hands, world, answers, package)


def test_a_whole_study(make_reader: MakeReader, study_world: StudyWorld, said: dict[str, Any]) -> None:
    hands, world, answers = make_reader(), study_world, said
    packages = world.packages()
    results = [read_everything(hands, world, answers, packages[f"r{reader}"], reader) for reader in (1, 2)]
    world.collect(tuple(results))
    for round_id in ("quality", "better"):
        for package in world.round_packages(round_id):
            results.append(rate_everything(hands, world, answers, package))
    found = world.collect(tuple(results))
    assert len(found.reads) == 24 and not found.missing
    assert len(found.quality) == 12 and len(found.preferences) == 12
    assisted = [item for item in found.reads if item.test == "arm-assisted"]
    assert len(assisted) == 12 and all(item.events.get("finding_accepted") == 1 for item in assisted)
    assert all(item.events.get("scroll", 0) >= 1 and item.times.active_s >= 50 for item in found.reads)
    assert all("finding_accepted" not in item.events for item in found.reads if item not in assisted)
    assert sum(len(item.marks) for item in found.reads) == 4
    analyze(world)


def analyze(world: StudyWorld) -> None:
    """The page of the analysis exists and names both arms."""
    from MedMMSlicerLib.cli.app import app
    from typer.testing import CliRunner

    out = world.folder / "analysis"
    outcome = CliRunner().invoke(app, ["study", "analyze", str(world.folder / "study"), "--out", str(out)])
    assert outcome.exit_code == 0, (outcome.output, outcome.exception)
    assert json.loads((out / "results.json").read_text(encoding="utf-8"))
    (page,) = out.glob("*.html")
    assert "arm-assisted" in page.read_text(encoding="utf-8")
