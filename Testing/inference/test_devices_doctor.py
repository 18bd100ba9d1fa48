"""Every state that ``medmm doctor`` tells apart, with what it says to do."""

from __future__ import annotations

import json
import sys
import types
from collections import namedtuple

import pytest
from MedMMSlicerLib.core import to_json
from MedMMSlicerLib.errors import BundleError, DeviceError
from MedMMSlicerLib.inference import devices, doctor
from MedMMSlicerLib.inference.devices import (
    CPU_PROVIDER,
    CUDA_PROVIDER,
    GpuFacts,
    InstalledRuntime,
    MachineFacts,
)

NO_GPU = GpuFacts(problem="nvidia-smi was not found")
A_GPU = GpuFacts(("NVIDIA RTX A4000",), "550.54", "12.4", (2**34,))
CPU_BUILD = InstalledRuntime("onnxruntime", "1.26.0")
GPU_BUILD = InstalledRuntime("onnxruntime-gpu", "1.26.0")


def a_machine(gpu: GpuFacts = NO_GPU, available: float = 8.0, machine: str = "x86_64") -> MachineFacts:
    return MachineFacts("Linux", machine, "3.12.4", 8, 32 * 2**30, int(available * 2**30), gpu)


@pytest.fixture
def probe(monkeypatch: pytest.MonkeyPatch) -> types.SimpleNamespace:
    """Says which provider a network runs on, or raises."""
    answer = types.SimpleNamespace(provider=CPU_PROVIDER, error=None)

    def run(device: str) -> str:
        if answer.error is not None:
            raise answer.error
        return answer.provider if device == "cuda" else CPU_PROVIDER

    monkeypatch.setattr(doctor, "_probe", run)
    return answer


def test_the_built_in_network_is_what_it_says():
    onnx = pytest.importorskip("onnx")
    model = onnx.load_from_string(doctor._DOUBLING_NETWORK)
    onnx.checker.check_model(model)
    assert [(node.op_type, list(node.input), list(node.output)) for node in model.graph.node] == [
        ("Add", ["x", "x"], ["y"])
    ]


def test_the_probe_runs_a_network():
    pytest.importorskip("onnxruntime")
    assert doctor._probe("cpu") == CPU_PROVIDER


def test_one_runtime_is_right(probe):
    check = doctor.check_runtime((CPU_BUILD,), a_machine())
    assert check == doctor.Check("runtime", "ok", "onnxruntime 1.26.0 computes")


@pytest.mark.parametrize("installed", [(), (CPU_BUILD, GPU_BUILD)])
def test_none_or_two_runtimes_are_a_problem(probe, installed):
    check = doctor.check_runtime(installed, a_machine(A_GPU))
    assert check.status == "problem"
    assert check.remedy.endswith('-m pip install "onnxruntime-gpu[cuda,cudnn]>=1.19,<1.27"')
    assert ("uninstall -y onnxruntime onnxruntime-gpu" in check.remedy) is bool(installed)


def test_a_runtime_that_does_not_load_is_a_problem(probe):
    probe.error = DeviceError("The ONNX runtime can not be loaded (DLL).")
    check = doctor.check_runtime((CPU_BUILD,), a_machine())
    assert check.status == "problem" and "DLL" in check.text and "uninstall" in check.remedy


def test_a_runtime_for_the_wrong_cuda_is_told(probe):
    check = doctor.check_runtime((InstalledRuntime("onnxruntime-gpu", "1.31.1"),), a_machine(A_GPU))
    assert check.status == "warning" and "CUDA 12, not 13" in check.text and "<1.27" in check.remedy


def test_no_gpu_is_fine():
    check = doctor.check_gpu((CPU_BUILD,), a_machine())
    assert (check.status, check.remedy) == ("ok", "") and "CPU is used" in check.text


def test_a_driver_that_fails_is_told():
    check = doctor.check_gpu((CPU_BUILD,), a_machine(GpuFacts(problem="nvidia-smi failed with code 9: x")))
    assert check.status == "warning" and "driver" in check.remedy


def test_a_gpu_that_is_used(probe):
    probe.provider = CUDA_PROVIDER
    check = doctor.check_gpu((GPU_BUILD,), a_machine(A_GPU))
    assert check.status == "ok" and check.text == "NVIDIA RTX A4000 (driver 550.54, CUDA 12.4) is used"


@pytest.mark.parametrize("error", [None, BundleError("x can not be run")])
def test_a_gpu_that_does_not_start_is_a_problem(probe, error):
    probe.error = error
    check = doctor.check_gpu((GPU_BUILD,), a_machine(A_GPU))
    assert check.status == "problem" and "is not used" in check.text and "[cuda,cudnn]" in check.remedy


def test_a_gpu_without_its_runtime_is_told(probe):
    check = doctor.check_gpu((CPU_BUILD,), a_machine(A_GPU))
    assert check.status == "warning"
    assert "is not installed" in check.text and "uninstall -y onnxruntime &&" in check.remedy


@pytest.mark.parametrize(
    "machine",
    [a_machine(GpuFacts(("K80",), "470.1", "11.4")), a_machine(A_GPU, machine="aarch64")],
    ids=["old driver", "ARM"],
)
def test_a_gpu_that_can_not_be_used_says_why(probe, machine):
    check = doctor.check_gpu((CPU_BUILD,), machine)
    assert check.status == "warning" and "is not used: " in check.text


def test_little_memory_is_told():
    assert doctor.check_memory(a_machine(available=8)).status == "ok"
    low = doctor.check_memory(a_machine(available=1.5))
    assert low.status == "warning" and low.text.startswith("1.5 of 32.0 GiB")


def test_a_full_disk_is_a_problem(tmp_path, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda folder: usage(2**40, 2**40, 2**29))
    check = doctor.check_disk(tmp_path)
    assert check.status == "problem" and "0.5 GiB" in check.text and "TMPDIR" in check.remedy


def test_the_decoders_of_this_installation_are_complete():
    check = doctor.check_decoders(doctor.decoder_plugins())
    assert check.status == "ok", check
    for name in ("JPEG:", "JPEG lossless:", "JPEG-LS:", "JPEG 2000:", "RLE:"):
        assert name in check.text


def test_a_missing_decoder_is_named():
    check = doctor.check_decoders({"JPEG": ("gdcm",), "JPEG-LS": (), "RLE": ("pydicom",)})
    assert (
        check.status == "problem" and check.text == "no plug-in reads JPEG-LS" and "pyjpegls" in check.remedy
    )
    assert doctor.check_decoders(None).status == "problem"


def test_slicer_and_qt_are_found_or_told(monkeypatch):
    monkeypatch.delitem(sys.modules, "slicer", raising=False)
    monkeypatch.delitem(sys.modules, "qt", raising=False)
    monkeypatch.setattr(doctor, "_version", lambda name: "")
    assert [doctor.check_slicer().status, doctor.check_qt().status] == ["warning", "warning"]
    assert "medmm-slicer[host]" in doctor.check_qt().remedy
    monkeypatch.setattr(doctor, "_version", lambda name: "1.2")
    assert [doctor.check_slicer().text, doctor.check_qt().text] == ["slicer-core 1.2", "PySide6 1.2"]
    application = types.SimpleNamespace(applicationVersion="5.12.0")
    monkeypatch.setitem(sys.modules, "slicer", types.SimpleNamespace(app=application))
    monkeypatch.setitem(sys.modules, "qt", types.SimpleNamespace())
    assert [doctor.check_slicer().text, doctor.check_qt().text] == ["3D Slicer 5.12.0", "Qt of 3D Slicer"]


def test_no_bundles_and_broken_bundles_are_problems(tmp_path, monkeypatch):
    from MedMMSlicerLib.bundles import catalog

    monkeypatch.setattr(catalog, "default_folders", lambda: (tmp_path,))
    empty = doctor.check_bundles()
    assert empty.status == "problem" and str(tmp_path) in empty.text
    (tmp_path / "broken" / "configs").mkdir(parents=True)
    (tmp_path / "broken" / "configs" / "metadata.json").write_text("{", encoding="ascii")
    broken = doctor.check_bundles()
    assert broken.status == "problem" and "broken" in broken.text


def test_a_worker_that_does_not_start_is_a_problem(tmp_path):
    check = doctor.check_worker(str(tmp_path / "python"))
    assert check.status == "problem" and "could not be started" in check.text


def test_the_whole_report_is_json():
    pytest.importorskip("onnxruntime")
    report = devices.doctor_report()
    names = [check.name for check in report.checks]
    assert names == [
        "machine", "packages", "runtime", "gpu", "memory", "disk", "decoders", "slicer", "qt", "bundles",
        "worker",
    ]  # fmt: skip
    assert all(check.status in doctor.STATUSES for check in report.checks)
    assert all(check.remedy for check in report.checks if check.status == "problem")
    worker = report.checks[-1]
    assert worker.status == "ok" and "started in" in worker.text, worker
    back = json.loads(json.dumps(to_json(report), allow_nan=False))
    assert back["checks"][0]["name"] == "machine" and back["machine"]["cores"] >= 1
