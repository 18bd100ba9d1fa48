"""Clinical context as the numbers that a bundle's fusion graph takes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..bundles.manifest import ContextVariable
from ..core import ClinicalContext, LaboratoryResult

__all__ = ["ContextVector", "encode_context", "known_variables", "leave_out"]

LABORATORY = "lab."

_TEXT_NAMES = {"sex": "sex", "view": "view"}


@dataclass(frozen=True, eq=False)
class ContextVector:
    """Encoded context.

    Parameters
    ----------
    numbers : ndarray of float32, shape (1, 2 n)
        The n encoded values in the order of the variables, then the n missing flags (1: missing).
    used : mapping of str to float, or None where missing
        Values by variable name, in the units of the manifest, after infinity was replaced.
    notes : tuple of str
        What was refused or replaced, and why.
    limits : mapping of str to (int, float or None)
        Of the values in ``used`` that stand in for one outside of the detection range: 1 (above) or -1,
        and the limit that was given, if one was.
    """

    numbers: NDArray[np.float32]
    used: Mapping[str, float | None]
    notes: tuple[str, ...] = ()
    limits: Mapping[str, tuple[int, float | None]] = field(default_factory=dict)

    @property
    def missing(self) -> tuple[str, ...]:
        """Names of the variables without a value."""
        return tuple(name for name, value in self.used.items() if value is None)


def encode_context(
    variables: Sequence[ContextVariable], context: ClinicalContext, view: str = ""
) -> ContextVector:
    """Encode what is known; what is missing or refused takes the variable's ``fill`` and its missing flag.

    A value is refused, with a note, when its unit is not the variable's, when it is implausible (outside of
    ``minimum``..``maximum``), when it is no number, or when its text has no number in ``categories``. Plus
    and minus infinity are values outside of the detection range: they become ``maximum`` and ``minimum``.

    Parameters
    ----------
    variables : sequence of ContextVariable
    context : ClinicalContext
    view : str
        View position of the image, e.g. ``PA``, empty if not known.
    """
    used: dict[str, float | None] = {}
    notes: list[str] = []
    for variable in variables:
        value, note = _value(variable, context, view)
        used[variable.name] = value
        notes += [note] if note else []
    return ContextVector(_numbers(variables, used), used, tuple(notes), _limits(variables, used, context))


def leave_out(
    variables: Sequence[ContextVariable], vector: ContextVector, names: Sequence[str]
) -> NDArray[np.float32]:
    """The numbers of ``vector`` as if the variables ``names`` were missing, float32, shape (1, 2 n)."""
    return _numbers(
        variables, {name: None if name in names else value for name, value in vector.used.items()}
    )


def known_variables(variables: Sequence[ContextVariable], context: ClinicalContext, view: str) -> list[str]:
    """Names of the variables for which there is a value that can be used."""
    vector = encode_context(variables, context, view)
    return [name for name, value in vector.used.items() if value is not None]


def _numbers(variables: Sequence[ContextVariable], used: Mapping[str, float | None]) -> NDArray[np.float32]:
    values = [
        (_transformed(variable, _filled(variable, used[variable.name])) - variable.mean) / variable.scale
        for variable in variables
    ]
    flags = [float(used[variable.name] is None) for variable in variables]
    return np.array([values + flags], np.float32)


def _limits(
    variables: Sequence[ContextVariable], used: Mapping[str, float | None], context: ClinicalContext
) -> dict[str, tuple[int, float | None]]:
    limits: dict[str, tuple[int, float | None]] = {}
    for variable in variables:
        known = variable.name.startswith(LABORATORY) and used[variable.name] is not None
        found = _result(variable, context.laboratory)[0] if known else None
        if found is not None and math.isinf(found.value):
            limits[variable.name] = (1 if found.value > 0 else -1, found.limit)
    return limits


def _filled(variable: ContextVariable, value: float | None) -> float:
    return variable.fill if value is None else value


def _transformed(variable: ContextVariable, value: float) -> float:
    return math.log1p(value) if variable.transform == "log1p" else value


def _value(variable: ContextVariable, context: ClinicalContext, view: str) -> tuple[float | None, str]:
    """The value of a variable, and a note on why there is none or another one."""
    if variable.name in _TEXT_NAMES:
        return _category(variable, view if variable.name == "view" else context.sex or "")
    if variable.name == "age":
        return (None, "") if context.age_years is None else _checked(variable, context.age_years)
    found, note = _result(variable, context.laboratory)
    if found is None:
        return None, note
    if variable.unit not in (found.unit, ""):
        given = found.unit or "no unit"
        return None, (
            f"{variable.name} was left out: it is given in {given}, and the bundle takes {variable.unit}."
        )
    value, refused = _checked(variable, found.value, found.limit)
    return value, " ".join(text for text in (note, refused) if text)


def _category(variable: ContextVariable, text: str) -> tuple[float | None, str]:
    if not text:
        return None, ""
    numbers = {name.casefold(): number for name, number in variable.categories.items()}
    if text.casefold() in numbers:
        return numbers[text.casefold()], ""
    have = ", ".join(variable.categories) or "none"
    return None, f"{variable.name} '{text}' was left out: the bundle knows {have}."


def _result(
    variable: ContextVariable, results: Sequence[LaboratoryResult]
) -> tuple[LaboratoryResult | None, str]:
    """The result for a variable by its name, else by its LOINC code; the newest of several."""
    name = variable.name.removeprefix(LABORATORY).casefold()
    matches = [result for result in results if result.name.casefold() == name]
    if not matches and variable.loinc:
        matches = [result for result in results if result.loinc == variable.loinc]
    if not matches:
        return None, ""
    newest = max(matches, key=lambda result: result.taken_at or "")
    note = f"{variable.name} is given {len(matches)} times; the newest value was used."
    return newest, note if len(matches) > 1 else ""


def _checked(variable: ContextVariable, value: float, limit: float | None = None) -> tuple[float | None, str]:
    low, high = variable.minimum, variable.maximum
    if math.isnan(value):
        return None, f"{variable.name} was left out: it is no number."
    if math.isinf(value):
        bound, side = (high, "above") if value > 0 else (low, "below")
        if bound is None:
            return None, f"{variable.name} was left out: it is {side} the detection range."
        unit = f" {variable.unit}" if variable.unit else ""
        if limit is not None:
            return bound, f"{variable.name} is {side} {limit:g}{unit}; the model used {bound:g}{unit}."
        return bound, f"{variable.name} is {side} the detection range; {bound:g}{unit} stands in for it."
    if (low is not None and value < low) or (high is not None and value > high):
        return None, (
            f"{variable.name} {value:g} {variable.unit} was left out: it is implausible (expected "
            f"{_range(low, high)})."
        )
    return value, ""


def _range(low: float | None, high: float | None) -> str:
    if low is not None and high is not None:
        return f"{low:g} to {high:g}"
    return f"at least {low:g}" if low is not None else f"at most {high:g}"
