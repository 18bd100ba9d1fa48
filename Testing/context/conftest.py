"""Builders of context files."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from MedMMSlicerLib.context.issue import ContextReading
from MedMMSlicerLib.context.reading import read_context

LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"

Reader = Callable[..., ContextReading]


def observation(loinc: str, value: object, unit: str = "mg/L", **extra: Any) -> dict[str, Any]:
    """An Observation of the patient ``p1``."""
    return {
        "resourceType": "Observation",
        "status": "final",
        "subject": {"reference": "Patient/p1"},
        "code": {"coding": [{"system": LOINC, "code": loinc}]},
        "valueQuantity": {"value": value, "unit": unit, "system": UCUM, "code": unit},
        **extra,
    }


def patient(**extra: Any) -> dict[str, Any]:
    """The patient ``p1``."""
    return {"resourceType": "Patient", "id": "p1", **extra}


def bundle(*resources: dict[str, Any]) -> str:
    """A FHIR bundle as text."""
    entries = [{"resource": resource} for resource in resources]
    return json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries})


@pytest.fixture
def read(tmp_path: Path) -> Reader:
    """Write text or bytes to a file and read it."""

    def reader(content: str | bytes, name: str = "context.dat") -> ContextReading:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return read_context(path)

    return reader


@pytest.fixture
def build() -> Any:
    """The builders of this file: pytest's importlib mode lets no test import them."""

    class Builders:
        observation = staticmethod(observation)
        patient = staticmethod(patient)
        bundle = staticmethod(bundle)

    return Builders
