"""Methods as PythonQt binds them: no keyword arguments, checked arguments, tuples for lists, ValueError."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .arguments import call_checked
from .values import CHECK, from_qt, is_qt_class, kind_of

__all__ = [
    "Slot",
    "UnboundSlot",
    "StaticSlot",
    "WRAPPED",
    "builtin_qt_slot",
    "call",
    "raw",
    "read_directly",
    "refuse_super",
]

NO_TEXT = frozenset({
    "fill",
    "fillRect",
    "openUrl",
    "setBackground",
    "setBrush",
    "setColor",
    "setCursor",
    "setFont",
    "setForeground",
    "setIcon",
    "setKey",
    "setPen",
    "setPixmap",
    "setShortcut",
    "setTextColor",
    "setWindowIcon",
})  # fmt: skip
"""Methods for which PySide6 would make a color, font, key or picture of a text; PythonQt does not."""

_INT_LIMIT = 0xFFFFFFFF
_refused: dict[Any, set[tuple[type, ...]]] = {}
_PACKAGE = str(Path(__file__).parent)


def call(function: Callable[..., Any], target: tuple[Any, ...], args: tuple[Any, ...]) -> Any:
    """Call a method of PySide6 and return its result as PythonQt would.

    Raises
    ------
    ValueError
        For arguments that no overload takes, and for an object that Qt has deleted.
    """
    try:
        if function in _refused and tuple(map(type, args)) in _refused[function]:
            return from_qt(call_checked(function, target, args))
        for position, argument in enumerate(args):
            kind = kind_of(type(argument))
            if kind is CHECK:
                return from_qt(call_checked(function, target, args))
            if kind is not None:
                args = (*args[:position], kind(argument), *args[position + 1 :])
            elif type(argument) is int and not -_INT_LIMIT <= argument <= _INT_LIMIT:
                return from_qt(call_checked(function, target, args))
        try:
            return from_qt(function(*target, *args))
        except TypeError as error:
            if not _is_refusal(error):
                raise
        result = call_checked(function, target, args)
        # By signature from now on: PySide6 takes long to refuse.
        _refused.setdefault(function, set()).add(tuple(map(type, args)))
        return from_qt(result)
    except RuntimeError as error:
        if isinstance(error, NotImplementedError) or not _is_dead(error):
            raise
        raise ValueError(f"Trying to use a destroyed object: {error}") from None


def _is_refusal(error: TypeError) -> bool:
    """Tell whether PySide6 refused the arguments, rather than foreign Python code below it having failed."""
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    return last is not None and last.tb_frame.f_code.co_filename.startswith(_PACKAGE)


def _is_dead(error: RuntimeError) -> bool:
    text = str(error)
    return "already deleted" in text or "base class" in text


class builtin_qt_slot:
    """A method bound to its object."""

    __slots__ = ("__self__", "_function", "_name")

    def __init__(self, function: Callable[..., Any], instance: Any, name: str) -> None:
        self._function = function
        self.__self__ = instance
        self._name = name

    @property
    def __name__(self) -> str:
        return self._name

    def __call__(self, *args: Any, **keywords: Any) -> Any:  # noqa: D102
        if keywords:
            raise_keywords(self._name)
        return call(self._function, (self.__self__,), args)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, builtin_qt_slot)
            and other.__self__ is self.__self__
            and other._name == self._name
        )

    def __hash__(self) -> int:
        return hash((id(self.__self__), self._name))

    def __repr__(self) -> str:
        owner = type(self.__self__).__name__
        return f"<qt slot {self._name.rstrip('_')} of {owner} instance at {id(self.__self__):#x}>"


class UnboundSlot:
    """A method taken from its class: static, or called with the object first."""

    __slots__ = ("_function", "_name", "_owner", "_static")

    def __init__(self, function: Callable[..., Any], owner: str, name: str, static: bool) -> None:
        self._function, self._owner, self._name, self._static = function, owner, name, static

    def __call__(self, *args: Any, **keywords: Any) -> Any:  # noqa: D102
        if keywords:
            raise_keywords(self._name)
        if self._static:
            return call(self._function, (), args)
        if not args:
            raise ValueError(f"{self._owner}.{self._name} needs an object")
        return call(self._function, args[:1], args[1:])

    def __repr__(self) -> str:
        prefix = f"static_{self._owner}_" if self._static else ""
        return f"<unbound qt slot {prefix}{self._name} of {self._owner} type>"


UnboundSlot.__name__ = UnboundSlot.__qualname__ = "builtin_qt_slot"


WRAPPED = ("__name__",)
"""What a wrapper takes over: PySide6 makes the help text of its methods when it is read, which takes long."""


def raise_keywords(name: str) -> None:
    """Refuse keyword arguments, as every call into Qt does."""
    raise ValueError(f"Called {name} with keyword arguments, but called slot does not support kwargs.")


def refusing_text(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the method so that it takes no text in place of a color, a font, a key or a picture."""

    @functools.wraps(function, assigned=WRAPPED)
    def checked(*args: Any) -> Any:
        if any(isinstance(argument, str) for argument in args):
            raise ValueError(f"Called {function.__name__} with wrong arguments: {args[1:]!r}")
        return function(*args)

    checked.qt_original = function  # type: ignore[attr-defined]
    return checked


class Slot:
    """Descriptor of a method."""

    __slots__ = ("function", "name", "owner")

    def __init__(self, function: Callable[..., Any], owner: type, name: str) -> None:
        self.function, self.owner, self.name = function, owner, name

    def __get__(self, instance: Any, owner: type) -> Any:
        if instance is None:
            return UnboundSlot(self.function, owner.__name__, self.name, static=False)
        refuse_super(owner, self.name)
        return builtin_qt_slot(self.function, instance, self.name)


_asked = [""]
"""Name that is being read from an object of a Python subclass; what `super()` reads does not pass there."""


def read_directly(self: Any, name: str) -> Any:
    """Read an attribute of a Python subclass: its `__getattribute__`."""
    before, _asked[0] = _asked[0], name
    try:
        return object.__getattribute__(self, name)
    finally:
        _asked[0] = before


def refuse_super(owner: type, name: str) -> None:
    """Raise where only `super()` can have asked: PythonQt has nothing to give it.

    Raises
    ------
    AttributeError
    """
    if _asked[0] != name and not is_qt_class(owner):
        raise AttributeError(f"'super' object has no attribute '{name}'")


class StaticSlot:
    """Descriptor of a static method."""

    __slots__ = ("function", "name", "owner")

    def __init__(self, function: Callable[..., Any], owner: type, name: str) -> None:
        self.function, self.owner, self.name = function, owner, name

    def __get__(self, instance: Any, owner: type) -> Any:
        return UnboundSlot(self.function, self.owner.__name__, self.name, static=True)


def raw(owner: type, name: str) -> Callable[..., Any]:
    """Return PySide6's own method, whether the class is patched or not."""
    for base in owner.__mro__:
        found = _originals.get((base, name), base.__dict__.get(name))
        if isinstance(found, Slot | StaticSlot):
            return found.function
        if found is not None and not hasattr(found, "__set__"):
            return found.__func__ if isinstance(found, staticmethod) else found
    raise AttributeError(f"{owner.__name__} has no method {name}")


_originals: dict[tuple[type, str], Callable[..., Any]] = {}


def remember_original(owner: type, name: str, function: Callable[..., Any]) -> None:
    """Keep PySide6's method, whose place in the class something else takes."""
    _originals[(owner, name)] = function
