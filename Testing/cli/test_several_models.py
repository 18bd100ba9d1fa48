"""Where several models may read an image, and the first refuses it, the others are tried."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from MedMMSlicerLib.bundles.catalog import BundleCatalog
from MedMMSlicerLib.bundles.loading import ModelBundle
from MedMMSlicerLib.core import Prediction, Withheld
from MedMMSlicerLib.inference.engine import RunOptions
from MedMMSlicerLib.inference.predictor import predict_points
from MedMMSlicerLib.session import Analysis, AnalysisRequest, analyze


def copy_of(bundle: Path, name: str) -> None:
    """A copy with another id."""
    shutil.copytree(bundle, bundle.parent / name)
    path = bundle.parent / name / "configs" / "metadata.json"
    metadata = json.loads(path.read_text(encoding="utf-8"))
    metadata["medmm"]["id"] = name
    path.write_text(json.dumps(metadata), encoding="utf-8")


def predict(bundle: ModelBundle, *rest: Any) -> Prediction:
    """Predict; a bundle with *refuses* in its name refuses every image."""
    found = predict_points(bundle, *rest)
    if "refuses" not in bundle.manifest.id:
        return found
    return dataclasses.replace(found, refusals=("Too bright.",), withheld=Withheld((), (), ()))


def analyze_with(folder: Path, image: Path, bundle: str = "auto") -> Analysis:
    request = AnalysisRequest((image,), bundle, options=RunOptions(device="cpu"))
    return analyze(request, BundleCatalog([folder]), predict=predict)


@pytest.mark.parametrize("refusing", [("a-refuses",), ("a-refuses", "b-refuses")])
def test_the_next_model_is_tried(
    threshold_bundle: Path, phantom_file: Path, refusing: tuple[str, ...]
) -> None:
    for name in refusing:
        copy_of(threshold_bundle, name)
    analysis = analyze_with(threshold_bundle.parent, phantom_file)
    assert analysis.bundle.manifest.id == "threshold-test" and analysis.prediction.is_applicable
    said = [text for text in analysis.remarks if "refused" in text]
    assert said == [f"{name} refused the image: Too bright." for name in refusing]


def test_where_all_refuse_the_first_counts(threshold_bundle: Path, phantom_file: Path) -> None:
    copy_of(threshold_bundle, "a-refuses")
    copy_of(threshold_bundle, "b-refuses")
    shutil.rmtree(threshold_bundle)
    analysis = analyze_with(threshold_bundle.parent, phantom_file)
    assert analysis.bundle.manifest.id == "a-refuses" and not analysis.prediction.is_applicable
    assert analysis.remarks[-1] == "b-refuses refused the image: Too bright."
    one = analyze_with(threshold_bundle.parent, phantom_file, "b-refuses")
    assert one.bundle.manifest.id == "b-refuses" and not one.prediction.is_applicable
