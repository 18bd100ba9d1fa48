"""Collecting from many machines: each fault and abuse is detected, reported and survived."""

from __future__ import annotations

import dataclasses
import json
import shutil
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from MedMMSlicerLib.errors import InputError, StudyError
from MedMMSlicerLib.study.answers import Answers, LesionMark
from MedMMSlicerLib.study.archives import write_archive
from MedMMSlicerLib.study.clock import ManualClock, Moment, format_time
from MedMMSlicerLib.study.collect import collect
from MedMMSlicerLib.study.desk import ReaderDesk
from MedMMSlicerLib.study.log import GENESIS, LogEvent, event_from_line
from MedMMSlicerLib.study.packages import build_packages, open_package
from MedMMSlicerLib.study.results import CollectedStudy, load_results
from MedMMSlicerLib.study.signing import KeyStore
from MedMMSlicerLib.study.status import study_status
from MedMMSlicerLib.study.study_folder import StudyFolder


@dataclasses.dataclass
class Site:
    """A study with reader r1's folder, key and results of the first period, already enrolled."""

    study: StudyFolder
    folder: Path
    keys: KeyStore
    clock: ManualClock
    results: Path
    read: Callable[..., int]
    tmp_path: Path

    def export(self, name: str) -> Path:
        with ReaderDesk(self.folder, self.clock, self.keys) as desk:
            return desk.export_results(self.tmp_path / name)

    def read_more(self, name: str) -> Path:
        with ReaderDesk(self.folder, self.clock, self.keys) as desk:
            self.read(desk, self.clock)
            return desk.export_results(self.tmp_path / name)


@pytest.fixture
def site(
    opened: Callable[..., Any],
    clock: ManualClock,
    reader_keys: KeyStore,
    tmp_path: Path,
    read_available: Callable[..., int],
) -> Site:
    study, folders = opened()
    study.enroll("r1", reader_keys.reader_key().fingerprint)
    site = Site(study, folders["r1"], reader_keys, clock, Path(), read_available, tmp_path)
    site.results = site.read_more("results.zip")
    return site


def kinds(collected: CollectedStudy) -> list[str]:
    return [problem.kind for problem in collected.problems]


def events_of(path: Path) -> tuple[list[LogEvent], dict[str, Any]]:
    """Events and signed facts of a file of results."""
    with zipfile.ZipFile(path) as archive:
        data = json.loads(archive.read("manifest.json"))["data"]
        lines = archive.read("events.log").decode("utf-8").split("\n")[:-1]
    events: list[LogEvent] = []
    for number, line in enumerate(lines, start=1):
        events.append(event_from_line(line, events[-1].sha256 if events else GENESIS, number))
    return events, data


def write_forged(
    path: Path, events: list[LogEvent], data: Mapping[str, Any], keys: KeyStore, change: Callable[..., Any]
) -> Path:
    """Results of a program that was tampered with: each event may be changed, all hashes and signatures fit.

    ``change`` gets number, kind and the event's values and returns the values, or None to leave it out.
    """
    import hashlib

    previous, lines = GENESIS, []
    for event in events:
        value = change(event.number, event.kind, json.loads(event.body))
        if value is None:
            continue
        value["number"] = len(lines) + 1
        body = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        previous = hashlib.sha256(f"{previous}\n{body}".encode()).hexdigest()
        lines.append(f"{previous} {body}\n")
    facts = {**data, "log": lines[0].split()[0], "events": len(lines), "head": previous}
    write_archive(path, "results", facts, {"events.log": "".join(lines).encode()}, keys.reader_key())
    return path


def submit_with(answers: Mapping[str, Any]) -> Callable[..., Any]:
    """Change the answers of the first submitted read."""
    seen: list[int] = []

    def change(number: int, kind: str, value: dict[str, Any]) -> dict[str, Any]:
        if kind == "submitted" and not seen:
            seen.append(number)
            value["data"]["answers"].update(answers)
        return value

    return change


def test_good_results_are_taken_whole(site: Site) -> None:
    collected = collect(site.study, [site.results])
    assert len(collected.reads) == 6 and not collected.problems
    assert len(collected.missing) == 24 - 6
    read = collected.reads[0]
    assert read.reader == "r1" and read.test == read.arm and read.ratings == {"nodule": 50}
    assert read.times is not None and read.times.active_s == 10
    assert read.events == {"scroll": 3} and read.report == "Report 1."
    plan = {(slot.case, slot.arm): slot.order for slot in _slots(site.study, "r1")}
    assert all(plan[read.case, read.arm] == read.order for read in collected.reads)
    assert collected.truth.positives["case-id-0"] == {"nodule": True}
    assert load_results(site.study.path) == collected
    assert study_status(site.study).people[0].submitted == 6


def _slots(study: StudyFolder, reader: str) -> list[Any]:
    from MedMMSlicerLib.study.assignment import assign

    return [slot for slot in assign(study.protocol) if slot.reader == reader]


def test_collecting_again_changes_nothing_and_goes_on_later(site: Site) -> None:
    first = collect(site.study, [site.results])
    assert collect(site.study) == first
    site.clock.advance(days=14)
    later = site.read_more("later.zip")
    collected = collect(site.study, [later])
    assert len(collected.reads) == 12 and not collected.problems
    assert {task.reader for task in collected.missing} == {"r2"}


def test_a_duplicate_package_counts_once(site: Site) -> None:
    copy = shutil.copy(site.results, site.tmp_path / "copy.zip")
    collected = collect(site.study, [site.results, Path(copy)])
    assert kinds(collected) == ["duplicate_package"] and len(collected.reads) == 6


@pytest.mark.parametrize("part", [0.0, 0.3, 0.9, 0.999])
def test_a_truncated_package_is_reported_and_the_rest_is_taken(site: Site, part: float) -> None:
    data = site.results.read_bytes()
    broken = site.tmp_path / "broken.zip"
    broken.write_bytes(data[: int(len(data) * part)])
    collected = collect(site.study, [broken, site.results])
    assert kinds(collected) == ["damaged_package"] and len(collected.reads) == 6
    assert collected.problems[0].is_excluded and "broken.zip" in collected.problems[0].message


def test_a_missing_file_is_reported(site: Site) -> None:
    collected = collect(site.study, [site.tmp_path / "nowhere.zip", site.results])
    assert kinds(collected) == ["damaged_package"] and len(collected.reads) == 6


def test_a_forged_signature_is_reported(site: Site) -> None:
    with zipfile.ZipFile(site.results) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["manifest.json"] = members["manifest.json"].replace(b'"events":', b'"events": ')
    forged = site.tmp_path / "forged.zip"
    with zipfile.ZipFile(forged, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    collected = collect(site.study, [forged])
    assert kinds(collected) == ["forged_signature"] and not collected.reads


def test_results_signed_by_another_machine_are_not_taken(site: Site) -> None:
    events, data = events_of(site.results)
    attacker = KeyStore(site.tmp_path / "attacker")
    forged = write_forged(site.tmp_path / "f.zip", events, data, attacker, lambda n, k, value: value)
    collected = collect(site.study, [forged, site.results])
    assert kinds(collected) == ["forged_signature"] and len(collected.reads) == 6
    assert attacker.reader_key().fingerprint in collected.problems[0].message
    # Enrolled by mistake, it still is no log of the machine that signs.
    site.study.enroll("r1", attacker.reader_key().fingerprint)
    assert kinds(collect(site.study, [forged])) == ["forged_signature"]


def test_a_machine_that_nobody_enrolled_is_named_with_its_fingerprint(
    opened: Callable[..., Any], clock: ManualClock, reader_keys: KeyStore, tmp_path: Path
) -> None:
    study, folders = opened()
    with ReaderDesk(folders["r1"], clock, reader_keys) as desk:
        results = desk.export_results(tmp_path / "r.zip")
        fingerprint = desk.fingerprint
    collected = collect(study, [results])
    assert kinds(collected) == ["unknown_key"]
    assert f"medmm study enroll STUDY r1 {fingerprint}" in collected.problems[0].message
    study.enroll("r1", fingerprint)
    assert not collect(study, [results]).problems


def test_a_package_that_the_reader_signed_anew_gives_no_results(site: Site) -> None:
    events, data = events_of(site.results)

    def change(number: int, kind: str, value: dict[str, Any]) -> dict[str, Any]:
        if kind == "created":
            value["data"]["team"] = site.keys.reader_key().fingerprint
        return value

    path = write_forged(site.tmp_path / "f.zip", events, data, site.keys, change)
    collected = collect(site.study, [path])
    assert (
        kinds(collected) == ["forged_signature"] and "this team did not sign" in collected.problems[0].message
    )


def test_one_reader_can_not_answer_for_another(site: Site) -> None:
    events, data = events_of(site.results)
    other = write_forged(
        site.tmp_path / "f.zip", events, {**data, "reader": "r2"}, site.keys, lambda n, k, v: v
    )
    assert kinds(collect(site.study, [other])) == ["unknown_package"]


def test_results_of_another_study_or_package_are_not_taken(site: Site) -> None:
    events, data = events_of(site.results)
    for changes, kind in [
        ({"study": "study-x"}, "other_study"),
        ({"package": "package-x"}, "unknown_package"),
    ]:
        path = write_forged(
            site.tmp_path / f"{kind}.zip", events, {**data, **changes}, site.keys, lambda n, k, v: v
        )
        assert kinds(collect(site.study, [path])) == [kind]


def test_results_from_an_unknown_protocol_version_are_not_taken(site: Site) -> None:
    events, data = events_of(site.results)
    path = write_forged(
        site.tmp_path / "f.zip", events, {**data, "protocol_sha256": "f" * 64}, site.keys, lambda n, k, v: v
    )
    collected = collect(site.study, [path])
    assert kinds(collected) == ["other_protocol"] and collected.problems[0].is_excluded


def test_results_from_an_earlier_accepted_version_are_taken_and_reported(site: Site) -> None:
    path = site.study.path / "protocol.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("name: Nodule", "name: Lung nodule"), "utf-8")
    with pytest.raises(StudyError, match="deviation"):
        collect(site.study, [site.results])
    site.study.record_deviation("A. Team", "Clearer name.")
    collected = collect(site.study, [site.results])
    assert kinds(collected) == ["earlier_protocol"] and len(collected.reads) == 6
    assert [item.kind for item in collected.deviations] == ["protocol_changed"]
    assert collected.deviations[0].old_sha256 != collected.deviations[0].new_sha256


def test_an_edited_log_breaks_its_chain(site: Site) -> None:
    events, data = events_of(site.results)
    lines = "".join(f"{event.line}\n" for event in events).replace('"nodule":50', '"nodule":90')
    path = site.tmp_path / "edited.zip"
    write_archive(path, "results", data, {"events.log": lines.encode()}, site.keys.reader_key())
    collected = collect(site.study, [path, site.results])
    assert kinds(collected) == ["damaged_log"] and len(collected.reads) == 6


@pytest.mark.parametrize("drop", ["submitted", "started"])
def test_a_log_without_some_of_its_events_does_not_give_reads(site: Site, drop: str) -> None:
    events, data = events_of(site.results)
    path = write_forged(
        site.tmp_path / "f.zip",
        events,
        data,
        site.keys,
        lambda n, kind, value: None if kind == drop else value,
    )
    collected = collect(site.study, [path])
    assert not collected.reads and len(collected.missing) == 24


@pytest.mark.parametrize(
    "rating", [float("nan"), float("inf"), -1, 101, 5.5, "50", None, True, [50], {"a": 1}]
)
def test_impossible_ratings_are_left_out_and_reported(site: Site, rating: Any) -> None:
    events, data = events_of(site.results)
    path = write_forged(
        site.tmp_path / "f.zip", events, data, site.keys, submit_with({"ratings": {"nodule": rating}})
    )
    collected = collect(site.study, [path])
    assert kinds(collected) == ["invalid_rating"] and collected.problems[0].is_excluded
    assert len(collected.reads) == 6
    assert sum("nodule" not in read.ratings for read in collected.reads) == 1
    assert load_results(site.study.path) == collected


@pytest.mark.parametrize(
    "answers",
    [
        {"ratings": {}},
        {"ratings": []},
        {"ratings": {"nodule": 5, "other": 5}},
        {"marks": [{"target": "nodule", "rating": 5, "position_ras": [1, 2]}]},
        {"marks": [{"target": "nodule", "rating": float("nan"), "position_ras": [1, 2, 3]}]},
        {"marks": [{"target": "nodule", "rating": 500, "position_ras": [1, 2, 3]}]},
        {"marks": ["x"]},
        {"forms": {"none": {"a": 1}}},
    ],
)
def test_other_impossible_answers_are_reported(site: Site, answers: Mapping[str, Any]) -> None:
    events, data = events_of(site.results)
    path = write_forged(site.tmp_path / "f.zip", events, data, site.keys, submit_with(answers))
    collected = collect(site.study, [path])
    assert set(kinds(collected)) == {"invalid_rating"} and len(collected.reads) == 6
    assert all(not read.marks and not read.forms for read in collected.reads)


@pytest.mark.parametrize(
    "damage",
    [
        lambda value: value.update(at="yesterday"),
        lambda value: value.update(steady_s=float("nan")),
        lambda value: value.update(skew_s="x"),
        lambda value: value.update(data=[1]),
        lambda value: value["data"].update(times=[1, 2]),
        lambda value: value["data"].update(times=[float("nan"), 0, 0]),
        lambda value: value["data"].update(times=[-5, 0, 0]),
        lambda value: value["data"].update(counts=3, images=3, answers=3),
        lambda value: value.pop("kind"),
    ],
)
def test_damaged_events_cost_their_log_and_nothing_else(site: Site, damage: Callable[..., Any]) -> None:
    events, data = events_of(site.results)

    def change(number: int, kind: str, value: dict[str, Any]) -> dict[str, Any]:
        if number > 1:
            damage(value)
        return value

    path = write_forged(site.tmp_path / "f.zip", events, data, site.keys, change)
    collected = collect(site.study, [path, site.results])
    assert "damaged_log" in kinds(collected) and len(collected.reads) == 6


def test_two_copies_of_a_log_that_went_on_differently_are_a_conflict(site: Site) -> None:
    events, data = events_of(site.results)

    def change(number: int, kind: str, value: dict[str, Any]) -> dict[str, Any]:
        changes_last = submit_with({"ratings": {"nodule": 99}})
        return changes_last(number, kind, value) if number == last else value

    last = max(event.number for event in events if event.kind == "submitted")
    path = write_forged(site.tmp_path / "f.zip", events, data, site.keys, change)
    collected = collect(site.study, [site.results, path])
    assert kinds(collected).count("conflict") == 2
    assert len(collected.reads) == 5  # the read with two answers counts for neither


def test_duplicate_reads_of_two_packages_count_once(site: Site, team_keys: KeyStore) -> None:
    (package,) = build_packages(site.study, site.tmp_path / "second", ("r1",), keys=team_keys)
    folder = open_package(package, site.tmp_path / "again")
    with ReaderDesk(folder, site.clock, site.keys) as desk:
        site.read(desk, site.clock, rating=90)
        again = desk.export_results(site.tmp_path / "again.zip")
    collected = collect(site.study, [again, site.results])
    assert kinds(collected) == ["duplicate"] * 6
    assert len(collected.reads) == 6
    assert {read.ratings["nodule"] for read in collected.reads} == {50}  # the earlier log counts


def test_a_log_that_was_begun_anew_is_told(site: Site) -> None:
    collect(site.study, [site.results])
    (site.folder / "reading.sqlite").unlink()
    for name in ("reading.sqlite-wal", "reading.sqlite-shm"):
        (site.folder / name).unlink(missing_ok=True)
    site.clock.advance(60)
    again = site.read_more("again.zip")
    collected = collect(site.study, [again])
    assert kinds(collected) == ["second_log", *["duplicate"] * 6] and len(collected.reads) == 6


def test_reads_of_changed_images_are_left_out(site: Site) -> None:
    events, data = events_of(site.results)
    done: list[int] = []

    def change(number: int, kind: str, value: dict[str, Any]) -> dict[str, Any]:
        if kind == "started" and not done:
            done.append(number)
            value["data"]["images"] = dict.fromkeys(value["data"]["images"], "0" * 64)
        return value

    path = write_forged(site.tmp_path / "f.zip", events, data, site.keys, change)
    collected = collect(site.study, [path])
    assert kinds(collected) == ["changed_case_files"] and len(collected.reads) == 5


def test_a_case_that_a_machine_refused_is_reported_and_missing(
    opened: Callable[..., Any], clock: ManualClock, reader_keys: KeyStore, tmp_path: Path,
    read_available: Callable[..., int],
) -> None:  # fmt: skip
    study, folders = opened()
    study.enroll("r1", reader_keys.reader_key().fingerprint)
    with ReaderDesk(folders["r1"], clock, reader_keys) as desk:
        item = desk.next_item()
        assert item is not None
        desk.images(item.code)[0].write_bytes(b"other")
        with pytest.raises(InputError):
            desk.start(item.code)
        assert read_available(desk, clock) == 5
        results = desk.export_results(tmp_path / "r.zip")
    collected = collect(study, [results])
    assert kinds(collected) == ["changed_case_files"] and len(collected.reads) == 5
    assert len(collected.missing) == 19


def test_a_clock_set_back_is_reported_with_the_readers_reason(site: Site) -> None:
    site.clock.advance(days=14)
    site.clock.set_back(days=20)
    with ReaderDesk(site.folder, site.clock, site.keys) as desk:
        item = desk.next_item()
        assert item is not None
        with pytest.raises(StudyError):
            desk.start(item.code)
        desk.accept_clock("Battery was empty.")
        # How long the clock was wrong is not known, but the steady clock ran on: the washout is over.
        site.read(desk, site.clock)
        results = desk.export_results(site.tmp_path / "later.zip")
    collected = collect(site.study, [results])
    messages = [problem.message for problem in collected.problems if problem.kind == "clock"]
    assert any("set back by 1728000 s" in message for message in messages)
    assert [(item.kind, item.who, item.why) for item in collected.deviations] == [
        ("clock", "r1", "Battery was empty.")
    ]
    assert len(collected.reads) == 12


def test_a_clock_in_the_future_is_reported(site: Site) -> None:
    site.clock.set_forward(days=400)
    site.clock.restart()
    results = site.export("future.zip")
    with ReaderDesk(site.folder, site.clock, site.keys) as desk:
        site.read(desk, site.clock)
        results = desk.export_results(site.tmp_path / "future.zip")
    site.clock.set_back(days=400)
    collected = collect(site.study, [results])
    assert "clock" in kinds(collected)
    assert any("in the future" in problem.message for problem in collected.problems)


def test_a_washout_that_was_not_kept_is_found_in_the_log(site: Site) -> None:
    site.clock.advance(days=14)
    events, data = events_of(site.read_more("whole.zip"))
    start = min(event.at for event in events)

    def squeeze(number: int, kind: str, value: dict[str, Any]) -> dict[str, Any]:
        moment = next(event for event in events if event.number == number).moment
        late = (moment.at - start).days >= 13
        shifted = Moment(moment.at, moment.steady_s - (13 * 86400 if late else 0), moment.boot)
        value["steady_s"] = shifted.steady_s
        value["at"] = format_time(shifted.at)
        return value

    path = write_forged(site.tmp_path / "f.zip", events, data, site.keys, squeeze)
    collected = collect(site.study, [path])
    assert "washout" in kinds(collected) and len(collected.reads) == 12


def test_times_that_do_not_add_up_are_reported(site: Site) -> None:
    events, data = events_of(site.results)

    def change(number: int, kind: str, value: dict[str, Any]) -> dict[str, Any]:
        if kind == "submitted":
            value["data"]["times"] = [500, 0, 0]
        return value

    path = write_forged(site.tmp_path / "f.zip", events, data, site.keys, change)
    assert set(kinds(collect(site.study, [path]))) == {"times"}


def test_a_task_that_was_never_given_out_is_left_out(site: Site) -> None:
    events, data = events_of(site.results)

    def change(number: int, kind: str, value: dict[str, Any]) -> dict[str, Any]:
        value["task"] = value["task"] and "T-INVENTED"
        return value

    path = write_forged(site.tmp_path / "f.zip", events, data, site.keys, change)
    collected = collect(site.study, [path])
    assert kinds(collected) == ["unknown_task"] and not collected.reads


def test_a_sequential_read_gives_the_ratings_of_both_tests(
    opened: Callable[..., Any], clock: ManualClock, reader_keys: KeyStore, tmp_path: Path
) -> None:
    arms = [{"id": "with-ai", "mode": "sequential", "before": "without"}]
    study, folders = opened("sequential", arms=arms, rounds=[], design={"kind": "crossover"})
    study.enroll("r2", reader_keys.reader_key().fingerprint)
    with ReaderDesk(folders["r2"], clock, reader_keys) as desk:
        item = desk.next_item()
        assert item is not None
        task = desk.start(item.code)
        task.shown()
        clock.advance(20)
        task.touch("zoom", 2)
        task.lock(Answers({"nodule": 30}))
        task.reveal()
        clock.advance(8)
        mark = LesionMark("nodule", 80, (1.0, 2.0, 3.0))
        task.submit(Answers({"nodule": 80}, (mark,), report="Nodule."))
        results = desk.export_results(tmp_path / "r.zip")
    collected = collect(study, [results])
    before, after = collected.reads
    assert (before.test, before.arm, before.ratings) == ("without", "with-ai", {"nodule": 30})
    assert (after.test, after.arm, after.ratings, after.marks) == (
        "with-ai",
        "with-ai",
        {"nodule": 80},
        (mark,),
    )
    assert before.times is not None and after.times is not None
    assert (before.times.active_s, after.times.active_s) == (20, 28)
    assert before.events == {"zoom": 2} and after.events["ai_revealed"] == 1
    assert collected.tests == ("without", "with-ai") and len(collected.missing) == 11


def test_kept_results_that_were_damaged_later_are_reported(site: Site) -> None:
    collect(site.study, [site.results])
    (kept,) = (site.study.path / "results").glob("*.zip")
    kept.write_bytes(kept.read_bytes()[:-100])
    collected = collect(site.study)
    assert kinds(collected) == ["damaged_package"] and not collected.reads


def test_a_damaged_result_file_is_an_error_for_people(site: Site) -> None:
    collect(site.study, [site.results])
    path = site.study.path / "collected.json"
    text = path.read_text(encoding="utf-8")
    for broken in (
        text[:100],
        text.replace('"nodule": 50.0', '"nodule": NaN'),
        text.replace('"order": 1,', '"order": "1",'),
        text.replace('"schema_version": 1', '"schema_version": 2'),
        "[]",
    ):
        assert broken != text
        path.write_text(broken, encoding="utf-8")
        with pytest.raises(InputError):
            load_results(site.study.path)
    with pytest.raises(InputError, match="Run medmm study collect"):
        load_results(site.tmp_path / "nothing")
