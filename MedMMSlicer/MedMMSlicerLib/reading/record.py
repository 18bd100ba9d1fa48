"""Everything of a case that is no array, as one frozen record that lives in the scene as JSON.

Voxels are in nodes, patient name and id in memory alone: they are never in here, and neither are folders of
files, which often are called after the patient.
"""

from __future__ import annotations

import dataclasses
import json
import re
import weakref
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..core import ClinicalContext, Finding, HeaderFacts, Prediction, ReadingNote, Series
from ..errors import InputError, MedMMError
from ..inference.worker_protocol import without_arrays
from .record_codec import from_plain, to_plain
from .rows import Point

__all__ = [
    "RECORD_VERSION",
    "CaseRecord",
    "EvidenceState",
    "FindingMark",
    "RunRecord",
    "SeriesRecord",
    "TypedValue",
    "record_from_json",
    "record_to_json",
    "without_folders",
]

_FOLDERS = re.compile(r"(?<![\w.])(?:[A-Za-z]:)?(?:[\\/](?!\s)(?:(?!\. )[^\\/\n\"'(),;:])+(?<!\s))+[\\/]")

RECORD_VERSION = 1
"""Raised when an older MedMM would misread the record; what it would merely not know needs no new version."""


@dataclass(frozen=True)
class SeriesRecord:
    """What is known about an image beside its voxels; see `core.Series`."""

    name: str
    facts: HeaderFacts = field(default_factory=HeaderFacts)
    study_uid: str = ""
    series_uid: str = ""
    frame_of_reference_uid: str = ""
    instance_uids: tuple[str, ...] = ()
    frames: tuple[int, ...] = ()
    notes: tuple[ReadingNote, ...] = ()

    @classmethod
    def of(cls, series: Series) -> SeriesRecord:
        """Take everything but the voxels, the files, and who the patient is."""
        facts = dataclasses.replace(series.facts, patient_name="", patient_id="")
        notes = tuple(dataclasses.replace(note, text=without_folders(note.text)) for note in series.notes)
        return cls(
            name=series.name,
            facts=facts,
            study_uid=series.study_uid,
            series_uid=series.series_uid,
            frame_of_reference_uid=series.frame_of_reference_uid,
            instance_uids=series.instance_uids,
            frames=series.frames,
            notes=notes,
        )

    def series(self) -> Series:
        """The series without voxels and files."""
        return Series(
            name=self.name,
            facts=self.facts,
            paths=(),
            study_uid=self.study_uid,
            series_uid=self.series_uid,
            frame_of_reference_uid=self.frame_of_reference_uid,
            instance_uids=self.instance_uids,
            frames=self.frames,
            notes=self.notes,
        )


@dataclass(frozen=True)
class TypedValue:
    """A text as the reader typed it. ``name``: ``age``, ``sex``, ``view`` or a laboratory value; ``problem``
    says why it can not be used (empty: it is used), ``note`` what was assumed.
    """

    name: str
    text: str
    unit: str = ""
    problem: str = ""
    note: str = ""


@dataclass(frozen=True)
class FindingMark:
    """What the reader did to a finding, by its id; it outlives runs.

    Parameters
    ----------
    id : str
    status : str
        One of `core.FINDING_STATES`.
    name : str
        The reader's wording; empty: unchanged.
    laterality : str, optional
        None: unchanged.
    note : str
    location_ras : (3,) tuple of float, mm, RAS, optional
        Where the reader put it; None: unchanged.
    """

    id: str
    status: str = "proposed"
    name: str = ""
    laterality: str | None = None
    note: str = ""
    location_ras: Point | None = None


@dataclass(frozen=True)
class EvidenceState:
    """What is shown of the evidence: ``finding_id`` is the selected finding."""

    visible: bool = False
    opacity: float = 0.5
    finding_id: str = ""


@dataclass(frozen=True)
class RunRecord:
    """One run: ``kind`` ``analyze`` or ``undo``, ``outcome`` ``finished``, ``failed`` or ``cancelled``."""

    kind: str
    bundle_id: str
    bundle_version: str
    bundle_sha256: str
    started_at: str
    seconds: float = 0.0
    outcome: str = "finished"
    device_requested: str = "auto"
    provider_used: str = ""
    message: str = ""


@dataclass(frozen=True, eq=False)
class CaseRecord:
    """A case.

    Parameters
    ----------
    id : str
        Unique in its scene.
    title, subtitle : str
        For the case list, without the patient's name.
    study_uid : str
        Empty where the images are not DICOM.
    series : mapping of str to SeriesRecord
        By role; the voxels are in the node that ``volume.<role>`` of the case node refers to.
    context : ClinicalContext
        As typed and imported; what an image header says is not in it. ``laboratory`` may hold several values
        of a name.
    view : str
        As the reader corrected it; empty: as the header says.
    typed : tuple of TypedValue
        What was typed, where that differs from the value that is used.
    context_remarks : tuple of str
        What was refused or assumed while context was read.
    remarks : tuple of str
        About the images, e.g. what could not be read.
    language : str
    bundle_id, bundle_version, bundle_sha256 : str
        The selected bundle, empty: none.
    points_ras : tuple of (3,) tuple of float, mm, RAS
        Where a bundle that reads around a point looks.
    prediction : Prediction, optional
        Without label maps and heat maps, which are nodes.
    prediction_context : str
        Fingerprint of the context that the prediction rests on.
    marks : tuple of FindingMark
        What the reader did to findings.
    added : tuple of Finding
        What the reader added.
    selected_finding_id : str
    evidence : EvidenceState
    runs : tuple of RunRecord
        Oldest first.
    device_warning : str
        Of the last run, e.g. that a GPU was asked for and is not there.
    report_state : mapping
        Free JSON values of the report desk; the report itself is the text node with the role ``report``.
    extra : mapping
        What a newer MedMM wrote and this one does not know; it is written back as it was.
    """

    id: str
    title: str = ""
    subtitle: str = ""
    study_uid: str = ""
    series: Mapping[str, SeriesRecord] = field(default_factory=dict)
    context: ClinicalContext = field(default_factory=ClinicalContext)
    view: str = ""
    typed: tuple[TypedValue, ...] = ()
    context_remarks: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    language: str = "en"
    bundle_id: str = ""
    bundle_version: str = ""
    bundle_sha256: str = ""
    points_ras: tuple[Point, ...] = ()
    prediction: Prediction | None = None
    prediction_context: str = ""
    marks: tuple[FindingMark, ...] = ()
    added: tuple[Finding, ...] = ()
    selected_finding_id: str = ""
    evidence: EvidenceState = field(default_factory=EvidenceState)
    runs: tuple[RunRecord, ...] = ()
    device_warning: str = ""
    report_state: Mapping[str, Any] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def mark(self, finding_id: str) -> FindingMark:
        """What the reader did to a finding; a fresh mark if nothing."""
        return next((item for item in self.marks if item.id == finding_id), FindingMark(finding_id))

    def with_mark(self, mark: FindingMark) -> CaseRecord:
        """The record with one mark set."""
        others = tuple(item for item in self.marks if item.id != mark.id)
        return dataclasses.replace(self, marks=(*others, mark))


def without_folders(text: str) -> str:
    """Leave out the folders of paths in a sentence, which often are called after the patient."""
    return _FOLDERS.sub("", text)


def record_to_json(record: CaseRecord) -> str:
    """Write a record as strict JSON.

    Raises
    ------
    InputError
        If a value does not fit its declaration.
    """
    try:
        plain = to_plain(CaseRecord, dataclasses.replace(record, prediction=None))
        plain["prediction"] = _plain_prediction(record.prediction)
    except MedMMError as error:
        raise InputError(f"The case '{record.title}' can not be stored: {error} Report this.") from error
    plain = {**record.extra, "schema": "medmm-case", "version": RECORD_VERSION, **plain}
    return json.dumps(plain, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _plain_prediction(prediction: Prediction | None) -> Any:
    """Most of a record is its prediction, and most changes leave that as it is."""
    if prediction is None:
        return None
    if prediction not in _plain_predictions:
        _plain_predictions[prediction] = to_plain(Prediction, without_arrays(prediction))
    return _plain_predictions[prediction]


_plain_predictions: weakref.WeakKeyDictionary[Prediction, Any] = weakref.WeakKeyDictionary()


def record_from_json(text: str) -> CaseRecord:
    """Read a record; what it does not know is kept in ``extra``, what is missing gets its default.

    Raises
    ------
    InputError
        If the text is no record, is damaged, or was written by a newer MedMM.
    """
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"A case in the scene is damaged ({error}). Open its images again.") from error
    if not isinstance(value, dict) or value.get("schema") != "medmm-case":
        raise InputError("A case in the scene is damaged (no MedMM case). Open its images again.")
    version = value.get("version")
    if not isinstance(version, int) or version > RECORD_VERSION:
        raise InputError(
            f"A case in the scene was written by a newer MedMM (case format {version}; this one reads up to "
            f"{RECORD_VERSION}). Update MedMM to open it."
        )
    known = {item.name for item in dataclasses.fields(CaseRecord)}
    extra = {key: item for key, item in value.items() if key not in {*known, "schema", "version"}}
    try:
        record: CaseRecord = from_plain(CaseRecord, value)
    except MedMMError as error:
        raise InputError(f"A case in the scene is damaged: {error} Open its images again.") from error
    return dataclasses.replace(record, extra=extra)
