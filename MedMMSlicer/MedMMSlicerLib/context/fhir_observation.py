"""Laboratory values of FHIR R4 ``Observation`` resources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from ..errors import InputError
from .analytes import analyte_of_code, analyte_of_name, unit_factor
from .issue import ContextIssue
from .laboratory import ReportedResult
from .plain_values import Quantity, exact_number
from .units import unit_candidates

__all__ = ["LOINC_SYSTEM", "ObservedValues", "concept_text", "observed_values", "time_text"]

LOINC_SYSTEM = "http://loinc.org"
UCUM_SYSTEM = "http://unitsofmeasure.org"

_LIMITS = {"<": -1, "<=": -1, ">": 1, ">=": 1}


@dataclass(frozen=True)
class ObservedValues:
    """What one Observation gives; ``is_other`` where it is no laboratory value at all (vital signs, ...)."""

    results: tuple[ReportedResult, ...] = ()
    issues: tuple[ContextIssue, ...] = ()
    is_other: bool = False


def observed_values(observation: Any, raw: Mapping[str, Any], where: str) -> ObservedValues:
    """Collect the values of an Observation and of its components.

    Parameters
    ----------
    observation : fhir.resources.R4B.observation.Observation
    raw : mapping
        The JSON that it was made of: there, a number written as text can still be seen.
    where : str
        Place in the bundle.
    """
    parts = [(observation, raw, where)]
    raw_components = raw.get("component") or []
    for index, (part, raw_part) in enumerate(zip(observation.component or [], raw_components, strict=False)):
        parts.append((part, raw_part, f"{where}.component[{index}]"))
    taken_at = _taken_at(observation)
    results: list[ReportedResult] = []
    issues: list[ContextIssue] = []
    others = 0
    for part, raw_part, place in parts:
        loinc, name = _code(part.code)
        if (
            analyte_of_code(loinc) is None
            and analyte_of_name(name) is None
            and not _is_laboratory(observation)
        ):
            others += 1
            continue
        try:
            result = _result(
                part, raw_part, ReportedResult(name, Quantity(None), "", loinc, taken_at, where=place)
            )
        except InputError as error:
            label = (name or f"LOINC {loinc}")[:60]
            issues.append(ContextIssue("not-a-number", f"{label} was not used: {error}", "error", place))
            continue
        if result is not None:
            results.append(result)
        elif part is not observation or not (observation.component or observation.hasMember):
            issues.append(ContextIssue("missing", f"{(name or loinc)[:60]} has no value.", "info", place))
    return ObservedValues(tuple(results), tuple(issues), is_other=others == len(parts))


def concept_text(concept: Any) -> str:
    """Text for people of a CodeableConcept: its text, else a display, else a code; empty if there is none."""
    if concept is None:
        return ""
    codings = concept.coding or []
    texts = [concept.text, *(coding.display for coding in codings), *(coding.code for coding in codings)]
    return next((" ".join(str(text).split()) for text in texts if text), "")


def time_text(*values: Any) -> str:
    """The first FHIR date or time that is given, as ISO 8601."""
    for value in values:
        if isinstance(value, datetime | date):
            return value.isoformat()
        if value:
            return str(value)
    return ""


def _taken_at(observation: Any) -> str:
    period = observation.effectivePeriod
    return time_text(
        observation.effectiveDateTime,
        observation.effectiveInstant,
        period.start if period is not None else None,
        observation.issued,
    )


def _code(concept: Any) -> tuple[str, str]:
    codings = [item for item in concept.coding or [] if item.system == LOINC_SYSTEM and item.code]
    known = [item for item in codings if analyte_of_code(item.code) is not None]
    chosen = (known or codings or [None])[0]
    code = "" if chosen is None else str(chosen.code)
    name = concept_text(concept)
    return code, "" if name == code else name


def _is_laboratory(observation: Any) -> bool:
    codes = {coding.code for concept in observation.category or [] for coding in concept.coding or []}
    return not codes or "laboratory" in codes


def _result(part: Any, raw: Mapping[str, Any], frame: ReportedResult) -> ReportedResult | None:
    quantity = part.valueQuantity
    if quantity is None:
        for key in raw:
            if key.startswith("value") and raw[key] is not None:
                raise InputError(f"its value is given as {key[:40]}, not as a quantity with a unit.")
        return None
    if quantity.value is None:
        return None
    if isinstance(raw["valueQuantity"].get("value"), str):
        raise InputError("its value is text in a field for a number.")
    if quantity.comparator and quantity.comparator not in _LIMITS:
        raise InputError(f"the comparator '{quantity.comparator[:20]}' is not known.")
    unit = _unit(quantity)
    low, high = _reference_range(part.referenceRange, frame, unit)
    return ReportedResult(
        name=frame.name,
        quantity=Quantity(_exact(quantity.value), _LIMITS.get(quantity.comparator or "", 0)),
        unit=unit,
        loinc=frame.loinc,
        taken_at=frame.taken_at,
        reference_low=low,
        reference_high=high,
        where=frame.where,
    )


def _exact(value: Decimal) -> Fraction:
    return exact_number(value)


def _unit(quantity: Any) -> str:
    """Prefer the UCUM code; the text for people must not contradict it, and may add FEU or DDU.

    Raises
    ------
    InputError
        If code and text are two known units of different size.
    """
    code = quantity.code if quantity.system in (UCUM_SYSTEM, None) else None
    text = quantity.unit
    if not code or not text:
        return str(code or text or "")
    coded, written = unit_candidates(code), unit_candidates(text)
    if not coded:
        return str(text if written else code)
    sizes = {(unit.dimension, unit.factor) for unit in coded}
    if written and sizes.isdisjoint((unit.dimension, unit.factor) for unit in written):
        raise InputError(f"its unit is coded as {code[:20]} but written as {text[:20]}. Correct one of them.")
    added = {"FEU", "DDU"} & {word for unit in written for word in unit.annotation.split()}
    return f"{code}{{{' '.join(sorted(added))}}}" if added else str(code)


def _reference_range(
    ranges: Any, frame: ReportedResult, unit: str
) -> tuple[Fraction | None, Fraction | None]:
    """The one normal range for everybody, in ``unit``; (None, None) where there is none, or several."""
    general = [item for item in ranges or [] if not item.appliesTo and _is_normal(item.type)]
    if len(general) != 1:
        return None, None
    return _limit(general[0].low, frame, unit), _limit(general[0].high, frame, unit)


def _is_normal(kind: Any) -> bool:
    return kind is None or "normal" in {coding.code for coding in kind.coding or []}


def _limit(quantity: Any, frame: ReportedResult, unit: str) -> Fraction | None:
    if quantity is None or quantity.value is None:
        return None
    own = quantity.code or quantity.unit or unit
    value = _exact(quantity.value)
    if own == unit:
        return value
    analyte = analyte_of_code(frame.loinc) or analyte_of_name(frame.name)
    if analyte is None:
        return None
    source, target = unit_factor(analyte, own), unit_factor(analyte, unit)
    return value * source[0] / target[0] if source and target else None
