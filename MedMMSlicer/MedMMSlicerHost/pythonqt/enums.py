"""Enumerations as PythonQt shows them: small classes of integers, whose members combine to plain integers."""

from __future__ import annotations

import enum
from typing import Any

__all__ = ["QtEnumeration", "qt_member", "strict_enumeration", "strict_member"]

_types: dict[type, type[QtEnumeration]] = {}

FLAG_TYPES = {
    "Qt": {
        "Alignment": "AlignmentFlag",
        "WindowFlags": "WindowType",
        "ItemFlags": "ItemFlag",
        "KeyboardModifiers": "KeyboardModifier",
        "MouseButtons": "MouseButton",
        "Orientations": "Orientation",
        "TextInteractionFlags": "TextInteractionFlag",
        "DropActions": "DropAction",
        "WindowStates": "WindowState",
        "InputMethodHints": "InputMethodHint",
    },
    "QMessageBox": {"StandardButtons": "StandardButton"},
    "QDialogButtonBox": {"StandardButtons": "StandardButton"},
    "QAbstractItemView": {"EditTriggers": "EditTrigger"},
    "QFileDialog": {"Options": "Option"},
}
"""Names of Qt's flag types (Qt 5) by class, with the enumeration whose members they combine."""

MEMBERS_OF_FLAG_TYPE = {"QMessageBox": ("StandardButton", "StandardButtons")}
"""Where the bare member (`QMessageBox.Yes`) is of the flag type and the scoped one of the enumeration."""


class _EnumerationType(type):
    """Type of the classes below; prints them as PythonQt does."""

    def __repr__(cls) -> str:
        module = cls.__module__.rpartition(".")[2].replace("QtWidgets", "QtGui")
        return f"<class 'PythonQt.{module}.{cls.__name__}'>"


class QtEnumeration(int, metaclass=_EnumerationType):
    """A value of a Qt enumeration: an integer with the type's name.

    Attributes
    ----------
    qt_type : type
        The enumeration of PySide6 that calls are given.
    """

    qt_type: type[enum.Enum]


def strict_enumeration(qt_type: type[enum.Enum], name: str = "") -> type[QtEnumeration]:
    """Return the class of integers that stands for an enumeration of PySide6, made on first use."""
    if name:
        return _make(qt_type, name, bare=True)
    known = _types.get(qt_type)
    if known is None:
        known = _types[qt_type] = _make(qt_type, qt_type.__name__, bare=False)
    return known


def _make(qt_type: type[enum.Enum], name: str, bare: bool) -> type[QtEnumeration]:
    # Module and qualified name are those of PySide6, which reads its signatures by them.
    names = {"__module__": qt_type.__module__, "__qualname__": qt_type.__qualname__, "qt_type": qt_type}
    made: Any = _EnumerationType(name, (QtEnumeration,), names)
    if not bare:
        for member_name, member in qt_type.__members__.items():
            setattr(made, member_name, made(_number(member)))
    return made


def _number(member: enum.Enum) -> int:
    value = member.value
    return value if isinstance(value, int) else int(value.value)


def strict_member(member: enum.Enum) -> QtEnumeration:
    """Return a value of PySide6 as the integer that PythonQt hands out."""
    return strict_enumeration(type(member))(_number(member))


def qt_member(qt_type: type[enum.Enum], number: int) -> enum.Enum:
    """Return the PySide6 value of a number.

    Raises
    ------
    ValueError
        If the enumeration has no such value.
    """
    return qt_type(int(number))
