"""A reading room that says what a test wants, and remembers what it was asked."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace
from typing import Any

from MedMMSlicerLib.errors import InputError, UsageError
from MedMMSlicerLib.reading.listeners import Listeners
from MedMMSlicerLib.reading.rows import (
    CaseEntry,
    ContextFacts,
    Explanation,
    Fact,
    LaboratoryRow,
    Message,
    ModelEntry,
    RunState,
    SeriesEntry,
)
from MedMMSlicerLib.reading.settings import MemorySettings
from MedMMSlicerLib.reading.study_desk import StudyDesk

CASES = (
    CaseEntry(
        "one",
        "Chest radiograph",
        "2024-03-01",
        (
            SeriesEntry("current", "Thorax PA", "vtkMRMLScalarVolumeNode1", "DX", "CHEST", "PA"),
            SeriesEntry(
                "prior", "Thorax PA of the year before, with a long description", "", "DX", "CHEST", ""
            ),
        ),
        "read",
    ),
    CaseEntry(
        "two", "Head MR", "", (SeriesEntry("current", "T1 3D", "vtkMRMLScalarVolumeNode2", "MR"),), "new"
    ),
)
MODELS = (
    ModelEntry(
        "chest-xr", "Chest radiograph findings", "1.0.0", "CC-BY-NC-4.0",
        "Research on adult chest radiographs.", True, "chest-xr fits: DX image, single image.", False,
    ),
    ModelEntry(
        "hippocampus-mr", "Hippocampus segmentation", "1.0.0", "Apache-2.0", "Research.", False,
        "hippocampus-mr reads MR volumes; this is a DX image.", True,
    ),
)  # fmt: skip
LABORATORY = (
    LaboratoryRow("crp", "C-reactive protein", "112", "mg/L", "0 – 5", "high", True),
    LaboratoryRow("wbc", "Leukocytes", "2.1", "10*9/L", "4 – 10", "low", True),
    LaboratoryRow("pct", "Procalcitonin", "", "ug/L", "0 – 0.5", "missing", True),
    LaboratoryRow("bnp", "NT-proBNP", "12,5x", "ng/L", "", "invalid", False, "'12,5x' is no number."),
)
CARD = """# Card

Reads **adult** radiographs, `not` <b>children</b>.

- one
- two

| a | b |
|---|---|
| 1 | 2 |
"""
FACTS = (
    Fact("age", "Age", "63 years"),
    Fact("sex", "Sex", "male"),
    Fact("modality", "Modality", "DX"),
    Fact("body_part", "Body part", "CHEST"),
    Fact("view", "View", "PA"),
    Fact("size", "Size", "2048 x 2500"),
)


class FakeRoom:
    """Looks like a `ReadingRoom`; `calls` holds what was asked of it."""

    def __init__(self) -> None:
        self.listeners = Listeners()
        self.settings = MemorySettings()
        self.calls: list[tuple[Any, ...]] = []
        self.language = "en"
        self.message: Message | None = None
        self.record = None
        self.context_facts = ContextFacts(
            63.0,
            "M",
            "PA",
            "Cough and fever for five days.",
            "Smoker.",
            "63",
            "M",
            "PA",
            ("age_years", "sex"),
        )
        self.cases = _Cases(self)
        self.models = _Models(self)
        self.context = _Context(self)
        self.run = _Run(self)
        self.findings = SimpleNamespace(
            rows=lambda *_: (), selected_id="", explain=lambda _id: Explanation(), picked=lambda: None
        )
        self.evidence = SimpleNamespace(visible=False, opacity=0.5, finding_id="")
        self.segments = SimpleNamespace(
            rows=lambda: (), comparisons=lambda: (), can_undo=False, is_shown_in_3d=lambda *_: False
        )
        self.scene = SimpleNamespace(GetNumberOfNodesByClass=lambda _name: 0)
        autosave = SimpleNamespace(offers=lambda: ())
        self.report = SimpleNamespace(
            report=None,
            can_undo=False,
            can_redo=False,
            pending=lambda: (),
            sections=lambda: {},
            workflow=SimpleNamespace(
                document=None, is_read_only=False, autosave=autosave, activity=lambda: None
            ),
        )

        self.study = StudyDesk(self)

    def tell(self, severity: str, text: object) -> None:
        self.message = Message(severity, str(text), "2024-03-01T10:00:00")
        self.listeners.emit("message")

    def dismiss(self) -> None:
        self.message = None
        self.listeners.emit("message")

    def set_language(self, tag: str) -> None:
        self.language = tag

    def asked(self, name: str) -> list[tuple[Any, ...]]:
        return [call[1:] for call in self.calls if call[0] == name]


class _Desk:
    def __init__(self, room: FakeRoom) -> None:
        self._room = room

    def _note(self, name: str, *arguments: Any) -> None:
        self._room.calls.append((name, *arguments))


class _Cases(_Desk):
    list = CASES
    current_id = "one"
    person = ("DOE^JANE", "4711")

    def entries(self) -> tuple[CaseEntry, ...]:
        return self.list

    def select(self, case_id: str) -> None:
        self._note("select", case_id)
        self.current_id = case_id
        self._room.listeners.emit("case")

    def facts(self) -> tuple[Fact, ...]:
        return FACTS

    def patient(self) -> tuple[str, str]:
        return self.person

    def open_paths(self, paths: Any, progress: Any = None) -> tuple[str, ...]:
        self._note("open_paths", tuple(paths))
        progress("reading headers", 0.5)
        if any(path.name == "broken.dcm" for path in paths):
            raise InputError("broken.dcm can not be read. Export it again.")
        return ("one",)

    def open_sample(self, name: str, progress: Any = None) -> tuple[str, ...]:
        self._note("open_sample", name)
        return ("one",)

    def adopt_volume(self, volume_id: str, files: Any = ()) -> str:
        self._note("adopt_volume", volume_id)
        return "one"

    def set_role(self, case_id: str, volume_id: str, role: str) -> None:
        self._note("set_role", case_id, volume_id, role)

    def remove(self, case_id: str) -> None:
        self._note("remove", case_id)


class _Models(_Desk):
    entries = MODELS
    selected_id = "chest-xr"
    region = "whole"

    def suggestions(self) -> tuple[ModelEntry, ...]:
        return self.entries

    def select(self, bundle_id: str) -> None:
        self._note("select_model", bundle_id)
        self.selected_id = bundle_id
        self._room.listeners.emit("bundle")

    def card(self, bundle_id: str) -> str:
        return CARD

    def accept(self, bundle_id: str) -> None:
        self._note("accept", bundle_id)
        self.entries = tuple(
            dataclasses.replace(entry, accepted=entry.accepted or entry.id == bundle_id)
            for entry in self.entries
        )
        self._room.listeners.emit("bundle")

    def refusal(self, bundle_id: str) -> str:
        return next(
            ("" if entry.applicable else entry.reason) for entry in self.entries if entry.id == bundle_id
        )

    def is_accepted(self, bundle_id: str) -> bool:
        return any(entry.accepted for entry in self.entries if entry.id == bundle_id)

    def manifest(self, bundle_id: str) -> Any:
        return SimpleNamespace(preprocess=SimpleNamespace(region=SimpleNamespace(kind=self.region)))


class _Context(_Desk):
    laboratory = LABORATORY
    said: tuple[str, ...] = ()

    @property
    def facts(self) -> ContextFacts:
        return self._room.context_facts

    def set_age(self, text: str) -> None:
        self._note("set_age", text)
        if text and not text.replace(".", "").isdigit():
            problem = (("age", f"'{text}' is no age in years."),)
            self._room.context_facts = dataclasses.replace(
                self._room.context_facts, age_text=text, problems=problem
            )
            raise InputError("no age")
        self._room.context_facts = dataclasses.replace(self._room.context_facts, age_text=text, problems=())
        self._room.listeners.emit("context")

    def set_sex(self, text: str) -> None:
        self._note("set_sex", text)

    def set_view(self, text: str) -> None:
        self._note("set_view", text)

    def set_indication(self, text: str) -> None:
        self._note("set_indication", text)

    def set_history(self, text: str) -> None:
        self._note("set_history", text)

    def rows(self) -> tuple[LaboratoryRow, ...]:
        return self.laboratory

    def set_value(self, name: str, text: str, unit: str = "") -> None:
        self._note("set_value", name, text, unit)
        self.laboratory = tuple(
            dataclasses.replace(row, text=text, unit=unit, flag="") if row.name == name else row
            for row in self.laboratory
        )
        self._room.listeners.emit("context")

    def remove(self, name: str) -> None:
        self._note("remove_value", name)
        self.laboratory = tuple(row for row in self.laboratory if row.name != name)
        self._room.listeners.emit("context")

    def import_file(self, path: Any) -> tuple[str, ...]:
        self._note("import_file", path)
        return ("Line 3 was not used.",)

    def paste(self, text: str) -> tuple[str, ...]:
        self._note("paste", text)
        return ()

    def remarks(self) -> tuple[str, ...]:
        return self.said


class _Run(_Desk):
    state = RunState()
    startable = (True, "")
    device_used = "CPUExecutionProvider"
    device_warning = ""
    refusal = ""
    points_ras: tuple[Any, ...] = ()
    can_undo = True
    needs_point = False
    suggested: Any = None
    polls = 0

    def can_start(self) -> tuple[bool, str]:
        return self.startable

    def start(self, device: str = "auto") -> None:
        self._note("start", device)
        if device == "cuda":
            raise UsageError("There is no CUDA device. Choose another device.")
        self.show(RunState(True, "analyze", "network", 0.42, 3.14))

    def show(self, state: RunState) -> None:
        self.state = state
        self.startable = (not state.busy, "A run is in progress." if state.busy else "")
        self._room.listeners.emit("run")

    def poll(self) -> None:
        self.polls += 1

    def cancel(self) -> None:
        self._note("cancel")
        self.show(RunState())

    def undo(self) -> None:
        self._note("undo")

    def suggested_point(self) -> Any:
        return self.suggested

    def set_point(self, point: Any) -> None:
        self._note("set_point", point)
        self.points_ras = () if point is None else (point,)
