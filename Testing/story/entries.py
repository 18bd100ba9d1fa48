"""What each control of the window is for: how it is prepared, and what changes when it is pressed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from .world import CT, FILM, World

__all__ = ["TOOL_BAR", "WINDOW", "Entry", "Work", "cases", "drop_other", "files_of", "nothing", "other"]

Work = Callable[[World], Any]


def nothing(_world: World) -> None:
    """No preparation."""


@dataclass(frozen=True)
class Entry:
    """One control.

    Parameters
    ----------
    study : str
        See `world`.
    probe : callable
        What is looked at before and after; it must differ, or be ``expected`` afterwards.
    prepare, undo : callable
        Before, and afterwards for the tests that follow.
    expected : object
        What ``probe`` gives afterwards, if that is known.
    to : object
        What a combo box is set to (a part of the text), or a slider.
    running : bool
        Whether a run goes on while it is pressed.
    """

    study: str
    probe: Work
    prepare: Work = nothing
    undo: Work = nothing
    expected: Any = None
    to: Any = None
    running: bool = False


def again(name: str) -> Work:
    """Press the same action once more."""
    return lambda world: world.reader.actions[name].trigger()


# ---------------------------------------------------------------------- probes


def window_level(world: World) -> tuple[float, float]:
    """Gray values of the image that is shown."""
    return float(world.display.GetWindow()), float(world.display.GetLevel())


def places(world: World) -> Any:
    """Where the slice views are, and how large a pixel is."""
    views = world.reader.commands.slices.values()
    return [(*view.center_ras.round(3).tolist(), round(view.mm_per_pixel, 4)) for view in views]


def red_place(world: World) -> Any:
    return places(world)[0]


def corner_texts(world: World) -> Any:
    """Texts over the axial view."""
    return world.reader.corners.texts(world.red)


def patient_corner(world: World) -> Any:
    """Where the patient's name is shown, over the view of the radiograph."""
    return world.reader.corners.texts(world.reader.commands.active_slice).top_left


def slice_now(world: World) -> int:
    return int(world.red.slice_number[0])


def camera(world: World) -> Any:
    """Direction of the 3D view."""
    view = world.reader.commands.volume_view.drawing.camera
    return tuple(round(value, 2) for value in view.GetDirectionOfProjection())


def layout_id(world: World) -> str:
    return str(world.reader.area.layout_id)


def large_view(world: World) -> Any:
    area = world.reader.area
    return area.layout_id, area.main, area.active


def cases(world: World) -> list[str]:
    """Titles of all studies."""
    return [entry.title for entry in world.room.cases.entries()]


def saved(world: World) -> Any:
    """Times of the scene files in the folder."""
    return {path.name: path.stat().st_mtime_ns for path in world.folder.glob("*.mrb")}


def in_3d(world: World) -> bool:
    return bool(world.room.segments.is_shown_in_3d(world.room.cases.nodes("segmentation")[0]))


def on_clipboard(_world: World) -> bool:
    """Whether a picture is on the clipboard."""
    import qt

    return not qt.QApplication.clipboard().image().isNull()


def focus_in_panel(world: World) -> bool:
    import qt

    focused = qt.QApplication.focusWidget()
    return bool(focused) and bool(world.panel.widget.isAncestorOf(focused))


def language(_world: World) -> str:
    from MedMMSlicerLib.widgets import translation

    return str(translation.language())


def dialog(name: str) -> Work:
    """Whether one of the reader's own windows is open."""

    def look(world: World) -> bool:
        made = getattr(world.reader.dialogs, f"{name}_dialog")
        return made is not None and bool(made.dialog.isVisible())

    return look


def dock_shown(name: str) -> Work:
    return lambda world: bool(getattr(world.reader.docks, name).isVisible())


# ---------------------------------------------------------------------- preparations


def odd_window(world: World) -> None:
    """A window that nothing asks for, and the keyboard in a view."""
    world.display.SetAutoWindowLevel(False)
    world.display.SetWindowLevel(77.0, 33.0)
    in_red(world)


def in_red(world: World, where: int = 12) -> None:
    """Give the keyboard to the axial view, in the middle of the image."""
    world.reader.commands.fit()
    world.red.scroll(where - world.red.slice_number[0])
    world.reader.commands.focus("Red")
    world.hands.rest()


def other(world: World) -> None:
    """Have one more study."""
    world.open_other()


def drop_other(world: World) -> None:
    """Close it."""
    world.close_other()


def files_of(name: str) -> Work:
    """The next file dialog answers a study that is not open."""

    def work(world: World) -> None:
        world.open_other()
        world.close_other()
        path = world.folder / "other"
        world.answers.files = (str(path if name == "folder" else path / "chest.dcm"),)

    return work


def save_to(name: str) -> Work:
    return lambda world: setattr(world.answers, "save", str(world.folder / name))


def empty_clipboard(_world: World) -> None:
    import qt

    qt.QApplication.clipboard().clear()


def look_from(side: str) -> Work:
    return lambda world: world.reader.commands.look_from(side)


def tool_is(name: str) -> Work:
    return lambda world: world.reader.choose_tool(name)


def layout_is(name: str) -> Work:
    return lambda world: world.reader.choose_layout(name)


def speak(tag: str) -> Work:
    return lambda world: world.panel.choose_language(tag)


# ---------------------------------------------------------------------- entries


def mark(name: str, probe: Work, study: str = CT) -> dict[str, Entry]:
    """An action with a mark, pressed again afterwards."""

    def look(world: World) -> Any:
        return probe(world), world.reader.table.is_checked(name)

    return {name: Entry(study, look, undo=again(name))}


def preset(name: str) -> Entry:
    from MedMMSlicerHost.reader.presets import CT_PRESETS

    item = next(item for item in CT_PRESETS if item.id == name)
    return Entry(CT, window_level, odd_window, expected=(item.width, item.level))


_SAMPLES = ("mni-t1", "chest-radiograph", "tibia-radiograph", "ultrasound", "shoulder-mr", "head-ct")
_LAYOUTS = ("conventional", "large-and-three", "single", "three-slices", "volume")
_PRESETS = ("lung", "soft-tissue", "bone", "brain", "stroke", "subdural", "liver", "vessels")
_SIDES = ("anterior", "posterior", "left", "superior", "inferior")
_SCROLLS = ("next", "previous", "forward", "back", "first", "last")
_MOVES = ("zoom_in", "zoom_out", "left", "right", "up", "down")

FILE: dict[str, Entry] = {
    "file.open": Entry(FILM, cases, files_of("file"), drop_other),
    "file.open_folder": Entry(FILM, cases, files_of("folder"), drop_other),
    "file.save": Entry(CT, saved, save_to("first.mrb")),
    "file.save_as": Entry(CT, saved, save_to("second.mrb")),
    "file.close_case": Entry(CT, cases, other),
    "file.picture": Entry(CT, on_clipboard, empty_clipboard, expected=True),
    "file.preferences": Entry(CT, dialog("preferences"), expected=True),
    **{f"file.sample.{name}": Entry(CT, cases, undo=drop_other) for name in _SAMPLES},
}

VIEW: dict[str, Entry] = {
    "view.layout.four-up": Entry(CT, layout_id, layout_is("volume"), expected="four-up"),
    **{f"view.layout.{name}": Entry(CT, layout_id, expected=name) for name in _LAYOUTS},
    **{
        f"view.main.{name}": Entry(CT, large_view, expected=("single", name, name))
        for name in ("Red", "Yellow", "Green")
    },
    "view.fit": Entry(CT, places, lambda world: world.red.zoom(3.0)),
    **mark("view.native", lambda world: world.red.axes_ras.round(2).tolist()),
    **mark("view.link", lambda world: world.red.composite.GetLinkedControl()),
    **mark("view.interpolate", lambda world: world.display.GetInterpolate()),
    **mark("view.crosshair", lambda world: world.reader.commands.crosshair.GetCrosshairMode()),
    **mark("view.letters", corner_texts),
    **mark("view.corners", corner_texts),
    **mark("view.patient", patient_corner, FILM),
    **mark("view.surfaces", in_3d),
    **mark("view.planes", lambda world: world.red.node.GetSliceVisible()),
    **{f"view.from.{side}": Entry(CT, camera, look_from("right")) for side in _SIDES},
    "view.from.right": Entry(CT, camera, look_from("left")),
    "view.maximize": Entry(CT, layout_id, expected="single"),
    **mark("view.fullscreen", lambda world: world.reader.widget.isFullScreen()),
    **{
        f"view.dock.{name}": Entry(CT, dock_shown(name), undo=again(f"view.dock.{name}"), expected=False)
        for name in ("cases", "panel")
    },
}

GRAY: dict[str, Entry] = {
    "window.auto": Entry(CT, window_level, odd_window),
    "window.file": Entry(CT, window_level, odd_window, expected=(400.0, 200.0)),
    "window.full": Entry(CT, window_level, odd_window, expected=(300.0, 150.0)),
    "window.invert": Entry(
        CT, lambda world: world.reader.commands.is_inverted, in_red, again("window.invert"), True
    ),
    **{f"window.ct.{name}": preset(name) for name in _PRESETS},
    **{
        f"window.tool.{name}": Entry(CT, lambda world: world.reader.mouse.tool, tool_is(start), expected=name)
        for name, start in (("pan", "zoom"), ("zoom", "scroll"), ("scroll", "zoom"), ("window", "zoom"))
    },
}

NAVIGATE: dict[str, Entry] = {
    **{f"navigate.{name}": Entry(CT, slice_now, partial(in_red, where=12)) for name in _SCROLLS},
    **{f"navigate.{name}": Entry(CT, red_place, in_red) for name in _MOVES},
    "navigate.view": Entry(CT, lambda world: world.reader.area.active, in_red),
    "navigate.panel": Entry(CT, focus_in_panel, in_red, expected=True),
}

WINDOW: dict[str, Entry] = {
    **FILE,
    **VIEW,
    **GRAY,
    **NAVIGATE,
    "help.keyboard": Entry(CT, dialog("keyboard"), expected=True),
    "help.about": Entry(CT, dialog("about"), expected=True),
    "toolBar.action.Tools": Entry(
        CT, lambda world: world.reader.tools.bar.isVisible(), undo=lambda world: world.reader.tools.bar.show()
    ),
    "editorDock.action.Segment editor": Entry(CT, dock_shown("editor")),
    "menuButton.action.English": Entry(CT, language, speak("zh-CN"), expected="en"),
    "menuButton.action.简体中文": Entry(CT, language, undo=speak("en"), expected="zh-CN"),
}
"""Actions of the window and of the panel's menu."""


def dock(name: str) -> dict[str, Entry]:
    """Qt's own two buttons of a dock."""

    def show(world: World) -> None:
        if name == "editor":
            world.edit()

    def back(world: World) -> None:
        getattr(world.reader.docks, name).setFloating(False)
        getattr(world.reader.docks, name).setVisible(name != "editor")

    def floating(world: World) -> bool:
        return bool(getattr(world.reader.docks, name).floating)

    return {
        f"{name}Dock.qt_dockwidget_floatbutton": Entry(CT, floating, show, back, True),
        f"{name}Dock.qt_dockwidget_closebutton": Entry(CT, dock_shown(name), show, back, False),
    }


def popup_text(world: World) -> Any:
    return world.popup


TOOL_BAR: dict[str, Entry] = {
    **{
        f"toolBar.window.tool.{name}": GRAY[f"window.tool.{name}"]
        for name in ("window", "pan", "zoom", "scroll")
    },
    **{f"toolBar.view.{name}": VIEW[f"view.{name}"] for name in ("fit", "link", "crosshair", "interpolate")},
    "toolBar.window.invert": GRAY["window.invert"],
    "toolBar.file.open": FILE["file.open"],
    "toolBar.file.save": Entry(CT, saved, save_to("third.mrb")),
    "toolBar.layoutButton": Entry(CT, popup_text, expected="Four views"),
    "toolBar.presetsButton": Entry(CT, popup_text, expected="&Automatic"),
    **dock("cases"),
    **dock("panel"),
    **dock("editor"),
    # Last: everything has to be opened and analyzed again.
    "file.close_all": Entry(CT, cases, expected=[]),
}
"""Buttons of the tool bar and of the docks."""
