"""Clinical context: what is known about the patient beside the images."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["ClinicalContext", "LaboratoryResult"]


@dataclass(frozen=True)
class LaboratoryResult:
    """One laboratory value.

    Parameters
    ----------
    name : str
        Short name, e.g. ``crp``.
    value : float
        In ``unit``. Plus or minus infinity: outside the detection range.
    unit : str
        UCUM, e.g. ``mg/L``.
    loinc : str
        LOINC code, empty if unknown.
    taken_at : str, optional
        ISO 8601.
    reference_low, reference_high : float, optional
        Reference range in ``unit``.
    limit : float, optional
        In ``unit``: what an infinite ``value`` was reported to be above or below; None if not said.
    """

    name: str
    value: float
    unit: str
    loinc: str = ""
    taken_at: str | None = None
    reference_low: float | None = None
    reference_high: float | None = None
    limit: float | None = None


@dataclass(frozen=True)
class ClinicalContext:
    """Patient facts, texts, laboratory results and structured scores. Missing is None or empty, never 0.

    ``birth_date`` (ISO 8601, may be a year or month alone) stands in for the age until the day of the
    examination is known; it is never written into a prediction or a report.
    """

    age_years: float | None = None
    sex: str | None = None
    indication: str = ""
    history: str = ""
    laboratory: tuple[LaboratoryResult, ...] = ()
    scores: Mapping[str, float | str] = field(default_factory=dict)
    birth_date: str | None = field(default=None, repr=False)
