"""``slicer.packaging``: the questions and refusals of Slicer's, without an installation behind them.

What the desktop host needs came with its own installation, so nothing is installed unless the reader or a
test supplied an installer (`Environment.installer`).
"""

from __future__ import annotations

import logging
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from MedMMSlicerHost.slicer_environment.absent import not_in_host

if TYPE_CHECKING:
    from packaging.requirements import Requirement

__all__ = [
    "isPipInstallInProgress",
    "load_requirements",
    "pip_check",
    "pip_ensure",
    "pip_install",
    "pip_uninstall",
]


def load_requirements(path: str | Path) -> list[Requirement]:
    """Return the requirements of a requirements.txt; comments and options of pip are left out."""
    from packaging.requirements import Requirement

    lines = (line.strip() for line in Path(path).read_text(encoding="utf-8").splitlines())
    return [Requirement(line) for line in lines if line and line[0] not in "#-"]


def _as_requirements(requirements: Any) -> list[Requirement]:
    from packaging.requirements import InvalidRequirement, Requirement

    if isinstance(requirements, Requirement):
        return [requirements]
    if isinstance(requirements, list):
        return [Requirement(each) if isinstance(each, str) else each for each in requirements]
    if not isinstance(requirements, str):
        raise TypeError(f"Expected str, Requirement, or list, got {type(requirements).__name__}")
    try:
        return [Requirement(requirements)]
    except InvalidRequirement:
        return [Requirement(word) for word in requirements.split()]


def pip_check(req: Any) -> bool:
    """Return whether every requirement is installed and fits; one for other systems counts as met.

    Unlike Slicer's, it does not look into extras and raises on them.
    """
    return all(_is_met(requirement) for requirement in _as_requirements(req))


def _is_met(requirement: Requirement) -> bool:
    from importlib.metadata import PackageNotFoundError, version

    if requirement.marker is not None and not requirement.marker.evaluate():
        return True
    if requirement.extras:
        not_in_host("slicer.packaging.pip_check with extras")
    try:
        installed = version(requirement.name)
    except PackageNotFoundError:
        return False
    return requirement.specifier.contains(installed, prereleases=True)


def pip_ensure(
    requirements: Any,
    constraints: str | Path | None = None,
    skip_packages: list[str] | None = None,
    prompt_install: bool = True,
    prompt_restart: bool = True,
    requester: str | None = None,
    skip_in_testing: bool = True,
    show_progress: bool = True,
) -> list[str] | None:
    """Install what is missing after asking.

    Raises
    ------
    RuntimeError
        If the user refuses, or the host installs nothing.
    """
    import slicer

    missing = [requirement for requirement in _as_requirements(requirements) if not pip_check(requirement)]
    if not missing:
        return None
    if skip_in_testing and slicer.app.testingEnabled():
        logging.info("Testing mode is enabled: %s not installed", ", ".join(map(str, missing)))
        return None
    if prompt_install:
        title = f"{requester} - Install Python Packages" if requester else "Install Python Packages"
        question = (
            f"Python packages to install: {len(missing)}. This changes the Python of this program. Continue?"
        )
        details = "\n".join(f"- {requirement}" for requirement in missing)
        if not slicer.util.confirmOkCancelDisplay(question, title, detailedText=details):
            raise RuntimeError("User declined package installation")
    return pip_install(
        [str(requirement) for requirement in missing],
        constraints=constraints,
        skip_packages=skip_packages,
        show_progress=show_progress,
        requester=requester,
    )


def pip_install(
    requirements: str | list[str],
    constraints: str | Path | None = None,
    no_deps_requirements: str | list[str] | None = None,
    skip_packages: list[str] | None = None,
    blocking: bool = True,
    show_progress: bool = True,
    requester: str | None = None,
    parent: Any = None,
    logCallback: Any = None,
    completedCallback: Any = None,
) -> list[str] | None:
    """Hand the requirements to the installer that the reader or a test supplied.

    Raises
    ------
    RuntimeError
        If there is no installer.
    """
    from MedMMSlicerHost.slicer_environment.environment import current

    if no_deps_requirements is not None or skip_packages is not None or not blocking:
        not_in_host("slicer.packaging.pip_install with no_deps_requirements, skip_packages or blocking=False")
    words = (
        shlex.split(requirements) if isinstance(requirements, str) else [str(each) for each in requirements]
    )
    if constraints is not None:
        words += ["-c", str(constraints)]
    installer = current().installer
    if installer is None:
        raise RuntimeError(
            "The desktop reader installs no packages. Quit it and run: "
            f"python -m pip install {shlex.join(words)}"
        )
    installer(words)
    return None


def pip_uninstall(requirements: str | list[str], **_: Any) -> None:
    """Never done here."""
    not_in_host("slicer.packaging.pip_uninstall")


def isPipInstallInProgress() -> bool:
    """Return False: an installation here ends before the call returns."""
    return False
