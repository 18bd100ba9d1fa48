"""What a run found, from the passes of the network: segments, findings, evidence, and whether it applies."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..bundles.manifest import Manifest
from ..core import (
    Case,
    Contribution,
    Finding,
    HeatMap,
    LabelMap,
    Measurement,
    Prediction,
    Provenance,
    Series,
    Volume,
    Withheld,
)
from ..errors import BundleError
from .engine import EngineFactory, RunOptions
from .evidence import activation_maps, heat_map_id
from .findings import reaches_threshold, scored_findings
from .fusion import FUSION, FusionHead, FusionResult, fuse
from .measurements import (
    SegmentExtent,
    measure_areas,
    measure_segments,
    segment_extents,
    segment_findings,
)
from .network import EngineCache
from .quality import QualityResult, evaluate_quality
from .reading_pass import PassResult
from .sides import SidedLabels, merge_labels, side_of_point
from .trust import judge_novelty

if TYPE_CHECKING:
    from ..bundles.loading import ModelBundle

__all__ = ["IMAGE_EMBEDDING", "Inputs", "Outcome", "collect_outcome", "context_facts", "make_prediction"]

IMAGE_EMBEDDING = "image"
"""Name of the image's embedding in `Prediction.embeddings`."""

KNOWN_MEASUREMENTS = ("volume", "asymmetry", "area")

_ONLY_VOLUMES = ("volume", "asymmetry")


@dataclass(frozen=True, eq=False)
class Inputs:
    """What a run reads: bundle, case, the series that the network saw, and what the reader chose."""

    bundle: ModelBundle
    case: Case
    series: Series
    volume: Volume
    options: RunOptions
    engines: EngineFactory | EngineCache

    @property
    def manifest(self) -> Manifest:
        """Of the bundle."""
        return self.bundle.manifest


@dataclass(frozen=True, eq=False)
class Outcome:
    """Parts of a prediction; ``doubts`` are reasons not to trust it, ``rejections`` to withhold it."""

    label_maps: tuple[LabelMap, ...] = ()
    findings: tuple[Finding, ...] = ()
    measurements: tuple[Measurement, ...] = ()
    heat_maps: tuple[HeatMap, ...] = ()
    contributions: tuple[Contribution, ...] = ()
    embeddings: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)
    quality: QualityResult = field(default_factory=QualityResult)
    missing: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    rejections: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)


def collect_outcome(
    inputs: Inputs, points: Sequence[tuple[float, float, float] | None], results: Sequence[PassResult]
) -> Outcome:
    """Turn the passes of the network into the parts of a prediction.

    Raises
    ------
    BundleError
        If an output is not what the manifest says.
    """
    manifest, first = inputs.manifest, results[0]
    outcome = Outcome(findings=scored_findings(manifest, "image", first.scores))
    if first.labels is not None:
        outcome = _segmented(inputs, points, results, outcome.findings)
    outcome = _with_context(inputs, first, outcome)
    label_map = outcome.label_maps[0] if outcome.label_maps else None
    quality = evaluate_quality(manifest, inputs.volume, label_map) if manifest.quality else QualityResult()
    novelty, refusal = judge_novelty(manifest, first.outputs.get("novelty"))
    if manifest.trust is not None and novelty is None:
        raise BundleError(f"{manifest.id} gave no novelty, and its 'trust' needs it. Check its networks.")
    facts = {**outcome.facts, **({} if novelty is None else {"novelty": novelty})}
    return dataclasses.replace(
        _with_heat_maps(inputs, first, outcome),
        quality=quality,
        rejections=(*((refusal,) if refusal else ()), *quality.refusals),
        notes=(*outcome.notes, *quality.warnings),
        facts=facts,
    )


def make_prediction(outcome: Outcome, provenance: Provenance) -> Prediction:
    """Put the parts together; of an image that is not applicable, everything found is withheld."""
    refusals = (*outcome.rejections, *outcome.doubts)
    if outcome.rejections:
        return Prediction(
            provenance,
            findings=outcome.quality.findings,
            embeddings=outcome.embeddings,
            missing=outcome.missing,
            refusals=refusals,
            withheld=Withheld(outcome.label_maps, outcome.findings, outcome.measurements),
        )
    return Prediction(
        provenance,
        label_maps=outcome.label_maps,
        findings=(*outcome.findings, *outcome.quality.findings),
        measurements=outcome.measurements,
        heat_maps=outcome.heat_maps,
        embeddings=outcome.embeddings,
        missing=outcome.missing,
        refusals=refusals,
        contributions=outcome.contributions,
    )


def context_facts(fused: FusionResult, view: str) -> dict[str, Any]:
    """What the provenance says about the context: values that were used, which of them stand in for a limit
    (1: above, -1: below, and the limit), view, notes on the values.
    """
    vector = fused.vector
    return {
        "context": dict(vector.used),
        "context_limits": {name: list(limit) for name, limit in vector.limits.items()},
        "view": view,
        "context_notes": list(vector.notes),
    }


def _segmented(
    inputs: Inputs,
    points: Sequence[tuple[float, float, float] | None],
    results: Sequence[PassResult],
    scored: tuple[Finding, ...],
) -> Outcome:
    manifest, volume = inputs.manifest, inputs.volume
    notes: list[str] = []
    sided = []
    asks_side = any(label.laterality == "from-point" for label in manifest.labels)
    for point, result in zip(points, results):
        side, note = side_of_point(volume.geometry, point) if asks_side else ("", "")
        notes += [note] if note else []
        if result.labels is not None:
            sided.append(SidedLabels(result.labels, side))
    label_map = merge_labels(sided, manifest.labels, volume.geometry, manifest.inputs[0].role)
    extents = segment_extents(label_map)
    measurements, more = _measured(inputs, extents)
    findings = segment_findings(extents, measurements)
    doubts = () if findings else ("No voxel was segmented; the image or the point may not suit the bundle.",)
    return Outcome(
        label_maps=(label_map,),
        findings=(*findings, *scored),
        measurements=measurements,
        doubts=doubts,
        notes=(*notes, *more),
    )


def _measured(
    inputs: Inputs, extents: Sequence[SegmentExtent]
) -> tuple[tuple[Measurement, ...], tuple[str, ...]]:
    """Measurements of the segments that the manifest asks for, and notes on what could not be measured."""
    wanted, volume = inputs.manifest.measurements, inputs.volume
    if not volume.spacing_known:
        note = f"{inputs.series.name} states no spacing in the patient, so nothing was measured."
        return (), (note,) if wanted else ()
    geometry = volume.geometry
    if volume.dimensions == 2:
        impossible = [name for name in wanted if name in _ONLY_VOLUMES]
        unknown = [name for name in wanted if name not in KNOWN_MEASUREMENTS]
        area_mm2 = geometry.spacing_mm[1] * geometry.spacing_mm[2]
        found = measure_areas(extents, area_mm2) if "area" in wanted else ()
    else:
        impossible = [name for name in wanted if name == "area"]
        unknown = [name for name in wanted if name not in KNOWN_MEASUREMENTS]
        found = measure_segments(extents, geometry.voxel_volume_mm3, wanted)
    kind = "a single image" if volume.dimensions == 2 else "a volume"
    notes = [f"Not measured in {kind}: {', '.join(impossible)}."] if impossible else []
    if unknown:
        notes.append(f"This version can not measure: {', '.join(sorted(unknown))}.")
    return found, tuple(notes)


def _with_context(inputs: Inputs, result: PassResult, outcome: Outcome) -> Outcome:
    """Add the findings of the fusion graph, or say which context is missing."""
    manifest, view = inputs.manifest, inputs.series.facts.view
    embedding = result.outputs.get("embedding")
    if embedding is not None:
        outcome = dataclasses.replace(outcome, embeddings={IMAGE_EMBEDDING: embedding.ravel()})
    if FUSION not in manifest.graphs:
        return dataclasses.replace(outcome, missing=_missing(manifest, inputs.case, view))
    if embedding is None:
        raise BundleError(f"{manifest.id} gave no embedding of the image for its fusion graph. Check it.")
    head = FusionHead(inputs.bundle, inputs.options.threads, inputs.engines)
    fused = fuse(inputs.bundle, embedding.ravel(), inputs.case.context, view, head)
    return dataclasses.replace(
        outcome,
        findings=(*outcome.findings, *fused.findings),
        contributions=fused.contributions,
        missing=fused.vector.missing,
        notes=(*outcome.notes, *fused.vector.notes),
        facts={**outcome.facts, **context_facts(fused, view)},
    )


def _missing(manifest: Manifest, case: Case, view: str) -> tuple[str, ...]:
    context = case.context
    known = {"age": context.age_years is not None, "sex": context.sex is not None, "view": bool(view)}
    known |= {f"lab.{result.name}": True for result in context.laboratory}
    return tuple(variable.name for variable in manifest.context if not known.get(variable.name, False))


def _with_heat_maps(inputs: Inputs, result: PassResult, outcome: Outcome) -> Outcome:
    activation, block = result.outputs.get("activation"), result.block
    if activation is None or block is None or inputs.options.heat_maps == "none":
        return outcome
    everything = inputs.options.heat_maps == "all"
    wanted = [finding.id for finding in outcome.findings if everything or reaches_threshold(finding)]
    maps = activation_maps(inputs.manifest, activation, block, inputs.volume.geometry, wanted)
    explained = {item.finding_id for item in maps}
    findings = tuple(
        dataclasses.replace(finding, evidence_ids=(*finding.evidence_ids, heat_map_id(finding.id)))
        if finding.id in explained
        else finding
        for finding in outcome.findings
    )
    return dataclasses.replace(outcome, heat_maps=maps, findings=findings)
