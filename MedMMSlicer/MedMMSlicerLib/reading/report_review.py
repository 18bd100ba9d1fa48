"""The live checks of the current case's report, what was dismissed, and what stands in the way of signing."""

from __future__ import annotations

import dataclasses
import hashlib
import math
from typing import TYPE_CHECKING

from ..core import Finding, Measurement, Report, SegmentDefinition
from ..errors import UsageError
from ..reporting.checks import CheckContext, Remark, ReportChecker
from .finding_view import current_findings

if TYPE_CHECKING:
    from ..reporting.document.model import ReportDocument
    from .room import ReadingRoom

__all__ = ["ReportReview"]

_TOPICS = ("cases", "case", "context", "findings", "segments", "report")


@dataclasses.dataclass(frozen=True, eq=False)
class _Asked:
    """What is being checked."""

    case_id: str
    language: str
    report: Report
    findings: tuple[Finding, ...]
    measurements: tuple[Measurement, ...]
    segments: tuple[SegmentDefinition, ...]
    context: CheckContext


class ReportReview:
    """Checks the report a little at a time, so that a panel can do it between two keys.

    Remarks of severity ``error`` stand in the way of a signature: they are corrected, or the reader gives a
    reason, which goes into the audit trail. Others can be dismissed, which goes there too.
    """

    def __init__(self, room: ReadingRoom) -> None:
        self._room = room
        self._checkers: dict[str, ReportChecker] = {}
        self._asked: _Asked | None = None
        self._found: tuple[str, tuple[Remark, ...]] = ("", ())
        self._is_done = True
        self._dismissed: tuple[str, int, frozenset[str]] = ("", 0, frozenset())
        for topic in _TOPICS:
            room.listeners.subscribe(topic, self._changed)

    @property
    def is_done(self) -> bool:
        """Whether `remarks` are those of the report as it is now."""
        return self._is_done

    @property
    def remarks(self) -> tuple[Remark, ...]:
        """What was found last in the current case, without what was dismissed."""
        case_id, found = self._found
        document = self._room.report.workflow.document if case_id == self._room.cases.current_id else None
        if document is None:
            return ()
        dismissed = self._keys_dismissed(document)
        return tuple(item for item in found if _key(item) not in dismissed)

    @property
    def blocking(self) -> tuple[Remark, ...]:
        """Those of `remarks` that stand in the way of a signature."""
        return tuple(item for item in self.remarks if item.severity == "error")

    def step(self, seconds: float = math.inf) -> bool:
        """Go on checking for about this long; whether it is done."""
        if self._is_done:
            return True
        asked = self._asked or self._ask()
        self._asked = asked
        if asked is None:
            self._found, self._is_done = ("", ()), True
            return True
        checker = self._checkers.setdefault(asked.language, ReportChecker(asked.language))
        inputs = (asked.report, asked.findings, asked.measurements, asked.segments, asked.context)
        if seconds < math.inf and not checker.read(*inputs, seconds=seconds):
            return False
        self._found, self._is_done = (asked.case_id, checker.check(*inputs)), True
        return True

    def fix(self, remark: Remark) -> None:
        """Put the certain correction of a remark into the report, as an edit of the reader.

        Raises
        ------
        UsageError
            If it has none, the report has changed since, or it is signed.
        """
        fix = remark.fix
        if fix is None:
            raise UsageError("This check has no certain correction. Change the sentence yourself.")
        self.step()
        if remark not in self.remarks:
            raise UsageError("The sentence has changed since. Look at the checks again.")
        report = self._room.report.report
        sections = report.sections if report is not None else ()
        text = next(item.text for part in sections for item in part.sentences if item.id == fix.sentence_id)
        self._room.report.set_text(fix.sentence_id, fix.apply(text))

    def dismiss(self, remark: Remark) -> None:
        """Take a remark away; it comes back if what it says changes.

        Raises
        ------
        UsageError
            If it is an error, or there is no report.
        """
        if remark.severity == "error":
            raise UsageError("An error can not be dismissed. Correct it, or sign with a reason.")
        details = {"dismissed": _key(remark), "rule": remark.rule, "message": remark.text}
        self._room.report.workflow.remark(details)

    def sign(self, name: str, role: str = "", reason: str = "") -> None:
        """Sign the report; over checks that stand in the way only with a reason, which the trail keeps.

        Raises
        ------
        UsageError
            If checks stand in the way and no reason is given, or as `ReportWorkflow.sign`.
        """
        workflow = self._room.report.workflow
        workflow.require_open()
        self.step()
        blocking, reason = self.blocking, " ".join(reason.split())
        if blocking and not reason:
            count = len(blocking)
            raise UsageError(
                f"{count} {'check stands' if count == 1 else 'checks stand'} in the way of signing: "
                f"{blocking[0].text} Correct the report, or give a reason."
            )
        with self._room.listeners.hold():
            if blocking and name.strip():
                over = [{"rule": item.rule, "message": item.text} for item in blocking]
                workflow.remark({"signed_over": over, "reason": reason, "reader": name.strip()})
            workflow.sign(name, role)

    # ------------------------------------------------------------------ inside

    def _changed(self) -> None:
        self._asked, self._is_done = None, False

    def _ask(self) -> _Asked | None:
        room = self._room
        record, report = room.record, room.report.report if room.record is not None else None
        if record is None or report is None:
            return None
        measurements = () if record.prediction is None else record.prediction.measurements
        labels = room.segments.drafted_labels()
        name, patient_id = room.cases.patient()
        context = CheckContext(
            patient_names=(name,) if name.strip() else (),
            patient_ids=(patient_id,) if patient_id.strip() else (),
        )
        segments = tuple(item for one in labels for item in one.segments)
        return _Asked(
            record.id, room.language, report, current_findings(record), measurements, segments, context
        )

    def _keys_dismissed(self, document: ReportDocument) -> frozenset[str]:
        entries = document.audit.entries
        name, count, keys = self._dismissed
        if name != document.id or count > len(entries):
            count, keys = 0, frozenset()
        fresh = {
            str(entry.data["dismissed"])
            for entry in entries[count:]
            if entry.action == "remark" and "dismissed" in entry.data
        }
        self._dismissed = (document.id, len(entries), keys | fresh)
        return self._dismissed[2]


def _key(remark: Remark) -> str:
    """The same for the same statement about the same place."""
    parts = (remark.rule, remark.section_id, remark.sentence_id, remark.text)
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]
