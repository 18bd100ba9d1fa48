"""What an analysis starts from, wherever the study came from: cases, reads, lesion marks, ratings, events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from ...stats.ratings import ReaderRatings

__all__ = ["Lesion", "Mark", "Preference", "Read", "ScaleRating", "StudyCase", "StudyData"]


@dataclass(frozen=True)
class StudyCase:
    """A case and its reference standard.

    Parameters
    ----------
    name : str
    positive : bool
        In the reference standard.
    cluster : str
        Patient or other group whose cases belong together; empty: the case stands for itself.
    """

    name: str
    positive: bool
    cluster: str = ""


@dataclass(frozen=True)
class Read:
    """One reader, one test, one case.

    Parameters
    ----------
    reader, test, case : str
    rating : float, optional
        Finite, higher means more suspicious; None: planned and not read.
    time_s : float, optional
        Seconds from the first image to the submission, above 0.
    """

    reader: str
    test: str
    case: str
    rating: float | None
    time_s: float | None = None


@dataclass(frozen=True)
class Lesion:
    """A lesion of the reference standard; ``weight`` above 0, relative to the others of its case."""

    case: str
    name: str
    weight: float = 1.0


@dataclass(frozen=True)
class Mark:
    """A place that a reader marked: ``lesion`` is empty for a false positive."""

    reader: str
    test: str
    case: str
    lesion: str
    rating: float


@dataclass(frozen=True)
class ScaleRating:
    """A rating of a report or a read on a named scale, such as ``accuracy`` (1 to 5) or ``radpeer``."""

    rater: str
    test: str
    case: str
    scale: str
    value: str


@dataclass(frozen=True)
class Preference:
    """What an evaluator preferred for a case: name of a test, or empty for no preference."""

    evaluator: str
    case: str
    preferred: str


@dataclass(frozen=True)
class StudyData:
    """A study, complete enough to be analyzed.

    Parameters
    ----------
    title : str
    kind : str
        ``imported``, ``collected`` or ``simulated``.
    cases : tuple of StudyCase
    readers, tests : tuple of str
        In the order in which results are listed.
    reads : tuple of Read
        One at most for each reader, test and case; planned reads that are missing stand here without rating.
    lesions, marks : tuple
        For lesion-marking studies; ``marks`` may be empty with ``lesions`` given.
    scale_ratings, preferences : tuple
    exclusions : tuple of (str, int)
        Why reads or cases were left out before the analysis, and how many.
    deviations : tuple of str
        From the protocol.
    notes : tuple of str
        On the input and how it was treated.
    source : mapping
        JSON values: file name, SHA-256, protocol, and what a simulation put in.
    """

    title: str
    kind: str
    cases: tuple[StudyCase, ...]
    readers: tuple[str, ...]
    tests: tuple[str, ...]
    reads: tuple[Read, ...]
    lesions: tuple[Lesion, ...] = ()
    marks: tuple[Mark, ...] = ()
    marks_lesions: bool = False
    scale_ratings: tuple[ScaleRating, ...] = ()
    preferences: tuple[Preference, ...] = ()
    exclusions: tuple[tuple[str, int], ...] = ()
    deviations: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    source: Mapping[str, Any] = field(default_factory=dict)

    @property
    def synthetic(self) -> bool:
        """Whether a simulation made the reads."""
        return self.kind == "simulated"

    @property
    def positive(self) -> NDArray[np.bool_]:
        """Reference standard of ``cases``, shape (C,)."""
        return np.array([case.positive for case in self.cases], bool)

    @property
    def clusters(self) -> NDArray[np.int64] | None:
        """Number of the cluster of each case, shape (C,); None where every case stands for itself."""
        names = [case.cluster or f"\0{case.name}" for case in self.cases]
        found, index = np.unique(names, return_inverse=True)
        return None if len(found) == len(names) else index.astype(np.int64)

    def grid(self, values: str = "rating") -> NDArray[np.float64]:
        """Ratings or seconds by test, reader and case.

        Parameters
        ----------
        values : str
            ``rating`` or ``time_s``.

        Returns
        -------
        ndarray of float64, shape (T, R, C)
            NaN where there is none.
        """
        table = np.full((len(self.tests), len(self.readers), len(self.cases)), np.nan)
        tests, readers = _places(self.tests), _places(self.readers)
        cases = _places(case.name for case in self.cases)
        for read in self.reads:
            value = getattr(read, values)
            if value is not None:
                table[tests[read.test], readers[read.reader], cases[read.case]] = value
        return table

    def planned(self) -> NDArray[np.bool_]:
        """Whether a read is listed, with or without rating, by test, reader and case, shape (T, R, C)."""
        table = np.zeros((len(self.tests), len(self.readers), len(self.cases)), bool)
        tests, readers = _places(self.tests), _places(self.readers)
        cases = _places(case.name for case in self.cases)
        for read in self.reads:
            table[tests[read.test], readers[read.reader], cases[read.case]] = True
        return table

    def reader_ratings(self) -> ReaderRatings:
        """The ratings as the seam to ``stats``."""
        from ...stats.ratings import ReaderRatings

        return ReaderRatings(
            self.tests, self.readers, tuple(case.name for case in self.cases), self.positive, self.grid()
        )


def _places(names: Any) -> dict[str, int]:
    return {name: index for index, name in enumerate(names)}
