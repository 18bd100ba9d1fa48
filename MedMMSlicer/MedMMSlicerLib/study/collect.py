"""Results of many machines, merged: conflicts, duplicates, forgeries and gaps are reported, never repaired.

`collect` reads all results that were taken before and the new ones, so that it can be run again at any time.
The result is `collected.json` (see `results`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from pathlib import Path

from ..errors import InputError
from ..files import atomic_write
from .assignment import assign
from .clock import format_time
from .codec import decode, parse_json_object
from .folding import TaskRecord
from .package_maker import PackagePlan, PlannedTask
from .packages import load_plans
from .protocol import Protocol, RoundKind
from .reads import preference_of, quality_of, reads_of
from .results import (
    CollectedStudy,
    Deviation,
    MissingTask,
    PreferenceVote,
    Problem,
    QualityRating,
    SubmittedRead,
    write_results,
)
from .study_folder import StudyFolder
from .taking import RefusedError, TakenResults, take_results

__all__ = ["collect"]

_DAY_S = 86400.0
_FUTURE = timedelta(hours=24)
_TIME_TOLERANCE_S = 60.0


def collect(study: StudyFolder, files: Sequence[Path] = ()) -> CollectedStudy:
    """Take new results, merge all, and write ``collected.json``.

    A file that can not be taken is a problem in the result, not an error.

    Parameters
    ----------
    study : StudyFolder
    files : sequence of Path
        New files of results; those taken before are always part of it.

    Raises
    ------
    StudyError
        If the protocol was changed and the change not recorded.
    InputError
        If the study's own folder is damaged.
    OutputError, DiskFullError
        If it can not be written.
    """
    collector = _Collector(study)
    taken = collector.take(files)
    logs = collector.newest_of_each_log(taken)
    collector.read(logs)
    results = collector.results()
    write_results(results, study.path)
    return results


class _Collector:
    """One run of `collect`."""

    def __init__(self, study: StudyFolder) -> None:
        self._study = study
        self._protocol = study.accepted()
        self._state = study.state
        self._plans = load_plans(study)
        self._now = study.clock.look().at
        self._problems: list[Problem] = []
        self._deviations: list[Deviation] = []
        self._reads: dict[tuple[str, str, str], list[SubmittedRead]] = {}
        self._quality: dict[tuple[object, ...], QualityRating] = {}
        self._votes: dict[tuple[object, ...], PreferenceVote] = {}
        self._conflicting: set[tuple[str, str]] = set()
        self._cases = {case.id for case in self._protocol.cases}
        self._arms = {arm.id for arm in self._protocol.arms}
        self._versions: dict[str, Protocol] = {self._protocol.sha256: self._protocol}

    def take(self, files: Sequence[Path]) -> list[TakenResults]:
        """Check all files, and keep copies of the new ones that are good."""
        taken: list[TakenResults] = []
        kept = sorted((self._study.path / "results").glob("*.zip"))
        for path in (*kept, *files):
            try:
                results = take_results(path, self._state, self._plans)
            except RefusedError as error:
                self._problems.append(error.problem(path))
                continue
            if any(other.head.head == results.head.head for other in taken):
                message = f"{path.name} was collected before. It counts once."
                self._problems.append(Problem("duplicate_package", path.name, message))
                continue
            taken.append(results)
            if path not in kept:
                self._keep(results)
        return taken

    def newest_of_each_log(self, taken: Sequence[TakenResults]) -> list[TakenResults]:
        """The longest file of each log; two that went on differently from one point are a conflict."""
        logs: dict[str, list[TakenResults]] = {}
        for results in sorted(taken, key=lambda item: -item.head.events):
            logs.setdefault(results.head.log, []).append(results)
        newest = []
        for versions in logs.values():
            longest = versions[0]
            for other in versions[1:]:
                if other.head.head not in longest.hashes:
                    self._note_fork(longest, other)
            newest.append(longest)
        newest.sort(key=lambda item: item.events[0].at)
        by_package: dict[str, str] = {}
        for results in newest:
            first = by_package.setdefault(results.head.package, results.path.name)
            if first != results.path.name:
                message = f"{results.path.name} and {first} hold different logs of one package."
                self._problems.append(Problem("second_log", results.head.reader, message))
        return newest

    def read(self, logs: Iterable[TakenResults]) -> None:
        """Take the answers out of all logs, the earliest log first."""
        for results in logs:
            self._check_version(results)
            self._check_clock(results)
            self._check_washout(results)
            for code, record in results.state.records.items():
                task = results.plan.tasks.get(code)
                where = f"{results.head.reader}, task {code}"
                if task is None:
                    message = "The package has no such task. It was left out."
                    self._problems.append(Problem("unknown_task", where, message, is_excluded=True))
                elif record.state == "refused":
                    message = f"Case {task.case} was not read: its files were changed on that machine."
                    self._problems.append(Problem("changed_case_files", where, message))
                elif record.state == "submitted" and self._is_usable(results, code, task, record):
                    self._add(results, task, record)

    def results(self) -> CollectedStudy:
        """Everything put together."""
        protocol = self._protocol
        reads = [read for group in self._reads.values() for read in group]
        known = {reader.id: n for n, reader in enumerate(protocol.readers)}
        reads.sort(key=lambda read: (known.get(read.reader, len(known)), read.order))
        return CollectedStudy(
            title=protocol.title,
            tests=protocol.tests,
            readers=tuple(reader.id for reader in protocol.readers),
            cases=tuple(case.id for case in protocol.cases),
            targets=protocol.targets,
            truth=self._study.truth,
            reads=tuple(reads),
            is_crossover=protocol.design.is_crossover,
            quality=tuple(self._quality.values()),
            preferences=tuple(self._votes.values()),
            deviations=(*self._study.deviations(), *self._deviations),
            problems=tuple(self._problems),
            missing=tuple(self._missing()),
            experience_years={
                reader.id: reader.experience_years
                for reader in protocol.readers
                if reader.experience_years is not None
            },
            washout_days=protocol.design.washout_days,
            idle_after_s=protocol.design.idle_after_s,
            protocol_sha256=protocol.sha256,
            collected_at=format_time(self._now),
        )

    # ---------------------------------------------------------------------------------------------------

    def _keep(self, results: TakenResults) -> None:
        head = results.head
        name = f"{head.reader}-{head.package[-8:]}-{head.events:06d}-{head.head[:8]}.zip"
        try:
            data = results.path.read_bytes()
        except OSError as error:
            raise InputError(f"{results.path} can not be read ({error.strerror}).") from error
        with atomic_write(self._study.path / "results" / name) as temporary:
            temporary.write_bytes(data)

    def _note_fork(self, longest: TakenResults, other: TakenResults) -> None:
        for code, record in other.state.records.items():
            theirs = longest.state.record(code)
            if record.submitted and theirs.submitted and record.submitted != theirs.submitted:
                self._conflicting.add((longest.head.log, code))
        message = (
            f"{other.path.name} and {longest.path.name} are one log that went on in two ways: the file was "
            "copied or replaced. The longer one counts, without the tasks that were answered differently."
        )
        self._problems.append(
            Problem("conflict", longest.head.reader, message, is_excluded=bool(self._conflicting))
        )

    def _check_version(self, results: TakenResults) -> None:
        if results.head.protocol_sha256 != self._protocol.sha256:
            message = f"{results.path.name} was read by an earlier, accepted version of the protocol."
            self._problems.append(Problem("earlier_protocol", results.head.reader, message))

    def _check_clock(self, results: TakenResults) -> None:
        reader, found = results.head.reader, []
        for event in results.state.jumps:
            how = "back" if event.skew_s < 0 else "forward"
            found.append(f"The clock was set {how} by {abs(event.skew_s):.0f} s before event {event.number}.")
        for event in results.state.clock_events:
            if event.kind == "clock_accepted":
                what, why = "Reading went on after the clock was wrong.", str(event.data.get("reason", ""))
                self._deviations.append(Deviation("clock", what, format_time(event.at), reader, why))
            elif event.kind == "clock_set_back":
                found.append(
                    f"The clock stood before the last entry at event {event.number}; reading stopped."
                )
        if results.events[-1].at > self._now + _FUTURE:
            found.append(f"The log ends in the future, on {results.events[-1].at:%Y-%m-%d}.")
        self._problems += [Problem("clock", reader, message) for message in dict.fromkeys(found)]

    def _check_washout(self, results: TakenResults) -> None:
        """Once more, by the credible time of the log."""
        needed_s = self._version(results).design.washout_days * _DAY_S
        last: dict[int, float] = {}
        first: dict[int, float] = {}
        for code, record in results.state.records.items():
            task = results.plan.tasks.get(code)
            if task is None or record.started is None or results.plan.round:
                continue
            first[task.period] = min(
                first.get(task.period, record.started_elapsed_s), record.started_elapsed_s
            )
            if record.finished is not None:
                last[task.period] = max(last.get(task.period, 0.0), record.finished_elapsed_s)
        for period, begun in first.items():
            before = last.get(period - 1)
            if before is not None and begun - before < needed_s - 1:
                message = (
                    f"Period {period} began {(begun - before) / _DAY_S:.2f} days after the one before it."
                )
                self._problems.append(Problem("washout", results.head.reader, message))

    def _is_usable(self, results: TakenResults, code: str, task: PlannedTask, record: TaskRecord) -> bool:
        where = f"{results.head.reader}, case {task.case}"
        reason = ""
        if (results.head.log, code) in self._conflicting:
            reason, kind = "It was answered differently in two copies of the log.", "conflict"
        elif record.images != task.images:
            reason, kind = "It was read from other image files than were sent.", "changed_case_files"
        elif task.case not in self._cases:
            reason, kind = "The case is no longer in the protocol.", "case_removed"
        elif task.arm and task.arm not in self._arms:
            reason, kind = "The arm is no longer in the protocol.", "arm_removed"
        if reason:
            self._problems.append(Problem(kind, where, f"{reason} It was left out.", is_excluded=True))
            return False
        passed = record.finished_elapsed_s - record.shown_elapsed_s
        if abs(passed - record.times.total_s) > _TIME_TOLERANCE_S:
            message = f"Its times add up to {record.times.total_s:.0f} s, but {passed:.0f} s passed."
            self._problems.append(Problem("times", where, message))
        return True

    def _version(self, results: TakenResults) -> Protocol:
        digest = results.head.protocol_sha256
        if digest not in self._versions:
            path = self._study.path / "versions" / f"{digest}.json"
            self._versions[digest] = decode(
                Protocol, parse_json_object(path.read_bytes(), str(path)), path.name
            )
        return self._versions[digest]

    def _add(self, results: TakenResults, task: PlannedTask, record: TaskRecord) -> None:
        plan = results.plan
        if not plan.round:
            self._add_read(plan, task, record)
            return
        item = next((entry for entry in self._protocol.rounds if entry.id == plan.round), None)
        where = f"{plan.reader}, case {task.case}, round {plan.round}"
        if item is None:
            message = "The round is no longer in the protocol. It was left out."
            self._problems.append(Problem("round_removed", where, message, is_excluded=True))
            return
        key = (plan.round, plan.reader, task.case, frozenset(task.reports))
        if key in self._quality or key in self._votes:
            self._note_duplicate(where)
        elif item.kind is RoundKind.preference:
            vote = preference_of(plan, task, record, item, self._problems.append)
            if vote is not None:
                self._votes[key] = vote
        else:
            rating = quality_of(plan, task, record, item, self._problems.append)
            if rating is not None:
                self._quality[key] = rating

    def _add_read(self, plan: PackagePlan, task: PlannedTask, record: TaskRecord) -> None:
        key = (plan.reader, task.case, task.arm)
        if key in self._reads:
            self._note_duplicate(f"{plan.reader}, case {task.case}, arm {task.arm}")
            return
        self._reads[key] = reads_of(plan, task, record, self._protocol, self._problems.append)

    def _note_duplicate(self, where: str) -> None:
        message = "It was submitted more than once. The one of the earliest log counts."
        self._problems.append(Problem("duplicate", where, message, is_excluded=True))

    def _missing(self) -> Iterable[MissingTask]:
        for slot in assign(self._protocol):
            if (slot.reader, slot.case, slot.arm) not in self._reads:
                yield MissingTask(slot.reader, slot.case, slot.arm)
        seen: set[tuple[object, ...]] = set()
        for plan in self._plans.values():
            for task in plan.tasks.values() if plan.round else ():
                key = (plan.round, plan.reader, task.case, frozenset(task.reports))
                if key not in self._quality and key not in self._votes and key not in seen:
                    seen.add(key)
                    yield MissingTask(plan.reader, task.case, "", plan.round)
