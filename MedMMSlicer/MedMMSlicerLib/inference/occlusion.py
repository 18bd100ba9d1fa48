"""Occlusion maps: where does a score fall when a part of the image is taken away?

They ask nothing of a network but its scores, so they work for every bundle on every engine (Zeiler and
Fergus, 2014). What is taken away is replaced by the blurred image, since a black patch would itself be a
finding.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..bundles.manifest import Manifest
from ..core import Case, HeatMap
from ..errors import BundleError, UsageError
from .context_vector import encode_context
from .engine import SILENT, EngineFactory, RunControl, RunOptions
from .evidence import coarse_grid, heat_map_grid, heat_map_id, normalized_map
from .findings import calibrated, finding_id
from .fusion import FUSION, FusionHead
from .network import EngineCache, GraphRunner, open_graph
from .onnx_engine import open_engine
from .preprocess import prepare
from .reading_pass import channel_values
from .resampling import resample
from .sliding_window import WindowSettings, predict_windows

if TYPE_CHECKING:
    from ..bundles.loading import ModelBundle

__all__ = ["OCCLUSION_METHOD", "OcclusionOptions", "occlusion_map"]

OCCLUSION_METHOD = "occlusion"

_BLUR_SHARE = 0.5
"""Standard deviation of the blur, in patches: what is smaller than a patch disappears."""

_MOST_PATCHES = {2: 64, 3: 16}
"""Along an edge, by the dimensions of the image."""

Target = Callable[[dict[str, NDArray[np.float32]]], float]
"""Outputs of the image graph by part name to the number that is explained."""

Score = Callable[[NDArray[np.float32]], list[float]]
"""(B, C, ...) images to B numbers."""


@dataclass(frozen=True)
class OcclusionOptions:
    """How to look.

    Parameters
    ----------
    patches : int
        Patches along the longer edges of the image; a single image has ``patches`` squared.
    run : RunOptions
        Device, threads, and the point of a ``roi`` bundle.
    batch : int
        Patches in one run of a network that takes any number of images.
    """

    patches: int = 8
    run: RunOptions = field(default_factory=RunOptions)
    batch: int = 8


def occlusion_map(
    bundle: ModelBundle,
    case: Case,
    finding: str,
    options: OcclusionOptions | None = None,
    control: RunControl = SILENT,
    engines: EngineFactory | EngineCache = open_engine,
) -> HeatMap:
    """Explain one finding of a case.

    Parameters
    ----------
    bundle : ModelBundle
    case : Case
        Loaded.
    finding : str
        Id of a scored finding (``f-pneumonia``), or ``f-<label id>`` for a label: its mean probability.
    options : OcclusionOptions, optional
    control : RunControl
        Progress over the patches; cancelling is asked for between runs.
    engines : callable or EngineCache

    Returns
    -------
    HeatMap
        Over the image (`evidence.heat_map_grid`): by how much the probability falls without each patch,
        divided by the largest fall; rises count as none.

    Raises
    ------
    UsageError
        If the bundle has no such finding, or the number of patches is not sensible.
    InputError, BundleError, DeviceError, CancelledError
        As for `predict`.
    """
    from .predictor import input_of

    options = options or OcclusionOptions()
    manifest, role = bundle.manifest, bundle.manifest.inputs[0]
    series, volume = input_of(bundle, case)
    most = _MOST_PATCHES[role.dimensions]
    if not 2 <= options.patches <= most:
        raise UsageError(f"{options.patches} patches along an edge are not possible. Give 2 to {most}.")
    runner = open_graph(bundle, options.run.device, options.run.threads, engines)
    prepared = prepare(volume, manifest.preprocess, options.run.point_ras, role.channels, role.dimensions)
    target = _target(bundle, case, series.facts.view, finding, options, engines)
    score = _scorer(manifest, runner, target)
    values = _falls(prepared.tensor, score, options, _batch_size(runner, options.batch), control)
    grid = coarse_grid(prepared.geometry, values.shape)
    target_grid = heat_map_grid(volume.geometry)
    array = normalized_map(resample(values.reshape(grid.shape), grid, target_grid, outside=0.0))
    name = f"{heat_map_id(finding)}-occlusion"
    return HeatMap(name, finding, array, target_grid, OCCLUSION_METHOD)


def _falls(
    tensor: NDArray[np.float32],
    score: Score,
    options: OcclusionOptions,
    batch: int,
    control: RunControl,
) -> NDArray[np.float32]:
    """By how much the score falls without each patch, float32, one number a patch."""
    shape = tensor.shape[2:]
    cells = _cells(shape, options.patches)
    blurred = _blurred(tensor, [size / count for size, count in zip(shape, cells)])
    values = np.zeros(cells, np.float32)
    complete = score(tensor)[0]
    done = 0
    for group in _batches(_patches(shape, cells), batch):
        control.step("occlusion", done / values.size)
        changed = np.repeat(tensor, len(group), axis=0)
        for number, (_, box) in enumerate(group):
            for channel in range(tensor.shape[1]):
                changed[number, channel][box] = blurred[0, channel][box]
        for (index, _), value in zip(group, score(changed)):
            values[index] = complete - value
        done += len(group)
    control.step("occlusion", 1.0)
    return values


def _target(
    bundle: ModelBundle,
    case: Case,
    view: str,
    finding: str,
    options: OcclusionOptions,
    engines: EngineFactory | EngineCache,
) -> Target:
    """The number that is explained: a calibrated probability, or the mean probability of a label."""
    manifest = bundle.manifest
    for definition in manifest.findings:
        if finding_id(definition) != finding:
            continue
        if definition.graph != FUSION:
            return lambda outputs: calibrated(
                definition, float(outputs["scores"].ravel()[definition.channel])
            )
        head = FusionHead(bundle, options.run.threads, engines)
        numbers = encode_context(manifest.context, case.context, view).numbers
        return lambda outputs: calibrated(
            definition, float(head.scores(outputs["embedding"].ravel(), numbers)[definition.channel])
        )
    for label in manifest.labels:
        if f"f-{label.id}" == finding:
            return lambda outputs: _label_probability(manifest, outputs["logits"], label.value)
    known = [finding_id(item) for item in manifest.findings] + [f"f-{item.id}" for item in manifest.labels]
    raise UsageError(f"{manifest.id} has no finding '{finding}'. It has: {', '.join(known)}.")


def _label_probability(manifest: Manifest, logits: NDArray[np.float32], value: int) -> float:
    channel = channel_values(manifest).index(value)
    if manifest.postprocess.decision == "threshold":
        return float((1 / (1 + np.exp(-np.clip(logits[0, channel], -60, 60)))).mean())
    shifted = np.exp(logits[0] - logits[0].max(axis=0))
    return float((shifted[channel] / shifted.sum(axis=0)).mean())


def _scorer(manifest: Manifest, runner: GraphRunner, target: Target) -> Score:
    """Scores many images in one run where the network takes as many."""
    region = manifest.preprocess.region

    def one(image: NDArray[np.float32]) -> float:
        if region.kind != "sliding-window" or image.ndim != 5 or "logits" not in runner.outputs:
            return target(runner.run(image))
        if region.size is None:
            raise BundleError(f"{manifest.id} has sliding windows without a size. Correct its 'preprocess'.")
        count = len(channel_values(manifest))
        settings = WindowSettings(region.size, region.overlap, None, None)
        windows = predict_windows(image[0], lambda part: runner.logits(part, count), settings, SILENT)
        return target({"logits": windows.logits[None]})

    def many(images: NDArray[np.float32]) -> list[float]:
        if len(images) == 1 or _batch_size(runner, 2) == 1:
            return [one(images[number : number + 1]) for number in range(len(images))]
        outputs = runner.run(images)
        return [
            target({part: array[number : number + 1] for part, array in outputs.items()})
            for number in range(len(images))
        ]

    return many


def _batch_size(runner: GraphRunner, wanted: int) -> int:
    """``wanted`` if the network takes any number of images, as far as the engine knows, else 1."""
    shapes = getattr(runner.engine, "input_shapes", {})
    shape = shapes.get(runner.input_name, ())
    return max(1, wanted) if shape and shape[0] is None else 1


def _cells(shape: Sequence[int], patches: int) -> tuple[int, ...]:
    """Patches along each axis: ``patches`` along the longest, fewer along shorter ones, at least one."""
    longest = max(shape)
    return tuple(max(1, min(size, round(patches * size / longest))) for size in shape)


def _patches(
    shape: Sequence[int], cells: Sequence[int]
) -> Iterator[tuple[tuple[int, ...], tuple[slice, ...]]]:
    """Index and box of every patch; together they cover the image without overlap."""
    edges = [np.linspace(0, size, count + 1).round().astype(int) for size, count in zip(shape, cells)]
    for index in itertools.product(*(range(count) for count in cells)):
        yield index, tuple(slice(int(edge[at]), int(edge[at + 1])) for edge, at in zip(edges, index))


def _batches(
    patches: Iterator[tuple[tuple[int, ...], tuple[slice, ...]]], size: int
) -> Iterator[list[tuple[tuple[int, ...], tuple[slice, ...]]]]:
    while group := list(itertools.islice(patches, size)):
        yield group


def _blurred(tensor: NDArray[np.float32], patch: Sequence[float]) -> NDArray[np.float32]:
    from scipy import ndimage

    sigmas = (0.0, 0.0, *(_BLUR_SHARE * edge for edge in patch))
    return np.asarray(ndimage.gaussian_filter(tensor, sigmas, mode="nearest"), np.float32)
