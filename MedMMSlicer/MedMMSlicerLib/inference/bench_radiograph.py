"""Speed of a bundle that reads single images with clinical context, on an image declared synthetic."""

from __future__ import annotations

import dataclasses
import statistics
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..bundles.loading import ModelBundle
from ..bundles.manifest import Manifest
from ..core import Case, ClinicalContext, HeaderFacts, LaboratoryResult, Series, Volume, VolumeGeometry
from ..errors import MedMMError
from .engine import RunOptions
from .fusion import FUSION
from .network import EngineCache
from .predictor import predict
from .what_if import update_context

__all__ = ["RADIOGRAPH_BUNDLE", "RADIOGRAPH_TARGETS", "radiograph_bundle", "radiograph_figures"]

RADIOGRAPH_BUNDLE = "chest-xr"

RADIOGRAPH_TARGETS: Mapping[str, float] = {"reading_s": 0.5, "changed_value_s": 0.02}
"""Seconds not to be exceeded on 2 cores, with the sessions open."""

_SHAPE = (1, 2048, 1792)
_NOT_READING = ("open", "hash")
"""Stages that are not preprocessing, network or postprocessing."""


def radiograph_bundle() -> ModelBundle | None:
    """The bundle `RADIOGRAPH_BUNDLE`, None if it is not there or broken."""
    from ..bundles.catalog import BundleCatalog

    catalog = BundleCatalog()
    if RADIOGRAPH_BUNDLE not in catalog.ids():
        return None
    try:
        return catalog.get(RADIOGRAPH_BUNDLE)
    except MedMMError:
        return None  # `medmm bundle check` explains it


def radiograph_figures(bundle: ModelBundle, device: str, repeats: int) -> dict[str, Any]:
    """Time one image, and one changed laboratory value.

    Parameters
    ----------
    bundle : ModelBundle
        Reads single images.
    device : str
    repeats : int
        Medians are reported; a first run, not counted, opens the sessions.

    Returns
    -------
    dict
        ``reading_s``: network, pre- and postprocessing with heat maps; ``changed_value_s``: the fusion graph
        with its contributions, None without one; ``stages_s``, ``provider``, ``targets``.
    """
    engines, options = EngineCache(), RunOptions(device)
    case = _case(bundle.manifest)
    prediction = predict(bundle, case, options, engines=engines)
    runs = []
    for _ in range(repeats):
        prediction = predict(bundle, case, options, engines=engines)
        runs.append(prediction.provenance.stage_seconds)
    stages = {name: statistics.median(run[name] for run in runs) for name in runs[0]}
    reading_s = statistics.median(
        sum(seconds for name, seconds in run.items() if name not in _NOT_READING) for run in runs
    )
    changes = []
    if FUSION in bundle.manifest.graphs:
        update_context(bundle, prediction, case.context, engines)
        for number in range(repeats):
            changed = _changed(case.context, number)
            start = time.perf_counter()
            update_context(bundle, prediction, changed, engines)
            changes.append(time.perf_counter() - start)
    figures: dict[str, Any] = {
        "id": bundle.manifest.id,
        "synthetic": True,
        "shape_kji": list(_SHAPE),
        "provider": prediction.provenance.provider_used,
        "stages_s": stages,
        "reading_s": reading_s,
        "changed_value_s": statistics.median(changes) if changes else None,
    }
    figures["targets"] = {
        name: "met" if figures[name] <= limit else f"missed: above {limit:g} s"
        for name, limit in RADIOGRAPH_TARGETS.items()
        if figures[name] is not None
    }
    return figures


def _case(manifest: Manifest) -> Case:
    geometry = VolumeGeometry.from_axes(
        _SHAPE, (1, 0.2, 0.2), (0, 0, 0), np.array([[-1.0, 0, 0], [0, 0, 1], [0, -1, 0]])
    )
    role = manifest.inputs[0]
    facts = HeaderFacts(modality=role.modalities[0], view="PA")
    series = Series("synthetic", facts, (Path("synthetic"),), volume=Volume(_film(), geometry))
    laboratory = tuple(
        LaboratoryResult(variable.name.partition(".")[2], variable.fill, variable.unit, variable.loinc)
        for variable in manifest.context
        if variable.name.startswith("lab.")
    )
    return Case("bench", {role.role: series}, ClinicalContext(60.0, "F", laboratory=laboratory))


def _film() -> NDArray[np.uint16]:
    """Two dark ovals in a bright body with noise, 12 bits."""
    rows, columns = _SHAPE[1:]
    y, x = np.ogrid[0 : 1 : rows * 1j, 0 : 1 : columns * 1j]
    gray = 2600 - 900 * (x - 0.5) ** 2
    for center in (0.3, 0.7):
        gray = np.where(((x - center) / 0.14) ** 2 + ((y - 0.45) / 0.3) ** 2 < 1, 900, gray)
    noise = np.random.default_rng(5).normal(0, 60, (rows, columns))
    return np.clip(gray + noise, 0, 4095).astype(np.uint16)[None]


def _changed(context: ClinicalContext, number: int) -> ClinicalContext:
    if not context.laboratory:
        return dataclasses.replace(context, age_years=50.0 + number)
    first, *rest = context.laboratory
    value = first.value * (1 + 0.01 * (number + 1))
    return dataclasses.replace(context, laboratory=(dataclasses.replace(first, value=value), *rest))
