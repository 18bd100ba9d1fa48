"""Training of 3D segmentation networks on volumes read around a point."""

from __future__ import annotations

import copy
import json
import logging
import math
import random
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk
import torch
from MedMMSlicerLib.errors import InputError
from monai import transforms as mt
from monai.losses import DiceCELoss
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from .networks import unet_3d
from .recipe import SegmentationRecipe

log = logging.getLogger(__name__)

RAS_DIRECTION = (-1.0, 0.0, 0.0, 0.0, -1.0, 0.0, 0.0, 0.0, 1.0)
"""SimpleITK direction (LPS) of an array whose K, J, I grow towards superior, anterior, right."""


@dataclass(frozen=True)
class Split:
    """Case names of the three parts."""

    train: list[str]
    validation: list[str]
    test: list[str]


def split_cases(names: list[str], recipe: SegmentationRecipe) -> Split:
    """Shuffle with the recipe's seed and cut into test, validation and training."""
    names = sorted(names)
    random.Random(recipe.data.split_seed).shuffle(names)
    test, validation = recipe.data.test, recipe.data.validation
    return Split(
        sorted(names[test + validation :]), sorted(names[test : test + validation]), sorted(names[:test])
    )


def load_cases(folder: Path, recipe: SegmentationRecipe) -> dict[str, dict[str, NDArray[Any]]]:
    """Read every volume and its reference labels into memory.

    Returns
    -------
    dict
        Case name to ``{"image": float32 (K, J, I) normalised, "label": uint8 (K, J, I)}``, axes
        towards S, A, R.

    Raises
    ------
    InputError
        If there is no image, a label is missing, or a volume does not lie on the recipe's grid.
    """
    cases: dict[str, dict[str, NDArray[Any]]] = {}
    for path in sorted(folder.glob(recipe.data.images)):
        label_path = folder / recipe.data.labels / path.name
        if not label_path.exists():
            raise InputError(
                f"{path} has no reference label {label_path}. Complete the data or remove the image."
            )
        image, label = sitk.ReadImage(str(path)), sitk.ReadImage(str(label_path))
        on_grid = np.allclose(image.GetDirection(), RAS_DIRECTION, atol=1e-3)
        on_grid &= np.allclose(image.GetSpacing()[::-1], recipe.input.spacing_mm, atol=1e-3)
        if not on_grid or image.GetSize() != label.GetSize():
            raise InputError(
                f"{path} is not RAS-oriented at {recipe.input.spacing_mm} mm with a label of its size. "
                "Resample it."
            )
        array = sitk.GetArrayFromImage(image).astype(np.float32)
        cases[path.name.removesuffix(".nii.gz")] = {
            "image": normalize(array, recipe.input.clip_percentiles),
            "label": sitk.GetArrayFromImage(label).astype(np.uint8),
        }
    if not cases:
        raise InputError(f"No image matches {folder / recipe.data.images}. Check --data.")
    return cases


def normalize(array: NDArray[np.float32], percentiles: list[float]) -> NDArray[np.float32]:
    """Clip at two percentiles, then zero mean and unit variance (the same steps as the bundle's
    preprocessing).
    """
    low, high = np.percentile(array, percentiles)
    clipped = np.clip(array, low, high)
    return np.asarray((clipped - clipped.mean()) / max(float(clipped.std()), 1e-6), np.float32)


def augmentation(recipe: SegmentationRecipe) -> mt.Compose:
    """Random affine, left-right flip and MR-like intensity changes, of any size to the input size."""
    table = recipe.augmentation
    angle = math.radians(table.rotate_degrees)

    def affine(border: str) -> mt.RandAffined:
        return mt.RandAffined(
            keys=["image", "label"],
            prob=table.affine_probability,
            spatial_size=recipe.input.size,
            rotate_range=[angle] * 3,
            scale_range=[table.scale] * 3,
            shear_range=[table.shear] * 6,
            translate_range=table.translate_voxels,
            mode=("bilinear", "nearest"),
            padding_mode=(border, "zeros"),
        )

    reflect, strength = table.reflect_border_probability, table.intensity_strength
    return mt.Compose(
        [
            mt.EnsureChannelFirstd(keys=["image", "label"], channel_dim="no_channel"),
            mt.OneOf([affine("zeros"), affine("reflection")], weights=[1.0 - reflect, reflect]),
            mt.RandFlipd(keys=["image", "label"], prob=0.5, spatial_axis=2),
            mt.RandBiasFieldd(keys="image", prob=0.2 * strength, degree=2, coeff_range=(0.0, 0.2)),
            mt.RandSimulateLowResolutiond(keys="image", prob=0.15 * strength, zoom_range=(0.5, 1.0)),
            mt.RandAdjustContrastd(keys="image", prob=0.3 * strength, gamma=(0.7, 1.5), retain_stats=True),
            mt.RandScaleIntensityd(keys="image", prob=0.5 * strength, factors=0.25),
            mt.RandShiftIntensityd(keys="image", prob=0.5 * strength, offsets=0.2),
            mt.RandGaussianNoised(keys="image", prob=0.2 * strength, std=0.15),
            mt.ToTensord(keys=["image", "label"], track_meta=False),
        ]
    )


class _Samples(Dataset[dict[str, Tensor]]):
    """Endless-looking list of augmented cases: ``epochs`` shuffles one after the other."""

    def __init__(
        self, cases: list[dict[str, NDArray[Any]]], transform: mt.Compose, length: int, seed: int
    ) -> None:
        self.cases, self.transform, self.length, self.seed = cases, transform, length, seed

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        epoch, position = divmod(index, len(self.cases))
        order = np.random.default_rng([self.seed, epoch]).permutation(len(self.cases))
        self.transform.set_random_state(seed=(self.seed * 1_000_003 + index) % 2**32)
        sample: dict[str, Tensor] = self.transform(dict(self.cases[order[position]]))
        return sample


def center_fit(array: NDArray[Any], size: list[int]) -> NDArray[Any]:
    """Crop or zero-pad ``array`` (K, J, I) around its centre voxel to ``size``."""
    pads = [
        (max(0, (wanted - have) // 2), max(0, wanted - have - (wanted - have) // 2))
        for have, wanted in zip(array.shape, size)
    ]
    padded = np.pad(array, pads)
    start = [(have - wanted) // 2 for have, wanted in zip(padded.shape, size)]
    return padded[tuple(slice(first, first + wanted) for first, wanted in zip(start, size))]


@torch.no_grad()
def validation_dice(
    network: nn.Module, cases: list[dict[str, NDArray[Any]]], recipe: SegmentationRecipe
) -> list[float]:
    """Mean Dice per foreground label over the cases, each read around its centre."""
    network.eval()
    scores = []
    for case in cases:
        image = torch.from_numpy(center_fit(case["image"], recipe.input.size))[None, None]
        truth = center_fit(case["label"], recipe.input.size)
        with torch.autocast("cpu", torch.bfloat16):
            labels = network(image)[0].argmax(0).numpy()
        pairs = [(labels == index, truth == index) for index in range(1, recipe.network.labels)]
        scores.append([2 * (a & b).sum() / max(1, a.sum() + b.sum()) for a, b in pairs])
    return [float(value) for value in np.mean(scores, axis=0)]


def learning_rate(step: int, recipe: SegmentationRecipe) -> float:
    """Linear warm-up, then cosine decay to zero at the last step."""
    table = recipe.optimizer
    if step < table.warmup_steps:
        return table.learning_rate * (step + 1) / table.warmup_steps
    done = (step - table.warmup_steps) / max(1, table.steps - table.warmup_steps)
    return table.learning_rate * 0.5 * (1 + math.cos(math.pi * done))


def deep_supervision_loss(loss: nn.Module, outputs: Tensor, label: Tensor) -> Tensor:
    """Loss of every head of `DynUNet` in training mode (N, heads, C, K, J, I), halved per level."""
    total = torch.zeros(())
    heads = outputs.unbind(dim=1)
    weights = [0.5**index for index in range(len(heads))]
    for weight, head in zip(weights, heads):
        total = total + weight * loss(head.float(), label)
    return total / sum(weights)


@dataclass
class Trainer:
    """One member of the ensemble: state, checkpoints, log.

    Parameters
    ----------
    recipe : SegmentationRecipe
    folder : Path
        Receives ``last.pt`` (resumed from when present), ``best.pt`` (moving average with the best validation
        Dice) and ``log.jsonl``.
    member : int
        Index in the ensemble; only the seed depends on it.
    start : Path, optional
        Weights of an earlier stage to begin with.
    """

    recipe: SegmentationRecipe
    folder: Path
    member: int = 0
    start: Path | None = None

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.seed = self.recipe.optimizer.seed + 1000 * self.member
        torch.manual_seed(self.seed)
        network = unet_3d(self.recipe.network.channels, self.recipe.network.labels)
        if self.start is not None:
            network.load_state_dict(torch.load(self.start, weights_only=True)["network"])
        self.network = network.to(memory_format=torch.channels_last_3d)
        self.average = copy.deepcopy(self.network).eval()
        table = self.recipe.optimizer
        self.optimizer = torch.optim.AdamW(
            self.network.parameters(), lr=table.learning_rate, weight_decay=table.weight_decay
        )
        self.step, self.best, self.best_step = 0, -1.0, 0
        self._resume()

    def _resume(self) -> None:
        path = self.folder / "last.pt"
        if not path.exists():
            return
        state = torch.load(path, weights_only=True)
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step, self.best, self.best_step = state["step"], state["best"], state["best_step"]
        log.info("resumed member %d at step %d", self.member, self.step)

    def run(self, train: list[dict[str, NDArray[Any]]], validation: list[dict[str, NDArray[Any]]]) -> Path:
        """Train to the last step or until patience runs out; return the path of the best weights."""
        table = self.recipe.optimizer
        samples = _Samples(train, augmentation(self.recipe), table.steps * table.batch_size, self.seed)
        rest = torch.utils.data.Subset(samples, range(self.step * table.batch_size, len(samples)))
        loader = DataLoader(rest, batch_size=table.batch_size, num_workers=0)
        loss_function = DiceCELoss(to_onehot_y=True, softmax=True, include_background=False, batch=True)
        losses: list[float] = []
        start = time.perf_counter()
        for batch in loader:
            losses.append(self._train_step(batch, loss_function))
            if self.step % table.validate_every == 0 or self.step == table.steps:
                self._validate(validation, float(np.mean(losses)), time.perf_counter() - start)
                losses = []
                stale = (self.step - self.best_step) // table.validate_every
                if self.step > table.steps // 2 and stale >= table.patience:
                    log.info(
                        "member %d stops at step %d: no better mean Dice since step %d",
                        self.member,
                        self.step,
                        self.best_step,
                    )
                    break
        return self.folder / "best.pt"

    def _train_step(self, batch: dict[str, Tensor], loss_function: nn.Module) -> float:
        self.network.train()
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(self.step, self.recipe)
        with torch.autocast("cpu", torch.bfloat16):
            outputs = self.network(batch["image"].contiguous(memory_format=torch.channels_last_3d))
        loss = deep_supervision_loss(loss_function, outputs, batch["label"])
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), 12.0)
        self.optimizer.step()
        self.step += 1
        decay = min(self.recipe.optimizer.ema_decay, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            for slow, fast in zip(self.average.parameters(), self.network.parameters()):
                slow.lerp_(fast, 1 - decay)
        return float(loss.detach())

    def _validate(self, cases: list[dict[str, NDArray[Any]]], loss: float, elapsed_s: float) -> None:
        dice = validation_dice(self.average, cases, self.recipe)
        mean = float(np.mean(dice))
        if mean > self.best:
            self.best, self.best_step = mean, self.step
            torch.save(
                {"network": self.average.state_dict(), "step": self.step, "dice": dice},
                self.folder / "best.pt",
            )
        state = {
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "step": self.step,
            "best": self.best,
            "best_step": self.best_step,
        }
        partial = self.folder / "last.pt.partial"
        torch.save(state, partial)
        partial.replace(self.folder / "last.pt")
        record = {
            "step": self.step,
            "loss": loss,
            "dice": dice,
            "mean_dice": mean,
            "elapsed_s": round(elapsed_s, 1),
        }
        with (self.folder / "log.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")
        log.info(
            "member %d step %d loss %.4f validation Dice %s best %.4f (%.0f s)",
            self.member,
            self.step,
            loss,
            [round(value, 4) for value in dice],
            self.best,
            elapsed_s,
        )
