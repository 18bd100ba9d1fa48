"""Clinical context as JSON, as ``schema/context.schema.json`` defines it."""

from __future__ import annotations

import functools
import itertools
import json
import math
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core import ClinicalContext, LaboratoryResult
from ..errors import InputError
from .issue import ContextIssue, ContextReading, limited
from .laboratory import ReportedResult, normalize_result
from .plain_values import Quantity, exact_number, number_from_text

if TYPE_CHECKING:
    from fractions import Fraction

    from jsonschema.exceptions import ValidationError

__all__ = ["MOST_ERRORS_SHOWN", "SCHEMA_PATH", "context_from_json"]

SCHEMA_PATH = Path(__file__).with_name("schema") / "context.schema.json"
MOST_ERRORS_SHOWN = 10


def context_from_json(value: Any, source: str = "context") -> ContextReading:
    """Turn parsed JSON into a context.

    Parameters
    ----------
    value : object
        As `strict_json.parse_strict_json` or `json.loads` gives it.
    source : str
        Names the document in errors.

    Returns
    -------
    ContextReading
        A laboratory value whose unit or size is refused is an issue with its JSON path; the rest is kept.

    Raises
    ------
    InputError
        If the document does not fit the schema; the message names the JSON paths.
    """
    _check_schema(value, source)
    results: list[LaboratoryResult] = []
    issues: list[ContextIssue] = []
    for index, item in enumerate(value.get("laboratory") or ()):
        result, remarks = normalize_result(_reported(item, f"$.laboratory[{index}]", source))
        issues += remarks
        if result is not None:
            results.append(result)
    age = value.get("age_years")
    context = ClinicalContext(
        age_years=None if age is None else float(age),
        sex=value.get("sex"),
        indication=value.get("indication") or "",
        history=value.get("history") or "",
        laboratory=tuple(results),
        scores={name: _plain(score) for name, score in (value.get("scores") or {}).items()},
        birth_date=_birth_date(value.get("birth_date"), source),
    )
    return ContextReading(context, limited(issues))


def _birth_date(text: str | None, source: str) -> str | None:
    if text is None:
        return None
    try:
        date.fromisoformat(text + "-01-01"[len(text) - 4 :] if len(text) < 10 else text)
    except ValueError as error:
        raise InputError(f"{source}: $.birth_date is no date: {error}. Correct it.") from error
    return text


def _reported(item: Mapping[str, Any], where: str, source: str) -> ReportedResult:
    return ReportedResult(
        name=item.get("name", ""),
        quantity=_quantity(item["value"], item.get("limit"), f"{source}: {where}.value"),
        unit=item["unit"],
        loinc=item.get("loinc", ""),
        taken_at=item.get("taken_at") or "",
        reference_low=_reference(item.get("reference_low"), f"{source}: {where}.reference_low"),
        reference_high=_reference(item.get("reference_high"), f"{source}: {where}.reference_high"),
        where=where,
    )


def _quantity(value: object, limit: object, where: str) -> Quantity:
    try:
        if isinstance(value, str):
            found = number_from_text(value, ".")
        elif isinstance(value, float) and math.isinf(value):
            found = Quantity(None, 1 if value > 0 else -1)
        else:
            found = Quantity(exact_number(value))
        if found.number is None and limit is not None:
            return Quantity(exact_number(limit), found.limit)
        return found
    except InputError as error:
        raise InputError(f"{where}: {error} Correct it, or leave the value out.") from error


def _reference(value: object, where: str) -> Fraction | None:
    if value is None:
        return None
    try:
        return exact_number(value)
    except InputError as error:
        raise InputError(f"{where}: {error} Correct it or leave it out.") from error


def _plain(score: object) -> float | str:
    """Scores as JSON writes them: whole numbers stay whole."""
    if isinstance(score, Decimal):
        return float(score)
    return score if isinstance(score, str | int | float) else str(score)


def _check_schema(value: Any, source: str) -> None:
    if not isinstance(value, Mapping):
        raise InputError(f"{source} must be a JSON object. Correct the file.")
    found = list(itertools.islice(_validator().iter_errors(value), MOST_ERRORS_SHOWN + 1))
    if not found:
        return
    texts = list(dict.fromkeys(_explain(error) for error in found))
    shown = "; ".join(texts[:MOST_ERRORS_SHOWN])
    more = "; and more" if len(found) > MOST_ERRORS_SHOWN else ""
    raise InputError(f"{source} does not fit the schema: {shown}{more}. Correct the file.")


@functools.cache
def _validator() -> Any:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(json.loads(SCHEMA_PATH.read_text(encoding="utf-8")))


def _explain(error: ValidationError) -> str:
    schema: Mapping[str, Any] = error.schema if isinstance(error.schema, Mapping) else {}
    instance: Any = error.instance
    path = error.json_path
    if error.validator == "additionalProperties":
        unknown = ", ".join(sorted(set(instance) - set(schema["properties"])))
        return f"{path} has unknown fields: {unknown[:120]} (known are {', '.join(schema['properties'])})"
    if error.validator == "required":
        missing = ", ".join(key for key in schema["required"] if key not in instance)
        return f"{path} has no {missing}"
    if error.validator == "anyOf":
        return f"{path} has neither name nor loinc"
    given = json.dumps(instance, default=str, ensure_ascii=False)
    shown = given if len(given) <= 60 else given[:57] + "..."
    return f"{path} is {shown}, expected: {schema.get('description', 'something else')}"
