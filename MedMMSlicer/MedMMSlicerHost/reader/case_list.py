"""The list of open studies, with their images by role."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import qt

from .words import _

__all__ = ["CaseList"]

_VOLUME_ROLE = 33
"""Qt::UserRole and one: the node id of an image."""


class CaseList:
    """A tree: cases, and the images of each.

    Parameters
    ----------
    room : ReadingRoom
    select : callable
        ``select(case_id, volume_id)``; an empty ``volume_id`` means its current image.
    close : callable
        ``close(case_id)``: the reader wants a case out of the way.
    shown : callable
        Returns the node id of the image in the slice views.

    Attributes
    ----------
    widget : QWidget
    tree : QTreeWidget
    """

    def __init__(
        self,
        room: Any,
        select: Callable[[str, str], object],
        close: Callable[[str], object],
        shown: Callable[[], str],
    ) -> None:
        self._room = room
        self._select = select
        self._close = close
        self._shown = shown
        self.widget = qt.QWidget()
        column = qt.QVBoxLayout(self.widget)
        column.setContentsMargins(0, 0, 0, 0)
        self.hint = qt.QLabel()
        self.hint.setWordWrap(True)
        self.hint.setMargin(8)
        self.tree = qt.QTreeWidget()
        self.tree.setObjectName("caseTree")
        self.tree.setColumnCount(1)
        self.tree.setHeaderHidden(True)
        self.tree.setContextMenuPolicy(qt.Qt.CustomContextMenu)
        self.tree.connect("currentItemChanged(QTreeWidgetItem*,QTreeWidgetItem*)", self._chosen)
        self.tree.connect("customContextMenuRequested(QPoint)", self._menu)
        column.addWidget(self.hint)
        column.addWidget(self.tree, 1)
        self._ids: tuple[str, ...] = ()
        self._filling = False
        self.refresh()

    def refresh(self) -> None:
        """Show what the room has."""
        entries = self._room.cases.entries()
        self._filling = True
        self.tree.clear()
        self._ids = tuple(entry.id for entry in entries)
        for entry in entries:
            self._add(entry)
        self._filling = False
        self.hint.setText(_("Drop files or a folder here, or choose File, Open."))
        self.hint.setVisible(not entries)

    def _add(self, entry: Any) -> None:
        state = {"new": _("new"), "read": _("read"), "stale": _("to be read again")}[entry.state]
        item = qt.QTreeWidgetItem(self.tree, [f"{entry.title}  ({state})"])
        item.setToolTip(0, entry.subtitle)
        item.setData(0, qt.Qt.UserRole, entry.id)
        for series in entry.series:
            parts = [part for part in (series.modality, series.body_part, series.view) if part]
            child = qt.QTreeWidgetItem(item, [f"{series.role}: {series.name}"])
            child.setToolTip(0, ", ".join(parts))
            child.setData(0, qt.Qt.UserRole, entry.id)
            child.setData(0, _VOLUME_ROLE, series.volume_id)
        item.setExpanded(True)
        if entry.id == self._room.cases.current_id:
            font = item.font(0)
            font.setBold(True)
            item.setFont(0, font)
            self.tree.setCurrentItem(self._shown_item(item, entry))

    def _shown_item(self, item: Any, entry: Any) -> Any:
        """The case itself while its current image is shown, else the image that is."""
        for number, series in enumerate(entry.series):
            if series.role != "current" and series.volume_id and series.volume_id == self._shown():
                return item.child(number)
        return item

    def step(self, count: int) -> None:
        """Go to another case of the list, round its ends."""
        if self._ids:
            current = self._room.cases.current_id
            index = self._ids.index(current) if current in self._ids else 0
            self._select(self._ids[(index + count) % len(self._ids)], "")

    def _chosen(self, item: Any, _previous: Any) -> None:
        if self._filling or not item:
            return
        case_id, volume_id = str(item.data(0, qt.Qt.UserRole)), str(item.data(0, _VOLUME_ROLE) or "")
        # Not now: refreshing takes the very item away whose signal this is.
        qt.QTimer.singleShot(0, lambda: self._select(case_id, volume_id))

    def _menu(self, position: Any) -> None:
        item = self.tree.itemAt(position)
        if not item:
            return
        case_id = str(item.data(0, qt.Qt.UserRole))
        menu = qt.QMenu(self.tree)
        menu.addAction(_("Close case")).connect("triggered()", lambda: self._close(case_id))
        menu.popup(self.tree.viewport().mapToGlobal(position))
