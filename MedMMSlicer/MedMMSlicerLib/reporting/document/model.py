"""The report as a document: content, where it stands, and how it came about. Frozen; see `workflow`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from ...core import Report, to_json
from .audit import AuditTrail
from .canonical import report_content, sha256_of
from .timing import ReadingTime

__all__ = [
    "ACTIONS",
    "DOCUMENT_STATES",
    "Addendum",
    "Edit",
    "ReportDocument",
    "Signature",
    "SignedVersion",
    "content_sha256",
]

DOCUMENT_STATES = ("draft", "preliminary", "final", "amended")

ACTIONS = (
    "created",
    "drafted",
    "edited",
    "undone",
    "redone",
    "change-taken",
    "change-kept",
    "finding",
    "preliminary",
    "signed",
    "amended",
    "exported",
    "recovered",
    "remark",
)
"""What an audit entry can say: the first text, a new draft of the model, what the reader did to it, what the
reader said about a finding, the workflow, an export, what came back after a crash, and notes of the software.
"""


@dataclass(frozen=True)
class Edit:
    """One change of a sentence; ``before`` is empty where it was added, ``after`` where it was removed.

    ``who`` is the person or the software, ``author`` (one of `core.report.AUTHORS`) whose text it then was.
    """

    at: str
    who: str
    before: str
    after: str
    author: str


@dataclass(frozen=True)
class Signature:
    """Who signed a version: ``sha256`` is that of its canonical content."""

    name: str
    at: str
    sha256: str
    role: str = ""
    version: int = 1


@dataclass(frozen=True)
class Addendum:
    """What was added or corrected after signing; shown under the report."""

    text: str
    who: str
    at: str


@dataclass(frozen=True)
class SignedVersion:
    """A signed version that an amendment replaced, with the addenda that it had."""

    version: int
    report: Report
    addenda: tuple[Addendum, ...] = ()

    @cached_property
    def text(self) -> str:
        """The version as JSON on one line; it never changes, and is stored often."""
        return json.dumps(to_json(self), ensure_ascii=False, allow_nan=False, separators=(",", ":"))


@dataclass(frozen=True)
class ReportDocument:
    """A report with its history.

    Parameters
    ----------
    report : Report
        The content as it is now; its ``status`` is that of the document.
    status : str
        One of `DOCUMENT_STATES`. ``amended``: a later version than the first; signed or not, see `is_signed`.
    history : mapping of str to tuple of Edit
        By sentence id, oldest first; sentences that are gone stay in it.
    signatures : tuple of Signature
        At most one of each version.
    addenda : tuple of Addendum
    audit : AuditTrail
        Everything that happened; the rest can be checked against it (`verify.verify_document`).
    id : str
        Of the document.
    version : int
        From 1 on; each amendment makes a new one.
    versions : tuple of SignedVersion
        Earlier versions, each as it was signed.
    reading : ReadingTime
        Time from the first image on.
    """

    report: Report
    status: str = "draft"
    history: Mapping[str, tuple[Edit, ...]] = field(default_factory=dict)
    signatures: tuple[Signature, ...] = ()
    addenda: tuple[Addendum, ...] = ()
    audit: AuditTrail = field(default_factory=AuditTrail)
    id: str = ""
    version: int = 1
    versions: tuple[SignedVersion, ...] = ()
    reading: ReadingTime = field(default_factory=ReadingTime)

    @property
    def signature(self) -> Signature | None:
        """The signature of the current version, None while it can be changed."""
        return next((item for item in self.signatures if item.version == self.version), None)

    @property
    def is_signed(self) -> bool:
        """Whether the current version is signed, and so read-only."""
        return self.signature is not None

    @property
    def sha256(self) -> str:
        """SHA-256 of the canonical content as it is now."""
        return content_sha256(self.report, self.id, self.version, self.addenda)


@lru_cache(maxsize=16)
def content_sha256(report: Report, document_id: str, version: int, addenda: tuple[Addendum, ...]) -> str:
    """SHA-256 of the canonical content of a version."""
    return sha256_of(report_content(report, document_id, version, addenda))
