"""Findings: rows, status, edits, explanations."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from ..core import FINDING_STATES, LATERALITY_CODES, Finding, Measurement, localized
from ..errors import InputError, UsageError
from ..reporting.plain_text import clean_text
from ..reporting.quantities import format_quantity, is_asymmetry
from ..scene.cases import crosshair_point
from ..scene.finding_points import place_findings
from ..scene.markups import locations_from_node
from ..scene.node_updates import set_table_cells
from ..scene.slice_overlay import heat_maps_by_finding
from ..scene.views import jump_to
from .finding_explanation import Background, explain_finding, point_text
from .finding_view import (
    FINDING_PREFIX,
    current_findings,
    find,
    is_above,
    new_finding,
    ordered,
    passes,
)
from .finding_words import wording_of
from .record import CaseRecord, FindingMark
from .rows import FINDING_FILTERS, FINDING_ORDERS, Explanation, FindingRow, Point

if TYPE_CHECKING:
    from .room import ReadingRoom

__all__ = ["FindingDesk"]

_MOVED_MM = 1e-3
"""A point nearer to where it was than this was not moved."""


class FindingDesk:
    """The findings of the current case: those of ``room.record.prediction`` and ``added``, with ``marks``."""

    def __init__(self, room: ReadingRoom) -> None:
        self._room = room

    def all(self) -> tuple[Finding, ...]:
        """The findings as they are now, the reader's own last."""
        return current_findings(self._room.record)

    def rows(self, sort: str = "probability", only: str = "all") -> tuple[FindingRow, ...]:
        """Findings as rows.

        Parameters
        ----------
        sort : str
            One of `rows.FINDING_ORDERS`.
        only : str
            One of `rows.FINDING_FILTERS`.

        Raises
        ------
        UsageError
            If one of them is none.
        """
        if sort not in FINDING_ORDERS or only not in FINDING_FILTERS:
            raise UsageError(f"Findings can not be listed by '{sort}' and '{only}'. Choose from the lists.")
        record = self._room.record
        if record is None:
            return ()
        found = self.all()
        names = {item.id: localized(item.name, self._room.language) for item in found}
        maps = heat_maps_by_finding(self._room.scene, self._room.cases.nodes("heat_map"))
        marks = {mark.id: mark for mark in record.marks}
        shown = ordered([item for item in found if passes(item, only)], sort, names)
        measured = {item.id: item for item in record.prediction.measurements} if record.prediction else {}
        return tuple(
            self._row(
                item,
                names[item.id],
                marks.get(item.id, FindingMark(item.id)).note,
                maps.get(item.id, ("", ""))[0],
                tuple(measured[name] for name in item.measurement_ids if name in measured),
            )
            for item in shown
        )

    def set_status(self, finding_id: str, status: str) -> None:
        """Accept, reject, or set back; one of `core.FINDING_STATES`.

        Raises
        ------
        UsageError
            If there is no such status.
        InputError
            If there is no such finding.
        """
        if status not in FINDING_STATES:
            raise UsageError(f"A finding can not be '{status}'. It is one of: {', '.join(FINDING_STATES)}.")
        finding, record = self._finding(finding_id), self._room.require_record()
        if finding.status != status:
            self._mark(dataclasses.replace(record.mark(finding_id), status=status))

    def edit(
        self, finding_id: str, name: str | None = None, laterality: str | None = None, note: str | None = None
    ) -> None:
        """Change what is given; the status becomes ``edited``, that of the reader's own finding stays.

        Raises
        ------
        InputError
            If the name is empty, the side is none, or there is no such finding.
        """
        finding, record = self._finding(finding_id), self._room.require_record()
        before = record.mark(finding_id)
        mark = before
        if name is not None and clean_text(name) != localized(finding.name, self._room.language):
            mark = dataclasses.replace(mark, name=_named(name))
        if laterality is not None and laterality != finding.laterality:
            if laterality and laterality not in LATERALITY_CODES:
                raise InputError(f"'{laterality}' is no side. Choose left, right, bilateral or none.")
            mark = dataclasses.replace(mark, laterality=laterality)
        if note is not None:
            mark = dataclasses.replace(mark, note=clean_text(note))
        if mark == before:
            return
        own = finding_id.startswith(FINDING_PREFIX)
        self._mark(mark if own else dataclasses.replace(mark, status="edited"))

    def place(self, finding_id: str, location_ras: Point) -> None:
        """Put a finding to another place; the status becomes ``edited``, that of the reader's own stays.

        Raises
        ------
        InputError
            If there is no such finding.
        """
        self._finding(finding_id)
        self._place({finding_id: location_ras})

    def take_locations(self) -> None:
        """Take over where the reader dragged points in the views."""
        located = {item.id: item.location_ras for item in self.all() if item.location_ras is not None}
        moved = {}
        for node_id in self._room.cases.nodes("locations"):
            for finding_id, point in locations_from_node(self._room.scene, node_id).items():
                before = located.get(finding_id)
                if before is not None and max(abs(a - b) for a, b in zip(before, point)) > _MOVED_MM:
                    moved[finding_id] = point
        if moved:
            self._place(moved)

    def picked(self) -> Point | None:
        """Where the crosshair was put (mm, RAS): a place for a new finding; None if it was not."""
        return crosshair_point(self._room.scene)

    def add(self, name: str, location_ras: Point | None = None) -> str:
        """Add a finding of the reader, accepted from the start, and return its id.

        Raises
        ------
        InputError
            If the name is empty.
        UsageError
            If no case is open.
        """
        record, text = self._room.require_record(), _named(name)
        used = [item.id for item in record.added] + [mark.id for mark in record.marks]
        numbers = [name.removeprefix(FINDING_PREFIX) for name in used]
        number = max((int(item) for item in numbers if item.isdigit()), default=0) + 1
        finding = new_finding(number, text, location_ras)
        marked = record.with_mark(FindingMark(finding.id, status="accepted"))
        self._store(marked, added=(*record.added, finding))
        return finding.id

    def remove(self, finding_id: str) -> None:
        """Remove a finding of the reader; one of a model is rejected instead.

        Raises
        ------
        InputError
            If it is not the reader's own.
        """
        record = self._room.require_record()
        rest = tuple(item for item in record.added if item.id != finding_id)
        if len(rest) == len(record.added):
            raise InputError("Only own findings can be removed. Reject this one instead.")
        selected = "" if record.selected_finding_id == finding_id else record.selected_finding_id
        self._store(record, added=rest, selected_finding_id=selected)

    @property
    def selected_id(self) -> str:
        """Id of the selected finding, or empty."""
        record = self._room.record
        return "" if record is None else record.selected_finding_id

    def select(self, finding_id: str) -> None:
        """Select a finding (empty: none): all slice views jump to it and show its heat map if switched on.

        Raises
        ------
        InputError
            If there is no such finding.
        """
        finding = self._finding(finding_id) if finding_id else None
        with self._room.listeners.hold():
            if self.selected_id != finding_id:
                self._room.change("findings", selected_finding_id=finding_id)
                self._show_points()
            if finding is not None and finding.location_ras is not None:
                jump_to(self._room.scene, finding.location_ras)
            self._room.evidence.follow(finding_id)

    def explain(self, finding_id: str) -> Explanation:
        """Why it has its probability, and why not to trust it.

        Raises
        ------
        InputError
            If there is no such finding.
        """
        finding, record = self._finding(finding_id), self._room.require_record()
        return explain_finding(finding, self._background(finding, record), self._room.language)

    def after_results(self) -> None:
        """Called by the run desk when results are in the record and in the scene."""
        with self._room.listeners.hold():
            if self.selected_id and find(self.all(), self.selected_id) is None:
                self._room.change(selected_finding_id="")
            self._show_points()
            self._room.listeners.emit("findings")

    def _background(self, finding: Finding, record: CaseRecord) -> Background:
        if finding.id.startswith(FINDING_PREFIX) or record.prediction is None:
            return Background()
        maps = heat_maps_by_finding(self._room.scene, self._room.cases.nodes("heat_map"))
        states = self._room.segments.states()
        own = [states.get(item, "") for item in finding.evidence_ids if finding.id == f"f-{item}"]
        return Background(
            prediction=record.prediction,
            manifest=self._room.models.manifest(record.prediction.provenance.bundle_id),
            is_stale=self._room.context.is_stale(record),
            device_warning=record.device_warning,
            heat_map_method=maps.get(finding.id, ("", ""))[1],
            touched="touched" in own,
            emptied="empty" in own,
        )

    def _row(
        self, finding: Finding, name: str, note: str, heat_map_id: str, measured: tuple[Measurement, ...]
    ) -> FindingRow:
        language = self._room.language
        wording, point = wording_of(language), finding.operating_point
        return FindingRow(
            id=finding.id,
            name=name,
            kind=finding.kind,
            probability=finding.probability,
            threshold=None if point is None else point.threshold,
            point_text=point_text(finding, language),
            status=finding.status,
            laterality=finding.laterality,
            region=wording.word(f"region.{finding.region}", finding.region) if finding.region else "",
            location_ras=finding.location_ras,
            measurements_text=wording.word("items").join(self._measure(item) for item in measured),
            heat_map_id=heat_map_id,
            note=note,
            above=is_above(finding),
        )

    def _measure(self, item: Measurement) -> str:
        wording = wording_of(self._room.language)
        name = wording.word(f"quantity.{item.quantity.value}", localized(item.name, self._room.language))
        return f"{name} {format_quantity(item.value, item.unit, wording, signed=is_asymmetry(item))}"

    def _finding(self, finding_id: str) -> Finding:
        finding = find(self.all(), finding_id)
        if finding is None:
            raise InputError(f"The case has no finding '{finding_id}'. Select it again.")
        return finding

    def _place(self, locations: dict[str, Point]) -> None:
        record = self._room.require_record()
        for finding_id, point in locations.items():
            mark = dataclasses.replace(record.mark(finding_id), location_ras=point)
            own = finding_id.startswith(FINDING_PREFIX)
            record = record.with_mark(mark if own else dataclasses.replace(mark, status="edited"))
        self._store(record)

    def _mark(self, mark: FindingMark) -> None:
        self._store(self._room.require_record().with_mark(mark))

    def _store(self, record: CaseRecord, **fields: object) -> None:
        """Write marks (and more fields), and bring what shows findings in step."""
        with self._room.listeners.hold():
            self._room.change("findings", marks=record.marks, **fields)
            self._show_points()
            statuses = {item.id: item.status for item in self.all()}
            for node_id in self._room.cases.nodes("probabilities"):
                set_table_cells(self._room.scene, node_id, "status", statuses)
            self._room.report.redraft()

    def _show_points(self) -> None:
        """Bring the points in the views in step with the findings."""
        cases, scene = self._room.cases, self._room.scene
        old = cases.nodes("locations")
        volumes = cases.nodes("volume.current")
        node_id = place_findings(
            scene,
            old[0] if old else "",
            self.all(),
            volumes[0] if volumes else "",
            self._room.language,
            self.selected_id,
        )
        if node_id and node_id not in old:
            cases.set_nodes("locations", [node_id])


def _named(text: str) -> str:
    name = clean_text(text)
    if not name:
        raise InputError("A finding needs a name. Type one.")
    return name
