"""The scene holds everything: saved, closed and loaded again it is the same; imported, it keeps apart."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from MedMMSlicerLib.reading.room import ReadingRoom
from MedMMSlicerLib.scene.bundle_io import load_scene, save_scene
from MedMMSlicerLib.scene.cases import case_node_ids
from MedMMSlicerLib.scene.texts import read_text

from .conftest import settle, write_radiograph

pytestmark = pytest.mark.mrml

ROLES = ("volume.current", "segmentation", "heat_map", "locations", "measurements", "probabilities", "report")


def import_scene(scene: Any, path: Path, folder: Path) -> None:
    """Add a saved scene to what is there, as Slicer's *Add data* does."""
    import zipfile

    folder.mkdir()
    with zipfile.ZipFile(path) as archive:
        archive.extractall(folder)
    (file,) = folder.rglob("*.mrml")
    scene.SetURL(str(file))
    assert scene.Import()


def seen(room: ReadingRoom) -> dict[str, Any]:
    """What a reader sees of the current case, without node ids."""
    findings = [
        dataclasses.replace(row, heat_map_id=str(bool(row.heat_map_id))) for row in room.findings.rows()
    ]
    segments = [dataclasses.replace(row, segmentation_id="") for row in room.segments.rows()]
    entries = [
        dataclasses.replace(entry, series=tuple(dataclasses.replace(s, volume_id="") for s in entry.series))
        for entry in room.cases.entries()
    ]
    return {
        "entries": entries,
        "current": room.cases.current_id,
        "facts": room.cases.facts(),
        "context": room.context.facts,
        "laboratory": room.context.rows(),
        "remarks": room.context.remarks(),
        "model": room.models.selected_id,
        "findings": findings,
        "selected": room.findings.selected_id,
        "explanation": room.findings.explain("f-icu"),
        "evidence": (room.evidence.visible, room.evidence.opacity, room.evidence.finding_id),
        "segments": segments,
        "report": room.report.report,
        "device": (room.run.device_used, room.run.device_warning),
        "points": room.run.points_ras,
        "stale": room.run.is_stale,
        "counts": {role: len(room.cases.nodes(role)) for role in ROLES},
        "runs": room.require_record().runs,
    }


def read_chest(room: ReadingRoom, radiograph: Path) -> None:
    """A reading with something of everything."""
    room.cases.open_paths([radiograph])
    room.models.select("tiny-chest")
    room.models.accept("tiny-chest")
    room.context.set_age("66")
    room.context.set_history("COPD")
    room.context.set_value("crp", "12", "mg/dL")
    room.context.set_value("ldh", "many")
    room.run.start("cpu")
    settle(room)
    room.findings.set_status("f-mass", "accepted")
    room.findings.edit("f-effusion", laterality="left", note="small")
    room.findings.add("Old rib fracture")
    room.evidence.set_visible(True)
    room.evidence.set_opacity(0.3)
    room.findings.select("f-mass")
    report = room.report.report
    assert report is not None
    sentence = next(item for part in report.sections for item in part.sentences if item.author == "model")
    room.report.set_text(sentence.id, "My own words.")


def test_saved_closed_and_loaded_again(
    room: ReadingRoom, host: Any, radiograph: Path, tmp_path: Path
) -> None:
    read_chest(room, radiograph)
    before, embedding = seen(room), room.require_record().prediction
    assert before["explanation"].contributions and before["counts"]["heat_map"] == 1
    save_scene(room.scene, tmp_path / "case.mrb")
    host.clear()
    assert room.cases.entries() == ()
    load_scene(room.scene, tmp_path / "case.mrb")
    after = seen(room)
    for key, value in before.items():
        assert after[key] == value, key
    assert room.cases.patient() == ("", "") and not room.run.can_undo
    loaded = room.require_record().prediction
    assert loaded is not None and embedding is not None
    np.testing.assert_array_equal(loaded.embeddings["image"], embedding.embeddings["image"])


def test_a_new_process_sees_the_same(
    room: ReadingRoom, make_room: Callable[..., ReadingRoom], radiograph: Path, tmp_path: Path
) -> None:
    read_chest(room, radiograph)
    before = seen(room)
    other = make_room(settings=room.settings)
    assert seen(other) == before


def test_after_a_reload_the_reading_goes_on(
    room: ReadingRoom, host: Any, radiograph: Path, tmp_path: Path
) -> None:
    read_chest(room, radiograph)
    save_scene(room.scene, tmp_path / "case.mrb")
    load_scene(room.scene, tmp_path / "case.mrb")
    before = {row.id: row.probability for row in room.findings.rows()}
    room.context.set_value("crp", "400", "mg/L")
    settle(room)
    after = {row.id: row.probability for row in room.findings.rows()}
    assert after["f-icu"] != before["f-icu"], "what-if from the stored embedding"
    counts = seen(room)["counts"]
    room.run.start("cpu")
    settle(room)
    assert seen(room)["counts"] == counts, "updated in place"
    rows = {row.id: row for row in room.findings.rows()}
    assert rows["f-mass"].status == "accepted" and rows["f-effusion"].note == "small"


def test_imported_into_a_scene_with_another_case(
    room: ReadingRoom, host: Any, radiograph: Path, phantom_file: Path, tmp_path: Path
) -> None:
    read_chest(room, radiograph)
    before = seen(room)
    save_scene(room.scene, tmp_path / "case.mrb")
    host.clear()
    (present,) = room.cases.open_paths([phantom_file])
    room.models.accept("threshold-test")
    room.run.start("cpu")
    settle(room)
    mine = {role: room.cases.nodes(role) for role in ROLES}
    import_scene(room.scene, tmp_path / "case.mrb", tmp_path / "unpacked")
    assert room.cases.current_id == present, "what was being read stays in front"
    assert {role: room.cases.nodes(role) for role in ROLES} == mine
    assert len(room.cases.entries()) == 2
    imported = room.cases.entries()[1].id
    shown = room.scene.GetNodeByID(room.cases.nodes("segmentation", imported)[0]).GetDisplayNode()
    assert not shown.GetVisibility()
    room.cases.select(imported)
    after = seen(room)
    for key in ("findings", "segments", "report", "context", "laboratory", "counts", "evidence", "runs"):
        assert after[key] == before[key], key
    assert set(room.cases.nodes("segmentation")).isdisjoint(mine["segmentation"])


def test_the_same_case_imported_twice_is_two_cases(
    room: ReadingRoom, radiograph: Path, tmp_path: Path
) -> None:
    read_chest(room, radiograph)
    save_scene(room.scene, tmp_path / "case.mrb")
    import_scene(room.scene, tmp_path / "case.mrb", tmp_path / "again")
    first, second = room.cases.entries()
    assert first.id != second.id
    room.cases.select(second.id)
    room.findings.set_status("f-mass", "rejected")
    room.cases.select(first.id)
    assert {row.id: row.status for row in room.findings.rows()}["f-mass"] == "accepted"
    room.cases.remove(first.id)
    room.cases.select(second.id)
    assert len(room.segments.rows()) == 2 and room.run.prediction is not None


def test_a_case_of_a_newer_version_is_left_alone(
    room: ReadingRoom, make_room: Callable[..., ReadingRoom], radiograph: Path, tmp_path: Path
) -> None:
    room.cases.open_paths([radiograph])
    (node_id,) = case_node_ids(room.scene)
    node = room.scene.GetNodeByID(node_id)
    newer = read_text(room.scene, node_id).replace('"version":1', '"version":99')
    node.SetText(newer)
    other = make_room()
    assert other.cases.entries() == () and other.message is not None
    assert "newer MedMM" in other.message.text
    assert node.GetText() == newer


def test_only_one_text_node_carries_the_case(room: ReadingRoom, radiograph: Path, tmp_path: Path) -> None:
    read_chest(room, radiograph)
    write_radiograph(tmp_path / "b.dcm", study="1.9")
    room.cases.open_paths([tmp_path / "b.dcm"])
    assert len(case_node_ids(room.scene)) == 2
