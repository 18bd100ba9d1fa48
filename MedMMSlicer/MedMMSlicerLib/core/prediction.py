"""What a bundle says about a case, and where that came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .codes import CodedConcept, Color, LocalizedText
from .context import ClinicalContext
from .finding import Contribution, Finding, Measurement
from .geometry import VolumeGeometry
from .study import Series

__all__ = [
    "Box",
    "Case",
    "HeatMap",
    "InputReference",
    "LabelMap",
    "Prediction",
    "Provenance",
    "SegmentDefinition",
    "Withheld",
]


@dataclass(frozen=True, eq=False)
class Case:
    """What is read: series by role (``current``, ``prior``, ``lateral``, ...) and context."""

    id: str
    series: Mapping[str, Series]
    context: ClinicalContext = field(default_factory=ClinicalContext)


@dataclass(frozen=True)
class SegmentDefinition:
    """What one value of a label map stands for.

    Parameters
    ----------
    value : int
        Label value in the array, 1 or more.
    id : str
        Unique in its case, e.g. ``hippocampus_anterior-left``.
    name : LocalizedText
    category, type : CodedConcept
        DICOM segmented property category and type.
    color : Color
    laterality : str
        ``left``, ``right`` or empty; becomes the type modifier.
    """

    value: int
    id: str
    name: LocalizedText
    category: CodedConcept
    type: CodedConcept
    color: Color
    laterality: str = ""


@dataclass(frozen=True, eq=False)
class LabelMap:
    """A segmentation: ``array`` of uint8, shape (K, J, I), 0 = background, on the grid of the input series
    ``role``.
    """

    array: NDArray[np.uint8]
    geometry: VolumeGeometry
    segments: tuple[SegmentDefinition, ...]
    role: str = "current"


@dataclass(frozen=True, eq=False)
class HeatMap:
    """Evidence over an image: ``array`` of float32 in 0..1, shape (K, J, I), for one finding."""

    id: str
    finding_id: str
    array: NDArray[np.float32]
    geometry: VolumeGeometry
    method: str


@dataclass(frozen=True)
class Box:
    """An axis-aligned box: corners in mm, RAS."""

    finding_id: str
    minimum_ras: tuple[float, float, float]
    maximum_ras: tuple[float, float, float]
    score: float


@dataclass(frozen=True)
class InputReference:
    """One input that was read: its role, UIDs where DICOM, and the SHA-256 of its voxels and geometry."""

    role: str
    name: str
    study_uid: str
    series_uid: str
    sha256: str


@dataclass(frozen=True)
class Provenance:
    """How a prediction came about. ``provider_used`` is what the runtime really used, not what was asked for.

    ``stage_seconds`` maps stage names (``read``, ``preprocess``, ``network``, ``postprocess``, ...) to
    seconds of wall time.
    ``parameters`` holds what the reader chose, e.g. ``{"point_ras": [..]}``.
    ``notes`` are sentences for the reader.
    """

    bundle_id: str
    bundle_version: str
    bundle_sha256: str
    inputs: tuple[InputReference, ...]
    device_requested: str
    provider_used: str
    stage_seconds: Mapping[str, float]
    software: Mapping[str, str]
    created_at: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Withheld:
    """What was computed on an image that the bundle is not made for.

    It is kept for evaluation alone, in a place of its own, so that nothing shows it by accident.
    """

    label_maps: tuple[LabelMap, ...] = ()
    findings: tuple[Finding, ...] = ()
    measurements: tuple[Measurement, ...] = ()


@dataclass(frozen=True, eq=False)
class Prediction:
    """Everything that one run of one bundle gave; each part is optional.

    ``missing`` names the context variables that the bundle would have used and did not get. ``refusals`` are
    reasons not to trust the result. ``contributions`` say what moved the probabilities. With ``withheld`` the
    image was refused as not applicable: label maps, measurements and findings (but those on the image's
    quality) are in there and must not be shown.
    """

    provenance: Provenance
    label_maps: tuple[LabelMap, ...] = ()
    findings: tuple[Finding, ...] = ()
    measurements: tuple[Measurement, ...] = ()
    heat_maps: tuple[HeatMap, ...] = ()
    boxes: tuple[Box, ...] = ()
    embeddings: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    refusals: tuple[str, ...] = ()
    contributions: tuple[Contribution, ...] = ()
    withheld: Withheld | None = None

    @property
    def is_applicable(self) -> bool:
        """Whether the image is one that the bundle is made for, as far as the bundle can tell."""
        return self.withheld is None
