"""What would the bundle say with another clinical context? Only its fusion graph runs again."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ..core import ClinicalContext, Finding, Prediction, Provenance
from ..errors import InputError, UsageError
from .engine import EngineFactory
from .fusion import FUSION, FusionHead, FusionResult, fuse
from .network import EngineCache
from .onnx_engine import open_engine
from .outcome import IMAGE_EMBEDDING, context_facts

if TYPE_CHECKING:
    from ..bundles.loading import ModelBundle

__all__ = ["update_context"]


def update_context(
    bundle: ModelBundle,
    prediction: Prediction,
    context: ClinicalContext,
    engines: EngineFactory | EngineCache = open_engine,
    *,
    view: str | None = None,
    threads: int = 1,
) -> Prediction:
    """Score the image of an earlier run together with another context.

    Parameters
    ----------
    bundle : ModelBundle
        The one that made ``prediction``.
    prediction : Prediction
        With the embedding of the image.
    context : ClinicalContext
        Complete: age and sex are not taken from the image header here.
    engines : callable or EngineCache
        Give a cache: opening the network takes longer than running it.
    view : str, optional
        View position; None: that of the earlier run.
    threads : int
        Of the runtime.

    Returns
    -------
    Prediction
        What rests on the context is new (findings of the fusion graph with the reader's status kept,
        contributions, missing variables, notes on values); everything else is that of ``prediction``.

    Raises
    ------
    UsageError
        If another bundle made the prediction, or this one uses no context.
    InputError
        If the prediction holds no embedding: without the image there is nothing to score.
    """
    before = prediction.provenance
    if (before.bundle_id, before.bundle_sha256) != (bundle.manifest.id, bundle.sha256):
        raise UsageError(
            f"The prediction was made by {before.bundle_id} {before.bundle_version}, not by this "
            f"{bundle.manifest.id} {bundle.manifest.version}. Run the bundle again."
        )
    if FUSION not in bundle.manifest.graphs:
        raise UsageError(f"{bundle.manifest.id} uses no clinical context, so nothing would change.")
    embedding = prediction.embeddings.get(IMAGE_EMBEDDING)
    if embedding is None:
        raise InputError(
            f"The prediction of {bundle.manifest.id} holds no embedding of the image. Run it on the "
            "image again."
        )
    seen = str(before.parameters.get("view", "")) if view is None else view
    started = time.perf_counter()
    fused = fuse(bundle, embedding, context, seen, FusionHead(bundle, threads, engines))
    seconds = time.perf_counter() - started
    return _updated(prediction, fused, _provenance(before, fused, seen, seconds))


def _updated(prediction: Prediction, fused: FusionResult, provenance: Provenance) -> Prediction:
    new = {finding.id: finding for finding in fused.findings}
    withheld = prediction.withheld
    if withheld is not None:
        withheld = dataclasses.replace(withheld, findings=_replaced(withheld.findings, new))
    return dataclasses.replace(
        prediction,
        provenance=provenance,
        findings=_replaced(prediction.findings, new),
        contributions=fused.contributions if withheld is None else (),
        missing=fused.vector.missing,
        withheld=withheld,
    )


def _replaced(findings: tuple[Finding, ...], new: Mapping[str, Finding]) -> tuple[Finding, ...]:
    """Score, probability and evidence are new; what the reader did to a finding stays."""
    return tuple(
        dataclasses.replace(
            finding,
            score=new[finding.id].score,
            probability=new[finding.id].probability,
            evidence_ids=new[finding.id].evidence_ids,
        )
        if finding.id in new
        else finding
        for finding in findings
    )


def _provenance(before: Provenance, fused: FusionResult, view: str, seconds: float) -> Provenance:
    stale = before.parameters.get("context_notes", ())
    kept = [note for note in before.notes if note not in stale]
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return dataclasses.replace(
        before,
        stage_seconds={**before.stage_seconds, "fusion": seconds},
        parameters={**before.parameters, **context_facts(fused, view), "context_updated_at": now},
        notes=tuple(dict.fromkeys((*kept, *fused.vector.notes))),
    )
