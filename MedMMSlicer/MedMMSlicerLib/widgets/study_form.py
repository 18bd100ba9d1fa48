"""The questions of a reader study as fields: ratings on a scale, and structured scores."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import qt

from .translation import _
from .wheel_guard import WheelGuard

__all__ = ["ChoiceField", "RadioField", "ScaleField", "StudyForm", "TextField"]

_MOST_RADIOS = 5
_NOTHING = "–"
"""Shown where nothing was answered: no answer is chosen beforehand."""


class RadioField:
    """A few values side by side.

    Attributes
    ----------
    widget : QWidget
    """

    def __init__(self, name: str, label: str, choices: Sequence[tuple[Any, str]]) -> None:
        self.widget = qt.QWidget()
        self.on_changed: Callable[[], object] = lambda: None
        row = qt.QHBoxLayout(self.widget)
        row.setContentsMargins(0, 0, 0, 0)
        self._buttons: dict[Any, Any] = {}
        for value, text in choices:
            button = qt.QRadioButton(text, self.widget)
            button.setObjectName(f"{name}_{value}")
            button.setAccessibleName(f"{label}: {text}")
            button.connect("toggled(bool)", self._toggled)
            row.addWidget(button)
            self._buttons[value] = button
        row.addStretch(1)

    @property
    def value(self) -> Any:
        """The chosen value, None if none is."""
        return next((value for value, button in self._buttons.items() if button.checked), None)

    def show(self, value: Any) -> None:
        """Choose a value, or none, without telling anybody."""
        for item, button in self._buttons.items():
            blocked = button.blockSignals(True)
            # An exclusive button can not be unchecked.
            button.setAutoExclusive(False)
            button.setChecked(item == value)
            button.setAutoExclusive(True)
            button.blockSignals(blocked)

    def _toggled(self, checked: bool) -> None:
        if checked:
            self.on_changed()


class ScaleField:
    """A slider and a number; nothing is rated until one of them is used.

    Attributes
    ----------
    widget : QWidget
    """

    def __init__(self, name: str, label: str, minimum: int, maximum: int) -> None:
        self.widget = qt.QWidget()
        self.on_changed: Callable[[], object] = lambda: None
        self._minimum = minimum
        row = qt.QHBoxLayout(self.widget)
        row.setContentsMargins(0, 0, 0, 0)
        self.slider = qt.QSlider(qt.Qt.Horizontal, self.widget)
        self.slider.setObjectName(f"{name}_slider")
        self.slider.setAccessibleName(label)
        self.slider.setRange(minimum, maximum)
        self.slider.setPageStep(max(1, (maximum - minimum) // 10))
        self.spin = qt.QSpinBox(self.widget)
        self.spin.setObjectName(f"{name}_spin")
        self.spin.setAccessibleName(label)
        self.spin.setRange(minimum - 1, maximum)
        self.spin.setSpecialValueText(_NOTHING)
        self.slider.connect("valueChanged(int)", self._slid)
        self.slider.connect("sliderPressed()", lambda: self._slid(self.slider.value))
        self.spin.connect("valueChanged(int)", self._typed)
        row.addWidget(self.slider, 1)
        row.addWidget(self.spin)
        self._wheel_guard = WheelGuard(self.widget)
        self.show(None)

    @property
    def value(self) -> int | None:
        """The rating, None if there is none."""
        number = int(self.spin.value)
        return None if number < self._minimum else number

    def show(self, value: float | None) -> None:
        """Show a rating, or none, without telling anybody."""
        blocked = self.slider.blockSignals(True), self.spin.blockSignals(True)
        self.slider.setValue(self._minimum if value is None else int(value))
        self.spin.setValue(self._minimum - 1 if value is None else int(value))
        self.slider.blockSignals(blocked[0])
        self.spin.blockSignals(blocked[1])

    def set_enabled(self, enabled: bool) -> None:
        """Let the reader use it, or not."""
        self.slider.setEnabled(enabled)
        self.spin.setEnabled(enabled)

    def _slid(self, value: int) -> None:
        if int(self.spin.value) != int(value):
            self.spin.setValue(int(value))

    def _typed(self, value: int) -> None:
        blocked = self.slider.blockSignals(True)
        self.slider.setValue(max(int(value), self._minimum))
        self.slider.blockSignals(blocked)
        self.on_changed()


class ChoiceField:
    """A list of values, the first entry of which is no answer.

    Attributes
    ----------
    widget : QComboBox
    """

    def __init__(self, name: str, label: str, choices: Sequence[tuple[Any, str]]) -> None:
        self.widget = qt.QComboBox()
        self.on_changed: Callable[[], object] = lambda: None
        self._values = (None, *(value for value, _text in choices))
        self.widget.setObjectName(name)
        self.widget.setAccessibleName(label)
        self.widget.setSizePolicy(qt.QSizePolicy.Ignored, qt.QSizePolicy.Fixed)
        for text in (_NOTHING, *(text for _value, text in choices)):
            self.widget.addItem(text)
        self.widget.connect("currentIndexChanged(int)", lambda _index: self.on_changed())
        self._wheel_guard = WheelGuard(self.widget)

    @property
    def value(self) -> Any:
        """The chosen value, None if none is."""
        return self._values[max(0, int(self.widget.currentIndex))]

    def show(self, value: Any) -> None:
        """Choose a value, or none, without telling anybody."""
        blocked = self.widget.blockSignals(True)
        self.widget.setCurrentIndex(self._values.index(value) if value in self._values else 0)
        self.widget.blockSignals(blocked)


class TextField:
    """A line of text, or a number.

    Attributes
    ----------
    widget : QLineEdit
    """

    def __init__(self, name: str, label: str, kind: str) -> None:
        self.widget = qt.QLineEdit()
        self.on_changed: Callable[[], object] = lambda: None
        self._kind = kind
        self.widget.setObjectName(name)
        self.widget.setAccessibleName(label)
        if kind != "text":
            self.widget.setPlaceholderText(_("a number") if kind == "number" else _("a whole number"))
        self.widget.connect("textEdited(QString)", lambda _text: self.on_changed())

    @property
    def value(self) -> Any:
        """What was typed, None if that is nothing; a text where a number is wanted goes on as it is."""
        text = str(self.widget.text).strip()
        if not text or self._kind == "text":
            return text or None
        try:
            return int(text) if self._kind == "integer" else float(text.replace(",", "."))
        except ValueError:
            # The study itself says what is wrong with it.
            return text

    def show(self, value: Any) -> None:
        """Show a value, or nothing, without telling anybody."""
        self.widget.setText("" if value is None else str(value))


class StudyForm:
    """All fields of a read in a column.

    Parameters
    ----------
    holder : QWidget
        Has a layout.
    on_changed : callable
        Called after the reader changed an answer.
    """

    def __init__(self, holder: Any, on_changed: Callable[[], object]) -> None:
        self._holder = holder
        self._on_changed = on_changed
        self._body: Any = None
        self.ratings: dict[str, Any] = {}
        self.fields: dict[tuple[str, str], Any] = {}

    def build(self, questions: Any) -> None:
        """Make the fields for `study.views.Questions`, in place of those before."""
        self.clear()
        self._body = qt.QWidget(self._holder)
        column = qt.QVBoxLayout(self._body)
        column.setContentsMargins(0, 0, 0, 0)
        self._column = column
        for target in questions.targets:
            self.ratings[target.id] = self._add(target.name, self._rating(target))
        for form in questions.forms:
            self._label(form.name, True)
            for item in form.fields:
                text = f"{item.name} ({item.unit})" if item.unit else item.name
                self.fields[(form.id, item.id)] = self._add(text, self._field(form.id, item))
        self._holder.layout().addWidget(self._body)

    def clear(self) -> None:
        """Take all fields away."""
        if self._body is not None:
            self._holder.layout().removeWidget(self._body)
            self._body.setParent(None)
            self._body.deleteLater()
        self._body, self.ratings, self.fields = None, {}, {}

    def show(self, ratings: Mapping[str, float], forms: Mapping[str, Mapping[str, Any]]) -> None:
        """Show answers that were given before."""
        for target_id, field in self.ratings.items():
            field.show(ratings.get(target_id))
        for (form_id, field_id), field in self.fields.items():
            field.show(forms.get(form_id, {}).get(field_id))

    def answers(self) -> tuple[dict[str, float], dict[str, dict[str, Any]]]:
        """Ratings by target, and values by form and field; what was not answered is left out."""
        ratings = {name: field.value for name, field in self.ratings.items() if field.value is not None}
        forms: dict[str, dict[str, Any]] = {}
        for (form_id, field_id), field in self.fields.items():
            if field.value is not None:
                forms.setdefault(form_id, {})[field_id] = field.value
        return ratings, forms

    def _rating(self, target: Any) -> Any:
        name, low, high = f"rating_{target.id}", int(target.minimum), int(target.maximum)
        if high - low < _MOST_RADIOS:
            choices = [(value, str(value)) for value in range(low, high + 1)]
            if (low, high) == (0, 1):
                choices = [(0, _("no")), (1, _("yes"))]
            return RadioField(name, target.name, choices)
        return ScaleField(name, target.name, low, high)

    def _field(self, form_id: str, item: Any) -> Any:
        name = f"field_{form_id}_{item.id}"
        if item.kind == "choice":
            return ChoiceField(name, item.name, [(value, value) for value in item.choices])
        if item.kind == "boolean":
            return ChoiceField(name, item.name, [(True, _("yes")), (False, _("no"))])
        return TextField(name, item.name, item.kind)

    def _add(self, text: str, field: Any) -> Any:
        self._label(text, False)
        self._column.addWidget(field.widget)
        field.on_changed = self._on_changed
        return field

    def _label(self, text: str, strong: bool) -> None:
        label = qt.QLabel(text, self._body)
        label.setTextFormat(qt.Qt.PlainText)
        label.setWordWrap(True)
        if strong:
            font = qt.QFont(label.font)
            font.setBold(True)
            label.setFont(font)
        self._column.addWidget(label)
