"""What the card of the task ``image-findings`` states: ``medmm evaluate`` on the judged images, and more."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from MedMMSlicerLib.bundles.loading import ModelBundle
from MedMMSlicerLib.core import Case, Prediction
from MedMMSlicerLib.dicom.reading import read_image
from MedMMSlicerLib.evaluation import EvaluationTools, evaluate
from MedMMSlicerLib.inference.engine import RunControl, RunOptions
from MedMMSlicerLib.inference.network import EngineCache
from MedMMSlicerLib.inference.predictor import predict as predict_case
from MedMMSlicerLib.stats.calibration import sigmoid
from numpy.typing import NDArray
from scipy.special import softmax

from .findings_bundle import Assembly, Workshop, assemble, unseen_scores
from .findings_figures import (
    area_figures,
    baseline_figures,
    cross_fitted,
    reliability_picture,
    subgroup_figures,
)
from .findings_marks import mark_features, without_margins, without_marks
from .findings_network import FindingsNetwork
from .findings_recipe import Source
from .findings_steps import batch_of, region_dice
from .findings_training import predict

__all__ = ["judge", "more_figures", "reliability"]


def judge(shop: Workshop, assembly: Assembly) -> dict[str, Any]:
    """``medmm evaluate`` on the test images; or on all images, each by a bundle that never saw its patient.

    Without a test, each member is made into a bundle of its own, calibrated and fused on the other folds'
    patients, and reads its fold.
    """
    outside = np.flatnonzero(shop.split.fold >= 0)
    bundle_of: dict[str, ModelBundle] = {}
    for indices, members in shop.rounds:
        bundle = assembly.bundle
        if not len(shop.split.test):
            folder = shop.out / "members" / str(members[0])
            others = outside[shop.split.fold[outside] != members[0]]
            bundle = assemble(shop, members, others, folder, trust=False).bundle
        bundle_of |= {_case_id(shop, index): bundle for index in indices}
    engines = EngineCache()

    def run(_: ModelBundle, case: Case, options: RunOptions, control: RunControl) -> Prediction:
        return predict_case(bundle_of[case.id], case, options, control, engines)

    out = shop.out / "test"
    indices = np.concatenate([part for part, _ in shop.rounds])
    _write_cases(shop, indices, out / "cases.csv")
    options, tools = RunOptions(device="cpu"), EvaluationTools(read_image, run)
    return evaluate(assembly.bundle, out / "cases.csv", out, options, tools=tools)


def _case_id(shop: Workshop, index: int) -> str:
    return f"{shop.dataset.sources[index]}-{index}"


def _write_cases(shop: Workshop, indices: NDArray[np.int64], path: Path) -> None:
    """The table that ``medmm evaluate`` reads."""
    path.parent.mkdir(parents=True, exist_ok=True)
    target = [shop.recipe.fusion.target] if shop.recipe.fusion else []
    names = [*shop.recipe.findings, *target]
    sources = {source.name: source for source in shop.recipe.sources}
    variables = sorted({name for source in shop.recipe.sources for name in source.context})
    header = ["case_id", "image", "patient_id", *(["mask"] if shop.recipe.labels else [])]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(
            [*header, *(f"label.{name}" for name in names), *(f"context.{name}" for name in variables)]
        )
        for index in indices:
            source, row = sources[shop.dataset.sources[index]], shop.dataset.rows[index]
            line = [_case_id(shop, index), str(shop.dataset.paths[index].resolve())]
            line.append(shop.dataset.patients[index])
            if shop.recipe.labels:
                mask = shop.dataset.mask_paths[index]
                line.append(str(mask.resolve()) if mask else "")
            line += [_label(source, row, name) for name in names]
            line += [_context(source, row, name) for name in variables]
            writer.writerow(line)


def _label(source: Source, row: dict[str, str], name: str) -> str:
    if name not in source.labels:
        return ""
    return str(int(all(rule.holds(row) for rule in source.labels[name])))


def _context(source: Source, row: dict[str, str], name: str) -> str:
    column = source.context.get(name)
    return "" if column is None else column.texts.get(row[column.column].strip(), row[column.column].strip())


def more_figures(shop: Workshop, assembly: Assembly) -> None:
    """Baselines, covered margins, subgroups, numbers of images (``test``: those judged), training logs."""
    recipe, dataset = shop.recipe, shop.dataset
    judged = [indices for indices, _ in shop.rounds]
    test = np.concatenate(judged)
    source = next(item for item in recipe.sources if recipe.findings[0] in item.labels)
    mine = np.flatnonzero(dataset.sources == source.name)
    features = {
        "probe": _untrained_features(shop, mine),
        "marks": mark_features(dataset.images[mine]),
    }
    shop.figures["baselines"] = baseline_figures(dataset, judged, recipe, features, source)
    shop.figures["changed"] = {
        kind: _changed_areas(shop, source, change)
        for kind, change in (("margins", without_margins), ("marks", without_marks))
    }
    indices, scores, _ = unseen_scores(shop, np.flatnonzero(shop.split.fold >= 0))
    shop.figures["unseen"] = {
        name: area_figures(dataset.targets[indices, column], scores[:, column], dataset.patients[indices])
        for column, name in enumerate(recipe.findings)
    }
    shop.figures["subgroups"] = subgroup_figures(dataset, indices, scores, recipe, source)
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
    shop.figures["masks"]["drawn_dice"] = _drawn_dice(shop) if recipe.labels else None
    shop.figures["points"] = {name: vars(point) for name, point in assembly.points.items()}
    shop.figures["parity"] = vars(assembly.parity)
    if assembly.fusion is not None:
        shop.figures["fusion"] = assembly.fusion.figures
    logs = [shop.out / "members" / str(fold) / "log.jsonl" for fold in range(recipe.members)]
    shop.figures["logs"] = [json.loads(path.read_text().splitlines()[-1]) for path in logs]


def _drawn_dice(shop: Workshop) -> float | None:
    """Mean Dice where masks were drawn, of the judging members' mean probabilities."""
    dataset, parts = shop.dataset, []
    for indices, members in shop.rounds:
        masked = indices[dataset.has_mask[indices]]
        if len(masked):
            found = [predict(shop.members[k], dataset.images[masked])["logits"] for k in members]
            chances = np.log(np.mean([softmax(logits, axis=1) for logits in found], axis=0))
            parts += [region_dice(chances, dataset.masks[masked])] * len(masked)
    return float(np.mean(parts)) if parts else None


def _changed_areas(
    shop: Workshop, source: Source, change: Callable[[NDArray[Any]], NDArray[np.float32]]
) -> dict[str, Any]:
    """Areas on changed images, judged as the unchanged ones are."""
    dataset, parts, scores = shop.dataset, [], []
    for indices, members in shop.rounds:
        mine = indices[dataset.sources[indices] == source.name]
        images = change(dataset.images[mine])
        found = [predict(shop.members[k], images, shop.recipe.mirror)["scores"] for k in members]
        parts.append(mine)
        scores.append(np.mean(found, axis=0))
    judged, values = np.concatenate(parts), np.concatenate(scores)
    return {
        name: area_figures(dataset.targets[judged, column], values[:, column], dataset.patients[judged])
        for column, name in enumerate(shop.recipe.findings)
    }


def _untrained_features(shop: Workshop, mine: NDArray[np.int64]) -> NDArray[np.float64]:
    """Pooled features of the encoder with ImageNet weights, for the linear probe."""
    network = FindingsNetwork(1, 0)
    network.adapt([batch_of(shop.dataset, mine[:64], regions=False)[:, :1]])
    pooled = predict(network, shop.dataset.images[mine])["pooled"]
    return np.clip(pooled.astype(np.float64), -6, 6)


def reliability(shop: Workshop, assembly: Assembly) -> bytes:
    """Reliability diagrams of cross-fitted probabilities, PNG."""
    indices, scores, fold = unseen_scores(shop, np.flatnonzero(shop.split.fold >= 0))
    names, labels, chances = list(shop.recipe.findings), [], []
    for column in range(len(names)):
        known = np.isfinite(shop.dataset.targets[indices, column])
        labels.append(shop.dataset.targets[indices, column][known])
        chances.append(cross_fitted(labels[-1], scores[known, column], fold[known]))
    if assembly.fusion is not None and shop.recipe.fusion is not None:
        names.append(shop.recipe.fusion.target)
        labels.append(assembly.fusion.labels.astype(np.float32))
        point = assembly.points[names[-1]]
        chances.append(sigmoid(point.slope * assembly.fusion.unseen + point.intercept))
    return reliability_picture(names, labels, chances)
