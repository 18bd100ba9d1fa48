"""`ctkSliderWidget`: a slider and a spin box for one number."""

from __future__ import annotations

from typing import Any

import qt
from PySide6 import QtCore

__all__ = ["ctkSliderWidget"]

_STEPS = 10000
"""Positions of the inner slider; it counts in whole numbers."""


class ctkSliderWidget(qt.QWidget):
    """A number between a minimum and a maximum."""

    valueChanged = QtCore.Signal(float)

    def __init__(self, *args: Any) -> None:
        qt.QWidget.__init__(self, *args)
        layout = qt.QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self._slider = qt.QSlider(qt.Qt.Horizontal, self)
        self._slider.setRange(0, _STEPS)
        self._spin_box = qt.QDoubleSpinBox(self)
        layout.addWidget(self._slider, 1)
        layout.addWidget(self._spin_box)
        self._slider.sliderMoved.connect(self._on_slider)
        self._spin_box.valueChanged.connect(self._on_value)

    def _on_slider(self, position: int) -> None:
        low, high = self._spin_box.minimum, self._spin_box.maximum
        self._spin_box.value = low + (high - low) * position / _STEPS

    def _on_value(self, value: float) -> None:
        low, high = self._spin_box.minimum, self._spin_box.maximum
        self._slider.value = round(_STEPS * (value - low) / (high - low)) if high > low else 0
        self.valueChanged.emit(value)

    def _inner(name: str, kind: type) -> Any:
        def read(self: Any) -> Any:
            return getattr(self._spin_box, name)

        def write(self: Any, value: Any) -> None:
            setattr(self._spin_box, name, value)

        return QtCore.Property(kind, read, write)

    value = _inner("value", float)
    minimum = _inner("minimum", float)
    maximum = _inner("maximum", float)
    singleStep = _inner("singleStep", float)
    decimals = _inner("decimals", int)
    prefix = _inner("prefix", str)
    suffix = _inner("suffix", str)
