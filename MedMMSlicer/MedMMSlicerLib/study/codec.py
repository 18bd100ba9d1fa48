"""Plain JSON values to frozen dataclasses, by their type hints, strictly: what does not fit is refused.

The way back is `core.serialization.to_json`.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import math
import types
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from ..errors import InputError

__all__ = ["decode", "parse_json_object"]

T = TypeVar("T")

_MAXIMUM_CHARACTERS = 1 << 28


def decode(kind: type[T], value: Any, where: str) -> T:
    """Build ``kind`` from JSON values.

    Unknown keys, missing keys without a default, wrong types, booleans as numbers and numbers that are not
    finite are refused.

    Parameters
    ----------
    kind : type
        A dataclass.
    value : Any
        From ``json.loads``.
    where : str
        How the place is called in messages, such as a file name.

    Raises
    ------
    InputError
        Naming the place.
    """
    result = _decode(kind, value, where)
    assert isinstance(result, kind)
    return result


def parse_json_object(data: bytes | str, where: str) -> dict[str, Any]:
    """Parse a JSON object; keys that occur twice and numbers that are not finite are refused.

    Raises
    ------
    InputError
        If it is none.
    """
    try:
        text = data.decode("utf-8") if isinstance(data, bytes) else data
        if len(text) > _MAXIMUM_CHARACTERS:
            raise ValueError("it is too long")
        value = json.loads(
            text, object_pairs_hook=_unique, parse_constant=_refuse_constant, parse_float=_finite
        )
    except (ValueError, RecursionError) as error:
        raise InputError(f"{where} is no valid JSON ({str(error)[:200]}). It was damaged.") from error
    if not isinstance(value, dict):
        raise InputError(f"{where} holds no JSON object. It was damaged.")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a key occurs twice in one object")
    return result


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is no number")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"the number {text[:40]} is too large")
    return number


def _decode(kind: Any, value: Any, where: str) -> Any:
    if dataclasses.is_dataclass(kind):
        return _dataclass(kind, value, where)
    if kind is Any:
        return value
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return _union(get_args(kind), value, where)
    if origin is tuple:
        return _tuple(get_args(kind), value, where)
    if origin is not None and issubclass(origin, Mapping):
        item = get_args(kind)[1]
        _require(isinstance(value, dict), where, "an object")
        return {key: _decode(item, entry, f"{where}.{key[:40]}") for key, entry in value.items()}
    return _scalar(kind, value, where)


@functools.cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


def _dataclass(kind: Any, value: Any, where: str) -> Any:
    _require(isinstance(value, dict), where, "an object")
    fields = {field.name: field for field in dataclasses.fields(kind) if field.init}
    for key in value:
        if key not in fields:
            raise InputError(f"{where} has the unknown key '{key[:60]}'. It was damaged or is too new.")
    hints = _hints(kind)
    arguments = {}
    for name, field in fields.items():
        if name in value:
            arguments[name] = _decode(hints[name], value[name], f"{where}.{name}")
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise InputError(f"{where} has no '{name}'. It was damaged.")
    return kind(**arguments)


def _union(kinds: tuple[Any, ...], value: Any, where: str) -> Any:
    if value is None and type(None) in kinds:
        return None
    for kind in kinds:
        if kind is not type(None):
            try:
                return _decode(kind, value, where)
            except InputError:
                continue
    raise InputError(f"{where} has a value of the wrong kind. It was damaged.")


def _tuple(kinds: tuple[Any, ...], value: Any, where: str) -> Any:
    _require(isinstance(value, list), where, "a list")
    if len(kinds) == 2 and kinds[1] is Ellipsis:
        return tuple(_decode(kinds[0], item, f"{where}[{index}]") for index, item in enumerate(value))
    _require(len(value) == len(kinds), where, f"a list of {len(kinds)}")
    return tuple(_decode(kind, item, f"{where}[{n}]") for n, (kind, item) in enumerate(zip(kinds, value)))


_FITS: dict[Any, tuple[Callable[[Any], bool], str]] = {
    str: (lambda value: isinstance(value, str), "a text"),
    bool: (lambda value: isinstance(value, bool), "true or false"),
    int: (lambda value: isinstance(value, int) and not isinstance(value, bool), "a whole number"),
    float: (
        lambda value: (
            isinstance(value, int | float)
            and not isinstance(value, bool)
            and math.isfinite(value)
            and abs(value) < 1e300
        ),
        "a number",
    ),
}


def _scalar(kind: Any, value: Any, where: str) -> Any:
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        if not isinstance(value, str) or value not in [item.value for item in kind]:
            _require(False, where, f"one of {', '.join(item.value for item in kind)}")
        return kind(value)
    fits, name = _FITS[kind]
    _require(fits(value), where, name)
    return float(value) if kind is float else value


def _require(condition: bool, where: str, expected: str) -> None:
    if not condition:
        raise InputError(f"{where} is not {expected}. Correct it, or get the file again.")
