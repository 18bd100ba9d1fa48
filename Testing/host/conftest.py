"""The headless host, and a phantom in which every direction is different."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from MedMMSlicerLib.core import CodedConcept, LabelMap, Provenance, SegmentDefinition, Volume, VolumeGeometry

LESION_RAS = (-25.0, 30.0, 20.0)
"""In the phantom's left, anterior, superior quarter."""


@pytest.fixture(scope="session")
def host() -> Any:
    """The one host application of this process."""
    if importlib.util.find_spec("slicer") is None:
        pytest.skip("needs slicer-core")
    from MedMMSlicerHost.application import HostApplication

    return HostApplication.instance()


@pytest.fixture
def scene(host: Any, capfd: pytest.CaptureFixture[str]) -> Iterator[Any]:
    """An empty scene; the test fails if VTK, MRML or an observer complains on standard error."""
    host.clear()
    yield host.scene
    host.clear()
    complaints = capfd.readouterr().err
    assert "ERR|" not in complaints and "WARN|" not in complaints and "Traceback" not in complaints, (
        complaints
    )


@pytest.fixture(scope="session")
def phantom() -> tuple[Volume, LabelMap]:
    """An ellipsoid head (600) in air (0), oblique grid, with a labeled lesion (1000) of 12 mm radius."""
    angle = np.deg2rad(12.0)
    directions = np.array(
        [[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]]
    ) @ np.diag([-1.0, -1.0, 1.0])
    shape = (44, 100, 110)
    geometry = VolumeGeometry.from_axes(shape, (4.0, 2.0, 1.8), (0, 0, 0), directions)
    matrix = geometry.ijk_to_ras.copy()
    matrix[:3, 3] -= geometry.center_ras
    geometry = VolumeGeometry(shape, matrix)
    ras = geometry.kji_to_ras(np.moveaxis(np.indices(shape), 0, -1))
    array = np.zeros(shape, np.int16)
    array[((ras / [60, 75, 65]) ** 2).sum(axis=-1) < 1] = 600
    lesion = ((ras - LESION_RAS) ** 2).sum(axis=-1) < 12**2
    array[lesion] = 1000
    code = CodedConcept("52988006", "SCT", "Lesion")
    segment = SegmentDefinition(1, "lesion", {"en": "Lesion"}, code, code, (230, 40, 40))
    labels = LabelMap(lesion.astype(np.uint8), geometry, (segment,))
    return Volume(array, geometry, window=(500.0, 1000.0)), labels


@pytest.fixture
def phantom_ids(scene: Any, phantom: tuple[Volume, LabelMap]) -> tuple[str, str]:
    """Ids of the phantom's volume and segmentation in the scene."""
    from MedMMSlicerLib.scene.segmentations import add_segmentation
    from MedMMSlicerLib.scene.volumes import add_volume

    volume, labels = phantom
    volume_id = add_volume(scene, volume, name="phantom")
    provenance = Provenance("test", "1", "", (), "", "", {}, {}, "")
    return volume_id, add_segmentation(scene, labels, provenance, volume_id, "segmentation")
