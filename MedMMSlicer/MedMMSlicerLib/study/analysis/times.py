"""Reading times: summaries by test and reader, and the mixed model and Wilcoxon's test of `stats`."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...stats.reading_time import analyze_times
from .data import StudyData
from .options import AnalysisOptions
from .plain import plain

__all__ = ["times_of"]


def times_of(study: StudyData, options: AnalysisOptions) -> dict[str, Any] | None:
    """Analyze the reading times of a study; None where it has none.

    Returns
    -------
    dict or None
        ``by_test`` and ``by_reader`` (``n``, ``geometric_mean_s``, ``median_s``, ``q1_s``, ``q3_s``),
        ``comparisons`` of pairs of tests (ratio of geometric means by a mixed model of log seconds, and
        Wilcoxon's test of case means), ``standard_deviations`` of log seconds by source, ``without_time`` and
        ``notes``.
    """
    order = [study.tests.index(name) for name in options.tests(study)]
    grid = study.grid("time_s")
    timed = [index for index in order if not np.isnan(grid[index]).all()]
    if not timed:
        return None
    seconds, tests = grid[timed], [study.tests[index] for index in timed]
    read = ~np.isnan(study.grid())
    without = int((read & np.isnan(grid)).sum())
    found: dict[str, Any] = {
        "by_test": [{"test": test, **_summary(values)} for test, values in zip(tests, seconds)],
        "by_reader": [
            {"test": test, "reader": reader, **_summary(own)}
            for test, values in zip(tests, seconds)
            for reader, own in zip(study.readers, values)
            if not np.isnan(own).all()
        ],
        "comparisons": [],
        "standard_deviations": {},
        "without_time": without,
        "notes": [f"{without} reads have no time."] if without else [],
    }
    try:
        result = analyze_times(seconds, tests, level=options.level)
    except InputError as error:
        return {**found, "notes": [*found["notes"], f"Times were not compared: {error}"]}
    comparisons, spreads = plain(result.comparisons), plain(result.standard_deviations)
    return {**found, "comparisons": comparisons, "standard_deviations": spreads}


def _summary(values: NDArray[np.float64]) -> dict[str, Any]:
    given = values[~np.isnan(values)]
    q1, median, q3 = (float(value) for value in np.percentile(given, [25, 50, 75]))
    mean = float(np.exp(np.log(given).mean()))
    return {"n": len(given), "geometric_mean_s": mean, "median_s": median, "q1_s": q1, "q3_s": q3}
