"""The ONNX structure is read as the onnx package reads it, within bounds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from MedMMSlicerLib.bundles import onnx_reader
from MedMMSlicerLib.bundles.onnx_reader import ExternalData, TensorInfo, read_onnx
from MedMMSlicerLib.errors import BundleError
from onnx import TensorProto, helper, numpy_helper

NetworkBuilder = Callable[..., onnx.ModelProto]


def read(tmp_path: Path, model: onnx.ModelProto | bytes) -> object:
    path = tmp_path / "network.onnx"
    path.write_bytes(model if isinstance(model, bytes) else model.SerializeToString())
    return read_onnx(path)


def value(name: str, shape: list[int | str | None] | None = None) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def model_of(nodes: list[onnx.NodeProto], **arguments: object) -> onnx.ModelProto:
    graph = helper.make_graph(nodes, "g", [value("x")], [value("y")])
    arguments.setdefault("opset_imports", [helper.make_opsetid("", 18)])
    return helper.make_model(graph, **arguments)


def test_inputs_outputs_and_operators(tmp_path: Path, build_network: NetworkBuilder) -> None:
    found = read(tmp_path, build_network(size=("d", "h", 8), channels="c"))
    assert found.inputs == {"x": TensorInfo("x", TensorProto.FLOAT, (1, 1, None, None, 8))}
    assert found.outputs == {
        "y": TensorInfo("y", TensorProto.FLOAT, (1, None, None, None, 8)),
        "s": TensorInfo("s", TensorProto.FLOAT, (1, 2)),
    }
    assert found.opset_domains == {""}
    assert found.operators == {("", "Conv"), ("", "ReduceMean"), ("", "Slice")}
    assert found.functions == frozenset()
    assert found.external == ()


def test_inputs_with_a_stored_value_are_left_out(tmp_path: Path) -> None:
    model = model_of([helper.make_node("Add", ["x", "w"], ["y"])])
    model.graph.input.append(value("w", [1]))
    model.graph.initializer.append(numpy_helper.from_array(np.ones(1, np.float32), "w"))
    assert set(read(tmp_path, model).inputs) == {"x"}


def test_shapes_that_are_not_stated(tmp_path: Path) -> None:
    model = model_of([helper.make_node("Relu", ["x"], ["y"])])
    model.graph.output[0].type.tensor_type.ClearField("shape")
    model.graph.input[0].CopyFrom(value("x", [-1, 0, None]))
    model.graph.output.append(helper.make_tensor_sequence_value_info("q", TensorProto.FLOAT, None))
    found = read(tmp_path, model)
    assert found.outputs["y"].shape is None
    assert found.inputs["x"].shape == (None, None, None)
    assert found.outputs["q"].data_type == 0


def test_nested_graphs_functions_and_training_are_read(tmp_path: Path) -> None:
    hidden = helper.make_node("Evil", ["x"], ["z"], domain="evil")
    for depth in range(3):
        body = helper.make_graph([hidden], f"inner{depth}", [], [value("z")])
        hidden = helper.make_node("If", ["c"], ["y"], then_branch=body, else_branch=body)
    function = helper.make_function(
        "own", "Own", ["a"], ["b"], [helper.make_node("Inside", ["a"], ["b"], domain="deep")], []
    )
    model = model_of([hidden, helper.make_node("Own", ["y"], ["q"], domain="own")], functions=[function])
    training = model.training_info.add()
    training.algorithm.node.append(helper.make_node("Step", ["x"], ["t"], domain="train"))
    found = read(tmp_path, model)
    assert {("evil", "Evil"), ("deep", "Inside"), ("own", "Own"), ("train", "Step")} < found.operators
    assert found.functions == {("own", "Own")}


def test_graphs_in_attribute_lists_are_read(tmp_path: Path) -> None:
    body = helper.make_graph([helper.make_node("Evil", [], ["z"], domain="evil")], "b", [], [value("z")])
    model = model_of([helper.make_node("Many", ["x"], ["y"], bodies=[body, body])])
    assert ("evil", "Evil") in read(tmp_path, model).operators


def external_tensor(name: str, location: str, **extra: str) -> onnx.TensorProto:
    tensor = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=[2])
    tensor.data_location = TensorProto.EXTERNAL
    for key, text in {"location": location, **extra}.items():
        entry = tensor.external_data.add()
        entry.key, entry.value = key, text
    return tensor


def test_external_data_is_found_wherever_it_is(tmp_path: Path) -> None:
    constant = helper.make_node("Constant", [], ["k"], value=external_tensor("k", "b.data"))
    body = helper.make_graph([constant], "b", [], [value("k")], [external_tensor("i", "c.data")])
    loop = helper.make_node("Loop", ["n", "c"], ["y"], body=body)
    model = model_of([loop])
    model.graph.initializer.append(external_tensor("w", "a.data", offset="16", length="8"))
    sparse = onnx.SparseTensorProto(values=external_tensor("s", "d.data"))
    sparse.indices.CopyFrom(external_tensor("si", "e.data"))
    model.graph.sparse_initializer.append(sparse)
    found = read(tmp_path, model)
    assert {data.location for data in found.external} == {f"{letter}.data" for letter in "abcde"}
    assert ExternalData("w", "a.data", 16, 8) in found.external


def test_external_data_counts_even_if_marked_as_internal(tmp_path: Path) -> None:
    model = model_of([helper.make_node("Relu", ["x"], ["y"])])
    tensor = external_tensor("w", "/etc/passwd")
    tensor.data_location = TensorProto.DEFAULT
    model.graph.initializer.append(tensor)
    assert [data.location for data in read(tmp_path, model).external] == ["/etc/passwd"]


@pytest.mark.parametrize("text", ["-1", "1e3", "٣", "9" * 30, ""])
def test_a_strange_offset_is_refused(tmp_path: Path, text: str) -> None:
    model = model_of([helper.make_node("Relu", ["x"], ["y"])])
    model.graph.initializer.append(external_tensor("w", "a.data", offset=text))
    with pytest.raises(BundleError, match="no valid offset"):
        read(tmp_path, model)


def test_a_second_graph_and_a_second_domain_do_not_hide(tmp_path: Path) -> None:
    """Protobuf merges a message that occurs twice, and takes the last of two texts."""
    first = model_of([helper.make_node("Relu", ["x"], ["y"])])
    second = model_of([helper.make_node("Evil", ["x"], ["y"], domain="evil")])
    found = read(tmp_path, first.SerializeToString() + second.SerializeToString())
    assert {("", "Relu"), ("evil", "Evil")} <= found.operators
    node = helper.make_node("Relu", ["x"], ["y"], domain="evil").SerializeToString() + b"\x3a\x00"
    graph = b"\x0a" + bytes([len(node)]) + node
    content = first.SerializeToString() + b"\x3a" + bytes([len(graph)]) + graph
    assert ("evil", "Relu") in read(tmp_path, content).operators


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"\x00" * 100, "no ONNX model"),
        (b"PK\x03\x04", "no ONNX model"),
        (b"\x80" * 100, "truncated or no ONNX model"),
        (b"\x3a\xff\xff\xff\xff\x0f", "truncated or no ONNX model"),
        (b"\x08\x09", "it has no graph"),
    ],
)
def test_what_is_no_onnx_file_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(BundleError, match=message):
        read(tmp_path, content)


def test_every_truncation_is_refused(tmp_path: Path, build_network: NetworkBuilder) -> None:
    content = build_network().SerializeToString()
    for length in range(len(content)):
        with pytest.raises(BundleError):
            read(tmp_path, content[:length])


def wrapped(payload: bytes, number: int) -> bytes:
    size, length = len(payload), b""
    while size > 127:
        length += bytes([size & 127 | 128])
        size >>= 7
    return bytes([number << 3 | 2]) + length + bytes([size]) + payload


def test_endless_nesting_is_refused(tmp_path: Path) -> None:
    payload = b""
    for _ in range(2000):
        payload = wrapped(wrapped(wrapped(payload, 6), 5), 1)
    with pytest.raises(BundleError, match="nested deeper"):
        read(tmp_path, wrapped(payload, 7))


def test_countless_fields_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = wrapped(b"\x0a\x00" * 20_000, 7)
    with pytest.raises(BundleError, match="it has no output"):
        read(tmp_path, content)
    monkeypatch.setattr(onnx_reader, "_MAXIMUM_FIELDS", 10_000)
    with pytest.raises(BundleError, match="more than 10000 fields"):
        read(tmp_path, content)


def test_a_long_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="name of more than"):
        read(tmp_path, model_of([helper.make_node("R" * 5000, ["x"], ["y"])]))


def test_weights_are_not_loaded(tmp_path: Path, build_network: NetworkBuilder) -> None:
    import tracemalloc

    model = build_network()
    model.graph.initializer.append(TensorProto(name="w", dims=[1], raw_data=bytes(30 * 2**20)))
    path = tmp_path / "network.onnx"
    path.write_bytes(model.SerializeToString())
    tracemalloc.start()
    read_onnx(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**20
