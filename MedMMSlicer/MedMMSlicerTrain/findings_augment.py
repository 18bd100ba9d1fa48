"""Random changes of training images of the task ``image-findings``."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from .findings_recipe import RegionTable, TrainingTable

__all__ = ["augment", "cloud"]


def augment(batch: Tensor, table: TrainingTable | RegionTable, generator: torch.Generator) -> Tensor:
    """Random affine map, mirror, exposure, blur, noise and covered rectangles.

    Parameters
    ----------
    batch : Tensor, shape (N, 5, S, S) or (N, 2, S, S)
        Image, what is image, and perhaps right, left and where they were drawn. A mirror image swaps right
        and left, which are places in the image.
    """
    count = batch.shape[0]
    if not count:
        return batch

    def uniform(low: float, high: float) -> Tensor:
        return torch.rand(count, generator=generator) * (high - low) + low

    angle = uniform(-1, 1) * math.radians(table.rotate_degrees)
    scale, stretch = uniform(1 - table.scale, 1 + table.scale), uniform(0.94, 1.06)
    mirror = torch.rand(count, generator=generator) < 0.5
    sign = torch.where(mirror, -1.0, 1.0)
    theta = torch.stack(
        [
            torch.stack(
                [
                    sign * scale * stretch * angle.cos(),
                    -scale * angle.sin(),
                    uniform(-1, 1) * 2 * table.translate,
                ],
                1,
            ),
            torch.stack(
                [
                    sign * scale * stretch * angle.sin(),
                    scale * angle.cos(),
                    uniform(-1, 1) * 2 * table.translate,
                ],
                1,
            ),
        ],
        dim=1,
    )
    moved = F.grid_sample(batch, F.affine_grid(theta, list(batch.shape), False), align_corners=False)
    regions = torch.where(mirror[:, None, None, None], moved[:, 2:4].flip(1), moved[:, 2:4])
    image = torch.stack([_exposure(picture, generator) for picture in moved[:, :1]])
    inside = moved[:, 1:2]
    image = _normalise(image, inside)
    return torch.cat([_cover(image, generator), inside, regions, moved[:, 4:]], dim=1)


def _exposure(image: Tensor, generator: torch.Generator) -> Tensor:
    """Gamma, S-curve, blur and noise of one image (1, S, S) around zero mean and unit spread."""
    chance = torch.rand(5, generator=generator)
    low, high = image.min(), image.max()
    unit = (image - low) / (high - low).clamp_min(1e-3)
    unit = unit ** float(2.0 ** (2 * (chance[0] - 0.5)))
    if chance[1] < 0.2:
        size = image.shape[-1]
        small = F.avg_pool2d(unit[None], 2)
        unit = F.interpolate(small, size=(size, size), mode="bilinear", align_corners=False)[0]
    if chance[2] < 0.3:
        unit = unit + torch.randn(unit.shape, generator=generator) * 0.03 * float(chance[3])
    if chance[4] < 0.3:  # local contrast, as some devices' software does
        rows = F.avg_pool2d(unit[None], (31, 1), 1, (15, 0))
        unit = unit + 0.6 * (unit - F.avg_pool2d(rows, (1, 31), 1, (0, 15))[0])
    return unit


def _normalise(image: Tensor, inside: Tensor) -> Tensor:
    """Zero mean and unit spread over what is image; zero elsewhere, as the bundle pads."""
    weight = inside / inside.sum(dim=(2, 3), keepdim=True).clamp_min(1.0)
    mean = (image * weight).sum(dim=(2, 3), keepdim=True)
    spread = ((image - mean) ** 2 * weight).sum(dim=(2, 3), keepdim=True).sqrt().clamp_min(1e-3)
    return ((image - mean) / spread).clamp(-6, 6) * (inside > 0.5)


def _cover(image: Tensor, generator: torch.Generator) -> Tensor:
    """Cover letters: margins with one gray value, and small rectangles anywhere."""
    size = image.shape[-1]
    for picture in image:
        chance = torch.rand(4, generator=generator)
        if chance[0] < 0.3:
            margin = int(size * 0.12 * float(chance[1]))
            if margin:
                side = int(torch.randint(0, 4, (1,), generator=generator))
                strip = picture.rot90(side, (1, 2))
                strip[:, :margin] = float(picture.min() + (picture.max() - picture.min()) * chance[2])
        for _ in range(int(torch.randint(0, 3, (1,), generator=generator))):
            height, width = (int(v) for v in torch.randint(size // 32, size // 7, (2,), generator=generator))
            top = int(torch.randint(0, size - height, (1,), generator=generator))
            left = int(torch.randint(0, size - width, (1,), generator=generator))
            picture[:, top : top + height, left : left + width] = float(
                torch.randn(1, generator=generator).clamp(-2, 2)
            )
    return image


def cloud(image: Tensor, regions: Tensor, generator: torch.Generator) -> Tensor:
    """Smooth opacities, most of them within the regions, over half of the images, and up to three tubes.

    Parameters
    ----------
    image : Tensor, shape (N, 1, S, S)
    regions : Tensor, shape (N, L, S, S)
    """
    count, size = len(image), image.shape[-1]
    shape = (count, 1, 1, 1)
    seeds = torch.randn(count, 1, 6, 6, generator=generator)
    smooth = F.interpolate(seeds, size=(size, size), mode="bicubic", align_corners=False)
    strength = torch.rand(shape, generator=generator) * (torch.rand(shape, generator=generator) < 0.5)
    place = 0.3 + 0.7 * regions.sum(dim=1, keepdim=True)
    clouded = image + 1.2 * strength * smooth.clamp_min(-0.3) * place
    along = torch.linspace(0, 1, 2 * size)[:, None]
    for picture in clouded[:, 0]:
        for _ in range(int(torch.randint(0, 4, (1,), generator=generator))):
            start, bend, end = torch.rand(3, 2, generator=generator) * size
            curve = (1 - along) ** 2 * start + 2 * (1 - along) * along * bend + along**2 * end
            rows, columns = curve.round().long().clamp(0, size - 2).T
            bright = 1.5 * float(torch.rand(1, generator=generator))
            picture[rows, columns] += bright
            picture[rows + 1, columns] += 0.6 * bright
    return clouded
