"""Signals of stand-ins that are no Qt objects, connected as under PythonQt."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from typing import Any

__all__ = ["HostSignal", "SignalOwner"]


class HostSignal:
    """A signal that keeps its receivers alive and calls them in the order in which they were connected."""

    def __init__(self) -> None:
        self._slots: list[Callable[..., Any]] = []

    def connect(self, slot: Callable[..., Any]) -> bool:
        """Call `slot` at every emission."""
        if not callable(slot):
            raise ValueError(f"A signal connects to something that can be called, not to {slot!r}.")
        self._slots.append(slot)
        return True

    def disconnect(self, slot: Callable[..., Any]) -> bool:
        """Call `slot` no more; False if it was not connected."""
        if slot not in self._slots:
            return False
        self._slots.remove(slot)
        return True

    def emit(self, *arguments: Any) -> None:
        """Call every receiver; an exception in one goes to sys.excepthook, never to the caller."""
        for slot in tuple(self._slots):
            try:
                slot(*arguments)
            except Exception:  # noqa: BLE001 - whatever a slot raises must not reach the code that emits
                sys.excepthook(*sys.exc_info())


class SignalOwner:
    """Adds ``connect("name(types)", slot)`` and ``disconnect`` to a class that has signals by signature."""

    def _signal(self, signature: str) -> Any:
        """Return the signal of a signature without blanks, or None."""
        raise NotImplementedError

    def connect(self, signature: str, slot: Callable[..., Any]) -> bool:
        """Connect by signature; an unknown one only warns and returns False, as PythonQt does."""
        signal = self._signal(str(signature).replace(" ", ""))
        if signal is None:
            logging.warning("%s has no signal %s", type(self).__name__, signature)
            return False
        return signal.connect(slot) is not False

    def disconnect(self, signature: str, slot: Callable[..., Any]) -> bool:
        """Disconnect by signature; False if there was no such connection."""
        signal = self._signal(str(signature).replace(" ", ""))
        if signal is None:
            return False
        return signal.disconnect(slot) is not False
