"""The table of a reader study: what it accepts, and the design it recognizes."""

from __future__ import annotations

import numpy as np
import pytest
from MedMMSlicerLib.errors import InputError, UsageError
from MedMMSlicerLib.stats.ratings import MissingRead, ReaderRatings, listed


def study(read: np.ndarray) -> ReaderRatings:
    tests, readers, cases = read.shape
    ratings = np.where(read, np.arange(read.size).reshape(read.shape), np.nan)
    return ReaderRatings(
        tuple(f"t{index}" for index in range(tests)),
        tuple(f"r{index}" for index in range(readers)),
        tuple(f"c{index}" for index in range(cases)),
        np.arange(cases) % 2 == 0,
        ratings,
    )


def rows(**changes):
    columns = {
        "reader": ["a", "a", "b", "b"],
        "test": ["x", "x", "x", "x"],
        "case": [1, 2, 1, 2],
        "truth": [0, 1, 0, True],
        "rating": [1, 2.5, 3, 4],
    }
    return columns | changes


def test_rows_become_a_table_in_order_of_appearance():
    found = ReaderRatings.from_rows(**rows(reader=["b", "b", "a", "a"], clusters=["p", "q", "p", "q"]))
    assert (found.tests, found.readers, found.cases) == (("x",), ("b", "a"), ("1", "2"))
    assert found.ratings.tolist() == [[[1, 2.5], [3, 4]]]
    assert found.positive.tolist() == [False, True]
    assert found.clusters.tolist() == [0, 1]


def test_a_read_that_did_not_take_place_is_listed():
    design = ReaderRatings.from_rows(**rows(rating=[1, None, 3, 4])).design()
    assert (design.kind, design.complete) == ("factorial", False)
    assert design.missing == (MissingRead("x", "a", "2"),)
    assert (design.expected_reads, design.reads) == (4, 3)
    assert listed(design.missing * 7, 1) == "reader 'a' test 'x' case '2' and 6 more"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rating": [1, float("nan"), 3, 4]}, "Row 2 .*rating nan"),
        ({"rating": [1, 2, 3, float("inf")]}, "Row 4 .*rating inf"),
        ({"case": [1, 1, 1, 2], "truth": [0, 0, 0, 1]}, "Rows 1 and 2 are both"),
        ({"truth": [0, 1, 1, 1]}, "Case '1' has two different reference standards"),
        ({"truth": [0, 2, 0, 1]}, "Row 2 has the truth '2'"),
        ({"truth": [0, "1", 0, 1]}, "Row 2 has the truth '1'"),
        ({"truth": [0, 0, 0, 0]}, "0 positive and 2 negative"),
        ({"rating": [1, 2]}, "one length"),
        ({"rating": [None] * 4}, "no rating"),
        ({"clusters": ["p", "q", "q", "q"]}, "Case '1' has two different patients"),
        ({"clusters": ["p"]}, "1 patients for 4 rows"),
    ],
)
def test_bad_rows(changes, message):
    with pytest.raises(InputError, match=message):
        ReaderRatings.from_rows(**rows(**changes))


def test_bad_arrays():
    good = study(np.ones((2, 2, 4), bool))
    with pytest.raises(InputError, match="infinite"):
        ReaderRatings(good.tests, good.readers, good.cases, good.positive, np.full((2, 2, 4), np.inf))
    with pytest.raises(InputError, match="named twice"):
        ReaderRatings(("t", "t"), good.readers, good.cases, good.positive, good.ratings)
    with pytest.raises(InputError, match="do not fit"):
        ReaderRatings(good.tests, good.readers, good.cases, good.positive, good.ratings[:1])
    with pytest.raises(InputError, match="true or false"):
        ReaderRatings(good.tests, good.readers, good.cases, good.positive.astype(int), good.ratings)
    with pytest.raises(InputError, match="1 patients"):
        ReaderRatings(good.tests, good.readers, good.cases, good.positive, good.ratings, np.zeros(1, int))
    with pytest.raises(InputError, match="at least one reader"):
        ReaderRatings(good.tests, (), good.cases, good.positive, good.ratings[:, :0])


def nested(kind: str) -> np.ndarray:
    tests, readers, cases = np.meshgrid(np.arange(2), np.arange(4), np.arange(16), indexing="ij")
    return {
        "factorial": np.ones(tests.shape, bool),
        "cases nested in readers": readers == cases // 4,
        "cases nested in reader groups": readers // 2 == cases // 8,
        "cases nested in tests": tests == cases // 8,
        "cases nested in readers and tests": (tests == cases // 8) & (readers == cases % 4),
        "readers nested in tests": tests == readers // 2,
        "readers and cases nested in tests": (tests == readers // 2) & (tests == cases // 8),
    }[kind]


@pytest.mark.parametrize(
    "kind",
    [
        "factorial",
        "cases nested in readers",
        "cases nested in reader groups",
        "cases nested in tests",
        "cases nested in readers and tests",
        "readers nested in tests",
        "readers and cases nested in tests",
    ],
)
def test_designs(kind):
    read = nested(kind)
    found = study(read).design()
    assert (found.kind, found.complete) == (kind, True)
    assert found.reads == found.expected_reads == read.sum()
    if kind != "cases nested in readers and tests":
        test, reader, case = np.argwhere(read)[3]
        read[test, reader, case] = False
        found = study(read).design()
        assert (found.kind, found.missing) == (kind, (MissingRead(f"t{test}", f"r{reader}", f"c{case}"),))


def test_one_reader_and_one_test_are_factorial():
    assert study(np.ones((1, 1, 4), bool)).design().kind == "factorial"


def test_a_part_in_another_order():
    whole = study(np.ones((2, 3, 4), bool))
    part = whole.select(tests=["t1", "t0"], readers=["r2"], cases=["c3", "c0"])
    assert part.tests == ("t1", "t0")
    assert part.ratings.tolist() == whole.ratings[[1, 0]][:, [2]][:, :, [3, 0]].tolist()
    assert part.positive.tolist() == [False, True]
    with pytest.raises(UsageError, match="no reader 'nobody'"):
        whole.select(readers=["nobody"])
