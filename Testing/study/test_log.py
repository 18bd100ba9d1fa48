"""The reading log: nothing acknowledged is lost, nothing can be changed unnoticed, one owner at a time."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from MedMMSlicerLib.errors import InputError, LogInUseError, OutputError, UsageError
from MedMMSlicerLib.study.clock import ManualClock, SystemClock
from MedMMSlicerLib.study.folding import LogState
from MedMMSlicerLib.study.log import ReadingLog, event_from_line

OWNER = {"reader": "r1", "package": "p1"}

_WRITER = """
import sys
from pathlib import Path
from MedMMSlicerLib.study.clock import SystemClock
from MedMMSlicerLib.study.log import ReadingLog

log = ReadingLog(Path(sys.argv[1]), {"reader": "r1", "package": "p1"}, SystemClock())
number = log.count
while True:
    event = log.append("draft", "T-1", {"answers": {"number": number, "text": "x" * (number % 3000)}})
    sys.stdout.write(f"{event.number} {event.sha256}\\n")  # the acknowledgment
    sys.stdout.flush()
    number += 1
"""


@pytest.fixture
def log_path(tmp_path: Path) -> Path:
    return tmp_path / "reading.sqlite"


def test_ten_kills_at_random_moments_lose_no_acknowledged_event(log_path: Path, tmp_path: Path) -> None:
    generator = random.Random(20261128)
    acknowledged: dict[int, str] = {}
    for number in range(10):
        printed = tmp_path / f"acknowledged-{number}.txt"
        with printed.open("w") as stream:
            process = subprocess.Popen([sys.executable, "-c", _WRITER, str(log_path)], stdout=stream)
        while printed.stat().st_size == 0 and process.poll() is None:
            time.sleep(0.01)
        time.sleep(generator.uniform(0.0, 0.2))
        os.kill(process.pid, signal.SIGKILL)
        assert process.wait(timeout=60) == -signal.SIGKILL
        # A line that was cut off was not acknowledged.
        for line in printed.read_text().splitlines(keepends=True):
            if line.endswith("\n"):
                event, digest = line.split()
                acknowledged[int(event)] = digest
        with ReadingLog(log_path, OWNER, SystemClock()) as log:
            found = {event.number: event.sha256 for event in log.events()}
        assert acknowledged.items() <= found.items()
        # The first event, and for each kill at most one that was committed but not yet told.
        assert len(found) <= len(acknowledged) + 2 + number
    assert len(acknowledged) >= 20


def test_a_log_goes_on_where_it_ended(log_path: Path, clock: ManualClock) -> None:
    with ReadingLog(log_path, OWNER, clock) as log:
        log.append("started", "T-1", {"images": {}})
        head = log.head
    with ReadingLog(log_path, OWNER, clock) as log:
        assert (log.count, log.head) == (2, head)
        assert [event.kind for event in log.events()] == ["created", "started"]


def test_two_programs_can_not_open_one_log(log_path: Path, clock: ManualClock) -> None:
    with ReadingLog(log_path, OWNER, clock):
        with pytest.raises(LogInUseError, match="open in another program"):
            ReadingLog(log_path, OWNER, clock)
        code = "import sys; exec(sys.argv[2])"
        other = subprocess.run(
            [sys.executable, "-c", code, "-", _WRITER.replace("sys.argv[1]", repr(str(log_path)))],
            capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        assert "LogInUseError" in other.stderr
    ReadingLog(log_path, OWNER, clock).close()


def test_a_log_belongs_to_one_reader(log_path: Path, clock: ManualClock) -> None:
    ReadingLog(log_path, OWNER, clock).close()
    with pytest.raises(LogInUseError, match="belongs to reader 'r1'"):
        ReadingLog(log_path, {**OWNER, "reader": "r2"}, clock)
    with ReadingLog(log_path, OWNER, clock) as log:
        assert log.count == 1


def test_events_can_not_be_updated_or_deleted(log_path: Path, clock: ManualClock) -> None:
    with ReadingLog(log_path, OWNER, clock) as log:
        log.append("note", "", {"a": 1})
    connection = sqlite3.connect(log_path)
    with pytest.raises(sqlite3.IntegrityError):
        connection.execute("UPDATE events SET body = 'x'")
    with pytest.raises(sqlite3.IntegrityError):
        connection.execute("DELETE FROM events")
    connection.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET body = replace(body, '50', '90') WHERE number = 2",
        "DELETE FROM events WHERE number = 2",
        "UPDATE events SET number = number + 10 WHERE number = 3",
        "INSERT INTO events VALUES (4, '{}', 'x')",
    ],
)
def test_every_change_behind_its_back_is_found(log_path: Path, clock: ManualClock, statement: str) -> None:
    with ReadingLog(log_path, OWNER, clock) as log:
        log.append("draft", "T-1", {"answers": {"nodule": 50}})
        log.append("note", "T-1", {})
    connection = sqlite3.connect(log_path)
    connection.executescript("DROP TRIGGER events_stay; DROP TRIGGER events_remain;")
    connection.execute(statement)
    connection.commit()
    connection.close()
    with pytest.raises(InputError, match="was changed"):
        ReadingLog(log_path, OWNER, clock)


def test_damaged_foreign_and_newer_files_are_told_apart(log_path: Path, clock: ManualClock) -> None:
    log_path.write_bytes(b"no database at all" * 100)
    with pytest.raises(InputError, match="damaged"):
        ReadingLog(log_path, OWNER, clock)
    log_path.unlink()
    ReadingLog(log_path, OWNER, clock).close()
    connection = sqlite3.connect(log_path)
    connection.execute("PRAGMA user_version=99")
    connection.close()
    with pytest.raises(InputError, match="another version"):
        ReadingLog(log_path, OWNER, clock)


def test_a_folder_in_its_place_is_an_error_for_people(tmp_path: Path, clock: ManualClock) -> None:
    (tmp_path / "x").mkdir()
    with pytest.raises(OutputError, match="x can not be"):
        ReadingLog(tmp_path / "x", OWNER, clock)


def test_data_that_are_no_json_are_refused_and_nothing_is_written(log_path: Path, clock: ManualClock) -> None:
    with ReadingLog(log_path, OWNER, clock) as log:
        with pytest.raises(UsageError):
            log.append("note", "", {"a": object()})
        with pytest.raises(UsageError):
            log.append("note", "", {"a": "\ud800"})
        assert log.count == 1


def test_a_clock_set_back_leaves_a_trace_with_its_size(log_path: Path, clock: ManualClock) -> None:
    with ReadingLog(log_path, OWNER, clock) as log:
        clock.advance(3600)
        clock.set_back(600)
        event = log.append("note")
        assert event.skew_s == pytest.approx(-600)
        clock.advance(60)
        assert log.append("note").skew_s == pytest.approx(0)
        clock.set_forward(days=30)
        assert log.append("note").skew_s == pytest.approx(30 * 86400)


def test_a_clock_set_back_while_the_machine_was_off_is_seen(log_path: Path, clock: ManualClock) -> None:
    with ReadingLog(log_path, OWNER, clock) as log:
        clock.advance(days=2)
        log.append("note")
    clock.set_back(days=1)
    clock.restart()
    with ReadingLog(log_path, OWNER, clock) as log:
        assert log.append("note").skew_s == pytest.approx(-86400)


def test_time_that_a_clock_was_set_by_does_not_count_as_passed(log_path: Path, clock: ManualClock) -> None:
    with ReadingLog(log_path, OWNER, clock) as log:
        clock.advance(100)
        clock.set_forward(days=30)
        log.append("note")
        clock.set_back(days=60)
        log.append("note")
        clock.advance(50)
        log.append("note")
        assert LogState(log.events()).elapsed_s == pytest.approx(150)


def test_a_line_is_checked_against_the_one_before_it(log_path: Path, clock: ManualClock) -> None:
    with ReadingLog(log_path, OWNER, clock) as log:
        log.append("note", "", {"text": "line\u2028break and 'quotes' \\ 研究"})
        first, second = log.events()
    assert event_from_line(second.line, first.sha256, 2) == second
    for line, previous, number in [
        (second.line, "0" * 64, 2),
        (second.line.replace("note", "nota"), first.sha256, 2),
        (second.line, first.sha256, 3),
        ("", first.sha256, 2),
    ]:
        with pytest.raises(InputError):
            event_from_line(line, previous, number)
