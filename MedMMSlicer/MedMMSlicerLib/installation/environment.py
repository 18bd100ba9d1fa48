"""The Python that packages go into: Slicer's own, or the one that runs the desktop reader."""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import InstallationError, WorkerError
from .inventory import Inventory
from .versions import parse_version

__all__ = [
    "DESKTOP_PACKAGES",
    "SLICER_PACKAGES",
    "PythonEnvironment",
    "current_environment",
    "is_slicer_python",
    "kept_packages",
]

SLICER_PACKAGES = (
    "numpy",
    "scipy",
    "SimpleITK",
    "pydicom",
    "dicomweb-client",
    "pillow",
    "requests",
    "urllib3",
    "idna",
    "charset-normalizer",
    "cryptography",
    "cffi",
    "GitPython",
    "PyGithub",
    "PyJWT",
    "packaging",
    "pip",
    "setuptools",
    "wheel",
)
"""What Slicer's own modules use. Its SimpleITK is a build of its own: the one from PyPI can not exchange
images with the scene. Another numpy may not fit the binary modules that were built for Slicer's."""

DESKTOP_PACKAGES = ("vtk", "slicer-core", "PySide6", "PySide6-Essentials", "shiboken6", "torch")
"""What the desktop reader stands on (their versions fit each other), and torch, whose build was chosen."""

_FOREIGN_TO_SLICER = ("vtk", "slicer-core", "PySide6", "PySide6-Essentials", "PyQt5", "PyQt6", "PythonQt")
"""Slicer has these without pip; a second copy from PyPI would be loaded beside its own."""

_SLICER_PROGRAMS = ("pythonslicer", "python-real")


@dataclass(frozen=True)
class PythonEnvironment:
    """A Python, how its pip is started, and where its packages lie.

    Parameters
    ----------
    pip : tuple of str
        Program and arguments, e.g. ``(".../PythonSlicer", "-m", "pip")``.
    folders : tuple of str
        Where it looks for packages, like ``sys.path``.
    site_folder : Path
        Where pip puts them.
    is_slicer : bool
        Whether this is Slicer's own Python.
    variables : mapping
        Environment variables for pip.
    """

    pip: tuple[str, ...]
    folders: tuple[str, ...]
    site_folder: Path
    is_slicer: bool = False
    variables: Mapping[str, str] = field(default_factory=lambda: dict(os.environ), repr=False)

    @property
    def is_writable(self) -> bool:
        """Whether this user may install; on Windows only pip itself finds out."""
        return sys.platform == "win32" or os.access(self.site_folder, os.W_OK)


def is_slicer_python(executable: str | None = None) -> bool:
    """Whether this process is Slicer, or its Python (``PythonSlicer``) without the application."""
    program = Path(sys.executable if executable is None else executable).stem.lower()
    # Inside the application the name of the executable is empty.
    return program in _SLICER_PROGRAMS or (not program and _slicer_home() != "")


def current_environment() -> PythonEnvironment:
    """Return the Python that runs this.

    Raises
    ------
    InstallationError
        If no interpreter is found that could run pip.
    """
    # Imported here: it brings numpy, which whoever only asks what is missing does not need.
    from ..inference.worker_process import find_python

    inside = is_slicer_python()
    try:
        python = find_python(sys.executable, _slicer_home() if inside and not sys.executable else None)
    except WorkerError as error:
        raise InstallationError(f"No package can be installed: {error}") from error
    site_folder = Path(sysconfig.get_path("purelib"))
    return PythonEnvironment((python, "-m", "pip"), tuple(sys.path), site_folder, inside)


def kept_packages(environment: PythonEnvironment, inventory: Inventory) -> tuple[str, ...]:
    """Lines of a constraints file: what may not be changed by an installation.

    Slicer's own packages keep their version, and what Slicer has without pip may not come from PyPI.
    """
    names = SLICER_PACKAGES + _FOREIGN_TO_SLICER if environment.is_slicer else DESKTOP_PACKAGES
    lines = []
    for name in names:
        found = inventory.find(name)
        version = next((package.version for package in found if package.version), "")
        if parse_version(version) is not None:
            lines.append(f"{name}=={version}")
        elif environment.is_slicer and not found and name in _FOREIGN_TO_SLICER:
            lines.append(f"{name}<0")
    return tuple(lines)


def _slicer_home() -> str:
    application: Any = getattr(sys.modules.get("slicer"), "app", None)
    return str(getattr(application, "slicerHome", "") or "")
