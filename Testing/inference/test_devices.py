"""Which runtime a machine has, which it should have, and what the NVIDIA driver says."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from MedMMSlicerLib.errors import UsageError
from MedMMSlicerLib.inference.devices import (
    RUNTIME_DISTRIBUTIONS,
    GpuFacts,
    InstalledRuntime,
    MachineFacts,
    choose_providers,
    installed_runtimes,
    machine_facts,
    query_gpu,
    recommended_runtime,
    repair_commands,
)

CPU, CUDA = "CPUExecutionProvider", "CUDAExecutionProvider"
NO_GPU = GpuFacts(problem="nvidia-smi was not found")


def a_machine(system: str = "Linux", machine: str = "x86_64", gpu: GpuFacts = NO_GPU) -> MachineFacts:
    return MachineFacts(system, machine, "3.12.4", 8, 32 * 2**30, 16 * 2**30, gpu)


def a_gpu(driver: str, cuda: str) -> GpuFacts:
    return GpuFacts(("NVIDIA RTX A4000",), driver, cuda, (16 * 2**30,))


@pytest.mark.parametrize(
    ("device", "available", "providers", "has_note"),
    [
        ("auto", (CPU,), (CPU,), False),
        ("auto", ("TensorrtExecutionProvider", CUDA, CPU), (CUDA, CPU), False),
        ("auto", ("CoreMLExecutionProvider", CPU), (CPU,), False),
        ("cpu", (CUDA, CPU), (CPU,), False),
        ("cuda", (CUDA, CPU), (CUDA, CPU), False),
        ("cuda", (CPU,), (CPU,), True),
    ],
)
def test_the_providers_of_a_device(device, available, providers, has_note):
    choice = choose_providers(device, available)
    assert choice.providers == providers
    assert bool(choice.notes) is has_note
    if has_note:
        assert "GPU asked for" in choice.notes[0] and "medmm doctor" in choice.notes[0]


def test_the_providers_of_this_machine_are_asked_for():
    pytest.importorskip("onnxruntime")
    assert choose_providers("auto").providers[-1] == CPU


@pytest.mark.parametrize("device", ["", "gpu", "CUDA", "cuda:0"])
def test_an_unknown_device_is_a_usage_error(device):
    with pytest.raises(UsageError, match="auto, cpu, cuda"):
        choose_providers(device, (CPU,))


@pytest.mark.parametrize(
    ("machine", "requirement", "reason"),
    [
        (a_machine(), "onnxruntime>=1.19,<2", "not found"),
        (a_machine("Windows", "AMD64"), "onnxruntime>=1.19,<2", "not found"),
        (a_machine("Darwin", "arm64"), "onnxruntime>=1.19,<2", "macOS"),
        (a_machine("Darwin", "x86_64"), "onnxruntime>=1.19,<2", "macOS"),
        (
            a_machine(gpu=a_gpu("550.54.14", "12.4")),
            "onnxruntime-gpu[cuda,cudnn]>=1.19,<1.27",
            "550.54.14 supports CUDA 12, not 13",
        ),
        (a_machine(gpu=a_gpu("525.60.13", "12.0")), "onnxruntime-gpu[cuda,cudnn]>=1.19,<1.27", "CUDA 12"),
        (a_machine(gpu=a_gpu("580.65.06", "13.0")), "onnxruntime-gpu[cuda,cudnn]>=1.27,<2", "CUDA 13"),
        (
            a_machine("Windows", "AMD64", a_gpu("591.1", "13.1")),
            "onnxruntime-gpu[cuda,cudnn]>=1.27,<2",
            "CUDA 13",
        ),
        (a_machine(gpu=a_gpu("470.82", "11.4")), "onnxruntime>=1.19,<2", "update it to 525"),
        (a_machine(gpu=a_gpu("", "")), "onnxruntime>=1.19,<2", "older than CUDA 12"),
        (a_machine(machine="aarch64", gpu=a_gpu("580.65", "13.0")), "onnxruntime>=1.19,<2", "aarch64"),
    ],
)
def test_the_runtime_that_suits_a_machine(machine, requirement, reason):
    wanted = recommended_runtime(machine)
    assert wanted.text == requirement
    assert reason in wanted.reason


@pytest.mark.parametrize(
    ("cuda", "distribution", "version", "accepted"),
    [
        ("12.4", "onnxruntime-gpu", "1.26.0", True),
        ("12.4", "onnxruntime-gpu", "1.27.0", False),
        ("12.4", "onnxruntime", "1.26.0", False),
        ("13.0", "onnxruntime-gpu", "1.31.1", True),
        ("13.0", "onnxruntime-gpu", "1.26.0", False),
        ("11.4", "onnxruntime", "1.31.1", True),
        ("11.4", "onnxruntime", "1.9.0", False),
    ],
)
def test_what_is_accepted(cuda, distribution, version, accepted):
    wanted = recommended_runtime(a_machine(gpu=a_gpu("1", cuda)))
    assert wanted.accepts(InstalledRuntime(distribution, version)) is accepted


def fake_versions(**versions: str) -> Callable[[str], str]:
    def version(name: str) -> str:
        try:
            return versions[name.replace("-", "_")]
        except KeyError:
            raise importlib.metadata.PackageNotFoundError(name) from None

    return version


def test_installed_runtimes_are_all_found():
    assert installed_runtimes(fake_versions()) == ()
    both = installed_runtimes(fake_versions(onnxruntime="1.20.0", onnxruntime_gpu="1.19.2", numpy="2.0"))
    assert both == (InstalledRuntime("onnxruntime", "1.20.0"), InstalledRuntime("onnxruntime-gpu", "1.19.2"))
    assert {runtime.distribution for runtime in installed_runtimes()} <= set(RUNTIME_DISTRIBUTIONS)


def test_the_repair_leaves_exactly_one():
    wanted = recommended_runtime(a_machine(gpu=a_gpu("550", "12.4")))
    assert repair_commands((), wanted, "python3") == (
        'python3 -m pip install "onnxruntime-gpu[cuda,cudnn]>=1.19,<1.27"',
    )
    both = (InstalledRuntime("onnxruntime", "1.20.0"), InstalledRuntime("onnxruntime-gpu", "1.19.2"))
    uninstall, install = repair_commands(both, wanted, "C:/Program Files/python.exe")
    assert uninstall == '"C:/Program Files/python.exe" -m pip uninstall -y onnxruntime onnxruntime-gpu'
    assert install.startswith('"C:/Program Files/python.exe" -m pip install "onnxruntime-gpu[')


GPU = "<gpu><product_name>{}</product_name><fb_memory_usage><total>{}</total></fb_memory_usage></gpu>"
LOG = """<?xml version="1.0" ?>
<!DOCTYPE nvidia_smi_log SYSTEM "nvsmi_device_v12.dtd">
<nvidia_smi_log><driver_version>{}</driver_version>{}{}</nvidia_smi_log>
"""


@pytest.fixture
def a_driver(tmp_path: Path) -> Callable[..., tuple[str, str]]:
    """Stands in for ``nvidia-smi``: prints a text and exits with a code."""

    def make(text: str, code: int = 0, sleep_s: float = 0) -> tuple[str, str]:
        script = tmp_path / "nvidia_smi.py"
        script.write_text(
            f"import sys, time\ntime.sleep({sleep_s})\nassert sys.argv[1:] == ['-q', '-x']\n"
            f"sys.stdout.write({text!r})\nsys.exit({code})\n",
            encoding="utf-8",
        )
        return (sys.executable, str(script))

    return make


def test_the_driver_is_understood(a_driver):
    gpus = GPU.format("NVIDIA H100 80GB HBM3", "81559 MiB") + GPU.format("NVIDIA T4", "N/A")
    facts = query_gpu(a_driver(LOG.format("550.54.14", "<cuda_version>12.4</cuda_version>", gpus)))
    assert facts == GpuFacts(
        ("NVIDIA H100 80GB HBM3", "NVIDIA T4"), "550.54.14", "12.4", (81559 * 2**20, 0), ""
    )
    assert facts.cuda_major == 12


@pytest.mark.parametrize(
    ("driver", "major"),
    [("580.65.06", 13), ("579.9", 12), ("525.60", 12), ("470.1", 11), ("390.1", 0), ("", 0)],
)
@pytest.mark.parametrize(
    "cuda", ["", "<cuda_version>N/A</cuda_version>", "<cuda_version>Not Found</cuda_version>"]
)
def test_cuda_follows_from_the_driver_where_it_is_not_said(a_driver, driver, major, cuda):
    facts = query_gpu(a_driver(LOG.format(driver, cuda, GPU.format("T4", "15360 MiB"))))
    assert facts.cuda_major == major
    assert facts.names == ("T4",)


def test_a_driver_without_a_gpu(a_driver):
    facts = query_gpu(a_driver(LOG.format("550.1", "<cuda_version>12.4</cuda_version>", "")))
    assert facts.names == () and "lists no GPU" in facts.problem


def test_a_driver_that_fails(a_driver):
    text = "NVIDIA-SMI has failed because it couldn't\ncommunicate with the NVIDIA driver."
    facts = query_gpu(a_driver(text, code=9))
    assert facts.names == ()
    assert "code 9" in facts.problem and "couldn't communicate" in facts.problem


def test_a_driver_that_hangs(a_driver):
    facts = query_gpu(a_driver("", sleep_s=30), timeout_s=0.3)
    assert "did not answer within 0.3 s" in facts.problem


def test_a_driver_that_talks_nonsense(a_driver):
    assert "can not be read" in query_gpu(a_driver("no xml <<<")).problem


def test_no_driver():
    facts = query_gpu(("medmm-no-such-program",))
    assert facts == GpuFacts(problem=facts.problem) and "not found" in facts.problem


def test_a_driver_that_can_not_be_run(monkeypatch):
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(subprocess, "run", refuse)
    assert "Permission denied" in query_gpu((sys.executable,)).problem


def test_this_machine():
    facts = machine_facts(NO_GPU)
    assert facts.cores >= 1
    assert 0 < facts.memory_available_bytes <= facts.memory_total_bytes
    assert facts.gpu is NO_GPU
