"""Python subclasses of Qt's classes: overrides see and give what they would in PythonQt."""

from __future__ import annotations

import functools
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .arguments import returned_enumeration
from .calls import Slot, raw, read_directly
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
    if owner.__getattribute__ is not read_directly:
        owner.__getattribute__ = read_directly
    names = {base.__name__ for base in owner.__mro__ if is_qt_class(base)}
    if "QThread" in names and "run" in owner.__dict__:
        raise TypeError(f"{owner.__name__}: a QThread with a Python run() crashes Slicer; use a process")
    for name, value in list(owner.__dict__.items()):
        if isinstance(value, types.FunctionType) and not name.startswith("__"):
            if name == "highlightBlock" and "QSyntaxHighlighter" in names:
                setattr(owner, name, _never_called)
            elif _overrides_qt(owner, name):
                setattr(owner, name, _adapted(value, owner))


def _never_called(self: Any, text: str) -> None:
    """Stand in for `highlightBlock`, which PythonQt never calls."""


def _overrides_qt(owner: type, name: str) -> bool:
    for base in owner.__mro__[1:]:
        if name in base.__dict__:
            return isinstance(base.__dict__[name], Slot | QtProperty)
    return False


_PACKAGE = str(Path(__file__).parent) + "/"
_COUNTS = ("rowCount", "columnCount", "heightForWidth")


def _called_by_python(caller: types.FrameType, name: str) -> bool:
    """Tell whether the calling code names the method itself, rather than having called into Qt."""
    code = caller.f_code
    return not code.co_filename.startswith(_PACKAGE) and name in code.co_names


def _adapted(function: Callable[..., Any], owner: type) -> Callable[..., Any]:
    wanted: list[Any] = []  # the enumeration that Qt expects back, or None, once it was looked up

    @functools.wraps(function)
    def override(self: Any, *args: Any, **keywords: Any) -> Any:
        try:
            result = function(self, *[from_qt(argument) for argument in args], **keywords)
        except Exception:  # as in Slicer: printed where Qt called, raised where Python did
            if _called_by_python(sys._getframe(1), function.__name__):
                raise
            sys.excepthook(*sys.exc_info())  # type: ignore[arg-type]
            return None
        if isinstance(result, int) and type(result) is not bool and function.__name__ not in _COUNTS:
            if not wanted:
                wanted.append(returned_enumeration(raw(owner.__mro__[1], function.__name__)))
            return wanted[0](int(result)) if wanted[0] is not None else result
        return to_qt(result) if isinstance(result, list | tuple | dict) else result

    return override
