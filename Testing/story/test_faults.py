"""What goes wrong while somebody reads: one clear message in the panel, nothing lost, the next run works."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from .conftest import TESTING, MakeReader
from .hands import Hands, settle
from .sight import kept, texts

pytestmark = pytest.mark.panel

Prepare = Callable[..., Hands]
PAUSE_S = 0.5


@pytest.fixture
def prepare(
    make_reader: MakeReader,
    threshold_bundle: Path,
    phantom_file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Prepare]:
    """A function that opens a phantom in a reader whose worker pauses before each run, and analyzes it."""
    from MedMMSlicerLib.bundles.catalog import BundleCatalog
    from MedMMSlicerLib.inference import worker

    original = worker.WorkerClient
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(TESTING / "reading"), os.environ.get("PYTHONPATH", "")]),
        "MEDMM_TEST_PAUSE_S": str(PAUSE_S),
    }
    monkeypatch.setattr(
        worker, "WorkerClient", lambda: original(environment=environment, module="slow_worker")
    )

    def make() -> Hands:
        hands = make_reader(BundleCatalog([threshold_bundle.parent]))
        assert hands.reader.open((phantom_file,))
        hands.rest()
        hands.click(hands.reader.panel.analyze.ui.analyzeButton)
        hands.press_in_window("Accept license")
        hands.rest()
        assert message(hands) == "" and hands.reader.panel.segments.ui.segmentsTable.rowCount == 2
        hands.told = []
        hands.reader.room.listeners.subscribe("message", lambda: hands.told.append(message(hands)))
        return hands

    yield make


def message(hands: Hands) -> str:
    """What the message bar of the panel shows."""
    settle()
    ui = hands.reader.panel.ui
    return str(ui.messageLabel.text) if ui.messageFrame.isVisible() else ""


def told(hands: Hands) -> list[str]:
    """What was shown since the phantom was analyzed, without the moments in which nothing was."""
    return [text for text in dict.fromkeys(hands.told) if text]


def start(hands: Hands) -> None:
    """Press *Analyze*, and wait until the worker is at it."""
    room = hands.reader.room
    hands.click(hands.reader.panel.analyze.ui.analyzeButton)
    assert room.run.state.busy
    hands.wait(lambda: room.run.state.stage == "pause", what="the worker")


def run_works(hands: Hands) -> None:
    """The next run is like the first."""
    start(hands)
    hands.rest()
    assert message(hands) == "", "a run that begins takes the old message away"
    assert hands.reader.panel.segments.ui.segmentsTable.rowCount == 2
    assert hands.reader.room.record.runs[-1].outcome == "finished"


def test_the_worker_is_killed(prepare: Prepare) -> None:
    hands = prepare()
    before = kept(hands)
    start(hands)
    os.kill(hands.reader.room.run._worker.pid, signal.SIGKILL)
    hands.rest()
    assert told(hands) == [message(hands)]
    assert message(hands).startswith("Error: ") and "ended unexpectedly" in message(hands)
    assert kept(hands) == before
    run_works(hands)


def test_the_bundle_is_deleted_during_the_run(
    prepare: Prepare, threshold_bundle: Path, phantom_file: Path
) -> None:
    hands = prepare()
    before = kept(hands)
    copy = threshold_bundle.parent.parent / "copy"
    shutil.copytree(threshold_bundle, copy)
    start(hands)
    shutil.rmtree(threshold_bundle)
    hands.rest()
    assert told(hands) == [message(hands)]
    assert message(hands).startswith("Error: ") and str(threshold_bundle) in message(hands)
    assert kept(hands) == before
    # Put back, it can be used again without another start of the reader.
    shutil.copytree(copy, threshold_bundle)
    first = hands.reader.room.cases.current_id
    assert hands.reader.open((phantom_file,))
    hands.rest()
    run_works(hands)
    hands.reader.select_case(first)
    hands.rest()
    run_works(hands)


def test_the_scene_is_closed_during_the_run(prepare: Prepare, phantom_file: Path) -> None:
    hands = prepare()
    start(hands)
    hands.press(hands.reader.widget, "Ctrl+Alt+W")
    hands.rest()
    assert told(hands) == ["Note: The scene was closed, so the run was ended."]
    panel, scene = hands.reader.panel, hands.reader.application.scene
    assert hands.reader.room.cases.entries() == () and panel.segments.ui.segmentsTable.rowCount == 0
    assert scene.GetNumberOfNodesByClass("vtkMRMLSegmentationNode") == 0
    assert hands.reader.open((phantom_file,))
    hands.rest()
    run_works(hands)


def test_the_volume_is_removed_during_the_run(prepare: Prepare, phantom_file: Path) -> None:
    hands = prepare()
    before = kept(hands)
    room, panel = hands.reader.room, hands.reader.panel
    start(hands)
    room.scene.RemoveNode(room.scene.GetNodeByID(room.cases.nodes("volume.current")[0]))
    hands.rest()
    assert len(told(hands)) == 1 and "image of the run was removed" in message(hands)
    after = kept(hands)
    for name in ("segments", "findings", "report", "laboratory"):
        assert after[name] == before[name], name
    assert not panel.analyze.ui.analyzeButton.enabled and panel.analyze.ui.analyzeButton.toolTip
    assert hands.reader.open((phantom_file,))
    hands.rest()
    run_works(hands)


def test_the_disk_is_full_when_the_scene_is_saved(
    prepare: Prepare, tmp_path: Path, complaints: list[str]
) -> None:
    """Writing fails as on a full disk: with the largest file size that a process may write."""
    import resource

    complaints.append("WriteToMRB: Failed to save")
    hands = prepare()
    path = tmp_path / "full.mrb"
    check = hands.answer_file_dialog(path)
    hands.press(hands.reader.widget, "Ctrl+S")
    check()
    whole = path.read_bytes()
    hands.click(hands.reader.panel.ui.dismissButton)
    hands.told.clear()
    write_word(hands)
    before = kept(hands)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
    try:
        hands.press(hands.reader.widget, "Ctrl+S")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, ignored)
    assert len(told(hands)) == 1 and message(hands).startswith("Error: ") and "full.mrb" in message(hands)
    assert path.read_bytes() == whole, "the older file stays"
    left = [item.name for item in tmp_path.iterdir() if "full" in item.name or "partial" in item.name]
    assert left == ["full.mrb"]
    assert hands.reader.files.unsaved.exists and kept(hands) == before
    hands.press(hands.reader.widget, "Ctrl+S")
    assert "Saved" in message(hands) and not hands.reader.files.unsaved.exists
    run_works(hands)


def test_the_disk_is_full_when_a_run_starts(prepare: Prepare) -> None:
    import resource

    hands = prepare()
    before = kept(hands)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, limits[1]))
    try:
        hands.click(hands.reader.panel.analyze.ui.analyzeButton)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, ignored)
    hands.rest()
    assert len(told(hands)) == 1 and message(hands).startswith("Error: ")
    assert kept(hands) == before
    run_works(hands)


def test_a_graphics_card_is_asked_for_that_is_not_there(prepare: Prepare) -> None:
    hands = prepare()
    panel = hands.reader.panel
    if "CUDA" in available_providers():
        pytest.skip("this machine has a graphics card")
    before = kept(hands)
    hands.choose(panel.analyze.ui.deviceCombo, "CUDA")
    start(hands)
    hands.rest()
    shown = [text for text in (message(hands), panel.case.ui.deviceBanner.text) if text]
    assert len(shown) == 1, "one clear message"
    assert "GPU" in shown[0] or "CUDA" in shown[0] or "graphics" in shown[0]
    after = kept(hands)
    for name in ("segments", "findings", "voxels"):
        assert after[name] == before[name], name
    hands.choose(panel.analyze.ui.deviceCombo, "CPU")
    run_works(hands)
    assert not panel.case.ui.deviceBanner.isVisible() and "CPU" in panel.case.ui.deviceLabel.text


def available_providers() -> str:
    import onnxruntime

    return " ".join(onnxruntime.get_available_providers())


def write_word(hands: Hands) -> None:
    """Type something that is not saved yet."""
    field: Any = hands.reader.panel.context.ui.indicationEdit
    hands.click(field.viewport())
    hands.type(field, "Cough")
    hands.rest()
    assert hands.reader.files.unsaved.exists and texts(hands.reader.panel.segments.ui.segmentsTable, 2)
