"""Synthetic studies with known ability of readers, known effect of AI and known difficulty of cases."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import InputError, UsageError
from ...stats import mrmc
from ...stats.mrmc_results import Difference
from ...stats.proportions import wilson_interval
from ...stats.simulation import ReadingTimes, RoeMetz, simulate_ratings, simulate_times
from .data import Read, StudyCase, StudyData
from .options import AnalysisOptions
from .plain import plain

__all__ = ["SHARES", "SimulationPlan", "VARIANCES", "planning", "read_plan", "simulate_study"]

VARIANCES = ("reader_variance", "test_reader_variance")
SHARES = ("case", "test_case", "reader_case")
SCALES = ("continuous", "five-point", "0-100")
MOST_READS = 5_000_000
SYNTHETIC = "SYNTHETIC DATA: a simulation made these reads; no reader read anything."

Progress = Callable[[float], None]


@dataclass(frozen=True)
class SimulationPlan:
    """What goes into a simulated study.

    Parameters
    ----------
    auc : mapping of str to float
        Expected area of each test, above 0.5 and below 1; the effect of AI is their difference.
    readers, cases : int
    prevalence : float
        Share of positive cases.
    variances : mapping of str to float
        Of the Roe-Metz model, by the names of `VARIANCES` and, as shares of the case variance of 1, of
        `SHARES`; those of `RoeMetz` where absent.
    scale : str
        One of continuous, five-point and 0-100.
    seconds : mapping of str to float
        Geometric mean of the reading time of each test; empty: no times.
    seed : int
    title : str

    Raises
    ------
    UsageError
        If a value makes no sense.
    """

    auc: Mapping[str, float]
    readers: int = 5
    cases: int = 100
    prevalence: float = 0.5
    variances: Mapping[str, float] = field(default_factory=dict)
    scale: str = "0-100"
    seconds: Mapping[str, float] = field(default_factory=dict)
    seed: int = 1
    title: str = "Simulated study"

    def __post_init__(self) -> None:
        self._check_numbers()
        known = VARIANCES + SHARES
        unknown = [name for name in self.variances if name not in known]
        if unknown:
            raise UsageError(f"There is no variance '{unknown[0]}'. Known are: {', '.join(known)}.")
        if self.scale not in SCALES:
            raise UsageError(f"There is no scale '{self.scale}'. Known are: {', '.join(SCALES)}.")
        if self.seconds and set(self.seconds) != set(self.auc):
            raise UsageError("Reading times have to be given for all tests or for none of them.")
        if any(not 0 < value < 1e6 for value in self.seconds.values()):
            raise UsageError("Reading times have to be above 0 and below a million seconds.")
        if self.readers * self.cases * len(self.auc) > MOST_READS:
            raise UsageError(
                f"A simulated study has at most {MOST_READS} reads. Take fewer readers or cases."
            )

    def _check_numbers(self) -> None:
        if not self.auc or any(not 0.5 <= value < 1 for value in self.auc.values()):
            raise UsageError("Each test needs an area (--auc NAME=AREA) from 0.5 to below 1.")
        if self.readers < 1 or not 0 < self.prevalence < 1:
            raise UsageError("A study needs at least one reader and a prevalence between 0 and 1.")
        if self.seed < 0:
            raise UsageError(f"The seed {self.seed} is below 0. Take 0 or above.")
        if min(self.positives, self.negatives) < 2:
            raise UsageError("A study needs two positive and two negative cases. Take more cases.")
        if any(not 0 <= value < math.inf for value in self.variances.values()):
            raise UsageError("Variances have to be 0 or above, and finite.")

    @property
    def positives(self) -> int:
        """Number of positive cases."""
        return round(self.cases * self.prevalence)

    @property
    def negatives(self) -> int:
        """Number of negative cases."""
        return self.cases - self.positives

    @property
    def model(self) -> RoeMetz:
        """The model that ratings are drawn from."""
        usual = RoeMetz((0.8,))
        given = {name: self.variances[name] for name in VARIANCES if name in self.variances}
        case, test_case, reader_case = (
            self.variances.get(name, share) for name, share in zip(SHARES, usual.case_shares)
        )
        return RoeMetz(
            auc=tuple(self.auc.values()),
            readers=self.readers,
            positives=self.positives,
            negatives=self.negatives,
            scale=self.scale,  # type: ignore[arg-type]
            case_shares=(case, test_case, reader_case),
            **given,
        )


def read_plan(path: Path, changes: Mapping[str, Any]) -> SimulationPlan:
    """Read a plan from YAML; ``changes`` replaces what it says.

    Raises
    ------
    InputError
        If the file can not be read or holds something unknown.
    UsageError
        If a value makes no sense.
    """
    import yaml

    try:
        value = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{path} can not be read: {reason}. Give a YAML file with the plan.") from error
    known = SimulationPlan.__dataclass_fields__
    if not isinstance(value, dict) or any(name not in known for name in value):
        raise InputError(f"{path} has to be a mapping with some of: {', '.join(known)}.")
    value |= changes
    for name, kind in _KINDS.items():
        if name in value and not _fits(value[name], kind):
            raise InputError(f"{path}: {name} is not {kind}.")
    if "auc" not in value:
        raise InputError(f"{path}: auc is missing: the expected area of each test, by its name.")
    return SimulationPlan(**value)


_KINDS = {
    "auc": "a mapping of names to numbers",
    "seconds": "a mapping of names to numbers",
    "variances": "a mapping of names to numbers",
    "readers": "a whole number",
    "cases": "a whole number",
    "seed": "a whole number",
    "prevalence": "a number",
    "scale": "a text",
    "title": "a text",
}


def _fits(value: Any, kind: str) -> bool:
    if kind == "a text":
        return isinstance(value, str)
    if kind == "a whole number":
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == "a number":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return isinstance(value, Mapping) and all(
        isinstance(name, str) and _fits(number, "a number") for name, number in value.items()
    )


def simulate_study(plan: SimulationPlan) -> StudyData:
    """Draw one study, marked as synthetic; the same seed gives the same study."""
    ratings = simulate_ratings(plan.model, plan.seed, tuple(plan.auc))
    seconds = np.full(ratings.ratings.shape, np.nan)
    if plan.seconds:
        means = tuple(plan.seconds[name] for name in plan.auc)
        seconds = simulate_times(ReadingTimes(means), plan.readers, plan.cases, plan.seed)
    reads = tuple(
        Read(
            ratings.readers[reader],
            ratings.tests[test],
            ratings.cases[case],
            float(ratings.ratings[test, reader, case]),
            float(seconds[test, reader, case]) if plan.seconds else None,
        )
        for test, reader, case in np.ndindex(*ratings.ratings.shape)
    )
    return StudyData(
        title=f"{plan.title} (SYNTHETIC)",
        kind="simulated",
        cases=tuple(
            StudyCase(name, bool(positive)) for name, positive in zip(ratings.cases, ratings.positive)
        ),
        readers=ratings.readers,
        tests=ratings.tests,
        reads=reads,
        notes=(SYNTHETIC,),
        source={"simulation": plain(plan), "synthetic": SYNTHETIC},
    )


def planning(
    plan: SimulationPlan, repeats: int, options: AnalysisOptions, progress: Progress = lambda share: None
) -> dict[str, Any]:
    """Repeat the study with other seeds and count how often the primary test rejects equality.

    Parameters
    ----------
    plan : SimulationPlan
        With at least two tests; the first and the last are compared.
    repeats : int
        At least 1; the seeds follow that of the plan.
    options : AnalysisOptions
    progress : callable
        Takes the share that is done.

    Returns
    -------
    dict
        ``repeats``, ``rejected``, ``share`` (power, or the type I error where the areas are equal) with
        Wilson's 95 % ``interval``, mean and standard deviation of the ``difference``, ``true_difference``,
        and ``coverage`` of the intervals on the continuous scale.

    Raises
    ------
    UsageError
        If there is nothing to compare or to repeat.
    """
    if repeats < 1 or len(plan.auc) < 2:
        raise UsageError("Planning needs at least one repeat and two tests to compare.")
    names, areas = list(plan.auc), list(plan.auc.values())
    true = areas[0] - areas[-1]
    found = []
    for number in range(repeats):
        found.append(_compared(plan, plan.seed + number, options))
        progress((number + 1) / repeats)
    differences = [row.difference for row in found]
    rejected = sum(row.p_value < options.alpha for row in found)
    covered = sum(row.interval[0] <= true <= row.interval[1] for row in found)
    return {
        "synthetic": SYNTHETIC,
        "comparison": f"{names[0]} - {names[-1]}",
        "repeats": repeats,
        "alpha": options.alpha,
        "covariance": options.covariance,
        "analysis": options.primary,
        "meaning": "type I error" if true == 0 else "power",
        "rejected": rejected,
        "share": rejected / repeats,
        "interval": list(wilson_interval(rejected, repeats)),
        "true_difference": true,
        "mean_difference": float(np.mean(differences)),
        "sd_difference": float(np.std(differences, ddof=1)) if repeats > 1 else None,
        "coverage": covered / repeats if plan.scale == "continuous" else None,
        "plan": plain(plan),
    }


def _compared(plan: SimulationPlan, seed: int, options: AnalysisOptions) -> Difference:
    """First test against the last one in one simulated study."""
    ratings = simulate_ratings(plan.model, seed)
    result = mrmc.analyze(ratings, covariance=options.covariance, level=options.level)
    inference = getattr(result, options.primary) or result.fixed_readers_random_cases
    pair = ratings.tests[0], ratings.tests[-1]
    return next(item for item in inference.differences if (item.first, item.second) == pair)
