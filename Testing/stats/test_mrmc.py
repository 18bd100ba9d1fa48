"""Multi-reader analysis against the published results of the VanDyke study.

OR-DBM: output of OR-DBM MRMC 2.51 (Schartz, Hillis, Pesce, Berbaum), jackknife, trapezoidal area. MRMCaov:
the results that the article on MRMCaov 0.3.0 (Smith, Hillis) prints.
"""

from __future__ import annotations

import math
import time
from dataclasses import replace

import numpy as np
import pytest
from MedMMSlicerLib.errors import InputError, UsageError
from MedMMSlicerLib.stats.figures import AUC, partial_auc_up_to, sensitivity_at, specificity_at
from MedMMSlicerLib.stats.mrmc import analyze
from MedMMSlicerLib.stats.mrmc_covariance import figure_table, left_out_of
from MedMMSlicerLib.stats.ratings import ReaderRatings


def digits(count: int) -> float:
    """Half a unit of the last published digit."""
    return 0.51 * 10**-count


def components(result):
    parts = result.components
    return parts.reader, parts.test_reader, parts.error, parts.cov1, parts.cov2, parts.cov3


def test_estimates_of_ordbm(vandyke):
    found = analyze(vandyke())
    areas = [cell.value for cell in found.cells]
    expected = [0.91964573, 0.85877617, 0.90386473, 0.97310789, 0.82979066]
    expected += [0.94782609, 0.90531401, 0.92173913, 0.99935588, 0.92995169]
    assert areas == pytest.approx(expected, abs=digits(8))
    squares = found.mean_squares
    assert (squares.tests, squares.readers, squares.interaction) == pytest.approx(
        (0.00479617, 0.00383620, 0.00055103), abs=digits(8)
    )
    assert components(found) == pytest.approx(
        (0.00153500, 0.00020040, 0.00080229, 0.00034661, 0.00034407, 0.00023903), abs=digits(8)
    )
    assert found.components.correlations == pytest.approx((0.43203138, 0.42886683, 0.29793328), abs=digits(8))
    assert [part.cov2 for part in found.test_components] == pytest.approx(
        (0.00048396, 0.00020419), abs=digits(8)
    )
    assert [part.error for part in found.test_components] == pytest.approx(
        (0.00101410, 0.00059047), abs=digits(8)
    )
    assert (found.positives, found.negatives, found.components.cases) == (45, 69, 114)
    assert (found.design.kind, found.excluded, found.notes) == ("factorial", (), ())


def test_random_readers_random_cases_of_ordbm(vandyke):
    found = analyze(vandyke()).random_readers_random_cases
    assert found.overall.denominator == pytest.approx(0.00107626, abs=digits(8))
    assert (found.overall.statistic, found.overall.df2) == pytest.approx((4.46, 15.26), abs=digits(2))
    assert found.overall.p_value == pytest.approx(0.0517, abs=digits(4))
    pair = found.differences[0]
    assert (pair.first, pair.second, pair.df) == ("1", "2", found.overall.df2)
    assert (pair.difference, pair.standard_error) == pytest.approx((-0.04380, 0.02075), abs=digits(5))
    assert (pair.statistic, pair.p_value) == pytest.approx((-2.11, 0.0517), abs=digits(2))
    assert pair.interval == pytest.approx((-0.08796, 0.00036), abs=digits(5))
    published = [
        (0.89703704, 0.03317360, 0.82522360, 0.96885048, 12.74),
        (0.94083736, 0.02156637, 0.89413783, 0.98753689, 12.71),
    ]
    for test, (value, error, low, high, df) in zip(found.tests, published):
        assert (test.value, test.standard_error, *test.interval) == pytest.approx(
            (value, error, low, high), abs=digits(8)
        )
        assert test.df == pytest.approx(df, abs=digits(2))


def test_fixed_readers_of_ordbm(vandyke):
    result = analyze(vandyke())
    found = result.fixed_readers_random_cases
    assert (found.overall.name, found.overall.df1, found.overall.df2) == ("X2", 1, math.inf)
    assert found.overall.statistic == pytest.approx(5.47595, abs=digits(5))
    assert found.overall.p_value == pytest.approx(0.0193, abs=digits(4))
    pair = found.differences[0]
    assert (pair.standard_error, *pair.interval) == pytest.approx(
        (0.01872, -0.08049, -0.00711), abs=digits(5)
    )
    singles = [(test.standard_error, *test.interval) for test in found.tests]
    assert singles[0] == pytest.approx((0.02428971, 0.84943008, 0.94464399), abs=digits(8))
    assert singles[1] == pytest.approx((0.01677632, 0.90795637, 0.97371835), abs=digits(8))
    # MRMCaov prints more digits of the single readers: difference, error, z, p
    readers = [
        (-0.02818035, 0.02551213, -1.1045864, 0.26933885),
        (-0.04653784, 0.02630183, -1.7693768, 0.07683102),
        (-0.0178744, 0.03120965, -0.5727202, 0.56683414),
        (-0.02624799, 0.01729129, -1.5179891, 0.12901715),
        (-0.10016103, 0.04405746, -2.2734182, 0.02300099),
    ]
    for one, expected in zip(result.reader_differences, readers):
        assert (one.difference, one.standard_error, one.statistic, one.p_value) == pytest.approx(
            expected, abs=digits(7)
        )


def test_random_readers_fixed_cases_of_ordbm(vandyke):
    found = analyze(vandyke()).random_readers_fixed_cases
    assert (found.overall.statistic, found.overall.df2) == (pytest.approx(8.704, abs=digits(3)), 4)
    assert found.overall.p_value == pytest.approx(0.04195875, abs=digits(8))
    pair = found.differences[0]
    assert (pair.standard_error, *pair.interval) == pytest.approx(
        (0.01484629, -0.08502022, -0.00258042), abs=digits(8)
    )
    singles = [(test.standard_error, *test.interval) for test in found.tests]
    assert singles[0] == pytest.approx((0.02482994, 0.82809808, 0.96597599), abs=digits(8))
    assert singles[1] == pytest.approx((0.01615303, 0.89598936, 0.98568536), abs=digits(8))


def test_delong_of_mrmcaov(vandyke):
    found = analyze(vandyke(), covariance="delong")
    assert components(found) == pytest.approx(
        (0.0015364254, 0.000204584, 0.0007921325, 0.000342009, 0.0003395265, 0.0002358497), abs=digits(10)
    )
    both = found.random_readers_random_cases
    assert (both.overall.statistic, both.overall.df2) == pytest.approx((4.484854, 15.06611), rel=1e-6)
    assert both.overall.p_value == pytest.approx(0.05123303, abs=digits(8))
    assert both.differences[0].interval == pytest.approx((-0.087867196, 0.0002665519), abs=digits(9))
    published = [
        (0.897037, 0.03307642, 12.59597, 0.8253461, 0.968728),
        (0.9408374, 0.02150464, 12.5653, 0.8942155, 0.9874592),
    ]
    for test, expected in zip(both.tests, published):
        assert (test.value, test.standard_error, test.df, *test.interval) == pytest.approx(expected, rel=1e-6)


def test_unbiased_of_mrmcaov(vandyke):
    found = analyze(vandyke(), covariance="unbiased")
    assert components(found) == pytest.approx(
        (0.001536529, 0.0002077588, 0.0007883925, 0.0003416706, 0.000339065, 0.0002356148), abs=digits(10)
    )
    both = found.random_readers_random_cases
    assert (both.overall.statistic, both.overall.df2) == pytest.approx((4.489614, 15.03418), rel=1e-6)
    assert both.overall.p_value == pytest.approx(0.0511618, abs=digits(7))
    assert both.differences[0].standard_error == pytest.approx(0.02067154, abs=digits(8))
    assert both.differences[0].interval == pytest.approx((-0.0878519409, 0.0002512968), abs=digits(10))


def test_cases_nested_in_readers_of_mrmcaov(vandyke):
    found = analyze(vandyke("readers"))
    assert found.design.kind == "cases nested in readers"
    assert components(found) == pytest.approx(
        (0.001293517, 9.213005e-05, 0.0008079682, 0.0003490676, 0, 0), abs=digits(9)
    )
    overall = found.random_readers_random_cases.overall
    assert (overall.statistic, overall.df2) == pytest.approx((8.704, 4), abs=digits(3))
    assert overall.p_value == pytest.approx(0.04195875, abs=digits(8))


def test_cases_nested_in_tests_of_mrmcaov(vandyke):
    found = analyze(vandyke("tests"))
    assert found.design.kind == "cases nested in tests"
    assert components(found) == pytest.approx(
        (0.001642585, 9.078969e-05, 0.0008058382, 0, 0.0003455973, 0), abs=digits(9)
    )
    both = found.random_readers_random_cases
    assert (both.overall.statistic, both.overall.df2) == pytest.approx((2.104491, 68.42325), rel=1e-6)
    assert both.overall.p_value == pytest.approx(0.1514363, abs=digits(7))
    assert both.differences[0].interval == pytest.approx((-0.10404242, 0.01644178), abs=digits(8))


def test_sensitivity_of_mrmcaov(vandyke):
    found = analyze(vandyke(), sensitivity_at(3))
    assert [round(cell.value, 3) for cell in found.cells] == [
        *(0.889, 0.778, 0.822, 0.933, 0.689),
        *(0.978, 0.822, 0.911, 1.0, 0.889),
    ]
    assert components(found) == pytest.approx(
        (0.0049747475, 0.0007828283, 0.0023681257, 0.0009943883, 0.0010145903, 0.0006604938), abs=digits(10)
    )
    both = found.random_readers_random_cases
    assert (both.overall.statistic, both.overall.df2) == pytest.approx((6.689493, 15.71732), rel=1e-6)
    assert both.differences[0].interval == pytest.approx((-0.1780371, -0.0175185), abs=digits(7))
    # MRMCaov cuts the upper end of the second at 1
    assert both.tests[0].interval == pytest.approx((0.6961876, 0.9482568), abs=digits(7))
    assert (both.tests[1].standard_error, both.tests[1].df) == pytest.approx((0.03741657, 7.575855), rel=1e-6)


@pytest.mark.parametrize("figure", [sensitivity_at(3), specificity_at(3)])
def test_unbiased_covariance_of_a_share_is_delongs(vandyke, figure):
    first = figure_table(vandyke(), figure, "unbiased")
    second = figure_table(vandyke(), figure, "delong")
    assert np.array_equal(first.covariance, second.covariance)
    # the jackknife of a mean is its sample covariance
    third = figure_table(vandyke(), figure, "jackknife")
    assert third.covariance == pytest.approx(first.covariance, rel=1e-9, abs=1e-15)


def brute_force_unbiased(ratings: ReaderRatings) -> np.ndarray:
    """Product of the areas less the mean over pairs of pairs without a common case, by loops."""
    flat = ratings.ratings.reshape(-1, len(ratings.cases))
    kernels = []
    for row in flat:
        pairs = {}
        for hit in np.flatnonzero(ratings.positive & ~np.isnan(row)):
            for miss in np.flatnonzero(~ratings.positive & ~np.isnan(row)):
                pairs[hit, miss] = (row[hit] > row[miss]) + 0.5 * (row[hit] == row[miss])
        kernels.append(pairs)
    found = np.empty((len(flat), len(flat)))
    for one, first in enumerate(kernels):
        for two, second in enumerate(kernels):
            apart = [
                a * b for (h, m), a in first.items() for (k, n), b in second.items() if h != k and m != n
            ]
            product = np.mean(list(first.values())) * np.mean(list(second.values()))
            found[one, two] = product - np.mean(apart)
    return found


def small_study(seed: int, missing: int = 0) -> ReaderRatings:
    generator = np.random.default_rng(seed)
    positive = np.arange(14) % 2 == 0
    ratings = generator.integers(0, 5, (2, 3, 14)) + 1.5 * positive
    ratings = np.asarray(np.round(ratings), np.float64)
    for _ in range(missing):
        ratings[tuple(generator.integers(0, size) for size in ratings.shape)] = np.nan
    return ReaderRatings(("x", "y"), ("a", "b", "c"), tuple(map(str, range(14))), positive, ratings)


@pytest.mark.parametrize("missing", [0, 9])
def test_unbiased_covariance_by_brute_force(missing):
    study = small_study(5, missing)
    found = figure_table(study, AUC, "unbiased").covariance.reshape(6, 6)
    assert found == pytest.approx(brute_force_unbiased(study), abs=1e-12)


@pytest.mark.parametrize("missing", [0, 9])
def test_quick_jackknife_is_the_slow_one(missing):
    study = small_study(6, missing)
    slow = replace(AUC, placements=None)
    quick, exact = left_out_of(study, AUC), left_out_of(study, slow)
    assert quick.without == pytest.approx(exact.without, abs=1e-14)
    assert np.array_equal(quick.read, exact.read)


def test_patients_of_one_case_are_cases():
    study = small_study(7)
    alone = replace(study, clusters=np.arange(14)[::-1].copy())
    for method in ("delong", "jackknife"):
        plain = figure_table(study, AUC, method).covariance
        clustered = figure_table(alone, AUC, method).covariance
        assert clustered == pytest.approx(plain, rel=1e-12)


def test_patients_read_twice_carry_no_more_information():
    study = small_study(8)
    doubled = ReaderRatings(
        study.tests,
        study.readers,
        tuple(f"{name}{side}" for side in "lr" for name in study.cases),
        np.tile(study.positive, 2),
        np.tile(study.ratings, (1, 1, 2)),
        np.tile(np.arange(14), 2),
    )
    for method in ("delong", "jackknife"):
        one, two = (figure_table(item, AUC, method) for item in (study, doubled))
        assert two.units == one.units == 14
        assert two.values == pytest.approx(one.values)
        assert two.covariance == pytest.approx(one.covariance, rel=1e-9)
    with pytest.raises(UsageError, match="independent"):
        figure_table(doubled, AUC, "unbiased")


def test_equal_tests_differ_by_nothing(vandyke):
    first = vandyke().select(tests=["1"])
    same = replace(first, tests=("a", "b"), ratings=np.tile(first.ratings, (2, 1, 1)))
    for inference in (
        analyze(same).random_readers_random_cases,
        analyze(same).fixed_readers_random_cases,
        analyze(same).random_readers_fixed_cases,
    ):
        assert inference.differences[0].difference == 0
        assert inference.differences[0].p_value == pytest.approx(1)
        assert inference.overall.p_value == pytest.approx(1)


def test_three_tests(vandyke):
    whole = vandyke()
    third = np.where(whole.positive, whole.ratings[:1] + 1, whole.ratings[:1])
    three = replace(whole, tests=("1", "2", "3"), ratings=np.concatenate([whole.ratings, third]))
    found = analyze(three, covariance="delong")
    both = found.random_readers_random_cases
    assert [(pair.first, pair.second) for pair in both.differences] == [("1", "2"), ("1", "3"), ("2", "3")]
    assert both.overall.df1 == 2
    assert len(found.reader_differences) == 15
    # the mean square of tests is that of all pairs
    assert found.mean_squares.tests == pytest.approx(
        5 * sum(pair.difference**2 for pair in both.differences) / 3 / 2
    )
    assert both.tests[0] == analyze(whole, covariance="delong").random_readers_random_cases.tests[0]


def test_one_reader_says_nothing_about_others(vandyke):
    found = analyze(vandyke().select(readers=["5"]))
    assert found.random_readers_random_cases is None
    assert found.random_readers_fixed_cases is None
    assert any("one reader" in note for note in found.notes)
    fixed = found.fixed_readers_random_cases.differences[0]
    own = found.reader_differences[0]
    assert (fixed.difference, fixed.standard_error) == pytest.approx((own.difference, own.standard_error))
    assert own.p_value == pytest.approx(0.02300099, abs=digits(8))


def test_one_test_has_no_differences(vandyke):
    found = analyze(vandyke().select(tests=["1"]))
    both = found.random_readers_random_cases
    assert (both.overall, both.differences) == (None, ())
    assert both.tests[0].standard_error == pytest.approx(0.03317360, abs=digits(8))


def test_readers_nested_in_tests(vandyke):
    whole = vandyke()
    ratings = np.full((2, 10, 114), np.nan)
    ratings[0, :5], ratings[1, 5:] = whole.ratings
    parallel = replace(whole, readers=tuple("abcdefghij"), ratings=ratings)
    found = analyze(parallel, covariance="delong")
    crossed = analyze(whole, covariance="delong")
    assert found.design.kind == "readers nested in tests"
    both = found.random_readers_random_cases
    assert both.tests == crossed.random_readers_random_cases.tests
    spread = [np.var([cell.value for cell in crossed.cells if cell.test == test], ddof=1) for test in "12"]
    assert found.mean_squares.readers == pytest.approx(np.mean(spread))
    # cov3 is now over 25 pairs: those of the same reader are among them
    cov1, cov3 = crossed.components.cov1, crossed.components.cov3
    mixed = (5 * cov1 + 20 * cov3) / 25
    assert found.components.cov3 == pytest.approx(mixed)
    error = math.sqrt(2 / 5 * (np.mean(spread) + 5 * (crossed.components.cov2 - mixed)))
    assert both.differences[0].standard_error == pytest.approx(error)
    ratio = (np.mean(spread) + 5 * (crossed.components.cov2 - mixed)) ** 2 / (np.mean(spread) ** 2 / 8)
    assert both.differences[0].df == both.overall.df2 == pytest.approx(ratio)
    assert both.overall.statistic == pytest.approx(both.differences[0].statistic ** 2)
    assert found.reader_differences == ()
    # readers fixed: the variance of the difference is that of the whole covariance
    covariance = figure_table(parallel, AUC, "delong").covariance.reshape(20, 20)
    weight = np.concatenate([np.full(5, 0.2), np.zeros(10), np.full(5, -0.2)])
    there = np.isfinite(np.diag(covariance))
    exact = weight[there] @ covariance[np.ix_(there, there)] @ weight[there]
    assert found.fixed_readers_random_cases.differences[0].standard_error == pytest.approx(math.sqrt(exact))
    uneven = analyze(parallel.select(readers=list("abcdefgh")))
    assert any("different numbers of readers" in note for note in uneven.notes)


def test_fixed_readers_are_the_variance_of_the_whole_covariance(vandyke):
    for design in ("factorial", "readers", "tests"):
        study = vandyke(design)
        covariance = figure_table(study, AUC, "jackknife").covariance.reshape(10, 10)
        weight = np.repeat([0.2, -0.2], 5)
        found = analyze(study).fixed_readers_random_cases.differences[0]
        assert found.standard_error == pytest.approx(math.sqrt(weight @ covariance @ weight))


def test_missing_reads_are_listed_and_used_or_left_out(vandyke):
    whole = vandyke()
    ratings = whole.ratings.copy()
    ratings[0, 2, [3, 100]] = np.nan
    holes = replace(whole, ratings=ratings)
    found = analyze(holes)
    assert [item.case for item in found.design.missing] == [whole.cases[3], whole.cases[100]]
    assert "2 of 1140 reads are missing" in found.notes[0]
    assert (found.positives, found.negatives) == (45, 69)
    complete = analyze(holes, missing="complete")
    assert (complete.positives, complete.negatives) == (44, 68)
    assert any("2 cases with missing reads were left out" in note for note in complete.notes)
    kept = [name for index, name in enumerate(whole.cases) if index not in (3, 100)]
    expected = analyze(whole.select(cases=kept))
    assert complete.random_readers_random_cases == expected.random_readers_random_cases
    full = analyze(whole).random_readers_random_cases.differences[0]
    for method in ("jackknife", "delong", "unbiased"):
        near = analyze(holes, covariance=method).random_readers_random_cases.differences[0]
        assert near.difference == pytest.approx(full.difference, abs=0.003)
        assert near.standard_error == pytest.approx(full.standard_error, rel=0.03)


def test_a_reader_without_a_test_is_left_out_and_named(vandyke):
    whole = vandyke()
    ratings = whole.ratings.copy()
    ratings[1, 4, :-1] = np.nan
    found = analyze(replace(whole, ratings=ratings))
    assert [item.reader for item in found.excluded] == ["5"]
    assert found.excluded[0].reason == "too few cases for the AUC in test 2"
    expected = analyze(whole.select(readers=list("1234")))
    assert found.random_readers_random_cases == expected.random_readers_random_cases


def test_nobody_left(vandyke):
    study = vandyke().select(readers=["1"])
    ratings = study.ratings.copy()
    ratings[1, 0, study.positive] = np.nan
    with pytest.raises(InputError, match="no reader is left"):
        analyze(replace(study, ratings=ratings))


def test_wrong_options(vandyke):
    with pytest.raises(UsageError, match="'guess'"):
        analyze(vandyke(), covariance="guess")
    with pytest.raises(UsageError, match="'drop'"):
        analyze(vandyke(), missing="drop")
    with pytest.raises(UsageError, match="between 0 and 1"):
        analyze(vandyke(), level=95)
    with pytest.raises(UsageError, match="use jackknife"):
        analyze(vandyke(), partial_auc_up_to(0.2), covariance="delong")
    with pytest.raises(UsageError, match="highest false positive rate"):
        partial_auc_up_to(0)


def test_partial_area_up_to_one_is_the_area(vandyke):
    whole, part = analyze(vandyke()), analyze(vandyke(), partial_auc_up_to(1))
    assert components(part) == pytest.approx(components(whole), rel=1e-9)


def large_study() -> ReaderRatings:
    generator = np.random.default_rng(3)
    positive = np.arange(1000) % 2 == 0
    ratings = generator.normal(size=(2, 10, 1000)) + positive
    return ReaderRatings(("x", "y"), tuple("abcdefghij"), tuple(map(str, range(1000))), positive, ratings)


@pytest.mark.parametrize(("method", "limit_s"), [("delong", 0.5), ("jackknife", 5), ("unbiased", 30)])
def test_large_studies_are_quick(method, limit_s):
    study, seconds = large_study(), []
    for _ in range(3):
        start = time.perf_counter()
        analyze(study, covariance=method)
        seconds.append(time.perf_counter() - start)
        if seconds[-1] < limit_s:
            break
    assert min(seconds) < limit_s


def test_perfect_tests_do_not_differ(vandyke):
    whole = vandyke()
    perfect = replace(whole, ratings=np.broadcast_to(whole.positive, whole.ratings.shape).astype(np.float64))
    for method in ("jackknife", "delong", "unbiased"):
        both = analyze(perfect, covariance=method).random_readers_random_cases
        assert (both.overall.statistic, both.overall.p_value) == (0, 1)
        assert both.differences[0].interval == pytest.approx((0, 0))
    useless = replace(perfect, ratings=perfect.ratings * np.array([1.0, 0.0])[:, None, None])
    both = analyze(useless, covariance="delong").random_readers_random_cases
    assert (both.differences[0].difference, both.differences[0].p_value) == (0.5, 0)


def test_order_and_scale_do_not_matter(vandyke):
    whole = vandyke()
    generator = np.random.default_rng(1)
    mixed = whole.select(
        readers=list(generator.permutation(whole.readers)), cases=list(generator.permutation(whole.cases))
    )
    mixed = replace(mixed, ratings=np.exp(mixed.ratings) - 7)
    for method in ("jackknife", "delong", "unbiased"):
        one, two = (analyze(item, covariance=method) for item in (whole, mixed))
        assert components(one) == pytest.approx(components(two))
        first, second = (item.random_readers_random_cases.differences[0] for item in (one, two))
        assert first.interval == pytest.approx(second.interval)


def test_all_positives_of_one_patient():
    study = small_study(9)
    lumped = replace(study, clusters=np.where(study.positive, 0, np.arange(14)))
    with pytest.raises(InputError, match="from one patient"):
        analyze(lumped)


def test_groups_of_readers(vandyke):
    whole = vandyke()
    groups = [whole.select(readers=names).ratings for names in (["1", "2"], ["3", "4", "5"])]
    ratings = np.full((2, 5, 228), np.nan)
    ratings[:, :2, :114], ratings[:, 2:, 114:] = groups
    split = replace(
        whole, cases=tuple(map(str, range(228))), positive=np.tile(whole.positive, 2), ratings=ratings
    )
    found = analyze(split, covariance="delong")
    assert found.design.kind == "cases nested in reader groups"
    covariance = figure_table(whole, AUC, "delong").covariance
    together = np.zeros((5, 5), bool)
    together[:2, :2] = together[2:, 2:] = True
    np.fill_diagonal(together, False)
    # of 20 pairs of readers 8 share cases, the others count as 0
    cov2 = np.mean([covariance[test, :, test, :][together].sum() / 20 for test in range(2)])
    assert found.components.cov2 == pytest.approx(cov2)
    assert found.components.cov1 == pytest.approx(analyze(whole, covariance="delong").components.cov1)
