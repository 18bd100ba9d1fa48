"""Exports from the reading room: the case as a folder, then what ``medmm export`` does with one."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core import Case, LabelMap, Prediction, Provenance, Series, to_json
from ..errors import NothingApplicableError, UsageError
from ..reporting.document.codec import document_to_json
from .finding_view import current_findings

if TYPE_CHECKING:
    from .record import CaseRecord
    from .room import ReadingRoom

__all__ = ["ReportExport", "export_report"]

_NEED_IMAGES = frozenset(("dicom", "seg", "sr", "text-sr"))
_NEED_SEGMENTS = frozenset(("seg", "nrrd"))
_PICTURES = frozenset(("html", "pdf", "png"))
_REPORTS = {
    "report.html": "html",
    "report.pdf": "pdf",
    "report.txt": "txt",
    "report.json": "json",
    "report.fhir.json": "fhir",
    "report_sr.dcm": "sr",
    "report_text_sr.dcm": "text-sr",
}
"""Files that hold the report, and what the audit trail calls them."""


@dataclass(frozen=True)
class ReportExport:
    """What to export; see `reporting.exports.case_export.ExportRequest`.

    ``pixels_cleared`` and ``texts_cleared``: a person looked, and nothing there identifies anybody.
    """

    formats: tuple[str, ...]
    deidentify: bool = False
    pixels_cleared: bool = False
    texts_cleared: bool = False
    remove: tuple[str, ...] = dataclasses.field(default=(), repr=False)
    key_path: Path | None = dataclasses.field(default=None, repr=False)


@dataclass(frozen=True, eq=False)
class _Job:
    """A case on its way into a folder."""

    room: ReadingRoom
    record: CaseRecord
    case: Case
    prediction: Prediction | None
    formats: frozenset[str]
    folder: Path

    @property
    def series(self) -> Series:
        found = self.case.series.get("current")
        if found is None:
            raise UsageError("The image of this case is not in the scene any more. Open it again.")
        return found

    @property
    def provenance(self) -> Provenance:
        if self.prediction is None:
            # Outlines that a person drew where no model was asked.
            return Provenance("", "", "", (), "", "", {}, {}, "")
        return self.prediction.provenance


def export_report(room: ReadingRoom, wanted: ReportExport, out: Path) -> tuple[Path, ...]:
    """Write the current case into a new folder ``out``, or nothing; the audit trail notes each report.

    Segments are said to be automatic, semi-automatic or manual, each as it was made.

    Returns
    -------
    tuple of Path
        The files written.

    Raises
    ------
    UsageError
        If there is no report, ``out`` is not empty, DICOM is asked for without the image's files, or a
        person has to look at pixels or texts first.
    NothingApplicableError
        If the case has nothing for any of the formats.
    OutputError, DiskFullError
        If something can not be written.
    """
    from ..dicom.deidentify import PixelClearance
    from ..reporting.exports.case_export import ExportRequest, export_case

    record, document = room.require_record(), room.report.workflow.document
    if document is None:
        raise UsageError("There is no report yet. Analyze the images first, or start one without a model.")
    with tempfile.TemporaryDirectory(prefix="medmm-export-") as name:
        job = _job(room, record, frozenset(wanted.formats), Path(name))
        _write_case(job)
        (job.folder / "document.json").write_text(
            json.dumps(document_to_json(document), ensure_ascii=False), encoding="utf-8"
        )
        files = tuple(job.series.paths) if "dicom" in job.formats else ()
        request = ExportRequest(
            inputs=(job.folder, *files),
            formats=wanted.formats,
            deidentify=wanted.deidentify,
            clearance=PixelClearance(wanted.pixels_cleared),
            text_cleared=wanted.texts_cleared,
            remove=wanted.remove,
            key_path=wanted.key_path,
        )
        written = export_case(request, out)
    for path in written:
        if path.name in _REPORTS:
            room.report.workflow.exported(_REPORTS[path.name], hashlib.sha256(path.read_bytes()).hexdigest())
    return written


def _job(room: ReadingRoom, record: CaseRecord, formats: frozenset[str], folder: Path) -> _Job:
    prediction = record.prediction
    if prediction is not None:
        prediction = dataclasses.replace(
            prediction, findings=current_findings(record), label_maps=(), heat_maps=()
        )
    job = _Job(room, record, room.cases.case(), prediction, formats, folder)
    if formats & _NEED_IMAGES:
        _require_files(job.series)
    return job


def _require_files(series: Series) -> None:
    if not series.is_dicom:
        raise UsageError(f"{series.name} is not DICOM. Choose other formats.")
    if not series.paths:
        raise UsageError(
            f"The files of {series.name} are not known here. Open the DICOM files themselves, then export."
        )


def _write_case(job: _Job) -> None:
    maps = _label_maps(job) if job.formats & (_NEED_IMAGES | _NEED_SEGMENTS | _PICTURES) else ()
    types = _algorithm_types(job)
    for number, label_map in enumerate(maps, start=1):
        _write_segmentation(
            job, label_map, "segmentation" if number == 1 else f"segmentation-{number}", types
        )
    if job.formats & {"sr", "text-sr"}:
        from ..dicom.structured_report import write_measurement_report

        if job.prediction is None:
            raise NothingApplicableError("A DICOM report needs results of a model. Choose other formats.")
        segmentation = job.folder / "segmentation.dcm"
        write_measurement_report(
            job.prediction,
            job.series,
            segmentation if segmentation.exists() else None,
            job.folder / "report_sr.dcm",
        )
    if job.formats & _PICTURES:
        from ..overlay import draw_overlay

        shown = () if job.prediction is None else dataclasses.replace(job.prediction, label_maps=maps)
        draw_overlay(job.series, shown, job.room.language).save(job.folder / "overlay.png")
    if "mrb" in job.formats:
        from ..scene.bundle_io import save_scene

        save_scene(job.room.scene, job.folder / "scene.mrb")
    _write_case_json(job)


def _write_segmentation(job: _Job, label_map: LabelMap, name: str, types: Mapping[str, str]) -> None:
    from ..dicom.segmentation import write_segmentation_dicom, write_segmentation_nrrd

    reference = job.series.series_uid or job.series.name
    write_segmentation_nrrd(label_map, job.provenance, job.folder / f"{name}.seg.nrrd", reference, types)
    if job.formats & {"seg", "sr", "text-sr"}:
        write_segmentation_dicom(label_map, job.series, job.provenance, job.folder / f"{name}.dcm", types)


def _label_maps(job: _Job) -> tuple[LabelMap, ...]:
    """The segments as they are now, on the grid of the image; those without voxels are left out."""
    from ..scene.segmentations import label_maps_from_node

    volume, found = job.series.volume, []
    for node_id in job.room.cases.nodes("segmentation"):
        if volume is None:
            continue
        for label_map in label_maps_from_node(job.room.scene, node_id, None, volume.geometry):
            kept = tuple(item for item in label_map.segments if (label_map.array == item.value).any())
            if kept:
                found.append(dataclasses.replace(label_map, segments=kept))
    return tuple(found)


def _algorithm_types(job: _Job) -> dict[str, str]:
    return {row.segment_id: row.algorithm_type for row in job.room.segments.rows()}


def _write_case_json(job: _Job) -> None:
    value: dict[str, Any] = {
        "schema": "1.0",
        "case": {
            "id": job.record.id,
            "context": to_json(job.case.context),
            "series": {
                role: {"name": item.name, "facts": to_json(item.facts), "notes": to_json(item.notes)}
                for role, item in job.case.series.items()
            },
        },
        "remarks": [*job.record.remarks, *job.record.context_remarks],
        "prediction": None if job.prediction is None else to_json(job.prediction),
        "files": sorted(path.name for path in job.folder.iterdir()),
    }
    text = json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False)
    (job.folder / "case.json").write_text(f"{text}\n", encoding="utf-8")
