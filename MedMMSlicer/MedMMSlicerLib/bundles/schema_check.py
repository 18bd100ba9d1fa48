"""``metadata.json`` against the JSON Schema, with violations that name the place and the remedy."""

from __future__ import annotations

import functools
import itertools
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .violation import Violation

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

__all__ = ["SCHEMA_PATH", "check_schema", "json_path"]

SCHEMA_PATH = Path(__file__).with_name("schema") / "medmm.schema.json"

_MAXIMUM_VIOLATIONS = 100
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


def check_schema(metadata: Mapping[str, Any], schema_path: Path = SCHEMA_PATH) -> tuple[Violation, ...]:
    """Compare the whole ``metadata.json``, or another file, with its schema.

    Parameters
    ----------
    metadata : mapping
    schema_path : Path
        Of the JSON Schema.

    Returns
    -------
    tuple of Violation
        In the order of the JSON paths, at most 100.
    """
    errors = itertools.islice(_validator(schema_path).iter_errors(metadata), _MAXIMUM_VIOLATIONS)
    violations = [violation for error in errors for violation in _explain(error)]
    unique = dict.fromkeys(violations)
    return tuple(sorted(unique, key=lambda violation: violation.where))[:_MAXIMUM_VIOLATIONS]


def json_path(parts: Iterable[str | int]) -> str:
    """Write keys and indices as a JSON path: ``$.medmm.files['models/image.onnx']``."""
    text = "$"
    for part in parts:
        if isinstance(part, int):
            text += f"[{part}]"
        elif _IDENTIFIER.match(part):
            text += f".{part}"
        else:
            text += f"['{_short(part, 120)}']"
    return text


@functools.cache
def _validator(path: Path) -> Any:
    """Build the validator: ``$`` ends the text (Python's also matches before a newline), 1.0 is no integer"""
    from jsonschema import Draft202012Validator, validators

    def is_integer(_checker: Any, value: object) -> bool:
        return isinstance(value, int) and not isinstance(value, bool)

    extend: Any = validators.extend
    strict = extend(
        Draft202012Validator,
        validators={"pattern": _check_pattern},
        type_checker=Draft202012Validator.TYPE_CHECKER.redefine("integer", is_integer),
    )
    schema = json.loads(path.read_text(encoding="utf-8"))
    return strict(schema)


def _check_pattern(_validator: Any, pattern: str, value: object, _schema: Any) -> Iterator[ValidationError]:
    from jsonschema.exceptions import ValidationError

    if isinstance(value, str) and not _compiled(pattern).search(value):
        yield ValidationError(f"'{_short(value)}' is not possible here.")


@functools.cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern.replace("$", r"\Z"))


def _explain(error: ValidationError) -> Iterator[Violation]:
    path: list[str | int] = list(error.absolute_path)
    instance: Any = error.instance
    schema: Mapping[str, Any] = error.schema if isinstance(error.schema, Mapping) else {}
    expected = (
        f"Expected: {schema['description']}."
        if "description" in schema
        else "See the documentation of this file."
    )
    if error.validator == "required":
        for key in schema["required"]:
            if key not in instance:
                yield Violation(json_path([*path, key]), f"The key '{key}' is missing.", "Add it.")
    elif error.validator == "additionalProperties":
        known = ", ".join(sorted(schema.get("properties", ())))
        for key in instance:
            if key not in schema.get("properties", ()):
                yield Violation(
                    json_path([*path, key]),
                    f"The key '{_short(key)}' is unknown.",
                    f"Remove it, or use one of: {known}.",
                )
    elif "propertyNames" in error.absolute_schema_path:
        key = str(instance)
        yield Violation(json_path([*path, key]), f"The key '{_short(key)}' is not possible here.", expected)
    else:
        yield Violation(json_path(path), _message(error), expected)


def _message(error: ValidationError) -> str:
    is_scalar = not isinstance(error.instance, dict | list)
    value = _short(json.dumps(error.instance, ensure_ascii=False)) if is_scalar else "given here"
    limit = error.validator_value
    texts = {
        "type": f"The value {value} has the wrong type.",
        "enum": f"The value {value} is none of: {_choices(limit)}.",
        "const": f"The value {value} is not possible here.",
        "not": f"The value {value} is not possible here.",
        "minimum": f"The value {value} is below {limit}.",
        "maximum": f"The value {value} is above {limit}.",
        "exclusiveMinimum": f"The value {value} is not above {limit}.",
        "exclusiveMaximum": f"The value {value} is not below {limit}.",
        "minItems": f"There are fewer than {limit} items.",
        "maxItems": f"There are more than {limit} items.",
        "minProperties": f"There are fewer than {limit} keys.",
        "maxProperties": f"There are more than {limit} keys.",
        "uniqueItems": "An item occurs twice.",
        "minLength": f"The text is shorter than {limit} characters.",
        "maxLength": f"The text is longer than {limit} characters.",
        "pattern": f"The value {value} is not possible here.",
    }
    return texts.get(str(error.validator), f"The value {value} does not fit the schema.")


def _choices(value: object) -> str:
    items = value if isinstance(value, list) else [value]
    return ", ".join(json.dumps(item, ensure_ascii=False) for item in items)


def _short(text: str, length: int = 60) -> str:
    return text if len(text) <= length else text[: length - 3] + "..."
