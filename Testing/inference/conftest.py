"""Tiny real networks, bundles around them, and phantoms on oblique, anisotropic, asymmetric grids."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from MedMMSlicerLib.bundles.loading import ModelBundle
from MedMMSlicerLib.bundles.manifest import (
    GraphDefinition,
    InputRole,
    LabelDefinition,
    Manifest,
    Postprocess,
    Preprocess,
    Region,
)
from MedMMSlicerLib.core import Case, CodedConcept, HeaderFacts, Series, Volume, VolumeGeometry

ANATOMY = CodedConcept("123037004", "SCT", "Anatomical Structure")
HIPPOCAMPUS = CodedConcept("5366008", "SCT", "Hippocampus")

# The phantom's gray value of background, label 1 and label 2; the network takes the nearest one.
GRAYS = (0.0, 1.0, -1.0)


def rotation(degrees: Sequence[float]) -> np.ndarray:
    x, y, z = np.radians(degrees)
    about_x = np.array([[1, 0, 0], [0, np.cos(x), -np.sin(x)], [0, np.sin(x), np.cos(x)]])
    about_y = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    about_z = np.array([[np.cos(z), -np.sin(z), 0], [np.sin(z), np.cos(z), 0], [0, 0, 1]])
    return about_z @ about_y @ about_x


def oblique(
    shape: tuple[int, int, int] = (30, 44, 38),
    spacing_mm: tuple[float, float, float] = (1.5, 0.8, 1.1),
    degrees: Sequence[float] = (8.0, -5.0, 6.0),
    letters: str = "PIR",
    center_ras: tuple[float, float, float] = (4.0, -9.0, 15.0),
) -> VolumeGeometry:
    """A grid whose axes I, J, K grow towards ``letters``, turned by ``degrees`` about R, A and S."""
    axes = np.zeros((3, 3))
    for column, letter in enumerate(letters):
        axes["RAS".index({"L": "R", "P": "A", "I": "S"}.get(letter, letter)), column] = (
            1 if letter in "RAS" else -1
        )
    grid = VolumeGeometry.from_axes(shape, spacing_mm, (0, 0, 0), rotation(degrees) @ axes)
    return VolumeGeometry.from_axes(
        shape, spacing_mm, np.asarray(center_ras) - grid.center_ras, rotation(degrees) @ axes
    )


def points_of(geometry: VolumeGeometry) -> np.ndarray:
    """RAS position of every voxel, shape (K, J, I, 3)."""
    return geometry.kji_to_ras(np.stack(np.meshgrid(*map(np.arange, geometry.shape), indexing="ij"), -1))


def two_blobs(geometry: VolumeGeometry) -> np.ndarray:
    """Labels that no flip and no swap of axes maps onto themselves: an ellipsoid right of, in front of and
    above the centre, and a smaller one on the other side.
    """
    offset = points_of(geometry) - geometry.center_ras
    reach = min(size * step for size, step in zip(geometry.shape, geometry.spacing_mm)) / 2
    labels = np.zeros(geometry.shape, np.uint8)
    first = (offset - reach * np.array([0.30, 0.22, 0.16])) / (reach * np.array([0.38, 0.50, 0.62]))
    second = (offset - reach * np.array([-0.55, -0.45, -0.30])) / (reach * np.array([0.34, 0.30, 0.40]))
    labels[(first**2).sum(-1) < 1] = 1
    labels[(second**2).sum(-1) < 1] = 2
    return labels


def gray_volume(labels: np.ndarray, geometry: VolumeGeometry) -> Volume:
    return Volume(np.asarray(GRAYS, np.float32)[labels], geometry)


def nearest_gray(inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """What the tiny network of `gray_network` computes, in numpy."""
    image = inputs["image"]
    return {"logits": np.concatenate([2 * gray * image - gray**2 for gray in GRAYS], axis=1)}


def dice(first: np.ndarray, second: np.ndarray) -> float:
    return 2 * np.count_nonzero(first & second) / max(1, np.count_nonzero(first) + np.count_nonzero(second))


def save_network(
    path: Path, shape: Sequence[int | str], weights: np.ndarray, bias: np.ndarray, output: str = "logits"
) -> Path:
    """A 1x1x1 convolution: weights of shape (labels, channels)."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    spatial = len(shape) - 2
    kernel = weights.astype(np.float32).reshape(*weights.shape, *([1] * spatial))
    graph = helper.make_graph(
        [helper.make_node("Conv", ["image", "weights", "bias"], [output])],
        "tiny",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, list(shape))],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, [1, len(weights), *shape[2:]])],
        [
            numpy_helper.from_array(kernel, "weights"),
            numpy_helper.from_array(bias.astype(np.float32), "bias"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
    return path


def save_gray_network(path: Path, shape: Sequence[int | str] = (1, 1, "k", "j", "i")) -> Path:
    grays = np.asarray(GRAYS)
    return save_network(path, shape, 2 * grays[:, None], -(grays**2))


@pytest.fixture
def gray_network(tmp_path: Path) -> Path:
    """A real ONNX file with free spatial sizes that labels each voxel by the nearest of `GRAYS`."""
    return save_gray_network(tmp_path / "model.onnx")


def make_labels(laterality: str = "") -> tuple[LabelDefinition, ...]:
    names = {
        "anterior": {"en": "Anterior hippocampus", "zh-CN": "海马前部"},
        "posterior": {"en": "Posterior hippocampus", "zh-CN": "海马后部"},
    }
    return tuple(
        LabelDefinition(
            value, f"hippocampus-{part}", name, ANATOMY, HIPPOCAMPUS, (200, 90 + value, 40), laterality
        )
        for value, (part, name) in enumerate(names.items(), start=1)
    )


def make_manifest(**changes: object) -> Manifest:
    values: dict[str, object] = {
        "id": "tiny-mr",
        "version": "1.2.0",
        "title": {"en": "Tiny"},
        "intended_use": {"en": "Tests."},
        "not_for": (),
        "license": "Apache-2.0",
        "tasks": ("segmentation",),
        "inputs": (InputRole("current", ("MR",), 3),),
        "context": (),
        "graphs": {"image": GraphDefinition("model.onnx", {"image": "image"}, {"logits": "logits"})},
        "preprocess": Preprocess(Region("whole")),
        "postprocess": Postprocess(),
        "labels": make_labels(),
        "findings": (),
        "measurements": ("volume", "asymmetry"),
        "report_template": "segmentation",
        "files": {},
    }
    return Manifest(**{**values, **changes})  # type: ignore[arg-type]


@pytest.fixture
def make_bundle(tmp_path: Path) -> Callable[..., ModelBundle]:
    """A function that makes a bundle in a temporary folder from changes to the manifest."""

    def make(**changes: object) -> ModelBundle:
        return ModelBundle(tmp_path, make_manifest(**changes), "ab" * 32, {})

    return make


def make_case(volume: Volume, name: str = "T1") -> Case:
    return Case("case-1", {"current": Series(name, HeaderFacts(modality="MR"), (), volume=volume)})
