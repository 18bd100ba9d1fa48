"""Bands, average curves and partial areas."""

from __future__ import annotations

import csv
import itertools
from pathlib import Path

import numpy as np
import pytest
from MedMMSlicerLib.errors import InputError, UsageError
from MedMMSlicerLib.stats.partial_auc import partial_area, partial_auc
from MedMMSlicerLib.stats.ratings import ReaderRatings
from MedMMSlicerLib.stats.roc import auc, delong
from MedMMSlicerLib.stats.roc_bands import average_roc, roc_band


@pytest.fixture(scope="module")
def asah() -> tuple[np.ndarray, np.ndarray]:
    with (Path(__file__).parent / "data" / "asah.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    return np.array([int(row["poor_outcome"]) for row in rows]), np.array(
        [float(row["s100b"]) for row in rows]
    )


def test_parts_add_to_the_whole(asah):
    positive = asah[0].astype(bool)
    edges = [0, 0.1, 0.25, 1 / 3, 0.8, 1]
    parts = [partial_area(positive, asah[1], high, low) for low, high in itertools.pairwise(edges)]
    assert sum(parts) == pytest.approx(auc(*asah), abs=1e-12)


def test_partial_area_by_hand():
    # curve: (0, 0), (0, .5), (.5, .5), (.5, 1), (1, 1)
    labels, scores = np.array([1, 1, 0, 0], bool), np.array([4.0, 2.0, 3.0, 1.0])
    assert partial_area(labels, scores, 0.5) == pytest.approx(0.25)
    assert partial_area(labels, scores, 1.0, 0.5) == pytest.approx(0.5)
    assert partial_area(labels, scores, 0.75, 0.25) == pytest.approx(0.125 + 0.25)


def test_whole_range_is_the_area_with_the_jackknife_error(asah):
    found = partial_auc(*asah, 1.0)
    assert found.area == pytest.approx(auc(*asah))
    assert found.standardized == pytest.approx(auc(*asah))
    assert found.standard_error == pytest.approx(delong(*asah).variance ** 0.5, rel=0.02)


def test_partial_areas_of_proc(asah):
    # pROC (xrobin/pROC), tests/testthat/test-auc.R, S100B: specificity 1 to 0.99, 0.95, 0.9, and 0.9 to 0.8
    ranges = {(0, 0.01): 0.00292682926829269, (0, 0.05): 0.0155487804878049, (0, 0.1): 0.0327574525745257}
    for (low, high), area in (ranges | {(0.1, 0.2): 0.0478319783197832}).items():
        assert partial_auc(*asah, high, low).area == pytest.approx(area, abs=1e-12)
    assert partial_auc(*asah, 0.1).standardized == pytest.approx(0.646091855655399, abs=1e-12)


def test_standardized_area():
    perfect = partial_auc([0, 0, 1, 1], [1, 2, 3, 4], 0.2)
    assert (perfect.area, perfect.standardized, perfect.standard_error) == pytest.approx((0.2, 1, 0))
    chance = partial_auc([0, 0, 1, 1], [1, 1, 1, 1], 0.2)
    assert chance.standardized == pytest.approx(0.5)


def test_bad_ranges(asah):
    with pytest.raises(UsageError, match="no range"):
        partial_auc(*asah, 0.1, 0.2)
    with pytest.raises(InputError, match="two positive"):
        partial_auc([0, 0, 1], [1, 2, 3], 0.2)


def test_band_holds_the_curve(asah):
    band = roc_band(*asah, points=21, replicates=400)
    assert band.fpr.tolist() == pytest.approx(np.linspace(0, 1, 21).tolist())
    assert (band.low <= band.sensitivity + 1e-12).all()
    assert (band.sensitivity <= band.high + 1e-12).all()
    assert (np.diff(band.sensitivity) >= 0).all()
    assert band.sensitivity[-1] == band.low[-1] == 1
    wide = band.high - band.low
    narrow = roc_band(*asah, points=21, replicates=400, level=0.5)
    assert (narrow.high - narrow.low)[5:15].mean() < wide[5:15].mean()
    again = roc_band(*asah, points=21, replicates=400)
    assert np.array_equal(again.low, band.low)
    with pytest.raises(UsageError, match="two points"):
        roc_band(*asah, points=1)


def test_heights_at_and_between_steps():
    band = roc_band([1, 1, 0, 0], [4, 2, 3, 1], points=5, replicates=2)
    assert band.sensitivity.tolist() == [0.5, 0.5, 1, 1, 1]
    tied = roc_band([1, 0], [1, 1], points=5, replicates=2)
    assert tied.sensitivity.tolist() == [0, 0.25, 0.5, 0.75, 1]


def test_average_is_the_mean_of_readers(vandyke):
    study = vandyke()
    found = average_roc(study, "1", points=11)
    single = [average_roc(study.select(readers=[name]), "1", points=11).sensitivity for name in study.readers]
    assert found.sensitivity == pytest.approx(np.mean(single, axis=0))
    assert found.readers == study.readers
    # the area under the average curve is the average area
    fine = average_roc(study, "1", points=10_001)
    middle = (fine.sensitivity[1:] + fine.sensitivity[:-1]) / 2
    assert middle.mean() == pytest.approx(0.89703704, abs=1e-3)
    with pytest.raises(UsageError, match="no test '3'"):
        average_roc(study, "3")


def test_readers_without_both_kinds_are_not_in_the_average():
    ratings = np.array([[[1.0, 2, 3, 4], [1, 2, np.nan, np.nan]]])
    positive = np.array([False, False, True, True])
    study = ReaderRatings(("t",), ("a", "b"), tuple("wxyz"), positive, ratings)
    assert average_roc(study, "t").readers == ("a",)
    with pytest.raises(InputError, match="No reader"):
        average_roc(study.select(readers=["b"]), "t")
