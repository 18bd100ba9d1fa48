"""The torch side of ``medmm bench``: a network with known behaviour, and MONAI's sliding window as the mark.

The network is a 3D U-Net of common size with random weights of a fixed seed, beside it a single convolution
whose channels say how far the smoothed intensity lies above each of a few levels. Both feed the last layer,
a 1x1x1 convolution that is solved in closed form, so that the labels follow the intensities: nothing is
trained, and what is compared is no noise. Batch normalisation is used, because instance normalisation would
blow up the noise of windows that hold nothing but air, where the labels would then mean nothing.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from MedMMSlicerLib.inference.bench_case import BenchSettings
from monai.inferers import sliding_window_inference
from monai.networks.nets import DynUNet
from numpy.typing import NDArray
from torch import Tensor, nn

from .export import export_onnx

__all__ = ["MonaiReference", "save_bench_network"]

FILTERS = (16, 32, 64)
LEVELS = 12
SAMPLES_PER_BLOCK = 3000
RIDGE = 1e-3

Block = tuple[NDArray[np.float32], NDArray[np.uint8]]


class BenchNetwork(nn.Module):
    """Random U-Net features and intensity features, joined by one linear layer.

    Parameters
    ----------
    labels : int
        Output channels, background included.
    levels : ndarray of float, shape (L,)
        Intensities at which the intensity features begin to rise.
    """

    def __init__(self, labels: int, levels: NDArray[np.float64]) -> None:
        super().__init__()
        depth = len(FILTERS)
        self.unet = DynUNet(
            spatial_dims=3,
            in_channels=1,
            out_channels=labels,
            kernel_size=[3] * depth,
            strides=[1] + [2] * (depth - 1),
            upsample_kernel_size=[2] * (depth - 1),
            filters=list(FILTERS),
            norm_name="batch",
        )
        self.unet.output_block = nn.Identity()
        self.ramps = nn.Conv3d(1, len(levels), 3, padding=1, padding_mode="zeros")
        self.head = nn.Conv3d(FILTERS[0] + len(levels), labels, 1)
        with torch.no_grad():
            self.ramps.weight.fill_(1 / 27)
            self.ramps.bias.copy_(torch.from_numpy(-levels))  # type: ignore[union-attr]

    def features(self, image: Tensor) -> Tensor:
        """Inputs of the last layer, (N, 16 + L, k, j, i)."""
        return torch.cat([self.unet(image), torch.relu(self.ramps(image))], dim=1)

    def forward(self, image: Tensor) -> Tensor:
        """Logits (N, labels, k, j, i) of an image (N, 1, k, j, i)."""
        return self.head(self.features(image))


def bench_network(blocks: Sequence[Block], labels: int) -> BenchNetwork:
    """Make the network and fit its normalisation and last layer to blocks of image and labels, (k, j, i)."""
    torch.manual_seed(20261122)
    values = np.concatenate([image.ravel()[::17] for image, _ in blocks])
    network = BenchNetwork(labels, np.linspace(*np.percentile(values, [1, 99]), LEVELS))
    images = [torch.from_numpy(np.ascontiguousarray(image))[None, None] for image, _ in blocks]
    with torch.no_grad():
        _calibrate(network, images)
        _solve_last_layer(network, images, [truth for _, truth in blocks], labels)
    return network.eval()


def _calibrate(network: nn.Module, images: Sequence[Tensor]) -> None:
    for module in network.modules():
        if isinstance(module, nn.BatchNorm3d):
            module.momentum = None  # running figures become plain means
            module.reset_running_stats()
    network.train()
    for image in images:
        network(image)
    network.eval()


def _solve_last_layer(
    network: BenchNetwork, images: Sequence[Tensor], truths: Sequence[NDArray[np.uint8]], labels: int
) -> None:
    """Least squares from the last features to one-hot labels, over random voxels of every block."""
    generator = np.random.default_rng(7)
    rows, targets = [], []
    for image, truth in zip(images, truths):
        features = network.features(image)[0].flatten(1).numpy()
        chosen = generator.choice(truth.size, min(SAMPLES_PER_BLOCK, truth.size), replace=False)
        rows.append(features[:, chosen].T)
        targets.append(truth.ravel()[chosen])
    matrix, values = np.concatenate(rows).astype(np.float64), np.concatenate(targets)
    design = np.column_stack([matrix, np.ones(len(matrix))])
    weight = 1 / np.maximum(1, np.bincount(values, minlength=labels))[values]
    weighted = design * weight[:, None]
    normal = design.T @ weighted + RIDGE * np.eye(design.shape[1])
    # The factor changes no argmax; it puts the logits on a usual scale.
    solution = 10 * np.linalg.solve(normal, weighted.T @ np.eye(labels)[values]).T
    network.head.weight.copy_(torch.from_numpy(solution[:, :-1]).view_as(network.head.weight))
    network.head.bias.copy_(torch.from_numpy(solution[:, -1]))  # type: ignore[union-attr]


class MonaiReference:
    """``sliding_window_inference`` on torch with the same weights, windows, overlap and blending."""

    def __init__(self, network: nn.Module, window: tuple[int, int, int], overlap: float) -> None:
        self._network, self._window, self._overlap = network, window, overlap

    def labels(self, tensor: NDArray[np.float32]) -> tuple[NDArray[np.uint8], float]:
        """Label map (K, J, I) of a tensor (1, 1, K, J, I), and the seconds that it took."""
        start = time.perf_counter()
        with torch.inference_mode():
            logits = sliding_window_inference(
                torch.from_numpy(tensor), self._window, 1, self._network, self._overlap, mode="gaussian"
            )
            labels = logits[0].argmax(0).to(torch.uint8).numpy()
        return labels, time.perf_counter() - start

    @property
    def description(self) -> dict[str, Any]:
        """What the figures were taken with."""
        import monai

        return {"torch": torch.__version__, "monai": monai.__version__, "threads": torch.get_num_threads()}


def save_bench_network(blocks: Sequence[Block], settings: BenchSettings, path: Path) -> MonaiReference:
    """Make the network, export it to ``path``, and return the reference that runs it on torch."""
    network = bench_network(blocks, settings.labels)
    export_onnx(network, torch.zeros(1, 1, *settings.window), path)
    if settings.threads:
        torch.set_num_threads(settings.threads)
    return MonaiReference(network, settings.window, settings.overlap)
