"""Which sections a report that goes by region has, and in which order."""

from __future__ import annotations

from collections.abc import Sequence

from ..core import Case
from .background import describe_comparison, describe_examination, describe_indication, describe_series
from .limitations import describe_limitations
from .regions import (
    state_assessed,
    state_by_region,
    state_flagged,
    state_missing,
    state_prognosis,
    state_quality,
    state_refusal,
)
from .source import Line, Lines, Source
from .statements import state_decided, state_findings, state_impression, state_measurements
from .templates import Wording

__all__ = ["content_by_region", "describe_methods"]


def describe_methods(sources: Sequence[Source]) -> Lines:
    """Which bundle read the images, and on what device."""
    return [
        source.line(
            "method",
            bundle=source.prediction.provenance.bundle_id,
            version=source.prediction.provenance.bundle_version,
            device=source.device,
        )
        for source in sources
    ]


def content_by_region(
    case: Case, sources: Sequence[Source], common: Wording, remarks: Sequence[str] = ()
) -> dict[str, Lines]:
    """Lines by section.

    Sections ``examination``, ``indication``, ``technique`` (with the image's quality), ``comparison``,
    ``findings``, ``prognosis``, ``measurements``, ``impression``, ``not_assessed``, ``missing`` and
    ``limitations``; those without lines are empty. When every image was refused, only ``examination`` and
    ``impression``, which says so and why.
    """
    refused = [source for source in sources if not source.prediction.is_applicable]
    usable = [source for source in sources if source.prediction.is_applicable]
    refusals = [line for source in refused for line in state_refusal(source)]
    examination = describe_examination(case, common)
    if not usable:
        return {"examination": examination, "impression": refusals}
    content: dict[str, Lines] = {
        "examination": examination,
        "indication": describe_indication(case.context, common),
        "technique": describe_series(case, common) + describe_methods(sources),
        "comparison": describe_comparison(case, common),
        "findings": [],
        "prognosis": [],
        "measurements": state_measurements([source for source in usable if not source.by_region], common),
        "impression": refusals,
        "not_assessed": [],
        "missing": [],
        "limitations": describe_limitations(case, usable, common, remarks),
    }
    for source in usable:
        _add(content, source, common)
    content["impression"].append(Line(common.sentence("impression_open")))
    return content


def _add(content: dict[str, Lines], source: Source, common: Wording) -> None:
    """Add what one bundle found."""
    if not source.by_region:
        content["findings"] += state_findings([source], common)
        content["impression"] += state_impression([source], common)[:-1]
        return
    content["technique"] += state_quality(source)
    content["findings"] += state_by_region(source)
    content["prognosis"] += state_prognosis(source)
    content["impression"] += (
        [source.line("impression_refused")] if source.is_refused else state_flagged(source)
    )
    content["impression"] += state_decided(source)
    content["not_assessed"] += state_assessed(source)
    content["missing"] += state_missing(source)
