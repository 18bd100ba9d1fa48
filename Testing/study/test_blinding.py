"""Blinding: truth, AI output, arms and case ids can not be reached from what a reader has.

The needles are strings that stand in truth, AI output, arm names and case ids of the study and nowhere else.
They are looked for in every file of a reader's folder and in every value that can be reached from the objects
of an unaided, a not yet locked and a rating screen: by public attribute, by public call, and by following all
references in memory.
"""

from __future__ import annotations

import gc
import gzip
import inspect
import types
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from MedMMSlicerLib.errors import MedMMError
from MedMMSlicerLib.study.answers import Answers, QualityScore, Vote
from MedMMSlicerLib.study.clock import ManualClock
from MedMMSlicerLib.study.collect import collect
from MedMMSlicerLib.study.desk import ReaderDesk
from MedMMSlicerLib.study.packages import build_packages, build_round_packages, open_package
from MedMMSlicerLib.study.signing import KeyStore
from MedMMSlicerLib.study.study_folder import StudyFolder
from MedMMSlicerLib.study.task import Task
from MedMMSlicerLib.study.views import AssistedScreen, PreferenceScreen, QualityScreen, UnaidedScreen

AI = "ai-score-0.987654321"
TRUTH = "lesion-of-the-truth"
NEEDLES = (AI, TRUTH, "arm-plain", "arm-with-ai", "arm-seq", "case-id-", "patient-", "ai-draft", "stratum-x")
ARMS = [
    {"id": "arm-plain", "mode": "unaided"},
    {"id": "arm-with-ai", "mode": "concurrent"},
    {"id": "arm-seq", "mode": "sequential", "before": "arm-seq-before"},
]


@pytest.fixture
def study(make_study: Callable[..., StudyFolder], protocol_value: Callable[..., Any]) -> StudyFolder:
    cases = [{**case, "stratum": "stratum-x"} for case in protocol_value()["cases"]]
    study = make_study(arms=ARMS, cases=cases)
    truth = {"case-id-0": {"nodule": [{"id": TRUTH, "center_ras": [1, 2, 3], "radius_mm": 4}]}}
    text = yaml.safe_dump({"schema": "medmm-truth/1", "cases": truth})
    (study.path / "truth.yaml").write_text(text, encoding="utf-8")
    return study


@pytest.fixture
def folder(study: StudyFolder, tmp_path: Path, team_keys: KeyStore) -> Path:
    path, *_ = build_packages(study, tmp_path / "out", keys=team_keys)
    return open_package(path, tmp_path / "folder")


def layers(data: bytes) -> Iterator[bytes]:
    """Bytes as they are and, where they are compressed, unpacked."""
    yield data
    if data.startswith(b"\x1f\x8b"):
        yield gzip.decompress(data)
    for start in range(min(len(data), 64)):
        try:
            yield zlib.decompressobj().decompress(data[start:])
        except zlib.error:
            continue


def found_in_files(folder: Path, needles: Iterable[str]) -> set[str]:
    found = set()
    for path in folder.rglob("*"):
        contents = [path.relative_to(folder).as_posix().encode("utf-8")]
        if path.is_file():
            contents += layers(path.read_bytes())
        for needle in needles:
            forms = [needle.encode("utf-8"), needle.encode("utf-16-le"), needle.encode("utf-16-be")]
            if any(form in content for content in contents for form in forms):
                found.add(f"{needle} in {path.name}")
    return found


def texts_in_memory(*roots: object) -> Iterator[str]:
    """Every text and every block of bytes that any chain of references leads to, private ones included."""
    skipped = (types.ModuleType, type, types.FunctionType, types.FrameType, types.CodeType)
    seen: dict[int, object] = {}
    waiting: list[object] = list(roots)
    while waiting:
        item = waiting.pop()
        if id(item) in seen or isinstance(item, skipped):
            continue
        seen[id(item)] = item
        if isinstance(item, str):
            yield item
        elif isinstance(item, bytes | bytearray):
            yield bytes(item).decode("latin-1")
            for layer in layers(bytes(item)):
                yield layer.decode("latin-1")
        waiting += gc.get_referents(item)
        if isinstance(item, types.MethodType):
            waiting.append(item.__self__)


ARGUMENTS: tuple[Any, ...] = (
    "read", "unaided", "ai", 0, 1, True, None, Path(), Answers(), Answers({"nodule": 50}, report="x"),
    QualityScore(), Vote(),
)  # fmt: skip
ENDS = {"submit", "close", "lock"}
"""Calls that end what is attacked; `lock` rightly opens the way to AI."""


def public_values(target: object, codes: Iterable[str], folder: Path) -> Iterator[Any]:
    """The values of all public attributes, and what all public calls return or raise."""
    for name in [name for name in dir(target) if not name.startswith("_") and name not in ENDS]:
        value = getattr(target, name)
        yield value
        if not callable(value):
            continue
        count = sum(
            parameter.default is inspect.Parameter.empty
            and parameter.kind in (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
            for parameter in inspect.signature(value).parameters.values()
        )
        tries = [()] if count == 0 else [(item,) * count for item in (*ARGUMENTS, *codes, folder / "try.zip")]
        for arguments in tries:
            try:
                yield value(*arguments)
            except MedMMError as error:
                yield str(error)
            except (TypeError, AttributeError, ValueError, OSError) as error:
                yield repr(error)


def assert_blind(desk: ReaderDesk, task: Task, folder: Path, tmp_path: Path, needles: Iterable[str]) -> None:
    codes = [item.code for item in desk.worklist()]
    values = [
        value
        for target in (task.screen, task, desk)
        for value in public_values(target, [code for code in codes if code != task.code], tmp_path)
    ]
    task.resume()
    everything = list(texts_in_memory(values, task, desk, desk._state))
    assert len(everything) > 100
    for needle in needles:
        assert not [text[:80] for text in everything if needle in text], needle


def test_nothing_of_it_is_in_any_file_of_a_readers_folder(
    folder: Path, clock: ManualClock, reader_keys: KeyStore, read_available: Callable[..., int]
) -> None:
    assert found_in_files(folder, NEEDLES) == set()
    with ReaderDesk(folder, clock, reader_keys) as desk:
        assert read_available(desk, clock) == 6
    # The log says that AI was revealed in a task, but neither what it said nor how the arm is called.
    assert found_in_files(folder, NEEDLES) == set()


def test_the_search_finds_what_is_there(folder: Path) -> None:
    (folder / "leak.bin").write_bytes(gzip.compress(b"x arm-plain x"))
    assert found_in_files(folder, NEEDLES) == {"arm-plain in leak.bin"}
    assert any(AI in text for text in texts_in_memory({"a": [AI.encode()]}))


def test_sealed_tasks_do_not_tell_by_their_size(folder: Path) -> None:
    sizes = {path.stat().st_size for path in (folder / "sealed" / "tasks").iterdir()}
    assert len(sizes) == 1


def test_unaided_screens_reach_neither_ai_nor_truth_nor_arm(
    folder: Path, clock: ManualClock, reader_keys: KeyStore, tmp_path: Path
) -> None:
    kinds = set()
    with ReaderDesk(folder, clock, reader_keys) as desk:
        for _ in range(6):
            item = desk.next_item()
            assert item is not None
            task = desk.start(item.code)
            task.shown()
            if isinstance(task.screen, UnaidedScreen):
                kinds.add(task.screen.asks_lock)
                assert_blind(desk, task, folder, tmp_path, NEEDLES)
                assert isinstance(task.screen, UnaidedScreen)
            if task._is_sequential:
                task.lock(Answers({"nodule": 1}))
                task.reveal()
            if isinstance(task.screen, AssistedScreen):
                # The same search does find AI where it may be seen.
                assert any(AI in text for text in texts_in_memory(task.screen))
            task.submit(Answers({"nodule": 1}, report="x"))
    assert kinds == {True, False}


def test_screens_are_plain_values_without_a_way_back(
    folder: Path, clock: ManualClock, reader_keys: KeyStore
) -> None:
    with ReaderDesk(folder, clock, reader_keys) as desk:
        item = desk.next_item()
        assert item is not None
        task = desk.start(item.code)
        reached: list[object] = [task.screen]
        for place in reached:
            assert not isinstance(place, ReaderDesk | Task)
            known = {id(item) for item in reached}
            reached += [
                item
                for item in gc.get_referents(place)
                if id(item) not in known and not isinstance(item, type | types.ModuleType)
            ]


def test_codes_of_one_case_differ_between_periods_and_readers(
    study: StudyFolder, tmp_path: Path, team_keys: KeyStore
) -> None:
    paths = build_packages(study, tmp_path / "out", keys=team_keys)
    names: list[str] = []
    for path in paths:
        with zipfile.ZipFile(path) as archive:
            places = {name.split("/")[1] for name in archive.namelist() if name.startswith("images/")}
            names += places
            names += [name.split("/")[2] for name in archive.namelist() if name.startswith("sealed/tasks/")]
    assert len(names) == len(set(names)) == 2 * (6 + 18)


def test_truth_is_in_no_package_and_not_read_to_make_one(
    study: StudyFolder, tmp_path: Path, team_keys: KeyStore
) -> None:
    for path in build_packages(study, tmp_path / "out", keys=team_keys):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                assert not any(TRUTH.encode() in layer for layer in layers(archive.read(name)))


@pytest.mark.parametrize(("round_id", "kind"), [("quality", QualityScreen), ("choice", PreferenceScreen)])
def test_rating_screens_reach_neither_source_nor_reader_nor_truth(
    study: StudyFolder,
    folder: Path,
    clock: ManualClock,
    team_keys: KeyStore,
    reader_keys: KeyStore,
    tmp_path: Path,
    read_available: Callable[..., int],
    round_id: str,
    kind: type,
) -> None:
    with ReaderDesk(folder, clock, reader_keys) as desk:
        study.enroll(desk.reader, desk.fingerprint)
        for _ in range(3):
            read_available(desk, clock)
            clock.advance(days=15)
        results = desk.export_results(tmp_path / "results.zip")
    collect(study, [results])
    path, *_ = build_round_packages(study, round_id, tmp_path / "rounds", keys=team_keys)
    place = open_package(path, tmp_path / "evaluator")
    needles = (*NEEDLES, "r1")
    assert found_in_files(place, NEEDLES) == set()
    with ReaderDesk(place, clock, reader_keys) as desk:
        item = desk.next_item()
        assert item is not None
        task = desk.start(item.code)
        task.shown()
        assert isinstance(task.screen, kind)
        values = list(public_values(task.screen, [], tmp_path))
        for needle in needles:
            assert not [text for text in texts_in_memory(task.screen, values) if text == needle]
        assert_blind(desk, task, place, tmp_path, NEEDLES)
