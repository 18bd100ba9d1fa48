"""Sections of a report that goes through an image by region: findings, prognosis, impression, what is open.

Nothing below its operating point is asserted, and what was not assessed is not called normal.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..core import Contribution, Finding, Measurement, localized
from .likelihood import likelihood_key
from .quantities import format_number, format_probability, format_quantity, mid_sentence
from .source import Line, Lines, Source
from .templates import Wording

__all__ = [
    "contribution_name",
    "state_assessed",
    "state_by_region",
    "state_flagged",
    "state_missing",
    "state_prognosis",
    "state_quality",
    "state_refusal",
    "variable_name",
]

_MOST_CONTRIBUTIONS = 5
_SMALLEST_POINTS = 0.1
"""Contributions that would be printed as 0.0 percentage points are left out."""


def state_quality(source: Source) -> Lines:
    """One sentence a broken quality rule; with rules and none broken, that says so."""
    broken = [finding for finding in source.findings if finding.kind == "quality"]
    if broken:
        return [
            source.model_line("quality", [finding.id], name=mid_sentence(source.name_of(finding)))
            for finding in broken
        ]
    rejected = {finding.id for finding in source.rejected}
    rules = (
        [rule for rule in source.manifest.quality if f"q-{rule.id}" not in rejected]
        if source.manifest
        else []
    )
    if not rules:
        return []
    names = source.joined(mid_sentence(localized(rule.name, source.wording.language)) for rule in rules)
    return [source.line("quality_none", names=names)]


def state_by_region(source: Source) -> Lines:
    """What was segmented, then a sentence a finding, region by region; within one, what was reached first."""
    assessed = [finding for finding in source.findings if finding.kind in ("finding", "normal")]
    lines = [_segmented(source, finding) for finding in assessed if finding.probability is None]
    scored = [finding for finding in assessed if finding.probability is not None]
    regions = list(dict.fromkeys(finding.region for finding in scored if finding.kind == "finding"))
    for region in regions:
        members = [item for item in scored if item.region == region and item.kind == "finding"]
        lines += [_scored(source, item) for item in sorted(members, key=lambda item: not _reaches(item))]
    lines += [_scored(source, item) for item in scored if item.kind == "normal"]
    if lines:
        return lines
    return [source.line("all_rejected" if source.rejected else "no_findings")]


def state_prognosis(source: Source) -> Lines:
    """Prognoses with what moved them."""
    lines: Lines = []
    for finding in source.findings:
        if finding.kind != "prognosis" or finding.probability is None:
            continue
        lines.append(_scored(source, finding))
        lines += _contributions(source, finding)
    return lines


def state_flagged(source: Source) -> Lines:
    """The impression: what reached its operating point, or that nothing did."""
    scored = [
        finding
        for finding in source.findings
        if finding.probability is not None and finding.kind in ("finding", "prognosis")
    ]
    if not scored:
        return []
    reached = [finding for finding in scored if _reaches(finding)]
    if not reached:
        hidden = any(_reaches(item) for item in source.rejected if item.kind in ("finding", "prognosis"))
        key = "impression_none_flagged_kept" if hidden else "impression_none_flagged"
        return [source.model_line(key, [finding.id for finding in scored])]
    items = source.joined((_flagged_item(source, finding) for finding in reached), "items")
    return [source.model_line("impression_flagged", [finding.id for finding in reached], items=items)]


def state_assessed(source: Source) -> Lines:
    """What the bundle assessed, and that nothing else was."""
    assessed = [finding for finding in source.prediction.findings if finding.kind != "quality"]
    names = source.joined(_assessed_item(source, finding) for finding in assessed)
    lines = [source.line("assessed", names=names)] if names else []
    return [*lines, source.line("nothing_else")]


def _assessed_item(source: Source, finding: Finding) -> str:
    name = mid_sentence(source.name_of(finding))
    if finding.status != "rejected":
        return name
    return source.wording.word("rejected_item").replace("{name}", name)


def state_missing(source: Source) -> Lines:
    """Clinical values that the bundle would have used and did not get."""
    wording = source.wording
    if source.prediction.missing:
        names = source.joined(variable_name(name, wording) for name in source.prediction.missing)
        return [source.line("missing", names=names), source.line("missing_means")]
    uses_context = source.manifest is not None and bool(source.manifest.context)
    return [source.line("missing_none")] if uses_context else []


def state_refusal(source: Source) -> Lines:
    """Why an image was refused; nothing else is said about it."""
    lines: Lines = []
    trust = source.manifest.trust if source.manifest else None
    novelty = source.prediction.provenance.parameters.get("novelty")
    if trust is not None and isinstance(novelty, int | float) and not novelty <= trust.threshold:
        known = localized(trust.description, source.wording.language).rstrip(".。")
        values = {"value": format_number(novelty, 2), "limit": format_number(trust.threshold, 2)}
        lines.append(source.line("refused_novelty", known=known, **values))
    actions = {f"q-{rule.id}": rule.action for rule in source.manifest.quality} if source.manifest else {}
    for finding in source.findings:
        if actions.get(finding.id) == "refuse":
            name = mid_sentence(source.name_of(finding))
            lines.append(source.model_line("refused_quality", [finding.id], name=name))
    if not lines:
        lines = [source.line("refusal", text=text) for text in source.prediction.refusals]
    return [*lines, source.line("refused_nothing")]


def variable_name(name: str, wording: Wording) -> str:
    """A context variable (``lab.crp``) as people call it."""
    group, _, rest = name.partition(".")
    return wording.word(f"variable.{name}", wording.word(f"context.{group}", name).replace("{name}", rest))


def _reaches(finding: Finding) -> bool:
    point = finding.operating_point
    return point is not None and finding.probability is not None and finding.probability >= point.threshold


def _segmented(source: Source, finding: Finding) -> Line:
    measured = source.measured(finding)
    measures = source.joined(_measure(source, item) for item in measured)
    ids = [finding.id, *(item.id for item in measured)]
    key = "finding_measured" if measured else "finding_segmented"
    values = {"measures": measures} if measured else {}
    return source.finding_line(key, finding, ids, structure=source.name_of(finding), **values)


def _measure(source: Source, item: Measurement) -> str:
    name = localized(item.name, source.wording.language)
    quantity = source.wording.word(f"quantity.{item.quantity.value}", name)
    return f"{quantity} {format_quantity(item.value, item.unit, source.wording)}"


def _scored(source: Source, finding: Finding) -> Line:
    kind = finding.kind if finding.kind in ("normal", "prognosis") else "finding"
    key = f"{kind}_reached" if _reaches(finding) else f"{kind}_not_reached"
    values = {
        "finding": mid_sentence(source.name_of(finding)),
        "probability": format_probability(finding.probability or 0.0),
        "likelihood": _likelihood(source, finding),
        "threshold": format_probability(finding.operating_point.threshold) if finding.operating_point else "",
    }
    if kind == "finding":
        values["region"] = _region(source, finding.region)
    return source.finding_line(key, finding, [finding.id], **values)


def _likelihood(source: Source, finding: Finding) -> str:
    return source.wording.word(f"likelihood.{likelihood_key(finding.probability or 0.0)}")


def _region(source: Source, region: str) -> str:
    fallback = region.replace("-", " ") or source.wording.word("region.none")
    return source.wording.word(f"region.{region}", fallback)


def _flagged_item(source: Source, finding: Finding) -> str:
    name = mid_sentence(source.name_of(finding))
    probability = format_probability(finding.probability or 0.0)
    template = source.wording.word("flagged_item")
    return (
        template.replace("{likelihood}", _likelihood(source, finding))
        .replace("{probability}", probability)
        .replace("{name}", name)
    )


def _contributions(source: Source, finding: Finding) -> Lines:
    found = [item for item in source.prediction.contributions if item.finding_id == finding.id]
    found.sort(key=lambda item: -abs(item.delta_probability))
    shown = [item for item in found if abs(100 * item.delta_probability) >= _SMALLEST_POINTS]
    if not shown:
        return []
    items = source.joined(_contribution_items(source, shown[:_MOST_CONTRIBUTIONS]))
    return [source.model_line("contributions", [finding.id], items=items)]


def _contribution_items(source: Source, contributions: Sequence[Contribution]) -> Iterable[str]:
    points = source.wording.word("points")
    for item in contributions:
        sign = "+" if item.delta_probability > 0 else "−"
        number = format_number(abs(100 * item.delta_probability), 1)
        yield f"{contribution_name(item, source.wording)} {sign}{points.replace('{number}', number)}"


def contribution_name(contribution: Contribution, wording: Wording) -> str:
    """What contributed, as people call it."""
    fallback = variable_name(contribution.name, wording)
    return wording.word(f"contribution.{contribution.name}", fallback)
