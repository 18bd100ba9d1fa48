"""A reading room without scene, worker or model: frozen rows in, calls out."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from MedMMSlicerLib.core import Report, ReportSection, ReportSentence
from MedMMSlicerLib.errors import InputError, UsageError
from MedMMSlicerLib.reading import report_state as states
from MedMMSlicerLib.reading.listeners import Listeners
from MedMMSlicerLib.reading.rows import (
    ContributionRow,
    Explanation,
    FindingRow,
    RunState,
    SegmentComparison,
    SegmentRow,
)
from MedMMSlicerLib.reading.settings import MemorySettings

FINDINGS = (
    FindingRow(
        "f-pneumonia", "Pneumonia", probability=0.63, threshold=0.4, above=True, status="proposed",
        point_text="Operating point 40 %: finds 90 of 100 with it, clears 80 of 100 without.",
        laterality="left", region="Lungs", location_ras=(1.0, 2.0, 3.0), heat_map_id="heat-1",
    ),
    FindingRow(
        "f-effusion", "Pleural effusion", probability=0.31, threshold=0.5, above=False, status="accepted",
        laterality="right", region="Pleura", location_ras=(4.0, 5.0, 6.0),
    ),
    FindingRow("f-edema", "Edema", probability=0.08, threshold=0.35, above=False, status="rejected"),
    FindingRow("r-1", "Old rib fracture", status="accepted", note="seen on the lateral view"),
)  # fmt: skip

EXPLANATION = Explanation(
    contributions=(
        ContributionRow("image", "Image", "", 0.28),
        ContributionRow("lab.crp", "C-reactive protein", "84 mg/L (high)", 0.12),
        ContributionRow("demographics", "Age, sex and view", "61 years, male, PA", -0.05),
    ),
    doubts=(
        "The lactate dehydrogenase is missing; a middle value was used instead.",
        "The probability is close to the operating point.",
    ),
    method="Leave one out: the probability with everything, minus the probability without this input.",
    point_text="Operating point 40 %: finds 90 of 100 with it, clears 80 of 100 without.",
)

NODE = "vtkMRMLSegmentationNode1"

SEGMENTS = (
    SegmentRow(NODE, "inner", "Left hippocampus, anterior", (230, 40, 40), True, 0.35,
               "1,324 mm³, longest 21 mm", "SEMIAUTOMATIC", touched=True),
    SegmentRow(NODE, "inner-new", "Left hippocampus, anterior (new)", (230, 90, 40), True, 0.0,
               "1,402 mm³, longest 22 mm", "AUTOMATIC", is_new=True),
    SegmentRow(NODE, "outer", "Left hippocampus, posterior", (30, 60, 230), False, 0.35,
               "988 mm³, longest 19 mm", "AUTOMATIC"),
    SegmentRow(NODE, "mine", "Cyst", (240, 200, 60), True, 0.8, "52 mm³, longest 5 mm", "MANUAL", True),
)  # fmt: skip

COMPARISON = SegmentComparison(
    NODE, "inner", "inner-new", "Left hippocampus, anterior", 0.931, 1324.0, 1402.0
)

REPORT = Report(
    "Chest radiograph", "en", "Research use only.",
    (
        ReportSection("findings", "Findings", (
            ReportSentence("s1", "There is a left-sided pneumonia.", "model", ("f-pneumonia",)),
            ReportSentence("s2", "No pleural effusion.", "model", ("f-effusion",)),
            ReportSentence("s3", "The heart is of normal size.", "template"),
        )),
        ReportSection("impression", "Impression", (
            ReportSentence("s4", "Pneumonia.", "model", ("f-pneumonia",)),
            ReportSentence("s5", "The anterior part measures 1,324 mm³.", "model", ("m-inner-volume",)),
        )),
    ),
    "2026-01-01",
)  # fmt: skip


class Recorder:
    """Calls by name."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []

    def last(self) -> tuple[Any, ...]:
        return self.calls[-1]


class FakeFindings(Recorder):
    def __init__(self, room: Any) -> None:
        super().__init__()
        self.room, self.items, self.selected_id = room, list(FINDINGS), ""

    def rows(self, sort: str = "probability", only: str = "all") -> tuple[FindingRow, ...]:
        found = [
            row
            for row in self.items
            if only in ("all", row.status)
            or (only == "above" and row.above is not False)
            or (only == "open" and row.status == "proposed")
        ]
        if sort == "name":
            found.sort(key=lambda row: row.name)
        elif sort == "status":
            found.sort(key=lambda row: row.status)
        else:
            found.sort(key=lambda row: -(row.probability if row.probability is not None else -1))
        return tuple(found)

    def change(self, finding_id: str, **fields: Any) -> None:
        if all(row.id != finding_id for row in self.items):
            raise InputError(f"The case has no finding '{finding_id}'. Select it again.")
        self.items = [
            dataclasses.replace(row, **fields) if row.id == finding_id else row for row in self.items
        ]
        self.room.listeners.emit("findings")

    def set_status(self, finding_id: str, status: str) -> None:
        self.calls.append(("set_status", finding_id, status))
        self.change(finding_id, status=status)

    def edit(self, finding_id: str, name: Any = None, laterality: Any = None, note: Any = None) -> None:
        self.calls.append(("edit", finding_id, name, laterality, note))
        fields = {"name": name, "laterality": laterality, "note": note}
        given = {key: value for key, value in fields.items() if value is not None}
        self.change(finding_id, status="edited", **given)

    def picked(self) -> Any:
        return (7.0, 8.0, 9.0)

    def add(self, name: str, location_ras: Any = None) -> str:
        self.calls.append(("add", name, location_ras))
        self.items.append(FindingRow("r-2", name, status="accepted", location_ras=location_ras))
        self.room.listeners.emit("findings")
        return "r-2"

    def remove(self, finding_id: str) -> None:
        self.calls.append(("remove", finding_id))
        if not finding_id.startswith("r-"):
            raise InputError("Only own findings can be removed. Reject this one instead.")
        self.items = [row for row in self.items if row.id != finding_id]
        self.room.listeners.emit("findings")

    def select(self, finding_id: str) -> None:
        self.calls.append(("select", finding_id))
        self.selected_id = finding_id
        self.room.listeners.emit("findings", "evidence")

    def explain(self, finding_id: str) -> Explanation:
        return EXPLANATION if finding_id == "f-pneumonia" else Explanation()


class FakeEvidence(Recorder):
    def __init__(self, room: Any) -> None:
        super().__init__()
        self.room, self.visible, self.opacity = room, False, 0.5

    @property
    def finding_id(self) -> str:
        return self.room.findings.selected_id

    def set_visible(self, visible: bool) -> None:
        assert isinstance(visible, bool)
        self.visible = visible
        self.room.listeners.emit("evidence")

    def set_opacity(self, opacity: float) -> None:
        self.opacity = opacity
        self.room.listeners.emit("evidence")


class FakeSegments(Recorder):
    can_undo = False

    def __init__(self, room: Any) -> None:
        super().__init__()
        self.room, self.items, self.pairs = room, list(SEGMENTS), [COMPARISON]
        self.surfaces = False

    def rows(self) -> tuple[SegmentRow, ...]:
        return tuple(self.items)

    def comparisons(self) -> tuple[SegmentComparison, ...]:
        return tuple(self.pairs)

    def _change(self, segment_id: str, **fields: Any) -> None:
        self.items = [
            dataclasses.replace(row, **fields) if row.segment_id == segment_id else row for row in self.items
        ]
        self.room.listeners.emit("segments")

    def set_visible(self, segmentation_id: str, segment_ids: Any, visible: bool) -> None:
        self.calls.append(("set_visible", segmentation_id, *segment_ids, visible))
        for segment_id in segment_ids:
            self._change(segment_id, visible=visible)

    def set_opacity(self, segmentation_id: str, segment_ids: Any, opacity: float) -> None:
        self.calls.append(("set_opacity", segmentation_id, *segment_ids, opacity))
        for segment_id in segment_ids:
            self._change(segment_id, opacity=opacity)

    def jump(self, segmentation_id: str, segment_id: str) -> None:
        self.calls.append(("jump", segmentation_id, segment_id))

    def set_color(self, segmentation_id: str, segment_id: str, color: Any) -> None:
        self.calls.append(("set_color", segmentation_id, segment_id, color))
        self._change(segment_id, color=color, touched=True, algorithm_type="SEMIAUTOMATIC")

    def rename(self, segmentation_id: str, segment_id: str, name: str) -> None:
        self.calls.append(("rename", segmentation_id, segment_id, name))
        if not name:
            raise InputError("A segment needs a name. Type one, or leave the old one.")
        self._change(segment_id, name=name)

    def remove(self, segmentation_id: str, segment_id: str) -> None:
        self.calls.append(("remove", segmentation_id, segment_id))
        self.items = [row for row in self.items if row.segment_id != segment_id]
        self.can_undo = True
        self.room.listeners.emit("segments")

    def undo(self) -> None:
        self.calls.append(("undo",))
        if not self.can_undo:
            raise UsageError("There is nothing to undo in the segments.")
        self.items, self.can_undo = list(SEGMENTS), False
        self.room.listeners.emit("segments")

    def resolve(self, segmentation_id: str, segment_id: str, keep: str) -> None:
        self.calls.append(("resolve", segmentation_id, segment_id, keep))
        self.pairs = []
        self.items = [row for row in self.items if not row.is_new]
        self.room.listeners.emit("segments")

    def show_in_3d(self, segmentation_id: str, shown: bool) -> None:
        self.calls.append(("show_in_3d", segmentation_id, shown))
        self.surfaces = shown
        self.room.listeners.emit("segments")

    def is_shown_in_3d(self, segmentation_id: str) -> bool:
        return self.surfaces


class FakeAutosave:
    """Nothing to recover."""

    def offers(self) -> tuple[Any, ...]:
        return ()


class FakeWorkflow(Recorder):
    """An open draft; `document` is made from the report."""

    is_read_only = False

    def __init__(self, report: Any) -> None:
        super().__init__()
        self._report, self.autosave = report, FakeAutosave()
        self.signed: tuple[str, str] = ("", "")

    @property
    def document(self) -> Any:
        from MedMMSlicerLib.reporting.document.workflow import Act, new_document

        if self._report.report is None:
            return None
        return new_document(self._report.report, Act("MedMM", "2026-01-01T00:00:00+00:00"), "report-1")

    def activity(self) -> None:
        self.calls.append(("activity",))

    def require_open(self) -> None:
        """It is."""

    def make_preliminary(self) -> None:
        self.calls.append(("make_preliminary",))

    def verify(self) -> tuple[Any, ...]:
        self.calls.append(("verify",))
        return ()


class FakeReview(Recorder):
    """Remarks that the test sets."""

    is_done = True

    def __init__(self) -> None:
        super().__init__()
        self.remarks: tuple[Any, ...] = ()

    @property
    def blocking(self) -> tuple[Any, ...]:
        return tuple(item for item in self.remarks if item.severity == "error")

    def step(self, seconds: float = 0.0) -> bool:
        return True

    def fix(self, remark: Any) -> None:
        self.calls.append(("fix", remark.rule))

    def dismiss(self, remark: Any) -> None:
        self.calls.append(("dismiss", remark.rule))


class FakeInserts(Recorder):
    """One finding, one measurement, two phrases, one template."""

    def __init__(self, report: Any) -> None:
        super().__init__()
        self._report = report
        self.texts = {"normal": "No abnormality.", "no-change": "Unchanged."}
        self.phrases = SimpleNamespace(reader="Dr. Li", phrases=lambda _language: self.texts, set=self._set)

    def _set(self, key: str, text: str, _language: str) -> None:
        self.calls.append(("set", key, text))
        if not key:
            raise UsageError("'' can not be a key.")
        self.texts.pop(key, None)
        if text:
            self.texts[key] = text

    def finding_names(self) -> tuple[tuple[str, str], ...]:
        return (("f-pneumonia", "Pneumonia, left"),)

    def measurement_names(self) -> tuple[tuple[str, str], ...]:
        return (("m-inner-volume", "Volume of the left hippocampus"),)

    def templates(self) -> tuple[tuple[Any, ...], tuple[str, ...]]:
        return (SimpleNamespace(id="chest", title="Chest"),), ()

    def expand_phrase(self, key: str) -> Any:
        return SimpleNamespace(text=self.texts[key], evidence_ids=())

    def _insert(self, kind: str, name: str, section_id: str, after: str) -> str:
        self.calls.append((kind, name, section_id, after))
        return str(self._report.add_sentence(section_id, self.texts.get(name, name), after))

    def insert_finding(self, name: str, section_id: str = "findings", after: str = "") -> str:
        return self._insert("finding", name, section_id, after)

    def insert_measurement(self, name: str, section_id: str = "findings", after: str = "") -> str:
        return self._insert("measurement", name, section_id, after)

    def insert_phrase(self, key: str, section_id: str = "findings", after: str = "") -> str:
        return self._insert("phrase", key, section_id, after)

    def insert_template(self, template_id: str) -> tuple[str, ...]:
        self.calls.append(("template", template_id))
        return ("Left out: {value:x}",)


class FakeReport(Recorder):
    """The real states of a report, without a scene."""

    def __init__(self, room: Any) -> None:
        super().__init__()
        self.room = room
        self.state: states.ReportState | None = states.first_state(REPORT)
        self.workflow, self.review, self.inserts = FakeWorkflow(self), FakeReview(), FakeInserts(self)
        self.past: list[states.ReportState] = []
        self.future: list[states.ReportState] = []

    @property
    def report(self) -> Report | None:
        return None if self.state is None else self.state.report

    def _edit(self, state: states.ReportState) -> None:
        assert self.state is not None
        if state != self.state:
            self.past.append(self.state)
            self.future.clear()
            self._store(state)

    def _store(self, state: states.ReportState) -> None:
        self.state = state
        self.room.listeners.emit("report")

    def start(self) -> None:
        self._store(states.first_state(REPORT))

    def set_text(self, sentence_id: str, text: str) -> None:
        self.calls.append(("set_text", sentence_id, text))
        self._edit(states.set_text(self.state, sentence_id, text))

    def add_sentence(self, section_id: str, text: str, after: str = "") -> str:
        self.calls.append(("add", section_id, text, after))
        state, name = states.add_sentence(self.state, section_id, text, after, self.sections())
        self._edit(state)
        return name

    def remove(self, sentence_id: str) -> None:
        self.calls.append(("remove", sentence_id))
        self._edit(states.remove_sentence(self.state, sentence_id))

    def move(self, sentence_id: str, section_id: str, after: str = "") -> None:
        self.calls.append(("move", sentence_id, section_id, after))
        self._edit(states.move_sentence(self.state, sentence_id, section_id, after))

    def sections(self) -> dict[str, str]:
        return {
            "technique": "Technique",
            "findings": "Findings",
            "impression": "Impression",
            "notes": "Notes",
        }

    def drafted_text(self, sentence_id: str) -> str:
        origin = self.state.origins.get(sentence_id)
        return "" if origin is None else origin.text

    def evidence_of(self, sentence_id: str) -> tuple[str, ...]:
        found = [item for section in self.report.sections for item in section.sentences]
        return next((item.evidence_ids for item in found if item.id == sentence_id), ())

    def sentences_of(self, evidence_id: str) -> tuple[str, ...]:
        found = [item for section in self.report.sections for item in section.sentences]
        return tuple(item.id for item in found if evidence_id in item.evidence_ids)

    def pending(self) -> tuple[states.PendingChange, ...]:
        return () if self.state is None else states.pending_changes(self.state)

    def resolve_pending(self, sentence_id: str, take: bool) -> None:
        self._edit(states.resolve_pending(self.state, sentence_id, take))

    @property
    def can_undo(self) -> bool:
        return bool(self.past)

    @property
    def can_redo(self) -> bool:
        return bool(self.future)

    def undo(self) -> None:
        if not self.past:
            raise UsageError("There is no edit of the report to undo.")
        self.future.append(self.state)
        self._store(self.past.pop())

    def redo(self) -> None:
        if not self.future:
            raise UsageError("There is no edit of the report to do again.")
        self.past.append(self.state)
        self._store(self.future.pop())

    def save(self, path: Path) -> None:
        self.calls.append(("save", path))


class FakeRoom:
    """What the parts of this folder use of `ReadingRoom`."""

    language = "en"

    def __init__(self) -> None:
        self.listeners = Listeners()
        self.told: list[tuple[str, str]] = []
        self.cases = SimpleNamespace(current_id="case-1")
        self.scene = SimpleNamespace(GetNumberOfNodesByClass=lambda _name: 0)
        self.settings = MemorySettings()
        self.run = SimpleNamespace(state=RunState(), refusal="")
        runs = (SimpleNamespace(kind="analyze", started_at="2026-01-01"),)
        measurement = SimpleNamespace(id="m-inner-volume", segment_id="inner", name={"en": "Volume"})
        self.record = SimpleNamespace(runs=runs, prediction=SimpleNamespace(measurements=(measurement,)))
        self.findings = FakeFindings(self)
        self.evidence = FakeEvidence(self)
        self.segments = FakeSegments(self)
        self.report = FakeReport(self)

    def tell(self, severity: str, text: object) -> None:
        self.told.append((severity, str(text)))

    def connect(self, part: Any) -> None:
        """Refresh a part as the panel does."""
        for topic in part.topics:
            self.listeners.subscribe(topic, part.refresh)
        part.refresh()


class FakeHost(Recorder):
    """`PanelHost` whose answers are set by the test."""

    def __init__(self) -> None:
        super().__init__()
        self.text: str | None = None
        self.path = ""
        self.yes = True

    def edit_segment(self, segmentation_id: str, segment_id: str) -> None:
        self.calls.append(("edit_segment", segmentation_id, segment_id))

    def ask_text(self, title: str, label: str, text: str = "") -> str | None:
        self.calls.append(("ask_text", title, text))
        return self.text

    def ask_save(self, title: str, name: str, filters: str) -> str:
        self.calls.append(("ask_save", name, filters))
        return self.path

    def confirm(self, title: str, text: str) -> bool:
        self.calls.append(("confirm", text))
        return self.yes
