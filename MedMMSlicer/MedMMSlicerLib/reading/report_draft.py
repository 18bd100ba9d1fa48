"""What a draft is made from: the case, the findings as the reader left them, and what the reader added."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from ..bundles.manifest import Manifest
from ..core import (
    Case,
    Finding,
    LabelMap,
    Prediction,
    Report,
    ReportSection,
    ReportSentence,
    localized,
)
from ..reporting.draft import DraftOptions, draft_report
from ..reporting.plain_text import clean_text
from ..reporting.quantities import display_name, sentence_case
from .finding_view import FINDING_PREFIX, current_findings
from .finding_words import wording_of
from .record import CaseRecord

__all__ = ["drafted_prediction", "make_draft", "rendered_predictions", "section_titles"]

_FINDINGS = "findings"


def drafted_prediction(
    record: CaseRecord, labels: tuple[LabelMap, ...], emptied: frozenset[str]
) -> Prediction | None:
    """The prediction with what the reader did to its findings; those of ``emptied`` segments are left out.

    Parameters
    ----------
    record : CaseRecord
    labels : tuple of LabelMap
        See `SegmentDesk.drafted_labels`.
    emptied : frozenset of str
        Ids of findings whose segment has no voxels any more.
    """
    if record.prediction is None:
        return None
    findings = tuple(
        item
        for item in current_findings(record)
        if not item.id.startswith(FINDING_PREFIX) and item.id not in emptied
    )
    return dataclasses.replace(record.prediction, findings=findings, label_maps=labels)


def make_draft(
    record: CaseRecord, case: Case, prediction: Prediction | None, manifest: Manifest | None, language: str
) -> Report:
    """Draft the report of a case as it is now.

    Findings and notes of the reader stand at the end of the findings, in the reader's name, and the findings
    in the impression, too.

    Raises
    ------
    UsageError
        If a template is wrong.
    """
    created_at = prediction.provenance.created_at if prediction else ""
    options = DraftOptions(
        created_at,
        remarks=(*record.remarks, *record.context_remarks),
        as_found=() if record.prediction is None else record.prediction.findings,
        own=tuple(item for item in _own_findings(record) if item.status != "rejected"),
        is_analyzed=prediction is not None,
    )
    predictions = [] if prediction is None else [prediction]
    draft = draft_report(case, predictions, [manifest] if manifest else [], language, options)
    own = _own_sentences(record, language)
    if not own:
        return draft
    sections = {section.id: section for section in draft.sections}
    if _FINDINGS not in sections:
        titles = section_titles(manifest, language)
        names = [name for name in titles if name in {*sections, _FINDINGS}]
        sections[_FINDINGS] = ReportSection(_FINDINGS, titles[_FINDINGS], ())
        sections = {name: sections[name] for name in [*names, *(set(sections) - set(names))]}
    found = sections[_FINDINGS]
    sections[_FINDINGS] = dataclasses.replace(found, sentences=(*found.sentences, *own))
    return dataclasses.replace(draft, sections=tuple(sections.values()))


def rendered_predictions(record: CaseRecord, prediction: Prediction | None) -> Sequence[Prediction]:
    """What the tables of a saved report show: the model's findings, and the reader's own beside them."""
    if prediction is None:
        return ()
    return (dataclasses.replace(prediction, findings=(*prediction.findings, *_own_findings(record))),)


def _own_findings(record: CaseRecord) -> tuple[Finding, ...]:
    return tuple(item for item in current_findings(record) if item.id.startswith(FINDING_PREFIX))


def section_titles(manifest: Manifest | None, language: str) -> Mapping[str, str]:
    """Titles of all sections that a report can have, in their order."""
    from ..reporting.templates import DEFAULT_SET, load_wording

    name = manifest.report_template if manifest else DEFAULT_SET
    titles = load_wording(name, language)[0].sections
    order = ("examination", "indication", "technique", "comparison", "findings", "prognosis",
             "measurements", "impression", "not_assessed", "missing", "limitations")  # fmt: skip
    return {key: titles[key] for key in (*order, *titles) if key in titles}


def _own_sentences(record: CaseRecord, language: str) -> tuple[ReportSentence, ...]:
    notes = {mark.id: mark.note for mark in record.marks}
    sentences = []
    for finding in current_findings(record):
        note = notes.get(finding.id, "")
        if finding.status == "rejected" or not (note or finding.id.startswith(FINDING_PREFIX)):
            continue
        text = _own_text(finding, note, language)
        sentences.append(ReportSentence(f"own-{finding.id}", text, "reader", (finding.id,)))
    return tuple(sentences)


def _own_text(finding: Finding, note: str, language: str) -> str:
    wording = wording_of(language)
    name = sentence_case(display_name(finding, wording)) or localized(finding.name, language)
    chinese = language.startswith("zh")
    text = f"{name}{'：' if chinese else ': '}{note}" if note else name
    text = clean_text(text)
    return text if text.endswith((".", "。", "!", "?", "！", "？")) else f"{text}{'。' if chinese else '.'}"
