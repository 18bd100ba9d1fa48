"""Measurements and findings: what a report may state."""

from __future__ import annotations

from dataclasses import dataclass

from .codes import CodedConcept, LocalizedText

__all__ = ["FINDING_KINDS", "FINDING_STATES", "Contribution", "Finding", "Measurement", "OperatingPoint"]

FINDING_STATES = ("proposed", "accepted", "rejected", "edited")

FINDING_KINDS = ("finding", "normal", "prognosis", "quality")
"""Something seen; that nothing was seen; what may come; something about the image itself."""


@dataclass(frozen=True)
class OperatingPoint:
    """Threshold on a probability with the sensitivity and specificity expected there (0 to 1, from validation
    patients).
    """

    threshold: float
    sensitivity: float | None = None
    specificity: float | None = None


@dataclass(frozen=True)
class Measurement:
    """One measured quantity.

    Parameters
    ----------
    id : str
        Unique in its case, e.g. ``m-hippocampus_anterior-left-volume``.
    quantity : CodedConcept
        What was measured, e.g. ``("118565006", "SCT", "Volume")``.
    value : float
    unit : str
        UCUM, e.g. ``mm3``, ``%``.
    name : LocalizedText
        Name for people, with the structure.
    segment_id : str
        Segment that was measured, empty if none.
    laterality : str
        ``left``, ``right`` or empty.
    method : str
        How it was computed, one sentence.
    location_ras : (3,) tuple of float, mm, RAS, optional
    """

    id: str
    quantity: CodedConcept
    value: float
    unit: str
    name: LocalizedText
    segment_id: str = ""
    laterality: str = ""
    method: str = ""
    location_ras: tuple[float, float, float] | None = None


@dataclass(frozen=True)
class Finding:
    """What a reader accepts, rejects or edits.

    Parameters
    ----------
    id : str
        Unique in its case.
    concept : CodedConcept
    name : LocalizedText
    laterality : str
    location_ras : (3,) tuple of float, mm, RAS, optional
    measurement_ids : tuple of str
    score, probability : float, optional
        Network output and its calibrated value; both None for a finding that is stated by a segmentation
        alone.
    operating_point : OperatingPoint, optional
    evidence_ids : tuple of str
        Ids of segments, heat maps, measurements or context values.
    status : str
        One of `FINDING_STATES`.
    kind : str
        One of `FINDING_KINDS`.
    region : str
        Part of the body under which a report states it, e.g. ``lungs``; empty: none.
    """

    id: str
    concept: CodedConcept
    name: LocalizedText
    laterality: str = ""
    location_ras: tuple[float, float, float] | None = None
    measurement_ids: tuple[str, ...] = ()
    score: float | None = None
    probability: float | None = None
    operating_point: OperatingPoint | None = None
    evidence_ids: tuple[str, ...] = ()
    status: str = "proposed"
    kind: str = "finding"
    region: str = ""


@dataclass(frozen=True)
class Contribution:
    """How much one input moved a probability, by leaving that input out.

    Parameters
    ----------
    finding_id : str
    source : str
        ``image``, ``demographics`` (age, sex and view together) or ``laboratory``.
    name : str
        ``image``, ``demographics``, or the context variable, e.g. ``lab.crp``.
    delta_probability : float
        Probability with everything minus probability without this input, -1 to 1. Contributions need not
        add up: inputs act together.
    """

    finding_id: str
    source: str
    name: str
    delta_probability: float
