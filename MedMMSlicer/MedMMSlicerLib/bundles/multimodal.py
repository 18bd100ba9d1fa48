"""Whether the parts of a manifest that join image and clinical context agree with each other."""

from __future__ import annotations

from collections.abc import Iterator

from .manifest import ContextVariable, Manifest, QualityRule
from .schema_check import json_path
from .violation import Violation

__all__ = ["FUSION", "check_multimodal"]

FUSION = "fusion"
"""Name of the graph that joins the embedding of the image and the clinical context."""

MASK_RULES = frozenset({"mask-touches-border", "mask-area", "mirror", "rotation", "upside-down", "inversion"})
"""Quality rules that need a label map; without one they can not be evaluated."""

_SIDED_RULES = frozenset({"mirror", "rotation"})
_SMALLEST_FOR_LOG1P = -1.0


def check_multimodal(manifest: Manifest) -> Iterator[Violation]:
    """Violations in ``fusion``, ``context``, ``trust`` and ``quality`` of a manifest that fits the schema."""
    yield from _check_fusion(manifest)
    yield from _check_scores(manifest)
    for index, variable in enumerate(manifest.context):
        yield from _check_variable(index, variable, encoded=FUSION in manifest.graphs)
    image = manifest.graphs.get("image")
    if manifest.trust is not None and (image is None or "novelty" not in image.outputs):
        yield Violation(
            "$.medmm.trust", "The image graph has no output 'novelty'.", "Name it, or leave trust out."
        )
    for index, rule in enumerate(manifest.quality):
        yield from _check_rule(index, rule, manifest)


def _check_fusion(manifest: Manifest) -> Iterator[Violation]:
    fusion, image = manifest.graphs.get(FUSION), manifest.graphs.get("image")
    if fusion is None:
        return
    where = json_path(["medmm", "graphs", FUSION])
    if set(fusion.inputs) != {"embedding", "context"}:
        yield Violation(
            f"{where}.inputs",
            f"The inputs are {', '.join(sorted(fusion.inputs))}.",
            "Name exactly 'embedding' and 'context'.",
        )
    if "scores" not in fusion.outputs:
        yield Violation(f"{where}.outputs", "There is no output 'scores'.", "Name the output tensor.")
    if image is None or "embedding" not in image.outputs:
        yield Violation(
            json_path(["medmm", "graphs", "image", "outputs"]),
            "The image graph has no output 'embedding' for the fusion graph.",
            "Name the output tensor.",
        )
    if not manifest.context:
        yield Violation("$.medmm.context", "There is a fusion graph, but no context.", "List its variables.")


def _check_scores(manifest: Manifest) -> Iterator[Violation]:
    for index, finding in enumerate(manifest.findings):
        graph = manifest.graphs.get(finding.graph)
        if graph is None:
            where = json_path(["medmm", "findings", index, "graph"])
            yield Violation(where, f"There is no graph '{finding.graph}'.", "Add it, or name another one.")


def _check_variable(index: int, variable: ContextVariable, *, encoded: bool) -> Iterator[Violation]:
    def where(key: str) -> str:
        return json_path(["medmm", "context", index, key])

    is_text = variable.name in {"sex", "view"}
    if variable.categories and not is_text:
        yield Violation(where("categories"), f"{variable.name} is a number.", "Leave categories out.")
    if variable.transform == "log1p":
        for key, value in (("fill", variable.fill), ("minimum", variable.minimum)):
            if value is not None and value <= _SMALLEST_FOR_LOG1P:
                yield Violation(where(key), f"log1p can not take {value}.", "Give a number above -1.")
    if encoded:
        yield from _check_encoded(index, variable)


def _check_encoded(index: int, variable: ContextVariable) -> Iterator[Violation]:
    """A variable that reaches the fusion graph."""
    if variable.name in {"sex", "view"} and not variable.categories:
        yield Violation(
            json_path(["medmm", "context", index, "categories"]),
            f"{variable.name} is a text without numbers.",
            "Give a number for each text.",
        )
    if variable.name.startswith("lab."):
        for key, bound in (("minimum", variable.minimum), ("maximum", variable.maximum)):
            if bound is None:
                yield Violation(
                    json_path(["medmm", "context", index, key]),
                    f"{variable.name} has no {key}, so a value outside of the detection range has no number.",
                    "Give the limit of plausible values.",
                )


def _check_rule(index: int, rule: QualityRule, manifest: Manifest) -> Iterator[Violation]:
    def where(key: str) -> str:
        return json_path(["medmm", "quality", index, key])

    known = {label.id for label in manifest.labels}
    if rule.rule in MASK_RULES and not known:
        yield Violation(where("rule"), f"'{rule.rule}' needs labels.", "Remove the rule.")
    for label in rule.labels:
        if label not in known:
            yield Violation(where("labels"), f"'{label}' is the id of no label.", "Use ids of medmm.labels.")
    sides = {label.laterality for label in manifest.labels if not rule.labels or label.id in rule.labels}
    if rule.rule in _SIDED_RULES and not {"left", "right"} <= sides:
        yield Violation(
            where("rule"), f"'{rule.rule}' needs a left and a right label.", "Give labels their laterality."
        )
    if rule.maximum is not None and rule.rule != "mask-area":
        yield Violation(where("maximum"), f"'{rule.rule}' has a threshold only.", "Leave maximum out.")
    if rule.maximum is not None and rule.maximum <= rule.threshold:
        yield Violation(where("maximum"), "The maximum is not above the threshold.", "Swap them.")
    if any(role.dimensions != 2 for role in manifest.inputs):
        yield Violation(where("rule"), "Quality rules are for single images.", "Remove the rule.")
