"""Linear mixed models by restricted maximum likelihood, for random terms that may cross.

The deviance is profiled over fixed effects and residual variance, as in Bates, Maechler, Bolker and Walker, J
Stat Softw 2015;67(1), equations 27 to 42; degrees of freedom are Satterthwaite's (Giesbrecht and Burns,
Biometrics 1985;41:477; as in Kuznetsova et al., J Stat Softw 2017;82(13)).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InputError

__all__ = ["MixedModel", "RandomTerm", "fit_mixed_model"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class RandomTerm:
    """Random effects of the levels of one factor.

    Parameters
    ----------
    name : str
    levels : ndarray of int, shape (n,)
        Level of each observation.
    design : ndarray of float64, shape (n, q), or None
        What the effects multiply; a column of ones, a random intercept, without.
    """

    name: str
    levels: NDArray[np.int64]
    design: Floats | None = None


@dataclass(frozen=True, eq=False)
class MixedModel:
    """A fitted model.

    Parameters
    ----------
    fixed : ndarray of float64, shape (p,)
    covariance : ndarray of float64, shape (p, p)
        Of the fixed effects.
    random : dict of ndarray
        Covariance matrix (q, q) of the effects of each term, by name.
    residual_sd : float
    minus2_reml : float
    """

    fixed: Floats
    covariance: Floats
    random: dict[str, Floats]
    residual_sd: float
    minus2_reml: float
    _problem: _Problem
    _theta: Floats

    def degrees_of_freedom(self, contrast: Floats) -> float:
        """Satterthwaite's degrees of freedom of ``contrast @ fixed``."""
        point = np.append(self._theta, self.residual_sd)
        # at the boundary a variance of zero is taken as known
        free = np.append(np.abs(self._theta) > 1e-3, True)

        def at(moved: Floats) -> Floats:
            whole = point.copy()
            whole[free] = moved
            return whole

        def variance(moved: Floats) -> float:
            whole = at(moved)
            return float(whole[-1] ** 2 * contrast @ self._problem.solve(whole[:-1])[2] @ contrast)

        def deviance(moved: Floats) -> float:
            whole = at(moved)
            return self._problem.deviance(whole[:-1], float(whole[-1]))

        start = point[free]
        slope = _gradient(variance, start)
        spread = slope @ np.linalg.solve(_hessian(deviance, start) / 2, slope)
        return math.inf if spread <= 0 else 2 * variance(start) ** 2 / float(spread)


def fit_mixed_model(response: Floats, fixed: Floats, terms: Sequence[RandomTerm]) -> MixedModel:
    """Fit ``response`` (n,) on ``fixed`` (n, p) with random ``terms``.

    Raises
    ------
    InputError
        If there are no more observations than fixed effects, these are collinear, or the search fails.
    """
    from scipy.optimize import Bounds, minimize

    count, columns = fixed.shape
    if count <= columns + 1 or np.linalg.matrix_rank(fixed) < columns:
        raise InputError(
            f"A mixed model with {columns} fixed effects can not be fitted to {count} observations: they do "
            "not determine the effects."
        )
    problem = _Problem(response, fixed, terms)
    start, lowest = problem.start()
    bounds = Bounds(lowest, math.inf)

    def criterion(theta: ArrayLike) -> float:
        return problem.profiled(np.asarray(theta, np.float64))

    found = minimize(
        criterion,
        start,
        method="L-BFGS-B",
        jac="3-point",
        bounds=bounds,
        options={"ftol": 1e-13, "gtol": 1e-6},
    )
    if not found.success:
        # the line search gives up where differences are all rounding: the simplex does not need them
        found = minimize(criterion, found.x, method="Nelder-Mead", bounds=bounds)
    if not found.success:
        raise InputError(
            f"The mixed model did not converge: {found.message} Check the data for extreme values."
        )
    theta = np.asarray(found.x, np.float64)
    beta, squares, inverse, _ = problem.solve(theta)
    variance = squares / (count - columns)
    factors = problem.factors(theta)
    random = {term.name: variance * factor @ factor.T for term, factor in zip(problem.terms, factors)}
    return MixedModel(beta, variance * inverse, random, math.sqrt(variance), float(found.fun), problem, theta)


class _Problem:
    """Cross products of the data, and the deviance for given relative covariance factors."""

    def __init__(self, response: Floats, fixed: Floats, terms: Sequence[RandomTerm]) -> None:
        from scipy.sparse import csr_matrix, hstack

        # a scalar term with the most levels comes first: its block of the equations is diagonal
        self.terms = sorted(terms, key=lambda term: (_width(term) > 1, -len(np.unique(term.levels))))
        blocks = []
        self.levels = []
        for term in self.terms:
            place = np.unique(term.levels, return_inverse=True)[1]
            width, rows = _width(term), np.arange(len(place))
            values = np.ones((len(place), 1)) if term.design is None else term.design
            for column in range(width):
                shape = (len(place), int(place.max()) + 1)
                blocks.append(csr_matrix((values[:, column], (rows, place)), shape=shape))
            self.levels.append(int(place.max()) + 1)
        random = hstack(blocks).tocsr()
        cut = self.levels[0] if _width(self.terms[0]) == 1 else 0
        cross = (random.T @ random).tocsr()
        self.rest = np.asarray(cross[cut:, cut:].toarray(), np.float64)
        right = np.column_stack([fixed, response])
        mixed = np.asarray(random.T @ right, np.float64)
        self.mixed = mixed[cut:]
        self.right = right.T @ right
        self.scaled = self.levels[1:] if cut else self.levels
        # levels with equally many observations are eliminated together
        coupling = np.asarray(cross[:cut, cut:].toarray(), np.float64)
        self.sizes, group = np.unique(cross.diagonal()[:cut], return_inverse=True)
        self.numbers = np.bincount(group, minlength=len(self.sizes))
        joined = [(coupling[group == index], mixed[:cut][group == index]) for index in range(len(self.sizes))]
        self.products = [(a.T @ a, a.T @ b, b.T @ b) for a, b in joined]
        self.freedom = int(len(response) - fixed.shape[1])

    def start(self) -> tuple[Floats, list[float]]:
        """First relative factors and their lower bounds, lower triangles row by row."""
        values, lowest = [], []
        for term in self.terms:
            for row in range(_width(term)):
                values += [0.0] * row + [1.0]
                lowest += [-math.inf] * row + [0.0]
        return np.array(values), lowest

    def factors(self, theta: Floats) -> list[Floats]:
        """Lower triangular relative factor of each term."""
        found, used = [], 0
        for term in self.terms:
            width = _width(term)
            factor = np.zeros((width, width))
            rows = np.tril_indices(width)
            factor[rows] = theta[used : used + len(rows[0])]
            used += len(rows[0])
            found.append(factor)
        return found

    def solve(self, theta: Floats) -> tuple[Floats, float, Floats, float]:
        """Fixed effects, residual sum of squares, inverse of their information, log determinants."""
        factors = self.factors(theta)
        first = float(factors[0][0, 0])
        scale = _block_diagonal(factors[len(factors) - len(self.scaled) :], self.scaled)
        own = first**2 * self.sizes + 1
        rest, mixed, remaining = self.rest, self.mixed, self.right
        for weight, (squared, crossed, alone) in zip(first**2 / own, self.products):
            rest, mixed, remaining = (
                rest - weight * squared,
                mixed - weight * crossed,
                remaining - weight * alone,
            )
        lower = np.linalg.cholesky(scale.T @ rest @ scale + np.eye(len(scale)))
        reduced = np.linalg.solve(lower, scale.T @ mixed)
        remaining = remaining - reduced.T @ reduced
        information = remaining[:-1, :-1]
        inverse = np.linalg.inv(information)
        beta = inverse @ remaining[:-1, -1]
        squares = float(remaining[-1, -1] - remaining[:-1, -1] @ beta)
        logs = float(np.sum(self.numbers * np.log(own)) + 2 * np.sum(np.log(np.diag(lower))))
        return beta, max(squares, 1e-300), inverse, logs + float(np.linalg.slogdet(information)[1])

    def profiled(self, theta: Floats) -> float:
        """REML criterion at the best residual variance."""
        _, squares, _, logs = self.solve(theta)
        return float(logs + self.freedom * (1 + math.log(2 * math.pi * squares / self.freedom)))

    def deviance(self, theta: Floats, residual_sd: float) -> float:
        """REML criterion at a given residual standard deviation."""
        _, squares, _, logs = self.solve(theta)
        return float(logs + self.freedom * math.log(2 * math.pi * residual_sd**2) + squares / residual_sd**2)


def _width(term: RandomTerm) -> int:
    return 1 if term.design is None else term.design.shape[1]


def _block_diagonal(factors: list[Floats], levels: list[int]) -> Floats:
    """Relative factors of all levels; effects of a term are ordered by column, then level."""
    from scipy.linalg import block_diag

    blocks = [np.kron(factor, np.eye(count)) for factor, count in zip(factors, levels)]
    return np.asarray(block_diag(*blocks), np.float64) if blocks else np.zeros((0, 0))


def _gradient(function: Callable[[Floats], float], point: Floats) -> Floats:
    steps = 1e-4 * np.maximum(np.abs(point), 1e-2)
    moves = np.diag(steps)
    return np.array([(function(point + move) - function(point - move)) / (2 * move.max()) for move in moves])


def _hessian(function: Callable[[Floats], float], point: Floats) -> Floats:
    moves = np.diag(1e-3 * np.maximum(np.abs(point), 1e-2))
    found = np.empty((len(point), len(point)))
    for row, first in enumerate(moves):
        for column, second in enumerate(moves[: row + 1]):
            corners = (
                function(point + first + second)
                - function(point + first - second)
                - function(point - first + second)
                + function(point - first - second)
            )
            found[row, column] = found[column, row] = corners / (4 * first.max() * second.max())
    return found
