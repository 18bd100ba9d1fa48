"""The segmentation recipe from end to end on synthetic volumes: train, export, parity, evaluate, bundle."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

pytest.importorskip("torch", reason="needs the train extra: make train-extra")
pytest.importorskip("monai", reason="needs the train extra: make train-extra")

pytestmark = [
    pytest.mark.torch,
    pytest.mark.filterwarnings("ignore"),  # torch's exporter and MONAI warn about their own future
]


def _synthetic_case(folder: Path, index: int) -> None:
    """Synthetic: a bright ellipsoid whose front half is label 1 and back half label 2, in noise."""
    random = np.random.default_rng(index)
    shape = random.integers(16, 22, 3)
    grid = np.indices(shape) - (shape[:, None, None, None] - 1) / 2
    inside = (grid**2 / np.array([16, 36, 16])[:, None, None, None]).sum(0) < 1
    label = (inside * np.where(grid[1] > 0, 1, 2)).astype(np.uint8)
    image = (80 * inside + random.normal(100, 8, shape)).astype(np.float32)
    for kind, array in (("images", image), ("labels", label)):
        (folder / kind).mkdir(parents=True, exist_ok=True)
        volume = sitk.GetImageFromArray(array)
        volume.SetDirection((-1, 0, 0, 0, -1, 0, 0, 0, 1))
        sitk.WriteImage(volume, str(folder / kind / f"case_{index:02d}.nii.gz"))


@pytest.fixture(scope="module")
def small_recipe(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Path:
    text = (repository / "MedMMSlicer/MedMMSlicerTrain/recipes/hippocampus-mr.toml").read_text(
        encoding="utf-8"
    )
    for key, value in (
        ("folder", '"synthetic"'),
        ("test", "3"),
        ("validation", "2"),
        ("size", "[16, 16, 16]"),
        ("channels", "[4, 8, 8]"),
        ("validate_every", "2"),
        ("learning_rate", "5e-3"),
        ("warmup_steps", "1"),
    ):
        text = re.sub(rf"(?m)^{key} = [^#\n]+", f"{key} = {value}", text)
    path = tmp_path_factory.mktemp("recipe") / "small.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, small_recipe: Path) -> Path:
    from MedMMSlicerTrain.run import TrainOptions, train_bundle

    data, out = tmp_path_factory.mktemp("data"), tmp_path_factory.mktemp("out")
    for index in range(10):
        _synthetic_case(data / "synthetic", index)
    train_bundle(str(small_recipe), data, out, TrainOptions(steps=4))
    return out


def test_bundle_is_valid_and_its_card_has_figures(trained: Path) -> None:
    from MedMMSlicerLib.bundles.loading import check_bundle, load_bundle

    folder = trained / "hippocampus-mr"
    assert check_bundle(folder) == ()
    bundle = load_bundle(folder)
    assert bundle.manifest.preprocess.region.size == (16, 16, 16)
    metrics = json.loads((trained / "test" / "metrics.json").read_text())
    assert metrics["n_cases"] == 3
    assert f"{metrics['segmentation']['mean']['dice']['mean']:.3f}" in bundle.card()


def test_exported_graph_equals_torch(trained: Path, small_recipe: Path) -> None:
    import torch
    from MedMMSlicerTrain.export import measure_parity
    from MedMMSlicerTrain.networks import FoldedEnsemble
    from MedMMSlicerTrain.recipe import read_recipe_table, segmentation_recipe
    from MedMMSlicerTrain.run import _load_member

    recipe = segmentation_recipe(read_recipe_table(str(small_recipe)))
    members = [_load_member(recipe, trained / "members" / str(index)) for index in range(2)]
    network = FoldedEnsemble(members).eval()
    generator = torch.Generator().manual_seed(3)
    images = [torch.randn(1, 1, 16, 16, 16, generator=generator) for _ in range(3)]
    parity = measure_parity(network, trained / "hippocampus-mr" / "models" / "model.onnx", images)
    assert parity.label_agreement > 0.999
    assert parity.maximum_difference < 0.02  # weights are stored in half precision


def test_flipping_the_input_flips_the_folded_output(trained: Path, small_recipe: Path) -> None:
    import onnxruntime

    session = onnxruntime.InferenceSession(str(trained / "hippocampus-mr" / "models" / "model.onnx"))
    image = np.random.default_rng(5).normal(size=(1, 1, 16, 16, 16)).astype(np.float32)
    (straight,) = session.run(None, {"image": image})
    (mirrored,) = session.run(None, {"image": image[..., ::-1].copy()})
    np.testing.assert_allclose(mirrored[..., ::-1], straight, atol=1e-4)


def test_a_second_call_resumes_and_changes_nothing(trained: Path) -> None:
    lines = (trained / "members" / "0" / "stage-1" / "log.jsonl").read_text().splitlines()
    assert [json.loads(line)["step"] for line in lines] == [2, 4]


def test_split_keeps_every_case_once(small_recipe: Path) -> None:
    from MedMMSlicerTrain.recipe import read_recipe_table, segmentation_recipe
    from MedMMSlicerTrain.segmentation import split_cases

    names = [f"case_{index:02d}" for index in range(10)]
    split = split_cases(names, segmentation_recipe(read_recipe_table(str(small_recipe))))
    assert sorted(split.train + split.validation + split.test) == names
    assert (len(split.test), len(split.validation)) == (3, 2)


def test_a_recipe_with_a_misspelt_key_is_refused(small_recipe: Path, tmp_path: Path) -> None:
    from MedMMSlicerLib.errors import UsageError
    from MedMMSlicerTrain.recipe import read_recipe_table, segmentation_recipe

    path = tmp_path / "wrong.toml"
    path.write_text(small_recipe.read_text().replace("ema_decay", "ema_dekay"))
    with pytest.raises(UsageError, match=r"ema_decay.*ema_dekay"):
        segmentation_recipe(read_recipe_table(str(path)))
