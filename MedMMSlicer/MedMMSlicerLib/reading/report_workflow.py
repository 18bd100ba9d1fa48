"""The report of the current case as a document: signed, amended, audited, timed, and kept through a crash."""

from __future__ import annotations

import dataclasses
import getpass
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core import Report
from ..errors import InputError, UsageError
from ..files import atomic_write
from ..reporting.document import workflow as acts
from ..reporting.document.audit import Tampering, trail_to_lines
from ..reporting.document.model import ReportDocument
from ..reporting.document.replay import Replay
from ..reporting.document.timing import ReadingTime
from ..reporting.document.verify import verify_document
from ..reporting.document.workflow import Act
from .report_autosave import ReportAutosave
from .report_findings import finding_events
from .report_storage import DocumentStorage

if TYPE_CHECKING:
    from .record import CaseRecord
    from .room import ReadingRoom

__all__ = ["READER_SETTING", "ReportWorkflow"]

READER_SETTING = "reader.name"
"""Key of the settings under which front ends keep the reader's name."""

_NO_REPORT = "There is no report yet. Analyze the images first, or start one without a model."
_STILL_SIGNED = {
    "en": "The signed report still states the findings as they were. Add an addendum to correct it.",
    "zh-CN": "已签名的报告仍陈述更改前的所见。请添加补充说明予以更正。",
}
_TICK_MS = 5000
"""Activity alone is written into the scene this often."""


@dataclasses.dataclass
class _Kept:
    """The document of one case in memory: ``stamp`` tells whether the scene still holds it."""

    document: ReportDocument
    stamp: str
    marks: dict[str, Mapping[str, Any]]
    seen: tuple[object, object] = (None, None)


class ReportWorkflow:
    """Workflow, audit trail, activity and recovery of the current case's report.

    Attributes
    ----------
    user : callable
        Name of the reader, as it stands in the audit trail.
    clock : callable
        The time now, ISO 8601 with a zone.
    autosave : ReportAutosave
        Recovery files; off until a front end calls `ReportAutosave.use`.
    """

    def __init__(self, room: ReadingRoom) -> None:
        self._room = room
        self.user: Callable[[], str] = self._default_user
        self.clock: Callable[[], str] = _now
        self.autosave = ReportAutosave(room, self)
        self._storage = DocumentStorage(room)
        self._kept: dict[str, _Kept] = {}
        self._times: dict[str, ReadingTime] = {}
        self._told: set[tuple[str, int]] = set()
        room.listeners.subscribe("case", self._case_shown)
        room.listeners.subscribe("findings", self.follow_findings)

    # ------------------------------------------------------------------ reading

    @property
    def document(self) -> ReportDocument | None:
        """The document of the current case, None before its first report."""
        kept = self._current()
        if kept is None:
            return None
        return dataclasses.replace(kept.document, reading=self._time(kept.document))

    @property
    def status(self) -> str:
        """One of `document.model.DOCUMENT_STATES`, empty without a report."""
        kept = self._current()
        return "" if kept is None else kept.document.status

    @property
    def is_read_only(self) -> bool:
        """Whether the report is signed: every edit raises until it is amended."""
        kept = self._current()
        return kept is not None and kept.document.is_signed

    @property
    def is_frozen(self) -> bool:
        """Whether the report was ever signed: no new draft of the model changes it any more."""
        kept = self._current()
        return kept is not None and bool(kept.document.signatures)

    def require_open(self) -> None:
        """Do nothing where the report can be edited.

        Raises
        ------
        UsageError
            If it is signed; the message says by whom, and how to go on.
        """
        kept = self._current()
        if kept is not None:
            acts.require_open(kept.document)

    def verify(self, expected_head: str = "") -> tuple[Tampering, ...]:
        """What was changed behind the program's back; see `document.verify.verify_document`.

        Raises
        ------
        UsageError
            If there is no report.
        """
        return verify_document(self._required().document, expected_head)

    def save_trail(self, path: Path) -> None:
        """Write the audit trail as JSON Lines.

        Raises
        ------
        UsageError
            If there is no report.
        OutputError, DiskFullError
            If the file can not be written.
        """
        text = trail_to_lines(self._required().document.audit)
        with atomic_write(Path(path)) as temporary:
            temporary.write_text(text, encoding="utf-8", newline="\n")

    # ------------------------------------------------------------------ doing

    def make_preliminary(self) -> None:
        """Release the draft as preliminary.

        Raises
        ------
        UsageError
            If there is no report, or it is no draft any more.
        """
        self._decide(lambda document: acts.make_preliminary(document, self._act()))

    def sign(self, name: str, role: str = "") -> None:
        """Sign the report as it is; it is read-only from then on.

        Raises
        ------
        UsageError
            If there is no report, it is signed already, it has no sentence, or no name is given.
        """
        self.activity()
        document = self._required().document
        act = self._act(who=name, details={"reading": dataclasses.asdict(self._time(document))})
        self._decide(lambda now: acts.sign(now, act, role))

    def amend(self, text: str, name: str = "") -> None:
        """Open the next version of a signed report, with an addendum; the signed one is kept.

        Raises
        ------
        UsageError
            If there is no report, it is not signed, or the addendum has no text.
        """
        act = self._act(who=name)
        self._decide(lambda document: acts.amend(document, act, text))

    def exported(self, kind: str, sha256: str = "") -> None:
        """Note in the audit trail that the report was exported.

        Raises
        ------
        UsageError
            If there is no report.
        """
        kept = self._required()
        self._keep(kept, acts.record_export(kept.document, self._act(), kind, sha256))

    def remark(self, details: Mapping[str, Any]) -> None:
        """Write a note of the software into the audit trail, e.g. that a check was dismissed.

        Raises
        ------
        UsageError
            If there is no report.
        """
        kept = self._required()
        self._keep(kept, acts.record(self._with_findings(kept), self._act("remark", details=details)))

    def activity(self, at: str = "") -> None:
        """Say that the reader did something (moved the mouse, scrolled, typed); time without it is idle.

        Nothing happens without a case, and after the first signature.

        Raises
        ------
        UsageError
            If ``at`` is no ISO 8601 time with a zone; empty: now.
        """
        case_id, kept = self._room.cases.current_id, self._current()
        if not case_id or (kept is not None and kept.document.signatures):
            return
        before = self._time(None if kept is None else kept.document)
        after = before.touched(at or self.clock())
        self._times[case_id] = after
        if kept is not None:
            stored = kept.document.reading
            if after.active_ms + after.idle_ms - stored.active_ms - stored.idle_ms >= _TICK_MS:
                self._keep(kept, kept.document, announce=False)

    # ------------------------------------------------------------------ called by the desks

    def take(self, report: Report, action: str, details: Mapping[str, Any] | None = None) -> Report:
        """Take a changed report over into the document, and return it with the document's status.

        Called by the report desk before it stores a report.

        Raises
        ------
        UsageError
            If the report is signed.
        """
        by_reader = action != "drafted"
        if by_reader:
            self.activity()
        kept = self._current()
        act = self._act(action, "" if by_reader else self._software(), details)
        if kept is None:
            act = dataclasses.replace(act, who=self._software(), details={**act.details, **self._origin()})
            document = acts.new_document(report, act, f"report-{self._room.cases.current_id}")
            kept = _Kept(document, "", {})
            self._kept[self._room.cases.current_id] = kept
            document = self._with_findings(kept)
        else:
            act = act if by_reader else dataclasses.replace(act, details={**act.details, **self._origin()})
            document = acts.update_report(self._with_findings(kept), report, act)
            if action == "change-kept":
                document = acts.record(document, act)
        self._keep(kept, document, announce=False)
        return document.report

    def follow_findings(self) -> None:
        """Write into the audit trail what the reader did to findings since.

        Where the report is signed, the reader is told once a version that it does not follow.
        """
        kept = self._current()
        if kept is None:
            return
        document = self._with_findings(kept)
        if document is not kept.document:
            self.activity()
            self._keep(kept, document, announce=False)
            self._tell_signed(document)

    def restore(self, document: ReportDocument, told: Replay, saved_at: str) -> None:
        """Put a recovered document into the scene, with a note of that in its trail."""
        case_id = self._room.cases.current_id
        act = self._act("recovered", details={"saved_at": saved_at})
        kept = _Kept(document, "", dict(told.marks))
        self._times[case_id] = document.reading
        self._kept[case_id] = kept
        self._keep(kept, acts.record(document, act), announce=False)

    # ------------------------------------------------------------------ inside

    def _current(self) -> _Kept | None:
        """The document of the current case, read from the scene where that holds another one."""
        record = self._room.record
        if record is None or not self._room.cases.nodes("report"):
            return None
        stamp, kept = self._storage.stamp(), self._kept.get(record.id)
        if kept is not None and kept.stamp == stamp:
            return kept
        report = self._room.report.report
        if report is None:
            return None
        kept = self._read(record, report) if stamp else self._begun(report)
        self._kept[record.id] = kept
        return kept

    def _read(self, record: CaseRecord, report: Report) -> _Kept:
        try:
            parts = self._storage.read()
            document, told = parts.document(report)
        except InputError as error:
            self._room.tell("error", f"{error} A new audit trail was begun; the report itself is there.")
            return self._begun(report, str(error))
        self._times[record.id] = document.reading
        return _Kept(document, parts.state, dict(told.marks))

    def _begun(self, report: Report, why: str = "written before there was an audit trail") -> _Kept:
        """A document for a report that the scene holds without one."""
        act = Act(self._software(), self.clock(), details={"remark": why})
        document = acts.new_document(report, act, f"report-{self._room.cases.current_id}")
        kept = _Kept(document, "", {})
        kept.stamp = self._storage.write(document)
        return kept

    def _required(self) -> _Kept:
        kept = self._current()
        if kept is None:
            raise UsageError(_NO_REPORT)
        return kept

    def _decide(self, step: Callable[[ReportDocument], ReportDocument]) -> None:
        """Change where the document stands, in the scene and in the report."""
        kept = self._required()
        document = step(self._with_findings(kept))
        with self._room.listeners.hold():
            self._keep(kept, document, announce=False)
            self._room.report.set_status(document.status)

    def _keep(self, kept: _Kept, document: ReportDocument, announce: bool = True) -> None:
        kept.document = dataclasses.replace(document, reading=self._time(document))
        kept.stamp = self._storage.write(kept.document)
        self.autosave.mark()
        if announce:
            self._room.listeners.emit("report")

    def _with_findings(self, kept: _Kept) -> ReportDocument:
        """The document with entries for what the reader did to findings since the last one."""
        record, document = self._room.require_record(), kept.document
        if kept.seen == (record.marks, record.added):
            return document
        for details, mark in finding_events(record, kept.marks):
            document = acts.record(document, self._act("finding", details={**details, "mark": mark}))
            kept.marks[details["finding_id"]] = mark
        kept.seen = (record.marks, record.added)
        return document

    def _tell_signed(self, document: ReportDocument) -> None:
        version = (self._room.cases.current_id, document.version)
        if document.is_signed and version not in self._told:
            self._told.add(version)
            self._room.tell("warning", _STILL_SIGNED.get(self._room.language, _STILL_SIGNED["en"]))

    def _time(self, document: ReportDocument | None) -> ReadingTime:
        stored = document.reading if document is not None else ReadingTime()
        return self._times.get(self._room.cases.current_id, stored)

    def _case_shown(self) -> None:
        """The first image of a case is on the screen: its time begins."""
        case_id = self._room.cases.current_id
        if case_id and case_id not in self._times and self._current() is None:
            self._times[case_id] = ReadingTime().touched(self.clock())

    def _act(self, action: str = "edited", who: str = "", details: Mapping[str, Any] | None = None) -> Act:
        return Act(who or self.user(), self.clock(), action, details or {})

    def _software(self) -> str:
        origin = self._origin()
        return f"{origin['bundle']} {origin['bundle_version']}" if origin else "MedMM"

    def _origin(self) -> dict[str, str]:
        """Which model a draft comes from."""
        record = self._room.record
        if record is None or record.prediction is None:
            return {}
        provenance = record.prediction.provenance
        return {
            "bundle": provenance.bundle_id,
            "bundle_version": provenance.bundle_version,
            "bundle_sha256": provenance.bundle_sha256,
        }

    def _default_user(self) -> str:
        name = self._room.settings.get(READER_SETTING)
        if name:
            return name
        try:
            return getpass.getuser()
        except (OSError, KeyError, ImportError):
            # No user database, e.g. in a container: the trail says that it is not known.
            return "reader"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
