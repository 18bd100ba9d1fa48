"""Recovery files: a killed process loses nothing that had arrived; private, complete, offered, removed."""

from __future__ import annotations

import dataclasses
import importlib.util
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from MedMMSlicerLib.errors import InputError, UsageError
from MedMMSlicerLib.reading.report_recovery import (
    RecoveryContent,
    RecoveryStore,
    default_recovery_folder,
)
from MedMMSlicerLib.reading.report_storage import StoredParts

HERE = Path(__file__).resolve().parent


def a_content(text: str = "x", case_id: str = "case-1") -> RecoveryContent:
    head = {"case_id": case_id, "saved_at": f"2026-01-0{len(text)}T00:00:00+00:00", "title": "左肺"}
    return RecoveryContent(head, '{"a":1}', text, StoredParts("{}", "[]", '{"b":2}\n{"c":"\u2028"}\n'))


def test_what_is_written_is_read(tmp_path: Path) -> None:
    store = RecoveryStore(tmp_path / "recovery")
    path = store.write(a_content("one"))
    assert store.write(a_content("three")) == path
    assert store.read(path) == a_content("three")
    assert [item.suffix for item in (tmp_path / "recovery").iterdir()].count(".recovery") == 1
    assert store.write(a_content(case_id="../../case")).parent == path.parent
    store.close()


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX file modes")
def test_folder_and_files_are_private(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        store = RecoveryStore(tmp_path / "recovery")
        path = store.write(a_content())
    finally:
        os.umask(old)
    store.close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_living_session_is_not_offered(tmp_path: Path) -> None:
    one, other = RecoveryStore(tmp_path), RecoveryStore(tmp_path)
    one.write(a_content("a"))
    other.write(a_content("bb"))
    assert one.offers() == () and other.offers() == ()
    other.close()
    (offer,) = one.offers()
    assert offer.title == "左肺" and offer.saved_at.startswith("2026-01-02")
    one.remove(offer.path)
    assert one.offers() == ()
    one.close()


@pytest.mark.parametrize("cut", [0, 1, 10, 60])
def test_an_incomplete_file_is_refused_and_not_offered(tmp_path: Path, cut: int) -> None:
    store, reader = RecoveryStore(tmp_path), RecoveryStore(tmp_path)
    path = store.write(a_content("text"))
    store.close()
    data = path.read_bytes()
    path.write_bytes(data[:cut] + b"X" + data[cut + 1 :])
    with pytest.raises(InputError, match=r"can not be recovered|not complete"):
        reader.read(path)
    path.write_bytes(data[: len(data) - cut - 2])
    with pytest.raises(InputError, match=r"can not be recovered|not complete"):
        reader.read(path)
    assert reader.offers() == ()
    with pytest.raises(InputError):
        reader.read(tmp_path / "none.recovery")


def test_old_files_and_locks_go(tmp_path: Path) -> None:
    store, reader = RecoveryStore(tmp_path), RecoveryStore(tmp_path)
    path = store.write(a_content())
    assert store._lock is not None
    cut_short = path.with_name(f".partial-{path.name}")
    cut_short.write_bytes(b"{")
    reader.prune()
    assert cut_short.exists(), "its session still writes"
    store._lock.close()
    reader.prune()
    assert path.exists() and not list(tmp_path.glob("*.lock")) and not cut_short.exists()
    os.utime(path, (1, 1))
    reader.prune()
    assert not path.exists()
    RecoveryStore(tmp_path / "none").prune()


def test_the_default_folder_is_the_users(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert default_recovery_folder() == tmp_path / "medmm" / "recovery"
    monkeypatch.setenv("XDG_DATA_HOME", "")
    assert default_recovery_folder() == Path.home() / ".local/share/medmm/recovery"


# ---------------------------------------------------------------------- in the room

mrml = pytest.mark.mrml


def _load(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(name, HERE / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _texts(room: Any) -> list[str]:
    return [item.text for section in room.report.report.sections for item in section.sentences]


@mrml
def test_off_until_it_is_switched_on(room: Any) -> None:
    autosave = room.report.workflow.autosave
    assert not autosave.is_on and autosave.offers() == () and autosave.all_offers() == ()
    with pytest.raises(UsageError, match="switched off"):
        autosave.recover(Path("x"))


@mrml
def test_a_killed_process_loses_nothing(scene: Any, make_room: Callable[..., Any], tmp_path: Path) -> None:
    typing_process = _load("typing_process")
    from MedMMSlicerLib.scene.volumes import add_volume

    folder, told = tmp_path / "recovery", tmp_path / "told.txt"
    process = subprocess.Popen(
        [sys.executable, str(HERE / "typing_process.py"), str(folder), str(told)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        end = time.monotonic() + 90
        while not told.exists() or told.read_text(encoding="utf-8").count("\n") < 12:
            assert process.poll() is None and time.monotonic() < end, process.stderr
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL if os.name == "posix" else signal.SIGTERM)
    finally:
        process.kill()
        process.wait()
        assert process.stderr is not None
        process.stderr.close()
    typed = [line.strip() for line in told.read_text(encoding="utf-8").split("\n")[:-1]]
    room = make_room()
    autosave = room.report.workflow.autosave
    autosave.use(folder)
    room.report.workflow.user = lambda: "Dr. Li"
    room.cases.adopt_volume(add_volume(scene, typing_process.phantom(), name="Phantom"))
    (offer,) = autosave.offers()
    autosave.recover(offer.path)
    text = next(item for item in _texts(room) if "word" in item)
    # What the room had taken is in the file; of the text that followed it may be that it had come as well.
    assert text == typed[-1] or text.startswith(typed[-1]) or text == "word 词"
    assert [item.status for item in room.findings.all()] == ["accepted"]
    assert room.report.workflow.verify() == ()
    assert room.report.workflow.document.audit.entries[-1].action == "recovered"
    assert autosave.offers() == () and not offer.path.exists()
    name = next(
        item.id
        for section in room.report.report.sections
        for item in section.sentences
        if "word" in item.text
    )
    room.report.set_text(name, "Goes on.")
    assert room.report.workflow.verify() == () and len(list(folder.glob("*.recovery"))) == 1
    # Slicer's own *Save* says so, also where it saved something else alone.
    scene.StartState(scene.SaveState)
    scene.EndState(scene.SaveState)
    assert list(folder.glob("*.recovery"))
    scene.StartState(scene.SaveState)
    assert scene.WriteToMRB(str(folder.parent / "saved.mrb"))
    scene.EndState(scene.SaveState)
    assert not list(folder.glob("*.recovery"))
    autosave.close()


@mrml
def test_what_the_scene_has_already_is_not_offered(
    room: Any, make_room: Callable[..., Any], reload: Callable[..., Any], tmp_path: Path
) -> None:
    folder = tmp_path / "recovery"
    room.report.workflow.autosave.use(folder)
    room.report.add_sentence("findings", "Saved.")
    again = reload()
    room.report.workflow.autosave.close()
    autosave = again.report.workflow.autosave
    autosave.use(folder)
    assert len(autosave.all_offers()) == 1 and autosave.offers() == ()


@mrml
def test_what_came_after_the_last_save_is_offered_and_taken(
    room: Any, reload: Callable[..., Any], tmp_path: Path
) -> None:
    folder = tmp_path / "recovery"
    room.report.add_sentence("findings", "Saved.")
    again = reload()
    again.report.workflow.autosave.use(folder)
    again.findings.set_status("f-pneumonia", "rejected")
    again.report.add_sentence("findings", "Not saved.")
    wanted, document = _texts(again), again.report.workflow.document
    again.report.workflow.autosave.close()
    from MedMMSlicerLib.scene.bundle_io import load_scene

    load_scene(again.scene, tmp_path / "case.mrb")
    assert "Not saved." not in _texts(again)
    autosave = again.report.workflow.autosave
    autosave.use(folder)
    (offer,) = autosave.offers()
    autosave.recover(offer.path)
    assert _texts(again) == wanted
    assert next(item.status for item in again.findings.all() if item.id == "f-pneumonia") == "rejected"
    after = again.report.workflow.document
    assert after.audit.entries[:-1] == document.audit.entries and again.report.workflow.verify() == ()
    again.report.redraft()
    assert _texts(again) == wanted
    autosave.close()


@mrml
def test_an_older_scene_that_is_loaded_again_replaces_nothing(
    room: Any, reload: Callable[..., Any], tmp_path: Path
) -> None:
    from MedMMSlicerLib.scene.bundle_io import load_scene

    folder = tmp_path / "recovery"
    again = reload()
    autosave = again.report.workflow.autosave
    autosave.use(folder)
    again.report.add_sentence("findings", "Not saved.")
    load_scene(again.scene, tmp_path / "case.mrb")
    assert autosave.offers() == () and "Not saved." not in _texts(again)
    again.report.add_sentence("findings", "Another way.")
    (offer,) = autosave.offers()
    autosave.recover(offer.path)
    assert "Not saved." in _texts(again) and "Another way." not in _texts(again)
    # What was written in the meantime is not lost either.
    (other,) = autosave.offers()
    autosave.recover(other.path)
    assert "Another way." in _texts(again) and again.report.workflow.verify() == ()
    autosave.close()


@mrml
def test_files_of_other_images_are_refused(
    room: Any, make_room: Callable[..., Any], open_case: Callable[..., str], tmp_path: Path
) -> None:
    folder = tmp_path / "recovery"
    room.report.workflow.autosave.use(folder)
    room.report.add_sentence("findings", "Mine.")
    room.report.workflow.autosave.close()
    autosave = room.report.workflow.autosave
    autosave.use(folder)
    (offer,) = autosave.all_offers()
    store = RecoveryStore(folder)
    content = store.read(offer.path)
    other = {**content.head, "case_id": "case-x", "image": "0" * 64, "study_uid": "1.2.3"}
    path = store.write(dataclasses.replace(content, head=other))
    store.close()
    with pytest.raises(InputError, match="belongs to other images"):
        autosave.recover(path)
    room.report.workflow.sign("Dr. Li")
    with pytest.raises(UsageError, match="read-only"):
        autosave.recover(offer.path)
    autosave.discard(path)
    assert not path.exists()
    autosave.close()


@mrml
def test_a_folder_that_can_not_be_written_is_told_once(room: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    autosave = room.report.workflow.autosave
    autosave.use(tmp_path / "file" / "recovery")
    room.report.add_sentence("findings", "One.")
    assert room.message is not None and "not kept for a crash" in room.message.text
    room.dismiss()
    room.report.add_sentence("findings", "Two.")
    assert room.message is None and "Two." in _texts(room)
