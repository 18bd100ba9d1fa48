"""Simulated reader studies, for planning and for testing: what is put in is known.

Ratings follow the model of Roe and Metz, Acad Radiol 1997;4:298: a normal decision variable with additive
effects of reader, case, and their interactions with the test, each drawn anew for positive and negative
cases. Reading times are log-normal with effects of reader and case. Everything that comes out of here is
synthetic.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..errors import UsageError
from .ratings import ReaderRatings

__all__ = ["ReadingTimes", "RoeMetz", "simulate_ratings", "simulate_times"]

Floats = NDArray[np.float64]
Scale = Literal["continuous", "five-point", "0-100"]


@dataclass(frozen=True)
class RoeMetz:
    """A population of readers and cases, and a study that samples it.

    Parameters
    ----------
    auc : tuple of float
        True area of each test for the average over readers, above 0 and below 1. It holds exactly for
        ``continuous``; five points cost a little of it.
    readers, positives, negatives : int
    reader_variance, test_reader_variance : float
        Of readers, and of what a test changes in them, relative to the variance of cases of 1.
    case_shares : tuple of float
        How the case variance of 1 divides: case (difficulty), test x case, reader x case. The rest is pure
        error.
    scale : str
        ``continuous``, ``five-point`` (1 to 5) or ``0-100`` (whole numbers).
    """

    auc: tuple[float, ...]
    readers: int = 5
    positives: int = 50
    negatives: int = 50
    reader_variance: float = 0.011
    test_reader_variance: float = 0.011
    case_shares: tuple[float, float, float] = (0.3, 0.3, 0.2)
    scale: Scale = "continuous"

    def __post_init__(self) -> None:
        if not self.auc or not all(0 < area < 1 for area in self.auc):
            raise UsageError(
                f"Areas {self.auc} can not be simulated: give one above 0 and below 1 for each test."
            )
        if self.readers < 1 or min(self.positives, self.negatives) < 1:
            raise UsageError("A simulated study needs a reader, a positive and a negative case.")
        shares = (self.reader_variance, self.test_reader_variance, *self.case_shares)
        if min(shares) < 0 or sum(self.case_shares) > 1:
            raise UsageError(
                "Variances can not be negative, and the shares of cases can not exceed 1 together."
            )
        if self.scale not in ("continuous", "five-point", "0-100"):
            raise UsageError(f"The scale '{self.scale}' is unknown: use continuous, five-point or 0-100.")

    @property
    def separations(self) -> tuple[float, ...]:
        """Mean of positive cases above negative ones in each test."""
        spread = math.sqrt(2 * (1 + self.reader_variance + self.test_reader_variance))
        return tuple(NormalDist().inv_cdf(area) * spread for area in self.auc)


@dataclass(frozen=True)
class ReadingTimes:
    """Reading times of a study.

    Parameters
    ----------
    seconds : tuple of float
        Geometric mean of each test, above 0: the ratio of two is the true effect.
    reader_sd, case_sd, error_sd : float
        Standard deviations of log seconds.
    """

    seconds: tuple[float, ...]
    reader_sd: float = 0.3
    case_sd: float = 0.3
    error_sd: float = 0.3

    def __post_init__(self) -> None:
        if not self.seconds or min(self.seconds) <= 0 or not all(map(math.isfinite, self.seconds)):
            raise UsageError(f"Reading times {self.seconds} can not be simulated: give seconds above 0.")
        if min(self.reader_sd, self.case_sd, self.error_sd) < 0:
            raise UsageError("Standard deviations of reading times can not be negative.")


def simulate_ratings(model: RoeMetz, seed: int, tests: tuple[str, ...] | None = None) -> ReaderRatings:
    """Draw one factorial study.

    Parameters
    ----------
    model : RoeMetz
    seed : int
        The same seed gives the same study.
    tests : tuple of str, optional
        Names of the tests; ``test-1`` and so on without.
    """
    names = tests or tuple(f"test-{index + 1}" for index in range(len(model.auc)))
    positive = np.arange(model.positives + model.negatives) < model.positives
    latent = _latent(model, np.random.default_rng(seed), positive)
    return ReaderRatings(
        names,
        tuple(f"reader-{index + 1}" for index in range(model.readers)),
        tuple(f"case-{index + 1:04d}" for index in range(len(positive))),
        positive,
        _on_scale(latent, model),
    )


def simulate_times(times: ReadingTimes, readers: int, cases: int, seed: int) -> Floats:
    """Draw reading times in seconds, (T, readers, cases)."""
    generator = np.random.default_rng(seed)
    tests = len(times.seconds)
    logs = np.log(times.seconds)[:, None, None]
    logs = logs + times.reader_sd * generator.normal(size=(1, readers, 1))
    logs = logs + times.case_sd * generator.normal(size=(1, 1, cases))
    return np.asarray(
        np.exp(logs + times.error_sd * generator.normal(size=(tests, readers, cases))), np.float64
    )


def _latent(model: RoeMetz, generator: np.random.Generator, positive: NDArray[np.bool_]) -> Floats:
    tests, readers, cases = len(model.auc), model.readers, len(positive)
    case, test_case, reader_case = model.case_shares
    error = max(1 - sum(model.case_shares), 0.0)

    def draw(variance: float, *shape: int) -> Floats:
        return np.asarray(math.sqrt(variance) * generator.normal(size=shape), np.float64)

    # a reader has one effect on positive and one on negative cases
    kind = positive.astype(np.int64)
    latent = np.array(model.separations)[:, None, None] * positive
    latent = latent + draw(model.reader_variance, 1, readers, 2)[:, :, kind]
    latent = latent + draw(model.test_reader_variance, tests, readers, 2)[:, :, kind]
    latent = latent + draw(case, 1, 1, cases) + draw(test_case, tests, 1, cases)
    return latent + draw(reader_case, 1, readers, cases) + draw(error, tests, readers, cases)


def _on_scale(latent: Floats, model: RoeMetz) -> Floats:
    if model.scale == "continuous":
        return latent
    middle = float(np.mean(model.separations)) / 2
    if model.scale == "five-point":
        cuts = middle + np.array([-1.0, -0.35, 0.35, 1.0])
        return np.asarray(1 + np.searchsorted(cuts, latent), np.float64)
    from scipy.special import ndtr

    return np.asarray(np.round(100 * ndtr((latent - middle) / 1.2)), np.float64)
