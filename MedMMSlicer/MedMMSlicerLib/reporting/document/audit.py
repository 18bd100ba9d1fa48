"""The audit trail: who did what and when, each entry tied to the one before it by a hash.

An entry is hashed over its canonical JSON with the hash of the entry before it, so that a change of one
character anywhere is found at the entry where it was made. Whoever can rewrite the whole file can also
rewrite all hashes: that is found by a hash noted elsewhere (`verify_trail(..., expected_head=...)`), e.g. on
a printed report.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ...errors import InputError
from .canonical import canonical_json, sha256_of

__all__ = [
    "GENESIS",
    "AuditEntry",
    "AuditTrail",
    "Tampering",
    "trail_from_lines",
    "trail_to_lines",
    "verify_trail",
]

GENESIS = "0" * 64
"""Hash before the first entry."""

_FIELDS = {"number": int, "at": str, "who": str, "action": str, "data": dict, "previous": str, "sha256": str}


@dataclass(frozen=True)
class AuditEntry:
    """One entry.

    Parameters
    ----------
    number : int
        From 1 on.
    at : str
        ISO 8601 with time zone.
    who : str
        A person, or the software with its version.
    action : str
        See `document.model.ACTIONS`.
    data : mapping
        JSON values; what they are depends on the action.
    previous, sha256 : str
        Hash of the entry before, and of this one.
    """

    number: int
    at: str
    who: str
    action: str
    data: Mapping[str, Any]
    previous: str
    sha256: str

    @cached_property
    def line(self) -> str:
        """The entry as one line of JSON Lines, without its end."""
        return canonical_json({**_hashed(self), "sha256": self.sha256})


@dataclass(frozen=True)
class AuditTrail:
    """All entries, oldest first."""

    entries: tuple[AuditEntry, ...] = ()

    @property
    def head(self) -> str:
        """Hash of the last entry: whoever knows it can tell whether anything before it was changed."""
        return self.entries[-1].sha256 if self.entries else GENESIS

    def append(self, at: str, who: str, action: str, data: Mapping[str, Any] | None = None) -> AuditTrail:
        """The trail with one entry more.

        Raises
        ------
        UsageError
            If the data are no plain JSON values.
        """
        entry = AuditEntry(len(self.entries) + 1, at, who, action, dict(data or {}), self.head, "")
        return AuditTrail((*self.entries, _with_hash(entry)))


@dataclass(frozen=True)
class Tampering:
    """Something that does not fit, and where.

    Parameters
    ----------
    kind : str
        ``entry``, ``sentence``, ``section``, ``report``, ``signature``, ``addendum``, ``status`` or
        ``history``.
    message : str
        For people, in English.
    entry : int
        Number of the audit entry, 0: none.
    sentence_id, section_id : str
    version : int
        Of the report, 0: none.
    """

    kind: str
    message: str
    entry: int = 0
    sentence_id: str = ""
    section_id: str = ""
    version: int = field(default=0)


def verify_trail(trail: AuditTrail, expected_head: str = "") -> tuple[Tampering, ...]:
    """Find entries that were changed, removed, added or moved.

    Parameters
    ----------
    trail : AuditTrail
    expected_head : str
        `AuditTrail.head` as it was noted elsewhere; finds that entries at the end are missing.
    """
    found: list[Tampering] = []
    previous, recomputed, number = GENESIS, GENESIS, 0
    for place, entry in enumerate(trail.entries, start=1):
        actual = sha256_of(_hashed(entry))
        # A hash or number that was changed is told once, there, and not again where the next no longer fits.
        follows = entry.number in (number + 1, place) and entry.previous in (previous, recomputed)
        if actual != entry.sha256:
            found.append(Tampering("entry", f"Audit entry {place} was changed.", entry=place))
        elif not follows:
            text = f"Audit entry {place} does not follow the one before it: entries are missing or moved."
            found.append(Tampering("entry", text, entry=place))
        previous, recomputed, number = entry.sha256, actual, entry.number
    if expected_head and expected_head != trail.head:
        known = [entry.number for entry in trail.entries if entry.sha256 == expected_head]
        text = f"The audit trail ends otherwise than noted, after entry {len(trail.entries)}."
        if known:
            text = f"The noted end of the audit trail is entry {known[0]}; entries follow it."
        found.append(Tampering("entry", text, entry=len(trail.entries)))
    return tuple(found)


def trail_to_lines(trail: AuditTrail) -> str:
    """The trail as JSON Lines, one entry a line."""
    return "".join(f"{entry.line}\n" for entry in trail.entries)


def trail_from_lines(text: str) -> AuditTrail:
    """Read what `trail_to_lines` wrote; whether it was changed is for `verify_trail` to say.

    Raises
    ------
    InputError
        If a line is no entry; the message says which.
    """
    return AuditTrail(tuple(_entry(line, number) for number, line in enumerate(_lines(text), start=1)))


def _lines(text: str) -> Sequence[str]:
    # Not splitlines: that also breaks at characters which JSON leaves as they are inside a text.
    lines = text.split("\n")
    return lines[:-1] if lines and not lines[-1] else lines


def _entry(line: str, number: int) -> AuditEntry:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InputError(f"Line {number} of the audit trail is no JSON ({error}). It was damaged.") from error
    if not isinstance(value, dict) or set(value) != set(_FIELDS):
        raise InputError(f"Line {number} of the audit trail is no entry. It was damaged.")
    for name, kind in _FIELDS.items():
        if not isinstance(value[name], kind) or isinstance(value[name], bool):
            raise InputError(f"Line {number} of the audit trail has no valid '{name}'. It was damaged.")
    return AuditEntry(**value)


def _hashed(entry: AuditEntry) -> dict[str, Any]:
    return {
        "number": entry.number,
        "at": entry.at,
        "who": entry.who,
        "action": entry.action,
        "data": entry.data,
        "previous": entry.previous,
    }


def _with_hash(entry: AuditEntry) -> AuditEntry:
    return AuditEntry(
        entry.number, entry.at, entry.who, entry.action, entry.data, entry.previous, sha256_of(_hashed(entry))
    )
