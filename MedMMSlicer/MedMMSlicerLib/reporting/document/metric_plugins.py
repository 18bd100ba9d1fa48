"""Metrics that need trained weights, as plug-ins of other packages. None comes with MedMM.

A package offers one under the entry point group ``medmm.report_metrics``: a callable without arguments that
returns a `ReportMetric`. Nothing is loaded before it is asked for, nothing is downloaded, and there is no
stand-in: a metric that is not installed can not be computed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from typing import Protocol, runtime_checkable

from ...errors import InstallationError, UsageError

__all__ = ["ENTRY_POINTS", "KNOWN_METRICS", "KnownMetric", "MetricRegistry", "ReportMetric"]

ENTRY_POINTS = "medmm.report_metrics"


@runtime_checkable
class ReportMetric(Protocol):
    """A metric: ``name``, and figures of texts against one reference each."""

    name: str

    def score(self, hypotheses: Sequence[str], references: Sequence[str]) -> Mapping[str, float]:
        """Figures by name."""
        ...


@dataclass(frozen=True)
class KnownMetric:
    """A published metric: what it does, and what one has to get for it."""

    name: str
    description: str
    needs: str
    languages: tuple[str, ...] = ("en",)


KNOWN_METRICS = (
    KnownMetric(
        "radgraph",
        "RadGraph F1 (Jain et al., 2021): overlap of entities and relations.",
        "the weights of RadGraph and a package that runs them; its authors ask for a data use agreement",
    ),
    KnownMetric(
        "chexbert",
        "CheXbert (Smit et al., 2020): agreement of 14 labels of chest radiographs.",
        "the weights of CheXbert, of BERT, and a package that runs them",
    ),
    KnownMetric(
        "green",
        "GREEN (Ostmeier et al., 2024): errors counted by a language model.",
        "the weights of a language model of several billion parameters, and a GPU for it",
    ),
)


class MetricRegistry:
    """The metrics that are there.

    Parameters
    ----------
    entry_points : iterable of importlib.metadata.EntryPoint, optional
        Those of the installed packages when not given.
    """

    def __init__(self, entry_points: Iterable[metadata.EntryPoint] | None = None) -> None:
        self._given = entry_points
        self._registered: dict[str, ReportMetric] = {}

    def register(self, metric: ReportMetric) -> None:
        """Add a metric of one's own.

        Raises
        ------
        UsageError
            If it is none.
        """
        if not isinstance(metric, ReportMetric) or not metric.name:
            raise UsageError("This is no report metric: it needs 'name' and 'score(hypotheses, references)'.")
        self._registered[metric.name.lower()] = metric

    def available(self) -> tuple[str, ...]:
        """Names of the metrics that can be asked for; whether their weights are there they say when they
        run.
        """
        return tuple(sorted({*self._registered, *self._points()}))

    def describe(self) -> tuple[tuple[KnownMetric, bool], ...]:
        """The published metrics, and whether a plug-in for each is installed."""
        names = self.available()
        return tuple((item, item.name in names) for item in KNOWN_METRICS)

    def get(self, name: str) -> ReportMetric:
        """Load a metric.

        Raises
        ------
        InstallationError
            If a published metric is not installed (the message says what it needs), or its plug-in does not
            load.
        UsageError
            If nobody knows such a metric, or the plug-in gives something else.
        """
        key = name.lower()
        if key in self._registered:
            return self._registered[key]
        point = self._points().get(key)
        if point is None:
            raise self._unknown(key)
        try:
            metric = point.load()()
        except (ImportError, AttributeError, OSError, TypeError) as error:
            raise InstallationError(
                f"The plug-in {point.value} of the metric '{name}' does not load: {error}. Install it again."
            ) from error
        self.register(metric)
        return self._registered.setdefault(key, metric)

    def _points(self) -> dict[str, metadata.EntryPoint]:
        found = metadata.entry_points(group=ENTRY_POINTS) if self._given is None else self._given
        return {point.name.lower(): point for point in found}

    def _unknown(self, key: str) -> InstallationError | UsageError:
        known = next((item for item in KNOWN_METRICS if item.name == key), None)
        if known is not None:
            return InstallationError(
                f"The metric '{key}' is not installed. It needs {known.needs}. MedMM brings none of them "
                f"and downloads nothing: install a package with an entry point '{ENTRY_POINTS}' for it."
            )
        names = ", ".join(self.available()) or "none"
        return UsageError(f"There is no metric '{key}'. Installed are: {names}.")
