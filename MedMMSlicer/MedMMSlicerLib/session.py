"""Use cases: what a front end asks for, without Qt and without MRML types.

`analyze` goes from files to a case, predictions and a drafted report; `write_analysis` writes everything that
the contract of ``medmm analyze`` promises, or nothing.
"""

from __future__ import annotations

import dataclasses
import importlib.util
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .context.merge import complete_from_header
from .core import Case, ClinicalContext, Prediction, Report, Series, to_json
from .errors import InputError, NothingApplicableError, UsageError
from .inference.engine import SILENT, RunControl, RunOptions

if TYPE_CHECKING:
    from .bundles.catalog import BundleCatalog
    from .bundles.loading import ModelBundle

__all__ = [
    "Analysis",
    "AnalysisRequest",
    "analyze",
    "analyze_series",
    "in_language",
    "leading_heat_map",
    "read_series",
    "write_analysis",
]

REGION_SLACK = 1.6
"""A volume up to this many times the block of a bundle is read around its centre when no point is given."""

PredictFunction = Callable[..., Prediction]


@dataclass(frozen=True)
class AnalysisRequest:
    """What to read and how.

    Parameters
    ----------
    inputs : tuple of Path
        Files and folders of one case.
    bundle : str
        Id, folder or ``auto``.
    series : str
        Which series to read: a series UID, or part of its name; empty: the first that the bundle applies to.
    context : ClinicalContext
    context_remarks : tuple of str
        What had to be refused or assumed while the context was read; shown with the other remarks.
    options : RunOptions
    points_ras : tuple of (3,) float, mm, RAS
        Where a bundle that reads around a point looks.
    language : str
        Of the report.
    """

    inputs: tuple[Path, ...]
    bundle: str = "auto"
    series: str = ""
    context: ClinicalContext = field(default_factory=ClinicalContext)
    options: RunOptions = field(default_factory=RunOptions)
    points_ras: tuple[tuple[float, float, float], ...] = ()
    language: str = "en"
    context_remarks: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Analysis:
    """A case that was read: what was found, by which bundle, the drafted report, remarks for the reader."""

    case: Case
    bundle: ModelBundle
    prediction: Prediction
    report: Report
    remarks: tuple[str, ...]


def read_series(inputs: Sequence[Path], control: RunControl) -> tuple[Series, ...]:
    """List every series of the inputs, voxels not loaded.

    Raises
    ------
    InputError
        If nothing can be read.
    """
    from .dicom.reading import scan

    control.step("looking for images", 0.0)

    def progress(done: int, total: int) -> None:
        control.step("reading headers", 0.1 * done / max(1, total))

    return tuple(series for study in scan(inputs, progress) for series in study.series)


def analyze(
    request: AnalysisRequest,
    catalog: BundleCatalog,
    control: RunControl = SILENT,
    predict: PredictFunction | None = None,
) -> Analysis:
    """Read the inputs, choose series and bundle, run it and draft the report.

    Where the bundle is chosen here and refuses the image, the others that fit as well are tried in turn; a
    remark names those that refused.

    Parameters
    ----------
    predict : callable, optional
        Stands in for `inference.predictor.predict_points` in tests.

    Raises
    ------
    InputError, BundleError, DeviceError, NothingApplicableError, UsageError
    """
    found = read_series(request.inputs, control)
    started = time.perf_counter()
    chosen, bundles, remarks = _choose(found, request, catalog, control)
    read_s = time.perf_counter() - started
    refused: list[str] = []
    first: Analysis | None = None
    for bundle in bundles:
        said = (*remarks, *refused)
        try:
            found_by = analyze_series(
                chosen, bundle, request, control, remarks=said, predict=predict, read_s=read_s
            )
        except UsageError:
            # It needs a point; what was asked first has its answer.
            if first is None:
                raise
            continue
        if found_by.prediction.is_applicable:
            return found_by
        first = first or found_by
        refused.append(f"{bundle.manifest.id} refused the image: {' '.join(found_by.prediction.refusals)}")
    assert first is not None
    return dataclasses.replace(first, remarks=(*first.remarks, *refused[1:]))


def analyze_series(
    series: Series,
    bundle: ModelBundle,
    request: AnalysisRequest,
    control: RunControl = SILENT,
    *,
    remarks: tuple[str, ...] = (),
    predict: PredictFunction | None = None,
    read_s: float = 0.0,
) -> Analysis:
    """Run ``bundle`` on one series (loaded here if it is not yet) and draft the report.

    ``read_s`` is what reading took so far.
    """
    from .bundles.suggestion import judge
    from .inference.predictor import predict_points
    from .reporting.draft import DraftOptions, draft_report

    started = time.perf_counter()
    loaded = _loaded(series, control)
    read_s += time.perf_counter() - started
    context, contradictions = complete_from_header(request.context, loaded.facts)
    suggestion = judge(bundle, loaded)
    if not suggestion.applicable:
        refused = InputError if request.bundle != "auto" else NothingApplicableError
        raise refused(f"{loaded.name} was not read: {suggestion.reason}")
    case = Case(id=_case_id(loaded), series={"current": loaded}, context=context)
    _check_point(loaded, bundle, request)
    run = predict or predict_points
    prediction = run(bundle, case, request.points_ras, request.options, control)
    prediction = _with_read_time(prediction, read_s)
    control.step("drafting the report", 0.98)
    remarks = (*remarks, *request.context_remarks, *contradictions)
    options = DraftOptions(remarks=remarks)
    report = draft_report(case, [prediction], [bundle.manifest], request.language, options)
    return Analysis(case, bundle, prediction, report, (suggestion.reason, *remarks))


def in_language(analysis: Analysis, language: str) -> Analysis:
    """The same analysis with its report drafted in another language."""
    from .reporting.draft import DraftOptions, draft_report

    # The first remark says why the bundle was chosen, and stands in no report.
    options = DraftOptions(remarks=analysis.remarks[1:])
    report = draft_report(analysis.case, [analysis.prediction], [analysis.bundle.manifest], language, options)
    return dataclasses.replace(analysis, report=report)


def write_analysis(analysis: Analysis, out: Path, control: RunControl = SILENT) -> tuple[Path, ...]:
    """Write every result into ``out``, or nothing.

    The files are made in a temporary folder beside ``out`` and moved only when all of them are complete.

    Returns
    -------
    tuple of Path
        The files written.

    Raises
    ------
    OutputError, DiskFullError
        If ``out`` can not be written.
    """
    from .files import output_error

    out = out.absolute()
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out} is a file. Give the path of a folder.")
    partial = out.with_name(f".{out.name}-partial-{os.getpid()}")
    try:
        partial.mkdir(parents=True)
        for write in _writers(analysis):
            control.step("writing results", 0.99)
            write(analysis, partial)
        out.mkdir(exist_ok=True)
        return tuple(path.replace(out / path.name) for path in sorted(partial.iterdir()))
    except OSError as error:
        raise output_error(out, error) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _loaded(series: Series, control: RunControl) -> Series:
    if series.volume is not None:
        return series
    from .dicom.reading import load

    control.step("loading voxels", 0.1)
    return load(series)


def _choose(
    found: tuple[Series, ...], request: AnalysisRequest, catalog: BundleCatalog, control: RunControl
) -> tuple[Series, Iterator[ModelBundle], tuple[str, ...]]:
    """The first series that a bundle fits, loaded, as a header alone may leave open which bundle that is; and
    the bundles that fit it equally.
    """
    candidates = [
        item for item in found if request.series in (item.series_uid, "") or request.series in item.name
    ]
    if not candidates:
        names = ", ".join(item.name for item in found)
        raise UsageError(f"No series is called '{request.series}'. The input holds: {names}.")
    from .bundles.suggestion import judge

    wanted = None if request.bundle == "auto" else catalog.get(request.bundle)
    reasons: list[str] = []
    for series in candidates:
        suggestions = [judge(wanted, series)] if wanted else catalog.suggest(series)
        loaded = series
        if any(item.applicable for item in suggestions):
            loaded = _loaded(series, control)
            suggestions = [judge(wanted, loaded)] if wanted else catalog.suggest(loaded)
        for suggestion in suggestions:
            if suggestion.applicable:
                others = sorted({item.name for item in found if item is not series})
                remark = (
                    f"Read: {series.name}. Not read: {', '.join(others)}. Choose another one with --series."
                )
                equal = [item for item in suggestions if item.applicable]
                bundles = (wanted or catalog.get(str(item.bundle.path)) for item in equal)
                return loaded, bundles, (remark,) if others else ()
            if suggestion.reason not in reasons:
                reasons.append(suggestion.reason)
    if wanted is not None:
        raise InputError(f"{wanted.manifest.id} can not read {candidates[0].name}: {' '.join(reasons)}")
    raise NothingApplicableError(
        f"No bundle applies to {candidates[0].name}: {' '.join(reasons) or 'none found.'}"
    )


def _check_point(series: Series, bundle: ModelBundle, request: AnalysisRequest) -> None:
    spec = bundle.manifest.preprocess
    if spec.region.kind != "roi" or request.points_ras or spec.region.size is None or series.volume is None:
        return
    geometry = series.volume.geometry
    extent = sorted(size * spacing for size, spacing in zip(geometry.shape, geometry.spacing_mm))
    block = sorted(
        size * step for size, step in zip(spec.region.size, spec.spacing_mm or geometry.spacing_mm)
    )
    if any(have > REGION_SLACK * wanted for have, wanted in zip(extent, block)):
        size = " x ".join(f"{edge:g}" for edge in block)
        raise UsageError(
            f"{bundle.manifest.id} reads {size} mm around a point, and {series.name} is larger. "
            "Give the point with --at R,A,S (mm)."
        )


def _case_id(series: Series) -> str:
    name = series.paths[0].name.split(".")[0] if not series.is_dicom else series.series_uid
    return name or "case"


def _with_read_time(prediction: Prediction, read_s: float) -> Prediction:
    seconds = {"read": read_s, **prediction.provenance.stage_seconds}
    return dataclasses.replace(
        prediction, provenance=dataclasses.replace(prediction.provenance, stage_seconds=seconds)
    )


def _writers(analysis: Analysis) -> list[Callable[[Analysis, Path], None]]:
    writers: list[Callable[[Analysis, Path], None]] = []
    if analysis.prediction.label_maps:
        writers.append(_write_segmentations)
    if analysis.case.series["current"].is_dicom:
        writers.append(_write_structured_report)
    writers += [_write_pictures_and_report, _write_case]
    if importlib.util.find_spec("slicer") is not None:
        writers.append(_write_scene)
    return writers


def _write_segmentations(analysis: Analysis, folder: Path) -> None:
    from .dicom.segmentation import write_segmentation_dicom, write_segmentation_nrrd

    series = analysis.case.series["current"]
    for index, label_map in enumerate(analysis.prediction.label_maps):
        name = "segmentation" if index == 0 else f"segmentation-{index + 1}"
        provenance = analysis.prediction.provenance
        write_segmentation_nrrd(
            label_map, provenance, folder / f"{name}.seg.nrrd", series.series_uid or series.name
        )
        if series.is_dicom and label_map.array.any():
            write_segmentation_dicom(label_map, series, provenance, folder / f"{name}.dcm")


def _write_structured_report(analysis: Analysis, folder: Path) -> None:
    from .dicom.structured_report import write_measurement_report

    segmentation = folder / "segmentation.dcm"
    write_measurement_report(
        analysis.prediction,
        analysis.case.series["current"],
        segmentation if segmentation.exists() else None,
        folder / "report_sr.dcm",
    )


def _write_pictures_and_report(analysis: Analysis, folder: Path) -> None:
    from .overlay import draw_overlay
    from .reporting.render import to_html, to_text
    from .reporting.render import to_json as report_to_json

    language = analysis.report.language
    shown = leading_heat_map(analysis.prediction)
    picture = draw_overlay(analysis.case.series["current"], analysis.prediction, language, shown)
    picture.save(folder / "overlay.png")
    image = (folder / "overlay.png").read_bytes()
    html = to_html(analysis.report, [analysis.prediction], images={"overlay": image})
    (folder / "report.html").write_text(html, encoding="utf-8")
    (folder / "report.txt").write_text(to_text(analysis.report), encoding="utf-8")
    _write_json(report_to_json(analysis.report, [analysis.prediction]), folder / "report.json")


def leading_heat_map(prediction: Prediction) -> str | None:
    """Id of the heat map of the finding that is furthest above its operating point, None without any.

    A class that says that nothing was found has nothing to show.
    """
    margins = {
        finding.id: finding.probability - finding.operating_point.threshold
        for finding in prediction.findings
        if finding.probability is not None
        and finding.operating_point is not None
        and finding.kind != "normal"
        and finding.status != "rejected"
    }
    explained = {item.finding_id: item.id for item in prediction.heat_maps if item.finding_id in margins}
    if not explained:
        return None
    return explained[max(explained, key=lambda name: margins[name])]


def _write_case(analysis: Analysis, folder: Path) -> None:
    value: dict[str, Any] = {
        "schema": "1.0",
        "case": {
            "id": analysis.case.id,
            "context": to_json(analysis.case.context),
            "series": {
                role: {"name": item.name, "facts": to_json(item.facts), "notes": to_json(item.notes)}
                for role, item in analysis.case.series.items()
            },
        },
        "remarks": list(analysis.remarks),
        "prediction": to_json(analysis.prediction),
        "files": sorted(path.name for path in folder.iterdir()),
    }
    _write_json(value, folder / "case.json")


def _write_scene(analysis: Analysis, folder: Path) -> None:
    # Built by the host's headless MRML engine; inside Slicer the panel uses the application's own scene.
    from MedMMSlicerHost.application import HostApplication

    from .scene.bundle_io import save_scene
    from .scene.case_scene import build_case_scene

    application = HostApplication.instance()
    application.clear()
    page = (folder / "report.html").read_text(encoding="utf-8")
    build_case_scene(
        application.scene, analysis.case, [analysis.prediction], analysis.report, report_html=page
    )
    save_scene(application.scene, folder / "scene.mrb")
    application.clear()


def _write_json(value: Any, path: Path) -> None:
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")
