"""The network is safe, and is what the manifest says."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnx
import pytest
from MedMMSlicerLib.bundles.loading import check_bundle, load_bundle
from MedMMSlicerLib.errors import BundleError
from onnx import TensorProto, helper

Metadata = dict[str, Any]
BundleMaker = Callable[..., Path]
NetworkBuilder = Callable[..., onnx.ModelProto]


def found(folder: Path) -> list[tuple[str, str]]:
    return [(violation.where, violation.message) for violation in check_bundle(folder)]


@pytest.mark.parametrize("domain", ["ai.onnx", "ai.onnx.ml", "com.microsoft"])
def test_built_in_operator_sets_are_allowed(
    make_bundle: BundleMaker, build_network: NetworkBuilder, domain: str
) -> None:
    model = build_network()
    model.opset_import.append(helper.make_opsetid(domain, 1))
    model.graph.node.append(helper.make_node("Gelu", ["x"], ["unused"], domain=domain))
    assert check_bundle(make_bundle(model=model)) == ()


@pytest.mark.parametrize("domain", ["evil", "ai.onnx.evil", "com.microsoft ", "AI.ONNX", "org.pytorch.aten"])
@pytest.mark.parametrize("place", ["import", "node", "branch", "function", "training"])
def test_custom_operators_are_refused_wherever_they_hide(
    make_bundle: BundleMaker, build_network: NetworkBuilder, domain: str, place: str
) -> None:
    model = build_network()
    node = helper.make_node("Evil", ["x"], ["z"], domain=domain)
    if place == "import":
        model.opset_import.append(helper.make_opsetid(domain, 1))
    elif place == "node":
        model.graph.node.append(node)
    elif place == "branch":
        output = helper.make_tensor_value_info("z", TensorProto.FLOAT, None)
        body = helper.make_graph([node], "body", [], [output])
        model.graph.node.append(helper.make_node("If", ["c"], ["z"], then_branch=body, else_branch=body))
    elif place == "function":
        model.functions.append(helper.make_function("own", "Own", ["x"], ["z"], [node], []))
        model.graph.node.append(helper.make_node("Own", ["x"], ["z"], domain="own"))
    else:
        model.training_info.add().algorithm.node.append(node)
    message = f"It uses custom operators (domain '{domain}')."
    assert found(make_bundle(model=model)) == [("models/image.onnx", message)]


def test_functions_that_the_model_defines_are_no_custom_operators(
    make_bundle: BundleMaker, build_network: NetworkBuilder
) -> None:
    model = build_network()
    relu = helper.make_node("Relu", ["a"], ["b"])
    opsets = [helper.make_opsetid("", 18)]
    model.functions.append(helper.make_function("own", "Own", ["a"], ["b"], [relu], opsets))
    model.opset_import.append(helper.make_opsetid("own", 1))
    model.graph.node.append(helper.make_node("Own", ["x"], ["z"], domain="own"))
    assert check_bundle(make_bundle(model=model)) == ()
    model.graph.node.append(helper.make_node("Other", ["x"], ["q"], domain="own"))
    assert "custom operators" in found(make_bundle(model=model, name="other"))[0][1]


@pytest.mark.parametrize("operator", ["EPContext", "PythonOp"])
def test_operators_that_load_code_are_refused(
    make_bundle: BundleMaker, build_network: NetworkBuilder, operator: str
) -> None:
    model = build_network()
    model.graph.node.append(helper.make_node(operator, ["x"], ["z"], domain="com.microsoft"))
    message = f"The operator '{operator}' is refused."
    assert found(make_bundle(model=model)) == [("models/image.onnx", message)]


def with_external(model: onnx.ModelProto, location: str, length: int = 8) -> onnx.ModelProto:
    tensor = model.graph.initializer.add(name="e", data_type=TensorProto.FLOAT, dims=[2])
    tensor.data_location = TensorProto.EXTERNAL
    for key, text in {"location": location, "offset": "4", "length": str(length)}.items():
        tensor.external_data.add(key=key, value=text)
    return model


def test_external_data_beside_the_network_is_allowed(
    make_bundle: BundleMaker, build_network: NetworkBuilder
) -> None:
    model = with_external(build_network(), "image.onnx_data")
    assert check_bundle(make_bundle(model=model, files={"models/image.onnx_data": bytes(12)})) == ()


@pytest.mark.parametrize(
    "location",
    [
        "../outside.data",
        "/etc/passwd",
        "C:\\evil.data",
        "..\\outside.data",
        "absent.data",
        "",
        "*/_ORT_MEM_ADDR_/*",
        "../models/image.onnx_data",
        "unlisted.data",
    ],
)
def test_external_data_elsewhere_is_refused(
    make_bundle: BundleMaker, build_network: NetworkBuilder, tmp_path: Path, location: str
) -> None:
    (tmp_path / "outside.data").write_bytes(bytes(12))
    model = with_external(build_network(), location)
    folder = make_bundle(model=model, files={"models/image.onnx_data": bytes(12)})
    ((where, message),) = found(folder)
    assert where == "models/image.onnx"
    assert "no listed file of the bundle" in message


def test_external_data_that_is_too_short_is_refused(
    make_bundle: BundleMaker, build_network: NetworkBuilder
) -> None:
    model = with_external(build_network(), "image.onnx_data", length=9)
    folder = make_bundle(model=model, files={"models/image.onnx_data": bytes(12)})
    assert found(folder) == [("models/image.onnx_data", "It is too short for tensor 'e'.")]


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_a_truncated_network_is_refused(
    make_bundle: BundleMaker, build_network: NetworkBuilder, share: float
) -> None:
    content = build_network().SerializeToString()
    folder = make_bundle(model=content[: math.floor(len(content) * share)])
    (violation,) = check_bundle(folder)
    assert violation.where == "models/image.onnx"
    assert violation.hint
    with pytest.raises(BundleError, match=r"models/image\.onnx: .*(empty|truncated)"):
        load_bundle(folder)


def test_sizes_and_channels_that_the_network_leaves_free_fit(
    make_bundle: BundleMaker, build_network: NetworkBuilder
) -> None:
    assert check_bundle(make_bundle(model=build_network(("d", "h", "w"), "c"))) == ()


@pytest.mark.parametrize(
    ("size", "channels", "scores", "where", "message"),
    [
        ((4, 6, 9), 3, 2, "inputs.image", "for a block of 4 x 6 x 9, the manifest says 4 x 6 x 8"),
        (("d", 8, "w"), 3, 2, "inputs.image", "for a block of any x 8 x any"),
        ((8, 6, 4), 3, 2, "outputs.logits", "for a block of 8 x 6 x 4"),
        ((4, 6, 8), 2, 2, "outputs.logits", "gives 2 channels; the manifest has 3 labels and background"),
        ((4, 6, 8), 4, 2, "outputs.logits", "gives 4 channels"),
    ],
)
def test_a_network_of_another_size_is_refused(
    make_bundle: BundleMaker,
    build_network: NetworkBuilder,
    size: tuple[int | str, int | str, int | str],
    channels: int,
    scores: int,
    where: str,
    message: str,
) -> None:
    violations = dict(found(make_bundle(model=build_network(size, channels, scores))))
    assert message in violations[f"$.medmm.graphs.image.{where}"]


def test_a_threshold_has_no_background_channel(
    make_bundle: BundleMaker, build_network: NetworkBuilder, metadata: Metadata
) -> None:
    metadata["medmm"]["postprocess"]["decision"] = "threshold"
    assert check_bundle(make_bundle(metadata, build_network(channels=2), "two")) == ()
    assert "gives 3 channels; the manifest has 2 labels" in found(make_bundle(metadata, name="three"))[0][1]


def test_a_finding_beyond_the_scores_is_refused(
    make_bundle: BundleMaker, build_network: NetworkBuilder
) -> None:
    folder = make_bundle(model=build_network(scores=1))
    assert found(folder) == [
        ("$.medmm.findings[0].channel", "The network gives 1 scores, from channel 0."),
    ]


def image_input(model: onnx.ModelProto, kind: int, shape: list[int]) -> onnx.ModelProto:
    model.graph.input[0].CopyFrom(helper.make_tensor_value_info("x", kind, shape))
    return model


@pytest.mark.parametrize(
    ("kind", "shape", "message"),
    [
        (TensorProto.FLOAT, [1, 1, 6, 8], "tensor of 4 axes; 3D images have 5"),
        (TensorProto.FLOAT, [1, 3, 4, 6, 8], "takes 3 channels, the manifest says 1"),
        (TensorProto.FLOAT, [2, 1, 4, 6, 8], "takes batches of 2"),
        (TensorProto.INT64, [1, 1, 4, 6, 8], "takes int64, not floating point"),
    ],
)
def test_another_input_tensor_is_refused(
    make_bundle: BundleMaker, build_network: NetworkBuilder, kind: int, shape: list[int], message: str
) -> None:
    folder = make_bundle(model=image_input(build_network(), kind, shape))
    ((where, text),) = found(folder)
    assert where == "$.medmm.graphs.image.inputs.image"
    assert message in text


def test_an_output_without_space_is_no_segmentation(make_bundle: BundleMaker, metadata: Metadata) -> None:
    metadata["medmm"]["graphs"]["image"]["outputs"] = {"logits": "s", "scores": "s"}
    assert "tensor of 2 axes, not 5" in found(make_bundle(metadata))[0][1]


def test_every_input_must_be_fed(
    make_bundle: BundleMaker, build_network: NetworkBuilder, metadata: Metadata
) -> None:
    model = build_network()
    model.graph.input.append(helper.make_tensor_value_info("labs", TensorProto.FLOAT, [1, 4]))
    message = "The network's input 'labs' is not named."
    assert found(make_bundle(model=model)) == [("$.medmm.graphs.image.inputs", message)]
    metadata["medmm"]["graphs"]["image"]["inputs"]["context"] = "labs"
    assert check_bundle(make_bundle(metadata, model, "fed")) == ()


def test_a_fixed_size_must_be_stated(make_bundle: BundleMaker, metadata: Metadata) -> None:
    metadata["medmm"]["preprocess"]["region"] = {"kind": "whole"}
    for label in metadata["medmm"]["labels"]:
        label["laterality"] = ""
    violations = found(make_bundle(metadata))
    assert {where for where, _ in violations} == {"$.medmm.preprocess.region.size"}
    assert "4 x 6 x 8, but no size is given" in violations[0][1]


def test_a_2d_bundle_fits_a_2d_network(make_bundle: BundleMaker, metadata: Metadata) -> None:
    medmm = metadata["medmm"]
    medmm["inputs"][0] |= {"dimensions": 2, "modalities": ["CR", "DX"], "views": ["PA", "AP"]}
    medmm["preprocess"] |= {"orientation": "", "region": {"kind": "whole", "size": [1, 32, 24]}}
    medmm |= {"tasks": ["classification"], "labels": [], "postprocess": {}}
    medmm["graphs"]["image"] |= {"outputs": {"scores": "s"}}
    graph = helper.make_graph(
        [helper.make_node("Flatten", ["x"], ["s"])],
        "flat",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 1, 32, 24])],
        [helper.make_tensor_value_info("s", TensorProto.FLOAT, ["n", 32 * 24])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)])
    assert check_bundle(make_bundle(metadata, model)) == ()
    medmm["preprocess"]["region"]["size"] = [1, 24, 32]
    ((where, message),) = found(make_bundle(metadata, model, "turned"))
    assert where == "$.medmm.graphs.image.inputs.image"
    assert "32 x 24, the manifest says 24 x 32" in message


def test_a_network_that_reads_no_image_is_not_compared_with_it(
    make_bundle: BundleMaker, metadata: Metadata
) -> None:
    graph = helper.make_graph(
        [helper.make_node("Relu", ["t"], ["e"])],
        "text",
        [helper.make_tensor_value_info("t", TensorProto.INT64, [1, 16])],
        [helper.make_tensor_value_info("e", TensorProto.FLOAT, [1, 16])],
    )
    text = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)]).SerializeToString()
    metadata["medmm"]["graphs"]["text"] = {
        "file": "models/text.onnx",
        "inputs": {"tokens": "t"},
        "outputs": {"embedding": "e"},
    }
    folder = make_bundle(metadata, files={"models/text.onnx": text})
    assert check_bundle(folder) == ()
    assert load_bundle(folder).graph_path("text").name == "text.onnx"
