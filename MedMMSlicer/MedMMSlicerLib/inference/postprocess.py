"""Network output to label map: logits back to the image's grid, decision, cleaning."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..bundles.manifest import Postprocess
from ..core import VolumeGeometry
from .grids import axis_map, overlap_box
from .resampling import resample

__all__ = ["clean_labels", "decide", "label_volume"]

SLAB_VOXELS = 2_000_000
"""Voxels that are interpolated and decided at a time; bounds the memory beside the result."""

_FAR = 1e9
"""Logit outside of what the network saw."""


def decide(
    logits: Sequence[NDArray[np.float32]], rule: Postprocess, values: Sequence[int]
) -> NDArray[np.uint8]:
    """Label of each voxel.

    Parameters
    ----------
    logits : sequence of ndarray of float32, shape (K, J, I) each
        One per channel; may be a generator's results, one at a time.
    rule : Postprocess
        ``argmax``: the largest logit, the lower channel where two are equal. ``threshold``: every channel
        whose probability is above the threshold, later labels win.
    values : sequence of int
        Label value of each channel; 0 for the background of ``argmax``.

    Returns
    -------
    ndarray of uint8, shape (K, J, I)
    """
    channels = iter(zip(logits, values))
    first, value = next(channels)
    if rule.decision == "threshold":
        limit = _logit(rule.threshold)
        labels = np.where(first > limit, value, 0).astype(np.uint8)
        for channel, value in channels:
            labels[channel > limit] = value
        return labels
    labels = np.full(first.shape, value, np.uint8)
    best = first.copy()
    for channel, value in channels:
        better = channel > best
        labels[better] = value
        np.copyto(best, channel, where=better)
    return labels


def label_volume(
    logits: NDArray[np.float32],
    grid: VolumeGeometry,
    target: VolumeGeometry,
    rule: Postprocess,
    values: Sequence[int],
) -> NDArray[np.uint8]:
    """Label map on the grid of the image.

    Where the voxels coincide they are copied. Otherwise the logits, not the labels, are interpolated, slab
    by slab and channel by channel, inside the box that the network saw.

    Parameters
    ----------
    logits : ndarray of float32, shape (C, K, J, I)
        On ``grid``.
    grid, target : VolumeGeometry
        What the network saw, and the image.
    rule : Postprocess
    values : sequence of int
        Label value per channel.

    Returns
    -------
    ndarray of uint8, shape of ``target``
        0 outside of what the network saw.
    """
    result = np.zeros(target.shape, np.uint8)
    box = overlap_box(grid, target)
    if box is None:
        return result
    mapping = axis_map(grid, target)
    if mapping is not None:
        view = mapping.view(_decided(logits, rule, values))
        start = mapping.start(grid.shape)
        k, j, i = (slice(piece.start + first, piece.stop + first) for piece, first in zip(box, start))
        result[box] = view[k, j, i]
        return result
    depth = max(1, SLAB_VOXELS // ((box[1].stop - box[1].start) * (box[2].stop - box[2].start)))
    for first in range(box[0].start, box[0].stop, depth):
        slab = (slice(first, min(first + depth, box[0].stop)), box[1], box[2])
        depth_k, rows, columns = (piece.stop - piece.start for piece in slab)
        part = target.cropped([piece.start for piece in slab], (depth_k, rows, columns))
        result[slab] = decide(_Resampled(logits, grid, part, rule), rule, values)
    return result


class _Resampled(Sequence[NDArray[np.float32]]):
    """The channels on another grid, interpolated when asked for."""

    def __init__(
        self, logits: NDArray[np.float32], grid: VolumeGeometry, target: VolumeGeometry, rule: Postprocess
    ) -> None:
        self.logits, self.grid, self.target, self.rule = logits, grid, target, rule

    def __len__(self) -> int:
        return len(self.logits)

    def __getitem__(self, channel: Any) -> Any:
        if channel >= self.logits.shape[0]:
            raise IndexError(channel)
        is_background = self.rule.decision == "argmax" and channel == 0
        outside = _FAR if is_background else -_FAR
        return resample(self.logits[channel], self.grid, self.target, outside=outside)


def _decided(logits: NDArray[np.float32], rule: Postprocess, values: Sequence[int]) -> NDArray[np.uint8]:
    labels: NDArray[np.uint8] = np.empty(logits.shape[1:], np.uint8)
    depth = max(1, SLAB_VOXELS // (labels.shape[1] * labels.shape[2]))
    for first in range(0, labels.shape[0], depth):
        slab = slice(first, first + depth)
        labels[slab] = decide(list(logits[:, slab]), rule, values)
    return labels


def clean_labels(
    labels: NDArray[np.uint8], rule: Postprocess, values: Sequence[int], voxel_volume_mm3: float
) -> None:
    """Keep the largest component of the labels that the rule names, and drop small components, in place.

    Components are connected over faces, edges and corners.

    Parameters
    ----------
    labels : ndarray of uint8, shape (K, J, I)
    rule : Postprocess
    values : sequence of int
        Label values that may occur.
    voxel_volume_mm3 : float
    """
    from scipy import ndimage

    smallest = math.ceil(rule.minimum_volume_mm3 / voxel_volume_mm3 - 1e-9)
    boxes = ndimage.find_objects(labels)
    for value in values:
        keep_one = value in rule.largest_component
        if value == 0 or value > len(boxes) or boxes[value - 1] is None or not (keep_one or smallest > 1):
            continue
        part = labels[boxes[value - 1]]
        mask = part == value
        if len(mask) == 1:  # a single image: labeled in two dimensions it takes half the time
            components = ndimage.label(mask[0], structure=np.ones((3, 3)))[0][None]
        else:
            components = ndimage.label(mask, structure=np.ones((3, 3, 3)))[0]
        sizes = np.bincount(components.ravel())
        sizes[0] = 0
        keep = sizes >= max(1, smallest)
        if keep_one:
            keep &= np.arange(sizes.size) == sizes.argmax()
        if not keep[1:].all():
            part[(components > 0) & ~keep[components]] = 0


def _logit(probability: float) -> float:
    if probability <= 0:
        return -math.inf
    return math.inf if probability >= 1 else math.log(probability / (1 - probability))
