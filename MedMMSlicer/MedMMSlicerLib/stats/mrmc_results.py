"""What a multi-reader multi-case analysis finds. Plain frozen dataclasses, ready for `dataclasses.asdict`."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from .ratings import Design

__all__ = [
    "CellEstimate",
    "Difference",
    "Exclusion",
    "GlobalTest",
    "Inference",
    "MeanSquares",
    "MrmcResult",
    "ReaderDifference",
    "TestEstimate",
    "VarianceComponents",
]

Factor = Literal["random", "fixed"]


@dataclass(frozen=True)
class GlobalTest:
    """Test of equal figures in all tests.

    ``name`` is *F* or *X2*; ``df2`` and ``denominator`` (the error mean square) are infinite and NaN for X2.
    """

    name: Literal["F", "X2"]
    statistic: float
    df1: float
    df2: float
    p_value: float
    denominator: float


@dataclass(frozen=True)
class TestEstimate:
    """Figure of one test averaged over readers, from the data of this test alone. Intervals are not cut."""

    __test__ = False  # the name would make pytest collect it

    test: str
    value: float
    standard_error: float
    df: float
    interval: tuple[float, float]


@dataclass(frozen=True)
class Difference:
    """First test minus second, averaged over readers; ``df`` is infinite where the statistic is normal."""

    first: str
    second: str
    difference: float
    standard_error: float
    df: float
    statistic: float
    p_value: float
    interval: tuple[float, float]


@dataclass(frozen=True)
class ReaderDifference:
    """First test minus second of one reader, over the population of cases."""

    reader: str
    first: str
    second: str
    difference: float
    standard_error: float
    statistic: float
    p_value: float
    interval: tuple[float, float]


@dataclass(frozen=True)
class CellEstimate:
    """Figure of one reader in one test with its error over the population of cases."""

    test: str
    reader: str
    value: float
    standard_error: float
    interval: tuple[float, float]


@dataclass(frozen=True)
class Inference:
    """Conclusions for one choice of what is a sample of a population (random) and what is not (fixed)."""

    readers: Factor
    cases: Factor
    overall: GlobalTest | None
    differences: tuple[Difference, ...]
    tests: tuple[TestEstimate, ...]


@dataclass(frozen=True)
class MeanSquares:
    """Analysis of variance of the figures: tests, readers, and their interaction.

    Where readers are nested in tests ``readers`` is the mean square of readers within tests and
    ``interaction`` is NaN. NaN also where there is a single test or reader.
    """

    tests: float
    readers: float
    interaction: float


@dataclass(frozen=True)
class VarianceComponents:
    """Variance components of the Obuchowski-Rockette model; estimates can be negative.

    Parameters
    ----------
    reader, test_reader : float
        Between readers, and of the interaction; NaN where they can not be estimated.
    error : float
        Variance of one figure over samples of cases.
    cov1, cov2, cov3 : float
        Covariance of the errors: same reader in different tests; different readers in the same test;
        different readers in different tests.
    cases : int
        Number of cases (patients) that they belong to; they shrink as 1 / cases.
    """

    reader: float
    test_reader: float
    error: float
    cov1: float
    cov2: float
    cov3: float
    cases: int

    @property
    def correlations(self) -> tuple[float, float, float]:
        """Cov1, Cov2 and Cov3 divided by the error variance; NaN without error variance."""
        if self.error <= 0:
            return math.nan, math.nan, math.nan
        return self.cov1 / self.error, self.cov2 / self.error, self.cov3 / self.error


@dataclass(frozen=True)
class Exclusion:
    """A reader who could not be part of the analysis, and why."""

    reader: str
    reason: str


@dataclass(frozen=True)
class MrmcResult:
    """Result of a multi-reader multi-case analysis.

    Parameters
    ----------
    figure, covariance : str
        Figure of merit, and how its covariance over cases was estimated.
    design : Design
        With the reads that are missing.
    tests, readers : tuple of str
        That were analyzed.
    excluded : tuple of Exclusion
    positives, negatives : int
        Cases that were analyzed.
    cells : tuple of CellEstimate
        One for each test and reader, tests outermost.
    mean_squares, components
    test_components : tuple of VarianceComponents
        From each test alone (``cov2`` and ``error``; the others are NaN).
    reader_differences : tuple of ReaderDifference
    random_readers_random_cases, random_readers_fixed_cases : Inference or None
        None with a single reader (or one reader a test), who can not stand for a population.
    fixed_readers_random_cases : Inference
    notes : tuple of str
        What the reader of the result has to know.
    """

    figure: str
    covariance: str
    design: Design
    tests: tuple[str, ...]
    readers: tuple[str, ...]
    excluded: tuple[Exclusion, ...]
    positives: int
    negatives: int
    cells: tuple[CellEstimate, ...]
    mean_squares: MeanSquares
    components: VarianceComponents
    test_components: tuple[VarianceComponents, ...]
    reader_differences: tuple[ReaderDifference, ...]
    random_readers_random_cases: Inference | None
    fixed_readers_random_cases: Inference
    random_readers_fixed_cases: Inference | None
    notes: tuple[str, ...]
