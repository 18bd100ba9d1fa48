"""Quality rules on images that are whole, cut, turned, mirrored, inverted and badly exposed."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from MedMMSlicerLib.bundles.loading import ModelBundle
from MedMMSlicerLib.bundles.manifest import Manifest, QualityRule
from MedMMSlicerLib.core import CodedConcept, LabelMap, SegmentDefinition, Volume, VolumeGeometry
from MedMMSlicerLib.inference.engine import RunOptions
from MedMMSlicerLib.inference.network import EngineCache
from MedMMSlicerLib.inference.predictor import predict
from MedMMSlicerLib.inference.quality import RULES, evaluate_quality

from .conftest import HUNG, make_case, picture

LUNG = CodedConcept("39607008", "SCT", "Lung")
THRESHOLDS = {
    "mask-touches-border": 0.2,
    "mask-area": 0.05,
    "mirror": 0.0,
    "rotation": 45.0,
    "upside-down": 1.0,
    "inversion": 0.0,
    "saturation": 0.3,
    "aspect": 2.0,
}


def film(rows: int = 90, columns: int = 80) -> tuple[np.ndarray, np.ndarray]:
    """Gray values and labels of a chest: dark lungs, wider below than above, in a bright body."""
    y, x = np.indices((rows, columns)) / np.array([rows, columns])[:, None, None]
    half = 0.05 + 0.18 * (y - 0.15)
    inside = (y > 0.15) & (y < 0.75)
    labels = np.zeros((rows, columns), np.uint8)
    labels[inside & (abs(x - 0.28) < half)] = 1
    labels[inside & (abs(x - 0.72) < 0.9 * half) & (y < 0.7)] = 2
    gray = np.where(labels > 0, 0.25, 0.7) + 0.1 * x + 0.03 * np.sin(40 * y)
    return gray.astype(np.float32), labels


def broken(gray: np.ndarray, labels: np.ndarray, bundle: ModelBundle) -> set[str]:
    geometry = VolumeGeometry.from_axes((1, *gray.shape), (1, 1.2, 1.0), (3, 4, 5), HUNG)
    segments = tuple(
        SegmentDefinition(value, f"lung-{side}", {"en": side}, LUNG, LUNG, (1, 2, 3), side)
        for value, side in ((1, "right"), (2, "left"))
    )
    rules = tuple(QualityRule(name, {"en": name}, name, threshold) for name, threshold in THRESHOLDS.items())
    manifest: Manifest = dataclasses.replace(bundle.manifest, quality=rules)
    label_map = LabelMap(labels[None].copy(), geometry, segments)
    result = evaluate_quality(manifest, Volume(gray[None].copy(), geometry), label_map)
    assert len(result.warnings) == len(result.findings)
    assert {item.kind for item in result.findings} <= {"quality"}
    assert all(len(item.concept.value) <= 16 for item in result.findings)
    return {item.id.removeprefix("q-") for item in result.findings}


def test_every_rule_is_known_to_the_schema(bundle: ModelBundle) -> None:
    import json

    from MedMMSlicerLib.bundles.schema_check import SCHEMA_PATH

    schema: dict[str, Any] = json.loads(SCHEMA_PATH.read_text(encoding="utf-8"))
    assert set(schema["$defs"]["QualityRule"]["properties"]["rule"]["enum"]) == set(RULES) == set(THRESHOLDS)


def test_a_good_film_breaks_no_rule(bundle: ModelBundle) -> None:
    assert broken(*film(), bundle) == set()


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda gray, labels: (gray[20:], labels[20:]), {"mask-touches-border"}),
        (lambda gray, labels: (gray[:, 24:], labels[:, 24:]), {"mask-touches-border"}),
        (lambda gray, labels: (gray[:, ::-1], labels[:, ::-1]), {"mirror"}),
        (lambda gray, labels: (np.rot90(gray), np.rot90(labels)), {"rotation"}),
        (lambda gray, labels: (np.rot90(gray, 3), np.rot90(labels, 3)), {"rotation"}),
        (lambda gray, labels: (np.rot90(gray, 2), np.rot90(labels, 2)), {"mirror", "upside-down"}),
        (lambda gray, labels: (gray[::-1], labels[::-1]), {"upside-down"}),
        (lambda gray, labels: (1 - gray, labels), {"inversion"}),
        (lambda gray, labels: (np.clip(gray, 0.6, 1), labels), {"saturation"}),
        (lambda gray, labels: (np.clip(gray, 0, 0.4), labels), {"saturation"}),
        (lambda gray, labels: (gray, labels * 0), {"mask-area"}),
        (lambda gray, labels: (np.full_like(gray, 0.5), labels), {"saturation"}),
    ],
    ids=[
        "top cut",
        "right lung cut",
        "mirrored",
        "turned by 90",
        "turned by 270",
        "turned by 180",
        "upside down",
        "inverted",
        "too dark",
        "too bright",
        "no lungs",
        "constant",
    ],
)
def test_a_bad_film_breaks_its_rule(change: Any, expected: set[str], bundle: ModelBundle) -> None:
    assert expected <= broken(*change(*film()), bundle)


def test_a_strip_breaks_the_rule_on_the_aspect(bundle: ModelBundle) -> None:
    assert "aspect" in broken(*film(300, 80), bundle)


def test_a_rule_may_refuse_the_image(bundle: ModelBundle, engines: EngineCache) -> None:
    rule = dataclasses.replace(bundle.manifest.quality[0], action="refuse")
    manifest = dataclasses.replace(bundle.manifest, quality=(rule,))
    strict = dataclasses.replace(bundle, manifest=manifest)
    array = picture()
    array[:, :24] = 0.9
    prediction = predict(strict, make_case(array), RunOptions("cpu", threads=1), engines=engines)
    assert not prediction.is_applicable
    assert [item.id for item in prediction.findings] == ["q-cut"]
    assert "The lungs are cut" in prediction.refusals[0]
