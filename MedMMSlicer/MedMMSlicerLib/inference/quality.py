"""Simple rules about a single image and its label map: is it complete, upright, well exposed?

Each rule measures one number; `evaluate_quality` compares it with the manifest's threshold. The rules rest on
the label map where they can, since a mask tells more about an image of a body part than gray values do.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..bundles.manifest import Manifest, QualityRule
from ..core import CodedConcept, Finding, LabelMap, SegmentDefinition, Volume
from .intensity import luma

__all__ = ["RULES", "QualityResult", "evaluate_quality"]

_EXTREME_SHARE = 0.01
"""Share of the range of gray values that counts as the darkest or the brightest."""

_THIRD = 3


@dataclass(frozen=True, eq=False)
class View:
    """What a rule looks at: gray values and mask, (J, I); masks of the sides; spacing along J and I; whether
    the column index grows towards the patient's left.
    """

    gray: NDArray[np.float32]
    mask: NDArray[np.bool_]
    sides: Mapping[str, NDArray[np.bool_]]
    spacing_mm: tuple[float, float]
    grows_left: bool


@dataclass(frozen=True)
class QualityResult:
    """Findings of kind ``quality``, and a sentence for each broken rule: a warning, or a refusal."""

    findings: tuple[Finding, ...] = ()
    warnings: tuple[str, ...] = ()
    refusals: tuple[str, ...] = ()


def evaluate_quality(manifest: Manifest, volume: Volume, label_map: LabelMap | None) -> QualityResult:
    """Apply the manifest's rules to an image.

    Parameters
    ----------
    manifest : Manifest
    volume : Volume
        A single image.
    label_map : LabelMap, optional
        On the grid of ``volume``. Rules that need a mask are not broken without one, except ``mask-area``.

    Returns
    -------
    QualityResult
        A finding for each broken rule.
    """
    findings: list[Finding] = []
    warnings: list[str] = []
    refusals: list[str] = []
    views: dict[tuple[str, ...], View] = {}
    for rule in manifest.quality:
        labels = tuple(rule.labels)
        if labels not in views:
            views[labels] = _view(volume, label_map, labels)
        value = RULES[rule.rule](views[labels])
        if not is_broken(rule, value):
            continue
        findings.append(
            Finding(
                id=f"q-{rule.id}",
                concept=CodedConcept(rule.rule[:16].rstrip("-"), "99MEDMM", f"Image quality: {rule.rule}"),
                name=rule.name,
                kind="quality",
                region="image",
            )
        )
        name = rule.name.get("en", rule.id)
        text = f"{name} ({rule.rule} {value:.3g}, limit {rule.threshold:g})."
        (refusals if rule.action == "refuse" else warnings).append(text)
    return QualityResult(tuple(findings), tuple(warnings), tuple(refusals))


def is_broken(rule: QualityRule, value: float) -> bool:
    """Whether a measured value breaks a rule; a value that could not be measured (NaN) does not."""
    if math.isnan(value):
        return False
    if rule.rule == "mask-area":
        return value < rule.threshold or (rule.maximum is not None and value > rule.maximum)
    return value > rule.threshold


def _view(volume: Volume, label_map: LabelMap | None, labels: tuple[str, ...]) -> View:
    gray = luma(volume.array[0]) if volume.is_color else np.asarray(volume.array[0], np.float32)
    segments = [
        segment
        for segment in (label_map.segments if label_map is not None else ())
        if not labels or segment.id in labels
    ]
    array = label_map.array[0] if label_map is not None else np.zeros(gray.shape, np.uint8)
    mask = _members(array, segments)
    sides = {
        side: _members(array, [segment for segment in segments if segment.laterality == side])
        for side in ("right", "left")
    }
    spacing = volume.geometry.spacing_mm
    return View(gray, mask, sides, (spacing[1], spacing[2]), volume.geometry.directions_ras[0, 0] <= 0)


def _members(array: NDArray[np.uint8], segments: Sequence[SegmentDefinition]) -> NDArray[np.bool_]:
    """Where an array of labels is one of some segments; for a few labels much faster than `numpy.isin`."""
    mask = np.zeros(array.shape, bool)
    for segment in segments:
        mask |= array == segment.value
    return mask


def _touches_border(view: View) -> float:
    """Largest share of one of the four borders of the image that the mask covers."""
    mask = view.mask
    return float(max(edge.mean() for edge in (mask[0], mask[-1], mask[:, 0], mask[:, -1])))


def _area(view: View) -> float:
    """Share of the image that the mask covers."""
    return float(view.mask.mean())


def _mirror(view: View) -> float:
    """How far the right structure lies on the patient's left of the left one, in image widths."""
    right, left = (_center(view.sides[side]) for side in ("right", "left"))
    if right is None or left is None:
        return math.nan
    columns = (right[1] - left[1]) / view.mask.shape[1]
    return float(columns if view.grows_left else -columns)


def _rotation(view: View) -> float:
    """Angle in degrees, 0 to 90, between the rows and the line from the right to the left structure."""
    right, left = (_center(view.sides[side]) for side in ("right", "left"))
    if right is None or left is None:
        return math.nan
    rows, columns = (np.subtract(left, right) * view.spacing_mm).tolist()
    return math.degrees(math.atan2(abs(rows), abs(columns)))


def _upside_down(view: View) -> float:
    """Width of the mask in the upper third of its box divided by that in the lower third."""
    rows = np.flatnonzero(view.mask.any(axis=1))
    if rows.size < _THIRD:
        return math.nan
    widths = view.mask[rows[0] : rows[-1] + 1].sum(axis=1)
    third = len(widths) // _THIRD
    lower = float(widths[-third:].mean())
    return float(widths[:third].mean()) / lower if lower else math.inf


def _inversion(view: View) -> float:
    """Brightness of the mask over the rest of its box, in standard deviations of the image.

    Air is dark where bright means bright, so for lungs this is below 0.
    """
    rows, columns = np.flatnonzero(view.mask.any(axis=1)), np.flatnonzero(view.mask.any(axis=0))
    if not rows.size:
        return math.nan
    box = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
    inside, gray = view.mask[box], view.gray[box]
    spread = float(view.gray.std())
    if inside.all() or spread == 0:
        return math.nan
    return float(gray[inside].mean() - gray[~inside].mean()) / spread


def _saturation(view: View) -> float:
    """Share of the pixels that are about the darkest or about the brightest of the image, whichever is more.

    Counted in the box of the mask, or in the whole image if it is empty: outside, black is normal.
    """
    rows, columns = np.flatnonzero(view.mask.any(axis=1)), np.flatnonzero(view.mask.any(axis=0))
    low, high = float(view.gray.min()), float(view.gray.max())
    margin = _EXTREME_SHARE * (high - low)
    if margin == 0:
        return 1.0
    gray = view.gray
    if rows.size:
        gray = gray[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return float(max((gray <= low + margin).mean(), (gray >= high - margin).mean()))


def _aspect(view: View) -> float:
    """Longer edge of the image divided by the shorter one."""
    edges = [size * step for size, step in zip(view.gray.shape, view.spacing_mm)]
    return float(max(edges) / min(edges))


def _center(mask: NDArray[np.bool_]) -> Sequence[float] | None:
    """Mean row and column of a mask, None if it is empty."""
    count = np.count_nonzero(mask)
    profiles = (np.count_nonzero(mask, axis=axis) for axis in (1, 0))
    return [float(np.arange(len(counts)) @ counts / count) for counts in profiles] if count else None


RULES: Mapping[str, Callable[[View], float]] = {
    "mask-touches-border": _touches_border,
    "mask-area": _area,
    "mirror": _mirror,
    "rotation": _rotation,
    "upside-down": _upside_down,
    "inversion": _inversion,
    "saturation": _saturation,
    "aspect": _aspect,
}
"""Measured value of each rule; the manifest's schema lists the same names."""
