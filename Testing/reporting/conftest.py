"""A case with both hippocampi on an oblique, anisotropic, asymmetric grid, and the prediction for it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from MedMMSlicerLib.bundles.manifest import (
    GraphDefinition,
    InputRole,
    LabelDefinition,
    Manifest,
    Postprocess,
    Preprocess,
    Region,
)
from MedMMSlicerLib.core import (
    Case,
    ClinicalContext,
    CodedConcept,
    Finding,
    HeaderFacts,
    InputReference,
    LabelMap,
    LaboratoryResult,
    Measurement,
    Prediction,
    Provenance,
    ReadingNote,
    SegmentDefinition,
    Series,
    Volume,
    VolumeGeometry,
)

VOLUME = CodedConcept("118565006", "SCT", "Volume")
ASYMMETRY = CodedConcept("asymmetry-index", "99MEDMM", "Asymmetry index")
CATEGORY = CodedConcept("123037004", "SCT", "Anatomical Structure")
HIPPOCAMPUS = CodedConcept("5366008", "SCT", "Hippocampus")
NAMES = {
    "anterior": {"en": "Anterior hippocampus", "zh-CN": "海马前部"},
    "posterior": {"en": "Posterior hippocampus", "zh-CN": "海马后部"},
}
VOLUMES_MM3 = {
    ("left", "anterior"): 1324.4,
    ("left", "posterior"): 1210.0,
    ("right", "anterior"): 1402.7,
    ("right", "posterior"): 1188.3,
}


def rotation(degrees: tuple[float, float, float]) -> np.ndarray:
    x, y, z = np.radians(degrees)
    about_x = np.array([[1, 0, 0], [0, np.cos(x), -np.sin(x)], [0, np.sin(x), np.cos(x)]])
    about_y = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    about_z = np.array([[np.cos(z), -np.sin(z), 0], [np.sin(z), np.cos(z), 0], [0, 0, 1]])
    return about_z @ about_y @ about_x


def make_manifest(**changes) -> Manifest:
    labels = tuple(
        LabelDefinition(
            value, f"hippocampus_{part}", NAMES[part], CATEGORY, HIPPOCAMPUS, (220, 80, 60), "from-point"
        )
        for value, part in enumerate(NAMES, start=1)
    )
    values = {
        "id": "hippocampus-mr",
        "version": "1.0.0",
        "title": {"en": "Hippocampus in MR", "zh-CN": "磁共振海马分割"},
        "intended_use": {
            "en": "Research on hippocampal volume in T1-weighted MR.",
            "zh-CN": "用于 T1 加权磁共振海马体积研究。",
        },
        "not_for": ({"en": "Diagnosis.", "zh-CN": "诊断。"}, {"en": "Children.", "zh-CN": "儿童。"}),
        "license": "Apache-2.0",
        "tasks": ("segmentation",),
        "inputs": (InputRole("current", ("MR",), 3),),
        "context": (),
        "graphs": {"image": GraphDefinition("models/model.onnx", {"input": "x"}, {"logits": "y"})},
        "preprocess": Preprocess(Region("roi", (40, 56, 40))),
        "postprocess": Postprocess(),
        "labels": labels,
        "findings": (),
        "measurements": ("volume", "asymmetry"),
        "report_template": "segmentation",
        "files": {},
    }
    return Manifest(**{**values, **changes})


def make_provenance(**changes) -> Provenance:
    values = {
        "bundle_id": "hippocampus-mr",
        "bundle_version": "1.0.0",
        "bundle_sha256": "ab" * 32,
        "inputs": (InputReference("current", "T1", "1.2.3", "1.2.3.4", "cd" * 32),),
        "device_requested": "cuda",
        "provider_used": "CPUExecutionProvider",
        "stage_seconds": {"preprocess": 0.12, "network": 1.5},
        "software": {"medmm": "0.1.0", "onnxruntime": "1.22.0"},
        "created_at": "2026-03-04T05:06:07+00:00",
        "parameters": {"point_ras": [-26.0, -20.0, -14.0]},
        "notes": ("GPU asked for, but the CPU was used.",),
    }
    return Provenance(**{**values, **changes})


def make_label_map(geometry: VolumeGeometry) -> LabelMap:
    """Ellipsoids at (+-26, -12 or -28, -14) mm, RAS; left ones are larger."""
    voxels = np.stack(np.meshgrid(*map(np.arange, geometry.shape), indexing="ij"), axis=-1)
    points = geometry.kji_to_ras(voxels)
    array = np.zeros(geometry.shape, np.uint8)
    segments = []
    for value, (side, part) in enumerate(VOLUMES_MM3, start=1):
        center = (26.0 if side == "right" else -26.0, -12.0 if part == "anterior" else -28.0, -14.0)
        radii = (6.0, 8.0, 6.0) if side == "left" else (5.0, 7.0, 5.0)
        array[(((points - center) / radii) ** 2).sum(-1) < 1] = value
        segments.append(
            SegmentDefinition(
                value,
                f"hippocampus_{part}-{side}",
                NAMES[part],
                CATEGORY,
                HIPPOCAMPUS,
                [(222, 90, 70), (240, 190, 70), (70, 150, 220), (90, 200, 150)][value - 1],
                side,
            )
        )
    return LabelMap(array, geometry, tuple(segments))


def make_measurements() -> tuple[Measurement, ...]:
    items = [
        Measurement(
            f"m-hippocampus_{part}-{side}-volume",
            VOLUME,
            value,
            "mm3",
            {"en": f"Volume of {NAMES[part]['en'].lower()}", "zh-CN": f"{NAMES[part]['zh-CN']}体积"},
            f"hippocampus_{part}-{side}",
            side,
            "Voxel volume times voxel count.",
        )
        for (side, part), value in VOLUMES_MM3.items()
    ]
    for side, value in (("left", 2534.4), ("right", 2591.0)):
        items.append(
            Measurement(
                f"m-hippocampus-{side}-total",
                VOLUME,
                value,
                "mm3",
                {"en": "Total hippocampal volume", "zh-CN": "海马总体积"},
                "",
                side,
                "Sum of the parts.",
            )
        )
    items.append(
        Measurement(
            "m-hippocampus-asymmetry",
            ASYMMETRY,
            2.21,
            "%",
            {"en": "Asymmetry index of the hippocampus", "zh-CN": "海马不对称指数"},
            method="100 * (R - L) / mean(R, L)",
        )
    )
    return tuple(items)


def make_prediction(geometry: VolumeGeometry, **changes) -> Prediction:
    findings = tuple(
        Finding(
            f"f-hippocampus_{part}-{side}",
            HIPPOCAMPUS,
            NAMES[part],
            side,
            (26.0 if side == "right" else -26.0, -12.0 if part == "anterior" else -28.0, -14.0),
            (f"m-hippocampus_{part}-{side}-volume",),
            evidence_ids=(f"hippocampus_{part}-{side}",),
        )
        for side, part in VOLUMES_MM3
    )
    label_map = make_label_map(geometry)
    label_map.array.setflags(write=False)
    values = {
        "provenance": make_provenance(),
        "label_maps": (label_map,),
        "findings": findings,
        "measurements": make_measurements(),
        "missing": ("age", "lab.crp"),
    }
    return Prediction(**{**values, **changes})


def make_series(geometry: VolumeGeometry, **changes) -> Series:
    voxels = np.stack(np.meshgrid(*map(np.arange, geometry.shape), indexing="ij"), axis=-1)
    points = geometry.kji_to_ras(voxels)
    head = ((points - (0, -18, 0)) / (70, 88, 75)) ** 2
    array = (600 * (head.sum(-1) < 1)).astype(np.int16)
    array.setflags(write=False)
    values = {
        "name": "T1 MPRAGE",
        "facts": HeaderFacts(
            modality="MR",
            body_part="BRAIN",
            age_years=63.0,
            sex="F",
            acquired_at="2026-02-03T10:11:12",
            patient_name="DOE^JANE",
            patient_id="4711",
        ),
        "paths": (Path("t1.nii.gz"),),
        "notes": (ReadingNote("gantry-tilt", "The slices are sheared."),),
        "volume": Volume(array, geometry, window=(300.0, 700.0)),
    }
    return Series(**{**values, **changes})


@pytest.fixture(scope="session")
def a_geometry() -> VolumeGeometry:
    spacing_kji = np.array([3.0, 2.2, 2.0])
    shape = (62, 90, 84)
    directions = rotation((9.0, -6.0, 11.0))
    half_ijk = (np.array(shape[::-1]) - 1) / 2 * spacing_kji[::-1]
    origin = np.array([3.0, -20.0, 2.0]) - directions @ half_ijk
    return VolumeGeometry.from_axes(shape, spacing_kji, origin, directions)


@pytest.fixture(scope="session")
def a_manifest() -> Manifest:
    return make_manifest()


@pytest.fixture(scope="session")
def a_series(a_geometry: VolumeGeometry) -> Series:
    return make_series(a_geometry)


@pytest.fixture(scope="session")
def a_prediction(a_geometry: VolumeGeometry) -> Prediction:
    return make_prediction(a_geometry)


@pytest.fixture(scope="session")
def a_case(a_series: Series) -> Case:
    context = ClinicalContext(
        age_years=64.0,
        sex="F",
        indication="Memory complaints for 2 years.",
        laboratory=(LaboratoryResult("crp", float("inf"), "mg/L", reference_high=5.0),),
    )
    return Case("case-1", {"current": a_series}, context)
