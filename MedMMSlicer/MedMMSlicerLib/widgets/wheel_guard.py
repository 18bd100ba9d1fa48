"""The mouse wheel scrolls the panel; it changes a field only where the reader has chosen the field."""

from __future__ import annotations

from typing import Any

import qt

__all__ = ["WheelGuard"]

_FIELDS = ("QComboBox", "QAbstractSpinBox", "QSlider")


class WheelGuard(qt.QObject):
    """Keeps the wheel from fields without the keyboard: the sex of a patient is not changed by scrolling.

    Whoever makes it holds it.

    Parameters
    ----------
    root : QWidget
        With what is in it now; `watch` adds what is made later.
    """

    def __init__(self, root: Any) -> None:
        qt.QObject.__init__(self, root)
        self.watch(root)

    def watch(self, root: Any) -> None:
        """Guard a widget and what is in it."""
        for field in (root, *root.findChildren(qt.QWidget)):
            if any(field.inherits(name) for name in _FIELDS):
                # Otherwise the wheel itself would choose it.
                field.setFocusPolicy(qt.Qt.StrongFocus)
                field.installEventFilter(self)

    def eventFilter(self, watched: Any, event: Any) -> bool:
        """Pass the wheel on to what lies around the field."""
        if event.type() != qt.QEvent.Wheel or watched.hasFocus():
            return False
        event.ignore()
        return True
