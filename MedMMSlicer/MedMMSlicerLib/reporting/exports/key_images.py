"""Pictures for a report: the images with the outlines and heat maps of what was found."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from ...core import Case, Prediction, localized

__all__ = ["MOST_HEAT_MAPS", "key_images"]

MOST_HEAT_MAPS = 4


def key_images(case: Case, predictions: Sequence[Prediction], language: str = "en") -> dict[str, bytes]:
    """PNG files by caption: each loaded series with its outlines, and the heat maps of flagged findings.

    A finding is flagged when its probability is at or above its operating point, or a reader accepted it.

    Parameters
    ----------
    case : Case
        Series without voxels are left out.
    predictions : sequence of Prediction
    language : str
        ``en`` or ``zh-CN``.
    """
    # The pictures need this package's words, so their package is imported late.
    from ...overlay import draw_overlay

    found: dict[str, bytes] = {}
    for role, series in case.series.items():
        if series.volume is None:
            continue
        caption = "overlay" if role == "current" else f"overlay: {role}"
        found[caption] = _png(draw_overlay(series, predictions, language, role=role))
        if role != "current":
            continue
        for heat_map, name in _flagged(predictions, language)[:MOST_HEAT_MAPS]:
            found[name] = _png(draw_overlay(series, predictions, language, heat_map, role=role))
    return found


def _flagged(predictions: Sequence[Prediction], language: str) -> list[tuple[str, str]]:
    found = []
    for prediction in predictions:
        findings = {item.id: item for item in prediction.findings}
        for heat_map in prediction.heat_maps:
            finding = findings.get(heat_map.finding_id)
            if finding is None or finding.status == "rejected":
                continue
            point = finding.operating_point
            reached = (
                finding.probability is not None
                and point is not None
                and finding.probability >= point.threshold
            )
            if reached or finding.status in {"accepted", "edited"}:
                found.append((heat_map.id, localized(finding.name, language)))
    return found


def _png(picture: Any) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    return stream.getvalue()
