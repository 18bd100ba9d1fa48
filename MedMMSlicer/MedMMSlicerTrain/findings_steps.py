"""What both stages of training of the task ``image-findings`` share: batches, losses, schedule, average."""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from .findings_data import UNDRAWN, Dataset

__all__ = ["batch_of", "findings_loss", "follow", "region_dice", "region_loss", "schedule"]


def batch_of(dataset: Dataset, indices: NDArray[np.int64], regions: bool = True) -> Tensor:
    """Image, inside, right, left and where they were drawn (N, 5, S, S), or the first two, float32."""
    channels = [dataset.images[indices], dataset.inside[indices]]
    if regions:
        masks = dataset.masks[indices]
        channels += [masks == 1, masks == 2, masks != UNDRAWN]
    return torch.from_numpy(np.stack([channel.astype(np.float32) for channel in channels], axis=1))


def findings_loss(scores: Tensor, targets: Tensor, smoothing: float) -> Tensor:
    """Cross-entropy over the targets that are known, labels drawn towards one half."""
    known = ~torch.isnan(targets)
    soft = torch.nan_to_num(targets) * (1 - smoothing) + smoothing / 2
    loss = F.binary_cross_entropy_with_logits(scores, soft, reduction="none")
    return (loss * known).sum() / known.sum().clamp_min(1)


def region_loss(logits: Tensor, regions: Tensor) -> Tensor:
    """Cross-entropy plus soft Dice against regions (N, 3, S, S), brought to the logits' size.

    The last channel of the regions tells where they were drawn; nothing is asked elsewhere.
    """
    regions = F.avg_pool2d(regions, regions.shape[-1] // logits.shape[-1])
    regions, drawn = regions[:, :2], regions[:, 2:]
    truth = torch.cat([1 - regions.sum(dim=1, keepdim=True), regions], dim=1).clamp(0, 1)
    entropy = -((truth * F.log_softmax(logits, dim=1)).sum(dim=1, keepdim=True) * drawn).mean()
    chance, regions = torch.softmax(logits, dim=1)[:, 1:] * drawn, regions * drawn
    overlap = (chance * regions).sum(dim=(0, 2, 3))
    total = (chance + regions).sum(dim=(0, 2, 3))
    return entropy + (1 - 2 * overlap / total.clamp_min(1.0)).mean()


def region_dice(logits: NDArray[np.float32], masks: NDArray[np.uint8]) -> float:
    """Mean Dice of all regions together against masks (N, S, S), where these were drawn."""
    size = masks.shape[-2:]
    full = F.interpolate(torch.from_numpy(logits), size=size, mode="bilinear", align_corners=False)
    drawn = masks != UNDRAWN
    found, truth = (full.argmax(dim=1).numpy() > 0) & drawn, (masks > 0) & drawn
    both = (found & truth).sum(axis=(1, 2))
    return float(np.mean(2 * both / (found.sum(axis=(1, 2)) + truth.sum(axis=(1, 2)))))


def schedule(step: int, total: int) -> float:
    """Linear warm-up over 5 %, then cosine decay."""
    warm = max(1, total // 20)
    if step < warm:
        return (step + 1) / warm
    return 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, total - warm)))


@torch.no_grad()
def follow(average: nn.Module, network: nn.Module, decay: float) -> None:
    """Move an average of the network's parameters on; its buffers are copied."""
    for slow, fast in zip(average.parameters(), network.parameters()):
        slow.lerp_(fast, 1 - decay)
    for slow, fast in zip(average.buffers(), network.buffers()):
        slow.copy_(fast)
