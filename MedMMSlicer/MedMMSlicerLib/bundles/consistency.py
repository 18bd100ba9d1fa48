"""What a JSON Schema can not say: whether the parts of a manifest agree with each other."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from .manifest import IntensityStep, Manifest
from .multimodal import check_multimodal
from .schema_check import json_path
from .violation import Violation

__all__ = ["MAXIMUM_VOXELS", "check_consistency"]

MAXIMUM_VOXELS = 2**31
"""Largest block for one pass of a network."""


def check_consistency(manifest: Manifest) -> Iterator[Violation]:
    """Violations of a manifest that fits the schema."""
    yield from _check_duplicates(manifest)
    yield from _check_inputs(manifest)
    yield from _check_region(manifest)
    for index, step in enumerate(manifest.preprocess.intensity):
        yield from _check_intensity(index, step)
    yield from _check_tasks(manifest)
    yield from _check_labels(manifest)
    yield from _check_graphs(manifest)
    yield from check_multimodal(manifest)
    for index, variable in enumerate(manifest.context):
        low, high = variable.minimum, variable.maximum
        if low is not None and high is not None and low >= high:
            where = json_path(["medmm", "context", index, "minimum"])
            yield Violation(where, f"The minimum {low} is not below the maximum {high}.", "Swap them.")


def _check_duplicates(manifest: Manifest) -> Iterator[Violation]:
    yield from _unique("inputs", "role", (role.role for role in manifest.inputs))
    yield from _unique("context", "name", (variable.name for variable in manifest.context))
    yield from _unique("labels", "value", (label.value for label in manifest.labels))
    yield from _unique("labels", "id", (label.id for label in manifest.labels))
    yield from _unique("findings", "id", (finding.id for finding in manifest.findings))
    yield from _unique("quality", "id", (rule.id for rule in manifest.quality))
    channels = [(finding.graph, finding.channel) for finding in manifest.findings]
    for index, pair in enumerate(channels):
        if pair in channels[:index]:
            where = json_path(["medmm", "findings", index, "channel"])
            first = channels.index(pair)
            yield Violation(where, f"The channel {pair[1]} is that of item {first} too.", "Give it its own.")


def _unique(group: str, key: str, values: Iterable[object]) -> Iterator[Violation]:
    seen: dict[object, int] = {}
    for index, value in enumerate(values):
        first = seen.setdefault(value, index)
        if first != index:
            where = json_path(["medmm", group, index, key])
            yield Violation(where, f"The {key} {value} is that of item {first} too.", "Give it its own.")


def _check_inputs(manifest: Manifest) -> Iterator[Violation]:
    for index, role in enumerate(manifest.inputs):
        low, high = role.minimum_extent_mm, role.maximum_extent_mm
        if low is not None and high is not None and low > high:
            where = json_path(["medmm", "inputs", index, "minimum_extent_mm"])
            yield Violation(where, f"The minimum {low} is above the maximum {high}.", "Swap them.")
    if len({role.dimensions for role in manifest.inputs}) > 1:
        yield Violation(
            "$.medmm.inputs", "2D and 3D inputs are mixed in one bundle.", "Make a bundle for each."
        )


def _check_region(manifest: Manifest) -> Iterator[Violation]:
    preprocess, region = manifest.preprocess, manifest.preprocess.region
    where = "$.medmm.preprocess.region"
    if region.size and math.prod(region.size) > MAXIMUM_VOXELS:
        yield Violation(
            f"{where}.size", f"The block has {math.prod(region.size)} voxels.", "Stay at or below 2^31."
        )
    if region.pad_multiple and region.kind != "whole":
        yield Violation(
            f"{where}.pad_multiple", f"A {region.kind} region is not padded.", "Leave pad_multiple out."
        )
    if not any(role.dimensions == 2 for role in manifest.inputs):
        if not preprocess.orientation:
            yield Violation(
                "$.medmm.preprocess.orientation", "A volume needs an orientation.", "Write e.g. RAS."
            )
        return
    if preprocess.orientation:
        yield Violation(
            "$.medmm.preprocess.orientation",
            f"2D images are read as stored, not as '{preprocess.orientation}'.",
            'Write "orientation": "".',
        )
    for key, triple in (("size", region.size), ("pad_multiple", region.pad_multiple)):
        if triple and triple[0] != 1:
            yield Violation(
                f"{where}.{key}[0]", f"A 2D image has one slice, not {triple[0]}.", "Write 1 for K."
            )


def _check_intensity(index: int, step: IntensityStep) -> Iterator[Violation]:
    values = step.values
    if step.operation in {"clip", "clip-percentile"} and values["low"] >= values["high"]:
        where = json_path(["medmm", "preprocess", "intensity", index, "low"])
        yield Violation(
            where, f"low ({values['low']}) is not below high ({values['high']}).", "Correct the numbers."
        )


def _check_tasks(manifest: Manifest) -> Iterator[Violation]:
    tasks = set(manifest.tasks)
    if ("segmentation" in tasks) != bool(manifest.labels):
        state = "no labels" if not manifest.labels else "labels"
        yield Violation(
            "$.medmm.labels",
            f"There are {state}, while the tasks are: {', '.join(manifest.tasks)}.",
            "Give labels if and only if 'segmentation' is a task.",
        )
    if bool(tasks & {"classification", "detection"}) != bool(manifest.findings):
        state = "no findings" if not manifest.findings else "findings"
        yield Violation(
            "$.medmm.findings",
            f"There are {state}, while the tasks are: {', '.join(manifest.tasks)}.",
            "Give findings if and only if 'classification' or 'detection' is a task.",
        )


def _check_labels(manifest: Manifest) -> Iterator[Violation]:
    values = {label.value for label in manifest.labels}
    for index, value in enumerate(manifest.postprocess.largest_component):
        if value not in values:
            where = json_path(["medmm", "postprocess", "largest_component", index])
            yield Violation(where, f"{value} is the value of no label.", "Use values from medmm.labels.")
    expected = set(range(1, len(manifest.labels) + 1))
    if values != expected and len(values) == len(manifest.labels):
        # A channel is tied to a label by the value alone, so a gap would shift every label behind it.
        yield Violation(
            "$.medmm.labels",
            f"The values are {sorted(values)}, not 1 to {len(expected)}.",
            "Number the labels in the order of the network's channels.",
        )
    for index, label in enumerate(manifest.labels):
        if label.laterality == "from-point" and manifest.preprocess.region.kind != "roi":
            where = json_path(["medmm", "labels", index, "laterality"])
            yield Violation(where, "There is a point only for a roi region.", "Give the side or nothing.")


def _check_graphs(manifest: Manifest) -> Iterator[Violation]:
    for name, graph in manifest.graphs.items():
        where = json_path(["medmm", "graphs", name, "file"])
        if not graph.file.endswith(".onnx"):
            yield Violation(where, f"'{graph.file}' is no .onnx file.", "Export the network to ONNX.")
        if graph.file not in manifest.files:
            yield Violation(
                where, f"'{graph.file}' is not listed in medmm.files.", "List it with its SHA-256."
            )
    outputs = {part for graph in manifest.graphs.values() for part in graph.outputs}
    if manifest.inputs and "image" not in manifest.graphs:
        yield Violation("$.medmm.graphs.image", "No graph is called 'image'.", "Call one so.")
    if manifest.labels and "logits" not in outputs:
        yield Violation(
            "$.medmm.graphs", "There are labels, but no output 'logits'.", "Name the output tensor."
        )
    if manifest.findings and "scores" not in outputs:
        yield Violation(
            "$.medmm.graphs", "There are findings, but no output 'scores'.", "Name the output tensor."
        )
