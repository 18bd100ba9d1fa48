"""The task ``image-findings`` from end to end: members, bundle, figures, card."""

from __future__ import annotations

import hashlib
import json
import logging
import multiprocessing
from pathlib import Path
from typing import Any

import numpy as np
import torch
from MedMMSlicerLib.bundles.loading import ModelBundle
from numpy.typing import NDArray

from .findings_bundle import Workshop, assemble, rewrite
from .findings_card import render
from .findings_data import Dataset, load_dataset, split_patients
from .findings_judging import judge, more_figures, reliability
from .findings_network import FindingsNetwork
from .findings_recipe import FindingsRecipe, findings_recipe, shortened
from .findings_training import Member, predict

__all__ = ["export_findings", "load_workshop", "train_findings"]


def train_findings(table: dict[str, Any], data: Path, out: Path, epochs: int, parallel: int) -> ModelBundle:
    """Train the members that are not there yet, and make the bundle.

    Parameters
    ----------
    table : dict
        The recipe's TOML.
    epochs : int
        Instead of the recipe's; 0: the recipe's.
    parallel : int
        Members trained at the same time, each with its share of the cores.
    """
    recipe = findings_recipe(table)
    if epochs:
        recipe = shortened(recipe, epochs)
    load_dataset(data, recipe, out / "cache")  # read once, before the members share it
    jobs = [(recipe, data, out, fold, parallel) for fold in range(recipe.members)]
    if parallel <= 1:
        for job in jobs:
            _train_member(*job)
    else:
        with multiprocessing.get_context("spawn").Pool(parallel) as pool:
            pool.starmap(_train_member, jobs, chunksize=1)
    return export_findings(recipe, data, out)


def _train_member(recipe: FindingsRecipe, data: Path, out: Path, fold: int, parallel: int) -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(max(1, multiprocessing.cpu_count() // max(1, parallel)))
    dataset = load_dataset(data, recipe, out / "cache")
    Member(recipe, out / "members" / str(fold), fold).run(dataset, split_patients(dataset, recipe))


def load_workshop(recipe: FindingsRecipe, data: Path, out: Path) -> Workshop:
    """Data, trained members and what they give for every image."""
    dataset = load_dataset(data, recipe, out / "cache")
    members, outputs = [], []
    for fold in range(recipe.members):
        member = FindingsNetwork(len(recipe.targets), recipe.labels, refined=recipe.regions is not None)
        weights = out / "members" / str(fold) / "weights.pt"
        member.load_state_dict(torch.load(weights, weights_only=True))
        members.append(member.eval())
        outputs.append(_member_outputs(recipe, dataset, member, weights))
    return Workshop(recipe, data, out, dataset, split_patients(dataset, recipe), members, outputs)


def _member_outputs(
    recipe: FindingsRecipe, dataset: Dataset, member: FindingsNetwork, weights: Path
) -> dict[str, NDArray[np.float32]]:
    """Scores and pooled features of all images, kept beside the weights that they belong to."""
    digest = hashlib.sha256(weights.read_bytes() + bytes([recipe.mirror])).hexdigest()[:12]
    path = weights.with_name(f"outputs-{digest}.npz")
    if not path.exists():
        found = predict(member, dataset.images, recipe.mirror)
        partial = path.with_suffix(".partial.npz")
        np.savez(partial, scores=found["scores"], pooled=found["pooled"])
        partial.replace(path)
    with np.load(path) as stored:
        return dict(stored)


def export_findings(recipe: FindingsRecipe, data: Path, out: Path) -> ModelBundle:
    """Make the bundle from the members in ``out/members``."""
    shop = load_workshop(recipe, data, out)
    outside = np.flatnonzero(shop.split.fold >= 0)
    assembly = assemble(shop, range(len(shop.members)), outside, out)
    shop.figures["test"] = judge(shop, assembly)
    more_figures(shop, assembly)
    (out / "figures.json").write_text(json.dumps(shop.figures, indent=1, default=str), encoding="utf-8")
    card = render(recipe, shop.figures).encode("utf-8")
    return rewrite(assembly, {"docs/README.md": card, "docs/reliability.png": reliability(shop, assembly)})
