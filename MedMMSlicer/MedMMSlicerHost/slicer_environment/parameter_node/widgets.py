"""Which widget shows a parameter of which type, and how its value is read and written."""

from __future__ import annotations

import enum
from collections.abc import Callable
from pathlib import Path, PurePath
from typing import Any

import qt
import slicer

from MedMMSlicerHost.slicer_environment.parameter_node.rules import (
    Choice,
    Decimals,
    Maximum,
    Minimum,
    SingleStep,
    WithinRange,
    find,
    split,
)

__all__ = ["GuiConnector", "connector_for"]


class GuiConnector:
    """Reads and writes one widget, and calls back when the user changed it."""

    signal = ""

    def __init__(self, widget: Any) -> None:
        self._widget = widget
        self._callback: Callable[[], None] | None = None

    def widget(self) -> Any:
        """Return the widget."""
        return self._widget

    def on_changed(self, callback: Callable[[], None] | None) -> None:
        """Call back at every change; None stops that."""
        if self._callback is None and callback is not None:
            self._widget.connect(self.signal, self._changed)
        if self._callback is not None and callback is None:
            self._widget.disconnect(self.signal, self._changed)
        self._callback = callback

    def _changed(self, *_: Any) -> None:
        if self._callback is not None:
            self._callback()

    def read(self) -> Any:
        """Return what the widget shows."""
        raise NotImplementedError(type(self).__name__)

    def write(self, value: Any) -> None:
        """Show a value."""
        raise NotImplementedError(type(self).__name__)


class _Checked(GuiConnector):
    signal = "toggled(bool)"

    def read(self) -> bool:
        return bool(self._widget.checked)

    def write(self, value: bool) -> None:
        self._widget.setChecked(value)


class _Number(GuiConnector):
    def __init__(self, widget: Any, annotations: tuple[Any, ...], real: bool) -> None:
        super().__init__(widget)
        self.signal = "valueChanged(double)" if real else "valueChanged(int)"
        decimals, step = find(annotations, Decimals), find(annotations, SingleStep)
        if decimals is not None:
            widget.setDecimals(decimals.value)
        if step is not None:
            widget.setSingleStep(step.value)
        low, high = _limits(annotations)
        is_slider = widget.inherits("QSlider") or widget.inherits("ctkSliderWidget")
        if is_slider and (low is None or high is None):
            raise RuntimeError("A slider needs a parameter with a minimum and a maximum.")
        lowest, highest = (-1e308, 1e308) if real else (-(2**31), 2**31 - 1)
        widget.setRange(lowest if low is None else low, highest if high is None else high)

    def read(self) -> Any:
        return self._widget.value

    def write(self, value: Any) -> None:
        self._widget.setValue(value)


def _limits(annotations: tuple[Any, ...]) -> tuple[Any, Any]:
    within = find(annotations, WithinRange)
    if within is not None:
        return within.minimum, within.maximum
    low, high = find(annotations, Minimum), find(annotations, Maximum)
    return (None if low is None else low.minimum), (None if high is None else high.maximum)


class _Chosen(GuiConnector):
    """A combo box that offers fixed values, filled by the connector."""

    signal = "currentIndexChanged(int)"

    def __init__(self, widget: Any, labels: list[str], values: list[Any]) -> None:
        super().__init__(widget)
        self._values = values
        widget.clear()
        for label in labels:
            widget.addItem(label)

    def read(self) -> Any:
        return self._values[self._widget.currentIndex]

    def write(self, value: Any) -> None:
        if value not in self._values:
            raise ValueError(f"{value!r} is none of the choices {self._values}.")
        self._widget.setCurrentIndex(self._values.index(value))


class _Line(GuiConnector):
    signal = "textChanged(QString)"

    def read(self) -> str:
        return str(self._widget.text)

    def write(self, value: str) -> None:
        if self._widget.text != value:
            self._widget.setText(value)


class _Paragraphs(GuiConnector):
    signal = "textChanged()"

    def read(self) -> str:
        return str(self._widget.toPlainText())

    def write(self, value: str) -> None:
        if self._widget.toPlainText() != value:
            self._widget.setPlainText(value)


class _FilePath(GuiConnector):
    signal = "currentPathChanged(QString)"

    def __init__(self, widget: Any, kind: type) -> None:
        super().__init__(widget)
        self._kind = kind

    def read(self) -> Any:
        return self._kind(self._widget.currentPath)

    def write(self, value: Any) -> None:
        self._widget.setCurrentPath(str(value))


class _Node(GuiConnector):
    signal = "currentNodeChanged(vtkMRMLNode*)"

    def __init__(self, widget: Any, kind: type) -> None:
        super().__init__(widget)
        widget.setNodeTypes([kind.__name__])

    def read(self) -> Any:
        return self._widget.currentNode()

    def write(self, value: Any) -> None:
        self._widget.setCurrentNode(value)


_CHECKED = {(bool, "QCheckBox"), (bool, "QPushButton")}
_NUMBERS = {(int, "QSpinBox"), (int, "QSlider"), (float, "QDoubleSpinBox"), (float, "ctkSliderWidget")}


def connector_for(widget: Any, datatype: Any) -> GuiConnector:
    """Return the connector of a widget and a (possibly annotated) type.

    Raises
    ------
    RuntimeError
        If Slicer has none for the pair, or this host has not.
    """
    if isinstance(widget, GuiConnector):
        return widget
    bare, annotations = split(datatype)
    kind = type(widget)
    if kind is qt.QComboBox:
        return _combo_connector(widget, bare, annotations)
    # CTK's classes by name: the host has stand-ins for those only that panels use.
    pair = (bare, kind.__name__)
    if pair in _CHECKED:
        return _checked(widget)
    if pair in _NUMBERS:
        return _Number(widget, annotations, bare is float)
    if pair == (str, "QLineEdit"):
        return _Line(widget)
    if pair == (str, "QTextEdit"):
        return _Paragraphs(widget)
    if bare in (Path, PurePath) and kind.__name__ == "ctkPathLineEdit":
        return _FilePath(widget, bare)
    if isinstance(bare, type) and issubclass(bare, slicer.vtkMRMLNode) and kind is slicer.qMRMLNodeComboBox:
        return _Node(widget, bare)
    raise RuntimeError(f"Unable to create GUI connector from datatype {datatype} to widget type {kind}")


def _checked(widget: Any) -> GuiConnector:
    if not widget.checkable:
        widget.setCheckable(True)
    return _Checked(widget)


def _combo_connector(widget: Any, bare: Any, annotations: tuple[Any, ...]) -> GuiConnector:
    if isinstance(bare, type) and issubclass(bare, enum.Enum):
        members = list(bare)
        label = getattr(bare, "label", lambda member: member.name)
        return _Chosen(widget, [label(member) for member in members], members)
    choice = find(annotations, Choice)
    if bare in (int, float, str, bool) and choice is not None:
        return _Chosen(widget, [str(each) for each in choice.choices], list(choice.choices))
    raise RuntimeError(f"A combo box shows an enum or a parameter with Choice, not {bare}")
