"""Everything that the menus and keys of the reader can do, as data; the window connects it to functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import qt

from .presets import CT_PRESETS
from .words import _

__all__ = ["MENUS", "SPECIFICATIONS", "ActionTable", "Specification"]

MENUS = {
    "file": "&File",
    "view": "&View",
    "window": "&Window/level",
    "navigate": "&Navigate",
    "reading": "&Reading",
    "study": "&Study",
    "help": "&Help",
}
"""Menu to its title, from left to right; the reading panel has what stands in *reading* and *study*."""


@dataclass(frozen=True)
class Specification:
    """One action.

    Parameters
    ----------
    id : str
        ``menu.name``.
    text, shortcut : str
        The shortcut as Qt writes it.
    group : str
        Actions of a group exclude each other; such actions, and ``checkable`` ones, carry a mark.
    in_views : bool
        The key works only while a view has the keyboard.
    separated : bool
        A line stands before it in the menu.
    submenu : str
        Title of the menu inside the menu that it stands in.
    """

    id: str
    text: str
    shortcut: str = ""
    checkable: bool = False
    group: str = ""
    in_views: bool = False
    separated: bool = False
    submenu: str = ""


def _file() -> tuple[Specification, ...]:
    return (
        Specification("file.open", "&Open files…", "Ctrl+O"),
        Specification("file.open_folder", "Open &folder…", "Ctrl+D"),
        Specification("file.save", "&Save scene", "Ctrl+S", separated=True),
        Specification("file.save_as", "Save scene &as…", "Ctrl+Alt+S"),
        Specification("file.close_case", "&Close case", "Ctrl+W", separated=True),
        Specification("file.close_all", "Close &all cases", "Ctrl+Alt+W"),
        Specification("file.picture", "Copy &picture of the view", "Ctrl+Alt+C", separated=True),
        Specification("file.preferences", "Pr&eferences…", "Ctrl+,", separated=True),
        Specification("file.quit", "&Quit", "Ctrl+Q", separated=True),
    )


def _view() -> tuple[Specification, ...]:
    layouts = (
        ("four-up", "Four views"),
        ("conventional", "3D and three slices"),
        ("large-and-three", "One large view and three"),
        ("single", "One large slice"),
        ("three-slices", "Three slices"),
        ("volume", "3D only"),
    )
    main = (("Red", "Axial"), ("Yellow", "Sagittal"), ("Green", "Coronal"))
    sides = ("anterior", "posterior", "left", "right", "superior", "inferior")
    return (
        *(
            Specification(f"view.layout.{name}", text, f"Ctrl+{number}", group="layout", submenu="&Layout")
            for number, (name, text) in enumerate(layouts, 1)
        ),
        *(
            Specification(
                f"view.main.{name}", text, f"Ctrl+Alt+{number}", group="main", submenu="Large &view"
            )
            for number, (name, text) in enumerate(main, 1)
        ),
        Specification("view.fit", "&Reset zoom and place", "Ctrl+R", separated=True),
        Specification("view.native", "Turn views to the image's own &axes", "Ctrl+T", checkable=True),
        Specification("view.link", "&Link zoom and place of the views", "Ctrl+L", checkable=True),
        Specification("view.interpolate", "&Interpolate voxels", "Ctrl+I", checkable=True),
        Specification("view.crosshair", "Show &crosshair", "Ctrl+K", checkable=True, separated=True),
        Specification("view.letters", "&Orientation letters", "Ctrl+Alt+O", checkable=True),
        Specification("view.corners", "&Texts in the corners", "Ctrl+Alt+T", checkable=True),
        Specification("view.patient", "Patient &name in the corner", "Ctrl+Alt+N", checkable=True),
        Specification("view.surfaces", "Segments in &3D", "Ctrl+Alt+D", checkable=True, separated=True),
        Specification("view.planes", "Slices in 3&D", "Ctrl+Alt+P", checkable=True),
        *(
            Specification(f"view.from.{side}", f"From {side}", submenu="3D view f&rom", separated=False)
            for side in sides
        ),
        Specification("view.maximize", "&Maximize the view", "F10", separated=True),
        Specification("view.fullscreen", "F&ull screen", "F11", checkable=True),
    )


def _window() -> tuple[Specification, ...]:
    tools = (("window", "Window/level"), ("pan", "Pan"), ("zoom", "Zoom"), ("scroll", "Scroll"))
    return (
        Specification("window.auto", "&Automatic", "0", in_views=True),
        Specification("window.file", "As in the &file", "9", in_views=True),
        Specification("window.full", "All gray &values", "Shift+9", in_views=True),
        Specification("window.invert", "&Invert", "I", checkable=True, in_views=True),
        *(
            Specification(
                f"window.ct.{item.id}", item.name, str(number), in_views=True, separated=number == 1
            )
            for number, item in enumerate(CT_PRESETS, 1)
        ),
        *(
            Specification(
                f"window.tool.{name}",
                text,
                f"F{number}",
                group="tool",
                separated=number == 5,
                submenu="&Left mouse button",
            )
            for number, (name, text) in enumerate(tools, 5)
        ),
    )


def _navigate() -> tuple[Specification, ...]:
    def item(name: str, text: str, shortcut: str, separated: bool = False) -> Specification:
        return Specification(f"navigate.{name}", text, shortcut, in_views=True, separated=separated)

    return (
        item("next", "Next slice", "Up"),
        item("previous", "Previous slice", "Down"),
        item("forward", "Ten slices on", "PgUp"),
        item("back", "Ten slices back", "PgDown"),
        item("first", "First slice", "Home"),
        item("last", "Last slice", "End"),
        item("zoom_in", "Zoom in", "+", separated=True),
        item("zoom_out", "Zoom out", "-"),
        item("left", "Move left", "Shift+Left"),
        item("right", "Move right", "Shift+Right"),
        item("up", "Move up", "Shift+Up"),
        item("down", "Move down", "Shift+Down"),
        Specification("navigate.view", "Next view", "F4", separated=True),
        Specification("navigate.panel", "Between views and panel", "F2"),
    )


def _help() -> tuple[Specification, ...]:
    return (
        Specification("help.keyboard", "&Keyboard and mouse", "F1"),
        Specification("help.about", "&About MedMM"),
    )


SPECIFICATIONS: tuple[Specification, ...] = (*_file(), *_view(), *_window(), *_navigate(), *_help())


class ActionTable:
    """The QActions of a window, in its menus.

    Attributes
    ----------
    actions : dict of str to QAction
    menus : dict of str to QMenu
    """

    def __init__(self, window: Any, view_area: Any, handlers: Mapping[str, Callable[[], object]]) -> None:
        self._window = window
        self.actions: dict[str, Any] = {}
        self.menus: dict[str, Any] = {}
        self._submenus: dict[tuple[str, str], Any] = {}
        self._groups: dict[str, Any] = {}
        bar = window.menuBar()
        for name, title in MENUS.items():
            self.menus[name] = bar.addMenu(_(title))
            self.menus[name].setToolTipsVisible(True)
        for item in SPECIFICATIONS:
            self.actions[item.id] = self._make(item, view_area, handlers[item.id])

    def _make(self, item: Specification, view_area: Any, handler: Callable[[], object]) -> Any:
        action = qt.QAction(_(item.text), self._window)
        action.setObjectName(item.id)
        action.setCheckable(item.checkable or bool(item.group))
        if item.shortcut:
            action.setShortcut(qt.QKeySequence(item.shortcut))
        if item.group:
            self._group(item.group).addAction(action)
        if item.in_views:
            # Letters and arrows belong to text fields and tables while those have the keyboard.
            action.setShortcutContext(qt.Qt.WidgetWithChildrenShortcut)
            view_area.addAction(action)
        else:
            # Full screen hides the menu bar; the keys go on working.
            self._window.addAction(action)
        action.connect("triggered()", handler)
        menu = self.menus[item.id.split(".")[0]]
        if item.separated:
            menu.addSeparator()
        (self._submenu(menu, item) if item.submenu else menu).addAction(action)
        return action

    def _group(self, name: str) -> Any:
        if name not in self._groups:
            self._groups[name] = qt.QActionGroup(self._window)
        return self._groups[name]

    def _submenu(self, menu: Any, item: Specification) -> Any:
        key = (item.id.split(".")[0], item.submenu)
        if key not in self._submenus:
            self._submenus[key] = menu.addMenu(_(item.submenu))
        return self._submenus[key]

    def submenu(self, menu: str, title: str) -> Any:
        """Return the menu inside a menu by its English title."""
        return self._submenus[(menu, title)]

    def fill_from(self, panel: Any) -> None:
        """Put what the panel can do into its two menus; a panel without actions leaves them empty."""
        hotkeys = getattr(panel, "hotkeys", None)
        if hotkeys is not None:
            hotkeys.fill(self.menus["reading"], lambda part: part != "study")
            hotkeys.fill(self.menus["study"], lambda part: part == "study")

    def allow(self, action_id: str, obstacle: str) -> None:
        """Let an action be used, or say in its tooltip why not: ``obstacle`` is empty if it can."""
        action = self.actions[action_id]
        action.setEnabled(not obstacle)
        # An empty one shows the text of the action.
        action.setToolTip(obstacle)

    def check(self, action_id: str, checked: bool) -> None:
        """Set a mark without triggering anything."""
        self.actions[action_id].setChecked(checked)

    def is_checked(self, action_id: str) -> bool:
        """Whether an action carries its mark."""
        return bool(self.actions[action_id].isChecked())

    def retranslate(self) -> None:
        """Take the texts over after the language changed."""
        for name, title in MENUS.items():
            self.menus[name].setTitle(_(title))
        for (_menu, title), submenu in self._submenus.items():
            submenu.setTitle(_(title))
        for item in SPECIFICATIONS:
            self.actions[item.id].setText(_(item.text))
