"""`ctkCollapsibleButton`: a section whose header shows and hides what is in it."""

from __future__ import annotations

from typing import Any

import qt
from PySide6 import QtCore

__all__ = ["ctkCollapsibleButton"]


class ctkCollapsibleButton(qt.QAbstractButton):
    """A section: give it a layout, and its children show below the header while it is not collapsed."""

    contentsCollapsed = QtCore.Signal(bool)

    def __init__(self, *args: Any) -> None:
        qt.QAbstractButton.__init__(self, *[a for a in args if not isinstance(a, str)])
        self._collapsed = False
        self._hidden: list[Any] = []
        if args and isinstance(args[0], str):
            self.text = args[0]
        self.checkable = True
        self.checked = True
        self.setSizePolicy(qt.QSizePolicy.Preferred, qt.QSizePolicy.Preferred)
        self.setFocusPolicy(qt.Qt.TabFocus)
        self.setContentsMargins(0, self._header(), 0, 0)
        self.setMinimumHeight(self._header())
        self.toggled.connect(self._on_toggled)

    def _header(self) -> int:
        return int(self.fontMetrics().height() + 8)

    def _get_collapsed(self) -> bool:
        return self._collapsed

    def _set_collapsed(self, collapsed: bool) -> None:
        if collapsed == self._collapsed:
            return
        self._collapsed = bool(collapsed)
        if self._collapsed:
            self._hide_contents()
            self.setMaximumHeight(self._header())
        else:
            self.setMaximumHeight(16777215)
            for child in self._hidden:
                if child:
                    child.show()
            self._hidden = []
        self.checked = not self._collapsed
        self.updateGeometry()
        self.contentsCollapsed.emit(self._collapsed)

    collapsed = QtCore.Property(bool, _get_collapsed, _set_collapsed)

    def _hide_contents(self) -> None:
        shown = [child for child in self._widgets() if not child.isHidden()]
        self._hidden.extend(shown)
        for child in shown:
            child.hide()

    def showEvent(self, _event: Any) -> None:
        """Hide what was added while the section was collapsed, as a `.ui` file does."""
        if self._collapsed:
            self._hide_contents()

    def _widgets(self) -> list[Any]:
        return [child for child in self.children() if child.inherits("QWidget") and not child.isWindow()]

    def _on_toggled(self, checked: bool) -> None:
        self._set_collapsed(not checked)

    def hitButton(self, position: Any) -> bool:
        """Only the header is a button."""
        return bool(0 <= position.y() < self._header() and 0 <= position.x() < self.width)

    def paintEvent(self, _event: Any) -> None:
        """Draw the header: an arrow and the text."""
        option = qt.QStyleOptionButton()
        option.initFrom(self)
        option.rect = qt.QRect(0, 0, self.width, self._header())
        painter = qt.QPainter(self)
        painter.fillRect(option.rect, self.palette.button())
        arrow = qt.QStyle.PE_IndicatorArrowRight if self._collapsed else qt.QStyle.PE_IndicatorArrowDown
        option.rect = qt.QRect(6, 0, 12, self._header())
        self.style().drawPrimitive(arrow, option, painter, self)
        painter.setPen(self.palette.buttonText().color())
        text_area = qt.QRect(24, 0, self.width - 28, self._header())
        painter.drawText(text_area, qt.Qt.AlignLeft | qt.Qt.AlignVCenter, self.text)
        painter.end()
