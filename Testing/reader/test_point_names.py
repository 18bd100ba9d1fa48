"""Names of findings in the views: beside their points, none over another."""

from __future__ import annotations

import itertools
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from MedMMSlicerLib.core import CodedConcept, Finding

from .conftest import LESION_RAS, Opened, picture

pytestmark = pytest.mark.panel

CODE = CodedConcept("1", "SCT", "Nodule")
Boxes = list[tuple[float, float, float, float] | None]


def apart(boxes: Boxes) -> bool:
    placed = [box for box in boxes if box is not None]
    return all(
        a[0] + a[2] <= b[0] or b[0] + b[2] <= a[0] or a[1] + a[3] <= b[1] or b[1] + b[3] <= a[1]
        for a, b in itertools.combinations(placed, 2)
    )


def place(points: list[tuple[float, float, bool]], widths: list[float], size: tuple[int, int]) -> Boxes:
    from MedMMSlicerHost.reader.point_names import PointName, arrange

    return arrange([PointName("name", *point) for point in points], widths, size)


def test_neighbors_have_their_names_on_two_sides_or_lines(qt_environment: Any) -> None:
    boxes = place([(190.0, 100.0, False), (240.0, 100.0, False)], [150.0, 150.0], (400, 300))
    assert all(boxes) and apart(boxes)
    together = place([(200.0, 100.0, False)] * 4, [150.0] * 4, (400, 300))
    assert all(together) and apart(together)


def test_the_selected_one_is_never_left_out(qt_environment: Any) -> None:
    crowd = [(60.0, 60.0, False)] * 40 + [(60.0, 60.0, True)]
    for width in (80.0, 140.0):
        boxes = place(crowd, [width] * 41, (160, 120))
        assert boxes[-1] is not None and None in boxes and apart(boxes)


@given(
    points=st.lists(st.tuples(st.floats(-50, 450), st.floats(-50, 350), st.booleans()), max_size=12),
    width=st.floats(10, 300),
)
@settings(max_examples=60, deadline=None)
def test_no_name_covers_a_name_or_leaves_the_view(
    qt_environment: Any, points: list[tuple[float, float, bool]], width: float
) -> None:
    boxes = place(points, [width] * len(points), (400, 300))
    assert len(boxes) == len(points) and apart(boxes)
    for box in boxes:
        if box is not None:
            left, top, wide, high = box
            assert left >= 0 and top >= 0 and left + wide <= 400 and top + high <= 300
            assert not any(left < x < left + wide and top < y < top + high for x, y, _ in points)


def test_the_letters_of_the_edges_stay_free(qt_environment: Any) -> None:
    from MedMMSlicerHost.reader.annotations import letter_boxes
    from MedMMSlicerHost.reader.point_names import PointName, arrange

    size = (360, 380)
    letters = letter_boxes(size)
    points = [PointName("name", 5.0, 170.0), PointName("name", 180.0, 190.0), PointName("name", 180.0, 45.0)]
    boxes = arrange(points, [160.0] * 3, size, letters)
    assert all(boxes)
    assert apart([*boxes, *letters[:3]])


def test_points_outside_of_the_view_have_no_name(qt_environment: Any) -> None:
    boxes = place([(-5.0, 100.0, False), (100.0, 305.0, True), (100.0, 100.0, False)], [60.0] * 3, (400, 300))
    assert boxes[:2] == [None, None] and boxes[2] is not None


@given(points=st.lists(st.tuples(st.floats(0, 400), st.floats(0, 300), st.booleans()), max_size=10))
@settings(max_examples=60, deadline=None)
def test_each_name_is_nearest_to_its_own_dot(
    qt_environment: Any, points: list[tuple[float, float, bool]]
) -> None:
    boxes = place(points, [90.0] * len(points), (400, 300))

    def distance(box: tuple[float, float, float, float], point: tuple[float, float, bool]) -> float:
        left, top, wide, high = box
        right = max(left - point[0], point[0] - left - wide, 0.0)
        down = max(top - point[1], point[1] - top - high, 0.0)
        return math.hypot(right, down)

    for box, point in zip(boxes, points, strict=True):
        if box is not None and not point[2]:
            own = distance(box, point)
            apart_px = [max(abs(other[0] - point[0]), abs(other[1] - point[1])) for other in points]
            others = [distance(box, other) for other, px in zip(points, apart_px, strict=True) if px >= 8]
            assert own < 10 and all(own < other for other in others)


def test_names_keep_clear_of_the_texts_in_the_corners(opened: Opened) -> None:
    import qt
    from MedMMSlicerHost.reader.annotations import text_boxes
    from MedMMSlicerHost.reader.point_names import PointName, arrange

    view = opened.reader.views["Red"]
    picture(view)
    size = view.widget.logical_size
    image = qt.QImage(size[0], size[1], qt.QImage.Format_RGB32)
    painter = qt.QPainter(image)
    taken = text_boxes(painter, size, view.texts)
    painter.end()
    points = [PointName("name", left + wide / 2, top + high / 2) for left, top, wide, high in taken]
    boxes = arrange(points, [80.0] * len(points), size, taken)
    for box in boxes:
        assert box is None or all(apart([box, other]) for other in taken)


def test_names_are_written_in_their_slice_alone(opened: Opened) -> None:
    from MedMMSlicerLib.scene.markups import add_locations

    right, anterior, superior = LESION_RAS
    places = (LESION_RAS, (right + 12.0, anterior, superior))
    findings = [
        Finding(f"f{number}", CODE, {"en": "A nodule with a long name"}, location_ras=place)
        for number, place in enumerate(places)
    ]
    node_id = add_locations(opened.scene, findings, opened.volume_id)
    view = opened.reader.views["Red"]
    view.jump(LESION_RAS)
    # The first drawing asks MRML to leave the names out.
    picture(view)
    # Points are selected when they are new.
    assert cyan(view) > 100, "the names are seen"
    assert not opened.scene.GetNodeByID(node_id).GetDisplayNode().GetPointLabelsVisibility()
    view.jump((right, anterior, superior - 20.0))
    assert cyan(view) == 0


def cyan(view: Any) -> int:
    shown = picture(view).astype(int)
    return int((abs(shown - (26, 242, 255)).max(axis=-1) < 60).sum())


def test_a_saved_scene_has_the_names_for_slicer(opened: Opened, tmp_path: Path) -> None:
    import zipfile

    from MedMMSlicerLib.scene.markups import add_locations

    finding = Finding("f", CODE, {"en": "Nodule"}, location_ras=LESION_RAS)
    node_id = add_locations(opened.scene, [finding], opened.volume_id)
    view = opened.reader.views["Red"]
    view.jump(LESION_RAS)
    picture(view)
    opened.reader.files.scene_path = tmp_path / "saved.mrb"
    assert opened.reader.files.save()
    with zipfile.ZipFile(tmp_path / "saved.mrb") as bundle:
        (name,) = [item for item in bundle.namelist() if item.endswith(".mrml")]
        text = bundle.read(name).decode()
    assert 'pointLabelsVisibility="true"' in text
    assert not opened.scene.GetNodeByID(node_id).GetDisplayNode().GetPointLabelsVisibility()
