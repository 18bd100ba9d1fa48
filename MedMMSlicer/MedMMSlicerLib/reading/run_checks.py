"""Questions to be answered before a run."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from ..bundles.manifest import Manifest
from ..bundles.multimodal import FUSION
from ..core import Case, Prediction
from ..session import REGION_SLACK
from .record import CaseRecord
from .rows import Point
from .words import obstacle

if TYPE_CHECKING:
    from .room import ReadingRoom

__all__ = ["can_update", "model_obstacle", "needs_point", "point_problem", "with_view"]


def model_obstacle(room: ReadingRoom) -> str:
    """Why the selected bundle can not run on the current case: one sentence, empty if it can."""
    selected, language = room.models.selected_id, room.language
    if not selected:
        suggestions = room.models.suggestions()
        if not suggestions:
            return obstacle("no-model", language)
        reason = suggestions[0].reason
        if reason == obstacle("image-gone", language):
            return reason
        if suggestions[0].applicable:
            return obstacle("choose-model", language)
        return obstacle("none-fits", language, reason=reason)
    refusal = room.models.refusal(selected)
    if not refusal and not room.models.is_accepted(selected):
        return obstacle("not-accepted", language, name=selected)
    return refusal


def needs_point(manifest: Manifest, case: Case, record: CaseRecord) -> bool:
    """Whether a bundle reads around a point, the image is much larger than its block, and there is none."""
    spec, series = manifest.preprocess, case.series.get("current")
    if spec.region.kind != "roi" or spec.region.size is None or record.points_ras:
        return False
    if series is None or series.volume is None:
        return False
    geometry = series.volume.geometry
    steps = spec.spacing_mm or geometry.spacing_mm
    extent = sorted(size * step for size, step in zip(geometry.shape, geometry.spacing_mm))
    block = sorted(size * step for size, step in zip(spec.region.size, steps))
    return any(have > REGION_SLACK * wanted for have, wanted in zip(extent, block))


def point_problem(case: Case, point_ras: Point, language: str) -> str:
    """Why a point can not be read at: one sentence, empty if it can."""
    series = case.series.get("current")
    if series is None or series.volume is None:
        return obstacle("image-gone", language)
    geometry = series.volume.geometry
    voxel = geometry.ras_to_kji(point_ras)
    inside = all(-0.5 <= float(place) <= size - 0.5 for place, size in zip(voxel, geometry.shape))
    if inside:
        return ""
    place = ", ".join(f"{value:.1f}" for value in point_ras)
    return obstacle("point-outside", language, place=place, series=series.name)


def can_update(manifest: Manifest, prediction: Prediction) -> bool:
    """Whether the bundle can score the image of a prediction with another context, without the image."""
    return FUSION in manifest.graphs and bool(prediction.embeddings)


def with_view(prediction: Prediction, view: str) -> Prediction:
    """The prediction as if its image had this view: what the update scores it with."""
    provenance = prediction.provenance
    parameters = {**provenance.parameters, "view": view}
    return dataclasses.replace(prediction, provenance=dataclasses.replace(provenance, parameters=parameters))
