"""What this machine computes on: the ONNX runtime that is installed, the one that should be, GPU and memory.

Nothing here imports onnxruntime; `onnx_engine` is asked for what the runtime says of itself.
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import UsageError

if TYPE_CHECKING:
    from .doctor import DoctorReport

__all__ = [
    "DEVICES",
    "RUNTIME_DISTRIBUTIONS",
    "GpuFacts",
    "InstalledRuntime",
    "MachineFacts",
    "ProviderChoice",
    "Requirement",
    "RuntimeFacts",
    "choose_providers",
    "doctor_report",
    "installed_runtimes",
    "machine_facts",
    "query_gpu",
    "recommended_runtime",
    "repair_commands",
]

DEVICES = ("auto", "cpu", "cuda")
CPU_PROVIDER = "CPUExecutionProvider"
CUDA_PROVIDER = "CUDAExecutionProvider"

# All of these unpack into the same folder `onnxruntime`, so two of them overwrite each other's libraries.
RUNTIME_DISTRIBUTIONS = (
    "onnxruntime",
    "onnxruntime-gpu",
    "onnxruntime-directml",
    "onnxruntime-openvino",
    "onnxruntime-qnn",
    "onnxruntime-rocm",
    "onnxruntime-migraphx",
    "onnxruntime-windowsml",
    "ort-nightly",
    "ort-nightly-gpu",
)

# First Linux driver branch of each CUDA generation: NVIDIA, "CUDA Toolkit Release Notes", table of minimum
# driver versions. Only used when the driver does not say which CUDA it speaks.
_DRIVER_CUDA = ((580, "13.0"), (525, "12.0"), (450, "11.0"))


@dataclass(frozen=True)
class ProviderChoice:
    """Execution providers in the order in which a session is to try them, and sentences for the reader."""

    providers: tuple[str, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class RuntimeFacts:
    """What the imported ONNX runtime says of itself: version, available providers, build information."""

    version: str
    providers: tuple[str, ...]
    build: str = ""


@dataclass(frozen=True)
class InstalledRuntime:
    """An installed distribution that provides the package ``onnxruntime``."""

    distribution: str
    version: str


@dataclass(frozen=True)
class GpuFacts:
    """NVIDIA GPUs as the driver lists them.

    Parameters
    ----------
    names : tuple of str
        One per GPU, empty without one.
    driver, cuda : str
        Driver version and the newest CUDA version that it supports, e.g. ``580.65`` and ``13.0``.
    memory_bytes : tuple of int
        Total memory per GPU.
    problem : str
        Why nothing is known, empty if the driver answered.
    """

    names: tuple[str, ...] = ()
    driver: str = ""
    cuda: str = ""
    memory_bytes: tuple[int, ...] = ()
    problem: str = ""

    @property
    def cuda_major(self) -> int:
        """CUDA generation, 0 if there is none."""
        head = self.cuda.partition(".")[0]
        return int(head) if head.isdecimal() else 0


@dataclass(frozen=True)
class MachineFacts:
    """Operating system, processor, Python, memory and GPU. Memory in bytes."""

    system: str
    machine: str
    python: str
    cores: int
    memory_total_bytes: int
    memory_available_bytes: int
    gpu: GpuFacts


@dataclass(frozen=True)
class Requirement:
    """The ONNX runtime that suits a machine: package with extras, version specifier, and why."""

    package: str
    specifier: str
    reason: str

    @property
    def text(self) -> str:
        """Requirement as pip takes it."""
        return self.package + self.specifier

    @property
    def distribution(self) -> str:
        """Name of the distribution, without extras."""
        return self.package.partition("[")[0]

    def accepts(self, runtime: InstalledRuntime) -> bool:
        """Whether an installed runtime is what is wanted."""
        low, high = (_release(part.lstrip("<>=")) for part in self.specifier.split(","))
        return runtime.distribution == self.distribution and low <= _release(runtime.version) < high


def choose_providers(device: str, available: Sequence[str] | None = None) -> ProviderChoice:
    """Choose the execution providers for a device.

    Parameters
    ----------
    device : str
        ``auto`` (CUDA where the runtime has it), ``cpu`` or ``cuda``.
    available : sequence of str, optional
        Providers that the runtime offers; asked from `onnx_engine` when not given.

    Returns
    -------
    ProviderChoice
        Always ends with the CPU. A provider that is offered may still fail to start: the caller has to ask
        the session which ones it really uses.

    Raises
    ------
    UsageError
        If ``device`` is none of `DEVICES`.
    """
    if device not in DEVICES:
        raise UsageError(f"The device '{device}' is not known. Choose one of {', '.join(DEVICES)}.")
    if device == "cpu":
        return ProviderChoice((CPU_PROVIDER,))
    if available is None:
        from . import onnx_engine

        available = onnx_engine.runtime_facts().providers
    if CUDA_PROVIDER in available:
        return ProviderChoice((CUDA_PROVIDER, CPU_PROVIDER))
    if device == "auto":
        return ProviderChoice((CPU_PROVIDER,))
    note = (
        "GPU asked for, but the installed ONNX runtime has no CUDA support, so the CPU is used. "
        "Run 'medmm doctor' for the package to install."
    )
    return ProviderChoice((CPU_PROVIDER,), (note,))


def installed_runtimes(
    version: Callable[[str], str] = importlib.metadata.version,
) -> tuple[InstalledRuntime, ...]:
    """List the installed ONNX runtime distributions; exactly one is right."""
    found = []
    for name in RUNTIME_DISTRIBUTIONS:
        try:
            found.append(InstalledRuntime(name, version(name)))
        except importlib.metadata.PackageNotFoundError:
            continue
    return tuple(found)


def recommended_runtime(facts: MachineFacts) -> Requirement:
    """Choose the one ONNX runtime package for a machine.

    `onnxruntime-gpu` is built for x86-64 Linux and Windows only; up to 1.26 against CUDA 12, newer against
    CUDA 13. Its extras bring the CUDA and cuDNN libraries, so that only the driver has to be there before.
    """
    cpu = ("onnxruntime", ">=1.19,<2")
    intel = facts.machine.lower() in {"x86_64", "amd64"}
    if facts.system == "Darwin":
        return Requirement(*cpu, "the macOS build covers Intel and Apple silicon")
    if not facts.gpu.names:
        return Requirement(*cpu, facts.gpu.problem or "no NVIDIA GPU was found")
    if not intel:
        return Requirement(*cpu, f"there is no GPU build for {facts.machine} processors")
    if facts.gpu.cuda_major >= 13:
        return Requirement(
            "onnxruntime-gpu[cuda,cudnn]", ">=1.27,<2", f"the driver {facts.gpu.driver} supports CUDA 13"
        )
    if facts.gpu.cuda_major == 12:
        return Requirement(
            "onnxruntime-gpu[cuda,cudnn]",
            ">=1.19,<1.27",
            f"the driver {facts.gpu.driver} supports CUDA 12, not 13",
        )
    return Requirement(
        *cpu,
        f"the NVIDIA driver {facts.gpu.driver} is older than CUDA 12; update it to 525 or newer",
    )


def repair_commands(
    installed: Sequence[InstalledRuntime], wanted: Requirement, python: str = "python"
) -> tuple[str, ...]:
    """List the commands that leave exactly ``wanted`` installed.

    Whatever is there is removed first: distributions that share a folder delete each other's files, so that
    installing over them leaves a broken runtime.
    """
    quoted = f'"{python}"' if " " in python else python
    install = f'{quoted} -m pip install "{wanted.text}"'
    if not installed:
        return (install,)
    names = " ".join(runtime.distribution for runtime in installed)
    return (f"{quoted} -m pip uninstall -y {names}", install)


def machine_facts(gpu: GpuFacts | None = None) -> MachineFacts:
    """Ask the operating system, and the NVIDIA driver unless ``gpu`` is given."""
    import psutil

    memory = psutil.virtual_memory()
    return MachineFacts(
        system=platform.system(),
        machine=platform.machine(),
        python=platform.python_version(),
        cores=_usable_cores(),
        memory_total_bytes=int(memory.total),
        memory_available_bytes=int(memory.available),
        gpu=query_gpu() if gpu is None else gpu,
    )


def doctor_report() -> DoctorReport:
    """Examine the whole installation, see `doctor`; takes seconds, since it starts a worker."""
    from . import doctor

    return doctor.examine()


def query_gpu(command: Sequence[str] = ("nvidia-smi",), timeout_s: float = 10.0) -> GpuFacts:
    """Ask ``nvidia-smi`` which GPUs there are; never raises, ``problem`` says why nothing is known.

    Parameters
    ----------
    command : sequence of str
        Program and leading arguments.
    timeout_s : float
        A driver that hangs is given up on after this time.
    """
    program = shutil.which(command[0])
    if program is None:
        return GpuFacts(
            problem="nvidia-smi was not found, so there is no NVIDIA GPU or its driver is missing"
        )
    try:
        answer = subprocess.run(
            [program, *command[1:], "-q", "-x"],
            capture_output=True,
            timeout=timeout_s,
            check=False,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except subprocess.TimeoutExpired:
        return GpuFacts(
            problem=f"nvidia-smi did not answer within {timeout_s:g} s; restart or reinstall the driver"
        )
    except OSError as error:
        return GpuFacts(
            problem=f"nvidia-smi could not be run ({error.strerror}); reinstall the NVIDIA driver"
        )
    output = answer.stdout.decode("utf-8", "replace")
    if answer.returncode:
        text = " ".join((output or answer.stderr.decode("utf-8", "replace")).split())[:200]
        return GpuFacts(problem=f"nvidia-smi failed with code {answer.returncode}: {text or 'no message'}")
    return _parse_gpu(output)


def _parse_gpu(text: str) -> GpuFacts:
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError:
        return GpuFacts(problem="the answer of nvidia-smi can not be read; update the NVIDIA driver")
    driver = (root.findtext("driver_version") or "").strip()
    cuda = (root.findtext("cuda_version") or "").strip()
    if not re.fullmatch(r"\d+(\.\d+)*", cuda):
        cuda = _cuda_of_driver(driver)
    gpus = root.findall("gpu")
    names = tuple((gpu.findtext("product_name") or "NVIDIA GPU").strip() for gpu in gpus)
    memory = tuple(_mebibytes(gpu.findtext("fb_memory_usage/total") or "") for gpu in gpus)
    problem = "" if names else "the NVIDIA driver lists no GPU"
    return GpuFacts(names, driver, cuda, memory, problem)


def _cuda_of_driver(driver: str) -> str:
    head = driver.partition(".")[0]
    branch = int(head) if head.isdecimal() else 0
    return next((cuda for first, cuda in _DRIVER_CUDA if branch >= first), "")


def _release(version: str) -> tuple[int, ...]:
    """Major and minor number: what the specifiers of `recommended_runtime` are about."""
    return tuple(int(number) for number in re.findall(r"\d+", version)[:2])


def _mebibytes(text: str) -> int:
    match = re.match(r"\s*(\d+)\s*MiB", text)
    return int(match.group(1)) * 2**20 if match else 0


def _usable_cores() -> int:
    # A container or a batch system may allow fewer cores than the machine has.
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
