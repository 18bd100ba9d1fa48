"""Penalised logistic regression and principal components: the small models around the network."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from MedMMSlicerLib.stats.calibration import sigmoid
from numpy.typing import NDArray
from scipy.optimize import minimize

__all__ = ["Logistic", "fit_logistic", "grouped_folds", "principal_components", "unseen_scores"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Logistic:
    """score = x @ weight + bias."""

    weight: Floats
    bias: float

    def scores(self, features: Floats) -> Floats:
        """Logits (N,) of features (N, D)."""
        return np.asarray(features @ self.weight + self.bias)


def fit_logistic(features: Floats, labels: Floats, penalty: float, weights: Floats | None = None) -> Logistic:
    """Logistic regression with half ``penalty`` times the squared weights, bias not penalised.

    Parameters
    ----------
    features : ndarray, shape (N, D)
    labels : ndarray of 0 and 1, shape (N,)
    penalty : float
        Relative to a sum of sample weights of N.
    weights : ndarray, shape (N,), optional
    """
    count, size = features.shape
    sample = np.ones(count) if weights is None else weights * count / weights.sum()

    def loss(parameters: Floats) -> tuple[float, Floats]:
        logits = features @ parameters[:-1] + parameters[-1]
        gap = sample * (sigmoid(logits) - labels)
        value = float(sample @ (np.logaddexp(0, logits) - labels * logits))
        value += 0.5 * penalty * float(parameters[:-1] @ parameters[:-1])
        return value, np.append(features.T @ gap + penalty * parameters[:-1], gap.sum())

    found = minimize(loss, np.zeros(size + 1), jac=True, method="L-BFGS-B", options={"maxiter": 500})
    return Logistic(found.x[:-1], float(found.x[-1]))


def grouped_folds(groups: NDArray[np.str_], labels: Floats, folds: int, seed: int) -> NDArray[np.int64]:
    """Fold of each row; a group stays together, and groups with a positive are spread evenly."""
    names = np.unique(groups)
    np.random.default_rng(seed).shuffle(names)
    positive = {name: float(labels[groups == name].max()) for name in names}
    ordered = sorted(names, key=lambda name: -positive[name])
    fold = {name: index % folds for index, name in enumerate(ordered)}
    return np.array([fold[name] for name in groups])


def unseen_scores(
    features: Floats, labels: Floats, groups: NDArray[np.str_], penalty: float, seed: int = 0, folds: int = 5
) -> Floats:
    """Scores (N,) of each row from a model that saw no row of its group; groups weigh alike."""
    part = grouped_folds(groups, labels, folds, seed)
    scores = np.zeros(len(labels))
    weights = group_weights(groups)
    for index in np.unique(part):
        train = part != index
        model = fit_logistic(features[train], labels[train], penalty, weights[train])
        scores[~train] = model.scores(features[~train])
    return scores


def group_weights(groups: NDArray[np.str_]) -> Floats:
    """One over the square root of the group's size."""
    _, inverse, counts = np.unique(groups, return_inverse=True, return_counts=True)
    return np.asarray(1 / np.sqrt(counts[inverse]))


def principal_components(features: Floats, dimensions: int) -> tuple[Floats, Floats]:
    """Mean (E,) and matrix (E, D) that give uncorrelated components of unit spread."""
    mean = features.mean(axis=0)
    _, singular, vectors = np.linalg.svd(features - mean, full_matrices=False)
    keep = min(dimensions, int((singular > 1e-6 * singular[0]).sum()))
    spread = singular[:keep] / np.sqrt(max(1, len(features) - 1))
    return mean, vectors[:keep].T / spread
