"""Somebody else's network, described by a hand-written manifest: gray and white matter of the MNI T1."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from MedMMSlicerLib.samples import list_samples, sample_path


@pytest.mark.slow
def test_brainchop_meshnet_segments_the_mni_brain(
    medmm: Callable[..., Any], tmp_path: Path, repository: Path, shared_folder: Path
) -> None:
    network = shared_folder / "models" / "meshnet" / "model5_gw_ae.onnx"
    if not network.exists():
        pytest.skip("needs the MeshNet network beside the checkout")
    bundle = tmp_path / "meshnet"
    described = repository / "Testing" / "bundles" / "meshnet"
    for source, target in (
        ("metadata.json", "configs/metadata.json"),
        ("README.md", "docs/README.md"),
        ("LICENSE", "LICENSE"),
    ):
        (bundle / target).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(described / source, bundle / target)
    metadata = json.loads((bundle / "configs" / "metadata.json").read_text(encoding="utf-8"))
    (bundle / "models").mkdir()
    shutil.copy(network, bundle / metadata["medmm"]["graphs"]["image"]["file"])

    t1 = sample_path(next(sample for sample in list_samples() if sample.id == "mni-t1"))
    out = tmp_path / "out"
    outcome = medmm("analyze", t1, "--bundle", bundle, "--out", out)
    assert outcome.code == 0, outcome.err

    image = sitk.ReadImage(str(t1))
    found = sitk.ReadImage(str(out / "segmentation.seg.nrrd"))
    labels = sitk.GetArrayFromImage(
        sitk.Resample(found, image, sitk.Transform(), sitk.sitkNearestNeighbor, 0)
    )
    names = {item["id"]: item["value"] for item in metadata["medmm"]["labels"]}
    white = next(value for name, value in names.items() if "white" in name)
    gray = next(value for name, value in names.items() if "white" not in name)
    for tissue, value in (("wm", white), ("gm", gray)):
        atlas = sitk.GetArrayFromImage(sitk.ReadImage(str(t1).replace("_t1_", f"_{tissue}_")))
        reference = atlas > atlas.max() / 2
        mask = labels == value
        # The atlas is a population average, so agreement is far from 1; an unrelated mask gives about 0.3.
        assert 2 * (mask & reference).sum() / (mask.sum() + reference.sum()) > 0.75
        # Halves of a symmetric template have the same volume: a shifted grid does not.
        left, right = np.array_split(mask, 2, axis=2)
        assert left.sum() == pytest.approx(right.sum(), rel=0.05)
