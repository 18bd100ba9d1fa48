"""Reading: worklist, time, locks, drafts, pauses, crashes, washout and the clock, on real packages."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from MedMMSlicerLib.errors import BlindedError, ClockError, InputError, StudyError
from MedMMSlicerLib.study.answers import Answers, LesionMark, QualityScore
from MedMMSlicerLib.study.clock import ManualClock
from MedMMSlicerLib.study.desk import ReaderDesk
from MedMMSlicerLib.study.signing import KeyStore
from MedMMSlicerLib.study.timing import ReadTimes
from MedMMSlicerLib.study.views import AssistedScreen, UnaidedScreen

Opened = Callable[..., Any]
GOOD = Answers({"nodule": 70}, (LesionMark("nodule", 60, (1.0, 2.0, 3.0)),), report="Nodule.")


@pytest.fixture
def folder(opened: Opened) -> Path:
    return opened()[1]["r1"]


@pytest.fixture
def desk(folder: Path, clock: ManualClock, reader_keys: KeyStore) -> Any:
    with ReaderDesk(folder, clock, reader_keys) as desk:
        yield desk


def start(desk: ReaderDesk) -> Any:
    item = desk.next_item()
    assert item is not None
    task = desk.start(item.code)
    task.shown()
    return task


def test_the_worklist_is_worked_in_its_order(desk: ReaderDesk) -> None:
    items = desk.worklist()
    assert [item.number for item in items] == list(range(1, 13))
    assert [item.is_available for item in items] == [True] + [False] * 11
    with pytest.raises(StudyError, match="comes after number 1"):
        desk.start(items[1].code)
    task = start(desk)
    assert desk.open_code == task.code
    with pytest.raises(StudyError, match="Number 1 is open"):
        desk.start(items[1].code)
    task.submit(GOOD)
    assert desk.worklist()[0].state == "submitted"
    assert desk.next_item() == desk.worklist()[1]
    with pytest.raises(StudyError, match="submitted"):
        desk.start(items[0].code)


def test_images_can_be_fetched_ahead_without_a_trace(desk: ReaderDesk, folder: Path) -> None:
    for item in desk.worklist():
        (path,) = desk.images(item.code)
        assert path.is_file() and folder in path.parents
    assert all(item.state == "waiting" for item in desk.worklist())


def test_time_is_split_into_work_idle_pauses_and_interruptions(desk: ReaderDesk, clock: ManualClock) -> None:
    item = desk.next_item()
    assert item is not None
    task = desk.start(item.code)
    clock.advance(500)  # not yet shown: loading does not count
    task.shown()
    clock.advance(20)
    task.touch("scroll")
    clock.advance(40)
    task.touch("window")
    clock.advance(61)  # longer than idle_after_s: idle in full
    task.touch()
    clock.advance(5)
    task.pause("telephone")
    clock.advance(1000)
    task.touch()  # what happens in a pause is not part of the read
    assert task.is_paused
    task.resume()
    clock.advance(7)
    assert task.times() == ReadTimes(72, 61, 1000)
    task.submit(GOOD)
    clock.advance(100)
    assert task.times() == ReadTimes(72, 61, 1000)


def test_nothing_is_taken_while_paused_or_after_the_end(desk: ReaderDesk) -> None:
    task = start(desk)
    task.pause()
    for action in (lambda: task.submit(GOOD), lambda: task.save(GOOD), lambda: task.record("ai_shown")):
        with pytest.raises(StudyError, match="paused"):
            action()
    task.resume()
    task.submit(GOOD)
    for action in (task.pause, task.resume, task.shown, lambda: task.submit(GOOD)):
        with pytest.raises(StudyError, match="submitted"):
            action()


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        (Answers({"nodule": float("nan")}, report="x"), "whole number from 0 to 100"),
        (Answers({"nodule": float("inf")}, report="x"), "whole number"),
        (Answers({"nodule": 101}, report="x"), "whole number"),
        (Answers({"nodule": -1}, report="x"), "whole number"),
        (Answers({"nodule": 5.5}, report="x"), "whole number"),
        (Answers({"nodule": True}, report="x"), "whole number"),
        (Answers({"nodule": "50"}, report="x"), "whole number"),  # type: ignore[dict-item]
        (Answers({"other": 5}, report="x"), "asks nothing"),
        (Answers({}, report="x"), "was not rated"),
        (Answers({"nodule": 5}, report="  "), "report is empty"),
        (Answers({"nodule": 5}, (LesionMark("nodule", 5, None),), report="x"), "no place"),
        (Answers({"nodule": 5}, (LesionMark("nodule", 5, (1, 2, float("nan"))),), report="x"), "no place"),
        (Answers({"nodule": 5}, (LesionMark("nodule", 500, (1, 2, 3)),), report="x"), "whole number"),
        (Answers({"nodule": 5}, forms={"f": {}}, report="x"), "no form"),
        (QualityScore({"accuracy": 3}), "other answers"),
    ],
)
def test_answers_that_are_not_possible_are_refused(desk: ReaderDesk, answers: Any, reason: str) -> None:
    task = start(desk)
    with pytest.raises(StudyError, match=reason):
        task.submit(answers)
    assert not task.is_submitted
    task.submit(GOOD)


def test_a_draft_may_be_incomplete_but_not_wrong(desk: ReaderDesk) -> None:
    task = start(desk)
    task.save(Answers({}))
    with pytest.raises(StudyError):
        task.save(Answers({"nodule": float("nan")}))


def test_structured_scores_are_checked_field_by_field(
    opened: Opened, clock: ManualClock, reader_keys: KeyStore
) -> None:
    fields = [
        {"id": "category", "name": "Category", "kind": "choice", "choices": ["0", "1", "2", "3", "4"]},
        {"id": "size", "name": "Size", "kind": "number", "minimum": 0, "maximum": 200, "unit": "mm"},
        {"id": "count", "name": "Count", "kind": "integer", "required": False},
        {"id": "edema", "name": "Edema", "kind": "boolean"},
        {"id": "remark", "name": "Remark", "kind": "text", "required": False},
    ]
    form = {"id": "bone-rads", "name": "Bone-RADS", "fields": fields}
    folder = opened("forms", forms=[form])[1]["r1"]
    good = {"category": "3", "size": 12.5, "edema": False}
    with ReaderDesk(folder, clock, reader_keys) as desk:
        task = start(desk)
        for wrong in (
            {"category": "5"}, {"category": 3}, {"size": 201}, {"size": float("nan")}, {"size": True},
            {"count": 1.5}, {"edema": 1}, {"edema": "yes"}, {"remark": 4}, {"unknown": 1},
        ):  # fmt: skip
            with pytest.raises(StudyError, match="Bone-RADS"):
                task.submit(Answers({"nodule": 5}, forms={"bone-rads": {**good, **wrong}}, report="x"))
        with pytest.raises(StudyError, match="Size is empty"):
            task.submit(Answers({"nodule": 5}, forms={"bone-rads": {"category": "1"}}, report="x"))
        task.submit(Answers({"nodule": 5}, forms={"bone-rads": good}, report="x"))


@pytest.fixture
def sequential_folder(opened: Opened) -> Path:
    arms = [{"id": "arm-seq", "mode": "sequential", "before": "arm-before"}]
    return opened("sequential", arms=arms, rounds=[], design={"kind": "crossover"})[1]["r1"]


@pytest.fixture
def sequential(sequential_folder: Path, clock: ManualClock, reader_keys: KeyStore) -> Any:
    with ReaderDesk(sequential_folder, clock, reader_keys) as desk:
        yield desk


def test_ratings_are_locked_before_ai_is_revealed(sequential: ReaderDesk, clock: ManualClock) -> None:
    task = start(sequential)
    assert isinstance(task.screen, UnaidedScreen) and task.screen.asks_lock
    with pytest.raises(BlindedError):
        task.reveal()
    with pytest.raises(StudyError, match="locked first"):
        task.submit(GOOD)
    with pytest.raises(StudyError, match="was not rated"):
        task.lock(Answers({}))
    task.lock(Answers({"nodule": 40}))  # the report may come later
    with pytest.raises(StudyError, match="nothing to lock"):
        task.lock(Answers({"nodule": 90}))
    with pytest.raises(StudyError, match="locked first"):
        task.submit(GOOD)  # AI was not seen yet
    screen = task.reveal()
    assert isinstance(screen, AssistedScreen) and screen is task.screen
    assert screen.locked == Answers({"nodule": 40})
    assert b"scores" in screen.ai.files["scores.json"]
    task.submit(GOOD)


def test_a_crash_between_lock_and_reveal_keeps_the_lock(
    sequential_folder: Path, clock: ManualClock, reader_keys: KeyStore
) -> None:
    desk = ReaderDesk(sequential_folder, clock, reader_keys)
    start(desk).lock(Answers({"nodule": 40}))
    desk._log.close()  # the process is gone
    with ReaderDesk(sequential_folder, clock, reader_keys) as desk:
        again = desk.start(desk.open_code)
        again.shown()
        assert again.is_locked and isinstance(again.screen, UnaidedScreen)
        assert again.reveal().locked == Answers({"nodule": 40})


def test_an_unaided_read_has_nothing_to_reveal(desk: ReaderDesk) -> None:
    for _ in range(6):
        task = start(desk)
        if isinstance(task.screen, UnaidedScreen):
            for action in (task.reveal, lambda task=task: task.lock(GOOD)):
                with pytest.raises(StudyError):
                    action()
        task.submit(GOOD)


def test_everything_saved_is_there_after_a_crash(
    folder: Path, clock: ManualClock, reader_keys: KeyStore
) -> None:
    desk = ReaderDesk(folder, clock, reader_keys)
    task = start(desk)
    clock.advance(30)
    task.touch("scroll", 4)
    task.save(GOOD)
    code = task.code
    desk._log.close()  # no close, no pause: as if the process was killed
    clock.advance(3600)
    clock.restart()
    with ReaderDesk(folder, clock, reader_keys) as desk:
        assert desk.open_code == code
        assert "was interrupted" in desk.remarks[0]
        item = desk.next_item()
        assert item is not None and item.code == code
        task = desk.start(code)
        assert task.screen.draft == GOOD
        task.shown()
        clock.advance(10)
        task.submit(task.screen.draft)
        assert task.times() == ReadTimes(40, 0, 3600)


def test_closing_pauses_and_reopening_goes_on(
    folder: Path, clock: ManualClock, reader_keys: KeyStore
) -> None:
    with ReaderDesk(folder, clock, reader_keys) as desk:
        start(desk)
        clock.advance(9)
    clock.advance(days=1)
    with ReaderDesk(folder, clock, reader_keys) as desk:
        assert desk.worklist()[0].state == "paused"
        assert "is paused" in desk.remarks[0]
        task = start(desk)
        clock.advance(1)
        task.submit(GOOD)
        assert task.times() == ReadTimes(10, 0, 86400)


_READER = """
import sys
from pathlib import Path
from MedMMSlicerLib.study.answers import Answers
from MedMMSlicerLib.study.desk import ReaderDesk
from MedMMSlicerLib.study.signing import KeyStore

desk = ReaderDesk.open(Path(sys.argv[1]), keys=KeyStore(Path(sys.argv[2])))
item = desk.next_item()
task = desk.start(item.code)
task.shown()
number = 0
while True:
    for _ in range(7):
        task.touch("scroll")
    number = (number + 1) % 101
    task.save(Answers({"nodule": number}))
    print(number, flush=True)
    task.record("finding_accepted", number=number)
"""


def test_ten_kills_of_a_reading_process_lose_no_saved_draft(
    opened: Opened, reader_keys: KeyStore, tmp_path: Path
) -> None:
    generator = random.Random(5)
    folder = opened()[1]["r1"]
    for number in range(10):
        printed = tmp_path / f"saved-{number}.txt"
        with printed.open("w") as stream:
            command = [sys.executable, "-c", _READER, str(folder), str(reader_keys.folder)]
            process = subprocess.Popen(command, stdout=stream)
        while printed.stat().st_size == 0 and process.poll() is None:
            time.sleep(0.01)
        time.sleep(generator.uniform(0.0, 0.2))
        os.kill(process.pid, signal.SIGKILL)
        assert process.wait(timeout=60) == -signal.SIGKILL
        lines = printed.read_text().splitlines(keepends=True)
        saved = [int(line) for line in lines if line.endswith("\n")]
        with ReaderDesk.open(folder, keys=reader_keys) as desk:
            task = desk.start(desk.open_code)
            # One draft more may have been committed than could be told.
            assert task.screen.draft.ratings["nodule"] in (saved[-1], (saved[-1] + 1) % 101)


def test_the_washout_is_kept_to_the_minute(
    desk: ReaderDesk, clock: ManualClock, read_available: Callable[..., int]
) -> None:
    assert read_available(desk, clock) == 6
    item = desk.worklist()[6]
    assert "14.0 days left" in item.reason
    clock.advance(days=13, seconds=86400 - 60)
    assert desk.next_item() is None
    with pytest.raises(StudyError, match="washout"):
        desk.start(item.code)
    clock.advance(61)
    assert desk.next_item() == desk.worklist()[6]
    assert read_available(desk, clock) == 6
    assert desk.next_item() is None


def test_a_clock_set_forward_does_not_shorten_the_washout(
    desk: ReaderDesk, clock: ManualClock, read_available: Callable[..., int]
) -> None:
    read_available(desk, clock)
    clock.set_forward(days=20)
    assert desk.next_item() is None
    with pytest.raises(StudyError, match="washout"):
        desk.start(desk.worklist()[6].code)
    clock.advance(days=14)
    assert desk.next_item() is not None


def test_a_steady_clock_that_slept_with_its_machine_can_be_vouched_for(
    desk: ReaderDesk, clock: ManualClock, read_available: Callable[..., int]
) -> None:
    read_available(desk, clock)
    clock.set_forward(days=15)  # the machine slept, and its steady clock with it
    with pytest.raises(StudyError, match="washout"):
        desk.start(desk.worklist()[6].code)
    desk.accept_clock("The laptop was asleep.")
    assert desk.next_item() == desk.worklist()[6]
    assert read_available(desk, clock) == 6


def test_a_note_that_can_not_be_written_does_not_undo_what_is_on_the_disk(
    desk: ReaderDesk, reader_keys: KeyStore
) -> None:
    notes = reader_keys.folder / "reading-logs"
    assert not notes.exists()
    notes.write_text("in the way")
    start(desk).submit(GOOD)
    assert desk.worklist()[0].state == "submitted"
    assert "could not be written" in desk.remarks[-1]


def test_a_package_that_the_reader_signed_anew_does_not_open_with_the_log(
    folder: Path, clock: ManualClock, reader_keys: KeyStore
) -> None:
    from MedMMSlicerLib.study.archives import open_archive, write_archive

    ReaderDesk(folder, clock, reader_keys).close()
    info = json.loads((folder / "study.json").read_text(encoding="utf-8"))
    files: dict[str, Path | bytes] = {
        path.relative_to(folder).as_posix(): path
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith(("manifest.", "reading.sqlite"))
    }
    files["study.json"] = json.dumps({**info, "washout_days": 0.0}).encode()
    forged = folder.parent / "forged.zip"
    write_archive(forged, "tasks", {}, files, reader_keys.reader_key())
    with open_archive(forged, "tasks") as archive:
        archive.extract(folder)
    with pytest.raises(StudyError, match="belongs to reader"):
        ReaderDesk(folder, clock, reader_keys)


@pytest.mark.parametrize("restarts", [False, True])
def test_reading_stops_while_the_clock_is_set_back(
    folder: Path, clock: ManualClock, reader_keys: KeyStore, restarts: bool
) -> None:
    with ReaderDesk(folder, clock, reader_keys) as desk:
        start(desk).submit(GOOD)
    clock.advance(days=1)
    with ReaderDesk(folder, clock, reader_keys) as desk:
        start(desk).submit(GOOD)
    clock.set_back(7200)
    if restarts:
        clock.restart()
    with ReaderDesk(folder, clock, reader_keys) as desk:
        item = desk.next_item()
        assert item is not None
        for _ in range(2):
            with pytest.raises(ClockError, match="before the last entry"):
                desk.start(item.code)
        kinds = [event.kind for event in desk._log.events()]
        assert kinds.count("clock_set_back") == 1  # told once, not with each try
        with pytest.raises(StudyError, match="Say why"):
            desk.accept_clock(" ")
        desk.accept_clock("The clock had been wrong before.")
        start(desk).submit(GOOD)
        assert desk._state.clock_events[-1].data["reason"] == "The clock had been wrong before."


def test_a_clock_set_back_during_a_read_costs_nothing_and_is_recorded(
    desk: ReaderDesk, clock: ManualClock
) -> None:
    task = start(desk)
    clock.advance(10)
    clock.set_back(days=3)
    task.touch()
    clock.advance(10)
    task.submit(GOOD)
    assert task.times() == ReadTimes(20, 0, 0)
    assert [round(event.skew_s) for event in desk._state.jumps] == [-3 * 86400]
    with pytest.raises(ClockError):
        start(desk)


def test_a_log_that_was_replaced_by_an_older_copy_is_found(
    folder: Path, clock: ManualClock, reader_keys: KeyStore
) -> None:
    with ReaderDesk(folder, clock, reader_keys) as desk:
        start(desk).submit(GOOD)
    old = (folder / "reading.sqlite").read_bytes()
    with ReaderDesk(folder, clock, reader_keys) as desk:
        start(desk).submit(GOOD)
    (folder / "reading.sqlite").write_bytes(old)
    with pytest.raises(InputError, match="older than what was read"):
        ReaderDesk(folder, clock, reader_keys)


def test_a_machine_with_another_key_can_not_go_on_with_a_log(
    folder: Path, clock: ManualClock, reader_keys: KeyStore, tmp_path: Path
) -> None:
    ReaderDesk(folder, clock, reader_keys).close()
    with pytest.raises(StudyError, match="belongs to reader"):
        ReaderDesk(folder, clock, KeyStore(tmp_path / "other"))


def test_changed_images_are_refused_recorded_and_do_not_stop_the_study(
    desk: ReaderDesk, folder: Path
) -> None:
    item = desk.next_item()
    assert item is not None
    (path,) = desk.images(item.code)
    good = path.read_bytes()
    path.write_bytes(good[:-1] + b"x")
    with pytest.raises(InputError, match="was changed"):
        desk.start(item.code)
    assert desk.worklist()[0].state == "refused"
    following = desk.next_item()
    assert following is not None and following.number == 2
    path.write_bytes(good)
    task = desk.start(item.code)  # the file is right again
    task.shown()
    task.submit(GOOD)
    path.unlink()
    with pytest.raises(InputError, match="missing"):
        desk.images(item.code)


def test_inputs_are_counted_and_written_every_few_seconds(desk: ReaderDesk, clock: ManualClock) -> None:
    task = start(desk)
    before = desk._log.count
    for _ in range(100):
        clock.advance(0.02)
        task.touch("scroll")
    assert desk._log.count == before
    clock.advance(5)
    task.touch("zoom")
    assert desk._log.count == before + 1
    for wrong in ("Scroll", "sub mitted", "submitted", ""):
        with pytest.raises(StudyError):
            task.touch(wrong)
    with pytest.raises(StudyError):
        task.record("clock_accepted")
    task.record("ai_shown", layer="heat map")
    task.submit(GOOD)
    counts = desk._state.record(task.code).counts
    assert counts == {"scroll": 100, "zoom": 1, "ai_shown": 1}


def test_the_next_case_is_there_within_a_second(desk: ReaderDesk) -> None:
    best = 10.0
    for _ in range(5):
        item = desk.next_item()
        assert item is not None
        desk.images(item.code)  # prefetched
        begin = time.perf_counter()
        task = desk.start(item.code)
        task.shown()
        best = min(best, time.perf_counter() - begin)
        task.submit(GOOD)
    assert best < 1.0


def test_results_hold_every_event(desk: ReaderDesk, tmp_path: Path) -> None:
    import zipfile

    start(desk)
    path = desk.export_results(tmp_path / "results.zip")
    with zipfile.ZipFile(path) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        lines = archive.read("events.log").decode("utf-8").splitlines()
    assert manifest["data"]["events"] == len(lines) == desk._log.count
