"""Training of one member of the task ``image-findings``: losses, stages, checkpoints."""

from __future__ import annotations

import copy
import json
import logging
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from MedMMSlicerLib.stats.roc import auc
from numpy.typing import NDArray
from torch import Tensor, nn

from .findings_augment import augment
from .findings_data import Dataset, Split
from .findings_marks import without_marks
from .findings_network import FindingsNetwork
from .findings_recipe import FindingsRecipe
from .findings_regions import refine
from .findings_steps import batch_of, findings_loss, follow, region_dice, region_loss, schedule

__all__ = ["Member", "predict"]

log = logging.getLogger(__name__)

GRADIENT_NORM = 5.0
ADAPTATION_IMAGES = 160


@torch.no_grad()
def predict(
    network: nn.Module, images: NDArray[Any], mirror: bool = False, batch_size: int = 2
) -> dict[str, NDArray[np.float32]]:
    """Scores, pooled features and regions' logits of images (N, S, S).

    Parameters
    ----------
    mirror : bool
        Whether mirrored images are averaged in.
    """
    network.eval()
    parts: dict[str, list[Tensor]] = {"scores": [], "pooled": [], "logits": []}
    for start in range(0, len(images), batch_size):
        batch = torch.from_numpy(images[start : start + batch_size].astype(np.float32))[:, None]
        found = network(batch.contiguous(memory_format=torch.channels_last))
        if mirror:
            other = network(batch.flip(3).contiguous(memory_format=torch.channels_last))
            found |= {name: (found[name] + other[name]) / 2 for name in ("scores", "pooled")}
            if "logits" in found:
                found["logits"] = (found["logits"] + other["logits"].flip(3)[:, [0, 2, 1]]) / 2
        for name, values in parts.items():
            values += [found[name]] if name in found else []
    return {name: torch.cat(values).numpy() for name, values in parts.items() if values}


@dataclass
class Member:
    """One member: trains on all folds but its own.

    Parameters
    ----------
    recipe : FindingsRecipe
    folder : Path
        Receives ``last.pt`` (after every epoch, resumed from), ``first_stage.pt``,
        ``round_1.pt`` and so on (moving averages at the end of the first stage and of each round of the
        second one), ``weights.pt`` (the last of these) and ``log.jsonl``.
    fold : int
    """

    recipe: FindingsRecipe
    folder: Path
    fold: int

    def run(self, dataset: Dataset, split: Split) -> None:
        """Train in two stages, leaving out what is there already."""
        if (self.folder / "weights.pt").exists():
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        torch.manual_seed(self.recipe.split.seed + self.fold)
        self.generator = torch.Generator().manual_seed(self.recipe.split.seed + self.fold)
        self.numpy = np.random.default_rng(self.recipe.split.seed + self.fold)
        network = self._network()
        first = self.folder / "first_stage.pt"
        if first.exists():
            network.load_state_dict(torch.load(first, weights_only=True))
        else:
            network = self._learn(network, dataset, split)
            torch.save(network.state_dict(), first)
        network = self._refine(network, dataset, split)
        torch.save(network.state_dict(), self.folder / "weights.pt")

    def _network(self, refined: bool = False) -> FindingsNetwork:
        table, targets = self.recipe.training, len(self.recipe.targets)
        network = FindingsNetwork(targets, self.recipe.labels, table.frozen_blocks, table.dropout, refined)
        return network.to(memory_format=torch.channels_last)

    def _learn(self, network: FindingsNetwork, dataset: Dataset, split: Split) -> FindingsNetwork:
        """First stage: everything together; return the moving average."""
        table = self.recipe.training
        train = split.train(self.fold)
        labelled = train[np.isfinite(dataset.targets[train]).any(axis=1)]
        masked = train[dataset.has_mask[train]]
        chosen = self.numpy.permutation(train)[:ADAPTATION_IMAGES]
        network.adapt(
            [batch_of(dataset, part)[:, :1] for part in np.array_split(chosen, max(1, len(chosen) // 16))]
        )
        average = copy.deepcopy(network).eval()
        groups = network.parameter_groups(table.learning_rate, table.head_learning_rate, table.weight_decay)
        optimizer = torch.optim.AdamW(groups)
        steps = max(1, len(labelled) // table.batch_size)
        total, start = steps * table.epochs, time.perf_counter()
        first = self._resume(network, average, optimizer)
        for epoch in range(first, table.epochs):
            losses = []
            for step, indices in enumerate(self._batches(dataset, labelled, steps), epoch * steps):
                for group in optimizer.param_groups:
                    group["lr"] = group["base_lr"] * schedule(step, total)
                losses.append(self._step(network, optimizer, dataset, indices, masked))
                follow(average, network, min(table.ema_decay, (2 + step) / (11 + step)))
            self._save(network, average, optimizer, epoch + 1)
            if epoch == table.epochs - 1 or (epoch + 1) % 4 == 0:
                self._report(average, dataset, split, epoch + 1, losses, time.perf_counter() - start)
        return average

    def _save(
        self, network: nn.Module, average: nn.Module, optimizer: torch.optim.Optimizer, epochs: int
    ) -> None:
        """Keep everything that the next epoch needs, so that an interrupted training goes on."""
        state = {
            "network": network.state_dict(),
            "average": average.state_dict(),
            "optimizer": optimizer.state_dict(),
            "generator": self.generator.get_state(),
            "torch": torch.get_rng_state(),
            "numpy": json.dumps(self.numpy.bit_generator.state),
            "epochs": epochs,
        }
        partial = self.folder / "last.pt.partial"
        torch.save(state, partial)
        partial.replace(self.folder / "last.pt")

    def _resume(self, network: nn.Module, average: nn.Module, optimizer: torch.optim.Optimizer) -> int:
        """Go on after the last whole epoch; return how many are done."""
        path = self.folder / "last.pt"
        if not path.exists():
            return 0
        state = torch.load(path, weights_only=True)
        network.load_state_dict(state["network"])
        average.load_state_dict(state["average"])
        optimizer.load_state_dict(state["optimizer"])
        self.generator.set_state(state["generator"])
        torch.set_rng_state(state["torch"])
        self.numpy.bit_generator.state = json.loads(state["numpy"])
        log.info("member %d goes on after epoch %d", self.fold, state["epochs"])
        return int(state["epochs"])

    def _refine(self, network: FindingsNetwork, dataset: Dataset, split: Split) -> FindingsNetwork:
        """Second stage, round by round, leaving out what is there already; see `refine`."""
        table = self.recipe.regions
        if table is None:
            return network
        for number in range(1, table.rounds + 1):
            path = self.folder / f"round_{number}.pt"
            if path.exists():
                network = self._network(refined=True)
                network.load_state_dict(torch.load(path, weights_only=True))
                continue
            start, train = time.perf_counter(), split.train(self.fold)
            network, losses = refine(network, dataset, train, table, self.generator, self.numpy)
            torch.save(network.state_dict(), path)
            elapsed_s = time.perf_counter() - start
            self._report(network, dataset, split, self.recipe.training.epochs, losses, elapsed_s)
        return network

    def _batches(
        self, dataset: Dataset, labelled: NDArray[np.int64], steps: int
    ) -> Iterator[NDArray[np.int64]]:
        """Draw images so that patients with many images and frequent findings do not rule."""
        _, inverse, counts = np.unique(dataset.patients[labelled], return_inverse=True, return_counts=True)
        known = np.nan_to_num(dataset.targets[labelled])
        frequency = known.mean(axis=0)
        rare = (known * (frequency < 0.25)).max(axis=1)
        weight = (1 + 0.7 * rare) / np.sqrt(counts[inverse])
        size = min(self.recipe.training.batch_size, len(labelled))
        order = self.numpy.choice(labelled, steps * size, replace=True, p=weight / weight.sum())
        return iter(order.reshape(steps, size))

    def _step(
        self,
        network: FindingsNetwork,
        optimizer: torch.optim.Optimizer,
        dataset: Dataset,
        indices: NDArray[np.int64],
        masked: NDArray[np.int64],
    ) -> float:
        table = self.recipe.training
        network.train()
        extra = self.numpy.choice(masked, table.mask_batch_size) if len(masked) else masked[:0]
        shown = batch_of(dataset, indices, regions=False)
        for picture in shown[:, 0]:
            if self.numpy.random() < table.unmark_probability:
                picture.copy_(torch.from_numpy(without_marks(picture[None].numpy())[0]))
        plain = augment(shown, table, self.generator)[:, :1]
        drawn = augment(batch_of(dataset, extra), table, self.generator)
        image, targets = torch.cat([plain, drawn[:, :1]]), torch.from_numpy(dataset.targets[indices])
        if self.numpy.random() < table.mixup_probability:
            share = float(self.numpy.beta(0.4, 0.4))
            order = torch.randperm(len(indices), generator=self.generator)
            mixed = share * image[: len(indices)] + (1 - share) * image[: len(indices)][order]
            image[: len(indices)] = mixed / math.sqrt(share**2 + (1 - share) ** 2 + 1.2 * share * (1 - share))
            targets = share * targets + (1 - share) * targets[order]
        image = image.contiguous(memory_format=torch.channels_last)
        out = network(image, regions_from=len(indices))
        loss = findings_loss(out["scores"][: len(indices)], targets, table.label_smoothing)
        if len(extra):
            loss = loss + 0.5 * region_loss(out["logits"][len(indices) :], drawn[:, 2:])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), GRADIENT_NORM)
        optimizer.step()
        return float(loss.detach())

    def _report(
        self,
        average: nn.Module,
        dataset: Dataset,
        split: Split,
        epoch: int,
        losses: list[float],
        elapsed_s: float,
    ) -> None:
        unseen = split.validation(self.fold)
        found = predict(average, dataset.images[unseen], self.recipe.mirror)
        areas = {
            name: _area(dataset.targets[unseen, column], found["scores"][:, column])
            for column, name in enumerate(self.recipe.targets)
        }
        record: dict[str, Any] = {
            "epoch": epoch,
            "loss": float(np.mean(losses)),
            "auc": areas,
            "elapsed_s": round(elapsed_s, 1),
        }
        drawn = dataset.has_mask[unseen]
        if "logits" in found and drawn.any():
            record["dice"] = region_dice(found["logits"][drawn], dataset.masks[unseen][drawn])
        with (self.folder / "log.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")
        log.info("member %d %s", self.fold, record)


def _area(labels: NDArray[np.float32], scores: NDArray[np.float32]) -> float | None:
    known = np.isfinite(labels)
    if len(np.unique(labels[known])) < 2:
        return None
    return round(auc(labels[known].astype(int), scores[known]), 4)
