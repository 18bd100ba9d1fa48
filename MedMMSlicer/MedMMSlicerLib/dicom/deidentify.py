"""De-identification of DICOM objects: PS3.15 basic profile with modified dates, mapped by a key.

`collect` gathers what identifies from all objects of an export first, `Deidentifier` then treats one object
after the other: the same UID, patient and date become the same new ones everywhere. Research use only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .. import __version__
from ..errors import InputError, UsageError
from .deidentify_identifiers import Identifiers, collect_identifiers
from .deidentify_key import Pseudonyms, shifted_text
from .deidentify_pixels import Rectangle, black_out, burned_in_reason, clean_pixel_bytes
from .deidentify_profile import ProfileContext, apply_profile
from .deidentify_text import TextScrubber
from .headers import DECODE_ERRORS, quiet, read_dataset
from .sources import save

__all__ = ["Deidentifier", "PixelClearance", "collect", "mark_deidentified", "patient_key"]

_STRUCTURED_REPORT = "1.2.840.10008.5.1.4.1.1.88."
_BASIC = ("113100", "Basic Application Confidentiality Profile")
_CLEAN_PIXELS = ("113101", "Clean Pixel Data Option")
_CLEAN_CONTENT = ("113104", "Clean Structured Content Option")
_MODIFIED_DATES = ("113107", "Retain Longitudinal Temporal Information Modified Dates Option")


@dataclass(frozen=True)
class PixelClearance:
    """What a person decided about text in pixels.

    Parameters
    ----------
    cleared : bool
        The person looked at the images: nothing in them identifies anybody.
    rectangles : tuple of Rectangle
        Made black in the images that would otherwise have to be cleared.
    """

    cleared: bool = False
    rectangles: tuple[Rectangle, ...] = ()


def patient_key(dataset: Any) -> str:
    """What stands for the patient in the mapping: id with issuer, else name, else study."""
    identity = str(dataset.get("PatientID") or "").strip()
    if identity:
        return f"{identity}\\{str(dataset.get('IssuerOfPatientID') or '').strip()}".rstrip("\\")
    name = str(dataset.get("PatientName") or "").strip()
    return name or str(dataset.get("StudyInstanceUID") or "")


def collect(paths: Sequence[Path]) -> tuple[Identifiers, str]:
    """Identifiers of all DICOM files, and the key of their patient.

    Raises
    ------
    UsageError
        If the files belong to several patients: texts could not be cleaned for each of them.
    InputError
        If a file can not be read.
    """
    found: list[Identifiers] = []
    patients: dict[str, Path] = {}
    for path in paths:
        dataset = read_dataset(path, pixels=False)
        with quiet():
            found.append(collect_identifiers(dataset))
            found.append(Identifiers(uids=_meta_uids(dataset)))
            patients.setdefault(patient_key(dataset), path)
    if len(patients) > 1:
        first, second = list(patients.values())[:2]
        raise UsageError(f"{first} and {second} belong to different patients. Export one patient at a time.")
    return Identifiers().merged(*found), next(iter(patients), "")


@dataclass(frozen=True)
class Deidentifier:
    """Treats DICOM objects of one patient.

    Parameters
    ----------
    identifiers : Identifiers
        Of everything that is exported together.
    pseudonyms : Pseudonyms
    patient : str
        From `patient_key`.
    clearance : PixelClearance
    scrubber : TextScrubber
        Made from the above; collects doubts about texts.
    """

    identifiers: Identifiers
    pseudonyms: Pseudonyms
    patient: str
    clearance: PixelClearance = field(default_factory=PixelClearance)
    scrubber: TextScrubber = field(init=False, repr=False)

    def __post_init__(self) -> None:
        scrubber = TextScrubber(self.identifiers, self.pseudonyms, self.shift_days)
        object.__setattr__(self, "scrubber", scrubber)

    @property
    def shift_days(self) -> int:
        """Days by which the dates of this patient move."""
        return self.pseudonyms.shift_days(self.patient)

    @property
    def patient_code(self) -> str:
        """Name and id of the patient from now on."""
        return f"MEDMM-{self.pseudonyms.code('patient', self.patient)}"

    def treated(self, path: Path) -> Any:
        """Read a file and return the object without identifiers, ready to be saved.

        Returns
        -------
        pydicom.Dataset

        Raises
        ------
        UsageError
            If a person has to look at the pixels first.
        InputError
            If the file can not be read, or is of a kind that can not be cleaned.
        """
        dataset = read_dataset(path)
        try:
            with quiet():
                self._treat(dataset, path)
        except DECODE_ERRORS as error:
            raise InputError(
                f"{path} is damaged and can not be de-identified: {error}. Leave it out."
            ) from error
        return dataset

    def _treat(self, dataset: Any, path: Path) -> None:
        needs_look = self._checked(dataset, path)
        if needs_look and self.clearance.rectangles:
            black_out(dataset, self.clearance.rectangles)
        context = ProfileContext(self.pseudonyms, self.scrubber, self.shift_days, self.patient)
        apply_profile(dataset, context)
        clean_pixel_bytes(dataset)
        self._state(dataset, needs_look)
        self._reset_meta(dataset)

    def _checked(self, dataset: Any, path: Path) -> bool:
        """Whether a person had to look at the pixels; refuses what can not be cleaned."""
        sop_class = str(dataset.get("SOPClassUID") or "")
        if not dataset.get("Rows") and not sop_class.startswith(_STRUCTURED_REPORT):
            raise InputError(
                f"{path} is neither image, segmentation nor report and can not be de-identified. "
                "Leave it out."
            )
        reason = burned_in_reason(dataset)
        if reason and not (self.clearance.cleared or self.clearance.rectangles):
            raise UsageError(
                f"{path} is not exported: {reason}. Look at it, then give --burned-in-cleared or --black-out."
            )
        return bool(reason)

    def _state(self, dataset: Any, needs_look: bool) -> None:
        """Say in the object what was done (PS3.15 E.1.1)."""
        sop_class = str(dataset.get("SOPClassUID") or "")
        codes, methods = [_BASIC, _MODIFIED_DATES], []
        if sop_class.startswith(_STRUCTURED_REPORT):
            codes.append(_CLEAN_CONTENT)
        if needs_look and self.clearance.rectangles:
            codes.append(_CLEAN_PIXELS)
            methods.append("Burned-in text blackened in areas that a person gave")
        if needs_look and self.clearance.cleared:
            methods.append("Burned-in text: cleared by a person who looked")
        if needs_look:
            dataset.BurnedInAnnotation = "NO"
            if dataset.get("RecognizableVisualFeatures"):
                dataset.RecognizableVisualFeatures = "NO"
        dataset.PatientName = self.patient_code
        dataset.PatientID = self.patient_code
        _mark(dataset, codes, methods)

    def _reset_meta(self, dataset: Any) -> None:
        from pydicom.dataset import FileMetaDataset
        from pydicom.uid import PYDICOM_IMPLEMENTATION_UID

        meta = FileMetaDataset()
        meta.MediaStorageSOPClassUID = dataset.SOPClassUID
        meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
        meta.TransferSyntaxUID = dataset.file_meta.TransferSyntaxUID
        meta.ImplementationClassUID = PYDICOM_IMPLEMENTATION_UID
        dataset.file_meta = meta
        dataset.preamble = b"\0" * 128


def mark_deidentified(path: Path, shift_days: int) -> None:
    """Say in a report that was made of cleaned parts that it is de-identified, and move the day it was made.

    Raises
    ------
    InputError, OutputError, DiskFullError
        If the file can not be read or written.
    """
    dataset = read_dataset(path)
    for keyword in ("InstanceCreationDate", "ContentDate", "SeriesDate"):
        if dataset.get(keyword):
            setattr(dataset, keyword, shifted_text(str(dataset.get(keyword)), shift_days))
    for item in dataset.get("ContributingEquipmentSequence") or ():
        if item.get("ContributionDateTime"):
            item.ContributionDateTime = shifted_text(str(item.ContributionDateTime), shift_days)
    _mark(dataset, [_BASIC, _MODIFIED_DATES, _CLEAN_CONTENT], [])
    save(dataset, path)


def _mark(dataset: Any, codes: Sequence[tuple[str, str]], methods: Sequence[str]) -> None:
    dataset.PatientIdentityRemoved = "YES"
    dataset.DeidentificationMethod = [f"MedMM {__version__}", *methods]
    dataset.DeidentificationMethodCodeSequence = _code_items(codes)
    dataset.LongitudinalTemporalInformationModified = "MODIFIED"


def _meta_uids(dataset: Any) -> frozenset[str]:
    """The instance that the file's own header names, which may differ from the one inside."""
    uid = str(dataset.file_meta.get("MediaStorageSOPInstanceUID") or "")
    return frozenset({uid} if uid else ())


def _code_items(codes: Sequence[tuple[str, str]]) -> Any:
    from pydicom.dataset import Dataset
    from pydicom.sequence import Sequence as DicomSequence

    items = []
    for value, meaning in codes:
        item = Dataset()
        item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, "DCM", meaning[:64]
        items.append(item)
    return DicomSequence(items)
