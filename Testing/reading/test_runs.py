"""Runs: results into the scene, again, undone, and with another context."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from MedMMSlicerLib.bundles.catalog import BundleCatalog
from MedMMSlicerLib.errors import UsageError
from MedMMSlicerLib.reading.room import ReadingRoom
from MedMMSlicerLib.scene._segment_voxels import BINARY_LABELMAP
from MedMMSlicerLib.scene.segmentations import label_maps_from_node, touched_segments

from .conftest import MakeWorker, finish, settle

pytestmark = pytest.mark.mrml


@pytest.fixture
def volume_room(room: ReadingRoom, phantom_file: Path) -> ReadingRoom:
    """A room with the phantom; ``threshold-test`` is accepted."""
    room.cases.open_paths([phantom_file])
    room.models.accept("threshold-test")
    return room


@pytest.fixture
def chest_room(room: ReadingRoom, radiograph: Path) -> ReadingRoom:
    """A room with the radiograph; ``tiny-chest`` is accepted."""
    room.cases.open_paths([radiograph])
    room.models.accept("tiny-chest")
    return room


def analyze(room: ReadingRoom) -> None:
    room.run.start("cpu")
    settle(room)


def mask(room: ReadingRoom, segment_id: str) -> np.ndarray:
    (node_id,) = room.cases.nodes("segmentation")
    (found,) = label_maps_from_node(room.scene, node_id, [segment_id])
    return np.asarray(found.array) > 0


def touch(room: ReadingRoom, segment_id: str) -> None:
    """Erase one slice of a segment, as a reader does in the Segment Editor."""
    from vtkmodules.util.numpy_support import vtk_to_numpy

    node = room.scene.GetNodeByID(room.cases.nodes("segmentation")[0])
    segment = node.GetSegmentation().GetSegment(segment_id)
    image = segment.GetRepresentation(BINARY_LABELMAP)
    values = vtk_to_numpy(image.GetPointData().GetScalars())
    where = np.flatnonzero(values == segment.GetLabelValue())
    values[where[: len(where) // 3]] = 0
    image.Modified()


def add_refusal(bundle: Path) -> None:
    """Let a bundle refuse every image."""
    path = bundle / "configs" / "metadata.json"
    metadata = json.loads(path.read_text(encoding="utf-8"))
    name = {"en": "The picture is too long", "zh-CN": "图像过长"}
    rule = {"id": "long", "name": name, "rule": "aspect", "threshold": 0, "action": "refuse"}
    metadata["medmm"]["quality"] = [*metadata["medmm"].get("quality", ()), rule]
    path.write_text(json.dumps(metadata), encoding="utf-8")


def probabilities(room: ReadingRoom) -> dict[str, float | None]:
    return {row.id: row.probability for row in room.findings.rows()}


def test_a_refused_run_says_so_at_once(
    make_room: Callable[..., ReadingRoom], chest_folder: Path, radiograph: Path, tmp_path: Path
) -> None:
    shutil.copytree(chest_folder, tmp_path / "refusing")
    add_refusal(tmp_path / "refusing" / "tiny-chest")
    room = make_room(catalog=BundleCatalog([tmp_path / "refusing"]))
    room.cases.open_paths([radiograph])
    room.models.accept("tiny-chest")
    assert room.run.refusal == ""
    room.run.start("cpu")
    finish(room)
    title = room.models.suggestions()[0].title
    said = f"{title} refused these images: The picture is too long."
    assert room.message is not None
    assert (room.message.severity, room.message.text) == ("warning", said)
    assert room.run.refusal == said
    room.set_language("zh-CN")
    assert room.run.refusal.endswith(" 拒绝了这些图像：图像过长。")


def test_an_analysis_ends_in_the_scene(volume_room: ReadingRoom, phantom_file: Path) -> None:
    room = volume_room
    heard: list[str] = []
    for topic in ("run", "findings", "segments", "report", "cases"):
        room.listeners.subscribe(topic, lambda topic=topic: heard.append(topic))
    room.run.start("cpu")
    state = room.run.state
    assert state.busy and state.kind == "analyze" and room.run.can_start() == (False, "A run is in progress.")
    with pytest.raises(UsageError, match="in progress"):
        room.run.start()
    settle(room)
    assert set(heard) == {"run", "findings", "segments", "report", "cases"}
    assert room.cases.entries()[0].state == "read"
    assert mask(room, "shell").sum() == 7 * 12 * 9 - 2 * 5 * 3 and mask(room, "core").sum() == 2 * 5 * 3
    assert room.run.device_used == "CPUExecutionProvider" and room.run.device_warning == ""
    assert len(room.cases.nodes("measurements")) == 1
    assert room.report.report is not None
    evidence = {
        name for part in room.report.report.sections for s in part.sentences for name in s.evidence_ids
    }
    assert any(name.startswith("m-") for name in evidence), "the draft states the measurements"
    assert room.record is not None
    assert [(run.kind, run.outcome) for run in room.record.runs] == [("analyze", "finished")]
    assert room.run.prediction is not None and room.run.prediction.label_maps == ()


def test_a_second_analysis_updates_in_place(chest_room: ReadingRoom) -> None:
    room = chest_room
    analyze(room)
    roles = ("segmentation", "heat_map", "measurements", "probabilities", "locations", "report")
    first = {role: room.cases.nodes(role) for role in roles}
    count = room.scene.GetNumberOfNodes()
    room.findings.set_status("f-mass", "accepted")
    analyze(room)
    assert {role: room.cases.nodes(role) for role in roles} == first
    assert room.scene.GetNumberOfNodes() == count
    assert {row.id: row.status for row in room.findings.rows()}["f-mass"] == "accepted"


def test_a_touched_segment_is_kept_and_the_new_one_goes_beside(volume_room: ReadingRoom) -> None:
    room = volume_room
    analyze(room)
    touch(room, "shell")
    mine = mask(room, "shell")
    analyze(room)
    np.testing.assert_array_equal(mask(room, "shell"), mine)
    rows = {row.segment_id: row for row in room.segments.rows()}
    assert set(rows) == {"shell", "shell-new", "core"} and rows["shell-new"].is_new
    assert rows["shell"].touched and not rows["core"].touched
    (comparison,) = room.segments.comparisons()
    assert 0 < comparison.dice < 1


def test_undo_of_the_first_analysis_leaves_the_case_as_it_was(chest_room: ReadingRoom) -> None:
    room = chest_room
    assert not room.run.can_undo
    with pytest.raises(UsageError, match="no analysis"):
        room.run.undo()
    analyze(room)
    assert room.run.can_undo
    room.run.undo()
    settle(room)
    assert room.run.prediction is None and room.cases.entries()[0].state == "new"
    for role in ("segmentation", "heat_map", "measurements", "probabilities", "boxes"):
        assert room.cases.nodes(role) == (), role
    assert room.findings.rows() == () and not room.run.can_undo
    assert room.record is not None and room.record.runs[-1].kind == "undo"
    analyze(room)
    assert probabilities(room)["f-mass"] is not None


def test_undo_keeps_what_a_person_did_since(volume_room: ReadingRoom) -> None:
    room = volume_room
    analyze(room)
    touch(room, "core")
    mine = mask(room, "core")
    room.run.undo()
    settle(room)
    assert [row.segment_id for row in room.segments.rows()] == ["core"]
    np.testing.assert_array_equal(mask(room, "core"), mine)


def test_undo_of_a_second_analysis_brings_the_first_back(volume_room: ReadingRoom) -> None:
    room = volume_room
    analyze(room)
    touch(room, "shell")
    mine, core = mask(room, "shell"), mask(room, "core")
    before = room.run.prediction
    analyze(room)
    assert "shell-new" in {row.segment_id for row in room.segments.rows()}
    room.run.undo()
    settle(room)
    assert [row.segment_id for row in room.segments.rows()] == ["shell", "core"]
    np.testing.assert_array_equal(mask(room, "shell"), mine)
    np.testing.assert_array_equal(mask(room, "core"), core)
    assert touched_segments(room.scene, room.cases.nodes("segmentation")[0]) == ("shell",)
    assert before is not None and room.run.prediction is not None
    assert room.run.prediction.provenance.created_at == before.provenance.created_at


def test_segments_that_come_back_share_their_voxels(volume_room: ReadingRoom) -> None:
    """Each layer of voxels is drawn by itself, so more of them make every picture slower."""
    room = volume_room
    for _ in range(2):
        analyze(room)
    shell = mask(room, "shell")
    room.run.undo()
    settle(room)
    segmentation = room.scene.GetNodeByID(room.cases.nodes("segmentation")[0]).GetSegmentation()
    layers = {segmentation.GetSegment(name).GetRepresentation(BINARY_LABELMAP) for name in ("shell", "core")}
    assert len(layers) == 1
    np.testing.assert_array_equal(mask(room, "shell"), shell)


def test_another_grid_gets_a_segmentation_of_its_own(volume_room: ReadingRoom, tmp_path: Path) -> None:
    import SimpleITK as sitk

    room = volume_room
    analyze(room)
    image = sitk.GetImageFromArray(np.full((9, 11, 13), 200, np.int16))
    path = tmp_path / "other.nii.gz"
    sitk.WriteImage(image, str(path))
    first = room.cases.current_id
    (second,) = room.cases.open_paths([path])
    room.cases.set_role(first, room.cases.nodes("volume.current", second)[0], "current")
    room.cases.select(first)
    assert room.run.is_stale and room.cases.entries()[0].state == "stale"
    analyze(room)
    assert len(room.cases.nodes("segmentation")) == 2 and not room.run.is_stale
    room.run.undo()
    settle(room)
    assert len(room.cases.nodes("segmentation")) == 1


def test_a_laboratory_value_changes_the_probabilities_at_once(chest_room: ReadingRoom) -> None:
    room = chest_room
    analyze(room)
    room.findings.set_status("f-icu", "rejected")
    before, seconds = probabilities(room), room.run.prediction
    room.context.set_value("crp", "300", "mg/L")
    assert room.run.state.kind == "what-if" and room.run.is_stale
    settle(room)
    after = probabilities(room)
    assert after["f-icu"] != before["f-icu"] and after["f-mass"] == before["f-mass"]
    assert not room.run.is_stale and room.cases.entries()[0].state == "read"
    assert {row.id: row.status for row in room.findings.rows()}["f-icu"] == "rejected"
    assert seconds is not None and room.run.can_undo
    from MedMMSlicerLib.scene.tables import read_table

    (table,) = room.cases.nodes("probabilities")
    shown = {row["id"]: row["probability"] for row in read_table(room.scene, table)}
    assert shown["f-icu"] == pytest.approx(after["f-icu"], abs=1e-4)
    room.context.remove("crp")
    settle(room)
    assert probabilities(room) == pytest.approx(before)


def test_the_latest_of_many_changes_wins_and_none_piles_up(
    make_room: Callable[..., ReadingRoom], make_worker: MakeWorker, radiograph: Path
) -> None:
    worker = make_worker(pause_s=1.0)
    submitted: list[Any] = []
    submit = worker.submit
    worker.submit = lambda request: (submitted.append(request), submit(request))[1]  # type: ignore[method-assign]
    room = make_room(worker=worker)
    room.cases.open_paths([radiograph])
    room.models.accept("tiny-chest")
    analyze(room)
    for value in range(10, 400, 10):
        room.context.set_value("crp", str(value), "mg/L")
        room.run.poll()
    settle(room)
    # The analysis, the first value, the last value; on a slow machine the loop takes longer than an update.
    assert 3 <= len(submitted) <= 8
    last = submitted[-1].case.context.laboratory[0].value
    assert last == 390 and not room.run.is_stale
    values = room.run.prediction.provenance.parameters["context"]  # type: ignore[union-attr]
    assert values["lab.crp"] == 390


def test_the_view_is_part_of_the_context(chest_room: ReadingRoom) -> None:
    analyze(chest_room)
    before = probabilities(chest_room)
    chest_room.context.set_view("AP")
    settle(chest_room)
    assert probabilities(chest_room)["f-icu"] != before["f-icu"]
    analyze(chest_room)
    assert chest_room.run.prediction is not None
    assert chest_room.run.prediction.provenance.parameters["view"] == "AP"


def test_what_is_typed_during_an_analysis_counts_afterwards(
    make_room: Callable[..., ReadingRoom], make_worker: MakeWorker, radiograph: Path
) -> None:
    room = make_room(worker=make_worker(pause_s=0.3))
    room.cases.open_paths([radiograph])
    room.models.accept("tiny-chest")
    room.run.start("cpu")
    room.context.set_value("crp", "250", "mg/L")
    settle(room)
    assert not room.run.is_stale and room.run.prediction is not None
    assert room.run.prediction.provenance.parameters["context"]["lab.crp"] == 250


def test_an_analysis_asked_for_during_an_update_follows_it(
    make_room: Callable[..., ReadingRoom], make_worker: MakeWorker, radiograph: Path
) -> None:
    room = make_room(worker=make_worker(pause_s=0.2))
    room.cases.open_paths([radiograph])
    room.models.accept("tiny-chest")
    analyze(room)
    room.context.set_value("crp", "250", "mg/L")
    assert room.run.state.kind == "what-if" and room.run.can_start() == (True, "")
    room.run.start("cpu")
    assert not room.run.can_start()[0]
    settle(room)
    assert room.record is not None and len(room.record.runs) == 2


def test_a_text_is_in_the_report_without_a_run(chest_room: ReadingRoom) -> None:
    analyze(chest_room)
    chest_room.context.set_indication("Fever since Monday")
    assert not chest_room.run.state.busy and not chest_room.run.is_stale
    assert chest_room.report.report is not None
    texts = [item.text for part in chest_room.report.report.sections for item in part.sentences]
    assert any("Fever since Monday" in text for text in texts)


def test_cancel_changes_nothing_and_the_worker_stays(
    make_room: Callable[..., ReadingRoom], make_worker: MakeWorker, phantom_file: Path
) -> None:
    worker = make_worker(pause_s=60)
    room = make_room(worker=worker)
    room.cases.open_paths([phantom_file])
    room.models.accept("threshold-test")
    room.run.start("cpu")
    _wait_for_stage(room, "pause")
    pid = worker.pid
    room.run.cancel()
    assert room.run.can_start() == (False, "The run is being ended.")
    finish(room)
    assert room.message is not None and room.message.severity == "info" and "cancelled" in room.message.text
    assert worker.pid == pid and room.cases.nodes("segmentation") == ()
    assert room.record is not None and room.record.runs[-1].outcome == "cancelled"
    assert room.run.can_start() == (True, "")
    room.run.cancel()


def test_a_deaf_worker_is_ended(
    make_room: Callable[..., ReadingRoom], make_worker: MakeWorker, phantom_file: Path
) -> None:
    worker = make_worker(pause_s=60, deaf=True)
    room = make_room(worker=worker)
    room.cases.open_paths([phantom_file])
    room.models.accept("threshold-test")
    room.run.start("cpu")
    _wait_for_stage(room, "pause")
    room.run.cancel()
    watch = finish(room)
    assert not worker.is_running and watch.longest_s < 0.05
    assert room.message is not None and room.message.severity == "info"


def _wait_for_stage(room: ReadingRoom, stage: str) -> None:
    import time

    end = time.monotonic() + 120
    while room.run.state.stage != stage:
        assert room.run.state.busy and time.monotonic() < end
        room.run.poll()
        time.sleep(0.01)


def test_cancel_while_results_are_shown_takes_them_back(volume_room: ReadingRoom) -> None:
    room = volume_room
    room.run.start("cpu")
    import time

    while room.run.state.stage != "showing results":
        room.run.poll()
        time.sleep(0.005)
    assert room.run.state.busy
    room.run.cancel()
    assert not room.run.state.busy and room.run.prediction is None
    assert room.cases.nodes("segmentation") == () and not room.run.can_undo
    analyze(room)
    assert mask(room, "core").any()


def test_points(make_room: Callable[..., ReadingRoom], phantom_file: Path, threshold_bundle: Path) -> None:
    metadata = threshold_bundle / "configs" / "metadata.json"
    text = metadata.read_text(encoding="utf-8")
    changed = text.replace('"kind": "whole"', '"kind": "roi", "size": [4, 4, 4]')
    assert changed != text
    metadata.write_text(changed, encoding="utf-8")
    room = make_room(catalog=BundleCatalog([threshold_bundle.parent]))
    room.cases.open_paths([phantom_file])
    room.models.accept("threshold-test")
    can, reason = room.run.can_start()
    assert room.run.needs_point and not can and "Set the point" in reason
    volume = room.cases.case().series["current"].volume
    assert volume is not None
    right, anterior, superior = (float(x) for x in volume.geometry.kji_to_ras((4, 6, 10)))
    with pytest.raises(UsageError, match="outside"):
        room.run.set_point((right + 500, anterior, superior))
    room.run.set_point((right, anterior, superior))
    assert room.run.can_start() == (True, "") and room.run.points_ras == ((right, anterior, superior),)
    room.run.set_point(None)
    assert room.run.points_ras == () and not room.run.can_start()[0]


def test_the_point_of_the_reader(volume_room: ReadingRoom) -> None:
    room = volume_room
    assert room.run.suggested_point() is None
    room.scene.GetFirstNodeByClass("vtkMRMLCrosshairNode").SetCrosshairRAS(1.0, 2.0, 3.0)
    assert room.run.suggested_point() == (1.0, 2.0, 3.0)
    node = room.scene.AddNewNodeByClass("vtkMRMLMarkupsFiducialNode", "F")
    node.AddControlPoint(4.0, 5.0, 6.0)
    assert room.run.suggested_point() == (4.0, 5.0, 6.0)
    room.scene.RemoveNode(node)
    room.scene.GetFirstNodeByClass("vtkMRMLCrosshairNode").SetCrosshairRAS(0.0, 0.0, 0.0)


def test_a_gpu_that_is_asked_for_and_absent_is_said(
    chest_room: ReadingRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    from MedMMSlicerLib.inference.onnx_engine import runtime_facts

    if "CUDAExecutionProvider" in runtime_facts().providers:
        pytest.skip("this runtime has CUDA support")
    chest_room.run.start("cuda")
    settle(chest_room)
    assert chest_room.run.device_used == "CPUExecutionProvider"
    assert "GPU asked for" in chest_room.run.device_warning
    analyze(chest_room)
    assert chest_room.run.device_warning == ""
