"""What an analysis starts from, wherever the study came from: cases, reads, lesion marks, ratings, events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..results import Deviation, PreferenceVote, Problem, QualityRating

if TYPE_CHECKING:
    from ...stats.ratings import ReaderRatings

__all__ = ["Lesion", "Mark", "Read", "StudyCase", "StudyData"]


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
        Seconds of work from the first image to the submission, above 0.
    idle_s, interrupted_s : float, optional
        Pauses without input, and interruptions; not part of ``time_s``.
    """

    reader: str
    test: str
    case: str
    rating: float | None
    time_s: float | None = None
    idle_s: float | None = None
    interrupted_s: float | None = None


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
class StudyData:
    """A study, or the part of it that is about one target, complete enough to be analyzed.

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
        For lesion-marking studies.
    marks_lesions : bool
        Whether readers marked lesions: there may be no mark at all.
    target : str
        What the ratings are about.
    quality, preferences : tuple
        Rounds of rating and preference after the reading.
    deviations, problems : tuple
        From the protocol; and what was found on collecting, some of it left out.
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
    target: str = "rating"
    quality: tuple[QualityRating, ...] = ()
    preferences: tuple[PreferenceVote, ...] = ()
    deviations: tuple[Deviation, ...] = ()
    problems: tuple[Problem, ...] = ()
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

    def reader_ratings(self) -> ReaderRatings:
        """The ratings as the seam to ``stats``."""
        from ...stats.ratings import ReaderRatings

        return ReaderRatings(
            self.tests,
            self.readers,
            tuple(case.name for case in self.cases),
            self.positive,
            self.grid(),
            self.clusters,
        )


def _places(names: Any) -> dict[str, int]:
    return {name: index for index, name in enumerate(names)}
