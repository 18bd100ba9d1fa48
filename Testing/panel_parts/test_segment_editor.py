"""The segment editor as a reader uses it: tools, mouse in the views, keys, what the room is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from MedMMSlicerHost.segment_editor.brush import Stroke, stroke_mask
from MedMMSlicerLib.reading.listeners import Listeners
from MedMMSlicerLib.reading.rows import RunState, SegmentRow

from .conftest import process_events

pytestmark = pytest.mark.panel


@dataclass(frozen=True)
class Event:
    """The same fields as the reader's ViewEvent."""

    kind: str
    view: Any
    position: tuple[float, float]
    ras: tuple[float, float, float] | None = None
    button: str = ""
    buttons: frozenset[str] = frozenset()
    modifiers: frozenset[str] = frozenset()
    steps: float = 0.0


class FakeView:
    """A slice view along the slices of a grid."""

    def __init__(self, geometry: Any) -> None:
        import qt

        self.name, self.mm_per_pixel = "Red", 0.5
        self.widget = qt.QWidget()
        self.widget.resize(200, 200)
        self.normal_ras = tuple(geometry.directions_ras[:, 2].tolist())
        self.handlers: list[Any] = []
        self.geometry = geometry

    def add_interaction(self, handler: Any) -> None:
        self.handlers.insert(0, handler)

    def remove_interaction(self, handler: Any) -> None:
        self.handlers.remove(handler) if handler in self.handlers else None

    def send(self, kind: str, kji: Any, **fields: Any) -> bool:
        ras = None if kji is None else tuple(self.geometry.kji_to_ras(kji).tolist())
        return self.handlers[0](Event(kind, self, (50.0, 60.0), ras, **fields))

    def drag(self, *places: Any) -> None:
        left = frozenset({"left"})
        assert self.send("press", places[0], button="left", buttons=left)
        for place in places[1:]:
            assert self.send("move", place, buttons=left)
        assert self.send("release", places[-1], button="left")


class Segments:
    def __init__(self) -> None:
        self.calls: list[Any] = []
        self.listed: tuple[Any, ...] = ()

    def rows(self) -> tuple[Any, ...]:
        return self.listed

    def refresh(self) -> None:
        self.calls.append("refresh")

    def set_visible(self, segmentation_id: str, segment_ids: Any, visible: bool) -> None:
        self.calls.append(("set_visible", segmentation_id, segment_ids, visible))


@pytest.fixture
def room(scene: Any, phantom: Any) -> Any:
    told: list[Any] = []
    return SimpleNamespace(
        scene=scene,
        cases=SimpleNamespace(nodes=lambda _role: (phantom.segmentation_id,)),
        listeners=Listeners(),
        segments=Segments(),
        run=SimpleNamespace(state=RunState()),
        told=told,
        tell=lambda severity, text: told.append((severity, str(text))),
    )


@pytest.fixture
def view(environment: Any, phantom: Any) -> Any:
    return FakeView(phantom.geometry)


@pytest.fixture
def editor(environment: Any, room: Any, view: Any, phantom: Any, show: Callable[..., Any]) -> Iterator[Any]:
    from MedMMSlicerHost.segment_editor import SegmentEditor

    made = SegmentEditor(room, {"Red": view, "1": SimpleNamespace(name="1")})
    show(made.widget, 300, 560)
    made.start(phantom.segmentation_id, "inner")
    yield made
    made.stop()


def covered(phantom: Any, view: Any, editor: Any, *places: Any) -> np.ndarray:
    result = np.zeros(phantom.geometry.shape, bool)
    points = [tuple(phantom.geometry.kji_to_ras(place).tolist()) for place in places]
    for start, end in zip([points[0], *points], points):
        normal = None if editor.ui.ballCheck.checked else view.normal_ras
        first, mask = stroke_mask(phantom.geometry, Stroke(start, end, editor.radius_mm, normal))
        result[tuple(slice(at, at + size) for at, size in zip(first, mask.shape))] |= mask != 0
    return result


def test_it_says_what_is_edited_and_offers_sensible_values(editor: Any, room: Any, phantom: Any) -> None:
    assert editor.ui.nameLabel.text == "Editing: Inner"
    assert room.segments.calls == [("set_visible", phantom.segmentation_id, ("inner",), True)]
    inside = phantom.image[phantom.labels == 1]
    assert phantom.image.min() <= editor.ui.lowSpin.value <= np.percentile(inside, 10)
    assert phantom.image.max() >= editor.ui.highSpin.value >= np.percentile(inside, 90)
    assert 1.4 <= editor.ui.sizeSpin.value <= 5
    assert editor.tool == "paint" and not editor.ui.undoButton.isEnabled()


def test_it_ends_when_another_case_is_current(editor: Any, room: Any, view: Any) -> None:
    room.cases.nodes = lambda _role: ()
    done: list[bool] = []
    editor.on_done = lambda: done.append(True)
    room.listeners.emit("case")
    assert not editor.engine.is_active and done == [True] and view.handlers == []


def test_it_says_the_side_that_two_segments_differ_by(editor: Any, room: Any, phantom: Any) -> None:
    room.segments.listed = (
        SegmentRow(phantom.segmentation_id, "outer", "Inner", (1, 2, 3), laterality="right"),
        SegmentRow(phantom.segmentation_id, "inner", "Inner", (1, 2, 3), laterality="left"),
    )
    editor.start(phantom.segmentation_id, "inner")
    assert editor.ui.nameLabel.text == "Editing: Inner (left)"


@pytest.mark.parametrize("ball", [False, True])
def test_a_drag_paints_exactly_what_the_mouse_passed(
    editor: Any, view: Any, phantom: Any, voxels: Any, ball: bool
) -> None:
    editor.ui.ballCheck.setChecked(ball)
    editor.ui.replaceCheck.setChecked(False)
    places = ((6, 3, 4), (6, 4, 9), (6, 12, 20))
    view.drag(*places)
    expected = (phantom.labels == 1) | covered(phantom, view, editor, *places)
    assert np.array_equal(voxels(phantom.segmentation_id, "inner", phantom.geometry), expected)
    assert editor.ui.undoButton.isEnabled()
    editor.ui.undoButton.click()
    assert np.array_equal(voxels(phantom.segmentation_id, "inner", phantom.geometry), phantom.labels == 1)
    editor.ui.redoButton.click()
    assert np.array_equal(voxels(phantom.segmentation_id, "inner", phantom.geometry), expected)


def test_erasing_looking_and_the_limit(editor: Any, view: Any, phantom: Any, voxels: Any) -> None:
    editor.ui.eraseButton.click()
    places = ((6, 8, 12), (6, 9, 14))
    view.drag(*places)
    gone = covered(phantom, view, editor, *places)
    expected = (phantom.labels == 1) & ~gone
    assert np.array_equal(voxels(phantom.segmentation_id, "inner", phantom.geometry), expected)
    editor.ui.lookButton.click()
    assert not view.send("press", (6, 8, 12), button="left", buttons=frozenset({"left"}))
    editor.ui.paintButton.click()
    editor.ui.limitCheck.setChecked(True)
    editor.ui.lowSpin.setValue(100)
    editor.ui.highSpin.setValue(300)
    editor.ui.sideCombo.setCurrentIndex(1)
    view.drag(*places)
    fits = covered(phantom, view, editor, *places) & ~((phantom.image >= 100) & (phantom.image <= 300))
    assert np.array_equal(voxels(phantom.segmentation_id, "inner", phantom.geometry), expected | fits)


def test_other_buttons_and_keys_stay_with_the_reader(editor: Any, view: Any) -> None:
    right, left = frozenset({"right"}), frozenset({"left"})
    assert not view.send("press", (6, 8, 12), button="right", buttons=right)
    assert not view.send("press", (6, 8, 12), button="left", buttons=left, modifiers=frozenset({"control"}))
    assert not view.send("move", (6, 8, 12))
    assert not view.send("wheel", (6, 8, 12), steps=1.0)
    assert not view.send("leave", None)
    size = editor.ui.sizeSpin.value
    assert view.send("wheel", (6, 8, 12), steps=1.0, modifiers=frozenset({"shift"}))
    assert editor.ui.sizeSpin.value > size


def test_the_brush_is_outlined(editor: Any, view: Any) -> None:
    view.widget.show()
    editor.ui.sizeSpin.setValue(12)
    view.send("move", (6, 8, 12))
    cursor = view.widget.children()[0]
    assert cursor.isVisible()
    assert cursor.width == 2 * (int(editor.radius_mm / view.mm_per_pixel) + 3)
    assert cursor.geometry.center().x() in (49, 50)
    process_events()
    picture = view.widget.grab().toImage()
    radius = round(editor.radius_mm / view.mm_per_pixel)
    rim = [picture.pixelColor(50 + column, 60).lightness() for column in range(radius - 2, radius + 3)]
    assert radius > 8 and max(rim) > 200 and min(rim) < 160
    editor.ui.lookButton.click()
    assert not cursor.isVisible()


def test_the_room_measures_after_a_pause_and_at_the_end(editor: Any, view: Any, room: Any) -> None:
    import time

    room.segments.calls.clear()
    view.drag((6, 3, 4), (6, 4, 9))
    assert room.segments.calls == []
    end = time.monotonic() + 3
    while not room.segments.calls and time.monotonic() < end:
        process_events(1)
        time.sleep(0.01)
    assert room.segments.calls == ["refresh"]
    view.drag((6, 3, 4), (6, 4, 9))
    done: list[bool] = []
    editor.on_done = lambda: done.append(True)
    editor.ui.doneButton.click()
    assert room.segments.calls == ["refresh"] * 2 and done == [True]
    assert view.handlers == [] and not editor.engine.is_active
    assert editor.ui.nameLabel.text == "Choose Edit at a segment."


def test_ranges_and_shapes_by_button(editor: Any, view: Any, phantom: Any, voxels: Any) -> None:
    editor.ui.lowSpin.setValue(400)
    editor.ui.highSpin.setValue(600)
    editor.ui.howCombo.setCurrentIndex(2)
    editor.ui.applyButton.click()
    expected = (phantom.labels == 1) & (phantom.image >= 400) & (phantom.image <= 600)
    assert np.array_equal(voxels(phantom.segmentation_id, "inner", phantom.geometry), expected)
    states = [expected.sum()]
    for name in ("largestButton", "holesButton", "smoothButton"):
        getattr(editor.ui, name).click()
        assert editor.engine.can_undo()
        states.append(voxels(phantom.segmentation_id, "inner", phantom.geometry).sum())
    assert states[1] < states[0]
    for _ in range(4):
        editor.ui.undoButton.click()
    assert np.array_equal(voxels(phantom.segmentation_id, "inner", phantom.geometry), phantom.labels == 1)


def test_every_key_does_something_while_editing_only(editor: Any, view: Any) -> None:
    view.drag((6, 3, 4), (6, 4, 9))
    for key, check in (
        ("Shift+R", lambda: editor.tool == "erase"),
        ("Shift+L", lambda: editor.tool == "look"),
        ("Shift+P", lambda: editor.tool == "paint"),
        ("Ctrl+Z", lambda: editor.engine.can_redo()),
        ("Ctrl+Y", lambda: not editor.engine.can_redo()),
        ("Ctrl+Z", lambda: editor.engine.can_redo()),
        ("Ctrl+Shift+Z", lambda: not editor.engine.can_redo()),
        ("Shift+Return", lambda: not editor.engine.is_active),
    ):
        action = next(action for action in editor.widget.actions() if action.shortcut.toString() == key)
        assert action.enabled
        action.trigger()
        assert check(), key
    assert not any(action.enabled for action in editor.widget.actions())


def test_what_disappears_ends_editing(editor: Any, view: Any, room: Any, phantom: Any) -> None:
    room.scene.RemoveNode(room.scene.GetNodeByID(phantom.segmentation_id))
    view.send("press", (6, 3, 4), button="left", buttons=frozenset({"left"}))
    room.listeners.emit("segments")
    assert not editor.engine.segment_id and view.handlers == []


def test_undo_does_not_reach_back_over_a_run(editor: Any, view: Any, room: Any) -> None:
    view.drag((6, 3, 4), (6, 4, 9))
    room.run.state = replace(room.run.state, busy=True, kind="analyze")
    room.listeners.emit("run")
    assert editor.engine.can_undo()
    room.run.state = RunState()
    room.listeners.emit("run")
    assert not editor.engine.can_undo() and not editor.ui.undoButton.isEnabled()


def test_a_segment_that_is_not_there_is_refused(editor: Any, view: Any, phantom: Any) -> None:
    from MedMMSlicerLib.errors import InputError

    with pytest.raises(InputError):
        editor.start(phantom.segmentation_id, "nothing")
    assert view.handlers == [] and not editor.ui.toolRow.isEnabled()
    editor.start(phantom.segmentation_id, "outer")
    assert editor.ui.nameLabel.text == "Editing: Outer" and len(view.handlers) == 1


def test_it_speaks_chinese_too(editor: Any, phantom: Any) -> None:
    import ast
    from pathlib import Path

    from MedMMSlicerHost.segment_editor import editor as module
    from MedMMSlicerHost.segment_editor.words import CHINESE
    from MedMMSlicerLib.widgets.translation import set_language

    tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
    in_code = {
        node.args[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_"
    }
    shown = {text for text in (*editor._texts.sources, *in_code) if any(letter.isalpha() for letter in text)}
    assert shown - {"mm"} == set(CHINESE)
    try:
        set_language("zh-CN")
        editor.start(phantom.segmentation_id, "inner")
        assert editor.ui.paintButton.text == "绘制" and editor.ui.nameLabel.text == "正在编辑：Inner"
        assert editor.ui.sideCombo.itemText(0) == "范围之内"
    finally:
        set_language("en")
    editor.start(phantom.segmentation_id, "inner")
    assert editor.ui.paintButton.text == "Paint"
