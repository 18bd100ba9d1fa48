"""Whatever table is imported: it is analyzed and shown, or refused in one line."""

from __future__ import annotations

import json
import math

import html5lib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from MedMMSlicerLib.errors import MedMMError
from MedMMSlicerLib.stats.reading_time import analyze_times
from MedMMSlicerLib.study.analysis.analysis import analyze_folder
from MedMMSlicerLib.study.analysis.folder import csv_bytes, write_study
from MedMMSlicerLib.study.analysis.importing import ImportRequest, import_study
from MedMMSlicerLib.study.analysis.options import AnalysisOptions


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    readers=st.integers(1, 3),
    tests=st.integers(1, 3),
    cases=st.integers(2, 12),
    levels=st.integers(1, 4),
    missing=st.sampled_from([0.0, 0.15, 0.6]),
    clustered=st.booleans(),
    covariance=st.sampled_from(["jackknife", "delong", "unbiased"]),
    treatment=st.sampled_from(["available", "complete"]),
)
def test_small_tables_of_every_kind(
    tmp_path_factory: pytest.TempPathFactory,
    seed: int,
    readers: int,
    tests: int,
    cases: int,
    levels: int,
    missing: float,
    clustered: bool,
    covariance: str,
    treatment: str,
) -> None:
    generator = np.random.default_rng(seed)
    rows = [
        (f"R{reader}", f"T{test}", f"C{case}", str(case % 2), str(int(generator.integers(levels))),
         f"{generator.lognormal(3):.2f}" if generator.random() < 0.8 else "",
         str(case // 2) if clustered else "")
        for reader in range(readers)
        for test in range(tests)
        for case in range(cases)
        if generator.random() >= missing
    ]  # fmt: skip
    folder = tmp_path_factory.mktemp("any")
    header = ("reader", "test", "case", "truth", "rating", "time_s", "cluster")
    (folder / "r.csv").write_bytes(csv_bytes(header, rows))
    options = AnalysisOptions(threshold=1.0, covariance=covariance, missing=treatment)  # type: ignore[arg-type]
    try:
        write_study(import_study(ImportRequest(folder / "r.csv")), folder / "s")
        analyze_folder(folder / "s", folder / "o", options)
    except MedMMError as error:
        assert "\n" not in str(error) and not (folder / "o").exists()
        return
    results = json.loads((folder / "o" / "results.json").read_text())
    assert results["flow"]["reads"] == len(rows)
    page = (folder / "o" / "report.html").read_text(encoding="utf-8")
    html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(page)


def test_times_with_hardly_a_degree_of_freedom_have_a_limit_that_no_float_holds() -> None:
    gap = float("nan")
    seconds = [[[5.57, 4.95, gap], [gap, gap, gap]], [[gap, gap, gap], [7.49, gap, 39.74]]]
    result = analyze_times(seconds, ["a", "b"])
    assert any(math.isinf(item.interval[1]) for item in result.tests)
