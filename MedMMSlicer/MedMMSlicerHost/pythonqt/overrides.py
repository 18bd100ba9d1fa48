"""Python subclasses of Qt's classes: overrides see and give what they would in PythonQt."""

from __future__ import annotations

import functools
import types
from collections.abc import Callable
from typing import Any

from .calls import Slot
from .enums import QtEnumeration
from .properties import QtProperty
from .values import from_qt, is_qt_class, to_qt

__all__ = ["adapt_subclass"]


def adapt_subclass(owner: Any) -> None:
    """Wrap the overrides of a new subclass, and refuse what crashes Slicer.

    Raises
    ------
    TypeError
        For a QThread with a Python `run`.
    """
    names = {base.__name__ for base in owner.__mro__ if is_qt_class(base)}
    if "QThread" in names and "run" in owner.__dict__:
        raise TypeError(f"{owner.__name__}: a QThread with a Python run() crashes Slicer; use a process")
    for name, value in list(owner.__dict__.items()):
        if isinstance(value, types.FunctionType) and not name.startswith("__"):
            if name == "highlightBlock" and "QSyntaxHighlighter" in names:
                setattr(owner, name, _never_called)
            elif _overrides_qt(owner, name):
                setattr(owner, name, _adapted(value))


def _never_called(self: Any, text: str) -> None:
    """Stand in for `highlightBlock`, which PythonQt never calls."""


def _overrides_qt(owner: type, name: str) -> bool:
    for base in owner.__mro__[1:]:
        if name in base.__dict__:
            return isinstance(base.__dict__[name], Slot | QtProperty)
    return False


def _adapted(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def override(self: Any, *args: Any, **keywords: Any) -> Any:
        result = function(self, *[from_qt(argument) for argument in args], **keywords)
        if isinstance(result, QtEnumeration | list | tuple | dict):
            return to_qt(result)
        return result

    return override
