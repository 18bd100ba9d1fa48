"""Ratings of a multi-reader multi-case study: who read which case in which test, and what was given."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, UsageError

__all__ = ["Design", "DesignKind", "MissingRead", "ReaderRatings", "design_of", "listed"]

DesignKind = Literal[
    "factorial",
    "cases nested in readers",
    "cases nested in reader groups",
    "cases nested in tests",
    "cases nested in readers and tests",
    "readers nested in tests",
    "readers and cases nested in tests",
]

Mask = NDArray[np.bool_]
Name = TypeVar("Name", bound=Hashable)


@dataclass(frozen=True)
class MissingRead:
    """A read that the design asks for and that is not there."""

    test: str
    reader: str
    case: str


@dataclass(frozen=True)
class Design:
    """How tests, readers and cases are combined.

    Parameters
    ----------
    kind : str
        *factorial*: each reader reads each case in each test. *Nested in*: each case (reader) belongs to
        exactly one reader, group of readers or test.
    missing : tuple of MissingRead
        Reads that this kind of design would have and that are absent, in the order of test, reader, case.
    expected_reads, reads : int
    """

    kind: DesignKind
    missing: tuple[MissingRead, ...]
    expected_reads: int
    reads: int

    @property
    def complete(self) -> bool:
        """Whether no read is missing."""
        return not self.missing


@dataclass(frozen=True, eq=False)
class ReaderRatings:
    """Ratings of a study.

    Parameters
    ----------
    tests : tuple of str
        Names of the T tests (modalities, arms), each once.
    readers : tuple of str
        Names of the R readers.
    cases : tuple of str
        Names of the C cases.
    positive : ndarray of bool, shape (C,)
        Reference standard.
    ratings : ndarray of float64, shape (T, R, C)
        Higher means more likely positive; NaN where that reader did not read that case in that test.
    clusters : ndarray of int, shape (C,), or None
        Patient of each case. None where every case is a patient of its own.

    Raises
    ------
    InputError
        If names are repeated, shapes do not fit, a rating is infinite, there is no rating at all, or there
        are no positive or no negative cases.
    """

    tests: tuple[str, ...]
    readers: tuple[str, ...]
    cases: tuple[str, ...]
    positive: Mask
    ratings: NDArray[np.float64]
    clusters: NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        for kind, names in (("test", self.tests), ("reader", self.readers), ("case", self.cases)):
            _check_names(kind, names)
        shape = (len(self.tests), len(self.readers), len(self.cases))
        if self.ratings.shape != shape or self.ratings.dtype != np.float64:
            raise InputError(
                f"Ratings of shape {self.ratings.shape} and type {self.ratings.dtype} do not fit {shape} "
                "tests, readers and cases of type float64."
            )
        if self.positive.shape != shape[2:] or self.positive.dtype != np.bool_:
            raise InputError(
                f"The reference standard has to be one true or false value for {shape[2]} cases."
            )
        if self.clusters is not None and self.clusters.shape != shape[2:]:
            raise InputError(
                f"{self.clusters.size} patients were given for {shape[2]} cases: give one a case."
            )
        self._check_values()

    def _check_values(self) -> None:
        infinite = np.argwhere(np.isinf(self.ratings))
        if len(infinite):
            test, reader, case = infinite[0]
            raise InputError(
                f"Reader '{self.readers[reader]}', test '{self.tests[test]}', case '{self.cases[case]}' has "
                "an infinite rating. Ratings have to be finite numbers."
            )
        if not self.read.any():
            raise InputError("There is no rating. Give at least one read.")
        positives = int(self.positive.sum())
        if not 0 < positives < len(self.positive):
            raise InputError(
                f"There are {positives} positive and {len(self.positive) - positives} negative cases; a "
                "reader study needs both. Check the reference standard."
            )

    @classmethod
    def from_rows(
        cls,
        reader: Iterable[object],
        test: Iterable[object],
        case: Iterable[object],
        truth: Iterable[object],
        rating: Iterable[float | None],
        clusters: Iterable[object] | None = None,
    ) -> ReaderRatings:
        """Build from columns with one entry a read; names keep the order in which they first appear.

        Parameters
        ----------
        reader, test, case : columns of names
            Taken as text.
        truth : column of 0, 1, True or False
            The same for every read of a case.
        rating : column of float or None
            None says that the read was planned and did not take place; it counts as not read.
        clusters : column of names, optional
            Patient of the case.

        Raises
        ------
        InputError
            If columns differ in length, a read is there twice, a case has two truths or patients, a rating is
            NaN or infinite, or as for the class. Rows are counted from 1.
        """
        columns = [[str(value) for value in column] for column in (reader, test, case)]
        truths, ratings = [_truth(row, value) for row, value in enumerate(truth, 1)], list(rating)
        lengths = {len(truths), len(ratings), *(len(column) for column in columns)}
        if len(lengths) > 1 or lengths == {0}:
            raise InputError("Columns of reads have to be of one length, with at least one row.")
        keys = list(zip(*columns))
        _check_rows(keys, ratings)
        names = [tuple(dict.fromkeys(column)) for column in columns]
        places = [{name: index for index, name in enumerate(known)} for known in names]
        values = np.full((len(names[1]), len(names[0]), len(names[2])), np.nan)
        for (who, how, which), value in zip(keys, ratings):
            if value is not None:
                values[places[1][how], places[0][who], places[2][which]] = value
        positive = _one_each(columns[2], truths, "reference standards")
        patients = None
        if clusters is not None:
            groups = _one_each(columns[2], [str(value) for value in clusters], "patients")
            patients = np.unique([groups[name] for name in names[2]], return_inverse=True)[1].astype(np.int64)
        truth_of_cases = np.array([positive[name] for name in names[2]], bool)
        return cls(names[1], names[0], names[2], truth_of_cases, values, patients)

    @property
    def read(self) -> Mask:
        """Where a rating is present, (T, R, C)."""
        return ~np.isnan(self.ratings)

    def design(self) -> Design:
        """How tests, readers and cases are combined, and which reads are missing."""
        return design_of(self.tests, self.readers, self.cases, self.read)

    def select(
        self,
        tests: Sequence[str] | None = None,
        readers: Sequence[str] | None = None,
        cases: Sequence[str] | None = None,
    ) -> ReaderRatings:
        """Return a part of the study, in the order given. None keeps all.

        Raises
        ------
        UsageError
            If a name is unknown.
        InputError
            As for the class, if too little is left.
        """
        chosen = [
            _positions(kind, known, wanted)
            for kind, known, wanted in (
                ("test", self.tests, tests),
                ("reader", self.readers, readers),
                ("case", self.cases, cases),
            )
        ]
        return replace(
            self,
            tests=tuple(self.tests[index] for index in chosen[0]),
            readers=tuple(self.readers[index] for index in chosen[1]),
            cases=tuple(self.cases[index] for index in chosen[2]),
            positive=self.positive[chosen[2]],
            ratings=self.ratings[np.ix_(*chosen)],
            clusters=None if self.clusters is None else self.clusters[chosen[2]],
        )


def design_of(tests: Sequence[str], readers: Sequence[str], cases: Sequence[str], read: Mask) -> Design:
    """Name the design of ``read`` (T, R, C), true where a reader read a case in a test."""
    kind, expected = _expected_reads(read)
    missing = tuple(
        MissingRead(tests[test], readers[reader], cases[case])
        for test, reader, case in np.argwhere(expected & ~read)
    )
    return Design(kind, missing, int(expected.sum()), int(read.sum()))


def listed(missing: Sequence[MissingRead], most: int = 5) -> str:
    """Missing reads as text: the first few and how many more."""
    shown = [f"reader '{item.reader}' test '{item.test}' case '{item.case}'" for item in missing[:most]]
    more = len(missing) - len(shown)
    return "; ".join(shown) + (f" and {more} more" if more > 0 else "")


def _expected_reads(read: Mask) -> tuple[DesignKind, Mask]:
    several_tests, several_readers = read.shape[0] > 1, read.shape[1] > 1
    case_tests, case_readers, reader_tests = (np.asarray(read.any(axis=axis)) for axis in (1, 0, 2))
    case_in_test = several_tests and bool((case_tests.sum(axis=0) <= 1).all())
    case_in_reader = several_readers and bool((case_readers.sum(axis=0) <= 1).all())
    reader_in_test = several_tests and bool((reader_tests.sum(axis=0) <= 1).all())
    own = reader_tests[:, :, None] if reader_in_test else np.ones_like(read)
    if case_in_test and case_in_reader:
        return "cases nested in readers and tests", read
    if case_in_test:
        kind: DesignKind = "readers and cases nested in tests" if reader_in_test else "cases nested in tests"
        return kind, case_tests[:, None, :] & own
    if case_in_reader:
        return "cases nested in readers", case_readers[None] & own
    if reader_in_test:
        return "readers nested in tests", own & np.ones_like(read)
    group_of_reader, group_of_case = _reader_groups(case_readers)
    if len(np.unique(group_of_reader)) > 1:
        together = group_of_reader[:, None] == group_of_case[None, :]
        return "cases nested in reader groups", together[None] & np.ones_like(read)
    return "factorial", np.ones_like(read)


def _reader_groups(read: Mask) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Groups of readers who share cases with each other and with nobody else; also that of each case."""
    of_reader = np.arange(read.shape[0])
    for together in np.unique(read, axis=1).T:
        who = np.flatnonzero(together)
        if who.size:
            of_reader[np.isin(of_reader, of_reader[who])] = of_reader[who].min()
    of_case = np.where(read.any(axis=0), of_reader[read.argmax(axis=0)], -1)
    return of_reader, of_case


def _check_names(kind: str, names: tuple[str, ...]) -> None:
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        raise InputError(f"The {kind} '{repeated[0]}' is named twice. Names have to be unique.")
    if not names:
        raise InputError(f"A reader study needs at least one {kind}.")


def _check_rows(keys: list[tuple[str, ...]], ratings: list[float | None]) -> None:
    seen: dict[tuple[str, ...], int] = {}
    for row, (key, value) in enumerate(zip(keys, ratings), 1):
        who, how, which = key
        if key in seen:
            raise InputError(
                f"Rows {seen[key]} and {row} are both the read of reader '{who}', test '{how}', case "
                f"'{which}'. Keep one."
            )
        seen[key] = row
        if value is not None and not np.isfinite(value):
            raise InputError(
                f"Row {row} (reader '{who}', test '{how}', case '{which}') has the rating {value}. Give a "
                "finite number, or leave the read out."
            )


def _truth(row: int, value: object) -> bool:
    if isinstance(value, (bool, np.bool_, int, float, np.integer, np.floating)) and value in (0, 1):
        return bool(value)
    raise InputError(
        f"Row {row} has the truth '{value}'. Give 1 for a positive case and 0 for a negative one."
    )


def _one_each(cases: list[str], values: list[Name], what: str) -> dict[str, Name]:
    if len(values) != len(cases):
        raise InputError(f"There are {len(values)} {what} for {len(cases)} rows: give one a row.")
    known: dict[str, Name] = {}
    for row, (case, value) in enumerate(zip(cases, values), 1):
        if known.setdefault(case, value) != value:
            raise InputError(f"Case '{case}' has two different {what}; row {row} contradicts an earlier one.")
    return known


def _positions(kind: str, known: tuple[str, ...], wanted: Sequence[str] | None) -> list[int]:
    if wanted is None:
        return list(range(len(known)))
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise UsageError(f"There is no {kind} '{unknown[0]}'. Known are: {', '.join(known)}.")
    return [known.index(name) for name in wanted]
