"""`qt.Signal`: signals that Python subclasses of QObject declare."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .signals import Relay, UnboundSignal

__all__ = ["BoundPythonSignal", "PythonSignal"]


class PythonSignal:
    """`qt.Signal`: a signal that a Python subclass of QObject declares.

    Raises
    ------
    TypeError
        If the class is no QObject. In Slicer the process would end there.
    """

    def __init__(self, *types_: Any, **_keywords: Any) -> None:
        self.types = types_
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        from PySide6.QtCore import QObject

        if QObject not in owner.__mro__:
            raise TypeError(f"qt.Signal {name} needs a subclass of qt.QObject; Slicer would crash here")
        self.name = name

    def __get__(self, instance: Any, owner: type) -> Any:
        if instance is None:
            return UnboundSignal(self.name, owner.__name__, self)
        return BoundPythonSignal(instance, self)


class BoundPythonSignal:
    """A Python signal of one object; the connections are kept on the object."""

    __slots__ = ("_sender", "_signal")

    def __init__(self, sender: Any, signal: PythonSignal) -> None:
        self._sender, self._signal = sender, signal

    def _relays(self) -> list[Relay]:
        table = self._sender.__dict__.setdefault("_python_signals", {})
        return table.setdefault(self._signal.name, [])

    def connect(self, target: Callable[..., Any]) -> bool:
        """Connect a callable."""
        self._relays().append(Relay(target, len(self._signal.types)))
        return True

    def disconnect(self, target: Callable[..., Any] | None = None) -> bool:
        """Take back one connection of a callable, or all of them."""
        relays = self._relays()
        for relay in list(relays):
            if target is None or relay.target == target:
                relays.remove(relay)
                if target is not None:
                    return True
        return target is None

    def emit(self, *args: Any) -> None:
        """Emit the signal.

        Raises
        ------
        ValueError
            If the number of arguments is another than declared.
        """
        if len(args) != len(self._signal.types):
            raise ValueError(
                f"{self._signal.name} takes {len(self._signal.types)} arguments, not {len(args)}"
            )
        if self._sender.signalsBlocked():
            return
        for relay in list(self._relays()):
            relay.run(args)

    __call__ = emit


PythonSignal.__name__ = PythonSignal.__qualname__ = "Signal"
PythonSignal.__module__ = "QtCore"
