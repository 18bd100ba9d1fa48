"""The fusion graph: embedding of the image and clinical context to scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..bundles.multimodal import FUSION
from ..core import ClinicalContext, Contribution, Finding
from ..errors import BundleError
from .context_vector import ContextVector, encode_context
from .engine import EngineFactory
from .evidence import leave_one_out
from .findings import scored_findings
from .network import EngineCache, open_named_engine

if TYPE_CHECKING:
    from ..bundles.loading import ModelBundle

__all__ = ["FUSION", "FusionHead", "FusionResult", "fuse"]


@dataclass(frozen=True, eq=False)
class FusionResult:
    """Findings of the fusion graph, what moved them, and the context that was used."""

    findings: tuple[Finding, ...]
    contributions: tuple[Contribution, ...]
    vector: ContextVector


class FusionHead:
    """The fusion graph of a bundle in an engine, always on the CPU: it is too small for anything else.

    Raises
    ------
    BundleError
        If the bundle has no such graph, or it can not be run.
    """

    def __init__(self, bundle: ModelBundle, threads: int, engines: EngineFactory | EngineCache) -> None:
        graph = bundle.manifest.graphs.get(FUSION)
        if graph is None:
            raise BundleError(f"The bundle {bundle.path} has no graph '{FUSION}'; it uses no context.")
        self._graph = graph
        self._source = str(bundle.path)
        self._engine = open_named_engine(bundle, FUSION, "cpu", threads, engines)

    def scores(self, embedding: NDArray[Any], numbers: NDArray[Any]) -> NDArray[np.float32]:
        """Scores, float32, shape (F,).

        Parameters
        ----------
        embedding : ndarray of float32, shape (D,)
        numbers : ndarray of float32, shape (1, 2 n)
            See `ContextVector`.

        Raises
        ------
        BundleError
            If the network lacks the output.
        """
        found = self._engine.run(
            {
                self._graph.inputs["embedding"]: np.asarray(embedding, np.float32).reshape(1, -1),
                self._graph.inputs["context"]: np.asarray(numbers, np.float32).reshape(1, -1),
            }
        )
        name = self._graph.outputs["scores"]
        if name not in found:
            raise BundleError(
                f"The fusion network of {self._source} has no output '{name}'. Correct 'graphs'."
            )
        return np.asarray(found[name], np.float32).ravel()


def fuse(
    bundle: ModelBundle,
    embedding: NDArray[Any],
    context: ClinicalContext,
    view: str,
    head: FusionHead,
) -> FusionResult:
    """Score an embedding together with the clinical context.

    Parameters
    ----------
    bundle : ModelBundle
    embedding : ndarray of float32, shape (D,)
        Output of the image graph.
    context : ClinicalContext
        Any part may be missing.
    view : str
        View position of the image, empty if not known.
    head : FusionHead
    """
    manifest = bundle.manifest
    vector = encode_context(manifest.context, context, view)
    scores = head.scores(embedding, vector.numbers)
    findings = scored_findings(manifest, FUSION, scores, _used(vector))
    return FusionResult(findings, leave_one_out(manifest, embedding, vector, head.scores), vector)


def _used(vector: ContextVector) -> tuple[str, ...]:
    names: Sequence[str] = [name for name, value in vector.used.items() if value is not None]
    return tuple(names)
