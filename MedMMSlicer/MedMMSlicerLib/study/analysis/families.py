"""The primary comparisons of a study as one family, corrected together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...stats.multiplicity import adjust

__all__ = ["METHOD", "multiplicity_of"]

METHOD = "Holm"


def multiplicity_of(targets: Mapping[str, Any], reading_time: Mapping[str, Any] | None) -> dict[str, Any]:
    """Correct the primary p values of every figure, target and pair of tests, and of reading time.

    Parameters
    ----------
    targets : mapping
        Of ``results.json``.
    reading_time : mapping, optional

    Returns
    -------
    dict
        ``method`` and ``rows``: ``comparison``, ``p_value``, ``adjusted_p_value``.
    """
    rows = list(_comparisons(targets, reading_time))
    corrected = adjust([p for _, p in rows], method=METHOD.lower()).tolist() if rows else []
    return {
        "method": METHOD,
        "rows": [
            {"comparison": name, "p_value": p, "adjusted_p_value": adjusted}
            for (name, p), adjusted in zip(rows, corrected)
        ],
    }


def _comparisons(
    targets: Mapping[str, Any], reading_time: Mapping[str, Any] | None
) -> Iterator[tuple[str, float]]:
    for target, found in targets.items():
        about = f" of {target}" if len(targets) > 1 else ""
        metrics = {
            "AUC": found["auc"],
            "sensitivity": found["sensitivity"],
            "specificity": found["specificity"],
        }
        metrics |= {item["name"]: item["metric"] for item in (found["lesions"] or {"figures": []})["figures"]}
        for name, metric in metrics.items():
            for row in metric[metric["primary"]]["differences"] if metric else ():
                if row["p_value"] is not None:
                    yield f"{name}{about}: {row['first']} \u2212 {row['second']}", row["p_value"]
    for row in (reading_time or {"comparisons": []})["comparisons"]:
        if row["p_value"] is not None:
            yield f"reading time: {row['first']} / {row['second']}", row["p_value"]
