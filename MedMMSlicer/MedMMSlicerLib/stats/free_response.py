"""Readers who mark lesions: FROC and AFROC curves, and figures of merit for multi-reader analysis.

Sources: Bunch et al., Proc SPIE 1977;127:124 (FROC); Chakraborty and Berbaum, Med Phys 2004;31:2313 (AFROC,
jackknife); Chakraborty and Zhai, Med Phys 2016;43:2548 (weighted AFROC). A lesion without a mark, or a case
without a false mark, ranks below every rating; equal ranks count one half.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, UsageError
from .mrmc import Layout, analyze, analyze_figures
from .mrmc_covariance import LeftOut, jackknife_table
from .mrmc_results import MrmcResult
from .ratings import ReaderRatings

__all__ = [
    "FrocCurve",
    "LesionMarks",
    "MarkFigure",
    "afroc_curve",
    "analyze_marks",
    "froc_curve",
    "inferred_ratings",
]

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
MarkFigure = Literal["wafroc", "afroc", "wafroc1", "afroc1", "inferred-roc"]

_NAMES = {
    "wafroc": "weighted AFROC area",
    "afroc": "AFROC area",
    "wafroc1": "weighted AFROC area with false marks of all cases",
    "afroc1": "AFROC area with false marks of all cases",
}


@dataclass(frozen=True, eq=False)
class LesionMarks:
    """Marks of a study; make it with `from_rows`.

    Parameters
    ----------
    tests, readers, cases : tuple of str
    read : ndarray of bool, shape (T, R, C)
    lesion_case : ndarray of int, shape (L,)
        Case of each lesion.
    lesion_weight : ndarray of float64, shape (L,)
        Of a case they add to 1.
    lesion_ratings : ndarray of float64, shape (T, R, L)
        Highest rating of a mark on the lesion; minus infinity without one.
    false_marks : ndarray of int, shape (M, 3)
        Test, reader and case of each mark that is on no lesion.
    false_ratings : ndarray of float64, shape (M,)
    """

    tests: tuple[str, ...]
    readers: tuple[str, ...]
    cases: tuple[str, ...]
    read: Mask
    lesion_case: NDArray[np.int64]
    lesion_weight: Floats
    lesion_ratings: Floats
    false_marks: NDArray[np.int64]
    false_ratings: Floats

    @classmethod
    def from_rows(
        cls,
        cases: Sequence[str],
        lesions: Iterable[tuple[str, str, float]],
        reads: Iterable[tuple[str, str, str]],
        marks: Iterable[tuple[str, str, str, str, float]],
    ) -> LesionMarks:
        """Build from tables.

        Parameters
        ----------
        cases : sequence of str
            All cases; those without a lesion are negative.
        lesions : rows of (case, lesion, weight)
            Weights are above 0 and relative to the other lesions of the case.
        reads : rows of (reader, test, case)
            Also those without a mark.
        marks : rows of (reader, test, case, lesion, rating)
            ``lesion`` is empty for a false mark; the rating is finite. Several marks on a lesion count as the
            highest.

        Raises
        ------
        InputError
            If a name is unknown or repeated, a mark belongs to no read, a number is out of range, or there
            are no positive or no negative cases.
        """
        case_place = {name: index for index, name in enumerate(cases)}
        if len(case_place) != len(cases):
            raise InputError("A case is named twice. Names have to be unique.")
        lesion_place, lesion_case, weights = _lesions(lesions, case_place)
        taken = list(reads)
        readers = {name: index for index, name in enumerate(dict.fromkeys(row[0] for row in taken))}
        tests = {name: index for index, name in enumerate(dict.fromkeys(row[1] for row in taken))}
        read = np.zeros((len(tests), len(readers), len(cases)), bool)
        for reader, test, case in taken:
            place = tests[test], readers[reader], _known(case_place, case)
            if read[place]:
                raise InputError(
                    f"The read of reader '{reader}', test '{test}', case '{case}' is there twice."
                )
            read[place] = True
        hits = np.full((len(tests), len(readers), len(lesion_place)), -math.inf)
        places, ratings = [], []
        for reader, test, case, lesion, rating in marks:
            place = tests.get(test, -1), readers.get(reader, -1), _known(case_place, case)
            if min(place) < 0 or not read[place]:
                raise InputError(
                    f"A mark of reader '{reader}', test '{test}', case '{case}' belongs to no read. List the "
                    "read."
                )
            if not math.isfinite(rating):
                raise InputError(
                    f"A mark of reader '{reader}', test '{test}', case '{case}' has the rating {rating}. "
                    "Give a number."
                )
            if lesion:
                if (case, lesion) not in lesion_place:
                    raise InputError(
                        f"A mark is on lesion '{lesion}' of case '{case}', which has no such lesion."
                    )
                index = lesion_place[case, lesion]
                hits[place[0], place[1], index] = max(hits[place[0], place[1], index], rating)
            else:
                places.append(place)
                ratings.append(rating)
        return cls(
            tuple(tests),
            tuple(readers),
            tuple(cases),
            read,
            lesion_case,
            weights,
            hits,
            np.array(places, np.int64).reshape(-1, 3),
            np.array(ratings, np.float64),
        )

    @property
    def positive(self) -> Mask:
        """Whether a case has a lesion, (C,)."""
        return np.isin(np.arange(len(self.cases)), self.lesion_case)

    @property
    def highest_false(self) -> Floats:
        """Highest rating of a false mark, (T, R, C); minus infinity without one."""
        highest = np.full(self.read.shape, -math.inf)
        np.maximum.at(highest, tuple(self.false_marks.T), self.false_ratings)
        return highest


@dataclass(frozen=True, eq=False)
class FrocCurve:
    """Operating points from the strictest to the most lenient; marks rated at least the threshold count.

    Parameters
    ----------
    thresholds : ndarray of float64, shape (n,)
    false_positives : ndarray of float64, shape (n,)
        False marks a case (FROC), or share of negative cases with a false mark (AFROC).
    lesion_fraction : ndarray of float64, shape (n,)
        Share of the lesions that are marked.
    """

    thresholds: Floats
    false_positives: Floats
    lesion_fraction: Floats


def froc_curve(marks: LesionMarks, test: str, reader: str) -> FrocCurve:
    """FROC curve of one reader in one test.

    Raises
    ------
    UsageError
        If the test or reader is unknown.
    InputError
        If no case with a lesion was read.
    """
    place, hits, kept = _cell(marks, test, reader)
    own = (marks.false_marks[:, :2] == place).all(axis=1)
    return _curve(hits, marks.false_ratings[own], len(kept))


def afroc_curve(marks: LesionMarks, test: str, reader: str) -> FrocCurve:
    """AFROC curve of one reader in one test: the highest false mark of each negative case.

    Errors are those of `froc_curve`.
    """
    place, hits, kept = _cell(marks, test, reader)
    negative = kept[~marks.positive[kept]]
    if not len(negative):
        raise InputError(f"Reader '{reader}' read no case without a lesion in test '{test}'.")
    return _curve(hits, marks.highest_false[place][negative], len(negative))


def analyze_marks(marks: LesionMarks, figure: MarkFigure = "wafroc", level: float = 0.95) -> MrmcResult:
    """Multi-reader analysis with jackknife covariance.

    Parameters
    ----------
    marks : LesionMarks
    figure : str
        ``wafroc``: probability that a lesion is rated above the highest false mark of a negative case, each
        case with the same weight; ``afroc``: each lesion with the same weight; ``wafroc1``, ``afroc1``: false
        marks on cases with lesions count too; ``inferred-roc``: area under the ROC curve of the highest mark
        of each case.
    level : float

    Raises
    ------
    UsageError
        If the figure is unknown.
    InputError
        As `mrmc.analyze`.
    """
    if figure == "inferred-roc":
        return analyze(inferred_ratings(marks), level=level)
    if figure not in _NAMES:
        raise UsageError(f"The figure '{figure}' is unknown: use {', '.join(_NAMES)} or inferred-roc.")
    layout = Layout(marks.tests, marks.readers, marks.cases, marks.positive, marks.read)
    return analyze_figures(layout, jackknife_table(_left_out(marks, figure)), _NAMES[figure], level)


def inferred_ratings(marks: LesionMarks) -> ReaderRatings:
    """Highest mark of each case as its rating; below all marks where there is none."""
    highest = marks.highest_false
    for lesion, case in enumerate(marks.lesion_case):
        highest[:, :, case] = np.maximum(highest[:, :, case], marks.lesion_ratings[:, :, lesion])
    given = highest[np.isfinite(highest)]
    lowest = float(given.min()) - 1 if given.size else 0.0
    ratings = np.where(marks.read, np.maximum(highest, lowest), np.nan)
    return ReaderRatings(marks.tests, marks.readers, marks.cases, marks.positive, ratings)


def _left_out(marks: LesionMarks, figure: str) -> LeftOut:
    shape = marks.read.shape
    values, without = np.full(shape[:2], np.nan), np.full(shape, np.nan)
    for place, cases, lesions in _cells(marks):
        rivals = cases if figure.endswith("1") else cases[~marks.positive[cases]]
        false = marks.highest_false[place][rivals][:, None]
        hits = marks.lesion_ratings[place][lesions][None]
        weights = marks.lesion_weight[lesions] if figure.startswith("w") else np.ones(len(lesions))
        wins = ((hits > false) + 0.5 * (hits == false)) * weights
        own = marks.lesion_case[lesions]
        total, of_rival = wins.sum(), np.zeros(shape[2])
        of_rival[rivals] = wins.sum(axis=1)
        of_case = np.bincount(own, wins.sum(axis=0), shape[2])
        both = np.zeros(shape[2])
        for row, case in enumerate(rivals):
            both[case] = wins[row, own == case].sum()
        lost = np.bincount(own, weights, shape[2])
        rival = np.isin(np.arange(shape[2]), rivals)
        values[place] = total / (len(rivals) * weights.sum())
        left = (total - of_rival - of_case + both) / ((len(rivals) - rival) * (weights.sum() - lost))
        without[place] = np.where(marks.read[place], left, values[place])
    return LeftOut(values, without, marks.read & np.isfinite(values)[:, :, None])


def _cells(marks: LesionMarks) -> Iterator[tuple[tuple[int, int], NDArray[np.int64], NDArray[np.int64]]]:
    """Tests and readers with two cases of each kind: cases read and their lesions."""
    for place in np.ndindex(*marks.read.shape[:2]):
        cases = np.flatnonzero(marks.read[place])
        positives = int(marks.positive[cases].sum())
        if min(positives, len(cases) - positives) >= 2:
            yield (place[0], place[1]), cases, np.flatnonzero(marks.read[place][marks.lesion_case])


def _cell(marks: LesionMarks, test: str, reader: str) -> tuple[tuple[int, int], Floats, NDArray[np.int64]]:
    for kind, name, known in (("test", test, marks.tests), ("reader", reader, marks.readers)):
        if name not in known:
            raise UsageError(f"There is no {kind} '{name}'. Known are: {', '.join(known)}.")
    place = marks.tests.index(test), marks.readers.index(reader)
    kept = np.flatnonzero(marks.read[place])
    hits = marks.lesion_ratings[place][marks.read[place][marks.lesion_case]]
    if not len(hits):
        raise InputError(f"Reader '{reader}' read no case with a lesion in test '{test}'.")
    return place, hits, kept


def _curve(hits: Floats, false: Floats, cases: int) -> FrocCurve:
    every = np.concatenate([hits, false])
    marked = np.unique(every[np.isfinite(every)])[::-1]
    thresholds = np.append(math.inf, marked)
    found, wrong = np.sort(hits), np.sort(false)
    lesions = (len(found) - np.searchsorted(found, thresholds)) / len(found)
    return FrocCurve(thresholds, (len(wrong) - np.searchsorted(wrong, thresholds)) / cases, lesions)


def _lesions(
    lesions: Iterable[tuple[str, str, float]], cases: dict[str, int]
) -> tuple[dict[tuple[str, str], int], NDArray[np.int64], Floats]:
    places: dict[tuple[str, str], int] = {}
    owners, weights = [], []
    for case, lesion, weight in lesions:
        if not lesion or (case, lesion) in places:
            raise InputError(
                f"Case '{case}' has the lesion '{lesion}' twice or without a name. Name each once."
            )
        if not (math.isfinite(weight) and weight > 0):
            raise InputError(f"Lesion '{lesion}' of case '{case}' has the weight {weight}. Give one above 0.")
        places[case, lesion] = len(places)
        owners.append(_known(cases, case))
        weights.append(weight)
    owner, given = np.array(owners, np.int64), np.array(weights, np.float64)
    if not 0 < len(np.unique(owner)) < len(cases):
        raise InputError("Lesion marking needs cases with and without lesions. Add the other kind.")
    return places, owner, given / np.bincount(owner, given)[owner]


def _known(cases: dict[str, int], case: str) -> int:
    if case not in cases:
        raise InputError(f"Case '{case}' is not in the list of cases. Add it or correct the name.")
    return cases[case]
