"""Lesion marks: AFROC and weighted AFROC with their multi-reader analyses."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...stats.free_response import LesionMarks, MarkFigure, analyze_marks
from .accuracy import metric_of
from .curves import average_curve
from .data import StudyData
from .options import AnalysisOptions

__all__ = ["lesions_of"]

Floats = NDArray[np.float64]

FIGURES: dict[MarkFigure, tuple[str, str]] = {
    "wafroc": ("wAFROC area", "weighted lesion localization fraction"),
    "afroc": ("AFROC area", "lesion localization fraction"),
}


def lesions_of(study: StudyData, options: AnalysisOptions) -> dict[str, Any] | None:
    """Analyze the marks of a study; None where readers marked no lesions.

    Returns
    -------
    dict or None
        ``lesions`` and ``marks`` (numbers), ``notes``, and ``figures`` with ``name``, ``metric`` (as for the
        area under the ROC curve; covariance by jackknife), ``curves`` and ``averages``.
    """
    if not study.marks_lesions:
        return None
    found: dict[str, Any] = {
        "lesions": len(study.lesions),
        "marks": len(study.marks),
        "false_marks": sum(not mark.lesion for mark in study.marks),
        "notes": [],
        "figures": [],
    }
    listed = {lesion.case for lesion in study.lesions}
    without = [case.name for case in study.cases if case.positive and case.name not in listed]
    if without:
        note = f"{len(without)} positive cases have no lesion in the reference standard."
        return {**found, "notes": [f"Marks were not analyzed: {note}"]}
    marks = _marks(study, options.tests(study))
    for figure, (name, _) in FIGURES.items():
        try:
            found["figures"].append(_figure(marks, options, figure))
        except InputError as error:
            found["notes"].append(f"{name} was not analyzed: {error}")
    return found


def _marks(study: StudyData, tests: tuple[str, ...]) -> LesionMarks:
    order = {test: place for place, test in enumerate(tests)}
    reads = sorted(
        (read for read in study.reads if read.rating is not None), key=lambda read: order[read.test]
    )
    return LesionMarks.from_rows(
        reads=[(read.reader, read.test, read.case) for read in reads],
        lesions=[(lesion.case, lesion.name, lesion.weight) for lesion in study.lesions],
        marks=[(mark.reader, mark.test, mark.case, mark.lesion, mark.rating) for mark in study.marks],
        cases=[case.name for case in study.cases],
    )


def _figure(marks: LesionMarks, options: AnalysisOptions, figure: MarkFigure) -> dict[str, Any]:
    name, y_title = FIGURES[figure]
    metric = metric_of(analyze_marks(marks, figure, level=options.level), options)
    curves, averages = [], []
    for test in metric["tests"]:
        pairs = []
        for reader in metric["readers"]:
            place = marks.tests.index(test), marks.readers.index(reader)
            if not marks.read[place].any():
                continue
            pairs.append(_curve(marks, place, weighted=figure == "wafroc"))
            fpr, tpr = (values.tolist() for values in pairs[-1])
            curves.append({"test": test, "reader": reader, "fpr": fpr, "tpr": tpr})
        fpr, tpr = (values.tolist() for values in average_curve(pairs))
        averages.append({"test": test, "fpr": fpr, "tpr": tpr})
    return {"name": name, "y_title": y_title, "metric": metric, "curves": curves, "averages": averages}


def _curve(marks: LesionMarks, place: tuple[int, int], *, weighted: bool) -> tuple[Floats, Floats]:
    """Points from (0, 0) to (1, 1); the last stretch, where nothing is marked, is a straight line.

    So the area under the curve is the figure of merit.
    """
    read = marks.read[place]
    own = read[marks.lesion_case]
    hits = marks.lesion_ratings[place][own]
    weights = marks.lesion_weight[own] if weighted else np.ones(len(hits))
    false = marks.highest_false[place][read & ~marks.positive]
    given = np.concatenate([hits, false])
    thresholds = np.unique(given[np.isfinite(given)])[::-1]
    x = [float(np.mean(false >= value)) for value in thresholds]
    y = [float(weights[hits >= value].sum() / weights.sum()) for value in thresholds]
    return np.array([0.0, *x, 1.0]), np.array([0.0, *y, 1.0])
