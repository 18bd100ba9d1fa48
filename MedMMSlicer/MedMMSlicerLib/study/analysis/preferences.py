"""Which of two reports evaluators preferred, blinded to their source."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...stats.preference import preference_share
from ..results import PreferenceVote
from .plain import plain

__all__ = ["preferences_of"]


def preferences_of(votes: Sequence[PreferenceVote], level: float) -> list[dict[str, Any]]:
    """Votes by round and pair of sources.

    Returns
    -------
    list of dict
        ``round``, ``first``, ``second``, ``evaluators`` (their number), ``pairs`` of reports,
        ``missing_votes``, ``votes_first``, ``votes_equal``, ``votes_second``, and ``shares``: for each source
        and number of evaluators, the share of pairs in which at least so many preferred it. ``open`` pairs,
        which missing votes could still decide, are not among its ``cases``; without any other it is None.
    """
    keys = dict.fromkeys(
        (vote.round, min(vote.left, vote.right), max(vote.left, vote.right)) for vote in votes
    )
    return [_pair(votes, name, first, second, level) for name, first, second in keys]


def _pair(
    votes: Sequence[PreferenceVote], name: str, first: str, second: str, level: float
) -> dict[str, Any]:
    chosen = [vote for vote in votes if vote.round == name and {vote.left, vote.right} == {first, second}]
    table = _table(chosen, first)
    return {
        "round": name,
        "first": first,
        "second": second,
        "evaluators": table.shape[1],
        "pairs": len(table),
        "missing_votes": int(np.isnan(table).sum()),
        "votes_first": int((table == 1).sum()),
        "votes_equal": int((table == 0).sum()),
        "votes_second": int((table == -1).sum()),
        "shares": [
            {"preferred": source, **_share(sign * table, count, level)}
            for sign, source in ((1, first), (-1, second))
            for count in range(1, table.shape[1] + 1)
        ],
    }


def _table(votes: Sequence[PreferenceVote], first: str) -> NDArray[np.float64]:
    """Reports by evaluators: 1 for ``first``, -1 for the other, 0 for neither, NaN for no vote."""
    reports = {key: row for row, key in enumerate(dict.fromkeys((vote.case, vote.reader) for vote in votes))}
    names = {name: column for column, name in enumerate(dict.fromkeys(vote.evaluator for vote in votes))}
    table = np.full((len(reports), len(names)), np.nan)
    for vote in votes:
        value = 0 if not vote.preferred else 1 if vote.preferred == first else -1
        table[reports[vote.case, vote.reader], names[vote.evaluator]] = value
    return table


def _share(table: NDArray[np.float64], count: int, level: float) -> dict[str, Any]:
    try:
        found = plain(preference_share(table, at_least=count, level=level))
    except InputError:
        return {
            "at_least": count,
            "wins": None,
            "cases": 0,
            "share": None,
            "wilson": None,
            "open": len(table),
        }
    names = ("at_least", "wins", "cases", "share", "wilson", "clopper_pearson", "open")
    return {name: found[name] for name in names}
