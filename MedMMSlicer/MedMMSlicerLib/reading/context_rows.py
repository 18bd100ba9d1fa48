"""Laboratory values as rows: what the model uses first, then what was given besides."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..bundles.manifest import ContextVariable
from ..context.analytes import analyte_of_name
from ..context.plain_values import shown_number
from ..context.units import unit_text
from ..core import ClinicalContext, LaboratoryResult
from ..reporting.context_notes import translate_note
from .finding_words import phrase
from .record import TypedValue
from .rows import LaboratoryRow

__all__ = ["LaboratorySource", "laboratory_rows", "value_text"]

_PREFIX = "lab."


@dataclass(frozen=True, eq=False)
class LaboratorySource:
    """What rows are made of.

    Parameters
    ----------
    given : ClinicalContext
        With every value that was typed or imported.
    used : ClinicalContext
        Complete: at most one value of each name.
    typed : tuple of TypedValue
    variables : sequence of ContextVariable
        Of the selected bundle.
    model_values : mapping of str to float, or None where missing
        What the bundle gets, by variable.
    model_notes : sequence of str
        What the bundle refuses or replaces.
    remarks : sequence of str
        Why values were not chosen.
    language : str
        Of the names.
    """

    given: ClinicalContext
    used: ClinicalContext
    typed: tuple[TypedValue, ...] = ()
    variables: Sequence[ContextVariable] = ()
    model_values: Mapping[str, float | None] = field(default_factory=dict)
    model_notes: Sequence[str] = ()
    remarks: Sequence[str] = ()
    language: str = "en"


def laboratory_rows(source: LaboratorySource) -> tuple[LaboratoryRow, ...]:
    """One row per value that was given, or that the model asks for."""
    wanted = {
        variable.name.removeprefix(_PREFIX): variable
        for variable in source.variables
        if variable.name.startswith(_PREFIX)
    }
    used = {result.name: result for result in source.used.laboratory}
    typed = {item.name: item for item in source.typed if item.name not in {"age", "sex", "view"}}
    given = dict.fromkeys(result.name for result in source.given.laboratory)
    rows = []
    for name in dict.fromkeys((*wanted, *given, *typed)):
        result = used.get(name) or _by_code(wanted.get(name), used)
        row = _row(name, result, typed.get(name), wanted.get(name), source)
        rows.append(row)
    return tuple(rows)


def _row(
    name: str,
    result: LaboratoryResult | None,
    typed: TypedValue | None,
    variable: ContextVariable | None,
    source: LaboratorySource,
) -> LaboratoryRow:
    analyte = analyte_of_name(name)
    label = analyte.label(source.language) if analyte else name
    usual = analyte.unit if analyte else variable.unit if variable else ""
    common: dict[str, Any] = {"name": name, "label": label, "used_by_model": variable is not None}
    if typed is not None and typed.problem:
        return LaboratoryRow(**common, text=typed.text, unit=typed.unit, flag="invalid", note=typed.problem)
    if result is None:
        refused = [item for item in source.given.laboratory if item.name == name]
        if refused:
            title = analyte.title if analyte else name
            reason = next((text for text in source.remarks if title in text), "It is not used.")
            last = refused[-1]
            text, unit = _number(last, source.language), unit_text(last.unit)
            return LaboratoryRow(**common, text=text, unit=unit, flag="invalid", note=reason)
        return LaboratoryRow(**common, text="", unit=unit_text(usual), flag="missing")
    low, high = _reference(result, source.used.sex)
    return LaboratoryRow(
        **common,
        text=typed.text if typed else _number(result, source.language),
        unit=unit_text(typed.unit if typed else result.unit),
        reference_text=_range(low, high, result.unit),
        flag="invalid" if _is_left_out(variable, source) else _flag(result, low, high),
        note=_note(common, result, typed, source),
    )


def _note(
    common: Mapping[str, Any], result: LaboratoryResult, typed: TypedValue | None, source: LaboratorySource
) -> str:
    variable = f"{_PREFIX}{common['name']}"
    parts = [typed.note] if typed and typed.note else []
    if typed and unit_text(typed.unit) != unit_text(result.unit):
        parts.append(f"= {value_text(result, source.language)}")
    parts += [
        translate_note(text, {variable: common["label"]}, source.language)
        for text in source.model_notes
        if text.split(" ", 1)[0] == variable
    ]
    return " ".join(parts)


def _is_left_out(variable: ContextVariable | None, source: LaboratorySource) -> bool:
    """Whether the bundle refuses the value; the note on the row says why."""
    return variable is not None and source.model_values.get(variable.name, 0.0) is None


def _by_code(
    variable: ContextVariable | None, used: Mapping[str, LaboratoryResult]
) -> LaboratoryResult | None:
    """A value that a bundle recognizes by its LOINC code alone."""
    if variable is None or not variable.loinc:
        return None
    return next((result for result in used.values() if result.loinc == variable.loinc), None)


def _reference(result: LaboratoryResult, sex: str | None) -> tuple[float | None, float | None]:
    """The range of the laboratory, else the adult range of the table for this sex."""
    if result.reference_low is not None or result.reference_high is not None:
        return result.reference_low, result.reference_high
    analyte = analyte_of_name(result.name)
    if analyte is None or analyte.unit != result.unit:
        return None, None
    fitting = [item for item in analyte.reference if item.sex in ("", sex)]
    return (fitting[0].low, fitting[0].high) if len(fitting) == 1 else (None, None)


def _flag(result: LaboratoryResult, low: float | None, high: float | None) -> str:
    value, limit = result.value, result.limit
    if limit is not None:
        # "> 3" with a range up to 8 may be anywhere.
        if value < 0:
            return "low" if low is not None and limit <= low else ""
        return "high" if high is not None and limit >= high else ""
    if low is not None and value < low:
        return "low"
    return "high" if high is not None and value > high else ""


def _range(low: float | None, high: float | None, unit: str) -> str:
    if low is not None and high is not None:
        text = f"{low:g}–{high:g}"
    elif high is not None:
        text = f"≤ {high:g}"
    elif low is not None:
        text = f"≥ {low:g}"
    else:
        return ""
    return f"{text} {unit_text(unit)}".rstrip()


def value_text(result: LaboratoryResult, language: str) -> str:
    """A value with its unit, for people."""
    return f"{_number(result, language)} {unit_text(result.unit)}".rstrip()


def _number(result: LaboratoryResult, language: str) -> str:
    if not math.isinf(result.value):
        return shown_number(result.value)
    if result.limit is not None:
        return f"{'>' if result.value > 0 else '<'} {shown_number(result.limit)}"
    key = "limit.above" if result.value > 0 else "limit.below"
    return phrase(key, language, limit=phrase("limit.range", language))
