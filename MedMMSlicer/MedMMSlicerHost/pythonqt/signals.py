"""Signals and connections as PythonQt makes them."""

from __future__ import annotations

import functools
import inspect
import sys
import types
import weakref
from collections.abc import Callable
from typing import Any

from .calls import call, raise_keywords, raw
from .values import from_qt, nearest_qt_class

__all__ = ["BoundSignal", "Relay", "SignalDescriptor", "UnboundSignal", "connect", "disconnect"]

QT5_SIGNALS = {
    ("QComboBox", "currentIndexChanged(QString)"): "currentTextChanged(QString)",
    ("QComboBox", "activated(QString)"): "textActivated(QString)",
    ("QComboBox", "highlighted(QString)"): "textHighlighted(QString)",
    ("QSpinBox", "valueChanged(QString)"): "textChanged(QString)",
    ("QDoubleSpinBox", "valueChanged(QString)"): "textChanged(QString)",
    ("QButtonGroup", "buttonClicked(int)"): "idClicked(int)",
    ("QButtonGroup", "buttonPressed(int)"): "idPressed(int)",
    ("QButtonGroup", "buttonReleased(int)"): "idReleased(int)",
    ("QButtonGroup", "buttonToggled(int,bool)"): "idToggled(int,bool)",
    ("QProcess", "finished(int)"): "finished(int,QProcess::ExitStatus)",
    ("QProcess", "error(QProcess::ProcessError)"): "errorOccurred(QProcess::ProcessError)",
}
"""Signals of Qt 5 that Qt 6 renamed, by class and normalized signature."""

_connections: dict[int, list[tuple[str, weakref.ref[Any]]]] = {}


class Relay:
    """What PySide6 calls: hands the arguments on as PythonQt would, and keeps the receiver alive."""

    __slots__ = ("__weakref__", "limit", "target")

    def __init__(self, target: Callable[..., Any], count: int) -> None:
        self.target = target
        accepted = _accepted_arguments(target)
        self.limit = count if accepted is None else min(count, accepted)

    def run(self, args: tuple[Any, ...]) -> None:
        """Call the receiver with as many of the arguments as it takes."""
        try:
            self.target(*[from_qt(argument) for argument in args[: self.limit]])
        except Exception:  # noqa: BLE001  as in Slicer: handed to the hook, never seen by the sender
            sys.excepthook(*sys.exc_info())  # type: ignore[arg-type]


def _accepted_arguments(target: Any) -> int | None:
    """Return how many arguments a Python function takes, or None if that can not be told."""
    function, bound = target, 0
    if isinstance(target, types.MethodType):
        function, bound = target.__func__, 1
    if not isinstance(function, types.FunctionType):
        return None
    if function.__code__.co_flags & inspect.CO_VARARGS:
        return None
    return function.__code__.co_argcount - bound


def _pointer(sender: Any) -> int:
    import shiboken6

    try:
        return shiboken6.getCppPointer(sender)[0]
    except RuntimeError as error:
        raise ValueError(f"Trying to connect a destroyed object: {error}") from None


def _meta(sender: Any) -> Any:
    from PySide6.QtCore import QObject

    return raw(QObject, "metaObject")(sender)


def find_signal(sender: Any, text: str) -> str | None:
    """Return the signature of Qt 6 that a signature written as text means, or None."""
    from PySide6.QtCore import QMetaObject

    meta = _meta(sender)
    wanted = QMetaObject.normalizedSignature(text.strip()).data().decode()
    if meta.indexOfSignal(wanted) >= 0:
        return wanted
    for base in type(sender).__mro__:
        renamed = QT5_SIGNALS.get((base.__name__, wanted))
        if renamed is not None:
            return renamed
    return None


def first_signature(sender: Any, name: str, count: int | None = None) -> str:
    """Return the signature of the first signal of a name, and with so many arguments if that is given."""
    from PySide6.QtCore import QMetaMethod

    meta = _meta(sender)
    for index in range(meta.methodCount()):
        method = meta.method(index)
        if method.methodType() != QMetaMethod.MethodType.Signal or method.name() != name:
            continue
        if count is None or method.parameterCount() == count:
            return method.methodSignature().data().decode()
    raise ValueError(f"{type(sender).__name__} has no signal {name} with {count} arguments")


def warn(text: str) -> None:
    """Say on standard error what Qt says there: a connection that was not made."""
    sys.stderr.write(f"{text}\n")


def connect(sender: Any, *args: Any, **keywords: Any) -> bool:
    """Connect a signal written as text: to a callable, or to a receiver and its slot as text."""
    if keywords:
        raise_keywords("connect")
    if isinstance(sender, str) or len(args) not in (2, 3) or not isinstance(args[0], str):
        raise ValueError(f"Called connect with wrong arguments: {args!r}")
    declared = getattr(type(sender), args[0].partition("(")[0].strip(), None)
    if len(args) == 2 and isinstance(declared, UnboundSignal) and declared.python_signal is not None:
        return bool(declared.python_signal.__get__(sender, type(sender)).connect(args[1]))
    signature = find_signal(sender, args[0])
    if signature is None:
        warn(f"QObject::connect: {type(sender).__name__} has no signal {args[0]}")
        return False
    if len(args) == 3:
        return _connect_slot(sender, signature, args[1], args[2])
    if not callable(args[1]):
        raise ValueError(f"Called connect with wrong arguments: {args!r}")
    return connect_callable(sender, signature, args[1], _count(args[0]))


def _count(signature: str) -> int:
    """Return the number of arguments that a signature names."""
    inner = signature.partition("(")[2].rstrip(") ")
    return inner.count(",") + 1 if inner.strip() else 0


def _connect_slot(sender: Any, signature: str, receiver: Any, text: str) -> bool:
    from PySide6.QtCore import QMetaObject, QObject

    slot = QMetaObject.normalizedSignature(text).data().decode()
    if _meta(receiver).indexOfMethod(slot) < 0:
        warn(f"QObject::connect: {type(receiver).__name__} has no slot {text}")
        return False
    return bool(raw(QObject, "connect")(sender, f"2{signature}", receiver, f"1{slot}"))


def connect_callable(sender: Any, signature: str, target: Callable[..., Any], count: int) -> bool:
    """Connect a signal to a callable: it stays alive with the connection and gets `count` arguments."""
    from PySide6.QtCore import QObject

    relay = Relay(target, count)
    bare = signature.startswith("itemChanged(")

    def receive(*values: Any) -> None:
        relay.run(tuple(BareObject(value) for value in values) if bare else values)

    raw(QObject, "connect")(sender, f"2{signature}", receive)
    entries = _connections.setdefault(_pointer(sender), [])
    entries[:] = [entry for entry in entries if entry[1]() is not None]
    receive.relay = relay  # type: ignore[attr-defined]
    entries.append((signature, weakref.ref(receive)))
    return True


def disconnect(sender: Any, *args: Any, **keywords: Any) -> bool:
    """Take back a connection made by `connect`; tells whether there was one."""
    if keywords:
        raise_keywords("disconnect")
    if not args or not isinstance(args[0], str):
        raise ValueError(f"Called disconnect with wrong arguments: {args!r}")
    signature = find_signal(sender, args[0])
    if signature is None:
        warn(f"QObject::disconnect: {type(sender).__name__} has no signal {args[0]}")
        return False
    if len(args) == 3:
        from PySide6.QtCore import QObject

        return bool(raw(QObject, "disconnect")(sender, f"2{signature}", args[1], f"1{args[2]}"))
    return disconnect_callable(sender, signature, args[1] if len(args) == 2 else None)


def disconnect_callable(sender: Any, signature: str, target: Callable[..., Any] | None) -> bool:
    """Take back one connection of a callable, or with None all of a signal."""
    from PySide6.QtCore import QObject

    entries = _connections.get(_pointer(sender), [])
    found = False
    for entry in list(entries):
        receive = entry[1]()
        if entry[0] != signature or receive is None:
            continue
        if target is not None and receive.relay.target != target:
            continue
        raw(QObject, "disconnect")(sender, f"2{signature}", receive)
        entries.remove(entry)
        found = True
        if target is not None:
            break
    return found


class BareObject:
    """What `itemChanged` hands over in Slicer: a C++ object without any method."""

    __slots__ = ("_text",)

    def __init__(self, value: Any) -> None:
        self._text = f"{type(value).__name__} (C++ object at: {id(value):#x})"

    def __repr__(self) -> str:
        return self._text


class BoundSignal:
    """A signal of one object."""

    __slots__ = ("_name", "_sender")

    def __init__(self, sender: Any, name: str) -> None:
        self._sender, self._name = sender, name

    def connect(self, target: Callable[..., Any]) -> bool:
        """Connect a callable to the first signal of the name."""
        if not callable(target):
            raise TypeError(f"{self._name}.connect needs something that can be called")
        signature = first_signature(self._sender, self._name)
        return connect_callable(self._sender, signature, target, _count(signature))

    def disconnect(self, target: Callable[..., Any] | None = None) -> bool:
        """Take back one connection of a callable, or all of them."""
        return disconnect_callable(self._sender, first_signature(self._sender, self._name), target)

    def emit(self, *args: Any) -> None:
        """Emit the signal."""
        from PySide6.QtCore import QObject

        signature = first_signature(self._sender, self._name, len(args))
        call(raw(QObject, "emit"), (self._sender, f"2{signature}"), args)

    __call__ = emit

    def __eq__(self, other: object) -> bool:
        return isinstance(other, BoundSignal) and other._sender is self._sender and other._name == self._name

    def __hash__(self) -> int:
        return hash((id(self._sender), self._name))

    def __repr__(self) -> str:
        owner = type(self._sender).__name__
        return f"<qt signal {self._name} of {owner} instance at {id(self._sender):#x}>"


BoundSignal.__name__ = BoundSignal.__qualname__ = "Signal"
BoundSignal.__module__ = "QtCore"


class UnboundSignal:
    """A signal seen from its class."""

    def __init__(self, name: str, owner: str, python_signal: Any = None) -> None:
        self._name, self._owner = name, owner
        self.python_signal = python_signal

    def __repr__(self) -> str:
        return f"<unbound qt signal {self._name} of {self._owner} type>"


UnboundSignal.__name__ = UnboundSignal.__qualname__ = "Signal"


class SignalDescriptor:
    """Descriptor of a signal of a Qt class."""

    __slots__ = ("name", "qt_signal")

    def __init__(self, name: str, qt_signal: Any) -> None:
        self.name, self.qt_signal = name, qt_signal

    def __get__(self, instance: Any, owner: type) -> Any:
        if instance is None:
            return UnboundSignal(self.name, nearest_qt_class(owner).__name__)
        return BoundSignal(instance, self.name)


class ConnectDescriptor:
    """`connect` and `disconnect`: of an object, or of the class with the sender first."""

    __slots__ = ("function",)

    def __init__(self, function: Callable[..., bool]) -> None:
        self.function = function

    def __get__(self, instance: Any, owner: type) -> Any:
        if instance is None:
            return self.function
        return functools.partial(self.function, instance)
