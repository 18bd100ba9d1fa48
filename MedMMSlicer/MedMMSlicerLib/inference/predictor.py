"""The predictor: a bundle and a case in, a prediction out. Used alike by the worker process, the command line
and scripts.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ..bundles.manifest import Manifest
from ..core import Case, Prediction, Provenance, Series, Volume
from ..errors import InputError, UsageError
from .engine import SILENT, EngineFactory, RunControl, RunOptions
from .grids import check_point
from .network import EngineCache, open_graph
from .onnx_engine import open_engine
from .outcome import Inputs, collect_outcome, make_prediction
from .plan import available_bytes
from .provenance import StageClock, input_reference, software_versions
from .reading_pass import PassResult, ReadingPass, scaled

if TYPE_CHECKING:
    from ..bundles.loading import ModelBundle

__all__ = ["EngineCache", "input_of", "predict", "predict_points"]

Point = tuple[float, float, float]

DEFAULT_OPTIONS = RunOptions()


def predict(
    bundle: ModelBundle,
    case: Case,
    options: RunOptions = DEFAULT_OPTIONS,
    control: RunControl = SILENT,
    engines: EngineFactory | EngineCache = open_engine,
) -> Prediction:
    """Run a bundle on a case, around ``options.point_ras`` if it is a ``roi`` bundle.

    Parameters
    ----------
    bundle : ModelBundle
    case : Case
        The series of the bundle's first input role must be loaded.
    options : RunOptions
    control : RunControl
        Progress runs from 0 to 1 over the whole run.
    engines : callable or EngineCache
        Opens the network, or holds it open.

    Returns
    -------
    Prediction
        Label map on the grid of the image, measurements, findings, evidence, provenance. Of an image that
        the bundle is not made for, all of it is withheld.

    Raises
    ------
    InputError
        If the case lacks the image, or it is not what the bundle takes.
    UsageError
        If the point lies outside of the image.
    BundleError
        If the network is not what the manifest says.
    MemoryLimitError
        If the memory does not suffice.
    DeviceError
        If the device gave up.
    CancelledError
        If the run was cancelled.
    """
    points = () if options.point_ras is None else (options.point_ras,)
    return predict_points(bundle, case, points, options, control, engines)


def predict_points(
    bundle: ModelBundle,
    case: Case,
    points_ras: Sequence[Point] = (),
    options: RunOptions = DEFAULT_OPTIONS,
    control: RunControl = SILENT,
    engines: EngineFactory | EngineCache = open_engine,
) -> Prediction:
    """Run a ``roi`` bundle at several points (both sides, say) and give one prediction.

    The label map has a segment per label and side, and measurements compare the sides. Without points, or
    with a bundle that reads the whole image, this is `predict`. Parameters and errors are those of `predict`.
    """
    manifest = bundle.manifest
    role = manifest.inputs[0].role
    series, volume = input_of(bundle, case)
    points, notes = _points(manifest, volume, points_ras or _as_tuple(options.point_ras))
    clock = StageClock()
    control.step("open", 0.0)
    with clock.stage("open"):
        runner = open_graph(bundle, options.device, options.threads, engines)
    limit = options.memory_limit_bytes or available_bytes()
    reader = ReadingPass(manifest, runner, volume, clock, limit)
    results = []
    for index, point in enumerate(points):
        part = scaled(control, 0.05 + 0.9 * index / len(points), 0.05 + 0.9 * (index + 1) / len(points))
        results.append(reader.read(point, part))
    control.step("measure", 0.96)
    with clock.stage("measure"):
        inputs = Inputs(bundle, case, series, volume, options, engines)
        outcome = collect_outcome(inputs, points, results)
    notes = (*notes, *outcome.notes, *(note for result in results for note in result.notes))
    with clock.stage("hash"):
        reference = input_reference(role, series, volume)
    provenance = Provenance(
        bundle_id=manifest.id,
        bundle_version=manifest.version,
        bundle_sha256=bundle.sha256,
        inputs=(reference,),
        device_requested=options.device,
        provider_used=runner.engine.provider,
        stage_seconds=clock.seconds,
        software=software_versions(),
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        parameters={**_parameters(manifest, points, results), **outcome.facts},
        notes=tuple(dict.fromkeys((*runner.engine.notes, *bundle.notes, *notes))),
    )
    control.step("done", 1.0)
    return make_prediction(outcome, provenance)


def input_of(bundle: ModelBundle, case: Case) -> tuple[Series, Volume]:
    """The series and its voxels that a bundle reads in a case.

    Raises
    ------
    InputError
        If the case lacks the image, or it is not what the bundle takes.
    """
    wanted = bundle.manifest.inputs[0]
    series = case.series.get(wanted.role)
    if series is None or series.volume is None:
        have = ", ".join(sorted(case.series)) or "none"
        raise InputError(
            f"{bundle.manifest.id} needs an image in the role '{wanted.role}', and the case {case.id} has: "
            f"{have}. Load that series first."
        )
    volume = series.volume
    if volume.dimensions != wanted.dimensions:
        slices = volume.geometry.shape[0]
        kind = "single images" if wanted.dimensions == 2 else "volumes of several slices"
        count = "one slice" if slices == 1 else f"{slices} slices"
        raise InputError(
            f"{bundle.manifest.id} reads {kind}, and {series.name} has {count}. Choose another bundle or "
            "series."
        )
    return series, volume


def _as_tuple(point: Point | None) -> tuple[Point, ...]:
    return () if point is None else (point,)


def _points(
    manifest: Manifest, volume: Volume, points: Sequence[Point]
) -> tuple[tuple[Point | None, ...], tuple[str, ...]]:
    if not points:
        return (None,), ()
    if manifest.preprocess.region.kind != "roi":
        return (None,), ("This bundle reads the whole image; the point was not used.",)
    for point in points:
        if len(point) != 3 or not all(math.isfinite(value) for value in point):
            raise UsageError(f"The point {tuple(point)} is not three numbers (mm, RAS). Correct it.")
        check_point(volume.geometry, point)
    return tuple((float(point[0]), float(point[1]), float(point[2])) for point in points), ()


def _parameters(
    manifest: Manifest, points: Sequence[Point | None], results: Sequence[PassResult]
) -> dict[str, Any]:
    parameters: dict[str, Any] = {"region": manifest.preprocess.region.kind}
    given = [list(point) for point in points if point is not None]
    if len(given) == 1:
        parameters["point_ras"] = given[0]
    elif given:
        parameters["points_ras"] = given
    for result in results:
        parameters.update(result.facts)
    return parameters
