"""What can be done to a report document: each function returns a new one with an entry in its audit trail.

::

    draft ──► preliminary ──┐
      └─────────────────────┴─ sign ──► final ── amend ──► amended, open ── sign ──► amended, signed
                                                                ▲                        │
                                                                └───────── amend ────────┘

A signed version is read-only: `amend` opens the next one and keeps it. Times and names come from the caller.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...core import Report
from ...errors import UsageError
from ..plain_text import clean_text
from .changes import changes_between, read_changes
from .model import ACTIONS, Addendum, Edit, ReportDocument, Signature, SignedVersion

__all__ = [
    "Act",
    "amend",
    "make_preliminary",
    "new_document",
    "record",
    "record_export",
    "require_open",
    "sign",
    "update_report",
]

_CONTENT_ACTIONS = ("drafted", "edited", "undone", "redone", "change-taken", "change-kept", "recovered")
_FREE_ACTIONS = ("finding", "exported", "recovered", "remark", "change-kept")


@dataclass(frozen=True)
class Act:
    """Who did something, when (ISO 8601 with a zone), and what (one of `model.ACTIONS`)."""

    who: str
    at: str
    action: str = "edited"
    details: Mapping[str, Any] = field(default_factory=dict)


def new_document(report: Report, act: Act, document_id: str) -> ReportDocument:
    """Begin the document of a report; ``details`` of the act say, for example, which model wrote it.

    Raises
    ------
    UsageError
        If nobody is named, or there is no id.
    """
    if not document_id:
        raise UsageError("A report document needs an id. Give one.")
    report = dataclasses.replace(report, status="draft")
    begun = ReportDocument(report=report, id=document_id)
    changes = {"document": document_id, **changes_between(None, report)}
    return _changed(begun, dataclasses.replace(act, action="created"), changes)


def update_report(document: ReportDocument, report: Report, act: Act) -> ReportDocument:
    """Put a changed report into the document; nothing is written where it says the same.

    Raises
    ------
    UsageError
        If the version is signed, nobody is named, or the action is none that changes a report.
    """
    if act.action not in _CONTENT_ACTIONS:
        raise UsageError(
            f"'{act.action}' does not change a report. Use one of: {', '.join(_CONTENT_ACTIONS)}."
        )
    changes = changes_between(document.report, report)
    if not changes:
        return document
    require_open(document)
    report = dataclasses.replace(report, status=document.status)
    return _changed(dataclasses.replace(document, report=report), act, changes)


def record(document: ReportDocument, act: Act) -> ReportDocument:
    """Note what does not change the content: ``finding``, ``exported``, ``change-kept``, ``remark``.

    Raises
    ------
    UsageError
        If nobody is named, or the action is another one.
    """
    if act.action not in _FREE_ACTIONS:
        raise UsageError(f"'{act.action}' can not be noted alone. Use one of: {', '.join(_FREE_ACTIONS)}.")
    return _noted(document, act, {})


def record_export(document: ReportDocument, act: Act, kind: str, sha256: str = "") -> ReportDocument:
    """Note that the report left the program as ``kind`` (``html``, ``fhir``, ``sr``, ...), with the hash of
    the file where there is one.

    Raises
    ------
    UsageError
        If nobody is named.
    """
    details = {
        "kind": clean_text(kind),
        "file_sha256": clean_text(sha256),
        "version": document.version,
        "status": document.status,
        "content_sha256": document.sha256,
    }
    return _noted(document, dataclasses.replace(act, action="exported"), details)


def make_preliminary(document: ReportDocument, act: Act) -> ReportDocument:
    """Release a draft as preliminary; it can still be edited.

    Raises
    ------
    UsageError
        If it is no draft.
    """
    if document.status != "draft":
        raise UsageError(f"The report is {document.status} already. Only a draft can become preliminary.")
    changed = _with_status(document, "preliminary")
    return _noted(changed, dataclasses.replace(act, action="preliminary"), {"content_sha256": changed.sha256})


def sign(document: ReportDocument, act: Act, role: str = "") -> ReportDocument:
    """Sign the content as it is, in the name of ``act.who``: the version is read-only from then on.

    Raises
    ------
    UsageError
        If it is signed already, nobody is named, or it has no sentence.
    """
    require_open(document)
    if not any(section.sentences for section in document.report.sections):
        raise UsageError("A report without a sentence can not be signed. Write one first.")
    name = _name(act.who)
    status = "final" if document.version == 1 else "amended"
    changed = _with_status(document, status)
    signature = Signature(name, act.at, changed.sha256, clean_text(role), changed.version)
    changed = dataclasses.replace(changed, signatures=(*changed.signatures, signature))
    details = {"signature": dataclasses.asdict(signature), "status": status}
    return _noted(changed, dataclasses.replace(act, who=name, action="signed"), details)


def amend(document: ReportDocument, act: Act, text: str) -> ReportDocument:
    """Open the next version with an addendum; the signed one is kept.

    The new version can be edited, and has to be signed again.

    Raises
    ------
    UsageError
        If the version is not signed, nobody is named, or the addendum has no text.
    """
    if not document.is_signed:
        raise UsageError("Only a signed report can be amended. This one can still be edited.")
    text = clean_text(text)
    if not text:
        raise UsageError("An addendum needs text: say what is added or corrected, and why.")
    addendum = Addendum(text, _name(act.who), act.at)
    kept = SignedVersion(document.version, document.report, document.addenda)
    changed = dataclasses.replace(
        _with_status(document, "amended"),
        version=document.version + 1,
        versions=(*document.versions, kept),
        addenda=(*document.addenda, addendum),
    )
    details = {"addendum": dataclasses.asdict(addendum), "version": changed.version}
    return _noted(
        changed, dataclasses.replace(act, action="amended"), {**details, "content_sha256": changed.sha256}
    )


def require_open(document: ReportDocument) -> None:
    """Do nothing where the version can be changed.

    Raises
    ------
    UsageError
        If it is signed.
    """
    signature = document.signature
    if signature is not None:
        raise UsageError(
            f"The report was signed by {signature.name} at {signature.at} and is read-only. "
            "Amend it to change it."
        )


def _changed(document: ReportDocument, act: Act, changes: Mapping[str, Any]) -> ReportDocument:
    """Write a change of the content into the history and the trail."""
    history = dict(document.history)
    who = _name(act.who)
    for item in read_changes(changes):
        edit = Edit(act.at, who, item.before, item.after, item.author)
        history[item.sentence_id] = (*history.get(item.sentence_id, ()), edit)
    changed = dataclasses.replace(document, history=history)
    return _noted(changed, act, {**changes, "content_sha256": changed.sha256})


def _noted(document: ReportDocument, act: Act, details: Mapping[str, Any]) -> ReportDocument:
    if act.action not in ACTIONS:
        raise UsageError(f"There is no action '{act.action}'. Actions are: {', '.join(ACTIONS)}.")
    audit = document.audit.append(act.at, _name(act.who), act.action, {**act.details, **details})
    return dataclasses.replace(document, audit=audit)


def _with_status(document: ReportDocument, status: str) -> ReportDocument:
    report = dataclasses.replace(document.report, status=status)
    return dataclasses.replace(document, report=report, status=status)


def _name(who: str) -> str:
    name = clean_text(who)
    if not name:
        raise UsageError("Nobody is named. Give the name of the person who does this.")
    return name
