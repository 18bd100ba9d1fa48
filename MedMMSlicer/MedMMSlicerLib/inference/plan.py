"""Whether a run fits into memory, decided before it starts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from ..bundles.manifest import Region
from ..errors import MemoryLimitError

__all__ = ["MemoryNeed", "RunPlan", "available_bytes", "plan_run", "smaller_window"]

ACTIVATION_MAPS = 16
"""Feature maps of the window's size that a network holds at once, at the very least. A floor, so that no run
is refused that would have fitted; a network that needs more fails while it runs and is caught there."""

WINDOW_MULTIPLE = 16
"""Smaller windows are multiples of this, so that networks with up to four halvings take them."""

SMALLEST_WINDOW = 32
"""Below, a network sees too little to be trusted."""

_FLOAT = 4


@dataclass(frozen=True)
class MemoryNeed:
    """Sizes that decide about the memory: ``shape`` K, J, I of the tensor, its channels, the output's."""

    shape: tuple[int, int, int]
    channels_in: int
    channels_out: int
    target_voxels: int = 0

    def total_bytes(self, window: Sequence[int]) -> int:
        """Bytes of tensor, output, label map and of one window in the network."""
        per_voxel = self.channels_in + self.channels_out
        passing = prod(window) * (self.channels_in + self.channels_out + ACTIVATION_MAPS)
        return _FLOAT * (prod(self.shape) * per_voxel + passing) + self.target_voxels


@dataclass(frozen=True)
class RunPlan:
    """The window that the network sees at a time, the bytes that the run needs at least, and notes."""

    window: tuple[int, int, int]
    bytes_needed: int
    notes: tuple[str, ...] = ()


def available_bytes() -> int:
    """Memory that programs can still get without swapping."""
    import psutil

    return int(psutil.virtual_memory().available)


def plan_run(need: MemoryNeed, region: Region, limit_bytes: int, *, resizable: bool) -> RunPlan:
    """Choose the window, smaller than the manifest's only if it would not fit.

    Parameters
    ----------
    need : MemoryNeed
    region : Region
    limit_bytes : int
    resizable : bool
        Whether the network takes other sizes than the manifest's. Only sliding windows may shrink: what a
        ``roi`` or a ``whole`` bundle sees is part of what it was validated on.

    Raises
    ------
    MemoryLimitError
        If not even the smallest window fits.
    """
    sliding = region.kind == "sliding-window" and region.size is not None
    window = region.size if sliding and region.size is not None else need.shape
    smallest = need.total_bytes(window)
    notes: tuple[str, ...] = ()
    while smallest > limit_bytes:
        smaller = smaller_window(window) if sliding and resizable else None
        if smaller is None:
            raise MemoryLimitError(_too_large(need, smallest, limit_bytes, sliding and not resizable))
        window = smaller
        smallest = need.total_bytes(window)
        notes = (_smaller_note(window),)
    return RunPlan(window, smallest, notes)


def smaller_window(window: tuple[int, int, int]) -> tuple[int, int, int] | None:
    """Half of the window along its longest axes, None if it is as small as it may be."""
    longest = max(window)
    halved = tuple(
        max(SMALLEST_WINDOW, longest // 2 // WINDOW_MULTIPLE * WINDOW_MULTIPLE) if edge == longest else edge
        for edge in window
    )
    if longest <= SMALLEST_WINDOW or halved == window:
        return None
    return halved[0], halved[1], halved[2]


def _smaller_note(window: tuple[int, int, int]) -> str:
    size = " x ".join(str(edge) for edge in window)
    return f"The memory did not suffice for the bundle's windows; smaller ones of {size} voxels were used."


def _too_large(need: MemoryNeed, needed: int, limit: int, fixed: bool) -> str:
    size = " x ".join(str(edge) for edge in need.shape)
    reason = "The network takes one window size only, so smaller tiles are not possible. " if fixed else ""
    return (
        f"Reading a tensor of {size} voxels needs at least {needed:,} bytes of memory, and {limit:,} are "
        f"available. {reason}Close other programs, or crop the image."
    )
