"""From trained members to a bundle of the task ``image-findings``: calibration, graphs, manifest."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from MedMMSlicerLib.bundles.loading import ModelBundle
from MedMMSlicerLib.bundles.writing import write_bundle
from MedMMSlicerLib.errors import BundleError
from numpy.typing import NDArray

from .export import Parity, export_onnx, store_eight_bits, store_half_precision
from .findings_context import Fusion, encode_rows, fit_fusion, fitted_variables
from .findings_data import Dataset, Split
from .findings_figures import OperatingPoint, calibrate
from .findings_graph import IMAGE_OUTPUTS, FusionGraph, ImageGraph, TrustModel
from .findings_network import FindingsNetwork
from .findings_recipe import FindingsRecipe
from .findings_steps import batch_of
from .findings_trust import fit_projection, fit_trust
from .recipe import RECIPE_FOLDER

__all__ = ["Assembly", "Workshop", "assemble", "image_graph", "rewrite", "unseen_scores"]

REFERENCE_IMAGES = 240
"""Images without context that the embedding's components are taken from."""

PARITY_IMAGES = 12

EXPORTED_DIFFERENCE = 5e-3
"""Largest difference of a score, in logits, between torch and the graph before its weights are rounded.

An eighth of a percentage point of a probability; sums in another order give up to 0.002 in networks that were
not trained, below 0.001 in chest-xr 1.1.0.
"""


@dataclass(eq=False)
class Workshop:
    """Everything on the way from members to bundle.

    Parameters
    ----------
    outputs : list of dict
        Of each member: scores and pooled features of all images.
    figures : dict
        What the card states.
    """

    recipe: FindingsRecipe
    data: Path
    out: Path
    dataset: Dataset
    split: Split
    members: list[FindingsNetwork]
    outputs: list[dict[str, NDArray[np.float32]]]
    figures: dict[str, Any] = field(default_factory=dict)

    @property
    def rounds(self) -> list[tuple[NDArray[np.int64], list[int]]]:
        """Images that are judged, with the members that judge them: the test images by all members, or,
        without a test, each fold by the member that did not see it.
        """
        if len(self.split.test):
            return [(self.split.test, list(range(len(self.members))))]
        return [(self.split.validation(fold), [fold]) for fold in range(len(self.members))]


@dataclass(frozen=True, eq=False)
class Assembly:
    """A bundle, with what it was made of, to write it again with its card.

    Parameters
    ----------
    parity : Parity
        Of the stored image graph against torch.
    points : dict of OperatingPoint
    fusion : Fusion, optional
    """

    bundle: ModelBundle
    metadata: dict[str, Any]
    files: dict[str, bytes | Path]
    parity: Parity
    points: dict[str, OperatingPoint]
    fusion: Fusion | None


def assemble(
    shop: Workshop, members: Sequence[int], fitted_to: NDArray[np.int64], out: Path, trust: bool = True
) -> Assembly:
    """Make a bundle of some members.

    Parameters
    ----------
    members : sequence of int
    fitted_to : ndarray of int
        Images that calibration, embedding and fusion head may know.
    out : Path
        Folder of the bundle's folder and of the graphs.
    trust : bool
        Whether to fit the measures of novelty; without, every image is taken for proper.
    """
    recipe = shop.recipe
    out.mkdir(parents=True, exist_ok=True)
    graph, reference, embedding = image_graph(shop, members, fitted_to, trust)
    points = calibrate_findings(shop, fitted_to)
    fusion, variables = None, []
    if recipe.fusion is not None:
        fusion, variables = fuse(shop, reference, embedding)
        target = recipe.fusion.target
        points[target] = calibrate(fusion.labels, fusion.unseen, recipe.operating.sensitivity_of(target))
    files, parity = export_graphs(shop, graph, fusion, out)
    metadata = bundle_metadata(recipe, points, variables)
    files |= {"LICENSE": license_text(metadata).encode()}
    draft = {**files, "docs/README.md": b"The figures are being measured.\n"}
    bundle = write_bundle(out / recipe.bundle, metadata, draft)
    return Assembly(bundle, metadata, files, parity, points, fusion)


def rewrite(assembly: Assembly, documents: dict[str, bytes]) -> ModelBundle:
    """Write a bundle again, with its card."""
    return write_bundle(assembly.bundle.path, assembly.metadata, {**assembly.files, **documents})


def unseen_scores(
    shop: Workshop, among: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
    """Images with known findings that a member did not see, their scores (n, F) by it, and their folds."""
    count = len(shop.recipe.findings)
    labelled = np.isfinite(shop.dataset.targets[:, :count]).any(axis=1)
    fold = shop.split.fold[among]
    indices = among[(fold >= 0) & (fold < len(shop.members)) & labelled[among]]
    fold = shop.split.fold[indices]
    scores = np.stack([shop.outputs[part]["scores"][index, :count] for part, index in zip(fold, indices)])
    return indices, scores.astype(np.float64), fold


def image_graph(
    shop: Workshop, members: Sequence[int], fitted_to: NDArray[np.int64], trust: bool = True
) -> tuple[ImageGraph, NDArray[np.int64], NDArray[np.float32]]:
    """The image graph; the images whose embedding was taken, and their embedding with scores, (n, D + F)."""
    recipe, dataset = shop.recipe, shop.dataset
    fused = dataset.sources == (recipe.fusion.source if recipe.fusion else "")
    others = np.random.default_rng(recipe.split.seed).permutation(fitted_to[~fused[fitted_to]])
    reference = np.sort(np.concatenate([fitted_to[fused[fitted_to]], others[:REFERENCE_IMAGES]]))
    found = [{name: values[reference] for name, values in shop.outputs[k].items()} for k in members]
    pooled = np.concatenate([item["pooled"] for item in found], axis=1)
    projection = fit_projection(pooled, recipe.trust.dimensions)
    components = (pooled - projection.mean.numpy()) @ projection.matrix.numpy()
    model = TrustModel.open(found[0]["pooled"].shape[1], components.shape[1])
    if trust:
        part = dataclasses.replace(shop.split, fold=shop.split.fold[reference])
        small = _subset(dataset, reference)
        fit = fit_trust(shop.data, recipe, small, part, shop.members[0], found[0]["pooled"], components)
        shop.figures["trust"], model = fit.figures, fit.model
    networks, findings = [shop.members[k] for k in members], len(recipe.findings)
    graph = ImageGraph(networks, findings, projection, model, recipe.mirror).eval()
    scores = np.mean([item["scores"][:, :findings] for item in found], axis=0)
    return graph, reference, np.concatenate([components, scores], axis=1)


def _subset(dataset: Dataset, indices: NDArray[np.int64]) -> Dataset:
    values = {}
    for item in dataclasses.fields(dataset):
        value = getattr(dataset, item.name)
        values[item.name] = [value[i] for i in indices] if isinstance(value, list) else value[indices]
    return Dataset(**values)


def calibrate_findings(shop: Workshop, fitted_to: NDArray[np.int64]) -> dict[str, OperatingPoint]:
    """Calibration and operating point of each finding of the image graph, from single members' scores."""
    indices, scores, fold = unseen_scores(shop, fitted_to)
    points = {}
    for column, name in enumerate(shop.recipe.findings):
        labels = shop.dataset.targets[indices, column]
        known = np.isfinite(labels)
        wanted = shop.recipe.operating.sensitivity_of(name)
        points[name] = calibrate(labels[known], scores[known, column], wanted, fold[known])
    return points


def fuse(
    shop: Workshop, reference: NDArray[np.int64], embedding: NDArray[np.float32]
) -> tuple[Fusion, list[dict[str, Any]]]:
    """The fusion head fitted on the patients among the reference images, and its variables."""
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
    features = embedding[mine].astype(np.float64)
    return fit_fusion(features, context, labels, groups, table, shop.recipe.split.seed), variables


def export_graphs(
    shop: Workshop, graph: ImageGraph, fusion: Fusion | None, out: Path
) -> tuple[dict[str, bytes | Path], Parity]:
    """Write and check the ONNX files; return them by their path in the bundle.

    Raises
    ------
    BundleError
        If the graph, before its weights are rounded for storage, does not compute what torch does.
    """
    size = shop.recipe.input.size
    outputs = IMAGE_OUTPUTS if shop.recipe.labels else IMAGE_OUTPUTS[:-1]
    path = out / "image.onnx"
    export_onnx(graph, torch.zeros(1, 1, size, size), path, output_names=outputs)
    images = batch_of(shop.dataset, shop.rounds[0][0][:PARITY_IMAGES])[:, :1]
    exported = _parity(graph, path, images).maximum_difference
    if exported > EXPORTED_DIFFERENCE:
        raise BundleError(
            f"The graph exported to {path} differs from torch by {exported:.4f} in a score. "
            "Compare its outputs with the network's, and mend the export."
        )
    if shop.recipe.weight_bits == 8:
        store_eight_bits(path)
    store_half_precision(path)
    parity = _parity(graph, path, images)
    files: dict[str, bytes | Path] = {"models/image.onnx": path}
    if fusion is not None:
        head = FusionGraph(
            torch.tensor(fusion.embedding, dtype=torch.float32),
            torch.tensor(fusion.context, dtype=torch.float32),
            fusion.bias,
        )
        path = out / "fusion.onnx"
        example = (torch.zeros(1, len(fusion.embedding)), torch.zeros(1, len(fusion.context)))
        export_onnx(head, example, path, input_name=("embedding", "context"), output_names=("scores",))
        files["models/fusion.onnx"] = path
    return files, parity


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
