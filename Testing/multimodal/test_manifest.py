"""What a multimodal manifest must not say, each with the place and the reason."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from MedMMSlicerLib.bundles.loading import ModelBundle
from MedMMSlicerLib.bundles.writing import write_bundle
from MedMMSlicerLib.errors import BundleError

from .tiny_bundle import CONTEXT, fusion_network, image_network, make_metadata

Change = Callable[[dict[str, Any]], object]


def write(folder: Path, change: Change, fusion: bytes | None = None) -> ModelBundle:
    metadata = copy.deepcopy(make_metadata())
    change(metadata["medmm"])
    files: dict[str, bytes | Path] = {
        "models/image.onnx": image_network(),
        "models/fusion.onnx": fusion_network() if fusion is None else fusion,
    }
    return write_bundle(folder / "tiny", metadata, files)


def test_the_manifest_is_read_as_it_was_written(tmp_path: Path) -> None:
    manifest = write(tmp_path, lambda medmm: None).manifest
    assert manifest.trust is not None
    assert manifest.trust.threshold == 2.0
    assert [rule.rule for rule in manifest.quality] == ["mask-touches-border"]
    assert manifest.quality[0].action == "warn"
    assert [item.id for item in manifest.scored_by("fusion")] == ["icu", "death"]
    crp = manifest.context[3]
    assert (crp.transform, crp.mean, crp.scale, crp.maximum) == ("log1p", 3, 1.5, 600)
    assert manifest.context[1].categories == {"M": 1, "F": 0}


CASES: dict[str, tuple[Change, str]] = {
    "scale of zero": (lambda m: m["context"][0].update(scale=0), r"context\[0\].scale: .* not above 0"),
    "unknown transform": (lambda m: m["context"][0].update(transform="sqrt"), r"context\[0\].transform"),
    "no numbers for a text": (lambda m: m["context"][1].pop("categories"), r"context\[1\].categories"),
    "numbers for a number": (lambda m: m["context"][0].update(categories={"x": 1}), "age is a number"),
    "no limit": (lambda m: m["context"][3].pop("maximum"), "lab.crp has no maximum"),
    "log of minus one": (lambda m: m["context"][3].update(fill=-1), "log1p can not take -1"),
    "fusion input": (
        lambda m: m["graphs"]["fusion"].update(inputs={"embedding": "e", "labs": "c"}),
        "exactly 'embedding' and 'context'",
    ),
    "no embedding": (lambda m: m["graphs"]["image"]["outputs"].pop("embedding"), "no output 'embedding'"),
    "no context": (lambda m: m.update(context=[]), "no context"),
    "no novelty": (lambda m: m["graphs"]["image"]["outputs"].pop("novelty"), "no output 'novelty'"),
    "no such graph": (lambda m: m["findings"][3].update(graph="labs"), r"findings\[3\].graph"),
    "no such channel": (lambda m: m["findings"][3].update(channel=2), r"findings\[3\].channel.* 2 scores"),
    "same channel": (lambda m: m["findings"][4].update(channel=0), r"channel 0 is that of item 3"),
    "no such kind": (lambda m: m["findings"][0].update(kind="guess"), r"findings\[0\].kind"),
    "no such rule": (lambda m: m["quality"][0].update(rule="beauty"), r"quality\[0\].rule"),
    "no such label": (lambda m: m["quality"][0].update(labels=["heart"]), "'heart' is the id of no label"),
    "maximum of another rule": (lambda m: m["quality"][0].update(maximum=1), "threshold only"),
    "mirror without sides": (
        lambda m: m["quality"][0].update(rule="mirror", labels=["lung-left"]),
        "needs a left and a right label",
    ),
    "width of the context": (lambda m: m["context"].pop(), "12 numbers; 5 variables make 10"),
    "activation is not one": (
        lambda m: m["graphs"]["image"]["outputs"].update(activation="logits"),
        "2 activation maps and 3 scores",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_mistake_is_explained(name: str, tmp_path: Path) -> None:
    change, reason = CASES[name]
    with pytest.raises(BundleError, match=reason):
        write(tmp_path, change)


def test_findings_of_different_graphs_may_share_a_channel(tmp_path: Path) -> None:
    findings = write(tmp_path, lambda medmm: None).manifest.findings
    assert [(item.graph, item.channel) for item in findings].count(("image", 0)) == 1
    assert [item.channel for item in findings].count(0) == 2


def test_a_network_of_another_width_is_found(tmp_path: Path) -> None:
    assert len(CONTEXT) == 6
    with pytest.raises(BundleError, match="takes 14 numbers"):
        write(tmp_path, lambda medmm: None, fusion_network(7))
