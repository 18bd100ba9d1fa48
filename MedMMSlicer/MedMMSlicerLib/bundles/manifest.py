"""The ``medmm`` key of a bundle's ``configs/metadata.json`` as typed, frozen data.

`manifest_from_json` expects JSON that has passed the JSON Schema (``bundles/schema/medmm.schema.json``); it
converts and does not check again. Spatial triples are in K, J, I order of the tensor that the network sees.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..core import CodedConcept, Color, LocalizedText

__all__ = [
    "ContextVariable",
    "FindingDefinition",
    "GraphDefinition",
    "InputRole",
    "IntensityStep",
    "LabelDefinition",
    "Manifest",
    "Postprocess",
    "Preprocess",
    "QualityRule",
    "Region",
    "TrustRule",
    "manifest_from_json",
]


@dataclass(frozen=True)
class InputRole:
    """An image that the bundle takes.

    Parameters
    ----------
    role : str
        ``current``, ``prior``, ``lateral``, ...
    modalities : tuple of str
        DICOM modalities that fit; files without a modality (NIfTI, PNG) fit any.
    dimensions : int
        2 or 3.
    body_parts, views : tuple of str
        DICOM body parts and view positions that fit; empty: any.
    channels : int
        1, or 3 for RGB.
    required : bool
    minimum_extent_mm, maximum_extent_mm : float, optional
        Smallest and largest edge of the field of view for which the bundle is suggested by itself.
    """

    role: str
    modalities: tuple[str, ...]
    dimensions: int
    body_parts: tuple[str, ...] = ()
    views: tuple[str, ...] = ()
    channels: int = 1
    required: bool = True
    minimum_extent_mm: float | None = None
    maximum_extent_mm: float | None = None


@dataclass(frozen=True)
class ContextVariable:
    """A clinical variable that the bundle uses, and what stands in for a missing one.

    A value ``x`` reaches the network as ``(transform(x) - mean) / scale``; a missing one as ``fill`` treated
    alike, with its missing flag set.

    Parameters
    ----------
    name : str
        ``age``, ``sex``, ``view`` or ``lab.<name>``.
    unit : str
        UCUM.
    fill : float
        In ``unit``, before the transform.
    loinc : str
        LOINC code, empty if none.
    minimum, maximum : float, optional
        Values outside are implausible. Plus and minus infinity (outside of the detection range) become the
        maximum and the minimum.
    mean, scale : float
        After the transform; ``scale`` is above 0.
    transform : str
        ``identity`` or ``log1p``.
    categories : mapping of str to float
        Number of each text of ``sex`` or ``view``, e.g. ``{"M": 1, "F": 0}``.
    """

    name: str
    unit: str
    fill: float
    loinc: str = ""
    minimum: float | None = None
    maximum: float | None = None
    mean: float = 0.0
    scale: float = 1.0
    transform: str = "identity"
    categories: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class GraphDefinition:
    """An ONNX file, and which of its tensors play which part (part name to tensor name)."""

    file: str
    inputs: Mapping[str, str]
    outputs: Mapping[str, str]


@dataclass(frozen=True)
class Region:
    """What part of the image one pass of the network sees.

    Parameters
    ----------
    kind : str
        ``roi``: one block of ``size`` around a point. ``sliding-window``: blocks of ``size`` over the whole
        image, blended with a Gaussian. ``whole``: the whole image, centred in ``size`` when that is given.
    size : (3,) tuple of int, optional
    overlap : float
        Of neighbouring windows, 0 to below 1.
    skip_background : bool
        Leave out windows that hold no foreground (voxels above the image's air level).
    pad_multiple : (3,) tuple of int, optional
        ``whole`` only: pad each size up to a multiple.
    """

    kind: str
    size: tuple[int, int, int] | None = None
    overlap: float = 0.5
    skip_background: bool = False
    pad_multiple: tuple[int, int, int] | None = None


@dataclass(frozen=True)
class IntensityStep:
    """One intensity operation: ``clip``, ``clip-percentile``, ``window``, ``min-max``, ``z-score``, ``scale-
    shift`` with its numbers.
    """

    operation: str
    values: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Preprocess:
    """Volume to tensor.

    Parameters
    ----------
    orientation : str
        Patient directions towards which I, J, K grow, e.g. ``RAS``; empty: as stored (2D images).
    spacing_mm : (3,) tuple of float, optional
        K, J, I. None: as stored.
    interpolation : str
        ``linear`` or ``cubic``.
    intensity : tuple of IntensityStep
        In order, over ``scope``.
    scope : str
        ``region`` (inside the block that the network sees, padding left out) or ``volume``.
    pad_value : float
        Outside of the image, after the intensity steps.
    """

    region: Region
    orientation: str = "RAS"
    spacing_mm: tuple[float, float, float] | None = None
    interpolation: str = "linear"
    intensity: tuple[IntensityStep, ...] = ()
    scope: str = "volume"
    pad_value: float = 0.0


@dataclass(frozen=True)
class Postprocess:
    """Network output to label map.

    Parameters
    ----------
    decision : str
        ``argmax`` over channels (channel 0 is background), or ``threshold`` per channel (channel n is label n
        + 1, later labels win).
    threshold : float
        Probability, for ``threshold``.
    largest_component : tuple of int
        Label values of which only the largest connected component stays.
    minimum_volume_mm3 : float
        Smaller components are dropped.
    """

    decision: str = "argmax"
    threshold: float = 0.5
    largest_component: tuple[int, ...] = ()
    minimum_volume_mm3: float = 0.0


@dataclass(frozen=True)
class LabelDefinition:
    """A label: value, id, names, codes, colour.

    ``laterality`` is ``left``, ``right``, empty, or ``from-point``: the side of the body on which the point
    lies.
    """

    value: int
    id: str
    name: LocalizedText
    category: CodedConcept
    type: CodedConcept
    color: Color
    laterality: str = ""


@dataclass(frozen=True)
class FindingDefinition:
    """A finding with its calibration (probability = sigmoid(slope * score + intercept)) and operating point.

    Parameters
    ----------
    channel : int
        Index in the ``scores`` output of ``graph``.
    graph : str
        ``image``, or ``fusion`` (image and clinical context).
    kind : str
        ``finding``, ``normal`` (that nothing was seen) or ``prognosis``.
    region : str
        Part of the body under which a report states it, e.g. ``lungs``.
    """

    id: str
    name: LocalizedText
    concept: CodedConcept
    channel: int
    slope: float = 1.0
    intercept: float = 0.0
    threshold: float = 0.5
    sensitivity: float | None = None
    specificity: float | None = None
    graph: str = "image"
    kind: str = "finding"
    region: str = ""


@dataclass(frozen=True)
class TrustRule:
    """An image whose ``novelty`` output lies above ``threshold`` is not applicable.

    ``description`` says for people what the images are that the bundle knows.
    """

    threshold: float
    description: LocalizedText


@dataclass(frozen=True)
class QualityRule:
    """A simple rule about an image and its label map.

    Parameters
    ----------
    id : str
    name : LocalizedText
        What is wrong with an image that breaks the rule, e.g. *Lungs are cut*.
    rule : str
        Name in `inference.quality.RULES`, which define the measured value.
    threshold : float
        The rule is broken above it (``mask-area``: below it).
    labels : tuple of str
        Label ids that count; empty: all.
    action : str
        ``warn``, or ``refuse``: the image is then not applicable.
    maximum : float, optional
        ``mask-area`` only: the rule is broken above it, too.
    """

    id: str
    name: LocalizedText
    rule: str
    threshold: float
    labels: tuple[str, ...] = ()
    action: str = "warn"
    maximum: float | None = None


@dataclass(frozen=True)
class Manifest:
    """Everything that MedMM knows about a bundle beyond MONAI's own fields."""

    id: str
    version: str
    title: LocalizedText
    intended_use: LocalizedText
    not_for: tuple[LocalizedText, ...]
    license: str
    tasks: tuple[str, ...]
    inputs: tuple[InputRole, ...]
    context: tuple[ContextVariable, ...]
    graphs: Mapping[str, GraphDefinition]
    preprocess: Preprocess
    postprocess: Postprocess
    labels: tuple[LabelDefinition, ...]
    findings: tuple[FindingDefinition, ...]
    measurements: tuple[str, ...]
    report_template: str
    files: Mapping[str, str]
    trust: TrustRule | None = None
    quality: tuple[QualityRule, ...] = ()

    def scored_by(self, graph: str) -> tuple[FindingDefinition, ...]:
        """The findings whose scores come from ``graph``."""
        return tuple(finding for finding in self.findings if finding.graph == graph)


def manifest_from_json(metadata: Mapping[str, Any]) -> Manifest:
    """Convert a validated ``metadata.json`` (the whole file: ``version`` is MONAI's) into a `Manifest`."""
    medmm = metadata["medmm"]
    return Manifest(
        id=medmm["id"],
        version=metadata["version"],
        title=medmm["title"],
        intended_use=medmm["intended_use"],
        not_for=tuple(medmm.get("not_for", ())),
        license=medmm["license"],
        tasks=tuple(medmm["tasks"]),
        inputs=tuple(InputRole(**_tuples(item)) for item in medmm["inputs"]),
        context=tuple(ContextVariable(**item) for item in medmm.get("context", ())),
        graphs={name: GraphDefinition(**graph) for name, graph in medmm["graphs"].items()},
        preprocess=_preprocess(medmm["preprocess"]),
        postprocess=Postprocess(**_tuples(medmm.get("postprocess", {}))),
        labels=tuple(_label(item) for item in medmm.get("labels", ())),
        findings=tuple(_finding(item) for item in medmm.get("findings", ())),
        measurements=tuple(medmm.get("measurements", ())),
        report_template=medmm.get("report_template", "segmentation"),
        files=dict(medmm["files"]),
        trust=TrustRule(**medmm["trust"]) if medmm.get("trust") else None,
        quality=tuple(QualityRule(**_tuples(item)) for item in medmm.get("quality", ())),
    )


def _preprocess(value: Mapping[str, Any]) -> Preprocess:
    rest = _tuples({key: item for key, item in value.items() if key not in {"region", "intensity"}})
    steps = tuple(
        IntensityStep(step["operation"], {key: item for key, item in step.items() if key != "operation"})
        for step in value.get("intensity", ())
    )
    return Preprocess(region=Region(**_tuples(value["region"])), intensity=steps, **rest)


def _label(value: Mapping[str, Any]) -> LabelDefinition:
    codes = {key: CodedConcept(**value[key]) for key in ("category", "type")}
    red, green, blue = value["color"]
    return LabelDefinition(**{**value, **codes, "color": (red, green, blue)})


def _finding(value: Mapping[str, Any]) -> FindingDefinition:
    return FindingDefinition(**{**value, "concept": CodedConcept(**value["concept"])})


def _tuples(value: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(item) if isinstance(item, list) else item for key, item in value.items()}
