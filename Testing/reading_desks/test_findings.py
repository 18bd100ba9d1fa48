"""Findings: rows, order and filter, status, edits, places, own findings, selection."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from MedMMSlicerLib.errors import InputError, UsageError

pytestmark = pytest.mark.mrml


def _points(room: Any) -> dict[str, tuple[str, bool, bool]]:
    """Finding id to label, visible, highlighted, as the views have it."""
    nodes = room.cases.nodes("locations")
    if not nodes:
        return {}
    node = room.scene.GetNodeByID(nodes[0])
    ids = node.GetAttribute("MedMM.FindingIds").split()
    assert node.GetNumberOfControlPoints() == len(ids)
    return {
        name: (
            node.GetNthControlPointLabel(index),
            bool(node.GetNthControlPointVisibility(index)),
            bool(node.GetNthControlPointSelected(index)),
        )
        for index, name in enumerate(ids)
    }


def test_points_of_the_reader_go_elsewhere(room: Any) -> None:
    """Slicer makes each new point list the active one, into which the next point is placed."""
    scene = room.scene
    selection = scene.GetNodeByID("vtkMRMLSelectionNodeSingleton")
    own = scene.AddNewNodeByClass("vtkMRMLMarkupsFiducialNode", "Own")
    assert selection.GetActivePlaceNodeID() == own.GetID()
    before = _points(room)
    room.findings.add("Calcification", location_ras=(1.0, 2.0, 3.0))
    assert len(_points(room)) == len(before) + 1
    assert selection.GetActivePlaceNodeID() == own.GetID()
    assert selection.GetActivePlaceNodeClassName() == "vtkMRMLMarkupsFiducialNode"
    node = scene.GetNodeByID(room.cases.nodes("locations")[0])
    assert node.GetFixedNumberOfControlPoints()


def test_rows_say_what_the_model_found(room: Any) -> None:
    rows = {row.id: row for row in room.findings.rows()}
    assert set(rows) == {"f-lung-left", "f-lung-right", "f-pneumonia", "f-edema", "q-cut"}
    assert rows["f-pneumonia"].above is True and rows["f-edema"].above is False
    assert rows["f-lung-left"].above is None and rows["f-lung-left"].location_ras is not None
    assert (
        "volume" in rows["f-lung-left"].measurements_text and "mm³" in rows["f-lung-left"].measurements_text
    )
    assert rows["f-pneumonia"].region == "Lungs"
    assert (
        room.scene.GetNodeByID(rows["f-pneumonia"].heat_map_id).GetAttribute("MedMM.FindingId")
        == "f-pneumonia"
    )
    assert rows["f-lung-left"].heat_map_id == "" and rows["q-cut"].kind == "quality"


def test_rows_are_sorted_and_filtered(room: Any) -> None:
    by_probability = [row.id for row in room.findings.rows()]
    assert by_probability[:2] == ["f-pneumonia", "f-edema"]
    names = [row.name for row in room.findings.rows("name")]
    assert names == sorted(names)
    room.findings.set_status("f-edema", "accepted")
    room.findings.set_status("f-pneumonia", "rejected")
    assert next(row.id for row in room.findings.rows("status")) == "f-edema"
    assert [row.id for row in room.findings.rows("status")][-1] == "f-pneumonia"
    assert [row.id for row in room.findings.rows(only="accepted")] == ["f-edema"]
    assert [row.id for row in room.findings.rows(only="rejected")] == ["f-pneumonia"]
    assert {row.id for row in room.findings.rows(only="open")} == {"f-lung-left", "f-lung-right", "q-cut"}
    assert "f-edema" not in {row.id for row in room.findings.rows(only="above")}
    for arguments in (("size", "all"), ("name", "some")):
        with pytest.raises(UsageError, match="can not be listed"):
            room.findings.rows(*arguments)


def test_rows_without_a_case_are_none(make_room: Callable[..., Any]) -> None:
    empty = make_room()
    assert empty.findings.rows() == () and empty.findings.selected_id == ""
    assert empty.segments.rows() == () and empty.report.report is None
    assert (empty.evidence.visible, empty.evidence.finding_id) == (False, "")
    for act in (
        lambda: empty.findings.add("x"),
        lambda: empty.evidence.set_visible(True),
        empty.report.start,
    ):
        with pytest.raises(UsageError, match="No case is open"):
            act()


def test_status_reaches_record_table_points_and_report(
    room: Any, heard: list[str], texts: Callable[..., dict[str, str]]
) -> None:
    from MedMMSlicerLib.scene.tables import read_table

    node_id = room.cases.nodes("locations")[0]
    assert "left lung" in " ".join(texts(room, "findings").values()).lower()
    room.findings.set_status("f-lung-left", "rejected")
    assert room.record.mark("f-lung-left").status == "rejected"
    table = read_table(room.scene, room.cases.nodes("probabilities")[0])
    assert {row["id"]: row["status"] for row in table}["f-lung-left"] == "rejected"
    assert _points(room)["f-lung-left"][1] is False and _points(room)["f-lung-right"][1] is True
    assert "left lung" not in " ".join(texts(room, "findings").values()).lower()
    assert heard.count("findings") == 1 and heard.count("report") == 1
    room.findings.set_status("f-lung-left", "proposed")
    assert _points(room)["f-lung-left"][1] is True
    assert "left lung" in " ".join(texts(room, "findings").values()).lower()
    assert room.cases.nodes("locations") == (node_id,)


def test_status_that_is_none_or_the_same_changes_nothing(room: Any, heard: list[str]) -> None:
    room.findings.set_status("f-edema", "proposed")
    assert heard == []
    with pytest.raises(UsageError, match="can not be 'done'"):
        room.findings.set_status("f-edema", "done")
    with pytest.raises(InputError, match="no finding 'f-none'"):
        room.findings.set_status("f-none", "accepted")


def test_edits_set_the_status_and_stay_in_every_language(room: Any, make_room: Callable[..., Any]) -> None:
    room.findings.edit("f-pneumonia", name="Lobar  pneumonia", laterality="left", note="new since May")
    row = next(row for row in room.findings.rows() if row.id == "f-pneumonia")
    assert (row.name, row.laterality, row.note, row.status) == (
        "Lobar pneumonia", "left", "new since May", "edited"
    )  # fmt: skip
    chinese = make_room("zh-CN")
    assert next(row for row in chinese.findings.rows() if row.id == "f-pneumonia").name == "Lobar pneumonia"
    assert next(row for row in chinese.findings.rows() if row.id == "f-edema").name == "水肿"


def test_edits_that_change_nothing_or_are_wrong(room: Any, heard: list[str]) -> None:
    room.findings.edit("f-edema", name="Edema", laterality="", note="")
    assert heard == [] and room.record.mark("f-edema").status == "proposed"
    with pytest.raises(InputError, match="needs a name"):
        room.findings.edit("f-edema", name="  ")
    with pytest.raises(InputError, match="is no side"):
        room.findings.edit("f-edema", laterality="top")
    assert room.record.marks == ()


def test_marks_outlive_another_run(
    room: Any,
    results: Callable[..., None],
    make_prediction: Callable[..., Any],
    make_label_map: Callable[..., Any],
) -> None:
    room.findings.set_status("f-pneumonia", "accepted")
    room.findings.edit("f-edema", name="Congestion")
    results(room, make_prediction(make_label_map(), pneumonia=0.2))
    rows = {row.id: row for row in room.findings.rows()}
    assert (rows["f-pneumonia"].status, rows["f-pneumonia"].probability) == ("accepted", 0.2)
    assert (rows["f-edema"].name, rows["f-edema"].status) == ("Congestion", "edited")


def test_own_findings(room: Any, texts: Callable[..., dict[str, str]]) -> None:
    first = room.findings.add("Nodule", (10.0, -20.0, 30.0))
    second = room.findings.add("Scar")
    rows = {row.id: row for row in room.findings.rows()}
    assert rows[first].probability is None and rows[first].kind == "finding"
    assert (rows[first].status, rows[first].location_ras) == ("accepted", (10.0, -20.0, 30.0))
    assert rows[second].location_ras is None
    assert _points(room)[first][0] == "Nodule" and second not in _points(room)
    room.findings.edit(first, laterality="right", note="8 mm")
    assert next(row for row in room.findings.rows() if row.id == first).status == "accepted"
    assert "Right nodule: 8 mm." in texts(room, "findings").values()
    assert room.report.sentences_of(first)
    room.findings.remove(first)
    assert first not in {row.id for row in room.findings.rows()} and first not in _points(room)
    assert not room.report.sentences_of(first)
    assert room.findings.add("Another") not in (first, second)
    with pytest.raises(InputError, match="Reject this one"):
        room.findings.remove("f-edema")
    with pytest.raises(InputError, match="needs a name"):
        room.findings.add(" ")


def test_places_are_moved_by_number_and_by_hand(room: Any) -> None:
    room.findings.place("f-edema", (1.0, 2.0, 3.0))
    assert next(row for row in room.findings.rows() if row.id == "f-edema").location_ras == (1.0, 2.0, 3.0)
    node = room.scene.GetNodeByID(room.cases.nodes("locations")[0])
    before = room.record
    room.findings.take_locations()
    assert room.record is before
    index = node.GetAttribute("MedMM.FindingIds").split().index("f-lung-right")
    node.SetNthControlPointPositionWorld(index, 5.0, 6.0, 7.0)
    room.findings.take_locations()
    row = next(row for row in room.findings.rows() if row.id == "f-lung-right")
    assert row.location_ras == pytest.approx((5.0, 6.0, 7.0)) and row.status == "edited"
    assert room.record.mark("f-lung-left").status == "proposed"


def test_picked_is_where_the_crosshair_is(room: Any) -> None:
    crosshair = room.scene.GetFirstNodeByClass("vtkMRMLCrosshairNode")
    crosshair.SetCrosshairRAS(0.0, 0.0, 0.0)
    assert room.findings.picked() is None, "nobody put it there"
    crosshair.SetCrosshairRAS(4.0, 5.0, 6.0)
    assert room.findings.picked() == (4.0, 5.0, 6.0)


def _centers(room: Any) -> list[np.ndarray]:
    from MedMMSlicerLib.scene.views import SLICE_VIEWS

    nodes = [room.scene.GetSingletonNode(name, "vtkMRMLSliceNode") for name in SLICE_VIEWS]
    matrices = [node.GetSliceToRAS() for node in nodes]
    return [np.array([matrix.GetElement(row, 3) for row in range(3)]) for matrix in matrices]


def test_selection_jumps_all_views(room: Any, heard: list[str]) -> None:
    row = next(row for row in room.findings.rows() if row.id == "f-lung-right")
    room.findings.select("f-lung-right")
    assert all(np.allclose(center, row.location_ras, atol=1e-6) for center in _centers(room))
    assert room.findings.selected_id == "f-lung-right" and "findings" in heard
    assert _points(room)["f-lung-right"][2] and not _points(room)["f-lung-left"][2]
    before = _centers(room)
    room.findings.select("f-pneumonia")
    assert np.allclose(before, _centers(room)), "a finding without a place moves nothing"
    room.findings.select("")
    assert room.findings.selected_id == "" and not any(item[2] for item in _points(room).values())
    with pytest.raises(InputError, match="no finding"):
        room.findings.select("f-none")


def test_another_run_without_the_selected_finding_selects_none(
    room: Any,
    results: Callable[..., None],
    make_prediction: Callable[..., Any],
    make_label_map: Callable[..., Any],
) -> None:
    import dataclasses

    room.findings.select("f-edema")
    prediction = make_prediction(make_label_map())
    kept = tuple(item for item in prediction.findings if item.id != "f-edema")
    results(room, dataclasses.replace(prediction, findings=kept))
    assert room.findings.selected_id == ""


def test_everything_survives_saving(room: Any, reload: Callable[..., Any]) -> None:
    room.findings.set_status("f-edema", "rejected")
    room.findings.edit("f-pneumonia", name="Lobar", note="a note")
    own = room.findings.add("结节", (10.0, -20.0, 30.0))
    room.findings.select(own)
    before = room.findings.rows("name")
    after_room = reload()
    after = after_room.findings.rows("name")
    strip = [(row.id, row.name, row.status, row.note, row.probability, row.point_text) for row in before]
    assert strip == [
        (row.id, row.name, row.status, row.note, row.probability, row.point_text) for row in after
    ]
    assert after_room.findings.selected_id == own and _points(after_room)[own] == ("结节", True, True)
    after_room.findings.set_status("f-lung-left", "rejected")
    assert _points(after_room)["f-lung-left"][1] is False


def test_two_cases_keep_apart(
    room: Any, open_case: Callable[..., str], results: Callable[..., None],
    make_prediction: Callable[..., Any], make_label_map: Callable[..., Any],
) -> None:  # fmt: skip
    first = room.cases.current_id
    second = open_case(room, "Other")
    assert room.findings.rows() == () and room.report.report is None
    results(room, make_prediction(make_label_map(2), pneumonia=0.9))
    room.findings.set_status("f-pneumonia", "rejected")
    room.findings.add("Only here", (0.0, 0.0, 0.0))
    room.cases.select(first)
    rows = {row.id: row for row in room.findings.rows()}
    assert rows["f-pneumonia"].status == "proposed" and "r-1" not in rows
    assert rows["f-pneumonia"].probability == 0.72
    room.cases.select(second)
    assert {row.id: row for row in room.findings.rows()}["f-pneumonia"].status == "rejected"
    assert "r-1" in _points(room)
