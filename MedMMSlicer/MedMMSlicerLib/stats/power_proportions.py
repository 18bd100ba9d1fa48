"""Power and size of comparisons of two proportions.

Independent groups: normal approximation with the pooled variance under equality (Fleiss, Levin and Paik,
Statistical Methods for Rates and Proportions, 3rd ed. 2003, chapter 4). Pairs, for McNemar's test: Connor,
Biometrics 1987;43:207.
"""

from __future__ import annotations

import math
from statistics import NormalDist

from ..errors import UsageError

__all__ = [
    "paired_proportions_power",
    "paired_proportions_size",
    "two_proportions_power",
    "two_proportions_size",
]


def two_proportions_power(
    first: float, second: float, n_first: float, n_second: float, *, alpha: float = 0.05
) -> float:
    """Power of the two-sided test that two independent proportions are equal.

    Parameters
    ----------
    first, second : float
        True proportions, 0 to 1.
    n_first, n_second : float
        Cases of each group.
    alpha : float

    Raises
    ------
    UsageError
        If a number is outside of its range.
    """
    _check((first, second), alpha)
    if min(n_first, n_second) < 1:
        raise UsageError("Two proportions need at least one case in each group.")
    normal = NormalDist()
    pooled = (first * n_first + second * n_second) / (n_first + n_second)
    equal = math.sqrt(pooled * (1 - pooled) * (1 / n_first + 1 / n_second))
    spread = math.sqrt(first * (1 - first) / n_first + second * (1 - second) / n_second)
    excess = abs(first - second) - normal.inv_cdf(1 - alpha / 2) * equal
    if spread == 0:
        return 1.0 if excess > 0 else 0.0
    return normal.cdf(excess / spread)


def two_proportions_size(first: float, second: float, *, power: float = 0.8, alpha: float = 0.05) -> int:
    """Cases of each of two groups of one size that give the power. Errors: `two_proportions_power`."""
    _check((first, second), alpha, power)
    if first == second:
        raise UsageError("Equal proportions can not be told apart by any number of cases.")
    normal = NormalDist()
    middle = (first + second) / 2
    equal = normal.inv_cdf(1 - alpha / 2) * math.sqrt(2 * middle * (1 - middle))
    apart = normal.inv_cdf(power) * math.sqrt(first * (1 - first) + second * (1 - second))
    return math.ceil((equal + apart) ** 2 / (first - second) ** 2)


def paired_proportions_power(
    only_first: float, only_second: float, pairs: int, *, alpha: float = 0.05
) -> float:
    """Power of McNemar's test.

    Parameters
    ----------
    only_first, only_second : float
        True shares of pairs in which only the first (second) is positive.
    pairs : int
    alpha : float

    Raises
    ------
    UsageError
        If a number is outside of its range.
    """
    _check((only_first, only_second, only_first + only_second), alpha)
    if pairs < 1:
        raise UsageError("McNemar's test needs at least one pair.")
    normal = NormalDist()
    differ, gap = only_first + only_second, abs(only_first - only_second)
    excess = gap * math.sqrt(pairs) - normal.inv_cdf(1 - alpha / 2) * math.sqrt(differ)
    spread = math.sqrt(max(differ - gap**2, 0.0))
    if spread == 0:
        return 1.0 if excess > 0 else 0.0
    return normal.cdf(excess / spread)


def paired_proportions_size(
    only_first: float, only_second: float, *, power: float = 0.8, alpha: float = 0.05
) -> int:
    """Pairs that give McNemar's test the power. Errors: `paired_proportions_power`."""
    _check((only_first, only_second, only_first + only_second), alpha, power)
    if only_first == only_second:
        raise UsageError("Equal proportions can not be told apart by any number of pairs.")
    normal = NormalDist()
    differ, gap = only_first + only_second, abs(only_first - only_second)
    reach = normal.inv_cdf(1 - alpha / 2) * math.sqrt(differ)
    reach += normal.inv_cdf(power) * math.sqrt(max(differ - gap**2, 0.0))
    return math.ceil((reach / gap) ** 2)


def _check(shares: tuple[float, ...], alpha: float, power: float = 0.5) -> None:
    if not all(0 <= share <= 1 for share in shares):
        raise UsageError(f"Proportions {shares} are not all between 0 and 1.")
    if not 0 < alpha < 1 or not 0 < power < 1:
        raise UsageError(f"A level of {alpha} or a power of {power} is not between 0 and 1.")
