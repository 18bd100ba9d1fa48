"""What readers and evaluators answer, and the checks before an answer is taken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["LIKERT", "RADPEER", "VOTES", "Answers", "FieldValue", "LesionMark", "QualityScore", "Vote"]

FieldValue = str | int | float | bool

LIKERT = (1, 2, 3, 4, 5)
RADPEER = ("1", "2a", "2b", "3a", "3b")
VOTES = ("left", "right", "equal")


@dataclass(frozen=True)
class LesionMark:
    """A marked lesion.

    Parameters
    ----------
    target : str
    rating : float
        On the target's scale.
    position_ras : (3,) tuple of float, mm, RAS, optional
        None in imported data without places.
    lesion : str, optional
        Imported data: id of the true lesion that was hit, empty for a false mark. None: to be found by the
        place.
    """

    target: str
    rating: float
    position_ras: tuple[float, float, float] | None
    lesion: str | None = None


@dataclass(frozen=True)
class Answers:
    """What a reader says about a case; drafts may be incomplete.

    Parameters
    ----------
    ratings : mapping of str to float
        By target id, a whole number on the target's scale.
    marks : tuple of LesionMark
    forms : mapping of str to mapping of str to value
        By form id and field id.
    report : str
    """

    ratings: Mapping[str, float] = field(default_factory=dict)
    marks: tuple[LesionMark, ...] = ()
    forms: Mapping[str, Mapping[str, FieldValue]] = field(default_factory=dict)
    report: str = ""


@dataclass(frozen=True)
class QualityScore:
    """What an evaluator says about one report.

    ``scores`` is, by scale, 1 to 5 (Likert) or, under the one key ``radpeer``, a text of `RADPEER`.
    """

    scores: Mapping[str, int | str] = field(default_factory=dict)
    comment: str = ""


@dataclass(frozen=True)
class Vote:
    """Which of two reports an evaluator prefers: one of `VOTES`; empty in a draft."""

    choice: str = ""
    comment: str = ""
