"""Analyze: the button and its reason, acceptance, progress, cancel, undo, the place that is read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.panel


@pytest.fixture
def part(fake_room: Any, host: Any, show: Callable[..., Any]) -> Any:
    from MedMMSlicerLib.widgets.analyze_part import AnalyzePart

    made = AnalyzePart(fake_room, host)
    fake_room.models.accept("chest-xr")
    for topic in made.topics:
        fake_room.listeners.subscribe(topic, made.refresh)
    show(made.widget)
    made.refresh()
    yield made
    made.cleanup()


def running(**fields: Any) -> Any:
    from MedMMSlicerLib.reading.rows import RunState

    return RunState(**{"busy": True, "kind": "analyze", "stage": "network", "fraction": 0.5, **fields})


def test_one_button_starts_a_run(part: Any, fake_room: Any) -> None:
    assert part.ui.analyzeButton.enabled and not part.ui.cancelButton.enabled
    assert not part.ui.progressBar.visible
    part.ui.analyzeButton.click()
    assert fake_room.asked("start") == [("auto",)]
    assert not part.ui.analyzeButton.enabled and part.ui.cancelButton.enabled
    assert part.ui.progressBar.visible and part.ui.progressBar.value == 420
    assert part.ui.stageLabel.text == "Computing · 3.1 s"
    assert not part.ui.deviceCombo.enabled


def test_a_disabled_button_says_why(part: Any, fake_room: Any) -> None:
    fake_room.run.startable = (False, "No case is open. Open images first.")
    part.refresh()
    assert not part.ui.analyzeButton.enabled
    assert part.ui.analyzeButton.toolTip == part.ui.stageLabel.text == "No case is open. Open images first."
    part.analyze()
    assert fake_room.message.text == "No case is open. Open images first." and not fake_room.asked("start")


def test_the_model_is_accepted_first(part: Any, fake_room: Any) -> None:
    fake_room.models.entries = tuple(
        entry if entry.id != "chest-xr" else type(entry)(**{**entry.__dict__, "accepted": False})
        for entry in fake_room.models.entries
    )
    fake_room.run.startable = (False, "Read its card first.")
    part.refresh()
    asked: list[Any] = []
    part.ask_acceptance = asked.append
    assert part.ui.analyzeButton.enabled, "it asks for the acceptance"
    part.ui.analyzeButton.click()
    assert len(asked) == 1 and not fake_room.asked("start")
    fake_room.models.accept("chest-xr")
    fake_room.run.startable = (True, "")
    asked[0]()
    assert fake_room.asked("start") == [("auto",)]


def test_progress_moves_without_a_refresh(part: Any, fake_room: Any) -> None:
    fake_room.run.show(running())
    fake_room.run.state = running(stage="occlusion", fraction=0.75, elapsed_s=12.34)
    part.show_progress()
    assert part.ui.progressBar.value == 750
    assert part.ui.stageLabel.text == "Looking for the evidence · 12.3 s"
    fake_room.run.state = running(kind="what-if", stage="something new")
    part.show_progress()
    assert part.ui.stageLabel.text == "Updating: something new · 0.0 s"


def test_cancel_and_undo(part: Any, fake_room: Any) -> None:
    fake_room.run.show(running())
    part.ui.cancelButton.click()
    assert fake_room.asked("cancel") == [()]
    part.cancel()
    assert fake_room.message.text == "Nothing is running."
    part.ui.undoButton.click()
    assert fake_room.asked("undo") == [()]
    fake_room.run.can_undo = False
    part.refresh()
    assert not part.ui.undoButton.enabled
    part.undo()
    assert fake_room.message.text == "There is no AI step to undo."


def test_the_device_is_chosen_and_a_refusal_is_told(part: Any, fake_room: Any) -> None:
    combo = part.ui.deviceCombo
    assert [combo.itemData(index) for index in range(combo.count)] == ["auto", "cpu", "cuda"]
    part.device = "cuda"
    part.refresh()
    assert part.device == "cuda" and combo.currentText == "graphics card (CUDA)"
    part.ui.analyzeButton.click()
    assert fake_room.message.severity == "error" and "no CUDA device" in fake_room.message.text
    part.device = "unknown"
    assert part.device == "auto"


def test_a_model_that_reads_around_a_point_asks_where(part: Any, fake_room: Any) -> None:
    assert not part.ui.placeRow.visible
    part.read_at_crosshair()
    assert fake_room.message.text == "The selected model reads the whole image."
    fake_room.models.region = "roi"
    part.refresh()
    assert part.ui.placeRow.visible and "middle of the image" in part.ui.placeLabel.text
    assert not part.ui.middleButton.enabled
    fake_room.run.needs_point = True
    part.refresh()
    assert "set the point" in part.ui.placeLabel.text
    part.ui.placeButton.click()
    assert "Hold Shift" in fake_room.message.text
    fake_room.run.suggested = (1.0, -2.5, 3.0)
    part.ui.placeButton.click()
    assert fake_room.asked("set_point") == [((1.0, -2.5, 3.0),)]
    part.refresh()
    assert part.ui.placeLabel.text == "This model reads around: 1, -2, 3 (mm, RAS)"
    part.ui.middleButton.click()
    assert fake_room.asked("set_point")[1] == (None,)
