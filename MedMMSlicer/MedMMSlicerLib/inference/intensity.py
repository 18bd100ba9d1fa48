"""Intensity steps of a bundle: numbers from a sample of voxels, applied to the tensor in place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..bundles.manifest import IntensityStep
from ..errors import BundleError

__all__ = ["OPERATIONS", "Affine", "apply_steps", "luma", "resolve_step"]

SMALLEST_SPREAD = 1e-6
"""Standard deviation or range below which an image counts as constant; it then becomes zero."""

LUMA_WEIGHTS = (0.299, 0.587, 0.114)
"""Red, green, blue to gray (ITU-R BT.601)."""


@dataclass(frozen=True)
class Affine:
    """``clip(x, low, high) * scale + shift``, the form that every step takes once its numbers are known."""

    low: float = -np.inf
    high: float = np.inf
    scale: float = 1.0
    shift: float = 0.0

    def apply(self, values: NDArray[np.float32]) -> None:
        """Change ``values`` in place."""
        if np.isfinite(self.low) or np.isfinite(self.high):
            np.clip(values, np.float32(self.low), np.float32(self.high), out=values)
        if self.shift and self.scale != 1.0:
            # Subtract first: a large mean times a small scale would lose digits in float32.
            values += np.float32(self.shift / self.scale)
            values *= np.float32(self.scale)
        else:
            values *= np.float32(self.scale)
            values += np.float32(self.shift)


def _clip(numbers: Mapping[str, float], sample: NDArray[np.float32]) -> Affine:
    return Affine(low=numbers.get("low", -np.inf), high=numbers.get("high", np.inf))


def _clip_percentile(numbers: Mapping[str, float], sample: NDArray[np.float32]) -> Affine:
    low, high = np.percentile(sample, [numbers.get("low", 0.0), numbers.get("high", 100.0)])
    return Affine(low=float(low), high=float(high))


def _window(numbers: Mapping[str, float], sample: NDArray[np.float32]) -> Affine:
    low = numbers["center"] - numbers["width"] / 2
    return Affine(low, low + numbers["width"], 1 / numbers["width"], -low / numbers["width"])


def _min_max(numbers: Mapping[str, float], sample: NDArray[np.float32]) -> Affine:
    low, high = float(sample.min()), float(sample.max())
    if high - low < SMALLEST_SPREAD:
        return Affine(scale=0.0)
    return Affine(scale=1 / (high - low), shift=-low / (high - low))


def _z_score(numbers: Mapping[str, float], sample: NDArray[np.float32]) -> Affine:
    mean = float(sample.mean(dtype=np.float64))
    spread = float(sample.std(dtype=np.float64))
    if spread < SMALLEST_SPREAD:
        return Affine(scale=0.0)
    return Affine(scale=1 / spread, shift=-mean / spread)


def _scale_shift(numbers: Mapping[str, float], sample: NDArray[np.float32]) -> Affine:
    return Affine(scale=numbers.get("scale", 1.0), shift=numbers.get("shift", 0.0))


OPERATIONS: Mapping[str, Callable[[Mapping[str, float], NDArray[np.float32]], Affine]] = {
    "clip": _clip,
    "clip-percentile": _clip_percentile,
    "window": _window,
    "min-max": _min_max,
    "z-score": _z_score,
    "scale-shift": _scale_shift,
}


def resolve_step(step: IntensityStep, sample: NDArray[np.float32]) -> Affine:
    """Find the numbers of one step.

    Parameters
    ----------
    step : IntensityStep
    sample : ndarray of float32, any shape, not empty, finite
        The voxels that percentiles, extremes, mean and standard deviation are taken from.

    Raises
    ------
    BundleError
        If the operation is not known or lacks a number.
    """
    try:
        return OPERATIONS[step.operation](step.values, sample)
    except KeyError as error:
        raise BundleError(
            f"The intensity step '{step.operation}' with {dict(step.values)} can not be done: {error} is not "
            f"known or missing. Steps are {', '.join(OPERATIONS)}; correct the bundle's 'preprocess'."
        ) from error


def apply_steps(
    values: NDArray[np.float32], steps: Sequence[IntensityStep], sample: NDArray[np.float32] | None = None
) -> None:
    """Apply the steps in order, in place.

    Parameters
    ----------
    values : ndarray of float32
        Changed.
    steps : sequence of IntensityStep
    sample : ndarray of float32, optional
        Where the numbers come from, changed alongside; None: ``values`` themselves.
    """
    for step in steps:
        affine = resolve_step(step, values if sample is None else sample)
        affine.apply(values)
        if sample is not None:
            affine.apply(sample)


def luma(array: NDArray[Any]) -> NDArray[np.float32]:
    """Gray value of an RGB array (..., 3), float32."""
    weights = np.asarray(LUMA_WEIGHTS, np.float32)
    return np.asarray(array, np.float32) @ weights
