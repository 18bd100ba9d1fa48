"""What every object of Qt answers in PythonQt: unknown names, names of children, life and text."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from .calls import Slot, StaticSlot, raise_keywords, raw
from .properties import QtProperty
from .signals import SignalDescriptor
from .values import from_qt, is_qt_class, nearest_qt_class, shiboken_root

__all__ = ["find_child", "find_children", "install_object_protocol", "read_unknown", "write_attribute"]

_raw: dict[str, Any] = {}
_names: dict[type, frozenset[str]] = {}
_on_class: dict[tuple[type, str], Any] = {}
_loading: list[bool] = []


def install_object_protocol(qobject: type) -> None:
    """Keep the methods of QObject that the functions of this module need, before it is patched."""
    for name in ("children", "property", "setProperty", "dynamicPropertyNames", "objectName", "inherits"):
        _raw[name] = raw(qobject, name)
    _raw["setattr"] = shiboken_root().__setattr__


@contextlib.contextmanager
def loading() -> Iterator[None]:
    """Ignore new attributes on Qt's objects: PySide6's loader sets one for each child."""
    _loading.append(True)
    try:
        yield
    finally:
        _loading.pop()


def is_alive(instance: Any) -> bool:
    """Tell whether Qt still has the object; that is its truth value."""
    import shiboken6

    return bool(shiboken6.isValid(instance))


def class_name(instance: Any) -> str:
    """Return the name of the object's class of Qt."""
    return nearest_qt_class(type(instance)).__name__


def read_unknown(instance: Any, name: str) -> Any:
    """Answer an attribute that the class has not: a dynamic property, or a child of that name.

    Raises
    ------
    AttributeError
        If there is neither.
    ValueError
        If Qt has deleted the object.
    """
    if name.startswith("__"):
        raise AttributeError(f"{class_name(instance)} has no attribute named '{name}'")
    try:
        children = _raw["children"](instance)
    except RuntimeError as error:
        if "base class" in str(error):  # __init__ of the subclass has not come that far
            raise AttributeError(f"{class_name(instance)} has no attribute named '{name}'") from None
        message = f"Trying to read attribute '{name}' from a destroyed {class_name(instance)} object"
        raise ValueError(message) from None
    for child in children:
        if _raw["objectName"](child) == name:
            return from_qt(child)
    if name.encode() in [key.data() for key in _raw["dynamicPropertyNames"](instance)]:
        return from_qt(_raw["property"](instance, name))
    raise AttributeError(f"{class_name(instance)} has no attribute named '{name}'")


def qt_names(python_type: type) -> frozenset[str]:
    """Return all names that the classes of Qt among a class and its bases define."""
    known = _names.get(python_type)
    if known is None:
        found: set[str] = set()
        for base in python_type.__mro__:
            if is_qt_class(base):
                found.update(base.__dict__)
        known = _names[python_type] = frozenset(found)
    return known


def forget_names(python_type: type) -> None:
    """Read the names of a class anew; it has changed."""
    _names.pop(python_type, None)
    for key in [key for key in _on_class if key[0] is python_type]:
        del _on_class[key]


def find_on_class(python_type: type, name: str) -> Any:
    """Return what a class or one of its bases defines under a name, or None."""
    known = _on_class.get((python_type, name))
    if known is not None:
        return known
    for base in python_type.__mro__:
        found = base.__dict__.get(name)
        if found is not None:
            if isinstance(found, QtProperty | Slot | StaticSlot | SignalDescriptor):
                _on_class[(python_type, name)] = found
            return found
    return None


def write_attribute(instance: Any, name: str, value: Any) -> None:
    """Write a property; refuse what is no property, but on Python subclasses.

    Raises
    ------
    AttributeError
        For a new name on an object of Qt, for a method and for a signal.
    """
    python_type = type(instance)
    if name not in qt_names(python_type):
        if is_qt_class(python_type) and not (name.startswith("_") and not _is_pyside(python_type)):
            _write_on_plain(instance, name, value)
            return
        _raw["setattr"](instance, name, value)
        return
    found = find_on_class(python_type, name)
    if isinstance(found, Slot | StaticSlot | SignalDescriptor):
        raise AttributeError(f"'{name}' is a method or signal of {class_name(instance)}, not writable")
    if found is not None and hasattr(type(found), "__set__"):
        found.__set__(instance, value)
        return
    _raw["setattr"](instance, name, value)


def _is_pyside(python_type: type) -> bool:
    return python_type.__module__.startswith("PySide6.")


def _write_on_plain(instance: Any, name: str, value: Any) -> None:
    if _loading:
        return
    dynamic = getattr(instance, "dynamicPropertyNames", None)
    if dynamic is not None and name.encode() in [
        key.data() for key in _raw["dynamicPropertyNames"](instance)
    ]:
        _raw["setProperty"](instance, name, value)
        return
    raise AttributeError(
        f"'{name}' does not exist on {class_name(instance)} "
        "and creating new attributes on C++ objects is not allowed"
    )


def find_children(instance: Any, wanted: Any = None, name: Any = None) -> tuple[Any, ...]:
    """Return all descendants of a class, given as class or as its name, and with a name."""
    found = []
    for child in _raw["children"](instance):
        if _matches(child, wanted, name):
            found.append(from_qt(child))
        found.extend(find_children(child, wanted, name))
    return tuple(found)


def find_child(instance: Any, wanted: Any = None, name: Any = None) -> Any:
    """Return the first descendant of a class and with a name, direct children first, or None."""
    level = [instance]
    while level:
        below = [child for parent in level for child in _raw["children"](parent)]
        for child in below:
            if _matches(child, wanted, name):
                return from_qt(child)
        level = below
    return None


def _matches(child: Any, wanted: Any, name: Any) -> bool:
    if wanted is not None:
        class_text = wanted if isinstance(wanted, str) else wanted.__name__
        if not _raw["inherits"](child, class_text):
            return False
    return not name or _raw["objectName"](child) == str(name)


class Method:
    """Descriptor of a method that this package adds to Qt's classes."""

    __slots__ = ("function", "name")

    def __init__(self, function: Any, name: str) -> None:
        self.function, self.name = function, name

    def __get__(self, instance: Any, owner: type) -> Any:
        if instance is None:
            return _refusing_keywords(self.function, self.name)
        return _refusing_keywords(self.function, self.name, instance)


def _refusing_keywords(function: Any, name: str, *first: Any) -> Any:
    def bound(*args: Any, **keywords: Any) -> Any:
        if keywords:
            raise_keywords(name)
        return function(*first, *args)

    bound.__name__ = name
    return bound


class NameAlias:
    """`name`, another word for `objectName`."""

    def __get__(self, instance: Any, owner: type) -> Any:
        return self if instance is None else instance.objectName

    def __set__(self, instance: Any, value: Any) -> None:
        instance.objectName = value
