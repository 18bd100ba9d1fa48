"""Segments, heat maps, points and boxes over the slices, and surfaces in 3D."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from MedMMSlicerLib.core import Box, CodedConcept, Finding, HeatMap, LabelMap, Volume

from .conftest import LESION_RAS, Opened, drag, picture, settle, wait_until, wheel

pytestmark = pytest.mark.panel


def colored(view: Any, red: int, green: int, blue: int, tolerance: int = 60) -> np.ndarray:
    """Where a view shows about this color."""
    shown = picture(view).astype(int)
    return np.abs(shown - (red, green, blue)).max(axis=-1) < tolerance


def reddish(view: Any) -> np.ndarray:
    shown = picture(view).astype(int)
    # The letters of the edges are yellow, so their red is not far above their green.
    return (shown[..., 0] > shown[..., 1] + 60) & (shown[..., 0] > shown[..., 2] + 60)


@pytest.mark.parametrize("name", ["Red", "Yellow", "Green"])
def test_a_segment_lies_over_its_voxels(segmented: Opened, name: str) -> None:
    view = segmented.reader.views[name]
    view.jump(LESION_RAS)
    rows, columns = np.nonzero(reddish(view))
    assert rows.size > 100
    np.testing.assert_allclose((columns.mean(), rows.mean()), view.position_of(LESION_RAS), atol=2.5)
    view.jump((60.0, -60.0, -50.0))
    assert reddish(view).sum() < 10


def test_hiding_a_segment_is_seen_at_once(segmented: Opened) -> None:
    view = segmented.reader.views["Red"]
    view.jump(LESION_RAS)
    assert reddish(view).sum() > 100
    node = segmented.scene.GetFirstNodeByClass("vtkMRMLSegmentationNode")
    node.GetDisplayNode().SetSegmentVisibility(node.GetSegmentation().GetNthSegmentID(0), False)
    assert reddish(view).sum() < 10


def test_a_heat_map_lies_over_the_image(opened: Opened, phantom: tuple[Volume, LabelMap]) -> None:
    from MedMMSlicerLib.scene.heat_maps import add_heat_map
    from MedMMSlicerLib.scene.views import show_volumes

    geometry = phantom[0].geometry
    ras = geometry.kji_to_ras(np.moveaxis(np.indices(geometry.shape), 0, -1))
    heat = np.exp(-((ras - LESION_RAS) ** 2).sum(axis=-1) / 2 / 15**2).astype(np.float32)
    heat_id = add_heat_map(opened.scene, HeatMap("h", "f", heat, geometry, "test"))
    view = opened.reader.views["Red"]
    view.jump(LESION_RAS)
    plain = np.ptp(picture(view).astype(int), axis=-1)
    show_volumes(opened.scene, opened.volume_id, heat_id)
    view.jump(LESION_RAS)
    spread = np.ptp(picture(view).astype(int), axis=-1)
    found = (spread > 25) & ~(plain > 25)
    rows, columns = np.nonzero(found)
    assert rows.size > 100
    np.testing.assert_allclose((columns.mean(), rows.mean()), view.position_of(LESION_RAS), atol=6)


def test_points_and_boxes_are_drawn(opened: Opened) -> None:
    from MedMMSlicerLib.scene.markups import add_boxes, add_locations

    code = CodedConcept("1", "SCT", "Nodule")
    finding = Finding("f", code, {"en": "Nodule"}, location_ras=LESION_RAS)
    view = opened.reader.views["Red"]
    view.jump(LESION_RAS)
    amber = colored(view, 255, 199, 46).sum()
    add_locations(opened.scene, [finding], opened.volume_id)
    with_point = colored(view, 255, 199, 46).sum()
    assert with_point > amber + 10
    low, high = (tuple(value + sign * 15 for value in LESION_RAS) for sign in (-1, 1))
    add_boxes(opened.scene, [Box("f", low, high, 0.8)], [finding])
    view.jump(LESION_RAS)
    assert colored(view, 255, 199, 46).sum() > with_point + 50


def test_the_crosshair_is_drawn_where_it_is(opened: Opened) -> None:
    reader = opened.reader
    view = reader.views["Red"]
    before = picture(view)
    reader.actions["view.crosshair"].trigger()
    reader.commands.go_to(None, LESION_RAS)
    settle()
    changed = (picture(view) != before).any(axis=-1)
    column, row = (int(value) for value in view.position_of(LESION_RAS))
    assert changed[:, column - 1 : column + 2].any(axis=1).mean() > 0.5
    assert changed[row - 1 : row + 2, :].any(axis=0).mean() > 0.5


def test_segments_get_surfaces_by_themselves(segmented: Opened) -> None:
    reader = segmented.reader
    volume_view = reader.views["1"]
    assert volume_view.is_empty or reddish(volume_view).sum() > 0
    reader.room.listeners.emit("segments")
    wait_until(lambda: not volume_view.is_empty)
    assert reddish(volume_view).sum() > 300
    reader.actions["view.surfaces"].trigger()
    assert reddish(volume_view).sum() == 0
    reader.actions["view.surfaces"].trigger()
    assert reddish(volume_view).sum() > 300


def test_the_3d_view_turns_zooms_and_moves(segmented: Opened) -> None:
    reader = segmented.reader
    reader.room.listeners.emit("segments")
    view = reader.views["1"]
    wait_until(lambda: not view.is_empty)
    picture(view)
    position = np.array(view.drawing.camera.GetPosition())
    assert position[1] > 50, "from the front"
    drag(view, (80, 80), (180, 80))
    turned = np.array(view.drawing.camera.GetPosition())
    assert np.linalg.norm(turned - position) > 10
    size = reddish(view).sum()
    wheel(view, 3)
    assert reddish(view).sum() > size * 1.2
    before = np.argwhere(reddish(view)).mean(axis=0)
    wheel(view, -3)
    drag(view, (100, 100), (140, 100), "middle")
    after = np.argwhere(reddish(view)).mean(axis=0)
    assert after[1] - before[1] == pytest.approx(40, abs=12)
    reader.actions["view.from.superior"].trigger()
    assert view.drawing.camera.GetDirectionOfProjection()[2] == pytest.approx(-1)


def test_slices_in_3d(opened: Opened) -> None:
    view = opened.reader.views["1"]
    assert view.is_empty
    opened.reader.actions["view.planes"].trigger()
    settle()
    assert not view.is_empty
    assert (picture(view).min(axis=-1) > 100).sum() > 500
    opened.reader.actions["view.planes"].trigger()
    settle()
    assert view.is_empty


def test_surfaces_are_taken_in_as_a_whole(segmented: Opened) -> None:
    """A point alone is seen first; the surfaces that come later must not lie outside of the picture."""
    from MedMMSlicerLib.scene.markups import add_locations

    reader = segmented.reader
    view = reader.views["1"]
    code = CodedConcept("1", "SCT", "Nodule")
    add_locations(segmented.scene, [Finding("f", code, {"en": "Nodule"}, location_ras=LESION_RAS)])
    wait_until(lambda: not view.is_empty)
    picture(view)
    reader.surfaces.update()
    shown = reddish(view)
    assert shown.sum() > 300
    border = np.concatenate([shown[0], shown[-1], shown[:, 0], shown[:, -1]])
    assert not border.any()
    wheel(view, 2)
    distance = view.drawing.camera.GetDistance()
    view.take_in()
    picture(view)
    assert view.drawing.camera.GetDistance() == pytest.approx(distance), "what the reader chose stays"
