"""The seam to the network runtime."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from numpy.typing import NDArray

from ..errors import CancelledError

__all__ = ["SILENT", "EngineFactory", "FakeEngine", "InferenceEngine", "RunControl", "RunOptions"]

Arrays = dict[str, NDArray[Any]]


class InferenceEngine(Protocol):
    """A network that is ready to run."""

    @property
    def provider(self) -> str:
        """What the network really runs on, e.g. ``CPUExecutionProvider``."""
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences that the reader must see, e.g. that a GPU was asked for and is not used."""
        ...

    def run(self, inputs: Mapping[str, NDArray[Any]]) -> Arrays:
        """Map input tensors by name to output tensors by name."""
        ...


EngineFactory = Callable[[Path, str], InferenceEngine]
"""Opens a model file on a device (``auto``, ``cpu``, ``cuda``)."""


@dataclass
class FakeEngine:
    """An engine without a network, for tests and demonstrations: ``function`` maps input arrays to output
    arrays.
    """

    function: Callable[[Arrays], Arrays]
    provider: str = "FakeExecutionProvider"
    notes: tuple[str, ...] = ()
    calls: int = field(default=0, init=False)

    def run(self, inputs: Mapping[str, NDArray[Any]]) -> Arrays:
        """Apply the function."""
        self.calls += 1
        return self.function(dict(inputs))


@dataclass(frozen=True)
class RunOptions:
    """What the reader chose for one run.

    Parameters
    ----------
    device : str
        ``auto``, ``cpu`` or ``cuda``.
    point_ras : (3,) tuple of float, mm, RAS, optional
        Where a ``roi`` bundle reads; None: the centre of the volume.
    threads : int
        Of the runtime; 0: as many as there are cores.
    memory_limit_bytes : int
        What one run may use beside the loaded image; 0: what the machine has available.
    heat_maps : str
        Findings that get the heat map of the graph: ``above`` (their operating point), ``all`` or ``none``.
    """

    device: str = "auto"
    point_ras: tuple[float, float, float] | None = None
    threads: int = 0
    memory_limit_bytes: int = 0
    heat_maps: str = "above"


@dataclass(frozen=True)
class RunControl:
    """How a run speaks to whoever started it.

    Parameters
    ----------
    progress : callable
        Called with (stage, fraction 0..1).
    cancelled : callable
        Asked between windows and stages.
    """

    progress: Callable[[str, float], None] = lambda stage, fraction: None
    cancelled: Callable[[], bool] = lambda: False

    def step(self, stage: str, fraction: float) -> None:
        """Report progress.

        Raises
        ------
        CancelledError
            If the run was cancelled.
        """
        if self.cancelled():
            raise CancelledError("The run was cancelled; nothing was changed.")
        self.progress(stage, fraction)


SILENT = RunControl()
"""Shows nothing and is never cancelled."""
