"""Headers of the source images, made complete enough for derived DICOM objects."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .. import __version__
from ..core import CodedConcept, Provenance, Series
from ..errors import OutputError
from ..files import atomic_write
from .frames import frames_of, functional_group
from .headers import quiet, read_dataset

__all__ = [
    "MANUFACTURER",
    "RESEARCH_USE",
    "code",
    "device_arguments",
    "positions_of",
    "save",
    "short_text",
    "source_headers",
]

MANUFACTURER = "MedMM"
RESEARCH_USE = "Research use only"
_LONG_STRING = 64
_EMPTY_WHEN_MISSING = (
    "PatientID",
    "PatientName",
    "PatientBirthDate",
    "PatientSex",
    "AccessionNumber",
    "StudyID",
    "StudyDate",
    "StudyTime",
)
_GROUPS = ("PlaneOrientationSequence", "PixelMeasuresSequence")


def code(concept: CodedConcept) -> Any:
    """A concept as highdicom takes it; meanings are cut to what DICOM allows."""
    from highdicom.sr import CodedConcept as DicomConcept

    return DicomConcept(concept.value, concept.scheme, short_text(concept.meaning))


def short_text(text: str, length: int = _LONG_STRING) -> str:
    """Text cut to the length of a DICOM long string, on one line and without the value separator."""
    text = " ".join(text.replace("\\", "/").split())
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def device_arguments(provenance: Provenance) -> dict[str, Any]:
    """Equipment attributes: the bundle is the model, MedMM the manufacturer."""
    return {
        "manufacturer": MANUFACTURER,
        "manufacturer_model_name": short_text(provenance.bundle_id),
        "software_versions": short_text(f"MedMM {__version__}, bundle {provenance.bundle_version}"),
        "device_serial_number": provenance.bundle_sha256[:_LONG_STRING] or "0",
    }


def source_headers(series: Series) -> list[Any]:
    """Headers of a DICOM series in slice order, without pixels.

    What derived objects require and old files lack is filled: empty patient and study attributes, a frame of
    reference for images that have positions. It is left out for images that have none.

    Parameters
    ----------
    series : Series

    Raises
    ------
    OutputError
        If the series is no DICOM, or has no UIDs.
    InputError
        If a file is gone or damaged.
    """
    if not series.is_dicom:
        raise OutputError(
            f"{series.name} is not DICOM, so no DICOM object can refer to it. Write NRRD instead."
        )
    headers = [read_dataset(path, pixels=False) for path in series.paths]
    with quiet():
        for header, path in zip(headers, series.paths):
            _complete(header, headers[0], path)
    return headers


def save(dataset: Any, path: Path) -> None:
    """Write a DICOM object in one go.

    Raises
    ------
    OutputError, DiskFullError
        If it can not be written.
    """
    with atomic_write(path) as temporary, quiet():
        dataset.save_as(temporary, enforce_file_format=True)


def _complete(header: Any, first: Any, path: Path) -> None:
    from pydicom.uid import generate_uid

    missing = [
        name
        for name in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "SOPClassUID")
        if not header.get(name)
    ]
    if missing:
        raise OutputError(f"{path} has no {', '.join(missing)}: no DICOM object can refer to it. Write NRRD.")
    for name in _EMPTY_WHEN_MISSING:
        if name not in header:
            setattr(header, name, None)
    header.setdefault("Modality", "OT")
    frames = frames_of(header, path)
    if any(frame.position_lps is None for frame in frames):
        for name in ("FrameOfReferenceUID", "ImagePositionPatient", "ImageOrientationPatient"):
            header.pop(name, None)
        if frames[0].spacing_mm is None:
            header.pop("PixelSpacing", None)
        return
    if not header.get("FrameOfReferenceUID"):
        header.FrameOfReferenceUID = generate_uid(entropy_srcs=[str(first.SeriesInstanceUID)])
    if frames[0].index is None:
        header.setdefault("SliceThickness", None)
        # Rounding differs between slices; derived objects want one orientation.
        header.ImageOrientationPatient = first.ImageOrientationPatient
    else:
        _share_groups(header)


def _share_groups(header: Any) -> None:
    """Put orientation and pixel measures into the shared groups, where writers look for them."""
    from pydicom.dataset import Dataset
    from pydicom.sequence import Sequence as DicomSequence

    if not header.get("SharedFunctionalGroupsSequence"):
        header.SharedFunctionalGroupsSequence = DicomSequence([Dataset()])
    shared = header.SharedFunctionalGroupsSequence[0]
    for name in _GROUPS:
        if name not in shared:
            group = functional_group(header, 0, name)
            setattr(shared, name, DicomSequence([group] if group is not None else []))


def positions_of(headers: Sequence[Any], paths: Sequence[Path]) -> list[tuple[float, ...]]:
    """Positions (mm, LPS) of all source planes that have one."""
    planes = [frame for header, path in zip(headers, paths) for frame in frames_of(header, path)]
    return [plane.position_lps for plane in planes if plane.position_lps is not None]
