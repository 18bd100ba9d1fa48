"""The list of packages that MedMM needs: ``MedMMSlicer/Resources/requirements.txt``, found and read."""

from __future__ import annotations

import re
from pathlib import Path

from ..errors import InstallationError
from ..inference.devices import Requirement
from .versions import VersionRange

__all__ = ["normalized_name", "read_requirements", "requirements_path"]

_FILE = "requirements.txt"
_LINE = re.compile(
    r"(?P<package>[A-Za-z0-9][A-Za-z0-9._-]*(?:\[[A-Za-z0-9,._ -]*\])?)\s*(?P<range>[^;@\s].*)?"
)


def normalized_name(name: str) -> str:
    """Name of a distribution as PEP 503 compares it: lower case, runs of ``-_.`` as one hyphen."""
    return re.sub(r"[-_.]+", "-", name).lower()


def requirements_path(start: Path | None = None) -> Path:
    """Find the list, in a source checkout, in Slicer's build or install tree, or beside a wheel's library.

    In all of them it lies in ``Resources`` beside the folder of this library.

    Raises
    ------
    InstallationError
        If it is missing.
    """
    library = start or Path(__file__).resolve().parent.parent
    for folder in (library.parent, library):
        path = folder / "Resources" / _FILE
        if path.is_file():
            return path
    raise InstallationError(
        f"{library.parent / 'Resources' / _FILE} is missing, so it is not known what MedMM needs. "
        "Install MedMM again."
    )


def read_requirements(path: Path) -> tuple[Requirement, ...]:
    """Read a list of requirements: names with extras and version ranges, comments, nothing else.

    Raises
    ------
    InstallationError
        If the file can not be read, or a line says more than that.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InstallationError(f"{path} can not be read ({error}). Install MedMM again.") from error
    found = []
    for number, line in enumerate(lines, 1):
        text = re.sub(r"(^|\s)#.*", "", line).strip()
        if text:
            found.append(_requirement(text, f"{path}, line {number}"))
    return tuple(found)


def _requirement(text: str, where: str) -> Requirement:
    match = _LINE.fullmatch(text)
    specifier = re.sub(r"\s+", "", (match["range"] or "") if match else "")
    try:
        VersionRange(specifier)
    except ValueError as error:
        raise InstallationError(f"{where}: {error}. Install MedMM again.") from error
    if match is None:
        raise InstallationError(f"{where}: '{text}' is no requirement. Install MedMM again.")
    return Requirement(match["package"].replace(" ", ""), specifier, "")
