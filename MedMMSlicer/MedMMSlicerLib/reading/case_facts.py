"""Header facts of a case as lines for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..core import Volume
from .record import CaseRecord, SeriesRecord
from .rows import Fact
from .words import EXTENT, FACT_LABELS, SEXES, age_as_text, word

if TYPE_CHECKING:
    from .room import ReadingRoom

__all__ = ["describe_facts"]


def describe_facts(record: CaseRecord, volume: Volume | None, room: ReadingRoom) -> tuple[Fact, ...]:
    """Facts of the main image; what is not known is left out."""
    known = record.series.get("current") or next(iter(record.series.values()), SeriesRecord(""))
    language, facts = room.language, known.facts
    context = room.context.facts
    age = context.age_years
    values = {
        "age": "" if age is None else age_as_text(age, language),
        "sex": word(SEXES, context.sex, language) if context.sex else "",
        "modality": facts.modality,
        "body_part": facts.body_part,
        "view": context.view,
        "laterality": facts.laterality,
        "study": facts.study_description,
        "series": facts.series_description or known.name,
        "acquired_at": (facts.acquired_at or "").replace("T", " "),
        "manufacturer": facts.manufacturer,
        **_extent(volume, language),
    }
    return tuple(
        Fact(name, word(FACT_LABELS, name, language), values[name]) for name in FACT_LABELS if values[name]
    )


def _extent(volume: Volume | None, language: str) -> dict[str, str]:
    if volume is None:
        return {"size": "", "spacing": ""}
    flat = volume.dimensions == 2
    sizes = volume.geometry.shape[1:] if flat else volume.geometry.shape
    spacing = volume.geometry.spacing_mm[1:] if flat else volume.geometry.spacing_mm
    known = " × ".join(f"{step:.3g}" for step in reversed(spacing)) + " mm"
    return {
        "size": " × ".join(str(size) for size in reversed(sizes)),
        "spacing": known if volume.spacing_known else word(EXTENT, "unknown_spacing", language),
    }
