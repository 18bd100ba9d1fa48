"""What an installation would do, decided before anything is done: to be shown and confirmed first."""

from __future__ import annotations

import importlib
import os
import platform
from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import UsageError
from ..inference.devices import (
    DEVICES,
    RUNTIME_DISTRIBUTIONS,
    GpuFacts,
    MachineFacts,
    Requirement,
    query_gpu,
    recommended_runtime,
)
from .environment import SLICER_PACKAGES, PythonEnvironment, current_environment, kept_packages
from .inventory import InstalledPackage, Inventory
from .missing import RUNTIME_RANGE, RuntimeState, runtime_state, unmet
from .requirements import normalized_name, read_requirements, requirements_path
from .versions import VersionRange
from .wheel_folder import read_wheel_list

__all__ = ["InstallationPlan", "plan_installation"]

_DRIVER_TIMEOUT_S = 5.0
_OWN_TO_SLICER = frozenset(normalized_name(name) for name in SLICER_PACKAGES)


@dataclass(frozen=True)
class InstallationPlan:
    """What is to be done to a Python so that MedMM finds what it needs.

    Parameters
    ----------
    environment : PythonEnvironment
    requirements : Path
        List of packages that it was made from.
    missing : tuple of Requirement
        What is not there or not right, each with its ``reason``; without the runtime.
    needed : tuple of Requirement
        All required packages, without the runtime.
    runtime : Requirement or None
        ONNX runtime to install, None if the installed one is right.
    damaged : tuple of InstalledPackage
        Required packages that are removed before they are installed again.
    replaced : tuple of InstalledPackage
        ONNX runtimes that are removed.
    kept : tuple of str
        Constraints: what is not changed.
    wheels : Path or None
        Folder of wheels to install from; None for the package index.
    problems : tuple of str
        Why it can not be carried out, with what to do.
    """

    environment: PythonEnvironment
    requirements: Path
    missing: tuple[Requirement, ...]
    needed: tuple[Requirement, ...]
    runtime: Requirement | None = None
    damaged: tuple[InstalledPackage, ...] = ()
    replaced: tuple[InstalledPackage, ...] = ()
    kept: tuple[str, ...] = ()
    wheels: Path | None = None
    problems: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether everything is there already."""
        return not self.missing and self.runtime is None

    def describe(self) -> tuple[str, ...]:
        """Say for the person who confirms it what would be done and why, one line each."""
        lines = [f"Install {need.text}: {need.reason}." for need in self.missing]
        if self.runtime is not None:
            lines.append(f"Install {self.runtime.text}: {self.runtime.reason}.")
        for package in self.replaced:
            name = f"{package.name} {package.version}".strip()
            lines.append(f"Remove {name}: only one ONNX runtime can be installed.")
        if self.kept:
            own = "Slicer's own packages" if self.environment.is_slicer else "Packages that fit each other"
            fixed = ", ".join(line.replace("==", " ") for line in self.kept if "==" in line)
            lines.append(f"{own} are kept: {fixed}." if fixed else f"{own} are kept.")
        source = f"the folder {self.wheels}, without a network" if self.wheels else "the Python package index"
        lines.append(f"The packages come from {source}; their size is not known beforehand.")
        return tuple(lines)


def plan_installation(
    requirements: Path | None = None,
    environment: PythonEnvironment | None = None,
    gpu: GpuFacts | None = None,
    device: str = "auto",
    wheels: Path | None = None,
) -> InstallationPlan:
    """Decide what is to be installed and removed; changes nothing.

    Every file of the required packages is compared with its package's list, so that a damaged one is found;
    the NVIDIA driver is asked once, which may take up to 5 s where it hangs.

    Parameters
    ----------
    requirements : Path, optional
        List of packages; the one of this installation when not given.
    environment : PythonEnvironment, optional
        The Python to install into; the one that runs this when not given.
    gpu : GpuFacts, optional
        Asked from the driver when not given and ``device`` is not ``cpu``.
    device : str
        ``auto`` and ``cuda``: the ONNX runtime that suits the graphics card; ``cpu``: none for a GPU.
    wheels : Path, optional
        Folder of wheels with a list of SHA-256 (see `wheel_folder`), for computers without a network.

    Raises
    ------
    UsageError
        If ``device`` is not known.
    InstallationError
        If the list of packages, the interpreter or the folder of wheels can not be used.
    """
    if device not in DEVICES:
        raise UsageError(f"The device '{device}' is not known. Choose one of {', '.join(DEVICES)}.")
    importlib.invalidate_caches()
    path = requirements or requirements_path()
    environment = environment or current_environment()
    if wheels is not None:
        wheels = wheels.resolve()
        read_wheel_list(wheels)
    inventory = Inventory(environment.folders)
    needed = read_requirements(path)
    missing = _missing(needed, environment, inventory)
    state = runtime_state(inventory)
    runtime = _runtime_to_install(state, inventory, device, gpu)
    return InstallationPlan(
        environment=environment,
        requirements=path,
        missing=missing,
        needed=needed,
        runtime=runtime,
        damaged=_damaged(missing, environment, inventory),
        replaced=_replaced(state, runtime),
        kept=kept_packages(environment, inventory) + _no_other_runtime(state, runtime),
        wheels=wheels,
        problems=_problems(missing, runtime, environment, inventory),
    )


def _is_own(need: Requirement, environment: PythonEnvironment) -> bool:
    return environment.is_slicer and normalized_name(need.distribution) in _OWN_TO_SLICER


def _missing(
    needed: tuple[Requirement, ...], environment: PythonEnvironment, inventory: Inventory
) -> tuple[Requirement, ...]:
    found = []
    for need in needed:
        # Slicer's installer strips and signs files of its own packages, so their lists of files do not fit.
        reason = unmet(need, inventory, thorough=not _is_own(need, environment))
        if reason:
            found.append(replace(need, reason=reason))
    return tuple(found)


def _damaged(
    missing: tuple[Requirement, ...], environment: PythonEnvironment, inventory: Inventory
) -> tuple[InstalledPackage, ...]:
    result: list[InstalledPackage] = []
    for need in missing:
        if _is_own(need, environment):
            continue
        found = inventory.find(need.distribution, thorough=True)
        several = len(found) > 1
        # pip knows one of several entries only; without any it installs over whatever is there.
        result += [
            replace(package, removable=package.removable and not several)
            for package in found
            if several or package.damage
        ]
    return tuple(result)


def _runtime_to_install(
    state: RuntimeState, inventory: Inventory, device: str, gpu: GpuFacts | None
) -> Requirement | None:
    if device == "cpu":
        wanted = Requirement("onnxruntime", RUNTIME_RANGE, "the CPU was chosen")
    else:
        wanted = recommended_runtime(_machine(gpu or query_gpu(timeout_s=_DRIVER_TIMEOUT_S)))
    if state.problem:
        return replace(wanted, reason=f"{state.problem}, and {wanted.reason}")
    package = state.packages[0]
    if wanted.distribution == "onnxruntime":
        # Any whole build computes on the CPU; one for another kind of GPU was chosen by somebody.
        return None
    right = package.name == wanted.distribution and VersionRange(wanted.specifier).accepts(package.version)
    extras = wanted.package.partition("[")[2].rstrip("]").split(",")
    brought = inventory.extra_requirements(package.name, extras) if right else ()
    if right and all(name in inventory for name in brought):
        return None
    return replace(wanted, reason=f"{package.name} {package.version} is installed, and {wanted.reason}")


def _replaced(state: RuntimeState, runtime: Requirement | None) -> tuple[InstalledPackage, ...]:
    if runtime is None:
        return ()
    names = [package.name for package in state.packages]
    several = len(set(names)) > 1
    return tuple(
        replace(package, removable=package.removable and names.count(package.name) == 1)
        for package in state.packages
        if several or package.damage or package.name != runtime.distribution or names.count(package.name) > 1
    )


def _no_other_runtime(state: RuntimeState, runtime: Requirement | None) -> tuple[str, ...]:
    """Constraints against a second runtime that a dependency would bring."""
    right = runtime.distribution if runtime is not None else state.packages[0].name
    return tuple(f"{name}<0" for name in RUNTIME_DISTRIBUTIONS if name != right)


def _problems(
    missing: tuple[Requirement, ...],
    runtime: Requirement | None,
    environment: PythonEnvironment,
    inventory: Inventory,
) -> tuple[str, ...]:
    if not missing and runtime is None:
        return ()
    problems = [
        f"MedMM needs {need.text}, but of Slicer's own {need.distribution} this is true: {need.reason}. "
        "It is not changed, since Slicer depends on it: install 3D Slicer 5.12 or later."
        for need in missing
        if _is_own(need, environment) and need.distribution in inventory
    ]
    if not environment.is_writable:
        problems.append(
            f"{environment.site_folder} can not be written by this user. Ask its owner, or install "
            + (
                "Slicer in a folder of your own."
                if environment.is_slicer
                else "MedMM in a virtual environment."
            )
        )
    return tuple(problems)


def _machine(gpu: GpuFacts) -> MachineFacts:
    # `machine_facts` asks psutil, which may be what is missing; the choice of a runtime needs no memory size.
    return MachineFacts(
        system=platform.system(),
        machine=platform.machine(),
        python=platform.python_version(),
        cores=os.cpu_count() or 1,
        memory_total_bytes=0,
        memory_available_bytes=0,
        gpu=gpu,
    )
