"""Blinded pairwise preference: in how many cases enough evaluators prefer one side."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ..errors import InputError, UsageError
from .proportions import clopper_pearson_interval, wilson_interval

__all__ = ["PreferenceShare", "preference_share"]


@dataclass(frozen=True)
class PreferenceShare:
    """Share of cases in which at least ``at_least`` evaluators prefer the side.

    ``open`` counts cases whose missing evaluations could still decide them; they are not among ``cases``.
    ``votes`` are all evaluations: for, without preference, against.
    """

    at_least: int
    evaluators: int
    wins: int
    cases: int
    share: float
    wilson: tuple[float, float]
    clopper_pearson: tuple[float, float]
    open: int
    votes: tuple[int, int, int]


def preference_share(votes: ArrayLike, at_least: int, level: float = 0.95) -> PreferenceShare:
    """Count cases by their evaluators.

    Parameters
    ----------
    votes : (n, m) float
        One row a case, one column an evaluator: 1 prefers the side, -1 the other, 0 neither, NaN not
        evaluated.
    at_least : int
        1 to m.
    level : float
        0 to 1.

    Raises
    ------
    InputError
        If a vote has another value, or no case is decided.
    UsageError
        If ``at_least`` is not from 1 to the number of evaluators.
    """
    table = np.asarray(votes, np.float64)
    if table.ndim != 2 or not (np.isin(table, (-1, 0, 1)) | np.isnan(table)).all():
        raise InputError("Preferences have to be 1, 0 or -1 for every case and evaluator, or missing.")
    if not 1 <= at_least <= table.shape[1]:
        raise UsageError(
            f"{at_least} of {table.shape[1]} evaluators can not be asked for: take 1 to that number."
        )
    wins, missing = (table == 1).sum(axis=1), np.isnan(table).sum(axis=1)
    decided = (wins >= at_least) | (wins + missing < at_least)
    won, total = int((wins[decided] >= at_least).sum()), int(decided.sum())
    if not total:
        raise InputError("No case has enough evaluations to say which side is preferred. Collect more.")
    return PreferenceShare(
        at_least,
        table.shape[1],
        won,
        total,
        won / total,
        wilson_interval(won, total, level),
        clopper_pearson_interval(won, total, level),
        int((~decided).sum()),
        (int((table == 1).sum()), int((table == 0).sum()), int((table == -1).sum())),
    )
