"""A grounded first draft: it says what the predictions and the case say, and nothing else.

Sentences with author ``model`` state findings, measurements or labels, and carry their ids. Everything
else (technique, notices, what was not done) has the author ``template``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ..bundles.manifest import Manifest
from ..core import Case, Finding, Prediction, Report, ReportSection, ReportSentence, localized
from .background import describe_comparison, describe_examination, describe_indication, describe_series
from .layout import content_by_region, describe_methods
from .limitations import describe_limitations
from .source import Line, Lines, Source
from .statements import state_findings, state_impression, state_measurements, with_own
from .templates import DEFAULT_SET, Wording, load_wording

__all__ = ["DraftOptions", "draft_report"]


@dataclass(frozen=True)
class DraftOptions:
    """How to draft.

    Parameters
    ----------
    created_at : str
        ISO 8601; empty: now.
    template_folders : tuple of Path
        Folders with template sets of the user, see `reporting.templates`.
    remarks : tuple of str
        Sentences of the caller for the limitations, e.g. that the context contradicts the image header.
    as_found : tuple of Finding
        Findings as the models gave them, where the reader may have changed name or side of one.
    own : tuple of Finding
        The reader's own findings, which the impression states.
    is_analyzed : bool
        False: no model was asked, or its result was taken back. Without predictions the report says so then,
        and not that no bundle applies.
    """

    created_at: str = ""
    template_folders: tuple[Path, ...] = ()
    remarks: tuple[str, ...] = ()
    as_found: tuple[Finding, ...] = ()
    own: tuple[Finding, ...] = ()
    is_analyzed: bool = True


def draft_report(
    case: Case,
    predictions: Sequence[Prediction],
    bundles: Sequence[Manifest],
    language: str = "en",
    options: DraftOptions | None = None,
) -> Report:
    """Draft a report on a case.

    Parameters
    ----------
    case : Case
    predictions : sequence of Prediction
        Empty when no bundle applied: the report then says so.
    bundles : sequence of Manifest
        Of the bundles that made the predictions; each manifest's ``report_template`` chooses the wording of
        what that bundle found.
    language : str
        ``en`` or ``zh-CN``.
    options : DraftOptions, optional

    Returns
    -------
    Report
        A bundle whose wording goes by region gets the sections of `content_by_region`. Otherwise sections
        ``examination``, ``indication`` (only when something was given), ``technique``,
        ``comparison``, ``findings``, ``measurements`` (only when something was assessed), ``impression`` and
        ``limitations``.

    Raises
    ------
    UsageError
        If the language is unknown or a template has a mistake.
    """
    options = options or DraftOptions()
    manifests = {manifest.id: manifest for manifest in bundles}
    sources = [
        _source(prediction, manifests.get(prediction.provenance.bundle_id), language, options)
        for prediction in predictions
    ]
    common = sources[0].wording if len(sources) == 1 else load_wording(DEFAULT_SET, language)[0]
    if any(source.by_region for source in sources):
        common = next(source.wording for source in sources if source.by_region)
        regions = content_by_region(case, sources, common, options.remarks)
        return _report(regions, common, options)
    nothing = [Line(common.sentence("no_bundle" if options.is_analyzed else "no_result"))]
    content: dict[str, Lines] = {
        "examination": describe_examination(case, common),
        "indication": describe_indication(case.context, common),
        "technique": describe_series(case, common) + describe_methods(sources),
        "comparison": describe_comparison(case, common),
        "findings": state_findings(sources, common) if sources else nothing,
        "measurements": state_measurements(sources, common),
        "impression": state_impression(sources, common),
        "limitations": describe_limitations(case, sources, common, options.remarks),
    }
    return _report(content, common, options)


def _report(content: dict[str, Lines], common: Wording, options: DraftOptions) -> Report:
    content["impression"] = with_own(content["impression"], options.own, common)
    return Report(
        title=common.title,
        language=common.language,
        notice=common.notice,
        sections=tuple(_section(name, lines, common) for name, lines in content.items() if lines),
        created_at=options.created_at or datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _source(
    prediction: Prediction, manifest: Manifest | None, language: str, options: DraftOptions
) -> Source:
    asked = manifest.report_template if manifest else DEFAULT_SET
    wording, found = load_wording(asked, language, options.template_folders)
    title = localized(manifest.title, language) if manifest else ""
    return Source(
        prediction=prediction,
        manifest=manifest,
        wording=wording,
        title=title or prediction.provenance.bundle_id,
        template_missing="" if found else asked,
        as_found={finding.id: finding for finding in options.as_found},
    )


def _section(name: str, lines: Lines, wording: Wording) -> ReportSection:
    sentences = tuple(
        ReportSentence(f"{name}-{number}", line.text, line.author, line.evidence_ids)
        for number, line in enumerate(lines, start=1)
    )
    return ReportSection(name, wording.sections[name], sentences)
