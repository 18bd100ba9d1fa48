"""One task of a reader from its first image to its submission.

The states are: started, shown (the timer runs), paused, locked (sequential reads), submitted. Whatever a
method has taken is on the disk when it returns. Inputs come often and are counted in memory; the counts are
written every few seconds and with each other event.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.serialization import to_json
from ..errors import BlindedError, InputError, StudyError
from .answers import Answers, QualityScore, Vote, check_answers, check_quality, check_vote
from .clock import Moment
from .codec import decode
from .folding import credible_step, times_to
from .package_format import TaskInfo, TaskSecret, ai_name, secret_name, unpack_files, unseal_secret
from .protocol import ArmMode
from .sealing import unseal
from .timing import ReadTimes
from .views import AiOutput, AssistedScreen, PreferenceScreen, QualityScreen, Screen, UnaidedScreen

if TYPE_CHECKING:
    from .desk import ReaderDesk

__all__ = ["AnswersOfTask", "Task"]

AnswersOfTask = Answers | QualityScore | Vote

_WRITE_EVERY_S = 5.0
_KIND = re.compile(r"[a-z][a-z_]{0,39}\Z")
_RESERVED = {
    "activity", "created", "draft", "locked", "paused", "recovered", "refused", "resumed", "shown", "started",
    "submitted",
}  # fmt: skip
_ANSWERS: dict[str, type[AnswersOfTask]] = {
    "read": Answers,
    "likert": QualityScore,
    "radpeer": QualityScore,
    "preference": Vote,
}


class Task:
    """An open task; made by `ReaderDesk.start` alone."""

    def __init__(
        self, desk: ReaderDesk, info: TaskInfo, secret: TaskSecret, images: tuple[Path, ...]
    ) -> None:
        self._desk = desk
        self._info = info
        self._images = images
        record = desk._record(info.code)
        self._times = record.times
        self._counts: Counter[str] = Counter()
        self._has_locked = record.locked is not None
        self._is_sequential = secret.mode == ArmMode.sequential
        self._runs = False
        self._was_shown = record.shown is not None
        self._before: Moment | None = record.last if self._was_shown else None
        self._last_input: Moment | None = None
        self._written: Moment | None = None
        self.is_submitted = False
        self._screen = self._first_screen(secret)

    @property
    def code(self) -> str:
        """Opaque code."""
        return self._info.code

    @property
    def kind(self) -> str:
        """``read``, ``likert``, ``radpeer`` or ``preference``."""
        return self._info.kind

    @property
    def screen(self) -> Screen:
        """What may be on the screen now."""
        return self._screen

    @property
    def is_paused(self) -> bool:
        """Whether the timer stands still."""
        return not self._runs

    @property
    def is_locked(self) -> bool:
        """Whether the first ratings of a sequential read were locked."""
        return self._has_locked

    def times(self) -> ReadTimes:
        """Seconds so far, up to now."""
        if not self._runs or self._last_input is None:
            return self._times
        return self._times.after_gap(self._gap(self._last_input), self._idle_after_s)

    def shown(self) -> None:
        """The first image (or text) is on the screen: the timer starts, or goes on after an interruption."""
        self._require_open()
        if self._runs:
            return
        if not self._was_shown:
            self._begin()
            self._append("shown", {})
            self._was_shown = True
            return
        record = self._desk._record(self.code)
        self.resume("resumed" if record.state == "paused" else "recovered")

    def touch(self, kind: str = "input", count: int = 1) -> None:
        """Count inputs such as ``scroll``, ``window``, ``zoom``, ``pan``; any input ends an idle pause.

        Raises
        ------
        StudyError
            If ``kind`` is no lower-case word.
        """
        if not self._runs:
            return
        if not _KIND.match(kind) or kind in _RESERVED:
            raise StudyError(f"'{kind}' is no kind of input.")
        self._account()
        self._counts[kind] += count
        if self._written is not None and self._gap(self._written) >= _WRITE_EVERY_S:
            self.flush()

    def record(self, kind: str, **data: str | int | float | bool) -> None:
        """Record an event such as ``ai_shown``, ``finding_accepted`` or ``draft_edited``, committed at once.

        Raises
        ------
        StudyError
            If the timer does not run, or ``kind`` is no such word.
        """
        self._require_running()
        if not _KIND.match(kind) or kind in _RESERVED or kind.startswith("clock_"):
            raise StudyError(f"'{kind}' is no kind of event that can be recorded.")
        self._account()
        self.flush()
        self._append(kind, dict(data))

    def flush(self) -> None:
        """Write the counted inputs and the time so far."""
        if self._runs:
            counts, self._counts = dict(self._counts), Counter()
            self._append("activity", {"counts": counts})

    def save(self, answers: AnswersOfTask) -> None:
        """Save a draft; when this returns it survives whatever happens.

        Raises
        ------
        StudyError
            If an answer is not possible (drafts may be incomplete), or locked ratings differ.
        """
        self._require_running()
        self._check(answers, is_draft=True)
        self._account()
        self._append("draft", {"answers": to_json(answers)})

    def lock(self, answers: Answers) -> None:
        """Lock the unaided ratings of a sequential read; they never change again.

        Raises
        ------
        StudyError
            If something is missing or impossible, or this read locks nothing.
        """
        self._require_running()
        if not self._is_sequential or self._has_locked:
            raise StudyError("There is nothing to lock in this read. Submit it.")
        self._check(answers, is_lock=True)
        self._account()
        self.flush()
        self._append("locked", {"answers": to_json(answers)})
        self._has_locked = True

    def reveal(self) -> AssistedScreen:
        """Show the output of AI after the ratings were locked; from then on `screen` holds it.

        Raises
        ------
        BlindedError
            If this read has no AI, or its ratings were not locked yet.
        """
        if isinstance(self._screen, AssistedScreen):
            return self._screen
        self._require_running()
        if not self._has_locked:
            raise BlindedError("There is nothing to be shown in this read before its ratings are locked.")
        screen = self._assisted_screen()
        self._account()
        self._append("ai_revealed", {})
        self._screen = screen
        return screen

    def submit(self, answers: AnswersOfTask) -> None:
        """Submit the task; it can not be changed any more.

        Raises
        ------
        StudyError
            If something is missing or impossible, or the ratings have to be locked first.
        """
        self._require_running()
        if self._is_sequential and not isinstance(self._screen, AssistedScreen):
            raise StudyError("The ratings have to be locked first. Lock them, then go on.")
        self._check(answers)
        self._account()
        self.flush()
        self._append("submitted", {"answers": to_json(answers)})
        self.is_submitted = True
        self._runs = False

    def pause(self, reason: str = "") -> None:
        """Stop the timer; what passes until `resume` is an interruption."""
        self._require_open()
        if self._runs:
            self._account()
            self.flush()
            self._before = self._append("paused", {"reason": reason[:1000]})
            self._runs = False

    def resume(self, kind: str = "resumed") -> None:
        """Go on after a pause."""
        self._require_open()
        if self._runs or not self._was_shown:
            return
        if self._before is not None:
            self._times = self._times.after_interruption(self._gap(self._before))
        self._begin()
        self._append(kind, {})

    # ---------------------------------------------------------------------------------------------------

    @property
    def _idle_after_s(self) -> float:
        return self._desk._info.questions.idle_after_s

    def _begin(self) -> None:
        self._runs = True
        self._last_input = self._desk._clock.look()

    def _gap(self, since: Moment) -> float:
        return credible_step(since, self._desk._clock.look())

    def _account(self) -> None:
        """Add the time since the last input."""
        assert self._last_input is not None
        now = self._desk._clock.look()
        self._times = self._times.after_gap(credible_step(self._last_input, now), self._idle_after_s)
        self._last_input = now

    def _append(self, kind: str, data: Mapping[str, Any]) -> Moment:
        event = self._desk._append(kind, self.code, {**data, "times": times_to(self._times)})
        self._written = event.moment
        return event.moment

    def _require_open(self) -> None:
        if self.is_submitted or self._desk._task is not self:
            raise StudyError("This task was submitted or closed. Choose the next one from the worklist.")

    def _require_running(self) -> None:
        self._require_open()
        if not self._runs:
            raise StudyError("This task is paused. Resume it first.")

    def _check(self, answers: AnswersOfTask, is_draft: bool = False, is_lock: bool = False) -> None:
        if not isinstance(answers, _ANSWERS[self.kind]):
            raise StudyError(f"A task of the kind {self.kind} takes other answers. Report this.")
        if isinstance(answers, Answers):
            check_answers(answers, self._desk._info.questions, is_draft, is_lock)
        elif isinstance(answers, QualityScore):
            scales = self._screen.scales if isinstance(self._screen, QualityScreen) else ()
            check_quality(answers, self.kind, scales, is_draft)
        else:
            check_vote(answers, is_draft)

    # What may be seen. ---------------------------------------------------------------------------------

    def _first_screen(self, secret: TaskSecret) -> Screen:
        if self.kind == "read":
            if secret.mode == ArmMode.concurrent or self._was_revealed():
                return self._assisted_screen()
            return UnaidedScreen(
                self.code,
                self._images,
                self._info.indication,
                self._desk._info.questions,
                self._draft(Answers),
                asks_lock=self._is_sequential,
            )
        if self.kind == "preference":
            if len(secret.texts) != 2:
                raise InputError(f"Task {self.code} of the study package is damaged. Get the package again.")
            left, right = secret.texts
            return PreferenceScreen(self.code, left, right, self._images, self._draft(Vote))
        return QualityScreen(
            self.code,
            self.kind,
            "".join(secret.texts),
            secret.scales,
            self._images,
            self._draft(QualityScore),
        )

    def _was_revealed(self) -> bool:
        return "ai_revealed" in self._desk._record(self.code).counts

    def _draft(self, kind: Any) -> Any:
        value = self._desk._record(self.code).draft
        return kind() if value is None else decode(kind, value, f"the draft of {self.code}")

    def _assisted_screen(self) -> AssistedScreen:
        key = self._desk._seal_key()
        secret = unseal_secret(key, self.code, self._desk._checked_bytes(secret_name(self.code)))
        sealed = self._desk._checked_bytes(ai_name(secret.ai))
        locked = self._desk._record(self.code).locked
        return AssistedScreen(
            self.code,
            self._images,
            self._info.indication,
            self._desk._info.questions,
            AiOutput(unpack_files(unseal(key, ai_name(secret.ai), sealed))),
            self._draft(Answers),
            None if locked is None else decode(Answers, locked, f"the ratings of {self.code}"),
        )
