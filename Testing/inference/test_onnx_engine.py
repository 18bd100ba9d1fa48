import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from MedMMSlicerLib.errors import BundleError, DeviceError, MemoryLimitError, UsageError
from MedMMSlicerLib.inference import onnx_engine
from MedMMSlicerLib.inference.onnx_engine import OnnxEngine, open_engine, runtime_facts

from .conftest import nearest_gray, save_gray_network, save_network


def test_a_network_runs_and_gives_known_values(gray_network: Path) -> None:
    engine = open_engine(gray_network, "cpu")
    image = np.linspace(-1.5, 1.5, 60, dtype=np.float32).reshape(1, 1, 3, 4, 5)
    found = engine.run({"image": image})
    np.testing.assert_allclose(found["logits"], nearest_gray({"image": image})["logits"], atol=1e-6)
    assert engine.provider == "CPUExecutionProvider"
    assert engine.notes == ()
    assert engine.input_shapes == {"image": (1, 1, None, None, None)}


def test_fixed_sizes_are_reported(tmp_path: Path) -> None:
    engine = OnnxEngine(save_gray_network(tmp_path / "fixed.onnx", (1, 1, 4, 6, 8)), "cpu", threads=1)
    assert engine.input_shapes["image"] == (1, 1, 4, 6, 8)


def test_other_types_and_views_are_converted(gray_network: Path) -> None:
    image = np.arange(24, dtype=np.int16).reshape(1, 1, 2, 3, 4)[..., ::-1]
    found = open_engine(gray_network, "cpu").run({"image": image})["logits"]
    np.testing.assert_allclose(found[0, 1], 2.0 * image[0, 0] - 1)


def test_a_gpu_that_is_asked_for_and_absent_is_said(gray_network: Path) -> None:
    if "CUDAExecutionProvider" in runtime_facts().providers:
        pytest.skip("this runtime has CUDA")
    engine = open_engine(gray_network, "cuda")
    assert engine.provider == "CPUExecutionProvider"
    assert len(engine.notes) == 1
    assert engine.notes[0].startswith("GPU asked for, but")
    assert open_engine(gray_network, "auto").notes == ()


def test_a_gpu_that_does_not_start_is_said(gray_network: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from MedMMSlicerLib.inference.devices import ProviderChoice

    def chosen(device: str) -> ProviderChoice:
        return ProviderChoice(("CUDAExecutionProvider", "CPUExecutionProvider"))

    real = onnx_engine._open_session

    def without_gpu(path: Path, providers: tuple[str, ...], threads: int) -> object:
        return real(path, providers[-1:], threads)

    monkeypatch.setattr(onnx_engine, "choose_providers", chosen)
    monkeypatch.setattr(onnx_engine, "_open_session", without_gpu)
    engine = open_engine(gray_network, "auto")
    assert engine.provider == "CPUExecutionProvider"
    assert "CUDAExecutionProvider did not start" in engine.notes[0]


@pytest.mark.parametrize("content", [b"", b"not a network", b"\x08\x08\x12\x05hello" * 50])
def test_a_broken_file_is_a_bundle_error(
    tmp_path: Path, content: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "broken.onnx"
    path.write_bytes(content)
    with pytest.raises(BundleError, match=r"broken\.onnx") as caught:
        open_engine(path, "cpu")
    assert "\n" not in str(caught.value)
    printed = capfd.readouterr()
    assert printed.err == ""
    assert printed.out == ""


def test_a_truncated_network_is_a_bundle_error(tmp_path: Path, gray_network: Path) -> None:
    path = tmp_path / "cut.onnx"
    content = gray_network.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(BundleError):
        open_engine(path, "cpu")


def test_an_absent_file_is_a_bundle_error(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"none\.onnx"):
        open_engine(tmp_path / "none.onnx", "cpu")


def test_an_unknown_device_is_a_usage_error(gray_network: Path) -> None:
    with pytest.raises(UsageError, match="tpu"):
        open_engine(gray_network, "tpu")


def test_wrong_names_and_shapes_are_bundle_errors(gray_network: Path, tmp_path: Path) -> None:
    engine = open_engine(gray_network, "cpu")
    with pytest.raises(BundleError, match="inputs"):
        engine.run({"picture": np.zeros((1, 1, 2, 2, 2), np.float32)})
    with pytest.raises(BundleError, match="refuses its input"):
        engine.run({"image": np.zeros((1, 1, 2, 2), np.float32)})
    fixed = open_engine(save_gray_network(tmp_path / "fixed.onnx", (1, 1, 4, 4, 4)), "cpu")
    with pytest.raises(BundleError, match="refuses its input"):
        fixed.run({"image": np.zeros((1, 1, 5, 4, 4), np.float32)})


def test_the_sessions_own_failures_become_ours(gray_network: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = open_engine(gray_network, "cpu")
    image = {"image": np.zeros((1, 1, 2, 2, 2), np.float32)}

    class Session:
        def __init__(self, error: Exception) -> None:
            self.error = error

        def get_outputs(self) -> list[object]:
            return []

        def run(self, names: object, feed: object) -> None:
            raise self.error

    for error, wanted in (
        (MemoryError("std::bad_alloc"), MemoryLimitError),
        (RuntimeError("BFCArena::AllocateRawInternal Failed to allocate memory"), MemoryLimitError),
        (RuntimeError("CUDA failure 999"), DeviceError),
    ):
        monkeypatch.setattr(engine, "_session", Session(error))
        with pytest.raises(wanted) as caught:
            engine.run(image)
        assert type(caught.value) is wanted
        assert "\n" not in str(caught.value)


def test_out_of_memory_in_the_runtime_is_one_line(tmp_path: Path) -> None:
    path = save_network(tmp_path / "wide.onnx", (1, 1, "k", "j", "i"), np.ones((512, 1)), np.zeros(512))
    code = (
        "import resource, sys, numpy as np\n"
        "from pathlib import Path\n"
        "from MedMMSlicerLib.inference.onnx_engine import OnnxEngine\n"
        "from MedMMSlicerLib.errors import MemoryLimitError\n"
        f"engine = OnnxEngine(Path({str(path)!r}), 'cpu', 1)\n"
        "used = int(open('/proc/self/statm').read().split()[0]) * 4096\n"
        "resource.setrlimit(resource.RLIMIT_AS, (used + 2**29, used + 2**29))\n"
        "try:\n"
        "    engine.run({'image': np.zeros((1, 1, 128, 128, 128), np.float32)})\n"
        "except MemoryLimitError as error:\n"
        "    print(error)\n"
        "    sys.exit(7)\n"
    )
    if not Path("/proc/self/statm").exists():
        pytest.skip("needs Linux to limit the memory of a process")
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env=environment
    )
    assert done.returncode == 7, done.stderr
    assert done.stdout.count("\n") == 1
    assert "memory does not suffice" in done.stdout
    assert done.stderr == ""


def test_importing_the_predictor_does_not_load_the_runtime() -> None:
    code = "import sys, MedMMSlicerLib.inference.predictor; sys.exit('onnxruntime' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_facts_of_the_runtime() -> None:
    facts = runtime_facts()
    assert "CPUExecutionProvider" in facts.providers
    assert facts.version[0].isdigit()
