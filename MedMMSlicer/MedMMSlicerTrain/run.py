"""``medmm train``: from a recipe and a data folder to a bundle that was evaluated."""

from __future__ import annotations

import csv
import dataclasses
import importlib.metadata
import json
import logging
import multiprocessing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from MedMMSlicerLib.bundles.loading import ModelBundle
from MedMMSlicerLib.bundles.writing import write_bundle
from MedMMSlicerLib.errors import UsageError
from MedMMSlicerLib.evaluation import evaluate
from MedMMSlicerLib.inference.engine import RunOptions
from torch import nn

from .card import render_card
from .export import export_onnx, measure_parity, store_half_precision
from .networks import FoldedEnsemble, unet_3d
from .recipe import RECIPE_FOLDER, SegmentationRecipe, read_recipe_table, segmentation_recipe
from .segmentation import Split, Trainer, center_fit, load_cases, split_cases

__all__ = ["TrainOptions", "train_bundle"]

log = logging.getLogger(__name__)

STAGES = ("stage-1", "stage-2")

LICENSES = {
    "CC-BY-SA-4.0": "Creative Commons Attribution-ShareAlike 4.0 International\n"
    "https://creativecommons.org/licenses/by-sa/4.0/legalcode\n"
}
"""Short license files of bundles; the full text is at the address."""


@dataclass(frozen=True)
class TrainOptions:
    """What the caller of ``medmm train`` chose.

    Parameters
    ----------
    steps : int
        Optimizer steps instead of the recipe's (epochs for the task ``image-findings``); 0: the recipe's.
    parallel : int
        Members trained at the same time, each with its share of the cores.
    """

    steps: int = 0
    parallel: int = 1


DEFAULT_OPTIONS = TrainOptions()


def train_bundle(recipe: str, data: Path, out: Path, options: TrainOptions = DEFAULT_OPTIONS) -> ModelBundle:
    """Train every member, fold them into one ONNX graph, evaluate it on the test split and write the bundle.

    Parameters
    ----------
    recipe : str
        Name of a shipped recipe or path of a ``.toml`` file.
    data : Path
        Folder that holds the recipe's data folder.
    out : Path
        Receives ``members/*/stage-*`` (checkpoints, resumed from), ``validation`` and ``test`` (figures)
        and the bundle's folder.

    Raises
    ------
    UsageError
        If the recipe is wrong or its task is not known.
    InputError
        If the data are missing or do not fit the recipe.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    table = read_recipe_table(recipe)
    if table.get("task") == "image-findings":
        from .findings_run import train_findings  # needs packages that the other task does not

        return train_findings(table, data, out, options.steps, options.parallel)
    if table.get("task") != "roi-segmentation":
        raise UsageError(
            f"The recipe's task '{table.get('task')}' is not known. Known: roi-segmentation, image-findings."
        )
    parsed = segmentation_recipe(table)
    if options.steps:
        validate_every = min(parsed.optimizer.validate_every, options.steps)
        steps = dataclasses.replace(parsed.optimizer, steps=options.steps, validate_every=validate_every)
        refinement = dataclasses.replace(parsed.refinement, steps=options.steps)
        parsed = dataclasses.replace(parsed, optimizer=steps, refinement=refinement)
    folder = data / parsed.data.folder
    _train_members(parsed, folder, out, options.parallel)
    return export_bundle(parsed, folder, out)


def _train_members(recipe: SegmentationRecipe, folder: Path, out: Path, parallel: int) -> None:
    jobs = [
        (recipe, folder, out / "members" / str(index), index, parallel)
        for index in range(recipe.network.members)
    ]
    if parallel <= 1:
        for job in jobs:
            _train_member(*job)
        return
    with multiprocessing.get_context("spawn").Pool(parallel) as pool:
        pool.starmap(_train_member, jobs)


def _train_member(recipe: SegmentationRecipe, folder: Path, out: Path, member: int, parallel: int) -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(max(1, (multiprocessing.cpu_count()) // max(1, parallel)))
    cases = load_cases(folder, recipe)
    split = split_cases(list(cases), recipe)
    train, validation = ([cases[name] for name in part] for part in (split.train, split.validation))
    best = Trainer(recipe, out / STAGES[0], member).run(train, validation)
    Trainer(recipe.refined(), out / STAGES[1], member, start=best).run(train, validation)


def export_bundle(recipe: SegmentationRecipe, folder: Path, out: Path) -> ModelBundle:
    """Export the members in ``out/members``, evaluate on validation and test cases, write the bundle."""
    cases = load_cases(folder, recipe)
    split = split_cases(list(cases), recipe)
    members = [_load_member(recipe, out / "members" / str(index)) for index in range(recipe.network.members)]
    network = FoldedEnsemble(members).eval()
    graph = out / "model.onnx"
    export_onnx(network, torch.zeros(1, 1, *recipe.input.size), graph)
    store_half_precision(graph)
    images = [
        torch.from_numpy(center_fit(cases[name]["image"], recipe.input.size))[None, None]
        for name in split.validation
    ]
    parity = measure_parity(network, graph, images)
    log.info("parity with torch: %s", parity)
    metadata = _metadata(recipe)
    bundle = write_bundle(
        out / recipe.bundle, metadata, _files(recipe, graph, "The figures are being measured.\n")
    )
    figures = {
        part: _evaluate(bundle, folder, recipe, names, out / part) for part, names in _parts(split).items()
    }
    card = render_card(recipe, split, parity, figures, _logs(recipe, out))
    return write_bundle(out / recipe.bundle, metadata, _files(recipe, graph, card))


def _parts(split: Split) -> dict[str, list[str]]:
    return {"validation": split.validation, "test": split.test}


def _load_member(recipe: SegmentationRecipe, folder: Path) -> nn.Module:
    network = unet_3d(recipe.network.channels, recipe.network.labels)
    network.load_state_dict(torch.load(folder / STAGES[-1] / "best.pt", weights_only=True)["network"])
    return network.eval()


def _metadata(recipe: SegmentationRecipe) -> dict[str, Any]:
    """The bundle's metadata: the template of the recipe, with what the recipe itself decides filled in."""
    template = RECIPE_FOLDER / f"{recipe.bundle}.metadata.json"
    metadata: dict[str, Any] = json.loads(template.read_text(encoding="utf-8"))
    versions = {"monai_version": "monai", "pytorch_version": "torch", "numpy_version": "numpy"}
    metadata |= {key: importlib.metadata.version(package) for key, package in versions.items()}
    for tensors in metadata["network_data_format"].values():
        for tensor in tensors.values():
            tensor["spatial_shape"] = recipe.input.size
    low, high = recipe.input.clip_percentiles
    metadata["medmm"]["preprocess"] |= {
        "spacing_mm": recipe.input.spacing_mm,
        "region": {"kind": "roi", "size": recipe.input.size},
        "intensity": [{"operation": "clip-percentile", "low": low, "high": high}, {"operation": "z-score"}],
    }
    return metadata


def _files(recipe: SegmentationRecipe, graph: Path, card: str) -> dict[str, bytes | Path]:
    license_id = _metadata(recipe)["medmm"]["license"]
    return {
        "models/model.onnx": graph,
        "docs/README.md": card.encode("utf-8"),
        "LICENSE": LICENSES[license_id].encode("utf-8"),
    }


def _evaluate(
    bundle: ModelBundle, folder: Path, recipe: SegmentationRecipe, names: list[str], out: Path
) -> dict[str, Any]:
    out.mkdir(parents=True, exist_ok=True)
    table = out / "cases.csv"
    with table.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["case_id", "image", "mask"])
        images = {path.name.removesuffix(".nii.gz"): path for path in folder.glob(recipe.data.images)}
        for name in names:
            image = images[name].resolve()
            writer.writerow([name, str(image), str(folder.resolve() / recipe.data.labels / image.name)])
    return evaluate(bundle, table, out, RunOptions(device="cpu"))


def _logs(recipe: SegmentationRecipe, out: Path) -> list[list[dict[str, Any]]]:
    """Validation records of each member, first stage first."""
    folders = [out / "members" / str(index) for index in range(recipe.network.members)]
    return [
        [
            {"stage": stage, **json.loads(line)}
            for stage in STAGES
            for line in (folder / stage / "log.jsonl").read_text(encoding="utf-8").splitlines()
        ]
        for folder in folders
    ]
