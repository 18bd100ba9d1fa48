"""Published data through the command line: ``import``, ``analyze``, and the figures in ``results.json``."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .published import vandyke_csv

Medmm = Callable[..., Any]
Json = dict[str, Any]


def close(value: float | None, published: float, digits: int) -> None:
    """Assert that a value rounds to what was published (half a unit of its last digit, and a bit)."""
    assert value == pytest.approx(published, abs=0.501 * 10**-digits, rel=0)


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("vandyke") / "VanDyke.csv"
    path.write_text(vandyke_csv())
    return path


@pytest.fixture
def run(medmm: Medmm, table: Path, tmp_path: Path) -> Callable[..., Json]:
    def call(*options: object, case: str = "case") -> Json:
        study, out = tmp_path / "study", tmp_path / "out"
        done = medmm(
            "study", "import", table, "--out", study, "--test-column=treatment", f"--case-column={case}"
        )
        assert done.code == 0, done.err
        done = medmm("study", "analyze", study, "--out", out, *options)
        assert done.code == 0, done.err
        value: Json = json.loads((out / "results.json").read_text())
        return value

    return call


def test_iowa_or_dbm_mrmc_2_51_with_the_jackknife(run: Callable[..., Json]) -> None:
    # Iowa OR-DBM MRMC 2.51 build 20181028, trapezoidal area, jackknife, data VanDyke
    auc = run()["targets"]["rating"]["auc"]
    areas = {(cell["test"], cell["reader"]): cell["value"] for cell in auc["cells"]}
    published = {
        "1": [0.91964573, 0.85877617, 0.90386473, 0.97310789, 0.82979066],
        "2": [0.94782609, 0.90531401, 0.92173913, 0.99935588, 0.92995169],
    }
    for test, values in published.items():
        for reader, value in enumerate(values, 1):
            close(areas[test, str(reader)], value, 8)
    squares, components, dbm = auc["mean_squares"], auc["components"], auc["dbm_components"]
    for value, figure in zip(squares.values(), (0.00479617, 0.00383620, 0.00055103)):
        close(value, figure, 8)
    names = ("reader", "test_reader", "cov1", "cov2", "cov3", "error")
    for name, figure in zip(names, (0.001535, 0.0002004, 0.00034661, 0.00034407, 0.00023903, 0.00080229)):
        close(components[name], figure, 8)
    assert components["cases"] == 114
    for value, figure in zip(
        dbm.values(), (0.001535, 0.02724923, 0.0002004, 0.0119753, 0.01226473, 0.0399716)
    ):
        close(value, figure, 8)

    random = auc["random_readers_random_cases"]
    assert auc["primary"] == "random_readers_random_cases"
    close(random["overall"]["statistic"], 4.46, 2)
    close(random["overall"]["df2"], 15.26, 2)
    close(random["overall"]["denominator"], 0.00107626, 8)
    (row,) = random["differences"]
    assert (row["first"], row["second"]) == ("1", "2")
    for name, figure, digits in (
        ("difference", -0.04380032, 8), ("standard_error", 0.02075, 5), ("df", 15.26, 2),
        ("statistic", -2.11, 2), ("p_value", 0.0517, 4),
    ):  # fmt: skip
        close(row[name], figure, digits)
    close(row["interval"][0], -0.08796, 5)
    close(row["interval"][1], 0.00036, 5)
    for row, figures in zip(
        random["tests"],
        ((0.89703704, 0.03317360, 12.74, 0.82522360, 0.96885048),
         (0.94083736, 0.02156637, 12.71, 0.89413783, 0.98753689)),
    ):  # fmt: skip
        close(row["value"], figures[0], 8)
        close(row["standard_error"], figures[1], 8)
        close(row["df"], figures[2], 2)
        close(row["interval"][0], figures[3], 8)
        close(row["interval"][1], figures[4], 8)

    fixed = auc["fixed_readers_random_cases"]
    close(fixed["overall"]["statistic"], 5.47595, 5)
    close(fixed["overall"]["p_value"], 0.0193, 4)
    assert fixed["overall"]["name"] == "X2" and fixed["overall"]["df2"] is None
    (row,) = fixed["differences"]
    close(row["standard_error"], 0.01872, 5)
    close(row["statistic"], -2.34, 2)
    close(row["interval"][0], -0.08049, 5)
    close(row["interval"][1], -0.00711, 5)
    close(fixed["tests"][0]["standard_error"], 0.02428971, 8)
    close(fixed["tests"][1]["interval"][1], 0.97371835, 8)
    for row, (difference, error, z, p, low, high) in zip(
        auc["reader_differences"],
        ((-0.02818, 0.02551, -1.10, 0.2693, -0.07818, 0.02182),
         (-0.04654, 0.02630, -1.77, 0.0768, -0.09809, 0.00501),
         (-0.01787, 0.03121, -0.57, 0.5668, -0.07904, 0.04330),
         (-0.02625, 0.01729, -1.52, 0.1290, -0.06014, 0.00764),
         (-0.10016, 0.04406, -2.27, 0.0230, -0.18651, -0.01381)),
    ):  # fmt: skip
        close(row["difference"], difference, 5)
        close(row["standard_error"], error, 5)
        close(row["statistic"], z, 2)
        close(row["p_value"], p, 4)
        close(row["interval"][0], low, 5)
        close(row["interval"][1], high, 5)

    cases_fixed = auc["random_readers_fixed_cases"]
    close(cases_fixed["overall"]["statistic"], 8.70, 2)
    close(cases_fixed["overall"]["p_value"], 0.0420, 4)
    assert (cases_fixed["overall"]["df1"], cases_fixed["overall"]["df2"]) == (1, 4)
    (row,) = cases_fixed["differences"]
    close(row["standard_error"], 0.01485, 5)
    close(row["interval"][0], -0.08502, 5)
    close(row["interval"][1], -0.00258, 5)
    close(cases_fixed["tests"][0]["interval"][0], 0.82809808, 8)


# MRMCaov 0.3.0, printed in its article (docs/jss/MRMCaov.tex)
@pytest.mark.parametrize(
    ("covariance", "components", "f", "df", "p", "error", "interval", "t"),
    [
        ("delong", (0.0015364254, 0.000204584, 0.0007921325, 0.000342009, 0.0003395265, 0.0002358497),
         4.484854, 15.06611, 0.05123303, 0.0206825, (-0.087867196, 0.0002665519), -2.117747),
        ("unbiased", (0.001536529, 0.0002077588, 0.0007883925, 0.0003416706, 0.000339065, 0.0002356148),
         4.489614, 15.03418, 0.0511618, 0.02067154, (-0.0878519409, 0.0002512968), -2.118871),
    ],
)  # fmt: skip
def test_mrmcaov_with_delongs_and_the_unbiased_covariance(
    run: Callable[..., Json],
    covariance: str,
    components: tuple[float, ...],
    f: float,
    df: float,
    p: float,
    error: float,
    interval: tuple[float, float],
    t: float,
) -> None:
    auc = run("--covariance", covariance)["targets"]["rating"]["auc"]
    names = ("reader", "test_reader", "error", "cov1", "cov2", "cov3")
    for name, figure in zip(names, components):
        assert auc["components"][name] == pytest.approx(figure, rel=1e-6)
    random = auc["random_readers_random_cases"]
    (row,) = random["differences"]
    assert random["overall"]["statistic"] == pytest.approx(f, rel=1e-6)
    assert row["df"] == pytest.approx(df, rel=1e-6)
    assert row["p_value"] == pytest.approx(p, rel=1e-6)
    assert row["standard_error"] == pytest.approx(error, rel=1e-6)
    assert row["interval"] == pytest.approx(list(interval), rel=1e-5)
    assert row["statistic"] == pytest.approx(t, rel=1e-6)


def test_cases_nested_in_readers(run: Callable[..., Json]) -> None:
    target = run(case="case2")["targets"]["rating"]
    auc = target["auc"]
    assert target["design"] == "cases nested in readers"
    for name, figure in (
        ("reader", 0.001293517), ("test_reader", 9.213005e-05), ("error", 0.0008079682),
        ("cov1", 0.0003490676), ("cov2", 0.0), ("cov3", 0.0),
    ):  # fmt: skip
        assert auc["components"][name] == pytest.approx(figure, rel=1e-6, abs=1e-15)
    overall = auc["random_readers_random_cases"]["overall"]
    assert overall["statistic"] == pytest.approx(8.704, abs=5e-4)
    assert overall["p_value"] == pytest.approx(0.04195875, rel=1e-6)


def test_cases_nested_in_tests(run: Callable[..., Json]) -> None:
    target = run(case="case3")["targets"]["rating"]
    auc = target["auc"]
    assert target["design"] == "cases nested in tests"
    for name, figure in (
        ("reader", 0.001642585), ("test_reader", 9.078969e-05), ("error", 0.0008058382),
        ("cov1", 0.0), ("cov2", 0.0003455973), ("cov3", 0.0),
    ):  # fmt: skip
        assert auc["components"][name] == pytest.approx(figure, rel=1e-6, abs=1e-15)
    random = auc["random_readers_random_cases"]
    (row,) = random["differences"]
    assert random["overall"]["statistic"] == pytest.approx(2.104491, rel=1e-6)
    assert row["df"] == pytest.approx(68.42325, rel=1e-6)
    assert row["p_value"] == pytest.approx(0.1514363, rel=1e-6)
    assert row["interval"] == pytest.approx([-0.10404242, 0.01644178], rel=1e-6)


def test_sensitivity_at_rating_3(run: Callable[..., Json]) -> None:
    target = run("--threshold", 3)["targets"]["rating"]
    metric = target["sensitivity"]
    cells = [cell["value"] for cell in metric["cells"]]
    published = [0.889, 0.778, 0.822, 0.933, 0.689, 0.978, 0.822, 0.911, 1.0, 0.889]
    assert cells == pytest.approx(published, abs=5e-4)
    for name, figure in (
        ("error", 0.0023681257), ("cov1", 0.0009943883), ("cov2", 0.0010145903), ("cov3", 0.0006604938),
        ("reader", 0.0049747475), ("test_reader", 0.0007828283),
    ):  # fmt: skip
        assert metric["components"][name] == pytest.approx(figure, rel=1e-6)
    random = metric["random_readers_random_cases"]
    (row,) = random["differences"]
    assert random["overall"]["statistic"] == pytest.approx(6.689493, rel=1e-6)
    assert (row["df"], row["p_value"]) == pytest.approx((15.71732, 0.02008822), rel=1e-6)
    assert row["interval"] == pytest.approx([-0.1780371, -0.0175185], rel=1e-5)
    # the same calls, counted
    (first,) = [
        item for item in target["operating_point"]["rows"] if (item["test"], item["reader"]) == ("1", "1")
    ]
    assert (first["tp"], first["fn"]) == (40, 5) and first["sensitivity"]["value"] == cells[0]


@pytest.mark.parametrize(
    ("options", "primary", "p"),
    [
        (("--readers", "fixed"), "fixed_readers_random_cases", 0.01927984),
        (("--cases", "fixed"), "random_readers_fixed_cases", 0.04195875),
    ],
)
def test_what_is_fixed_decides_the_primary_analysis(
    run: Callable[..., Json], options: tuple[str, ...], primary: str, p: float
) -> None:
    results = run(*options)
    auc = results["targets"]["rating"]["auc"]
    assert auc["primary"] == primary
    assert auc[primary]["differences"][0]["p_value"] == pytest.approx(p, rel=1e-6)
    assert results["multiplicity"]["rows"][0]["p_value"] == auc[primary]["differences"][0]["p_value"]


def test_a_reference_turns_the_difference(run: Callable[..., Json]) -> None:
    auc = run("--reference-test", "1", "--alpha", "0.1")["targets"]["rating"]["auc"]
    (row,) = auc["random_readers_random_cases"]["differences"]
    assert (row["first"], row["second"]) == ("2", "1")
    assert row["difference"] == pytest.approx(0.04380032, abs=5e-9)
    assert row["p_value"] == pytest.approx(0.0517, abs=5e-5)
    assert row["interval"][0] > 0  # the 90 % interval leaves zero out


# pROC's tests (ci.auc, roc.test), data aSAH: three markers of the same patients, taken as tests of one reader
def test_asah_delong(medmm: Medmm, repository: Path, tmp_path: Path) -> None:
    with (repository / "Testing" / "stats" / "data" / "asah.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    lines = ["reader,test,case,truth,rating"]
    for case, row in enumerate(rows):
        lines += [
            f"lab,{name},{case},{row['poor_outcome']},{row[name]}" for name in ("wfns", "s100b", "ndka")
        ]
    (tmp_path / "asah.csv").write_text("\n".join(lines))
    assert medmm("study", "import", tmp_path / "asah.csv", "--out", tmp_path / "study").code == 0
    done = medmm(
        "study", "analyze", tmp_path / "study", "--out", tmp_path / "out", "--covariance", "delong", "--json"
    )
    target = json.loads(done.out)["targets"]["rating"]
    auc = target["auc"]
    assert auc["primary"] == "fixed_readers_random_cases" and auc["random_readers_random_cases"] is None
    assert any("single reader" in note for note in auc["notes"])
    cells = {cell["test"]: cell for cell in auc["cells"]}
    for name, area, variance in (
        ("wfns", 0.8236788617886179, 0.00146991470882363),
        ("s100b", 0.7313685636856369, 0.00266868245717244),
        ("ndka", 0.6119579945799458, 0.0031908105493913),
    ):
        assert cells[name]["value"] == pytest.approx(area, rel=1e-12)
        assert cells[name]["standard_error"] ** 2 == pytest.approx(variance, rel=1e-9)
    assert cells["ndka"]["interval"] == pytest.approx([0.501244999271703, 0.722670989888189], rel=1e-6)
    tests = {(row["first"], row["second"]): row for row in target["delong"]}
    for pair, z, p, interval in (
        (("wfns", "s100b"), 2.20898359144091, 0.0271757822291882, [0.0104061769564846, 0.174214419249478]),
        (("wfns", "ndka"), 2.79777591868904, 0.00514557970691098, [0.0634011709339876, 0.3600405634833566]),
        (("s100b", "ndka"), 1.39077002573558, 0.164295175223054, [-0.0488706064228094, 0.2876917446341914]),
    ):
        assert (tests[pair]["statistic"], tests[pair]["p_value"]) == pytest.approx((z, p), rel=1e-9)
        assert tests[pair]["ci95"] == pytest.approx(interval, rel=1e-6)
