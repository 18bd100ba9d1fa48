"""Multi-reader multi-case analysis by Obuchowski and Rockette with Hillis' degrees of freedom.

`analyze` is for ratings, `analyze_figures` for figures from elsewhere (lesion marks). What random and fixed
mean: the conclusion holds for the population from which the readers or cases are a sample, or only for those
at hand. The covariances are described in `mrmc_covariance`, the formulas in `mrmc_model`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, UsageError
from .distributions import t_quantile
from .figures import AUC, Figure
from .mrmc_covariance import CovarianceMethod, FigureTable, figure_table
from .mrmc_model import OrModel, fit_model
from .mrmc_results import CellEstimate, Exclusion, MrmcResult
from .ratings import Design, ReaderRatings, design_of, listed

__all__ = ["Layout", "analyze", "analyze_figures"]

Missing = Literal["available", "complete"]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Layout:
    """Who read what: names, reference standard (C,) and reads (T, R, C)."""

    tests: tuple[str, ...]
    readers: tuple[str, ...]
    cases: tuple[str, ...]
    positive: Mask
    read: Mask


def analyze(
    ratings: ReaderRatings,
    figure: Figure = AUC,
    *,
    covariance: CovarianceMethod = "jackknife",
    missing: Missing = "available",
    level: float = 0.95,
) -> MrmcResult:
    """Compare tests by a figure of merit averaged over readers.

    Parameters
    ----------
    ratings : ReaderRatings
        Any of the designs that `ReaderRatings.design` knows.
    figure : Figure
    covariance : str
        ``jackknife`` (any figure), ``delong`` (areas and shares; Obuchowski's with several cases a patient)
        or ``unbiased`` (areas and shares).
    missing : str
        With missing reads, ``available`` uses all reads that are there and ``complete`` leaves out cases that
        lack one. Either way the result lists them.
    level : float
        Confidence, 0 to 1.

    Raises
    ------
    InputError
        If no reader has enough cases in every test.
    UsageError
        If an option is unknown, or the covariance does not exist for the figure.
    """
    if missing not in ("available", "complete"):
        raise UsageError(f"Missing reads can not be treated as '{missing}': use available or complete.")
    design, notes = ratings.design(), []
    if design.missing:
        text = (
            f"{len(design.missing)} of {design.expected_reads} reads are missing: {listed(design.missing)}."
        )
        notes.append(text)
    if design.missing and missing == "complete":
        lacking = {item.case for item in design.missing}
        ratings = ratings.select(cases=[name for name in ratings.cases if name not in lacking])
        notes.append(f"{len(lacking)} cases with missing reads were left out.")
    table = figure_table(ratings, figure, covariance)
    layout = Layout(ratings.tests, ratings.readers, ratings.cases, ratings.positive, ratings.read)
    return _result(layout, table, (figure.name, covariance), (design, notes), level)


def analyze_figures(layout: Layout, table: FigureTable, figure: str, level: float = 0.95) -> MrmcResult:
    """Compare tests by figures whose jackknife covariance is given. Errors: `analyze`."""
    design = design_of(layout.tests, layout.readers, layout.cases, layout.read)
    notes = []
    if design.missing:
        text = (
            f"{len(design.missing)} of {design.expected_reads} reads are missing: {listed(design.missing)}."
        )
        notes.append(text)
    return _result(layout, table, (figure, "jackknife"), (design, notes), level)


def _result(
    layout: Layout,
    table: FigureTable,
    names: tuple[str, CovarianceMethod],
    about: tuple[Design, list[str]],
    level: float,
) -> MrmcResult:
    if not 0 < level < 1:
        raise UsageError(f"A confidence level of {level} is not between 0 and 1.")
    design, notes = about
    nested = design.kind in ("readers nested in tests", "readers and cases nested in tests")
    kept, excluded = _kept_readers(layout, table, names[0], nested=nested)
    model = fit_model(
        layout.tests,
        tuple(layout.readers[index] for index in kept),
        (table.values[:, kept], table.covariance[:, kept][:, :, :, kept]),
        table.units,
        nested=nested,
    )
    notes = [*notes, *(f"Reader '{item.reader}' was left out: {item.reason}." for item in excluded)]
    notes += _remarks(model)
    several = model.readers_can_be_random()
    analyzed = np.asarray(layout.read[:, kept].any(axis=(0, 1)))
    positives = int((layout.positive & analyzed).sum())
    return MrmcResult(
        figure=names[0],
        covariance=names[1],
        design=design,
        tests=model.tests,
        readers=model.readers,
        excluded=excluded,
        positives=positives,
        negatives=int(analyzed.sum()) - positives,
        cells=_cells(model, level),
        mean_squares=model.mean_squares,
        components=model.components,
        test_components=model.test_components,
        reader_differences=model.reader_differences(level),
        random_readers_random_cases=model.inference("random", "random", level) if several else None,
        fixed_readers_random_cases=model.inference("fixed", "random", level),
        random_readers_fixed_cases=model.inference("random", "fixed", level) if several else None,
        notes=tuple(notes),
    )


def _kept_readers(
    layout: Layout, table: FigureTable, figure: str, *, nested: bool
) -> tuple[list[int], tuple[Exclusion, ...]]:
    there = np.isfinite(table.values)
    kept, excluded = [], []
    for reader, name in enumerate(layout.readers):
        needed = layout.read[:, reader].any(axis=1) if nested else np.ones(len(layout.tests), bool)
        short = [layout.tests[test] for test in np.flatnonzero(needed & ~there[:, reader])]
        if short or not needed.any():
            reason = f"too few cases for the {figure} in test {', '.join(short)}" if short else "no reads"
            excluded.append(Exclusion(name, reason))
        else:
            kept.append(reader)
    empty = [name for test, name in enumerate(layout.tests) if not there[test, kept].any()]
    if not kept or empty:
        reasons = "; ".join(f"reader '{item.reader}': {item.reason}" for item in excluded)
        raise InputError(
            f"The {figure} can not be compared: no reader is left ({reasons}). Add reads, or select tests "
            "and readers that belong together."
        )
    return kept, tuple(excluded)


def _cells(model: OrModel, level: float) -> tuple[CellEstimate, ...]:
    quantile, found = t_quantile(level, math.inf), []
    for test, reader in np.argwhere(np.isfinite(model.values)):
        value = float(model.values[test, reader])
        error = math.sqrt(max(float(model.covariance[test, reader, test, reader]), 0.0))
        margin = quantile * error
        found.append(
            CellEstimate(
                model.tests[test], model.readers[reader], value, error, (value - margin, value + margin)
            )
        )
    return tuple(found)


def _remarks(model: OrModel) -> list[str]:
    remarks, parts = [], model.components
    if not model.readers_can_be_random():
        remarks.append("With one reader in a test nothing can be said about other readers.")
    if parts.cov2 < parts.cov3:
        remarks.append("The estimate of Cov2 - Cov3 is below 0 and counts as 0.")
    if model.nested and len(set(model.counts)) > 1:
        remarks.append("Tests have different numbers of readers; the overall test is approximate.")
    return remarks
