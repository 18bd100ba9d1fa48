"""What is no proper image for the bundle: foreign images and proper ones made unfit, and a score for them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from MedMMSlicerLib.core import Volume, VolumeGeometry
from MedMMSlicerLib.dicom.reading import read_image
from MedMMSlicerLib.stats.roc import auc
from numpy.typing import NDArray
from scipy import ndimage

from .findings_data import Dataset, Split, prepare_image
from .findings_graph import Projection, TrustModel
from .findings_linear import fit_logistic, principal_components
from .findings_network import FindingsNetwork
from .findings_recipe import FindingsRecipe
from .findings_training import predict

__all__ = ["MADE_UNFIT", "TrustFit", "fit_projection", "fit_trust"]

FOREIGN_PER_PATTERN = 60
PROPER_IMAGES = 260
UNFIT_PER_KIND = 60
CLAMP = 6.0
PENALTY = 30.0
RIDGE = 0.05
"""Share of the unit matrix mixed into the covariance of the embedding, so that its inverse is tame."""

Image = NDArray[np.float32]


def _cropped(image: Image, generator: np.random.Generator) -> Image:
    """A quarter or less of the image, enlarged: most of the lungs is gone."""
    size = image.shape[0]
    edge = int(size * generator.uniform(0.3, 0.5))
    top, left = generator.integers(0, size - edge, 2)
    part = image[top : top + edge, left : left + edge]
    return np.asarray(ndimage.zoom(part, size / edge, order=1)[:size, :size])


def _noise(image: Image, generator: np.random.Generator) -> Image:
    """Noise of a random grain."""
    grain = ndimage.gaussian_filter(generator.normal(size=image.shape), generator.uniform(0, 12))
    return grain.astype(np.float32)


MADE_UNFIT = {
    "rotated by 90 degrees": lambda image, generator: np.rot90(image, generator.choice([1, 3])),
    "rotated by 180 degrees": lambda image, generator: np.rot90(image, 2),
    "inverted": lambda image, generator: -image,
    "cropped": _cropped,
    "noise": _noise,
}
"""Name to a function that makes a proper image unfit."""


def _standardised(image: Image) -> Image:
    spread = float(image.std())
    return ((image - image.mean()) / (spread if spread > 1e-3 else 1.0)).astype(np.float32)


def foreign_images(data: Path, recipe: FindingsRecipe, seed: int) -> dict[str, list[Image]]:
    """Images of something else by their pattern; of a volume, a slice in its middle part."""
    generator = np.random.default_rng(seed)
    found: dict[str, list[Image]] = {}
    for pattern in recipe.trust.foreign:
        paths = sorted(data.glob(pattern))
        generator.shuffle(paths)  # type: ignore[arg-type]
        images = []
        for path in paths[:FOREIGN_PER_PATTERN]:
            volume = read_image(path).volume
            if volume is None or volume.is_color:
                continue
            slices = 1 if len(volume.array) == 1 else -(-FOREIGN_PER_PATTERN // len(paths))
            images += [prepare_image(_one_slice(volume, generator), recipe.input)[0] for _ in range(slices)]
        if images:
            found[pattern] = images
    return found


def _one_slice(volume: Volume, generator: np.random.Generator) -> Volume:
    array = np.asarray(volume.array)
    if array.shape[0] == 1:
        return volume
    index = int(array.shape[0] * generator.uniform(0.3, 0.7))
    plane = array[index : index + 1]
    return Volume(np.ascontiguousarray(plane), VolumeGeometry(plane.shape, np.eye(4)))


@dataclass(frozen=True, eq=False)
class TrustFit:
    """The model, and figures per kind of unfit image on images that it was not fitted to."""

    model: TrustModel
    figures: dict[str, Any]


def fit_projection(pooled: NDArray[Any], dimensions: int) -> Projection:
    """Principal components of the pooled features of all members (N, M * E)."""
    mean, matrix = principal_components(pooled.astype(np.float64), dimensions)
    return Projection(torch.tensor(mean, dtype=torch.float32), torch.tensor(matrix, dtype=torch.float32))


def fit_trust(
    data: Path,
    recipe: FindingsRecipe,
    dataset: Dataset,
    split: Split,
    member: FindingsNetwork,
    pooled: NDArray[Any],
    embedding: NDArray[Any],
) -> TrustFit:
    """Fit both measures of novelty and set their limits on proper images that the first member did not see.

    Parameters
    ----------
    member : FindingsNetwork
        The first member.
    pooled : ndarray, shape (N, E)
        Its features of all images.
    embedding : ndarray, shape (N, D)
        Principal components of all members.
    """
    generator = np.random.default_rng(recipe.split.seed)
    train, unseen = split.train(0), split.validation(0)
    chosen = generator.permutation(np.concatenate([train, unseen]))[:PROPER_IMAGES]
    unfit = _unfit(dataset, chosen, generator)
    unfit |= foreign_images(data, recipe, recipe.split.seed)
    features = {
        name: np.clip(predict(member, np.stack(images), recipe.mirror)["pooled"], -CLAMP, CLAMP)
        for name, images in unfit.items()
    }
    fit_part = {name: rows[: len(rows) * 2 // 3] for name, rows in features.items()}
    test_part = {name: rows[len(rows) * 2 // 3 :] for name, rows in features.items()}
    proper = np.clip(pooled[train], -CLAMP, CLAMP)
    negative = np.concatenate(list(fit_part.values()))
    labels = np.concatenate([np.zeros(len(proper)), np.ones(len(negative))])
    model = fit_logistic(np.concatenate([proper, negative]).astype(np.float64), labels, PENALTY)
    raw = model.scores(np.clip(pooled[unseen], -CLAMP, CLAMP).astype(np.float64))
    share = recipe.trust.refused_share
    limit, spread = float(np.quantile(raw, 1 - share / 2)), float(raw.std())
    weight, bias = model.weight / (4 * spread), (model.bias - limit) / (4 * spread) + 1
    center = embedding[train].mean(axis=0)
    covariance = np.cov(embedding[train].T) * (1 - RIDGE) + RIDGE * np.eye(embedding.shape[1])
    precision = np.linalg.inv(covariance)
    offset = embedding[unseen] - center
    distance = np.sqrt(np.einsum("ij,jk,ik->i", offset, precision, offset))
    trust = TrustModel(
        torch.tensor(weight, dtype=torch.float32),
        bias,
        torch.tensor(center, dtype=torch.float32),
        torch.tensor(precision, dtype=torch.float32),
        1.15 * float(np.quantile(distance, 1 - share / 2)),
        CLAMP,
    )
    return TrustFit(trust, _figures(weight, bias, pooled[unseen], test_part))


def _unfit(
    dataset: Dataset, chosen: NDArray[np.int64], generator: np.random.Generator
) -> dict[str, list[Image]]:
    result: dict[str, list[Image]] = {}
    for name, change in MADE_UNFIT.items():
        picked = generator.choice(chosen, min(UNFIT_PER_KIND, len(chosen)), replace=False)
        result[name] = [
            _standardised(np.ascontiguousarray(change(dataset.images[index].astype(np.float32), generator)))
            for index in picked
        ]
    return result


def _figures(
    weight: NDArray[Any], bias: float, proper: NDArray[Any], unfit: dict[str, NDArray[Any]]
) -> dict[str, Any]:
    known = np.clip(proper, -CLAMP, CLAMP) @ weight + bias
    figures: dict[str, Any] = {"proper images refused": float((known > 1).mean())}
    for name, rows in unfit.items():
        scores = rows @ weight + bias
        labels = np.concatenate([np.zeros(len(known), int), np.ones(len(scores), int)])
        figures[name] = {
            "n": len(scores),
            "auc": auc(labels, np.concatenate([known, scores])),
            "refused": float((scores > 1).mean()),
        }
    return figures
