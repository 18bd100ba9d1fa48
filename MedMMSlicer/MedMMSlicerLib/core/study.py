"""Studies, series and what their headers say."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from .volume import Volume

__all__ = ["HeaderFacts", "ReadingNote", "Series", "Study"]


@dataclass(frozen=True)
class ReadingNote:
    """Something that a reader of the images has to know about how they were read.

    Parameters
    ----------
    code : str
        Stable identifier, e.g. ``missing-slices``, ``gantry-tilt``, ``duplicate-instances``, ``mixed-
        spacing``.
    text : str
        One sentence.
    severity : str
        ``info`` or ``warning``.
    """

    code: str
    text: str
    severity: str = "warning"


@dataclass(frozen=True)
class HeaderFacts:
    """What an image header says about the patient and the examination; anything may be missing.

    ``patient_name`` and ``patient_id`` stay in memory: they are never written into a prediction or a report.
    """

    modality: str = ""
    body_part: str = ""
    view: str = ""
    laterality: str = ""
    study_description: str = ""
    series_description: str = ""
    age_years: float | None = None
    sex: str | None = None
    clinical_text: str = ""
    acquired_at: str | None = None
    manufacturer: str = ""
    patient_name: str = field(default="", repr=False)
    patient_id: str = field(default="", repr=False)


@dataclass(frozen=True, eq=False)
class Series:
    """One volume of a study with its origin.

    Parameters
    ----------
    name : str
        Short name for people, e.g. the series description or the file name.
    facts : HeaderFacts
    paths : tuple of Path
        Files in slice order (one for a volume file).
    study_uid, series_uid, frame_of_reference_uid : str
        DICOM UIDs, empty where the input is not DICOM.
    instance_uids : tuple of str
        SOP instance UIDs in slice order (one for a multi-frame object).
    frames : tuple of int
        For a file that holds several volumes or frames: the zero-based frames (multi-frame DICOM) or time
        points (4D volume file) that belong to this series, in slice order. Empty: everything in ``paths``.
    notes : tuple of ReadingNote
    volume : Volume, optional
        None until loaded.
    """

    name: str
    facts: HeaderFacts
    paths: tuple[Path, ...]
    study_uid: str = ""
    series_uid: str = ""
    frame_of_reference_uid: str = ""
    instance_uids: tuple[str, ...] = ()
    notes: tuple[ReadingNote, ...] = ()
    volume: Volume | None = None
    frames: tuple[int, ...] = ()

    @property
    def is_dicom(self) -> bool:
        """Whether the series came from DICOM."""
        return bool(self.instance_uids)


@dataclass(frozen=True, eq=False)
class Study:
    """The series of one examination."""

    study_uid: str
    series: tuple[Series, ...]
