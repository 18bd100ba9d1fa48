from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from MedMMSlicerLib.stats.ratings import ReaderRatings
from MedMMSlicerLib.stats.roc import auc
from MedMMSlicerLib.study.analysis.curves import roc_curves
from MedMMSlicerLib.study.analysis.plain import plain


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000), readers=st.integers(1, 5), levels=st.integers(2, 12), missing=st.booleans()
)
def test_the_area_under_the_average_is_the_mean_of_the_areas(
    seed: int, readers: int, levels: int, missing: bool
) -> None:
    generator = np.random.default_rng(seed)
    positive = generator.random(30) < 0.4
    positive[:4] = [True, True, False, False]
    given_ratings = generator.integers(0, levels, (2, readers, 30)).astype(float)
    if missing:
        given_ratings[generator.random(given_ratings.shape) < 0.2] = np.nan
        given_ratings[:, :, :4] = 1.0
    names = tuple(f"r{index}" for index in range(readers))
    ratings = ReaderRatings(("a", "b"), names, tuple(map(str, range(30))), positive, given_ratings)
    curves = roc_curves(ratings)
    assert len(curves["readers"]) == 2 * readers and len(curves["averages"]) == 2
    for index, average in enumerate(curves["averages"]):
        areas = []
        for row in given_ratings[index]:
            kept = ~np.isnan(row)
            areas.append(auc(positive[kept].astype(int), row[kept]))
        x, y = np.array(average["fpr"]), np.array(average["tpr"])
        assert (np.diff(x) >= 0).all() and (np.diff(y) >= -1e-12).all() and (y[-1], x[-1]) == (1, 1)
        assert np.sum(np.diff(x) * (y[1:] + y[:-1]) / 2) == pytest.approx(np.mean(areas), abs=1e-12)


def test_what_is_not_finite_becomes_none() -> None:
    value = {"a": np.array([1.5, np.nan]), 2: (np.int64(3), np.inf, True, None, "text")}
    assert plain(value) == {"a": [1.5, None], "2": [3, None, True, None, "text"]}
