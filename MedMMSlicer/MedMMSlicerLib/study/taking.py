"""One file of results, from its signature to its last event; whatever is wrong becomes one problem."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError, SignatureError
from .archives import Archive, open_archive
from .codec import decode
from .folding import LogState
from .log import GENESIS, LogEvent, event_from_line
from .package_maker import PackagePlan
from .results import Problem
from .study_folder import StudyState

__all__ = ["RefusedError", "ResultsHead", "TakenResults", "take_results"]

_EVENTS = "events.log"
_MAXIMUM_EVENTS_BYTES = 1 << 30


@dataclass(frozen=True)
class ResultsHead:
    """What a file of results says about itself."""

    study: str
    package: str
    reader: str
    protocol_sha256: str
    log: str
    events: int
    head: str
    exported_at: str


@dataclass(frozen=True, eq=False)
class TakenResults:
    """Results whose signature, origin and chain of events were checked."""

    path: Path
    head: ResultsHead
    plan: PackagePlan
    fingerprint: str
    events: tuple[LogEvent, ...]
    state: LogState

    @property
    def hashes(self) -> frozenset[str]:
        """Of all events: a log that goes on from this one has them all."""
        return frozenset(event.sha256 for event in self.events)


class RefusedError(InputError):
    """Results that can not be taken; ``kind`` says why in one word."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind

    def problem(self, path: Path) -> Problem:
        """As the collected study reports it."""
        return Problem(self.kind, path.name, str(self), is_excluded=True)


def take_results(path: Path, state: StudyState, plans: dict[str, PackagePlan]) -> TakenResults:
    """Check a file of results completely.

    Raises
    ------
    RefusedError
        Of the kind ``damaged_package``, ``forged_signature``, ``other_study``, ``unknown_package``,
        ``other_protocol``, ``unknown_key`` or ``damaged_log``.
    """
    try:
        with open_archive(path, "results") as archive:
            head = decode(ResultsHead, dict(archive.manifest.data), path.name)
            plan = _checked_origin(path, head, state, plans)
            _check_key(path, head, archive.fingerprint, state)
            data = _events_bytes(path, archive)
            fingerprint = archive.fingerprint
    except SignatureError as error:
        raise RefusedError("forged_signature", str(error)) from error
    except RefusedError:
        raise
    except InputError as error:
        raise RefusedError("damaged_package", str(error)) from error
    try:
        events = _events(data)
        _check_chain(path, head, events, {"machine": fingerprint, "team": plan.team})
        return TakenResults(path, head, plan, fingerprint, events, LogState(events))
    except RefusedError:
        raise
    except InputError as error:
        raise RefusedError("damaged_log", f"{path.name}: {error}") from error


def _checked_origin(
    path: Path, head: ResultsHead, state: StudyState, plans: dict[str, PackagePlan]
) -> PackagePlan:
    if head.study != state.study:
        raise RefusedError("other_study", f"{path.name} belongs to another study. Give it to its team.")
    plan = plans.get(head.package)
    if plan is None or plan.reader != head.reader:
        raise RefusedError(
            "unknown_package", f"{path.name} answers a package that was not made here. Ask its sender."
        )
    if head.protocol_sha256 != plan.protocol_sha256 or head.protocol_sha256 not in state.versions:
        raise RefusedError(
            "other_protocol",
            f"{path.name} was read by a protocol that this study never had "
            f"({head.protocol_sha256[:12]}). Ask its sender.",
        )
    return plan


def _check_key(path: Path, head: ResultsHead, fingerprint: str, state: StudyState) -> None:
    enrolled = state.keys.get(head.reader, ())
    if fingerprint in enrolled:
        return
    remedy = (
        f"Compare {fingerprint} with what the reader's screen shows, then run "
        f"medmm study enroll STUDY {head.reader} {fingerprint}."
    )
    if enrolled:
        raise RefusedError(
            "forged_signature",
            f"{path.name} is signed by another machine than the enrolled one of '{head.reader}': forged, or "
            f"read on a new machine. {remedy}",
        )
    raise RefusedError("unknown_key", f"No machine of '{head.reader}' is enrolled yet. {remedy}")


def _events_bytes(path: Path, archive: Archive) -> bytes:
    fact = archive.manifest.files.get(_EVENTS)
    if fact is not None and fact.size > _MAXIMUM_EVENTS_BYTES:
        raise InputError(f"{path.name} has a log of more than {_MAXIMUM_EVENTS_BYTES >> 20} MiB.")
    return archive.read(_EVENTS)


def _events(data: bytes) -> tuple[LogEvent, ...]:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"The log is not UTF-8 at byte {error.start}. It was damaged.") from error
    # Not splitlines: that also breaks at characters which JSON leaves as they are inside a text.
    lines = text.split("\n")[:-1]
    events: list[LogEvent] = []
    for number, line in enumerate(lines, start=1):
        events.append(event_from_line(line, events[-1].sha256 if events else GENESIS, number))
    return tuple(events)


def _check_chain(path: Path, head: ResultsHead, events: tuple[LogEvent, ...], keys: dict[str, str]) -> None:
    if not events or len(events) != head.events or events[-1].sha256 != head.head:
        raise RefusedError("damaged_log", f"{path.name} has not the events that it states. Export again.")
    owner = {"study": head.study, "package": head.package, "reader": head.reader, **keys}
    if events[0].kind != "created" or events[0].data != owner or events[0].sha256 != head.log:
        raise RefusedError(
            "forged_signature",
            f"The log in {path.name} was made by another machine, for another reader, or from a package that "
            "this team did not sign. Ask its sender.",
        )
