"""What every test can rely on: no network, no screen, and the folders of data that may be absent."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# The same examples in every run, however slow the machine is; HYPOTHESIS_PROFILE=search looks for new ones.
settings.register_profile(
    "repeatable", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("search", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("MPLBACKEND", "Agg")

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the checkout."""
    return REPOSITORY


@pytest.fixture(scope="session")
def shared_folder() -> Path:
    """The folder of training data beside the checkout; the test is skipped where it is absent."""
    folder = REPOSITORY.parent / "shared"
    if not (folder / "data").is_dir():
        pytest.skip("needs the training data beside the checkout")
    return folder


def _code(value: str, meaning: str) -> dict[str, str]:
    return {"value": value, "scheme": "SCT", "meaning": meaning}


def threshold_metadata() -> dict[str, Any]:
    """Metadata of a bundle that labels the voxels of a volume above 100 (label 1) and above 250 (label 2)."""
    anatomy = _code("123037004", "Anatomical Structure")
    labels = [
        {"value": 1, "id": "shell", "name": {"en": "Shell", "zh-CN": "壳"}, "category": anatomy,
         "type": _code("10200004", "Liver"), "color": [221, 130, 101]},
        {"value": 2, "id": "core", "name": {"en": "Core", "zh-CN": "核"}, "category": anatomy,
         "type": _code("78961009", "Spleen"), "color": [157, 108, 162]},
    ]  # fmt: skip
    return {
        "version": "0.1.0",
        "medmm": {
            "id": "threshold-test",
            "title": {"en": "Thresholds", "zh-CN": "阈值"},
            "intended_use": {"en": "Tests only.", "zh-CN": "仅供测试。"},
            "license": "Apache-2.0",
            "tasks": ["segmentation"],
            "inputs": [{"role": "current", "modalities": ["MR", "CT"], "dimensions": 3}],
            "graphs": {
                "image": {
                    "file": "models/model.onnx",
                    "inputs": {"image": "image"},
                    "outputs": {"logits": "logits"},
                }
            },
            "preprocess": {"orientation": "RAS", "region": {"kind": "whole"}},
            "postprocess": {"decision": "argmax"},
            "labels": labels,
            "measurements": ["volume"],
            "files": {},
        },
    }


def threshold_network(path: Path, channels: int = 3) -> Path:
    """A real ONNX file: a 1x1x1 convolution whose argmax is 0 below 100, 1 below 250, 2 above."""
    import numpy as np
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    slopes, offsets = np.array([0, 1, 2, 0], np.float32), np.array([0, -100, -350, -1e6], np.float32)
    shape = ["n", 1, "k", "j", "i"]
    graph = helper.make_graph(
        [helper.make_node("Conv", ["image", "weight", "bias"], ["logits"])],
        "thresholds",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", channels, "k", "j", "i"])],
        [
            numpy_helper.from_array(slopes[:channels].reshape(channels, 1, 1, 1, 1), "weight"),
            numpy_helper.from_array(offsets[:channels], "bias"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, path)
    return path


@pytest.fixture
def threshold_bundle(tmp_path: Path) -> Path:
    """Folder of a valid bundle with known answers."""
    from MedMMSlicerLib.bundles.writing import write_bundle

    network = threshold_network(tmp_path / "network" / "model.onnx")
    folder = tmp_path / "bundles" / "threshold-test"
    files = {"models/model.onnx": network, "docs/README.md": b"# A test\n", "LICENSE": b"Apache-2.0\n"}
    return write_bundle(folder, threshold_metadata(), files).path


@pytest.fixture
def phantom_file(tmp_path: Path) -> Path:
    """An oblique, anisotropic, asymmetric NIfTI volume: a box of 200 with a core of 300 off its center."""
    import numpy as np
    import SimpleITK as sitk

    array = np.zeros((12, 20, 16), np.int16)
    array[2:9, 3:15, 4:13] = 200
    array[3:5, 4:9, 9:12] = 300
    image = sitk.GetImageFromArray(array)
    image.SetSpacing((1.1, 0.9, 2.5))
    image.SetOrigin((-12.0, 31.0, 7.0))
    turn = np.deg2rad(20)
    axes = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    image.SetDirection(axes.ravel().tolist())
    path = tmp_path / "phantom.nii.gz"
    sitk.WriteImage(image, str(path))
    return path


@pytest.fixture
def four_channel_network(tmp_path: Path) -> Path:
    """The same network with a fourth channel that never wins."""
    return threshold_network(tmp_path / "network" / "four.onnx", channels=4)


@pytest.fixture(scope="session")
def sample_dicom() -> Path:
    """A real CT slice of the pydicom-data package."""
    from MedMMSlicerLib.samples import list_samples, sample_path

    return sample_path(next(sample for sample in list_samples() if sample.id == "head-ct"))
