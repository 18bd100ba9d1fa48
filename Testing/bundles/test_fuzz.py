"""Whatever is in the folder, the answer is a list of violations or one BundleError, soon."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from MedMMSlicerLib.bundles.consistency import check_consistency
from MedMMSlicerLib.bundles.json_reader import parse_json
from MedMMSlicerLib.bundles.loading import check_bundle, load_bundle
from MedMMSlicerLib.bundles.manifest import Manifest, manifest_from_json
from MedMMSlicerLib.bundles.onnx_reader import read_onnx
from MedMMSlicerLib.bundles.schema_check import check_schema
from MedMMSlicerLib.bundles.violation import Violation
from MedMMSlicerLib.errors import BundleError

BundleMaker = Callable[..., Path]
NetworkBuilder = Callable[..., onnx.ModelProto]
Metadata = dict[str, Any]

relaxed = settings(
    deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
    st.sampled_from(["../x", "RAS", "roi", "whole", "argmax", "image", "x", 0, 1, 255, 256, -1, 1e-9]),
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=8,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every value inside a document."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, inner in items for place in [(*path, key), *places(inner, (*path, key))]]


@st.composite
def mutations(draw: st.DrawFn, document: Metadata) -> Metadata:
    """Replace, remove, double or add up to three values."""
    document = copy.deepcopy(document)
    for _ in range(draw(st.integers(1, 3))):
        options = places(document)
        if not options:
            break
        *parents, key = draw(st.sampled_from(options))
        target: Any = document
        for part in parents:
            target = target[part]
        action = draw(st.sampled_from(["replace", "replace", "remove", "add"]))
        if action == "replace":
            target[key] = draw(values)
        elif action == "remove":
            del target[key]
        elif isinstance(target, list):
            target.append(draw(st.sampled_from(target)))
        else:
            target[draw(st.text(max_size=6))] = draw(values)
    return document


def assert_explained(violations: tuple[Violation, ...]) -> None:
    for violation in violations:
        assert violation.where
        assert violation.message
        assert str(violation).isprintable()


@given(data=st.data())
@relaxed
def test_mutated_manifests_are_explained_or_loaded(
    make_bundle: BundleMaker, metadata: Metadata, data: st.DataObject
) -> None:
    folder = make_bundle()
    document = data.draw(mutations(json.loads((folder / "configs" / "metadata.json").read_bytes())))
    (folder / "configs" / "metadata.json").write_text(json.dumps(document), encoding="utf-8")
    violations = check_bundle(folder)
    assert_explained(violations)
    if violations:
        with pytest.raises(BundleError):
            load_bundle(folder)
    else:
        bundle = load_bundle(folder)
        assert isinstance(bundle.manifest, Manifest)
        assert hash(bundle.sha256)


@given(data=st.data())
@relaxed
def test_mutated_monai_formats_are_explained_or_loaded(make_bundle: BundleMaker, data: st.DataObject) -> None:
    channels = {"0": "background", "1": "a", "2": "b"}
    image = {"num_channels": 1, "spatial_shape": [4, 6, 8], "modality": "CT", "value_range": [0, 1]}
    document = {
        "version": "1",
        "network_data_format": {
            "inputs": {"image": image},
            "outputs": {"pred": {"type": "image", "channel_def": channels}},
        },
    }
    folder = make_bundle(data.draw(mutations(document)))
    assert_explained(check_bundle(folder))


@given(document=st.dictionaries(st.sampled_from(["version", "medmm", "network_data_format"]), values))
@relaxed
def test_any_json_is_checked(document: Metadata) -> None:
    violations = check_schema(document)
    assert_explained(violations)
    if not violations and "medmm" in document:
        assert_explained(tuple(check_consistency(manifest_from_json(document))))


@given(content=st.binary(max_size=300) | st.text(alphabet='{}[]",:\\0e.-truefalsn\u00e9', max_size=300))
@relaxed
def test_any_text_is_parsed_or_refused(content: bytes | str) -> None:
    try:
        assert isinstance(parse_json(content if isinstance(content, bytes) else content.encode()), dict)
    except BundleError as error:
        assert str(error).isprintable()


@given(content=st.binary(max_size=2000))
@relaxed
def test_random_bytes_are_no_network(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "random.onnx"
    path.write_bytes(content)
    try:
        read_onnx(path)
    except BundleError as error:
        assert str(error)


@given(data=st.data())
@relaxed
def test_damaged_networks_are_read_or_refused(
    tmp_path: Path, build_network: NetworkBuilder, data: st.DataObject
) -> None:
    content = bytearray(build_network().SerializeToString())
    for position in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=5)):
        content[position] = data.draw(st.integers(0, 255))
    path = tmp_path / "damaged.onnx"
    path.write_bytes(content)
    try:
        model = read_onnx(path)
    except BundleError:
        return
    assert model.outputs
