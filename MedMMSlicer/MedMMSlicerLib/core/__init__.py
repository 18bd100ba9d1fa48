"""The data that crosses every seam of the library: frozen dataclasses, arrays in K, J, I order, geometry in
RAS.
"""

from __future__ import annotations

from .codes import LATERALITY_CODES, CodedConcept, Color, LocalizedText, localized
from .context import ClinicalContext, LaboratoryResult
from .finding import FINDING_KINDS, FINDING_STATES, Contribution, Finding, Measurement, OperatingPoint
from .geometry import VolumeGeometry
from .prediction import (
    Box,
    Case,
    HeatMap,
    InputReference,
    LabelMap,
    Prediction,
    Provenance,
    SegmentDefinition,
    Withheld,
)
from .report import AUTHORS, Report, ReportSection, ReportSentence
from .serialization import to_json
from .study import HeaderFacts, ReadingNote, Series, Study
from .volume import Volume

__all__ = [
    "AUTHORS",
    "FINDING_KINDS",
    "FINDING_STATES",
    "LATERALITY_CODES",
    "Box",
    "Case",
    "ClinicalContext",
    "CodedConcept",
    "Color",
    "Contribution",
    "Finding",
    "HeaderFacts",
    "HeatMap",
    "InputReference",
    "LabelMap",
    "LaboratoryResult",
    "LocalizedText",
    "Measurement",
    "OperatingPoint",
    "Prediction",
    "Provenance",
    "ReadingNote",
    "Report",
    "ReportSection",
    "ReportSentence",
    "SegmentDefinition",
    "Series",
    "Study",
    "Volume",
    "VolumeGeometry",
    "Withheld",
    "localized",
    "to_json",
]
