"""The state that an audit trail tells, entry by entry: `verify` compares with it, a scene is read by it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...core import Report
from ...errors import InputError
from .audit import AuditEntry
from .changes import apply_changes, read_changes
from .model import Addendum, Edit, Signature, SignedVersion

__all__ = ["FindingEvent", "Replay", "replay"]


@dataclass(frozen=True)
class FindingEvent:
    """What a reader said about a finding; ``after`` is the status then (empty: the finding was removed)."""

    finding_id: str
    before: str
    after: str
    at: str
    who: str
    entry: int


@dataclass
class Replay:
    """What is known after the entries seen so far.

    ``drafted``: by sentence id, (section id, text, author) of every text that the model or a template gave
    it, oldest first; ``broken``: numbers of entries that could not be understood.
    """

    report: Report | None = None
    status: str = "draft"
    version: int = 1
    content_sha256: str = ""
    history: dict[str, tuple[Edit, ...]] = field(default_factory=dict)
    signatures: tuple[Signature, ...] = ()
    addenda: tuple[Addendum, ...] = ()
    versions: tuple[SignedVersion, ...] = ()
    drafted: dict[str, list[tuple[str, str, str]]] = field(default_factory=dict)
    findings: list[FindingEvent] = field(default_factory=list)
    marks: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    broken: list[int] = field(default_factory=list)

    def follow(self, entry: AuditEntry) -> None:
        """Take one more entry in; one that makes no sense is listed in ``broken``."""
        try:
            self._follow(entry)
        except (InputError, TypeError, KeyError, ValueError, AttributeError):
            self.broken.append(entry.number)

    def _follow(self, entry: AuditEntry) -> None:
        data = entry.data
        if any(key in data for key in ("head", "sections", "order", "sentences")):
            self.report = apply_changes(self.report, data)
            self._remember(entry)
        if "content_sha256" in data and entry.action != "exported":
            self.content_sha256 = str(data["content_sha256"])
        if entry.action == "preliminary":
            self.status = "preliminary"
        elif entry.action == "signed":
            self.signatures = (*self.signatures, Signature(**data["signature"]))
            self.status = str(data["status"])
            self.content_sha256 = self.signatures[-1].sha256
        elif entry.action == "amended":
            if self.report is not None:
                self.versions = (*self.versions, SignedVersion(self.version, self.report, self.addenda))
            self.addenda = (*self.addenda, Addendum(**data["addendum"]))
            self.status, self.version = "amended", int(data["version"])
        elif entry.action == "finding":
            self._judge(entry)

    def _remember(self, entry: AuditEntry) -> None:
        for item in read_changes(entry.data):
            edit = Edit(entry.at, entry.who, item.before, item.after, item.author)
            self.history[item.sentence_id] = (*self.history.get(item.sentence_id, ()), edit)
            if item.kind != "removed" and item.author != "reader":
                known = self.drafted.setdefault(item.sentence_id, [])
                if not known or known[-1][1] != item.after:
                    known.append((item.section_id, item.after, item.author))

    def _judge(self, entry: AuditEntry) -> None:
        data = entry.data
        name, before, after = str(data["finding_id"]), str(data["before"]), str(data["after"])
        self.findings.append(FindingEvent(name, before, after, entry.at, entry.who, entry.number))
        self.marks[name] = data.get("mark", {})


def replay(entries: Iterable[AuditEntry]) -> Replay:
    """Follow all entries."""
    result = Replay()
    for entry in entries:
        result.follow(entry)
    return result
