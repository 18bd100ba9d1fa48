"""The task ``image-findings`` from end to end: members, small models around them, graphs, figures, bundle."""

from __future__ import annotations

import csv
import dataclasses
import importlib.metadata
import json
import logging
import multiprocessing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from MedMMSlicerLib.bundles.loading import ModelBundle
from MedMMSlicerLib.bundles.writing import write_bundle
from MedMMSlicerLib.evaluation import evaluate
from MedMMSlicerLib.inference.engine import RunOptions
from MedMMSlicerLib.stats.calibration import sigmoid
from numpy.typing import NDArray

from .export import Parity, export_onnx, store_half_precision
from .findings_card import render
from .findings_context import Fusion, encode_rows, fit_fusion, fitted_variables
from .findings_data import Dataset, Split, load_dataset, split_patients
from .findings_figures import (
    OperatingPoint,
    area_figures,
    baseline_figures,
    calibrate,
    reliability_picture,
    subgroup_figures,
    unseen_metadata_figures,
)
from .findings_graph import IMAGE_OUTPUTS, FusionGraph, ImageGraph
from .findings_marks import mark_features, without_margins, without_marks
from .findings_network import FindingsNetwork
from .findings_recipe import FindingsRecipe, Source, findings_recipe, shortened
from .findings_training import Member, batch_of, predict
from .findings_trust import fit_projection, fit_trust
from .recipe import RECIPE_FOLDER

__all__ = ["export_findings", "train_findings"]

log = logging.getLogger(__name__)

REFERENCE_IMAGES = 240
"""Images without context that the embedding's components are taken from."""

PARITY_IMAGES = 12


@dataclass(eq=False)
class Workshop:
    """Everything on the way from members to bundle."""

    recipe: FindingsRecipe
    data: Path
    out: Path
    dataset: Dataset
    split: Split
    members: list[FindingsNetwork]
    figures: dict[str, Any] = field(default_factory=dict)


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
    """Data and trained members."""
    dataset = load_dataset(data, recipe, out / "cache")
    members = []
    for fold in range(recipe.members):
        member = FindingsNetwork(len(recipe.targets), recipe.labels)
        member.load_state_dict(torch.load(out / "members" / str(fold) / "weights.pt", weights_only=True))
        members.append(member.eval())
    return Workshop(recipe, data, out, dataset, split_patients(dataset, recipe), members)


def export_findings(recipe: FindingsRecipe, data: Path, out: Path) -> ModelBundle:
    """Make the bundle from the members in ``out/members``."""
    shop = load_workshop(recipe, data, out)
    unseen, scores = unseen_predictions(shop)
    graph, reference, embedding = image_graph(shop)
    points = calibrate_findings(shop, unseen, scores)
    fusion, variables = (None, []) if recipe.fusion is None else fuse(shop, reference, embedding)
    if fusion is not None and recipe.fusion is not None:
        points[recipe.fusion.target] = calibrate(
            fusion[1], fusion[0].unseen, _sensitivity(recipe, recipe.fusion.target)
        )
    files = export_graphs(shop, graph, None if fusion is None else fusion[0])
    metadata = bundle_metadata(recipe, points, variables)
    files |= {"LICENSE": license_text(metadata).encode()}
    draft = {**files, "docs/README.md": b"The figures are being measured.\n"}
    bundle = write_bundle(out / recipe.bundle, metadata, draft)
    shop.figures["test"] = evaluate_cases(shop, bundle, shop.split.test, out / "test")
    more_figures(shop, unseen, scores, points)
    files["docs/reliability.png"] = _reliability(shop, unseen, scores, points, fusion)
    (out / "figures.json").write_text(json.dumps(shop.figures, indent=1, default=str), encoding="utf-8")
    files["docs/README.md"] = render(recipe, shop.figures).encode("utf-8")
    return write_bundle(out / recipe.bundle, metadata, files)


def unseen_predictions(shop: Workshop) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Indices of the images outside of the test with known findings, and their scores by the member that did
    not see them.
    """
    count = len(shop.recipe.findings)
    labelled = np.isfinite(shop.dataset.targets[:, :count]).any(axis=1)
    indices, scores = [], []
    for fold, member in enumerate(shop.members):
        mine = shop.split.validation(fold)
        mine = mine[labelled[mine]]
        indices.append(mine)
        scores.append(predict(member, shop.dataset.images[mine])["scores"][:, :count])
    return np.concatenate(indices), np.concatenate(scores)


def image_graph(shop: Workshop) -> tuple[ImageGraph, NDArray[np.int64], NDArray[np.float32]]:
    """The image graph; the images whose embedding was taken, and their embedding with scores, (n, D + F)."""
    recipe, dataset = shop.recipe, shop.dataset
    outside = np.flatnonzero(shop.split.fold >= 0)
    fused = dataset.sources == (recipe.fusion.source if recipe.fusion else "")
    with_context = outside[fused[outside]]
    others = np.random.default_rng(recipe.split.seed).permutation(outside[~fused[outside]])
    reference = np.sort(np.concatenate([with_context, others[:REFERENCE_IMAGES]]))
    found = [predict(member, dataset.images[reference]) for member in shop.members]
    pooled = np.concatenate([item["pooled"] for item in found], axis=1)
    projection = fit_projection(pooled, recipe.trust.dimensions)
    components = (pooled - projection.mean.numpy()) @ projection.matrix.numpy()
    part = dataclasses.replace(shop.split, fold=shop.split.fold[reference])
    small = _subset(dataset, reference)
    trust = fit_trust(shop.data, recipe, small, part, shop.members[0], found[0]["pooled"], components)
    shop.figures["trust"] = trust.figures
    findings = len(recipe.findings)
    graph = ImageGraph(shop.members, findings, projection, trust.model).eval()
    scores = np.mean([item["scores"][:, :findings] for item in found], axis=0)
    return graph, reference, np.concatenate([components, scores], axis=1)


def _subset(dataset: Dataset, indices: NDArray[np.int64]) -> Dataset:
    values = {}
    for item in dataclasses.fields(dataset):
        value = getattr(dataset, item.name)
        values[item.name] = [value[i] for i in indices] if isinstance(value, list) else value[indices]
    return Dataset(**values)


def _sensitivity(recipe: FindingsRecipe, name: str) -> float:
    return recipe.operating.sensitivities.get(name, recipe.operating.sensitivity)


def calibrate_findings(
    shop: Workshop, unseen: NDArray[np.int64], scores: NDArray[np.float32]
) -> dict[str, OperatingPoint]:
    """Calibration and operating point of each finding of the image graph."""
    points = {}
    shop.figures["unseen"] = {}
    for column, name in enumerate(shop.recipe.findings):
        labels = shop.dataset.targets[unseen, column]
        known = np.isfinite(labels)
        points[name] = calibrate(
            labels[known], scores[known, column].astype(np.float64), _sensitivity(shop.recipe, name)
        )
        shop.figures["unseen"][name] = area_figures(labels, scores[:, column], shop.dataset.patients[unseen])
    return points


def fuse(
    shop: Workshop, reference: NDArray[np.int64], embedding: NDArray[np.float32]
) -> tuple[tuple[Fusion, NDArray[np.float64]], list[dict[str, Any]]]:
    """The fusion head fitted on the patients outside of the test, with its labels; and the variables."""
    table = shop.recipe.fusion
    if table is None:
        raise ValueError("the recipe has no fusion")
    source = next(item for item in shop.recipe.sources if item.name == table.source)
    rules = source.labels[table.target]
    mine = np.flatnonzero(shop.dataset.sources[reference] == table.source)
    rows = [shop.dataset.rows[reference[index]] for index in mine]
    labels = np.array([float(all(rule.holds(row) for rule in rules)) for row in rows])
    variables = fitted_variables(_template(shop.recipe)["medmm"]["context"], rows, source)
    context = encode_rows(variables, rows, source)
    groups = shop.dataset.patients[reference[mine]]
    fusion = fit_fusion(
        embedding[mine].astype(np.float64), context, labels, groups, table, shop.recipe.split.seed
    )
    shop.figures["fusion"] = {
        **fusion.figures,
        "n": len(rows),
        "patients": len(set(groups)),
        "positives": int(labels.sum()),
        "positive_patients": len(set(groups[labels > 0])),
    }
    return (fusion, labels), variables


def export_graphs(shop: Workshop, graph: ImageGraph, fusion: Fusion | None) -> dict[str, bytes | Path]:
    """Write and check the ONNX files; return them by their path in the bundle."""
    size = shop.recipe.input.size
    outputs = IMAGE_OUTPUTS if shop.recipe.labels else IMAGE_OUTPUTS[:-1]
    path = shop.out / "image.onnx"
    export_onnx(graph, torch.zeros(1, 1, size, size), path, output_names=outputs)
    store_half_precision(path)
    indices = shop.split.test[:PARITY_IMAGES]
    shop.figures["parity"] = vars(_parity(graph, path, batch_of(shop.dataset, indices)[:, :1]))
    files: dict[str, bytes | Path] = {"models/image.onnx": path}
    if fusion is not None:
        head = FusionGraph(
            torch.tensor(fusion.embedding, dtype=torch.float32),
            torch.tensor(fusion.context, dtype=torch.float32),
            fusion.bias,
        )
        path = shop.out / "fusion.onnx"
        example = (torch.zeros(1, len(fusion.embedding)), torch.zeros(1, len(fusion.context)))
        export_onnx(head, example, path, input_name=("embedding", "context"), output_names=("scores",))
        files["models/fusion.onnx"] = path
    return files


def _parity(graph: ImageGraph, path: Path, images: torch.Tensor) -> Parity:
    """Largest difference of a score, and the agreement of the labels (1 without labels)."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    difference, agreement = 0.0, [1.0]
    for image in images:
        with torch.no_grad():
            expected = [value.numpy() for value in graph(image[None])]
        found = session.run(None, {"image": image[None].numpy()})
        difference = max(difference, float(np.abs(found[0] - expected[0]).max()))
        if len(found) == len(IMAGE_OUTPUTS):
            agreement.append(float((found[4].argmax(1) == expected[4].argmax(1)).mean()))
    return Parity(difference, float(np.mean(agreement)))


def _template(recipe: FindingsRecipe) -> dict[str, Any]:
    path = RECIPE_FOLDER / f"{recipe.bundle}.metadata.json"
    result: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return result


def license_text(metadata: dict[str, Any]) -> str:
    """The bundle's license file."""
    name = metadata["medmm"]["license"]
    return f"{name}\nhttps://www.apache.org/licenses/LICENSE-2.0\nData and attribution: docs/README.md\n"


def bundle_metadata(
    recipe: FindingsRecipe, points: dict[str, OperatingPoint], variables: list[dict[str, Any]]
) -> dict[str, Any]:
    """The template of the manifest with the recipe's preprocessing, calibration and context filled in."""
    metadata = _template(recipe)
    for key, package in (
        ("monai_version", "monai"),
        ("pytorch_version", "torch"),
        ("numpy_version", "numpy"),
    ):
        metadata[key] = importlib.metadata.version(package)
    medmm = metadata["medmm"]
    medmm["preprocess"]["region"]["size"] = [1, recipe.input.size, recipe.input.size]
    low, high = recipe.input.clip_percentiles
    medmm["preprocess"]["intensity"][0] |= {"low": low, "high": high}
    if variables:
        medmm["context"] = variables
    for finding in medmm["findings"]:
        point = points[finding["id"]]
        finding |= {key: round(float(value), 6) for key, value in vars(point).items() if key not in {"ece"}}
    return metadata


def evaluate_cases(
    shop: Workshop, bundle: ModelBundle, indices: NDArray[np.int64], out: Path
) -> dict[str, Any]:
    """``medmm evaluate`` on some of the images."""
    out.mkdir(parents=True, exist_ok=True)
    target = [shop.recipe.fusion.target] if shop.recipe.fusion else []
    names = [*shop.recipe.findings, *target]
    sources = {source.name: source for source in shop.recipe.sources}
    variables = sorted({name for source in shop.recipe.sources for name in source.context})
    header = ["case_id", "image", "patient_id", *(["mask"] if shop.recipe.labels else [])]
    with (out / "cases.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(
            [*header, *(f"label.{name}" for name in names), *(f"context.{name}" for name in variables)]
        )
        for index in indices:
            source, row = sources[shop.dataset.sources[index]], shop.dataset.rows[index]
            line = [f"{source.name}-{index}", str(shop.dataset.paths[index].resolve())]
            line.append(shop.dataset.patients[index])
            if shop.recipe.labels:
                mask = shop.dataset.mask_paths[index]
                line.append(str(mask.resolve()) if mask else "")
            line += [_label(source, row, name) for name in names]
            line += [_context(source, row, name) for name in variables]
            writer.writerow(line)
    return evaluate(bundle, out / "cases.csv", out, RunOptions(device="cpu"))


def _label(source: Source, row: dict[str, str], name: str) -> str:
    if name not in source.labels:
        return ""
    return str(int(all(rule.holds(row) for rule in source.labels[name])))


def _context(source: Source, row: dict[str, str], name: str) -> str:
    column = source.context.get(name)
    return "" if column is None else column.texts.get(row[column.column].strip(), row[column.column].strip())


def more_figures(
    shop: Workshop,
    unseen: NDArray[np.int64],
    scores: NDArray[np.float32],
    points: dict[str, OperatingPoint],
) -> None:
    """Baselines, covered margins, subgroups, splits, training logs."""
    recipe, dataset, test = shop.recipe, shop.dataset, shop.split.test
    source = next(item for item in recipe.sources if recipe.findings[0] in item.labels)
    mine = np.flatnonzero(dataset.sources == source.name)
    features = {
        "probe": _untrained_features(shop, mine),
        "marks": mark_features(dataset.images[mine]),
    }
    shop.figures["baselines"] = baseline_figures(dataset, shop.split, recipe, features, source)
    shop.figures["unseen_metadata"] = unseen_metadata_figures(dataset, shop.split, recipe, source)
    tested = test[dataset.sources[test] == source.name]
    shop.figures["changed"] = {
        kind: _changed_areas(shop, tested, change(dataset.images[tested]))
        for kind, change in (("margins", without_margins), ("marks", without_marks))
    }
    shop.figures["subgroups"] = subgroup_figures(dataset, unseen, scores, recipe, source)
    shop.figures["counts"] = {
        item.name: {
            "images": int((dataset.sources == item.name).sum()),
            "patients": len(set(dataset.patients[dataset.sources == item.name])),
            "test_images": int((dataset.sources[test] == item.name).sum()),
            "test_patients": len(set(dataset.patients[test][dataset.sources[test] == item.name])),
        }
        for item in recipe.sources
    }
    shop.figures["masks"] = {"all": int(dataset.has_mask.sum()), "test": int(dataset.has_mask[test].sum())}
    shop.figures["points"] = {name: vars(point) for name, point in points.items()}
    logs = [shop.out / "members" / str(fold) / "log.jsonl" for fold in range(recipe.members)]
    shop.figures["logs"] = [json.loads(path.read_text().splitlines()[-1]) for path in logs]


def _changed_areas(shop: Workshop, tested: NDArray[np.int64], images: NDArray[Any]) -> dict[str, Any]:
    """Areas on changed test images."""
    scores = np.mean([predict(member, images)["scores"] for member in shop.members], axis=0)
    return {
        name: area_figures(
            shop.dataset.targets[tested, column], scores[:, column], shop.dataset.patients[tested]
        )
        for column, name in enumerate(shop.recipe.findings)
    }


def _untrained_features(shop: Workshop, mine: NDArray[np.int64]) -> NDArray[np.float64]:
    """Pooled features of the encoder with ImageNet weights, for the linear probe."""
    network = FindingsNetwork(1, 0)
    network.adapt([batch_of(shop.dataset, mine[:64], regions=False)[:, :1]])
    parts = []
    with torch.no_grad():
        for start in range(0, len(mine), 16):
            batch = batch_of(shop.dataset, mine[start : start + 16], regions=False)[:, :1]
            parts.append(network(batch)["pooled"].numpy())
    return np.clip(np.concatenate(parts).astype(np.float64), -6, 6)


def _reliability(
    shop: Workshop,
    unseen: NDArray[np.int64],
    scores: NDArray[np.float32],
    points: dict[str, OperatingPoint],
    fusion: tuple[Fusion, NDArray[np.float64]] | None,
) -> bytes:
    names, labels, chances = list(shop.recipe.findings), [], []
    for column, name in enumerate(names):
        known = np.isfinite(shop.dataset.targets[unseen, column])
        labels.append(shop.dataset.targets[unseen, column][known])
        point = points[name]
        chances.append(sigmoid(point.slope * scores[known, column] + point.intercept))
    if fusion is not None and shop.recipe.fusion is not None:
        names.append(shop.recipe.fusion.target)
        labels.append(fusion[1].astype(np.float32))
        point = points[names[-1]]
        chances.append(sigmoid(point.slope * fusion[0].unseen + point.intercept))
    return reliability_picture(names, labels, chances)
