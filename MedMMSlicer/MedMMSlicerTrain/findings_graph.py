"""The graphs that a bundle of the task ``image-findings`` ships: image to everything, and the fusion head."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .findings_network import DEEP_CHANNELS, MIDDLE_CHANNELS, FindingsNetwork

__all__ = ["IMAGE_OUTPUTS", "FusionGraph", "ImageGraph", "Projection", "TrustModel"]

IMAGE_OUTPUTS = ("scores", "embedding", "activation", "novelty", "logits")
"""Outputs of the image graph; ``logits`` only where there are regions."""


@dataclass(frozen=True, eq=False)
class Projection:
    """Pooled features of all members (M * E) to D uncorrelated numbers with unit spread.

    Parameters
    ----------
    mean : Tensor, shape (M * E,)
    matrix : Tensor, shape (M * E, D)
    """

    mean: Tensor
    matrix: Tensor


@dataclass(frozen=True, eq=False)
class TrustModel:
    """Two measures of novelty on the features of the first member, each 1 at its limit.

    Parameters
    ----------
    weight : Tensor, shape (E,)
        Linear classifier of unfit images, on pooled features clamped to plus and minus ``clamp``.
    bias : float
    mean : Tensor, shape (D,)
    precision : Tensor, shape (D, D)
        Of the embedding: Mahalanobis distance, divided by ``limit``.
    limit : float
    clamp : float
    """

    weight: Tensor
    bias: float
    mean: Tensor
    precision: Tensor
    limit: float
    clamp: float = 6.0

    @classmethod
    def open(cls, pooled: int, dimensions: int) -> TrustModel:
        """A model that finds nothing novel."""
        zeros = torch.zeros(dimensions)
        return cls(torch.zeros(pooled), 0.0, zeros, torch.outer(zeros, zeros), 1.0)


class ImageGraph(nn.Module):
    """Members, or members x (identity, mirror), averaged.

    Parameters
    ----------
    members : sequence of FindingsNetwork
    findings : int
        First outputs of the heads that are given out.
    projection : Projection
    trust : TrustModel
    mirror : bool
    """

    def __init__(
        self,
        members: Sequence[FindingsNetwork],
        findings: int,
        projection: Projection,
        trust: TrustModel,
        mirror: bool = False,
    ) -> None:
        super().__init__()
        self.mirror = mirror
        self.members = nn.ModuleList(members)
        self.findings = findings
        self.register_buffer("mean", projection.mean)
        self.register_buffer("matrix", projection.matrix)
        self.register_buffer("trust_weight", trust.weight)
        self.register_buffer("trust_mean", trust.mean)
        self.register_buffer("trust_precision", trust.precision)
        self.trust_bias, self.trust_limit, self.trust_clamp = trust.bias, trust.limit, trust.clamp

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        """See `IMAGE_OUTPUTS`; image (1, 1, S, S)."""
        views = torch.cat([image, image.flip(3)]) if self.mirror else image
        outs = [member(views) for member in self.members]
        scores = torch.stack([out["scores"][:, : self.findings] for out in outs]).mean(dim=(0, 1))[None]
        pooled = [out["pooled"].mean(dim=0, keepdim=True) for out in outs]
        embedding = (torch.cat(pooled, dim=1) - self.mean) @ self.matrix
        maps = torch.stack([self._activation(m, out) for m, out in zip(self.members, outs)]).mean(dim=0)
        results = (scores, torch.cat([embedding, scores], dim=1), maps, self._novelty(pooled[0], embedding))
        return (*results, self._logits(outs)) if "logits" in outs[0] else results

    def _novelty(self, pooled: Tensor, embedding: Tensor) -> Tensor:
        known = pooled.clamp(-self.trust_clamp, self.trust_clamp)
        foreign = (known * self.trust_weight).sum(dim=1) + self.trust_bias
        offset = embedding - self.trust_mean
        distance = ((offset @ self.trust_precision) * offset).sum(dim=1).clamp_min(0).sqrt()
        return torch.maximum(foreign, distance / self.trust_limit)

    def _activation(self, member: FindingsNetwork, out: dict[str, Tensor]) -> Tensor:
        """Share of every place in the scores (1, F, h, w); the sum over places is score minus bias."""
        weight = member.head.weight[: self.findings] / member.feature_scale
        mean = member.feature_mean
        size = out["middle"].shape[-1]
        first = 0
        total = torch.zeros(())
        for name, channels in (("deep", DEEP_CHANNELS), ("middle", MIDDLE_CHANNELS)):
            features = out[name]
            places = features.shape[-1] * features.shape[-2]
            for spread in (torch.full_like(out[f"{name}_weights"], 1 / places), out[f"{name}_weights"]):
                part = slice(first, first + channels)
                centred = features - mean[part][None, :, None, None]
                share = F.conv2d(centred, weight[:, part][:, :, None, None]) * spread
                if name == "deep":
                    factor = size // features.shape[-1]
                    share = F.interpolate(share, size=(size, size), mode="nearest") / factor**2
                total = total + share
                first += channels
        return (total[:1] + total[1:].flip(3)) / 2 if self.mirror else total

    def _logits(self, outs: list[dict[str, Tensor]]) -> Tensor:
        chances = []
        for out in outs:
            chance = torch.softmax(out["logits"], dim=1)
            chances.append(chance[:1])
            if self.mirror:
                mirrored = chance[1:].flip(3)
                chances.append(torch.cat([mirrored[:, :1], mirrored[:, 2:3], mirrored[:, 1:2]], dim=1))
        return torch.log(torch.stack(chances).mean(dim=0).clamp_min(1e-6))


class FusionGraph(nn.Module):
    """Linear head on embedding and context, in logits.

    Parameters
    ----------
    embedding, context : Tensor, shape (D,) and (2 n,)
        Weights.
    bias : float
    """

    def __init__(self, embedding: Tensor, context: Tensor, bias: float) -> None:
        super().__init__()
        self.register_buffer("embedding_weight", embedding[:, None])
        self.register_buffer("context_weight", context[:, None])
        self.bias = bias

    def forward(self, embedding: Tensor, context: Tensor) -> Tensor:
        """Scores (1, 1) of an embedding (1, D) and the encoded context with missing flags (1, 2 n)."""
        return embedding @ self.embedding_weight + context @ self.context_weight + self.bias
