"""Frozen dataclasses as plain, strict JSON values, and back with tolerance for other versions.

The typed encoding is the one of the worker process; here small arrays stay in the JSON, unknown keys are
dropped, and missing ones get the default of their field.
"""

from __future__ import annotations

import base64
import dataclasses
import functools
import io
import math
import types
import typing
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..inference.worker_codec import decode, encode

__all__ = ["from_plain", "to_plain"]

_MOST_BYTES = 1 << 16
"""Largest array in a record: an embedding has some dozens to some thousands of numbers."""

_NOT_FINITE = ("inf", "-inf", "nan")


def to_plain(kind: Any, value: Any) -> Any:
    """Encode ``value``, declared as ``kind``; numbers that are not finite become texts.

    Raises
    ------
    MedMMError
        If the value does not fit, or holds a large array.
    """
    return _finite(encode(kind, value, _array_to_text))


def from_plain(kind: Any, value: Any) -> Any:
    """Inverse of `to_plain`.

    Raises
    ------
    MedMMError
        If the value does not fit ``kind``.
    """
    return decode(kind, _fitted(kind, value), _array_from_text)


def _array_to_text(array: NDArray[Any]) -> str:
    if array.nbytes > _MOST_BYTES:
        raise InputError(f"An array of {array.nbytes:,} bytes does not belong into a record.")
    stream = io.BytesIO()
    np.lib.format.write_array(stream, np.ascontiguousarray(array), allow_pickle=False)
    return base64.b64encode(stream.getvalue()).decode("ascii")


def _array_from_text(text: str) -> NDArray[Any]:
    try:
        stream = io.BytesIO(base64.b64decode(text, validate=True))
        array: NDArray[Any] = np.lib.format.read_array(stream, allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise InputError(f"An array in the record is damaged ({error}).") from error
    return array


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def _fitted(kind: Any, value: Any) -> Any:
    """Make the keys of every object those of its dataclass; `decode` then checks the rest."""
    if value is None:
        return None
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        others = [member for member in typing.get_args(kind) if member is not type(None)]
        # In a union of number and text, a text stays a text.
        return _fitted(others[0], value) if len(others) == 1 else value
    if dataclasses.is_dataclass(kind):
        return _fitted_fields(typing.cast(type, kind), value)
    origin, parts = typing.get_origin(kind), typing.get_args(kind)
    if origin is tuple and isinstance(value, list):
        kinds = (parts[0],) * len(value) if len(parts) == 2 and parts[1] is Ellipsis else parts
        fits = len(kinds) == len(value)
        return [_fitted(part, item) for part, item in zip(kinds, value)] if fits else value
    if origin in (dict, Mapping) and isinstance(value, dict):
        return {key: _fitted(parts[1], item) for key, item in value.items()}
    return float(value) if kind is float and value in _NOT_FINITE else value


def _fitted_fields(kind: type, value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    result = {}
    for item, hint in _fields(kind):
        if item.name in value:
            result[item.name] = _fitted(hint, value[item.name])
        elif item.default is not dataclasses.MISSING:
            result[item.name] = to_plain(hint, item.default)
        elif item.default_factory is not dataclasses.MISSING:
            result[item.name] = to_plain(hint, item.default_factory())
    return result


@functools.cache
def _fields(kind: type) -> tuple[tuple[dataclasses.Field[Any], Any], ...]:
    hints = typing.get_type_hints(kind)
    return tuple((item, hints[item.name]) for item in dataclasses.fields(kind) if item.repr)
