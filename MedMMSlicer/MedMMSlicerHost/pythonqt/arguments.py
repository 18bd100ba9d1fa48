"""Arguments that PySide6 does not take as they are, decided by the signature of the called method."""

from __future__ import annotations

import enum
import inspect
import operator
import types
import typing
import warnings
from collections.abc import Callable
from typing import Any

from .enums import QtEnumeration
from .values import shiboken_root, to_qt

__all__ = ["call_checked", "returned_enumeration"]

_SMALL = 0x7FFF
_signatures: dict[int, tuple[Any, list[list[Any]]]] = {}


class _Unsuited(Exception):
    """An argument that an overload does not take."""


def call_checked(function: Callable[..., Any], target: tuple[Any, ...], args: tuple[Any, ...]) -> Any:
    """Call a method of PySide6 with arguments converted as PythonQt does.

    Parameters
    ----------
    function : callable
        Method of PySide6.
    target : tuple
        The object in front of the arguments; empty for a static method.
    args : tuple

    Raises
    ------
    ValueError
        If no overload takes these arguments.
    """
    reasons: list[Exception] = []
    fitting = [each for each in _overloads(function) if _fits(each, len(args))]
    # As PythonQt: an overload that takes the arguments as they are comes before one that makes text of them.
    for loosely in (False, True):
        for parameters in fitting:
            try:
                if not loosely and any(_makes_text(*pair) for pair in zip(args, parameters)):
                    continue
                converted = [_convert(argument, kind) for argument, (kind, _) in zip(args, parameters)]
                return _call_quietly(function, target, converted)
            except (_Unsuited, TypeError, OverflowError) as error:
                reasons.append(error)
    name = getattr(function, "__qualname__", str(function))
    raise ValueError(f"Called {name} with wrong arguments: {args!r}") from (reasons[0] if reasons else None)


def _call_quietly(function: Callable[..., Any], target: tuple[Any, ...], args: list[Any]) -> Any:
    """Call without the warning that comes before the OverflowError of a number too large for C++."""
    if all(type(argument) is not int or -_SMALL <= argument <= _SMALL for argument in args):
        return function(*target, *args)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "libshiboken: Overflow", RuntimeWarning)
        return function(*target, *args)


def _makes_text(argument: Any, parameter: tuple[Any, bool]) -> bool:
    """Tell whether an argument that is no text goes where text is expected."""
    return parameter[0] is str and not isinstance(argument, str)


def _fits(parameters: list[Any], count: int) -> bool:
    required = sum(1 for _, optional in parameters if not optional)
    return required <= count <= len(parameters)


def _overloads(function: Any) -> list[list[Any]]:
    known = _signatures.get(id(function))
    if known is None:
        known = _signatures[id(function)] = (function, _read_signatures(_signed(function)))
    return known[1]


def _signed(function: Any) -> Any:
    """Return what carries the signature: the original method, or the class of a constructor."""
    function = getattr(function, "qt_original", function)
    if getattr(function, "__name__", "") == "__init__":
        return function.__objclass__
    return function


def _read_signatures(function: Any) -> list[list[Any]]:
    """Return for each overload a list of (annotation, optional) of the positional parameters."""
    from shibokensupport.signature import get_signature

    found = get_signature(function)
    if found is None:
        return []
    overloads = []
    for signature in found if isinstance(found, list) else [found]:
        parameters = [
            (parameter.annotation, parameter.default is not inspect.Parameter.empty)
            for parameter in signature.parameters.values()
            if parameter.name != "self" and parameter.kind is not inspect.Parameter.KEYWORD_ONLY
        ]
        overloads.append(parameters)
    return overloads


def returned_enumeration(function: Any) -> Any:
    """Return the enumeration that a method of PySide6 gives back, or None."""
    from shibokensupport.signature import get_signature

    found = get_signature(function)
    first = found[0] if isinstance(found, list) else found
    annotation = first.return_annotation if first is not None else None
    if not isinstance(annotation, type):
        return None
    if issubclass(annotation, QtEnumeration):
        return annotation.qt_type
    return annotation if issubclass(annotation, enum.Enum) else None


def _convert(argument: Any, annotation: Any) -> Any:
    origin = typing.get_origin(annotation)
    if origin in (typing.Union, types.UnionType):
        return _convert_union(argument, typing.get_args(annotation))
    if isinstance(annotation, type):
        if issubclass(annotation, QtEnumeration):
            return _to_enum(argument, annotation.qt_type)
        if issubclass(annotation, enum.Enum):
            return _to_enum(argument, annotation)
        simple = _SIMPLE.get(annotation)
        if simple is not None:
            return simple(argument)
        if issubclass(annotation, shiboken_root()) and not isinstance(argument, str | bytes):
            return _to_object(argument)
    return to_qt(argument)


def _convert_union(argument: Any, choices: tuple[Any, ...]) -> Any:
    if argument is None and type(None) in choices:
        return None
    reason: Exception | None = None
    for choice in choices:
        if choice is type(None):
            continue
        try:
            return _convert(argument, choice)
        except _Unsuited as error:
            reason = error
    raise _Unsuited(str(reason))


def _to_object(argument: Any) -> Any:
    if isinstance(argument, bool | int | float) and not isinstance(argument, QtEnumeration):
        raise _Unsuited(argument)
    return to_qt(argument)


def _to_enum(argument: Any, qt_type: type[enum.Enum]) -> Any:
    if isinstance(argument, bool) or not isinstance(argument, int):
        raise _Unsuited(argument)
    try:
        return qt_type(int(argument))
    except ValueError as error:
        raise _Unsuited(argument) from error


def _to_integer(argument: Any) -> int:
    if type(argument) is float:
        return int(argument)
    try:
        return operator.index(argument)
    except TypeError as error:
        raise _Unsuited(argument) from error


def _to_float(argument: Any) -> float:
    if isinstance(argument, str | bytes) or argument is None or not hasattr(argument, "__float__"):
        raise _Unsuited(argument)
    return float(argument)


_SIMPLE: dict[type, Callable[[Any], Any]] = {
    bool: bool,
    int: _to_integer,
    float: _to_float,
    str: str,
}
