"""A whole case to a file and back, and files that are no scenes."""

from __future__ import annotations

import dataclasses
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from MedMMSlicerLib.core import Case, Prediction, Report
from MedMMSlicerLib.errors import DiskFullError, InputError, OutputError, UsageError
from MedMMSlicerLib.scene import bundle_io
from MedMMSlicerLib.scene.bundle_io import load_scene, save_scene
from MedMMSlicerLib.scene.case_scene import CaseNodes, build_case_scene
from MedMMSlicerLib.scene.markups import box_from_node, locations_from_node
from MedMMSlicerLib.scene.segmentations import label_map_from_node, touched_segments
from MedMMSlicerLib.scene.tables import read_table
from MedMMSlicerLib.scene.texts import add_text, read_text, report_from_node
from MedMMSlicerLib.scene.volumes import volume_from_node

pytestmark = pytest.mark.mrml


def content(scene: Any, nodes: CaseNodes) -> dict[str, Any]:
    """Everything of a case in the scene, as values that compare."""
    (volume_id,) = nodes.volume_ids.values()
    (segmentation_id,) = nodes.segmentation_ids
    volume, label_map = volume_from_node(scene, volume_id), label_map_from_node(scene, segmentation_id)
    (heat_id,) = nodes.heat_map_ids
    return {
        "voxels": np.array(volume.array).tobytes(),
        "matrix": volume.geometry.ijk_to_ras.round(9).tolist(),
        "unit, window": (volume.unit, volume.window),
        "labels": label_map.array.tobytes(),
        "label matrix": label_map.geometry.ijk_to_ras.round(9).tolist(),
        "segments": label_map.segments,
        "touched": touched_segments(scene, segmentation_id),
        "heat": np.array(volume_from_node(scene, heat_id).array).tobytes(),
        "locations": [str(locations_from_node(scene, node_id)) for node_id in nodes.location_ids],
        "boxes": [box_from_node(scene, node_id) for node_id in nodes.box_ids],
        "tables": [str(read_table(scene, node_id)) for node_id in nodes.table_ids],
        "report": report_from_node(scene, nodes.text_ids[0]),
        "page": read_text(scene, nodes.text_ids[1]),
    }


def test_a_case_is_the_same_after_saving_and_loading(
    scene: Any, case: Case, prediction: Prediction, report: Report, tmp_path: Path
) -> None:
    nodes = build_case_scene(scene, case, prediction, report, report_html="<p>体积</p>")
    before = content(scene, nodes)
    path = tmp_path / "结果" / "scene.mrb"
    save_scene(scene, path)
    assert content(scene, nodes) == before
    scene.Clear(0)
    load_scene(scene, path)
    assert content(scene, nodes) == before
    assert [item.name for item in path.parent.iterdir()] == ["scene.mrb"]


def test_a_scene_names_no_patient_and_no_place(
    scene: Any, case: Case, prediction: Prediction, report: Report, tmp_path: Path
) -> None:
    build_case_scene(scene, case, prediction, report)
    save_scene(scene, tmp_path / "scene.mrb")
    with zipfile.ZipFile(tmp_path / "scene.mrb") as archive:
        assert all(name.startswith("scene/") for name in archive.namelist())
        texts = [archive.read(name) for name in archive.namelist() if not name.endswith(".nrrd")]
    for needle in (b"Doe", b"4711", os.fsencode(tmp_path)):
        assert not any(needle in text for text in texts)


def test_several_predictions_and_no_report(scene: Any, case: Case, prediction: Prediction) -> None:
    nodes = build_case_scene(scene, case, [prediction, prediction], language="zh-CN")
    assert len(nodes.segmentation_ids) == 2 and len(nodes.heat_map_ids) == 2
    assert nodes.text_ids == () and len(nodes.table_ids) == 2
    segmentation = scene.GetNodeByID(nodes.segmentation_ids[0]).GetSegmentation()
    assert segmentation.GetNthSegment(0).GetName() == "左侧海马前部"


def test_a_case_without_findings_has_only_its_images(scene: Any, case: Case, prediction: Prediction) -> None:
    nodes = build_case_scene(scene, case, Prediction(prediction.provenance))
    assert list(nodes.volume_ids) == ["current"]
    assert nodes.segmentation_ids + nodes.table_ids + nodes.location_ids + nodes.box_ids == ()


def test_the_views_open_on_the_first_finding(scene: Any, case: Case, prediction: Prediction) -> None:
    build_case_scene(scene, case, prediction)
    red = scene.GetSingletonNode("Red", "vtkMRMLSliceNode")
    location = prediction.findings[0].location_ras
    assert location is not None
    assert red.GetSliceToRAS().GetElement(2, 3) == pytest.approx(location[2])
    scene.Clear(0)
    build_case_scene(scene, case, dataclasses.replace(prediction, findings=()))
    (label_map,) = prediction.label_maps
    center = label_map.geometry.kji_to_ras(np.argwhere(label_map.array).mean(axis=0))
    red = scene.GetSingletonNode("Red", "vtkMRMLSliceNode")
    assert red.GetSliceToRAS().GetElement(2, 3) == pytest.approx(center[2])


def test_what_can_not_be_built_is_said(scene: Any, case: Case, prediction: Prediction) -> None:
    unloaded = Case("case-2", {"current": dataclasses.replace(case.series["current"], volume=None)})
    with pytest.raises(InputError, match=r"'case-2' has no loaded series"):
        build_case_scene(scene, unloaded, prediction)
    prior = dataclasses.replace(prediction.label_maps[0], role="prior")
    with pytest.raises(InputError, match="'prior', which is not loaded"):
        build_case_scene(scene, case, dataclasses.replace(prediction, label_maps=(prior,)))


def test_an_older_file_is_replaced_only_by_a_complete_one(
    scene: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "scene.mrb"
    add_text(scene, "first", "a")
    save_scene(scene, path)
    first = path.read_bytes()

    class Failing:
        def WriteToMRB(self, *_: object) -> bool:
            return False

    with pytest.raises(OutputError, match="Slicer gave no reason"):
        save_scene(Failing(), path)
    assert path.read_bytes() == first
    monkeypatch.setattr(bundle_io, "_FULL_DISK_BYTES", 1 << 62)
    with pytest.raises(DiskFullError, match="disk is full"):
        save_scene(Failing(), path)
    assert [item.name for item in tmp_path.iterdir()] == ["scene.mrb"]


def test_bad_places_and_names(scene: Any, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"end in \.mrb"):
        save_scene(scene, tmp_path / "scene.mrml")
    blocker = tmp_path / "file"
    blocker.write_text("")
    with pytest.raises(OutputError):
        save_scene(scene, blocker / "scene.mrb")


@pytest.mark.parametrize("content_bytes", [b"", b"PK\x03\x04 not a zip", None])
def test_what_is_no_scene_leaves_the_scene_alone(
    scene: Any, tmp_path: Path, content_bytes: bytes | None
) -> None:
    kept = add_text(scene, "kept", "a")
    path = tmp_path / "x.mrb"
    if content_bytes is not None:
        path.write_bytes(content_bytes)
    with pytest.raises(InputError, match=r"x\.mrb"):
        load_scene(scene, path)
    assert read_text(scene, kept) == "kept"


@pytest.mark.parametrize(
    "name", ["../evil.mrml", "/etc/evil.mrml", "a/../../b.mrml", "C:\\evil.mrml", "..\\b.mrml"]
)
def test_archives_that_leave_their_folder_are_refused(scene: Any, tmp_path: Path, name: str) -> None:
    path = tmp_path / "x.mrb"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x/x.mrml", "<MRML></MRML>")
        archive.writestr(name, "<MRML></MRML>")
    with pytest.raises(InputError, match="refused"):
        load_scene(scene, path)


def test_a_zip_without_a_scene_and_a_bomb_are_refused(
    scene: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.mrb"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x/readme.txt", "x")
    with pytest.raises(InputError, match="holds no MRML scene"):
        load_scene(scene, path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x/x.mrml", "<MRML></MRML>" + " " * 4096)
    usage = bundle_io.shutil.disk_usage(tmp_path)
    monkeypatch.setattr(bundle_io.shutil, "disk_usage", lambda _: usage._replace(free=1024))
    with pytest.raises(DiskFullError, match="to unpack"):
        load_scene(scene, path)
