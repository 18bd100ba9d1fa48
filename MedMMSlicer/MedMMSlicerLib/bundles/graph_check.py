"""Whether the networks of a bundle are safe, and are what the manifest says they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from .folder import FolderContent, inside_path
from .manifest import GraphDefinition, Manifest
from .multimodal import FUSION
from .onnx_reader import DATA_TYPES, OnnxModel, TensorInfo
from .schema_check import json_path
from .violation import Violation

__all__ = ["check_graph", "check_network_safety"]

_BUILT_IN_DOMAINS = frozenset({"", "ai.onnx.ml", "com.microsoft"})
"""Operator sets that the runtime itself brings; anything else needs a library of custom operators."""

_REFUSED_OPERATORS = frozenset(
    ("com.microsoft", name) for name in ("EPContext", "PythonOp", "PythonOpGrad", "ATen")
)
"""Built in, but load compiled code or files, or call Python."""

_FLOATS = {1, 10, 11, 16}


def check_network_safety(
    file: str, model: OnnxModel, content: FolderContent, files: Mapping[str, str]
) -> Iterator[Violation]:
    """Refuse custom operators, and external data outside of the listed files.

    Parameters
    ----------
    file : str
        The network's path in the bundle.
    files : Mapping
        Files of the bundle whose hashes were verified.
    """
    own_domains = {domain for domain, _ in model.functions}
    foreign = model.opset_domains - _BUILT_IN_DOMAINS - own_domains
    for domain, operator in sorted(model.operators - model.functions):
        if domain not in _BUILT_IN_DOMAINS:
            foreign |= {domain}
        elif (domain, operator) in _REFUSED_OPERATORS:
            yield Violation(file, f"The operator '{operator}' is refused.", "Export without it.")
    for domain in sorted(foreign):
        yield Violation(
            file,
            f"It uses custom operators (domain '{domain[:80]}').",
            "Export with standard ONNX operators only.",
        )
    folder = PurePosixPath(file).parent
    for data in dict.fromkeys(model.external):
        target = (folder / data.location).as_posix() if inside_path(data.location) else ""
        if target not in files or target not in content.signatures:
            yield Violation(
                file,
                f"The values of tensor '{data.tensor[:80]}' lie in '{data.location[:80]}', which is no "
                "listed file of the bundle.",
                "Put the file beside the network and list it in medmm.files.",
            )
        elif data.offset + data.length > content.signatures[target][2]:
            yield Violation(
                target, f"It is too short for tensor '{data.tensor[:80]}'.", "Get the file again."
            )


def check_graph(name: str, model: OnnxModel, manifest: Manifest) -> Iterator[Violation]:
    """Compare one graph of the manifest with its network.

    A size or channel number that the network leaves free is not checked here, but when it runs.
    """
    graph = manifest.graphs[name]
    yield from _check_names(name, graph, model)
    if name == "image":
        for part, tensor in graph.inputs.items():
            if tensor in model.inputs and part in _image_parts(manifest):
                where = json_path(["medmm", "graphs", name, "inputs", part])
                yield from _check_image(where, model.inputs[tensor], _image_parts(manifest)[part], manifest)
    logits, scores = (model.outputs.get(graph.outputs.get(part, "")) for part in ("logits", "scores"))
    where = json_path(["medmm", "graphs", name, "outputs"])
    if logits and manifest.labels:
        yield from _check_logits(f"{where}.logits", logits, manifest)
    if scores and manifest.findings:
        yield from _check_scores(name, scores, manifest)
    if name == FUSION:
        yield from _check_context(graph, model, manifest)
    activation = model.outputs.get(graph.outputs.get("activation", ""))
    if activation and name == "image":
        yield from _check_activation(f"{where}.activation", activation, scores, manifest)


def _check_names(name: str, graph: GraphDefinition, model: OnnxModel) -> Iterator[Violation]:
    for key, named, present in (
        ("inputs", graph.inputs, model.inputs),
        ("outputs", graph.outputs, model.outputs),
    ):
        for part, tensor in named.items():
            if tensor not in present:
                where = json_path(["medmm", "graphs", name, key, part])
                have = ", ".join(sorted(present))[:200] or "none"
                yield Violation(
                    where, f"The network has no {key[:-1]} '{tensor[:80]}'.", f"Use one of: {have}."
                )
    for tensor in sorted(set(model.inputs) - set(graph.inputs.values())):
        where = json_path(["medmm", "graphs", name, "inputs"])
        yield Violation(where, f"The network's input '{tensor[:80]}' is not named.", "Name every input.")


def _image_parts(manifest: Manifest) -> dict[str, int]:
    """Part names that are images, with their channels: each role, and ``image`` for the first."""
    parts = {role.role: role.channels for role in manifest.inputs}
    if manifest.inputs:
        parts.setdefault("image", manifest.inputs[0].channels)
    return parts


def _check_image(where: str, info: TensorInfo, channels: int, manifest: Manifest) -> Iterator[Violation]:
    if info.data_type not in _FLOATS:
        kind = DATA_TYPES.get(info.data_type, f"type {info.data_type}")
        yield Violation(where, f"The network takes {kind}, not floating point.", "Cast inside the network.")
    if info.shape is None:
        return
    dimensions = manifest.inputs[0].dimensions
    if len(info.shape) != dimensions + 2:
        yield Violation(
            where,
            f"The network takes a tensor of {len(info.shape)} axes; {dimensions}D images have "
            f"{dimensions + 2} (batch, channels, space).",
            "Correct 'dimensions' or the network.",
        )
        return
    if info.shape[0] not in {None, 1}:
        yield Violation(where, f"The network takes batches of {info.shape[0]}, not 1.", "Export for 1.")
    if info.shape[1] not in {None, channels}:
        yield Violation(
            where,
            f"The network takes {info.shape[1]} channels, the manifest says {channels}.",
            "Correct 'channels'.",
        )
    yield from _check_space(where, info, manifest)


def _check_space(where: str, info: TensorInfo, manifest: Manifest) -> Iterator[Violation]:
    sizes = (info.shape or ())[2:]
    region = manifest.preprocess.region
    if region.size is None:
        if any(size is not None for size in sizes):
            yield Violation(
                "$.medmm.preprocess.region.size",
                f"The network is built for a block of {_sizes(sizes)}, but no size is given.",
                "Give it.",
            )
        return
    wanted = region.size[3 - len(sizes) :]
    if any(size not in {None, want} for size, want in zip(sizes, wanted)):
        yield Violation(
            where,
            f"The network is built for a block of {_sizes(sizes)}, the manifest says {_sizes(wanted)}.",
            "Correct preprocess.region.size.",
        )


def _check_logits(where: str, info: TensorInfo, manifest: Manifest) -> Iterator[Violation]:
    if info.shape is None or not manifest.inputs:
        return
    dimensions = manifest.inputs[0].dimensions
    if len(info.shape) != dimensions + 2:
        yield Violation(
            where,
            f"The network gives a tensor of {len(info.shape)} axes, not {dimensions + 2} (batch, channels, "
            "space).",
            "Name the right output.",
        )
        return
    is_argmax = manifest.postprocess.decision == "argmax"
    wanted = len(manifest.labels) + int(is_argmax)
    if info.shape[1] not in {None, wanted}:
        rule = "labels and background" if is_argmax else "labels"
        yield Violation(
            where,
            f"The network gives {info.shape[1]} channels; the manifest has {wanted} {rule} "
            f"({manifest.postprocess.decision}).",
            "Correct medmm.labels or postprocess.decision.",
        )
    # A network that reads a whole single image may give coarser logits, which are then upsampled.
    if dimensions == 3 or manifest.preprocess.region.kind != "whole":
        yield from _check_space(where, info, manifest)


def _check_scores(name: str, info: TensorInfo, manifest: Manifest) -> Iterator[Violation]:
    size = info.shape[-1] if info.shape else None
    for index, finding in enumerate(manifest.findings):
        if finding.graph == name and size is not None and finding.channel >= size:
            where = json_path(["medmm", "findings", index, "channel"])
            yield Violation(
                where, f"The network gives {size} scores, from channel 0.", f"Stay below channel {size}."
            )


def _check_context(graph: GraphDefinition, model: OnnxModel, manifest: Manifest) -> Iterator[Violation]:
    info = model.inputs.get(graph.inputs.get("context", ""))
    size = info.shape[-1] if info and info.shape else None
    wanted = 2 * len(manifest.context)
    if size is not None and size != wanted:
        yield Violation(
            json_path(["medmm", "graphs", FUSION, "inputs", "context"]),
            f"The network takes {size} numbers; {len(manifest.context)} variables make {wanted} (the values, "
            "then the missing flags).",
            "Correct medmm.context or the network.",
        )


def _check_activation(
    where: str, info: TensorInfo, scores: TensorInfo | None, manifest: Manifest
) -> Iterator[Violation]:
    if info.shape is None or not manifest.inputs:
        return
    axes = manifest.inputs[0].dimensions + 2
    if len(info.shape) != axes:
        yield Violation(
            where,
            f"The network gives a tensor of {len(info.shape)} axes, not {axes}.",
            "Name the right output.",
        )
        return
    count = scores.shape[-1] if scores and scores.shape else None
    if count is not None and info.shape[1] not in {None, count}:
        yield Violation(
            where,
            f"The network gives {info.shape[1]} activation maps and {count} scores.",
            "Give one map for each score, in the same order.",
        )


def _sizes(sizes: tuple[int | None, ...]) -> str:
    return " x ".join("any" if size is None else str(size) for size in sizes)
