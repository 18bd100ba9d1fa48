"""Keeps a recovery file in step with the report, and brings a report back after a crash."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

from ..core import Report
from ..errors import InputError, MedMMError, UsageError
from ..reporting.document.codec import read_report, report_to_json
from ..reporting.document.model import ReportDocument
from .record import CaseRecord, record_from_json, record_to_json
from .report_recovery import RecoveryContent, RecoveryFile, RecoveryStore
from .report_storage import parts_of

if TYPE_CHECKING:
    from .report_workflow import ReportWorkflow
    from .room import ReadingRoom

__all__ = ["ReportAutosave"]

_SAMPLED_VOXELS = 100_000
_TAKEN = (
    "context",
    "view",
    "typed",
    "context_remarks",
    "bundle_id",
    "bundle_version",
    "bundle_sha256",
    "points_ras",
    "prediction",
    "prediction_context",
    "marks",
    "added",
    "runs",
    "device_warning",
    "report_state",
)
"""Fields of a recovered record that replace those of the case; what it is called and its images stay."""


class ReportAutosave:
    """Recovery files of a room. Every change of report, findings or context is in its file at once."""

    def __init__(self, room: ReadingRoom, workflow: ReportWorkflow) -> None:
        self._room = room
        self._workflow = workflow
        self._store: RecoveryStore | None = None
        self._images: dict[str, str] = {}
        self._changed: set[str] = set()
        self._heads: dict[str, str] = {}
        self._failed = False
        for topic in ("report", "findings", "context"):
            room.listeners.subscribe(topic, self.write)

    def use(self, folder: Path | None = None) -> None:
        """Write recovery files from now on, into a private folder of the user where none is given.

        What ended sessions left a month ago is removed.

        Raises
        ------
        OutputError
            If an old file can not be removed.
        """
        self.close()
        self._store = RecoveryStore(folder)
        self._store.prune()

    @property
    def is_on(self) -> bool:
        """Whether recovery files are written."""
        return self._store is not None

    def mark(self) -> None:
        """The document of the current case was changed: `write` has something to do.

        A scene that was merely loaded has not been: it must not replace what is not saved yet.
        """
        self._changed.add(self._room.cases.current_id)

    def write(self) -> None:
        """Write the file of the current case if it changed; where that fails the reader is told, once."""
        record = self._room.record
        if self._store is None or record is None or record.id not in self._changed:
            return
        document = self._workflow.document
        if document is None:
            return
        self._changed.discard(record.id)
        report = json.dumps(report_to_json(document.report), ensure_ascii=False, allow_nan=False)
        content = RecoveryContent(self._head(record), record_to_json(record), report, parts_of(document))
        try:
            self._put_aside(record.id, document)
            self._store.write(content)
        except MedMMError as error:
            if not self._failed:
                self._failed = True
                self._room.tell("warning", f"The report is not kept for a crash: {error}")
            return
        self._failed = False
        self._heads[record.id] = document.audit.head

    def saved(self) -> None:
        """The scene was saved with everything in it: this session's recovery files are removed.

        Raises
        ------
        OutputError
            If one can not be removed.
        """
        if self._store is not None:
            for entry in self._room.cases.entries():
                self._store.remove_case(entry.id)
                self._heads.pop(entry.id, None)

    def scene_saved(self) -> None:
        """Slicer saved something: the scene, or a single node, and then the reports are not in a file yet.

        A recovery file that can not be removed is told.
        """
        from ..scene.observing import has_unsaved_texts

        if has_unsaved_texts(self._room.scene):
            return
        try:
            self.saved()
        except MedMMError as error:
            self._room.tell("warning", error)

    def offers(self) -> tuple[RecoveryFile, ...]:
        """What an ended session left of the current case and the scene does not have, the newest first."""
        record = self._room.record
        if self._store is None or record is None:
            return ()
        document = self._workflow.document
        known = {entry.sha256 for entry in document.audit.entries} if document is not None else set()
        return tuple(
            item
            for item in self._store.offers()
            if self._is_same(item, record) and item.head.get("audit_head") not in known
        )

    def all_offers(self) -> tuple[RecoveryFile, ...]:
        """What ended sessions left, of any case."""
        return () if self._store is None else self._store.offers()

    def recover(self, path: Path) -> None:
        """Bring a report back into the current case: its text, trail, findings, context and results.

        Segments and heat maps are not in a recovery file: the model has to run again for them.

        Raises
        ------
        InputError
            If the file is damaged, or belongs to other images.
        UsageError
            If no case is open, its report is signed, or recovery is off.
        """
        store, record = self._required(), self._room.require_record()
        self._workflow.require_open()
        content = store.read(path)
        if not self._is_same(RecoveryFile(path, content.head), record):
            raise InputError(f"{path.name} belongs to other images. Open those first.")
        old = record_from_json(content.record)
        report = _report(content.report, path)
        document, told = content.parts.document(report)
        fields = {name: getattr(old, name) for name in _TAKEN}
        with self._room.listeners.hold():
            self._room.report.put_back(report, dataclasses.replace(record, **fields))
            self._workflow.restore(document, told, content.head.get("saved_at", ""))
        self.write()
        store.remove(path)

    def discard(self, path: Path) -> None:
        """Remove a recovery file that the reader does not want.

        Raises
        ------
        UsageError, OutputError
            If recovery is off, or the file can not be removed.
        """
        self._required().remove(path)

    def close(self) -> None:
        """End the session; its files stay, to be offered next time."""
        if self._store is not None:
            self._store.close()
            self._store = None
            self._heads.clear()

    def _put_aside(self, case_id: str, document: ReportDocument) -> None:
        """Keep the last file where this document does not continue it: an older scene was loaded again."""
        head = self._heads.get(case_id, "")
        entries = reversed(document.audit.entries)
        if self._store is not None and head and all(entry.sha256 != head for entry in entries):
            self._store.put_aside(case_id)

    def _required(self) -> RecoveryStore:
        if self._store is None:
            raise UsageError("Recovery files are switched off. Switch them on first.")
        return self._store

    def _head(self, record: CaseRecord) -> dict[str, str]:
        document = self._workflow.document
        return {
            "saved_at": self._workflow.clock(),
            "title": record.title,
            "case_id": record.id,
            "study_uid": record.study_uid,
            "image": self._image(record),
            "audit_head": "" if document is None else document.audit.head,
        }

    def _is_same(self, item: RecoveryFile, record: CaseRecord) -> bool:
        head = item.head
        if head.get("case_id") == record.id or (
            record.study_uid and head.get("study_uid") == record.study_uid
        ):
            return True
        return bool(head.get("image")) and head.get("image") == self._image(record)

    def _image(self, record: CaseRecord) -> str:
        """Fingerprint of the main image: its grid and a sample of its voxels."""
        if record.id not in self._images:
            series = self._room.cases.case(record.id, ["current"]).series.get("current")
            volume = None if series is None else series.volume
            if volume is None:
                return ""
            step = max(1, volume.array.size // _SAMPLED_VOXELS)
            digest = hashlib.sha256(str(volume.array.shape).encode())
            digest.update(volume.geometry.ijk_to_ras.round(3).tobytes())
            digest.update(volume.array.ravel()[::step].tobytes())
            self._images[record.id] = digest.hexdigest()
        return self._images[record.id]


def _report(text: str, path: Path) -> Report:
    try:
        return read_report(json.loads(text))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(f"{path} holds no report ({error!r}). Remove it.") from error
