"""Reading ``metadata.json`` from untrusted bundles: strict, bounded JSON."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

from ..errors import BundleError

__all__ = ["MAXIMUM_BYTES", "MAXIMUM_DEPTH", "MAXIMUM_VALUES", "parse_json", "read_metadata_bytes"]

MAXIMUM_BYTES = 4 * 2**20
"""Largest ``metadata.json``; real ones have some kilobytes."""

MAXIMUM_DEPTH = 32
"""Deepest nesting; the schema needs eight levels."""

MAXIMUM_VALUES = 50_000
"""Most values in one file, so that checking stays quick."""

_STRING = re.compile(r'"(?:[^"\\]++|\\.?)*+(?:"|\Z)', re.DOTALL)
"""A string, or its beginning up to the end of the text; never backtracks."""

_OPENING, _CLOSING = "[{", "]}"


def read_metadata_bytes(path: Path) -> bytes:
    """Read the file, if it is not too large.

    Raises
    ------
    BundleError
        If it can not be read or is larger than `MAXIMUM_BYTES`.
    """
    try:
        with path.open("rb") as stream:
            content = stream.read(MAXIMUM_BYTES + 1)
    except OSError as error:
        raise BundleError(f"The file can not be read ({error.strerror}). Check its access rights.") from error
    if len(content) > MAXIMUM_BYTES:
        raise BundleError(f"The file is larger than {MAXIMUM_BYTES // 2**20} MiB. Shorten it.")
    return content


def parse_json(content: bytes) -> dict[str, Any]:
    """Parse a JSON object.

    Refused are: text that is not UTF-8, keys that occur twice, NaN and infinite numbers (``1e999`` too),
    nesting beyond `MAXIMUM_DEPTH`, more than `MAXIMUM_VALUES` values, and anything but an object.

    Raises
    ------
    BundleError
        With what is wrong and what to do.
    """
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BundleError(f"The file is not UTF-8 at byte {error.start}. Save it as UTF-8.") from error
    _check_nesting(text)
    try:
        value = json.loads(
            text, object_pairs_hook=_unique, parse_constant=_refuse_constant, parse_float=_finite
        )
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError as error:
        raise BundleError("The file holds half of a surrogate pair. Correct the \\u escapes.") from error
    except ValueError as error:
        raise BundleError(f"The file is not valid JSON: {str(error)[:200]}. Correct it.") from error
    if not isinstance(value, dict):
        raise BundleError("The file holds no JSON object. Write an object with the key 'version'.")
    return value


def _check_nesting(text: str) -> None:
    depth = 0
    for values, match in enumerate(re.finditer(r"[\[\]{},]", _STRING.sub("", text))):
        char = match.group()
        depth += (char in _OPENING) - (char in _CLOSING)
        if depth > MAXIMUM_DEPTH:
            raise BundleError(f"The JSON is nested deeper than {MAXIMUM_DEPTH} levels. Flatten it.")
        if values > MAXIMUM_VALUES:
            raise BundleError(f"The JSON has more than {MAXIMUM_VALUES} values. Shorten it.")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in pairs:
        if key in result:
            raise ValueError(f"the key '{key[:80]}' occurs twice in one object")
        result[key] = value
    return result


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON number")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"the number {text[:40]} is too large")
    return value
