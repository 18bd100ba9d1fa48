"""Networks of the recipes, and the modules that fold an ensemble into one exportable graph."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from monai.networks.nets import DynUNet
from torch import Tensor, nn


def unet_3d(channels: Sequence[int], labels: int) -> DynUNet:
    """A 3D U-Net (MONAI `DynUNet`) with instance normalisation and two deep supervision heads.

    Parameters
    ----------
    channels : sequence of int
        Channels per level, full resolution first; each further level halves the resolution.
    labels : int
        Output channels, background included.
    """
    levels = len(channels)
    return DynUNet(
        spatial_dims=3,
        in_channels=1,
        out_channels=labels,
        kernel_size=[3] * levels,
        strides=[1] + [2] * (levels - 1),
        upsample_kernel_size=[2] * (levels - 1),
        filters=list(channels),
        norm_name="instance",
        deep_supervision=True,
        deep_supr_num=min(2, levels - 2),
    )


class FoldedEnsemble(nn.Module):
    """Members x (identity, left-right flip) averaged as probabilities, returned as logits.

    The mean is taken over probabilities (a calibrated vote), and its logarithm is returned, so that what
    leaves the graph can be resampled before argmax like the output of any single network.

    Parameters
    ----------
    members : sequence of nn.Module
        Trained networks, input ``(N, 1, K, J, I)``, output ``(N, C, K, J, I)``.
    flip_axis : int
        Axis of the tensor along which left and right lie.
    """

    def __init__(self, members: Sequence[nn.Module], flip_axis: int = 4) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)
        self.flip_axis = flip_axis

    def forward(self, image: Tensor) -> Tensor:
        """Logits ``(N, C, K, J, I)`` of an image ``(N, 1, K, J, I)``."""
        flipped = torch.flip(image, [self.flip_axis])
        probabilities = [torch.softmax(member(image), dim=1) for member in self.members]
        probabilities += [
            torch.flip(torch.softmax(member(flipped), dim=1), [self.flip_axis]) for member in self.members
        ]
        mean = torch.stack(probabilities).mean(dim=0)
        return torch.log(mean.clamp_min(1e-7))
