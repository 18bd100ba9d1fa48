"""What a person chooses for an analysis, checked before anything runs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from ...errors import UsageError
from .data import StudyData

__all__ = ["AnalysisOptions", "level_text"]


@dataclass(frozen=True)
class AnalysisOptions:
    """How to analyze.

    Parameters
    ----------
    threshold : float, optional
        A case is called positive when its rating is at least this. None: sensitivity and specificity are
        estimated only where ratings take two values, which leaves no choice.
    covariance : str
        Over cases: jackknife, delong or unbiased.
    readers, cases : str
        ``random``: the primary conclusion is about the population they are a sample of; ``fixed``: about
        them alone.
    alpha : float
        Level of the tests; intervals are of 1 - alpha.
    reference_test : str
        Test that the others are compared with: differences are other minus reference. Empty: differences
        are earlier minus later, in the order of the tests.
    missing : str
        ``available``: every read counts; ``complete``: cases with a missing read are left out.

    Raises
    ------
    UsageError
        If a value makes no sense.
    """

    threshold: float | None = None
    covariance: Literal["jackknife", "delong", "unbiased"] = "jackknife"
    readers: Literal["random", "fixed"] = "random"
    cases: Literal["random", "fixed"] = "random"
    alpha: float = 0.05
    reference_test: str = ""
    missing: Literal["available", "complete"] = "available"

    def __post_init__(self) -> None:
        if not 0 < self.alpha < 1:
            raise UsageError(f"--alpha {self.alpha:g} is not between 0 and 1. The usual value is 0.05.")
        if self.threshold is not None and not math.isfinite(self.threshold):
            raise UsageError("--threshold has to be a finite number on the scale of the ratings.")
        if self.readers == self.cases == "fixed":
            raise UsageError(
                "With readers and cases both fixed nothing is left to be uncertain about. Choose --readers "
                "random or --cases random."
            )

    @property
    def level(self) -> float:
        """Confidence of the intervals."""
        return 1 - self.alpha

    @property
    def primary(self) -> str:
        """Which inference is the primary one."""
        return f"{self.readers}_readers_{self.cases}_cases"

    def tests(self, study: StudyData) -> tuple[str, ...]:
        """Tests in the order in which differences are taken, the reference last.

        Raises
        ------
        UsageError
            If the reference is unknown.
        """
        if not self.reference_test:
            return study.tests
        if self.reference_test not in study.tests:
            raise UsageError(
                f"There is no test '{self.reference_test}'. --reference-test takes one of: "
                f"{', '.join(study.tests)}."
            )
        return (*(name for name in study.tests if name != self.reference_test), self.reference_test)


def level_text(alpha: float) -> str:
    """Confidence as text, such as *95 %*."""
    return f"{round(100 * (1 - alpha), 6):g} %"
