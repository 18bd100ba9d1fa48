"""Qt's properties as values: read and written by name, never called."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Any

from .calls import call, refuse_super
from .enums import QtEnumeration
from .values import CHECK, from_qt, kind_of, shiboken_root, to_qt

__all__ = ["QtField", "QtProperty", "make_descriptor", "property_names"]


def property_names(owner: type) -> list[str]:
    """Return the properties that a class adds to those of its bases."""
    meta = owner.__dict__.get("staticMetaObject")
    if meta is None:
        return []
    return [meta.property(index).name() for index in range(meta.propertyOffset(), meta.propertyCount())]


class QtProperty:
    """Descriptor of a property: its getter and its setter of PySide6."""

    __slots__ = ("getter", "name", "setter", "through")

    def __init__(
        self, name: str, getter: Callable[..., Any], setter: Callable[..., Any] | None, through: bool = False
    ) -> None:
        self.name, self.getter, self.setter = name, getter, setter
        self.through = through  # by QObject.property(name): there is no getter in Python

    def __get__(self, instance: Any, owner: type) -> Any:
        if instance is None:
            return self
        refuse_super(owner, self.name)
        try:
            value = self._read(instance)
        except RuntimeError as error:
            raise ValueError(f"Trying to read '{self.name}' of a destroyed object: {error}") from None
        return _plain(value)

    def _read(self, instance: Any) -> Any:
        return self.getter(instance, self.name) if self.through else self.getter(instance)

    def __set__(self, instance: Any, value: Any) -> None:
        if self.setter is None:
            raise AttributeError(
                f"Property '{self.name}' of type '{type(instance).__name__}' is not writable"
            )
        if self.setter.__name__ == "setProperty":
            kind = kind_of(type(value))
            plain = value if kind is None or kind is CHECK else kind(value)
            if not self.setter(instance, self.name, plain):
                raise ValueError(f"Property '{self.name}' does not take {value!r}")
            return
        if isinstance(value, str | float | int) and not isinstance(value, QtEnumeration):
            self._refuse_plain(instance, value)
        call(self.setter, (instance,), (value,))

    def _refuse_plain(self, instance: Any, value: Any) -> None:
        """Refuse text and numbers for a font or the like; PySide6 would make one of them."""
        if isinstance(self._read(instance), shiboken_root()):
            raise ValueError(f"Property '{self.name}' does not take {value!r}")


def _plain(value: Any) -> Any:
    """Return the value of a property: of an enumeration that is a bare number."""
    if isinstance(value, enum.Enum):
        return int(from_qt(value))
    return from_qt(value)


class QtField:
    """Descriptor of a member variable of a C++ structure, such as `option.rect`."""

    __slots__ = ("member", "name")

    def __init__(self, name: str, member: Any) -> None:
        self.name, self.member = name, member

    def __get__(self, instance: Any, owner: type) -> Any:
        return self if instance is None else _plain(self.member.__get__(instance, owner))

    def __set__(self, instance: Any, value: Any) -> None:
        before = self.member.__get__(instance, type(instance))
        if isinstance(before, enum.Enum) and isinstance(value, int):
            value = type(before)(int(value))
        try:
            self.member.__set__(instance, to_qt(value))
        except TypeError as error:
            raise ValueError(f"'{self.name}' does not take {value!r}") from error


def make_descriptor(declared: Any) -> None:
    """Let `QtCore.Property`, with which stand-ins declare theirs, be read and written like any other."""

    def read(self: Any, instance: Any, owner: type) -> Any:
        return self if instance is None else from_qt(self.fget(instance))

    def write(self: Any, instance: Any, value: Any) -> None:
        if self.fset is None:
            raise AttributeError(f"A property of {type(instance).__name__} is not writable")
        self.fset(instance, value)

    declared.__get__, declared.__set__ = read, write
