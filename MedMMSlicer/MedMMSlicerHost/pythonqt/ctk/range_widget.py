"""`ctkRangeWidget`: two numbers, the lower never above the upper."""

from __future__ import annotations

from typing import Any

import qt
from PySide6 import QtCore

__all__ = ["ctkRangeWidget"]


class ctkRangeWidget(qt.QWidget):
    """A range within limits; 0 to 99 at first, as in CTK."""

    valuesChanged = QtCore.Signal(float, float)

    def __init__(self, *args: Any) -> None:
        qt.QWidget.__init__(self, *args)
        layout = qt.QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self._low, self._high = qt.QDoubleSpinBox(self), qt.QDoubleSpinBox(self)
        self._high.value = self._high.maximum
        for box in (self._low, self._high):
            layout.addWidget(box)
            box.valueChanged.connect(self._announce)

    def _announce(self, *_: Any) -> None:
        self.valuesChanged.emit(self._low.value, self._high.value)

    def _get_low(self) -> float:
        return float(self._low.value)

    def _set_low(self, value: float) -> None:
        self._low.value = value
        if self._high.value < self._low.value:
            self._high.value = self._low.value

    def _get_high(self) -> float:
        return float(self._high.value)

    def _set_high(self, value: float) -> None:
        self._high.value = value
        if self._low.value > self._high.value:
            self._low.value = self._high.value

    def _get_minimum(self) -> float:
        return float(self._low.minimum)

    def _set_minimum(self, value: float) -> None:
        self._low.minimum = self._high.minimum = value

    def _get_maximum(self) -> float:
        return float(self._low.maximum)

    def _set_maximum(self, value: float) -> None:
        self._low.maximum = self._high.maximum = value

    minimumValue = QtCore.Property(float, _get_low, _set_low)
    maximumValue = QtCore.Property(float, _get_high, _set_high)
    minimum = QtCore.Property(float, _get_minimum, _set_minimum)
    maximum = QtCore.Property(float, _get_maximum, _set_maximum)
