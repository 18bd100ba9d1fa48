"""A reader study in the reading room: whose it is, its worklist, and what it forbids while it is open.

While a study is open nothing else is: other images, models and drafts are refused, so that a read without AI
is one whatever is pressed or called. What AI said comes from the study's own package, and only when the
engine hands it out; what the engine does not hand out is not in this process.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError, MedMMError, StudyError
from .study_images import StudyImages
from .study_reading import StudyReading

if TYPE_CHECKING:
    from ..study.clock import Clock
    from ..study.desk import ReaderDesk
    from ..study.task import Task
    from ..study.views import WorklistItem
    from .room import ReadingRoom

__all__ = ["StudyDesk"]

_BUSY = "A reader study is open. Close it first (menu, Close study)."
_HIDDEN = frozenset({"Case", "Context", "Analyze", "Report"})
_AI_PARTS = frozenset({"Findings", "Segments"})


class StudyDesk:
    """The study that is open, if any. Topic ``study``.

    Attributes
    ----------
    reading : StudyReading
        The task that is worked on.
    """

    def __init__(self, room: ReadingRoom) -> None:
        self._room = room
        self._desk: ReaderDesk | None = None
        self._task: Task | None = None
        self._images = StudyImages(room)
        self.reading = StudyReading(room, self._images)

    # ------------------------------------------------------------------ what there is

    @property
    def is_open(self) -> bool:
        """Whether a study is open."""
        return self._desk is not None

    @property
    def title(self) -> str:
        """What the study is called, and its reader."""
        return "" if self._desk is None else f"{self._desk.title} · {self._desk.reader}"

    @property
    def fingerprint(self) -> str:
        """Of the key with which this machine signs results; the study team enrolls it once."""
        return "" if self._desk is None else self._desk.fingerprint

    @property
    def worklist(self) -> tuple[WorklistItem, ...]:
        """All tasks of this reader in the order of work."""
        return () if self._desk is None else self._desk.worklist()

    @property
    def next_item(self) -> WorklistItem | None:
        """The task that `start` opens; None: nothing can be done now."""
        return None if self._desk is None else self._desk.next_item()

    @property
    def waiting_for(self) -> str:
        """Why nothing can be started now: one sentence; empty if something can."""
        if self._desk is None:
            return "No reader study is open. Open one first."
        if self.next_item is not None:
            return ""
        reasons = [item.reason for item in self.worklist if item.state != "submitted" and item.reason]
        return reasons[0] if reasons else "Everything is submitted. Export the results."

    @property
    def is_next_ready(self) -> bool:
        """Whether the images of the next task were read ahead."""
        return self._images.is_ahead

    @property
    def hidden_parts(self) -> frozenset[str]:
        """Parts of the panel that have no place in what is read now."""
        if not self.is_open:
            return frozenset()
        return _HIDDEN if self.reading.has_ai else _HIDDEN | _AI_PARTS

    @property
    def obstacle(self) -> str:
        """Why models, drafts and other images are refused: one sentence; empty while no study is open."""
        return _BUSY if self.is_open else ""

    def require_closed(self) -> None:
        """Called before images are opened or closed.

        Raises
        ------
        StudyError
            If a study is open, and it is not the study itself that asks.
        """
        if self.is_open and not self.reading.is_moving:
            raise StudyError(_BUSY)

    # ------------------------------------------------------------------ opening and closing

    def open(self, path: Path, reader: str = "", clock: Clock | None = None) -> None:
        """Open a reader's study: its folder, or the package, which is unpacked beside itself.

        Parameters
        ----------
        path : Path
        reader : str
            Whose study it has to be; empty: anybody's.
        clock : Clock, optional

        Raises
        ------
        StudyError
            If it is another reader's, open elsewhere, or cases are open here.
        InputError
            If it is no study, or damaged.
        """
        from ..study.desk import ReaderDesk

        self.require_closed()
        if self._room.cases.entries() or self._room.run.state.busy:
            raise StudyError("Close all cases before a reader study is opened: it is read alone.")
        desk = ReaderDesk.open(_unpacked(Path(path)), clock)
        if reader and desk.reader != reader:
            found = desk.reader
            desk.close()
            raise StudyError(f"This study is that of reader {found}, not of {reader}. Open your own.")
        self._desk = desk
        for remark in desk.remarks:
            self._room.tell("warning", remark)
        self._read_ahead()
        self._room.listeners.emit("study", "run")

    def close(self) -> None:
        """Pause the open task and close the study; everything is saved."""
        if self._desk is None:
            return
        desk = self._desk
        try:
            self.reading.drop()
            self._images.close()
        finally:
            self._desk = self._task = None
            desk.close()
            self._room.listeners.emit("study", "run")

    def accept_clock(self, reason: str) -> None:
        """Go on although the clock of the machine looks wrong; the reason is recorded.

        Raises
        ------
        StudyError
            If no study is open, or no reason is given.
        """
        self._required().accept_clock(reason)
        self._room.listeners.emit("study")

    def export(self, target: Path) -> Path:
        """Write the signed results, also of a study that is not finished; returns the file.

        Raises
        ------
        StudyError
            If no study is open.
        OutputError, DiskFullError
            If it can not be written.
        """
        return self._required().export_results(Path(target))

    # ------------------------------------------------------------------ one task after the other

    def start(self) -> None:
        """Open the next task, or go on with the one that was paused or interrupted.

        Raises
        ------
        StudyError, ClockError
            If nothing can be done now.
        InputError, MemoryLimitError
            If its images can not be read; it is then not started.
        """
        desk, item = self._required(), self.next_item
        if self.reading.screen is not None:
            raise StudyError("A case is open. Submit or pause it first.")
        if item is None:
            raise StudyError(self.waiting_for)
        try:
            paths = desk.images(item.code)
        except InputError:
            # Changed files: the engine records that, says so, and lets the next task come.
            desk.start(item.code)
            raise
        # First the images: a task whose images can not be read is not started.
        series = self._images.read(item.code, paths) if paths else ()
        if item.code != self.reading.code or self._task is None:
            self._task = desk.start(item.code)
        self.reading.begin(self._task, series, item.number)
        self._read_ahead()

    def _required(self) -> ReaderDesk:
        if self._desk is None:
            raise StudyError("No reader study is open. Open one first.")
        return self._desk

    def _read_ahead(self) -> None:
        """Read the images of the task that comes next, while this one is worked on."""
        desk = self._required()
        coming = (item for item in desk.worklist() if item.state != "submitted")
        item = next((item for item in coming if item.code != self.reading.code), None)
        if item is None:
            return
        try:
            paths = desk.images(item.code)
        except MedMMError:
            # It may not be looked at yet; why, is said when it is started.
            return
        if paths:
            self._images.read_ahead(item.code, paths)


def _unpacked(path: Path) -> Path:
    """The folder of a study; a package is unpacked beside itself, once."""
    if not path.is_file():
        return path
    from ..study.packages import open_package

    folder = path.with_name(path.name.split(".")[0])
    return folder if folder.is_dir() else open_package(path, folder)
