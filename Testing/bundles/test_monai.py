"""A plain MONAI bundle with one ONNX file loads as it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnx
import pytest
from MedMMSlicerLib.bundles.loading import check_bundle, load_bundle
from MedMMSlicerLib.bundles.manifest import IntensityStep, Region
from onnx import TensorProto, helper

BundleMaker = Callable[..., Path]
Metadata = dict[str, Any]


@pytest.fixture
def monai() -> Metadata:
    """Like the metadata of a bundle of the model zoo."""
    return {
        "version": "0.5.3",
        "monai_version": "1.4.0",
        "task": "Spleen segmentation",
        "description": "Spleen in CT",
        "intended_use": "This is an example, not for diagnosis",
        "network_data_format": {
            "inputs": {
                "image": {
                    "type": "image",
                    "format": "hounsfield",
                    "modality": "CT",
                    "num_channels": 1,
                    "spatial_shape": [4, 6, 8],
                    "dtype": "float32",
                    "value_range": [0, 1],
                    "is_patch_data": True,
                    "channel_def": {"0": "image"},
                }
            },
            "outputs": {
                "pred": {
                    "type": "image",
                    "format": "segmentation",
                    "num_channels": 3,
                    "spatial_shape": [4, 6, 8],
                    "dtype": "float32",
                    "value_range": [0, 1],
                    "is_patch_data": True,
                    "channel_def": {"0": "background", "1": "spleen", "2": "tumor \\ lesion"},
                }
            },
        },
    }


def network(
    shape: list[int | str], channels: int, output_shape: list[int | str] | None = None
) -> onnx.ModelProto:
    output_shape = [1, channels, *shape] if output_shape is None else output_shape
    graph = helper.make_graph(
        [helper.make_node("Tile", ["image", "r"], ["pred"])],
        "g",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 1, *shape])],
        [helper.make_tensor_value_info("pred", TensorProto.FLOAT, output_shape)],
        [helper.make_tensor("r", TensorProto.INT64, [5], [1, channels, 1, 1, 1])],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)])


def test_a_segmentation_is_derived(make_bundle: BundleMaker, monai: Metadata) -> None:
    folder = make_bundle(monai, network([4, 6, 8], 3), "spleen_ct Segmentation")
    assert check_bundle(folder) == ()
    bundle = load_bundle(folder)
    manifest = bundle.manifest
    assert (manifest.id, manifest.version) == ("spleen-ct-segmentation", "0.5.3")
    assert manifest.title == {"en": "Spleen segmentation"}
    assert manifest.intended_use == {"en": "This is an example, not for diagnosis"}
    assert manifest.tasks == ("segmentation",)
    assert (manifest.inputs[0].modalities, manifest.inputs[0].dimensions) == (("CT",), 3)
    assert [(label.value, label.name["en"]) for label in manifest.labels] == [
        (1, "spleen"),
        (2, "tumor \\ lesion"),
    ]
    assert "\\" not in manifest.labels[1].type.meaning
    assert manifest.postprocess.decision == "argmax"
    assert manifest.preprocess.region == Region("sliding-window", size=(4, 6, 8))
    assert manifest.preprocess.orientation == "SAR"
    assert manifest.preprocess.intensity == (IntensityStep("min-max"),)
    assert manifest.graphs["image"].inputs == {"image": "image"}
    assert manifest.graphs["image"].outputs == {"logits": "pred"}
    assert set(manifest.files) == {"models/image.onnx"}
    assert len(bundle.sha256) == 64
    notes = " ".join(bundle.notes)
    for word in ("derived", "Spacing", "R, A, S", "min-max", "sliding-window", "argmax"):
        assert word in notes


def test_overlapping_channels_are_decided_by_a_threshold(make_bundle: BundleMaker, monai: Metadata) -> None:
    monai["network_data_format"]["outputs"]["pred"]["channel_def"] = {"0": "TC", "1": "WT", "2": "ET"}
    manifest = load_bundle(make_bundle(monai, network([4, 6, 8], 3))).manifest
    assert manifest.postprocess.decision == "threshold"
    assert [label.name["en"] for label in manifest.labels] == ["TC", "WT", "ET"]


def test_free_sizes_become_padding(make_bundle: BundleMaker, monai: Metadata) -> None:
    monai["network_data_format"]["inputs"]["image"]["spatial_shape"] = ["16*n", "2**5*n", "*"]
    manifest = load_bundle(make_bundle(monai, network(["a", "b", "c"], 3))).manifest
    assert manifest.preprocess.region == Region("whole", pad_multiple=(16, 32, 1))


def test_another_value_range_is_scaled_to(make_bundle: BundleMaker, monai: Metadata) -> None:
    monai["network_data_format"]["inputs"]["image"]["value_range"] = [-1, 1]
    manifest = load_bundle(make_bundle(monai, network([4, 6, 8], 3))).manifest
    assert manifest.preprocess.intensity[1] == IntensityStep("scale-shift", {"scale": 2.0, "shift": -1.0})


def test_a_2d_classification_is_derived(make_bundle: BundleMaker, monai: Metadata) -> None:
    formats = monai["network_data_format"]
    formats["inputs"]["image"] |= {"spatial_shape": [6, 8], "modality": "X-ray (CR)"}
    formats["outputs"]["pred"] |= {"type": "probabilities", "channel_def": {"0": "A", "1": "B"}}
    graph = helper.make_graph(
        [helper.make_node("Flatten", ["image"], ["pred"])],
        "g",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 1, 6, 8])],
        [helper.make_tensor_value_info("pred", TensorProto.FLOAT, [1, 2])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)])
    bundle = load_bundle(make_bundle(monai, model))
    manifest = bundle.manifest
    assert manifest.tasks == ("classification",)
    assert [(finding.channel, finding.name["en"]) for finding in manifest.findings] == [(0, "A"), (1, "B")]
    assert manifest.preprocess.region == Region("whole", size=(1, 6, 8))
    assert manifest.preprocess.orientation == ""
    assert manifest.graphs["image"].outputs == {"scores": "pred"}
    assert "not calibrated" in " ".join(bundle.notes)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("inputs", None),
        ("inputs.image", []),
        ("inputs.image.num_channels", 4),
        ("inputs.image.num_channels", True),
        ("inputs.image.spatial_shape", [6]),
        ("inputs.image.spatial_shape", [6, 0, 6]),
        ("inputs.image.spatial_shape", ["__import__('os').getcwd()", "*", "*"]),
        ("inputs.image.spatial_shape", ["2**n", "2**n", "2**n"]),
        ("inputs.image.spatial_shape", ["999**9*n", "*", "*"]),
        ("inputs.image.modality", None),
        ("inputs.image.modality", "?"),
        ("inputs.image.value_range", [1, 0]),
        ("inputs.image.value_range", [10**400, 10**401]),
        ("outputs.pred.type", "tuples"),
        ("outputs.pred.type", []),
        ("outputs.pred.channel_def", {"0": "background"}),
        ("outputs.pred.channel_def", {"1": "spleen"}),
        ("outputs.pred.channel_def", {}),
    ],
    ids=str,
)
def test_what_can_not_be_derived_says_which_keys_are_needed(
    make_bundle: BundleMaker, monai: Metadata, path: str, value: object
) -> None:
    target = monai["network_data_format"]
    *parents, last = path.split(".")
    for part in parents:
        target = target[part]
    target[last] = value
    (violation,) = check_bundle(make_bundle(monai, network([4, 6, 8], 3)))
    assert violation.where == f"$.network_data_format.{path}"
    for key in ("num_channels", "spatial_shape", "modality", "value_range", "channel_def"):
        assert key in violation.hint


def test_without_network_data_format_there_is_nothing_to_derive(
    make_bundle: BundleMaker, monai: Metadata
) -> None:
    del monai["network_data_format"]
    (violation,) = check_bundle(make_bundle(monai, network([4, 6, 8], 3)))
    assert violation.where == "$.network_data_format"


def test_there_must_be_exactly_one_network(make_bundle: BundleMaker, monai: Metadata) -> None:
    folder = make_bundle(monai, network([4, 6, 8], 3), files={"models/b.onnx": b"x"})
    (violation,) = check_bundle(folder)
    assert "there are 2" in violation.message


def test_a_derived_manifest_is_compared_with_the_network(make_bundle: BundleMaker, monai: Metadata) -> None:
    violations = check_bundle(make_bundle(monai, network([4, 6, 9], 2)))
    text = " ".join(str(violation) for violation in violations)
    assert "4 x 6 x 9" in text
    assert "2 channels" in text


def test_pickled_weights_beside_the_network_are_refused(make_bundle: BundleMaker, monai: Metadata) -> None:
    folder = make_bundle(monai, network([4, 6, 8], 3), files={"models/model.pt": b"x"})
    assert [violation.where for violation in check_bundle(folder)] == ["models/model.pt"]
