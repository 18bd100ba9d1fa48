"""Figures of a bundle on cases with a reference standard: what ``medmm evaluate`` does.

`evaluate` reads ``CASES.csv`` (see `case_table`), runs the bundle on every case and writes ``metrics.json``
and ``predictions.csv``. A case that fails is reported and counted, and the others go on.
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .bundles.manifest import LabelDefinition
from .case_table import EvaluationCase, read_case_table
from .context.merge import complete_from_header
from .core import Case, Prediction, Series, Volume
from .errors import (
    BundleError,
    CancelledError,
    DiskFullError,
    InputError,
    MedMMError,
    OutputError,
    WorkerError,
)
from .evaluation_output import FOREGROUND, CaseResult, FailedCase, build_metrics, write_predictions
from .files import atomic_write
from .inference.engine import SILENT, RunControl, RunOptions
from .stats.reference_standard import ReferenceStandard, reference_from_mask
from .stats.segmentation import segmentation_metrics, voxel_steps_mm
from .stats.summaries import CaseFigures, figures_of_case

if TYPE_CHECKING:
    from .bundles.loading import ModelBundle

__all__ = ["EvaluationTools", "evaluate", "exit_code"]

_STOPS_EVERYTHING = (CancelledError, BundleError, OutputError, DiskFullError, WorkerError)
"""Errors that the next case would meet as well, or that mean stop."""


@dataclass(frozen=True)
class EvaluationTools:
    """What `evaluate` reads and predicts with; tests put their own in.

    Parameters
    ----------
    read : callable
        Path of an image to a loaded `Series`.
    predict : callable
        (bundle, case, options, control) to a `Prediction`.
    """

    read: Callable[[Path], Series]
    predict: Callable[[ModelBundle, Case, RunOptions, RunControl], Prediction]


def evaluate(
    bundle: ModelBundle,
    cases_csv: Path,
    out: Path,
    options: RunOptions | None = None,
    control: RunControl = SILENT,
    tools: EvaluationTools | None = None,
) -> dict[str, Any]:
    """Run ``bundle`` on every case and compare with the reference standard.

    Parameters
    ----------
    bundle : ModelBundle
    cases_csv : Path
        See `case_table`.
    out : Path
        Folder for ``metrics.json`` and ``predictions.csv``, made when missing.
    options : RunOptions, optional
        ``point_ras`` counts for the cases without a point of their own.
    control : RunControl
    tools : EvaluationTools, optional
        Stands in for reading and predicting in tests.

    Returns
    -------
    dict
        What was written to ``metrics.json``; `exit_code` says whether every case was read.

    Raises
    ------
    InputError
        If the table is wrong. Nothing has run then.
    BundleError, CancelledError, OutputError, DiskFullError
        Nothing is written then.
    """
    table = read_case_table(cases_csv, bundle.manifest.context)
    _check_output(out)
    tools = tools or _default_tools()
    options = options or RunOptions()
    outcomes = []
    for index, row in enumerate(table.cases):
        outcomes.append(
            _run_case(bundle, row, options, tools, _share(control, row.id, index, len(table.cases)))
        )
    metrics = build_metrics(bundle, table, outcomes)
    with atomic_write(out / "predictions.csv") as predictions, atomic_write(out / "metrics.json") as figures:
        write_predictions(predictions, bundle.manifest, table, outcomes)
        text = json.dumps(metrics, indent=2, ensure_ascii=False, allow_nan=False)
        figures.write_text(text + "\n", encoding="utf-8")
    control.progress("done", 1.0)
    return metrics


def exit_code(metrics: Mapping[str, Any]) -> int:
    """Code for the command line: 0 if every case was evaluated, else that of the first failure."""
    failures = metrics["failures"]
    return int(failures[0]["exit_code"]) if failures else 0


def _default_tools() -> EvaluationTools:
    from .dicom.reading import read_image
    from .inference.predictor import EngineCache, predict

    engines = EngineCache()  # opened once for all cases

    def run(bundle: ModelBundle, case: Case, options: RunOptions, control: RunControl) -> Prediction:
        return predict(bundle, case, options, control, engines)

    return EvaluationTools(read_image, run)


def _check_output(out: Path) -> None:
    """Say before a long run that its results could not be written."""
    existing = next(path for path in (out.absolute(), *out.absolute().parents) if path.exists())
    if not existing.is_dir():
        raise OutputError(f"{existing} is a file. Give the path of a folder for the results.")
    if not os.access(existing, os.W_OK):
        raise OutputError(f"{existing} can not be written. Choose a folder that you may write to.")


def _share(control: RunControl, name: str, index: int, total: int) -> RunControl:
    """The part of a progress bar that belongs to one case."""

    def progress(stage: str, fraction: float) -> None:
        control.progress(f"{name}: {stage}", (index + min(max(fraction, 0.0), 1.0)) / total)

    return RunControl(progress=progress, cancelled=control.cancelled)


def _run_case(
    bundle: ModelBundle, row: EvaluationCase, options: RunOptions, tools: EvaluationTools, control: RunControl
) -> CaseResult | FailedCase:
    control.step("reading", 0.0)
    try:
        started = time.perf_counter()
        series = _with_view(tools.read(row.image), row.view)
        read_s = time.perf_counter() - started
        volume = _volume(series, row.image)
        labels = bundle.manifest.labels
        reference = None
        if row.mask is not None and labels:
            mask = _volume(tools.read(row.mask), row.mask)
            reference = _reference(mask, volume, labels, row.mask)
        context, contradictions = complete_from_header(row.context, series.facts)
        case = Case(id=row.id, series={bundle.manifest.inputs[0].role: series}, context=context)
        chosen = dataclasses.replace(options, point_ras=row.point_ras or options.point_ras, heat_maps="none")
        started = time.perf_counter()
        prediction = tools.predict(bundle, case, chosen, control)
        seconds = read_s + time.perf_counter() - started
        prediction = _with_withheld(prediction)
        figures = _figures(prediction, volume, reference, labels) if reference is not None else {}
    except _STOPS_EVERYTHING:
        raise
    except MedMMError as error:
        return FailedCase(row, error)
    return CaseResult(
        case=row,
        prediction=dataclasses.replace(prediction, label_maps=(), heat_maps=()),  # frees the memory
        seconds=seconds,
        figures=figures,
        labels_compared=reference is not None and bool(reference.label_values),
        notes=contradictions + (reference.notes if reference is not None else ()),
    )


def _with_withheld(prediction: Prediction) -> Prediction:
    """What was computed on a refused image counts in the figures like any other: leaving the hard cases out
    would flatter them. ``n_refused`` says how many there are.
    """
    withheld = prediction.withheld
    if withheld is None:
        return prediction
    return dataclasses.replace(
        prediction,
        label_maps=withheld.label_maps,
        findings=withheld.findings,
        measurements=withheld.measurements,
        withheld=None,
    )


def _with_view(series: Series, view: str) -> Series:
    if not view:
        return series
    return dataclasses.replace(series, facts=dataclasses.replace(series.facts, view=view))


def _volume(series: Series, path: Path) -> Volume:
    if series.volume is None:
        raise InputError(f"{path} was read without its voxels. Report this.")
    return series.volume


def _reference(
    mask: Volume, image: Volume, labels: Sequence[LabelDefinition], path: Path
) -> ReferenceStandard:
    try:
        return reference_from_mask(mask, image, [label.value for label in labels])
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def _figures(
    prediction: Prediction, image: Volume, reference: ReferenceStandard, labels: Sequence[LabelDefinition]
) -> dict[str, CaseFigures]:
    predicted = _predicted_labels(prediction, image, labels)
    steps = voxel_steps_mm(image.geometry)

    def compare(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> CaseFigures:
        metrics = segmentation_metrics(first, second, steps)
        return figures_of_case(metrics, spacing_known=image.spacing_known)

    figures = {}
    for label in labels:
        if label.value in reference.label_values:
            figures[label.id] = compare(reference.array == label.value, predicted == label.value)
    if len(labels) == 1 and figures:
        figures[FOREGROUND] = figures[labels[0].id]
    elif FOREGROUND not in figures:
        figures[FOREGROUND] = compare(reference.array > 0, predicted > 0)
    return figures


def _predicted_labels(
    prediction: Prediction, image: Volume, labels: Sequence[LabelDefinition]
) -> NDArray[np.uint8]:
    """Label map with the values of the manifest; segments of either side of the body are the same label."""
    if not prediction.label_maps:
        raise InputError("The bundle gave no segmentation for this image. Check that it fits the bundle.")
    result = np.zeros(image.geometry.shape, np.uint8)
    for label_map in prediction.label_maps:
        if not label_map.geometry.same_grid(image.geometry):
            raise InputError("The segmentation does not lie on the grid of the image. Report this.")
        table = np.zeros(256, np.uint8)
        for segment in label_map.segments:
            table[segment.value] = _label_of_segment(segment.id, labels).value
        values = table[label_map.array]
        np.copyto(result, values, where=values > 0)
    return result


def _label_of_segment(identifier: str, labels: Sequence[LabelDefinition]) -> LabelDefinition:
    plain = identifier.removeprefix("seg-")
    for wanted in (identifier, plain, re.sub(r"-(left|right)$", "", plain)):
        for label in labels:
            if label.id == wanted:
                return label
    raise InputError(f"The segment {identifier} is no label of the bundle. Report this.")
