"""The shipped bundle ``chest-xr`` on the real sample images: what it reads, refuses and makes of values."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from MedMMSlicerLib.bundles.catalog import BundleCatalog
from MedMMSlicerLib.bundles.loading import ModelBundle
from MedMMSlicerLib.core import (
    Case,
    ClinicalContext,
    LaboratoryResult,
    Prediction,
    Series,
    Volume,
    VolumeGeometry,
)
from MedMMSlicerLib.dicom.reading import read_image
from MedMMSlicerLib.inference.engine import RunOptions
from MedMMSlicerLib.inference.network import EngineCache
from MedMMSlicerLib.inference.predictor import predict
from MedMMSlicerLib.inference.what_if import update_context
from MedMMSlicerLib.samples import list_samples, sample_path
from numpy.typing import NDArray

Change = Callable[[NDArray[np.float64]], NDArray[np.float64]]

VALUES = {
    "crp": (120.0, "mg/L"),
    "ldh": (450.0, "U/L"),
    "d_dimer": (2.5, "mg/L"),
    "lymphocytes": (0.8, "10*9/L"),
    "neutrophils": (7.0, "10*9/L"),
    "po2": (60.0, "mm[Hg]"),
    "pco2": (38.0, "mm[Hg]"),
    "factor_xiii": (70.0, "%"),
}


@pytest.fixture(scope="module")
def chest() -> ModelBundle:
    return BundleCatalog().get("chest-xr")


@pytest.fixture(scope="module")
def opened() -> EngineCache:
    return EngineCache()


def sample(name: str) -> Series:
    return read_image(sample_path(next(item for item in list_samples() if item.id == name)))


@pytest.fixture(scope="module")
def film() -> Series:
    return sample("chest-radiograph")


@pytest.fixture(scope="module")
def read(chest: ModelBundle, opened: EngineCache) -> Callable[[Series, ClinicalContext], Prediction]:
    def run(series: Series, context: ClinicalContext) -> Prediction:
        return predict(
            chest, Case("case", {"current": series}, context), RunOptions(device="cpu"), engines=opened
        )

    return run


@pytest.fixture(scope="module")
def plain(film: Series, read: Callable[..., Prediction]) -> Prediction:
    return read(film, ClinicalContext())


def laboratory(*names: str, **changed: float) -> tuple[LaboratoryResult, ...]:
    return tuple(
        LaboratoryResult(name, changed.get(name, VALUES[name][0]), VALUES[name][1]) for name in names
    )


def need(prediction: Prediction) -> float:
    value = next(item.probability for item in prediction.findings if item.id == "f-icu")
    assert value is not None
    return value


def test_a_chest_film_is_read(plain: Prediction, film: Series) -> None:
    assert plain.is_applicable
    chances = {item.id: item.probability for item in plain.findings if item.probability is not None}
    assert set(chances) == {
        f"f-{name}"
        for name in ("pneumonia", "infiltration", "atelectasis", "edema", "effusion", "no_finding", "icu")
    }
    assert film.volume is not None
    assert {segment.id for segment in plain.label_maps[0].segments} == {"lung-right", "lung-left"}
    shares = [(plain.label_maps[0].array == value).mean() for value in (1, 2)]
    assert all(0.1 < share < 0.35 for share in shares)
    # The patient's right is on the left of a frontal film.
    middle = [np.flatnonzero((plain.label_maps[0].array[0] == value).any(axis=0)).mean() for value in (1, 2)]
    assert middle[0] < middle[1]
    above = [
        item.id
        for item in plain.findings
        if item.probability is not None
        and item.operating_point is not None
        and item.probability >= item.operating_point.threshold
    ]
    assert {item.finding_id for item in plain.heat_maps} == set(above) - {"f-icu", "f-no_finding"}
    for item in plain.heat_maps:
        assert max(item.array.shape) <= 512
        assert np.allclose(item.geometry.center_ras, film.volume.geometry.center_ras)


@pytest.mark.parametrize("name", ["tibia-radiograph", "ultrasound", "shoulder-mr", "head-ct"])
def test_another_image_is_refused_with_the_reason(name: str, read: Callable[..., Prediction]) -> None:
    prediction = read(sample(name), ClinicalContext())
    assert not prediction.is_applicable
    assert not prediction.label_maps and not prediction.heat_maps
    assert all(item.kind == "quality" for item in prediction.findings)
    assert "upright frontal radiographs" in prediction.refusals[0]


@pytest.mark.parametrize(
    "change",
    [
        lambda film: np.rot90(film),
        lambda film: film[::-1, ::-1],
        lambda film: film.max() - film + film.min(),
        lambda film: film[: film.shape[0] // 2, : film.shape[1] // 2],
        lambda film: np.random.default_rng(0).normal(500, 100, film.shape),
        lambda film: np.zeros_like(film),
    ],
    ids=["turned", "upside down", "inverted", "cropped", "noise", "black"],
)
def test_a_spoiled_film_is_refused(
    change: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    film: Series,
    read: Callable[..., Prediction],
) -> None:
    assert film.volume is not None
    array = np.ascontiguousarray(change(np.asarray(film.volume.array[0], np.float64)))[None]
    volume = Volume(array.astype(np.float32), VolumeGeometry(array.shape, np.eye(4)))
    assert not read(dataclasses.replace(film, volume=volume), ClinicalContext()).is_applicable


@pytest.mark.parametrize("names", [(), ("crp",), ("po2", "pco2"), tuple(VALUES)])
def test_any_values_may_be_there(
    names: tuple[str, ...], chest: ModelBundle, opened: EngineCache, plain: Prediction
) -> None:
    context = ClinicalContext(age_years=64, sex="F", laboratory=laboratory(*names))
    found = update_context(chest, plain, context, opened)
    assert 0 < need(found) < 1
    assert set(found.missing) >= {f"lab.{name}" for name in VALUES if name not in names}
    given = {item.name for item in found.contributions if item.source == "laboratory"}
    assert given == {f"lab.{name}" for name in names}


@pytest.mark.parametrize("value", [math.inf, -math.inf])
def test_outside_of_the_detection_range_is_said(
    value: float, chest: ModelBundle, opened: EngineCache, plain: Prediction
) -> None:
    context = ClinicalContext(laboratory=laboratory("crp", crp=value))
    found = update_context(chest, plain, context, opened)
    assert 0 < need(found) < 1
    assert any("CRP" in note or "crp" in note for note in found.provenance.notes)


def test_other_values_give_another_probability(
    chest: ModelBundle, opened: EngineCache, plain: Prediction
) -> None:
    calm = laboratory("crp", "ldh", "neutrophils", crp=2.0, ldh=150.0, neutrophils=3.0)
    sick = laboratory("crp", "ldh", "neutrophils", crp=300.0, ldh=900.0, neutrophils=15.0)
    needs = [
        need(update_context(chest, plain, ClinicalContext(laboratory=values), opened))
        for values in (calm, sick)
    ]
    assert needs[0] != needs[1]


def test_licence_and_card_come_along(chest: ModelBundle) -> None:
    card = Path(chest.path, "docs", "README.md").read_text(encoding="utf-8")
    for needed in ("nihcc.app.box.com", "Hannover Medical School", "CC BY", "must not be used for", "95 %"):
        assert needed in card
