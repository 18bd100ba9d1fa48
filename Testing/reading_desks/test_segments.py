"""Segments: rows from the nodes, measurements of the voxels as they are, versions, removal and undo."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from MedMMSlicerLib.core import VolumeGeometry
from MedMMSlicerLib.errors import InputError, UsageError

pytestmark = pytest.mark.mrml


def _rows(room: Any) -> dict[str, Any]:
    return {row.segment_id: row for row in room.segments.rows()}


def _node(room: Any) -> Any:
    return room.scene.GetNodeByID(room.cases.nodes("segmentation")[0])


def _masks(room: Any) -> dict[str, bytes]:
    from MedMMSlicerLib.scene._segment_nodes import grid_of
    from MedMMSlicerLib.scene._segment_voxels import segment_mask

    node = _node(room)
    grid = grid_of(room.scene, node)
    return {key: segment_mask(node, key, grid).tobytes() for key in node.GetSegmentation().GetSegmentIDs()}


def _volume(room: Any, name: str) -> float | None:
    found = [item.value for item in room.record.prediction.measurements if item.id == name]
    return found[0] if found else None


def test_rows_come_from_the_nodes(room: Any, geometry: VolumeGeometry) -> None:
    rows = room.segments.rows()
    assert [row.segment_id for row in rows] == ["lung-left", "lung-right", "heart"]
    left = rows[0]
    assert (left.name, left.color, left.visible, left.opacity) == ("Left lung", (10, 200, 77), True, 1.0)
    assert (left.algorithm_type, left.touched, left.is_new) == ("AUTOMATIC", False, False)
    voxels = 3 * 4 * 5
    assert left.volume_text.startswith(f"{voxels * geometry.voxel_volume_mm3:,.0f} mm³, longest diameter ")
    # Two voxels at opposite corners of the box: 2, 3 and 4 steps apart.
    longest = np.linalg.norm(np.array([2, 3, 4]) * geometry.spacing_mm)
    assert left.volume_text.endswith(f"{longest:.1f} mm")
    assert rows[2].volume_text == "empty"


def test_texts_in_chinese(room: Any, make_room: Callable[..., Any]) -> None:
    rows = {row.segment_id: row for row in make_room("zh-CN").segments.rows()}
    assert "最长径" in rows["lung-left"].volume_text and rows["heart"].volume_text == "空"


def test_visibility_and_opacity(room: Any, heard: list[str]) -> None:
    node_id = room.cases.nodes("segmentation")[0]
    room.segments.set_visible(node_id, "lung-left", False)
    assert not _rows(room)["lung-left"].visible and _rows(room)["lung-right"].visible
    room.segments.set_visible(node_id, ["lung-left", "lung-right"], False)
    assert not _rows(room)["lung-right"].visible
    _node(room).GetDisplayNode().SetVisibility(False)
    room.segments.set_visible(node_id, ["lung-left"], True)
    assert _rows(room)["lung-left"].visible
    room.segments.set_opacity(node_id, "lung-left", 0.25, outline=0.75)
    display = _node(room).GetDisplayNode()
    assert display.GetSegmentOpacity2DFill("lung-left") == 0.25
    assert display.GetSegmentOpacity2DOutline("lung-left") == 0.75
    assert display.GetSegmentOpacity2DFill("lung-right") == 1.0
    room.segments.set_opacity(node_id, "lung-left", 0.0)
    assert _rows(room)["lung-left"].opacity == 0.0 and not display.GetSegmentVisibility2DFill("lung-left")
    assert display.GetSegmentOpacity2DOutline("lung-left") == 0.75
    assert set(heard) == {"segments"} and not any(row.touched for row in room.segments.rows())
    for act in (room.segments.set_visible, room.segments.set_opacity):
        with pytest.raises(InputError, match="no segment 'none'"):
            act(node_id, "none", True)


def test_jump_goes_to_the_center(room: Any, geometry: VolumeGeometry) -> None:
    node_id = room.cases.nodes("segmentation")[0]
    room.segments.jump(node_id, "lung-left")
    matrix = room.scene.GetSingletonNode("Green", "vtkMRMLSliceNode").GetSliceToRAS()
    center = geometry.kji_to_ras((2, 3.5, 5))
    assert np.allclose([matrix.GetElement(row, 3) for row in range(3)], center, atol=1e-6)
    with pytest.raises(InputError, match="no voxels"):
        room.segments.jump(node_id, "heart")
    with pytest.raises(InputError, match="no segment"):
        room.segments.jump(node_id, "none")


def test_an_edit_changes_measurements_types_findings_and_report(
    room: Any, edit_voxels: Callable[..., None], texts: Callable[..., dict[str, str]], heard: list[str]
) -> None:
    from MedMMSlicerLib.scene._segment_tags import get_tag
    from MedMMSlicerLib.scene.tables import read_table

    before = {name: _volume(room, name) for name in ("m-lung-left-volume", "m-lung-right-volume")}
    asymmetry = _volume(room, "m-lung-asymmetry")
    place = room.findings.rows("name")
    edit_voxels("lung-left", lambda mask: np.roll(mask, 1, axis=0) | mask)
    assert _rows(room)["lung-left"].touched, "rows tell the truth also before refresh"
    heard.clear()
    room.segments.refresh()
    assert {"segments", "findings", "report"} <= set(heard) and len(heard) == len(set(heard))
    rows = _rows(room)
    assert (rows["lung-left"].algorithm_type, rows["lung-right"].algorithm_type) == (
        "SEMIAUTOMATIC",
        "AUTOMATIC",
    )
    tag = get_tag(_node(room).GetSegmentation().GetSegment("lung-left"), "DICOM.SegmentAlgorithmType")
    assert tag == "SEMIAUTOMATIC"
    after = _volume(room, "m-lung-left-volume")
    assert after == pytest.approx(before["m-lung-left-volume"] * 4 / 3)
    assert _volume(room, "m-lung-right-volume") == before["m-lung-right-volume"]
    assert _volume(room, "m-lung-asymmetry") != asymmetry
    changed = next(item for item in room.record.prediction.measurements if item.id == "m-lung-left-volume")
    assert "After correction by the reader." in changed.method
    table = {row["id"]: row["value"] for row in read_table(room.scene, room.cases.nodes("measurements")[0])}
    assert table["m-lung-left-volume"] == pytest.approx(after, rel=1e-5)
    assert f"{after:,.0f} mm³" in " ".join(texts(room, "findings").values())
    moved = {row.id: row.location_ras for row in room.findings.rows("name")}
    assert moved["f-lung-left"] != {row.id: row.location_ras for row in place}["f-lung-left"]


def test_an_edit_elsewhere_is_caught_up_with(
    room: Any, edit_voxels: Callable[..., None], texts: Callable[..., dict[str, str]]
) -> None:
    """Slicer's own Segment Editor tells nobody."""
    before, report = _volume(room, "m-lung-left-volume"), room.report.report
    room.segments.catch_up()
    assert room.report.report == report
    edit_voxels("lung-left", lambda mask: np.roll(mask, 1, axis=0) | mask)
    room.segments.catch_up()
    after = _volume(room, "m-lung-left-volume")
    assert after == pytest.approx(before * 4 / 3)
    assert f"{after:,.0f} mm³" in " ".join(texts(room, "findings").values())


def test_refresh_without_an_edit_changes_nothing(room: Any, heard: list[str]) -> None:
    record, report = room.record, room.report.report
    room.segments.refresh()
    assert room.record is record and room.report.report == report and heard == ["segments"]


def test_voxels_changed_in_place_are_measured(room: Any) -> None:
    from MedMMSlicerLib.scene._mrml import image_array
    from MedMMSlicerLib.scene._segment_voxels import BINARY_LABELMAP

    before = _rows(room)
    segment = _node(room).GetSegmentation().GetSegment("lung-right")
    layer = segment.GetRepresentation(BINARY_LABELMAP)
    array = image_array(layer)
    array[np.flatnonzero(array == segment.GetLabelValue())[:10]] = 0
    layer.Modified()
    after = _rows(room)
    assert after["lung-right"].touched and after["lung-right"].volume_text != before["lung-right"].volume_text
    assert not after["lung-left"].touched


def test_a_segment_of_the_reader_is_manual(room: Any) -> None:
    _node(room).GetSegmentation().AddEmptySegment("Segment_1", "Mine", (1.0, 0.0, 0.0))
    row = _rows(room)["Segment_1"]
    assert (row.algorithm_type, row.touched, row.is_new, row.volume_text) == ("MANUAL", True, False, "empty")


def test_a_drawn_segment_gets_a_finding_and_an_emptied_one_is_no_more_stated(
    room: Any, edit_voxels: Callable[..., None], texts: Callable[..., dict[str, str]]
) -> None:
    assert "labeled no voxel" not in " ".join(texts(room).values())
    assert room.segments.states()["heart"] == "empty"

    def block(mask: np.ndarray) -> np.ndarray:
        mask[5:7, 1:3, 11:14] = True
        return mask

    edit_voxels("heart", block)
    edit_voxels("lung-left", lambda mask: mask & False)
    room.segments.refresh()
    assert room.segments.states() == {"heart": "touched", "lung-left": "empty", "lung-right": "untouched"}
    rows = {row.id: row for row in room.findings.rows()}
    assert rows["f-heart"].measurements_text and rows["f-heart"].location_ras is not None
    assert rows["f-lung-left"].measurements_text == "" and rows["f-lung-left"].location_ras is None
    text = " ".join(texts(room, "findings").values())
    assert "Heart: volume" in text and "Left lung" not in text and "Right lung" in text
    assert _volume(room, "m-lung-asymmetry") is None


def test_rename_color_and_undo(room: Any, texts: Callable[..., dict[str, str]]) -> None:
    node_id = room.cases.nodes("segmentation")[0]
    room.segments.rename(node_id, "lung-left", " Left  lung, edited ")
    row = _rows(room)["lung-left"]
    assert row.name == "Left lung, edited" and row.touched
    # Its voxels are the model's: an export has to say so.
    assert row.algorithm_type == "AUTOMATIC"
    assert "Left lung, edited: volume" in " ".join(texts(room, "findings").values())
    assert room.segments.can_undo
    room.segments.undo()
    assert _rows(room)["lung-left"].name == "Left lung" and not _rows(room)["lung-left"].touched
    assert "edited" not in " ".join(texts(room, "findings").values())
    assert not room.segments.can_undo
    with pytest.raises(UsageError, match="nothing to undo"):
        room.segments.undo()
    with pytest.raises(InputError, match="needs a name"):
        room.segments.rename(node_id, "lung-left", "  ")
    room.segments.set_color(node_id, "lung-left", (1, 2, 3))
    assert _rows(room)["lung-left"].color == (1, 2, 3) and _rows(room)["lung-left"].touched


def test_removal_and_undo(room: Any, texts: Callable[..., dict[str, str]]) -> None:
    node_id, masks = room.cases.nodes("segmentation")[0], _masks(room)
    rows, report, record = room.segments.rows(), room.report.report, room.record
    room.segments.set_opacity(node_id, "lung-right", 0.4)
    room.segments.remove(node_id, "lung-right")
    assert "lung-right" not in _rows(room)
    assert _masks(room) == {key: mask for key, mask in masks.items() if key != "lung-right"}
    assert "Right lung" not in " ".join(texts(room, "findings").values())
    assert _volume(room, "m-lung-right-volume") is None
    room.segments.undo()
    assert _masks(room) == masks
    assert room.segments.rows() == tuple(
        dataclasses.replace(row, opacity=0.4) if row.segment_id == "lung-right" else row for row in rows
    )
    assert room.report.report == report
    assert room.record.prediction.findings == record.prediction.findings
    assert {item.id for item in room.record.prediction.measurements} == {
        item.id for item in record.prediction.measurements
    }
    with pytest.raises(InputError, match="no segment"):
        room.segments.remove(node_id, "none")


def test_undo_never_overwrites(room: Any) -> None:
    node_id = room.cases.nodes("segmentation")[0]
    room.segments.remove(node_id, "lung-right")
    _node(room).GetSegmentation().AddEmptySegment("lung-right", "Mine", (1.0, 0.0, 0.0))
    with pytest.raises(InputError, match="taken this place"):
        room.segments.undo()
    assert _rows(room)["lung-right"].name == "Mine"


@pytest.fixture
def rerun(
    room: Any,
    edit_voxels: Callable[..., None],
    results: Callable[..., None],
    make_label_map: Callable[..., Any],
    make_prediction: Callable[..., Any],
) -> Any:
    """The room after the left lung was edited and the model ran again with another left lung."""
    edit_voxels("lung-left", lambda mask: np.roll(mask, 1, axis=0) | mask)
    room.segments.refresh()
    results(room, make_prediction(make_label_map(2)))
    return room


def test_a_rerun_beside_a_touched_segment_is_compared(rerun: Any, geometry: VolumeGeometry) -> None:
    rows = _rows(rerun)
    assert rows["lung-left-new"].is_new and rows["lung-left-new"].name == "Left lung (new)"
    assert rows["lung-left"].touched and not rows["lung-left"].is_new and "lung-right-new" not in rows
    (pair,) = rerun.segments.comparisons()
    old, new, common = 80, 60, 3 * 4 * 3
    assert pair.dice == pytest.approx(2 * common / (old + new))
    assert pair.volume_mm3 == pytest.approx(old * geometry.voxel_volume_mm3)
    assert pair.new_volume_mm3 == pytest.approx(new * geometry.voxel_volume_mm3)
    assert (pair.segment_id, pair.new_segment_id, pair.name) == ("lung-left", "lung-left-new", "Left lung")
    # What is measured and stated is the reader's version.
    assert _volume(rerun, "m-lung-left-volume") == pytest.approx(old * geometry.voxel_volume_mm3)


def test_nothing_to_compare_without_a_rerun(room: Any, edit_voxels: Callable[..., None]) -> None:
    assert room.segments.comparisons() == ()
    edit_voxels("lung-left", lambda mask: np.roll(mask, 1, axis=0))
    assert room.segments.comparisons() == ()
    with pytest.raises(InputError, match="No later run"):
        room.segments.resolve(room.cases.nodes("segmentation")[0], "lung-left", "mine")


@pytest.mark.parametrize("asked", ["lung-left", "lung-left-new"])
def test_keep_mine(rerun: Any, asked: str) -> None:
    node_id, masks, rows = rerun.cases.nodes("segmentation")[0], _masks(rerun), rerun.segments.rows()
    rerun.segments.resolve(node_id, asked, "mine")
    assert set(_rows(rerun)) == {"lung-left", "lung-right", "heart"} and rerun.segments.comparisons() == ()
    assert _masks(rerun)["lung-left"] == masks["lung-left"] and _rows(rerun)["lung-left"].touched
    rerun.segments.undo()
    assert _masks(rerun) == masks and rerun.segments.rows() == rows


def test_keep_new(rerun: Any, geometry: VolumeGeometry) -> None:
    node_id, masks, rows = rerun.cases.nodes("segmentation")[0], _masks(rerun), rerun.segments.rows()
    rerun.segments.resolve(node_id, "lung-left", "new")
    now = _rows(rerun)
    assert list(now) == ["lung-left", "lung-right", "heart"]
    assert _masks(rerun)["lung-left"] == masks["lung-left-new"]
    assert (now["lung-left"].name, now["lung-left"].touched) == ("Left lung", False)
    assert now["lung-left"].algorithm_type == "AUTOMATIC" and now["lung-left"].opacity == 1.0
    assert _volume(rerun, "m-lung-left-volume") == pytest.approx(60 * geometry.voxel_volume_mm3)
    rerun.segments.undo()
    assert _masks(rerun) == masks and rerun.segments.rows() == rows
    with pytest.raises(UsageError, match="mine or new"):
        rerun.segments.resolve(node_id, "lung-left", "both")


def test_undo_of_keep_new_spares_what_was_done_since(rerun: Any, edit_voxels: Callable[..., None]) -> None:
    rerun.segments.resolve(rerun.cases.nodes("segmentation")[0], "lung-left", "new")
    edit_voxels("lung-left", lambda mask: np.roll(mask, 1, axis=0) | mask)
    masks = _masks(rerun)
    with pytest.raises(InputError, match="changed since"):
        rerun.segments.undo()
    assert _masks(rerun) == masks


@pytest.mark.parametrize("keep", ["mine", "new"])
def test_the_next_rerun_finds_its_place_again(
    rerun: Any, keep: str, results: Callable[..., None], make_label_map: Callable[..., Any],
    make_prediction: Callable[..., Any],
) -> None:  # fmt: skip
    rerun.segments.resolve(rerun.cases.nodes("segmentation")[0], "lung-left", keep)
    results(rerun, make_prediction(make_label_map(3)))
    expected = {"lung-left", "lung-right", "heart"} | ({"lung-left-new"} if keep == "mine" else set())
    assert set(_rows(rerun)) == expected


def test_3d(room: Any, heard: list[str]) -> None:
    node_id = room.cases.nodes("segmentation")[0]
    assert not room.segments.is_shown_in_3d(node_id)
    room.segments.show_in_3d(node_id, True)
    assert room.segments.is_shown_in_3d(node_id) and heard == ["segments"]
    assert not any(row.touched for row in room.segments.rows())
    room.segments.remove(node_id, "lung-left")
    room.segments.undo()
    assert room.segments.is_shown_in_3d(node_id)
    room.segments.show_in_3d(node_id, False)
    assert not room.segments.is_shown_in_3d(node_id)


def test_everything_survives_saving(rerun: Any, reload: Callable[..., Any]) -> None:
    node_id = rerun.cases.nodes("segmentation")[0]
    rerun.segments.set_visible(node_id, "heart", False)
    rerun.segments.set_opacity(node_id, "lung-right", 0.3)
    rows, pairs, report = rerun.segments.rows(), rerun.segments.comparisons(), rerun.report.report
    again = reload()
    strip = [dataclasses.replace(row, segmentation_id="", opacity=round(row.opacity, 3)) for row in rows]
    assert strip == [
        dataclasses.replace(row, segmentation_id="", opacity=round(row.opacity, 3))
        for row in again.segments.rows()
    ]
    assert [pair.dice for pair in again.segments.comparisons()] == [pair.dice for pair in pairs]
    again.segments.refresh()
    assert again.report.report == report
    again.segments.resolve(again.cases.nodes("segmentation")[0], "lung-left", "new")
    assert not _rows(again)["lung-left"].touched


def test_two_cases_keep_apart(
    rerun: Any, open_case: Callable[..., str], results: Callable[..., None],
    make_prediction: Callable[..., Any], make_label_map: Callable[..., Any],
) -> None:  # fmt: skip
    first, rows = rerun.cases.current_id, rerun.segments.rows()
    rerun.segments.rename(rerun.cases.nodes("segmentation")[0], "heart", "Cor")
    open_case(rerun, "Other")
    assert rerun.segments.rows() == () and rerun.segments.comparisons() == () and not rerun.segments.can_undo
    results(rerun, make_prediction(make_label_map()))
    assert len(rerun.segments.rows()) == 3
    rerun.cases.select(first)
    rerun.segments.undo()
    assert rerun.segments.rows() == rows


def test_a_single_image_and_one_without_spacing(
    make_room: Callable[..., Any], open_case: Callable[..., str], results: Callable[..., None],
    make_prediction: Callable[..., Any], segments: Any,
) -> None:  # fmt: skip
    from MedMMSlicerLib.core import LabelMap

    grid = VolumeGeometry.from_axes((1, 10, 12), (1.0, 0.5, 0.25), (0, 0, 0))
    array = np.zeros(grid.shape, np.uint8)
    array[0, 2:6, 3:11] = 2
    room = make_room()
    for known, text in ((True, "4 mm², longest diameter 2.3 mm"), (False, "32 pixels")):
        open_case(room, "Radiograph", grid, known)
        label_map = LabelMap(array, grid, segments)
        found = make_prediction(label_map)
        results(room, dataclasses.replace(found, heat_maps=(), measurements=()))
        assert _rows(room)["lung-left"].volume_text == text
        assert room.record.prediction.measurements == ()
