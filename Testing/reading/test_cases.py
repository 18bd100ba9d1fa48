"""Opening, selecting, roles and removal of cases."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from MedMMSlicerLib.errors import CancelledError, InputError, UsageError
from MedMMSlicerLib.reading.room import ReadingRoom
from MedMMSlicerLib.reporting.render import to_text
from MedMMSlicerLib.scene.cases import case_node_ids
from MedMMSlicerLib.scene.texts import read_text
from MedMMSlicerLib.scene.volumes import volume_from_node

from .conftest import settle, write_radiograph

pytestmark = pytest.mark.mrml


def count_nodes(scene: Any, class_name: str) -> int:
    return int(scene.GetNumberOfNodesByClass(class_name))


def background(scene: Any) -> str:
    return str(scene.GetFirstNodeByClass("vtkMRMLSliceCompositeNode").GetBackgroundVolumeID())


def test_an_empty_room_has_nothing_to_show(room: ReadingRoom) -> None:
    assert room.cases.entries() == () and room.cases.current_id == "" and room.record is None
    assert room.cases.facts() == () and room.cases.patient() == ("", "")
    assert room.context.rows() == () and room.run.can_start() == (
        False,
        "No case is open. Open images first.",
    )
    assert not room.run.can_undo and not room.run.is_stale and room.run.prediction is None
    with pytest.raises(UsageError, match="No case is open"):
        room.context.set_age("3")
    with pytest.raises(UsageError):
        room.run.start()


def test_a_radiograph_with_its_facts(room: ReadingRoom, radiograph: Path) -> None:
    (case_id,) = room.cases.open_paths([radiograph])
    (entry,) = room.cases.entries()
    assert (entry.id, entry.title, entry.subtitle) == (case_id, "Chest", "DX · CHEST · 2026-01-02")
    assert entry.state == "new" and room.cases.current_id == case_id
    (series,) = entry.series
    assert (series.role, series.modality, series.body_part, series.view) == ("current", "DX", "CHEST", "PA")
    assert background(room.scene) == series.volume_id
    facts = {fact.name: fact.value for fact in room.cases.facts()}
    assert facts["age"] == "71 years" and facts["sex"] == "female" and facts["size"] == "64 × 80"
    assert room.cases.patient() == ("Doe^Jane", "4711")


def test_who_the_patient_is_stays_out_of_the_scene(room: ReadingRoom, radiograph: Path) -> None:
    room.cases.open_paths([radiograph])
    room.scene.SetSaveToXMLString(1)
    room.scene.Commit()
    saved = room.scene.GetSceneXMLString()
    room.scene.SetSaveToXMLString(0)
    texts = [read_text(room.scene, node_id) for node_id in case_node_ids(room.scene)]
    assert len(texts) == 1 and json.loads(texts[0])["schema"] == "medmm-case"
    for secret in ("Doe", "Jane", "4711", str(radiograph.parent)):
        assert secret not in saved and secret not in texts[0]


def test_two_studies_keep_apart(room: ReadingRoom, radiograph: Path, phantom_file: Path) -> None:
    first, second = room.cases.open_paths([radiograph, phantom_file])
    assert room.cases.current_id == first
    room.models.accept("tiny-chest")
    room.run.start("cpu")
    settle(room)
    segmentation = room.scene.GetNodeByID(room.cases.nodes("segmentation")[0]).GetDisplayNode()
    assert segmentation.GetVisibility()
    room.cases.select(second)
    assert room.run.prediction is None and room.findings.rows() == () and room.report.report is None
    assert not segmentation.GetVisibility()
    assert background(room.scene) == room.cases.nodes("volume.current")[0]
    assert {fact.name for fact in room.cases.facts()}.isdisjoint({"age", "sex"})
    room.context.set_age("30")
    room.cases.select(first)
    assert segmentation.GetVisibility() and room.context.facts.age_years == 71
    assert [entry.state for entry in room.cases.entries()] == ["read", "new"]


def test_what_the_reader_hid_stays_hidden_when_cases_change(
    room: ReadingRoom, radiograph: Path, phantom_file: Path
) -> None:
    first, second = room.cases.open_paths([radiograph, phantom_file])
    room.models.accept("tiny-chest")
    room.run.start("cpu")
    settle(room)
    display = room.scene.GetNodeByID(room.cases.nodes("segmentation")[0]).GetDisplayNode()
    display.SetVisibility(False)
    room.cases.select(second)
    room.cases.select(first)
    assert not display.GetVisibility()


def test_results_go_to_the_case_of_the_run_whatever_is_shown(
    make_room: Callable[..., ReadingRoom], radiograph: Path, phantom_file: Path
) -> None:
    room = make_room()
    first, second = room.cases.open_paths([radiograph, phantom_file])
    room.models.accept("tiny-chest")
    room.run.start("cpu")
    room.cases.select(second)
    settle(room)
    assert room.cases.current_id == second and room.run.prediction is None
    display = room.scene.GetNodeByID(room.cases.nodes("segmentation", first)[0]).GetDisplayNode()
    assert not display.GetVisibility()
    assert background(room.scene) == room.cases.nodes("volume.current")[0]
    room.cases.select(first)
    assert room.run.prediction is not None and display.GetVisibility() and room.findings.rows()
    assert room.report.report is not None


def test_series_of_a_study_get_roles(room: ReadingRoom, tmp_path: Path) -> None:
    lateral = write_radiograph(tmp_path / "s" / "l.dcm", view="LATERAL")
    frontal = write_radiograph(tmp_path / "s" / "p.dcm", view="PA")
    (case_id,) = room.cases.open_paths([lateral, frontal])
    (entry,) = room.cases.entries()
    assert {item.role: item.view for item in entry.series} == {"current": "PA", "lateral": "LATERAL"}
    assert entry.subtitle.endswith("2 series")
    room.cases.set_role(case_id, entry.series[1].volume_id, "current")
    (entry,) = room.cases.entries()
    assert {item.role: item.view for item in entry.series} == {"current": "LATERAL", "lateral": "PA"}
    assert background(room.scene) == entry.series[0].volume_id
    assert room.cases.case().series["current"].facts.view == "LATERAL"


def test_a_volume_of_another_case_as_prior(room: ReadingRoom, tmp_path: Path) -> None:
    new = write_radiograph(tmp_path / "new.dcm", study="1.2.826.1")
    old = write_radiograph(tmp_path / "old.dcm", study="1.2.826.2", StudyDate="20250102")
    first, second = room.cases.open_paths([new, old])
    prior = room.cases.nodes("volume.current", second)[0]
    room.cases.set_role(first, prior, "prior")
    roles = {item.role: item.volume_id for item in room.cases.entries()[0].series}
    assert roles["prior"] == prior and len(roles) == 2
    assert room.cases.case(first).series["prior"].study_uid == "1.2.826.2"
    room.cases.remove(first)
    assert room.scene.GetNodeByID(prior) is not None, "the other case needs it"
    with pytest.raises(UsageError, match="role of an image"):
        room.cases.set_role(second, prior, "a b;c")


def test_a_study_is_not_opened_twice(room: ReadingRoom, radiograph: Path, tmp_path: Path) -> None:
    first = room.cases.open_paths([radiograph])
    assert room.cases.open_paths([radiograph]) == first
    assert len(room.cases.entries()) == 1 and count_nodes(room.scene, "vtkMRMLScalarVolumeNode") == 1
    lateral = write_radiograph(tmp_path / "l.dcm", view="LATERAL")
    assert room.cases.open_paths([lateral]) == first
    assert {item.role for item in room.cases.entries()[0].series} == {"current", "lateral"}


def test_files_without_a_study_are_cases_of_their_own(
    room: ReadingRoom, phantom_file: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.nii.gz"
    copy.write_bytes(phantom_file.read_bytes())
    ids = room.cases.open_paths([phantom_file, copy])
    assert len(ids) == 2
    assert [entry.title for entry in room.cases.entries()] == ["phantom.nii.gz", "copy.nii.gz"]


def test_cancelling_leaves_nothing_behind(room: ReadingRoom, radiograph: Path, phantom_file: Path) -> None:
    stages: list[str] = []

    def cancel_at_the_second(stage: str, fraction: float) -> None:
        assert 0 <= fraction <= 1
        stages.append(stage)
        if sum(stage.startswith("loading") for stage in stages) == 2:
            raise CancelledError("Cancelled.")

    before = room.scene.GetNumberOfNodes()
    with pytest.raises(CancelledError):
        room.cases.open_paths([radiograph, phantom_file], cancel_at_the_second)
    assert stages[0] == "looking for images"
    assert room.cases.entries() == () and room.scene.GetNumberOfNodes() == before


def test_images_that_can_not_be_read(room: ReadingRoom, radiograph: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        room.cases.open_paths([tmp_path / "no"])
    broken = radiograph.parent / "lateral.dcm"
    write_radiograph(broken, view="LATERAL")
    broken.write_bytes(broken.read_bytes()[:-400])
    room.cases.open_paths([radiograph.parent])
    record = room.record
    assert record is not None and set(record.series) == {"current"}
    (remark,) = [text for text in record.remarks if "left out" in text]
    assert "lateral.dcm" in remark
    (node_id,) = case_node_ids(room.scene)
    assert str(tmp_path) not in read_text(room.scene, node_id), "folders may carry the patient's name"
    assert room.message is not None and room.message.severity == "warning"
    said = room.message.text
    assert said.startswith(
        "1 file in the folder could not be read and was left out: lateral.dcm is truncated"
    )
    assert str(tmp_path) not in said
    room.report.start()
    assert room.report.report is not None
    report = to_text(room.report.report)
    assert report.count("lateral.dcm") == 1 and str(tmp_path) not in report


def test_files_that_are_no_images_are_left_out_without_a_message(room: ReadingRoom, radiograph: Path) -> None:
    (radiograph.parent / "readme.txt").write_text("no image", encoding="utf-8")
    room.cases.open_paths([radiograph.parent])
    assert room.message is None


def test_of_several_files_those_that_can_be_read_are_opened(
    room: ReadingRoom, radiograph: Path, phantom_file: Path, tmp_path: Path
) -> None:
    text, empty, damaged = tmp_path / "notes.txt", tmp_path / "empty.nii.gz", tmp_path / "damaged.nii.gz"
    text.write_text("no image", encoding="utf-8")
    empty.write_bytes(b"")
    whole = phantom_file.read_bytes()
    damaged.write_bytes(whole[: len(whole) // 2])
    gone = tmp_path / "gone.dcm"
    ids = room.cases.open_paths([text, radiograph, empty, phantom_file, damaged, gone])
    assert len(ids) == len(room.cases.entries()) == 2
    assert room.message is not None and room.message.severity == "warning"
    assert room.message.text.startswith("4 not opened: ")
    for path in (text, empty, damaged, gone):
        assert path.name in room.message.text
    assert room.scene.GetNumberOfNodesByClass("vtkMRMLScalarVolumeNode") == 2


def test_of_several_files_none_of_which_can_be_read_nothing_stays(room: ReadingRoom, tmp_path: Path) -> None:
    paths = [tmp_path / f"notes{number}.txt" for number in range(3)]
    for path in paths:
        path.write_text("no image", encoding="utf-8")
    with pytest.raises(InputError, match="notes0"):
        room.cases.open_paths(paths)
    assert room.cases.entries() == () and room.message is None


def test_a_message_about_many_files_stays_short(room: ReadingRoom, radiograph: Path, tmp_path: Path) -> None:
    paths = [tmp_path / f"notes{number}.txt" for number in range(30)]
    for path in paths:
        path.write_text("no image", encoding="utf-8")
    assert len(room.cases.open_paths([radiograph, *paths])) == 1
    assert room.message is not None
    assert room.message.text.startswith("30 not opened: ") and room.message.text.endswith("And 26 more.")


def test_removing_a_case_takes_its_nodes_along(
    room: ReadingRoom, radiograph: Path, phantom_file: Path
) -> None:
    first, second = room.cases.open_paths([radiograph, phantom_file])
    before = {item.GetID() for item in _nodes(room.scene)}
    room.models.accept("tiny-chest")
    room.run.start("cpu")
    settle(room)
    room.cases.remove(first)
    assert [entry.id for entry in room.cases.entries()] == [second] and room.cases.current_id == second
    left = {item.GetID() for item in _nodes(room.scene)} - before
    # The color table of heat maps is shared by all cases.
    classes = {room.scene.GetNodeByID(node_id).GetClassName() for node_id in left}
    assert classes <= {"vtkMRMLColorTableNode", "vtkMRMLColorTableStorageNode"}
    with pytest.raises(UsageError, match="not open any more"):
        room.cases.select(first)
    room.cases.remove(second)
    assert room.cases.entries() == () and room.cases.current_id == ""


def _nodes(scene: Any) -> list[Any]:
    return [scene.GetNthNode(index) for index in range(scene.GetNumberOfNodes())]


def test_adopting_a_volume_of_slicer(make_room: Callable[..., ReadingRoom], radiograph: Path) -> None:
    files = {"1.2.826.1.2.1": str(radiograph)}
    room = make_room(file_of_instance=files.get)
    volume_id = _loaded_by_slicer(room, radiograph)
    case_id = room.cases.adopt_volume(volume_id)
    facts = {fact.name: fact.value for fact in room.cases.facts()}
    assert facts["age"] == "71 years" and facts["view"] == "PA"
    case = room.cases.case()
    assert case.series["current"].paths == (radiograph,) and case.series["current"].study_uid == "1.2.826.1"
    assert room.record is not None and room.record.remarks == ()
    assert room.cases.adopt_volume(volume_id) == case_id, "it is a case already"
    room.cases.remove(case_id)
    assert room.scene.GetNodeByID(volume_id) is not None, "the reader had loaded it before"


@pytest.mark.parametrize(
    ("lookup", "said"),
    [(None, "There is no DICOM database"), (lambda uid: None, "does not know this image")],
)
def test_what_could_not_be_read_of_an_adopted_volume_is_said(
    make_room: Callable[..., ReadingRoom], radiograph: Path, lookup: Any, said: str
) -> None:
    room = make_room(file_of_instance=lookup)
    room.cases.adopt_volume(_loaded_by_slicer(room, radiograph))
    assert room.record is not None and said in room.record.remarks[0]
    assert room.context.facts.age_years is None


def test_adopting_a_volume_with_its_files(room: ReadingRoom, radiograph: Path) -> None:
    room.cases.adopt_volume(_loaded_by_slicer(room, radiograph), [radiograph])
    assert room.context.facts.sex == "F"
    with pytest.raises(InputError, match="no Volume"):
        room.cases.adopt_volume("vtkMRMLScalarVolumeNode99")


def _loaded_by_slicer(room: ReadingRoom, path: Path) -> str:
    from MedMMSlicerLib.dicom.reading import read_image
    from MedMMSlicerLib.scene.volumes import add_volume

    volume = read_image(path).volume
    assert volume is not None
    node_id = add_volume(room.scene, volume, name="6: chest")
    room.scene.GetNodeByID(node_id).SetAttribute("DICOM.instanceUIDs", "1.2.826.1.2.1")
    return node_id


def test_voxels_are_shared_with_the_scene(room: ReadingRoom, phantom_file: Path) -> None:
    room.cases.open_paths([phantom_file])
    volume = room.cases.case().series["current"].volume
    assert volume is not None
    other = volume_from_node(room.scene, room.cases.nodes("volume.current")[0])
    assert np.shares_memory(volume.array, other.array)


def test_a_removed_volume_is_not_listed_any_more(room: ReadingRoom, phantom_file: Path) -> None:
    heard: list[str] = []
    room.cases.open_paths([phantom_file])
    room.listeners.subscribe("cases", lambda: heard.append("cases"))
    room.scene.RemoveNode(room.scene.GetNodeByID(room.cases.nodes("volume.current")[0]))
    assert heard and room.cases.entries()[0].series[0].volume_id == ""
    assert room.run.can_start()[1] == "The image of this case was removed from the scene. Open it again."


def test_a_removed_case_node_closes_the_case(room: ReadingRoom, radiograph: Path, phantom_file: Path) -> None:
    _, second = room.cases.open_paths([radiograph, phantom_file])
    room.scene.RemoveNode(room.scene.GetNodeByID(case_node_ids(room.scene)[0]))
    assert [entry.id for entry in room.cases.entries()] == [second] and room.cases.current_id == second


def test_titles_and_labels_in_chinese(make_room: Callable[..., ReadingRoom], radiograph: Path) -> None:
    room = make_room(language="zh-CN")
    room.cases.open_paths([radiograph])
    facts = {fact.name: (fact.label, fact.value) for fact in room.cases.facts()}
    assert facts["age"] == ("年龄", "71 岁") and facts["sex"] == ("性别", "女")
    assert {row.id: row.title for row in room.models.suggestions()}["tiny-chest"] == "小胸片"
    reasons = {row.id: row.reason for row in room.models.suggestions()}
    assert reasons["tiny-chest"] == "tiny-chest 适用：DX 图像，单幅图像。"
    assert reasons["threshold-test"] == "threshold-test 读取 MR、CT 三维图像；此图像为 DX。"
    labels = {row.name: row.label for row in room.context.rows()}
    assert labels["crp"] == "C反应蛋白" and labels["ldh"] == "乳酸脱氢酶"
    assert "请先阅读模型说明" in room.run.can_start()[1]
    room.models.accept("tiny-chest")
    room.run.start("cpu")
    settle(room)
    assert "肿块" in {row.name for row in room.findings.rows()}
    room.set_language("en")
    assert "Mass" in {row.name for row in room.findings.rows()}
    assert room.report.report is not None and room.report.report.language == "en"
    with pytest.raises(UsageError, match="no language"):
        room.set_language("xx")


def test_constructing_a_room_is_quick_and_starts_nothing(scene: Any) -> None:
    import time

    ReadingRoom(scene).close()
    seconds = []
    for _ in range(5):
        start = time.thread_time()
        room = ReadingRoom(scene)
        seconds.append(time.thread_time() - start)
        assert room.given_worker is None
        room.close()
    assert min(seconds) < 0.005
