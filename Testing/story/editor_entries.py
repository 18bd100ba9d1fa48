"""What each control of the segment editor is for; see `entries`."""

from __future__ import annotations

from typing import Any

from .entries import Entry, Work
from .hands import settle
from .world import CT, World

__all__ = ["EDITOR", "editor_open"]

_KEY = "SegmentEditor.action."
_BUTTON = "SegmentEditor."


def editor_open(world: World) -> bool:
    return bool(world.reader.docks.editor.isVisible())


def edit(world: World) -> None:
    world.edit()


def painted(world: World) -> None:
    world.edit()
    world.paint()


def undone(world: World) -> None:
    painted(world)
    world.editor.undo()
    settle()


def with_hole(world: World) -> None:
    """The segment with a hole inside of the slice, which a ball makes a cave."""
    world.edit()
    world.editor.choose_tool("erase")
    world.editor.ui.ballCheck.setChecked(True)
    row = world.room.segments.rows()[0]
    world.room.segments.jump(row.segmentation_id, row.segment_id)
    settle()
    x, y = world.red.position_of(tuple(world.red.center_ras.tolist()))
    world.hands.stroke(world.red, [(x, y), (x + 1, y)])
    world.hands.rest()


def close_ball(world: World) -> None:
    world.editor.ui.ballCheck.setChecked(False)


def tool(world: World) -> str:
    return str(world.editor.tool)


def with_tool(name: str) -> Work:
    return lambda world: (world.edit(), world.editor.choose_tool(name))


def voxels(world: World) -> Any:
    return world.voxels()


def ticked(name: str) -> Work:
    return lambda world: bool(getattr(world.editor.ui, name).checked)


def untick(name: str) -> Work:
    return lambda world: getattr(world.editor.ui, name).setChecked(False)


def number(name: str) -> Work:
    return lambda world: float(getattr(world.editor.ui, name).value)


def in_middle(name: str) -> Work:
    """The number in the middle of its range, so that it can go up."""

    def work(world: World) -> None:
        world.edit()
        spin = getattr(world.editor.ui, name)
        spin.setValue((spin.minimum + spin.maximum) / 2)

    return work


def chosen(name: str) -> Work:
    return lambda world: str(getattr(world.editor.ui, name).currentData)


_PAINT = Entry(CT, tool, with_tool("look"), expected="paint")
_ERASE = Entry(CT, tool, with_tool("look"), expected="erase")
_LOOK = Entry(CT, tool, with_tool("paint"), expected="look")
_DONE = Entry(CT, editor_open, edit, expected=False)

EDITOR: dict[str, Entry] = {
    f"{_KEY}Shift+P": _PAINT,
    f"{_BUTTON}paintButton": _PAINT,
    f"{_KEY}Shift+R": _ERASE,
    f"{_BUTTON}eraseButton": _ERASE,
    f"{_KEY}Shift+L": _LOOK,
    f"{_BUTTON}lookButton": _LOOK,
    f"{_KEY}Ctrl+Z": Entry(CT, voxels, painted),
    f"{_BUTTON}undoButton": Entry(CT, voxels, painted),
    f"{_KEY}Ctrl+Y": Entry(CT, voxels, undone),
    f"{_KEY}Ctrl+Shift+Z": Entry(CT, voxels, undone),
    f"{_BUTTON}redoButton": Entry(CT, voxels, undone),
    f"{_KEY}Shift+Return": _DONE,
    f"{_BUTTON}doneButton": _DONE,
    f"{_BUTTON}holesButton": Entry(CT, voxels, with_hole, close_ball),
    f"{_BUTTON}smoothButton": Entry(CT, voxels, painted),
    f"{_BUTTON}largestButton": Entry(CT, voxels, painted),
    f"{_BUTTON}applyButton": Entry(CT, voxels, painted),
    **{
        f"{_BUTTON}{name}": Entry(CT, ticked(name), edit, untick(name))
        for name in ("ballCheck", "replaceCheck", "limitCheck")
    },
    f"{_BUTTON}sideCombo": Entry(CT, chosen("sideCombo"), edit, expected="outside", to="Outside"),
    f"{_BUTTON}howCombo": Entry(CT, chosen("howCombo"), edit, expected="add", to="Add"),
    **{
        f"{_BUTTON}{name}": Entry(CT, number(name), in_middle(name), to="Up")
        for name in ("sizeSpin", "lowSpin", "highSpin")
    },
}
