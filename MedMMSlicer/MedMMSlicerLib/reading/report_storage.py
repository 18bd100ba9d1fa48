"""A report document in the scene: text nodes of its case, so that it is saved and reloaded with it.

Roles: ``report`` (the report, written by the report desk), ``report_document`` (status, signatures, addenda,
time), ``report_versions`` (signed versions that were amended), ``report_audit`` (the audit trail as JSON
Lines, in one or more nodes: an edit rewrites only the last, so that a long trail does not make typing slow).
"""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING

from ..core import Report
from ..errors import InputError
from ..reporting.document.audit import AuditTrail, trail_from_lines
from ..reporting.document.codec import state_from_json, state_to_json, versions_from_json
from ..reporting.document.model import ReportDocument, SignedVersion
from ..reporting.document.replay import Replay, replay
from ..scene.node_updates import write_text
from ..scene.texts import read_text

if TYPE_CHECKING:
    from .room import ReadingRoom

__all__ = ["DocumentStorage", "StoredParts", "parts_of"]

_STATE, _VERSIONS, _AUDIT = "report_document", "report_versions", "report_audit"
_CHUNK_CHARACTERS = 50_000


@dataclasses.dataclass(frozen=True)
class StoredParts:
    """A document as the texts that are stored, but for the report: each on lines of its own."""

    state: str
    versions: str
    audit: str

    def document(self, report: Report) -> tuple[ReportDocument, Replay]:
        """The document, and what its trail tells.

        Raises
        ------
        InputError
            If it is damaged.
        """
        try:
            state = state_from_json(json.loads(self.state))
            versions = versions_from_json(json.loads(self.versions or "[]"))
        except (ValueError, RecursionError) as error:
            raise InputError(f"The report document is damaged ({error}). Open a copy of it.") from error
        trail = trail_from_lines(self.audit)
        told = replay(trail.entries)
        document = dataclasses.replace(
            state, report=report, versions=versions, audit=trail, history=told.history
        )
        return document, told


def parts_of(document: ReportDocument) -> StoredParts:
    """The texts of a document."""
    audit = "".join(f"{entry.line}\n" for entry in document.audit.entries)
    return StoredParts(_state_text(document), _versions_text(document.versions), audit)


class DocumentStorage:
    """Reads and writes the document of the current case; writes only what has changed."""

    def __init__(self, room: ReadingRoom) -> None:
        self._room = room
        self._written: dict[str, tuple[ReportDocument, str]] = {}

    def stamp(self) -> str:
        """Text that changes with the stored document; empty: there is none."""
        nodes = self._room.cases.nodes(_STATE)
        return read_text(self._room.scene, nodes[0]) if nodes else ""

    def read(self) -> StoredParts:
        """The stored texts of the current case."""
        versions = self._room.cases.nodes(_VERSIONS)
        chunks = [read_text(self._room.scene, item) for item in self._room.cases.nodes(_AUDIT)]
        chunks.sort(key=_first_number)
        audit = "".join(text if text.endswith("\n") or not text else f"{text}\n" for text in chunks)
        return StoredParts(self.stamp(), read_text(self._room.scene, versions[0]) if versions else "", audit)

    def write(self, document: ReportDocument) -> str:
        """Store a document; returns the new stamp."""
        case_id, state = self._room.cases.current_id, _state_text(document)
        before, stamp = self._written.get(case_id, (None, ""))
        known = before if before is not None and stamp == self.stamp() else None
        if known is None or known.versions is not document.versions:
            self._write_versions(document.versions)
        if known is None or known.audit is not document.audit:
            self._write_trail(document.audit, known)
        self._put(_STATE, 0, state, "Report (document)")
        self._written[case_id] = (document, state)
        return state

    def _write_versions(self, versions: tuple[SignedVersion, ...]) -> None:
        if versions:
            self._put(_VERSIONS, 0, _versions_text(versions), "Report (signed versions)")

    def _write_trail(self, trail: AuditTrail, known: ReportDocument | None) -> None:
        """Append the new entries to the last node; write all where it is not known what the nodes hold."""
        nodes = self._room.cases.nodes(_AUDIT)
        count = len(known.audit.entries) if known is not None and nodes else 0
        if known is not None and trail.entries[:count] != known.audit.entries[:count]:
            count = 0
        if not count:
            self._remove(nodes)
            nodes = ()
        text = read_text(self._room.scene, nodes[-1]) if nodes else ""
        place = max(len(nodes) - 1, 0)
        for entry in trail.entries[count:]:
            if len(text) > _CHUNK_CHARACTERS:
                self._put(_AUDIT, place, text, "Report (audit trail)")
                place, text = place + 1, ""
            text += f"{entry.line}\n"
        self._put(_AUDIT, place, text, "Report (audit trail)")

    def _remove(self, nodes: tuple[str, ...]) -> None:
        from ..scene.cases import remove_nodes

        if nodes:
            with self._room.cases.quiet():
                self._room.cases.set_nodes(_AUDIT, ())
                remove_nodes(self._room.scene, nodes)

    def _put(self, role: str, place: int, text: str, name: str) -> None:
        cases = self._room.cases
        nodes = cases.nodes(role)
        old = nodes[place] if place < len(nodes) else ""
        node_id = write_text(self._room.scene, old, text, name, role.replace("_", "-"))
        if node_id != old:
            cases.set_nodes(role, (*nodes[:place], node_id, *nodes[place + 1 :]))


def _state_text(document: ReportDocument) -> str:
    return json.dumps(state_to_json(document), ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _versions_text(versions: tuple[SignedVersion, ...]) -> str:
    return f"[{','.join(item.text for item in versions)}]"


def _first_number(text: str) -> int:
    try:
        return int(json.loads(text.partition("\n")[0])["number"])
    except (ValueError, TypeError, KeyError, RecursionError):
        # A damaged part comes last: reading the trail then says which line it is.
        return 1 << 60
