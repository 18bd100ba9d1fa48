"""What a reader study is: cases, readers, arms, design, questions. `protocol_file` reads it from YAML.

Three words are kept apart. An *arm* is how a case is read (unaided, with AI from the start, or unaided first
and with AI after the ratings were locked). A *period* is one pass of a reader through the cases; a crossover
has as many periods as arms. A *session* is one sitting within a period.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

__all__ = [
    "Arm",
    "ArmMode",
    "Design",
    "Form",
    "FormField",
    "Lesion",
    "Protocol",
    "RatingRound",
    "Reader",
    "RoundKind",
    "StudyCase",
    "Target",
    "Truth",
]


class ArmMode(StrEnum):
    """When the reader of a case sees the output of AI."""

    unaided = "unaided"
    """Never."""
    concurrent = "concurrent"
    """From the first image on: the independent design."""
    sequential = "sequential"
    """After the unaided ratings were locked."""


class RoundKind(StrEnum):
    """What evaluators do in a rating round."""

    likert = "likert"
    radpeer = "radpeer"
    preference = "preference"


@dataclass(frozen=True)
class Arm:
    """How cases are read.

    Parameters
    ----------
    id : str
        Also the name of the test in the analysis.
    mode : ArmMode
    first_test : str
        Sequential arms only: the name of the test to which the locked, unaided ratings belong.
    """

    id: str
    mode: ArmMode
    first_test: str = ""

    @property
    def tests(self) -> tuple[str, ...]:
        """Tests that one read of this arm gives ratings for."""
        return (self.first_test, self.id) if self.mode is ArmMode.sequential else (self.id,)


@dataclass(frozen=True)
class Reader:
    """Who reads; ``arm`` is set where a parallel design gives the reader a fixed arm.

    Readers with the same ``group`` (such as *resident*) are spread evenly over sequences and arms.
    """

    id: str
    experience_years: float | None = None
    group: str = ""
    arm: str = ""


@dataclass(frozen=True)
class Design:
    """How cases, readers and arms meet.

    Parameters
    ----------
    is_crossover : bool
        Every reader reads every case in every arm; otherwise (parallel) in the reader's arm.
    washout_days : float
        Between the last read of a period and the first of the next.
    is_mixed : bool
        Both arms occur in one period, each with its share of the cases; otherwise one arm a period.
    is_by_arm : bool
        Within a session the cases of one arm come together as a block.
    session_size : int
        Most reads of one session; 0: a period is one session.
    idle_after_s : float
        A pause between two inputs longer than this is idle time in full.
    """

    is_crossover: bool
    washout_days: float = 0.0
    is_mixed: bool = True
    is_by_arm: bool = False
    session_size: int = 0
    idle_after_s: float = 60.0


@dataclass(frozen=True)
class Target:
    """A finding that the reader rates.

    Parameters
    ----------
    id, name : str
    minimum, maximum : int
        0 and 100, 1 and 5, or 0 and 1; whole numbers are asked for.
    has_marks : bool
        The reader also marks lesions of this target, each with a rating on the same scale.
    """

    id: str
    name: str
    minimum: int = 0
    maximum: int = 100
    has_marks: bool = False


@dataclass(frozen=True)
class FormField:
    """A field of a structured score; ``kind`` is choice, integer, number, boolean or text."""

    id: str
    name: str
    kind: str
    choices: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    unit: str = ""
    is_required: bool = True


@dataclass(frozen=True)
class Form:
    """A structured score such as Bone-RADS, as fields to fill in; nothing is computed from them."""

    id: str
    name: str
    fields: tuple[FormField, ...]


@dataclass(frozen=True)
class StudyCase:
    """A case; nothing but images, context and indication ever reaches an unaided reader.

    Parameters
    ----------
    id : str
        Never shown to readers.
    images : tuple of str
        Files, relative to the protocol.
    ai : str
        Output of AI for this case, a file or a folder; empty: none.
    reports : mapping of str to str
        Report texts (UTF-8 files) by the name of their origin, for rating rounds.
    indication : str
        Shown to every reader of the case.
    stratum : str
        Cases of one stratum are spread evenly over the halves of a mixed crossover.
    sha256 : mapping of str to str
        Expected hashes by path, of images or files of ``ai``.
    """

    id: str
    images: tuple[str, ...]
    ai: str = ""
    reports: Mapping[str, str] = field(default_factory=dict)
    indication: str = ""
    stratum: str = ""
    sha256: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class RatingRound:
    """What is rated after the reading, and by whom.

    Parameters
    ----------
    id : str
    kind : RoundKind
    evaluators : tuple of str
    sources : tuple of str
        Names of tests whose submitted reports are rated, or keys of `StudyCase.reports`; two for a
        preference.
    scales : tuple of str
        Likert only: what is rated from 1 to 5.
    shows_images : bool
        Whether evaluators see the images beside the texts.
    """

    id: str
    kind: RoundKind
    evaluators: tuple[str, ...]
    sources: tuple[str, ...]
    scales: tuple[str, ...] = ("accuracy", "completeness", "clarity", "clinical_relevance")
    shows_images: bool = False


@dataclass(frozen=True)
class Protocol:
    """A whole protocol; ``sha256`` is the hash of its canonical content, without truth.

    ``report`` is none, optional or required; ``truth`` the path of the separate file with the truth.
    """

    title: str
    seed: int
    readers: tuple[Reader, ...]
    arms: tuple[Arm, ...]
    design: Design
    targets: tuple[Target, ...]
    cases: tuple[StudyCase, ...]
    forms: tuple[Form, ...] = ()
    rounds: tuple[RatingRound, ...] = ()
    report: str = "none"
    truth: str = ""
    sha256: str = ""

    @property
    def tests(self) -> tuple[str, ...]:
        """Names of the tests, in the order of the arms, each once."""
        return tuple(dict.fromkeys(test for arm in self.arms for test in arm.tests))

    def arm(self, arm_id: str) -> Arm:
        """The arm with this id."""
        return next(arm for arm in self.arms if arm.id == arm_id)

    def case(self, case_id: str) -> StudyCase:
        """The case with this id."""
        return next(case for case in self.cases if case.id == case_id)


@dataclass(frozen=True)
class Lesion:
    """A true lesion; a mark within ``radius_mm`` of its center hits it. No place in imported data."""

    id: str
    center_ras: tuple[float, float, float] | None = None
    radius_mm: float | None = None
    weight: float = 1.0


@dataclass(frozen=True)
class Truth:
    """The reference standard, by case id and target id; what is missing is not known.

    ``sha256`` is the hash of its canonical content, empty where there is no truth.
    """

    positives: Mapping[str, Mapping[str, bool]] = field(default_factory=dict)
    lesions: Mapping[str, Mapping[str, tuple[Lesion, ...]]] = field(default_factory=dict)
    sha256: str = ""
