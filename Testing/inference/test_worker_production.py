"""The worker as it is shipped: real bundles, real ONNX networks, the real predictor."""

from __future__ import annotations

import os
import signal
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from MedMMSlicerLib.bundles.loading import load_bundle
from MedMMSlicerLib.bundles.writing import write_bundle
from MedMMSlicerLib.core import Case, HeaderFacts, Series, Volume, VolumeGeometry
from MedMMSlicerLib.errors import BundleError, CancelledError, MemoryLimitError, WorkerError
from MedMMSlicerLib.inference.engine import RunOptions
from MedMMSlicerLib.inference.worker import (
    Failed,
    Finished,
    Progress,
    Ready,
    RunRequest,
    WorkerClient,
    WorkerEvent,
)
from MedMMSlicerLib.inference.worker_main import threads_beside_reader

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

SIZE = (16, 24, 20)


def a_network(channels: int = 2, layers: int = 0) -> bytes:
    """Label 1 where the voxel is bright; ``layers`` convolutions beside that only take time and memory."""
    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    generator = np.random.default_rng(3)

    def tensor(name: str, values: np.ndarray) -> object:
        return onnx.numpy_helper.from_array(values.astype(np.float32), name)

    weights = [tensor("w", np.array([-1.0, 1.0]).reshape(2, 1, 1, 1, 1)), tensor("b", np.array([0.5, -0.5]))]
    nodes, last = [], "image"
    for number in range(layers):
        inputs = channels if number else 1
        weights.append(tensor(f"w{number}", generator.normal(0, 0.05, (channels, inputs, 3, 3, 3))))
        nodes.append(helper.make_node("Conv", [last, f"w{number}"], [f"x{number}"], pads=[1] * 6))
        last = f"x{number}"
    nodes.append(helper.make_node("Conv", ["image", "w", "b"], ["bright"]))
    if layers:
        weights += [tensor("zero", np.zeros((2, channels, 1, 1, 1)))]
        nodes.append(helper.make_node("Conv", [last, "zero"], ["nothing"]))
        nodes.append(helper.make_node("Add", ["bright", "nothing"], ["logits"]))
    else:
        nodes.append(helper.make_node("Identity", ["bright"], ["logits"]))
    shape = ["n", "c", "d", "h", "w"]
    graph = helper.make_graph(
        nodes,
        "network",
        [helper.make_tensor_value_info("image", kind, [1, 1, *shape[2:]])],
        [helper.make_tensor_value_info("logits", kind, [1, 2, *shape[2:]])],
        weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    return model.SerializeToString()


def a_metadata(bundle_id: str, size: tuple[int, int, int]) -> dict[str, object]:
    code = {"value": "91723000", "scheme": "SCT", "meaning": "Anatomical structure"}
    return {
        "version": "1.0.0",
        "medmm": {
            "id": bundle_id,
            "title": {"en": "Bright voxels"},
            "intended_use": {"en": "Tests only."},
            "not_for": [],
            "license": "CC0-1.0",
            "tasks": ["segmentation"],
            "inputs": [{"role": "current", "modalities": ["MR"], "dimensions": 3}],
            "graphs": {
                "image": {
                    "file": "models/model.onnx",
                    "inputs": {"image": "image"},
                    "outputs": {"logits": "logits"},
                }
            },
            "preprocess": {
                "orientation": "RAS",
                "region": {"kind": "sliding-window", "size": list(size), "overlap": 0.25},
                "intensity": [],
            },
            "labels": [
                {
                    "value": 1,
                    "id": "bright",
                    "name": {"en": "Bright"},
                    "category": code,
                    "type": code,
                    "color": [200, 30, 30],
                }
            ],
            "measurements": ["volume"],
        },
    }


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bundles")
    networks = {
        "quick": (a_network(), SIZE),
        "slow": (a_network(channels=8, layers=3), (32, 32, 32)),
        "huge": (a_network(channels=64, layers=3), (96, 96, 96)),
    }
    for name, (network, size) in networks.items():
        files = {"models/model.onnx": network, "docs/README.md": b"# Test\n", "LICENSE": b"CC0"}
        write_bundle(folder / name, a_metadata(name, size), files)
    return folder


def a_case(shape: tuple[int, int, int]) -> Case:
    """Oblique, anisotropic, flipped; bright voxels in one corner."""
    array = np.zeros(shape, np.float32)
    array[: shape[0] // 2, shape[1] // 3 :, : shape[2] // 4] = 1.0
    matrix = np.eye(4)
    matrix[:3, :3] = np.array([[-1.0, 0.05, 0.0], [0.05, 1.0, 0.1], [0.0, -0.1, 1.5]])
    matrix[:3, 3] = (20, -30, 40)
    volume = Volume(array, VolumeGeometry(shape, matrix))
    return Case("case", {"current": Series("phantom", HeaderFacts(modality="MR"), (), volume=volume)})


@pytest.fixture
def a_client(tmp_path: Path) -> Iterator[WorkerClient]:
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    with WorkerClient(environment=environment, exchange_parent=tmp_path) as client:
        yield client
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def a_request(bundles: Path) -> Callable[..., RunRequest]:
    def make(bundle: str, shape: tuple[int, int, int] = (18, 26, 22), limit: int = 0) -> RunRequest:
        options = RunOptions(device="cpu", threads=1, memory_limit_bytes=limit)
        return RunRequest(bundles / bundle, a_case(shape), options)

    return make


def wait_for(client: WorkerClient, kind: type, timeout_s: float = 60.0) -> list[WorkerEvent]:
    events: list[WorkerEvent] = []
    deadline = time.monotonic() + timeout_s
    while not any(isinstance(event, kind) for event in events):
        assert time.monotonic() < deadline, f"no {kind.__name__} in {timeout_s} s, but {events}"
        time.sleep(0.005)
        events += client.poll()
    return events


def in_the_network(event: WorkerEvent) -> bool:
    return isinstance(event, Progress) and 0.1 < event.fraction < 0.9


def wait_until_deep(client: WorkerClient) -> None:
    deadline = time.monotonic() + 60
    while not any(in_the_network(event) for event in client.poll()):
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.mark.parametrize(
    ("logical", "physical", "threads"),
    [(1, 1, 1), (2, 2, 1), (2, 1, 1), (4, 2, 2), (8, 8, 7), (16, 8, 8), (4, None, 3), (None, None, 1)],
)
def test_a_core_is_left_to_the_reader(
    monkeypatch: pytest.MonkeyPatch, logical: int | None, physical: int | None, threads: int
) -> None:
    counts = {True: logical, False: physical}
    monkeypatch.setattr("psutil.cpu_count", lambda logical=True: counts[logical])
    assert threads_beside_reader() == threads


def test_the_worker_gives_what_the_predictor_gives(a_client, a_request):
    from MedMMSlicerLib.inference.predictor import predict

    request = a_request("quick")
    found = a_client.run(request, timeout_s=60)
    expected = predict(load_bundle(request.bundle_path), request.case, request.options)
    label_map, reference = found.label_maps[0], expected.label_maps[0]
    np.testing.assert_array_equal(label_map.array, reference.array)
    # Almost: the oblique grid is resampled on the way.
    bright = request.case.series["current"].volume.array > 0.5
    assert np.mean(label_map.array == bright) > 0.99
    np.testing.assert_array_equal(label_map.geometry.ijk_to_ras, reference.geometry.ijk_to_ras)
    assert label_map.segments == reference.segments
    assert found.measurements == expected.measurements and found.measurements
    assert found.findings == expected.findings
    assert found.provenance.bundle_sha256 == expected.provenance.bundle_sha256
    assert found.provenance.inputs == expected.provenance.inputs


def test_the_second_run_needs_no_session(a_client, a_request):
    first, second = (a_client.run(a_request("quick"), timeout_s=60).provenance for _ in range(2))
    assert first.stage_seconds["open"] > 5 * second.stage_seconds["open"]


def test_the_worker_starts_quickly(a_client):
    a_client.start()
    (ready,) = wait_for(a_client, Ready)
    # Under two seconds on an idle machine; a loaded one gets more.
    assert ready.seconds < 6


def test_progress_runs_to_the_end(a_client, a_request):
    a_client.submit(a_request("slow", (40, 60, 70)))
    events = [event for event in wait_for(a_client, Finished) if isinstance(event, Progress)]
    fractions = [event.fraction for event in events]
    assert len(set(fractions)) >= 4
    assert fractions == sorted(fractions) and fractions[-1] == 1.0


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_a_kill_while_the_network_runs_costs_one_run(a_client, a_request):
    a_client.submit(a_request("slow", (96, 96, 96)))
    wait_until_deep(a_client)
    os.kill(a_client.pid, signal.SIGKILL)
    (failed,) = wait_for(a_client, Failed)[-1:]
    assert isinstance(failed.error, WorkerError) and "signal 9" in str(failed.error)
    assert a_client.run(a_request("quick"), timeout_s=60).label_maps


def test_cancelling_the_network_takes_less_than_a_second(a_client, a_request):
    seconds = []
    for _ in range(3):
        a_client.submit(a_request("slow", (96, 96, 96)))
        wait_until_deep(a_client)
        before = time.monotonic()
        a_client.cancel()
        seconds.append(time.monotonic() - before)
        (failed,) = wait_for(a_client, Failed)[-1:]
        assert isinstance(failed.error, CancelledError)
        if seconds[-1] < 1.0:
            break
    # The best of three: the machine may be busy.
    assert min(seconds) < 1.0
    assert a_client.run(a_request("quick"), timeout_s=60).label_maps


def test_polling_is_quick_while_the_network_runs(a_client, a_request):
    a_client.submit(a_request("slow", (60, 60, 60)))
    wait_until_deep(a_client)
    seconds, finished = [], False
    while not finished:
        before = time.perf_counter()
        finished = any(isinstance(event, Finished) for event in a_client.poll())
        seconds.append(time.perf_counter() - before)
        time.sleep(0.002)
    assert statistics.median(seconds) < 0.005


@pytest.mark.skipif(sys.platform != "linux", reason="the memory limit exists on Linux only")
def test_a_network_that_needs_too_much_is_a_memory_error(a_client, a_request):
    # Three layers of 64 channels at 96^3 need 453 MB at least.
    with pytest.raises(MemoryLimitError) as caught:
        a_client.run(a_request("huge", (96, 96, 96), limit=200 * 2**20), timeout_s=60)
    assert "\n" not in str(caught.value)
    assert a_client.run(a_request("quick"), timeout_s=60).label_maps


def test_a_bundle_that_is_none_is_refused(a_client, a_request, tmp_path_factory):
    with pytest.raises(BundleError):
        a_client.run(
            RunRequest(tmp_path_factory.mktemp("none"), a_case((3, 4, 5)), RunOptions(device="cpu")),
            timeout_s=60,
        )
