"""What goes wrong during a reading: one clear message, nothing lost, and the next run works."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from MedMMSlicerLib.errors import DiskFullError, InputError
from MedMMSlicerLib.reading.room import ReadingRoom

from .conftest import MakeWorker, finish, settle

pytestmark = pytest.mark.mrml

Prepare = Callable[..., ReadingRoom]


@pytest.fixture
def prepared(make_room: Callable[..., ReadingRoom], make_worker: MakeWorker, phantom_file: Path) -> Prepare:
    """A function that makes a room with one analysis of the phantom done; every further run takes longer."""

    def prepare(pause_s: float = 0.4) -> ReadingRoom:
        room = make_room(worker=make_worker(pause_s))
        room.cases.open_paths([phantom_file])
        room.models.accept("threshold-test")
        room.run.start("cpu")
        settle(room)
        return room

    return prepare


def state_of(room: ReadingRoom) -> Any:
    """What a reader would miss."""
    return (
        [(row.segment_id, row.volume_text) for row in room.segments.rows()],
        [(row.id, row.status) for row in room.findings.rows()],
        room.report.report,
        room.context.facts,
    )


def run_works(room: ReadingRoom) -> None:
    room.dismiss()
    room.run.start("cpu")
    settle(room)


def messages(room: ReadingRoom) -> list[str]:
    """Texts that are told from now on."""
    told: list[str] = []
    room.listeners.subscribe("message", lambda: told.append(room.message.text) if room.message else None)
    return told


def test_the_worker_is_killed(prepared: Prepare) -> None:
    room = prepared()
    before, told = state_of(room), messages(room)
    room.run.start("cpu")
    assert room.given_worker is not None and room.given_worker.pid is not None
    os.kill(room.given_worker.pid, signal.SIGKILL)
    finish(room)
    assert len(told) == 1 and "worker process ended unexpectedly" in told[0]
    assert room.message is not None and room.message.severity == "error"
    assert state_of(room) == before and room.record is not None and room.record.runs[-1].outcome == "failed"
    run_works(room)


def test_the_worker_is_killed_while_nothing_goes_on(prepared: Prepare) -> None:
    room = prepared()
    told = messages(room)
    assert room.given_worker is not None and room.given_worker.pid is not None
    os.kill(room.given_worker.pid, signal.SIGKILL)
    while room.given_worker.is_running:
        time.sleep(0.01)
    room.run.poll()
    assert told == [], "it costs nothing, so nothing is said"
    run_works(room)


def test_the_bundle_is_deleted_during_the_run(prepared: Prepare, threshold_bundle: Path) -> None:
    room = prepared()
    before, told = state_of(room), messages(room)
    away = threshold_bundle.parent.parent / "away"
    room.run.start("cpu")
    shutil.move(threshold_bundle, away)
    finish(room)
    assert len(told) == 1 and str(threshold_bundle) in told[0]
    room.models.select("")
    assert not room.run.can_start()[0]
    shutil.move(away, threshold_bundle)
    assert state_of(room) == before
    run_works(room)


def test_the_scene_is_closed_during_the_run(prepared: Prepare, host: Any, phantom_file: Path) -> None:
    room = prepared()
    told = messages(room)
    room.run.start("cpu")
    host.clear()
    assert room.cases.entries() == () and room.cases.current_id == ""
    finish(room)
    assert told == ["The scene was closed, so the run was ended."]
    nodes = [room.scene.GetNthNode(index) for index in range(room.scene.GetNumberOfNodes())]
    assert not any(node.IsA("vtkMRMLSegmentationNode") for node in nodes)
    room.cases.open_paths([phantom_file])
    run_works(room)


def test_the_scene_is_closed_while_results_are_shown(prepared: Prepare, host: Any) -> None:
    room = prepared(0.0)
    room.run.start("cpu")
    while room.run.state.stage != "showing results":
        room.run.poll()
        time.sleep(0.005)
    host.clear()
    room.run.poll()
    assert not room.run.state.busy and room.cases.entries() == () and not room.run.can_undo
    assert room.scene.GetNumberOfNodesByClass("vtkMRMLSegmentationNode") == 0


def test_the_volume_is_removed_during_the_run(prepared: Prepare, phantom_file: Path) -> None:
    room = prepared()
    told = messages(room)
    room.run.start("cpu")
    room.scene.RemoveNode(room.scene.GetNodeByID(room.cases.nodes("volume.current")[0]))
    finish(room)
    assert len(told) == 1 and "image of the run was removed" in told[0]
    assert len(room.segments.rows()) == 2, "the earlier result is kept"
    assert not room.run.can_start()[0]
    room.cases.open_paths([phantom_file])
    run_works(room)


def test_the_case_is_removed_during_the_run(prepared: Prepare, phantom_file: Path) -> None:
    room = prepared()
    room.run.start("cpu")
    room.cases.remove(room.cases.current_id)
    finish(room)
    assert room.cases.entries() == () and room.message is not None
    room.cases.open_paths([phantom_file])
    run_works(room)


def test_the_segmentation_is_removed_during_the_run(prepared: Prepare) -> None:
    room = prepared()
    room.run.start("cpu")
    room.scene.RemoveNode(room.scene.GetNodeByID(room.cases.nodes("segmentation")[0]))
    settle(room)
    assert len(room.segments.rows()) == 2 and len(room.cases.nodes("segmentation")) == 1


def test_the_disk_is_full_when_a_run_starts(prepared: Prepare, monkeypatch: pytest.MonkeyPatch) -> None:
    room = prepared()
    before = state_of(room)

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(np.lib.format, "write_array", full)
        with pytest.raises(DiskFullError, match="no space left"):
            room.run.start("cpu")
    assert not room.run.state.busy and state_of(room) == before
    run_works(room)


def test_a_result_that_can_not_be_shown_is_taken_back(
    prepared: Prepare, monkeypatch: pytest.MonkeyPatch
) -> None:
    from MedMMSlicerLib.scene import tables

    room = prepared()
    before, told = state_of(room), messages(room)

    def fail(*_: object, **__: object) -> str:
        raise InputError("The table is broken. Repair it.")

    with monkeypatch.context() as patch:
        patch.setattr(tables, "add_measurements", fail)
        room.run.start("cpu")
        end = time.monotonic() + 60
        while room.run.state.busy and time.monotonic() < end:
            room.run.poll()
            time.sleep(0.005)
    assert told == ["The table is broken. Repair it."]
    assert state_of(room) == before and not room.run.state.busy
    run_works(room)


def test_a_worker_that_can_not_start(make_room: Callable[..., ReadingRoom], phantom_file: Path) -> None:
    from MedMMSlicerLib.errors import WorkerError
    from MedMMSlicerLib.inference.worker import WorkerClient

    room = make_room(worker=WorkerClient(python="/nowhere/python"))
    room.cases.open_paths([phantom_file])
    room.models.accept("threshold-test")
    with pytest.raises(WorkerError):
        room.run.start("cpu")
    assert not room.run.state.busy and room.run.can_start() == (True, "")
