"""Ratings that several tests use."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
from MedMMSlicerLib.stats.ratings import ReaderRatings


@pytest.fixture(scope="session")
def vandyke() -> Callable[[str], ReaderRatings]:
    """The VanDyke study as ``factorial``, or with cases nested in ``readers`` or ``tests``."""
    with (Path(__file__).parent / "data" / "vandyke.csv").open(newline="") as file:
        cases = list(csv.DictReader(file))
    reads = [
        (reader, test, case["case"], int(case["truth"]), float(case[f"test{test}_reader{reader}"]))
        for test in "12"
        for reader in "12345"
        for case in cases
    ]

    def build(design: str = "factorial") -> ReaderRatings:
        columns = [list(column) for column in zip(*reads)]
        prefix = {"factorial": [""] * len(reads), "readers": columns[0], "tests": columns[1]}[design]
        columns[2] = [f"{group}.{case}" for group, case in zip(prefix, columns[2])]
        return ReaderRatings.from_rows(*columns)

    return build
