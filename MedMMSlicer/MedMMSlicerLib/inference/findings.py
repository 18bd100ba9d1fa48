"""Scores to findings: calibration and operating point."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..bundles.manifest import FindingDefinition, Manifest
from ..core import Finding, OperatingPoint
from ..errors import BundleError

__all__ = ["calibrated", "finding_id", "reaches_threshold", "scored_findings"]


def finding_id(definition: FindingDefinition) -> str:
    """Id in a prediction of what a manifest defines."""
    return f"f-{definition.id}"


def calibrated(definition: FindingDefinition, score: float) -> float:
    """Probability of a score: sigmoid(slope * score + intercept) (Platt, 1999)."""
    value = definition.slope * score + definition.intercept
    # Written so that neither branch overflows.
    return 1 / (1 + math.exp(-value)) if value >= 0 else math.exp(value) / (1 + math.exp(value))


def scored_findings(
    manifest: Manifest, graph: str, scores: NDArray[Any] | None, evidence_ids: tuple[str, ...] = ()
) -> tuple[Finding, ...]:
    """The findings of one graph with score, probability and operating point, all proposed.

    Parameters
    ----------
    manifest : Manifest
    graph : str
        ``image`` or ``fusion``.
    scores : ndarray of float, any shape, optional
        What the graph gave, in the order of the channels; None: no findings.
    evidence_ids : tuple of str
        For each of them.

    Raises
    ------
    BundleError
        If a channel is missing or a score is no finite number.
    """
    if scores is None:
        return ()
    values = np.asarray(scores, np.float64).ravel()
    findings = []
    for definition in manifest.scored_by(graph):
        score = float(values[definition.channel]) if definition.channel < values.size else math.nan
        if not math.isfinite(score):
            raise BundleError(
                f"The graph '{graph}' of {manifest.id} gave no finite score for '{definition.id}' (channel "
                f"{definition.channel} of {values.size}). Check its intensity steps and 'findings'."
            )
        findings.append(
            Finding(
                id=finding_id(definition),
                concept=definition.concept,
                name=definition.name,
                score=score,
                probability=calibrated(definition, score),
                operating_point=OperatingPoint(
                    definition.threshold, definition.sensitivity, definition.specificity
                ),
                evidence_ids=evidence_ids,
                kind=definition.kind,
                region=definition.region,
            )
        )
    return tuple(findings)


def reaches_threshold(finding: Finding) -> bool:
    """Whether the probability is at or above the operating point."""
    point = finding.operating_point
    return point is not None and finding.probability is not None and finding.probability >= point.threshold
