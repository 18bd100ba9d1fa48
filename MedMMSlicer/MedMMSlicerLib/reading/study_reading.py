"""The task of a reader study that is worked on: what it asks, what was answered, and what of it is shown."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ..core import Series
from ..errors import MedMMError, StudyError
from .study_ai import read_ai, show_ai
from .study_images import StudyImages
from .study_marks import Mark, StudyMarks

if TYPE_CHECKING:
    from ..study.task import Task
    from ..study.views import Screen
    from .room import ReadingRoom
    from .study_answers import Draft

__all__ = ["StudyReading"]


class StudyReading:
    """At most one task at a time. What it says belongs on the screen; there is no way from it to the study.

    Attributes
    ----------
    marks : StudyMarks
    """

    def __init__(self, room: ReadingRoom, images: StudyImages) -> None:
        self._room = room
        self._images = images
        self.marks = StudyMarks(room, self._marks_changed)
        self._task: Task | None = None
        self._draft: Draft | None = None
        self._number = 0
        self._suggestion = ""
        self._statuses: dict[str, str] = {}
        self._with_ai = False
        self._moving = False
        room.listeners.subscribe("findings", self._findings_changed)

    @property
    def code(self) -> str:
        """Of the task, empty without one."""
        return "" if self._task is None else str(self._task.code)

    @property
    def number(self) -> int:
        """Place of the task in the worklist, from 1 on; 0 without one."""
        return self._number

    @property
    def screen(self) -> Screen | None:
        """What is asked, None without a task and while it is paused."""
        return None if self._task is None or self._task.is_paused else self._task.screen

    @property
    def is_paused(self) -> bool:
        """Whether the task waits for the reader to come back."""
        return self._task is not None and bool(self._task.is_paused)

    @property
    def draft(self) -> Draft | None:
        """What was answered, and is saved, None without a task."""
        return self._draft

    @property
    def suggestion(self) -> str:
        """Text of the report that AI drafted, of assisted reads alone."""
        return self._suggestion

    @property
    def has_ai(self) -> bool:
        """Whether findings or segments of AI are in the scene."""
        return self._with_ai

    @property
    def is_moving(self) -> bool:
        """Whether images come or go because of the study itself."""
        return self._moving

    @property
    def asks_lock(self) -> bool:
        """Whether the ratings are locked before the read goes on."""
        return bool(getattr(self.screen, "asks_lock", False))

    @property
    def missing(self) -> str:
        """Why the task can not be submitted, or its ratings not be locked, yet; empty if it can."""
        from .study_answers import missing_answer

        screen = self.screen
        if screen is None or self._draft is None:
            return "No case of the study is open. Press Start."
        return missing_answer(screen, self._draft, self.marks.rows)

    # ------------------------------------------------------------------ the reader works

    def answer(self, **fields: Any) -> None:
        """Change fields of the draft, and save it at once.

        Raises
        ------
        StudyError
            If no task is open, or an answer is none.
        """
        task = self._open_task()
        assert self._draft is not None
        draft = dataclasses.replace(self._draft, **fields)
        if draft == self._draft:
            return
        task.touch()
        if "report" in fields:
            task.record("draft_edited")
        task.save(draft)
        self._draft = draft
        self._room.listeners.emit("study")

    def lock(self) -> None:
        """Lock the ratings, and show what AI says.

        Raises
        ------
        StudyError
            If an answer is missing; nothing is locked then.
        InputError
            If the output of AI can not be shown; the ratings stay locked.
        """
        from ..study.answers import Answers

        task = self._open_task()
        self.tick()
        if not isinstance(self._draft, Answers):
            raise StudyError("There is nothing to lock in this task. Submit it.")
        task.lock(self._draft)
        self._draft = task.reveal().draft
        self._show_ai(task)
        task.record("ai_shown")
        self._room.listeners.emit("study")

    def submit(self) -> None:
        """Submit the task; it can not be changed any more.

        Raises
        ------
        StudyError
            If an answer is missing; nothing is submitted then.
        """
        task = self._open_task()
        self.tick()
        assert self._draft is not None
        task.submit(self._draft)
        self.drop()

    def pause(self, reason: str = "") -> None:
        """Stop the time and take the images away.

        Raises
        ------
        StudyError
            If no task is open.
        """
        task = self._open_task()
        self.tick()
        task.pause(reason)
        self._hide()
        self._room.listeners.emit("study")

    def tick(self, had_input: bool = False) -> None:
        """Pass on what the reader did since the last call; called about twice a second.

        Parameters
        ----------
        had_input : bool
            Whether mouse or keyboard were used.
        """
        task = self._task
        if task is None or task.is_paused:
            return
        for kind, count in self._images.take_activity().items():
            task.touch(kind, count)
        if had_input:
            task.touch()
        if self._images.case_id and self._room.cases.record(self._images.case_id) is None:
            # Slicer lets anybody delete a node, or close the scene.
            task.pause("images removed")
            self._hide()
            self._room.tell("warning", "The images were removed, so the reading is paused. Press Continue.")
            self._room.listeners.emit("study")

    # ------------------------------------------------------------------ the desk opens and closes

    def begin(self, task: Task, series: Sequence[Series], number: int) -> None:
        """Show a task that was started or is paused; its time runs when this returns.

        Raises
        ------
        InputError
            If its images or its output of AI can not be shown; its time does not run then.
        """
        if task is not self._task:
            self._task, self._draft, self._number = task, task.screen.draft, number
        with self._room.listeners.hold():
            try:
                self._show(task, series)
            except MedMMError:
                self._hide()
                raise
            task.shown()
            if self._suggestion or self._with_ai:
                task.record("ai_shown")
            self._room.listeners.emit("study")

    def drop(self) -> None:
        """Take everything away and forget the task; one that was not submitted is paused."""
        task = self._task
        if task is not None and not task.is_submitted and not task.is_paused:
            task.pause("closed")
        self._hide()
        self._task, self._draft, self._number = None, None, 0
        self._room.listeners.emit("study")

    def _open_task(self) -> Task:
        if self._task is None or self._task.is_paused:
            raise StudyError("No case of the study is open. Press Start.")
        return self._task

    def _show(self, task: Task, series: Sequence[Series]) -> None:
        from ..study.answers import Answers

        with self._moving_images():
            if series:
                self._images.show(series, f"Case {self._number}")
        if isinstance(self._draft, Answers):
            placed = ((item, item.position_ras) for item in self._draft.marks)
            self.marks.open([Mark(item.target, at, item.rating) for item, at in placed if at is not None])
        self._show_ai(task)

    def _show_ai(self, task: Task) -> None:
        """Show the output of AI where the engine hands it out."""
        from ..study.views import AssistedScreen

        screen = task.screen
        if not isinstance(screen, AssistedScreen):
            return
        content = read_ai(screen.ai)
        if content.prediction is not None:
            show_ai(self._room, self._images.case_id, content.prediction)
            self._statuses = self._finding_statuses()
        self._with_ai = content.prediction is not None
        self._suggestion = content.report if screen.questions.report != "none" else ""

    def _hide(self) -> None:
        """Take images, marks and AI out of the scene."""
        self._with_ai, self._suggestion, self._statuses = False, "", {}
        with self._moving_images():
            self.marks.close()
            self._images.take_away()

    @contextmanager
    def _moving_images(self) -> Iterator[None]:
        self._moving = True
        try:
            yield
        finally:
            self._moving = False

    # ------------------------------------------------------------------ marks and findings

    def _marks_changed(self) -> None:
        """Save the marks that have a rating."""
        from ..study.answers import LesionMark

        if self.screen is None:
            return
        rated = tuple(
            LesionMark(target=mark.target, rating=mark.rating, position_ras=mark.position_ras)
            for mark in self.marks.rows
            if mark.rating is not None
        )
        try:
            self.answer(marks=rated)
        except MedMMError as error:
            self._room.tell("error", error)
        self._room.listeners.emit("study")

    def _finding_statuses(self) -> dict[str, str]:
        return {row.id: row.status for row in self._room.findings.rows()}

    def _findings_changed(self) -> None:
        """Record what the reader accepts and rejects of what AI found."""
        task = self._task
        if not self._with_ai or task is None or task.is_paused:
            return
        statuses = self._finding_statuses()
        for name, status in statuses.items():
            if self._statuses.get(name) != status and status in ("accepted", "rejected"):
                task.record(f"finding_{status}", finding=name)
        self._statuses = statuses
