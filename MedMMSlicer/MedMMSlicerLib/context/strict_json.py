"""Strict, bounded JSON with exact numbers, for files from other systems."""

from __future__ import annotations

import json
import re
from decimal import Decimal, InvalidOperation
from typing import Any

from ..errors import InputError
from .plain_values import LARGEST_EXPONENT, MOST_DIGITS

__all__ = ["MAXIMUM_DEPTH", "MAXIMUM_VALUES", "parse_strict_json"]

MAXIMUM_DEPTH = 64
"""Deepest nesting; FHIR resources nest about ten levels."""

MAXIMUM_VALUES = 1_000_000
"""Most values in one file, so that a hostile file can not use up the memory."""

_TOKEN = re.compile(r'"(?:[^"\\]++|\\.?)*+"?|[\[\]{},]', re.DOTALL)


def parse_strict_json(text: str, source: str) -> Any:
    """Parse JSON; numbers with a fraction become `decimal.Decimal`.

    Refused are keys that occur twice, NaN, nesting beyond `MAXIMUM_DEPTH`, more than `MAXIMUM_VALUES` values
    and numbers of absurd length. ``Infinity`` is accepted, since Python writes it.

    Raises
    ------
    InputError
        With ``source``, the reason and the line.
    """
    _check_size(text, source)
    try:
        return json.loads(
            text,
            object_pairs_hook=_unique,
            parse_float=_decimal,
            parse_int=_integer,
            parse_constant=_constant,
        )
    except (ValueError, RecursionError) as error:
        raise InputError(f"{source} is not valid JSON: {str(error)[:200]}. Correct the file.") from error


def _check_size(text: str, source: str) -> None:
    depth = 0
    values = 0
    for match in _TOKEN.finditer(text):
        token = match.group()
        if token[0] == '"':
            continue
        values += 1
        depth += (token in "[{") - (token in "]}")
        if depth > MAXIMUM_DEPTH:
            raise InputError(f"{source} is nested deeper than {MAXIMUM_DEPTH} levels. Flatten it.")
        if values > MAXIMUM_VALUES:
            raise InputError(f"{source} has more than {MAXIMUM_VALUES} values. Give a smaller file.")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in pairs:
        if key in result:
            raise ValueError(f"the key '{key[:80]}' occurs twice in one object")
        result[key] = value
    return result


def _decimal(text: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"the number {text[:40]} is too large") from None
    if len(text) > MOST_DIGITS or (value != 0 and abs(value.adjusted()) > LARGEST_EXPONENT):
        raise ValueError(f"the number {text[:40]} is too large, too small or too long")
    return value


def _integer(text: str) -> int:
    if len(text) > MOST_DIGITS:
        raise ValueError(f"the number {text[:40]}... is too long")
    return int(text)


def _constant(name: str) -> float:
    if name == "NaN":
        raise ValueError("NaN is no value; leave the value out where it is missing")
    return float(name)
