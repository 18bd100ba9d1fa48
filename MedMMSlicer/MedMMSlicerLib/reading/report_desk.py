"""The report: draft, edits, saving."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..core import Report, to_json
from ..errors import UsageError
from ..files import atomic_write
from ..reporting import render
from ..reporting.document.codec import report_to_json
from ..reporting.exports.exported_report import exported_document, standing_to_json
from ..reporting.exports.page import to_page, to_plain_text
from ..scene.node_updates import write_text
from ..scene.texts import report_from_node
from . import report_state as states
from .report_draft import drafted_prediction, make_draft, rendered_predictions, section_titles
from .report_inserts import NewSentence, ReportInserts, add_sentences
from .report_review import ReportReview
from .report_state import PendingChange, ReportState
from .report_workflow import ReportWorkflow

if TYPE_CHECKING:
    from ..bundles.manifest import Manifest
    from ..core import Prediction
    from ..reporting.exports.exported_report import ExportedReport
    from .record import CaseRecord
    from .room import ReadingRoom

__all__ = ["ReportDesk"]

_MOST_UNDO = 100
_NO_REPORT = "There is no report yet. Analyze the images first, or start one without a model."


@dataclasses.dataclass
class _History:
    """Earlier and undone states of one case, newest last."""

    past: list[ReportState] = dataclasses.field(default_factory=list)
    future: list[ReportState] = dataclasses.field(default_factory=list)


class ReportDesk:
    """The report of the current case: a text node with the role ``report``, its draft in ``report_state``.

    A sentence that the reader touched, added, moved or removed is never changed by a new draft. A signed
    report is read-only: every edit raises a `UsageError`, and no new draft changes it.

    Attributes
    ----------
    workflow : ReportWorkflow
        The report as a document: status, signatures, audit trail, recovery.
    inserts : ReportInserts
        Findings, measurements, phrases and templates by name.
    review : ReportReview
        Live checks, and signing with what they say in view.
    """

    def __init__(self, room: ReadingRoom) -> None:
        self._room = room
        self._histories: dict[str, _History] = {}
        self._read: tuple[str, str, object, ReportState] | None = None
        self.workflow = ReportWorkflow(room)
        self.inserts = ReportInserts(room)
        self.review = ReportReview(room)

    @property
    def report(self) -> Report | None:
        """The report, None before the first run."""
        state = self._state
        return None if state is None else state.report

    def start(self) -> None:
        """Start a report without a run: it says that no model assessed the images. Nothing if there is one.

        Raises
        ------
        UsageError
            If no case is open.
        """
        if self._state is None:
            self._store(states.first_state(self._draft(self._room.require_record())), "drafted")

    def set_text(self, sentence_id: str, text: str) -> None:
        """Replace the text of a sentence, which is the reader's from then on; its drafted text is kept.

        An empty text removes it; the drafted text gives it back to the draft.

        Raises
        ------
        UsageError
            If there is no report.
        InputError
            If there is no such sentence.
        """
        self._edit(states.set_text(self._open(), sentence_id, text))

    def add_sentence(
        self, section_id: str, text: str, after: str = "", evidence_ids: Sequence[str] = ()
    ) -> str:
        """Add a sentence of the reader behind ``after`` (empty: at the end) and return its id.

        ``evidence_ids`` name the findings and measurements that it states.

        Raises
        ------
        UsageError
            If there is no report, or it is signed.
        InputError
            If the text is empty, or there is no such section or sentence.
        """
        evidence = tuple(evidence_ids)
        state, name = states.add_sentence(self._open(), section_id, text, after, self.sections(), evidence)
        self._edit(state)
        return name

    def insert(self, items: Sequence[NewSentence]) -> tuple[str, ...]:
        """Add several sentences as one edit, each at the end of its section, and return their ids.

        Raises
        ------
        UsageError, InputError
            As `add_sentence`.
        """
        state, names = add_sentences(self._open(), items, self.sections())
        self._edit(state)
        return names

    def remove(self, sentence_id: str) -> None:
        """Remove a sentence; no later draft brings it back.

        Raises
        ------
        UsageError, InputError
            If there is no report, or no such sentence.
        """
        self._edit(states.remove_sentence(self._open(), sentence_id))

    def move(self, sentence_id: str, section_id: str, after: str = "") -> None:
        """Move a sentence into a section, behind ``after`` (empty: to its beginning).

        Raises
        ------
        UsageError, InputError
            If there is no report, or no such sentence or section.
        """
        self._edit(states.move_sentence(self._open(), sentence_id, section_id, after))

    def sections(self) -> Mapping[str, str]:
        """Ids and titles of all sections that the report can have."""
        record = self._room.record
        return section_titles(self._manifest(record), self._room.language)

    def is_touched(self, sentence_id: str) -> bool:
        """Whether the reader changed a sentence that was drafted."""
        state = self._state
        return state is not None and sentence_id in state.origins

    def drafted_text(self, sentence_id: str) -> str:
        """What a touched sentence was drafted as, else empty."""
        state = self._state
        origin = None if state is None else state.origins.get(sentence_id)
        return "" if origin is None else origin.text

    def evidence_of(self, sentence_id: str) -> tuple[str, ...]:
        """Ids of the findings, measurements and segments that a sentence states; empty if there is none."""
        report = self.report
        for section in report.sections if report else ():
            for sentence in section.sentences:
                if sentence.id == sentence_id:
                    return sentence.evidence_ids
        return ()

    def sentences_of(self, evidence_id: str) -> tuple[str, ...]:
        """Ids of the sentences that state a finding or measurement, or one that rests on this segment."""
        report = self.report
        wanted = self._stated_by(evidence_id)
        return tuple(
            sentence.id
            for section in (report.sections if report else ())
            for sentence in section.sentences
            if wanted.intersection(sentence.evidence_ids)
        )

    def pending(self) -> tuple[PendingChange, ...]:
        """Sentences that the reader touched and whose draft has changed since."""
        state = self._state
        return () if state is None else states.pending_changes(state)

    def resolve_pending(self, sentence_id: str, take: bool) -> None:
        """Take the new draft of such a sentence, or keep the reader's text and ask no more.

        Raises
        ------
        UsageError, InputError
            If there is no report, or nothing is pending for the sentence.
        """
        action = "change-taken" if take else "change-kept"
        state = states.resolve_pending(self._open(), sentence_id, take)
        self._edit(state, action, {"sentence_id": sentence_id})

    @property
    def can_undo(self) -> bool:
        """Whether an edit of this report can be undone."""
        return self._state is not None and bool(self._history.past)

    @property
    def can_redo(self) -> bool:
        """Whether an undone edit can be done again."""
        return self._state is not None and bool(self._history.future)

    def undo(self) -> None:
        """Undo the reader's last edit; what was drafted anew since stays.

        Raises
        ------
        UsageError
            If there is none.
        """
        self._step(self._history.past, self._history.future, "undo")

    def redo(self) -> None:
        """Do an undone edit again.

        Raises
        ------
        UsageError
            If there is none.
        """
        self._step(self._history.future, self._history.past, "do again")

    def save(self, path: Path, image: bytes = b"", caption: str = "overlay") -> None:
        """Write the report as ``.html``, ``.txt`` or ``.json``; an older file stays until it is complete.

        Each says where the report stands: status, who signed which version and when, addenda.

        Parameters
        ----------
        path : Path
        image : bytes
            A PNG for the page, e.g. the key image; empty: none.
        caption : str
            Of the image.

        Raises
        ------
        UsageError
            If there is no report, or the name ends in something else.
        OutputError, DiskFullError
            If the file can not be written.
        """
        path, state = Path(path), self._required()
        exported = self._exported(state, {caption: image} if image else {})
        suffix = path.suffix.lower()
        if suffix in (".html", ".htm"):
            text = to_page(exported)
        elif suffix == ".txt":
            text = to_plain_text(exported)
        elif suffix == ".json":
            value = render.to_json(exported.report, exported.predictions)
            edits = {key: to_json(item) for key, item in state.origins.items()}
            value |= {"standing": standing_to_json(exported), "drafted": edits}
            text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
        else:
            raise UsageError(f"{path.name} is no name for a report. Let it end in .html, .txt or .json.")
        with atomic_write(path) as temporary:
            temporary.write_text(text, encoding="utf-8", newline="\n")
        kind = "html" if suffix == ".htm" else suffix[1:]
        self.workflow.exported(kind, hashlib.sha256(text.encode("utf-8")).hexdigest())

    def _exported(self, state: ReportState, images: Mapping[str, bytes]) -> ExportedReport:
        """The document on its way out, without empty sections."""
        record, document = self._room.require_record(), self.workflow.document
        if document is None:
            raise UsageError(_NO_REPORT)
        filled = tuple(section for section in state.report.sections if section.sentences)
        predictions = rendered_predictions(record, self._prediction(record))
        exported = exported_document(document, predictions, images=images)
        return dataclasses.replace(exported, report=dataclasses.replace(state.report, sections=filled))

    def redraft(self) -> None:
        """Draft again and merge with what the reader did. Called by the run desk after results, and by the
        context desk when texts or values changed; does nothing before the first run, and once it was signed.
        """
        for _ in self.redraft_in_steps():
            pass

    def redraft_in_steps(self) -> Iterator[str]:
        """`redraft`, with a pause between drafting and writing."""
        record = self._room.record
        if record is None or not self._takes_a_draft(record):
            return
        draft = self._draft(record)
        yield "report"
        now = self._room.record
        if now is None or not self._takes_a_draft(now):
            return
        if now is not record:
            draft = self._draft(now)  # somebody changed the case in the pause
        state = self._state
        merged = states.first_state(draft) if state is None else states.redraft(state, draft)
        if merged != state:
            self._store(merged, "drafted")

    def _takes_a_draft(self, record: CaseRecord) -> bool:
        # A study has its own field for the report, and no draft of one read may stay for another.
        drafted = record.prediction is not None or self._state is not None
        return drafted and not self.workflow.is_frozen and not self._room.study.is_open

    def set_status(self, status: str) -> None:
        """Called by the workflow, which has put the document's status into the scene already."""
        state = self._required()
        report = dataclasses.replace(state.report, status=status)
        if status != "preliminary":
            self._histories.pop(self._room.cases.current_id, None)
        self._write(dataclasses.replace(state, report=report))

    def put_back(self, report: Report, record: CaseRecord) -> None:
        """Called on recovery: take a record and its report as they are."""
        self._histories.pop(record.id, None)
        self._write(states.state_from_json(report, record.report_state), record)

    @property
    def _history(self) -> _History:
        return self._histories.setdefault(self._room.cases.current_id, _History())

    @property
    def _state(self) -> ReportState | None:
        record = self._room.record
        nodes = self._room.cases.nodes("report") if record is not None else ()
        if record is None or not nodes:
            return None
        read = self._read
        if (
            read is not None
            and read[0] == record.id
            and read[1] == nodes[0]
            and read[2] is record.report_state
        ):
            return read[3]
        report = report_from_node(self._room.scene, nodes[0])
        state = states.state_from_json(report, record.report_state)
        self._read = (record.id, nodes[0], record.report_state, state)
        return state

    def _required(self) -> ReportState:
        state = self._state
        if state is None:
            raise UsageError(_NO_REPORT)
        return state

    def _open(self) -> ReportState:
        """The state of a report that is not signed."""
        state = self._required()
        self.workflow.require_open()
        return state

    def _edit(
        self, state: ReportState, action: str = "edited", details: Mapping[str, str] | None = None
    ) -> None:
        before = self._required()
        if state == before:
            return
        history = self._history
        history.past.append(before)
        del history.past[:-_MOST_UNDO]
        history.future.clear()
        self._store(state, action, details)

    def _step(self, source: list[ReportState], target: list[ReportState], verb: str) -> None:
        state = self._open()
        if not source:
            raise UsageError(f"There is no edit of the report to {verb}.")
        target.append(state)
        # The draft may have changed since: the edits of then, on the draft of now.
        self._store(states.redraft(source.pop(), state.base), "undone" if verb == "undo" else "redone")

    def _store(self, state: ReportState, action: str, details: Mapping[str, str] | None = None) -> None:
        """Write a changed report into its document, and into the scene."""
        report = self.workflow.take(state.report, action, details)
        self._write(state if report is state.report else dataclasses.replace(state, report=report))

    def _write(self, state: ReportState, record: CaseRecord | None = None) -> None:
        """Write a report into the scene, with the rest of the case's record where that is given."""
        nodes = self._room.cases.nodes("report")
        text = json.dumps(report_to_json(state.report), ensure_ascii=False, allow_nan=False)
        node_id = write_text(
            self._room.scene, nodes[0] if nodes else "", text, "Report (data)", "report-json"
        )
        if node_id not in nodes:
            self._room.cases.set_nodes("report", [node_id])
        if record is not None:
            self._room.cases.store(record)
            self._room.listeners.emit("findings", "context", "run", "bundle", "cases")
        record = self._room.change("report", report_state=states.state_to_json(state))
        self._read = (record.id, node_id, record.report_state, state)

    def _draft(self, record: CaseRecord) -> Report:
        case = self._room.cases.case()
        manifest = self._manifest(record)
        return make_draft(record, case, self._prediction(record), manifest, self._room.language)

    def _prediction(self, record: CaseRecord) -> Prediction | None:
        if record.prediction is None:
            return None
        segments = self._room.segments.states()
        emptied = frozenset(
            finding.id
            for finding in record.prediction.findings
            if any(
                finding.id == f"f-{item}" and segments.get(item) == "empty" for item in finding.evidence_ids
            )
        )
        return drafted_prediction(record, self._room.segments.drafted_labels(), emptied)

    def _manifest(self, record: CaseRecord | None) -> Manifest | None:
        if record is None or record.prediction is None:
            return None
        return self._room.models.manifest(record.prediction.provenance.bundle_id)

    def _stated_by(self, evidence_id: str) -> set[str]:
        """The id, and those of what rests on it where it is a segment."""
        record, wanted = self._room.record, {evidence_id}
        prediction = None if record is None else record.prediction
        if prediction is None:
            return wanted
        wanted |= {item.id for item in prediction.findings if evidence_id in item.evidence_ids}
        return wanted | {item.id for item in prediction.measurements if item.segment_id == evidence_id}
