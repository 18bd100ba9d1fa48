"""What ``medmm doctor`` finds out: is everything there, does it work, and if not, what to do.

Each check tries the thing itself where that is possible: a network is run, a worker is started.
"""

from __future__ import annotations

import base64
import contextlib
import importlib
import importlib.metadata
import importlib.util
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..core import Case
from ..errors import BundleError, DeviceError, MedMMError, WorkerError
from ..installation.environment import is_slicer_python
from .devices import (
    CUDA_PROVIDER,
    InstalledRuntime,
    MachineFacts,
    installed_runtimes,
    machine_facts,
    recommended_runtime,
    repair_commands,
)

if TYPE_CHECKING:
    from .worker import WorkerClient

__all__ = ["STATUSES", "Check", "DoctorReport", "examine"]

STATUSES = ("ok", "warning", "problem")

_GIB = 2**30
_WORKER_TIMEOUT_S = 60.0

_DOUBLING_NETWORK = base64.b64decode(
    "CAg6NQoOCgF4CgF4EgF5IgNBZGQSAXBaDwoBeBIKCggIARIECgIIAWIPCgF5EgoKCAgBEgQKAggBQgQKABAN"
)
"""ONNX file with one node, y = x + x: enough to see whether a runtime and its providers start."""

_DECODERS = {
    "JPEG": "1.2.840.10008.1.2.4.50",
    "JPEG lossless": "1.2.840.10008.1.2.4.70",
    "JPEG-LS": "1.2.840.10008.1.2.4.80",
    "JPEG 2000": "1.2.840.10008.1.2.4.90",
    "RLE": "1.2.840.10008.1.2.5",
}
"""Transfer syntax UIDs (DICOM PS3.6) that hospitals use."""


@dataclass(frozen=True)
class Check:
    """One thing that was examined.

    Parameters
    ----------
    name : str
    status : str
        One of `STATUSES`: ``problem`` means that something does not work.
    text : str
        What was found.
    remedy : str
        What to do, empty if nothing.
    """

    name: str
    status: str
    text: str
    remedy: str = ""


@dataclass(frozen=True)
class DoctorReport:
    """Everything that was examined, and the machine."""

    checks: tuple[Check, ...]
    machine: MachineFacts


def examine() -> DoctorReport:
    """Run all checks; takes seconds, since a worker is started."""
    machine = machine_facts()
    installed = installed_runtimes()
    checks = [
        check_machine(machine),
        check_packages(),
        check_runtime(installed, machine),
        check_gpu(installed, machine),
        check_memory(machine),
        check_disk(Path(tempfile.gettempdir())),
        check_decoders(decoder_plugins()),
        check_slicer(),
        check_qt(),
        check_bundles(),
        check_worker(),
    ]
    return DoctorReport(tuple(checks), machine)


def check_machine(machine: MachineFacts) -> Check:
    """State operating system, processor and Python."""
    text = f"{machine.system} {machine.machine}, Python {machine.python}, {machine.cores} cores"
    if (3, 11) <= sys.version_info[:2] <= (3, 13):
        return Check("machine", "ok", text)
    return Check("machine", "warning", text, "MedMM is tested with Python 3.11 to 3.13.")


def check_packages() -> Check:
    """Check that every required package is there, whole and of the right version."""
    from ..installation import missing_packages

    try:
        missing = [need for need in missing_packages() if need.distribution != "onnxruntime"]
    except MedMMError as error:
        return Check("packages", "problem", str(error), "Install MedMM again.")
    if not missing:
        return Check("packages", "ok", "all required packages are installed")
    text = "; ".join(f"{need.text}: {need.reason}" for need in missing)
    remedy = f"{_python_name()} -m MedMMSlicerLib.installation install"
    if is_slicer_python():
        remedy = f"Press Install in the MedMM panel, or run: {remedy}"
    return Check("packages", "problem", text, remedy)


def check_runtime(installed: Sequence[InstalledRuntime], machine: MachineFacts) -> Check:
    """Check that exactly one ONNX runtime is installed, and that it computes."""
    wanted = recommended_runtime(machine)
    commands = " && ".join(repair_commands(installed, wanted, _python_name()))
    names = ", ".join(f"{runtime.distribution} {runtime.version}" for runtime in installed)
    if len(installed) != 1:
        text = (
            f"{len(installed)} ONNX runtimes are installed ({names})"
            if names
            else "no ONNX runtime is installed"
        )
        return Check("runtime", "problem", text, commands)
    try:
        _probe("cpu")
    except MedMMError as error:
        return Check("runtime", "problem", f"{names}: {error}", commands)
    if not wanted.accepts(installed[0]) and installed[0].distribution == wanted.distribution:
        text = f"{names} computes, but {wanted.text} suits this machine: {wanted.reason}"
        return Check("runtime", "warning", text, commands)
    return Check("runtime", "ok", f"{names} computes")


def check_gpu(installed: Sequence[InstalledRuntime], machine: MachineFacts) -> Check:
    """Check whether the GPU is used, and say why it is not."""
    gpu, wanted = machine.gpu, recommended_runtime(machine)
    if not gpu.names:
        absent = "not found" in gpu.problem or "lists no GPU" in gpu.problem
        remedy = "" if absent else "Install the NVIDIA driver again, then run 'medmm doctor'."
        return Check("gpu", "ok" if absent else "warning", f"{gpu.problem}: the CPU is used", remedy)
    name = f"{', '.join(gpu.names)} (driver {gpu.driver}, CUDA {gpu.cuda or 'unknown'})"
    commands = " && ".join(repair_commands(installed, wanted, _python_name()))
    if wanted.distribution != "onnxruntime-gpu":
        return Check(
            "gpu", "warning", f"{name} is not used: {wanted.reason}", "Update the NVIDIA driver if you can."
        )
    if not any(wanted.accepts(runtime) for runtime in installed):
        return Check("gpu", "warning", f"{name} is not used: {wanted.text} is not installed", commands)
    try:
        provider = _probe("cuda")
    except MedMMError as error:
        return Check("gpu", "problem", f"{name} is not used: {error}", commands)
    if provider != CUDA_PROVIDER:
        text = f"{name} is not used: the CUDA provider does not start, so a CUDA or cuDNN library is missing"
        return Check("gpu", "problem", text, commands)
    return Check("gpu", "ok", f"{name} is used")


def check_memory(machine: MachineFacts) -> Check:
    """Check the main memory."""
    available, total = (n / _GIB for n in (machine.memory_available_bytes, machine.memory_total_bytes))
    text = f"{available:.1f} of {total:.1f} GiB are available"
    if available < 2:
        return Check("memory", "warning", text, "Close other programs: a 3D network takes 2 GiB and more.")
    return Check("memory", "ok", text)


def check_disk(folder: Path) -> Check:
    """Check the free space for exchange files."""
    free = shutil.disk_usage(folder).free / _GIB
    text = f"{free:.1f} GiB are free in {folder}"
    if free < 1:
        return Check("disk", "problem", text, "Free space there, or set TMPDIR to another folder.")
    return Check("disk", "ok", text)


def decoder_plugins() -> dict[str, tuple[str, ...]] | None:
    """Plug-ins that pydicom has for each compression; None without pydicom."""
    # By name: this looks at what is installed, while reading DICOM is the business of `dicom/` alone.
    if importlib.util.find_spec("pydicom") is None:
        return None
    pixels = importlib.import_module("pydicom.pixels")
    return {name: tuple(pixels.get_decoder(uid).available_plugins) for name, uid in _DECODERS.items()}


def check_decoders(plugins: Mapping[str, Sequence[str]] | None) -> Check:
    """Check that compressed DICOM images can be read."""
    install = f"{_python_name()} -m pip install python-gdcm pyjpegls Pillow"
    if plugins is None:
        return Check(
            "decoders", "problem", "pydicom is not installed", f"{_python_name()} -m pip install pydicom"
        )
    missing = [name for name, found in plugins.items() if not found]
    if missing:
        return Check("decoders", "problem", f"no plug-in reads {', '.join(missing)}", install)
    return Check(
        "decoders", "ok", "; ".join(f"{name}: {', '.join(found)}" for name, found in plugins.items())
    )


def check_slicer() -> Check:
    """Check for Slicer itself, or its core on the desktop."""
    application = getattr(sys.modules.get("slicer"), "app", None)
    version = getattr(application, "applicationVersion", "")
    if version:
        return Check("slicer", "ok", f"3D Slicer {version}")
    if is_slicer_python():
        return Check("slicer", "ok", "Python of 3D Slicer, without the application")
    version = _version("slicer-core")
    if version:
        return Check("slicer", "ok", f"slicer-core {version}")
    text = "slicer-core is not installed: no scene files and no desktop reader"
    return Check("slicer", "warning", text, f'{_python_name()} -m pip install "medmm-slicer[host]"')


def check_qt() -> Check:
    """Check for Qt: Slicer's own, or PySide6."""
    if "qt" in sys.modules and "slicer" in sys.modules:
        return Check("qt", "ok", "Qt of 3D Slicer")
    if is_slicer_python():
        # PySide6 beside Slicer's own Qt would bring a second Qt into the process.
        return Check("qt", "ok", "3D Slicer has its own Qt")
    version = _version("PySide6-Essentials") or _version("PySide6")
    if version:
        return Check("qt", "ok", f"PySide6 {version}")
    text = "PySide6 is not installed: no desktop reader"
    return Check("qt", "warning", text, f'{_python_name()} -m pip install "medmm-slicer[host]"')


def check_bundles() -> Check:
    """Check that there are bundles and that their files are intact."""
    from ..bundles.catalog import BrokenBundle, BundleCatalog

    catalog = BundleCatalog()
    broken = [entry.error for entry in catalog.list() if isinstance(entry, BrokenBundle)]
    good = []
    for name in catalog.ids():
        try:
            good.append(f"{name} {catalog.get(name).manifest.version}")
        except BundleError as error:
            broken.append(str(error))
    if broken:
        return Check("bundles", "problem", " ".join(broken), "Get these bundles again, or remove them.")
    if not good:
        searched = ", ".join(str(folder) for folder in catalog.folders)
        return Check("bundles", "problem", f"none was found in {searched}", "Install MedMM again.")
    return Check("bundles", "ok", ", ".join(good))


def check_worker(python: str | None = None) -> Check:
    """Start a worker and send it a request that it has to refuse."""
    from .worker import RunRequest, WorkerClient

    nowhere = RunRequest(Path(tempfile.gettempdir()) / "medmm-no-such-bundle", Case("doctor", {}))
    try:
        with WorkerClient(python) as client:
            seconds = _start_seconds(client)
            # Twice: the worker still loads libraries when the first request arrives.
            for _ in range(2):
                before = time.monotonic()
                with contextlib.suppress(BundleError):
                    client.run(nowhere, timeout_s=_WORKER_TIMEOUT_S)
            turn_ms = (time.monotonic() - before) * 1000
    except MedMMError as error:
        return Check("worker", "problem", str(error), "Install MedMM again.")
    return Check("worker", "ok", f"started in {seconds:.1f} s, answers in {turn_ms:.0f} ms")


def _start_seconds(client: WorkerClient) -> float:
    from .worker import Failed, Ready

    client.start()
    deadline = time.monotonic() + _WORKER_TIMEOUT_S
    while time.monotonic() < deadline:
        for event in client.poll():
            if isinstance(event, Ready):
                return event.seconds
            if isinstance(event, Failed):
                raise event.error
        time.sleep(0.005)
    raise WorkerError(f"The worker process did not start within {_WORKER_TIMEOUT_S:g} s. Run again.")


def _probe(device: str) -> str:
    """Run a network of one node; returns the provider that the runtime really uses."""
    from .onnx_engine import open_engine

    with tempfile.TemporaryDirectory(prefix="medmm-doctor-") as folder:
        path = Path(folder) / "doubling.onnx"
        path.write_bytes(_DOUBLING_NETWORK)
        engine = open_engine(path, device)
        result = engine.run({"x": np.array([1.5], np.float32)})["y"]
        if result.tolist() != [3.0]:
            raise DeviceError(f"The ONNX runtime computed 2 * 1.5 = {result.tolist()}. Install it again.")
        provider = engine.provider
        del engine
    return provider


def _version(distribution: str) -> str:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _python_name() -> str:
    # Empty inside Slicer, where the interpreter of that name lies beside the application.
    return sys.executable or "PythonSlicer"
