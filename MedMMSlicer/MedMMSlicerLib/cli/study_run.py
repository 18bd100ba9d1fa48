"""The commands of ``medmm study`` that plan, run and collect a reader study."""

from __future__ import annotations

import csv
import dataclasses
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ..errors import InputError
from .common import console, print_json

if TYPE_CHECKING:
    from ..study.results import CollectedStudy

__all__ = [
    "assign_study",
    "check_study",
    "collect_results",
    "create_study_folder",
    "enroll_machine",
    "export_results",
    "make_packages",
    "open_study_package",
    "record_deviation",
    "show_status",
]

_STUDY = typer.Argument(help="Folder of the study.", metavar="STUDY")
_SHOWN = 20


def create_study_folder(
    protocol: Path = typer.Argument(help="Protocol, a YAML file.", metavar="PROTOCOL.yaml"),
    out: Path = typer.Option(help="New or empty folder for the study."),
) -> None:
    """Check a protocol and make the folder of a new study from it."""
    from ..study.study_folder import create_study

    study = create_study(protocol, out)
    accepted = study.protocol
    _say(f"{accepted.title}: {len(accepted.readers)} readers, {len(accepted.cases)} cases.")
    _say(f"Protocol {accepted.sha256[:16]}. Next: medmm study assign {out}, medmm study package {out}.")


def check_study(
    study: Path = typer.Argument(help="Folder of a study, or a protocol.", metavar="STUDY|PROTOCOL.yaml"),
) -> None:
    """Explain what is wrong with a protocol; of a study also whether anything was changed since the start."""
    from ..study.protocol_file import check_protocol, protocol_from_value, read_protocol_value
    from ..study.study_folder import StudyFolder

    path = study / "protocol.yaml" if study.is_dir() else study
    value = read_protocol_value(path)
    violations = check_protocol(value)
    for violation in violations:
        _say(str(violation))
    if violations:
        raise InputError(f"{path} has {len(violations)} violations. Correct them.")
    protocol = protocol_from_value(value, path.name)
    if study.is_dir():
        folder = StudyFolder.open(study)
        folder.require_unchanged(folder.accepted())
        count = len(folder.deviations())
        _say(f"{count} deviations recorded. Files of the cases are as they were.")
    _say(f"{path} is valid: protocol {protocol.sha256[:16]}.")


def assign_study(
    study: Path = _STUDY,
    out: Path | None = typer.Option(None, help="CSV file for the whole plan; not for readers."),
) -> None:
    """Show who reads what in which arm; the plan follows from protocol and seed alone."""
    from ..files import atomic_write
    from ..study.assignment import Slot, assign
    from ..study.study_folder import StudyFolder

    protocol = StudyFolder.open(study).accepted()
    slots = assign(protocol)
    counts = Counter((slot.reader, slot.period, slot.arm) for slot in slots)
    for (reader, period, arm), number in counts.items():
        _say(f"{reader}: period {period}, {arm}: {number} cases")
    if out is not None:
        with atomic_write(out) as temporary, temporary.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream)
            writer.writerow([field.name for field in dataclasses.fields(Slot)])
            writer.writerows(dataclasses.astuple(slot) for slot in slots)
        _say(f"{len(slots)} reads written to {out}. Keep it from the readers.")


def make_packages(
    study: Path = _STUDY,
    out: Path = typer.Option(help="Folder for the packages."),
    reader: list[str] = typer.Option([], help="Only for this reader; may be repeated."),
    round: str = typer.Option("", help="Packages of this rating round for its evaluators."),
    keep_identifiers: bool = typer.Option(
        False, "--keep-identifiers", help="Do not check or clean images. Stated in the packages."
    ),
) -> None:
    """Write a signed package for each reader, or for each evaluator of a rating round."""
    from ..errors import UsageError
    from ..study.packages import build_packages, build_round_packages
    from ..study.signing import KeyStore
    from ..study.study_folder import StudyFolder

    if round and reader:
        raise UsageError("Give --round or --reader, not both: a round goes to all of its evaluators.")
    folder = StudyFolder.open(study)
    if round:
        paths = build_round_packages(folder, round, out, keeps_identifiers=keep_identifiers)
    else:
        paths = build_packages(folder, out, tuple(reader), keeps_identifiers=keep_identifiers)
    for path in paths:
        _say(str(path))
    _say(f"Signed by {KeyStore().team_key().fingerprint}; tell the readers.")
    if keep_identifiers:
        _say("Not de-identified: the packages name patients where the images do.")


def open_study_package(
    package: Path = typer.Argument(help="Package of the study team.", metavar="PACKAGE.zip"),
    out: Path = typer.Option(help="New or empty folder for it."),
) -> None:
    """On a reader's machine: check a package and unpack it; then open the folder in the reader."""
    from ..study.desk import ReaderDesk
    from ..study.packages import open_package

    with ReaderDesk.open(open_package(package, out)) as desk:
        _say(f"{desk.title}: {len(desk.worklist())} tasks for {desk.reader}.")
        _say(f"Signed by the study team: {desk.team_fingerprint}. Compare it with what they told you.")
        _say(f"This machine: {desk.fingerprint}. Tell it to the study team.")


def export_results(
    folder: Path = typer.Argument(help="Folder of an opened package.", metavar="FOLDER"),
    out: Path = typer.Option(help="File for the results, such as r1-results.zip."),
) -> None:
    """On a reader's machine: write what was read so far as a signed file for the study team."""
    from ..study.desk import ReaderDesk

    with ReaderDesk.open(folder) as desk:
        done = sum(item.state == "submitted" for item in desk.worklist())
        desk.export_results(out)
        _say(f"{done} of {len(desk.worklist())} tasks written to {out}, signed by {desk.fingerprint}.")


def enroll_machine(
    study: Path = _STUDY,
    person: str = typer.Argument(help="Id of the reader or evaluator."),
    fingerprint: str = typer.Argument(help="Of the machine's key, as the reader's screen shows it."),
) -> None:
    """Accept results that are signed by this machine for this reader."""
    from ..study.study_folder import StudyFolder

    StudyFolder.open(study).enroll(person, fingerprint)
    _say(f"Results of {person} signed by {fingerprint} are accepted from now on.")


def collect_results(
    study: Path = _STUDY,
    results: list[Path] = typer.Argument(None, help="Files of results.", metavar="RESULTS.zip..."),
    json: bool = typer.Option(False, "--json", help="Print a machine-readable summary."),
) -> None:
    """Take results, merge them with those taken before, and report conflicts, duplicates and gaps."""
    from ..study.collect import collect
    from ..study.study_folder import StudyFolder

    collected = collect(StudyFolder.open(study), tuple(results or ()))
    if json:
        print_json(_summary(collected))
        return
    for problem in collected.problems[:_SHOWN]:
        _say(f"{problem.kind}: {problem.where}: {problem.message}")
    if len(collected.problems) > _SHOWN:
        _say(f"... and {len(collected.problems) - _SHOWN} more; all are in collected.json.")
    numbers = f"{len(collected.reads)} readings, {len(collected.quality)} ratings of reports, "
    numbers += f"{len(collected.preferences)} votes; {len(collected.missing)} tasks are missing."
    _say(numbers)
    _say(f"Written to {study / 'collected.json'}. Next: medmm study analyze {study} --out DIR.")


def show_status(
    study: Path = _STUDY,
    json: bool = typer.Option(False, "--json", help="Print everything as JSON."),
) -> None:
    """Show for each reader and evaluator what was planned and what came back."""
    from ..core.serialization import to_json
    from ..study.status import study_status
    from ..study.study_folder import StudyFolder

    status = study_status(StudyFolder.open(study))
    if json:
        print_json(to_json(status))
        return
    _say(f"{status.title}: {f'started {status.started_at}' if status.started_at else 'not started'}.")
    for item in status.people:
        name = f"{item.person}{f' ({item.round})' if item.round else ''}"
        remarks = [] if item.is_enrolled else ["machine not enrolled"]
        remarks += [] if item.packages else ["no package made"]
        _say(
            f"{name}: {item.submitted} of {item.planned} submitted{''.join(f', {text}' for text in remarks)}"
        )
    _say(f"{status.deviations} deviations, {len(status.problems)} problems.")
    _say(f"As collected {status.collected_at}." if status.collected_at else "Nothing was collected yet.")


def record_deviation(
    study: Path = _STUDY,
    who: str = typer.Option(help="Who records it."),
    why: str = typer.Option(help="The reason."),
    what: str = typer.Option("", help="What happened, where nothing in the study's files was changed."),
) -> None:
    """Record what did not go as planned; a changed protocol, truth or case file is accepted with it."""
    from ..study.study_folder import StudyFolder

    deviation = StudyFolder.open(study).record_deviation(who, why, what)
    _say(f"Recorded: {deviation.what}.")
    if deviation.old_sha256 != deviation.new_sha256:
        _say(f"Protocol {deviation.old_sha256[:16]} -> {deviation.new_sha256[:16]}. New packages follow it.")


def _summary(collected: CollectedStudy) -> dict[str, object]:
    return {
        "reads": len(collected.reads),
        "quality": len(collected.quality),
        "preferences": len(collected.preferences),
        "missing": len(collected.missing),
        "deviations": len(collected.deviations),
        "problems": [dataclasses.asdict(problem) for problem in collected.problems],
    }


def _say(text: str) -> None:
    console.print(text, highlight=False, markup=False, soft_wrap=True)
