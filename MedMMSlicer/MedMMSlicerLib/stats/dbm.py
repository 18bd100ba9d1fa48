"""Analysis of variance of jackknife pseudovalues (Dorfman, Berbaum and Metz, Invest Radiol 1992;27:723), with
Hillis' degrees of freedom (Hillis, Berbaum and Metz, Acad Radiol 2008;15:647).

For a factorial study it gives the results of the Obuchowski-Rockette analysis with jackknife covariance.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from .distributions import f_tail, ratio_to_error
from .figures import AUC, Figure
from .mrmc_covariance import LeftOut, left_out_of
from .mrmc_results import GlobalTest
from .ratings import ReaderRatings

__all__ = ["DbmResult", "PseudovalueTerms", "analyze_dbm", "pseudovalues"]


@dataclass(frozen=True)
class PseudovalueTerms:
    """One number for each term of the three-way analysis of variance; NaN for ``test`` where it has no
    meaning."""

    test: float
    reader: float
    case: float
    test_reader: float
    test_case: float
    reader_case: float
    test_reader_case: float


@dataclass(frozen=True)
class DbmResult:
    """Mean squares, variance components (``test_reader_case`` with the error) and test of equal tests,
    readers and cases random.
    """

    mean_squares: PseudovalueTerms
    components: PseudovalueTerms
    overall: GlobalTest


def pseudovalues(left_out: LeftOut) -> NDArray[np.float64]:
    """N times the figure less N - 1 times the figure without the case, (T, R, N)."""
    count = left_out.without.shape[2]
    return np.asarray(count * left_out.values[:, :, None] - (count - 1) * left_out.without, np.float64)


def analyze_dbm(ratings: ReaderRatings, figure: Figure = AUC) -> DbmResult:
    """Analyze a complete factorial study of two tests and two readers or more.

    Raises
    ------
    InputError
        If the study is not of that kind.
    """
    design = ratings.design()
    if design.kind != "factorial" or design.missing or min(ratings.ratings.shape[:2]) < 2:
        raise InputError(
            "The analysis of pseudovalues needs two tests and two readers who read all cases in all tests. "
            "Use the Obuchowski-Rockette analysis for other designs."
        )
    values = pseudovalues(left_out_of(ratings, figure))
    squares = _mean_squares(values)
    tests, readers, cases = values.shape
    residual = squares.test_reader_case
    components = PseudovalueTerms(
        test=math.nan,
        reader=(squares.reader - squares.test_reader - squares.reader_case + residual) / (tests * cases),
        case=(squares.case - squares.test_case - squares.reader_case + residual) / (tests * readers),
        test_reader=(squares.test_reader - residual) / cases,
        test_case=(squares.test_case - residual) / readers,
        reader_case=(squares.reader_case - residual) / tests,
        test_reader_case=residual,
    )
    denominator = squares.test_reader + max(squares.test_case - residual, 0.0)
    df1, spare = float(tests - 1), (tests - 1) * (readers - 1)
    df2 = denominator**2 / (squares.test_reader**2 / spare) if squares.test_reader > 0 else math.inf
    ratio = ratio_to_error(squares.test, denominator)
    overall = GlobalTest("F", ratio, df1, df2, f_tail(ratio, df1, df2), denominator)
    return DbmResult(squares, components, overall)


def _mean_squares(values: NDArray[np.float64]) -> PseudovalueTerms:
    """Mean squares of a balanced three-way layout without replicates."""
    found = []
    for term in ((0,), (1,), (2,), (0, 1), (0, 2), (1, 2), (0, 1, 2)):
        # effect: alternating sum of the means over all subsets of the factors of the term
        effect = np.zeros([size if axis in term else 1 for axis, size in enumerate(values.shape)])
        for subset in range(2 ** len(term)):
            kept = [axis for place, axis in enumerate(term) if subset >> place & 1]
            others = tuple(axis for axis in range(3) if axis not in kept)
            sign = (-1) ** (len(term) - len(kept))
            effect = effect + sign * values.mean(axis=others, keepdims=True)
        freedom = math.prod(values.shape[axis] - 1 for axis in term)
        found.append(float(np.sum(effect**2)) * values.size / effect.size / freedom)
    return PseudovalueTerms(*found)
