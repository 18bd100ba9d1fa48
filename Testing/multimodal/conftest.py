"""Radiographs on asymmetric, anisotropic grids, and contexts, for the tiny multimodal bundle."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from MedMMSlicerLib.bundles.loading import ModelBundle
from MedMMSlicerLib.core import (
    Case,
    ClinicalContext,
    HeaderFacts,
    LaboratoryResult,
    Series,
    Volume,
    VolumeGeometry,
)
from MedMMSlicerLib.inference.network import EngineCache

from .tiny_bundle import write_tiny

# I grows towards the patient's left, J towards the feet, as a frontal radiograph is hung.
HUNG = np.array([[-1.0, 0, 0], [0, 0, 1], [0, -1, 0]])


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> ModelBundle:
    return write_tiny(tmp_path_factory.mktemp("bundles") / "tiny-chest")


@pytest.fixture(scope="session")
def engines() -> EngineCache:
    return EngineCache()


def picture(rows: int = 80, columns: int = 64) -> np.ndarray:
    """Two lungs in the middle and a bright patch in the upper left quarter (the patient's right)."""
    array = np.zeros((rows, columns), np.float32)
    array[rows // 4 : 3 * rows // 4, columns // 8 : 3 * columns // 8] = 0.8
    array[rows // 4 : 5 * rows // 8, 5 * columns // 8 : 7 * columns // 8] = 0.8
    array[rows // 4 : rows // 4 + rows // 8, columns // 8 : columns // 4] = 1.0
    return array


def make_case(
    array: np.ndarray | None = None, context: ClinicalContext | None = None, view: str = "PA", **volume: Any
) -> Case:
    array = picture() if array is None else array
    geometry = VolumeGeometry.from_axes((1, *array.shape[-2:]), (1, 1.5, 1.5), (12, 3, 40), HUNG)
    series = Series(
        "CHEST",
        HeaderFacts(modality="DX", body_part="CHEST", view=view),
        (Path("chest.dcm"),),
        volume=Volume(array.reshape(geometry.shape), geometry, **volume),
    )
    return Case("case", {"current": series}, context or ClinicalContext())


@pytest.fixture
def case_of() -> Callable[..., Case]:
    return make_case


@pytest.fixture
def full_context() -> ClinicalContext:
    return ClinicalContext(
        age_years=71,
        sex="M",
        laboratory=(
            LaboratoryResult("crp", 120.0, "mg/L", "1988-5"),
            LaboratoryResult("ldh", 410.0, "U/L"),
            LaboratoryResult("d_dimer", 2.5, "mg/L"),
        ),
    )
