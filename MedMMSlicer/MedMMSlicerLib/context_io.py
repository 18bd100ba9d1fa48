"""Clinical context from a file.

The JSON document has the fields of `core.ClinicalContext`, all optional::

    {"age_years": 67, "sex": "F", "indication": "...", "history": "...",
     "laboratory": [{"name": "crp", "value": 120, "unit": "mg/L", "loinc": "1988-5",
                     "taken_at": "2026-01-31T08:00:00", "reference_low": 0, "reference_high": 5}],
     "scores": {"bone_rads": 3}}
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .core import ClinicalContext, HeaderFacts, LaboratoryResult
from .errors import InputError

__all__ = ["complete_from_header", "context_from_json", "read_context"]

MAXIMUM_AGE_YEARS = 130.0


def read_context(path: Path) -> ClinicalContext:
    """Read a context file.

    Raises
    ------
    InputError
        If the file can not be read, is no JSON object, or a field is unknown or implausible; the message
        names the field.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(
            f"{path} does not exist. Give the path of a JSON file with the clinical context."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} can not be read: {error}. Give a JSON file in UTF-8.") from error
    except (json.JSONDecodeError, RecursionError) as error:
        raise InputError(f"{path} is not valid JSON: {error}. Correct the file.") from error
    return context_from_json(value, str(path))


def context_from_json(value: Any, where: str = "context") -> ClinicalContext:
    """Turn parsed JSON into a `ClinicalContext`; ``where`` names the source in errors."""
    fields = _known_fields(value, ClinicalContext, where)
    laboratory = fields.pop("laboratory", None) or []
    if not isinstance(laboratory, list):
        raise InputError(f"{where}: 'laboratory' must be a list of results. Correct the file.")
    results = tuple(
        _laboratory(item, f"{where}: laboratory[{index}]") for index, item in enumerate(laboratory)
    )
    age = fields.get("age_years")
    if age is not None:
        fields["age_years"] = _number(age, f"{where}: age_years")
        if not 0 <= fields["age_years"] <= MAXIMUM_AGE_YEARS:
            raise InputError(
                f"{where}: age_years {age} is not between 0 and {MAXIMUM_AGE_YEARS:g}. Correct it."
            )
    sex = fields.get("sex")
    if sex is not None and sex not in ("M", "F", "O"):
        raise InputError(f"{where}: sex must be M, F or O (other), not {sex!r}. Correct it or leave it out.")
    for name in ("indication", "history"):
        if fields.get(name) is None:
            fields.pop(name, None)
        elif not isinstance(fields[name], str):
            raise InputError(f"{where}: {name} must be text. Correct it or leave it out.")
    scores = fields.pop("scores", None) or {}
    if not isinstance(scores, dict) or not all(
        isinstance(item, str | int | float) for item in scores.values()
    ):
        raise InputError(
            f"{where}: scores must map names to numbers or texts. Correct them or leave them out."
        )
    return ClinicalContext(laboratory=results, scores=scores, **fields)


def complete_from_header(
    context: ClinicalContext, facts: HeaderFacts
) -> tuple[ClinicalContext, tuple[str, ...]]:
    """Fill age, sex and indication from an image header where they are not given.

    Returns
    -------
    ClinicalContext
    tuple of str
        A sentence for each contradiction between what was given and what the header says; the former wins.
    """
    contradictions = []
    if (
        context.age_years is not None
        and facts.age_years is not None
        and abs(context.age_years - facts.age_years) > 1
    ):
        contradictions.append(
            f"The context gives an age of {context.age_years:g} years, the image header {facts.age_years:g}; "
            "the context was used."
        )
    if context.sex and facts.sex and context.sex != facts.sex:
        contradictions.append(
            f"The context gives the sex {context.sex}, the image header {facts.sex}; the context was used."
        )
    completed = dataclasses.replace(
        context,
        age_years=context.age_years if context.age_years is not None else facts.age_years,
        sex=context.sex or facts.sex,
        indication=context.indication or facts.clinical_text,
    )
    return completed, tuple(contradictions)


def _laboratory(value: Any, where: str) -> LaboratoryResult:
    fields = _known_fields(value, LaboratoryResult, where)
    for name in ("name", "value", "unit"):
        if name not in fields:
            raise InputError(f"{where} has no '{name}'. Each result needs a name, a value and a unit.")
    fields["value"] = _number(fields["value"], f"{where}: value", infinite=True)
    for name in ("reference_low", "reference_high"):
        if fields.get(name) is not None:
            fields[name] = _number(fields[name], f"{where}: {name}")
    for name in ("name", "unit", "loinc", "taken_at"):
        if fields.get(name) is not None and not isinstance(fields[name], str):
            raise InputError(f"{where}: {name} must be text. Correct it.")
    return LaboratoryResult(**fields)


def _known_fields(value: Any, kind: type, where: str) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise InputError(f"{where} must be a JSON object. Correct the file.")
    names = [field.name for field in dataclasses.fields(kind)]
    unknown = sorted(set(value) - set(names))
    if unknown:
        raise InputError(f"{where} has unknown fields: {', '.join(unknown)}. Known are: {', '.join(names)}.")
    return dict(value)


def _number(value: Any, where: str, infinite: bool = False) -> float:
    text = value.strip().lower() if isinstance(value, str) else value
    if infinite and text in ("inf", "+inf", "-inf"):
        return float(text)
    if isinstance(text, bool) or not isinstance(text, int | float) or not (math.isfinite(text) or infinite):
        raise InputError(f"{where} must be a number, not {value!r}. Correct it.")
    if math.isnan(text):
        raise InputError(f"{where} is not a number. Leave the value out where it is missing.")
    return float(text)
