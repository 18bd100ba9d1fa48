"""One reported laboratory value to one `LaboratoryResult`, or to the reason why it is refused.

The same code serves JSON, CSV and FHIR, so that the same value gives the same result from each of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from ..core import LaboratoryResult
from ..errors import InputError
from .analytes import Analyte, analyte_of_code, analyte_of_name, is_loinc, unit_factor
from .issue import ContextIssue
from .plain_values import Quantity, standard_time
from .units import ucum_unit

__all__ = ["ReportedResult", "normalize_result"]

LONGEST_NAME = 200


@dataclass(frozen=True, eq=False)
class ReportedResult:
    """A value as it was reported, before any conversion.

    Parameters
    ----------
    name : str
        As written; may be empty where ``loinc`` is given.
    quantity : Quantity
    unit : str
        As written.
    loinc : str
        Empty if not given.
    taken_at : str
        As written; empty if not given.
    reference_low, reference_high : Fraction, optional
        In ``unit``.
    where : str
        Place in the file.
    """

    name: str
    quantity: Quantity
    unit: str
    loinc: str = ""
    taken_at: str = ""
    reference_low: Fraction | None = None
    reference_high: Fraction | None = None
    where: str = ""

    @property
    def label(self) -> str:
        """Name for people: as written, but for the short names of bundles (``d_dimer``)."""
        analyte = analyte_of_name(self.name)
        name = analyte.title if analyte and self.name == analyte.name else self.name
        text = " ".join((name or f"LOINC {self.loinc}").split())
        return text if len(text) <= 60 else text[:57] + "..."

    @property
    def key(self) -> str:
        """Name that a result of this value gets."""
        analyte = analyte_of_code(self.loinc) or analyte_of_name(self.name)
        return analyte.name if analyte else " ".join(self.name.split()) or f"LOINC {self.loinc}"


@dataclass(frozen=True)
class _Scale:
    """From the reported unit into the unit of the result."""

    name: str
    unit: str
    loinc: str
    factor: Fraction
    issues: tuple[ContextIssue, ...] = ()


class _RefusedError(InputError):
    """A value is refused; ``code`` becomes the code of the issue."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


def normalize_result(reported: ReportedResult) -> tuple[LaboratoryResult | None, tuple[ContextIssue, ...]]:
    """Identify, convert and check one value.

    Returns
    -------
    LaboratoryResult or None
        None if the value is refused.
    tuple of ContextIssue
        Why it is refused, and what was assumed.
    """
    try:
        analyte = _identify(reported)
        scale = _known_scale(analyte, reported) if analyte else _unknown_scale(reported)
        value = _value(reported.quantity, scale, analyte)
    except _RefusedError as error:
        text = f"{reported.label} was not used: {error}"
        return None, (ContextIssue(error.code, text, "error", reported.where, reported.key),)
    issues = list(scale.issues)
    if reported.quantity.limit and reported.quantity.number is not None:
        side = "below" if reported.quantity.limit < 0 else "above"
        given = f"{reported.quantity.text} {reported.unit}".strip()
        text = f"{reported.label} was reported as {given}: {side} the detection range."
        issues.append(ContextIssue("detection-limit", text, "info", reported.where))
    low, high = _references(reported, scale, issues)
    result = LaboratoryResult(
        name=scale.name,
        value=value,
        unit=scale.unit,
        loinc=scale.loinc,
        taken_at=_time(reported, issues),
        reference_low=low,
        reference_high=high,
        limit=_limit(reported.quantity, scale),
    )
    return result, tuple(issues)


def _identify(reported: ReportedResult) -> Analyte | None:
    by_name = analyte_of_name(reported.name) if reported.name else None
    if not reported.loinc:
        if not reported.name.strip():
            raise _RefusedError("unnamed", "it has neither a name nor a LOINC code.")
        return by_name
    if not is_loinc(reported.loinc):
        raise _RefusedError(
            "bad-loinc", f"'{reported.loinc[:20]}' is no LOINC code (form or check digit). Correct it."
        )
    by_code = analyte_of_code(reported.loinc)
    if by_code is not None and reported.loinc in by_code.refused_codes:
        raise _RefusedError(
            "other-quantity", f"LOINC {reported.loinc} {by_code.refused_codes[reported.loinc]}."
        )
    if by_name is not by_code and by_name is not None:
        meant = f"means {by_code.title}" if by_code else f"is not known as a code of {by_name.title}"
        raise _RefusedError("name-and-code", f"LOINC {reported.loinc} {meant}. Correct the name or the code.")
    return by_code


def _known_scale(analyte: Analyte, reported: ReportedResult) -> _Scale:
    found = unit_factor(analyte, reported.unit)
    if found is None:
        given = f"the unit '{reported.unit[:30]}'" if reported.unit.strip() else "a missing unit"
        some = ", ".join(unit or "none" for unit in analyte.accepted_units)
        raise _RefusedError(
            "unknown-unit", f"{given} can not be converted into {analyte.unit}. Use one of: {some}."
        )
    factor, unit = found
    issues: tuple[ContextIssue, ...] = ()
    if analyte.basis is not None:
        factor, issues = _on_basis(analyte, reported, factor, unit.annotation)
    return _Scale(analyte.name, analyte.unit, analyte.loinc, factor, issues)


def _on_basis(
    analyte: Analyte, reported: ReportedResult, factor: Fraction, annotation: str
) -> tuple[Fraction, tuple[ContextIssue, ...]]:
    basis = analyte.basis
    if basis is None:
        return factor, ()
    written = set(annotation.split()) & {basis.unit, basis.other}
    words = re.findall(r"[A-Z]+", reported.name.upper())
    written |= {word for word in (basis.unit, basis.other) if word in words}
    if reported.loinc:
        written.add(basis.other if reported.loinc in basis.other_codes else basis.unit)
    if len(written) > 1:
        raise _RefusedError(
            "name-and-code",
            f"{basis.unit} and {basis.other} contradict each other in name, code or unit. Correct it.",
        )
    if written == {basis.other}:
        text = (
            f"{reported.label} in {basis.other} was multiplied by {float(basis.factor):g} to {basis.unit} "
            f"({basis.reason}): approximate."
        )
        return factor * basis.factor, (ContextIssue("approximate", text, "warning", reported.where),)
    if not written:
        neither = f"neither {basis.unit} nor {basis.other} is stated"
        text = f"{reported.label}: {neither}; it was taken as {basis.unit}."
        return factor, (ContextIssue("assumed-basis", text, "warning", reported.where),)
    return factor, ()


def _unknown_scale(reported: ReportedResult) -> _Scale:
    unit = " ".join(reported.unit.split())
    name = " ".join(reported.name.split()) or f"LOINC {reported.loinc}"
    if not unit:
        raise _RefusedError("unknown-unit", "it has no unit. Write 1 for a value without one.")
    if len(name) > LONGEST_NAME or len(unit) > 40:
        raise _RefusedError("too-long", "its name or unit is too long.")
    text = f"{reported.label} is not in the table of laboratory values: unit and range were not checked."
    issue = ContextIssue("unknown-analyte", text, "info", reported.where)
    return _Scale(name, unit, reported.loinc, Fraction(1), (issue,))


def _value(quantity: Quantity, scale: _Scale, analyte: Analyte | None) -> float:
    if quantity.number is None:
        return float("inf") if quantity.limit > 0 else float("-inf")
    number = quantity.number * scale.factor
    if analyte is not None:
        low, high = analyte.plausible
        # A counter reports 0 for what is below its smallest count.
        none_counted = number == 0 and ucum_unit(analyte.unit).dimension == "count/volume"
        if not low <= number <= high and not none_counted:
            raise _RefusedError(
                "implausible",
                f"{float(number):.6g} {scale.unit} is not between {float(low):g} and {float(high):g}. "
                "Check value and unit.",
            )
    if quantity.limit:
        return float("inf") if quantity.limit > 0 else float("-inf")
    return float(number)


def _limit(quantity: Quantity, scale: _Scale) -> float | None:
    return float(quantity.number * scale.factor) if quantity.limit and quantity.number is not None else None


def _references(
    reported: ReportedResult, scale: _Scale, issues: list[ContextIssue]
) -> tuple[float | None, float | None]:
    low, high = reported.reference_low, reported.reference_high
    if low is not None and high is not None and low > high:
        text = f"The reference range of {reported.label} runs from high to low and was left out."
        issues.append(ContextIssue("bad-reference", text, "warning", reported.where))
        return None, None
    return (
        None if low is None else float(low * scale.factor),
        None if high is None else float(high * scale.factor),
    )


def _time(reported: ReportedResult, issues: list[ContextIssue]) -> str | None:
    if not reported.taken_at.strip():
        return None
    try:
        return standard_time(reported.taken_at)
    except InputError as error:
        text = f"The time of {reported.label} was not used: {error}"
        issues.append(ContextIssue("bad-time", text, "warning", reported.where))
        return None
