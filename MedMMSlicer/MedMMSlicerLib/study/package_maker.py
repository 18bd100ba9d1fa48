"""Puts the content of packages together: images under opaque names, sealed secrets, plans."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..core.serialization import to_json
from ..errors import InputError
from .answers import Questions
from .archives import write_archive
from .assignment import Slot
from .case_files import files_below
from .clock import format_time
from .deidentified import require_deidentified_folder, shareable
from .package_format import (
    INFO_NAME,
    SEAL_NAME,
    PackageInfo,
    TaskInfo,
    TaskSecret,
    ai_name,
    pack_files,
    seal_secret,
    secret_name,
)
from .protocol import ArmMode, Protocol, RatingRound, RoundKind, StudyCase
from .rating import RatingItem
from .sealing import new_seal_key, seal
from .signing import KeyStore
from .study_folder import StudyFolder

__all__ = ["PackageMaker", "PackagePlan", "PlannedReport", "PlannedTask"]

_CODE_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_SUFFIXES = (".seg.nrrd", ".nii.gz")


@dataclass(frozen=True)
class PlannedReport:
    """Which report an evaluator sees; ``reader`` is empty where it came with the case."""

    source: str
    reader: str = ""


@dataclass(frozen=True)
class PlannedTask:
    """What a code of a package stands for; known to the study team alone."""

    case: str
    period: int
    session: int
    order: int
    arm: str = ""
    reports: tuple[PlannedReport, ...] = ()
    images: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class PackagePlan:
    """A package as the study team knows it; ``team`` is the fingerprint of the key that signed it."""

    package: str
    reader: str
    protocol_sha256: str
    created_at: str
    round: str
    team: str
    tasks: Mapping[str, PlannedTask]


class PackageMaker:
    """Makes packages of one study.

    Parameters
    ----------
    study : StudyFolder
    protocol : Protocol
    keys : KeyStore
    keeps_identifiers : bool
        Nothing is checked for identifiers.
    scratch : Path
        Folder for files on the way; the caller removes it.
    """

    def __init__(
        self, study: StudyFolder, protocol: Protocol, keys: KeyStore, keeps_identifiers: bool, scratch: Path
    ) -> None:
        self._study = study
        self._protocol = protocol
        self._keys = keys
        self._keeps_identifiers = keeps_identifiers
        self._scratch = scratch
        self._base = study.base()
        self._cases = {case.id: case for case in protocol.cases}
        self._images: dict[str, dict[str, Path]] = {}
        self._ai: dict[str, Path] = {}

    def check(self, images_only: bool = False) -> None:
        """Look at all files before anything is written.

        Raises
        ------
        InputError
            If one is missing or carries identifiers.
        """
        for case in self._protocol.cases:
            self._case_images(case)
            if case.ai and not images_only:
                self._case_ai(case)

    def reading_package(self, reader: str, slots: Sequence[Slot], out: Path) -> Path:
        """Write a package of reads; returns its path."""
        content = _Content()
        modes = {arm.id: arm.mode for arm in self._protocol.arms}
        for slot in slots:
            case = self._cases[slot.case]
            place, images = content.add_images(case.id, self._case_images(case))
            mode = modes[slot.arm]
            shows_ai = mode is not ArmMode.unaided
            if shows_ai and ai_name(place) not in content.files:
                sealed = seal(content.key, ai_name(place), self._case_ai(case).read_bytes())
                content.files[ai_name(place)] = self._scratch_file(sealed)
            secret = TaskSecret(mode=mode.value, ai=place if shows_ai else "")
            task = PlannedTask(case.id, slot.period, slot.session, slot.order, slot.arm)
            content.add_task("read", task, secret, images, case.indication)
        return self._write(reader, "", content, out)

    def round_package(
        self, item: RatingRound, evaluator: str, planned: Sequence[RatingItem], out: Path
    ) -> Path:
        """Write a package of ratings; returns its path."""
        content = _Content()
        scales = item.scales if item.kind is RoundKind.likert else ()
        for entry in planned:
            case = self._cases[entry.reports[0].case]
            images: tuple[str, ...] = ()
            if item.shows_images:
                _, images = content.add_images(case.id, self._case_images(case))
            shown = tuple(PlannedReport(report.source, report.reader) for report in entry.reports)
            task = PlannedTask(case.id, 1, 1, entry.order, reports=shown)
            secret = TaskSecret(texts=tuple(report.text for report in entry.reports), scales=scales)
            content.add_task(item.kind.value, task, secret, images, case.indication)
        return self._write(evaluator, item.id, content, out)

    def _write(self, reader: str, round_id: str, content: _Content, out: Path) -> Path:
        info = self._info(reader, not round_id, tuple(content.infos))
        content.files[INFO_NAME] = json.dumps(to_json(info), ensure_ascii=False).encode("utf-8")
        content.files[SEAL_NAME] = content.key.hex().encode("ascii")
        data = {"study": info.study, "package": info.package, "identifiers_kept": self._keeps_identifiers}
        path = out / f"{reader}{f'-{round_id}' if round_id else ''}.medmm-study.zip"
        key = self._keys.team_key()
        facts = write_archive(path, "tasks", data, content.files, key)
        tasks = {
            item.code: replace(
                content.tasks[item.code], images={name: facts[name].sha256 for name in item.images}
            )
            for item in content.infos
        }
        plan = PackagePlan(
            info.package, reader, info.protocol_sha256, info.created_at, round_id, key.fingerprint, tasks
        )
        self._study.write_json(f"plans/{info.package}.json", to_json(plan))
        return path

    def _info(self, reader: str, is_reading: bool, tasks: tuple[TaskInfo, ...]) -> PackageInfo:
        protocol = self._protocol
        return PackageInfo(
            study=self._study.state.study,
            package=f"package-{secrets.token_hex(8)}",
            title=protocol.title,
            reader=reader,
            protocol_sha256=protocol.sha256,
            created_at=format_time(self._study.clock.look().at),
            washout_days=protocol.design.washout_days if is_reading else 0.0,
            questions=Questions(
                protocol.targets if is_reading else (),
                protocol.forms if is_reading else (),
                protocol.report if is_reading else "none",
                protocol.design.idle_after_s,
            ),
            tasks=tasks,
        )

    def _scratch_file(self, data: bytes) -> Path:
        path = self._scratch / secrets.token_hex(8)
        path.write_bytes(data)
        return path

    def _case_images(self, case: StudyCase) -> dict[str, Path]:
        if case.id not in self._images:
            found: dict[str, Path] = {}
            for number, name in enumerate(case.images, start=1):
                for index, path in enumerate(files_below(self._base / name).values(), start=1):
                    content = shareable(path, self._keeps_identifiers)
                    kept = content if isinstance(content, Path) else self._scratch_file(content)
                    found[f"{number}/{index:05d}{_suffix(path)}"] = kept
            if not found:
                raise InputError(f"Case {case.id} has no image file. Correct the protocol.")
            self._images[case.id] = found
        return self._images[case.id]

    def _case_ai(self, case: StudyCase) -> Path:
        if case.id not in self._ai:
            path = self._base / case.ai
            files = files_below(path)
            if not files:
                raise InputError(f"{path} (AI of case {case.id}) does not exist. Correct the protocol.")
            if not self._keeps_identifiers:
                require_deidentified_folder(files, path)
            # The name of a single file may tell something; names in a folder belong to the content.
            named = {name or f"ai{_suffix(item)}": item.read_bytes() for name, item in files.items()}
            self._ai[case.id] = self._scratch_file(pack_files(named))
        return self._ai[case.id]


class _Content:
    """What a package under construction holds."""

    def __init__(self) -> None:
        self.key = new_seal_key()
        self.files: dict[str, Path | bytes] = {}
        self.infos: list[TaskInfo] = []
        self.tasks: dict[str, PlannedTask] = {}
        self._places: dict[str, str] = {}

    def add_images(self, case: str, images: Mapping[str, Path]) -> tuple[str, tuple[str, ...]]:
        """Images of a case under its opaque name; returns that name and theirs."""
        place = self._places.setdefault(case, _new_code("C", self._places.values()))
        names = {f"images/{place}/{name}": source for name, source in images.items()}
        self.files.update(names)
        return place, tuple(names)

    def add_task(
        self, kind: str, task: PlannedTask, secret: TaskSecret, images: tuple[str, ...], indication: str
    ) -> None:
        """A task under a new code."""
        code = _new_code("T", self.tasks)
        self.tasks[code] = task
        self.files[secret_name(code)] = seal_secret(self.key, code, secret)
        self.infos.append(TaskInfo(code, task.order, task.session, task.period, kind, images, indication))


def _new_code(kind: str, taken: Iterable[str]) -> str:
    known = set(taken)
    while True:
        code = f"{kind}-{''.join(secrets.choice(_CODE_LETTERS) for _ in range(8))}"
        if code not in known:
            return code


def _suffix(path: Path) -> str:
    name = path.name.lower()
    double = next((suffix for suffix in _SUFFIXES if name.endswith(suffix)), "")
    plain = path.suffix.lower()
    return double or (plain if plain.isascii() and plain[1:].isalnum() else "")
