"""How far a study is: for the study team (planned, submitted, missing) and on a reader's machine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from .assignment import assign
from .package_maker import PackagePlan
from .packages import load_plans
from .results import RESULTS_NAME, CollectedStudy, load_results
from .study_folder import StudyFolder

__all__ = ["PersonStatus", "StudyStatus", "study_status"]

_Key = tuple[str, str]


@dataclass(frozen=True)
class PersonStatus:
    """A reader (``round`` empty) or an evaluator of a round: tasks planned and submitted."""

    person: str
    round: str
    planned: int
    submitted: int
    packages: int
    is_enrolled: bool
    last_at: str = ""


@dataclass(frozen=True)
class StudyStatus:
    """The state of a study as of its last collection; ``collected_at`` is empty before the first one."""

    title: str
    started_at: str
    collected_at: str
    people: tuple[PersonStatus, ...]
    deviations: int
    problems: tuple[str, ...]


def study_status(study: StudyFolder) -> StudyStatus:
    """Count what was planned and what came back.

    Raises
    ------
    InputError
        If the folder is damaged.
    """
    protocol, state, plans = study.protocol, study.state, load_plans(study)
    results = load_results(study.path) if (study.path / RESULTS_NAME).exists() else None
    planned = _planned(study, plans.values())
    packages = Counter((plan.reader, plan.round) for plan in plans.values())
    submitted, last = _submitted(results)
    people = [(reader.id, "") for reader in protocol.readers]
    people += [(name, item.id) for item in protocol.rounds for name in item.evaluators]
    return StudyStatus(
        title=protocol.title,
        started_at=state.started_at,
        collected_at=results.collected_at if results is not None else "",
        people=tuple(
            PersonStatus(
                *key, planned[key], submitted[key], packages[key], key[0] in state.keys, last.get(key, "")
            )
            for key in people
        ),
        deviations=len(study.deviations()),
        problems=tuple(item.message for item in results.problems) if results is not None else (),
    )


def _planned(study: StudyFolder, plans: Iterable[PackagePlan]) -> Counter[_Key]:
    """Reads follow from the protocol; ratings are known when their packages were made."""
    planned = Counter((slot.reader, "") for slot in assign(study.protocol))
    items: dict[_Key, set[object]] = {}
    for plan in plans:
        if plan.round:
            tasks = items.setdefault((plan.reader, plan.round), set())
            tasks.update((task.case, frozenset(task.reports)) for task in plan.tasks.values())
    planned.update({key: len(tasks) for key, tasks in items.items()})
    return planned


def _submitted(results: CollectedStudy | None) -> tuple[Counter[_Key], dict[_Key, str]]:
    submitted: Counter[_Key] = Counter()
    last: dict[_Key, str] = {}
    if results is None:
        return submitted, last
    # A sequential read gave two entries, but is one task.
    for read in {(read.reader, read.case, read.arm): read for read in results.reads}.values():
        submitted[read.reader, ""] += 1
        last[read.reader, ""] = max(last.get((read.reader, ""), ""), read.submitted_at)
    submitted.update((item.evaluator, item.round) for item in results.quality)
    submitted.update((item.evaluator, item.round) for item in results.preferences)
    return submitted, last
