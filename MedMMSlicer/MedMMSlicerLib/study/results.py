"""What a study collected, ready for the analysis: one object, one JSON file.

`load_results` is what the analysis calls. `medmm study collect` and `medmm study import` write the file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..core.serialization import to_json
from ..errors import InputError
from ..files import atomic_write
from .answers import FieldValue, LesionMark
from .codec import decode, parse_json_object
from .protocol import Target, Truth
from .timing import ReadTimes

__all__ = [
    "RESULTS_NAME",
    "CollectedStudy",
    "Deviation",
    "MissingTask",
    "PreferenceVote",
    "Problem",
    "QualityRating",
    "SubmittedRead",
    "load_results",
    "write_results",
]

RESULTS_NAME = "collected.json"


@dataclass(frozen=True)
class SubmittedRead:
    """Ratings of one reader for one case in one test. A sequential read gives two of them.

    Parameters
    ----------
    reader, case, arm, test : str
        ``test`` differs from ``arm`` only for the locked ratings of a sequential read.
    period, session, order : int
        From 1 on; ``order`` is the place in the reader's whole worklist. 0: not known (imported).
    ratings : mapping of str to float
        By target id. A target without a valid rating is absent.
    marks : tuple of LesionMark
    forms : mapping
        By form id and field id.
    report : str
        Empty: none.
    times : ReadTimes, optional
        From the first image to the lock (first test of a sequential read) or to the submission.
    events : mapping of str to int
        Counts by kind: ``scroll``, ``window``, ``zoom``, ``ai_shown``, ``finding_accepted``, ...
    submitted_at : str
        ISO 8601, UTC; empty: not known.
    """

    reader: str
    case: str
    arm: str
    test: str
    ratings: Mapping[str, float]
    period: int = 0
    session: int = 0
    order: int = 0
    marks: tuple[LesionMark, ...] = ()
    forms: Mapping[str, Mapping[str, FieldValue]] = field(default_factory=dict)
    report: str = ""
    times: ReadTimes | None = None
    events: Mapping[str, int] = field(default_factory=dict)
    submitted_at: str = ""


@dataclass(frozen=True)
class QualityRating:
    """Scores of one report by one evaluator; ``reader`` is who wrote it, empty if it came from a file."""

    round: str
    evaluator: str
    case: str
    source: str
    scores: Mapping[str, int | str]
    reader: str = ""
    comment: str = ""
    active_s: float | None = None


@dataclass(frozen=True)
class PreferenceVote:
    """A vote of one evaluator: ``preferred`` is one of the two sources, or empty for *equal*."""

    round: str
    evaluator: str
    case: str
    left: str
    right: str
    preferred: str
    reader: str = ""
    comment: str = ""
    active_s: float | None = None


@dataclass(frozen=True)
class Deviation:
    """Something that did not go as planned: what, when (ISO 8601), who says so, why."""

    kind: str
    what: str
    at: str
    who: str
    why: str
    old_sha256: str = ""
    new_sha256: str = ""


@dataclass(frozen=True)
class Problem:
    """Something that collecting found.

    ``kind`` is a word such as ``forged_signature``, ``duplicate``, ``invalid_rating``; ``where`` a file, a
    reader or a case; ``message`` one line for people; ``is_excluded``: data was left out because of it.
    """

    kind: str
    where: str
    message: str
    is_excluded: bool = False


@dataclass(frozen=True)
class MissingTask:
    """A planned task that was not submitted: reader x case x arm, or evaluator x case in a round."""

    reader: str
    case: str
    arm: str
    round: str = ""


@dataclass(frozen=True)
class CollectedStudy:
    """Everything that the analysis needs; complete in itself."""

    title: str
    tests: tuple[str, ...]
    readers: tuple[str, ...]
    cases: tuple[str, ...]
    targets: tuple[Target, ...]
    truth: Truth
    reads: tuple[SubmittedRead, ...]
    is_crossover: bool = True
    quality: tuple[QualityRating, ...] = ()
    preferences: tuple[PreferenceVote, ...] = ()
    deviations: tuple[Deviation, ...] = ()
    problems: tuple[Problem, ...] = ()
    missing: tuple[MissingTask, ...] = ()
    experience_years: Mapping[str, float] = field(default_factory=dict)
    washout_days: float = 0.0
    idle_after_s: float = 60.0
    protocol_sha256: str = ""
    collected_at: str = ""
    notes: tuple[str, ...] = ()


_SCHEMA = "medmm-study-results"
_SCHEMA_VERSION = 1


def load_results(study: Path) -> CollectedStudy:
    """Read what `write_results` wrote into the folder of a study.

    Raises
    ------
    InputError
        If there is nothing yet, or the file is damaged.
    """
    path = study / RESULTS_NAME if study.is_dir() else study
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(
            f"{path} can not be read ({error.strerror}). Run medmm study collect or medmm study import first."
        ) from error
    value = parse_json_object(data, path.name)
    if value.pop("schema", None) != _SCHEMA or value.pop("schema_version", None) != _SCHEMA_VERSION:
        raise InputError(f"{path} is no result file of this version of MedMM. Collect or import again.")
    return decode(CollectedStudy, value, path.name)


def write_results(results: CollectedStudy, study: Path) -> Path:
    """Write ``collected.json`` into the folder of a study, whole or not at all; returns its path.

    Raises
    ------
    OutputError, DiskFullError
        If it can not be written.
    """
    value = {"schema": _SCHEMA, "schema_version": _SCHEMA_VERSION, **to_json(results)}
    path = study / RESULTS_NAME
    with atomic_write(path) as temporary:
        temporary.write_text(
            json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8"
        )
    return path
