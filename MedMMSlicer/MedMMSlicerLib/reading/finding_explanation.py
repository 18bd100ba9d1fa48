"""Why a finding has its probability, and why not to trust it. Pure functions, nothing of the scene."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..bundles.manifest import ContextVariable, Manifest, QualityRule
from ..context.plain_values import shown_number
from ..context.units import unit_text
from ..core import Contribution, Finding, OperatingPoint, Prediction, localized
from ..reporting.quantities import format_number, format_probability, mid_sentence, sentence_case
from ..reporting.regions import contribution_name, variable_name
from .finding_words import known_language, phrase, translate_note, wording_of
from .rows import ContributionRow, Explanation

__all__ = ["Background", "contribution_text", "explain_finding", "point_text", "refusal_reason"]

_CLOSE_PROBABILITY = 0.05
_CLOSE_LOGIT = 0.5
"""Close to the threshold: by both, so that 0.1 % is not close to 4 %, nor 60 % to 50 %."""

_FAR = 3.0
"""Values more standard deviations than this from the training mean are outside of what the model knows."""

_UNUSUAL = 0.9
"""Share of the novelty limit from which an image is called unusual."""

_DEMOGRAPHICS = ("age", "sex", "view")


@dataclass(frozen=True)
class Background:
    """What an explanation may draw on beside the finding.

    Parameters
    ----------
    prediction : Prediction, optional
        That gave the finding; None: the reader did.
    manifest : Manifest, optional
        Of its bundle; None when the bundle is gone.
    is_stale : bool
        The context was changed after the run.
    device_warning : str
        Of the run.
    heat_map_method : str
        Of the heat map of the finding, empty without one.
    touched, emptied : bool
        The segment that the finding was stated from was changed by a person; has no voxels any more.
    """

    prediction: Prediction | None = None
    manifest: Manifest | None = None
    is_stale: bool = False
    device_warning: str = ""
    heat_map_method: str = ""
    touched: bool = False
    emptied: bool = False

    @property
    def values(self) -> Mapping[str, Any]:
        """Context values that the model really used, by variable; None where missing."""
        if self.prediction is None:
            return {}
        values = self.prediction.provenance.parameters.get("context", {})
        return values if isinstance(values, Mapping) else {}

    def limit(self, name: str) -> tuple[int, float | None] | None:
        """1 (above) or -1 (below), and the limit that was given, where what the model used stands in
        for one outside of the detection range.
        """
        limits = self.prediction.provenance.parameters.get("context_limits") if self.prediction else None
        found = limits.get(name) if isinstance(limits, Mapping) else None
        return (int(found[0]), found[1]) if isinstance(found, list | tuple) and len(found) == 2 else None

    def variable(self, name: str) -> ContextVariable | None:
        """What the bundle says about a context variable."""
        variables = self.manifest.context if self.manifest else ()
        return next((item for item in variables if item.name == name), None)


def point_text(finding: Finding, language: str) -> str:
    """What the operating point means, in words."""
    if finding.probability is None:
        return ""
    point = finding.operating_point
    if point is None:
        return phrase("point.none", language)
    parts = [phrase("point", language, threshold=format_probability(point.threshold))]
    parts += _rates(point, language)
    return ("" if known_language(language) == "zh-CN" else " ").join(parts)


def explain_finding(finding: Finding, background: Background, language: str) -> Explanation:
    """Contributions, doubts, method and operating point of a finding.

    Parameters
    ----------
    finding : Finding
        As the reader left it.
    background : Background
    language : str
        ``en`` or ``zh-CN``.
    """
    if background.prediction is None:
        reader = phrase("method.reader", language)
        return Explanation(method=reader, point_text=phrase("point.reader", language))
    found = [item for item in background.prediction.contributions if item.finding_id == finding.id]
    found.sort(key=lambda item: -abs(item.delta_probability))
    rows = tuple(_row(item, background, language) for item in found if math.isfinite(item.delta_probability))
    doubts = dict.fromkeys(_doubts(finding, background, language))
    return Explanation(rows, tuple(doubts), _method(background, bool(rows), finding, language),
                       point_text(finding, language))  # fmt: skip


def contribution_text(row: ContributionRow, language: str) -> str:
    """A contribution as a sentence: whether it raises or lowers the probability, and by how much."""
    number = format_number(abs(100 * row.delta), 1)
    label = f"{row.label} ({row.value_text})" if row.value_text else row.label
    if known_language(language) == "zh-CN":
        label = label.replace(" (", "（").replace(")", "）")
    key = "nothing" if float(number) == 0 else ("raises" if row.delta > 0 else "lowers")
    return phrase(key, language, name=label, points=phrase("points", language, number=number))


def _rates(point: OperatingPoint, language: str) -> list[str]:
    parts = []
    if point.sensitivity is not None:
        number = f"{round(100 * point.sensitivity)}"
        value = format_probability(point.sensitivity)
        parts.append(phrase("point.sensitivity", language, number=number, value=value))
    if point.specificity is not None:
        number = f"{round(100 * (1 - point.specificity))}"
        value = format_probability(point.specificity)
        parts.append(phrase("point.specificity", language, number=number, value=value))
    return parts or [phrase("point.unknown", language)]


def _row(item: Contribution, background: Background, language: str) -> ContributionRow:
    label = sentence_case(contribution_name(item, wording_of(language)))
    if item.source == "demographics":
        shown = (_value_text(name, background, language) for name in _DEMOGRAPHICS)
        value = wording_of(language).word("facts").join(text for text in shown if text)
    else:
        value = _value_text(item.name, background, language)
    return ContributionRow(item.name, label, value, float(item.delta_probability))


def _value_text(name: str, background: Background, language: str) -> str:
    """The value that the model used, with its unit; empty where there is none."""
    value, variable = background.values.get(name), background.variable(name)
    if not isinstance(value, int | float) or isinstance(value, bool):
        return ""
    if name == "age":
        return phrase("age", language, number=f"{value:g}")
    if name in _DEMOGRAPHICS:
        numbers = {} if variable is None else variable.categories
        text = next((key for key, number in numbers.items() if number == value), "")
        return wording_of(language).word(f"sex.{text.upper()[:1]}", text) if name == "sex" else text
    text = _with_unit(value, variable)
    limit = background.limit(name)
    if limit is None:
        return text
    side, given = limit
    bound = phrase("limit.range", language) if given is None else _with_unit(given, variable)
    return phrase("value.above" if side > 0 else "value.below", language, limit=bound, value=text)


def _with_unit(value: float, variable: ContextVariable | None) -> str:
    return f"{shown_number(value)} {unit_text(variable.unit) if variable else ''}".strip()


def _method(background: Background, has_contributions: bool, finding: Finding, language: str) -> str:
    parts = []
    if has_contributions:
        parts.append(phrase("method.leave-one-out", language))
    elif finding.probability is not None and background.manifest and background.manifest.context:
        parts.append(phrase("method.image", language))
    elif finding.probability is None and finding.score is None and finding.kind == "finding":
        parts.append(phrase("method.segmentation", language))
    if background.heat_map_method:
        parts.append(_heat_map(background.heat_map_method, language))
    return ("" if known_language(language) == "zh-CN" else " ").join(parts)


def _heat_map(method: str, language: str) -> str:
    for known in ("class activation map", "occlusion"):
        if method.startswith(known):
            method = phrase(f"method.{known}", language) + method[len(known) :]
    return phrase("method.heat-map", language, method=method)


def _doubts(finding: Finding, background: Background, language: str) -> Iterator[str]:
    """Gravest first: refusals, the image, the segment, the number, the context, the run."""
    yield from _refusals(background, language)
    yield from _novelty(background, language)
    yield from _quality(finding, background, language)
    if background.emptied:
        yield phrase("doubt.empty", language)
    elif background.touched:
        yield phrase("doubt.touched", language)
    yield from _number(finding, language)
    if _uses_context(finding, background):
        yield from _missing(background, language)
        yield from _range(background, language)
        yield from _notes(background, language)
        if background.is_stale:
            yield phrase("doubt.stale", language)
    yield from _run(background, language)


def _refusals(background: Background, language: str) -> Iterator[str]:
    prediction = background.prediction
    for text in prediction.refusals if prediction else ():
        # Stated by `_novelty` and `_quality` in the reader's language, where the bundle is known.
        own = background.manifest is not None and _is_told_elsewhere(text, background)
        if not own:
            yield phrase("doubt.refusal", language, text=text)


def refusal_reason(background: Background, language: str) -> str:
    """Why the model refused the images, in the reader's language where its bundle is known; else empty."""
    prediction = background.prediction
    if prediction is None or prediction.is_applicable:
        return ""
    rules = background.manifest.quality if background.manifest else ()
    said = []
    for text in prediction.refusals:
        rule = next((item for item in rules if _states(text, item)), None)
        if rule is not None:
            said.append(localized(rule.name, language).rstrip(".。"))
        elif background.manifest is not None and _is_told_elsewhere(text, background):
            said += [item.rstrip(".。") for item in _novelty(background, language)]
        else:
            said.append(text.removeprefix("Not applicable: ").rstrip("."))
    comma, end = ("；", "。") if known_language(language) == "zh-CN" else ("; ", ".")
    return comma.join(said) + end


def _states(text: str, rule: QualityRule) -> bool:
    return text.startswith(f"{rule.name.get('en', rule.id)} ({rule.rule} ")


def _is_told_elsewhere(text: str, background: Background) -> bool:
    if text.startswith("Not applicable: the image is unlike") and _novelty_value(background) is not None:
        return True
    rules = background.manifest.quality if background.manifest else ()
    return any(_states(text, rule) for rule in rules)


def _novelty_value(background: Background) -> float | None:
    if background.prediction is None:
        return None
    value = background.prediction.provenance.parameters.get("novelty")
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _novelty(background: Background, language: str) -> Iterator[str]:
    value, rule = _novelty_value(background), background.manifest.trust if background.manifest else None
    if value is None or rule is None:
        return
    known = localized(rule.description, language).rstrip(".。")
    facts = {
        "known": known,
        "value": format_number(value, 2) if math.isfinite(value) else "?",
        "limit": format_number(rule.threshold, 2),
    }
    if not value <= rule.threshold:
        yield phrase("doubt.novelty", language, **facts)
    elif rule.threshold > 0 and value >= _UNUSUAL * rule.threshold:
        yield phrase("doubt.unusual", language, **facts)


def _quality(finding: Finding, background: Background, language: str) -> Iterator[str]:
    for item in background.prediction.findings if background.prediction else ():
        if item.kind == "quality" and item.id != finding.id:
            name = mid_sentence(localized(item.name, language).rstrip(".。"))
            yield phrase("doubt.quality", language, name=name)


def _number(finding: Finding, language: str) -> Iterator[str]:
    if finding.probability is None:
        if finding.score is not None:
            yield phrase("doubt.score", language, score=format_number(finding.score, 2))
        return
    point = finding.operating_point
    if point is not None and _is_close(finding.probability, point.threshold):
        facts = {
            "probability": format_probability(finding.probability),
            "threshold": format_probability(point.threshold),
        }
        yield phrase("doubt.close", language, **facts)


def _is_close(probability: float, threshold: float) -> bool:
    if abs(probability - threshold) > _CLOSE_PROBABILITY:
        return False
    return abs(_logit(probability) - _logit(threshold)) <= _CLOSE_LOGIT


def _logit(probability: float) -> float:
    inside = min(max(probability, 1e-9), 1 - 1e-9)
    return math.log(inside / (1 - inside))


def _uses_context(finding: Finding, background: Background) -> bool:
    """Whether the context has a part in the finding; where the bundle is gone, contributions tell."""
    if background.manifest is None:
        found = background.prediction.contributions if background.prediction else ()
        return any(item.finding_id == finding.id for item in found)
    fused = background.manifest.scored_by("fusion")
    return any(f"f-{definition.id}" == finding.id for definition in fused)


def _missing(background: Background, language: str) -> Iterator[str]:
    wording = wording_of(language)
    for name in background.prediction.missing if background.prediction else ():
        variable = background.variable(name)
        label = sentence_case(variable_name(name, wording))
        if variable is None or variable.categories:
            yield phrase("doubt.missing-fixed", language, name=label)
        else:
            fill = _rounded(variable.fill, variable)
            fill = phrase("age", language, number=fill) if name == "age" else fill
            yield phrase("doubt.missing", language, name=label, fill=fill)


def _range(background: Background, language: str) -> Iterator[str]:
    for name, value in background.values.items():
        variable = background.variable(name)
        if variable is None or variable.categories or not isinstance(value, int | float):
            continue
        limit, shown = background.limit(name), _value_text(name, background, language)
        if limit is not None:
            # What stands in beyond the limit is the program's choice: only what was given can be far away.
            side, given = limit
            if given is None:
                continue
            value, key = given, "limit.above" if side > 0 else "limit.below"
            shown = phrase(key, language, limit=_with_unit(given, variable))
        logarithmic = variable.transform == "log1p"
        encoded = math.log1p(value) if logarithmic and value > -1 else float(value)
        if abs(encoded - variable.mean) <= _FAR * variable.scale:
            continue
        low, high = (variable.mean + sign * 2 * variable.scale for sign in (-1, 1))
        low, high = (math.expm1(low), math.expm1(high)) if logarithmic else (low, high)
        minimum = variable.minimum if variable.minimum is not None else -math.inf
        yield phrase(
            "doubt.range",
            language,
            name=sentence_case(variable_name(name, wording_of(language))),
            value=shown,
            low=_rounded(max(low, minimum)),
            high=_rounded(high, variable),
        )


def _rounded(value: float, variable: ContextVariable | None = None) -> str:
    """Three digits that count, without an exponent, and the unit; an age has none here."""
    unit = "" if variable is None or variable.name == "age" else unit_text(variable.unit)
    return f"{np.format_float_positional(float(f'{value:.3g}'), trim='-')} {unit}".rstrip()


def _notes(background: Background, language: str) -> Iterator[str]:
    wording = wording_of(language)
    variables = background.manifest.context if background.manifest else ()
    names = {item.name: sentence_case(variable_name(item.name, wording)) for item in variables}
    for note in _context_notes(background):
        yield phrase("doubt.note", language, text=translate_note(note, names, language))


def _context_notes(background: Background) -> tuple[str, ...]:
    if background.prediction is None:
        return ()
    notes = background.prediction.provenance.parameters.get("context_notes", ())
    return tuple(str(note) for note in notes) if isinstance(notes, list | tuple) else ()


def _run(background: Background, language: str) -> Iterator[str]:
    prediction = background.prediction
    if prediction is None:
        return
    known = {*_context_notes(background)}
    for note in prediction.provenance.notes:
        if note not in known and not _is_told_elsewhere(note, background):
            yield phrase("doubt.run", language, text=note)
    asked, used = prediction.provenance.device_requested, prediction.provenance.provider_used
    if asked not in ("", "auto", "cpu") and used == "CPUExecutionProvider":
        shown = wording_of(language).word(f"device.{used}", used)
        yield phrase("doubt.device", language, asked=asked, used=shown)
    elif background.device_warning:
        yield phrase("doubt.run", language, text=background.device_warning)
