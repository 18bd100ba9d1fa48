"""What is missing: the required packages that are absent, too old, too new or damaged, and the runtime."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..inference.devices import RUNTIME_DISTRIBUTIONS, InstalledRuntime, Requirement
from .inventory import InstalledPackage, Inventory
from .requirements import read_requirements, requirements_path
from .versions import VersionRange

__all__ = ["RuntimeState", "missing_packages", "runtime_state", "unmet"]

RUNTIME_RANGE = ">=1.19,<2"
"""Versions of the ONNX runtime that MedMM works with, whatever the build."""

_NO_RUNTIME = Requirement("onnxruntime", RUNTIME_RANGE, "")


@dataclass(frozen=True)
class RuntimeState:
    """The installed builds of the ONNX runtime, and what is wrong with them together (empty if nothing)."""

    packages: tuple[InstalledPackage, ...]
    problem: str

    @property
    def runtimes(self) -> tuple[InstalledRuntime, ...]:
        """The same as `inference.devices` puts it."""
        return tuple(InstalledRuntime(package.name, package.version) for package in self.packages)


def missing_packages(
    requirements: Path | None = None, folders: Sequence[str] | None = None
) -> tuple[Requirement, ...]:
    """List what MedMM needs and does not find, within milliseconds: metadata is read, nothing is imported.

    Parameters
    ----------
    requirements : Path, optional
        List of packages; the one of this installation when not given.
    folders : sequence of str, optional
        Where packages lie; ``sys.path`` when not given.

    Returns
    -------
    tuple of Requirement
        Empty if everything is there; ``reason`` says for each what is wrong. A missing ONNX runtime is listed
        as ``onnxruntime``: `plan_installation` asks the graphics driver which build suits the machine.

    Raises
    ------
    InstallationError
        If the list of packages is missing or can not be read.
    """
    importlib.invalidate_caches()
    inventory = Inventory(sys.path if folders is None else folders)
    needed = read_requirements(requirements or requirements_path())
    found = [replace(need, reason=reason) for need in needed if (reason := unmet(need, inventory))]
    problem = runtime_state(inventory).problem
    if problem:
        found.append(replace(_NO_RUNTIME, reason=problem))
    return tuple(found)


def unmet(requirement: Requirement, inventory: Inventory, thorough: bool = False) -> str:
    """Say why a requirement is not met, empty if it is."""
    found = inventory.find(requirement.distribution, thorough)
    if not found:
        return "it is not installed"
    if len(found) > 1:
        return f"it is installed {len(found)} times, so an update was broken off"
    package = found[0]
    if package.damage:
        return f"it is damaged: {package.damage}"
    if not VersionRange(requirement.specifier).accepts(package.version):
        return f"{package.version} is installed"
    return ""


def runtime_state(inventory: Inventory) -> RuntimeState:
    """Examine the installed ONNX runtimes; exactly one, whole and of a known version, is right."""
    found = tuple(
        package for name in RUNTIME_DISTRIBUTIONS for package in inventory.find(name, thorough=True)
    )
    names = ", ".join(f"{package.name} {package.version}".strip() for package in found)
    problem = ""
    if not found:
        problem = "no ONNX runtime is installed"
    elif len(found) > 1:
        problem = f"{len(found)} ONNX runtimes are installed ({names}); they overwrite each other's files"
    elif found[0].damage:
        problem = f"{names} is damaged: {found[0].damage}"
    elif not VersionRange(RUNTIME_RANGE).accepts(found[0].version):
        problem = f"{names} is installed"
    return RuntimeState(found, problem)
