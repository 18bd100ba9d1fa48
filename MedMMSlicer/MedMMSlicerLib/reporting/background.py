"""The sections that state what was given: examination, indication, technique, comparison."""

from __future__ import annotations

import math

from ..context.analytes import analytes
from ..context.plain_values import shown_number
from ..context.units import unit_text
from ..core import Case, ClinicalContext, LaboratoryResult, Series
from .plain_text import clean_text
from .quantities import format_date, format_number, sentence_case
from .source import Line, Lines
from .templates import Wording

__all__ = ["describe_comparison", "describe_examination", "describe_indication", "describe_series"]


def describe_examination(case: Case, wording: Wording) -> Lines:
    """Modality, body part, day, age and sex of the current series; what is unknown is said to be."""
    series = _current(case)
    if series is None:
        return [_line(wording, "patient_unknown")]
    facts = series.facts
    date = format_date(facts.acquired_at)
    body = wording.word(f"body.{facts.body_part.upper()}", facts.body_part.lower())
    if facts.modality:
        modality = wording.word(f"modality.{facts.modality.upper()}", facts.modality)
        first = _line(wording, "examination", modality=modality, body=body, date=date)
    else:
        first = _line(wording, "examination_unknown", date=date)
    return [first, _patient(case.context, series, wording)]


def _patient(context: ClinicalContext, series: Series, wording: Wording) -> Line:
    age = context.age_years if context.age_years is not None else series.facts.age_years
    sex = context.sex or series.facts.sex
    facts = []
    if age is not None and math.isfinite(age):
        facts.append(_age(age, wording))
    if sex:
        facts.append(wording.word(f"sex.{sex.upper()[:1]}", sex))
    if not facts:
        return _line(wording, "patient_unknown")
    return _line(wording, "patient", facts=wording.word("facts").join(facts))


def _age(age_years: float, wording: Wording) -> str:
    # Completed years, as people state their age; parts of a year for infants.
    years = f"{math.floor(age_years)}" if age_years >= 2 else format_number(age_years, 1)
    return wording.word("age").replace("{years}", years)


def describe_indication(context: ClinicalContext, wording: Wording) -> Lines:
    """Indication, history, laboratory results and scores as they were given; empty when nothing was."""
    lines = []
    if indication := clean_text(context.indication):
        # As it was written: "pH 7.1" keeps its small letter.
        lines.append(Line(wording.sentence("indication", text=indication)))
    if history := clean_text(context.history):
        lines.append(_line(wording, "history", text=history))
    if context.laboratory:
        results = wording.word("items").join(_laboratory(item, wording) for item in context.laboratory)
        lines.append(_line(wording, "laboratory", results=results))
    if context.scores:
        results = wording.word("items").join(f"{name} {value}" for name, value in context.scores.items())
        lines.append(_line(wording, "scores", results=results))
    return lines


def _laboratory(item: LaboratoryResult, wording: Wording) -> str:
    analyte = analytes().get(item.name)
    name = analyte.label(wording.language) if analyte else item.name
    if math.isinf(item.value) and item.limit is not None:
        sign = ">" if item.value > 0 else "<"
        value = f"{sign} {shown_number(item.limit)} {unit_text(item.unit)}".strip()
    elif math.isinf(item.value):
        value = wording.word("above_range" if item.value > 0 else "below_range")
    elif math.isnan(item.value):
        value = wording.word("not_finite")
    else:
        value = f"{shown_number(item.value)} {unit_text(item.unit)}".strip()
    low, high = item.reference_low, item.reference_high
    if low is None and high is None:
        return f"{name} {value}"
    if low is not None and high is not None:
        limits = f"{low:g}–{high:g}"
    else:
        limits = f"≤ {high:g}" if low is None else f"≥ {low:g}"
    reference = wording.word("reference").replace("{range}", f"{limits} {unit_text(item.unit)}".strip())
    return f"{name} {value}{reference}"


def describe_series(case: Case, wording: Wording) -> Lines:
    """Matrix and spacing of each series that was read."""
    lines = []
    for role, series in case.series.items():
        volume = series.volume
        if volume is None:
            continue
        slices, rows, columns = volume.geometry.shape
        spacing = volume.geometry.spacing_mm[::-1]
        sizes = [columns, rows] + ([slices] if volume.dimensions == 3 else [])
        lines.append(
            _line(
                wording,
                "series_volume" if volume.dimensions == 3 else "series_image",
                role=wording.word(f"role.{role}", role),
                name=series.name,
                size=" × ".join(str(size) for size in sizes),
                spacing=_spacing(spacing[: len(sizes)]) if volume.spacing_known else "",
            )
        )
        if not volume.spacing_known:
            lines.append(_line(wording, "spacing_unknown"))
    return lines


def _spacing(spacing_mm: tuple[float, ...]) -> str:
    return " × ".join(format_number(size, 2 if size >= 0.1 else 3) for size in spacing_mm)


def describe_comparison(case: Case, wording: Wording) -> Lines:
    """Whether there was something to compare with."""
    return [_line(wording, "prior_not_compared" if "prior" in case.series else "no_comparison")]


def _current(case: Case) -> Series | None:
    return case.series.get("current") or next(iter(case.series.values()), None)


def _line(wording: Wording, key: str, **values: str) -> Line:
    return Line(sentence_case(wording.sentence(key, **values)))
