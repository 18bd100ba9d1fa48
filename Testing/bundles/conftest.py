"""A small valid bundle, and the pieces to make it invalid."""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from MedMMSlicerLib.bundles.folder import file_sha256
from onnx import TensorProto, helper, numpy_helper

Metadata = dict[str, Any]

METADATA: Metadata = {
    "version": "1.2.3",
    "authors": "the test",
    "medmm": {
        "id": "tiny-mr",
        "title": {"en": "Tiny", "zh-CN": "小"},
        "intended_use": {"en": "Tests."},
        "not_for": [{"en": "Patients."}],
        "license": "Apache-2.0",
        "tasks": ["segmentation", "classification"],
        "inputs": [
            {
                "role": "current",
                "modalities": ["MR"],
                "dimensions": 3,
                "body_parts": ["HEAD"],
                "views": [],
                "channels": 1,
                "required": True,
                "minimum_extent_mm": 10.0,
                "maximum_extent_mm": 90.0,
            }
        ],
        "context": [{"name": "lab.crp", "unit": "mg/L", "fill": 3.0, "loinc": "1988-5", "minimum": 0}],
        "graphs": {
            "image": {
                "file": "models/image.onnx",
                "inputs": {"image": "x"},
                "outputs": {"logits": "y", "scores": "s"},
            }
        },
        "preprocess": {
            "region": {"kind": "roi", "size": [4, 6, 8]},
            "orientation": "RAS",
            "spacing_mm": [1.0, 1.5, 2],
            "interpolation": "linear",
            "intensity": [
                {"operation": "clip-percentile", "low": 0.5, "high": 99.5},
                {"operation": "z-score"},
            ],
            "scope": "region",
            "pad_value": 0.0,
        },
        "postprocess": {"decision": "argmax", "largest_component": [1, 2], "minimum_volume_mm3": 3.5},
        "labels": [
            {
                "value": value,
                "id": f"part_{value}",
                "name": {"en": f"Part {value}"},
                "category": {"value": "123037004", "scheme": "SCT", "meaning": "Anatomical Structure"},
                "type": {"value": "5366008", "scheme": "SCT", "meaning": "Hippocampus"},
                "color": [10 * value, 20, 30],
                "laterality": "from-point",
            }
            for value in (1, 2)
        ],
        "findings": [
            {
                "id": "lesion",
                "name": {"en": "Lesion"},
                "concept": {"value": "52988006", "scheme": "SCT", "meaning": "Lesion"},
                "channel": 1,
                "slope": 0.8,
                "sensitivity": None,
                "specificity": 0.9,
            }
        ],
        "measurements": ["volume"],
        "report_template": "segmentation",
        "files": {},
    },
}


def tiny_onnx(
    size: tuple[int | str, int | str, int | str] = (4, 6, 8), channels: int | str = 3, scores: int = 2
) -> onnx.ModelProto:
    """A 1x1x1 convolution ``y`` of ``x`` and the mean of its channels ``s``."""
    count = channels if isinstance(channels, int) else 3
    weights = np.arange(1, count + 1, dtype=np.float32).reshape(count, 1, 1, 1, 1)
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["y"]),
        helper.make_node("ReduceMean", ["y", "axes"], ["m"], keepdims=0),
        helper.make_node("Slice", ["m", "first", "last", "axis"], ["s"]),
    ]
    constants = {"axes": [2, 3, 4], "first": [0], "last": [scores], "axis": [1]}
    initializers = [numpy_helper.from_array(np.array(v, np.int64), k) for k, v in constants.items()]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 1, *size])],
        [
            helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, channels, *size]),
            helper.make_tensor_value_info("s", TensorProto.FLOAT, [1, scores]),
        ],
        [numpy_helper.from_array(weights, "w"), *initializers],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)


BundleMaker = Callable[..., Path]
NetworkBuilder = Callable[..., onnx.ModelProto]


@pytest.fixture(scope="session")
def build_network() -> NetworkBuilder:
    """Build the small network with other sizes."""
    return tiny_onnx


@pytest.fixture
def metadata() -> Metadata:
    """The manifest of the small bundle, to be changed at will; ``files`` is filled in by `make_bundle`."""
    return copy.deepcopy(METADATA)


@pytest.fixture
def make_bundle(tmp_path: Path) -> BundleMaker:
    """Write a bundle folder without any check and return it."""

    def make(
        metadata: Metadata | bytes = METADATA,
        model: onnx.ModelProto | bytes | None = None,
        name: str = "bundle",
        files: dict[str, bytes] | None = None,
    ) -> Path:
        folder = tmp_path / name
        network = tiny_onnx() if model is None else model
        content = network if isinstance(network, bytes) else network.SerializeToString()
        contents = {
            "models/image.onnx": content,
            "docs/README.md": b"# Tiny\n",
            "LICENSE": b"Free.\n",
            **(files or {}),
        }
        for path, data in contents.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)
        (folder / "configs").mkdir(exist_ok=True)
        if isinstance(metadata, dict):
            document = copy.deepcopy(metadata)
            if "medmm" in document and document["medmm"].get("files") == {}:
                document["medmm"]["files"] = {path: file_sha256(folder / path) for path in contents}
            metadata = json.dumps(document).encode()
        (folder / "configs" / "metadata.json").write_bytes(metadata)
        return folder

    return make


@pytest.fixture
def meshnet_folder(tmp_path: Path, shared_folder: Path) -> Path:
    """Someone else's network with our manifest, put together by copying alone."""
    source, folder = Path(__file__).parent / "meshnet", tmp_path / "meshnet-brain-tissue"
    for name, target in (
        (source / "metadata.json", "configs/metadata.json"),
        (source / "README.md", "docs/README.md"),
        (source / "LICENSE", "LICENSE"),
        (shared_folder / "models" / "meshnet" / "model5_gw_ae.onnx", "models/meshnet.onnx"),
    ):
        (folder / target).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(name, folder / target)
    return folder
