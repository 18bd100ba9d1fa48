"""What crosses the border between Qt and Python: arguments on their way in, results on their way out."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Any

from .enums import QtEnumeration, strict_member

__all__ = ["CHECK", "from_qt", "is_qt_class", "kind_of", "nearest_qt_class", "to_qt"]

CHECK = "check"
"""Kind of an argument that only the signature of the called method can decide about."""

_on_wrapped: list[Callable[[type], None]] = []
_are_qt: dict[type, bool] = {}
_nearest: dict[type, type] = {}
_kinds: dict[type, Any] = {str: None, int: None, float: None, bool: None, type(None): CHECK}
_results: dict[type, Any] = {str: None, int: None, float: None, bool: None, type(None): None, bytes: None}


def shiboken_root() -> type:
    """Return the root of all classes of PySide6."""
    from PySide6 import QtCore

    return QtCore.QObject.__mro__[-2]


def is_qt_class(candidate: type) -> bool:
    """Tell whether a class is Qt's own or a registered stand-in, and no Python subclass of one."""
    known = _are_qt.get(candidate)
    if known is None:  # asking one of PySide6's classes for its module is slow
        known = _are_qt[candidate] = candidate.__module__.startswith("PySide6.")
    return known


def add_stand_in(candidate: type) -> None:
    """Let a Python class count as one of Qt's own."""
    _are_qt[candidate] = True


def nearest_qt_class(python_type: type) -> type:
    """Return the class itself or the first of its bases that is Qt's own."""
    known = _nearest.get(python_type)
    if known is not None and (known is python_type or not is_qt_class(python_type)):
        return known
    for base in python_type.__mro__:
        if is_qt_class(base):
            _nearest[python_type] = base
            return base
    raise TypeError(f"{python_type.__name__} is no Qt class")


def when_wrapped(callback: Callable[[type], None]) -> None:
    """Have a function called with every class of PySide6 of which an object reaches Python."""
    _on_wrapped.append(callback)


def kind_of(argument_type: type) -> Any:
    """Return how arguments of a type are handed to Qt: None as they are, CHECK, or a converting function."""
    try:
        return _kinds[argument_type]
    except KeyError:
        kind = _kinds[argument_type] = _classify(argument_type)
        return kind


def _classify(argument_type: type) -> Any:
    if issubclass(argument_type, QtEnumeration):
        return _to_qt_enum
    if issubclass(argument_type, list | tuple):
        return _to_qt_list
    if issubclass(argument_type, dict):
        return _to_qt_dict
    if issubclass(argument_type, bytes | bytearray | str | float | int) or _is_numpy(argument_type):
        return CHECK
    if isinstance(argument_type, type) and issubclass(argument_type, shiboken_root()):
        return None
    return None


def _is_numpy(argument_type: type) -> bool:
    return argument_type.__module__.partition(".")[0] == "numpy"


def _to_qt_enum(value: QtEnumeration) -> Any:
    try:
        return value.qt_type(int(value))
    except ValueError:
        return int(value)


def _to_qt_list(value: Any) -> list[Any]:
    return [to_qt(item) for item in value]


def _to_qt_dict(value: dict[Any, Any]) -> dict[str, Any]:
    return {str(key): to_qt(item) for key, item in value.items()}


def to_qt(value: Any) -> Any:
    """Return a value as Qt stores it where any type is taken: string keys, plain numbers."""
    kind = kind_of(type(value))
    if kind is None:
        return value
    if kind is CHECK:
        return value.item() if _is_numpy(type(value)) and hasattr(value, "item") else value
    return kind(value)


def from_qt(value: Any) -> Any:
    """Return a result of PySide6 as PythonQt gives it: tuples for lists, integers for enumerations."""
    try:
        convert = _results[type(value)]
    except KeyError:
        convert = _results[type(value)] = _result_converter(type(value))
    return value if convert is None else convert(value)


def _result_converter(result_type: type) -> Any:
    if issubclass(result_type, enum.Enum):
        return strict_member
    if result_type in (list, tuple):
        return _from_qt_sequence
    if result_type is dict:
        return _from_qt_dict
    if issubclass(result_type, shiboken_root()):
        for callback in _on_wrapped:
            callback(result_type)
    return None


def _from_qt_sequence(value: Any) -> tuple[Any, ...]:
    return tuple([from_qt(item) for item in value])


def _from_qt_dict(value: dict[Any, Any]) -> dict[Any, Any]:
    return {key: from_qt(item) for key, item in value.items()}
