"""Where Qt 6 and PySide6 differ from Qt 5 and PythonQt, class by class."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .calls import Slot, StaticSlot, raw
from .properties import QtProperty

__all__ = ["METHODS_NOT_PROPERTIES", "REMOVED", "RENAMED_GETTERS", "amend", "run_dialog"]

REMOVED: dict[str, tuple[str, ...]] = {
    "QObject": ("emit", "receivers"),
    "QColor": ("getRgb", "getHsv", "getHsl", "getCmyk", "getRgbF", "getHsvF", "getHslF", "getCmykF"),
    "QLayout": ("getContentsMargins",),
    "QWidget": ("getContentsMargins", "accessibleIdentifier", "setAccessibleIdentifier"),
    "QTextBlock": ("begin", "end"),
    "QTextFrame": ("begin", "end"),
}
"""Methods of PySide6 that PythonQt does not have."""

METHODS_NOT_PROPERTIES = {("QLayout", "contentsMargins")}
"""Properties of Qt 6 that Qt 5 has as methods only."""

RENAMED_GETTERS: dict[tuple[str, str], str] = {}
"""Getter of a property where it can not be derived from the name."""


def amend(owner: Any) -> None:
    """Give a class that was just patched what only Qt 5 or PythonQt has."""
    function = _AMENDMENTS.get(owner.__name__)
    if function is not None:
        function(owner)


def run_dialog(function: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    """Open a modal dialog of Qt; tests put an answer in its place."""
    return function(*args)


def _first_result(owner: Any, *names: str) -> None:
    """Let static methods give their first result alone: the path without filter, the number without ok."""
    for name in names:
        function = raw(owner, name)

        def first(*args: Any, _function: Callable[..., Any] = function) -> Any:
            return run_dialog(_function, args)[0]

        first.qt_original = function  # type: ignore[attr-defined]
        setattr(owner, name, StaticSlot(first, owner, name))


def _file_dialog(owner: Any) -> None:
    _first_result(owner, "getOpenFileName", "getOpenFileNames", "getSaveFileName")


def _input_dialog(owner: Any) -> None:
    _first_result(owner, "getInt", "getDouble", "getText", "getItem", "getMultiLineText")


def _timer(owner: Any) -> None:
    original = owner.__dict__["singleShot"]
    original = original.function if isinstance(original, StaticSlot) else raw(owner, "singleShot")

    def _singleShot(milliseconds: int, callback: Callable[[], Any]) -> None:
        original(milliseconds, callback)

    # A function of Slicer's own Python, and so it prints.
    _singleShot.__qualname__ = "_Internal.__init__.<locals>._singleShot"
    owner.singleShot = staticmethod(_singleShot)


def _layout(owner: Any) -> None:
    margins, set_margins = raw(owner, "contentsMargins"), raw(owner, "setContentsMargins")

    def margin(layout: Any) -> int:
        found = margins(layout)
        sides = {raw(type(found), side)(found) for side in ("left", "top", "right", "bottom")}
        return sides.pop() if len(sides) == 1 else -1

    def set_margin(layout: Any, value: int) -> None:
        set_margins(layout, value, value, value, value)

    owner.margin = QtProperty("margin", margin, set_margin)
    owner.setMargin = Slot(set_margin, owner, "setMargin")


def _button_box(owner: Any) -> None:
    """Let `QDialogButtonBox(Ok | Cancel)` make no buttons: PythonQt takes the number for an orientation."""
    original = owner.__init__

    def construct(self: Any, *args: Any, **keywords: Any) -> None:
        if args and isinstance(args[0], int):
            args = args[1:]
        original(self, *args, **keywords)

    owner.__init__ = construct


def _byte_array(owner: Any) -> None:
    def refuse(value: Any) -> bytes:
        raise TypeError("cannot convert 'QByteArray' object to bytes")

    owner.__bytes__ = refuse


def _button(owner: Any) -> None:
    original = raw(owner, "animateClick")

    def animate(button: Any, _milliseconds: int = 100) -> None:
        original(button)

    owner.animateClick = Slot(animate, owner, "animateClick")


def _image(owner: Any) -> None:
    """Refuse `QImage(bytes, ...)`: PythonQt finds no constructor for it."""
    original = owner.__init__

    def construct(self: Any, *args: Any, **keywords: Any) -> None:
        if args and isinstance(args[0], bytes | bytearray | memoryview):
            raise ValueError("Could not find matching overload for QImage from bytes; use loadFromData")
        original(self, *args, **keywords)

    owner.__init__ = construct


def _meta_object(owner: Any) -> None:
    # A peculiarity of PythonQt: the wrapper answers for itself.
    owner.className = lambda _meta: "QMetaObject"


def _ui_loader(owner: Any) -> None:
    """Let the loader know all stand-ins, and refuse a class for which there is none."""

    def load(_loader: Any, device: Any, parent: Any = None) -> Any:
        from .ui import load_bytes

        return load_bytes(raw(type(device), "readAll")(device).data(), "The .ui file", parent)

    load.qt_original = raw(owner, "load")  # type: ignore[attr-defined]
    owner.load = Slot(load, owner, "load")


_AMENDMENTS: dict[str, Callable[[Any], None]] = {
    "QFileDialog": _file_dialog,
    "QInputDialog": _input_dialog,
    "QTimer": _timer,
    "QByteArray": _byte_array,
    "QAbstractButton": _button,
    "QImage": _image,
    "QMetaObject": _meta_object,
    "QUiLoader": _ui_loader,
    "QLayout": _layout,
    "QDialogButtonBox": _button_box,
}
