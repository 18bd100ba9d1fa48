"""How far probabilities can be trusted: Brier score, calibration error, reliability curve, and recalibration.

The calibration error is that of the positive class: |mean probability - share of positives| averaged over
bins, weighted by cases (Naeini et al., AAAI 2015). The standard here is ten bins of equal width;
``equal-mass`` bins hold equally many cases and suit few cases or probabilities that crowd at one end.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InputError, UsageError

__all__ = [
    "DEFAULT_BINS",
    "ReliabilityBin",
    "brier_score",
    "expected_calibration_error",
    "fit_platt",
    "fit_temperature",
    "reliability_curve",
    "sigmoid",
]

DEFAULT_BINS = 10

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ReliabilityBin:
    """Cases of similar probability: how many, their mean probability, and the share that is positive."""

    n: int
    mean_probability: float
    observed: float


def brier_score(labels: ArrayLike, probabilities: ArrayLike) -> float:
    """Mean squared difference of probability and label (Brier 1950); 0 is perfect.

    Parameters
    ----------
    labels : (n,) of 0 and 1
    probabilities : (n,) float
        0 to 1.

    Raises
    ------
    InputError
        If there are no cases, the shapes differ, or a value is out of range.
    """
    truth, given = _checked(labels, probabilities)
    return float(np.mean((given - truth) ** 2))


def reliability_curve(
    labels: ArrayLike, probabilities: ArrayLike, bins: int = DEFAULT_BINS, binning: str = "equal-width"
) -> tuple[ReliabilityBin, ...]:
    """Bins with at least one case, by rising probability.

    ``binning``: ``equal-width`` (a probability on an edge belongs to the upper bin, 1 to the last) or
    ``equal-mass`` (cases with equal probabilities stay together, so that their order does not matter).
    Errors: `brier_score`; `UsageError` for another name or no bin.
    """
    truth, given = _checked(labels, probabilities)
    if bins < 1 or binning not in ("equal-width", "equal-mass"):
        raise UsageError(
            f"{bins} bins of '{binning}' can not be made: use equal-width or equal-mass, 1 or more."
        )
    if binning == "equal-width":
        index = np.minimum((given * bins).astype(int), bins - 1)
    else:
        below = np.searchsorted(np.sort(given), given, "left")
        index = below * bins // len(given)
    n = np.bincount(index, minlength=bins)
    mean = np.bincount(index, given, bins) / np.maximum(n, 1)
    observed = np.bincount(index, truth, bins) / np.maximum(n, 1)
    return tuple(ReliabilityBin(int(n[i]), float(mean[i]), float(observed[i])) for i in range(bins) if n[i])


def expected_calibration_error(
    labels: ArrayLike, probabilities: ArrayLike, bins: int = DEFAULT_BINS, binning: str = "equal-width"
) -> float:
    """Mean gap between probability and observed share over the bins of `reliability_curve`; 0 is perfect."""
    curve = reliability_curve(labels, probabilities, bins, binning)
    total = sum(item.n for item in curve)
    return sum(item.n * abs(item.mean_probability - item.observed) for item in curve) / total


def sigmoid(scores: ArrayLike) -> Floats:
    """Return 1 / (1 + exp(-score)) without overflow, same shape."""
    values = np.asarray(scores, np.float64)
    small = np.exp(-np.abs(values))
    return np.asarray(np.where(values >= 0, 1.0, small) / (1 + small))


def fit_platt(labels: ArrayLike, scores: ArrayLike) -> tuple[float, float]:
    """Slope and intercept of probability = sigmoid(slope * score + intercept).

    Maximum likelihood with Platt's targets (Platt 1999: (P + 1) / (P + 2) and 1 / (N + 2)), which keep the
    fit finite when the classes separate. Scores must be finite.

    Raises
    ------
    InputError
        If a class is missing, the shapes differ, or a score is not finite.
    """
    truth, values = _checked_scores(labels, scores)
    positives = truth.sum()
    targets = np.where(truth > 0, (positives + 1) / (positives + 2), 1 / (len(truth) - positives + 2))
    center, scale = float(values.mean()), float(values.std()) or 1.0
    standard = (values - center) / scale

    def loss(parameters: Floats) -> tuple[float, Floats]:
        logits = parameters[0] * standard + parameters[1]
        gap = sigmoid(logits) - targets
        return float(np.sum(np.logaddexp(0, logits) - targets * logits)), np.array(
            [gap @ standard, gap.sum()]
        )

    slope, intercept = _minimum(loss, np.array([1.0, 0.0]))
    return float(slope / scale), float(intercept - slope * center / scale)


def fit_temperature(labels: ArrayLike, scores: ArrayLike) -> float:
    """Temperature of probability = sigmoid(score / temperature) (Guo et al., ICML 2017), for scores that are
    logits.

    Searched between 0.01 and 100. Errors: `fit_platt`.
    """
    from scipy.optimize import minimize_scalar

    truth, values = _checked_scores(labels, scores)

    def loss(log_temperature: float) -> float:
        logits = values / np.exp(log_temperature)
        return float(np.sum(np.logaddexp(0, logits) - truth * logits))

    found = minimize_scalar(
        loss, bounds=(np.log(0.01), np.log(100.0)), method="bounded", options={"xatol": 1e-8}
    )
    return float(np.exp(found.x))


def _minimum(loss: Callable[[Floats], tuple[float, Floats]], start: Floats) -> Floats:
    from scipy.optimize import minimize

    found = minimize(loss, start, jac=True, method="BFGS", options={"gtol": 1e-8})
    return np.asarray(found.x, np.float64)


def _checked(labels: ArrayLike, probabilities: ArrayLike) -> tuple[Floats, Floats]:
    truth, given = np.asarray(labels), np.asarray(probabilities, np.float64)
    if truth.ndim != 1 or truth.shape != given.shape or not truth.size:
        raise InputError("Calibration needs a label and a probability for every case, and at least one case.")
    # written so that NaN fails
    if not np.isin(truth, (0, 1)).all() or not ((given >= 0) & (given <= 1)).all():
        raise InputError(
            "Calibration needs labels of 0 or 1 and probabilities between 0 and 1. Leave others out."
        )
    return truth.astype(np.float64), given


def _checked_scores(labels: ArrayLike, scores: ArrayLike) -> tuple[Floats, Floats]:
    truth, values = np.asarray(labels), np.asarray(scores, np.float64)
    if truth.ndim != 1 or truth.shape != values.shape or not np.isfinite(values).all():
        raise InputError(
            "Fitting a calibration needs a label and a finite score for every case. Leave others out."
        )
    if not np.isin(truth, (0, 1)).all() or len(np.unique(truth)) < 2:
        raise InputError("Fitting a calibration needs labels of 0 and 1, and cases of both. Add cases.")
    return truth.astype(np.float64), values
