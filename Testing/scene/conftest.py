"""An MRML scene on the headless engine, and a phantom case: anisotropic, oblique, asymmetric."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from MedMMSlicerLib.core import (
    Box,
    Case,
    CodedConcept,
    Finding,
    HeaderFacts,
    HeatMap,
    InputReference,
    LabelMap,
    Measurement,
    OperatingPoint,
    Prediction,
    Provenance,
    Report,
    ReportSection,
    ReportSentence,
    SegmentDefinition,
    Series,
    Volume,
    VolumeGeometry,
)

SHAPE = (6, 10, 14)

ANATOMY = CodedConcept("123037004", "SCT", "Anatomical Structure")


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
def rotation() -> np.ndarray:
    """An oblique right-handed rotation, shape (3, 3)."""
    matrix, _ = np.linalg.qr(np.array([[0.9, -0.3, 0.2], [0.25, 0.85, -0.35], [-0.1, 0.4, 0.95]]))
    matrix *= np.sign(np.diag(matrix))
    return matrix if np.linalg.det(matrix) > 0 else matrix * [1, 1, -1]


@pytest.fixture(scope="session")
def geometries(rotation: np.ndarray) -> dict[str, VolumeGeometry]:
    """Grids by name: oblique, left-handed, sheared (gantry tilt)."""
    oblique = VolumeGeometry.from_axes(SHAPE, (2.5, 1.1, 0.7), (12.3456789, -45.1, 33.3), rotation)
    left = oblique.ijk_to_ras.copy()
    left[:3, [0, 1]] = left[:3, [1, 0]]
    sheared = oblique.ijk_to_ras @ np.array([[1, 0, 0, 0], [0, 1, 0.3, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
    return {
        "oblique": oblique,
        "left-handed": VolumeGeometry(SHAPE, left),
        "sheared": VolumeGeometry(SHAPE, sheared),
    }


@pytest.fixture(scope="session")
def geometry(geometries: dict[str, VolumeGeometry]) -> VolumeGeometry:
    """The oblique grid."""
    return geometries["oblique"]


@pytest.fixture
def volume(geometry: VolumeGeometry) -> Volume:
    """Random int16 voxels."""
    array = np.random.default_rng(1).integers(-1000, 2000, SHAPE).astype(np.int16)
    return Volume(array, geometry, unit="[hnsf'U]", window=(40.0, 400.0))


@pytest.fixture
def series(volume: Volume) -> Series:
    """A DICOM series of the volume."""
    return Series(
        name="T1 axial",
        facts=HeaderFacts(modality="MR", patient_name="Doe^Jane", patient_id="4711"),
        paths=(),
        study_uid="1.2.3",
        series_uid="1.2.3.4",
        frame_of_reference_uid="1.2.3.5",
        instance_uids=tuple(f"1.2.3.4.{number}" for number in range(SHAPE[0])),
        volume=volume,
    )


@pytest.fixture(scope="session")
def provenance() -> Provenance:
    """Provenance of a run of ``hippocampus-mr``."""
    return Provenance(
        bundle_id="hippocampus-mr",
        bundle_version="1.2.0",
        bundle_sha256="ab" * 32,
        inputs=(InputReference("current", "T1 axial", "1.2.3", "1.2.3.4", "cd" * 32),),
        device_requested="auto",
        provider_used="CPUExecutionProvider",
        stage_seconds={"network": 0.5},
        software={"medmm": "0.1.0"},
        created_at="2026-01-02T03:04:05+00:00",
    )


@pytest.fixture(scope="session")
def segments() -> tuple[SegmentDefinition, ...]:
    """Two parts of the left hippocampus, with values that are not 1, 2."""
    return (
        SegmentDefinition(
            value=2,
            id="hippocampus_anterior-left",
            name={"en": "Left hippocampus, anterior", "zh-CN": "左侧海马前部"},
            category=ANATOMY,
            type=CodedConcept("25342003", "SCT", "Hippocampus"),
            color=(10, 200, 77),
            laterality="left",
        ),
        SegmentDefinition(
            value=5,
            id="lesion",
            name={"en": "Lesion"},
            category=CodedConcept("49755003", "SCT", "Morphologically Altered Structure"),
            type=CodedConcept("52988006", "SCT", "Lesion"),
            color=(255, 1, 0),
        ),
    )


@pytest.fixture
def make_label_map(segments: tuple[SegmentDefinition, ...]) -> Callable[..., LabelMap]:
    """Label map on a grid; ``shift`` moves the first segment along I."""

    def make(geometry: VolumeGeometry, shift: int = 0) -> LabelMap:
        array = np.zeros(geometry.shape, np.uint8)
        array[1:4, 2:5, 3 + shift : 8 + shift] = 2
        array[2, 3, 4 + shift] = 0
        array[4:, 7:, :3] = 5
        return LabelMap(array, geometry, segments)

    return make


@pytest.fixture
def label_map(make_label_map: Callable[..., LabelMap], geometry: VolumeGeometry) -> LabelMap:
    """The label map on the oblique grid."""
    return make_label_map(geometry)


@pytest.fixture
def findings(geometry: VolumeGeometry) -> tuple[Finding, ...]:
    """One finding with location and probability, one with neither."""
    right, anterior, superior = geometry.kji_to_ras((5, 8, 1)).tolist()
    return (
        Finding(
            id="f-lesion",
            concept=CodedConcept("52988006", "SCT", "Lesion"),
            name={"en": "Lesion", "zh-CN": "病灶"},
            laterality="left",
            location_ras=(right, anterior, superior),
            score=1.25,
            probability=1 / 3,
            operating_point=OperatingPoint(0.4, 0.9, 0.8),
        ),
        Finding(id="f-volume", concept=CodedConcept("1", "99MEDMM", "x"), name={"en": "Small volume"}),
    )


@pytest.fixture
def measurements() -> tuple[Measurement, ...]:
    """Measurements in several units, with characters that table files can not hold."""
    volume = CodedConcept("118565006", "SCT", "Volume")
    return (
        Measurement(
            "m-1", volume, 1324.5678912, "mm3", {"en": "Volume"}, "hippocampus_anterior-left", "left"
        ),
        Measurement("m-2", volume, 1 / 3, "%", {"en": 'Asym\tmetry "x"\n', "zh-CN": "不对称"}, method="a, b"),
        Measurement("m-3", volume, 1e-17, "1", {"en": "Tiny"}),
    )


@pytest.fixture
def report() -> Report:
    """A short report in two scripts."""
    sentence = ReportSentence("s1", "体积 <b>1,324 mm³</b> & more", "model", ("m-1", "f-lesion"))
    return Report(
        "MR", "en", "Research use only.", (ReportSection("findings", "Findings", (sentence,)),), "2026"
    )


@pytest.fixture
def case(series: Series) -> Case:
    """The case of the series."""
    return Case("case-1", {"current": series})


@pytest.fixture
def prediction(
    label_map: LabelMap,
    provenance: Provenance,
    findings: tuple[Finding, ...],
    measurements: tuple[Measurement, ...],
    geometry: VolumeGeometry,
) -> Prediction:
    """A prediction with every part that the scene shows."""
    heat = np.random.default_rng(2).random(SHAPE).astype(np.float32)
    return Prediction(
        provenance=provenance,
        label_maps=(label_map,),
        findings=findings,
        measurements=measurements,
        heat_maps=(HeatMap("h1", "f-lesion", heat, geometry, "occlusion"),),
        boxes=(Box("f-lesion", (1.0, 2.0, 3.0), (4.5, 6.25, 9.125), 0.875),),
    )
