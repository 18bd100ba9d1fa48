"""What a probability rests on: class activation maps, and contributions by leaving inputs out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..bundles.manifest import Manifest
from ..core import Contribution, HeatMap, VolumeGeometry
from ..errors import BundleError
from .context_vector import LABORATORY, ContextVector, leave_out
from .findings import calibrated, finding_id
from .resampling import resample

__all__ = [
    "ACTIVATION_METHOD",
    "activation_maps",
    "coarse_grid",
    "heat_map_grid",
    "heat_map_id",
    "leave_one_out",
    "normalized_map",
]

ACTIVATION_METHOD = "class activation map"

LONGEST_EDGE = 512
"""Voxels of a heat map along its longest edge. Networks give far fewer, so nothing is lost, and the maps of a
radiograph are made, handed over, saved and drawn in a tenth of the time."""

DEMOGRAPHICS = ("age", "sex", "view")
"""Variables that count together as the source ``demographics``."""

Scores = Callable[[NDArray[Any], NDArray[Any]], NDArray[np.float32]]
"""(embedding, context numbers) to scores."""


def heat_map_id(finding: str) -> str:
    """Id of the heat map of a finding id (``f-pneumonia``: ``h-pneumonia``)."""
    return f"h-{finding.removeprefix('f-')}"


def coarse_grid(block: VolumeGeometry, shape: Sequence[int]) -> VolumeGeometry:
    """The grid of a network output that covers ``block`` with fewer, larger voxels.

    Parameters
    ----------
    block : VolumeGeometry
        Of the network's input.
    shape : sequence of int
        (K, J, I), or (J, I) for a single image, of the output.
    """
    size = (1,) * (3 - len(shape)) + tuple(int(edge) for edge in shape)
    steps = np.asarray(block.shape) / np.asarray(size)
    matrix = block.ijk_to_ras.copy()
    matrix[:3, :3] = matrix[:3, :3] * steps[::-1]
    matrix[:3, 3] = block.kji_to_ras((steps - 1) / 2)
    return VolumeGeometry((size[0], size[1], size[2]), matrix)


def heat_map_grid(target: VolumeGeometry) -> VolumeGeometry:
    """The grid of heat maps over an image: its own, or one that covers it with fewer, larger voxels."""
    step = -(-max(target.shape) // LONGEST_EDGE)
    return target if step == 1 else coarse_grid(target, [-(-size // step) for size in target.shape])


def activation_maps(
    manifest: Manifest,
    activation: NDArray[Any],
    block: VolumeGeometry,
    target: VolumeGeometry,
    wanted: Sequence[str],
) -> tuple[HeatMap, ...]:
    """Heat maps over the image (`heat_map_grid`) from the graph's class activation maps.

    Parameters
    ----------
    manifest : Manifest
    activation : ndarray of float, shape (1, F, h, w) or (1, F, d, h, w)
        One map for each channel of the image graph's scores.
    block, target : VolumeGeometry
        What the network saw, and the image.
    wanted : sequence of str
        Ids of findings (``f-...``); those of other graphs have no activation map and are passed over.

    Returns
    -------
    tuple of HeatMap
        Negative activation counts as none; each map is divided by its own maximum.

    Raises
    ------
    BundleError
        If the output is not what the manifest says.
    """
    maps = np.asarray(activation, np.float32)
    grid, target = coarse_grid(block, maps.shape[2:]), heat_map_grid(target)
    result = []
    for definition in manifest.scored_by("image"):
        name = finding_id(definition)
        if name not in wanted:
            continue
        if maps.shape[0] != 1 or definition.channel >= maps.shape[1]:
            raise BundleError(
                f"The activation maps of {manifest.id} have the shape {maps.shape}; '{definition.id}' is "
                f"channel {definition.channel}. Export one map for each score."
            )
        coarse = maps[0, definition.channel].reshape(grid.shape)
        array = normalized_map(resample(coarse, grid, target, outside=0.0))
        result.append(HeatMap(heat_map_id(name), name, array, target, ACTIVATION_METHOD))
    return tuple(result)


def normalized_map(values: NDArray[Any]) -> NDArray[np.float32]:
    """Positive part divided by its maximum, float32 in 0..1; zero where there is no number."""
    positive: NDArray[np.float32] = np.fmax(np.asarray(values, np.float32), np.float32(0))
    largest = positive.max()
    if largest > 0:
        positive /= largest
    return positive


def leave_one_out(
    manifest: Manifest, embedding: NDArray[Any], vector: ContextVector, scores: Scores
) -> tuple[Contribution, ...]:
    """Exact contributions to the findings of the fusion graph.

    Each is the probability with everything minus the probability without one input: a laboratory value made
    missing; age, sex and view made missing together; or the embedding set to zero, which by convention is
    the mean of the training images (the image graph gives embeddings that are standardized). What was missing
    anyway contributes nothing and is not listed.

    Parameters
    ----------
    manifest : Manifest
    embedding : ndarray of float32, shape (D,)
    vector : ContextVector
    scores : callable
        Of the fusion graph.
    """
    definitions = manifest.scored_by("fusion")
    used = [name for name, value in vector.used.items() if value is not None]
    without: list[tuple[str, str, NDArray[Any], NDArray[Any]]] = [
        ("image", "image", np.zeros_like(embedding), vector.numbers)
    ]
    known = [name for name in used if name in DEMOGRAPHICS]
    if known:
        numbers = leave_out(manifest.context, vector, known)
        without.append(("demographics", "demographics", embedding, numbers))
    for name in used:
        if name.startswith(LABORATORY):
            without.append(("laboratory", name, embedding, leave_out(manifest.context, vector, [name])))
    complete = scores(embedding, vector.numbers)
    reduced = [(source, name, scores(image, numbers)) for source, name, image, numbers in without]
    return tuple(
        Contribution(
            finding_id(definition),
            source,
            name,
            calibrated(definition, float(complete[definition.channel]))
            - calibrated(definition, float(part[definition.channel])),
        )
        for definition in definitions
        for source, name, part in reduced
    )
