"""The tool bar: what is used all the time, as buttons."""

from __future__ import annotations

from typing import Any

import qt

from .actions import ActionTable
from .icons import draw_icon
from .presets import CT_PRESETS
from .theme import is_dark
from .words import _

__all__ = ["ToolBar"]

_BUTTONS = (
    "file.open",
    "file.save",
    "",
    "window.tool.window",
    "window.tool.pan",
    "window.tool.zoom",
    "window.tool.scroll",
    "",
    "view.fit",
    "view.link",
    "view.crosshair",
    "view.interpolate",
    "window.invert",
)
_LIGHT, _DARK = "#e6e8eb", "#30343b"


class ToolBar:
    """Icons drawn by ourselves, in the colors of the theme.

    Attributes
    ----------
    bar : QToolBar
    """

    def __init__(self, window: Any, table: ActionTable) -> None:
        self._window = window
        self._table = table
        self.bar = window.addToolBar("tools")
        self.bar.setObjectName("toolBar")
        self.bar.setMovable(False)
        self.bar.setIconSize(qt.QSize(22, 22))
        for name in _BUTTONS:
            if name:
                self.bar.addAction(table.actions[name])
            else:
                self.bar.addSeparator()
        self.layouts = self._menu_button("layout")
        self.layouts.setMenu(table.submenu("view", "&Layout"))
        self.presets = self._menu_button("presets")
        menu = qt.QMenu(self.presets)
        menu.setToolTipsVisible(True)
        for name in ("window.auto", "window.file", "window.full"):
            menu.addAction(table.actions[name])
        menu.addSeparator()
        for preset in CT_PRESETS:
            menu.addAction(table.actions[f"window.ct.{preset.id}"])
        self.presets.setMenu(menu)
        self._preset_menu = menu
        self.retranslate()
        self.repaint()

    def _menu_button(self, name: str) -> Any:
        button = qt.QToolButton()
        button.setObjectName(f"{name}Button")
        button.setPopupMode(qt.QToolButton.InstantPopup)
        self.bar.addWidget(button)
        return button

    def repaint(self) -> None:
        """Draw the icons in the colors of the theme."""
        color = _LIGHT if is_dark(qt.QApplication.instance().palette()) else _DARK
        for name in filter(None, _BUTTONS):
            self._table.actions[name].setIcon(draw_icon(name, color))
        self.layouts.setIcon(draw_icon("view.layout", color))
        self.presets.setIcon(draw_icon("window.presets", color))

    def retranslate(self) -> None:
        """Write the tool tips anew."""
        self.bar.setWindowTitle(_("Tools"))
        self.layouts.setToolTip(_("Layout"))
        self.presets.setToolTip(_("Window presets"))
        for button in (self.layouts, self.presets):
            button.setAccessibleName(str(button.property("toolTip")))
