"""What an ONNX file says about itself, read without running it and without loading its weights.

A minimal reader of the protobuf wire format. Field numbers are those of ``onnx.proto`` (ONNX IR). The file is
untrusted: every length is checked, nesting and the number of fields are bounded, tensors are stepped over.
Where a field that must occur once occurs several times, every occurrence is looked at, since a runtime may
take any of them.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import BundleError

__all__ = ["DATA_TYPES", "ExternalData", "OnnxModel", "TensorInfo", "read_onnx"]

DATA_TYPES = {
    1: "float32",
    2: "uint8",
    3: "int8",
    4: "uint16",
    5: "int16",
    6: "int32",
    7: "int64",
    8: "string",
    9: "bool",
    10: "float16",
    11: "float64",
    16: "bfloat16",
}
"""Element types of ``TensorProto.DataType`` by name."""

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_MAXIMUM_FIELDS = 2_000_000
_MAXIMUM_DEPTH = 100
_MAXIMUM_TEXT = 4096

_MESSAGES: Mapping[str, Mapping[int, str]] = {
    "model": {7: "graph", 8: "opset", 20: "training", 25: "function"},
    "graph": {1: "node", 5: "initializer", 11: "input", 12: "output", 15: "sparse"},
    "subgraph": {1: "node", 5: "tensor", 15: "sparse"},
    "training": {1: "subgraph", 2: "subgraph"},
    "function": {7: "node", 9: "opset", 11: "attribute"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "subgraph", 10: "tensor", 11: "subgraph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "initializer", 2: "tensor"},
    "initializer": {},
    "tensor": {},
    "input": {},
    "output": {},
    "opset": {},
}
"""Kind of message to field number to kind of the message inside it, as far as anything is read from it."""


@dataclass(frozen=True)
class TensorInfo:
    """An input or output: ``shape`` has an int where the size is fixed, None where it is free; None: not
    stated. ``data_type`` is a key of `DATA_TYPES`, 0 if it is no tensor.
    """

    name: str
    data_type: int
    shape: tuple[int | None, ...] | None


@dataclass(frozen=True)
class ExternalData:
    """A tensor whose values lie in another file: ``location`` relative to the ONNX file; bytes."""

    tensor: str
    location: str
    offset: int
    length: int


@dataclass(frozen=True)
class OnnxModel:
    """What is read from the file.

    Parameters
    ----------
    opset_domains : frozenset of str
        Operator sets that model and functions import; ``ai.onnx`` is written as the empty text.
    operators : frozenset of (domain, operator)
        Of all nodes, in nested graphs and functions too.
    functions : frozenset of (domain, name)
        Defined by the model itself out of other operators.
    inputs, outputs : Mapping of str to TensorInfo
        Of the main graph; inputs with a stored value are left out.
    external : tuple of ExternalData
    """

    opset_domains: frozenset[str]
    operators: frozenset[tuple[str, str]]
    functions: frozenset[tuple[str, str]]
    inputs: Mapping[str, TensorInfo]
    outputs: Mapping[str, TensorInfo]
    external: tuple[ExternalData, ...]


@dataclass
class _Collected:
    opset_domains: set[str] = field(default_factory=set)
    operators: set[tuple[str, str]] = field(default_factory=set)
    functions: set[tuple[str, str]] = field(default_factory=set)
    inputs: dict[str, TensorInfo] = field(default_factory=dict)
    outputs: dict[str, TensorInfo] = field(default_factory=dict)
    stored: set[str] = field(default_factory=set)
    external: list[ExternalData] = field(default_factory=list)
    graphs: int = 0


def read_onnx(path: Path) -> OnnxModel:
    """Read the structure of an ONNX file.

    Raises
    ------
    BundleError
        If the file is empty, truncated, no ONNX model, or built to exhaust the reader.
    """
    try:
        with path.open("rb") as stream:
            if not path.stat().st_size:
                raise BundleError("The file is empty. Get the bundle again from its source.")
            with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
                return _read(content)
    except OSError as error:
        raise BundleError(f"The file can not be read ({error.strerror}). Check its access rights.") from error


def _read(content: mmap.mmap | bytes) -> OnnxModel:
    wire, found = _Wire(content), _Collected()
    pending = [("model", 0, len(content), 0)]
    while pending:
        kind, start, end, depth = pending.pop()
        if depth > _MAXIMUM_DEPTH:
            raise BundleError(f"Its graphs are nested deeper than {_MAXIMUM_DEPTH} levels. Do not use it.")
        _collect(kind, wire, start, end, found)
        inner = _MESSAGES[kind]
        if inner:
            for number, wire_type, first, last in wire.fields(start, end):
                if wire_type == _BYTES and number in inner:
                    pending.append((inner[number], first, last, depth + 1))
    if not found.graphs or not found.outputs or not found.opset_domains:
        missing = "graph" if not found.graphs else "output" if not found.outputs else "operator set"
        raise BundleError(f"It is no complete ONNX model: it has no {missing}. Export or download it again.")
    return OnnxModel(
        frozenset(found.opset_domains),
        frozenset(found.operators),
        frozenset(found.functions),
        {name: info for name, info in found.inputs.items() if name not in found.stored},
        found.outputs,
        tuple(found.external),
    )


def _collect(kind: str, wire: _Wire, start: int, end: int, found: _Collected) -> None:
    if kind == "graph":
        found.graphs += 1
    elif kind == "opset":
        found.opset_domains.update(_domains(wire, start, end, 1))
    elif kind == "node":
        operators = wire.texts(start, end, 4) or [""]
        domains = _domains(wire, start, end, 7)
        found.operators.update((domain, name) for domain in domains for name in operators)
    elif kind == "function":
        names = wire.texts(start, end, 1) or [""]
        found.functions.update((domain, names[-1]) for domain in _domains(wire, start, end, 10)[-1:])
    elif kind in {"tensor", "initializer"}:
        name = (wire.texts(start, end, 8) or [""])[-1]
        if kind == "initializer":
            found.stored.add(name)
        external = _external(wire, start, end, name)
        found.external.extend(external)
    elif kind in {"input", "output"}:
        info = _tensor_info(wire, start, end)
        (found.inputs if kind == "input" else found.outputs)[info.name] = info


def _domains(wire: _Wire, start: int, end: int, number: int) -> list[str]:
    return ["" if text == "ai.onnx" else text for text in wire.texts(start, end, number) or [""]]


def _external(wire: _Wire, start: int, end: int, tensor: str) -> Iterator[ExternalData]:
    """Every location that the tensor names (a runtime may take any), whatever its ``data_location`` says."""
    entries: list[tuple[str, str]] = []
    for first, last in wire.messages(start, end, 13):
        keys, values = wire.texts(first, last, 1), wire.texts(first, last, 2)
        entries += [(key, value) for key in keys or [""] for value in values or [""]]
    if not entries:
        return
    numbers = {"offset": 0, "length": 0}
    for key, value in entries:
        if key in numbers:
            if not (value.isascii() and value.isdigit() and len(value) <= 18):
                raise BundleError(f"The external data of '{tensor[:80]}' has no valid {key}. Export again.")
            numbers[key] = max(numbers[key], int(value))
    locations = [value for key, value in entries if key == "location"]
    for location in locations or [""]:
        yield ExternalData(tensor, location, numbers["offset"], numbers["length"])


def _tensor_info(wire: _Wire, start: int, end: int) -> TensorInfo:
    name = (wire.texts(start, end, 1) or [""])[-1]
    data_type, shape = 0, None
    for type_range in wire.messages(start, end, 2):
        for tensor_range in wire.messages(*type_range, 1):
            data_type = (wire.numbers(*tensor_range, 1) or [0])[-1]
            for shape_range in wire.messages(*tensor_range, 2):
                shape = tuple(_size(wire, *dim) for dim in wire.messages(*shape_range, 1))
    return TensorInfo(name, data_type, shape)


def _size(wire: _Wire, start: int, end: int) -> int | None:
    value = (wire.numbers(start, end, 1) or [0])[-1]
    return value if 0 < value < 2**31 else None


class _Wire:
    """Steps through messages of the protobuf wire format inside given byte ranges."""

    def __init__(self, content: mmap.mmap | bytes) -> None:
        self._content = content
        self._left = _MAXIMUM_FIELDS

    def fields(self, start: int, end: int) -> Iterator[tuple[int, int, int, int]]:
        """Field number, wire type, and the range of a length-delimited field or the value of a varint."""
        position = start
        while position < end:
            self._left -= 1
            if self._left < 0:
                raise BundleError(f"It has more than {_MAXIMUM_FIELDS} fields. Do not use it.")
            key, position = self._varint(position, end)
            number, wire_type = key >> 3, key & 7
            value = stop = 0
            if wire_type == _VARINT:
                value, position = self._varint(position, end)
            elif wire_type == _BYTES:
                length, value = self._varint(position, end)
                position = stop = value + length
            elif wire_type in {_FIXED32, _FIXED64}:
                position += 4 if wire_type == _FIXED32 else 8
            else:
                raise BundleError("It is no ONNX model. Export or download it again.")
            if position > end or not number:
                raise BundleError("It is truncated or no ONNX model. Export or download it again.")
            yield number, wire_type, value, stop

    def messages(self, start: int, end: int, number: int) -> list[tuple[int, int]]:
        """Ranges of all length-delimited fields of one number."""
        return [
            (first, last)
            for found, wire_type, first, last in self.fields(start, end)
            if found == number and wire_type == _BYTES
        ]

    def texts(self, start: int, end: int, number: int) -> list[str]:
        """All texts of one number."""
        ranges = self.messages(start, end, number)
        if any(last - first > _MAXIMUM_TEXT for first, last in ranges):
            raise BundleError(f"It has a name of more than {_MAXIMUM_TEXT} bytes. Do not use it.")
        return [self._content[first:last].decode("utf-8", "replace") for first, last in ranges]

    def numbers(self, start: int, end: int, number: int) -> list[int]:
        """All varints of one number."""
        return [
            value
            for found, wire_type, value, _ in self.fields(start, end)
            if found == number and wire_type == _VARINT
        ]

    def _varint(self, position: int, end: int) -> tuple[int, int]:
        value = shift = 0
        while position < end and shift < 70:
            byte = self._content[position]
            position += 1
            value |= (byte & 127) << shift
            if byte < 128:
                return value, position
            shift += 7
        raise BundleError("It is truncated or no ONNX model. Export or download it again.")
