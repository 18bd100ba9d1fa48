"""From torch to ONNX: export, half-precision storage, parity."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from MedMMSlicerLib.errors import BundleError
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

__all__ = ["Parity", "export_onnx", "measure_parity", "store_eight_bits", "store_half_precision"]

OPSET = 18
"""Old enough for every ONNX Runtime that the project supports, new enough for every operator used."""

HALF_MINIMUM_SIZE = 1024
"""Smaller initializers (biases, norms) stay in single precision: they cost nothing."""


@dataclass(frozen=True)
class Parity:
    """Largest absolute difference of the outputs, and the share of voxels with the same argmax."""

    maximum_difference: float
    label_agreement: float


def export_onnx(
    network: nn.Module,
    example: Tensor | tuple[Tensor, ...],
    path: Path,
    input_name: str | tuple[str, ...] = "image",
    output_names: Sequence[str] = ("logits",),
) -> None:
    """Export a network in evaluation mode with the fixed shape of ``example`` (a tuple for several inputs).

    Raises
    ------
    BundleError
        If the exported graph is not valid ONNX.
    """
    network = network.eval()
    for name in ("torch.onnx", "onnxscript", "onnx_ir"):
        logging.getLogger(name).setLevel(logging.ERROR)
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # the exporter warns about its own deprecations
        program = torch.onnx.export(
            network,
            example if isinstance(example, tuple) else (example,),
            input_names=[input_name] if isinstance(input_name, str) else list(input_name),
            output_names=list(output_names),
            opset_version=OPSET,
            dynamo=True,
            verbose=False,
        )
    program.save(str(path), external_data=False)
    try:
        onnx.checker.check_model(str(path), full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        raise BundleError(f"The graph exported to {path} is not valid ONNX: {error}") from error


def store_half_precision(path: Path) -> None:
    """Rewrite large float32 initializers as float16 followed by a Cast.

    Halves the file. The runtime folds the casts when it opens the session, so the network still computes in
    single precision.
    """
    model = onnx.load(str(path))
    casts = []
    for initializer in model.graph.initializer:
        array = numpy_helper.to_array(initializer)
        if initializer.data_type != TensorProto.FLOAT or array.size < HALF_MINIMUM_SIZE:
            continue
        name = initializer.name
        initializer.CopyFrom(numpy_helper.from_array(array.astype(np.float16), name + "_half"))
        casts.append(
            helper.make_node("Cast", [name + "_half"], [name], name=name + "_cast", to=TensorProto.FLOAT)
        )
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


def store_eight_bits(path: Path) -> None:
    """Rewrite the weights of large dense convolutions as 8-bit integers times a scale per output channel.

    A quarter of the file. The runtime folds the products when it opens the session, so the network still
    computes in single precision. Depthwise convolutions keep their precision: they are small, and few values
    make up each of their sums.
    """
    model = onnx.load(str(path))
    weights = {node.input[1] for node in model.graph.node if node.op_type == "Conv"}
    nodes, scales = [], []
    for initializer in model.graph.initializer:
        name, array = initializer.name, numpy_helper.to_array(initializer)
        if name not in weights or array.size < HALF_MINIMUM_SIZE or array.shape[1] == 1:
            continue
        axes = tuple(range(1, array.ndim))
        scale = np.maximum(np.abs(array).max(axis=axes, keepdims=True), 1e-12).astype(np.float32) / 127
        whole = np.rint(array / scale).astype(np.int8)
        initializer.CopyFrom(numpy_helper.from_array(whole, name + "_whole"))
        scales.append(numpy_helper.from_array(scale, name + "_scale"))
        cast = helper.make_node(
            "Cast", [name + "_whole"], [name + "_cast"], name=name + "_cast", to=TensorProto.FLOAT
        )
        product = helper.make_node("Mul", [name + "_cast", name + "_scale"], [name], name=name + "_product")
        nodes += [cast, product]
    model.graph.initializer.extend(scales)
    nodes += model.graph.node
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


def measure_parity(network: nn.Module, path: Path, images: Sequence[Tensor], channel_axis: int = 1) -> Parity:
    """Run torch and ONNX Runtime on the same images (each with a batch axis) and compare."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    difference, agreement = 0.0, []
    for image in images:
        with torch.no_grad():
            expected = network(image).numpy()
        found = session.run(None, {name: image.numpy()})[0]
        difference = max(difference, float(np.abs(found - expected).max()))
        agreement.append(float((found.argmax(channel_axis) == expected.argmax(channel_axis)).mean()))
    return Parity(difference, float(np.mean(agreement)))
