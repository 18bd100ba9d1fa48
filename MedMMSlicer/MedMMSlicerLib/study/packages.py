"""Packages of tasks: made by the study team, one for each reader or evaluator, and opened by them."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from ..errors import InputError, UsageError
from ..files import output_error
from .archives import open_archive
from .assignment import assign
from .codec import decode, parse_json_object
from .package_format import INFO_NAME, PackageInfo
from .package_maker import PackageMaker, PackagePlan
from .protocol import Protocol
from .rating import ReportText, plan_round
from .results import RESULTS_NAME, load_results
from .signing import KeyStore
from .study_folder import StudyFolder

__all__ = ["build_packages", "build_round_packages", "load_plans", "open_package"]


def build_packages(
    study: StudyFolder,
    out: Path,
    readers: Sequence[str] = (),
    keys: KeyStore | None = None,
    keeps_identifiers: bool = False,
) -> tuple[Path, ...]:
    """Write one package for each reader; the study starts with the first one.

    Parameters
    ----------
    study : StudyFolder
    out : Path
        Folder for the packages.
    readers : sequence of str
        All when empty.
    keys : KeyStore, optional
    keeps_identifiers : bool
        Nothing is checked for identifiers; stated in the manifest.

    Raises
    ------
    UsageError
        If a reader is unknown.
    StudyError
        If protocol or files were changed without a recorded deviation.
    InputError
        If files of cases are missing, changed, or carry identifiers.
    OutputError, DiskFullError
        If a package can not be written.
    """
    protocol = study.accepted()
    known = [reader.id for reader in protocol.readers]
    for name in readers:
        if name not in known:
            raise UsageError(f"The protocol has no reader '{name}'. Choose from: {', '.join(known)}.")
    slots = assign(protocol)
    with tempfile.TemporaryDirectory(prefix="medmm-study-") as scratch:
        maker = PackageMaker(study, protocol, keys or KeyStore(), keeps_identifiers, Path(scratch))
        maker.check()
        study.start()
        return tuple(
            maker.reading_package(name, [slot for slot in slots if slot.reader == name], out)
            for name in readers or known
        )


def build_round_packages(
    study: StudyFolder,
    round_id: str,
    out: Path,
    keys: KeyStore | None = None,
    keeps_identifiers: bool = False,
) -> tuple[Path, ...]:
    """Write one package for each evaluator of a rating round, of the reports collected so far.

    Raises
    ------
    UsageError
        If there is no such round, or nothing to rate.
    StudyError, InputError, OutputError, DiskFullError
        As `build_packages`.
    """
    protocol = study.accepted()
    item = next((entry for entry in protocol.rounds if entry.id == round_id), None)
    if item is None:
        names = ", ".join(entry.id for entry in protocol.rounds) or "none"
        raise UsageError(f"The protocol has no rating round '{round_id}'. It has: {names}.")
    reports = tuple(_reports(study, protocol))
    planned = plan_round(protocol, item, reports)
    if not planned:
        raise UsageError(
            f"There is no report yet for round '{round_id}'. Collect the readers' results first."
        )
    with tempfile.TemporaryDirectory(prefix="medmm-study-") as scratch:
        maker = PackageMaker(study, protocol, keys or KeyStore(), keeps_identifiers, Path(scratch))
        maker.check(images_only=True)
        study.start()
        return tuple(
            maker.round_package(item, name, [entry for entry in planned if entry.evaluator == name], out)
            for name in item.evaluators
        )


def load_plans(study: StudyFolder) -> dict[str, PackagePlan]:
    """Plans of all packages that were made, by package.

    Raises
    ------
    InputError
        If one is damaged.
    """
    plans = {}
    for path in sorted((study.path / "plans").glob("*.json")):
        value = parse_json_object(path.read_bytes(), str(path))
        plan = decode(PackagePlan, value, path.name)
        plans[plan.package] = plan
    return plans


def open_package(package: Path, folder: Path) -> Path:
    """Check a package completely and unpack it into a new folder; returns the folder.

    Raises
    ------
    UsageError
        If the folder is not empty.
    InputError
        If the package is damaged, truncated, forged, or of another version.
    OutputError, DiskFullError
        If the folder can not be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} is not empty. Give the path of a new folder.")
    partial = folder.with_name(f".{folder.name}-partial-{os.getpid()}")
    with open_archive(package, "tasks") as archive:
        decode(PackageInfo, parse_json_object(archive.read(INFO_NAME), INFO_NAME), INFO_NAME)
        try:
            partial.mkdir(parents=True, mode=0o700)
            archive.extract(partial)
            if folder.exists():
                folder.rmdir()
            partial.replace(folder)
        except OSError as error:
            raise output_error(folder, error) from error
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    return folder


def _reports(study: StudyFolder, protocol: Protocol) -> Iterable[ReportText]:
    base = study.base()
    for case in protocol.cases:
        for source, name in case.reports.items():
            try:
                yield ReportText(case.id, source, (base / name).read_text(encoding="utf-8-sig"))
            except (OSError, UnicodeDecodeError) as error:
                raise InputError(f"{base / name} is no UTF-8 text that can be read ({error}).") from error
    if (study.path / RESULTS_NAME).exists():
        for read in load_results(study.path).reads:
            if read.report:
                yield ReportText(read.case, read.test, read.report, read.reader)
