"""Where the views are: six layouts of the three slice views and the 3D view."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import qt

from .view import View

__all__ = ["LAYOUTS", "ViewArea"]

LAYOUTS = ("four-up", "conventional", "large-and-three", "single", "three-slices", "volume")

VOLUME = "1"
_SLICES = ("Red", "Green", "Yellow")
_FRAME_COLORS = {"Red": "#b0483e", "Yellow": "#b89b34", "Green": "#4f8f4a", "1": "#5a7fb5"}
"""Slicer's names of views as colors; the view's name is written in it as well."""

Place = tuple[int, int, int, int]


def _places(layout: str, main: str) -> dict[str, Place]:
    """Row, column, rows and columns of each visible view."""
    others = [name for name in (*_SLICES, VOLUME) if name != main]
    if layout == "four-up":
        return {"Red": (0, 0, 1, 1), VOLUME: (0, 1, 1, 1), "Green": (1, 0, 1, 1), "Yellow": (1, 1, 1, 1)}
    if layout == "conventional":
        return {VOLUME: (0, 0, 2, 3), "Red": (2, 0, 1, 1), "Yellow": (2, 1, 1, 1), "Green": (2, 2, 1, 1)}
    if layout == "large-and-three":
        return {main: (0, 0, 3, 3)} | {name: (row, 3, 1, 1) for row, name in enumerate(others)}
    if layout == "three-slices":
        return {name: (0, column, 1, 1) for column, name in enumerate(("Red", "Yellow", "Green"))}
    return {main if layout == "single" else VOLUME: (0, 0, 1, 1)}


class ViewArea:
    """The middle of the window.

    Attributes
    ----------
    widget : QWidget
    layout_id : str
        One of `LAYOUTS`.
    main : str
        The view that is large in layouts with one large view.
    active : str
        The view that the keyboard acts upon.
    """

    def __init__(self, views: Mapping[str, View]) -> None:
        self.widget = qt.QWidget()
        self.widget.setObjectName("viewArea")
        self._views = views
        self._grid = qt.QGridLayout(self.widget)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(2)
        self._frames = {name: self._frame(name, view) for name, view in views.items()}
        self.layout_id, self.main, self.active = "", "Red", "Red"
        self._before: tuple[str, str] | None = None
        self.choose("four-up")

    def _frame(self, name: str, view: View) -> Any:
        frame = qt.QFrame(self.widget)
        frame.setObjectName(f"frame{name}")
        box = qt.QVBoxLayout(frame)
        box.setContentsMargins(2, 2, 2, 2)
        box.addWidget(view.widget)
        return frame

    @property
    def visible_names(self) -> tuple[str, ...]:
        """Names of the views that the layout shows."""
        return tuple(_places(self.layout_id, self.main))

    def choose(self, layout_id: str, main: str = "") -> None:
        """Arrange the views; ``main`` is the large one."""
        self.layout_id, self.main = layout_id, main or self.main
        self._before = None
        self._arrange()

    def toggle_single(self, name: str) -> None:
        """Show one view alone, or again what was there before."""
        if self._before is not None:
            (self.layout_id, self.main), self._before = self._before, None
        else:
            before = (self.layout_id, self.main)
            self.layout_id, self.main = ("volume", self.main) if name == VOLUME else ("single", name)
            self._before = before
        self._arrange()

    def activate(self, name: str) -> None:
        """Make a view the one that the keyboard acts upon."""
        if name != self.active:
            self.active = name
            self._color()

    def _arrange(self) -> None:
        places = _places(self.layout_id, self.main)
        for line in range(6):
            self._grid.setRowStretch(line, 0)
            self._grid.setColumnStretch(line, 0)
        for name, frame in self._frames.items():
            self._grid.removeWidget(frame)
            frame.setVisible(name in places)
        for name, (row, column, rows, columns) in places.items():
            self._grid.addWidget(self._frames[name], row, column, rows, columns)
            for line in range(row, row + rows):
                self._grid.setRowStretch(line, 1)
            for line in range(column, column + columns):
                self._grid.setColumnStretch(line, 1)
        if self.active not in places:
            self.active = next(iter(places))
        self._color()

    def _color(self) -> None:
        for name, frame in self._frames.items():
            color = _FRAME_COLORS.get(name, "#808080")
            width, rest = (2, 0) if name == self.active and len(self.visible_names) > 1 else (1, 1)
            frame.setStyleSheet(f"#frame{name} {{ border: {width}px solid {color}; padding: {rest}px; }}")
