"""What a correction of segments changes in the findings and measurements of a case. Pure functions."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from ..core import Finding, Measurement, Prediction, VolumeGeometry
from ..inference.measurements import (
    AREA,
    ASYMMETRY,
    VOLUME,
    SegmentExtent,
    measure_areas,
    measure_segments,
    segment_findings,
)

__all__ = ["MeasuredSegments", "updated_prediction", "wanted_measurements"]

_QUANTITIES = {AREA.value: "area", VOLUME.value: "volume", ASYMMETRY.value: "asymmetry"}

_SAME = 1e-9
_SAME_MM = 1e-3


@dataclass(frozen=True)
class MeasuredSegments:
    """The segments of a model as they are now.

    Parameters
    ----------
    extents : tuple of SegmentExtent
        Of those that are there, empty ones with 0 voxels.
    removed : frozenset of str
        Ids of those that a person removed.
    touched : frozenset of str
        Ids of those that a person changed.
    geometry : VolumeGeometry
        Of the segmented image.
    """

    extents: tuple[SegmentExtent, ...]
    removed: frozenset[str]
    touched: frozenset[str]
    geometry: VolumeGeometry


def wanted_measurements(prediction: Prediction, asked: Sequence[str] | None) -> tuple[str, ...]:
    """What to measure: what the bundle asks for (``asked``), or where it is gone, what was measured."""
    if asked is not None:
        return tuple(asked)
    found = (_QUANTITIES.get(item.quantity.value, "") for item in prediction.measurements)
    return tuple(dict.fromkeys(name for name in found if name))


def updated_prediction(
    prediction: Prediction, segments: MeasuredSegments, wanted: Sequence[str], corrected: str
) -> Prediction:
    """The prediction with the measurements, places and names of the segments as they are now.

    What did not change is the same object, and so is the prediction if nothing did. The finding of a segment
    that is empty or removed stays, without place and measurements; a segment that a person drew where the
    model found nothing gets a finding.

    Parameters
    ----------
    prediction : Prediction
    segments : MeasuredSegments
    wanted : sequence of str
        ``volume``, ``asymmetry``, ``area``.
    corrected : str
        Added to the method of measurements of touched segments.
    """
    fresh = tuple(_noted(item, segments.touched, corrected) for item in _measure(segments, wanted))
    measurements = _merged(prediction.measurements, fresh)
    findings = _findings(prediction.findings, segments, measurements)
    same = all(a is b for a, b in zip(measurements, prediction.measurements)) and len(measurements) == len(
        prediction.measurements
    )
    if same and findings == prediction.findings:
        return prediction
    return dataclasses.replace(prediction, measurements=measurements, findings=findings)


def _measure(segments: MeasuredSegments, wanted: Sequence[str]) -> tuple[Measurement, ...]:
    geometry = segments.geometry
    if geometry.shape[0] > 1:
        return measure_segments(segments.extents, geometry.voxel_volume_mm3, wanted)
    _, row_mm, column_mm = geometry.spacing_mm
    return measure_areas(segments.extents, row_mm * column_mm) if "area" in wanted else ()


def _noted(item: Measurement, touched: Collection[str], corrected: str) -> Measurement:
    if item.segment_id not in touched:
        return item
    return dataclasses.replace(item, method=f"{item.method} {corrected}")


def _merged(old: tuple[Measurement, ...], fresh: Sequence[Measurement]) -> tuple[Measurement, ...]:
    """Fresh ones at the places of the old; what is measured in another way stays."""
    by_id = {item.id: item for item in fresh}
    result = []
    for item in old:
        new = by_id.pop(item.id, None)
        if new is not None:
            result.append(item if _is_same(item, new) else new)
        elif item.quantity.value not in _QUANTITIES:
            result.append(item)
    return (*result, *by_id.values())


def _is_same(old: Measurement, new: Measurement) -> bool:
    if not math.isclose(old.value, new.value, rel_tol=_SAME) or old.name != new.name:
        return False
    return old.method == new.method and _near(old.location_ras, new.location_ras)


def _near(first: tuple[float, ...] | None, second: tuple[float, ...] | None) -> bool:
    if first is None or second is None:
        return first is second
    return all(abs(a - b) <= _SAME_MM for a, b in zip(first, second))


def _findings(
    old: tuple[Finding, ...], segments: MeasuredSegments, measurements: Sequence[Measurement]
) -> tuple[Finding, ...]:
    fresh = {item.id: item for item in segment_findings(segments.extents, measurements)}
    gone = {f"f-{extent.segment.id}" for extent in segments.extents if not extent.voxels}
    gone |= {f"f-{segment_id}" for segment_id in segments.removed}
    known = {item.id for item in old}
    drawn = [item for item in fresh.values() if item.id not in known and item.id[2:] in segments.touched]
    return (*(_finding(item, fresh, gone) for item in old), *drawn)


def _finding(old: Finding, fresh: Mapping[str, Finding], gone: Collection[str]) -> Finding:
    if old.probability is not None or old.id.removeprefix("f-") not in old.evidence_ids:
        return old
    if old.id in gone:
        return dataclasses.replace(old, location_ras=None, measurement_ids=())
    new = fresh.get(old.id)
    if new is None:
        return old
    near = _near(old.location_ras, new.location_ras)
    return dataclasses.replace(
        old,
        name=new.name,
        location_ras=old.location_ras if near else new.location_ras,
        measurement_ids=new.measurement_ids,
    )
