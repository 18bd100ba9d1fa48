"""Second stage of the task ``image-findings``: a deeper decoder, taught by masks and by outlines.

Few images have masks. The first stage outlines the regions on those that have none; what it outlines alike
when the image is scaled and mirrored is taken for true. The new decoder sees both kinds under stronger
changes than the first one did, so it has to tell lungs by their surroundings.
"""

from __future__ import annotations

import copy
import logging
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from torch import Tensor
from torch.nn import functional as F

from .findings_augment import augment, cloud
from .findings_data import Dataset
from .findings_decoder import RegionDecoder
from .findings_network import FindingsNetwork
from .findings_recipe import RegionTable
from .findings_steps import batch_of, follow, region_loss, schedule

__all__ = ["Outlines", "outline", "refine"]

log = logging.getLogger(__name__)

OUTLINE_SCALES = (1.0, 0.88, 1.12)
OUTLINE_MARGIN = 2
"""Pixels of the logits around an outline in which its probabilities are kept; farther away they are 0."""


@dataclass(frozen=True, eq=False)
class Outlines:
    """Probabilities of the regions (n, L, S/4, S/4) of the images with these indices in the data set."""

    indices: NDArray[np.int64]
    chances: NDArray[np.float16]


def _has_bfloat16() -> bool:
    """Whether the processor computes in bfloat16 itself, as far as this torch can tell."""
    capabilities = getattr(torch.cpu, "get_capabilities", dict)()
    return bool(capabilities.get("avx512_bf16"))


def _moved(maps: Tensor, factor: float) -> Tensor:
    """Maps (1, C, h, w) looked at from nearer (factor below 1) or farther."""
    theta = torch.tensor([[[factor, 0.0, 0.0], [0.0, factor, 0.0]]])
    return F.grid_sample(maps, F.affine_grid(theta, list(maps.shape), False), align_corners=False)


@torch.no_grad()
def _views(network: FindingsNetwork, image: Tensor) -> NDArray[np.float32]:
    """Probabilities (V, 1 + L, h, w) of an image (1, 1, S, S) at some scales, as it is and mirrored."""
    views = []
    for scale in OUTLINE_SCALES:
        seen = _moved(image, 1 / scale)
        both = torch.softmax(network.decoder(network.encode(torch.cat([seen, seen.flip(3)]))[0]), dim=1)
        for chance in (both[:1], both[1:].flip(3)[:, [0, 2, 1]]):
            views.append(_moved(chance, scale)[0].numpy())
    return np.stack(views)


def _outline(views: NDArray[np.float32]) -> tuple[NDArray[np.float32], float]:
    """Mean probabilities (L, h, w) around the largest piece of each region, and how alike the views are."""
    mean = views.mean(axis=0)
    labels = mean.argmax(axis=0)
    found, each = labels > 0, views.argmax(axis=1) > 0
    total = found.sum() + each.sum(axis=(1, 2))
    agreement = float(np.mean(2 * (found & each).sum(axis=(1, 2)) / np.maximum(total, 1)))
    chances = np.zeros_like(mean[1:])
    for region, chance in enumerate(chances, 1):
        pieces, count = ndimage.label(labels == region)
        if not count:
            continue
        largest = 1 + np.argmax(np.bincount(pieces.ravel())[1:])
        body = ndimage.binary_fill_holes(pieces == largest)
        near = ndimage.binary_dilation(body, iterations=OUTLINE_MARGIN)
        chance[near] = np.maximum(mean[region], 0.5 * body)[near]
    return chances, agreement


def outline(
    network: FindingsNetwork, dataset: Dataset, indices: NDArray[np.int64], agreement: float
) -> Outlines:
    """What the network outlines on images, where its outlines on the changed image agree enough."""
    network.eval()
    kept, chances = [], []
    for index in indices:
        found, alike = _outline(_views(network, batch_of(dataset, np.array([index]), regions=False)[:, :1]))
        if alike >= agreement:
            kept.append(index)
            chances.append(found.astype(np.float16))
    log.info("outlines of %d of %d images without mask", len(kept), len(indices))
    shape = (0, network.labels, *[dataset.images.shape[-1] // 4] * 2)
    return Outlines(np.array(kept, np.int64), np.stack(chances) if chances else np.zeros(shape, np.float16))


def refine(
    network: FindingsNetwork,
    dataset: Dataset,
    train: NDArray[np.int64],
    table: RegionTable,
    generator: torch.Generator,
    numpy: np.random.Generator,
) -> tuple[FindingsNetwork, list[float]]:
    """One round: give a network its new decoder, if it has not got it, and teach that one alone.

    The outlines come from the decoder that the network had before.

    Parameters
    ----------
    train : ndarray of int
        Images to learn from; some of them have masks.

    Returns
    -------
    FindingsNetwork
        With the moving average of the decoder's weights.
    list of float
        Losses.
    """
    masked, bare = train[dataset.has_mask[train]], train[~dataset.has_mask[train]]
    network.eval()
    outlines = outline(network, dataset, bare, table.agreement)
    if not isinstance(network.decoder, RegionDecoder):
        network.decoder = RegionDecoder(network.labels)
    average = copy.deepcopy(network).eval()
    optimizer = torch.optim.AdamW(
        network.decoder.parameters(), lr=table.learning_rate, weight_decay=table.weight_decay
    )
    losses: list[float] = []
    quick = _has_bfloat16()
    for step in range(table.steps):
        batch = augment(_region_batch(dataset, masked, outlines, table, numpy), table, generator)
        regions = batch[:, 2:]
        image = cloud(batch[:, :1], regions[:, :2], generator)
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=quick):
            skips, _ = network.encode(image.contiguous(memory_format=torch.channels_last))
        loss = region_loss(network.decoder([skip.float() for skip in skips]), regions)
        for group in optimizer.param_groups:
            group["lr"] = table.learning_rate * schedule(step, table.steps)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
        follow(average.decoder, network.decoder, min(table.ema_decay, (1 + step) / (10 + step)))
        if (step + 1) % 100 == 0:
            log.info("step %d of %d, loss %.3f", step + 1, table.steps, np.mean(losses[-100:]))
    return average, losses


def _region_batch(
    dataset: Dataset,
    masked: NDArray[np.int64],
    outlines: Outlines,
    table: RegionTable,
    numpy: np.random.Generator,
) -> Tensor:
    """Images with masks, then outlined ones (N, 5, S, S); see `batch_of`."""
    drawn = batch_of(dataset, numpy.choice(masked, table.mask_batch_size))
    if not len(outlines.indices) or not table.outline_batch_size:
        return drawn
    chosen = numpy.integers(len(outlines.indices), size=table.outline_batch_size)
    shown = batch_of(dataset, outlines.indices[chosen], regions=False)
    chances = torch.from_numpy(outlines.chances[chosen].astype(np.float32))
    size = list(drawn.shape[-2:])
    regions = F.interpolate(chances, size=size, mode="bilinear", align_corners=False)
    everywhere = torch.ones(len(chosen), 1, *size)
    return torch.cat([drawn, torch.cat([shown, regions, everywhere], dim=1)])
