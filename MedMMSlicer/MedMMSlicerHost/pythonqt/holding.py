"""Objects that Qt uses without owning them: PySide6 would keep them alive, Slicer does not."""

from __future__ import annotations

import functools
import sys
import weakref
from collections.abc import Callable
from typing import Any

from .calls import WRAPPED, raw

__all__ = ["NOT_HELD", "without_holding"]

NOT_HELD = frozenset({
    "setCompleter",
    "setDefaultAction",
    "setDocument",
    "setItemDelegate",
    "setItemDelegateForColumn",
    "setItemDelegateForRow",
    "setModel",
    "setSourceModel",
    "setValidator",
})  # fmt: skip
"""Methods that take an object by reference only: the caller holds it, e.g. on ``self``."""

_REFERENCES = 3
"""Of an object that only PySide6 keeps: the local name, the argument of getrefcount, and PySide6's own."""


def without_holding(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the method so that an argument that nobody else holds dies, as in Slicer.

    There it dies at once; here when the event loop turns next.
    """

    @functools.wraps(function, assigned=WRAPPED)
    def call_and_watch(instance: Any, *args: Any) -> Any:
        result = function(instance, *args)
        for argument in args:
            _watch(argument)
        return result

    call_and_watch.qt_original = function  # type: ignore[attr-defined]
    return call_and_watch


def _watch(argument: Any) -> None:
    from PySide6.QtCore import QCoreApplication, QObject, QTimer

    if QObject in type(argument).__mro__ and QCoreApplication.instance() is not None:
        reference = weakref.ref(argument)
        raw(QTimer, "singleShot")(0, lambda: _let_die(reference))


def _let_die(reference: weakref.ref[Any]) -> None:
    import shiboken6
    from PySide6.QtCore import QObject

    held = reference()
    if held is None or not shiboken6.isValid(held) or raw(QObject, "parent")(held) is not None:
        return
    if sys.getrefcount(held) <= _REFERENCES:
        sys.stderr.write(f"{type(held).__name__}: nobody holds it, so it is deleted; hold it on self\n")
        shiboken6.delete(held)
