"""A bundle's graph in an engine: tensor names, channels, and sessions that stay open between runs."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import BundleError
from .engine import EngineFactory, InferenceEngine
from .onnx_engine import open_engine

if TYPE_CHECKING:
    from ..bundles.loading import ModelBundle

__all__ = ["EngineCache", "GraphRunner", "open_graph", "open_named_engine"]

GRAPH = "image"
"""Name of the main graph of a bundle, and of its image input."""


class EngineCache:
    """Sessions that stay open, by file, SHA-256 of the file, device and threads.

    Parameters
    ----------
    opener : callable
        (path, device, threads) to engine.
    capacity : int
        Sessions kept; the one that was used longest ago is closed first.
    """

    def __init__(
        self, opener: Callable[[Path, str, int], InferenceEngine] = open_engine, capacity: int = 3
    ) -> None:
        self._opener = opener
        self._capacity = capacity
        self._open: OrderedDict[tuple[Path, str, str, int], InferenceEngine] = OrderedDict()

    def __len__(self) -> int:
        return len(self._open)

    def get(self, path: Path, sha256: str, device: str, threads: int) -> InferenceEngine:
        """The engine of a file, opened if it is not open yet."""
        key = (path, sha256, device, threads)
        if key not in self._open:
            while len(self._open) >= self._capacity:
                self._open.popitem(last=False)
            self._open[key] = self._opener(path, device, threads)
        self._open.move_to_end(key)
        return self._open[key]

    def clear(self) -> None:
        """Close all sessions."""
        self._open.clear()


def open_graph(
    bundle: ModelBundle, device: str, threads: int, engines: EngineFactory | EngineCache
) -> GraphRunner:
    """Open the main graph of a bundle.

    Raises
    ------
    BundleError
        If the bundle has no such graph, its network can not be run, or it needs inputs beside the image.
    """
    bundle.graph_path(GRAPH)
    graph = bundle.manifest.graphs[GRAPH]
    role = bundle.manifest.inputs[0].role
    parts = [part for part in (GRAPH, "input", role) if part in graph.inputs]
    if not parts or len(graph.inputs) != 1:
        raise BundleError(
            f"The graph '{GRAPH}' of {bundle.path} takes {sorted(graph.inputs)}; one input '{GRAPH}' can be "
            "given. Use a newer MedMM, or correct 'graphs' in metadata.json."
        )
    engine = open_named_engine(bundle, GRAPH, device, threads, engines)
    return GraphRunner(engine, graph.inputs[parts[0]], dict(graph.outputs), str(bundle.path))


def open_named_engine(
    bundle: ModelBundle, name: str, device: str, threads: int, engines: EngineFactory | EngineCache
) -> InferenceEngine:
    """Open the network of any graph of a bundle.

    Raises
    ------
    BundleError
        If the bundle has no such graph, or its network can not be run.
    """
    path = bundle.graph_path(name)
    if isinstance(engines, EngineCache):
        sha256 = bundle.manifest.files.get(bundle.manifest.graphs[name].file, bundle.sha256)
        return engines.get(path, sha256, device, threads)
    if engines is open_engine:
        return open_engine(path, device, threads)
    return engines(path, device)


class GraphRunner:
    """Runs a graph by part names.

    Parameters
    ----------
    engine : InferenceEngine
    input_name : str
        Tensor that takes the image.
    outputs : mapping of str to str
        Part (``logits``, ``scores``) to tensor.
    source : str
        For messages.
    """

    def __init__(
        self, engine: InferenceEngine, input_name: str, outputs: Mapping[str, str], source: str
    ) -> None:
        self.engine = engine
        self.input_name = input_name
        self.outputs = outputs
        self.source = source

    @property
    def is_resizable(self) -> bool:
        """Whether the network takes images of any size, as far as the engine knows."""
        shapes: Mapping[str, tuple[int | None, ...]] = getattr(self.engine, "input_shapes", {})
        shape = shapes.get(self.input_name, ())
        return bool(shape) and all(size is None for size in shape[2:])

    def run(self, tensor: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        """Outputs by part name, as float32.

        Parameters
        ----------
        tensor : ndarray of float32, shape (1, C, K, J, I) or (1, C, J, I)

        Raises
        ------
        BundleError
            If the network lacks an output that the manifest names.
        """
        found = self.engine.run({self.input_name: tensor})
        missing = sorted(name for name in self.outputs.values() if name not in found)
        if missing:
            raise BundleError(
                f"The network of {self.source} has no output {missing}. Correct 'graphs' in metadata.json."
            )
        return {part: np.asarray(found[name], np.float32) for part, name in self.outputs.items()}

    def logits(self, tensor: NDArray[np.float32], channels: int) -> NDArray[np.float32]:
        """The output ``logits``, (1, C, ...), whose number of channels must be ``channels``."""
        return self.checked(self.run(tensor), channels)

    def checked(self, outputs: Mapping[str, NDArray[Any]], channels: int) -> NDArray[np.float32]:
        """The logits of a run, if they have the right number of channels.

        Raises
        ------
        BundleError
            If not.
        """
        logits = outputs["logits"]
        if logits.ndim < 3 or logits.shape[1] != channels:
            raise BundleError(
                f"The network of {self.source} gave an output of shape {logits.shape}; its manifest needs "
                f"{channels} channels. Correct 'labels' or 'postprocess.decision' in metadata.json."
            )
        return np.asarray(logits, np.float32)
