"""A multimodal bundle with known answers: every number that its networks give can be worked out by hand.

The image graph sees 32 x 32 pixels in 0..1. Its activation maps are means of 4 x 4 pixels (``mass``), one
minus them (``effusion``) and half of them (``no_finding``); the scores are their means. Pixels above 0.4 are
lungs, the right one on the left half of the image. The embedding is the mean of each quadrant minus 0.25, the
novelty the maximum. The fusion graph is linear.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from MedMMSlicerLib.bundles.loading import ModelBundle
from MedMMSlicerLib.bundles.writing import write_bundle
from onnx import TensorProto, helper, numpy_helper

SIZE = 32
CONTEXT: list[dict[str, Any]] = [
    {"name": "age", "unit": "a", "fill": 60, "minimum": 0, "maximum": 120, "mean": 50, "scale": 20},
    {"name": "sex", "unit": "1", "fill": 0.5, "categories": {"M": 1, "F": 0}, "mean": 0.5},
    {"name": "view", "unit": "1", "fill": 0.5, "categories": {"AP": 1, "PA": 0}},
    {
        "name": "lab.crp",
        "unit": "mg/L",
        "loinc": "1988-5",
        "fill": 5,
        "minimum": 0,
        "maximum": 600,
        "transform": "log1p",
        "mean": 3,
        "scale": 1.5,
    },
    {
        "name": "lab.ldh",
        "unit": "U/L",
        "fill": 220,
        "minimum": 10,
        "maximum": 5000,
        "mean": 250,
        "scale": 100,
    },
    {"name": "lab.d_dimer", "unit": "mg/L", "fill": 0.4, "minimum": 0, "maximum": 50, "transform": "log1p"},
]
COUNT = len(CONTEXT)

# Rows: 4 of the embedding, then the values, then the missing flags; columns: icu, death.
FUSION_WEIGHTS = np.array(
    [
        *[[2.0, 1.0], [-1.0, 0.5], [0.5, 0.0], [1.5, -0.5]],
        *[[0.6, 0.9], [0.2, 0.1], [0.3, 0.0], [0.8, 0.4], [0.5, 0.7], [0.25, -0.3]],
        *[[0.1, 0.0], [0.0, 0.1], [-0.1, 0.0], [0.2, -0.2], [0.0, 0.3], [-0.3, 0.1]],
    ],
    np.float32,
)
FUSION_BIAS = np.array([-1.0, -2.0], np.float32)

SCT = {"scheme": "SCT"}


def _finding(name: str, code: str, channel: int, **rest: Any) -> dict[str, Any]:
    title, chinese = rest.pop("names")
    return {
        "id": name,
        "name": {"en": title, "zh-CN": chinese},
        "concept": {"value": code, "meaning": title, **SCT},
        "channel": channel,
        **rest,
    }


def make_metadata(**changes: Any) -> dict[str, Any]:
    """The manifest, with keys of ``medmm`` replaced by ``changes``."""
    labels = [
        {
            "value": value,
            "id": f"lung-{side}",
            "name": {"en": f"{side.title()} lung", "zh-CN": {"right": "右肺", "left": "左肺"}[side]},
            "category": {"value": "123037004", "meaning": "Anatomical Structure", **SCT},
            "type": {"value": "39607008", "meaning": "Lung", **SCT},
            "color": [60, 120 + value, 200],
            "laterality": side,
        }
        for value, side in ((1, "right"), (2, "left"))
    ]
    medmm: dict[str, Any] = {
        "id": "tiny-chest",
        "title": {"en": "Tiny chest", "zh-CN": "小胸片"},
        "intended_use": {"en": "Tests of multimodal reading."},
        "not_for": [{"en": "Patients."}],
        "license": "Apache-2.0",
        "tasks": ["segmentation", "classification", "embedding"],
        "inputs": [{"role": "current", "modalities": ["CR", "DX"], "dimensions": 2}],
        "context": CONTEXT,
        "graphs": {
            "image": {
                "file": "models/image.onnx",
                "inputs": {"image": "x"},
                "outputs": {
                    part: part for part in ("logits", "scores", "embedding", "activation", "novelty")
                },
            },
            "fusion": {
                "file": "models/fusion.onnx",
                "inputs": {"embedding": "e", "context": "c"},
                "outputs": {"scores": "s"},
            },
        },
        "preprocess": {"region": {"kind": "whole", "size": [1, SIZE, SIZE]}, "orientation": ""},
        "postprocess": {"decision": "threshold"},
        "labels": labels,
        "findings": [
            _finding(
                "mass",
                "4147007",
                0,
                names=("Mass", "肿块"),
                slope=8,
                intercept=-1,
                threshold=0.4,
                region="lungs",
            ),
            _finding(
                "effusion",
                "60046008",
                1,
                names=("Effusion", "积液"),
                slope=4,
                intercept=-4.5,
                region="pleura",
            ),
            _finding("no_finding", "17621005", 2, names=("No finding", "未见异常"), kind="normal", slope=-2),
            _finding(
                "icu",
                "309904001",
                0,
                names=("Need of intensive care", "需要重症监护"),
                graph="fusion",
                kind="prognosis",
                threshold=0.5,
                sensitivity=0.8,
                specificity=0.75,
            ),
            _finding(
                "death",
                "419620001",
                1,
                names=("Death", "死亡"),
                graph="fusion",
                kind="prognosis",
                threshold=0.9,
            ),
        ],
        "measurements": ["area"],
        "report_template": "chest",
        "trust": {
            "threshold": 2.0,
            "description": {"en": "Frontal chest radiographs of adults.", "zh-CN": "成人正位胸片"},
        },
        "quality": [
            {
                "id": "cut",
                "name": {"en": "The lungs are cut", "zh-CN": "肺野不完整"},
                "rule": "mask-touches-border",
                "threshold": 0.3,
            }
        ],
        "files": {},
    }
    return {"version": "0.1.0", "medmm": {**medmm, **changes}}


def _constant(name: str, value: Any, kind: Any = np.float32) -> Any:
    return numpy_helper.from_array(np.asarray(value, kind), name)


def _model(nodes: list[Any], inputs: list[Any], outputs: list[Any], constants: list[Any]) -> bytes:
    graph = helper.make_graph(nodes, "tiny", inputs, outputs, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString())


def _tensor(name: str, shape: list[int]) -> Any:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def image_network() -> bytes:
    """The image graph."""
    side = np.zeros((1, 2, 16, 16), np.float32)
    side[0, 0, :, 8:] = side[0, 1, :, :8] = -40
    nodes = [
        helper.make_node("AveragePool", ["x"], ["mean4"], kernel_shape=[4, 4], strides=[4, 4]),
        helper.make_node("Conv", ["mean4", "maps", "maps_bias"], ["activation"]),
        helper.make_node("ReduceMean", ["activation"], ["scores"], axes=[2, 3], keepdims=0),
        helper.make_node("AveragePool", ["x"], ["mean2"], kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Conv", ["mean2", "lungs", "lungs_bias"], ["bright"]),
        helper.make_node("Add", ["bright", "side"], ["logits"]),
        helper.make_node("AveragePool", ["x"], ["mean16"], kernel_shape=[16, 16], strides=[16, 16]),
        helper.make_node("Reshape", ["mean16", "flat"], ["quadrants"]),
        helper.make_node("Sub", ["quadrants", "center"], ["embedding"]),
        helper.make_node("ReduceMax", ["x"], ["novelty"], axes=[1, 2, 3], keepdims=0),
    ]
    outputs = [
        _tensor("logits", [1, 2, 16, 16]),
        _tensor("scores", [1, 3]),
        _tensor("embedding", [1, 4]),
        _tensor("activation", [1, 3, 8, 8]),
        _tensor("novelty", [1]),
    ]
    constants = [
        _constant("maps", np.reshape([1.0, -1.0, 0.5], (3, 1, 1, 1))),
        _constant("maps_bias", [0.0, 1.0, 0.0]),
        _constant("lungs", np.full((2, 1, 1, 1), 20.0)),
        _constant("lungs_bias", [-8.0, -8.0]),
        _constant("side", side),
        _constant("flat", [1, 4], np.int64),
        _constant("center", 0.25),
    ]
    return _model(nodes, [_tensor("x", [1, 1, SIZE, SIZE])], outputs, constants)


def fusion_network(count: int = COUNT) -> bytes:
    """The fusion graph."""
    nodes = [
        helper.make_node("Concat", ["e", "c"], ["joined"], axis=1),
        helper.make_node("Gemm", ["joined", "w", "b"], ["s"]),
    ]
    weights = FUSION_WEIGHTS if count == COUNT else np.ones((4 + 2 * count, 2), np.float32)
    return _model(
        nodes,
        [_tensor("e", [1, 4]), _tensor("c", [1, 2 * count])],
        [_tensor("s", [1, 2])],
        [_constant("w", weights), _constant("b", FUSION_BIAS)],
    )


def write_tiny(folder: Path, **changes: Any) -> ModelBundle:
    """Write the bundle."""
    files: dict[str, bytes | Path] = {
        "models/image.onnx": image_network(),
        "models/fusion.onnx": fusion_network(),
        "docs/README.md": b"# Tiny chest\n",
        "LICENSE": b"Free.\n",
    }
    return write_bundle(folder, make_metadata(**changes), files)


def sigmoid(value: float) -> float:
    """Logistic function."""
    return float(1 / (1 + np.exp(-value)))
