"""Work leaves a turn of the event loop alone in which something long was done already."""

from __future__ import annotations

from typing import Any

import pytest
from MedMMSlicerLib.widgets.pacing import Pace


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_timer_in_time_may_work(clock: Clock) -> None:
    pace = Pace(clock)
    assert pace.may_work("poll"), "nothing is known yet"
    pace.expect("poll", 0.020)
    clock.now += 0.022
    assert pace.may_work("poll")


def test_a_late_timer_waits_but_not_for_ever(clock: Clock) -> None:
    pace = Pace(clock)
    answers = []
    for _ in range(10):
        pace.expect("poll", 0.020)
        clock.now += 0.060
        answers.append(pace.may_work("poll"))
    assert answers == [False, False, False, False, True] * 2


def test_two_pieces_of_work_do_not_share_a_turn(clock: Clock) -> None:
    pace = Pace(clock)
    pace.expect("refresh", 0)
    assert pace.may_work("poll")
    pace.worked()
    assert not pace.may_work("refresh")
    pace.expect("refresh", 0)
    clock.now += 0.0025
    assert pace.may_work("refresh")


@pytest.mark.panel
def test_results_wait_for_a_turn_in_which_nothing_was_drawn(panel: Any, pump: Any, monkeypatch: Any) -> None:
    """What is drawn in the turn after a poll is seen by a timer that is due before the next poll."""
    clock = Clock()
    monkeypatch.setattr(panel, "_pace", Pace(clock))
    polls: list[float] = []
    monkeypatch.setattr(panel, "_poll", lambda: polls.append(clock.now))
    panel._poll_due()
    clock.now += 0.022
    panel._turn_passed()
    panel._poll_due()
    assert polls == [100.0], "the drawing took the turn, although the poll itself is in time"
    clock.now += 0.020
    panel._poll_due()
    assert len(polls) == 2
    panel._turn_timer.stop()


@pytest.mark.panel
def test_refreshes_that_have_to_wait_are_not_lost(panel: Any, pump: Any, monkeypatch: Any) -> None:
    answers = iter([False, False])
    monkeypatch.setattr(panel._pace, "may_work", lambda _name: next(answers, True))
    refreshed: list[str] = []
    monkeypatch.setattr(panel.context, "refresh", lambda: refreshed.append("context"))
    panel.room.listeners.emit("context")
    assert pump(lambda: bool(refreshed), 10) and refreshed == ["context"]
    assert next(answers, None) is None
