"""The reading room: everything that a reading panel shows and does, without Qt.

One object holds the scene and the desks. A desk owns one part of the work; what it knows lives in the scene
(`CaseRecord`), so a desk is only a view on the current case. Topics tell who looks on what changed.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import MedMMError, UsageError
from .cases import CaseDesk
from .context_desk import ContextDesk
from .evidence_desk import EvidenceDesk
from .finding_desk import FindingDesk
from .listeners import TOPICS, Listeners
from .models import ModelDesk
from .record import CaseRecord
from .report_desk import ReportDesk
from .rows import Message
from .run_desk import RunDesk
from .segment_desk import SegmentDesk
from .settings import MemorySettings, Settings
from .study_desk import StudyDesk

if TYPE_CHECKING:
    from ..bundles.catalog import BundleCatalog
    from ..inference.worker import WorkerClient

__all__ = ["LANGUAGES", "ReadingRoom"]

LANGUAGES = ("en", "zh-CN")


class ReadingRoom:
    """A scene with cases, and the desks that work on the current one.

    Constructing it starts nothing and reads nothing but the case nodes of the scene.

    Parameters
    ----------
    scene : vtkMRMLScene
    catalog : BundleCatalog, optional
        The default folders when not given.
    worker : WorkerClient, optional
        One with this interpreter when not given; started with the first run, closed by `close`.
    settings : Settings, optional
        Forgotten at the end when not given.
    language : str
        ``en`` or ``zh-CN``.
    file_of_instance : callable, optional
        SOP instance UID to the path of its file, or None (``slicer.dicomDatabase.fileForInstance``).

    Attributes
    ----------
    listeners : Listeners
    cases, models, context, run, findings, evidence, segments, report, study
        The desks.
    """

    def __init__(
        self,
        scene: Any,
        catalog: BundleCatalog | None = None,
        worker: WorkerClient | None = None,
        settings: Settings | None = None,
        language: str = "en",
        file_of_instance: Callable[[str], str | Path | None] | None = None,
    ) -> None:
        self.scene = scene
        self.listeners = Listeners()
        self.settings: Settings = settings if settings is not None else MemorySettings()
        self.file_of_instance = file_of_instance
        self.given_catalog = catalog
        self.given_worker = worker
        self._language = language
        self._message: Message | None = None
        self.models = ModelDesk(self)
        self.context = ContextDesk(self)
        self.run = RunDesk(self)
        self.findings = FindingDesk(self)
        self.evidence = EvidenceDesk(self)
        self.segments = SegmentDesk(self)
        self.report = ReportDesk(self)
        self.study = StudyDesk(self)
        # Last: it takes over the cases that the scene has already.
        self.cases = CaseDesk(self)

    @property
    def language(self) -> str:
        """Language of names and of the report."""
        return self._language

    def set_language(self, language: str) -> None:
        """Use another language from now on; a report is drafted in it again, but for the reader's sentences.

        Raises
        ------
        UsageError
            If there is no such language.
        """
        if language not in LANGUAGES:
            raise UsageError(f"There is no language '{language}'. Languages are: {', '.join(LANGUAGES)}.")
        if language == self._language:
            return
        self._language = language
        with self.listeners.hold():
            if self.record is not None:
                self.change(language=language)
                self.report.redraft()
            self.listeners.emit(*(topic for topic in TOPICS if topic != "message"))

    @property
    def message(self) -> Message | None:
        """What the reader has to be told, until `dismiss`."""
        return self._message

    def tell(self, severity: str, text: str | MedMMError) -> None:
        """Show a message; topic ``message``."""
        at = datetime.now(UTC).isoformat(timespec="seconds")
        self._message = Message(severity, " ".join(str(text).split()), at)
        self.listeners.emit("message")

    def dismiss(self) -> None:
        """Take the message away."""
        if self._message is not None:
            self._message = None
            self.listeners.emit("message")

    @property
    def record(self) -> CaseRecord | None:
        """Record of the current case, None without one."""
        return self.cases.record(self.cases.current_id)

    def require_record(self) -> CaseRecord:
        """Record of the current case.

        Raises
        ------
        UsageError
            If no case is open.
        """
        record = self.record
        if record is None:
            raise UsageError("No case is open. Open images first.")
        return record

    def change(self, *topics: str, **fields: Any) -> CaseRecord:
        """Replace fields of the current case's record, write it into the scene, and tell ``topics``."""
        record = dataclasses.replace(self.require_record(), **fields)
        self.cases.store(record)
        self.listeners.emit(*topics)
        return record

    def close(self) -> None:
        """End the worker and let go of the scene; what was done stays in the scene."""
        self.study.close()
        self.run.close()
        self.report.workflow.autosave.close()
        self.cases.close()
        self.listeners.clear()
