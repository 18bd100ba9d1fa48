"""Patching the classes of PySide6: each once, when the first object or the class itself reaches Python."""

from __future__ import annotations

import enum
from typing import Any

from . import objects
from .calls import NO_TEXT, Slot, StaticSlot, call, raise_keywords, raw, refusing_text, remember_original
from .differences import METHODS_NOT_PROPERTIES, REMOVED, RENAMED_GETTERS, amend
from .enums import FLAG_TYPES, MEMBERS_OF_FLAG_TYPE, strict_enumeration
from .holding import NOT_HELD, without_holding
from .objects import find_on_class
from .overrides import adapt_subclass
from .properties import QtField, QtProperty, make_descriptor, property_names
from .signals import ConnectDescriptor, SignalDescriptor, connect, disconnect
from .texts import object_text, value_text
from .values import is_qt_class, nearest_qt_class, shiboken_root, when_wrapped

__all__ = ["patch", "patch_roots"]

_LEFT_ALONE = {"QCoreApplication", "QGuiApplication", "QApplication", "QScreen", "QWindow", "QMetaObject"}
_PYSIDE_ONLY = {"__enter__", "__exit__", "__iter__", "__next__"}
_done: set[type] = set()
_METHOD_TYPES = {"method_descriptor", "builtin_function_or_method", "staticmethod", "classmethod_descriptor"}


def patch_roots() -> None:
    """Patch what all classes share: truth, unknown names, isinstance, and the making of subclasses."""
    from PySide6.QtCore import Property, QObject

    objects.install_object_protocol(QObject)
    make_descriptor(Property)
    root = shiboken_root()
    metaclass: Any = type(root)
    metaclass.__instancecheck__ = _is_instance
    root.__init_subclass__ = classmethod(_subclass_made)  # type: ignore[assignment,method-assign]
    when_wrapped(patch)
    patch(QObject)


def _is_instance(wanted: type, instance: Any) -> bool:
    """Answer isinstance: a base class of Qt is unknown to an object, as in PythonQt."""
    python_type = type(instance)
    if wanted not in python_type.__mro__:
        return False
    return not is_qt_class(wanted) or nearest_qt_class(python_type) is wanted


def _subclass_made(owner: type, **keywords: Any) -> None:
    if not owner.__module__.startswith("PySide6."):
        patch(owner)
        adapt_subclass(owner)


def patch(python_type: type) -> None:
    """Patch a class and its bases; does nothing the second time."""
    for base in reversed(python_type.__mro__):
        if base not in _done and base.__module__.startswith("PySide6."):
            _done.add(base)
            if base.__name__ not in _LEFT_ALONE:
                _patch_one(base)
            elif base.__name__ == "QMetaObject":
                amend(base)


def _patch_one(owner: Any) -> None:
    names = dict(owner.__dict__)
    removed = REMOVED.get(owner.__name__, ())
    properties = [name for name in property_names(owner) if _is_property(owner, name, removed)]
    for name, value in names.items():
        if name in removed:
            remember_original(owner, name, value)
            delattr(owner, name)
        elif isinstance(value, enum.EnumMeta):
            _patch_enumeration(owner, name, value, names)
        elif name in _PYSIDE_ONLY:
            delattr(owner, name)
        elif not name.startswith("__"):
            _patch_member(owner, name, value)
    for name in properties:
        _patch_property(owner, name, names)
    _patch_protocol(owner, names)
    amend(owner)


def _is_property(owner: type, name: str, removed: tuple[str, ...]) -> bool:
    return name not in removed and (owner.__name__, name) not in METHODS_NOT_PROPERTIES


def _patch_member(owner: Any, name: str, value: Any) -> None:
    kind = type(value).__name__
    if kind in _METHOD_TYPES:
        remember_original(owner, name, value)
    if kind == "Signal":
        setattr(owner, name, SignalDescriptor(name, value))
    elif kind == "getset_descriptor":
        setattr(owner, name, QtField(name, value))
    elif kind == "staticmethod":
        setattr(owner, name, StaticSlot(value.__func__, owner, name))
    elif kind in _METHOD_TYPES and isinstance(find_on_class(owner.__mro__[1], name), QtProperty):
        inherited = find_on_class(owner.__mro__[1], name)
        setattr(owner, name, QtProperty(name, value, inherited.setter))
    elif kind in _METHOD_TYPES:
        function = without_holding(value) if name in NOT_HELD else value
        function = refusing_text(function) if name in NO_TEXT else function
        setattr(owner, name, Slot(function, owner, name))


def _patch_enumeration(owner: Any, name: str, value: Any, names: dict[str, Any]) -> None:
    strict = strict_enumeration(value)
    bare = strict
    enumeration, flag_type = MEMBERS_OF_FLAG_TYPE.get(owner.__name__, ("", ""))
    if enumeration == name:
        bare = strict_enumeration(value, flag_type)
    setattr(owner, name, strict)
    for member_name in value.__members__:
        if member_name not in names:
            setattr(owner, member_name, bare(getattr(strict, member_name)))
    for flag_name, member_type in FLAG_TYPES.get(owner.__name__, {}).items():
        if member_type == name and flag_name not in names:
            setattr(owner, flag_name, strict_enumeration(value, flag_name))


def _patch_property(owner: Any, name: str, names: dict[str, Any]) -> None:
    from PySide6.QtCore import QObject

    capital = name[0].upper() + name[1:]
    getter = None
    for candidate in (RENAMED_GETTERS.get((owner.__name__, name), name), f"is{capital}", f"to{capital}"):
        try:
            getter = raw(owner, candidate)
            break
        except AttributeError:
            continue
    through = getter is None
    if getter is None:
        getter = raw(QObject, "property")
    try:
        setter: Any = raw(owner, f"set{capital}")
    except AttributeError:
        meta = owner.staticMetaObject
        writable = meta.property(meta.indexOfProperty(name)).isWritable()
        setter = raw(QObject, "setProperty") if writable else None
    setattr(owner, name, QtProperty(name, getter, setter, through))


def _patch_protocol(owner: Any, names: dict[str, Any]) -> None:
    from PySide6.QtCore import QObject

    owner.__setattr__ = objects.write_attribute
    if "__getattribute__" in names:
        # PySide6's own finds methods that are both static and not before it looks into the class.
        owner.__getattribute__ = object.__getattribute__
    owner.__init__ = (
        _constructor(owner.__name__, names["__init__"]) if "__init__" in names else owner.__init__
    )
    if owner is QObject:
        owner.__getattr__ = objects.read_unknown
        owner.__bool__ = objects.is_alive
        owner.name = objects.NameAlias()
        owner.connect, owner.disconnect = ConnectDescriptor(connect), ConnectDescriptor(disconnect)
        for name, function in _OBJECT_METHODS.items():
            setattr(owner, name, objects.Method(function, name))
    if QObject in owner.__mro__:
        owner.__repr__ = owner.__str__ = object_text
        return
    owner.__repr__ = value_text(owner)
    if owner.__str__ is not str and "__str__" in names:
        owner.__str__ = owner.__repr__
    if "__bool__" in names:
        owner.__bool__ = _always_true


def _always_true(_value: Any) -> bool:
    """Say what PythonQt says of every value, also of a null one: use isNull()."""
    return True


def _constructor(name: str, original: Any) -> Any:
    def construct(self: Any, *args: Any, **keywords: Any) -> None:
        if keywords:
            raise_keywords(name)
        call(original, (self,), args)

    construct.__name__ = construct.__qualname__ = "__init__"
    return construct


_OBJECT_METHODS = {
    "findChild": objects.find_child,
    "findChildren": objects.find_children,
    "className": objects.class_name,
    "sender": lambda instance: None,
}
