"""Sensitivity, specificity, predictive values and accuracy of yes-or-no calls, with intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InputError
from .clustered import ClusteredProportion, clustered_proportion
from .proportions import ConfusionCounts, clopper_pearson_interval, confusion_counts, wilson_interval

__all__ = ["DiagnosticAccuracy", "Proportion", "diagnostic_accuracy"]


@dataclass(frozen=True)
class Proportion:
    """A share with its intervals; ``clustered`` where the patients of the cases are known, two at least."""

    successes: int
    total: int
    value: float
    wilson: tuple[float, float]
    clopper_pearson: tuple[float, float]
    clustered: ClusteredProportion | None


@dataclass(frozen=True)
class DiagnosticAccuracy:
    """What calls are worth; None where no case counts. Predictive values are those at the share of positives
    here."""

    counts: ConfusionCounts
    sensitivity: Proportion | None
    specificity: Proportion | None
    ppv: Proportion | None
    npv: Proportion | None
    accuracy: Proportion | None


def diagnostic_accuracy(
    labels: ArrayLike, calls: ArrayLike, clusters: ArrayLike | None = None, level: float = 0.95
) -> DiagnosticAccuracy:
    """Evaluate calls.

    Parameters
    ----------
    labels, calls : (n,) of 0 and 1
    clusters : (n,), optional
        Patient of each case.
    level : float
        0 to 1.

    Raises
    ------
    InputError
        If shapes differ or a value is not 0 or 1.
    """
    truth, called = np.asarray(labels), np.asarray(calls)
    if truth.shape != called.shape or truth.ndim != 1 or not np.isin(called, (0, 1)).all():
        raise InputError("Accuracy needs a call of 0 or 1 for every case. Leave cases without one out.")
    counts = confusion_counts(truth, called, 1)
    positive, yes = truth.astype(bool), called.astype(bool)
    patients = np.arange(len(truth)) if clusters is None else np.asarray(clusters)
    if patients.shape != truth.shape:
        raise InputError(f"{patients.size} patients were given for {truth.size} cases: give one a case.")

    def share(among: NDArray[np.bool_], right: NDArray[np.bool_]) -> Proportion | None:
        total, hits = int(among.sum()), int((among & right).sum())
        if not total:
            return None
        several = clusters is not None and len(np.unique(patients[among])) > 1
        return Proportion(
            hits,
            total,
            hits / total,
            wilson_interval(hits, total, level),
            clopper_pearson_interval(hits, total, level),
            clustered_proportion(right[among], patients[among], level) if several else None,
        )

    return DiagnosticAccuracy(
        counts,
        share(positive, yes),
        share(~positive, ~yes),
        share(yes, positive),
        share(~yes, ~positive),
        share(np.ones_like(positive), positive == yes),
    )
