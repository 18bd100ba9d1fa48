"""Volumes, asymmetry and locations of segments, and the findings that state them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..core import CodedConcept, Finding, LabelMap, LocalizedText, Measurement, SegmentDefinition

__all__ = [
    "ASYMMETRY",
    "ASYMMETRY_CONVENTION",
    "AREA",
    "VOLUME",
    "SegmentExtent",
    "asymmetry_index",
    "measure_areas",
    "measure_segments",
    "segment_extents",
    "segment_findings",
]

AREA = CodedConcept("42798000", "SCT", "Area")
VOLUME = CodedConcept("118565006", "SCT", "Volume")
ASYMMETRY = CodedConcept("asymmetry-index", "99MEDMM", "Asymmetry index")

ASYMMETRY_CONVENTION = "100 * (right - left) / ((right + left) / 2); positive: the right side is larger."

_COUNTED_AREA = "Number of pixels times the area of a pixel, in the plane of the image."
_COUNTED = "Number of voxels times the volume of a voxel."
_SUMMED = "Sum of the volumes of the parts: {parts}."


@dataclass(frozen=True)
class SegmentExtent:
    """A segment with its number of voxels and its centroid in mm, RAS (None if it is empty)."""

    segment: SegmentDefinition
    voxels: int
    centroid_ras: tuple[float, float, float] | None


def segment_extents(label_map: LabelMap) -> tuple[SegmentExtent, ...]:
    """Count the voxels of each segment and find its centroid."""
    from scipy import ndimage

    boxes = ndimage.find_objects(label_map.array)
    extents = []
    for segment in label_map.segments:
        box = boxes[segment.value - 1] if segment.value <= len(boxes) else None
        if box is None:
            extents.append(SegmentExtent(segment, 0, None))
            continue
        mask = label_map.array[box] == segment.value
        voxels = int(np.count_nonzero(mask))
        profiles = (np.count_nonzero(mask, axis=axes) for axes in ((1, 2), (0, 2), (0, 1)))
        center = np.array([np.arange(len(counts)) @ counts / voxels for counts in profiles])
        center += [piece.start for piece in box]
        extents.append(SegmentExtent(segment, voxels, _point(label_map.geometry.kji_to_ras(center))))
    return tuple(extents)


def asymmetry_index(left: float, right: float) -> float:
    """Asymmetry in percent by `ASYMMETRY_CONVENTION`; both must not be zero."""
    return 100 * (right - left) / ((right + left) / 2)


def measure_segments(
    extents: Sequence[SegmentExtent], voxel_volume_mm3: float, wanted: Sequence[str]
) -> tuple[Measurement, ...]:
    """Volumes of segments, totals per side of what has the same type code, and asymmetry.

    Parameters
    ----------
    extents : sequence of SegmentExtent
    voxel_volume_mm3 : float
    wanted : sequence of str
        ``volume``, ``asymmetry``; others are not known here.

    Returns
    -------
    tuple of Measurement
        Ids ``m-<segment>-volume``, ``m-<label>-asymmetry``, ``m-<type>[-<side>]-total`` and
        ``m-<type>-total-asymmetry``. Empty segments have no volume, and a side without voxels no asymmetry.
    """
    found = [extent for extent in extents if extent.voxels]
    volumes = [(extent.segment, extent.voxels * voxel_volume_mm3) for extent in found]
    result: list[Measurement] = []
    if "volume" in wanted:
        result += [_volume(extent, extent.voxels * voxel_volume_mm3) for extent in found]
        result += _totals(volumes)
    if "asymmetry" in wanted:
        result += _asymmetries(volumes)
    return tuple(result)


def measure_areas(extents: Sequence[SegmentExtent], pixel_area_mm2: float) -> tuple[Measurement, ...]:
    """Areas of the segments of a single image that are not empty; ids ``m-<segment>-area``."""
    return tuple(
        Measurement(
            id=f"m-{extent.segment.id}-area",
            quantity=AREA,
            value=extent.voxels * pixel_area_mm2,
            unit="mm2",
            name=_named("Area of {}", "{}面积", extent.segment.name),
            segment_id=extent.segment.id,
            laterality=extent.segment.laterality,
            method=_COUNTED_AREA,
            location_ras=extent.centroid_ras,
        )
        for extent in extents
        if extent.voxels
    )


def segment_findings(
    extents: Sequence[SegmentExtent], measurements: Sequence[Measurement]
) -> tuple[Finding, ...]:
    """One finding per segment that is not empty, located at its centroid, with its own measurements."""
    return tuple(
        Finding(
            id=f"f-{extent.segment.id}",
            concept=extent.segment.type,
            name=extent.segment.name,
            laterality=extent.segment.laterality,
            location_ras=extent.centroid_ras,
            measurement_ids=tuple(
                measurement.id for measurement in measurements if measurement.segment_id == extent.segment.id
            ),
            evidence_ids=(extent.segment.id,),
        )
        for extent in extents
        if extent.voxels
    )


_Volumes = Sequence[tuple[SegmentDefinition, float]]


def _volume(extent: SegmentExtent, volume_mm3: float) -> Measurement:
    segment = extent.segment
    return Measurement(
        id=f"m-{segment.id}-volume",
        quantity=VOLUME,
        value=volume_mm3,
        unit="mm3",
        name=_named("Volume of {}", "{}体积", segment.name),
        segment_id=segment.id,
        laterality=segment.laterality,
        method=_COUNTED,
        location_ras=extent.centroid_ras,
    )


def _totals(volumes: _Volumes) -> list[Measurement]:
    totals = []
    for kind, members in _grouped(volumes, lambda segment: _slug(segment.type)).items():
        for side, parts in _grouped(members, lambda segment: segment.laterality).items():
            if len(parts) < 2:
                continue
            names = ", ".join(segment.id for segment, _ in parts)
            totals.append(
                Measurement(
                    id=f"m-{kind}-{side}-total" if side else f"m-{kind}-total",
                    quantity=VOLUME,
                    value=sum(volume for _, volume in parts),
                    unit="mm3",
                    name=_named("Total volume of {}", "{}总体积", _shared_name(parts)),
                    laterality=side,
                    method=_SUMMED.format(parts=names),
                )
            )
    return totals


def _asymmetries(volumes: _Volumes) -> list[Measurement]:
    by_label = _grouped(volumes, _label_id)
    pairs = [(name, members) for name, members in by_label.items() if len(members) > 1]
    by_type = _grouped(volumes, lambda segment: _slug(segment.type))
    pairs += [
        (f"{kind}-total", members)
        for kind, members in by_type.items()
        if len({_label_id(segment) for segment, _ in members}) > 1
    ]
    result = []
    for name, members in pairs:
        sides = {
            side: sum(volume for segment, volume in members if segment.laterality == side)
            for side in ("left", "right")
        }
        if min(sides.values()) <= 0:
            continue
        result.append(
            Measurement(
                id=f"m-{name}-asymmetry",
                quantity=ASYMMETRY,
                value=asymmetry_index(sides["left"], sides["right"]),
                unit="%",
                name=_named("Asymmetry index of {}", "{}不对称指数", _shared_name(members)),
                method=f"Asymmetry index = {ASYMMETRY_CONVENTION}",
            )
        )
    return result


def _grouped(
    volumes: _Volumes, key: Callable[[SegmentDefinition], str]
) -> dict[str, list[tuple[SegmentDefinition, float]]]:
    groups: dict[str, list[tuple[SegmentDefinition, float]]] = {}
    for segment, volume in volumes:
        groups.setdefault(key(segment), []).append((segment, volume))
    return groups


def _label_id(segment: SegmentDefinition) -> str:
    return segment.id.removesuffix(f"-{segment.laterality}") if segment.laterality else segment.id


def _slug(concept: CodedConcept) -> str:
    return re.sub(r"[^a-z0-9]+", "-", concept.meaning.lower()).strip("-") or concept.value.lower()


def _named(english: str, chinese: str, name: LocalizedText) -> LocalizedText:
    return {
        language: chinese.format(text) if language.startswith("zh") else english.format(_lower(text))
        for language, text in name.items()
    }


def _lower(name: str) -> str:
    """A name inside a phrase; an abbreviation keeps its capital."""
    return name[:1].lower() + name[1:] if name[1:2].islower() else name


def _shared_name(members: _Volumes) -> LocalizedText:
    """What the names of the parts have in common (``hippocampus``, ``海马``), else the type's meaning."""
    segments = [segment for segment, _ in members]
    meaning = segments[0].type.meaning
    languages = [language for language in segments[0].name if all(language in s.name for s in segments)]
    if not languages:
        return {"en": meaning}
    return {
        language: _common([segment.name[language] for segment in segments]) or meaning
        for language in languages
    }


def _common(names: Sequence[str]) -> str:
    separator = " " if any(" " in name for name in names) else ""
    parts = [name.lower().split(" ") if separator else list(name) for name in names]
    head = _leading(parts)
    tail = _leading([list(reversed(words)) for words in parts])[::-1]
    longest = max(separator.join(head), separator.join(tail), key=len)
    return longest if len(longest) > 2 or not longest.isascii() else ""


def _leading(parts: Sequence[Sequence[str]]) -> list[str]:
    shared = []
    for words in zip(*parts):
        if len(set(words)) > 1:
            break
        shared.append(words[0])
    return shared


def _point(values: NDArray[np.float64]) -> tuple[float, float, float]:
    right, anterior, superior = (float(value) for value in values)
    return right, anterior, superior
