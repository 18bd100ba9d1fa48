"""Accuracy for one target: multi-reader analyses of the area and of calls at the threshold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...stats import mrmc
from ...stats.accuracy import diagnostic_accuracy
from ...stats.figures import AUC, Figure, sensitivity_at, specificity_at
from ...stats.mrmc_results import MrmcResult, VarianceComponents
from ...stats.ratings import ReaderRatings
from .curves import roc_curves
from .data import StudyData
from .options import AnalysisOptions, level_text
from .plain import plain
from .reader_agreement import agreement_of
from .reader_tests import delong_rows, mcnemar_rows

__all__ = ["metric_of", "target_of"]

SHARES = ("sensitivity", "specificity", "ppv", "npv", "accuracy")


@dataclass(frozen=True)
class _Point:
    threshold: float
    note: str


def target_of(study: StudyData, options: AnalysisOptions) -> dict[str, Any]:
    """Everything about the accuracy of the ratings of a study.

    Returns
    -------
    dict
        JSON values; ``docs/study-analysis.md`` lists them. ``lesions`` is added by `lesions`.
        ``sensitivity``, ``specificity`` and ``operating_point`` are None without a threshold.

    Raises
    ------
    InputError
        If no reader has enough cases in every test.
    """
    ratings = study.reader_ratings().select(tests=options.tests(study))
    design = ratings.design()
    clusters = study.clusters

    def metric(figure: Figure) -> dict[str, Any]:
        result = mrmc.analyze(
            ratings, figure, covariance=options.covariance, missing=options.missing, level=options.level
        )
        return metric_of(result, options)

    point = _point(ratings, options)
    return {
        "positives": int(study.positive.sum()),
        "negatives": int((~study.positive).sum()),
        "patients": None if clusters is None else len(np.unique(clusters)),
        "design": design.kind,
        "auc": metric(AUC),
        "sensitivity": metric(sensitivity_at(point.threshold)) if point else None,
        "specificity": metric(specificity_at(point.threshold)) if point else None,
        "operating_point": _operating_point(ratings, point, options) if point else None,
        "roc": roc_curves(ratings),
        "delong": delong_rows(ratings),
        "agreement": agreement_of(ratings, point.threshold if point else None, options.level),
    }


def metric_of(result: MrmcResult, options: AnalysisOptions) -> dict[str, Any]:
    """A multi-reader analysis as JSON values, with its primary inference named.

    With a single reader, who can not stand for a population, the reader is taken as fixed, and a note says
    so.
    """
    values = plain(result)
    del values["design"]
    primary, notes = options.primary, list(result.notes)
    if getattr(result, primary) is None:
        notes.append("A single reader can not stand for a population: the reader was taken as fixed.")
        primary = "fixed_readers_random_cases"
    return {
        **values,
        "dbm_components": _dbm(result.components),
        "design": result.design.kind,
        "complete": result.design.complete,
        "primary": primary,
        "level_text": level_text(options.alpha),
        "notes": notes,
    }


def _dbm(components: VarianceComponents) -> dict[str, float | None]:
    """Components of the Dorfman-Berbaum-Metz model (Hillis et al., Stat Med 2005;24:1579, table III)."""
    cases = components.cases
    cov1, cov2, cov3 = components.cov1, components.cov2, components.cov3
    values: dict[str, float | None] = plain(
        {
            "reader": components.reader,
            "case": cases * cov3,
            "test_reader": components.test_reader,
            "test_case": cases * (cov2 - cov3),
            "reader_case": cases * (cov1 - cov3),
            "residual": cases * (components.error - cov1 - cov2 + cov3),
        }
    )
    return values


def _point(ratings: ReaderRatings, options: AnalysisOptions) -> _Point | None:
    if options.threshold is not None:
        return _Point(options.threshold, "The threshold was given for this analysis.")
    values = np.unique(ratings.ratings[ratings.read])
    if len(values) == 2:
        return _Point(float(values[1]), "The ratings take two values only.")
    return None


def _operating_point(ratings: ReaderRatings, point: _Point, options: AnalysisOptions) -> dict[str, Any]:
    rows = []
    for test, reader in np.ndindex(*ratings.ratings.shape[:2]):
        given = ratings.ratings[test, reader]
        kept = ~np.isnan(given)
        if kept.any():
            names = {"test": ratings.tests[test], "reader": ratings.readers[reader]}
            rows.append({**names, **_calls(ratings, kept, given[kept] >= point.threshold, options.level)})
    return {
        "threshold": point.threshold,
        "note": point.note,
        "rows": rows,
        "mcnemar": mcnemar_rows(ratings, point.threshold),
    }


def _calls(
    ratings: ReaderRatings, kept: NDArray[np.bool_], called: NDArray[np.bool_], level: float
) -> dict[str, Any]:
    clusters = None if ratings.clusters is None else ratings.clusters[kept]
    found = diagnostic_accuracy(ratings.positive[kept].astype(int), called.astype(int), clusters, level)
    counts = found.counts
    return {
        "tp": counts.true_positives,
        "fn": counts.false_negatives,
        "fp": counts.false_positives,
        "tn": counts.true_negatives,
        **{name: plain(getattr(found, name)) for name in SHARES},
    }
