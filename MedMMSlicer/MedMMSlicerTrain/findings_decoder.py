"""Decoders of regions: the one that learns with the encoder, and the one of the second stage."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn import functional as F

__all__ = ["Decoder", "RegionDecoder"]

LEVEL_CHANNELS = (24, 40, 112, 320)
"""Channels of the encoder's features at 1/4, 1/8, 1/16 and 1/32 of the input."""

WIDTH = 48
REGION_WIDTHS = (32, 64, 96, 96)


def _step(channels: int) -> nn.Sequential:
    convolution = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
    return nn.Sequential(convolution, nn.GroupNorm(8, channels), nn.ReLU(inplace=True))


def _twice(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)


class Decoder(nn.Module):
    """Small decoder that learns along with the encoder; ``labels`` regions besides the background."""

    def __init__(self, labels: int) -> None:
        super().__init__()
        self.lateral = nn.ModuleList(nn.Conv2d(channels, WIDTH, 1) for channels in LEVEL_CHANNELS)
        self.merge = nn.ModuleList(_step(WIDTH) for _ in range(3))
        self.segment = nn.Conv2d(WIDTH, labels + 1, 1)

    def forward(self, skips: Sequence[Tensor]) -> Tensor:
        """Logits (N, 1 + labels, h/4, w/4) of background and regions from the encoder's four levels."""
        x = self.lateral[3](skips[3])
        for level in (2, 1, 0):
            x = self.merge[level](_twice(x) + self.lateral[level](skips[level]))
        return self.segment(x)


class RegionDecoder(nn.Module):
    """Deeper decoder of the second stage, with most of its work where maps are small.

    Lungs are told from what lies beside them by their surroundings, so the coarse levels get two convolutions
    and more channels; the fine one places the outline.
    """

    def __init__(self, labels: int) -> None:
        super().__init__()
        self.lateral = nn.ModuleList(
            nn.Conv2d(channels, width, 1) for channels, width in zip(LEVEL_CHANNELS, REGION_WIDTHS)
        )
        fine, *coarse = REGION_WIDTHS
        self.context = nn.Sequential(_step(coarse[-1]), _step(coarse[-1]))
        self.narrow = nn.ModuleList(
            nn.Conv2d(wide, width, 1, bias=False) for width, wide in zip(REGION_WIDTHS, coarse)
        )
        self.merge = nn.ModuleList(
            [_step(fine), *(nn.Sequential(_step(width), _step(width)) for width in coarse[:-1])]
        )
        self.segment = nn.Conv2d(fine, labels + 1, 1)

    def forward(self, skips: Sequence[Tensor]) -> Tensor:
        """As of `Decoder`."""
        x = self.lateral[3](skips[3])
        x = x + self.context(x)
        for level in (2, 1, 0):
            x = self.merge[level](_twice(self.narrow[level](x)) + self.lateral[level](skips[level]))
        return self.segment(x)
