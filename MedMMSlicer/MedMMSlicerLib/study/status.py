"""How far a study is: for the study team (planned, submitted, missing) and on a reader's machine."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from .assignment import assign
from .packages import load_plans
from .results import RESULTS_NAME, load_results
from .study_folder import StudyFolder

__all__ = ["PersonStatus", "StudyStatus", "study_status"]


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
    protocol, state = study.protocol, study.state
    has_results = (study.path / RESULTS_NAME).exists()
    results = load_results(study.path) if has_results else None
    packages = Counter((plan.reader, plan.round) for plan in load_plans(study).values())
    planned = Counter((slot.reader, "") for slot in assign(protocol))
    by_round: dict[tuple[str, str], set[object]] = {}
    for plan in load_plans(study).values():
        if plan.round:
            tasks = by_round.setdefault((plan.reader, plan.round), set())
            tasks.update((task.case, frozenset(task.reports)) for task in plan.tasks.values())
    done: Counter[tuple[str, str]] = Counter()
    last: dict[tuple[str, str], str] = {}
    if results is not None:
        for place in {(read.reader, read.case, read.arm): read for read in results.reads}.values():
            done[place.reader, ""] += 1
            last[place.reader, ""] = max(last.get((place.reader, ""), ""), place.submitted_at)
        done.update((item.evaluator, item.round) for item in (*results.quality, *results.preferences))
    people = [(reader.id, "") for reader in protocol.readers]
    people += [(name, item.id) for item in protocol.rounds for name in item.evaluators]
    return StudyStatus(
        title=protocol.title,
        started_at=state.started_at,
        collected_at=results.collected_at if results is not None else "",
        people=tuple(
            PersonStatus(
                *key,
                planned=planned[key] if not key[1] else len(by_round.get(key, ())),
                submitted=done[key],
                packages=packages[key],
                is_enrolled=key[0] in state.keys,
                last_at=last.get(key, ""),
            )
            for key in people
        ),
        deviations=len(study.deviations()),
        problems=tuple(str(item.message) for item in results.problems) if results is not None else (),
    )
