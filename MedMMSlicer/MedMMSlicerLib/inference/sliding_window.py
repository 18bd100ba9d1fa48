"""Sliding windows: run a network block by block and blend the blocks.

Window positions and the Gaussian are those of MONAI's ``sliding_window_inference`` (mode ``gaussian``, sigma
an eighth of the window), so that a bundle trained with MONAI sees what it was validated on. The blending
differs: on a regular grid the sum of all weights is a product of three sums along the axes, so each window is
weighted with weights that already add up to one, and neither a count map nor a normalisation is needed. Where
windows were left out, the sums are worked out afterwards, a few slices at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from ..errors import BundleError
from .engine import SILENT, RunControl
from .foreground import ForegroundMap

__all__ = [
    "BACKGROUND_LOGIT",
    "WindowResult",
    "WindowSettings",
    "gaussian_weights",
    "predict_windows",
    "window_starts",
]

SIGMA_FRACTION = 0.125
"""Gaussian sigma as a fraction of the window's edge."""

BACKGROUND_LOGIT = 10.0
"""Logit of the background, and minus that of the labels, where no window was run (0.99995 as a sigmoid)."""

FOREGROUND_ALIGNMENTS = (16, 8, 4, 1)
"""With ``skip_background`` the windows are laid over the box of the foreground. Its first voxel is rounded
down to the first of these that needs no window more than the last: strided layers of a network then fall on
the same voxels as they would without."""

NORMALISED_SLICES = 16
"""Where windows were left out, the sum of the weights is worked out for so many slices at a time."""

Network = Callable[[NDArray[np.float32]], NDArray[np.float32]]


@dataclass(frozen=True, eq=False)
class WindowSettings:
    """How windows are laid out.

    Parameters
    ----------
    size : (3,) tuple of int
        K, J, I of a window.
    overlap : float
        Of neighbouring windows, 0 to below 1.
    foreground : ForegroundMap, optional
        Leave out windows without foreground; None: run all.
    background_channel : int, optional
        Channel that gets `BACKGROUND_LOGIT` where nothing was run; None: all channels get minus that.
    """

    size: tuple[int, int, int]
    overlap: float = 0.5
    foreground: ForegroundMap | None = None
    background_channel: int | None = 0


@dataclass(frozen=True, eq=False)
class WindowResult:
    """``logits`` of float32, shape (C, K, J, I), and how many windows were run out of how many."""

    logits: NDArray[np.float32]
    windows_run: int
    windows_total: int


def window_starts(length: int, size: int, overlap: float, first: int = 0) -> list[int]:
    """First voxels of the windows along one axis from ``first`` to ``length``; the last one ends there.

    Raises
    ------
    BundleError
        If the window is longer than the axis.
    """
    if size > length:
        raise BundleError(f"A window of {size} voxels does not fit an axis of {length}. Pad the image first.")
    first = min(first, length - size)
    step = size if size == length else max(1, int(size * (1 - overlap)))
    starts = list(range(first, length - size, step))
    return [*starts, length - size]


def gaussian_weights(size: int) -> NDArray[np.float64]:
    """Importance of the voxels of a window along one axis, shape (size,), 1 in the middle."""
    position = np.arange(size) - (size - 1) / 2
    return np.asarray(np.exp(-0.5 * (position / (SIGMA_FRACTION * size)) ** 2))


def predict_windows(
    image: NDArray[np.float32],
    network: Network,
    settings: WindowSettings,
    control: RunControl = SILENT,
) -> WindowResult:
    """Run ``network`` over ``image`` and blend.

    Parameters
    ----------
    image : ndarray of float32, shape (C, K, J, I)
        At least as large as a window.
    network : callable
        (1, C, k, j, i) to (1, C', k, j, i).
    settings : WindowSettings
    control : RunControl
        Told about every window as stage ``network``, and asked whether to stop.

    Returns
    -------
    WindowResult
        The logits are the only array of the volume's size that is made.

    Raises
    ------
    BundleError
        If the network's output has another size than its input, or is not finite.
    CancelledError
        If the run was cancelled.
    """
    axes = _axis_starts(image.shape[1:], settings)
    positions = [
        (k, j, i)
        for k, j, i in product(*axes)
        if settings.foreground is None or settings.foreground.any_in((k, j, i), settings.size)
    ]
    total = _regular_count(image.shape[1:], settings)
    # With nothing but air one window is run all the same: it says how many channels there are.
    run = positions or [(axes[0][0], axes[1][0], axes[2][0])]
    complete = len(positions) == len(axes[0]) * len(axes[1]) * len(axes[2])
    blend = _Blend(image.shape[1:], settings, axes if complete else None)
    for number, start in enumerate(run):
        control.step("network", number / len(run))
        box = tuple(slice(first, first + edge) for first, edge in zip(start, settings.size))
        logits = network(image[(slice(None), *box)][None])
        _check(logits, settings.size)
        if positions:
            blend.add(start, logits[0])
        else:
            blend.prepare(logits.shape[1])
        # Held on while the next window runs, it would make the runtime's arena grow by a large step.
        del logits
    control.step("network", 1.0)
    return WindowResult(blend.finish(), len(run), total)


class _Blend:
    """The sum of weighted windows. With ``axes`` the weights add up to one by themselves."""

    def __init__(
        self, shape: tuple[int, ...], settings: WindowSettings, axes: Sequence[Sequence[int]] | None
    ) -> None:
        self.shape, self.settings, self.axes = shape, settings, axes
        self.output: NDArray[np.float32] | None = None
        self.starts: list[tuple[int, int, int]] = []
        weights = [gaussian_weights(edge) for edge in settings.size]
        self.weights = weights
        self.sums: list[NDArray[np.float64]] | None = None
        if axes is None:
            return
        self.sums = [np.zeros(length) for length in shape]
        for sums, starts, weight in zip(self.sums, axes, weights):
            for start in starts:
                sums[start : start + weight.size] += weight

    def prepare(self, channels: int) -> NDArray[np.float32]:
        """Make the arrays once the number of channels is known."""
        if self.output is None:
            self.output = np.zeros((channels, *self.shape), np.float32)
        return self.output

    def add(self, start: tuple[int, int, int], logits: NDArray[np.float32]) -> None:
        """Add a window's logits (C, k, j, i)."""
        output = self.prepare(logits.shape[0])
        window = self._window(start)
        box = tuple(slice(first, first + edge) for first, edge in zip(start, self.settings.size))
        buffer = np.empty_like(window)
        for channel, values in enumerate(logits):
            np.multiply(values, window, out=buffer)
            output[channel][box] += buffer
        self.starts.append(start)

    def _window(self, start: tuple[int, int, int]) -> NDArray[np.float32]:
        weights = self.weights
        if self.sums is not None:
            weights = [
                weight / sums[first : first + weight.size]
                for weight, sums, first in zip(weights, self.sums, start)
            ]
        k, j, i = (weight.astype(np.float32) for weight in weights)
        return np.asarray(k[:, None, None] * (j[:, None] * i))

    def finish(self) -> NDArray[np.float32]:
        """Normalise in place and fill in the background."""
        if self.output is None:
            raise BundleError("The image has no voxel to run the network on. Check the bundle's 'region'.")
        if self.axes is not None:
            self._fill_outside(self.output)
            return self.output
        for first in range(0, self.shape[0], NORMALISED_SLICES):
            counts = self._counts(first, min(first + NORMALISED_SLICES, self.shape[0]))
            for index, count in enumerate(counts, start=first):
                self._finish_slice(self.output[:, index], count)
        return self.output

    def _counts(self, first: int, last: int) -> NDArray[np.float32]:
        """Sums of the weights in the slices from ``first`` to before ``last``."""
        counts = np.zeros((last - first, *self.shape[1:]), np.float32)
        depth, height, width = (weight.astype(np.float32) for weight in self.weights)
        plane = height[:, None] * width
        for k, j, i in self.starts:
            low, high = max(first, k), min(last, k + depth.size)
            if low < high:
                part = counts[low - first : high - first, j : j + height.size, i : i + width.size]
                part += depth[low - k : high - k, None, None] * plane
        return counts

    def _finish_slice(self, logits: NDArray[np.float32], count: NDArray[np.float32]) -> None:
        seen = count > 0
        np.divide(logits, count, out=logits, where=seen)
        for channel, plane in enumerate(logits):
            np.copyto(plane, self._background(channel), where=~seen)

    def _fill_outside(self, output: NDArray[np.float32]) -> None:
        """Complete windows over a box: what lies around the box is background."""
        assert self.sums is not None
        for axis, sums in enumerate(self.sums):
            outside = np.flatnonzero(sums == 0)
            if outside.size:
                index: list[slice | NDArray[np.intp]] = [slice(None)] * 3
                index[axis] = outside
                for channel in range(output.shape[0]):
                    output[channel][tuple(index)] = self._background(channel)

    def _background(self, channel: int) -> np.float32:
        sign = 1 if channel == self.settings.background_channel else -1
        return np.float32(sign * BACKGROUND_LOGIT)


def _axis_starts(shape: Sequence[int], settings: WindowSettings) -> list[list[int]]:
    starts = []
    for axis, (length, size) in enumerate(zip(shape, settings.size)):
        low, high = (0, length) if settings.foreground is None else settings.foreground.bounds(axis)
        candidates = []
        for alignment in FOREGROUND_ALIGNMENTS:
            first = low // alignment * alignment
            last = min(length, max(high, first + size))
            candidates.append(window_starts(last, size, settings.overlap, first))
        starts.append(min(candidates, key=len))
    return starts


def _regular_count(shape: Sequence[int], settings: WindowSettings) -> int:
    counts = [
        len(window_starts(length, size, settings.overlap)) for length, size in zip(shape, settings.size)
    ]
    return counts[0] * counts[1] * counts[2]


def _check(logits: NDArray[np.float32], size: tuple[int, int, int]) -> None:
    if logits.ndim != 5 or logits.shape[0] != 1 or logits.shape[2:] != size:
        raise BundleError(
            f"The network made {logits.shape} of a window of {size}; (1, labels, *window) is needed. "
            "Correct the bundle's 'region.size' or its network."
        )
    if not np.isfinite(logits.sum(dtype=np.float64)):
        raise BundleError(
            "The network's output is not a finite number. Check the bundle's intensity steps and its network."
        )
