"""Mixed models against lme4's figures and against the criterion written out."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import pytest
from MedMMSlicerLib.errors import InputError
from MedMMSlicerLib.stats.mixed_model import RandomTerm, fit_mixed_model


@pytest.fixture(scope="module")
def sleep() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    with (Path(__file__).parent / "data" / "sleepstudy.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    reaction = np.array([float(row["Reaction"]) for row in rows])
    days = np.array([float(row["Days"]) for row in rows])
    subjects = np.unique([row["Subject"] for row in rows], return_inverse=True)[1]
    return reaction, np.column_stack([np.ones(len(days)), days]), subjects


def errors(model):
    return np.sqrt(np.diag(model.covariance))


def test_random_intercept_of_lme4(sleep):
    reaction, fixed, subjects = sleep
    found = fit_mixed_model(reaction, fixed, [RandomTerm("subject", subjects)])
    assert found.fixed == pytest.approx([251.40510485, 10.46728596], abs=1e-7)
    assert errors(found) == pytest.approx([9.746709, 0.804222], rel=2e-6)
    assert math.sqrt(found.random["subject"][0, 0]) == pytest.approx(37.12379, abs=1e-4)
    assert found.residual_sd == pytest.approx(30.99124, abs=1e-5)
    assert found.minus2_reml == pytest.approx(1786.46508, abs=1e-5)
    # lmerTest, which takes Satterthwaite's degrees of freedom: 22.8 and 161
    freedom = [found.degrees_of_freedom(row) for row in np.eye(2)]
    assert freedom == pytest.approx([22.8, 161], abs=0.05)


def test_random_slope_of_lme4(sleep):
    reaction, fixed, subjects = sleep
    found = fit_mixed_model(reaction, fixed, [RandomTerm("subject", subjects, fixed)])
    assert found.fixed == pytest.approx([251.40510485, 10.46728596], abs=1e-7)
    assert errors(found) == pytest.approx([6.824582, 1.545788], rel=1e-5)
    assert found.residual_sd == pytest.approx(25.5918, abs=1e-4)
    assert found.minus2_reml == pytest.approx(1743.62827, abs=1e-5)
    assert [found.degrees_of_freedom(row) for row in np.eye(2)] == pytest.approx([17, 17], abs=0.01)


def criterion(response, fixed, levels, spreads, residual):
    """REML criterion from the covariance matrix of all observations."""
    covariance = residual**2 * np.eye(len(response))
    for name, level in levels.items():
        covariance += spreads[name] ** 2 * (level[:, None] == level[None])
    inverse = np.linalg.inv(covariance)
    information = fixed.T @ inverse @ fixed
    rest = response - fixed @ np.linalg.solve(information, fixed.T @ inverse @ response)
    logs = np.linalg.slogdet(covariance)[1] + np.linalg.slogdet(information)[1]
    return logs + rest @ inverse @ rest + (len(response) - fixed.shape[1]) * math.log(2 * math.pi)


def test_crossed_terms_by_the_written_out_criterion():
    generator = np.random.default_rng(1)
    reader, case = (grid.ravel() for grid in np.meshgrid(np.arange(4), np.arange(15), indexing="ij"))
    kept = generator.random(60) > 0.1
    reader, case = reader[kept], case[kept]
    response = 2 + generator.normal(size=4)[reader] + 0.7 * generator.normal(size=15)[case]
    response += 0.5 * generator.normal(size=len(reader))
    fixed = np.column_stack([np.ones(len(reader)), generator.normal(size=len(reader))])
    levels = {"reader": reader, "case": case}
    found = fit_mixed_model(response, fixed, [RandomTerm(name, level) for name, level in levels.items()])
    spreads = {name: math.sqrt(found.random[name][0, 0]) for name in levels}
    best = criterion(response, fixed, levels, spreads, found.residual_sd)
    assert found.minus2_reml == pytest.approx(best, abs=1e-8)
    for name in levels:
        for factor in (0.97, 1.03):
            moved = spreads | {name: spreads[name] * factor}
            assert criterion(response, fixed, levels, moved, found.residual_sd) > best
    assert criterion(response, fixed, levels, spreads, found.residual_sd * 1.02) > best


def test_balanced_layout_is_the_paired_t_test():
    generator = np.random.default_rng(5)
    subject = np.repeat(np.arange(12), 2)
    response = 3 * generator.normal(size=12)[subject] + generator.normal(size=24) + np.tile([0, 0.5], 12)
    fixed = np.column_stack([np.ones(24), np.tile([0, 1], 12)])
    found = fit_mixed_model(response, fixed, [RandomTerm("subject", subject)])
    gaps = response[1::2] - response[::2]
    assert found.fixed[1] == pytest.approx(gaps.mean())
    assert errors(found)[1] == pytest.approx(gaps.std(ddof=1) / math.sqrt(12), rel=1e-5)
    assert found.degrees_of_freedom(np.array([0.0, 1.0])) == pytest.approx(11, abs=0.01)


def test_too_little_data():
    with pytest.raises(InputError, match="do not determine"):
        fit_mixed_model(np.ones(3), np.ones((3, 2)), [RandomTerm("a", np.arange(3))])
