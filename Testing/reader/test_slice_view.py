"""Slice views: where things are, scroll, zoom, pan, and who gets the mouse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from .conftest import LESION_RAS, Opened, drag, move, picture, settle, wheel

pytestmark = pytest.mark.panel

NAMES = ("Red", "Yellow", "Green")


def bright(view: Any) -> np.ndarray:
    """Where the lesion is white; texts are left out by looking at its surroundings alone."""
    shown = picture(view).astype(int).min(axis=-1)
    mask = np.zeros(shown.shape, bool)
    column, row = (round(value) for value in view.position_of(LESION_RAS))
    mask[max(0, row - 40) : row + 40, max(0, column - 40) : column + 40] = True
    return (shown > 240) & mask


@pytest.mark.parametrize("name", NAMES)
def test_a_place_is_where_it_is_drawn(opened: Opened, name: str) -> None:
    view = opened.reader.views[name]
    view.jump(LESION_RAS)
    rows, columns = np.nonzero(bright(view))
    found = view.ras_at((columns.mean(), rows.mean()))
    np.testing.assert_allclose(found, LESION_RAS, atol=2.5)
    back = view.position_of(found)
    np.testing.assert_allclose(back, (columns.mean(), rows.mean()), atol=1.0)


def test_every_view_has_its_orientation(opened: Opened) -> None:
    normals = {name: np.abs(opened.reader.views[name].normal_ras).argmax() for name in NAMES}
    assert normals == {"Red": 2, "Yellow": 0, "Green": 1}


def test_scrolling_goes_by_slices_and_stops_at_the_ends(opened: Opened) -> None:
    view = opened.reader.views["Red"]
    number, count = view.slice_number
    assert (number, count) == (22, 44) or (number, count) == (23, 44)
    offset = view.logic.GetSliceOffset()
    wheel(view, 1)
    assert view.logic.GetSliceOffset() == pytest.approx(offset + 4.0)
    assert view.slice_number[0] == number + 1
    wheel(view, -2)
    assert view.slice_number[0] == number - 1
    wheel(view, 500)
    assert view.slice_number == (44, 44)
    wheel(view, -500)
    assert view.slice_number == (1, 44)
    assert view.logic.GetSliceOffset() == pytest.approx(-(44 - 1) / 2 * 4.0, abs=0.1)


def test_fractions_of_a_touch_pad_add_up(opened: Opened) -> None:
    view = opened.reader.views["Red"]
    number = view.slice_number[0]
    for _ in range(4):
        wheel(view, 0.25)
    assert view.slice_number[0] == number + 1


def test_scrolling_draws_another_picture(opened: Opened) -> None:
    view = opened.reader.views["Red"]
    view.jump(LESION_RAS)
    assert bright(view).sum() > 50
    wheel(view, -8)
    assert bright(view).sum() == 0


def test_zoom_keeps_the_place_under_the_mouse(opened: Opened) -> None:
    import qt

    view = opened.reader.views["Red"]
    place, scale = (70, 90), view.mm_per_pixel
    before = view.ras_at(place)
    wheel(view, 3, place, qt.Qt.ControlModifier)
    assert view.mm_per_pixel < scale / 1.4
    np.testing.assert_allclose(view.ras_at(place), before, atol=view.mm_per_pixel)
    wheel(view, -300, place, qt.Qt.ControlModifier)
    assert np.isfinite(view.mm_per_pixel)
    view.fit()
    assert view.mm_per_pixel == pytest.approx(scale, rel=0.05)


def test_the_middle_button_moves_the_picture_with_the_mouse(opened: Opened) -> None:
    view = opened.reader.views["Green"]
    start, end = (100, 100), (140, 80)
    before = view.ras_at(start)
    drag(view, start, end, "middle")
    np.testing.assert_allclose(view.ras_at(end), before, atol=view.mm_per_pixel)


def test_shift_and_the_left_button_move_it_too(opened: Opened) -> None:
    import qt

    view = opened.reader.views["Green"]
    window = opened.display.GetWindow()
    before = view.ras_at((100, 100))
    drag(view, (100, 100), (130, 130), "left", qt.Qt.ShiftModifier)
    np.testing.assert_allclose(view.ras_at((130, 130)), before, atol=view.mm_per_pixel)
    assert opened.display.GetWindow() == window


def test_the_right_button_zooms(opened: Opened) -> None:
    view = opened.reader.views["Yellow"]
    scale = view.mm_per_pixel
    drag(view, (100, 140), (100, 80), "right")
    assert view.mm_per_pixel < scale / 1.3


def test_dragging_sets_window_and_level_for_all_views(opened: Opened) -> None:
    before = (opened.display.GetWindow(), opened.display.GetLevel())
    drag(opened.reader.views["Red"], (100, 100), (160, 100))
    wider = opened.display.GetWindow()
    assert wider > before[0] * 1.3 and opened.display.GetLevel() == pytest.approx(before[1])
    shown = picture(opened.reader.views["Green"])
    drag(opened.reader.views["Red"], (100, 100), (100, 40))
    assert opened.display.GetLevel() > before[1] + 10
    assert opened.display.GetWindow() == pytest.approx(wider)
    assert not np.array_equal(shown, picture(opened.reader.views["Green"]))


def test_interactions_are_asked_first_and_may_consume(opened: Opened) -> None:
    view = opened.reader.views["Red"]
    seen: list[Any] = []

    def handler(event: Any) -> bool:
        seen.append(event)
        return True

    window = opened.display.GetWindow()
    view.add_interaction(handler)
    drag(view, (60, 70), (100, 110))
    wheel(view, 1, (60, 70))
    assert opened.display.GetWindow() == window
    assert [event.kind for event in seen if event.kind != "leave"] == [
        "press", "move", "move", "move", "move", "release", "wheel",
    ]  # fmt: skip
    press, release = seen[0], next(event for event in seen if event.kind == "release")
    assert press.position == (60, 70) and press.button == "left" and press.buttons == {"left"}
    assert release.position == (100, 110) and release.buttons == frozenset()
    np.testing.assert_allclose(press.ras, view.ras_at((60, 70)))
    assert press.view is view and view.normal_ras == pytest.approx((0, 0, 1))
    view.remove_interaction(handler)
    drag(view, (60, 70), (100, 70))
    assert opened.display.GetWindow() != window


def test_who_takes_a_press_gets_the_release(opened: Opened) -> None:
    view = opened.reader.views["Red"]
    kinds: list[str] = []

    def only_presses(event: Any) -> bool:
        kinds.append(event.kind)
        return event.kind == "press"

    window = opened.display.GetWindow()
    view.add_interaction(only_presses)
    drag(view, (60, 70), (120, 70))
    assert kinds.count("move") == 4 and kinds[-1] == "release"
    assert opened.display.GetWindow() == window


def test_shift_and_move_show_the_place_in_the_other_views(opened: Opened) -> None:
    import qt

    views = opened.reader.views
    views["Red"].jump(LESION_RAS)
    settle()
    place = tuple(round(value) for value in views["Red"].position_of(LESION_RAS))
    wanted = views["Red"].ras_at(place)
    move(views["Red"], place, keys=qt.Qt.ShiftModifier)
    # The sagittal slice looks towards the right: its offset counts leftwards.
    assert views["Yellow"].logic.GetSliceOffset() == pytest.approx(-wanted[0], abs=0.01)
    assert views["Green"].logic.GetSliceOffset() == pytest.approx(wanted[1], abs=0.01)
    assert bright(views["Yellow"]).sum() > 50
    np.testing.assert_allclose(opened.reader.commands.crosshair.GetCrosshairRAS(), wanted, atol=1e-3)


def test_linked_views_zoom_and_pan_together(opened: Opened) -> None:
    import qt

    reader = opened.reader
    views = reader.views
    wheel(views["Red"], 3, keys=qt.Qt.ControlModifier)
    assert views["Green"].mm_per_pixel > views["Red"].mm_per_pixel * 1.2
    reader.actions["view.link"].trigger()
    settle()
    assert views["Green"].mm_per_pixel == pytest.approx(views["Red"].mm_per_pixel, rel=1e-3)
    wheel(views["Red"], 2, keys=qt.Qt.ControlModifier)
    assert views["Green"].mm_per_pixel == pytest.approx(views["Red"].mm_per_pixel, rel=1e-3)
    right, offset = views["Green"].center_ras[0], views["Yellow"].logic.GetSliceOffset()
    drag(views["Red"], (100, 100), (60, 100), "middle")
    assert abs(views["Green"].center_ras[0] - right) > 5
    assert views["Green"].center_ras[0] == pytest.approx(views["Red"].center_ras[0], abs=0.01)
    assert views["Yellow"].logic.GetSliceOffset() == pytest.approx(offset)
    reader.actions["view.link"].trigger()
    scale = views["Green"].mm_per_pixel
    wheel(views["Red"], 2, keys=qt.Qt.ControlModifier)
    assert views["Green"].mm_per_pixel == pytest.approx(scale)


def test_only_visible_views_are_drawn_and_once_for_many_changes(opened: Opened) -> None:
    reader = opened.reader
    drawn: list[str] = []
    for name, view in reader.views.items():
        original = view.draw

        def draw(size: Any, name: str = name, original: Any = original) -> Any:
            drawn.append(name)
            return original(size)

        view.draw = draw
    reader.actions["view.layout.single"].trigger()
    settle()
    drawn.clear()
    for step in range(10):
        for name in NAMES:
            reader.views[name].logic.SetSliceOffset(float(step))
    settle()
    assert drawn.count("Red") in (1, 2) and set(drawn) == {"Red"}


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_gray_values_lie_at_their_pixels(reader: Any, axis: int) -> None:
    """A ramp along one patient axis: every pixel shows the coordinate that the view states for it."""
    from MedMMSlicerLib.core import Volume, VolumeGeometry
    from MedMMSlicerLib.scene.volumes import add_volume

    geometry = VolumeGeometry.from_axes((60, 70, 80), (3.0, 2.5, 2.0), (-79, -86, -88))
    ras = geometry.kji_to_ras(np.moveaxis(np.indices(geometry.shape), 0, -1))
    volume = Volume(ras[..., axis].astype(np.float32), geometry, window=(0.0, 60.0))
    reader.room.cases.adopt_volume(add_volume(reader.application.scene, volume))
    settle()
    for name in NAMES:
        view = reader.views[name]
        shown = view.drawing.render()[..., 0].astype(float)
        rows, columns = np.nonzero((shown > 20) & (shown < 235))
        assert len(rows) > 1000 or np.argmax(np.abs(view.normal_ras)) == axis
        for row, column in list(zip(rows, columns))[:: max(1, len(rows) // 50)]:
            stated = view.ras_at((float(column), float(row)))[axis]
            # Gray values are cut off, not rounded: half a gray value is 0.12 mm.
            assert shown[row, column] / 255 * 60 - 30 == pytest.approx(stated - 0.12, abs=0.2)
