"""Exports of a case or of DICOM files into a folder, de-identified on request: everything or nothing."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ... import __version__
from ...errors import InputError, NothingApplicableError, UsageError
from ...files import output_error
from ..render import to_json
from .case_cleaning import cleaned_case_json, cleaned_report, people_of
from .case_folder import CaseFolder, Gathered, gather
from .exported_report import ExportedReport, standing_to_json
from .page import to_page, to_plain_text

if TYPE_CHECKING:
    from ...dicom.deidentify import Deidentifier, PixelClearance

__all__ = ["FORMATS", "ExportRequest", "export_case"]

FORMATS = ("dicom", "seg", "sr", "text-sr", "fhir", "html", "pdf", "txt", "json", "nrrd", "png", "mrb")
"""What can be asked for; by default everything that the input allows."""
_RECORD = "deidentification.json"


@dataclass(frozen=True)
class ExportRequest:
    """What to export and how.

    Parameters
    ----------
    inputs : tuple of Path
        A folder of ``medmm analyze``, and DICOM files or folders.
    formats : tuple of str
        Of `FORMATS`; empty: all that apply.
    deidentify : bool
    clearance : PixelClearance, optional
        What a person decided about text in pixels.
    text_cleared : bool
        A person looked at the doubtful places in texts.
    remove : tuple of str
        Further names and words that have to go.
    key_path : Path, optional
        Where the secret key lies; the user's own when None.
    """

    inputs: tuple[Path, ...]
    formats: tuple[str, ...] = ()
    deidentify: bool = False
    clearance: PixelClearance | None = None
    text_cleared: bool = False
    remove: tuple[str, ...] = field(default=(), repr=False)
    key_path: Path | None = field(default=None, repr=False)


@dataclass(frozen=True, eq=False)
class _Job:
    """One export under way."""

    request: ExportRequest
    gathered: Gathered
    exported: ExportedReport | None
    deidentifier: Deidentifier | None
    folder: Path

    @property
    def case(self) -> CaseFolder | None:
        return self.gathered.case

    @property
    def pictures_allowed(self) -> bool:
        """Pictures show what areas were blackened in the images alone."""
        clearance = self.request.clearance
        return self.deidentifier is None or clearance is None or clearance.cleared or not clearance.rectangles


def export_case(request: ExportRequest, out: Path) -> tuple[Path, ...]:
    """Write the export into ``out``, or nothing.

    With ``deidentify``, a last look goes through every byte of what was written; if an identifier is left,
    nothing is exported.

    Returns
    -------
    tuple of Path
        The files written.

    Raises
    ------
    UsageError
        If ``out`` is not empty, a format is unknown, or a person has to look at pixels or texts first.
    InputError
        If an input can not be read or cleaned.
    NothingApplicableError
        If the input allows none of the formats.
    OutputError, DiskFullError
        If ``out`` can not be written.
    """
    unknown = [name for name in request.formats if name not in FORMATS]
    if unknown:
        raise UsageError(f"There is no export format '{unknown[0]}'. Choose from: {', '.join(FORMATS)}.")
    out = out.absolute()
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(
            f"{out} is not empty. Give the path of a new folder, so that nothing old is mixed in."
        )
    gathered = gather(request.inputs)
    partial = out.with_name(f".{out.name}-partial-{os.getpid()}")
    try:
        partial.mkdir(parents=True, mode=0o700)
        _write(request, gathered, partial)
        names = [path.relative_to(partial) for path in sorted(partial.rglob("*")) if path.is_file()]
        partial.chmod(0o755)
        if out.exists():
            out.rmdir()
        partial.replace(out)
    except OSError as error:
        raise output_error(out, error) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return tuple(out / name for name in names)


def _write(request: ExportRequest, gathered: Gathered, folder: Path) -> None:
    exported = gathered.case.exported if gathered.case is not None else None
    deidentifier = _deidentifier(request, gathered) if request.deidentify else None
    if deidentifier is not None:
        _check_pictures(request, gathered)
        exported = cleaned_report(exported, deidentifier) if exported is not None else None
    job = _Job(request, gathered, exported, deidentifier, folder)
    for name in FORMATS:
        if not request.formats or name in request.formats:
            _WRITERS[name](job)
    if not any(folder.iterdir()):
        wanted = ", ".join(request.formats) or "any format"
        raise NothingApplicableError(
            f"The input allows no export as {wanted}. Give a case folder or DICOM files."
        )
    if deidentifier is not None:
        from ...dicom.deidentify_check import require_no_residue
        from ...dicom.deidentify_files import require_no_doubts

        require_no_doubts(deidentifier, request.text_cleared)
        _write_json(_record(request, folder), folder / _RECORD)
        require_no_residue(folder, deidentifier.identifiers)


def _deidentifier(request: ExportRequest, gathered: Gathered) -> Deidentifier:
    from ...dicom.deidentify import Deidentifier, PixelClearance, collect
    from ...dicom.deidentify_identifiers import Identifiers
    from ...dicom.deidentify_key import Pseudonyms, load_key

    paths = list(gathered.dicom) + (gathered.case.files("*.dcm") if gathered.case is not None else [])
    identifiers, patient = collect(paths)
    extra = [Identifiers(names=frozenset(request.remove), words=frozenset(request.remove))]
    if gathered.case is not None:
        extra.append(people_of(gathered.case.exported))
        patient = patient or f"case {gathered.case.exported.name}"
    pseudonyms = Pseudonyms(load_key(request.key_path))
    return Deidentifier(
        identifiers.merged(*extra), pseudonyms, patient, request.clearance or PixelClearance()
    )


def _check_pictures(request: ExportRequest, gathered: Gathered) -> None:
    """Pictures and scenes show pixels too; without the images, only the modality tells what is in them."""
    from ...dicom.deidentify_pixels import modality_reason

    case, clearance = gathered.case, request.clearance
    if case is None or (clearance is not None and (clearance.cleared or clearance.rectangles)):
        return
    reason = modality_reason(case.modality)
    wanted = [
        name for name in ("png", "html", "pdf", "mrb") if not request.formats or name in request.formats
    ]
    shows = bool(case.exported.images) or bool(case.files("*.mrb"))
    if reason and wanted and shows:
        raise UsageError(
            f"{case.path} is not exported: {reason}. Look at the pictures, then give --burned-in-cleared."
        )


def _write_dicom(job: _Job) -> None:
    from ...dicom.headers import read_dataset

    folders: dict[str, int] = {}
    counts: dict[str, int] = {}
    for path in job.gathered.dicom:
        series = str(read_dataset(path, pixels=False).get("SeriesInstanceUID") or "")
        number = folders.setdefault(series, len(folders) + 1)
        counts[series] = counts.get(series, 0) + 1
        _write_object(job, path, job.folder / "dicom" / f"series-{number:03d}" / f"{counts[series]:05d}.dcm")


def _write_objects(pattern: str) -> Callable[[_Job], None]:
    def write(job: _Job) -> None:
        for path in job.case.files(pattern) if job.case is not None else []:
            _write_object(job, path, job.folder / path.name)

    return write


def _write_object(job: _Job, path: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if job.deidentifier is None:
        shutil.copyfile(path, target)
        return
    from ...dicom.headers import DECODE_ERRORS
    from ...dicom.sources import save

    dataset = job.deidentifier.treated(path)
    try:
        save(dataset, target)
    except DECODE_ERRORS as error:
        raise InputError(f"{path} can not be written again: {error}. Leave it out.") from error


def _write_text_report(job: _Job) -> None:
    """Refers to what this export holds; so it needs the measurement report, from here or from the case."""
    from ...dicom.text_report import Verification, WrittenAddendum, headers_of_report, write_text_report

    exported = job.exported
    if job.case is None or exported is None or not job.case.files("report_sr.dcm"):
        return
    with tempfile.TemporaryDirectory(dir=job.folder, prefix=".references-") as name:
        place = Path(name)
        others = []
        for path in [*job.case.files("segmentation*.dcm"), *job.case.files("report_sr.dcm")]:
            _write_object(job, path, place / path.name)
            others.append(place / path.name)
        signature = exported.signature
        write_text_report(
            exported.report,
            headers_of_report(place / "report_sr.dcm"),
            job.folder / "report_text_sr.dcm",
            others,
            Verification(signature.name, signature.at) if signature is not None else None,
            [WrittenAddendum(item.text, item.who, item.at) for item in exported.addenda],
        )
    if job.deidentifier is not None:
        from ...dicom.deidentify import mark_deidentified

        mark_deidentified(job.folder / "report_text_sr.dcm", job.deidentifier.shift_days)


def _write_fhir(job: _Job) -> None:
    if job.exported is not None:
        from .fhir import to_fhir

        _write_json(to_fhir(job.exported), job.folder / "report.fhir.json")


def _write_html(job: _Job) -> None:
    if job.exported is not None:
        (job.folder / "report.html").write_text(to_page(_shown(job, job.exported)), encoding="utf-8")


def _write_pdf(job: _Job) -> None:
    if job.exported is not None:
        from .pdf import to_pdf

        to_pdf(_shown(job, job.exported), job.folder / "report.pdf")


def _shown(job: _Job, exported: ExportedReport) -> ExportedReport:
    images: Mapping[str, bytes] = exported.images if job.pictures_allowed else {}
    return dataclasses.replace(exported, images=images)


def _write_txt(job: _Job) -> None:
    if job.exported is not None:
        (job.folder / "report.txt").write_text(to_plain_text(job.exported), encoding="utf-8")


def _write_report_json(job: _Job) -> None:
    if job.case is None or job.exported is None:
        return
    report = to_json(job.exported.report, job.exported.predictions)
    _write_json({**report, "standing": standing_to_json(job.exported)}, job.folder / "report.json")
    value = job.case.case_json
    if job.deidentifier is not None:
        value = cleaned_case_json(value, job.case.exported, job.deidentifier)
    _write_json(value, job.folder / "case.json")


def _write_nrrd(job: _Job) -> None:
    from ...dicom.deidentify_files import clean_nrrd

    for path in job.case.files("*.seg.nrrd") if job.case is not None else []:
        data = path.read_bytes() if job.deidentifier is None else clean_nrrd(path, job.deidentifier)
        (job.folder / path.name).write_bytes(data)


def _write_png(job: _Job) -> None:
    from ...dicom.deidentify_files import clean_picture

    for path in job.case.files("overlay.png") if job.case is not None and job.pictures_allowed else []:
        data = path.read_bytes() if job.deidentifier is None else clean_picture(path)
        (job.folder / path.name).write_bytes(data)


def _write_mrb(job: _Job) -> None:
    from ...dicom.deidentify_files import clean_archive

    for path in job.case.files("*.mrb") if job.case is not None and job.pictures_allowed else []:
        data = path.read_bytes() if job.deidentifier is None else clean_archive(path, job.deidentifier)
        (job.folder / "scene.mrb").write_bytes(data)


_WRITERS: dict[str, Callable[[_Job], None]] = {
    "dicom": _write_dicom,
    "seg": _write_objects("segmentation*.dcm"),
    "sr": _write_objects("report_sr.dcm"),
    "text-sr": _write_text_report,
    "fhir": _write_fhir,
    "html": _write_html,
    "pdf": _write_pdf,
    "txt": _write_txt,
    "json": _write_report_json,
    "nrrd": _write_nrrd,
    "png": _write_png,
    "mrb": _write_mrb,
}


def _record(request: ExportRequest, folder: Path) -> dict[str, Any]:
    """What was done, for whoever gets the export; neither key nor mapping nor old values."""
    from ...dicom.deidentify_profile import PROFILE_EDITION

    clearance = request.clearance
    areas: Sequence[Any] = clearance.rectangles if clearance is not None else ()
    return {
        "schema": "medmm-deidentification",
        "schema_version": 1,
        "software": f"MedMM {__version__}",
        "profile": f"DICOM PS3.15 Basic Application Level Confidentiality Profile, {PROFILE_EDITION}",
        "options": ["113104 Clean Structured Content", "113107 Modified Dates", "113101 Clean Pixel Data"]
        if areas
        else ["113104 Clean Structured Content", "113107 Modified Dates"],
        "burned_in_cleared_by_user": bool(clearance is not None and clearance.cleared),
        "blackened_areas": [dataclasses.asdict(item) for item in areas],
        "text_cleared_by_user": request.text_cleared,
        "files": sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()),
        "notice": "Research use only. De-identification lowers the risk; it can not exclude it.",
    }


def _write_json(value: Any, path: Path) -> None:
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")
