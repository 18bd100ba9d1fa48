"""The one way in which content is written before it is hashed.

Canonical JSON: objects with keys sorted by code point, no white space, text as it is (no escapes but those
that JSON demands, no Unicode normalization), UTF-8. Numbers are whole; nothing here has others. For the keys
used here this is what RFC 8785 describes. A SHA-256 is written as 64 lower-case hexadecimal digits.

The content of a report is::

    {"schema": "medmm-report-content", "schema_version": 1, "document": ID, "version": NUMBER,
     "title": .., "language": .., "notice": .., "created_at": ..,
     "sections": [{"id": .., "title": .., "sentences": [{"id", "text", "author", "evidence_ids"}, ..]}, ..],
     "addenda": [{"text", "who", "at"}, ..]}

``Report.status`` is not content: it says where the content stands, and the audit trail vouches for it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from ...core import Report, ReportSection, ReportSentence
from ...errors import UsageError

__all__ = ["CONTENT_SCHEMA", "canonical_json", "report_content", "section_content", "sha256_of"]

CONTENT_SCHEMA = "medmm-report-content"
CONTENT_VERSION = 1

_encoder = json.JSONEncoder(ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))


def canonical_json(value: Any) -> str:
    """Write a value of objects, lists, texts, whole numbers, booleans and None.

    Raises
    ------
    UsageError
        If it holds anything else.
    """
    try:
        text = _encoder.encode(value)
        text.encode("utf-8")
    except (TypeError, ValueError) as error:
        raise UsageError(f"This can not be written into a report's record: {error}. Report this.") from error
    return text


def sha256_of(value: Any) -> str:
    """SHA-256 of the canonical JSON of a value."""
    return hashlib.sha256(canonical_json(value).encode("utf-8")).hexdigest()


def report_content(
    report: Report, document_id: str = "", version: int = 1, addenda: Sequence[Any] = ()
) -> dict[str, Any]:
    """What is signed; see the head of this module. ``addenda`` have ``text``, ``who`` and ``at``."""
    return {
        "schema": CONTENT_SCHEMA,
        "schema_version": CONTENT_VERSION,
        "document": document_id,
        "version": version,
        "title": report.title,
        "language": report.language,
        "notice": report.notice,
        "created_at": report.created_at,
        "sections": [section_content(section) for section in report.sections],
        "addenda": [{"text": item.text, "who": item.who, "at": item.at} for item in addenda],
    }


def section_content(section: ReportSection) -> dict[str, Any]:
    """A section as it is hashed."""
    return {
        "id": section.id,
        "title": section.title,
        "sentences": [_sentence_content(sentence) for sentence in section.sentences],
    }


def _sentence_content(sentence: ReportSentence) -> dict[str, Any]:
    return {
        "id": sentence.id,
        "text": sentence.text,
        "author": sentence.author,
        "evidence_ids": list(sentence.evidence_ids),
    }
