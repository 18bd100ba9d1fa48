"""Codes of this library as FHIR codings."""

from __future__ import annotations

from typing import Any

from ...core import LATERALITY_CODES, CodedConcept

__all__ = ["OWN_SYSTEM", "UCUM_SYSTEM", "coding", "concept", "laterality", "own_concept", "quantity"]

UCUM_SYSTEM = "http://unitsofmeasure.org"
OWN_SYSTEM = "urn:medmm:codes"
_SYSTEMS = {
    "SCT": "http://snomed.info/sct",
    "LN": "http://loinc.org",
    "UCUM": UCUM_SYSTEM,
    "DCM": "http://dicom.nema.org/resources/ontology/DCM",
    "RADLEX": "http://radlex.org",
    "99MEDMM": OWN_SYSTEM,
}


def coding(code: CodedConcept) -> dict[str, Any]:
    """``Coding``; a scheme that is not known here becomes a URN, so that it is never taken for another."""
    system = _SYSTEMS.get(code.scheme, f"urn:medmm:scheme:{code.scheme}")
    return _filled({"system": system, "code": code.value, "display": code.meaning})


def concept(code: CodedConcept, text: str = "") -> dict[str, Any]:
    """``CodeableConcept`` with the name that people read."""
    return _filled({"coding": [coding(code)], "text": " ".join((text or code.meaning).split())})


def own_concept(value: str, text: str) -> dict[str, Any]:
    """``CodeableConcept`` of MedMM's own."""
    return concept(CodedConcept(value, "99MEDMM", text))


def laterality(side: str) -> dict[str, Any] | None:
    """``CodeableConcept`` of a side, None where there is none."""
    code = LATERALITY_CODES.get(side)
    return None if code is None else concept(code)


def quantity(value: float, unit: str) -> dict[str, Any]:
    """``Quantity`` in UCUM."""
    return {"value": float(value), "unit": unit, "system": UCUM_SYSTEM, "code": unit}


def _filled(value: dict[str, Any]) -> dict[str, Any]:
    return {key: item for key, item in value.items() if item}
