"""A report document as JSON."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from ...core import Report, ReportSection, ReportSentence, to_json
from ...errors import InputError
from .audit import AuditTrail, trail_from_lines
from .model import Addendum, Edit, ReportDocument, Signature, SignedVersion
from .timing import ReadingTime

__all__ = [
    "DOCUMENT_SCHEMA",
    "DOCUMENT_VERSION",
    "document_from_json",
    "document_to_json",
    "read_report",
    "report_to_json",
    "state_from_json",
    "state_to_json",
    "versions_from_json",
]

DOCUMENT_SCHEMA = "medmm-report-document"
DOCUMENT_VERSION = 1
"""Raised when an older MedMM would misread the document."""


def document_to_json(document: ReportDocument) -> dict[str, Any]:
    """Everything: report, workflow, history, and the audit trail as a list of lines."""
    return {
        **state_to_json(document),
        "report": report_to_json(document.report),
        "history": {
            name: [dataclasses.asdict(item) for item in edits] for name, edits in document.history.items()
        },
        "versions": [to_json(item) for item in document.versions],
        "audit": [entry.line for entry in document.audit.entries],
    }


def document_from_json(value: Mapping[str, Any]) -> ReportDocument:
    """Inverse of `document_to_json`; whether anything was changed is for `verify.verify_document` to say.

    Raises
    ------
    InputError
        If it is no document, is damaged, or was written by a newer MedMM.
    """
    state = state_from_json(value)
    try:
        return dataclasses.replace(
            state,
            report=read_report(value["report"]),
            history={
                str(name): tuple(Edit(**item) for item in edits) for name, edits in value["history"].items()
            },
            versions=versions_from_json(value["versions"]),
            audit=trail_from_lines("".join(f"{line}\n" for line in value["audit"])),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"The report document is damaged ({error!r}). Open a copy of it.") from error


def state_to_json(document: ReportDocument) -> dict[str, Any]:
    """The document without report, history, earlier versions and trail, which a scene keeps apart."""
    return {
        "schema": DOCUMENT_SCHEMA,
        "schema_version": DOCUMENT_VERSION,
        "id": document.id,
        "status": document.status,
        "version": document.version,
        "content_sha256": document.sha256,
        "audit_head": document.audit.head,
        "signatures": [dataclasses.asdict(item) for item in document.signatures],
        "addenda": [dataclasses.asdict(item) for item in document.addenda],
        "reading": dataclasses.asdict(document.reading),
    }


def state_from_json(value: Mapping[str, Any]) -> ReportDocument:
    """Inverse of `state_to_json`: a document without content.

    Raises
    ------
    InputError
        As `document_from_json`.
    """
    if not isinstance(value, Mapping) or value.get("schema") != DOCUMENT_SCHEMA:
        raise InputError("This is no MedMM report document. Select one.")
    version = value.get("schema_version")
    if not isinstance(version, int) or version > DOCUMENT_VERSION:
        raise InputError(
            f"The report document was written by a newer MedMM (format {version}; this one reads up to "
            f"{DOCUMENT_VERSION}). Update MedMM to open it."
        )
    try:
        return ReportDocument(
            report=Report("", "", "", (), ""),
            status=str(value["status"]),
            signatures=tuple(Signature(**item) for item in value["signatures"]),
            addenda=tuple(Addendum(**item) for item in value["addenda"]),
            audit=AuditTrail(),
            id=str(value["id"]),
            version=int(value["version"]),
            reading=ReadingTime(**value["reading"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"The report document is damaged ({error!r}). Open a copy of it.") from error


def report_to_json(report: Report) -> dict[str, Any]:
    """What `core.to_json` makes of a report, in a fraction of the time: it is stored with every edit."""
    sections = [
        {
            "id": section.id,
            "title": section.title,
            "sentences": [
                {
                    "id": item.id,
                    "text": item.text,
                    "author": item.author,
                    "evidence_ids": list(item.evidence_ids),
                }
                for item in section.sentences
            ],
        }
        for section in report.sections
    ]
    return {
        "title": report.title,
        "language": report.language,
        "notice": report.notice,
        "sections": sections,
        "created_at": report.created_at,
        "status": report.status,
    }


def read_report(value: Mapping[str, Any]) -> Report:
    """A report from the JSON that `core.to_json` makes of it.

    Raises
    ------
    KeyError, TypeError
        If something is missing or of another kind.
    """
    sections = tuple(
        ReportSection(
            section["id"],
            section["title"],
            tuple(
                ReportSentence(item["id"], item["text"], item["author"], tuple(item["evidence_ids"]))
                for item in section["sentences"]
            ),
        )
        for section in value["sections"]
    )
    return Report(**{**value, "sections": sections})


def versions_from_json(value: Sequence[Mapping[str, Any]]) -> tuple[SignedVersion, ...]:
    """Signed versions from the JSON that `core.to_json` makes of them.

    Raises
    ------
    InputError
        If something is missing or of another kind.
    """
    try:
        return tuple(_version(item) for item in value)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(
            f"A signed version of the report is damaged ({error!r}). Open a copy of it."
        ) from error


def _version(value: Mapping[str, Any]) -> SignedVersion:
    addenda = tuple(Addendum(**item) for item in value["addenda"])
    return SignedVersion(int(value["version"]), read_report(value["report"]), addenda)
