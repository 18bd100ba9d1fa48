"""Clinical context of the task ``image-findings``, and the fusion head that joins it to the image."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from MedMMSlicerLib.stats.roc import auc, delong
from numpy.typing import NDArray

from .findings_linear import Floats, Logistic, fit_logistic, group_weights, unseen_scores
from .findings_recipe import FusionTable, Source

__all__ = ["Fusion", "encode_rows", "fit_fusion", "fitted_variables"]


def numbers_of(
    rows: Sequence[Mapping[str, str]], source: Source, variable: Mapping[str, Any]
) -> NDArray[np.float64]:
    """Values of a variable (N,), NaN where missing; infinity becomes the variable's limit."""
    column = source.context[variable["name"]]
    values = []
    for row in rows:
        text = row[column.column].strip()
        text = column.texts.get(text, text)
        if not text:
            values.append(math.nan)
        elif variable.get("categories"):
            values.append(float(variable["categories"].get(text, math.nan)))
        else:
            values.append(float(text))
    array = np.array(values)
    array[array == np.inf] = variable.get("maximum", np.nan)
    array[array == -np.inf] = variable.get("minimum", np.nan)
    return array


def _transformed(values: NDArray[np.float64], variable: Mapping[str, Any]) -> NDArray[np.float64]:
    return np.log1p(values) if variable.get("transform") == "log1p" else values


def fitted_variables(
    variables: Sequence[Mapping[str, Any]], rows: Sequence[Mapping[str, str]], source: Source
) -> list[dict[str, Any]]:
    """The manifest's variables with ``mean``, ``scale`` and ``fill`` (the mean) from the training rows."""
    fitted = []
    for variable in variables:
        values = _transformed(numbers_of(rows, source, variable), variable)
        mean, scale = float(np.nanmean(values)), float(np.nanstd(values)) or 1.0
        fill = math.expm1(mean) if variable.get("transform") == "log1p" else mean
        rounded = {"mean": round(mean, 6), "scale": round(scale, 6), "fill": round(fill, 6)}
        fitted.append({**variable, **rounded})
    return fitted


def encode_rows(
    variables: Sequence[Mapping[str, Any]], rows: Sequence[Mapping[str, str]], source: Source
) -> Floats:
    """Encoded values and missing flags (N, 2 n), as `MedMMSlicerLib.inference.context_vector` makes them."""
    values, flags = [], []
    for variable in variables:
        numbers = numbers_of(rows, source, variable)
        missing = np.isnan(numbers)
        filled = np.where(missing, variable["fill"], numbers)
        values.append((_transformed(filled, variable) - variable["mean"]) / variable["scale"])
        flags.append(missing.astype(np.float64))
    return np.stack(values + flags, axis=1)


@dataclass(frozen=True, eq=False)
class Fusion:
    """The fitted head.

    Parameters
    ----------
    embedding, context : ndarray, shape (D,) and (2 n,)
        Weights; those of the missing flags are zero, so that a missing value adds nothing.
    bias : float
    labels, unseen : ndarray, shape (N,)
        Labels of the training rows, and their scores from models that did not see their patient.
    figures : dict
        Cross-validated areas of image, context and both, and of what must not carry the result.
    """

    embedding: Floats
    context: Floats
    bias: float
    labels: Floats
    unseen: Floats
    figures: dict[str, Any]


def with_gaps(context: Floats, copies: int, generator: np.random.Generator) -> Floats:
    """Encoded context (N, 2 n) with random values left out, ``copies`` times; the first copy is complete."""
    count = context.shape[1] // 2
    parts = [context]
    for _ in range(copies - 1):
        drop = generator.random((len(context), count)) < generator.random((len(context), 1))
        values = np.where(drop, 0.0, context[:, :count])
        parts.append(np.hstack([values, np.maximum(context[:, count:], drop)]))
    return np.concatenate(parts)


def fit_fusion(
    embedding: Floats,
    context: Floats,
    labels: Floats,
    groups: NDArray[np.str_],
    table: FusionTable,
    seed: int,
) -> Fusion:
    """Fit the head, with the penalty and the scale of the context that give the best area on unseen patients,
    averaged over shuffles.
    """
    count = context.shape[1] // 2
    values = context[:, :count]
    scaled = {scale: np.hstack([embedding, scale * values]) for scale in table.context_scales}
    blocks = {
        "image": {1.0: embedding},
        "context": {1.0: values},
        "fused": scaled,
        "flags": {1.0: context[:, count:]},
    }
    figures: dict[str, Any] = {}
    for name, versions in blocks.items():
        areas = {
            (penalty, scale): _area(block, labels, groups, penalty, seed)
            for penalty in table.penalties
            for scale, block in versions.items()
        }
        penalty, scale = max(areas, key=lambda choice: areas[choice])
        unseen = unseen_scores(versions[scale], labels, groups, penalty, seed)
        figures[name] = {
            "auc": areas[penalty, scale],
            "auc_ci95": list(delong(labels.astype(int), unseen, groups).interval()),
            "penalty": penalty,
            "scale": scale,
        }
    positive = labels > 0
    figures |= {"n": len(labels), "patients": len(set(groups))}
    figures |= {"positives": int(positive.sum()), "positive_patients": len(set(groups[positive]))}
    generator = np.random.default_rng(seed)
    penalty, scale = figures["fused"]["penalty"], figures["fused"]["scale"]
    stacked = with_gaps(context, table.copies, generator)[:, :count]
    features = np.hstack([np.tile(embedding, (table.copies, 1)), scale * stacked])
    repeated = np.tile(labels, table.copies)
    weights = np.tile(group_weights(groups), table.copies)
    # The loss sums over all copies; the penalty has to grow alike.
    model: Logistic = fit_logistic(features, repeated, penalty * table.copies, weights)
    size = embedding.shape[1]
    return Fusion(
        model.weight[:size],
        np.concatenate([scale * model.weight[size:], np.zeros(count)]),
        model.bias,
        labels,
        unseen_scores(scaled[scale], labels, groups, penalty, seed),
        figures,
    )


def _area(features: Floats, labels: Floats, groups: NDArray[np.str_], penalty: float, seed: int) -> float:
    areas = [
        auc(labels.astype(int), unseen_scores(features, labels, groups, penalty, seed + shuffle))
        for shuffle in range(4)
    ]
    return float(np.mean(areas))
