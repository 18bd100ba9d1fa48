"""Heat maps over the images."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from MedMMSlicerLib.errors import InputError

pytestmark = pytest.mark.mrml


def _shown(room: Any) -> tuple[str, float]:
    """Finding whose heat map lies over the images, and how opaque, the same in all views."""
    scene = room.scene
    count = scene.GetNumberOfNodesByClass("vtkMRMLSliceCompositeNode")
    nodes = [scene.GetNthNodeByClass(index, "vtkMRMLSliceCompositeNode") for index in range(count)]
    states = {(node.GetForegroundVolumeID() or "", node.GetForegroundOpacity()) for node in nodes}
    assert count >= 3 and len(states) == 1
    volume_id, opacity = states.pop()
    volume = scene.GetNodeByID(volume_id) if volume_id else None
    return (volume.GetAttribute("MedMM.FindingId") or "other" if volume else ""), opacity


def test_nothing_is_shown_before_it_is_switched_on_and_selected(room: Any) -> None:
    assert not room.evidence.visible and _shown(room)[0] == ""
    room.findings.select("f-pneumonia")
    assert _shown(room)[0] == "" and room.evidence.finding_id == "f-pneumonia"
    room.findings.select("")
    room.evidence.set_visible(True)
    assert _shown(room)[0] == ""


def test_the_heat_map_follows_the_selection(room: Any, heard: list[str]) -> None:
    room.evidence.set_visible(True)
    room.findings.select("f-pneumonia")
    assert _shown(room) == ("f-pneumonia", 0.5) and room.evidence.is_available
    room.findings.select("f-edema")
    assert _shown(room)[0] == "f-edema"
    room.findings.select("f-lung-left")
    assert _shown(room)[0] == "" and not room.evidence.is_available
    assert "evidence" in heard
    heard.clear()
    room.findings.select("f-lung-left")
    assert heard == []


def test_it_has_a_heat_color_table(room: Any) -> None:
    node = room.scene.GetNodeByID(room.findings.rows()[0].heat_map_id)
    assert node.GetDisplayNode().GetColorNode().GetName() == "MedMM heat"


def test_opacity(room: Any) -> None:
    room.evidence.set_visible(True)
    room.findings.select("f-pneumonia")
    for given, used in ((0.25, 0.25), (1.5, 1.0), (-1, 0.0)):
        room.evidence.set_opacity(given)
        assert room.evidence.opacity == used and _shown(room) == ("f-pneumonia", used)
    with pytest.raises(InputError, match="no number"):
        room.evidence.set_opacity(float("nan"))
    room.evidence.set_visible(False)
    assert _shown(room)[0] == ""


def _fills(room: Any) -> list[bool]:
    nodes = [room.scene.GetNodeByID(node_id) for node_id in room.cases.nodes("segmentation")]
    assert nodes
    return [bool(node.GetDisplayNode().GetVisibility2DFill()) for node in nodes]


def test_segments_are_outlines_while_a_heat_map_is_shown(room: Any, reload: Callable[..., Any]) -> None:
    room.evidence.set_visible(True)
    assert _fills(room) == [True], "nothing is chosen yet"
    room.findings.select("f-pneumonia")
    assert _fills(room) == [False]
    room.findings.select("f-lung-left")
    assert _fills(room) == [True], "it has no heat map"
    room.findings.select("f-pneumonia")
    again = reload()
    assert _fills(again) == [False]
    again.evidence.set_visible(False)
    assert _fills(again) == [True]


def test_a_fill_that_was_switched_off_before_stays_off(room: Any) -> None:
    display = room.scene.GetNodeByID(room.cases.nodes("segmentation")[0]).GetDisplayNode()
    display.SetVisibility2DFill(False)
    room.evidence.set_visible(True)
    room.findings.select("f-pneumonia")
    room.evidence.set_visible(False)
    assert _fills(room) == [False]
    display.SetVisibility2DFill(True)
    display.SetVisibility2DOutline(False)
    room.evidence.set_visible(True)
    assert _fills(room) == [True], "without outlines nothing would be left to see"


def test_views_do_not_move(room: Any) -> None:
    node = room.scene.GetSingletonNode("Red", "vtkMRMLSliceNode")
    node.SetFieldOfView(11.0, 12.0, 1.0)
    room.evidence.set_visible(True)
    room.findings.select("f-pneumonia")
    assert node.GetFieldOfView()[:2] == (11.0, 12.0)


def test_what_the_reader_put_over_the_images_stays(room: Any) -> None:
    other = room.cases.nodes("volume.current")[0]
    from MedMMSlicerLib.scene.slice_overlay import overlay_of, show_overlay

    show_overlay(room.scene, other, 0.3)
    room.findings.select("f-pneumonia")
    room.evidence.set_visible(False)
    assert overlay_of(room.scene) == (other, pytest.approx(0.3))
    with pytest.raises(InputError, match="no Volume"):
        show_overlay(room.scene, "none", 0.3)


def test_it_survives_saving(room: Any, reload: Callable[..., Any]) -> None:
    room.evidence.set_visible(True)
    room.evidence.set_opacity(0.7)
    room.findings.select("f-pneumonia")
    again = reload()
    assert (again.evidence.visible, again.evidence.opacity, again.evidence.finding_id) == (
        True, pytest.approx(0.7), "f-pneumonia"
    )  # fmt: skip
    assert _shown(again)[0] == "f-pneumonia"
    again.evidence.set_visible(False)
    assert _shown(again)[0] == ""


def test_two_cases_keep_apart(
    room: Any, open_case: Callable[..., str], results: Callable[..., None],
    make_prediction: Callable[..., Any], make_label_map: Callable[..., Any],
) -> None:  # fmt: skip
    first = room.cases.current_id
    room.evidence.set_visible(True)
    room.findings.select("f-pneumonia")
    shown = room.scene.GetNthNodeByClass(0, "vtkMRMLSliceCompositeNode").GetForegroundVolumeID()
    second = open_case(room, "Other")
    assert _shown(room)[0] == "" and not room.evidence.visible
    results(room, make_prediction(make_label_map(2)))
    room.findings.select("f-edema")
    assert _shown(room)[0] == ""
    room.cases.select(first)
    assert _shown(room)[0] == "f-pneumonia"
    assert room.scene.GetNthNodeByClass(0, "vtkMRMLSliceCompositeNode").GetForegroundVolumeID() == shown
    room.cases.select(second)
    assert _shown(room)[0] == ""


def test_a_heat_map_that_was_removed_is_not_shown(room: Any) -> None:
    room.evidence.set_visible(True)
    room.findings.select("f-pneumonia")
    room.scene.RemoveNode(room.scene.GetNodeByID(room.findings.rows()[0].heat_map_id))
    room.evidence.after_results()
    assert not room.evidence.is_available
    room.findings.select("f-edema")
    assert _shown(room)[0] == "f-edema"
