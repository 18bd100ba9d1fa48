"""The rows of a page's evidence tables, and the numbers by which sentences refer to them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ..core import Finding, Measurement, Prediction, SegmentDefinition
from .quantities import (
    display_name,
    format_number,
    format_probability,
    format_quantity,
    is_asymmetry,
    sentence_case,
)
from .regions import contribution_name
from .templates import Wording

__all__ = [
    "Bar",
    "ContributionRow",
    "EvidenceRow",
    "EvidenceTables",
    "collect_evidence",
    "empty_segments",
    "format_location",
]


@dataclass(frozen=True)
class Bar:
    """A probability as a bar: ``value`` and ``threshold`` are 0 to 1, ``text`` prints the value."""

    value: float
    text: str
    threshold: float | None = None


@dataclass(frozen=True)
class EvidenceRow:
    """One row. ``number`` is unique in the page and makes its anchor, since an id may hold any character."""

    id: str
    number: int
    cells: Mapping[str, str]
    bar: Bar | None = None

    @property
    def anchor(self) -> str:
        """HTML id."""
        return f"evidence-{self.number}"


@dataclass(frozen=True)
class ContributionRow:
    """What one input did to a probability.

    ``start`` and ``width`` of its bar are percent of the drawing, whose middle is no change; ``text`` prints
    the change.
    """

    finding: str
    name: str
    text: str
    start: float
    width: float
    is_positive: bool


@dataclass
class EvidenceTables:
    """Rows by table; an id that comes twice keeps its first row."""

    findings: list[EvidenceRow] = field(default_factory=list)
    measurements: list[EvidenceRow] = field(default_factory=list)
    empty_labels: list[EvidenceRow] = field(default_factory=list)
    contributions: list[ContributionRow] = field(default_factory=list)
    by_id: dict[str, EvidenceRow] = field(default_factory=dict)

    @property
    def has_scores(self) -> bool:
        """Whether any finding has a probability or a score."""
        return any(row.bar or row.cells["notes"] for row in self.findings)

    def add(
        self, table: list[EvidenceRow], name: str, cells: Mapping[str, str], bar: Bar | None = None
    ) -> None:
        """Append a row to one of the tables."""
        row = EvidenceRow(
            name, sum(map(len, (self.findings, self.measurements, self.empty_labels))) + 1, cells, bar
        )
        table.append(row)
        self.by_id.setdefault(name, row)


def collect_evidence(predictions: Sequence[Prediction], wording: Wording) -> EvidenceTables:
    """Rows for all findings, measurements and labels without voxels.

    Parameters
    ----------
    predictions : sequence of Prediction
    wording : Wording
        With the words of ``page.json``.
    """
    tables = EvidenceTables()
    for prediction in predictions:
        for finding in prediction.findings:
            tables.add(tables.findings, finding.id, _finding_cells(finding, wording), _bar(finding))
    for prediction in predictions:
        for measurement in prediction.measurements:
            tables.add(tables.measurements, measurement.id, _measurement_cells(measurement, wording))
    for prediction in predictions:
        for segment in empty_segments(prediction):
            tables.add(tables.empty_labels, segment.id, {"name": _name(segment, wording)})
    for prediction in predictions:
        tables.contributions += _contributions(prediction, wording)
    return tables


def _contributions(prediction: Prediction, wording: Wording) -> list[ContributionRow]:
    findings = {item.id: item for item in prediction.findings if item.status != "rejected"}
    rows = []
    for item in prediction.contributions:
        delta = item.delta_probability
        if item.finding_id not in findings or not math.isfinite(delta):
            continue
        width = min(50 * abs(delta), 50.0)
        number = format_number(abs(100 * delta), 1)
        rows.append(
            ContributionRow(
                finding=_name(findings[item.finding_id], wording),
                name=contribution_name(item, wording),
                text=f"{'+' if delta > 0 else '−'}{number}",
                start=50.0 if delta > 0 else 50 - width,
                width=width,
                is_positive=delta > 0,
            )
        )
    return rows


def empty_segments(prediction: Prediction) -> tuple[SegmentDefinition, ...]:
    """Segments that the label maps define and that hold no voxel."""
    return tuple(
        segment
        for label_map in prediction.label_maps
        for segment in label_map.segments
        if not (label_map.array == segment.value).any()
    )


def _finding_cells(finding: Finding, wording: Wording) -> dict[str, str]:
    notes = []
    point = finding.operating_point
    if point is not None:
        parts = {"operating_point": point.threshold, "sensitivity": point.sensitivity}
        parts["specificity"] = point.specificity
        notes = [
            wording.word(key).replace("{threshold}" if key == "operating_point" else "{value}", text)
            for key, value in parts.items()
            if value is not None and (text := format_probability(value))
        ]
    if finding.probability is None and finding.score is not None:
        notes.append(wording.word("score").replace("{value}", format_number(finding.score, 2)))
    return {
        "name": _name(finding, wording),
        "location": format_location(finding.location_ras),
        "notes": wording.word("list").join(notes),
        "status": wording.word(f"status.{finding.status}", finding.status),
    }


def _measurement_cells(measurement: Measurement, wording: Wording) -> dict[str, str]:
    signed = is_asymmetry(measurement)
    return {
        "name": _name(measurement, wording),
        "value": format_quantity(measurement.value, measurement.unit, wording, signed=signed),
        "method": measurement.method,
    }


def _name(item: Finding | Measurement | SegmentDefinition, wording: Wording) -> str:
    return sentence_case(display_name(item, wording))


def _bar(finding: Finding) -> Bar | None:
    if finding.probability is None or not math.isfinite(finding.probability):
        return None
    threshold = finding.operating_point.threshold if finding.operating_point else None
    return Bar(min(max(finding.probability, 0.0), 1.0), format_probability(finding.probability), threshold)


def format_location(location_ras: tuple[float, float, float] | None) -> str:
    """A point in mm, RAS, with the side named by its letter: ``L 26.0, P 20.0, I 14.0``."""
    if location_ras is None:
        return ""
    letters = ("RL", "AP", "SI")
    return ", ".join(
        f"{pair[0] if value >= 0 else pair[1]} {abs(value):.1f}" for pair, value in zip(letters, location_ras)
    )
