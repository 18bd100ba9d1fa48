"""The study team's folder: accepted protocol, truth, registered keys, deviations, packages, results.

::

    protocol.yaml        the protocol, copied when the study was created
    truth.yaml           the truth, if there is one; never part of a package
    state.json           `StudyState`
    versions/HASH.json   every accepted content of the protocol
    deviations.jsonl     what did not go as planned; entries are chained by their hashes
    plans/PACKAGE.json   which code of a package stands for which case and arm
    results/             the results that were taken, as they came
    collected.json       see `results`
"""

from __future__ import annotations

import dataclasses
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..core.serialization import to_json
from ..errors import InputError, StudyError, UsageError
from ..files import atomic_write
from ..reporting.document.audit import AuditTrail, trail_from_lines, trail_to_lines, verify_trail
from .archives import sha256_of_file
from .case_files import case_files, changed_files, changed_values
from .clock import Clock, SystemClock, format_time
from .codec import decode, parse_json_object
from .protocol import Protocol, Truth
from .protocol_file import read_protocol, read_truth
from .results import Deviation

__all__ = ["StudyFolder", "StudyState", "create_study"]

_STATE, _PROTOCOL, _TRUTH, _DEVIATIONS = "state.json", "protocol.yaml", "truth.yaml", "deviations.jsonl"
_SCHEMA = "medmm-study-state"
_SCHEMA_VERSION = 1
_SHOWN_CHANGES = 50


@dataclass(frozen=True)
class StudyState:
    """What the folder remembers.

    Parameters
    ----------
    study : str
        Random id.
    created_at, started_at : str
        ISO 8601; a study starts with its first package.
    base : str
        Folder that the paths of the protocol are relative to.
    protocol_sha256, truth_sha256 : str
        As accepted; since the start a change needs a deviation.
    versions : tuple of str
        Hashes of all accepted protocols, oldest first.
    files : mapping of str to str
        SHA-256 of the cases' files at the start, by path.
    keys : mapping of str to tuple of str
        Fingerprints that were enrolled, by reader or evaluator.
    """

    study: str
    created_at: str
    base: str
    protocol_sha256: str
    truth_sha256: str = ""
    started_at: str = ""
    versions: tuple[str, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def create_study(protocol_path: Path, out: Path, clock: Clock | None = None) -> StudyFolder:
    """Make the folder of a new study from a protocol (and its truth file).

    Raises
    ------
    InputError
        If protocol or truth are not valid, or a file of a case is missing.
    UsageError
        If ``out`` is not empty.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(f"{out} is not empty. Give the path of a new folder.")
    protocol = read_protocol(protocol_path)
    base = protocol_path.parent.absolute()
    truth = read_truth(base / protocol.truth, protocol) if protocol.truth else Truth()
    for case in protocol.cases:
        case_files(case, base)
    now = (clock or SystemClock()).look().at
    state = StudyState(
        study=f"study-{secrets.token_hex(8)}",
        created_at=format_time(now),
        base=str(base),
        protocol_sha256=protocol.sha256,
        truth_sha256=truth.sha256,
        versions=(protocol.sha256,),
    )
    _copy(protocol_path, out / _PROTOCOL)
    if protocol.truth:
        _copy(base / protocol.truth, out / _TRUTH)
    folder = StudyFolder(out, clock or SystemClock())
    folder._write_version(protocol)
    folder._write_state(state)
    return folder


class StudyFolder:
    """See the head of this module.

    Parameters
    ----------
    path : Path
    clock : Clock
    """

    def __init__(self, path: Path, clock: Clock) -> None:
        self.path = path
        self.clock = clock

    @classmethod
    def open(cls, path: Path, clock: Clock | None = None) -> StudyFolder:
        """Open an existing study.

        Raises
        ------
        InputError
            If the folder is none.
        """
        folder = cls(path, clock or SystemClock())
        folder.state  # noqa: B018  read to see that it is there
        return folder

    @property
    def state(self) -> StudyState:
        """What the folder remembers, read anew.

        Raises
        ------
        InputError
            If it can not be read.
        """
        path = self.path / _STATE
        try:
            value = parse_json_object(path.read_bytes(), str(path))
        except OSError as error:
            raise InputError(
                f"{self.path} is no folder of a study ({error.strerror}). Make one with medmm study create."
            ) from error
        if value.pop("schema", None) != _SCHEMA or value.pop("schema_version", None) != _SCHEMA_VERSION:
            raise InputError(f"{path} was written by another version of MedMM. Use that version.")
        return decode(StudyState, value, _STATE)

    @property
    def protocol(self) -> Protocol:
        """The protocol as it stands in the file now.

        Raises
        ------
        InputError
            If it is not valid.
        """
        return read_protocol(self.path / _PROTOCOL)

    @property
    def truth(self) -> Truth:
        """The truth as it stands in the file now; empty where there is none."""
        path = self.path / _TRUTH
        return read_truth(path, self.protocol) if path.exists() else Truth()

    def base(self) -> Path:
        """Folder that the paths of the protocol are relative to."""
        return Path(self.state.base)

    def accepted(self) -> Protocol:
        """The protocol, if it (and the truth) is what was accepted.

        Raises
        ------
        StudyError
            If it was changed since the start and no deviation was recorded.
        """
        state, protocol = self.state, self.protocol
        if not state.started_at:
            return protocol
        if protocol.sha256 != state.protocol_sha256 or self.truth.sha256 != state.truth_sha256:
            raise StudyError(
                f"Protocol or truth in {self.path} were changed after the study had started. Undo the "
                "change, or record it: medmm study deviation STUDY --who NAME --why REASON."
            )
        return protocol

    def start(self) -> Protocol:
        """Fix protocol, truth and files of the cases when the first package is made; returns the protocol.

        Raises
        ------
        StudyError
            If something was changed since the start.
        InputError
            If a file has not the hash that the protocol states.
        """
        protocol, state = self.accepted(), self.state
        files = self.require_unchanged(protocol)
        if not state.started_at:
            self._write_version(protocol)
            self._write_state(
                dataclasses.replace(
                    state,
                    started_at=format_time(self.clock.look().at),
                    protocol_sha256=protocol.sha256,
                    truth_sha256=self.truth.sha256,
                    versions=(protocol.sha256,),
                    files=files,
                )
            )
        return protocol

    def require_unchanged(self, protocol: Protocol) -> dict[str, str]:
        """Compare the files of the cases with those of the start; returns their hashes.

        Raises
        ------
        StudyError
            If one was changed and no deviation was recorded.
        InputError
            If one is missing, or is not what the protocol states.
        """
        state, files = self.state, self.hashes(protocol)
        if state.started_at and files != dict(state.files):
            raise StudyError(
                f"{changed_files(state.files, files)[0]} after the study had started. Bring the old file "
                "back, or record it: medmm study deviation STUDY --who NAME --why REASON."
            )
        return files

    def hashes(self, protocol: Protocol) -> dict[str, str]:
        """SHA-256 of all files of the cases, by path as the protocol writes it.

        Raises
        ------
        InputError
            If one is missing, or is not what the protocol states.
        """
        base = self.base()
        found: dict[str, str] = {}
        for case in protocol.cases:
            for name, path in case_files(case, base).items():
                found[name] = sha256_of_file(path)
                expected = case.sha256.get(name, found[name])
                if expected != found[name]:
                    raise InputError(
                        f"{path} (case {case.id}) has not the SHA-256 that the protocol states. "
                        "Bring the right file, or correct the protocol."
                    )
        return found

    def record_deviation(self, who: str, why: str, what: str = "") -> Deviation:
        """Record a change of protocol, truth or case files, or anything else that did not go as planned.

        The kind is ``protocol_changed``, ``truth_changed``, ``files_changed`` or ``note``: the first that
        fits.

        Raises
        ------
        UsageError
            If ``who`` or ``why`` is empty, or nothing changed and ``what`` does not say what happened.
        """
        if not who.strip() or not why.strip():
            raise UsageError("A deviation needs who records it and why: --who NAME --why REASON.")
        state, protocol, truth = self.state, self.protocol, self.truth
        files = self.hashes(protocol) if state.started_at else {}
        by_kind = {
            "protocol_changed": (
                self._changes(state.protocol_sha256, protocol)
                if protocol.sha256 != state.protocol_sha256
                else []
            ),
            "truth_changed": ["the truth was changed"] if truth.sha256 != state.truth_sha256 else [],
            "files_changed": changed_files(state.files, files),
            "note": [what.strip()] if what.strip() else [],
        }
        changes = [text for texts in by_kind.values() for text in texts]
        if not changes:
            raise UsageError("Nothing was changed since the last version. Say with --what what happened.")
        deviation = Deviation(
            kind=next(kind for kind, texts in by_kind.items() if texts),
            what="; ".join(changes[:_SHOWN_CHANGES]),
            at=format_time(self.clock.look().at),
            who=who.strip(),
            why=why.strip(),
            old_sha256=state.protocol_sha256,
            new_sha256=protocol.sha256,
        )
        # First the record, then the acceptance: a crash in between leaves the change noticed.
        self._append_deviation(deviation)
        self._write_version(protocol)
        versions = tuple(dict.fromkeys((*state.versions, protocol.sha256)))
        self._write_state(
            dataclasses.replace(
                state,
                protocol_sha256=protocol.sha256,
                truth_sha256=truth.sha256,
                versions=versions,
                files=files,
            )
        )
        return deviation

    def deviations(self) -> tuple[Deviation, ...]:
        """All that were recorded.

        Raises
        ------
        InputError
            If the record was changed.
        """
        trail = self._trail()
        found = verify_trail(trail)
        if found:
            raise InputError(f"{self.path / _DEVIATIONS} was changed: {found[0].message} Restore it.")
        return tuple(decode(Deviation, dict(entry.data), _DEVIATIONS) for entry in trail.entries)

    def enroll(self, person: str, fingerprint: str) -> None:
        """Register the key of a reader's or evaluator's machine.

        Raises
        ------
        UsageError
            If there is no such person, or this is no fingerprint.
        """
        protocol, state = self.protocol, self.state
        people = {reader.id for reader in protocol.readers}
        people |= {name for item in protocol.rounds for name in item.evaluators}
        if person not in people:
            raise UsageError(f"The protocol has no reader or evaluator '{person}'. Correct the id.")
        code = fingerprint.strip().upper()
        if len(code) != 24 or not code.replace("-", "").isalnum():
            raise UsageError(f"'{fingerprint}' is no fingerprint. It looks like ABCD-EFGH-IJKL-MNOP-QRST.")
        keys = {**state.keys, person: tuple(dict.fromkeys((*state.keys.get(person, ()), code)))}
        self._write_state(dataclasses.replace(state, keys=keys))

    def write_json(self, name: str, value: Mapping[str, Any]) -> None:
        """Write a file of the folder, whole or not at all."""
        with atomic_write(self.path / name) as temporary:
            temporary.write_text(
                json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8"
            )

    # ---------------------------------------------------------------------------------------------------

    def _write_state(self, state: StudyState) -> None:
        self.write_json(_STATE, {"schema": _SCHEMA, "schema_version": _SCHEMA_VERSION, **to_json(state)})

    def _write_version(self, protocol: Protocol) -> None:
        self.write_json(f"versions/{protocol.sha256}.json", to_json(protocol))

    def _changes(self, old_sha256: str, protocol: Protocol) -> list[str]:
        path = self.path / "versions" / f"{old_sha256}.json"
        try:
            old = parse_json_object(path.read_bytes(), str(path))
        except OSError as error:
            raise InputError(f"{path} is missing ({error.strerror}). Restore the folder.") from error
        return changed_values(old, protocol)

    def _trail(self) -> AuditTrail:
        path = self.path / _DEVIATIONS
        if not path.exists():
            return AuditTrail()
        try:
            return trail_from_lines(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"{path} can not be read ({error}). Restore it.") from error

    def _append_deviation(self, deviation: Deviation) -> None:
        self.deviations()
        trail = self._trail().append(deviation.at, deviation.who, deviation.kind, to_json(deviation))
        with atomic_write(self.path / _DEVIATIONS) as temporary:
            temporary.write_text(trail_to_lines(trail), encoding="utf-8")


def _copy(source: Path, target: Path) -> None:
    try:
        data = source.read_bytes()
    except OSError as error:
        raise InputError(f"{source} can not be read ({error.strerror}). Check its rights.") from error
    with atomic_write(target) as temporary:
        temporary.write_bytes(data)
