"""Runs: start, progress, results into the scene, cancel, undo, what-if."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ..core import Prediction, localized
from ..errors import CancelledError, MedMMError, UsageError
from .finding_explanation import Background, refusal_reason
from .record import CaseRecord, RunRecord
from .rows import RunState
from .run_checks import can_update, model_obstacle, with_view
from .run_points import RunPoints
from .run_results import Before, ResultWriter
from .words import obstacle

if TYPE_CHECKING:
    from ..inference.worker import RunRequest, WorkerEvent
    from .room import ReadingRoom

__all__ = ["RunDesk"]

_STEP_BUDGET_S = 0.006
"""Steps that are quicker are done in one go; one that is slower has a turn of the event loop for itself."""

_REMOVED = "The image of the run was removed, so the run was ended. Open it again to read it."
_CLOSED = "The scene was closed, so the run was ended."


@dataclass(eq=False)
class _Job:
    """A run in progress."""

    kind: str
    case_id: str
    fingerprint: str
    record: RunRecord
    started_s: float
    stage: str = "starting"
    fraction: float = 0.0
    abandoned: bool = False


class RunDesk(RunPoints):
    """The one run in progress. Nothing here waits: a timer calls `poll` every 20 ms."""

    def __init__(self, room: ReadingRoom) -> None:
        super().__init__(room)
        self._worker = room.given_worker
        self._job: _Job | None = None
        self._steps: Iterator[str] | None = None
        self._before: Before | None = None
        self._undo: Before | None = None
        self._queued: str | None = None

    def can_start(self) -> tuple[bool, str]:
        """Whether a run can start, and if not, why: one sentence."""
        reason = self._obstacle()
        return not reason, reason

    def start(self, device: str = "auto") -> None:
        """Run the selected bundle on the current case and return at once.

        Parameters
        ----------
        device : str
            ``auto``, ``cpu`` or ``cuda``.

        Raises
        ------
        UsageError
            If it can not start; the reason is that of `can_start`.
        DeviceError, BundleError, InputError
            If the images can not be handed over.
        """
        reason = self._obstacle()
        if reason:
            raise UsageError(reason)
        if self._job is not None:
            # An update of probabilities takes a moment; the run follows it.
            self._queued = device
            return
        self._start(device)

    @property
    def state(self) -> RunState:
        """What is going on."""
        job = self._job
        if job is None:
            return RunState()
        elapsed = time.monotonic() - job.started_s
        return RunState(True, job.kind, job.stage, job.fraction, elapsed)

    def poll(self) -> None:
        """Take what the worker sent; put results into the scene, a part at a time. Never raises."""
        if self._steps is not None:
            self._step()
        elif self._worker is not None:
            for event in self._worker.poll():
                self._take(event)
        if self._job is None and self._queued is not None:
            self._start_queued()

    def cancel(self) -> None:
        """End the run in progress; nothing is changed. Results that are being shown are taken back."""
        self._queued = None
        job = self._job
        if job is None:
            return
        if self._steps is not None:
            self._fail(CancelledError("The run was cancelled; nothing was changed."))
        elif self._worker is not None:
            job.stage = "cancelling"
            self._worker.request_cancel()
            self._room.listeners.emit("run")

    @property
    def device_used(self) -> str:
        """Execution provider that the last run of the current case really used, or empty."""
        prediction = self.prediction
        return prediction.provenance.provider_used if prediction else ""

    @property
    def device_warning(self) -> str:
        """Why it is not the device that was asked for, or empty: shown as a red banner."""
        record = self._room.record
        return record.device_warning if record else ""

    @property
    def refusal(self) -> str:
        """Why the model refused the images of the current case: one sentence, empty if it did not."""
        return self._refusal_of(self._room.record)

    @property
    def can_undo(self) -> bool:
        """Whether the last analysis of the current case can be undone."""
        known = self._undo is not None and self._undo.case_id == self._room.cases.current_id
        return known and self._job is None

    def undo(self) -> None:
        """Take the last analysis back; what a person changed since stays. `poll` does what takes longer.

        Raises
        ------
        UsageError
            If there is nothing to undo.
        """
        before = self._undo
        if before is None or not self.can_undo:
            raise UsageError("There is no analysis of this case to undo.")
        prediction = self.prediction
        run = RunRecord("undo", "", "", "", _now())
        if prediction is not None:
            origin = prediction.provenance
            run = dataclasses.replace(run, bundle_id=origin.bundle_id, bundle_version=origin.bundle_version)
        self._undo = None
        self._job = _Job("undo", before.case_id, "", run, time.monotonic(), "undo")
        self._steps = ResultWriter(self._room, before.case_id).restore(before, run)
        self._step()
        # Whoever polls has to begin.
        self._room.listeners.emit("run")

    @property
    def prediction(self) -> Prediction | None:
        """Prediction of the current case without label maps and heat maps (those are nodes)."""
        record = self._room.record
        return record.prediction if record else None

    @property
    def is_stale(self) -> bool:
        """Whether the context changed since the prediction of the current case was made."""
        record = self._room.record
        return record is not None and self._room.context.is_stale(record)

    def context_changed(self) -> None:
        """Called by the context desk: starts a what-if run where the bundle can do that.

        While one is in progress, the values of its end count: nothing piles up.
        """
        record = self._room.record
        if record is None or record.prediction is None:
            return
        if self._can_update(record):
            if self._job is None:
                self._start_update(record)
        elif self._job is None:
            # The texts are part of the report, and whether it is out of date, too.
            self._room.report.redraft()

    def scene_closing(self) -> None:
        """Called before the scene is emptied."""
        self._undo = None
        self._abandon(_CLOSED)

    def case_going(self, case_id: str, role: str) -> None:
        """Called when a node of a case (by its role), or the case itself (empty role), is gone."""
        if self._undo is not None and self._undo.case_id == case_id and not role:
            self._undo = None
        job = self._job
        if job is not None and job.case_id == case_id and (not role or role.startswith("volume.")):
            self._abandon(_REMOVED)

    def close(self) -> None:
        """End the worker; a run in progress ends with it."""
        if self._steps is not None:
            self._steps.close()  # type: ignore[attr-defined]
        self._job, self._steps, self._queued, self._undo = None, None, None, None
        if self._worker is not None:
            self._worker.close()

    def _obstacle(self) -> str:
        job, language = self._job, self._room.language
        if self._room.study.obstacle:
            return self._room.study.obstacle
        if job is not None and job.kind != "what-if":
            return obstacle("ending" if job.stage == "cancelling" else "running", language)
        if self._queued is not None:
            return obstacle("running", language)
        if self._room.record is None:
            return obstacle("open-first", language)
        reason = model_obstacle(self._room)
        return reason or (obstacle("point-missing", language) if self.needs_point else "")

    def _start(self, device: str) -> None:
        from ..inference.engine import RunOptions
        from ..inference.worker import RunRequest

        bundle = self._room.models.bundle(self._room.models.selected_id)
        manifest, record = bundle.manifest, self._room.require_record()
        roles = tuple(item.role for item in manifest.inputs)
        case = self._room.cases.case(roles=roles)
        points = record.points_ras if manifest.preprocess.region.kind == "roi" else ()
        request = RunRequest(bundle.path, case, RunOptions(device=device), points)
        run = RunRecord(
            "analyze", manifest.id, manifest.version, bundle.sha256, _now(), device_requested=device
        )
        fingerprint = self._room.context.fingerprint(record, manifest)
        self._submit(request, _Job("analyze", record.id, fingerprint, run, time.monotonic()))
        self._room.dismiss()

    def _start_queued(self) -> None:
        device, self._queued = self._queued or "auto", None
        reason = self._obstacle()
        try:
            if reason:
                raise UsageError(reason)
            self._start(device)
        except MedMMError as error:
            self._room.tell("error", error)

    def _start_update(self, record: CaseRecord) -> None:
        """Ask the warm worker what the bundle says with the present context."""
        from ..inference.worker import RunRequest

        prediction = record.prediction
        manifest = self._room.models.manifest_of(record)
        if prediction is None or manifest is None:
            return
        bundle = self._room.models.bundle(manifest.id)
        view = self._room.context.view_of(record)
        case = dataclasses.replace(self._room.cases.case(record.id, roles=()), series={})
        request = RunRequest(bundle.path, case, previous=with_view(prediction, view))
        run = RunRecord("what-if", manifest.id, manifest.version, bundle.sha256, _now())
        fingerprint = self._room.context.fingerprint(record, manifest)
        try:
            self._submit(request, _Job("what-if", record.id, fingerprint, run, time.monotonic()))
        except MedMMError as error:
            self._room.tell("error", error)

    def _submit(self, request: RunRequest, job: _Job) -> None:
        if self._worker is None:
            from ..inference.worker import WorkerClient

            self._worker = WorkerClient()
        self._worker.submit(request)
        self._job = job
        self._room.listeners.emit("run")

    def _can_update(self, record: CaseRecord) -> bool:
        manifest = self._room.models.manifest_of(record)
        if manifest is None or record.prediction is None or not can_update(manifest, record.prediction):
            return False
        now = self._room.context.fingerprint(record, manifest)
        same_image = now.partition(":")[0] == record.prediction_context.partition(":")[0]
        return same_image and now != record.prediction_context

    def _take(self, event: WorkerEvent) -> None:
        from ..inference.worker import Failed, Finished, Progress

        job = self._job
        if isinstance(event, Failed):
            if job is None:
                self._room.tell("error", event.error)
            else:
                self._fail(event.error)
        elif job is None:
            return
        elif isinstance(event, Progress):
            job.stage, job.fraction = event.stage, event.fraction
            self._room.listeners.emit("run")
        elif isinstance(event, Finished):
            self._finished(job, event.prediction)

    def _finished(self, job: _Job, prediction: Prediction) -> None:
        job.stage, job.fraction = "showing results", 1.0
        writer = ResultWriter(self._room, job.case_id)
        if job.kind == "what-if":
            self._steps = writer.apply_update(prediction, job.fingerprint)
        else:
            seconds = time.monotonic() - job.started_s
            provider = prediction.provenance.provider_used
            run = dataclasses.replace(job.record, seconds=seconds, provider_used=provider)
            try:
                self._before = writer.keep()
            except MedMMError as error:
                self._fail(error)
                return
            self._steps = writer.apply(self._before, prediction, run, job.fingerprint)
        self._room.listeners.emit("run")

    def _step(self) -> None:
        """Do steps until the time of this turn is used up."""
        end = time.perf_counter() + _STEP_BUDGET_S
        try:
            while self._steps is not None and time.perf_counter() < end:
                if next(self._steps, None) is None:
                    self._done()
        except MedMMError as error:
            self._fail(error)

    def _done(self) -> None:
        job, self._job, self._steps = self._job, None, None
        if job is not None and job.kind == "analyze":
            self._undo, self._before = self._before, None
            refusal = self._refusal_of(self._room.cases.record(job.case_id))
            if refusal:
                self._room.tell("warning", refusal)
        self._room.listeners.emit("run", "cases")
        if job is not None and job.kind != "undo":
            record = self._room.cases.record(job.case_id)
            # What was typed meanwhile.
            if record is not None and record.id == self._room.cases.current_id and self._can_update(record):
                self._start_update(record)

    def _refusal_of(self, record: CaseRecord | None) -> str:
        if record is None or record.prediction is None or record.prediction.is_applicable:
            return ""
        manifest, language = self._room.models.manifest_of(record), self._room.language
        name = localized(manifest.title, language) if manifest else ""
        reason = refusal_reason(Background(record.prediction, manifest), language)
        name = name or record.prediction.provenance.bundle_id
        return obstacle("refused", language, name=name, reason=reason)

    def _fail(self, error: MedMMError) -> None:
        """End the job; what was shown of its results is taken back."""
        job, self._job = self._job, None
        applied, self._steps = self._steps is not None, None
        before, self._before = self._before, None
        if job is None:
            return
        if applied and before is not None and not job.abandoned:
            self._take_back(before)
        if not job.abandoned:
            cancelled = isinstance(error, CancelledError)
            self._note(job, "cancelled" if cancelled else "failed", str(error))
            if not (cancelled and job.kind == "what-if"):
                self._room.tell("info" if cancelled else "error", error)
        self._room.listeners.emit("run", "cases")

    def _take_back(self, before: Before) -> None:
        try:
            for _ in ResultWriter(self._room, before.case_id).restore(before, None):
                pass
        except MedMMError:
            # The case or its image is gone, which is what the message that follows says.
            return

    def _note(self, job: _Job, outcome: str, message: str) -> None:
        record = self._room.cases.record(job.case_id)
        if record is None or job.kind == "what-if":
            return
        seconds = time.monotonic() - job.started_s
        run = dataclasses.replace(job.record, seconds=seconds, outcome=outcome, message=message)
        self._room.cases.store(dataclasses.replace(record, runs=(*record.runs, run)))

    def _abandon(self, reason: str) -> None:
        """The case of the run is going: end the run, say so once, and forget its result."""
        self._queued = None
        job = self._job
        if job is None:
            return
        if self._steps is not None:
            self._job, self._steps, self._before = None, None, None
        elif not job.abandoned and self._worker is not None:
            job.abandoned, job.stage = True, "cancelling"
            self._worker.request_cancel()
        else:
            return
        if job.kind == "analyze":
            self._room.tell("info" if reason == _CLOSED else "warning", reason)
        self._room.listeners.emit("run")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
