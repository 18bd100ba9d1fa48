"""A reading room on the headless MRML engine, and cases whose results were put in as a run does it."""

from __future__ import annotations

import dataclasses
import importlib.util
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from MedMMSlicerLib.bundles.manifest import Manifest, manifest_from_json
from MedMMSlicerLib.core import (
    CodedConcept,
    Contribution,
    Finding,
    HeatMap,
    LabelMap,
    OperatingPoint,
    Prediction,
    Provenance,
    SegmentDefinition,
    Volume,
    VolumeGeometry,
)

SHAPE = (8, 12, 16)
ANATOMY = CodedConcept("123037004", "SCT", "Anatomical Structure")
LUNG = CodedConcept("39607008", "SCT", "Lung structure")
PNEUMONIA = CodedConcept("233604007", "SCT", "Pneumonia")


@pytest.fixture(scope="session")
def host() -> Any:
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
def geometry() -> VolumeGeometry:
    """Oblique and anisotropic."""
    matrix, _ = np.linalg.qr(np.array([[0.9, -0.3, 0.2], [0.25, 0.85, -0.35], [-0.1, 0.4, 0.95]]))
    matrix *= np.sign(np.diag(matrix))
    axes = matrix if np.linalg.det(matrix) > 0 else matrix * [1, 1, -1]
    return VolumeGeometry.from_axes(SHAPE, (2.5, 1.1, 0.7), (12.3, -45.1, 33.3), axes)


@pytest.fixture(scope="session")
def provenance() -> Provenance:
    return Provenance(
        bundle_id="mixed",
        bundle_version="1.2.0",
        bundle_sha256="ab" * 32,
        inputs=(),
        device_requested="auto",
        provider_used="CPUExecutionProvider",
        stage_seconds={"network": 0.5},
        software={"medmm": "0.1.0"},
        created_at="2026-01-02T03:04:05+00:00",
        parameters={"context": {"age": 67.0, "sex": 1.0, "lab.crp": 180.0, "lab.ldh": None}, "novelty": 0.5},
    )


def metadata(template: str = "chest") -> dict[str, Any]:
    """Metadata of a bundle with segments, a fused finding, an image finding, context, trust and quality."""
    code = {"value": "233604007", "scheme": "SCT", "meaning": "Pneumonia"}
    return {
        "version": "1.2.0",
        "medmm": {
            "id": "mixed",
            "title": {"en": "Mixed", "zh-CN": "混合"},
            "intended_use": {"en": "Tests only.", "zh-CN": "仅供测试。"},
            "license": "Apache-2.0",
            "tasks": ["segmentation"],
            "inputs": [{"role": "current", "modalities": ["MR"], "dimensions": 3}],
            "graphs": {"image": {"file": "m.onnx", "inputs": {}, "outputs": {}}},
            "preprocess": {"region": {"kind": "whole"}},
            "measurements": ["volume", "asymmetry"],
            "report_template": template,
            "context": [
                {"name": "age", "unit": "a", "fill": 60, "mean": 55, "scale": 15},
                {"name": "sex", "unit": "1", "fill": 0.5, "categories": {"M": 1, "F": 0}},
                {"name": "lab.crp", "unit": "mg/L", "fill": 12, "mean": 3.0, "scale": 1.0,
                 "transform": "log1p", "minimum": 0, "maximum": 500},
                {"name": "lab.ldh", "unit": "U/L", "fill": 220, "mean": 5.4, "scale": 0.4,
                 "transform": "log1p", "minimum": 0},
            ],
            "findings": [
                {"id": "pneumonia", "name": {"en": "Pneumonia", "zh-CN": "肺炎"}, "concept": code,
                 "channel": 0, "graph": "fusion", "region": "lungs"},
                {"id": "edema", "name": {"en": "Edema", "zh-CN": "水肿"}, "concept": code, "channel": 0,
                 "region": "lungs"},
            ],
            "trust": {"threshold": 1.0, "description": {"en": "chest images", "zh-CN": "胸部图像"}},
            "quality": [{"id": "cut", "name": {"en": "Lungs are cut", "zh-CN": "肺部被截断"},
                         "rule": "touches-border", "threshold": 0.1}],
            "files": {},
        },
    }  # fmt: skip


@pytest.fixture(scope="session")
def manifest() -> Manifest:
    return manifest_from_json(metadata())


@pytest.fixture(scope="session")
def segments() -> tuple[SegmentDefinition, ...]:
    """Two sides of one structure, and one that the model does not find."""
    return (
        SegmentDefinition(
            2, "lung-left", {"en": "Left lung", "zh-CN": "左肺"}, ANATOMY, LUNG, (10, 200, 77), "left"
        ),
        SegmentDefinition(
            5, "lung-right", {"en": "Right lung", "zh-CN": "右肺"}, ANATOMY, LUNG, (255, 1, 0), "right"
        ),
        SegmentDefinition(7, "heart", {"en": "Heart", "zh-CN": "心脏"}, ANATOMY, LUNG, (90, 1, 200)),
    )


@pytest.fixture
def make_label_map(
    segments: tuple[SegmentDefinition, ...], geometry: VolumeGeometry
) -> Callable[..., LabelMap]:
    """Label map; ``shift`` moves the left lung along I."""

    def make(shift: int = 0) -> LabelMap:
        array = np.zeros(SHAPE, np.uint8)
        array[1:4, 2:6, 3 + shift : 8 + shift] = 2
        array[2:7, 7:11, 2:9] = 5
        return LabelMap(array, geometry, segments)

    return make


@pytest.fixture
def make_prediction(provenance: Provenance, geometry: VolumeGeometry) -> Callable[..., Prediction]:
    """What the bundle says about a label map, with probabilities by finding."""
    from MedMMSlicerLib.inference.measurements import measure_segments, segment_extents, segment_findings

    def make(label_map: LabelMap, pneumonia: float = 0.72, edema: float = 0.1) -> Prediction:
        extents = segment_extents(label_map)
        measurements = measure_segments(extents, geometry.voxel_volume_mm3, ("volume", "asymmetry"))
        heat = np.random.default_rng(2).random(SHAPE).astype(np.float32)
        scored = (
            Finding("f-pneumonia", PNEUMONIA, {"en": "Pneumonia", "zh-CN": "肺炎"}, score=0.9,
                    probability=pneumonia, operating_point=OperatingPoint(0.34, 0.853, 0.781),
                    evidence_ids=("age", "lab.crp"), region="lungs"),
            Finding("f-edema", PNEUMONIA, {"en": "Edema", "zh-CN": "水肿"}, score=-1.0, probability=edema,
                    operating_point=OperatingPoint(0.5), region="lungs"),
            Finding("q-cut", PNEUMONIA, {"en": "Lungs are cut", "zh-CN": "肺部被截断"}, kind="quality"),
        )  # fmt: skip
        return Prediction(
            provenance=provenance,
            label_maps=(label_map,),
            findings=(*segment_findings(extents, measurements), *scored),
            measurements=measurements,
            heat_maps=(
                HeatMap("h-pneumonia", "f-pneumonia", heat, geometry, "class activation map"),
                HeatMap("h-edema", "f-edema", heat[::-1].copy(), geometry, "class activation map"),
            ),
            missing=("lab.ldh",),
            contributions=(
                Contribution("f-pneumonia", "image", "image", 0.3),
                Contribution("f-pneumonia", "demographics", "demographics", 0.021),
                Contribution("f-pneumonia", "laboratory", "lab.crp", -0.4),
            ),
        )

    return make


@pytest.fixture
def make_room(
    scene: Any, manifest: Manifest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Any]]:
    """A room on the scene; its only bundle is ``mixed``."""
    from MedMMSlicerLib.reading.models import ModelDesk
    from MedMMSlicerLib.reading.room import ReadingRoom

    monkeypatch.setattr(ModelDesk, "manifest", lambda self, name: manifest if name == "mixed" else None)
    rooms = []

    def make(language: str = "en") -> Any:
        rooms.append(ReadingRoom(scene, language=language))
        return rooms[-1]

    yield make
    for room in rooms:
        room.cases.close()


@pytest.fixture
def open_case(scene: Any, geometry: VolumeGeometry) -> Callable[..., str]:
    """Put an image into the scene and make a case of it."""
    from MedMMSlicerLib.scene.volumes import add_volume

    def make(room: Any, name: str = "T1", grid: VolumeGeometry = geometry, known: bool = True) -> str:
        array = np.random.default_rng(1).integers(-1000, 2000, grid.shape).astype(np.int16)
        volume_id = add_volume(scene, Volume(array, grid, spacing_known=known), name=name)
        return str(room.cases.adopt_volume(volume_id))

    return make


def give_results(room: Any, prediction: Prediction, language: str = "") -> None:
    """Put results into scene and record in the order in which the run desk does it."""
    from MedMMSlicerLib.inference.worker_protocol import without_arrays
    from MedMMSlicerLib.scene.heat_maps import add_heat_map
    from MedMMSlicerLib.scene.segmentations import add_segmentation, update_segmentation
    from MedMMSlicerLib.scene.tables import add_measurements, add_probabilities

    scene, cases, language = room.scene, room.cases, language or room.language
    volume_id = cases.nodes("volume.current")[0]
    for label_map in prediction.label_maps:
        nodes = cases.nodes("segmentation")
        if nodes:
            update_segmentation(scene, nodes[0], label_map, prediction.provenance, language)
        else:
            node_id = add_segmentation(
                scene, label_map, prediction.provenance, volume_id, "Segments", language
            )
            cases.set_nodes("segmentation", [node_id])
    if not cases.nodes("heat_map"):
        cases.set_nodes("heat_map", [add_heat_map(scene, item) for item in prediction.heat_maps])
        cases.set_nodes("measurements", [add_measurements(scene, prediction.measurements)])
        cases.set_nodes("probabilities", [add_probabilities(scene, prediction.findings)])
    with room.listeners.hold():
        room.change("run", prediction=without_arrays(prediction))
        room.findings.after_results()
        room.evidence.after_results()
        room.segments.after_results()
        room.report.redraft()


@pytest.fixture
def results() -> Callable[..., None]:
    return give_results


@pytest.fixture
def room(
    make_room: Callable[..., Any],
    open_case: Callable[..., str],
    make_label_map: Callable[..., LabelMap],
    make_prediction: Callable[..., Prediction],
) -> Any:
    """A room with one case that was read."""
    made = make_room()
    open_case(made)
    give_results(made, make_prediction(make_label_map()))
    return made


@pytest.fixture
def reload(scene: Any, make_room: Callable[..., Any], tmp_path: Path) -> Callable[..., Any]:
    """Save the scene, clear it, load it, and open a new room on it."""

    def again(language: str = "en") -> Any:
        from MedMMSlicerLib.scene.bundle_io import load_scene, save_scene

        path = tmp_path / "case.mrb"
        save_scene(scene, path)
        load_scene(scene, path)
        return make_room(language)

    return again


@pytest.fixture
def edit_voxels(room: Any) -> Callable[..., None]:
    """Change voxels of a segment as an editor does: a function of its mask on the grid of the image."""

    def edit(segment_id: str, change: Callable[[np.ndarray], np.ndarray]) -> None:
        from MedMMSlicerLib.scene._segment_nodes import grid_of
        from MedMMSlicerLib.scene._segment_voxels import BINARY_LABELMAP, make_layer, segment_mask

        node = room.scene.GetNodeByID(room.cases.nodes("segmentation")[0])
        grid = grid_of(room.scene, node)
        mask = change(segment_mask(node, segment_id, grid).copy())
        segment = node.GetSegmentation().GetSegment(segment_id)
        segment.RemoveAllRepresentations()
        segment.AddRepresentation(BINARY_LABELMAP, make_layer(mask.astype(np.uint8), grid))
        segment.SetLabelValue(1)

    return edit


@pytest.fixture
def heard(room: Any) -> list[str]:
    """Topics that the room tells, in order."""
    from MedMMSlicerLib.reading.listeners import TOPICS

    topics: list[str] = []
    for topic in TOPICS:
        room.listeners.subscribe(topic, lambda topic=topic: topics.append(topic))
    return topics


def sentences(room: Any, section: str = "") -> dict[str, str]:
    """Sentence id to text."""
    return {
        item.id: item.text
        for part in room.report.report.sections
        if section in ("", part.id)
        for item in part.sentences
    }


@pytest.fixture
def texts() -> Callable[..., dict[str, str]]:
    return sentences


@pytest.fixture
def many() -> Callable[[int], Sequence[Finding]]:
    """Findings with probabilities of all sizes."""

    def make(count: int) -> Sequence[Finding]:
        point = OperatingPoint(0.5, 0.8, 0.9)
        base = Finding(
            "f-0", PNEUMONIA, {"en": "Finding"}, location_ras=(1.0, 2.0, 3.0), operating_point=point
        )
        return [
            dataclasses.replace(base, id=f"f-x{index}", name={"en": f"Finding {index}"},
                                probability=(index * 37 % count) / count)
            for index in range(count)
        ]  # fmt: skip

    return make
