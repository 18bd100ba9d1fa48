"""Images, labels, context and masks of the task ``image-findings``, read once and kept as arrays."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from MedMMSlicerLib.bundles.manifest import IntensityStep, Preprocess, Region
from MedMMSlicerLib.core import Volume
from MedMMSlicerLib.dicom.reading import read_image
from MedMMSlicerLib.errors import InputError
from MedMMSlicerLib.inference.preprocess import planned_block, prepare
from MedMMSlicerLib.inference.resampling import resample
from numpy.typing import NDArray
from scipy import ndimage

from .findings_recipe import FindingsRecipe, ImageInput, Source, read_rows

__all__ = [
    "UNDRAWN",
    "Dataset",
    "Split",
    "image_preprocess",
    "load_dataset",
    "prepare_image",
    "split_patients",
]

CACHE_VERSION = 1

UNDRAWN = 255
"""In masks: outside of what the person who drew them saw."""

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Dataset:
    """All images of a recipe.

    Parameters
    ----------
    images : ndarray of float16, shape (N, S, S)
        As the network sees them.
    inside : ndarray of bool, shape (N, S, S)
        What is image and no padding.
    masks : ndarray of uint8, shape (N, S, S)
        Labels, and `UNDRAWN` where nobody drew; all zero where ``has_mask`` is false.
    has_mask : ndarray of bool, shape (N,)
    targets : ndarray of float32, shape (N, T)
        0 or 1; NaN where a source does not label a target.
    patients : ndarray of str, shape (N,)
        With the source's name in front.
    paths : list of Path
    mask_paths : list of Path or None
    rows : list of dict
        The tables' rows.
    sources : ndarray of str, shape (N,)
    """

    images: NDArray[np.float16]
    inside: NDArray[np.bool_]
    masks: NDArray[np.uint8]
    has_mask: NDArray[np.bool_]
    targets: Floats
    patients: NDArray[np.str_]
    paths: list[Path]
    mask_paths: list[Path | None]
    rows: list[dict[str, str]]
    sources: NDArray[np.str_]


@dataclass(frozen=True, eq=False)
class Split:
    """Indices of the test images, and the fold of every other image (-1 for test images)."""

    test: NDArray[np.int64]
    fold: NDArray[np.int64]

    def train(self, fold: int) -> NDArray[np.int64]:
        """Indices that the member of ``fold`` learns from."""
        return np.flatnonzero((self.fold >= 0) & (self.fold != fold))

    def validation(self, fold: int) -> NDArray[np.int64]:
        """Indices that the member of ``fold`` never saw."""
        return np.flatnonzero(self.fold == fold)


def image_preprocess(table: ImageInput) -> Preprocess:
    """Preprocessing of the bundle, the same that the manifest states."""
    low, high = table.clip_percentiles
    return Preprocess(
        region=Region("whole", (1, table.size, table.size)),
        orientation="",
        intensity=(IntensityStep("clip-percentile", {"low": low, "high": high}), IntensityStep("z-score")),
        scope="region",
    )


def prepare_image(volume: Volume, table: ImageInput) -> tuple[Floats, NDArray[np.bool_]]:
    """What the network sees of an image (S, S), and which of it is image."""
    prepared = prepare(volume, image_preprocess(table), dimensions=2)
    inside = np.zeros((1, table.size, table.size), bool)
    inside[prepared.inside] = True
    return prepared.tensor[0, 0], inside[0]


def _read_volume(path: Path) -> Volume:
    volume = read_image(path).volume
    if volume is None:
        raise InputError(f"{path} holds no pixels. Remove it from the table.")
    return volume


def _prepare_mask(path: Path, image: Volume, table: ImageInput) -> NDArray[np.uint8]:
    """Right and left lung (1, 2) of a binary mask, told apart by their place: the patient's right is on the
    image's left.
    """
    mask = _read_volume(path)
    array = np.asarray(mask.array)
    binary = (array if array.ndim == 3 else array.max(-1)) > 0
    if binary.shape != image.geometry.shape:
        raise InputError(f"The mask {path} has not the size of its image. Redraw it on the image.")
    components, count = ndimage.label(binary)
    block = planned_block(image.geometry, image_preprocess(table), None, 2)
    middle = ndimage.center_of_mass(binary)[2]
    sides = np.zeros(binary.shape, np.uint8)
    for index in range(1, count + 1):
        part = components == index
        sides[part] = 1 if ndimage.center_of_mass(part)[2] < middle else 2
    channels = [
        resample((sides == side).astype(np.float32), image.geometry, block, outside=0.0, smooth=True)[0]
        for side in (1, 2)
    ]
    best = np.argmax(channels, axis=0) + 1
    return np.where(np.max(channels, axis=0) >= 0.5, best, 0).astype(np.uint8)


def load_dataset(data: Path, recipe: FindingsRecipe, cache: Path) -> Dataset:
    """Read every image of every source, from ``cache`` where it was read before.

    Raises
    ------
    InputError
        If a table or an image is missing or unreadable.
    """
    parts = [_load_source(data, source, recipe, cache) for source in recipe.sources]
    for part, source in zip(parts, recipe.sources):
        if source.square_masks:
            part["masks"] = np.where(
                part["has_mask"][:, None, None] & ~central_squares(part["inside"]), UNDRAWN, part["masks"]
            ).astype(np.uint8)
    rows = [row for source in recipe.sources for row in read_rows(data, source)]
    named = [(source, row) for source in recipe.sources for row in read_rows(data, source)]
    return Dataset(
        images=np.concatenate([part["images"] for part in parts]),
        inside=np.concatenate([part["inside"] for part in parts]),
        masks=np.concatenate([part["masks"] for part in parts]),
        has_mask=np.concatenate([part["has_mask"] for part in parts]),
        targets=np.array([_targets(source, row, recipe.targets) for source, row in named], np.float32),
        patients=np.array([f"{source.name}:{source.patient.format_map(row)}" for source, row in named]),
        paths=[data / source.folder / source.image.format_map(row) for source, row in named],
        mask_paths=[_mask_path(data, source, row) for source, row in named],
        rows=rows,
        sources=np.array([source.name for source, _ in named]),
    )


def central_squares(inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The largest central square (N, S, S) of what is image (N, S, S), a rectangle."""
    squares = np.zeros_like(inside)
    for square, real in zip(squares, inside):
        spans = [np.flatnonzero(real.any(axis=axis)) for axis in (1, 0)]
        side = min(len(span) for span in spans)
        starts = [span[0] + (len(span) - side + 1) // 2 for span in spans]
        square[tuple(slice(start, start + side) for start in starts)] = True
    return squares


def _targets(source: Source, row: dict[str, str], targets: list[str]) -> list[float]:
    return [
        float(all(condition.holds(row) for condition in source.labels[name]))
        if name in source.labels
        else np.nan
        for name in targets
    ]


def _mask_path(data: Path, source: Source, row: dict[str, str]) -> Path | None:
    path = data / source.folder / source.mask.format_map(row)
    return path if source.mask and path.is_file() else None


def _load_source(data: Path, source: Source, recipe: FindingsRecipe, cache: Path) -> dict[str, NDArray[Any]]:
    rows = read_rows(data, source)
    key = json.dumps(
        [CACHE_VERSION, source.image, source.mask, vars(recipe.input), [list(row.values()) for row in rows]],
        default=str,
    )
    digest = hashlib.sha256(key.encode()).hexdigest()[:12]
    path = cache / f"{source.name}-{recipe.input.size}-{digest}.npz"
    if path.is_file():
        with np.load(path) as stored:
            return dict(stored)
    images, inside, masks = [], [], []
    for row in rows:
        volume = _read_volume(data / source.folder / source.image.format_map(row))
        pixels, real = prepare_image(volume, recipe.input)
        images.append(pixels.astype(np.float16))
        inside.append(real)
        mask = _mask_path(data, source, row)
        empty = np.zeros(pixels.shape, np.uint8)
        masks.append(_prepare_mask(mask, volume, recipe.input) if mask else empty)
    arrays = {"images": np.stack(images), "inside": np.stack(inside), "masks": np.stack(masks)}
    arrays["has_mask"] = np.array([_mask_path(data, source, row) is not None for row in rows])
    cache.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial.npz")
    np.savez(partial, **arrays)
    partial.replace(path)
    return arrays


def split_patients(dataset: Dataset, recipe: FindingsRecipe) -> Split:
    """Split by patient, source by source, with like shares of the rarest findings in every part.

    Patients are dealt out in turn, sorted by their rarest finding and shuffled within, so that each part gets
    its share of every finding.
    """
    table = recipe.split
    generator = np.random.default_rng(table.seed)
    fold = np.full(len(dataset.patients), -2)
    frequency = np.nan_to_num(np.nanmean(np.nan_to_num(dataset.targets), axis=0), nan=1.0)
    for source in np.unique(dataset.sources):
        names = np.unique(dataset.patients[dataset.sources == source])
        generator.shuffle(names)
        ranks = {name: _rarity(dataset, name, frequency) for name in names}
        ordered = sorted(names, key=lambda name: ranks[name])
        part = _deal(len(ordered), table.test_share, table.folds, generator)
        for name, index in zip(ordered, part):
            fold[dataset.patients == name] = index
    return Split(np.flatnonzero(fold == -1), fold)


def _rarity(dataset: Dataset, patient: str, frequency: NDArray[Any]) -> tuple[float, int]:
    mine = dataset.patients == patient
    positive = np.nanmax(np.nan_to_num(dataset.targets[mine]), axis=0) > 0
    return (float(frequency[positive].min()) if positive.any() else 1.0, int(dataset.has_mask[mine].any()))


def _deal(count: int, test_share: float, folds: int, generator: np.random.Generator) -> NDArray[np.int64]:
    """Part of each of ``count`` patients in order, evenly spread: -1 for test, else a fold."""
    test = np.floor(np.arange(1, count + 1) * test_share + 0.5) > np.floor(
        np.arange(count) * test_share + 0.5
    )
    part = np.full(count, -1)
    rest = np.flatnonzero(~test)
    for start in range(0, len(rest), folds):
        chunk = rest[start : start + folds]
        part[chunk] = generator.permutation(folds)[: len(chunk)]
    return part
